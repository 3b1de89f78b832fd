"""O piso: o código mais direto que faz o trabalho de uma mensagem, num só processo.

Lê, confere pelo esquema, confere o hash, tira os valores, grava as linhas e o arquivo num commit;
na pergunta pela situação, também monta e confere a resposta; do lote assinado verifica a assinatura
e as datas do certificado. Não tem HTTP, SOAP, políticas,
credenciais, limites nem mensagens de erro: é o que sobra quando se tira tudo o que não é a
mensagem e o banco. Usa as mesmas tabelas do gateway, sem os módulos dele.
"""

from __future__ import annotations

import hashlib
import re
import uuid
import zlib
from base64 import b64decode
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from lxml import etree

import tiss_xsd
from bench import piso_banco, piso_linhas
from bench.casos import VERSAO
from dominio.competencia import FUSO
from dominio.transacoes import NS_TISS

if TYPE_CHECKING:
    from collections.abc import Sequence

_Q = f"{{{NS_TISS}}}"
_D = "{http://www.w3.org/2000/09/xmldsig#}"
_BRANCOS = re.compile(rb">\s+<")
_TEXTOS = etree.XPath("descendant-or-self::*[not(*)]/text()", smart_strings=False)


class Piso:
    """Um processo do piso, com a sua conexão.

    Args:
        url: a mesma que se dá ao gateway, de um banco com uma operadora e um prestador.
    """

    def __init__(self, url: str) -> None:
        pasta = Path(tiss_xsd.__file__).parent / VERSAO
        arquivo = pasta / f"tissWebServicesV{VERSAO.replace('.', '_')}.xsd"
        self._esquema = etree.XMLSchema(etree.parse(arquivo))
        self._leitor = etree.XMLParser(
            resolve_entities=False, no_network=True, remove_comments=True, collect_ids=False
        )
        self._banco = piso_banco.abrir(url)

    def fechar(self) -> None:
        """Fecha a conexão."""
        self._banco.fechar()

    def lote(self, dados: bytes) -> int:
        """Recebe um lote de consultas ou de SP/SADT e devolve o protocolo."""
        agora = datetime.now(UTC)
        mensagem = self._conferida(dados)
        corpo = mensagem[1]
        numero = corpo.findtext(f"{_Q}numeroLote")
        guias_tiss: etree._Element = corpo[-1]
        consulta = guias_tiss[0].tag == f"{_Q}guiaConsulta"
        guias, itens = (piso_linhas.consultas if consulta else piso_linhas.sadts)(guias_tiss)
        arquivo = _arquivo(mensagem, dados, None, agora)
        lote = (numero or "", "guiaConsulta" if consulta else "guiaSP-SADT", len(guias))
        total = sum([int(guia[piso_linhas.INFORMADO] or 0) for guia in guias])
        return self._banco.gravar(lote, total, guias, itens, arquivo)

    def status(self, dados: bytes) -> bytes:
        """Responde a situação de um protocolo."""
        agora = datetime.now(UTC)
        mensagem = self._conferida(dados)
        numero = int(mensagem[1].findtext(f"{_Q}numeroProtocolo") or 0)
        protocolo, guias = self._banco.situacao(numero)
        resposta = self._resposta(mensagem, protocolo, guias, agora)
        self._banco.arquivar(_arquivo(mensagem, dados, resposta, agora))
        return resposta

    def _conferida(self, dados: bytes) -> etree._Element:
        mensagem = etree.fromstring(dados, self._leitor)[0][0]
        if mensagem[-1].tag == f"{_Q}Signature":
            _verificar(mensagem)
        if not self._esquema.validate(mensagem):
            raise ValueError("fora do esquema")
        formatada = _BRANCOS.search(dados, dados.find(b"Body>")) is not None
        if _resumo(mensagem[:2], formatada=formatada) != (mensagem.findtext(f"{_Q}hash") or ""):
            raise ValueError("o hash não confere")
        return mensagem

    def _resposta(
        self,
        pedido: etree._Element,
        protocolo: Sequence[Any],
        guias: Sequence[Sequence[Any]],
        agora: datetime,
    ) -> bytes:
        topo = pedido[0]
        codigo = topo.findtext(f"{_Q}origem/{_Q}identificacaoPrestador/*") or ""
        registro = topo.findtext(f"{_Q}destino/{_Q}registroANS")
        sequencial = topo.findtext(f"{_Q}identificacaoTransacao/{_Q}sequencialTransacao") or ""
        numero, lote, envio, status = protocolo
        local = agora.astimezone(FUSO)
        corpo = "".join([_guia(guia) for guia in guias])
        texto = (
            f'<ans:situacaoProtocoloWS xmlns:ans="{NS_TISS}"><ans:cabecalho>'
            "<ans:identificacaoTransacao>"
            "<ans:tipoTransacao>SITUACAO_PROTOCOLO</ans:tipoTransacao>"
            f"<ans:sequencialTransacao>{escape(sequencial)}</ans:sequencialTransacao>"
            f"<ans:dataRegistroTransacao>{local:%Y-%m-%d}</ans:dataRegistroTransacao>"
            f"<ans:horaRegistroTransacao>{local:%H:%M:%S}</ans:horaRegistroTransacao>"
            "</ans:identificacaoTransacao>"
            f"<ans:origem><ans:registroANS>{registro}</ans:registroANS></ans:origem>"
            "<ans:destino><ans:identificacaoPrestador><ans:codigoPrestadorNaOperadora>"
            f"{escape(codigo)}</ans:codigoPrestadorNaOperadora></ans:identificacaoPrestador>"
            f"</ans:destino><ans:Padrao>{VERSAO}</ans:Padrao></ans:cabecalho>"
            "<ans:situacaoProtocolo><ans:situacaoDoProtocolo>"
            f"<ans:identificacaoOperadora>{registro}</ans:identificacaoOperadora>"
            "<ans:dadosPrestador><ans:codigoPrestadorNaOperadora>"
            f"{escape(codigo)}</ans:codigoPrestadorNaOperadora></ans:dadosPrestador>"
            f"<ans:lote><ans:detalheLote><ans:statusProtocolo>{status}</ans:statusProtocolo>"
            f"<ans:numeroProtocolo>{numero}</ans:numeroProtocolo>"
            f"<ans:numeroLote>{escape(lote)}</ans:numeroLote>"
            f"<ans:dataEnvioLote>{envio}</ans:dataEnvioLote>"
            f"<ans:valorTotalLote>{_ZERADOS}</ans:valorTotalLote>"
            f"<ans:guiasTISS>{corpo}</ans:guiasTISS></ans:detalheLote></ans:lote>"
            "</ans:situacaoDoProtocolo></ans:situacaoProtocolo></ans:situacaoProtocoloWS>"
        )
        raiz = etree.fromstring(texto, self._leitor)
        resumo = _resumo(raiz[:2], formatada=False)
        etree.SubElement(raiz, f"{_Q}hash").text = resumo
        if not self._esquema.validate(raiz):
            raise ValueError("resposta fora do esquema")
        fim = "</ans:situacaoProtocoloWS>"
        return (texto.removesuffix(fim) + f"<ans:hash>{resumo}</ans:hash>{fim}").encode()


