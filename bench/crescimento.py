"""O custo de crescer: receber e perguntar com dez mil, um milhão e dez milhões de guias guardadas.

``python -m bench.crescimento`` enche por COPY um PostgreSQL só da medição e mede, em cada tamanho,
o processador do gateway e o do banco por mensagem. Sobe-se de um tamanho ao outro no mesmo banco.
``--partido MESES`` mede antes o que custam as partes: o mesmo número de guias num banco inteiro e
noutro partido por mês.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import click
import psycopg
from sqlalchemy.engine import make_url

from bench import bancos, carga, servidor
from bench.casos import CASOS, molde_de_lote, molde_de_status
from dominio import meses
from dominio.competencia import agora
from persistence import particoes
from persistence.banco import Banco
from persistence.particoes import conversao

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.casos import Caso
    from bench.servidor import Servidor

GUIAS_POR_LOTE = 20
TAMANHOS = (10_000, 1_000_000, 10_000_000)
PRIMEIRO_NUMERO = 1_000_000_000
"""Dos protocolos inventados: acima dos que a série do gateway dá durante a medição."""

_OPERADORA = _PRESTADOR = 1
_DIAS = 365
_LOTES_POR_VEZ = 5_000
_BYTES_DO_PEDIDO, _BYTES_DA_RESPOSTA = 1_500, 700
_FOLHAS_POR_SELO = 1_000
_SEMENTE = 7
_TAMANHO_DA_ID = 32
_TIQUES = os.sysconf("SC_CLK_TCK")
_GIB = 1 << 30
_CASOS = ("consulta", "lote-100", "status-1")
_TITULOS = {
    "consulta": "lote de 1 consulta",
    "lote-100": "lote de 100 SP/SADT",
    # a pergunta é a mesma; os lotes de que se pergunta são os que se encheram
    "status-1": f"situação de {GUIAS_POR_LOTE} guias",
}

_TABELAS = {
    "mensagem": (
        "id, operadora_id, prestador_id, recebida_em, canal, servico, versao, tamanho, sha256, "
        "pedido, integral, resposta, desfecho, http, autenticada"
    ),
    "folha": "mensagem_id, resumo, selo, posicao",
    "execucao": "prestador_id, servico, sha256, mensagem_id",
    "lote": "id, operadora_id, prestador_id, numero, tipo, quantidade_guias, vivo",
    "protocolo": (
        "id, operadora_id, numero, prestador_id, tipo, lote_id, mensagem_id, versao, canal, "
        "status, recebido_em, data_envio, homologacao, informado, processado, liberado, glosa, "
        "analise_visivel, alteracao"
    ),
    "historico": "protocolo_id, em, para, quem",
    "guia": (
        "lote_id, posicao, registro_ans, numero_prestador, numero_operadora, carteira, "
        "atendimento_rn, executante_forma, executante_valor, executante_id, cnes, data_inicio, "
        "data_realizacao, status, informado, processado, liberado, glosa"
    ),
    "item": (
        "lote_id, guia_posicao, posicao, despesa, sequencial, data, tabela, codigo, quantidade, "
        "valor_unitario, informado, processado, liberado, glosa"
    ),
}


class Ponto(NamedTuple):
    """O que uma mensagem custa num tamanho.

    Attributes:
        guias: guardadas; ou partes, quando é isso que se mede.
        gib: do banco em disco.
        caso: nome do caso.
        gateway_ms: processador do gateway por mensagem.
        banco_ms: processador do PostgreSQL por mensagem.
        razao: a soma dos dois sobre a do menor tamanho, mediana dos pares de janelas.
    """

    guias: int
    gib: float
    caso: str
    gateway_ms: float
    banco_ms: float
    razao: float


class _Gasto(NamedTuple):
    """Milissegundos de processador por mensagem."""

    gateway: float
    banco: float


_Par: TypeAlias = tuple[_Gasto, _Gasto]


class Forma(NamedTuple):
    """Como se numeram os lotes que se enchem, e de quando são.

    Attributes:
        lotes: quantos ao todo; zero é sem conta, à razão de um milhão por ano.
        meses: por quantos se espalham, até este, com o mês nas chaves; zero é sem mês.
    """

    lotes: int = 0
    meses: int = 0

    def quando(self, n: int) -> datetime:
        """O instante do lote: por ordem de chegada."""
        if not self.meses:
            passo = timedelta(days=_DIAS).total_seconds() / 1_000_000
            return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=n * passo)
        return meses.inicio(self._mes(n)) + timedelta(hours=1)

    def chave(self, n: int) -> int:
        """A chave do lote."""
        return n if not self.meses else meses.lote_desde(self._mes(n)) + n

    def mensagem(self, n: int) -> str:
        """A identificação da mensagem do lote."""
        if not self.meses:
            return f"e{n:031x}"
        prefixo = meses.mensagem_desde(self._mes(n))
        return prefixo + f"{n:0{_TAMANHO_DA_ID - len(prefixo)}x}"

    def _mes(self, n: int) -> int:
        return meses.somar(meses.mes(agora()), (n - 1) * self.meses // self.lotes + 1 - self.meses)


def encher(
    url: str,
    ate: int,
    *,
    desde: int = 0,
    por_lote: int = GUIAS_POR_LOTE,
    forma: Forma = Forma(),  # noqa: B008 - não muda
) -> None:
    """Põe no banco guias inventadas de um item, em lotes inteiros, por COPY.

    Args:
        url: banco migrado, com a operadora e o prestador de chave 1.
        ate: quantas guias ficam.
        desde: quantas já lá estão, postas por aqui.
        por_lote: guias de cada lote.
        forma: de que meses são.
    """
    with _administracao(url) as conexao:
        # sem chaves estrangeiras, que se conferem uma a uma; o COPY não passa pelas políticas de
        # linhas, a que só o superusuário escapa
        conexao.execute("SET session_replication_role = replica")
        primeiro, fim = desde // por_lote + 1, ate // por_lote + 1
        for comeco in range(primeiro, fim, _LOTES_POR_VEZ):
            lotes = range(comeco, min(comeco + _LOTES_POR_VEZ, fim))
            for tabela, colunas in _TABELAS.items():
                comando = f"COPY {tabela} ({colunas}) FROM STDIN"
                with conexao.cursor().copy(comando) as copia:
                    copia.write("".join(_LINHAS[tabela](lotes, por_lote, forma)))
        for serie in ("lote_id_seq", "protocolo_id_seq"):
            # o que o gateway gravar entre um tamanho e outro fica acima de tudo o que se enche
            conexao.execute(
                "SELECT setval(%s, greatest(%s, nextval(%s)))", [serie, PRIMEIRO_NUMERO, serie]
            )
        conexao.execute("VACUUM ANALYZE")


def medir(
    tamanhos: Sequence[int], janelas: int, segundos: float, avisar: Callable[[str], None]
) -> Iterator[Ponto]:
    """Enche e mede, do menor tamanho ao maior.

    O banco do menor tamanho fica ao lado, com o seu gateway, e as janelas alternam entre os dois:
    o que mais a máquina esteja fazendo pesa igual em ambos.

    Raises:
        SemBanco: não há PostgreSQL que se possa usar.
        NaoSubiu: o gateway não ficou pronto.
        RespostaErrada: o gateway respondeu errado.
    """
    menor, *outros = sorted(tamanhos)
    with bancos.fabrica("postgresql") as nova_url:
        pequeno, grande = nova_url(), nova_url()
        encher(pequeno, menor)
        postmaster = _postmaster(grande)
        # o mesmo gateway do princípio ao fim: os planos que guardou têm de acompanhar o banco
        with servidor.no_ar(pequeno, 1) as de_um, servidor.no_ar(grande, 1) as do_outro:
            medidor = _Medidor(postmaster, segundos)
            postas = 0
            for guias in outros:
                avisar(f"{guias} guias: enchendo")
                encher(grande, guias, desde=postas)
                postas = guias
                avisar(f"{guias} guias: {_tamanho(grande) / _GIB:.2f} GiB; medindo")
                for nome in _CASOS:
                    pares = [
                        (
                            medidor.janela(de_um, CASOS[nome], menor),
                            medidor.janela(do_outro, CASOS[nome], guias),
                        )
                        for _ in range(janelas + 1)
                    ][1:]
                    if guias == outros[0]:
                        yield _ponto(pequeno, menor, nome, [(p, p) for p, _ in pares])
                    yield _ponto(grande, guias, nome, pares)


def medir_partido(
    guias: int, quantos: int, janelas: int, segundos: float, avisar: Callable[[str], None]
) -> Iterator[Ponto]:
    """Mede o mesmo, com as mesmas linhas, num banco inteiro e noutro partido por mês.

    Raises:
        SemBanco: não há PostgreSQL que se possa usar.
        NaoSubiu: o gateway não ficou pronto.
        RespostaErrada: o gateway respondeu errado.
    """
    forma = Forma(guias // GUIAS_POR_LOTE, quantos)
    with bancos.fabrica("postgresql") as nova_url:
        inteiro, partido = nova_url(), nova_url()
        _partir(partido, quantos)
        for url in (inteiro, partido):
            avisar(f"{guias} guias: enchendo")
            encher(url, guias, forma=forma)
            avisar("MiB por tabela: " + _por_tabela(url))
        postmaster = _postmaster(partido)
        with servidor.no_ar(inteiro, 1) as do_inteiro, servidor.no_ar(partido, 1) as do_partido:
            medidor = _Medidor(postmaster, segundos)
            for nome in _CASOS:
                pares = [
                    (
                        medidor.janela(do_inteiro, CASOS[nome], guias),
                        medidor.janela(do_partido, CASOS[nome], guias),
                    )
                    for _ in range(janelas + 1)
                ][1:]
                yield _ponto(inteiro, 0, nome, [(p, p) for p, _ in pares])
                yield _ponto(partido, quantos, nome, pares)
            # com o gateway no ar, como se diz que se pode
            avisar("partir o banco inteiro: " + _converter(inteiro))


def _partir(url: str, quantos: int) -> None:
    """Parte um banco vazio como se fosse há tantos meses, e faz os que vieram desde então."""
    banco = Banco.abrir(url)
    este = meses.mes(agora())
    particoes.partir(banco, meses.inicio(meses.somar(este, -quantos)))
    for passo in range(quantos, -1, -1):
        particoes.fazer_meses(banco, meses.inicio(meses.somar(este, -passo)))
    banco.fechar()


def _converter(url: str) -> str:
    """Parte um banco cheio, e diz os segundos de cada passo."""
    banco = Banco.abrir(url)
    ditos = []
    for nome, passo in (
        ("conferir as linhas", conversao._conferir_antes),  # noqa: SLF001 - a mesma casa
        ("trocar", conversao._trocar),  # noqa: SLF001
        ("conferir as chaves", lambda banco, _: conversao._conferir_chaves(banco)),  # noqa: SLF001
    ):
        comeco = time.monotonic()
        passo(banco, meses.somar(meses.mes(agora()), 2))
        ditos.append(f"{nome} {time.monotonic() - comeco:.2f} s")
    banco.fechar()
    return ", ".join(ditos)


def _ponto(url: str, guias: int, nome: str, pares: Sequence[_Par]) -> Ponto:
    return Ponto(
        guias,
        _tamanho(url) / _GIB,
        nome,
        statistics.median(ms.gateway for _, ms in pares),
        statistics.median(ms.banco for _, ms in pares),
        statistics.median(sum(depois) / sum(antes) for antes, depois in pares),
    )


class _Medidor:
    def __init__(self, postmaster: int, segundos: float) -> None:
        self._postmaster = postmaster
        self._segundos = segundos
        self._numeros = itertools.count(1)
        self._sorteio = random.Random(_SEMENTE)

    def janela(self, gateway: Servidor, caso: Caso, guias: int) -> _Gasto:
        """Mede um caso; as perguntas são sempre por outro protocolo, que pode não estar à mão."""
        quantos = int(self._segundos * 400 / max(1, caso.guias // 10)) + 8
        molde = molde_de_status() if caso.consulta else molde_de_lote(caso)
        lotes = guias // GUIAS_POR_LOTE
        prontos = [
            carga.pedido(
                caso.caminho,
                molde.com(
                    PRIMEIRO_NUMERO + self._sorteio.randrange(1, lotes + 1)
                    if caso.consulta
                    else next(self._numeros)
                ),
            )
            for _ in range(quantos)
        ]
        antes = gateway.processador(), _processador(self._postmaster)
        feita = carga.medir(gateway.porta, prontos, caso.simultaneas, self._segundos)
        depois = gateway.processador(), _processador(self._postmaster)
        return _Gasto(
            *((d - a) * 1000 / feita.mensagens for a, d in zip(antes, depois, strict=True))
        )


def tabela(pontos: Sequence[Ponto], conta: str = "guias") -> str:
    """A tabela em Markdown; a razão é ao mesmo caso no menor tamanho."""
    titulos = f"| mensagem | {conta} | banco GiB | gateway ms | PostgreSQL ms | razão |"
    linhas = [titulos, "| :-- | --: | --: | --: | --: | --: |"]
    for nome in _CASOS:
        dele = [p for p in pontos if p.caso == nome]
        linhas += [
            f"| {_TITULOS[nome]} | {p.guias:,} | {p.gib:.2f} | {p.gateway_ms:.2f} | "
            f"{p.banco_ms:.2f} | {p.razao:.2f} |"
            for p in dele
        ]
    return "\n".join(linhas)


# --- as linhas -------------------------------------------------------------------------------


def _linha(*valores: object) -> str:
    return "\t".join("\\N" if v is None else str(v) for v in valores) + "\n"


def _mensagem(lotes: range, _por_lote: int, forma: Forma) -> Iterator[str]:
    for n in lotes:
        # bytes que não se comprimem, como os cifrados
        pedido = "\\\\x" + os.urandom(_BYTES_DO_PEDIDO).hex()
        resposta = "\\\\x" + os.urandom(_BYTES_DA_RESPOSTA).hex()
        yield _linha(
            forma.mensagem(n), _OPERADORA, _PRESTADOR, forma.quando(n), "soap", "tissLoteGuias",
            "4.03.00", 9_000, f"{n:064x}", pedido, "t", resposta, "respondida", 200, "t",
        )  # fmt: skip


def _folha(lotes: range, _por_lote: int, forma: Forma) -> Iterator[str]:
    for n in lotes:
        selo, posicao = divmod(n, _FOLHAS_POR_SELO)
        yield _linha(forma.mensagem(n), f"{n:064x}", selo + 1, posicao)


def _execucao(lotes: range, _por_lote: int, forma: Forma) -> Iterator[str]:
    for n in lotes:
        yield _linha(_PRESTADOR, "tissLoteGuias", f"{n:064x}", forma.mensagem(n))


def _lote(lotes: range, por_lote: int, forma: Forma) -> Iterator[str]:
    for n in lotes:
        yield _linha(
            forma.chave(n), _OPERADORA, _PRESTADOR, f"E{n}", "guiaConsulta", por_lote, "t",
        )  # fmt: skip


def _protocolo(lotes: range, por_lote: int, forma: Forma) -> Iterator[str]:
    for n in lotes:
        quando = forma.quando(n)
        yield _linha(
            n, _OPERADORA, PRIMEIRO_NUMERO + n, _PRESTADOR, "lote", forma.chave(n),
            forma.mensagem(n), "4.03.00", "soap", 1, quando, quando.date(), "f", 10_000 * por_lote,
            0, 0, 0, "f", n,
        )  # fmt: skip


def _historico(lotes: range, _por_lote: int, forma: Forma) -> Iterator[str]:
    for n in lotes:
        yield _linha(n, forma.quando(n), 1, "prestador")


def _guia(lotes: range, por_lote: int, forma: Forma) -> Iterator[str]:
    for n in lotes:
        dia = forma.quando(n).date()
        for posicao in range(1, por_lote + 1):
            yield _linha(
                forma.chave(n), posicao, "999999", f"E{n}-{posicao}", f"O{n}-{posicao}",
                f"{(n * 7919) % 500_000:020d}", "N", "codigo", "013950", _PRESTADOR, "9999999",
                dia, dia, 1, 10_000, 0, 0, 0,
            )  # fmt: skip


def _item(lotes: range, por_lote: int, forma: Forma) -> Iterator[str]:
    for n in lotes:
        dia = forma.quando(n).date()
        for posicao in range(1, por_lote + 1):
            yield _linha(
                forma.chave(n), posicao, 1, "f", 1, dia, "22", "10101012", 10_000, 10_000, 10_000,
                0, 0, 0,
            )  # fmt: skip


_LINHAS = {
    "mensagem": _mensagem,
    "folha": _folha,
    "execucao": _execucao,
    "lote": _lote,
    "protocolo": _protocolo,
    "historico": _historico,
    "guia": _guia,
    "item": _item,
}


# --- o que o sistema diz ---------------------------------------------------------------------


def _administracao(url: str) -> psycopg.Connection:
    dsn = make_url(url).set(drivername="postgresql", username="tiss")
    return psycopg.connect(dsn.render_as_string(hide_password=False), autocommit=True)


def _tamanho(url: str) -> int:
    with _administracao(url) as conexao:
        linha = conexao.execute("SELECT pg_database_size(current_database())").fetchone()
    return 0 if linha is None else int(linha[0])


_POR_TABELA = """
SELECT coalesce(pg_partition_root(c.oid), c.oid)::regclass::text,
       (sum(pg_total_relation_size(c.oid)) / 1048576)::int
