"""``message sign``, ``message verify`` e a seção ``[signature]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import certificados as icp
import pytest
from acceptance.mensagens import lote
from comandos import Terminal
from lxml import etree
from security.assinaturas import xmlsec1
from security.assinaturas.adulteracoes import ADULTERACOES, com_id
from security.assinaturas.oficina import forjar

from dominio.transacoes import NS_TISS
from mensagem import envelope as envelopes
from mensagem.parse import Limites, parse
from prestador.mensagem_xml import elemento, envelope, selar

if TYPE_CHECKING:
    from pathlib import Path

SENHA = icp.SENHA


@pytest.fixture
def terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Terminal:
    return Terminal(monkeypatch, capsys, tmp_path)


@pytest.fixture
def chave(tmp_path: Path) -> str:
    arquivo = tmp_path / "operadora.p12"
    arquivo.write_bytes(icp.intermediaria().titular().pkcs12())
    return str(arquivo)


def escrever(pasta: Path, dados: bytes) -> str:
    (pasta / "mensagem.xml").write_bytes(dados)
    return str(pasta / "mensagem.xml")


FORMAS = {
    "web service": lambda: etree.tostring(lote()),
    "SOAP 1.1": lambda: envelope(lote()),
    "SOAP 1.2": lambda: envelope(lote(), soap="1.2"),
    "arquivo": lambda: etree.tostring(
        selar(elemento("mensagemTISS", {"cabecalho": {"x": "ção"}, "epilogo": {"hash": ""}})),
        encoding="iso-8859-1",
    ),
}


@pytest.mark.parametrize("forma", FORMAS)
@pytest.mark.parametrize("c14n", ["exclusiva", "inclusiva"])
def test_o_que_se_assina_confere(
    terminal: Terminal, chave: str, tmp_path: Path, forma: str, c14n: str
) -> None:
    """Uma mensagem em qualquer das formas se assina e confere, também no xmlsec1."""
    arquivo, saida = escrever(tmp_path, FORMAS[forma]()), str(tmp_path / "assinada.xml")
    comando = ("message", "sign", arquivo, "--chave", chave, "--senha", SENHA)
    assert terminal(*comando, "--c14n", c14n, "--saida", saida).codigo == 0
    dita = terminal("message", "verify", saida, "--json")
    assert dita.codigo == 0
    assert dita.dados["integra"] is True
    assert dita.dados["titular"] == {"nome": "CLINICA FICTICIA LTDA", "cnpj": icp.CNPJ, "cpf": None}
    assert dita.dados["cadeia"] == "não verificada"
    assert dita.dados["xades"]["nomeia_certificado"]
    dados = (tmp_path / "assinada.xml").read_bytes()
    raiz = parse(dados, Limites())
    if envelopes.versao_soap(raiz) is not None:
        inicio, fim = dados.index(b"<ans:loteGuiasWS"), dados.index(b"</soap:Body>")
        dados = dados[inicio:fim]
    aceita, dito = xmlsec1.confere(dados, tmp_path)
    assert aceita, dito


def test_chave_da_configuracao(
    terminal: Terminal, chave: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sem --chave, assina-se com a da seção [signature] e com a política que ela declara."""
    (tmp_path / "senha").write_text(f"{SENHA}\n", "utf-8")
    ajustes = {
        "KEY": chave,
        "PASSWORD_FILE": str(tmp_path / "senha"),
        "POLICY_OID": "2.16.76.1.7.1.6.2.4",
        "POLICY_SHA256": "ab" * 32,
    }
    for nome, valor in ajustes.items():
        monkeypatch.setenv(f"TISS_GATEWAY_SIGNATURE__{nome}", valor)
    arquivo, saida = escrever(tmp_path, etree.tostring(lote())), str(tmp_path / "assinada.xml")
    assert terminal("message", "sign", arquivo, "--saida", saida).codigo == 0
    dados = terminal("message", "verify", saida, "--json").dados
    assert dados["xades"]["politica"] == "2.16.76.1.7.1.6.2.4"


@pytest.mark.parametrize(
    ("ajustes", "dito"),
    [
        ({"KEY": "nada.p12"}, "signature.key: nada.p12"),
        ({"KEY": "{chave}", "PASSWORD": "outra"}, "signature.key: não se pôde abrir a chave"),
        ({"KEY": "{chave}", "PASSWORD_FILE": "nada"}, "signature.password_file: nada"),
        ({"PASSWORD_FILE": "a", "PASSWORD": "b"}, "use password_file ou password, não os dois"),
        ({"POLICY_SHA256": "00"}, "falta policy_oid"),
        ({"POLICY_OID": "AD-RB"}, "policy_oid não é um OID"),
        ({"POLICY_OID": "2.16", "POLICY_SHA256": "00"}, "policy_sha256 deve ter os 64 dígitos"),
        (
            {"POLICY_OID": "2.16", "POLICY_SHA256": "00" * 32, "XADES": "false"},
            "só se declara com xades",
        ),
    ],
)
def test_configuracao_que_nao_serve(
    terminal: Terminal,
    chave: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ajustes: dict[str, str],
    dito: str,
) -> None:
    """Uma seção [signature] que não se pode usar é erro de configuração, dito numa linha."""
    for nome, valor in ajustes.items():
        monkeypatch.setenv(f"TISS_GATEWAY_SIGNATURE__{nome}", valor.format(chave=chave))
    saida = terminal("message", "sign", escrever(tmp_path, etree.tostring(lote())))
    assert saida.codigo == 2
    assert dito in saida.erro
    assert saida.erro.count("\n") == 1