_ZERADOS = (
    "<ans:valorProcessado>0.00</ans:valorProcessado><ans:valorGlosa>0.00</ans:valorGlosa>"
    "<ans:valorLiberado>0.00</ans:valorLiberado>"
)


def _verificar(mensagem: etree._Element) -> None:
    """Tira a assinatura da mensagem e confere-a: valor, resumo e datas, em forma exclusiva."""
    assinatura = mensagem[-1]
    informacao = etree.tostring(assinatura[0], method="c14n", exclusive=True)
    valor = b64decode(assinatura[1].text or "")
    certificado = x509.load_der_x509_certificate(
        b64decode(assinatura.findtext(f".//{_D}X509Certificate") or "")
    )
    agora = datetime.now(UTC)
    if not certificado.not_valid_before_utc <= agora <= certificado.not_valid_after_utc:
        raise ValueError("certificado fora da validade")
    publica: Any = certificado.public_key()
    publica.verify(valor, informacao, PKCS1v15(), hashes.SHA256())
    dito = b64decode(assinatura.findtext(f".//{_D}DigestValue") or "")
    mensagem.remove(assinatura)
    canonica = etree.tostring(mensagem, method="c14n", exclusive=True)
    if hashlib.sha256(canonica).digest() != dito:
        raise ValueError("a assinatura não confere")


def _guia(guia: Sequence[Any]) -> str:
    prestador, operadora, ausencia, validacao, carteira, rn, ident, realizada = guia
    return (
        "<ans:guiasMedicas><ans:guias>"
        f"<ans:numeroGuiaPrestador>{escape(prestador)}</ans:numeroGuiaPrestador>"
        f"{_se('numeroGuiaOperadora', operadora)}{_se('ausenciaCodValidacao', ausencia)}"
        f"{_se('codValidacao', validacao)}"
        f"<ans:dadosBeneficiario><ans:numeroCarteira>{escape(carteira)}</ans:numeroCarteira>"
        f"<ans:atendimentoRN>{rn}</ans:atendimentoRN>{_se('tipoIdent', ident)}"
        f"</ans:dadosBeneficiario>{_se('dataRealizacao', realizada)}"
        f"<ans:vlInformadoGuia>{_ZERADOS}</ans:vlInformadoGuia>"
        "</ans:guias></ans:guiasMedicas>"
    )


def _se(nome: str, valor: date | str | None) -> str:
    return "" if valor is None else f"<ans:{nome}>{escape(str(valor))}</ans:{nome}>"


def _resumo(partes: Sequence[etree._Element], *, formatada: bool) -> str:
    """MD5 dos valores; com espaços entre elementos só o XPath separa valores de formatação."""
    if formatada:
        conteudo = "".join("".join(_TEXTOS(p)) for p in partes).encode("iso-8859-1")
    else:
        conteudo = b"".join(
            etree.tostring(p, method="text", encoding="iso-8859-1", with_tail=False) for p in partes
        )
    return hashlib.md5(conteudo, usedforsecurity=False).hexdigest()


def _arquivo(
    mensagem: etree._Element, dados: bytes, resposta: bytes | None, agora: datetime
) -> tuple[Any, ...]:
    identificacao = mensagem[0][0]
    return (
        uuid.uuid4().hex,
        agora,
        str(mensagem.tag)[len(_Q) :],
        identificacao[0].text,
        identificacao[1].text,
        len(dados),
        hashlib.sha256(dados).hexdigest(),
        zlib.compress(dados, 1),
        None if resposta is None else zlib.compress(resposta, 1),
        None if resposta is None else hashlib.sha256(resposta).hexdigest(),
    )