FROM pg_class c
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
GROUP BY 1 HAVING sum(pg_total_relation_size(c.oid)) > 4194304 ORDER BY 2 DESC
"""


def _por_tabela(url: str) -> str:
    with _administracao(url) as conexao:
        return ", ".join(f"{nome} {mib}" for nome, mib in conexao.execute(_POR_TABELA))


def _postmaster(url: str) -> int:
    """O processo principal do servidor; o que ele limpa sozinho não entra na medição."""
    with _administracao(url) as conexao:
        conexao.execute("ALTER SYSTEM SET autovacuum = off")
        conexao.execute("ALTER SYSTEM SET max_wal_size = '4GB'")
        conexao.execute("SELECT pg_reload_conf()")
        (pasta,) = conexao.execute("SHOW data_directory").fetchall()[0]
    return int((Path(pasta) / "postmaster.pid").read_text("ascii").splitlines()[0])


def _processador(postmaster: int) -> float:
    """Segundos de processador de todos os processos do servidor, também dos que já acabaram."""
    filhos = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text("ascii").split()
    gasto = sum(_tiques(postmaster, 11, 15))
    for filho in filhos:
        try:
            gasto += sum(_tiques(int(filho), 11, 13))
        except FileNotFoundError:
            continue
    return gasto / _TIQUES


def _tiques(pid: int, de: int, ate: int) -> list[int]:
    campos = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return [int(campo) for campo in campos[de:ate]]


def _tamanhos(_contexto: click.Context, _opcao: click.Parameter, valor: str) -> list[int]:
    if not re.fullmatch(r"\d+(,\d+)*", valor):
        raise click.BadParameter("números de guias separados por vírgula")
    tamanhos = [int(parte) for parte in valor.split(",")]
    if len(tamanhos) < 2 or min(tamanhos) < GUIAS_POR_LOTE:
        raise click.BadParameter("ao menos dois tamanhos, de um lote ou mais")
    return tamanhos


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--guias", default=",".join(map(str, TAMANHOS)), callback=_tamanhos, help="Tamanhos.")
@click.option("--janelas", default=5, help="Janelas de cada caso; fica a mediana.")
@click.option("--segundos", default=3.0, help="De cada janela.")
@click.option("--partido", default=0, help="Meses: compara com um banco partido, no maior tamanho.")
def principal(guias: list[int], janelas: int, segundos: float, partido: int) -> None:
    """Mede o custo de uma mensagem conforme o banco cresce."""
    livre = shutil.disk_usage(tempfile.gettempdir()).free
    # cada guia com o seu item, e a sua parte de lote, protocolo e mensagem, ocupa perto de 1 KiB
    if max(guias) * 1_100 * 2 > livre:
        raise click.ClickException(f"só há {livre / _GIB:.0f} GiB livres na pasta temporária")
    pontos = []
    try:
        for ponto in (
            medir_partido(max(guias), partido, janelas, segundos, _avisar)
            if partido
            else medir(guias, janelas, segundos, _avisar)
        ):
            pontos.append(ponto)
            click.echo(f"  {ponto.caso}, {ponto.guias}: {ponto.razao:.2f}", err=True)
    except (bancos.SemBanco, servidor.NaoSubiu, carga.RespostaErrada) as erro:
        raise click.ClickException(str(erro)) from None
    click.echo(tabela(pontos, "partes" if partido else "guias"))


def _avisar(texto: str) -> None:
    click.echo(texto, err=True)


if __name__ == "__main__":
    principal(prog_name=f"{Path(sys.executable).name} -m bench.crescimento")
