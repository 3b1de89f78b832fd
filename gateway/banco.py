"""Abre o banco da configuração; o SQLite, que guarda dados de saúde, só o dono pode ler."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from gateway import metricas
from persistence.banco import Banco
from persistence.erros import BancoIndisponivel
from persistence.replica import Replica

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.secoes.banco import BancoDeDados
    from persistence.cifra import Cifra

_SO_O_DONO_PASTA = 0o700
_SO_O_DONO_ARQUIVO = 0o600


def abrir(ajustes: BancoDeDados, cifra: Cifra | None = None) -> Banco:
    """Banco pronto para usar; cria a pasta e o arquivo do SQLite se faltam.

    Args:
        ajustes: onde fica.
        cifra: a dos bytes guardados; dispensa-a quem não lê nem grava mensagens.

    Raises:
        BancoIndisponivel: a pasta ou o arquivo não podem ser criados.
    """
    url = make_url(ajustes.url)
    if url.get_backend_name() == "sqlite" and url.database:
        _criar_arquivo(Path(url.database))
    return Banco.abrir(
        ajustes.url, conexoes=ajustes.pool, limite_segundos=ajustes.timeout, cifra=cifra
    )


def ligar_replica(banco: Banco, ajustes: BancoDeDados, cifra: Cifra | None = None) -> None:
    """Passa a ler da réplica da configuração, se há uma, o que pode estar atrasado."""
    if not ajustes.replica_url:
        return
    banco.replica = Replica(
        banco,
        Banco.abrir(
            ajustes.replica_url,
            conexoes=ajustes.pool,
            # há a quem perguntar em lugar dela: não se espera mais do que o atraso que se admite
            limite_segundos=min(ajustes.timeout, ajustes.replica_max_lag),
            cifra=cifra,
        ),
        atraso_maximo=ajustes.replica_max_lag,
        ao_ler=lambda origem: metricas.LEITURAS.labels(origem).inc(),
        ao_medir=metricas.REPLICA_ATRASO.set,
    )
    banco.replica.iniciar()


@contextmanager
def aberto(ajustes: BancoDeDados, cifra: Cifra | None = None) -> Iterator[Banco]:
    """O mesmo, fechado ao fim."""
    banco = abrir(ajustes, cifra)
    try:
        yield banco
    finally:
        banco.fechar()


def _criar_arquivo(arquivo: Path) -> None:
    try:
        arquivo.parent.mkdir(parents=True, exist_ok=True, mode=_SO_O_DONO_PASTA)
        # o SQLite dá aos arquivos -wal e -shm as permissões do principal
        arquivo.touch(mode=_SO_O_DONO_ARQUIVO)
    except OSError as erro:
        raise BancoIndisponivel from erro
