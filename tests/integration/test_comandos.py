"""A linha de comando: códigos de saída, uma linha por erro, o que fica no banco."""

from __future__ import annotations

import io
import json
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

import pytest

from dominio.lote import Identificacao
from gateway.linha_de_comando import main
from handlers.credenciais import forma_de_fio
from persistence import operadoras, remetente
from persistence.banco import Banco

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPERADORA = (
    "operadora", "add", "--registro-ans", "999999", "--cnpj", "45.123.987/0001-70",
    "--nome", "Operadora Exemplo",
)  # fmt: skip
PRESTADOR = (
    "prestador", "add", "--registro-ans", "999999", "--codigo", "013950",
    "--cnpj", "11.222.333/0001-81", "--cnes", "7654321", "--nome", "Hospital São Lázaro",
)  # fmt: skip


class Saida(NamedTuple):
    codigo: int
    texto: str
    erro: str


@pytest.fixture
def terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Saida]:
    """Executa um comando numa pasta vazia, com um SQLite só deste teste."""
    for nome in list(os.environ):
        if nome.startswith("TISS_GATEWAY_"):
            monkeypatch.delenv(nome)
    monkeypatch.chdir(tmp_path)

    def executar(*argumentos: str, entrada: str = "", **ambiente: str) -> Saida:
        with monkeypatch.context() as agora:
            for nome, valor in ambiente.items():
                agora.setenv(nome, valor)
            agora.setattr("sys.stdin", io.StringIO(entrada))
            # --config grava a variável; o contexto a devolve ao que era
            agora.setenv("TISS_GATEWAY_CONFIG", "")
            with pytest.raises(SystemExit) as fim:
                main(argumentos)
        saida = capsys.readouterr()
        assert isinstance(fim.value.code, int)
        return Saida(fim.value.code, saida.out, saida.err)

    return executar


def _banco() -> Banco:
    return Banco.abrir("sqlite:///dados/tiss-gateway.db")


def test_operadora_e_prestador_ficam_no_banco(terminal: Callable[..., Saida]) -> None:
    """Os dois cadastros saem com 0 e ficam como foram ditos."""
    assert terminal(*OPERADORA, "--recusar-versao", "3.05.00:2026-01-31").codigo == 0
    feito = terminal(
        *PRESTADOR, "--login", "hospital", "--senha", "-",
        "--versoes", "4.03.00,4.01.00:2026-06-30:2026-12-31", entrada="Exemplo#2026\n",
    )  # fmt: skip
    assert (feito.codigo, feito.erro) == (0, "")
    banco = _banco()
    with banco.leitura() as conn:
        operadora = operadoras.por_registro(conn, "999999")
        assert operadora is not None
        origem = Identificacao("cnpj", "11222333000181")
        achado = remetente.buscar(conn, "999999", origem, "HOSPITAL")
    banco.fechar()
    recusadas = {v: d.isoformat() for v, d in operadora.versoes_recusadas.items()}
    assert recusadas == {"3.05.00": "2026-01-31"}
    assert achado.prestador_da_credencial is not None
    assert [v.versao for v in achado.prestador_da_credencial.versoes or ()] == [
        "4.03.00",
        "4.01.00",
    ]
    assert achado.credencial is not None
    assert forma_de_fio("Exemplo#2026") not in achado.credencial.verificador


def test_json_diz_o_que_se_cadastrou(terminal: Callable[..., Saida]) -> None:
    """Com --json a saída é um objeto."""
    dados = json.loads(terminal(*OPERADORA, "--json").texto)
    assert dados == {"registroANS": "999999", "nome": "Operadora Exemplo"}


@pytest.mark.parametrize(
    ("argumentos", "diz"),
    [
        ((*OPERADORA[:-1], " "), "--nome: está vazio"),
        ((*PRESTADOR, "--login", "l", "--senha", "-"), "--senha: está vazia"),
        ((*PRESTADOR, "--login", "l", "--senha", ""), "--senha: está vazia"),
        ((*PRESTADOR, "--login", "l"), "--login e --senha vão juntos"),
        ((*PRESTADOR, "--cpf", "529.982.247-25"), "diga --cnpj ou --cpf"),
        ((*PRESTADOR, "--versoes", "9.99.99"), "não está instalada"),
        ((*PRESTADOR, "--versoes", "4.01.00:2026-12-31:2026-06-30"), "não se deixa de consultar"),
        (("operadora", "add", "--registro-ans", "1"), "--registro-ans: são seis dígitos"),
        ((*OPERADORA[:5], "11.111.111/1111-11", *OPERADORA[6:]), "--cnpj: CNPJ inválido"),
        ((*OPERADORA, "--nada"), "não há a opção --nada"),
        (("operadora", "add"), "falta --"),
        ((*OPERADORA, "--recusa", "talvez"), "fault, mensagemErro"),
        (("inventado",), "não há esse comando"),
    ],
)
def test_mau_uso_sai_com_2_e_uma_linha(
    terminal: Callable[..., Saida], argumentos: tuple[str, ...], diz: str
) -> None:
    """Um comando mal dito sai com 2, uma linha na saída de erros, e nada grava."""
    feito = terminal(*argumentos)
    assert feito.codigo == 2
    assert feito.texto == ""
    assert feito.erro.count("\n") == 1
    assert feito.erro.startswith("tiss-gateway: ")
    assert diz in feito.erro


