"""Recursos de glosa pela recepção: níveis, números, repetições e o que fica gravado."""

from __future__ import annotations

from decimal import Decimal

import pytest
from integration.arquivos import bytes_de
from integration.arquivos import enviar as enviar_arquivo
from integration.cobranca import de_guia, de_item, glosa
from integration.recepcao import EU, REGISTRO, conferir_erro, conferir_falha
from integration.recurso import RECURSO, Recorrente, aceita, guia, item, recibo

from dominio import erros
from dominio import erros_de_recurso as recusas
from dominio.lote import TipoGuia
from dominio.recurso import Estado, Nivel, Origem
from dominio.versoes import VERSOES
from mensagem.arquivo import protocolo as protocolo_dito
from prestador import mensagem_xml
from prestador.cabecalho import cabecalho
from prestador.recursos import DoProtocolo, corpo_recurso
from prestador.valores import identificado


@pytest.mark.parametrize("versao", VERSOES)
def test_item_contestado_e_respondido(recorrente: Recorrente, versao: str) -> None:
    """Do recurso de um item à resposta, em cada versão: número, em análise, valor acatado."""
    protocolo = recorrente.analisado(versao=versao)
    numero = recorrente.guia_de(protocolo)
    dado = recorrente.recorrer(protocolo, item(numero, 1, "30.00"), versao=versao)
    assert dado.erro is None
    assert (dado.protocolo, dado.total, dado.guias) == (str(protocolo), Decimal("30.00"), 1)
    antes = recorrente.perguntar(dado.numero or "", versao=versao)
    assert (antes.numero, antes.status) == (dado.numero, 1)
    recorrente.decidir(int(dado.numero or 0), aceita(1, "20.00"))
    depois = recorrente.perguntar(dado.numero or "", versao=versao)
    assert (depois.recursado, depois.acatado) == (Decimal("30.00"), Decimal("20.00"))
    [linha] = depois.linhas
    assert (linha.guia, linha.sequencial, linha.valor_acatado) == (numero, 1, Decimal("20.00"))
    assert linha.justificativa == "Conforme o contrato."


def test_recurso_do_protocolo_alcanca_tudo_abaixo(recorrente: Recorrente) -> None:
    """Recorrer do protocolo contesta o saldo do código nele, nas guias e nos itens."""
    glosas = {(1, 1): ("30.00",), (1, None): ("5.00",), (2, 2): ("10.00",)}
    protocolo = recorrente.analisado(glosas, guias=2, do_protocolo=("7.00",))
    numero = recorrente.aceito(protocolo, DoProtocolo("1705"), total=Decimal("52.00"))
    [linha] = recorrente.linhas(numero)
    assert (linha.nivel, linha.recursado, len(linha.parcelas)) == (
        Nivel.PROTOCOLO,
        Decimal("52.00"),
        4,
    )
    recorrente.decidir(numero, aceita(1, "52.00"))
    resposta = recorrente.perguntar(numero)
    assert (resposta.acatado, resposta.linhas[0].acatado) == (Decimal("52.00"), True)


def test_guia_acatada_em_parte_responde_por_item(recorrente: Recorrente) -> None:
    """O recibo de uma guia acatada em parte diz de cada item o contestado e o acatado."""
    glosas = {(1, 1): ("30.00",), (1, 2): ("10.00",)}
    protocolo = recorrente.analisado(glosas)
    numero = recorrente.aceito(
        protocolo, guia(recorrente.guia_de(protocolo)), total=Decimal("40.00")
    )
    recorrente.decidir(numero, aceita(1, "20.00"))
    linhas = recorrente.perguntar(numero).linhas
    assert [(x.sequencial, x.valor_recursado, x.valor_acatado) for x in linhas] == [
        (1, Decimal("30.00"), Decimal("15.00")),
        (2, Decimal("10.00"), Decimal("5.00")),
    ]


@pytest.mark.parametrize(("valor", "acatada"), [("40.00", True), ("0.00", False)])
def test_guia_inteira_responde_sim_ou_nao(
    recorrente: Recorrente, valor: str, acatada: bool
) -> None:
    """A guia acatada inteira, ou negada, responde só isso."""
    protocolo = recorrente.analisado({(1, 1): ("30.00",), (1, None): ("10.00",)})
    numero = recorrente.aceito(protocolo, guia(recorrente.guia_de(protocolo)))
    feito = recorrente.decidir(numero, aceita(1, valor))
    assert int(feito.status) == (3 if acatada else 4)
    [linha] = recorrente.perguntar(numero).linhas
    assert (linha.acatado, linha.sequencial) == (acatada, None)