def test_a_senha_da_chave_nao_se_mostra(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O config check não mostra a senha da chave."""
    monkeypatch.setenv("TISS_GATEWAY_SIGNATURE__PASSWORD", "segredo-da-chave")
    for opcoes in ((), ("--json",)):
        mostrado = terminal("config", "check", *opcoes)
        assert mostrado.codigo == 0
        assert "segredo-da-chave" not in mostrado.texto + mostrado.erro


def test_sem_chave_alguma(terminal: Terminal, tmp_path: Path) -> None:
    """Sem --chave e sem [signature] não há com que assinar."""
    saida = terminal("message", "sign", escrever(tmp_path, etree.tostring(lote())))
    assert saida.codigo == 2
    assert "diga a chave com --chave" in saida.erro


def test_ja_assinada(terminal: Terminal, chave: str, tmp_path: Path) -> None:
    """Uma mensagem já assinada não se assina outra vez."""
    arquivo = escrever(tmp_path, etree.tostring(com_id()))
    saida = terminal("message", "sign", arquivo, "--chave", chave, "--senha", SENHA)
    assert saida.codigo == 1
    assert "mais de uma assinatura" in saida.erro


@pytest.mark.parametrize(
    ("nome", "motivo"), [("valor_mudado", "conteudo-alterado"), ("rsa_sha1", "sha1")]
)
def test_a_que_nao_vale_diz_por_que(
    terminal: Terminal, tmp_path: Path, nome: str, motivo: str
) -> None:
    """A assinatura que não vale sai com 1 e diz o motivo."""
    arquivo = escrever(tmp_path, etree.tostring(ADULTERACOES[nome]()))
    dita = terminal("message", "verify", arquivo, "--json")
    assert dita.codigo == 1
    assert dita.dados["integra"] is False
    assert motivo == dita.dados["motivo"]
    assert "NÃO VALE" in terminal("message", "verify", arquivo).texto


def test_sha1_com_licenca(terminal: Terminal, tmp_path: Path) -> None:
    """Com --sha1 confere-se a que o usa, e isso fica dito."""
    arquivo = escrever(tmp_path, etree.tostring(ADULTERACOES["rsa_sha1"]()))
    dita = terminal("message", "verify", arquivo, "--sha1", "--json")
    assert dita.codigo == 0
    assert dita.dados["sha1"] is True


def test_sem_assinatura(terminal: Terminal, tmp_path: Path) -> None:
    """Uma mensagem sem assinatura sai com 1."""
    saida = terminal("message", "verify", escrever(tmp_path, etree.tostring(lote())))
    assert saida.codigo == 1
    assert "não está assinada" in saida.erro


@pytest.mark.parametrize("ancora", [True, False])
def test_cadeia_com_as_autoridades_da_operadora(
    terminal: Terminal, chave: str, tmp_path: Path, *, ancora: bool
) -> None:
    """Com --registro-ans, o certificado é de confiança só se a operadora confia na raiz."""
    terminal.usar(f"sqlite:///{tmp_path / 'b.db'}")
    dados = ("--registro-ans", "999999", "--cnpj", "45723174000110", "--nome", "Operadora")
    assert terminal("operadora", "add", *dados).codigo == 0
    raiz = icp.raiz() if ancora else icp.raiz("Outra Raiz")
    (tmp_path / "raiz.pem").write_bytes(raiz.pem)
    confiar = ("trust", "add", str(tmp_path / "raiz.pem"), "--registro-ans", "999999", "--ancora")
    assert terminal(*confiar).codigo == 0
    arquivo, saida = escrever(tmp_path, etree.tostring(lote())), str(tmp_path / "a.xml")
    terminal("message", "sign", arquivo, "--chave", chave, "--senha", SENHA, "--saida", saida)
    dita = terminal("message", "verify", saida, "--registro-ans", "999999", "--json")
    assert dita.codigo == (0 if ancora else 1)
    assert dita.dados["cadeia"] == ("confiável" if ancora else "inválida")


def test_guias_assinadas(terminal: Terminal, tmp_path: Path) -> None:
    """As assinaturas de guias também se dizem, e uma que não vale basta para sair com 1."""
    mensagem = lote(guias=2)
    for n, guia in enumerate(mensagem.iter(f"{{{NS_TISS}}}guiaConsulta")):
        sozinha = etree.fromstring(etree.tostring(guia))
        par = icp.intermediaria().titular(cnpj=None)
        forjar(sozinha, par, nome=f"{{{NS_TISS}}}assinaturaDigitalGuia", identificador=f"g{n}")
        guia.append(sozinha[-1])
    arquivo = escrever(tmp_path, etree.tostring(mensagem))
    dita = terminal("message", "verify", arquivo, "--json")
    assert dita.codigo == 0
    assert [g["integra"] for g in dita.dados["guias"]] == [True, True]
    assert dita.dados["guias"][0]["titular"]["cpf"] == icp.CPF
    next(mensagem.iter(f"{{{NS_TISS}}}numeroCarteira")).text = "1"
    escrever(tmp_path, etree.tostring(mensagem))
    dita = terminal("message", "verify", arquivo, "--json")
    assert dita.codigo == 1
    assert [g["integra"] for g in dita.dados["guias"]] == [False, True]
