"""O banco do piso: o driver sem nada por cima, um commit por mensagem."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import psycopg
from sqlalchemy.engine import make_url

from bench.casos import VERSAO
from bench.piso_linhas import GUIA, ITEM, PRESTADOR

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bench.piso_linhas import Linha

    Lote: TypeAlias = tuple[str, str, int]

_OPERADORA = 1
_ESPERA_SEGUNDOS = 30
# ruff: noqa: S608 - os textos juntados são todos deste projeto

_LOTE = "INSERT INTO lote (operadora_id, prestador_id, numero, tipo, quantidade_guias, vivo)"
_PROTOCOLO = (
    "INSERT INTO protocolo (operadora_id, numero, prestador_id, tipo, lote_id, mensagem_id, versao,"
    " canal, status, recebido_em, data_envio, homologacao, informado, processado, liberado, glosa,"
    " analise_visivel, alteracao)"
)
_HISTORICO = "INSERT INTO historico (protocolo_id, em, para, quem)"
_EXECUCAO = "INSERT INTO execucao (prestador_id, servico, sha256, mensagem_id)"
_ARQUIVO = (
    "INSERT INTO mensagem (id, recebida_em, raiz, tipo_transacao, sequencial, tamanho, sha256,"
    " pedido, resposta, resposta_sha256, operadora_id, prestador_id, canal, servico, versao,"
    " endereco, soap, integral, desfecho, http, hash_variante)"
    f" VALUES ({{marcas}}, {_OPERADORA}, {PRESTADOR}, 'soap', {{marca}}, '{VERSAO}', '127.0.0.1',"
    " '1.1', TRUE, 'respondida', 200, 'oficial')"
)
_SITUACAO = (
    "SELECT protocolo.numero, lote.numero, data_envio, status, lote_id FROM protocolo"
    f" JOIN lote ON lote.id = lote_id WHERE protocolo.operadora_id = {_OPERADORA}"
    f" AND protocolo.prestador_id = {PRESTADOR} AND protocolo.numero = {{marca}}"
)
_GUIAS = (
    "SELECT numero_prestador, numero_operadora, ausencia_cod_validacao, cod_validacao, carteira,"
    " atendimento_rn, tipo_ident, data_realizacao FROM guia WHERE lote_id = {marca}"
    " ORDER BY posicao"
)
_SERVICOS = {True: "tissLoteGuias", False: "tissSolicitacaoStatusProtocolo"}


class Banco(Protocol):
    """O que o piso pede a um banco."""

    def gravar(
        self,
        lote: Lote,
        total: int,
        guias: Sequence[Linha],
        itens: Sequence[Linha],
        arquivo: tuple[Any, ...],
    ) -> int:
        """Grava um lote inteiro num commit; o total é em centavos. Devolve o protocolo."""

    def situacao(self, numero: int) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
        """Número, lote, envio e situação de um protocolo, e as suas guias."""

    def arquivar(self, arquivo: tuple[Any, ...]) -> None:
        """Guarda a mensagem e faz o commit do que se leu e gravou."""

    def fechar(self) -> None:
        """Fecha a conexão."""


def abrir(url: str) -> Banco:
    """Abre o banco de uma URL do gateway."""
    return _Postgres(url) if url.startswith("postgresql") else _SQLite(url)


class _Postgres:
    def __init__(self, url: str) -> None:
        dsn = make_url(url).set(drivername="postgresql")
        self._conexao = psycopg.connect(
            dsn.render_as_string(hide_password=False), options="-c timezone=UTC"
        )
        self._abrir = (
            f"WITH novo AS ({_LOTE} VALUES ({_OPERADORA}, {PRESTADOR}, %s, %s, %s, TRUE)"
            f" RETURNING id), p AS ({_PROTOCOLO} SELECT {_OPERADORA},"
            f" nextval('serie_{_OPERADORA}'), {PRESTADOR}, 'lote', novo.id, %s, '{VERSAO}', 'soap',"
            " 1, %s, %s, FALSE, %s, 0, 0, 0, FALSE, pg_current_xact_id()::text::bigint FROM novo"
            " RETURNING id, numero, lote_id),"
            f" h AS ({_HISTORICO} SELECT p.id, %s, 1, 'gateway' FROM p),"
            f" e AS ({_EXECUCAO} VALUES ({PRESTADOR}, '{_SERVICOS[True]}', %s, %s))"
            " SELECT numero, lote_id FROM p"
        )
        marcas = ", ".join(["%s"] * 10)
        self._arquivo = _ARQUIVO.format(marcas=marcas, marca="%s")

    def gravar(
        self,
        lote: Lote,
        total: int,
        guias: Sequence[Linha],
        itens: Sequence[Linha],
        arquivo: tuple[Any, ...],
    ) -> int:
        conexao = self._conexao
        id_, agora, resumo = arquivo[0], arquivo[1], arquivo[6]
        cursor = conexao.execute(
            self._abrir,
            (*lote, id_, agora, agora.date(), total, agora, resumo, id_),
        )
        numero, lote_id = cursor.fetchone() or (0, 0)
        for comando, linhas in (
            (f"COPY guia (lote_id, {GUIA}) FROM STDIN", guias),
            (f"COPY item (lote_id, {ITEM}) FROM STDIN", itens),
        ):
            with cursor.copy(comando) as copia:
                for linha in linhas:
                    copia.write_row((lote_id, *linha))
        conexao.execute(self._arquivo, (*arquivo, _SERVICOS[True]))
        conexao.commit()
        return int(numero)

    def situacao(self, numero: int) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
        protocolo = self._conexao.execute(_SITUACAO.format(marca="%s"), (numero,)).fetchone()
        if protocolo is None:
            raise LookupError(numero)
        guias = self._conexao.execute(_GUIAS.format(marca="%s"), (protocolo[-1],)).fetchall()
        return protocolo[:-1], guias

    def arquivar(self, arquivo: tuple[Any, ...]) -> None:
        self._conexao.execute(self._arquivo, (*arquivo, _SERVICOS[False]))
        self._conexao.commit()

    def fechar(self) -> None:
        self._conexao.close()


class _SQLite:
    def __init__(self, url: str) -> None:
        self._conexao = sqlite3.connect(
            str(make_url(url).database), timeout=_ESPERA_SEGUNDOS, isolation_level=None
        )
        for ajuste in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._conexao.execute(f"PRAGMA {ajuste}")
        marcas = ", ".join("?" * 10)
        self._arquivo = _ARQUIVO.format(marcas=marcas, marca="?")

    def gravar(
        self,
        lote: Lote,
        total: int,
        guias: Sequence[Linha],
        itens: Sequence[Linha],
        arquivo: tuple[Any, ...],
    ) -> int:
        executar = self._conexao.execute
        id_, instante, resumo = arquivo[0], _utc(arquivo[1]), arquivo[6]
        executar("BEGIN IMMEDIATE")
        lote_id = executar(
            f"{_LOTE} VALUES ({_OPERADORA}, {PRESTADOR}, ?, ?, ?, TRUE)", lote
        ).lastrowid
        numero = executar(
            f"UPDATE serie SET proximo = proximo + 1 WHERE operadora_id = {_OPERADORA}"
            " AND nome = 'protocolo' RETURNING proximo - 1"
        ).fetchone()[0]
        protocolo_id = executar(
            f"{_PROTOCOLO} VALUES ({_OPERADORA}, ?, {PRESTADOR}, 'lote', ?, ?, '{VERSAO}', 'soap',"
            " 1, ?, ?, FALSE, ?, 0, 0, 0, FALSE, (SELECT coalesce(max(alteracao), 0) + 1 FROM"
            f" protocolo WHERE operadora_id = {_OPERADORA}))",
            (numero, lote_id, id_, instante, instante[:10], total),
        ).lastrowid
        executar(f"{_HISTORICO} VALUES (?, ?, 1, 'gateway')", (protocolo_id, instante))
        executar(f"{_EXECUCAO} VALUES ({PRESTADOR}, '{_SERVICOS[True]}', ?, ?)", (resumo, id_))
        for tabela, colunas, linhas in (("guia", GUIA, guias), ("item", ITEM, itens)):
            marcas = ", ".join("?" * (1 + len(linhas[0])))
            self._conexao.executemany(
                f"INSERT INTO {tabela} (lote_id, {colunas}) VALUES ({marcas})",
                [(lote_id, *linha) for linha in linhas],
            )
        self._conexao.execute(self._arquivo, self._linha_do_arquivo(arquivo, _SERVICOS[True]))
        executar("COMMIT")
        return int(numero)

    def situacao(self, numero: int) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
        protocolo = self._conexao.execute(_SITUACAO.format(marca="?"), (numero,)).fetchone()
        guias = self._conexao.execute(_GUIAS.format(marca="?"), (protocolo[-1],)).fetchall()
        return protocolo[:-1], guias

    def arquivar(self, arquivo: tuple[Any, ...]) -> None:
        self._conexao.execute(self._arquivo, self._linha_do_arquivo(arquivo, _SERVICOS[False]))

    def fechar(self) -> None:
        self._conexao.close()

    @staticmethod
    def _linha_do_arquivo(arquivo: tuple[Any, ...], servico: str) -> tuple[Any, ...]:
        return (arquivo[0], _utc(arquivo[1]), *arquivo[2:], servico)


def _utc(instante: datetime) -> str:
    return instante.strftime("%Y-%m-%d %H:%M:%S.%f")
