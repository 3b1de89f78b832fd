"""O que a operadora responde a um recurso: o recibo, a situação e as respostas.

Fonte: ``ct_recebimentoRecurso`` e ``ct_respostaGlosa``.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from dominio.transacoes import NS_TISS
from prestador.respostas import Motivo, RespostaInvalida

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml import etree

_Q = f"{{{NS_TISS}}}"


@dataclass(frozen=True, slots=True)
class ReciboDeRecurso:
    """Resposta a um recurso: ou um número, ou um erro.

    Attributes:
        numero: ``nrProtocoloRecursoGlosa``.
        protocolo: aquele de que se recorreu.
        total: reais que o recurso prende.
        guias: quantas se repetem no recibo.
        observacao: o que a operadora notou.
    """

    numero: str | None = None
    protocolo: str | None = None
    total: Decimal | None = None
    guias: int = 0
    observacao: str | None = None
    erro: Motivo | None = None


@dataclass(frozen=True, slots=True)
class LinhaRespondida:
    """O que foi de uma coisa contestada.

    Attributes:
        codigo: da glosa.
        guia: número no prestador; ausente se é do protocolo.
        sequencial: do item; ausente se é da guia ou do protocolo.
        acatado: se se acatou; só do protocolo e da guia.
        valor_recursado: reais; só do item.
        valor_acatado: idem.
        justificativa: da operadora.
    """

    codigo: str
    guia: str | None = None
    sequencial: int | None = None
    acatado: bool | None = None
    valor_recursado: Decimal | None = None
    valor_acatado: Decimal | None = None
    justificativa: str | None = None


@dataclass(frozen=True, slots=True)
class SituacaoDeRecurso:
    """Resposta à consulta de um recurso: a situação, as respostas, ou um erro.

    Attributes:
        numero: do recurso; o recibo final não o leva.
        status: ``dm_statusProtocolo``; só de quem ainda não tem recibo.
        recursado: reais; com os seguintes, só no recibo final.
        acatado: reais.
        linhas: na ordem da resposta.
    """

    numero: str | None = None
    status: int | None = None
    recursado: Decimal | None = None
    acatado: Decimal | None = None
    linhas: tuple[LinhaRespondida, ...] = ()
    erro: Motivo | None = None


def ler_recibo_de_recurso(corpo: etree._Element) -> ReciboDeRecurso:
    """Lê ``recebimentoRecurso``.

    Raises:
        RespostaInvalida: se falta o que o tipo exige.
    """
    erro = corpo.find(f"{_Q}mensagemErro")
    if erro is not None:
        return ReciboDeRecurso(erro=_motivo(erro))
    recibo = corpo.find(f"{_Q}protocoloRecebimento")
    if recibo is None:
        raise RespostaInvalida("falta protocoloRecebimento na resposta")
    return ReciboDeRecurso(
        _texto(recibo, "nrProtocoloRecursoGlosa"),
        _texto(recibo, "nrProtocoloRecursado"),
        Decimal(_texto(recibo, "valorTotalRecursado")),
        len(recibo.findall(f"{_Q}guiasRecurso")),
        recibo.findtext(f"{_Q}observacao"),
    )


def ler_situacao_de_recurso(corpo: etree._Element) -> SituacaoDeRecurso:
    """Lê ``situacaoProtocoloRecurso``.

    Raises:
        RespostaInvalida: se falta o que o tipo exige.
    """
    forma = corpo[0]
    nome = str(forma.tag).removeprefix(_Q)
    if nome == "mensagemErro":
        return SituacaoDeRecurso(erro=_motivo(forma))
    if nome == "reciboGlosaStatus":
        return SituacaoDeRecurso(
            _texto(forma, "nrProtocoloRecursoGlosa"), int(_texto(forma, "situacaoProtocolo"))
        )
    return SituacaoDeRecurso(
        recursado=Decimal(_texto(forma, "valorTotalRecursado")),
        acatado=Decimal(_texto(forma, "valorTotalAcatado")),
        linhas=tuple(x for filho in forma.iterfind(f"{_Q}opcaoRecurso/*") for x in _linhas(filho)),
    )


_ACATADOS = ("recursoAcatado", "recursoGuiaAcatado", "recursoAcatadoGuia")
_CODIGOS = ("codigoGlosaProtocolo", "codGlosa", "codGlosaGuia", "codGlosaProc")
_RESPOSTAS = (
    "justificativaOPSnaoAcatadoProt",
    "justificativaOPSnaoAcatadoGuia",
    "justificativaOperadora",
)


def _linhas(opcao: etree._Element) -> list[LinhaRespondida]:
    if str(opcao.tag) == f"{_Q}recursoProtocolo":
        return [_linha(opcao, None)]
    resposta = opcao[0]
    guia = _texto(resposta, "numeroGuiaPrestador")
    itens = resposta.findall(f"{_Q}recursoProcedimento")
    return [_linha(parte, guia) for parte in itens or [resposta]]


def _linha(parte: etree._Element, guia: str | None) -> LinhaRespondida:
    sequencial = parte.findtext(f"{_Q}sequencialItem")
    aceito = _um_de(parte, _ACATADOS)
    recursado = parte.findtext(f"{_Q}valorRecursado")
    acatado = _um_de(parte, ("valorAcatadado", "valorAcatado"))
    return LinhaRespondida(
        _um_de(parte, _CODIGOS) or "",
        guia,
        None if sequencial is None else int(sequencial),
        None if aceito is None else aceito == "S",
        None if recursado is None else Decimal(recursado),
        None if acatado is None else Decimal(acatado),
        _um_de(parte, _RESPOSTAS),
    )


def _um_de(pai: etree._Element, nomes: Sequence[str]) -> str | None:
    textos = (pai.findtext(_Q + nome) for nome in nomes)
    return next((texto for texto in textos if texto is not None), None)


def _motivo(pai: etree._Element) -> Motivo:
    return Motivo(_texto(pai, "codigoGlosa"), pai.findtext(f"{_Q}descricaoGlosa"))


def _texto(pai: etree._Element, nome: str) -> str:
    texto = pai.findtext(_Q + nome)
    if texto is None:
        raise RespostaInvalida(f"falta {nome} na resposta")
    return texto
