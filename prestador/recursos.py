"""Recorrer de glosas: o conteúdo do recurso em cada versão.

Fonte: ``ct_guiaRecursoLote``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from prestador.valores import Corpo, Identificado

_JUSTIFICATIVA = "O valor cobrado é o do contrato em vigor."


@dataclass(frozen=True, slots=True)
class DoProtocolo:
    """Contesta o protocolo inteiro.

    Attributes:
        codigo: da glosa.
        justificativa: até 500 caracteres; 150 em 3.05.00.
    """

    codigo: str
    justificativa: str = _JUSTIFICATIVA


@dataclass(frozen=True, slots=True)
class DaGuia:
    """Contesta uma guia inteira: uma justificativa para cada código de glosa.

    Attributes:
        numero: da guia no prestador.
        codigos: das glosas; em odontologia, um.
        numero_operadora: quando se conhece.
        beneficiario: nome que só 3.05.00 pede, em odontologia.
    """

    numero: str
    codigos: Sequence[str]
    justificativa: str = _JUSTIFICATIVA
    numero_operadora: str | None = None
    beneficiario: str = "NAO INFORMADO"


@dataclass(frozen=True, slots=True)
class DoItem:
    """Contesta o valor de um item.

    Attributes:
        numero: da guia no prestador.
        sequencial: ``sequencialItem``.
        data: de execução.
        tabela: ``codigoTabela``.
        procedimento: ``codigoProcedimento``.
        codigo: da glosa.
        valor: reais.
        grau: ``dm_grauPart``, se só dele se recorre.
        dente: em odontologia, quando há.
        face: idem.
    """

    numero: str
    sequencial: int
    data: date
    tabela: str
    procedimento: str
    codigo: str
    valor: Decimal
    descricao: str = "Procedimento recorrido"
    justificativa: str = _JUSTIFICATIVA
    numero_operadora: str | None = None
    grau: str | None = None
    dente: str | None = None
    face: str | None = None
    beneficiario: str = "NAO INFORMADO"


@dataclass(frozen=True, slots=True)
class NovoRecurso:
    """Uma guia de recurso.

    Attributes:
        numero: ``numeroGuiaRecGlosaPrestador``.
        lote: número do lote de que se recorre.
        protocolo: o que o lote recebeu.
        contesta: um ``DoProtocolo``, ou guias e itens.
        total: reais.
        data: do recurso.
        odonto: se o lote é de odontologia.
    """

    numero: str
    lote: str
    protocolo: str
    contesta: Sequence[DoProtocolo | DaGuia | DoItem]
    total: Decimal
    data: date
    odonto: bool = False


def corpo_recurso(
    versao: str,
    prestador: Identificado,
    recurso: NovoRecurso,
    *,
    registro_ans: str,
    nome_operadora: str = "Operadora Inventada",
) -> Corpo:
    """Conteúdo de ``loteRecurso``.

    Raises:
        ValueError: se o recurso nada contesta.
    """
    if not recurso.contesta:
        raise ValueError("um recurso contesta ao menos uma coisa")
    primeira = recurso.contesta[0]
    do_protocolo = isinstance(primeira, DoProtocolo)
    if isinstance(primeira, DoProtocolo):
        opcao: Corpo = {
            "recursoProtocolo": {
                "codigoGlosaProtocolo": primeira.codigo,
                "justificativaProtocolo": primeira.justificativa,
            }
        }
    else:
        montar = _odonto if recurso.odonto else _medica
        ditas = [c for c in recurso.contesta if not isinstance(c, DoProtocolo)]
        opcao = {"recursoGuia": montar(versao, ditas)}
    corpo: Corpo = {
        "registroANS": registro_ans,
        "numeroGuiaRecGlosaPrestador": recurso.numero,
        "nomeOperadora": nome_operadora,
        "objetoRecurso": "1" if do_protocolo else "2",
        "dadosContratado": prestador.contratado(versao),
        "numeroLote": recurso.lote,
        "numeroProtocolo": recurso.protocolo,
        "opcaoRecurso": opcao,
        "valorTotalRecursado": f"{recurso.total:.2f}",
        "dataRecurso": recurso.data.isoformat(),
    }
    return {"guiaRecursoGlosaOdonto" if recurso.odonto else "guiaRecursoGlosa": corpo}


def _medica(_versao: str, contesta: Sequence[DaGuia | DoItem]) -> list[Corpo]:
    guias: list[Corpo] = []
    for grupo in _por_guia(contesta):
        itens = [_item(c) for c in grupo if isinstance(c, DoItem)]
        inteiras: list[Corpo] = [
            {"codGlosaGuia": codigo, "justificativaGuia": c.justificativa}
            for c in grupo
            if isinstance(c, DaGuia)
            for codigo in c.codigos
        ]
        opcao: Corpo = {"itensGuia": itens} if itens else {"recursoGuiaCompleta": inteiras}
        guias.append(
            {"numeroGuiaOrigem": grupo[0].numero, **_da_operadora(grupo[0])}
            | {"opcaoRecursoGuia": opcao}
        )
    return guias


def _odonto(versao: str, contesta: Sequence[DaGuia | DoItem]) -> list[Corpo]:
    guias: list[Corpo] = []
    for grupo in _por_guia(contesta):
        primeira = grupo[0]
        guia: Corpo = {"numeroGuiaPrestador": primeira.numero, **_da_operadora(primeira)}
        if versao == "3.05.00":
            guia["nomeBeneficiario"] = primeira.beneficiario
        codigo = primeira.codigo if isinstance(primeira, DoItem) else primeira.codigos[0]
        guia |= {"codGlosaGuia": codigo, "justificativaGuia": primeira.justificativa}
        itens = [_item_odonto(c) for c in grupo if isinstance(c, DoItem)]
        if itens:
            guia["recursoProcedimento"] = itens
        guias.append(guia)
    return guias


def _por_guia(contesta: Sequence[DaGuia | DoItem]) -> list[list[DaGuia | DoItem]]:
    """As seguidas da mesma guia e da mesma espécie vão juntas."""
    grupos: list[list[DaGuia | DoItem]] = []
    for c in contesta:
        if grupos and (grupos[-1][0].numero, type(grupos[-1][0])) == (c.numero, type(c)):
            grupos[-1].append(c)
        else:
            grupos.append([c])
    return grupos


def _da_operadora(c: DaGuia | DoItem) -> Corpo:
    return {} if c.numero_operadora is None else {"numeroGuiaOperadora": c.numero_operadora}


def _procedimento(c: DoItem) -> Corpo:
    return {
        "codigoTabela": c.tabela,
        "codigoProcedimento": c.procedimento,
        "descricaoProcedimento": c.descricao,
    }


def _item(c: DoItem) -> Corpo:
    corpo: Corpo = {
        "sequencialItem": str(c.sequencial),
        "dataInicio": c.data.isoformat(),
        "procRecurso": _procedimento(c),
    }
    if c.grau is not None:
        corpo["grauParticipacao"] = c.grau
    return corpo | {
        "codGlosaItem": c.codigo,
        "valorRecursado": f"{c.valor:.2f}",
        "justificativaItem": c.justificativa,
    }


def _item_odonto(c: DoItem) -> Corpo:
    corpo: Corpo = {"sequencialItem": str(c.sequencial), "dataRealizacao": c.data.isoformat()}
    if c.dente is not None:
        corpo["denteRegiao"] = {"codDente": c.dente}
    if c.face is not None:
        corpo["denteFace"] = c.face
    return corpo | {
        "quantidade": "1",
        "procRecurso": _procedimento(c),
        "codGlosaProc": c.codigo,
        "justificativaProc": c.justificativa,
        "valorRecursado": f"{c.valor:.2f}",
    }
