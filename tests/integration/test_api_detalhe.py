"""Um protocolo por dentro: guias, itens, críticas, histórico, os bytes, e quem os acessou."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.recepcao import EU, LOTE, REGISTRO, lote, pronta
from lxml import etree
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from backoffice.api import base as base_da_api
from dominio.competencia import agora, dia
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from handlers.andamento import Pedido
from persistence import auditoria, beneficiarios, operadoras, protocolos, tabelas
from persistence.beneficiarios import Beneficiario
from persistence.erros import BancoIndisponivel
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_lote
from prestador.mensagem_xml import mensagem_arquivo

if TYPE_CHECKING:
    from integration.api import Api
    from integration.comandos import Terminal
    from integration.recepcao import Mesa

    from persistence.auditoria import Evento

S = StatusProtocolo


def _carteiras(mesa: Mesa, numero: str | None) -> list[str]:
    with mesa.banco.leitura() as conn:
        guardadas = protocolos.guias(conn, mesa.protocolo(numero).lote_id or 0)
    return [guia.beneficiario.carteira for guia in guardadas]


def _eventos(mesa: Mesa) -> list[Evento]:
    with mesa.banco.leitura() as conn:
        return list(auditoria.listar(conn, mesa.operadora.id))


def _acessos(mesa: Mesa, carteira: str) -> list[tuple[str, str, str]]:
    with mesa.banco.escrita() as conn:
        eventos = auditoria.de_titular(conn, mesa.operadora.id, carteira)
    return [(e.acao, e.alvo_tipo, e.alvo) for e in eventos]


def test_protocolo_inteiro_traz_guias_itens_criticas_e_historico(api: Api) -> None:
    """O que se guardou do lote volta inteiro, com os quatro valores em cada nível."""
    numero = api.mesa.enviar_lote("L1", tipo=TipoGuia.SADT, guias=2, itens=3).protocolo
    api.mesa.transitar(numero, S.EM_ANALISE)
    guardado = api.mesa.protocolo(numero)
    with api.mesa.banco.leitura() as conn:
        guias = protocolos.guias(conn, guardado.lote_id or 0)
        itens = protocolos.itens(conn, guardado.lote_id or 0)
    dados = api.pegar(f"/protocolos/000{numero}").dados
    assert dados["operadora"] == {"registroAns": "999999", "nome": "Operadora Inventada"}
    assert [g["numeroGuiaPrestador"] for g in dados["guias"]] == [g.numero_prestador for g in guias]
    assert [g["valores"]["informado"] for g in dados["guias"]] == [str(g.informado) for g in guias]
    obtidos = [
        (g["posicao"], i["posicao"], i["codigo"], i["quantidade"], i["valores"]["informado"])
        for g in dados["guias"]
        for i in g["itens"]
    ]
    assert obtidos == [
        (i.guia_posicao, i.posicao, i.item.codigo, str(i.item.quantidade), str(i.item.valor_total))
        for i in itens
    ]
    assert [c["regra"] for c in dados["criticas"]] == ["numero-do-lote-nao-numerico"]
    assert [(h["de"] and h["de"]["codigo"], h["para"]["codigo"]) for h in dados["historico"]] == [
        (None, 1), (1, 2),
    ]  # fmt: skip
    assert dados["situacoesPermitidas"] == [4, 5, 8, 9]
    assert dados["dataPagamento"] is None


def test_data_de_pagamento_e_o_dia_em_que_passou_a_pago(api: Api) -> None:
    """Pago, o protocolo diz quando; estornado, deixa de dizer."""
    numero = api.mesa.enviar_lote("1").protocolo
    api.mesa.transitar(numero, S.EM_ANALISE, S.ANALISADO, S.LIBERADO, S.PAGO)
    pago = api.pegar(f"/protocolos/{numero}").dados["dataPagamento"]
    api.mesa.transitar(numero, S.LIBERADO)
    assert pago == dia(agora()).isoformat()
    assert api.pegar(f"/protocolos/{numero}").dados["dataPagamento"] is None


@pytest.mark.parametrize("numero", ["0", "77", "abc", "1e3", "9" * 30, "-1", "' OR 1=1", "１２"])
def test_protocolo_que_nao_ha_e_404(api: Api, numero: str) -> None:
    """Um número desconhecido, ou o que nem número é, responde 404 em problema."""
    for resto in ("", "/guias", "/criticas", "/mensagem", "/resposta"):
        api.pegar(f"/protocolos/{numero}{resto}").problema(404)


def test_guias_vem_em_paginas_com_o_aviso_do_limite(api: Api) -> None:
    """As guias do lote vêm aos pedaços, todas e em ordem, com quantas são e quantas cabem."""
    numero = api.mesa.enviar_lote("1", guias=7).protocolo
    posicoes: list[int] = []
    consulta: dict[str, Any] = {"limite": 3}
    while True:
        pagina = api.pegar(f"/protocolos/{numero}/guias", **consulta).dados
        posicoes += [guia["posicao"] for guia in pagina["guias"]]
        assert (pagina["quantidade"], pagina["limitePorLote"]) == (7, 100)
        if not pagina["haMais"]:
            break
        consulta["cursor"] = pagina["proximo"]
    assert posicoes == [1, 2, 3, 4, 5, 6, 7]
    assert pagina["aviso"] == "O lote tem 7 guias; o limite é de 100 guias por lote."


def test_guia_na_lista_tem_as_colunas_da_pagina_do_lote(api: Api) -> None:
    """Data de digitação, beneficiário, número no prestador e os quatro valores."""
    numero = api.mesa.enviar_lote("1", guias=1).protocolo
    [carteira] = _carteiras(api.mesa, numero)
    with api.mesa.banco.escrita() as conn:
        beneficiarios.gravar(conn, api.mesa.operadora.id, [Beneficiario(carteira, "Ana Inventada")])
    [guia] = api.pegar(f"/protocolos/{numero}/guias").dados["guias"]
    guardado = api.mesa.protocolo(numero)
    assert guia["dataDigitacao"] == dia(guardado.recebido_em).isoformat()
    assert guia["beneficiario"] == {"carteira": carteira, "nome": "Ana Inventada"}
    assert guia["valores"]["informado"] == str(guardado.informado)
    assert set(guia["valores"]) == {"informado", "processado", "glosado", "liberado"}


def test_guias_se_filtram_por_periodo_tipo_e_situacao(api: Api) -> None:
    """As guias de todos os lotes se separam por período, tipo, situação e número."""
    api.mesa.enviar_lote("1", tipo=TipoGuia.CONSULTA, guias=2)
    sadt = api.mesa.enviar_lote("2", tipo=TipoGuia.SADT, guias=1, semente=2).protocolo
    api.mesa.transitar(sadt, S.EM_ANALISE)
    todas = api.pegar("/guias").dados["guias"]
    atendidas = {guia["dataAtendimento"] for guia in todas}
    hoje = dia(agora()).isoformat()
    [unica] = [g for g in todas if g["numeroProtocolo"] == sadt]
    assert len(todas) == 3
    for consulta, quantas in (
        ({"recebidoDe": hoje, "recebidoAte": hoje}, 3),
        ({"recebidoAte": "2001-01-01"}, 0),
        ({"atendimentoDe": min(atendidas), "atendimentoAte": max(atendidas)}, 3),
        ({"atendimentoAte": "2001-01-01"}, 0),
        ({"tipoGuia": "guiaSP-SADT"}, 1),
        ({"status": 2}, 1),
        ({"status": 1}, 2),
        ({"numeroGuiaPrestador": unica["numeroGuiaPrestador"], "tipoGuia": "guiaSP-SADT"}, 1),
        ({"prestador": "x"}, 0),
    ):
        assert len(api.pegar("/guias", **consulta).dados["guias"]) == quantas, consulta


@pytest.mark.parametrize(
    ("caminho", "consulta", "campo"),
    [
        ("/guias", {"carteira": "123"}, "carteira"),
        ("/guias", {"atendimentoDe": "x"}, "atendimentoDe"),
        ("/guias", {"cursor": "cHwxfDI"}, "cursor"),
        ("/guias", {"status": "0"}, "status"),
        ("/protocolos/10000001/guias", {"limite": "-1"}, "limite"),
        ("/importacoes", {"cursor": "aXx4fHk"}, "cursor"),
        ("/importacoes", {"desfecho": "boa"}, "desfecho"),
        ("/auditoria", {"cursor": "cHwxfDI"}, "cursor"),
    ],
)
def test_filtro_das_outras_listas_tambem_e_conferido(
    api: Api, caminho: str, consulta: dict[str, str], campo: str
) -> None:
    """O campo que não serve é nomeado; por carteira não se filtra, que endereços ficam em logs."""
    api.mesa.enviar_lote("1")
    assert api.pegar(caminho, **consulta).campos() == {campo}


def test_mensagem_vem_como_chegou_com_a_senha_escondida(api: Api) -> None:
    """Os bytes são os recebidos, byte a byte, menos a senha; a resposta é a que saiu."""
    api.mesa.dar_login("hospital", "Segredo#1")
    enviada = pronta(lote(numero="1", login="hospital", senha="Segredo#1"))
    resposta = api.mesa.enviar(enviada)
    numero = resposta.recibo.protocolo
    mensagem = api.pegar(f"/protocolos/{numero}/mensagem")
    guardada = api.mesa.arquivada(resposta.id)
    assert mensagem.corpo == guardada.pedido
    assert b"<ans:senhaPrestador>***</ans:senhaPrestador>" in mensagem.corpo
    assert mensagem.cabecalhos["content-type"] == "application/xml"
    respondida = api.pegar(f"/protocolos/{numero}/resposta")
    assert respondida.corpo == resposta.resultado.corpo


@pytest.mark.parametrize("resto", ["", "/guias", "/mensagem", "/resposta"])
def test_cada_leitura_de_dados_de_paciente_e_um_evento(api: Api, resto: str) -> None:
    """Quem leu, por que token, o quê e de quem: um evento por acesso, achado pela carteira."""
    numero = api.mesa.enviar_lote("1", guias=2).protocolo
    api.pegar(f"/protocolos/{numero}{resto}")
    [evento] = _eventos(api.mesa)
    assert evento.quem.startswith("token ")
    assert (evento.porta, evento.acao) == ("api", "ler")
    assert (evento.detalhes or {})["endereco"] == "192.0.2.7"
    for carteira in _carteiras(api.mesa, numero):
        assert _acessos(api.mesa, carteira) == [("ler", evento.alvo_tipo, evento.alvo)]
    assert _acessos(api.mesa, "não é de ninguém") == []


def test_planilha_de_guias_e_um_evento_so(api: Api) -> None:
    """Exportar as guias registra um evento, com todas as pessoas que estão na planilha."""
    numero = api.mesa.enviar_lote("1", guias=3).protocolo
    assert len(api.pegar("/guias", formato="csv").linhas) == 4
    [evento] = _eventos(api.mesa)
    assert evento.acao == "exportar"
    for carteira in _carteiras(api.mesa, numero):
        assert _acessos(api.mesa, carteira) == [("exportar", "guias", "lista")]


def test_listas_sem_pacientes_nao_sao_auditadas(api: Api) -> None:
    """Números e valores de lotes não são dados de ninguém: ler a lista não registra nada."""
    numero = api.mesa.enviar_lote("1").protocolo
    for caminho in ("/protocolos", f"/protocolos/{numero}/criticas", "/importacoes", "/situacoes"):
        assert api.pegar(caminho).status == 200
    assert _eventos(api.mesa) == []


@pytest.mark.parametrize("resto", ["", "/guias", "/mensagem", "/resposta"])
def test_sem_auditoria_nao_ha_dados(api: Api, monkeypatch: pytest.MonkeyPatch, resto: str) -> None:
    """Se o evento não se grava, os dados não saem."""
    numero = api.mesa.enviar_lote("1").protocolo
    [carteira] = _carteiras(api.mesa, numero)

    def falhar(*_: object, **__: object) -> None:
        raise BancoIndisponivel

    token = api.token()
    api.pedir("GET", "/situacoes", token=token)
    monkeypatch.setattr(base_da_api.auditoria, "registrar", falhar)
    resposta = api.pedir("GET", f"/protocolos/{numero}{resto}", token=token)
    resposta.problema(503)
    assert carteira.encode() not in resposta.corpo


def test_a_auditoria_nao_guarda_a_carteira(api: Api) -> None:
    """Nas tabelas da auditoria a carteira só existe resumida com uma chave."""
    numero = api.mesa.enviar_lote("1").protocolo
    [carteira] = _carteiras(api.mesa, numero)
    api.pegar(f"/protocolos/{numero}")
    with api.mesa.banco.leitura() as conn:
        linhas = [
            str(linha)
            for tabela in ("auditoria", "auditoria_titular")
            for linha in conn.execute(text(f"SELECT * FROM {tabela}"))  # noqa: S608
        ]
    assert len(linhas) == 2
    assert not [linha for linha in linhas if carteira in linha]


@pytest.mark.parametrize(
    "comando",
    [
        "UPDATE auditoria SET quem = 'ninguém'",
        "DELETE FROM auditoria",
        "DELETE FROM auditoria_titular",
        "UPDATE auditoria_titular SET resumo = ''",
    ],
)
def test_o_banco_recusa_mexer_na_auditoria(api: Api, comando: str) -> None:
    """Nem por SQL direto se muda um evento ou se apaga um recente."""
    numero = api.mesa.enviar_lote("1").protocolo
    api.pegar(f"/protocolos/{numero}")
    with pytest.raises(DBAPIError), api.mesa.banco.escrita() as conn:
        conn.execute(text(comando))
    assert len(_eventos(api.mesa)) == 1


def test_eventos_velhos_se_apagam_e_os_outros_ficam(
    api: Api, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    """``auditoria purge`` apaga os de mais de tantos dias; menos de 90 não aceita."""
    velho = agora() - timedelta(days=200)
    with monkeypatch.context() as m, api.mesa.banco.escrita() as conn:
        m.setattr(auditoria, "agora", lambda: velho)
        auditoria.registrar(
            conn, operadora_id=api.mesa.operadora.id, quem="a", porta="cli", acao="ler",
            alvo_tipo="x", alvo="velho", carteira="00123",
        )  # fmt: skip
    with api.mesa.banco.escrita() as conn:
        auditoria.registrar(
            conn, operadora_id=api.mesa.operadora.id, quem="a", porta="cli", acao="ler",
            alvo_tipo="x", alvo="novo",
        )  # fmt: skip
        with pytest.raises(ValueError, match="90 dias"):
            auditoria.apagar(conn, agora(), 10)
    assert terminal("auditoria", "purge", "--dias", "90").codigo == 2
    assert terminal("auditoria", "purge", "--dias", "100", "--json").dados == {"apagados": 1}
    assert [e.alvo for e in _eventos(api.mesa)] == ["novo"]


def test_auditoria_se_le_por_quem_administra(api: Api) -> None:
    """A lista de eventos vem em páginas, do mais velho ao mais novo, também em planilha."""
    numero = api.mesa.enviar_lote("1").protocolo
    for resto in ("", "/guias", "/mensagem"):
        api.pegar(f"/protocolos/{numero}{resto}")
    primeira = api.pegar("/auditoria", limite=2).dados
    segunda = api.pegar("/auditoria", cursor=primeira["proximo"]).dados
    tipos = [e["alvoTipo"] for e in primeira["eventos"] + segunda["eventos"]]
    assert tipos == ["protocolo", "guias", "mensagem"]
    assert (primeira["haMais"], segunda["haMais"]) == (True, False)
    assert [linha[5] for linha in api.pegar("/auditoria", formato="csv").linhas[1:]] == tipos


# --- importações -----------------------------------------------------------------------------


def _em_arquivo(mesa: Mesa, numero: str, *, registro: str = "999999") -> Pedido:
    mensagem = mensagem_arquivo(
        LOTE,
        cabecalho(LOTE.tipo_pedido, "4.03.00", EU, REGISTRO),
        corpo_lote(
            TipoGuia.CONSULTA, "4.03.00", prestador=EU, registro_ans=registro, numero_lote=numero,
            guias=1,
        ),
    )  # fmt: skip
    dados = etree.tostring(mensagem, encoding="ISO-8859-1", xml_declaration=True)
    pedido = Pedido(dados, None, None, "upload", uuid.uuid4().hex)
    mesa.recepcao.receber(pedido)
    return pedido


def test_importacoes_dizem_o_veredito_e_os_erros(api: Api) -> None:
    """Dos arquivos, do mais novo ao mais velho: o aceito com protocolo, o recusado com o porquê."""
    aceito = _em_arquivo(api.mesa, "X1")
    recusado = _em_arquivo(api.mesa, "2", registro="888888")
    api.mesa.enviar_lote("3")
    mau, bom = api.pegar("/importacoes").dados["importacoes"]
    assert (bom["id"], mau["id"]) == (aceito.id, recusado.id)
    assert bom["numeroProtocolo"] is not None
    assert (bom["qtdCriticas"], bom["erro"], bom["situacao"]) == (1, None, None)
    assert mau["numeroProtocolo"] is None
    assert mau["situacao"]["texto"] == "Necessário ajuste no lote"
    assert mau["erro"]
    assert mau["texto"]
    [critica] = api.pegar(f"/protocolos/{bom['numeroProtocolo']}/criticas").dados["criticas"]
    assert critica["regra"] == "numero-do-lote-nao-numerico"
    planilha = api.pegar("/importacoes", formato="csv").linhas
    assert [linha[0] for linha in planilha[1:]] == [recusado.id, aceito.id]


def test_arquivo_repetido_diz_de_qual(api: Api) -> None:
    """O mesmo arquivo outra vez não tem protocolo novo: aponta a primeira vez."""
    primeira = _em_arquivo(api.mesa, "1")
    segunda = primeira._replace(id=uuid.uuid4().hex)
    api.mesa.recepcao.receber(segunda)
    outra, uma = api.pegar("/importacoes").dados["importacoes"]
    assert (uma["id"], uma["repeticaoDe"]) == (primeira.id, None)
    assert (outra["id"], outra["repeticaoDe"]) == (segunda.id, primeira.id)
    assert outra["numeroProtocolo"] is None


def test_importacoes_vem_em_paginas(api: Api) -> None:
    """Aos pedaços, cada arquivo uma vez."""
    ids = [_em_arquivo(api.mesa, str(n)).id for n in range(5)]
    lidos: list[str] = []
    consulta: dict[str, Any] = {"limite": 2}
    for _ in range(3):
        pagina = api.pegar("/importacoes", **consulta).dados
        lidos += [i["id"] for i in pagina["importacoes"]]
        consulta["cursor"] = pagina["proximo"]
    assert lidos == ids[::-1]


# --- o titular --------------------------------------------------------------------------------


def test_relatorio_do_titular_diz_onde_estao_os_dados_e_quem_os_leu(
    api: Api, terminal: Terminal
) -> None:
    """Cadastro, protocolos, guias, mensagens e acessos, sem nome nem carteira; ele se audita."""
    numero = api.mesa.enviar_lote("1", guias=2).protocolo
    carteira = _carteiras(api.mesa, numero)[0]
    with api.mesa.banco.escrita() as conn:
        beneficiarios.gravar(conn, api.mesa.operadora.id, [Beneficiario(carteira, "Ana Inventada")])
    api.pegar(f"/protocolos/{numero}")
    comando = ("titular", "report", "--registro-ans", "999999", "--carteira", carteira)
    saida = terminal(*comando, "--json")
    dados = saida.dados
    assert dados["noCadastro"] is True
    assert [p["numero"] for p in dados["protocolos"]] == [int(numero or 0)]
    assert [g["posicao"] for g in dados["guias"]] == [
        n for n, uma in enumerate(_carteiras(api.mesa, numero), 1) if uma == carteira
    ]
    assert dados["mensagens"] == [api.mesa.protocolo(numero).mensagem_id]
    assert [(a["acao"], a["alvo"]) for a in dados["acessos"]] == [("ler", numero)]
    assert "Ana Inventada" not in saida.texto
    assert carteira not in saida.texto
    de_novo = terminal(*comando)
    assert carteira not in de_novo.texto
    assert "relatar titular relatório" in de_novo.texto


def test_relatorio_do_titular_acha_os_documentos_das_suas_guias(
    api: Api, terminal: Terminal
) -> None:
    """O documento que está na guia e o que só a cita pelo número aparecem; o de outra guia, não."""
    numero = api.mesa.enviar_lote("1", guias=2).protocolo
    protocolo = api.mesa.protocolo(numero)
    with api.mesa.banco.leitura() as conn:
        minha, alheia = protocolos.guias(conn, protocolo.lote_id or 0)
    assert minha.beneficiario.carteira != alheia.beneficiario.carteira
    comuns: dict[str, Any] = {
        "operadora_id": api.mesa.operadora.id, "prestador_id": api.mesa.prestador.id,
        "mensagem_id": protocolo.mensagem_id, "recebido_em": agora(), "versao": "4.03.00",
        "canal": "soap", "homologacao": False, "numero_documento": "1", "natureza": "1",
        "tipo": "01", "formato": "01", "sha256": "ab", "tamanho": 1, "protocolo_id": None,
        "guia_posicao": None, "guia_prestador": None,
    }  # fmt: skip
    lugares = (
        {"protocolo_id": protocolo.id, "guia_posicao": minha.posicao},
        {"protocolo_id": protocolo.id, "guia_posicao": alheia.posicao},
        {"guia_prestador": minha.numero_prestador},
        {"guia_prestador": alheia.numero_prestador},
    )
    with api.mesa.banco.escrita() as conn:
        conn.execute(
            insert(tabelas.documento),
            [{**comuns, **x, "numero": n, "identidade": str(n)} for n, x in enumerate(lugares)],
        )
    carteira = minha.beneficiario.carteira
    comando = ("titular", "report", "--registro-ans", "999999", "--carteira", carteira, "--json")
    assert [d["numero"] for d in terminal(*comando).dados["documentos"]] == [0, 2]


def test_relatorio_do_titular_e_so_da_operadora(api: Api, terminal: Terminal) -> None:
    """A mesma carteira noutra operadora é outra pessoa: nada dela aparece."""
    numero = api.mesa.enviar_lote("1").protocolo
    [carteira] = _carteiras(api.mesa, numero)
    api.pegar(f"/protocolos/{numero}")
    with api.mesa.banco.escrita() as conn:
        operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra Operadora"
        )
    dados = terminal(
        "titular", "report", "--registro-ans", "888888", "--carteira", carteira, "--json"
    ).dados
    assert dados == {
        "noCadastro": False, "protocolos": [], "guias": [], "documentos": [], "recursos": [],
        "mensagens": [], "acessos": [],
    }  # fmt: skip
