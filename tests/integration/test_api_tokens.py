"""Quem entra na API: tokens, escopos, operadoras, limites; e os comandos que cuidam disso."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from integration.api import Api, abrir_api
from integration.comandos import Terminal
from sqlalchemy import select, text

from backoffice.api.balde import Baldes
from dominio.competencia import agora
from persistence import operadoras, tokens
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.recepcao import Mesa

    from persistence.operadoras import Operadora

_NUMERO = "10000001"
_ENDERECOS = {
    ("GET", "/protocolos"): Escopo.LEITURA,
    ("GET", f"/protocolos/{_NUMERO}"): Escopo.LEITURA,
    ("GET", f"/protocolos/{_NUMERO}/guias"): Escopo.LEITURA,
    ("GET", f"/protocolos/{_NUMERO}/criticas"): Escopo.LEITURA,
    ("GET", "/guias"): Escopo.LEITURA,
    ("GET", "/importacoes"): Escopo.LEITURA,
    ("GET", "/situacoes"): Escopo.LEITURA,
    ("GET", f"/protocolos/{_NUMERO}/mensagem"): Escopo.CONTEUDO,
    ("GET", f"/protocolos/{_NUMERO}/resposta"): Escopo.CONTEUDO,
    ("POST", f"/protocolos/{_NUMERO}/situacao"): Escopo.ANALISE,
    ("GET", "/auditoria"): Escopo.ADMIN,
}
_DE_UM_PROTOCOLO = [e for e in _ENDERECOS if _NUMERO in e[1]]


@pytest.fixture
def api(mesa: Mesa) -> Iterator[Api]:
    """A API sobre a mesa comum, com um protocolo."""
    assert mesa.enviar_lote("1").protocolo == _NUMERO
    with abrir_api(mesa) as aberta:
        yield aberta


@pytest.fixture
def alheia(mesa: Mesa) -> Operadora:
    """Outra operadora no mesmo gateway."""
    with mesa.banco.escrita() as conn:
        return operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra Operadora"
        )


@pytest.fixture
def terminal(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    mesa: Mesa,
) -> Terminal:
    """A linha de comando sobre o banco da mesa."""
    url = mesa.banco._escritor.url.render_as_string(hide_password=False)
    return Terminal(monkeypatch, capsys, tmp_path).usar(url)


def _pedir(api: Api, endereco: tuple[str, str], token: str | None) -> int:
    metodo, caminho = endereco
    corpo = b'{"para": 2, "motivo": "teste"}' if metodo == "POST" else b""
    cabecalhos = {"content-type": "application/json", "if-match": "*"}
    resposta = api.pedir(metodo, caminho, token=token, corpo=corpo, cabecalhos=cabecalhos)
    if resposta.status >= 400:
        resposta.problema(resposta.status)
    return resposta.status


def test_a_tabela_de_escopos_cobre_todos_os_enderecos(api: Api) -> None:
    """Todo endereço que a API documenta, salvo o de mensagens, está na tabela dos escopos."""
    documentados = {
        (metodo.upper(), caminho.removeprefix("/api/v1").replace("{numero}", _NUMERO))
        for caminho, metodos in api.aplicacao.openapi()["paths"].items()
        for metodo in metodos
    }
    assert documentados - {("POST", "/mensagens")} == set(_ENDERECOS)


@pytest.mark.parametrize("endereco", _ENDERECOS, ids=" ".join)
@pytest.mark.parametrize("escopo", list(Escopo))
def test_cada_endereco_aceita_so_o_seu_escopo(
    api: Api, endereco: tuple[str, str], escopo: Escopo
) -> None:
    """Com o escopo do endereço, atende; com qualquer outro sozinho, 403."""
    esperado = 200 if _ENDERECOS[endereco] is escopo else 403
    assert _pedir(api, endereco, api.token(escopo)) == esperado


@pytest.mark.parametrize("endereco", _ENDERECOS, ids=" ".join)
def test_sem_token_que_valha_nada_se_atende(api: Api, endereco: tuple[str, str]) -> None:
    """Sem token, com lixo, com um inventado, com um expirado ou revogado: 401, sempre igual."""
    expirado = api.token(validade=timedelta(seconds=-1))
    revogado = api.token()
    with api.mesa.banco.escrita() as conn:
        prefixo = revogado.split("_")[1]
        tokens.revogar(conn, api.mesa.operadora.id, prefixo, agora())
    inventado = f"tiss_{prefixo}_{'A' * 43}"
    for token in (None, "", "lixo", "a b", "é", inventado, revogado + "x", expirado, revogado):
        assert _pedir(api, endereco, token) == 401, token


def test_os_401_nao_se_distinguem(api: Api) -> None:
    """Desconhecido e expirado recebem os mesmos bytes, com o esquema que se espera."""
    expirado = api.token(validade=timedelta(seconds=-1))
    respostas = {api.pedir("GET", "/protocolos", token=t).corpo for t in ("x", expirado)}
    assert len(respostas) == 1
    assert api.pedir("GET", "/protocolos").cabecalhos["www-authenticate"] == "Bearer"


def test_outro_esquema_de_autorizacao_nao_entra(api: Api) -> None:
    """Um token bom em Basic, ou no endereço, não vale."""
    token = api.token()
    basic = {"authorization": f"Basic {token}"}
    assert api.pedir("GET", "/protocolos", cabecalhos=basic).status == 401
    assert api.pedir("GET", f"/protocolos?access_token={token}").status == 401


@pytest.mark.parametrize("endereco", _DE_UM_PROTOCOLO, ids=" ".join)
def test_protocolo_de_outra_operadora_e_404(
    api: Api, alheia: Operadora, endereco: tuple[str, str]
) -> None:
    """O protocolo de outra operadora não existe para o token, e responde como um inventado."""
    token = api.token(operadora=alheia)
    assert _pedir(api, endereco, token) == 404
    metodo, caminho = endereco
    assert _pedir(api, (metodo, caminho.replace(_NUMERO, "77")), token) == 404


@pytest.mark.parametrize("caminho", ["/protocolos", "/guias", "/importacoes", "/auditoria"])
def test_listas_so_tem_o_que_e_da_operadora(api: Api, alheia: Operadora, caminho: str) -> None:
    """As listas de outra operadora vêm vazias, e pedir a dela pelo nome é 404."""
    api.pegar("/guias")
    dela = api.token(operadora=alheia)
    dados = api.pedir("GET", caminho, token=dela).dados
    assert dados[caminho.strip("/").replace("auditoria", "eventos")] == []
    outra = {"operadora": alheia.registro_ans}
    api.pegar(caminho, **outra).problema(404)
    api.pegar(caminho, operadora="777777").problema(404)


def test_a_situacao_de_outra_operadora_nao_muda(api: Api, alheia: Operadora) -> None:
    """Recusado com 404, o protocolo fica como estava."""
    _pedir(api, ("POST", f"/protocolos/{_NUMERO}/situacao"), api.token(operadora=alheia))
    assert int(api.mesa.protocolo(_NUMERO).status) == 1


def test_limite_por_minuto_responde_429(api: Api) -> None:
    """Além do limite, 429 com o tempo a esperar; o limite é de cada token."""
    apertado, largo = api.token(por_minuto=3), api.token()
    assert [api.pedir("GET", "/situacoes", token=apertado).status for _ in range(3)] == [200] * 3
    demais = api.pedir("GET", "/situacoes", token=apertado)
    demais.problema(429)
    assert 1 <= int(demais.cabecalhos["retry-after"]) <= 20
    assert api.pedir("GET", "/situacoes", token=largo).status == 200


def test_balde_enche_com_o_tempo() -> None:
    """Sessenta por minuto são um por segundo, e parado nunca junta mais do que um minuto."""
    relogio = [0.0]
    baldes = Baldes(lambda: relogio[0])
    assert [baldes.tirar(1, 60) for _ in range(60)] == [0] * 60
    assert baldes.tirar(1, 60) == 1
    relogio[0] = 1.0
    assert (baldes.tirar(1, 60), baldes.tirar(1, 60)) == (0, 1)
    relogio[0] = 10_000.0
    assert [baldes.tirar(1, 60) for _ in range(61)] == [0] * 60 + [1]


def test_o_banco_nao_guarda_o_token(api: Api) -> None:
    """Nenhuma coluna tem o texto do token nem o seu segredo."""
    token = api.token()
    with api.mesa.banco.leitura() as conn:
        [linha] = conn.execute(select(text("*")).select_from(text("token_api"))).all()
    assert len(token) == len("tiss__") + 8 + 43
    assert token not in str(linha)
    assert token.split("_", 2)[2] not in str(linha)


def test_ultimo_uso_se_anota_de_hora_em_hora(mesa: Mesa) -> None:
    """O primeiro uso fica anotado; outro na mesma hora não escreve nada; depois dela, sim."""
    instante = [agora()]
    with abrir_api(mesa, lambda: instante[0]) as api:
        token = api.token()

        def usado() -> object:
            assert api.pedir("GET", "/situacoes", token=token).status == 200
            with mesa.banco.leitura() as conn:
                return tokens.listar(conn, mesa.operadora.id)[0].usado_em

        primeiro = usado()
        instante[0] += timedelta(minutes=59)
        segundo = usado()
        instante[0] += timedelta(minutes=2)
        terceiro = usado()
    assert primeiro == segundo
    assert terceiro == instante[0]


def test_comando_cria_um_token_que_a_api_aceita(terminal: Terminal, mesa: Mesa) -> None:
    """``token add`` mostra o token uma vez; ele entra, e vale 90 dias."""
    comum = ("--registro-ans", "999999")
    criado = terminal(
        "token", "add", *comum, "--nome", "ERP", "--escopo", "leitura", "--json"
    ).dados
    with abrir_api(mesa) as api:
        assert api.pedir("GET", "/protocolos", token=criado["token"]).status == 200
    listado = terminal("token", "list", *comum, "--json")
    assert criado["token"].split("_", 2)[2] not in listado.texto
    [um] = listado.dados["tokens"]
    assert (um["nome"], um["escopos"], um["situacao"]) == ("ERP", ["leitura"], "vale")
    with mesa.banco.leitura() as conn:
        [guardado] = tokens.listar(conn, mesa.operadora.id)
    assert guardado.expira_em - guardado.criado_em == timedelta(days=90)


def test_comando_revoga_e_o_token_deixa_de_entrar(terminal: Terminal, mesa: Mesa) -> None:
    """Depois de ``token revoke`` a API responde 401 ao mesmo token."""
    with abrir_api(mesa) as api:
        token = api.token()
        saida = terminal(
            "token", "revoke", "--registro-ans", "999999", "--prefixo", token.split("_")[1]
        )
        assert saida.codigo == 0
        assert api.pedir("GET", "/situacoes", token=token).status == 401


def test_comando_nao_revoga_o_de_outra_operadora(
    terminal: Terminal, mesa: Mesa, alheia: Operadora
) -> None:
    """O prefixo de um token de outra operadora não se acha, e ele continua a valer."""
    with abrir_api(mesa) as api:
        token = api.token(operadora=alheia)
        saida = terminal(
            "token", "revoke", "--registro-ans", "999999", "--prefixo", token.split("_")[1]
        )
        assert (saida.codigo, saida.texto) == (1, "")
        assert api.pedir("GET", "/situacoes", token=token).status == 200


def test_operadora_que_nao_ha_nao_tem_tokens(terminal: Terminal) -> None:
    """Criar ou listar tokens de uma operadora que não existe é recusado com o registro dito."""
    for comando in (("add", "--nome", "x", "--escopo", "leitura"), ("list",)):
        saida = terminal("token", *comando, "--registro-ans", "123456")
        assert saida.codigo == 1
        assert "não há operadora 123456" in saida.erro


def test_escopo_que_nao_existe_e_mau_uso(terminal: Terminal) -> None:
    """Um escopo inventado sai com 2 e diz os que há."""
    saida = terminal("token", "add", "--registro-ans", "999999", "--nome", "x", "--escopo", "tudo")
    assert saida.codigo == 2
    assert "leitura, conteudo, analise, pagamento, admin" in saida.erro
