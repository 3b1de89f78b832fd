"""Do elemento ``loteRecurso`` ao pedido, nas formas médica e odontológica."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dominio import erros
from dominio.competencia import ler_data
from dominio.dinheiro import ZERO
from dominio.recurso import Nivel, Objeto
from dominio.transacoes import NS_TISS
from handlers.recurso_glosa.pedido import LinhaPedida, PedidoDeRecurso
from mensagem import contratado
from mensagem.recusa import RegraRecusada

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

_Q = f"{{{NS_TISS}}}"


def ler(corpo: etree._Element) -> PedidoDeRecurso:
    """Lê um ``loteRecurso`` que já passou pelo esquema.

    Raises:
        RegraRecusada: data que o esquema aceita e o calendário não (ano acima de 9999).
    """
    try:
        return _guia(corpo[0], odonto=str(corpo[0].tag) == f"{_Q}guiaRecursoGlosaOdonto")
    except ValueError:
        raise RegraRecusada(erros.DATA_INVALIDA) from None


def _guia(guia: etree._Element, *, odonto: bool) -> PedidoDeRecurso:
    c = _campos(guia)
    de_quem = guia.find(f"{_Q}dadosContratado")
    opcao = guia.find(f"{_Q}opcaoRecurso")
    assert de_quem is not None  # noqa: S101 - garantido pelo esquema
    assert opcao is not None  # noqa: S101 - garantido pelo esquema
    return PedidoDeRecurso(
        c["registroANS"],
        c["numeroGuiaRecGlosaPrestador"],
        c.get("numeroGuiaRecGlosaOperadora"),
        Objeto(c["objetoRecurso"]),
        odonto,
        contratado.ler(de_quem),
        c["numeroLote"],
        c["numeroProtocolo"].strip().removeprefix("+").lstrip("0"),
        tuple(_linhas(opcao, odonto=odonto)),
        _reais(c["valorTotalRecursado"]),
        ler_data(c["dataRecurso"]),
    )


def _linhas(opcao: etree._Element, *, odonto: bool) -> Iterator[LinhaPedida]:
    for grupo, filho in enumerate(opcao, 1):
        c = _campos(filho)
        if str(filho.tag) == f"{_Q}recursoProtocolo":
            yield LinhaPedida(
                Nivel.PROTOCOLO, c["codigoGlosaProtocolo"], c["justificativaProtocolo"]
            )
        elif odonto:
            yield from _odonto(filho, c, grupo)
        else:
            yield from _medica(filho, c, grupo)


def _da_guia(c: dict[str, str], numero: str, grupo: int) -> dict[str, Any]:
    return {
        "grupo": grupo,
        "guia_numero": c[numero],
        "guia_operadora": c.get("numeroGuiaOperadora"),
        "senha": c.get("senha"),
    }


def _medica(guia: etree._Element, c: dict[str, str], grupo: int) -> Iterator[LinhaPedida]:
    da_guia = _da_guia(c, "numeroGuiaOrigem", grupo)
    for opcao in guia.iterfind(f"{_Q}opcaoRecursoGuia/*"):
        o = _campos(opcao)
        if "codGlosaGuia" in o:
            yield LinhaPedida(Nivel.GUIA, o["codGlosaGuia"], o["justificativaGuia"], **da_guia)
            continue
        yield LinhaPedida(
            Nivel.ITEM,
            o["codGlosaItem"],
            o["justificativaItem"],
            data_inicio=ler_data(o["dataInicio"]),
            data_fim=ler_data(o["dataFim"]) if "dataFim" in o else None,
            grau=o.get("grauParticipacao", ""),
            **da_guia,
            **_item(opcao, o),
        )


def _odonto(guia: etree._Element, c: dict[str, str], grupo: int) -> Iterator[LinhaPedida]:
    da_guia = _da_guia(c, "numeroGuiaPrestador", grupo)
    procedimentos = guia.findall(f"{_Q}recursoProcedimento")
    if not procedimentos:
        yield LinhaPedida(Nivel.GUIA, c["codGlosaGuia"], c["justificativaGuia"], **da_guia)
    for procedimento in procedimentos:
        o = _campos(procedimento)
        lugar = procedimento.find(f"{_Q}denteRegiao")
        onde = {} if lugar is None else _campos(lugar)
        yield LinhaPedida(
            Nivel.ITEM,
            o["codGlosaProc"],
            o["justificativaProc"],
            data_inicio=ler_data(o["dataRealizacao"]),
            dente=onde.get("codDente"),
            regiao=onde.get("codRegiao"),
            face=o.get("denteFace"),
            quantidade=int(Decimal(o["quantidade"].strip())),
            **da_guia,
            **_item(procedimento, o),
        )


def _item(elemento: etree._Element, o: dict[str, str]) -> dict[str, Any]:
    procedimento = elemento.find(f"{_Q}procRecurso")
    assert procedimento is not None  # noqa: S101 - garantido pelo esquema
    p = _campos(procedimento)
    return {
        # Decimal lê textos de milhares de zeros à esquerda, que o esquema aceita
        "sequencial": int(Decimal(o["sequencialItem"].strip())),
        "tabela": p["codigoTabela"],
        "procedimento": p["codigoProcedimento"],
        "descricao": p["descricaoProcedimento"],
        "valor": _reais(o["valorRecursado"]),
    }


def _campos(elemento: etree._Element) -> dict[str, str]:
    """O texto dos filhos que são folhas, pelo nome local."""
    return {str(f.tag).removeprefix(_Q): f.text or "" for f in elemento if not len(f)}


def _reais(texto: str) -> Decimal:
    # o mesmo valor escrito com mais ou menos casas é o mesmo recurso
    return Decimal(texto.strip()).quantize(ZERO)
