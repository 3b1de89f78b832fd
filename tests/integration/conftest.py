from __future__ import annotations

import shutil
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from integration import banco_de_teste
from integration.api import Api, abrir_api
from integration.cobranca import Cobranca
from integration.comandos import Terminal
from integration.demonstrativo import Balcao
from integration.exemplos import AGORA, Cadastro, guia, outra_operadora
from integration.recepcao import AbrirMesa, Mesa, abrir_mesa
from integration.recurso import Recorrente

from dominio.lote import Identificacao, Lote, TipoGuia
from handlers.andamento import Andamento
from persistence import mensagens, operadoras, prestadores
from persistence.banco import Banco
from persistence.lotes import NovoLote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from integration.banco_de_teste import Postgres
    from integration.exemplos import FabricaDeLote

    from handlers.recepcao import Recepcao
    from persistence.operadoras import Operadora

DIALETOS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def sqlite_migrado() -> Path:
    """Um arquivo SQLite com o esquema em dia, para copiar."""
    return banco_de_teste.sqlite_migrado()


@pytest.fixture(params=DIALETOS)
def nova_url(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_migrado: Path
) -> Iterator[Callable[[bool], str]]:
    """Cria uma base, migrada ou vazia, em cada um dos dois bancos; a do PostgreSQL é apagada."""
    criadas: list[str] = []

    def criar(migrada: bool) -> str:
        if request.param == "postgresql":
            servidor: Postgres = request.getfixturevalue("postgres")
            criadas.append(servidor.nova_base(migrada=migrada))
            return criadas[-1]
        arquivo = tmp_path / "tiss.db"
        if migrada:
            shutil.copy(sqlite_migrado, arquivo)
        return f"sqlite:///{arquivo}"

    yield criar
    # cada base ocupa alguns MiB, e são centenas numa sessão
    for url in criadas:
        request.getfixturevalue("postgres").devolver(url)


@pytest.fixture(scope="module", params=DIALETOS)
def banco_do_modulo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Banco]:
    """Um banco em dia, em cada um dos dois, para os testes de um módulo que nada mudam nele."""
    if request.param == "postgresql":
        servidor: Postgres = request.getfixturevalue("postgres")
        url = servidor.nova_base()
    else:
        arquivo = tmp_path_factory.mktemp("modulo") / "tiss.db"
        shutil.copy(banco_de_teste.sqlite_migrado(), arquivo)
        url = f"sqlite:///{arquivo}"
    aberto = Banco.abrir(url)
    yield aberto
    aberto.fechar()
    if request.param == "postgresql":
        servidor.devolver(url)


@pytest.fixture(scope="module")
def no_sqlite(sqlite_migrado: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Banco]:
    """Um SQLite em dia para todo um módulo, com os testes a pôr lá o que é de cada um."""
    arquivo = tmp_path_factory.mktemp("modulo") / "tiss.db"
    shutil.copy(sqlite_migrado, arquivo)
    aberto = Banco.abrir(f"sqlite:///{arquivo}")
    yield aberto
    aberto.fechar()


@pytest.fixture(scope="module")
def no_postgres(postgres: Postgres) -> Iterator[Banco]:
    """O mesmo, num PostgreSQL."""
    aberto = Banco.abrir(postgres.nova_base(migrada=True))
    yield aberto
    aberto.fechar()


@pytest.fixture
def banco(nova_url: Callable[[bool], str]) -> Iterator[Banco]:
    """Um banco com o esquema em dia e sem linhas."""
    aberto = Banco.abrir(nova_url(True))
    yield aberto
    aberto.fechar()


@pytest.fixture
def cadastro(banco: Banco) -> Cadastro:
    """Uma operadora e um prestador gravados."""
    with banco.escrita() as conn:
        operadora = operadoras.adicionar(
            conn, registro_ans="999999", cnpj="11222333000181", nome="Operadora Inventada"
        )
        prestador = prestadores.adicionar(
            conn,
            operadora.id,
            codigo="013950",
            nome="Clínica Inventada",
            cnpj="12ABC34501DE35",
            cnes="1234567",
        )
    return Cadastro(operadora, prestador)


@pytest.fixture
def lote_novo(banco: Banco, cadastro: Cadastro) -> FabricaDeLote:
    """Faz lotes do prestador do cadastro, com a mensagem de cada um já arquivada."""

    def fabricar(numero: str = "1", *, guias: int = 2, mensagem: str = "m1") -> NovoLote:
        with banco.escrita() as conn:
            mensagens.arquivar(
                conn,
                mensagens.MensagemNova(
                    id=mensagem,
                    recebida_em=AGORA,
                    canal="soap",
                    tamanho=1,
                    sha256="cd" * 32,
                    desfecho="respondida",
                ),
            )
        executante = Identificacao("codigo", "013950")
        return NovoLote(
            operadora_id=cadastro.operadora.id,
            prestador_id=cadastro.prestador.id,
            lote=Lote(
                numero, TipoGuia.SADT, tuple(guia(n, executante) for n in range(1, guias + 1))
            ),
            versao="4.03.00",
            canal="soap",
            mensagem_id=mensagem,
            recebido_em=AGORA,
            data_envio=date(2025, 3, 10),
            executantes={executante: cadastro.prestador.id},
        )

    return fabricar


@pytest.fixture
def nova_mesa(banco: Banco) -> AbrirMesa:
    """Põe a recepção diante de uma operadora e de um prestador com as políticas que se queira."""
    return partial(abrir_mesa, banco)


@pytest.fixture
def mesa(nova_mesa: AbrirMesa) -> Mesa:
    """A recepção com as políticas comuns."""
    return nova_mesa()


@pytest.fixture
def api(mesa: Mesa) -> Iterator[Api]:
    """A API sobre a mesa comum."""
    with abrir_api(mesa) as aberta:
        yield aberta


@pytest.fixture
def alheia(banco: Banco) -> Operadora:
    """Outra operadora no mesmo gateway."""
    return outra_operadora(banco)


@pytest.fixture
def casa(banco: Banco, cadastro: Cadastro) -> Cobranca:
    """A operadora do cadastro, que analisa e paga."""
    return Cobranca(banco, cadastro)


@pytest.fixture
def recorrente(mesa: Mesa) -> Recorrente:
    """Um prestador com a operadora que lhe responde."""
    return Recorrente.em(mesa)


@pytest.fixture
def balcao(mesa: Mesa) -> Balcao:
    """Quem pede demonstrativos, e a operadora que os dá."""
    return Balcao(mesa)


@pytest.fixture
def pasta(tmp_path: Path) -> Path:
    """Onde ficam os documentos."""
    return tmp_path / "documentos"


@pytest.fixture
def terminal(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    mesa: Mesa,
) -> Terminal:
    """A linha de comando sobre o banco da mesa."""
    url = mesa.banco.url.render_as_string(hide_password=False)
    return Terminal(monkeypatch, capsys, tmp_path).usar(url)


@pytest.fixture
def recepcao(mesa: Mesa) -> Recepcao:
    """A recepção com todos os assuntos que o gateway executa."""
    return mesa.recepcao


@pytest.fixture
def no_instante(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Acerta o relógio da recepção: as mensagens seguintes chegam no instante dado, em UTC."""

    def acertar(instante: datetime) -> None:
        def comecar(*argumentos: Any, **campos: Any) -> Andamento:
            return Andamento(*argumentos, **campos | {"recebida_em": instante})

        monkeypatch.setattr("handlers.recepcao.Andamento", comecar)

    return acertar
