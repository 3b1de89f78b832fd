"""As linhas de guias e itens de um lote, gravadas de uma vez: COPY ou ``executemany``.

É o maior trabalho do banco por mensagem; por isso as linhas são tuplas prontas e o SQL é do
driver. Datas vão em ISO, que os dois bancos leem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dominio.situacao import StatusProtocolo
from persistence import direto, tabelas
from persistence.tipos import CASAS_FATOR, CASAS_QUANTIDADE, CASAS_REAIS, em_inteiro

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, time
    from decimal import Decimal

    from sqlalchemy import Connection, Table

    from dominio.lote import Guia, Identificacao, Item, Lote

_POUCAS = 4
"""Linhas que se inserem uma a uma no PostgreSQL: começar e acabar um COPY custa mais."""

_Linha = tuple[int | str | None, ...]


def gravar(
    conn: Connection, lote_id: int, lote: Lote, executantes: Mapping[Identificacao, int]
) -> None:
    """Grava as guias e os itens de um lote, numerados por posição a partir de 1.

    Args:
        conn: transação de escrita.
        lote_id: chave do lote, já inserido.
        lote: o que gravar.
        executantes: prestador resolvido de cada identificação de executante.

    Raises:
        ValueError: se um valor tem mais casas decimais do que o banco guarda.
    """
    guias: list[_Linha] = []
    itens: list[_Linha] = []
    for posicao, guia in enumerate(lote.guias, 1):
        guias.append(_linha_guia(lote_id, posicao, guia, executantes.get(guia.executante)))
        itens += [
            _linha_item(lote_id, posicao, ordem, item) for ordem, item in enumerate(guia.itens, 1)
        ]
    for tabela, linhas in ((tabelas.guia, guias), (tabelas.item, itens)):
        if not linhas:
            continue
        if conn.dialect.name == "postgresql":
            if len(linhas) <= _POUCAS:
                _uma_a_uma(conn, tabela.name, linhas)
            else:
                _copiar(conn, _COPIAR[tabela.name], linhas)
        else:
            conn.exec_driver_sql(_INSERIR[tabela.name], linhas)


def _copiar(conn: Connection, comando: str, linhas: list[_Linha]) -> None:
    conexao: Any = conn.connection.driver_connection
    with conexao.cursor().copy(comando) as copia:
        escrever = copia.write_row
        for linha in linhas:
            escrever(linha)


def _uma_a_uma(conn: Connection, tabela: str, linhas: list[_Linha]) -> None:
    inserir = direto.de(conn)
    for linha in linhas:
        inserir.linhas(*_PREPARAR[tabela], linha)


def _sql_copiar(tabela: Table) -> str:
    return f"COPY {tabela.name} ({', '.join(tabela.c.keys())}) FROM STDIN"


def _sql_inserir(tabela: Table, marca: str = "?") -> str:
    colunas = tabela.c.keys()
    marcas = ", ".join([marca.format(n) for n in range(1, len(colunas) + 1)])
    return f"INSERT INTO {tabela.name} ({', '.join(colunas)}) VALUES ({marcas})"  # noqa: S608


_COPIAR = {t.name: _sql_copiar(t) for t in (tabelas.guia, tabelas.item)}
_PREPARAR = {
    t.name: (f"linhas_{t.name}".encode(), _sql_inserir(t, "${}").encode())
    for t in (tabelas.guia, tabelas.item)
}
_INSERIR = {t.name: _sql_inserir(t) for t in (tabelas.guia, tabelas.item)}


def _iso(quando: date | time | None) -> str | None:
    return None if quando is None else quando.isoformat()


def _escalado(valor: Decimal | None, casas: int) -> int | None:
    return None if valor is None else em_inteiro(valor, casas)


def _linha_guia(lote_id: int, posicao: int, guia: Guia, executante_id: int | None) -> _Linha:
    beneficiario = guia.beneficiario
    return (
        lote_id,
        posicao,
        guia.registro_ans,
        guia.numero_prestador,
        guia.numero_operadora,
        guia.guia_principal,
        guia.senha,
        beneficiario.carteira,
        beneficiario.atendimento_rn,
        beneficiario.tipo_ident,
        beneficiario.nome,
        beneficiario.cns,
        guia.executante.forma,
        guia.executante.valor,
        executante_id,
        guia.cnes,
        _iso(guia.data_inicio),
        _iso(guia.hora_inicio),
        _iso(guia.data_fim),
        _iso(guia.hora_fim),
        _iso(guia.data_realizacao),
        guia.ausencia_cod_validacao,
        guia.cod_validacao,
        _escalado(guia.total_franquia, CASAS_REAIS),
        int(StatusProtocolo.RECEBIDO),
        em_inteiro(guia.informado, CASAS_REAIS),
        0,
        0,
        0,
    )


def _linha_item(lote_id: int, guia_posicao: int, posicao: int, item: Item) -> _Linha:
    return (
        lote_id,
        guia_posicao,
        posicao,
        item.despesa,
        item.sequencial,
        item.data.isoformat(),
        item.tabela,
        item.codigo,
        item.descricao,
        em_inteiro(item.quantidade, CASAS_QUANTIDADE),
        em_inteiro(item.valor_unitario, CASAS_REAIS),
        _escalado(item.fator, CASAS_FATOR),
        _iso(item.hora_inicial),
        _iso(item.hora_final),
        item.unidade,
        item.via,
        item.tecnica,
        item.codigo_despesa,
        item.centro_consumo,
        item.item_vinculado,
        item.graus,
        item.dente,
        item.regiao,
        item.face,
        _escalado(item.quantidade_us, CASAS_QUANTIDADE),
        _escalado(item.franquia, CASAS_REAIS),
        item.autorizado,
        em_inteiro(item.valor_total, CASAS_REAIS),
        0,
        0,
        0,
    )
