"""``prestador senha|credencial|certificado|autenticacao`` e ``operadora credenciais``."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import certificados
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from integration.comandos import Terminal

from persistence import auditoria

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

R = ("--registro-ans", "999999")
Q = (*R, "--codigo", "013950")
SENHA, NOVA = "Exemplo#2026", "Renovada#2"


@pytest.fixture
def terminal(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    nova_url: Callable[[bool], str],
) -> Terminal:
    """A linha de comando com uma operadora e um prestador com login."""
    novo = Terminal(monkeypatch, capsys, tmp_path).usar(nova_url(True))
    feitos = (
        ("operadora", "add", *R, "--cnpj", "45.123.987/0001-70", "--nome", "Operadora"),
        (
            "prestador", "add", *Q, "--cnpj", "11.222.333/0001-81", "--nome", "Hospital",
            "--login", "hospital", "--senha", SENHA,
        ),
        ("prestador", "add", *R, "--codigo", "2", "--cpf", "529.982.247-25", "--nome", "Outro"),
    )  # fmt: skip
    for argumentos in feitos:
        assert novo(*argumentos).codigo == 0
    return novo


@pytest.fixture
def arquivo(tmp_path: Path) -> Path:
    """O certificado de um hospital, em PEM."""
    caminho = tmp_path / "hospital.pem"
    caminho.write_bytes(_certificado().public_bytes(Encoding.PEM))
    return caminho


def _certificado() -> Any:
    return certificados.intermediaria().titular().certificado


def _certo(saida: Any) -> Any:
    assert (saida.codigo, saida.erro) == (0, "")
    return saida


def _logins(terminal: Terminal) -> list[dict[str, Any]]:
    dados = _certo(terminal("prestador", "credencial", "list", *Q, "--json")).dados
    lista: list[dict[str, Any]] = dados["credenciais"]
    return lista


def test_senha_trocada_com_prazo(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A troca diz até quando a anterior vale, e a lista o mostra; a senha, nunca."""
    monkeypatch.setattr("sys.stdin", io.StringIO(NOVA + "\n"))
    saida = _certo(
        terminal(
            "prestador", "senha", *Q, "--login", "Hospital", "--senha", "-", "--anterior-vale", "7d"
        )
    )
    assert "a anterior vale até" in saida.texto
    [login] = _logins(terminal)
    assert (login["login"], login["situacao"]) == ("HOSPITAL", "em vigor")
    assert login["anteriorAte"] is not None
    em_texto = terminal("prestador", "credencial", "list", *Q).texto
    for segredo in (NOVA, SENHA, "argon2"):
        assert segredo not in em_texto + saida.texto


def test_login_revogado_aparece_como_tal(terminal: Terminal) -> None:
    """Revogar muda a situação e não apaga o login."""
    _certo(terminal("prestador", "credencial", "revoke", *Q, "--login", "hospital"))
    assert [c["situacao"] for c in _logins(terminal)] == ["revogada"]


def test_senha_com_data_ja_vencida_nao_se_aceita(terminal: Terminal) -> None:
    """``--expira`` no passado é engano de quem escreve."""
    saida = terminal(
        "prestador", "senha", *Q, "--login", "l", "--senha", NOVA, "--expira", "2020-01-01"
    )
    assert (saida.codigo, saida.erro) == (2, "tiss-gateway: --expira: já passou\n")


@pytest.mark.parametrize(
    ("argumentos", "codigo", "diz"),
    [
        (("senha", *Q, "--login", "h", "--senha", "fraca"), 1, "8 caracteres"),
        (("senha", *Q, "--login", "hospital", "--senha", SENHA), 1, "três últimas"),
        (("senha", *Q, "--login", "h", "--senha", ""), 2, "está vazia"),
        (("senha", *Q, "--login", "x" * 21, "--senha", NOVA), 2, "20 caracteres"),
        (
            ("senha", *Q, "--login", "h", "--senha", NOVA, "--anterior-vale", "sete"),
            2,
            "como 7d",
        ),
        (("senha", *Q, "--login", "h", "--senha", NOVA, "--anterior-vale", "91d"), 2, "90d"),
        (("senha", *Q, "--login", "h", "--senha", NOVA, "--expira", "amanhã"), 2, "AAAA-MM-DD"),
        (
            ("senha", *R, "--codigo", "2", "--login", "hospital", "--senha", NOVA),
            1,
            "outro prestador",
        ),
        (("senha", *R, "--codigo", "9", "--login", "h", "--senha", NOVA), 1, "não há prestador 9"),
        (("credencial", "revoke", *R, "--codigo", "2", "--login", "hospital"), 1, "não o tem"),
        (
            ("credencial", "list", "--registro-ans", "111111", "--codigo", "2"),
            1,
            "não há operadora",
        ),
        (("autenticacao", *Q, "--exige", "certificado"), 1, "não tem certificado"),
        (("certificado", "remove", *Q, "nada"), 2, "um arquivo ou um SHA-256"),
        (("certificado", "remove", *Q, "a1" * 32), 1, "não tem este certificado"),
    ],
)
def test_enganos_dizem_o_que_esta_errado(
    terminal: Terminal, argumentos: tuple[str, ...], codigo: int, diz: str
) -> None:
    """Cada engano sai com o seu código e uma linha, sem repetir a senha."""
    saida = terminal("prestador", *argumentos)
    assert (saida.codigo, saida.texto) == (codigo, "")
    assert diz in saida.erro
    assert saida.erro.count("\n") == 1
    assert not {NOVA, SENHA, "fraca"} & set(saida.erro.split())


