"""Quem entra na API: tokens, escopos, operadoras, limites; e os comandos que cuidam disso."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.api import Api, abrir_api
from integration.enderecos_de_recurso import DE_RECURSO
from integration.enderecos_do_cadastro import DO_CADASTRO
from integration.exemplos import outra_operadora
from integration.recepcao import abrir_mesa
from sqlalchemy import select, text

from backoffice.api.balde import Baldes
from dominio.competencia import agora
from handlers.envio_documentos import Deposito
from persistence import tokens
from persistence.arquivos import Pasta
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.comandos import Terminal
    from integration.recepcao import Mesa

    from persistence.banco import Banco
    from persistence.operadoras import Operadora

_NUMERO = "10000001"
_ALHEIO = "77"
_ENDERECOS = {
    ("GET", "/protocolos"): Escopo.LEITURA,
    ("GET", f"/protocolos/{_NUMERO}"): Escopo.LEITURA,
    ("GET", f"/protocolos/{_NUMERO}/guias"): Escopo.LEITURA,
    ("GET", f"/protocolos/{_NUMERO}/criticas"): Escopo.LEITURA,
    ("GET", f"/protocolos/{_NUMERO}/capa"): Escopo.LEITURA,
    ("GET", f"/protocolos/{_NUMERO}/relatorio"): Escopo.LEITURA,
    ("GET", "/demonstrativos/analise"): Escopo.LEITURA,
    ("GET", "/demonstrativos/pagamento"): Escopo.LEITURA,
    ("GET", "/demonstrativos/pagamento-odonto"): Escopo.LEITURA,
    ("GET", "/demonstrativos/inss"): Escopo.LEITURA,
    ("GET", f"/demonstrativos/emitidos/{_NUMERO}"): Escopo.LEITURA,
    ("GET", "/guias"): Escopo.LEITURA,
    ("GET", "/importacoes"): Escopo.LEITURA,
    ("GET", "/situacoes"): Escopo.LEITURA,
    ("GET", f"/protocolos/{_NUMERO}/mensagem"): Escopo.CONTEUDO,
    ("GET", f"/protocolos/{_NUMERO}/resposta"): Escopo.CONTEUDO,
    ("POST", f"/protocolos/{_NUMERO}/situacao"): Escopo.ANALISE,
    ("GET", "/auditoria"): Escopo.ADMIN,
    ("GET", f"/protocolos/{_NUMERO}/documentos"): Escopo.LEITURA,
    ("GET", f"/protocolos/{_NUMERO}/documentos/1"): Escopo.CONTEUDO,
    ("GET", f"/protocolos/{_NUMERO}/recados"): Escopo.LEITURA,
    ("GET", "/recados"): Escopo.LEITURA,
    ("POST", f"/protocolos/{_NUMERO}/recados"): Escopo.ANALISE,
    ("POST", f"/protocolos/{_NUMERO}/recados/leitura"): Escopo.ANALISE,
    ("GET", f"/protocolos/{_NUMERO}/analise"): Escopo.LEITURA,
    ("POST", f"/protocolos/{_NUMERO}/analise"): Escopo.ANALISE,
    ("POST", f"/protocolos/{_NUMERO}/analise/automatica"): Escopo.ANALISE,
    ("POST", f"/protocolos/{_NUMERO}/analise/descarte"): Escopo.ANALISE,
    ("POST", f"/protocolos/{_NUMERO}/analise/finalizacao"): Escopo.ANALISE,
    ("POST", f"/protocolos/{_NUMERO}/analise/reabertura"): Escopo.ANALISE,
    ("POST", f"/protocolos/{_NUMERO}/liberacao"): Escopo.PAGAMENTO,
    ("POST", f"/protocolos/{_NUMERO}/liberacao/retirada"): Escopo.PAGAMENTO,
    ("GET", "/previsao"): Escopo.LEITURA,
    ("GET", "/relatorios"): Escopo.LEITURA,
    ("GET", "/lancamentos"): Escopo.LEITURA,
    ("POST", "/lancamentos"): Escopo.PAGAMENTO,
    ("GET", "/pagamentos"): Escopo.LEITURA,
    ("POST", "/pagamentos"): Escopo.PAGAMENTO,
    ("GET", "/pagamentos/1"): Escopo.LEITURA,
    ("GET", "/pagamentos/1/previa"): Escopo.LEITURA,
    ("POST", "/pagamentos/1/confirmacao"): Escopo.PAGAMENTO,
    ("POST", "/pagamentos/1/cancelamento"): Escopo.PAGAMENTO,
    ("POST", "/pagamentos/1/estorno"): Escopo.PAGAMENTO,
    ("GET", "/pagamentos/1/notas"): Escopo.LEITURA,
    ("POST", "/pagamentos/1/notas"): Escopo.PAGAMENTO,
    ("PUT", "/notas/1"): Escopo.PAGAMENTO,
    ("DELETE", "/notas/1"): Escopo.PAGAMENTO,
    ("POST", "/notas/1/envio"): Escopo.PAGAMENTO,
    ("POST", "/notas/1/decisao"): Escopo.PAGAMENTO,
    ("GET", "/notas/1/arquivo"): Escopo.CONTEUDO,
    ("PUT", "/notas/1/arquivo"): Escopo.PAGAMENTO,
    ("POST", "/importacoes/analises"): Escopo.ANALISE,
    ("POST", "/importacoes/protocolos"): Escopo.ADMIN,
}
_MUDANCA = {"para": 2, "motivo": "teste"}
_MOTIVO = {"motivo": "teste"}
_CORPOS: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", f"/protocolos/{_NUMERO}/recados"): {"texto": "teste"},
    ("POST", f"/protocolos/{_NUMERO}/recados/leitura"): {"ate": 1},
    ("POST", f"/protocolos/{_NUMERO}/analise"): {},
    ("POST", f"/protocolos/{_NUMERO}/analise/automatica"): {},
    ("POST", f"/protocolos/{_NUMERO}/analise/descarte"): {},
    ("POST", f"/protocolos/{_NUMERO}/analise/finalizacao"): {},
    ("POST", f"/protocolos/{_NUMERO}/analise/reabertura"): _MOTIVO,
    ("POST", f"/protocolos/{_NUMERO}/liberacao/retirada"): _MOTIVO,
    ("POST", "/pagamentos/1/confirmacao"): {"data": "2026-03-31"},
    ("POST", "/pagamentos/1/cancelamento"): _MOTIVO,
    ("POST", "/pagamentos/1/estorno"): _MOTIVO,
    ("POST", "/notas/1/decisao"): {"aceitar": True},
}
_SEM_TOKEN = {("POST", "/mensagens"), ("POST", "/usuarios/convites/aceite")}
_DEPOIS_DO_ESCOPO = {
    ("GET", f"/protocolos/{_NUMERO}/documentos/1"): 404,
    ("GET", f"/protocolos/{_NUMERO}/analise"): 404,
    ("POST", f"/protocolos/{_NUMERO}/analise/descarte"): 409,
    ("POST", f"/protocolos/{_NUMERO}/analise/finalizacao"): 409,
    ("POST", f"/protocolos/{_NUMERO}/analise/reabertura"): 409,
    ("POST", f"/protocolos/{_NUMERO}/liberacao"): 409,
    ("POST", f"/protocolos/{_NUMERO}/liberacao/retirada"): 409,
    ("GET", "/lancamentos"): 422,
    ("POST", "/lancamentos"): 422,
    ("POST", "/pagamentos"): 422,
    ("GET", "/pagamentos/1"): 404,
    ("GET", "/pagamentos/1/previa"): 404,
    ("POST", "/pagamentos/1/confirmacao"): 404,
    ("POST", "/pagamentos/1/cancelamento"): 404,
    ("POST", "/pagamentos/1/estorno"): 404,
    ("GET", "/pagamentos/1/notas"): 404,
    ("POST", "/pagamentos/1/notas"): 422,
    ("PUT", "/notas/1"): 422,
    ("DELETE", "/notas/1"): 404,
    ("POST", "/notas/1/envio"): 404,
    ("POST", "/notas/1/decisao"): 404,
    ("GET", "/notas/1/arquivo"): 404,
    ("PUT", "/notas/1/arquivo"): 422,
    ("POST", "/importacoes/analises"): 422,
    ("POST", "/importacoes/protocolos"): 422,
    ("GET", "/demonstrativos/analise"): 422,
    ("GET", "/demonstrativos/pagamento"): 422,
    ("GET", "/demonstrativos/pagamento-odonto"): 422,
    ("GET", "/demonstrativos/inss"): 422,
    ("GET", f"/demonstrativos/emitidos/{_NUMERO}"): 404,
}
"""O que responde, a quem tem o escopo, o endereço a que falta mais do que o protocolo."""
_DE_UM_PROTOCOLO = [e for e in _ENDERECOS if _NUMERO in e[1]]


@pytest.fixture
def api(mesa: Mesa, tmp_path: Path) -> Iterator[Api]:
    """A API sobre a mesa comum, com um protocolo."""
    assert mesa.enviar_lote("1").protocolo == _NUMERO
    with abrir_api(mesa, deposito=Deposito(Pasta(tmp_path))) as aberta:
        yield aberta


@pytest.fixture(scope="module")
def parada(banco_do_modulo: Banco, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Uma API com um protocolo para os pedidos que se recusam, e por isso nada mudam."""
    mesa = abrir_mesa(banco_do_modulo)
    assert mesa.enviar_lote("1").protocolo == _NUMERO
    pasta = tmp_path_factory.mktemp("documentos")
    with abrir_api(mesa, deposito=Deposito(Pasta(pasta))) as aberta:
        antes = mesa.contagens()
        yield aberta
        assert antes == mesa.contagens()