def test_repetir_um_cadastro_e_recusado(terminal: Callable[..., Saida]) -> None:
    """O que já existe é recusado com 1, dizendo o quê."""
    terminal(*OPERADORA)
    assert (terminal(*OPERADORA).codigo, terminal(*OPERADORA).erro) == (
        1,
        "tiss-gateway: já existe a operadora 999999\n",
    )
    terminal(*PRESTADOR)
    assert "já existe prestador com este código" in terminal(*PRESTADOR).erro


def test_prestador_de_operadora_que_nao_ha(terminal: Callable[..., Saida]) -> None:
    """Sem a operadora, o prestador é recusado com 1."""
    assert terminal(*PRESTADOR).codigo == 1


@pytest.mark.parametrize(
    ("variavel", "valor", "diz"),
    [
        ("TISS_GATEWAY_SERVER_PORT", "80", "não é de nenhum ajuste"),
        ("TISS_GATEWAY_SERVR__PORT", "80", "não é de nenhum ajuste"),
        ("TISS_GATEWAY_SERVER__NADA", "1", "server.nada: chave desconhecida"),
        ("TISS_GATEWAY_SERVER__PORT", "99999", "server.port: está acima do máximo (65535)"),
        ("TISS_GATEWAY_SERVER__PORT", "x", "server.port: deve ser um número inteiro"),
        ("TISS_GATEWAY_SERVER__TRUSTED_PROXIES", "10.0.0.5", "não está em JSON"),
        ("TISS_GATEWAY_SERVER__HOST", "192.0.2.1", "não é loopback"),
        ("TISS_GATEWAY_SERVER__ADMIN_LISTEN", "192.0.2.1:90", "admin_listen 192.0.2.1 não é"),
        ("TISS_GATEWAY_SERVER__ADMIN_LISTEN", "9090", "deve ser endereço IP e porta"),
        ("TISS_GATEWAY_SERVER__ONLY", '["soa"]', "não é um dos valores aceitos"),
        ("TISS_GATEWAY_SERVER__PUBLIC_URL", "tiss.exemplo", "http:// ou https://"),
        ("TISS_GATEWAY_DATABASE__URL", "mysql://x", "deve começar por sqlite:///"),
    ],
)
def test_configuracao_errada_e_dita(
    terminal: Callable[..., Saida], variavel: str, valor: str, diz: str
) -> None:
    """Um ajuste errado sai com 2 e diz qual."""
    feito = terminal("config", "check", **{variavel: valor})
    assert feito.codigo == 2
    assert diz in feito.erro
    assert feito.erro.count("\n") == 1


def test_arquivo_de_configuracao(terminal: Callable[..., Saida], tmp_path: Path) -> None:
    """O arquivo dito em --config vale, e a variável vale por cima dele."""
    arquivo = tmp_path / "outro.toml"
    arquivo.write_text('[server]\nport = 9001\nworkers = 3\n[log]\nlevel = "error"\n', "utf-8")
    feito = terminal(
        "config", "check", "--json", "--config", str(arquivo), TISS_GATEWAY_SERVER__PORT="9002"
    )
    dados = json.loads(feito.texto)
    assert (dados["server"]["port"], dados["server"]["workers"]) == (9002, 3)
    assert dados["log"]["level"] == "error"


def test_arquivo_que_nao_ha_ou_nao_e_toml(terminal: Callable[..., Saida], tmp_path: Path) -> None:
    """Um arquivo ilegível sai com 2 e diz qual."""
    assert "não há arquivo" in terminal("config", "check", "--config", "nada.toml").erro
    (tmp_path / "ruim.toml").write_text("[server\n", "utf-8")
    feito = terminal("config", "check", "--config", str(tmp_path / "ruim.toml"))
    assert feito.codigo == 2
    assert "ruim.toml: TOML inválido" in feito.erro


def test_senha_do_banco_nao_se_mostra(terminal: Callable[..., Saida]) -> None:
    """A configuração em vigor sai sem a senha do banco."""
    feito = terminal(
        "config", "check", TISS_GATEWAY_DATABASE__URL="postgresql+psycopg://u:segredo@h/b"
    )
    assert "segredo" not in feito.texto
    assert "u:***@h/b" in feito.texto


def test_banco_que_nao_responde_diz_por_que(terminal: Callable[..., Saida]) -> None:
    """Sem banco o comando sai com 1 e diz o que o sistema respondeu."""
    feito = terminal(
        "db", "check", TISS_GATEWAY_DATABASE__URL="postgresql+psycopg://u:s@127.0.0.1:1/b"
    )
    assert feito.codigo == 1
    assert "refused" in feito.erro


def test_banco_vazio_nao_esta_em_dia(terminal: Callable[..., Saida]) -> None:
    """Antes de db upgrade, db check sai com 1; depois, com 0."""
    assert terminal("db", "check").codigo == 1
    assert terminal("db", "upgrade").codigo == 0
    assert terminal("db", "check").codigo == 0


def test_sqlite_so_o_dono_le(terminal: Callable[..., Saida], tmp_path: Path) -> None:
    """Pasta e arquivo do SQLite, que guardam dados de saúde, são só do dono."""
    terminal("db", "upgrade")
    arquivo = tmp_path / "dados" / "tiss-gateway.db"
    assert stat.S_IMODE(arquivo.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(arquivo.stat().st_mode) == 0o600
