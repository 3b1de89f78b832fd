"""O começo do portal: os lotes por situação, o que se espera do prestador, o que mudou."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from integration.cobranca import AGORA, Cobranca, de_guia, de_item, glosa
from integration.exemplos import Cadastro

from backoffice.console.paginas import portal_inicio
from dominio.competencia import dia
from dominio.situacao import StatusProtocolo
from handlers import recados
from handlers.recados import PedidoDeRecado
from persistence import politicas_de_cobranca
from persistence.consultas import painel_do_prestador
from persistence.politicas_de_cobranca import PoliticaDeCobranca

if TYPE_CHECKING:
    import pytest
    from console.navegador import Console

S = StatusProtocolo


def _casa(console: Console) -> Cobranca:
    return Cobranca(console.mesa.banco, Cadastro(console.mesa.operadora, console.mesa.prestador))


def test_diz_o_que_se_espera_do_prestador(console: Console) -> None:
    """Informação, nota fiscal e recados por ler, cada um com o seu link."""
    casa = _casa(console)
    parado = casa.lote(["10.00"])
    casa.andar(parado, S.EM_ANALISE, S.AGUARDANDO_INFORMACAO)
    with console.mesa.banco.escrita() as conn:
        politicas_de_cobranca.gravar(conn, casa.operadora, PoliticaDeCobranca(exige_nota="todos"))
    pagamento = casa.pagar(casa.liberado(["120.00"])).pagamento.id
    pedido = PedidoDeRecado(parado, "Falta o laudo.", None, "operadora", "k")
    with console.mesa.banco.escrita() as conn:
        recados.escrever(conn, casa.operadora, pedido, casa.autor())
    bia = console.do_prestador()
    pagina = bia.abrir("/portal")
    links = pagina.arvore.xpath("//ul[@id='pendencias']//a/@href")
    assert links == [
        f"/console/portal/lotes/{parado}",
        f"/console/portal/notas/{pagamento}",
        f"/console/portal/lotes/{parado}/recados",
    ]
    assert "Falta o laudo" not in pagina.texto
    for link in links:
        assert bia.abrir(link.removeprefix("/console")).status == 200


def test_prazo_de_recurso_e_uma_data(console: Console) -> None:
    """O último dia do mais próximo vem primeiro, com o saldo e quantos dias faltam."""
    casa = _casa(console)
    hoje = dia(console.relogio())
    esperados = []
    for valor, ha in (("20.00", 0), ("30.00", 1)):
        numero = casa.lote(["120.00"])
        casa.registrar(numero, de_guia(1, de_item(1, "120.00", glosa(valor))))
        casa.finalizar(numero)
        casa.liberar(numero)
        casa.pago(numero, data=hoje - timedelta(days=ha))
        esperados.insert(0, [str(numero), f"R$ {valor.replace('.', ',')}"])
    pagina = console.do_prestador().abrir("/portal")
    prazos = pagina.linhas("prazos")
    assert [linha[1:] for linha in prazos] == esperados
    assert "faltam" in prazos[0][0]


def test_prazo_mais_proximo_acha_se_entre_muitos(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mostra-se o que acaba primeiro, ainda que outros mais novos encham o que se procura."""
    monkeypatch.setattr(portal_inicio, "_PROCURADOS", 2)
    casa = _casa(console)
    hoje = dia(console.relogio())
    numeros = []
    for ha in (20, 5, 3, 1):
        numero = casa.lote(["120.00"])
        casa.registrar(numero, de_guia(1, de_item(1, "120.00", glosa("20.00"))))
        casa.finalizar(numero)
        casa.liberar(numero)
        casa.pago(numero, data=hoje - timedelta(days=ha))
        numeros.append(str(numero))
    mostrados = [linha[1] for linha in console.do_prestador().abrir("/portal").linhas("prazos")]
    assert mostrados[0] == numeros[0]


def test_lotes_por_situacao_levam_a_lista(console: Console) -> None:
    """A contagem é a da lista a que o link leva."""
    mesa = console.mesa
    mesa.enviar_lote("1")
    mesa.enviar_lote("2")
    mesa.transitar(mesa.enviar_lote("3").protocolo, S.EM_ANALISE)
    bia = console.do_prestador()
    pagina = bia.abrir("/portal")
    ditos = {linha[0]: linha[1] for linha in pagina.linhas("situacoes")}
    assert ditos == {"Recebido": "2", "Em análise": "1"}
    link = pagina.arvore.xpath("//table[@id='situacoes']//a/@href")[0]
    assert len(bia.abrir(link.removeprefix("/console")).linhas("lotes")) == 2


def test_do_outro_nao_se_diz_nada(console: Console) -> None:
    """O começo de um prestador não conta nem nomeia o que é de outro."""
    casa = _casa(console)
    numero = casa.lote(["120.00"])
    casa.andar(numero, S.EM_ANALISE, S.AGUARDANDO_INFORMACAO)
    casa.pagar(casa.liberado(["120.00"]))
    pedido = PedidoDeRecado(numero, "Falta o laudo.", None, "operadora", "k")
    with console.mesa.banco.escrita() as conn:
        recados.escrever(conn, casa.operadora, pedido, casa.autor())
    outro = console.mesa.outro_prestador("770001", cnpj="45997418000153")
    pagina = console.do_prestador(outro, login="45997418000153").abrir("/portal")
    assert "Nada espera por si." in pagina.texto
    for tabela in ("situacoes", "prazos", "mudancas"):
        assert pagina.linhas(tabela) == []


def test_o_que_a_operadora_acabou_de_processar(console_nos_dois: Console) -> None:
    """Diz-se a situação em que o protocolo está, uma vez, do mais novo ao mais velho."""
    casa = _casa(console_nos_dois)
    prestador = console_nos_dois.mesa.prestador.id
    liberado, so_recebido = casa.liberado(["10.00"]), casa.lote(["20.00"])
    esperando = casa.lote(["30.00"])
    casa.andar(esperando, S.EM_ANALISE, S.AGUARDANDO_INFORMACAO)
    with console_nos_dois.mesa.banco.leitura() as conn:
        mudancas = painel_do_prestador.mudancas(
            conn, casa.operadora, prestador, desde=AGORA, enviados_desde=AGORA - timedelta(days=1),
            para=[S.ANALISADO, S.LIBERADO, S.AGUARDANDO_INFORMACAO], limite=9,
        )  # fmt: skip
        somas = painel_do_prestador.por_situacao(
            conn, casa.operadora, prestador, AGORA - timedelta(days=1)
        )
        depois = AGORA + timedelta(days=9_000)
        nada = painel_do_prestador.mudancas(
            conn, casa.operadora, prestador, para=list(S), desde=depois,
            enviados_desde=AGORA - timedelta(days=1), limite=9,
        )  # fmt: skip
    assert {(m.numero, m.para) for m in mudancas} == {
        (liberado, S.LIBERADO), (esperando, S.AGUARDANDO_INFORMACAO),
    }  # fmt: skip
    assert so_recebido not in {m.numero for m in mudancas}
    assert [m.em for m in mudancas] == sorted((m.em for m in mudancas), reverse=True)
    assert [(s.status, s.quantos, str(s.informado)) for s in somas] == [
        (S.RECEBIDO, 1, "20.00"), (S.LIBERADO, 1, "10.00"), (S.AGUARDANDO_INFORMACAO, 1, "30.00"),
    ]  # fmt: skip
    assert nada == ()
