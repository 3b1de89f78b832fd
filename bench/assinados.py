"""O lote assinado: quem o assina, a confiança da operadora nele, e como assinar muitos depressa.

A autoridade, as listas de revogados e o titular são os da ICP inventada dos testes.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding

from mensagem.assinatura import ChaveDeAssinatura, assinar
from mensagem.assinatura.algoritmos import EXCLUSIVA, NS_DS
from mensagem.assinatura.canonica import Canonica, avulso, canonizar
from mensagem.certificados import chave_do_emissor, impressao, ler_lista
from persistence import confianca, revogados
from persistence.banco import Banco
from persistence.revogados import Edicao

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

_D = f"{{{NS_DS}}}"
_OPERADORA = _PRESTADOR = 1
"""As chaves dos únicos do banco de medição."""
_FORMA = Canonica(EXCLUSIVA, exclusiva=True)
_LISTA_DA_RAIZ = "http://lcr.exemplo.com.br/raiz.crl"
_LISTA_DA_AC = "http://lcr.exemplo.com.br/ac.crl"


def _icp() -> Any:
    # só quem mede assinaturas precisa dela, e gerar as suas chaves demora
    from tests import certificados  # noqa: PLC0415

    return certificados


@cache
def chave(cnpj: str) -> ChaveDeAssinatura:
    """A chave de um prestador, RSA de 2048 bits, com a autoridade que a certificou."""
    ac = _icp().intermediaria(crl=_LISTA_DA_RAIZ)
    par = ac.titular(cnpj=cnpj, crl=_LISTA_DA_AC)
    return ChaveDeAssinatura(par.chave, par.certificado, par.emissores[:-1])


@contextmanager
def exigidas(url: str) -> Iterator[None]:
    """Enquanto corre o bloco, a operadora exige assinatura inteira do prestador da medição."""
    banco = Banco.abrir(url)
    try:
        _confiar(banco)
        _politica(banco, "required")
        try:
            yield
        finally:
            # o que depois se mede sem assinatura seria de quem deixou de assinar, e avisaria sempre
            _politica(banco, None, assina_desde=None)
    finally:
        banco.fechar()


def _confiar(banco: Banco) -> None:
    raiz, ac = _icp().raiz(), _icp().intermediaria(crl=_LISTA_DA_RAIZ)
    ancora = raiz.certificado
    with banco.escrita() as conn:
        confianca.guardar(
            conn,
            confianca.CertificadoGuardado(
                _OPERADORA,
                "ancora",
                impressao(ancora),
                "AC Raiz de Teste",
                ancora.not_valid_before_utc,
                ancora.not_valid_after_utc,
                raiz.der,
            ),
        )
    for emissor, ponto in ((raiz, _LISTA_DA_RAIZ), (ac, _LISTA_DA_AC)):
        _guardar_lista(banco, emissor, ponto)


def _guardar_lista(banco: Banco, emissor: Any, ponto: str) -> None:
    lida = ler_lista(emissor.lcr().public_bytes(Encoding.DER), emissor.certificado)
    agora = datetime.now(UTC)
    with banco.escrita() as conn:
        revogados.pedir(
            conn,
            _OPERADORA,
            chave_emissor=chave_do_emissor(emissor.certificado),
            enderecos=[ponto],
            emissor="AC de Teste",
            emissor_der=emissor.der,
            agora=None,
        )
        lista = next(x for x in revogados.listar(conn, _OPERADORA) if x.ponto == ponto)
    nova = Edicao(lida.emitida_em, lida.proxima_em, lida.sha256, lida.tamanho)
    revogados.guardar(banco, lista, nova, lida.revogados(), agora=agora, tentar_em=None)


def _politica(banco: Banco, modo: str | None, **mais: None) -> None:
    valores = {"assinatura_politica": modo, **mais}
    with banco.escrita() as conn:
        confianca.politica_do_prestador(conn, _OPERADORA, _PRESTADOR, valores)


class Assinadora:
    """Assina de novo uma mensagem em que só mudam um número e o hash.

    Assinar do princípio um lote de 100 guias custa mais do que recebê-lo: aqui os bytes canônicos
    fazem-se uma vez, e de cada vez só o resumo deles e o valor da assinatura.

    Args:
        mensagem: selada; recebe a assinatura.
        cnpj: de quem assina.
    """

    def __init__(self, mensagem: etree._Element, cnpj: str) -> None:
        self._chave = chave(cnpj)
        self._canonica = canonizar(avulso(mensagem), _FORMA)
        assinatura = assinar(mensagem, self._chave)[-1]
        self._informacao = canonizar(avulso(assinatura[0]), _FORMA)
        self._resumo = (assinatura.findtext(f".//{_D}DigestValue") or "").encode()
        self._valor = (assinatura.findtext(f"{_D}SignatureValue") or "").encode()

    def assinar(self, fim: bytes, trocas: tuple[tuple[bytes, bytes], ...]) -> bytes:
        """O fim do envelope, que traz a assinatura, com o resumo e o valor que cabem às trocas.

        Args:
            fim: como ficou da primeira vez que se assinou.
            trocas: pares de bytes, o antigo e o novo, do que muda na mensagem.
        """
        canonica = self._canonica
        for antigo, novo in trocas:
            canonica = canonica.replace(antigo, novo)
        resumo = b64encode(hashlib.sha256(canonica).digest())
        valor = self._chave.assinar(self._informacao.replace(self._resumo, resumo))
        return fim.replace(self._resumo, resumo).replace(self._valor, b64encode(valor))
