"""Documentos selados e a mesa que os guarda numa pasta do teste."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from integration.recepcao import EM_VIGOR, EU, REGISTRO, abrir_mesa, pronta

from dominio.transacoes import POR_SERVICO
from handlers.envio_documentos import Deposito, EnvioDocumentos
from mensagem.parse import MIB, Limites
from persistence.arquivos import Pasta
from prestador import mensagem_xml
from prestador.arquivos_inventados import pdf
from prestador.cabecalho import cabecalho
from prestador.documentos import corpo_documento, ler_recibo_de_documento

if TYPE_CHECKING:
    from pathlib import Path

    from integration.recepcao import Mesa, Resposta
    from lxml import etree

    from handlers.envio_documentos.deposito import Antivirus
    from persistence.banco import Banco
    from prestador.documentos import ReciboDeDocumento
    from prestador.valores import Identificado

ENVIO = POR_SERVICO["tissEnvioDocumentos"]
LIMITES = Limites(documentos=Limites(tamanho=46 * MIB, marcas=200_000, texto_longo=True))


def mesa_com_deposito(
    banco: Banco, pasta: Path, *, antivirus: Antivirus | None = None, **opcoes: Any
) -> Mesa:
    """Uma recepção que guarda documentos na pasta."""
    deposito = Deposito(Pasta(pasta), antivirus=antivirus)
    assunto = EnvioDocumentos(deposito)
    return abrir_mesa(banco, assuntos={assunto.servico: assunto}, limites=LIMITES, **opcoes)


def documento(
    conteudo: bytes | None = None,
    *,
    versao: str = EM_VIGOR,
    quem: Identificado = EU,
    sequencial: str = "1",
    **campos: Any,
) -> etree._Element:
    """Um ``envioDocumentoWS`` selado; sem conteúdo, um PDF pequeno."""
    corpo = corpo_documento(pdf() if conteudo is None else conteudo, **campos)
    cab = cabecalho(ENVIO.tipo_pedido, versao, quem, REGISTRO, sequencial=sequencial)
    return mensagem_xml.mensagem_ws(ENVIO, cab, corpo)


def enviar(mesa: Mesa, mensagem: etree._Element, versao: str = EM_VIGOR) -> Resposta:
    """Entrega a mensagem ao serviço de documentos."""
    return mesa.enviar(pronta(mensagem), versao=versao, servico=ENVIO.servico)


def recibo(resposta: Resposta) -> ReciboDeDocumento:
    """``recebimentoDocumento`` de uma resposta."""
    return ler_recibo_de_documento(resposta.raiz[1])


def mandar(mesa: Mesa, conteudo: bytes | None = None, **campos: Any) -> ReciboDeDocumento:
    """Envia um documento e lê o recibo."""
    versao = campos.get("versao", EM_VIGOR)
    return recibo(enviar(mesa, documento(conteudo, **campos), versao))


def arquivos(pasta: Path) -> list[Path]:
    """O que há no depósito."""
    return sorted(p for p in pasta.rglob("*") if p.is_file())
