"""Liga o simulador: banco numa pasta que some ao fim, cadastro e servidor."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from gateway.aplicacao import Aplicacao, deposito
from gateway.banco import aberto
from gateway.secoes.arquivo import Arquivo
from gateway.secoes.banco import BancoDeDados
from gateway.secoes.trabalhos import Trabalhos
from gateway.servidor import servir
from gateway.simulador import cadastro
from gateway.simulador.cenarios import CABECALHO
from gateway.simulador.recepcao import RecepcaoSimulada
from persistence.esquema import atualizar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.configuracao import Configuracao
    from gateway.simulador.roteiro import Ajustes

_NA_MEMORIA = Path("/dev/shm")  # noqa: S108 - só o lugar; a pasta criada nele é privada
_log = structlog.get_logger("simulador")


def simular(
    configuracao: Configuracao,
    ajustes: Ajustes,
    *,
    registro_ans: str,
    conhecidos: Iterable[tuple[str, str]],
) -> None:
    """Serve até receber SIGTERM ou SIGINT; nada fica em disco.

    Args:
        configuracao: a do servidor; o banco dela não é tocado.
        ajustes: cenários, relógio e credencial.
        registro_ans: da única operadora, seis algarismos.
        conhecidos: código e CNPJ de prestadores que já começam credenciados.

    Raises:
        JaExiste: um código de prestador vem duas vezes.
        OSError: o endereço não pôde ser escutado.
    """
    with tempfile.TemporaryDirectory(prefix="tiss-simulador-", dir=_lugar()) as pasta:
        banco_dele = BancoDeDados(url=f"sqlite:///{pasta}/simulador.db")
        sem_fundo = {"archive": Arquivo(encrypt=False), "jobs": Trabalhos(enabled=False)}
        documentos = configuracao.documents.model_copy(
            update={"folder": Path(pasta, "documentos"), "s3_bucket": ""}
        )
        so_dele = configuracao.model_copy(
            update={"database": banco_dele, "documents": documentos, **sem_fundo}
        )
        with aberto(so_dele.database) as banco:
            atualizar(banco)
            with banco.escrita() as conn:
                cadastro.criar(conn, registro_ans, conhecidos)
        _log.info("simulador", operadora=registro_ans, cenario=str(ajustes.cenario))
        montar = partial(RecepcaoSimulada, ajustes=ajustes, deposito=deposito(documentos))
        servir(so_dele, lambda: Aplicacao(so_dele, montar, CABECALHO))


def _lugar() -> Path | None:
    """Onde criar a pasta: na memória, se o sistema tem tal lugar."""
    return _NA_MEMORIA if os.access(_NA_MEMORIA, os.W_OK | os.X_OK) else None