def test_cada_guia_tem_a_sua_vida_ate_a_ultima(recorrente: Recorrente) -> None:
    """Uma linha respondida não aparece ao prestador enquanto outra espera."""
    glosas = {(1, 1): ("30.00",), (2, 1): ("10.00",)}
    protocolo = recorrente.analisado(glosas, guias=2)
    numeros = [recorrente.guia_de(protocolo, n) for n in (1, 2)]
    numero = recorrente.aceito(protocolo, *(item(n, 1, "10.00") for n in numeros))
    feito = recorrente.decidir(numero, aceita(1, "10.00"))
    assert feito.estados == (Estado.AUTORIZADO, Estado.EM_ANALISE)
    assert recorrente.perguntar(numero).status == 2
    feito = recorrente.decidir(numero, aceita(2, "0.00"))
    assert feito.estados == (Estado.AUTORIZADO, Estado.NEGADO)
    assert recorrente.perguntar(numero).acatado == Decimal("10.00")


@pytest.mark.parametrize("versao", ["3.05.00", "4.01.00", "4.03.00"])
@pytest.mark.parametrize("por_item", [True, False])
def test_odontologia(recorrente: Recorrente, versao: str, por_item: bool) -> None:
    """Os recursos de odontologia, da guia e dos itens, têm a sua forma de resposta."""
    protocolo = recorrente.analisado(tipo=TipoGuia.ODONTO, versao=versao)
    numero_da_guia = recorrente.guia_de(protocolo)
    contesta = item(numero_da_guia, 1, "30.00", dente="11") if por_item else guia(numero_da_guia)
    numero = recorrente.aceito(protocolo, contesta, odonto=True, versao=versao)
    recorrente.decidir(numero, aceita(1, "30.00"))
    [linha] = recorrente.perguntar(numero, versao=versao).linhas
    assert linha.guia == numero_da_guia
    if por_item:
        assert (linha.valor_recursado, linha.valor_acatado) == (Decimal("30.00"),) * 2
    else:
        assert linha.acatado


def test_cem_guias_num_recurso(recorrente: Recorrente) -> None:
    """Um recurso leva até 100 guias, cada uma com a sua linha; com 101 é falha de esquema."""
    protocolo = recorrente.analisado({(n, 1): ("1.00",) for n in range(1, 101)}, guias=100, itens=1)
    contesta = [item(g.numero_prestador, 1, "1.00") for g in recorrente.cobranca.guias(protocolo)]
    dado = recorrente.recorrer(protocolo, *contesta)
    assert (dado.guias, dado.total) == (100, Decimal("100.00"))
    assert len(recorrente.linhas(int(dado.numero or 0))) == 100
    demais = recorrente.novo(protocolo, *contesta, item("OUTRA", 1, "1.00"))
    conferir_falha(recorrente.enviar(demais), erros.ESQUEMA)


def test_justificativa_longa_volta_inteira_e_cortada_no_recibo(recorrente: Recorrente) -> None:
    """500 caracteres cabem no pedido e na resposta; o recibo da guia só leva 150."""
    protocolo = recorrente.analisado()
    longa = "É" * 500
    contesta = guia(recorrente.guia_de(protocolo), justificativa=longa)
    resposta = recorrente.enviar(recorrente.novo(protocolo, contesta))
    [eco] = [e.text for e in resposta.raiz.iter("{*}justificativaGuia")]
    assert eco == longa[:150]
    [linha] = recorrente.linhas(int(recibo(resposta).numero or 0))
    assert linha.justificativa == longa


def test_item_com_duas_glosas_vem_duas_vezes(recorrente: Recorrente) -> None:
    """O mesmo item com dois códigos são duas linhas do mesmo recurso."""
    protocolo = recorrente.cobranca.lote(["100.00"])
    recorrente.cobranca.registrar(
        protocolo, de_guia(1, de_item(1, "100.00", glosa("30.00"), glosa("20.00", "2607")))
    )
    recorrente.cobranca.finalizar(protocolo)
    numero = recorrente.guia_de(protocolo)
    feito = recorrente.aceito(protocolo, item(numero, 1, "30.00"), item(numero, 1, "20.00", "2607"))
    assert [x.codigo for x in recorrente.linhas(feito)] == ["1705", "2607"]


def test_mesmo_recurso_em_outra_mensagem_da_o_mesmo_numero(recorrente: Recorrente) -> None:
    """O mesmo conteúdo com o mesmo número de guia de recurso não se grava de novo."""
    protocolo = recorrente.analisado()
    novo = recorrente.novo(protocolo, item(recorrente.guia_de(protocolo), 1, "30.00"))
    primeiro = recibo(recorrente.enviar(novo))
    assert recibo(recorrente.enviar(novo, sequencial="2")) == primeiro
    assert len(recorrente.linhas(int(primeiro.numero or 0))) == 1


