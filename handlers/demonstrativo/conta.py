"""A análise de conta de um protocolo, das linhas guardadas ao valor."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from dominio import numeros, terminologia
from dominio.analise import Valores
from dominio.competencia import dia
from dominio.situacao import StatusProtocolo
from handlers.demonstrativo.modelo import (
    Cabecalho,
    Conta,
    Contratado,
    DemonstrativoAnalise,
    GuiaDaConta,
    ItemDaConta,
)
from persistence import beneficiarios, glosas, protocolos
from persistence.consultas import demonstrativos as consultas
from persistence.tabelas.demonstrativos import TODOS

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from dominio.analise import Glosa
    from persistence.consultas.demonstrativos import Dono, Linha
    from persistence.operadoras import Operadora
    from persistence.protocolos import GuiaGuardada, Protocolo

SEM_CNES = "9999999"


class _DaConta(NamedTuple):
    """O que se lê de uma vez de todas as guias, pela posição."""

    das_guias: dict[int, list[Glosa]]
    itens: dict[int, list[ItemDaConta]]
    observacoes: dict[int, str]
    nomes: dict[str, str]


def montar(
    conn: Connection, operadora: Operadora, dono: Dono, protocolo: Protocolo, hoje: date
) -> DemonstrativoAnalise:
    """O demonstrativo de um protocolo já analisado, ainda sem número."""
    assert protocolo.lote_id is not None  # noqa: S101 - quem chama só traz lotes
    todas = protocolos.guias(conn, protocolo.lote_id)
    guias = [g for g in todas if g.status is not StatusProtocolo.CANCELADO]
    do_protocolo: list[Glosa] = []
    das_guias: defaultdict[int, list[Glosa]] = defaultdict(list)
    dos_itens: defaultdict[tuple[int, int, str], list[Glosa]] = defaultdict(list)
    for g in glosas.do_protocolo(conn, protocolo.id):
        if g.guia_posicao is None:
            do_protocolo.append(g.glosa)
        elif g.item_posicao is None:
            das_guias[g.guia_posicao].append(g.glosa)
        else:
            dos_itens[g.guia_posicao, g.item_posicao, g.grau or ""].append(g.glosa)
    itens: defaultdict[int, list[ItemDaConta]] = defaultdict(list)
    for linha in consultas.linhas(conn, protocolo.id, protocolo.lote_id, todos=dono.itens == TODOS):
        das_partes = dos_itens[linha.guia_posicao, linha.posicao, linha.grau or ""]
        itens[linha.guia_posicao].append(_item(linha, tuple(das_partes)))
    lidas = _DaConta(
        das_guias,
        itens,
        consultas.observacoes(conn, protocolo.lote_id),
        nomes(conn, operadora.id, guias),
    )
    recebido = dia(protocolo.recebido_em)
    valores = valores_de(protocolo)
    conta = Conta(
        str(protocolo.lote_numero),
        numeros.formatar(protocolo.numero, operadora.largura_protocolo),
        recebido,
        protocolo.status,
        tuple(do_protocolo),
        tuple(_guia(guia, recebido, lidas) for guia in guias),
        valores,
    )
    return DemonstrativoAnalise(
        cabecalho(operadora, hoje),
        contratado(dono, next((g.cnes for g in guias if g.cnes), None)),
        conta,
        valores,
        consultas.observacao(conn, protocolo.id),
    )


def cabecalho(operadora: Operadora, hoje: date) -> Cabecalho:
    """O cabeçalho de um demonstrativo por emitir."""
    return Cabecalho(operadora.registro_ans, operadora.nome, operadora.cnpj, "", hoje)


def contratado(dono: Dono, cnes_da_guia: str | None = None) -> Contratado:
    """O prestador como o cadastro o diz."""
    cnes = dono.cnes or cnes_da_guia or SEM_CNES
    return Contratado(dono.codigo, dono.nome, cnes, dono.cnpj, dono.cpf)


def nomes(conn: Connection, operadora_id: int, guias: list[GuiaGuardada]) -> dict[str, str]:
    """Nome do cadastro de cada carteira das guias que não o trazem."""
    sem_nome = {g.beneficiario.carteira for g in guias if g.beneficiario.nome is None}
    achados = beneficiarios.por_carteira(conn, operadora_id, sem_nome)
    return {carteira: achado.nome for carteira, achado in achados.items()}


def descricao(linha: Linha) -> str:
    """A da guia, senão a da TUSS, senão o código."""
    return (
        linha.descricao
        or terminologia.descricao_procedimento(linha.tabela, linha.codigo)
        or linha.codigo
    )


def valores_de(guardado: GuiaGuardada | Protocolo) -> Valores:
    """Os quatro valores de uma guia ou protocolo."""
    return Valores(guardado.informado, guardado.processado, guardado.liberado, guardado.glosa)


def _guia(guia: GuiaGuardada, recebido: date, lidas: _DaConta) -> GuiaDaConta:
    carteira = guia.beneficiario.carteira
    return GuiaDaConta(
        guia.numero_prestador,
        guia.numero_operadora,
        guia.senha,
        guia.beneficiario.nome or lidas.nomes.get(carteira),
        carteira,
        guia.data_inicio or guia.data_realizacao or recebido,
        guia.hora_inicio,
        guia.data_fim,
        guia.hora_fim,
        guia.status,
        tuple(lidas.das_guias.get(guia.posicao, ())),
        tuple(lidas.itens.get(guia.posicao, ())),
        valores_de(guia),
        lidas.observacoes.get(guia.posicao),
    )


def _item(linha: Linha, glosas_do_item: tuple[Glosa, ...]) -> ItemDaConta:
    executada = linha.quantidade_analisada
    if executada is None:
        executada = linha.quantidade
    paga = linha.quantidade_paga
    unico = linha.graus if linha.graus and "," not in linha.graus else None
    return ItemDaConta(
        linha.sequencial,
        linha.despesa,
        linha.data,
        linha.tabela,
        linha.codigo,
        descricao(linha),
        linha.grau or unico,
        executada,
        executada if paga is None else paga,
        linha.valores,
        glosas_do_item,
        linha.centro_consumo,
    )
