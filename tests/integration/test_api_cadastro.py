"""A API que administra: credenciamento, regras, beneficiários, calendário e webhooks."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from integration.enderecos_do_cadastro import DO_CADASTRO
from integration.recepcao import CODIGO, Mesa, lote, pronta
from sqlalchemy import select

from dominio.competencia import agora
from gateway.destinos import Politica, redes
from persistence import auditoria, credenciais, operadoras, prestadores, tabelas, webhooks
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from integration.api import Api, Resposta

    from persistence.operadoras import Operadora

_URL = "https://sistema.exemplo.com.br/avisos?chave=segredo"
_CPF, _CNPJ = "52998224725", "11222333000181"


@pytest.fixture
def alheia(mesa: Mesa) -> Operadora:
    """Outra operadora, com um prestador de mesmo código e um webhook."""
    with mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(conn, registro_ans="888888", cnpj=_CNPJ, nome="Outra")
        prestadores.adicionar(conn, outra.id, codigo="ALHEIO", nome="Alheio", cpf=_CPF)
        webhooks.criar(conn, outra.id, url=_URL, eventos=None, homologacao=False, agora=agora())
    return outra


def pedir(
    api: Api, metodo: str, caminho: str, corpo: Any = None, *, token: str | None = None
) -> Resposta:
    """Faz um pedido com corpo em JSON; sem token dito, com um de todos os escopos."""
    return api.pedir(
        metodo, caminho, token=token or api.token(), corpo=json.dumps(corpo or {}).encode(),
        cabecalhos={"content-type": "application/json"},
    )  # fmt: skip


def auditados(api: Api) -> list[tuple[str, str, str]]:
    """Ação, tipo e alvo de cada evento da auditoria."""
    with api.mesa.banco.leitura() as conn:
        eventos = auditoria.listar(conn, api.mesa.operadora.id)
    return [(e.acao, e.alvo_tipo, e.alvo) for e in eventos]


def _concreto(caminho: str) -> str:
    return re.sub(r"\{[a-z]+\}", "1", caminho)


# --- quem entra -----------------------------------------------------------------------------------


@pytest.mark.parametrize("endereco", DO_CADASTRO, ids=" ".join)
def test_so_o_escopo_certo_entra(api: Api, endereco: tuple[str, str]) -> None:
    """Sem token é 401, e com qualquer escopo que não o do endereço, 403."""
    metodo, caminho = endereco[0], _concreto(endereco[1])
    api.pedir(metodo, caminho).problema(401)
    for escopo in set(Escopo) - {DO_CADASTRO[endereco]}:
        pedir(api, metodo, caminho, token=api.token(escopo)).problema(403)
    certo = pedir(api, metodo, caminho, token=api.token(DO_CADASTRO[endereco]))
    assert certo.status in {200, 404, 422}


def test_o_de_outra_operadora_nao_existe(api: Api, alheia: Operadora) -> None:
    """Prestador, webhook e período de outra operadora são 404, e as listas não os têm."""
    token = api.token(operadora=alheia)
    [dela] = pedir(api, "GET", "/webhooks", token=token).dados["webhooks"]
    assert pedir(api, "GET", "/webhooks").dados["webhooks"] == []
    for metodo, resto, corpo in (
        ("GET", "", None), ("PATCH", "", {"ativo": False}), ("DELETE", "", None),
        ("POST", "/segredo", None), ("POST", "/teste", None), ("GET", "/entregas", None),
        ("POST", "/entregas/1/reenvio", None),
    ):  # fmt: skip
        pedir(api, metodo, f"/webhooks/{dela['id']}{resto}", corpo).problema(404)
    for metodo, resto, corpo in (
        ("GET", "", None), ("PATCH", "", {"ativo": False}), ("GET", "/credenciais", None),
        ("POST", "/credenciais", {"login": "x", "senha": "Abcd123!"}),
        ("DELETE", "/credenciais/x", None), ("PUT", f"/envia-por/{CODIGO}", None),
    ):  # fmt: skip
        pedir(api, metodo, f"/prestadores/ALHEIO{resto}", corpo).problema(404)
    pedir(api, "PUT", f"/prestadores/{CODIGO}/envia-por/ALHEIO").problema(404)
    codigos = [p["codigo"] for p in pedir(api, "GET", "/prestadores").dados["prestadores"]]
    assert codigos == [CODIGO]
    ano = {"ano": 2026}
    [primeiro, *_] = pedir(api, "POST", "/calendario/anos", ano, token=token).dados["periodos"]
    pedir(api, "DELETE", f"/calendario/{primeiro['id']}").problema(404)
    assert pedir(api, "GET", "/calendario").dados["periodos"] == []


@pytest.mark.parametrize("chave", ["x", "-1", "1.5", "9" * 30, "1%20", "é"])
def test_chave_que_nao_e_numero_e_404(api: Api, chave: str) -> None:
    """O que não pode ser uma chave não existe."""
    pedir(api, "GET", f"/webhooks/{chave}").problema(404)
    pedir(api, "DELETE", f"/calendario/{chave}").problema(404)


# --- operadora e prestadores ----------------------------------------------------------------------


def test_politica_da_operadora_muda_e_vale_na_mensagem_seguinte(api: Api) -> None:
    """A recusa passa de falha a mensagemErro sem reiniciar nada, e o resto fica como estava."""
    antes = pedir(api, "GET", "/operadora").dados
    torta = lote(numero="1")
    torta[-1].text = "0" * 32
    assert api.mesa.enviar(pronta(torta, selar=False)).resultado.falha
    mudada = pedir(api, "PATCH", "/operadora", {"recusa": "mensagemErro", "larguraProtocolo": 9})
    # as que não se dizem acompanham a do protocolo
    assert mudada.dados == antes | {
        "recusa": "mensagemErro",
        "larguraProtocolo": 9,
        "larguraRecurso": 12,
        "larguraDemonstrativo": 9,
    }
    assert not api.mesa.enviar(pronta(torta, selar=False)).resultado.falha
    assert auditados(api) == [("mudar", "operadora", "999999")]


def test_versao_recusada_pela_operadora_tem_dia(api: Api) -> None:
    """As versões recusadas trocam-se inteiras; uma que não está instalada não se aceita."""
    corpo = {"versoesRecusadas": {"3.05.00": "2026-01-31"}}
    assert pedir(api, "PATCH", "/operadora", corpo).dados["versoesRecusadas"] == {
        "3.05.00": "2026-01-31"
    }
    pedir(api, "PATCH", "/operadora", {"versoesRecusadas": {"9.99.99": "2026-01-31"}}).problema(422)


def test_prestador_credenciado_pela_api_envia_lotes(api: Api) -> None:
    """Credenciado, com login, o prestador entra; revogado o login, já não."""
    novo = {
        "codigo": "NOVO",
        "nome": "Clínica Nova",
        "cnpj": "11.222.333/0001-81",
        "cnes": "1234567",
    }
    criado = pedir(api, "POST", "/prestadores", novo).dados
    assert (criado["cnpj"], criado["ativo"], criado["enviaPor"]) == (_CNPJ, True, [])
    senha = {"login": "nova", "senha": "Abcd123!"}
    dada = pedir(api, "POST", "/prestadores/NOVO/credenciais", senha)
    assert dada.dados["login"] == "NOVA"
    assert b"Abcd123!" not in dada.corpo
    assert pedir(api, "DELETE", "/prestadores/NOVO/credenciais/nova").dados == {"feito": True}
    [mostrada] = pedir(api, "GET", "/prestadores/NOVO/credenciais").dados["credenciais"]
    assert (mostrada["login"], mostrada["ativa"]) == ("NOVA", False)
    assert auditados(api) == [
        ("credenciar", "prestador", "NOVO"),
        ("trocar-senha", "prestador", "NOVO"),
        ("revogar-credencial", "prestador", "NOVO"),
    ]
    with api.mesa.banco.leitura() as conn:
        detalhes = conn.execute(select(tabelas.auditoria.c.detalhes)).scalars().all()
    assert "Abcd123!" not in json.dumps(detalhes)


def test_inativo_deixa_de_entrar_e_volta(api: Api) -> None:
    """Desligado, o prestador é remetente desconhecido; ligado de novo, entra."""
    assert pedir(api, "PATCH", f"/prestadores/{CODIGO}", {"ativo": False}).dados["ativo"] is False
    assert api.mesa.enviar(pronta(lote(numero="1"))).palavra == "RemetenteInvalido"
    pedir(api, "PATCH", f"/prestadores/{CODIGO}", {"ativo": True})
    assert api.mesa.enviar_lote("1").protocolo


def test_envia_por_da_se_e_tira_se(api: Api) -> None:
    """A permissão aparece no prestador, repete-se sem efeito, e tira-se."""
    api.mesa.outro_prestador("OUTRO", cpf=_CPF)
    caminho = f"/prestadores/{CODIGO}/envia-por/OUTRO"
    for _ in range(2):
        assert pedir(api, "PUT", caminho).dados["enviaPor"] == ["OUTRO"]
    assert pedir(api, "DELETE", caminho).dados["enviaPor"] == []
    pedir(api, "PUT", f"/prestadores/{CODIGO}/envia-por/{CODIGO}").problema(409)


def test_versoes_do_prestador_trocam_se_inteiras(api: Api) -> None:
    """Dadas, só elas valem, cada uma até ao seu dia; com null voltam todas."""
    caminho = f"/prestadores/{CODIGO}"
    mudado = pedir(
        api, "PATCH", caminho, {"versoes": [{"versao": "4.02.00", "envioAte": "2099-12-31"}]}
    )
    assert mudado.dados["versoes"] == [
        {"versao": "4.02.00", "envioAte": "2099-12-31", "consultaAte": "2099-12-31"}
    ]
    assert api.mesa.enviar(pronta(lote(numero="1"))).palavra == "VersaoInvalida"
    assert pedir(api, "PATCH", caminho, {"versoes": None}).dados["versoes"] is None
    assert api.mesa.enviar_lote("1").protocolo


@pytest.mark.parametrize(
    ("corpo", "campo"),
    [
        ({"codigo": "N", "nome": "N"}, "corpo"),
        ({"codigo": "N", "nome": "N", "cnpj": _CNPJ, "cpf": _CPF}, "corpo"),
        ({"codigo": "N", "nome": "N", "cnpj": "11222333000182"}, "cnpj"),
        ({"codigo": "N", "nome": "N", "cpf": "52998224726"}, "cpf"),
        ({"codigo": "N", "nome": "N", "cpf": _CPF, "cnes": "123"}, "cnes"),
        ({"codigo": "N" * 15, "nome": "N", "cpf": _CPF}, "codigo"),
        ({"codigo": " N", "nome": "N", "cpf": _CPF}, "codigo"),
        ({"codigo": "N", "nome": "名前", "cpf": _CPF}, "nome"),
        ({"codigo": "N", "nome": "a\u0000b", "cpf": _CPF}, "nome"),
        ({"codigo": "N", "nome": "N", "cpf": _CPF, "recusa": "nunca"}, "recusa"),
        ({"codigo": "N", "nome": "N", "cpf": _CPF, "senha": "x"}, "senha"),
    ],
)
def test_prestador_que_nao_serve_e_recusado_pelo_campo(
    api: Api, corpo: dict[str, Any], campo: str
) -> None:
    """Falta, sobra ou valor impossível: 422 com o nome do campo, e nada se cria."""
    assert pedir(api, "POST", "/prestadores", corpo).campos() == {campo}
    assert len(pedir(api, "GET", "/prestadores").dados["prestadores"]) == 1


@pytest.mark.parametrize(
    ("corpo", "campo"),
    [
        ({"nome": None}, "nome"), ({"ativo": None}, "ativo"), ({"cnpj": None}, "cnpj"),
        ({"cpf": _CPF}, "cnpj"), ({"codigo": "X"}, "codigo"),
        ({"versoes": [{"versao": "4.02.00"}, {"versao": "4.02.00"}]}, "versoes"),
        ({"versoes": [{"versao": "4.02.00", "envioAte": "2026-02-01",
                       "consultaAte": "2026-01-01"}]}, "versoes"),
    ],
)  # fmt: skip
def test_mudanca_que_estraga_o_cadastro_e_recusada(
    api: Api, corpo: dict[str, Any], campo: str
) -> None:
    """O que fica precisa ter nome e uma só pessoa; o código não muda."""
    antes = pedir(api, "GET", f"/prestadores/{CODIGO}").dados
    assert pedir(api, "PATCH", f"/prestadores/{CODIGO}", corpo).campos() == {campo}
    assert pedir(api, "GET", f"/prestadores/{CODIGO}").dados == antes


def test_codigo_repetido_e_409(api: Api) -> None:
    """Dois prestadores não têm o mesmo código."""
    corpo = {"codigo": CODIGO, "nome": "N", "cpf": _CPF}
    pedir(api, "POST", "/prestadores", corpo).problema(409)


@pytest.mark.parametrize("senha", ["curta1!", "semmaiuscula1!", "SEMMINUSCULA1!", "SemSinal12"])
def test_senha_fraca_e_recusada(api: Api, senha: str) -> None:
    """São oito caracteres com as quatro classes, e o problema não repete a senha."""
    corpo = {"login": "nova", "senha": senha}
    recusada = pedir(api, "POST", f"/prestadores/{CODIGO}/credenciais", corpo)
    assert recusada.campos() == {"senha"}
    assert senha.encode() not in recusada.corpo
    with api.mesa.banco.leitura() as conn:
        assert credenciais.do_prestador(conn, api.mesa.prestador) == ()


def test_lista_de_prestadores_continua_pelo_cursor(api: Api) -> None:
    """Página a página vêm todos uma vez, e o filtro separa os inativos."""
    for n in range(5):
        api.mesa.outro_prestador(f"P{n}", cpf=_CPF, ativo=n % 2 == 0)
    vistos: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        pagina = api.pegar("/prestadores", limite=2, **cursor).dados
        vistos += [p["codigo"] for p in pagina["prestadores"]]
        if not pagina["haMais"]:
            break
        cursor = {"cursor": pagina["proximo"]}
    assert vistos == [CODIGO, "P0", "P1", "P2", "P3", "P4"]
    inativos = api.pegar("/prestadores", ativo="false").dados["prestadores"]
    assert [p["codigo"] for p in inativos] == ["P1", "P3"]
    assert len(api.pegar("/prestadores", formato="csv").linhas) == 7
    assert api.pegar("/prestadores", cursor="lixo").campos() == {"cursor"}


# --- regras e beneficiários -----------------------------------------------------------------------


def test_regra_muda_para_a_operadora_e_para_um_prestador(api: Api) -> None:
    """O ajuste do prestador vale por cima; um ajuste vazio devolve o que era."""
    mudada = pedir(api, "PUT", "/regras/soma-da-guia", {"nivel": "nota", "tolerancia": 5}).dados
    assert (mudada["nivel"], mudada["tolerancia"], mudada["origem"]) == ("nota", 5, "operadora")
    dele = pedir(api, "PUT", f"/regras/soma-da-guia?prestador={CODIGO}", {"nivel": "recusa"}).dados
    assert (dele["nivel"], dele["tolerancia"], dele["origem"]) == ("recusa", 5, "prestador")
    de_volta = pedir(api, "PUT", "/regras/soma-da-guia").dados
    assert (de_volta["nivel"], de_volta["origem"]) == ("critica", "padrão")
    chaves = [r["regra"] for r in pedir(api, "GET", "/regras").dados["regras"]]
    assert "fora-da-competencia" in chaves


def test_regra_que_nao_se_muda_assim_e_recusada(api: Api) -> None:
    """Desconhecida é 404; fixa, 409; sem tolerância ou com texto que não serve, 422."""
    pedir(api, "PUT", "/regras/inventada", {"nivel": "nota"}).problema(404)
    pedir(api, "PUT", "/regras/valor-negativo", {"nivel": "nota"}).problema(409)
    sem = pedir(api, "PUT", "/regras/guia-ja-apresentada", {"tolerancia": 1})
    assert sem.campos() == {"tolerancia"}
    assert pedir(api, "PUT", "/regras/guia-ja-apresentada", {"texto": "名"}).campos() == {"texto"}
    pedir(api, "PUT", "/regras/guia-ja-apresentada?prestador=NAOHA", {"nivel": "nota"}).problema(
        404
    )


def test_beneficiarios_gravam_se_e_a_busca_fica_na_auditoria(api: Api) -> None:
    """A carga cria e atualiza; a busca pela carteira registra de quem eram os dados."""
    carga = {"beneficiarios": [{"carteira": "00123", "nome": "Pessoa", "validade": "2030-01-31"}]}
    assert pedir(api, "PUT", "/beneficiarios", carga).dados == {"novos": 1, "atualizados": 0}
    assert pedir(api, "PUT", "/beneficiarios", carga).dados == {"novos": 0, "atualizados": 1}
    achado = pedir(api, "POST", "/beneficiarios/busca", {"carteira": "00123"}).dados
    assert (achado["nome"], achado["validade"]) == ("Pessoa", "2030-01-31")
    pedir(api, "POST", "/beneficiarios/busca", {"carteira": "999"}).problema(404)
    with api.mesa.banco.escrita() as conn:
        [acesso] = auditoria.de_titular(conn, api.mesa.operadora.id, "00123")
    assert (acesso.acao, acesso.alvo_tipo) == ("ler", "beneficiario")
    duas = {"beneficiarios": carga["beneficiarios"] * 2}
    assert pedir(api, "PUT", "/beneficiarios", duas).campos() == {"beneficiarios"}


# --- calendário -----------------------------------------------------------------------------------


def test_calendario_gera_se_lista_se_e_corrige_se(api: Api) -> None:
    """Um ano gerado, um período a mais para um prestador, outro apagado."""
    gerados = pedir(api, "POST", "/calendario/anos", {"ano": 2026, "ultimoDia": 10}).dados
    assert len(gerados["periodos"]) == 12
    pedir(api, "POST", "/calendario/anos", {"ano": 2026}).problema(409)
    retroativo = {
        "prestador": CODIGO, "competencia": "06/2025", "execucaoDe": "2025-06-01",
        "execucaoAte": "2025-06-30", "envioDe": "2026-01-01", "envioAte": "2026-01-20",
    }  # fmt: skip
    criado = pedir(api, "POST", "/calendario", retroativo).dados
    assert (criado["competencia"], criado["prestador"], criado["pagamento"]) == (
        "202506", CODIGO, "2026-01-30",
    )  # fmt: skip
    assert api.pegar("/calendario", competencia="202506").dados["periodos"] == [criado]
    assert len(api.pegar("/calendario", formato="csv").linhas) == 14
    assert pedir(api, "DELETE", f"/calendario/{criado['id']}").dados == {"feito": True}
    pedir(api, "DELETE", f"/calendario/{criado['id']}").problema(404)
    invertido = retroativo | {"envioAte": "2025-12-31"}
    assert pedir(api, "POST", "/calendario", invertido).campos() == {"envioAte"}
    alheio = retroativo | {"prestador": "NAOHA"}
    assert pedir(api, "POST", "/calendario", alheio).campos() == {"prestador"}


# --- webhooks -------------------------------------------------------------------------------------


def test_webhook_mostra_o_segredo_so_na_criacao(api: Api) -> None:
    """O segredo sai na criação e na troca, e em nenhuma outra resposta nem na auditoria."""
    criado = pedir(api, "POST", "/webhooks", {"url": _URL, "eventos": ["protocolo.pago"]}).dados
    assert criado["segredo"].startswith("whsec_")
    assert (criado["url"], criado["eventos"], criado["ativo"]) == (_URL, ["protocolo.pago"], True)
    trocado = pedir(api, "POST", f"/webhooks/{criado['id']}/segredo").dados
    assert trocado["segredo"] != criado["segredo"]
    assert trocado["segredoAnteriorAte"] is not None
    for caminho in ("/webhooks", f"/webhooks/{criado['id']}"):
        assert b"whsec_" not in api.pegar(caminho).corpo
    with api.mesa.banco.leitura() as conn:
        detalhes = json.dumps(conn.execute(select(tabelas.auditoria.c.detalhes)).scalars().all())
    assert "whsec_" not in detalhes
    assert "chave=segredo" not in detalhes
    assert auditados(api) == [
        ("criar", "webhook", criado["id"]), ("trocar-segredo", "webhook", criado["id"]),
    ]  # fmt: skip


def test_entregas_de_um_webhook_veem_se_e_reenviam_se(api: Api) -> None:
    """O que espera está na lista, com o teste pedido; um aviso pode mandar-se outra vez."""
    chave = pedir(api, "POST", "/webhooks", {"url": _URL}).dados["id"]
    numero = api.mesa.enviar_lote("1").protocolo
    assert pedir(api, "POST", f"/webhooks/{chave}/teste").dados == {"feito": True}
    vistas = api.pegar(f"/webhooks/{chave}/entregas").dados["entregas"]
    assert [(e["evento"], e["numero"], e["situacao"], e["estado"]) for e in vistas] == [
        ("protocolo.recebido", numero, 1, "pendente"), ("webhook.teste", None, None, "pendente"),
    ]  # fmt: skip
    assert api.pegar(f"/webhooks/{chave}").dados["pendentes"] == 2
    uma = api.pegar(f"/webhooks/{chave}/entregas", limite=1).dados
    assert uma["haMais"]
    resto = api.pegar(f"/webhooks/{chave}/entregas", cursor=uma["proximo"]).dados
    assert [*uma["entregas"], *resto["entregas"]] == vistas
    assert api.pegar(f"/webhooks/{chave}/entregas", estado="entregue").dados["entregas"] == []
    assert len(api.pegar(f"/webhooks/{chave}/entregas", formato="csv").linhas) == 3
    reenviada = pedir(api, "POST", f"/webhooks/{chave}/entregas/{vistas[0]['id']}/reenvio").dados
    assert reenviada["eventoId"] == vistas[0]["eventoId"]
    pedir(api, "POST", f"/webhooks/{chave}/entregas/999999/reenvio").problema(404)


def test_webhook_muda_desliga_se_e_apaga_se(api: Api) -> None:
    """O que não se diz fica; desligado continua à vista; apagado, não."""
    chave = pedir(api, "POST", "/webhooks", {"url": _URL}).dados["id"]
    outra = "https://outro.exemplo.com.br/"
    mudado = pedir(api, "PATCH", f"/webhooks/{chave}", {"url": outra}).dados
    assert (mudado["url"], mudado["eventos"], mudado["ativo"]) == (outra, None, True)
    so_pago = {"eventos": ["protocolo.pago"], "ativo": False}
    mudado = pedir(api, "PATCH", f"/webhooks/{chave}", so_pago).dados
    assert (mudado["eventos"], mudado["ativo"]) == (["protocolo.pago"], False)
    todos = pedir(api, "PATCH", f"/webhooks/{chave}", {"todosOsEventos": True}).dados
    assert todos["eventos"] is None
    assert pedir(api, "DELETE", f"/webhooks/{chave}").dados == {"feito": True}
    pedir(api, "GET", f"/webhooks/{chave}").problema(404)


@pytest.mark.parametrize(
    ("corpo", "campo"),
    [
        ({}, "url"), ({"url": "ftp://x/"}, "url"), ({"url": "https://u:s@x/"}, "url"),
        ({"url": "https://x/" + "y" * 600}, "url"), ({"url": 7}, "url"),
        ({"url": _URL, "eventos": []}, "eventos"),
        ({"url": _URL, "eventos": ["protocolo.inventado"]}, "eventos.0"),
        ({"url": _URL, "eventos": ["webhook.teste"]}, "eventos.0"),
        ({"url": _URL, "segredo": "meu"}, "segredo"),
    ],
)  # fmt: skip
def test_webhook_que_nao_serve_e_recusado_pelo_campo(
    api: Api, corpo: dict[str, Any], campo: str
) -> None:
    """Endereço ou evento que não serve: 422 com o nome do campo."""
    assert pedir(api, "POST", "/webhooks", corpo).campos() == {campo}


def test_webhook_para_onde_nao_se_manda_e_recusado_ao_criar_e_ao_mudar(api: Api) -> None:
    """Rede de dentro não listada, http público e nome que não há: 422 já no cadastro."""
    ips = {
        "publico.exemplo": "8.8.8.8",
        "dentro.exemplo": "10.9.0.1",
        "listado.exemplo": "10.1.0.1",
    }

    def resolver(nome: str, _porta: int) -> tuple[str, ...]:
        return (ips[nome],) if nome in ips else ()

    politica = Politica(redes(["10.1.0.0/16"]), resolver)
    base = api.aplicacao.state.base
    api.aplicacao.state.base = replace(base, conferir_destino=politica.destino)
    criado = pedir(api, "POST", "/webhooks", {"url": "https://publico.exemplo/a"}).dados
    for url, texto in (
        ("https://dentro.exemplo/a", "não é público"),
        ("http://publico.exemplo/a", "só https"),
        ("https://inventado.exemplo/a", "não se resolve"),
    ):
        for metodo, caminho in (("POST", "/webhooks"), ("PATCH", f"/webhooks/{criado['id']}")):
            [erro] = pedir(api, metodo, caminho, {"url": url}).problema(422)["erros"]
            assert erro["campo"] == "url"
            assert texto in erro["texto"]
    mudanca = {"url": "http://listado.exemplo/a"}
    assert pedir(api, "PATCH", f"/webhooks/{criado['id']}", mudanca).dados["url"] == mudanca["url"]
    [mostrado] = pedir(api, "GET", "/webhooks").dados["webhooks"]
    assert mostrado["url"] == mudanca["url"]


def test_protocolo_diz_ate_quando_se_podia_enviar(api: Api) -> None:
    """Com calendário, o protocolo traz o último dia de envio da sua guia mais velha."""
    numero = api.mesa.enviar_lote("1").protocolo
    lido = api.pegar(f"/protocolos/{numero}").dados
    assert lido["enviarAte"] is None
    executada = lido["guias"][0]["dataRealizacao"]
    periodo = {
        "competencia": "202601", "execucaoDe": executada, "execucaoAte": executada,
        "envioDe": "2026-01-01", "envioAte": "2026-02-05",
    }  # fmt: skip
    pedir(api, "POST", "/calendario", periodo)
    assert api.pegar(f"/protocolos/{numero}").dados["enviarAte"] == "2026-02-05"
