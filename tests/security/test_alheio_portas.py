"""Números de outro prestador e de outra operadora nas demais portas.

Cada porta, cada operação, com a identificação de quem não é: nada do outro se mostra nem muda.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from integration.api import Api, abrir_api
from integration.comandos import Terminal
from integration.documento import mesa_com_deposito
from integration.recepcao import CODIGO, REGISTRO, Mesa, Q, abrir_mesa, lote, pronta
from lxml import etree
from security import canario
from security.canario import achados, marcar
from sqlalchemy import select

from dominio.competencia import agora, dia
from dominio.transacoes import POR_SERVICO
from handlers.andamento import Pedido
from persistence import operadoras, tabelas, tokens
from persistence.tokens import Escopo
from prestador import mensagem_xml
from prestador.arquivos_inventados import pdf
from prestador.cabecalho import cabecalho
from prestador.cancelamentos import (
    GuiaACancelar,
    corpo_cancelamento_guias,
    corpo_cancelamento_lote,
)
from prestador.demonstrativos import corpo_analise, corpo_pagamento
from prestador.documentos import corpo_documento
from prestador.lotes import corpo_status
from prestador.valores import identificado

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from persistence.banco import Banco
    from prestador.valores import Corpo

ALHEIO, DA_OUTRA = "500001", "888888"
EU, OUTRO = identificado("codigo", CODIGO), identificado("codigo", ALHEIO)
VERSAO, HOJE = "4.03.00", dia(agora())
NUMERO = "L7"
DELE = (*canario.DE_MENSAGENS,)
_SO_DE_QUEM_LE = frozenset({"token_api", "mensagem", "folha", "execucao", "cota_endereco"})
"""O que uma pergunta pode escrever: o uso do token e o arquivo das próprias mensagens."""


class Vizinhos(NamedTuple):
    """Eu e outro prestador numa operadora, e outra operadora com um prestador do mesmo código.

    Attributes:
        mesa: a operadora em que estou, com os dois lotes.
        outra: a outra.
        protocolo: do lote do outro prestador.
        meu: do meu lote.
        da_outra: do lote na outra operadora.
        mensagem: a do lote do outro.
    """

    mesa: Mesa
    outra: Mesa
    protocolo: str
    meu: str
    da_outra: str
    mensagem: str


@pytest.fixture
def vizinhos(banco: Banco, tmp_path: Path) -> Vizinhos:
    """Cada vizinho com um lote; os que não são meus têm canários."""
    mesa = mesa_com_deposito(banco, tmp_path / "documentos")
    mesa.outro_prestador(ALHEIO, cnpj="99888777000100")
    outra = abrir_mesa(banco, operadora={"registro_ans": DA_OUTRA, "inicio_serie": 70_000_000})
    do_outro = mesa.enviar(pronta(marcar(lote(numero=NUMERO, quem=OUTRO))))
    meu = mesa.enviar(pronta(lote(numero="M7"))).recibo.protocolo
    la = outra.enviar(pronta(marcar(lote(numero=NUMERO, registro_ans=DA_OUTRA)))).recibo.protocolo
    assert do_outro.recibo.protocolo is not None
    assert meu is not None
    assert la is not None
    return Vizinhos(mesa, outra, do_outro.recibo.protocolo, meu, la, do_outro.id)


def _tudo(mesa: Mesa, fora: frozenset[str] = _SO_DE_QUEM_LE) -> dict[str, list[str]]:
    """Todas as linhas do banco, menos as das tabelas que qualquer pedido escreve."""
    with mesa.banco.leitura() as conn:
        return {
            nome: sorted(map(repr, conn.execute(select(tabela))))
            for nome, tabela in tabelas.metadados.tables.items()
            if nome not in fora
        }


# --- serviços e arquivos ----------------------------------------------------------------------

GUIA = f"{NUMERO}001"
OPERACOES: dict[str, tuple[str, Callable[[Vizinhos], Corpo]]] = {
    "situação: protocolo do outro": (
        "tissSolicitacaoStatusProtocolo", lambda v: corpo_status(VERSAO, EU, v.protocolo)),
    "situação: em nome do outro": (
        "tissSolicitacaoStatusProtocolo", lambda v: corpo_status(VERSAO, OUTRO, v.protocolo)),
    "situação: protocolo da outra operadora": (
        "tissSolicitacaoStatusProtocolo", lambda v: corpo_status(VERSAO, EU, v.da_outra)),
    "cancelar: lote do outro": (
        "tissCancelaGuia", lambda _: corpo_cancelamento_lote(VERSAO, EU, NUMERO)),
    "cancelar: lote do outro, com o protocolo": (
        "tissCancelaGuia", lambda v: corpo_cancelamento_lote(VERSAO, EU, NUMERO, v.protocolo)),
    "cancelar: meu lote com o protocolo do outro": (
        "tissCancelaGuia", lambda v: corpo_cancelamento_lote(VERSAO, EU, "M7", v.protocolo)),
    "cancelar: lote em nome do outro": (
        "tissCancelaGuia", lambda v: corpo_cancelamento_lote(VERSAO, OUTRO, NUMERO, v.protocolo)),
    "cancelar: lote da outra operadora": (
        "tissCancelaGuia", lambda v: corpo_cancelamento_lote(VERSAO, EU, NUMERO, v.da_outra)),
    "cancelar: guia do outro": (
        "tissCancelaGuia", lambda _: corpo_cancelamento_guias(VERSAO, EU, [GuiaACancelar(GUIA)])),
    "cancelar: guia do outro, com o protocolo": (
        "tissCancelaGuia",
        lambda v: corpo_cancelamento_guias(
            VERSAO, EU, [GuiaACancelar(GUIA, protocolo=v.protocolo)])),
    "cancelar: guia em nome do outro": (
        "tissCancelaGuia",
        lambda _: corpo_cancelamento_guias(VERSAO, OUTRO, [GuiaACancelar(GUIA)])),
    "cancelar: guia da outra operadora": (
        "tissCancelaGuia",
        lambda v: corpo_cancelamento_guias(
            VERSAO, EU, [GuiaACancelar(GUIA, protocolo=v.da_outra)])),
    "demonstrativo: análise do protocolo do outro": (
        "tissSolicitacaoDemonstrativoRetorno",
        lambda v: corpo_analise(VERSAO, EU, [v.protocolo], HOJE)),
    "demonstrativo: análise em nome do outro": (
        "tissSolicitacaoDemonstrativoRetorno",
        lambda v: corpo_analise(VERSAO, OUTRO, [v.protocolo], HOJE)),
    "demonstrativo: análise do protocolo da outra operadora": (
        "tissSolicitacaoDemonstrativoRetorno",
        lambda v: corpo_analise(VERSAO, EU, [v.da_outra], HOJE)),
    "demonstrativo: pagamento em nome do outro": (
        "tissSolicitacaoDemonstrativoRetorno",
        lambda _: corpo_pagamento(VERSAO, OUTRO, HOJE, HOJE)),
    "documento: protocolo do outro": (
        "tissEnvioDocumentos", lambda v: corpo_documento(pdf(), protocolo=v.protocolo)),
    "documento: lote do outro": (
        "tissEnvioDocumentos", lambda _: corpo_documento(pdf(), numero_lote=NUMERO)),
    "documento: protocolo da outra operadora": (
        "tissEnvioDocumentos", lambda v: corpo_documento(pdf(), protocolo=v.da_outra)),
    "documento: guia do outro no protocolo dele": (
        "tissEnvioDocumentos",
        lambda v: corpo_documento(pdf(), protocolo=v.protocolo, guia_prestador=GUIA)),
    "documento: guia do outro no meu protocolo": (
        "tissEnvioDocumentos",
        lambda v: corpo_documento(pdf(), protocolo=v.meu, guia_prestador=GUIA)),
}  # fmt: skip
"""Operação e identificação alheia -> serviço e corpo do pedido."""


def _por_soap(v: Vizinhos, servico: str, corpo: Corpo) -> bytes:
    transacao = POR_SERVICO[servico]
    cab = cabecalho(transacao.tipo_pedido, VERSAO, EU, REGISTRO)
    mensagem = mensagem_xml.mensagem_ws(transacao, cab, corpo)
    return v.mesa.enviar(pronta(mensagem), servico=servico).resultado.corpo


def _em_arquivo(v: Vizinhos, servico: str, corpo: Corpo) -> bytes:
    transacao = POR_SERVICO[servico]
    cab = cabecalho(transacao.tipo_pedido, VERSAO, EU, REGISTRO)
    dados = etree.tostring(mensagem_xml.mensagem_arquivo(transacao, cab, corpo))
    resultado = v.mesa.recepcao.receber(Pedido(dados, None, None, "upload", uuid.uuid4().hex))
    assert resultado.erro != "inesperado"
    return resultado.corpo


@pytest.mark.parametrize("porta", [_por_soap, _em_arquivo], ids=["soap", "arquivo"])
@pytest.mark.parametrize("operacao", OPERACOES)
def test_operacao_com_numero_alheio(
    vizinhos: Vizinhos, operacao: str, porta: Callable[[Vizinhos, str, Corpo], bytes]
) -> None:
    """A operação não mostra nem muda o que é de outro, e responde sem erro nosso."""
    servico, fazer = OPERACOES[operacao]
    antes = _tudo(vizinhos.mesa)
    corpo = porta(vizinhos, servico, fazer(vizinhos))
    assert achados(corpo, DELE) == set()
    assert b"ErroInesperado" not in corpo
    assert _tudo(vizinhos.mesa) == antes


def test_cancelar_o_alheio_e_o_inexistente_se_respondem_igual(vizinhos: Vizinhos) -> None:
    """Pela resposta a um cancelamento não se sabe se o lote ou a guia do outro existe."""

    def situacoes(corpo: Corpo) -> list[str | None]:
        raiz = etree.fromstring(_por_soap(vizinhos, "tissCancelaGuia", corpo))
        nomes = {f"{Q}statusCancelamento", f"{Q}codigoGlosa", f"{Q}descricaoGlosa"}
        return [e.text for e in raiz.iter() if e.tag in nomes]

    do_outro = situacoes(corpo_cancelamento_lote(VERSAO, EU, NUMERO, vizinhos.protocolo))
    assert do_outro == situacoes(corpo_cancelamento_lote(VERSAO, EU, "NAOHA", "99999999"))
    da_guia = situacoes(corpo_cancelamento_guias(VERSAO, EU, [GuiaACancelar(GUIA)]))
    assert da_guia == situacoes(corpo_cancelamento_guias(VERSAO, EU, [GuiaACancelar("NAOHA001")]))
    assert do_outro
    assert da_guia


# --- API --------------------------------------------------------------------------------------


@pytest.fixture
def api(vizinhos: Vizinhos) -> Iterator[Api]:
    """A API da operadora em que estou; cada pedido diz o seu token."""
    with abrir_api(vizinhos.mesa) as aberta:
        yield aberta


def _caminhos(api: Api, metodo: str) -> list[str]:
    caminhos = api.aplicacao.openapi()["paths"]
    return sorted(
        inteiro.removeprefix("/api/v1")
        for inteiro, metodos in caminhos.items()
        if metodo in metodos and not inteiro.endswith("/mensagens")
    )


def test_token_de_outra_operadora_nao_ve_nada_meu(api: Api, vizinhos: Vizinhos) -> None:
    """Com o número de um protocolo meu, o token da outra não acha nada, e as listas não o têm."""
    la = api.token(operadora=vizinhos.outra.operadora)
    proprio = {
        caminho: api.pedir("GET", re.sub(r"{\w+}", vizinhos.protocolo, caminho), token=api.token())
        for caminho in _caminhos(api, "get")
    }
    antes = _tudo(vizinhos.mesa, _SO_DE_QUEM_LE | {"auditoria", "auditoria_titular", "segredo"})
    for caminho, minha in proprio.items():
        pedido = re.sub(r"{\w+}", vizinhos.protocolo, caminho)
        for opcao in ("", "?formato=csv", "?formato=html"):
            resposta = api.pedir("GET", pedido + opcao, token=la)
            assert vizinhos.protocolo.encode() not in resposta.corpo, pedido
            assert vizinhos.mensagem.encode() not in resposta.corpo, pedido
            if "{numero}" in caminho and minha.status == 200:
                # um formato que o endereço não tem recusa-se antes de procurar
                assert resposta.status == 404 or (opcao and resposta.status == 422), pedido
    depois = _tudo(vizinhos.mesa, _SO_DE_QUEM_LE | {"auditoria", "auditoria_titular", "segredo"})
    assert antes == depois
    assert sum(minha.status == 200 for minha in proprio.values()) > 8


def test_token_de_outra_operadora_nao_muda_nada_meu(api: Api, vizinhos: Vizinhos) -> None:
    """O que muda alguma coisa, com o número de um protocolo meu, não muda nada."""
    la = api.token(operadora=vizinhos.outra.operadora)
    corpos: list[dict[str, Any]] = [
        {}, {"para": 2, "motivo": "motivo"}, {"guias": []}, {"completar": True}, {"motivo": "x y"},
    ]  # fmt: skip
    antes = _tudo(vizinhos.mesa)
    for caminho in _caminhos(api, "post"):
        pedido = re.sub(r"{\w+}", vizinhos.protocolo, caminho)
        for corpo in corpos:
            resposta = api.pedir(
                "POST", pedido, token=la, corpo=json.dumps(corpo).encode(),
                cabecalhos={
                    "content-type": "application/json", "if-match": "*",
                    "idempotency-key": uuid.uuid4().hex,
                },
            )  # fmt: skip
            assert resposta.status in {400, 404, 409, 422, 428}, (pedido, resposta.corpo)
            assert achados(resposta.corpo, DELE) == set()
    assert _tudo(vizinhos.mesa) == antes


def test_operadora_do_pedido_nao_passa_por_cima_da_do_token(api: Api, vizinhos: Vizinhos) -> None:
    """Dizer a minha operadora num filtro, com o token da outra, é recusado."""
    la = api.token(operadora=vizinhos.outra.operadora)
    for caminho in ("/protocolos", "/guias", "/importacoes", "/auditoria"):
        api.pedir("GET", caminho, token=la, consulta={"operadora": REGISTRO}).problema(404)


def test_cursor_de_uma_operadora_nao_abre_a_outra(api: Api, vizinhos: Vizinhos) -> None:
    """O cursor de uma lista minha, com o token da outra, não mostra nada meu."""
    la = api.token(operadora=vizinhos.outra.operadora)
    for caminho in ("/protocolos", "/guias", "/importacoes", "/auditoria"):
        cursor = api.pedir("GET", caminho, token=api.token(), consulta={"limite": 1})
        proximo = cursor.dados["proximo"]
        resposta = api.pedir("GET", caminho, token=la, consulta={"cursor": proximo})
        assert vizinhos.protocolo.encode() not in resposta.corpo
        assert vizinhos.meu.encode() not in resposta.corpo


# --- comandos ---------------------------------------------------------------------------------


@pytest.fixture
def terminal(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    vizinhos: Vizinhos,
) -> Terminal:
    """A linha de comando sobre o banco dos vizinhos."""
    url = vizinhos.mesa.banco.url.render_as_string(hide_password=False)
    return Terminal(monkeypatch, capsys, tmp_path).usar(url)


COMANDOS: dict[str, tuple[str, ...]] = {
    "análise automática": ("analise", "automatica", "--protocolo", "{protocolo}"),
    "token": ("token", "revoke", "--prefixo", "{token}"),
    "senha": ("prestador", "senha", "--codigo", ALHEIO, "--login", "dele", "--senha", "Nova#123"),
    "credencial": ("prestador", "credencial", "revoke", "--codigo", ALHEIO, "--login", "dele"),
    "credenciais": ("prestador", "credencial", "list", "--codigo", ALHEIO),
    "certificados": ("prestador", "certificado", "list", "--codigo", ALHEIO),
    "certificado": ("prestador", "certificado", "remove", "--codigo", ALHEIO, "ab" * 32),
    "autenticação": ("prestador", "autenticacao", "--codigo", ALHEIO, "--exige", "certificado"),
    "política": ("prestador", "set", ALHEIO, "--assinatura", "required"),
    "homologação": ("homologacao", "report", "--prestador", ALHEIO),
    "liberar": ("homologacao", "liberar", "--prestador", ALHEIO),
    "regra": ("regras", "set", "--prestador", ALHEIO, "--regra", "soma-do-item", "--nivel", "nota"),
    "confiança": ("trust", "remove", "ab" * 32),
}
"""Operação -> comando, sem ``--registro-ans``, com a identificação de quem é de outra operadora."""


@pytest.mark.parametrize("operacao", COMANDOS)
def test_comando_de_uma_operadora_nao_alcanca_a_outra(
    vizinhos: Vizinhos, terminal: Terminal, operacao: str
) -> None:
    """Com o registro de outra operadora, o comando recusa o que é desta, e nada muda."""
    outro = vizinhos.mesa.outro_prestador("500002", homologacao=True)
    vizinhos.mesa.dar_login("dele", "Dele#1", outro)
    with vizinhos.mesa.banco.escrita() as conn:
        token = tokens.criar(
            conn, vizinhos.mesa.operadora.id, nome="meu", escopos=(Escopo.LEITURA,), agora=agora()
        ).token.prefixo
    antes = _tudo(vizinhos.mesa)
    trocas = {"protocolo": vizinhos.protocolo, "token": token}
    argumentos = [parte.format(**trocas) for parte in COMANDOS[operacao]]
    feito = terminal(*argumentos, "--registro-ans", DA_OUTRA)
    assert feito.codigo == 1, feito.texto
    assert achados((feito.texto + feito.erro).encode(), DELE) == set()
    assert _tudo(vizinhos.mesa) == antes


@pytest.mark.parametrize(
    "comando", [("token", "list"), ("regras", "list"), ("prestador", "hash"), ("trust", "list")]
)
def test_lista_de_uma_operadora_nao_traz_a_outra(
    vizinhos: Vizinhos, terminal: Terminal, comando: tuple[str, ...]
) -> None:
    """O que se lista de uma operadora não tem nada da outra."""
    with vizinhos.mesa.banco.escrita() as conn:
        tokens.criar(
            conn, vizinhos.mesa.operadora.id, nome="CANARIONOME", escopos=(Escopo.LEITURA,),
            agora=agora(),
        )  # fmt: skip
    feito = terminal(*comando, "--registro-ans", DA_OUTRA, "--json")
    assert feito.codigo == 0, feito.erro
    assert ALHEIO not in feito.texto
    assert "CANARIONOME" not in feito.texto


def test_relatorio_de_titular_so_tem_os_da_operadora(
    vizinhos: Vizinhos, terminal: Terminal
) -> None:
    """A mesma carteira em duas operadoras: o relatório de cada uma só diz os seus protocolos."""
    carteira = ("--carteira", canario.CARTEIRA.valor)
    aqui = terminal("titular", "report", "--registro-ans", REGISTRO, *carteira)
    la = terminal("titular", "report", "--registro-ans", DA_OUTRA, *carteira)
    assert vizinhos.protocolo in aqui.texto
    assert vizinhos.da_outra not in aqui.texto
    assert vizinhos.da_outra in la.texto
    assert vizinhos.protocolo not in la.texto


def test_operadora_que_nao_ha_e_recusada(vizinhos: Vizinhos, terminal: Terminal) -> None:
    """Um registro que não é de nenhuma operadora não cai em nenhuma."""
    with vizinhos.mesa.banco.leitura() as conn:
        assert operadoras.por_registro(conn, "777777") is None
    for comando in (("token", "list"), ("titular", "report", "--carteira", "1")):
        assert terminal(*comando, "--registro-ans", "777777").codigo == 1