def test_mesmo_numero_com_outro_conteudo_e_recusado(recorrente: Recorrente) -> None:
    """O número de uma guia de recurso não serve a outro recurso."""
    protocolo = recorrente.analisado()
    numero = recorrente.guia_de(protocolo)
    recorrente.aceito(protocolo, item(numero, 1, "20.00"), numero="REC")
    outro = recorrente.novo(protocolo, item(numero, 1, "30.00"), numero="REC")
    conferir_erro(recorrente.enviar(outro), recusas.RECURSO_REPETIDO)


def test_nova_rodada_depois_da_resposta(recorrente: Recorrente) -> None:
    """Negado o recurso, o saldo volta; acatado em parte, sobra o resto, e nada mais."""
    protocolo = recorrente.analisado()
    numero = recorrente.guia_de(protocolo)
    primeiro = recorrente.aceito(protocolo, item(numero, 1, "30.00"))
    recorrente.decidir(primeiro, aceita(1, "0.00"))
    segundo = recorrente.aceito(protocolo, item(numero, 1, "30.00"))
    assert recorrente.recurso(segundo).sequencia == 2
    recorrente.decidir(segundo, aceita(1, "10.00"))
    demais = recorrente.novo(protocolo, item(numero, 1, "20.01"))
    conferir_erro(recorrente.enviar(demais), recusas.SALDO)
    assert recorrente.aceito(protocolo, item(numero, 1, "20.00"))


def test_glosa_sem_valor_se_contesta_com_zero(recorrente: Recorrente) -> None:
    """O código sem valor próprio contesta-se com 0.00, e a resposta diz se se aceita."""
    protocolo = recorrente.analisado({(1, 1): ("0.00",)})
    numero = recorrente.aceito(protocolo, item(recorrente.guia_de(protocolo), 1, "0.00"))
    feito = recorrente.decidir(numero, aceita(1, "0.00")._replace(aceita=True))
    assert (feito.estados, int(feito.status)) == ((Estado.AUTORIZADO,), 4)


@pytest.mark.parametrize("versao", VERSOES)
def test_recurso_em_arquivo_e_do_portal(recorrente: Recorrente, versao: str) -> None:
    """O mesmo recurso enviado como arquivo tem recibo em arquivo, e a origem é o portal."""
    protocolo = recorrente.analisado(versao=versao)
    novo = recorrente.novo(protocolo, item(recorrente.guia_de(protocolo), 1, "30.00"))
    corpo = corpo_recurso(versao, EU, novo, registro_ans=REGISTRO)
    cab = cabecalho(RECURSO.tipo_pedido, versao, EU, REGISTRO)
    mensagem = mensagem_xml.mensagem_arquivo(RECURSO, cab, corpo)
    _, resultado = enviar_arquivo(recorrente.mesa, bytes_de(mensagem), versao=versao)
    numero = protocolo_dito(resultado.corpo)
    assert recorrente.recurso(int(numero or 0)).origem is Origem.PORTAL


def test_consulta_pelo_protocolo_do_lote_da_o_ultimo(recorrente: Recorrente) -> None:
    """O número do lote responde pelo seu recurso mais novo."""
    protocolo = recorrente.analisado({(1, 1): ("30.00",), (1, 2): ("10.00",)})
    numero = recorrente.guia_de(protocolo)
    primeiro = recorrente.aceito(protocolo, item(numero, 1, "30.00"))
    recorrente.decidir(primeiro, aceita(1, "30.00"))
    ultimo = recorrente.aceito(protocolo, item(numero, 2, "10.00"))
    assert recorrente.perguntar(f"00{protocolo}").numero == str(ultimo)
    assert recorrente.perguntar(primeiro).acatado == Decimal("30.00")


def test_recurso_de_outro_prestador_nao_existe(recorrente: Recorrente) -> None:
    """Quem pergunta por um recurso alheio lê que ele não existe."""
    protocolo = recorrente.analisado()
    numero = recorrente.aceito(protocolo, item(recorrente.guia_de(protocolo), 1, "30.00"))
    recorrente.mesa.outro_prestador("999001")
    outro = identificado("codigo", "999001")
    for pedido in (numero, protocolo, 123):
        erro = recorrente.perguntar(pedido, quem=outro).erro
        assert erro is not None
        assert erro.codigo == erros.PROTOCOLO_NAO_ENCONTRADO.glosa("4.03.00")
