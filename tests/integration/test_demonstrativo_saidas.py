"""Os mesmos demonstrativos como valores, em arquivo e por envio de arquivo, e quem os lê."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from integration import arquivos
from integration.arquivados import abrir
from integration.cobranca import AGORA, HOJE, de_guia, de_item, glosa, reais
from integration.comandos import Terminal
from integration.demonstrativo import TRANSACAO, Balcao
from integration.recepcao import CODIGO, EM_VIGOR, EU, REGISTRO, Q, abrir_mesa
from lxml import etree
from sqlalchemy import select
from validador import validar_resposta

from dominio.lote import TipoGuia
from dominio.versoes import VERSOES
from handlers.demonstrativo import (
    DemonstrativoAnalise,
    DemonstrativoPagamento,
    PedidoDeAnalise,
    PedidoDePagamento,
    Tipo,
    em_arquivo,
    emitir,
    mes,
)
from mensagem.recusa import RegraRecusada
from persistence import demonstrativos, tabelas
from persistence.banco import Banco
from persistence.cifra import acrescentar, chave_de, cifrado, nova
from prestador import mensagem_xml
from prestador.cabecalho import cabecalho
from prestador.demonstrativos import (
    ODONTO,
    RetornoDeDemonstrativo,
    corpo_analise,
    corpo_pagamento,
)
from prestador.retorno import ler_demonstrativos

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from integration.recepcao import Mesa

    from handlers.demonstrativo import Emitidos, Pedido
    from prestador.valores import Corpo

_CONTRATADO = EU.identificacao


def _glosado(balcao: Balcao) -> int:
    numero = balcao.casa.lote(["100.00", "50.00"], ["70.00"])
    balcao.casa.registrar(numero, de_guia(1, de_item(1, "100.00", glosa("10.00"))))
    balcao.casa.finalizar(numero, completar=True)
    return numero


def _emitir(balcao: Balcao, pedido: Pedido, versao: str = EM_VIGOR) -> Emitidos:
    mesa = balcao.mesa
    return emitir(mesa.banco, mesa.operadora, mesa.prestador, pedido, agora=AGORA, versao=versao)


def _do_arquivo(dados: bytes, versao: str = EM_VIGOR) -> RetornoDeDemonstrativo:
    raiz = validar_resposta(dados, versao)
    [corpo] = raiz.iterfind(f"{Q}operadoraParaPrestador/*")
    assert corpo.tag == f"{Q}demonstrativosRetorno"
    return ler_demonstrativos(corpo)


def _por_envio(mesa: Mesa, corpo: Corpo, versao: str) -> RetornoDeDemonstrativo:
    topo = cabecalho(TRANSACAO.tipo_pedido, versao, EU, REGISTRO)
    dados = arquivos.bytes_de(mensagem_xml.mensagem_arquivo(TRANSACAO, topo, corpo))
    _, resultado = arquivos.enviar(mesa, dados, versao=versao)
    return _do_arquivo(resultado.corpo, versao)


@pytest.mark.parametrize("versao", VERSOES)
def test_pedido_em_arquivo_responde_em_arquivo(balcao: Balcao, versao: str) -> None:
    """Por envio de arquivo, análise e pagamentos respondem o mesmo que o web service."""
    numero = _glosado(balcao)
    balcao.casa.liberar(numero)
    balcao.casa.pago(numero, balcao.casa.liberado(["30.00"], tipo=TipoGuia.ODONTO))
    corpo = corpo_analise(versao, EU, [str(numero)], HOJE)
    assert _por_envio(balcao.mesa, corpo, versao) == balcao.analise(numero, versao=versao)
    for tipo in ("1", ODONTO):
        corpo = corpo_pagamento(versao, EU, "202603", HOJE, tipo=tipo)
        por_soap = balcao.pagamento("202603", tipo=tipo, versao=versao)
        assert _por_envio(balcao.mesa, corpo, versao) == por_soap


@pytest.mark.parametrize("versao", VERSOES)
def test_arquivo_tem_o_numero_e_os_valores_do_web_service(balcao: Balcao, versao: str) -> None:
    """O arquivo que se baixa é o que o prestador receberia, com o mesmo número."""
    numero = _glosado(balcao)
    pedido = PedidoDeAnalise(_CONTRATADO, (str(numero),))
    por_soap = balcao.analise(numero, versao=versao)
    mesa = balcao.mesa
    arquivo = em_arquivo(
        mesa.banco, mesa.operadora, mesa.prestador, pedido, agora=AGORA, versao=versao
    )
    assert _do_arquivo(arquivo, versao) == por_soap


def test_valores_tem_o_que_o_xml_diz(balcao: Balcao) -> None:
    """O valor que impressos e JSON usam tem os números e as somas do XML."""
    numero = _glosado(balcao)
    emitidos = _emitir(balcao, PedidoDeAnalise(_CONTRATADO, (str(numero), "77")))
    [valor] = emitidos.demonstrativos
    assert isinstance(valor, DemonstrativoAnalise)
    [xml] = _do_arquivo(emitidos.arquivo).analises
    assert valor.cabecalho.numero == xml.numero
    assert valor.cabecalho.emissao == xml.emissao
    assert valor.geral.liberado == xml.geral.liberado == reais("210.00")
    assert [g.numero_prestador for g in valor.conta.guias] == [g.numero for g in xml.guias]
    assert emitidos.ausentes == "Sem demonstrativo. Não localizado: 77."


def test_valores_do_pagamento_e_da_situacao(balcao: Balcao) -> None:
    """O pagamento vem como valor; o que ainda não se demonstra, como situação."""
    numero = _glosado(balcao)
    balcao.casa.liberar(numero)
    recebido = balcao.casa.lote()
    balcao.casa.pago(numero)
    inicio, fim = mes("202603")
    pedido = PedidoDePagamento(_CONTRATADO, Tipo.PAGAMENTO, inicio, fim)
    [valor] = _emitir(balcao, pedido).demonstrativos
    assert isinstance(valor, DemonstrativoPagamento)
    assert valor.liquido.liquido == reais("210.00")
    sem = _emitir(balcao, PedidoDeAnalise(_CONTRATADO, (str(recebido),)))
    assert sem.demonstrativos == ()
    assert sem.situacao is not None
    assert sem.situacao.protocolo == str(recebido)


def test_nada_a_emitir_recusa_se(balcao: Balcao) -> None:
    """Sem protocolo ou pagamento não há arquivo, e diz-se por quê."""
    with pytest.raises(RegraRecusada, match="protocolo-nao-encontrado"):
        _emitir(balcao, PedidoDeAnalise(_CONTRATADO, ("77",)))


def test_corpo_guardado_se_entende_sozinho(balcao: Balcao) -> None:
    """O que se guarda é um documento com o espaço de nomes e o código do prestador."""
    [analise] = balcao.analise(_glosado(balcao)).analises
    with balcao.mesa.banco.leitura() as conn:
        emitido = demonstrativos.ler(conn, balcao.mesa.operadora.id, int(analise.numero))
        assert emitido is not None
        raiz = etree.fromstring(demonstrativos.corpo(conn, emitido))
        assert demonstrativos.ler(conn, balcao.mesa.operadora.id + 1, emitido.numero) is None
    assert raiz.tag == f"{Q}demonstrativoAnaliseConta"
    assert raiz.findtext(f".//{Q}codigoPrestadorNaOperadora") == CODIGO


# --- quem lê ----------------------------------------------------------------------------------


@pytest.mark.parametrize("versao", ["4.02.00", "4.03.00"])
def test_leitor_de_terceiros_acha_os_mesmos_valores(balcao: Balcao, versao: str) -> None:
    """O pacote ``tiss``, escrito por outros, lê a análise e concilia as guias sem sobras."""
    tiss = pytest.importorskip("tiss", reason="o extra terminologia não está instalado")
    balcao.todos_os_itens()
    numero = _glosado(balcao)
    corpo = balcao.resposta_analise(numero, versao=versao).resultado.corpo
    decisoes = tiss.parse_demonstrativo(corpo)
    assert [
        (d.guia_operadora, d.decision, d.valor_glosa_cents, d.valor_liberado_cents)
        for d in decisoes
    ] == [("OG1-1", "glosa_parcial", 1000, 9000), ("OG1-2", "pago", 0, 7000)]
    assert decisoes[0].motivo.startswith("1705")
    guias = [{"id": n, "numero_guia_prestador": f"G1-{n}", "status": "enviada"} for n in (1, 2)]
    plano = tiss.plan_reconciliation(decisoes, guias)
    assert [(p.guia["id"], p.acao) for p in plano.propostas] == [(1, "glosar"), (2, "pagar")]
    assert (plano.sem_par, plano.ambiguas) == ([], [])


# --- o que se guarda e o que se escolhe -------------------------------------------------------


def test_corpo_cifrado_passa_a_chave_nova(nova_url: Callable[[bool], str], tmp_path: Path) -> None:
    """O corpo guarda-se cifrado, e a troca de chave alcança-o sem o mudar."""
    banco = abrir(nova_url(True), tmp_path)
    balcao = Balcao(abrir_mesa(banco))
    [analise] = balcao.analise(_glosado(balcao)).analises
    operadora = balcao.mesa.operadora.id

    def guardado() -> tuple[bytes, bytes]:
        with banco.leitura() as conn:
            emitido = demonstrativos.ler(conn, operadora, int(analise.numero))
            assert emitido is not None
            cru = conn.execute(select(tabelas.demonstrativo.c.corpo)).scalar_one()
            return bytes(cru), demonstrativos.corpo(conn, emitido)

    antes, corpo = guardado()
    assert cifrado(antes)
    nova_chave = nova(datetime.now(UTC))
    acrescentar(tmp_path / "chaves" / "arquivo.chaves", nova_chave)
    with banco.escrita() as conn:
        ultimo = demonstrativos.recifrar(conn, 0, 100)
        assert ultimo is not None
        assert demonstrativos.recifrar(conn, ultimo, 100) is None
    depois, mesmo = guardado()
    assert chave_de(depois) == nova_chave.id != chave_de(antes)
    assert mesmo == corpo
    banco.fechar()


def test_comando_escolhe_os_itens_de_um_prestador(
    nova_url: Callable[[bool], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """``prestador demonstrativo`` muda o que se mostra ao prestador, e volta atrás."""
    url = nova_url(True)
    banco = Banco.abrir(url)
    mesa = abrir_mesa(banco)
    terminal = Terminal(monkeypatch, capsys, tmp_path).usar(url)
    escolhas = []
    for itens in ("todos", "glosados"):
        saida = terminal(
            "prestador", "demonstrativo", "--registro-ans", REGISTRO, "--codigo", CODIGO,
            "--itens", itens, "--json",
        )  # fmt: skip
        assert saida.dados["itens"] == itens
        with banco.leitura() as conn:
            escolhas.append(demonstrativos.mostra_todos(conn, mesa.prestador.id))
    banco.fechar()
    assert escolhas == [True, False]