def test_certificado_dado_listado_e_tirado(terminal: Terminal, arquivo: Path) -> None:
    """O certificado conhece-se pelo SHA-256 do DER, e tira-se pelo arquivo ou por ele."""
    digital = _certificado().fingerprint(hashes.SHA256()).hex()
    dado = _certo(terminal("prestador", "certificado", "add", *Q, str(arquivo), "--json")).dados
    assert (dado["sha256"], dado["autenticacao"]) == (digital, "login")
    [listado] = terminal("prestador", "certificado", "list", *Q, "--json").dados["certificados"]
    assert listado["titular"] == _certificado().subject.rfc4514_string()
    assert digital in terminal("prestador", "certificado", "list", *Q).texto
    assert "já tem" in terminal("prestador", "certificado", "add", *Q, str(arquivo)).erro
    com_pontos = ":".join(digital[n : n + 2] for n in range(0, 64, 2)).upper()
    _certo(terminal("prestador", "certificado", "remove", *Q, com_pontos))
    assert not terminal("prestador", "certificado", "list", *Q, "--json").dados["certificados"]


def test_certificado_em_der_e_o_mesmo(terminal: Terminal, arquivo: Path, tmp_path: Path) -> None:
    """DER e PEM do mesmo certificado são um só."""
    _certo(terminal("prestador", "certificado", "add", *Q, str(arquivo)))
    der = tmp_path / "hospital.der"
    der.write_bytes(_certificado().public_bytes(Encoding.DER))
    _certo(terminal("prestador", "certificado", "remove", *Q, str(der)))


def test_arquivo_que_nao_e_um_certificado(terminal: Terminal, tmp_path: Path) -> None:
    """Um arquivo qualquer, ou uma cadeia, é recusado com uma linha."""
    lixo, cadeia = tmp_path / "lixo.pem", tmp_path / "cadeia.pem"
    lixo.write_text("nada")
    pem = _certificado().public_bytes(Encoding.PEM)
    cadeia.write_bytes(pem + certificados.raiz().certificado.public_bytes(Encoding.PEM))
    assert "não é um certificado" in terminal("prestador", "certificado", "add", *Q, str(lixo)).erro
    assert "vários" in terminal("prestador", "certificado", "add", *Q, str(cadeia)).erro


def test_autenticacao_muda_e_aparece(terminal: Terminal, arquivo: Path) -> None:
    """A política aparece na lista, e tirar o último certificado avisa que se deixa de entrar."""
    _certo(terminal("prestador", "certificado", "add", *Q, str(arquivo)))
    for exige in ("certificado", "ambos", "login", "ambos"):
        _certo(terminal("prestador", "autenticacao", *Q, "--exige", exige))
        dados = terminal("prestador", "credencial", "list", *Q, "--json").dados
        assert dados["autenticacao"] == exige
    assert "já não entra" in terminal("prestador", "certificado", "remove", *Q, str(arquivo)).texto


def test_ambos_pede_um_login_que_valha(terminal: Terminal, arquivo: Path) -> None:
    """Sem login em vigor, pedir os dois fecharia a porta: o comando recusa."""
    _certo(terminal("prestador", "certificado", "add", *Q, str(arquivo)))
    _certo(terminal("prestador", "credencial", "revoke", *Q, "--login", "hospital"))
    saida = terminal("prestador", "autenticacao", *Q, "--exige", "ambos")
    assert (saida.codigo, "não tem login" in saida.erro) == (1, True)


def test_prazo_das_senhas_da_operadora(terminal: Terminal) -> None:
    """O comando mostra o prazo em vigor e muda só o que se diz."""
    lido = _certo(terminal("operadora", "credenciais", *R, "--json")).dados
    assert lido == {"vencida": "avisa", "validade": 180}
    _certo(terminal("operadora", "credenciais", *R, "--vencida", "recusa"))
    _certo(terminal("operadora", "credenciais", *R, "--validade", "0"))
    assert terminal("operadora", "credenciais", *R).texto == (
        "senha vencida: recusa; validade: sem prazo\n"
    )
    assert [c["venceEm"] for c in _logins(terminal)] == [None]


def test_cada_mudanca_fica_na_auditoria(
    terminal: Terminal, arquivo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quem troca, revoga ou muda como se entra fica registrado, sem a senha."""
    registradas: list[dict[str, Any]] = []
    original = auditoria.registrar

    def registrar(conn: Any, **campos: Any) -> int:
        registradas.append(campos)
        return original(conn, **campos)

    monkeypatch.setattr(auditoria, "registrar", registrar)
    for argumentos in (
        ("prestador", "senha", *Q, "--login", "hospital", "--senha", NOVA),
        ("prestador", "certificado", "add", *Q, str(arquivo)),
        ("prestador", "autenticacao", *Q, "--exige", "ambos"),
        ("prestador", "certificado", "remove", *Q, str(arquivo)),
        ("prestador", "credencial", "revoke", *Q, "--login", "hospital"),
        ("operadora", "credenciais", *R, "--validade", "90"),
    ):
        _certo(terminal(*argumentos))
    assert [r["acao"] for r in registradas] == [
        "trocar-senha",
        "dar-certificado",
        "mudar-autenticacao",
        "tirar-certificado",
        "revogar-credencial",
        "mudar-prazo-das-senhas",
    ]
    assert NOVA not in str(registradas)
    assert "argon2" not in str(registradas)