@pytest.fixture(scope="module")
def de_fora(parada: Api) -> Operadora:
    """Outra operadora no gateway da API parada."""
    return outra_operadora(parada.mesa.banco)


def _pedir(api: Api, endereco: tuple[str, str], token: str | None) -> int:
    metodo, caminho = endereco
    dito = _CORPOS.get((metodo, caminho.replace(_ALHEIO, _NUMERO)), _MUDANCA)
    corpo = b"" if metodo in ("GET", "DELETE") else json.dumps(dito).encode()
    cabecalhos = {
        "content-type": "application/json",
        "if-match": "*",
        "idempotency-key": "teste",
    }
    resposta = api.pedir(metodo, caminho, token=token, corpo=corpo, cabecalhos=cabecalhos)
    if resposta.status >= 400:
        resposta.problema(resposta.status)
    return resposta.status


def _exemplo(caminho: str) -> str:
    """Um endereço com as suas variáveis preenchidas."""
    return re.sub(r"\{(pagamento|nota|documento)\}", "1", caminho.replace("{numero}", _NUMERO))


def test_a_tabela_de_escopos_cobre_todos_os_enderecos(api: Api) -> None:
    """Todo endereço que a API documenta, salvo o de mensagens, está na tabela dos escopos."""
    documentados = {
        (metodo.upper(), _exemplo(caminho.removeprefix("/api/v1")))
        for caminho, metodos in api.aplicacao.openapi()["paths"].items()
        for metodo in metodos
    }
    do_cadastro = {(metodo, _exemplo(caminho)) for metodo, caminho in DO_CADASTRO | DE_RECURSO}
    assert documentados - _SEM_TOKEN == set(_ENDERECOS) | do_cadastro


