"""As pessoas da operadora: o convite, a senha que ele cria, quem pode convidar para quê."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.api import Api, Resposta, abrir_api
from integration.comandos import Terminal
from integration.exemplos import outra_operadora
from relogio import Relogio
from sqlalchemy import select

from handlers import usuarios as casos
from persistence import tabelas, usuarios
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.recepcao import Mesa

    from persistence.usuarios import Usuario

_ANA = {"email": "Ana@Operadora.Exemplo.br", "nome": "Ana", "escopos": ["leitura"]}


@pytest.fixture
def relogio() -> Relogio:
    """Um relógio que só anda quando se manda."""
    return Relogio()


@pytest.fixture
def api(mesa: Mesa, relogio: Relogio) -> Iterator[Api]:
    """A API sobre a mesa comum, com o seu relógio."""
    with abrir_api(mesa, relogio) as aberta:
        yield aberta


def _pedir(api: Api, metodo: str, caminho: str, corpo: Any, token: str | None = None) -> Resposta:
    return api.pedir(
        metodo, caminho, token=token, corpo=json.dumps(corpo).encode(),
        cabecalhos={"content-type": "application/json"},
    )  # fmt: skip


def _convidar(api: Api, **campos: Any) -> dict[str, Any]:
    validade = timedelta(days=3650)
    dados: dict[str, Any] = _pedir(
        api, "POST", "/usuarios/convites", _ANA | campos, api.token(validade=validade)
    ).dados
    return dados


def _aceitar(api: Api, convite: str, senha: str) -> Resposta:
    corpo = {"convite": convite, "senha": senha}
    return _pedir(api, "POST", "/usuarios/convites/aceite", corpo)


def _ana(api: Api) -> Usuario:
    with api.mesa.banco.leitura() as conn:
        achada = usuarios.por_email(conn, api.mesa.operadora.id, "ana@operadora.exemplo.br")
    assert achada is not None
    return achada


def _entra(api: Api, senha: str) -> bool:
    with api.mesa.banco.escrita() as conn:
        return casos.e_a_senha(conn, _ana(api), senha)


def test_convidado_cria_a_sua_senha_uma_vez(api: Api) -> None:
    """O convite aceito dá a senha escolhida; o mesmo convite não serve de novo."""
    feito = _convidar(api)
    assert (feito["email"], feito["senhaDesde"]) == ("ana@operadora.exemplo.br", None)
    assert not _entra(api, "Abcd123!")
    assert _aceitar(api, feito["convite"], "Abcd123!").dados == {"feito": True}
    assert _entra(api, "Abcd123!")
    assert not _entra(api, "abcd123!")
    _aceitar(api, feito["convite"], "Outra123!").problema(404)


@pytest.mark.usefixtures("argon2_de_verdade")
def test_convite_nao_fica_no_banco_nem_sai_de_novo(api: Api) -> None:
    """Só o resumo do convite se guarda, e nenhuma lista o mostra; a senha, só como argon2id."""
    feito = _convidar(api)
    _aceitar(api, feito["convite"], "Abcd123!")
    lista = api.pegar("/usuarios")
    assert len(lista.dados["usuarios"]) == 1
    with api.mesa.banco.leitura() as conn:
        linhas = [
            *conn.execute(select(tabelas.convite)), *conn.execute(select(tabelas.usuario)),
            *conn.execute(select(tabelas.auditoria)),
        ]  # fmt: skip
        verificador = conn.execute(select(tabelas.usuario.c.verificador)).scalar_one()
    for segredo in (feito["convite"], "Abcd123!"):
        assert segredo not in repr(linhas)
        assert segredo.encode() not in lista.corpo
    assert verificador.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_convite_vence_em_sete_dias(api: Api, relogio: Relogio) -> None:
    """No último instante ainda serve; no seguinte, não."""
    feito, outro = _convidar(api), _convidar(api, email="bia@operadora.exemplo.br")
    relogio.agora += timedelta(days=7) - timedelta(seconds=1)
    assert _aceitar(api, feito["convite"], "Abcd123!").status == 200
    relogio.agora += timedelta(seconds=1)
    _aceitar(api, outro["convite"], "Abcd123!").problema(404)


def test_convite_novo_cancela_o_de_antes(api: Api) -> None:
    """Quem é convidado outra vez só aceita o último convite."""
    velho, novo = _convidar(api), _convidar(api, escopos=["leitura", "analise"])
    assert velho["id"] == novo["id"]
    _aceitar(api, velho["convite"], "Abcd123!").problema(404)
    assert _aceitar(api, novo["convite"], "Abcd123!").status == 200
    assert _ana(api).escopos == {Escopo.LEITURA, Escopo.ANALISE}


@pytest.mark.parametrize("senha", ["Abc123!", "abcd123!", "ABCD123!", "Abcdefg!", "Abcd1234"])
def test_senha_fraca_nao_gasta_o_convite(api: Api, senha: str) -> None:
    """Recusada a senha fraca, o convite ainda serve para uma boa."""
    feito = _convidar(api)
    recusada = _aceitar(api, feito["convite"], senha)
    assert recusada.campos() == {"senha"}
    assert senha.encode() not in recusada.corpo
    assert _aceitar(api, feito["convite"], "Abcd123!").status == 200


def test_nenhuma_das_tres_ultimas_senhas_volta(api: Api) -> None:
    """A atual e as duas de antes são recusadas; a quarta para trás já serve."""
    senhas = [f"Abcd123{sinal}" for sinal in "!@#$"]
    for senha in senhas:
        assert _aceitar(api, _convidar(api)["convite"], senha).status == 200
    for usada in senhas[1:]:
        assert _aceitar(api, _convidar(api)["convite"], usada).campos() == {"senha"}
    assert _aceitar(api, _convidar(api)["convite"], senhas[0]).status == 200


def test_senha_vence_em_180_dias(api: Api, relogio: Relogio) -> None:
    """Passado o prazo a pessoa aparece com a senha vencida."""
    _aceitar(api, _convidar(api)["convite"], "Abcd123!")
    for dias, vencida in ((179, False), (1, True)):
        relogio.agora += timedelta(days=dias)
        token = api.token(validade=timedelta(days=3650))
        [ana] = api.pedir("GET", "/usuarios", token=token).dados["usuarios"]
        assert ana["senhaVencida"] is vencida


def test_desligado_nao_aceita_convite(api: Api) -> None:
    """Quem foi desligado depois de convidado não cria senha."""
    feito = _convidar(api)
    mudado = _pedir(api, "PATCH", f"/usuarios/{feito['id']}", {"ativo": False}, api.token())
    assert mudado.dados["ativo"] is False
    _aceitar(api, feito["convite"], "Abcd123!").problema(404)


def test_ninguem_da_o_que_nao_tem(api: Api) -> None:
    """Um token só de admin não convida nem promove alguém a pagar."""
    token = api.token(Escopo.ADMIN)
    corpo = _ANA | {"escopos": ["admin", "pagamento"]}
    _pedir(api, "POST", "/usuarios/convites", corpo, token).problema(403)
    feito = _pedir(api, "POST", "/usuarios/convites", _ANA | {"escopos": ["admin"]}, token).dados
    promocao = {"escopos": ["pagamento"]}
    _pedir(api, "PATCH", f"/usuarios/{feito['id']}", promocao, token).problema(403)


def test_token_nao_toma_o_lugar_de_quem_pode_mais(api: Api) -> None:
    """Um token só de admin não convida nem rebaixa quem pode ler, e os convites não sobrevivem."""
    feito = _convidar(api)
    token = api.token(Escopo.ADMIN)
    corpo = _ANA | {"escopos": ["admin"]}
    _pedir(api, "POST", "/usuarios/convites", corpo, token).problema(403)
    caminho = f"/usuarios/{feito['id']}"
    _pedir(api, "PATCH", caminho, {"escopos": ["admin"]}, token).problema(403)
    assert _pedir(api, "PATCH", caminho, {"nome": "Ana Lima"}, token).status == 200
    assert _ana(api).escopos == {Escopo.LEITURA}
    _pedir(api, "PATCH", caminho, {"escopos": ["conteudo"]}, api.token())
    _aceitar(api, feito["convite"], "Abcd123!").problema(404)


@pytest.mark.parametrize("email", ["ana", "ana@", "@x.br", "a b@x.br", "ana@x", "ána@x.br", ""])
def test_email_que_nao_serve_e_recusado(api: Api, email: str) -> None:
    """O que não tem forma de e-mail não se convida."""
    corpo = _ANA | {"email": email}
    assert _pedir(api, "POST", "/usuarios/convites", corpo, api.token()).campos() == {"email"}


def test_usuario_de_outra_operadora_nao_existe(api: Api) -> None:
    """As pessoas de cada operadora são só dela, ainda que com o mesmo e-mail."""
    feito = _convidar(api)
    outra = outra_operadora(api.mesa.banco)
    token = api.token(operadora=outra)
    assert api.pedir("GET", "/usuarios", token=token).dados["usuarios"] == []
    _pedir(api, "PATCH", f"/usuarios/{feito['id']}", {"ativo": False}, token).problema(404)
    dela = _pedir(api, "POST", "/usuarios/convites", _ANA, token).dados
    assert dela["id"] != feito["id"]


def test_comando_convida_e_mostra_o_convite(
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """``usuario convidar`` dá um convite que a API aceita."""
    url = api.mesa.banco.url.render_as_string(hide_password=False)
    terminal = Terminal(monkeypatch, capsys, tmp_path).usar(url)
    saida = terminal(
        "usuario", "convidar", "--registro-ans", "999999", "--email", _ANA["email"],
        "--nome", "Ana", "--escopo", "leitura", "--json",
    )  # fmt: skip
    assert _aceitar(api, saida.dados["convite"], "Abcd123!").status == 200
    assert _entra(api, "Abcd123!")
