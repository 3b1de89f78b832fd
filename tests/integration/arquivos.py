"""Mensagens em arquivo para a recepção, sem HTTP."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from integration.recepcao import EM_VIGOR, EU, LOTE, REGISTRO, STATUS
from lxml import etree
from validador import validar_resposta

from dominio.lote import TipoGuia
from handlers.andamento import Pedido
from prestador import mensagem_xml
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_lote, corpo_status

if TYPE_CHECKING:
    from integration.recepcao import Mesa

    from handlers.andamento import Resultado
    from prestador.valores import Identificado

ENDERECO = "192.0.2.20"


def lote_em_arquivo(
    numero: str = "1",
    *,
    versao: str = EM_VIGOR,
    tipo: TipoGuia = TipoGuia.CONSULTA,
    guias: int = 1,
    semente: int = 1,
    sequencial: str = "1",
    quem: Identificado = EU,
    login: str | None = None,
    senha: str | None = None,
    registro_ans: str = REGISTRO,
) -> etree._Element:
    """Um ``mensagemTISS`` com um lote, selado."""
    corpo = corpo_lote(
        tipo, versao, prestador=quem, registro_ans=registro_ans, numero_lote=numero, guias=guias,
        semente=semente,
    )  # fmt: skip
    cab = cabecalho(
        LOTE.tipo_pedido, versao, quem, registro_ans, sequencial=sequencial, login=login,
        senha=senha,
    )  # fmt: skip
    return mensagem_xml.mensagem_arquivo(LOTE, cab, corpo)


def status_em_arquivo(protocolo: str, *, versao: str = EM_VIGOR) -> etree._Element:
    """Um ``mensagemTISS`` que pergunta por um protocolo."""
    cab = cabecalho(STATUS.tipo_pedido, versao, EU, REGISTRO)
    return mensagem_xml.mensagem_arquivo(STATUS, cab, corpo_status(versao, EU, protocolo))


def bytes_de(mensagem: etree._Element, codificacao: str = "ISO-8859-1") -> bytes:
    """O arquivo como um ERP o grava."""
    return etree.tostring(mensagem, encoding=codificacao, xml_declaration=True)


def enviar(mesa: Mesa, dados: bytes, **opcoes: Any) -> tuple[Pedido, Resultado]:
    """Entrega um arquivo à recepção, como a API o faz; a resposta passa pelo validador."""
    versao = opcoes.pop("versao", EM_VIGOR)
    pedido = Pedido(dados, None, None, "upload", uuid.uuid4().hex, endereco=ENDERECO, **opcoes)
    resultado = mesa.recepcao.receber(pedido)
    if resultado.corpo:
        validar_resposta(resultado.corpo, versao)
    return pedido, resultado