# quem entra decide-se igual nos dois bancos: a tabela inteira basta num deles
_UM_BANCO = pytest.mark.parametrize("nova_url", ["sqlite"], indirect=True)
_UM_BANCO_PARADO = pytest.mark.parametrize(
    "banco_do_modulo", ["sqlite"], indirect=True, scope="module"
)


@_UM_BANCO
@pytest.mark.parametrize("endereco", _ENDERECOS, ids=" ".join)
def test_cada_endereco_aceita_o_seu_escopo(api: Api, endereco: tuple[str, str]) -> None:
    """Só com o escopo do endereço, atende."""
    esperado = _DEPOIS_DO_ESCOPO.get(endereco, 200)
    assert _pedir(api, endereco, api.token(_ENDERECOS[endereco])) == esperado


@_UM_BANCO_PARADO
@pytest.mark.parametrize("endereco", _ENDERECOS, ids=" ".join)
@pytest.mark.parametrize("escopo", list(Escopo))
def test_cada_endereco_aceita_so_o_seu_escopo(
    parada: Api, endereco: tuple[str, str], escopo: Escopo
) -> None:
    """Com todos os escopos menos o do endereço, ou com outro sozinho, 403."""
    proprio = _ENDERECOS[endereco]
    outros = (escopo,) if escopo is not proprio else tuple(e for e in Escopo if e is not proprio)
    assert _pedir(parada, endereco, parada.token(*outros)) == 403


@_UM_BANCO_PARADO
@pytest.mark.parametrize("endereco", _ENDERECOS, ids=" ".join)
def test_sem_token_que_valha_nada_se_atende(parada: Api, endereco: tuple[str, str]) -> None:
    """Sem token, com lixo, com um inventado, com um expirado ou revogado: 401, sempre igual."""
    api = parada
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
    parada: Api, de_fora: Operadora, endereco: tuple[str, str]
) -> None:
    """O protocolo de outra operadora não existe para o token, e responde como um inventado."""
    token = parada.token(operadora=de_fora)
    assert _pedir(parada, endereco, token) == 404
    metodo, caminho = endereco
    assert _pedir(parada, (metodo, caminho.replace(_NUMERO, _ALHEIO)), token) == 404


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
