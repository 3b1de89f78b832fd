"""A análise de conta pedida por web service: o que se mostra, a quem e com que número."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from integration.cobranca import de_guia, de_item, glosa, reais
from integration.demonstrativo import Balcao, lida
from integration.recepcao import CNPJ, CODIGO, EM_VIGOR, Q, conferir_erro

from dominio import erros
from dominio.analise import Glosa
from dominio.situacao import StatusProtocolo
from dominio.versoes import VERSOES
from persistence import demonstrativos
from prestador.demonstrativos import Quatro
from prestador.valores import identificado

if TYPE_CHECKING:
    from integration.recepcao import AbrirMesa

    from prestador.demonstrativos import AnaliseDeConta

_S = StatusProtocolo


def _glosado(balcao: Balcao, **do_lote: object) -> int:
    """Duas guias; na primeira, um de dois itens perde 10 reais."""
    numero = balcao.casa.lote(["100.00", "50.00"], ["70.00"], **do_lote)
    balcao.casa.registrar(numero, de_guia(1, de_item(1, "100.00", glosa("10.00"))))
    balcao.casa.finalizar(numero, completar=True)
    return numero


def _quatro(*valores: str) -> Quatro:
    return Quatro(*(Decimal(v) for v in valores))


def _uma(balcao: Balcao, numero: int, versao: str = EM_VIGOR) -> AnaliseDeConta:
    [analise] = balcao.analise(numero, versao=versao).analises
    return analise


@pytest.mark.parametrize("versao", VERSOES)
def test_analise_diz_os_valores_em_todas_as_versoes(balcao: Balcao, versao: str) -> None:
    """Qualquer versão mostra os mesmos totais de guias, protocolo e geral."""
    analise = _uma(balcao, _glosado(balcao), versao)
    total = _quatro("220.00", "220.00", "210.00", "10.00")
    assert [g.valores for g in analise.guias] == [
        _quatro("150.00", "150.00", "140.00", "10.00"),
        _quatro("70.00", "70.00", "70.00", "0.00"),
    ]
    assert (analise.valores, analise.geral) == (total, total)
    assert (analise.situacao, [g.situacao for g in analise.guias]) == (5, [5, 5])
    assert analise.registro_ans == "999999"


@pytest.mark.parametrize("pedida", VERSOES)
@pytest.mark.parametrize("enviada", VERSOES)
def test_lote_de_uma_versao_demonstra_se_noutra(balcao: Balcao, enviada: str, pedida: str) -> None:
    """O que veio numa versão pede-se em qualquer outra, com os mesmos valores."""
    numero = _glosado(balcao, versao=enviada)
    assert _uma(balcao, numero, pedida).geral.liberado == reais("210.00")


def test_so_os_itens_glosados_aparecem(balcao: Balcao) -> None:
    """Pelo padrão, de uma guia analisada mostram-se só os itens com glosa, e os totais de todos."""
    primeira, segunda = _uma(balcao, _glosado(balcao)).guias
    [item] = primeira.itens
    assert (item.sequencial, item.codigo, item.valores) == (
        1,
        "40300001",
        _quatro("100.00", "100.00", "90.00", "10.00"),
    )
    assert item.glosas == (("1705", reais("10.00")),)
    assert segunda.itens == ()


def test_prestador_que_quer_todos_os_itens_os_tem(balcao: Balcao) -> None:
    """Com a escolha do prestador, os itens sem glosa aparecem também, e somam os totais."""
    balcao.todos_os_itens()
    primeira, segunda = _uma(balcao, _glosado(balcao)).guias
    assert [i.valores.liberado for i in primeira.itens] == [reais("90.00"), reais("50.00")]
    assert [i.valores.liberado for i in segunda.itens] == [reais("70.00")]


def test_glosas_de_guia_e_de_protocolo_tem_o_seu_lugar(balcao: Balcao) -> None:
    """A glosa da guia sai na guia, a do protocolo no protocolo, cada uma com o seu texto."""
    numero = balcao.casa.lote(["100.00"], ["70.00"])
    balcao.casa.registrar(
        numero,
        de_guia(1, de_item(1, "100.00"), glosas=(Glosa("1706", reais("5.00"), "Fora do prazo"),)),
        glosas=(Glosa("1705", reais("2.00"), "Capa"), Glosa("1714", reais("1.00"))),
    )
    balcao.casa.finalizar(numero, completar=True)
    analise = _uma(balcao, numero)
    [motivo] = analise.guias[0].motivos
    assert (motivo.codigo, motivo.descricao) == ("1706", "Fora do prazo")
    assert analise.motivo is not None
    assert analise.motivo.codigo == "1705"
    assert "Capa" in (analise.motivo.descricao or "")
    assert "1714 (R$ 1,00)" in (analise.motivo.descricao or "")
    assert analise.valores == _quatro("170.00", "170.00", "162.00", "8.00")


def test_item_repartido_por_graus_sai_em_partes(balcao: Balcao) -> None:
    """O item analisado por grau de participação mostra uma linha de cada grau."""
    balcao.todos_os_itens()
    numero = balcao.casa.lote(["100.00"], graus="00,01")
    balcao.casa.registrar(
        numero,
        de_guia(
            1,
            de_item(1, "60.00", glosa("6.00"), grau="00", informado=reais("60.00")),
            de_item(1, "40.00", grau="01", informado=reais("40.00")),
        ),
    )
    balcao.casa.finalizar(numero)
    itens = _uma(balcao, numero).guias[0].itens
    assert [(i.grau, i.valores.informado, i.valores.liberado) for i in itens] == [
        ("00", reais("60.00"), reais("54.00")),
        ("01", reais("40.00"), reais("40.00")),
    ]


def test_observacoes_saem_onde_a_versao_as_tem(balcao: Balcao) -> None:
    """A observação da análise sai desde 4.02.00, e a da guia, em 4.03.00."""
    numero = balcao.casa.lote()
    balcao.casa.registrar(
        numero, de_guia(1, de_item(1, "100.00"), observacao="Da guia"), observacao="Da conta"
    )
    balcao.casa.finalizar(numero)
    achadas = {
        versao: [
            e.text
            for e in balcao.resposta_analise(numero, versao=versao).raiz.iter(Q + "observacao")
        ]
        for versao in VERSOES[3:]
    }
    assert achadas == {
        "4.01.00": [],
        "4.02.00": ["Da conta"],
        "4.03.00": ["Da guia", "Da conta"],
    }


# --- o que ainda não há -----------------------------------------------------------------------


@pytest.mark.parametrize("versao", VERSOES)
def test_sem_analise_pronta_responde_a_situacao(balcao: Balcao, versao: str) -> None:
    """O protocolo em análise responde a situação em que está, com o número do pedido."""
    numero = balcao.casa.lote()
    balcao.casa.andar(numero, _S.EM_ANALISE)
    ainda_nao = balcao.analise(numero, versao=versao).ainda_nao
    assert ainda_nao is not None
    assert (ainda_nao.protocolo, ainda_nao.situacao) == (str(numero), 2)
    assert balcao.analise(numero, versao=versao).ainda_nao == ainda_nao


def test_resultado_registrado_nao_aparece_antes_de_finalizar(balcao: Balcao) -> None:
    """Enquanto a análise corre, nada dela se demonstra."""
    numero = balcao.casa.lote()
    balcao.casa.registrar(numero, de_guia(1, de_item(1, "100.00", glosa("10.00"))))
    resposta = balcao.resposta_analise(numero)
    assert lida(resposta).ainda_nao is not None
    assert b"10.00" not in resposta.resultado.corpo


def test_protocolo_que_nao_ha_e_o_de_outro_dizem_se_igual(balcao: Balcao) -> None:
    """O protocolo de outro prestador é como se não existisse."""
    outro = balcao.mesa.outro_prestador("2", cnpj="11444777000161")
    alheio = balcao.casa.lote(prestador=outro)
    balcao.casa.finalizar(alheio, completar=True)
    for numero in (alheio, 99, "texto", "0"):
        resposta = balcao.resposta_analise(numero)
        conferir_erro(resposta, erros.PROTOCOLO_NAO_ENCONTRADO)
        assert resposta.raiz.findtext(f".//{Q}tipoTransacao") == "DEMONSTRATIVO_ANALISE_CONTA"


def test_dos_pedidos_os_prontos_saem_e_os_outros_dizem_se(balcao: Balcao) -> None:
    """Cada protocolo pronto dá um demonstrativo; o que falta aos outros vai na observação."""
    primeiro, segundo, recebido = _glosado(balcao), _glosado(balcao), balcao.casa.lote()
    analises = balcao.analise(segundo, 77, f"000{primeiro}", recebido, primeiro).analises
    assert [a.protocolo for a in analises] == [str(segundo), str(primeiro)]
    assert analises[0].observacao == (
        f"Sem demonstrativo. Não localizado: 77. Recebido: {recebido}."
    )
    assert analises[1].observacao is None


def test_nenhum_pronto_responde_a_situacao_do_primeiro(balcao: Balcao) -> None:
    """Se nenhum está pronto, diz-se a situação do primeiro, que pode ser 7, não localizado."""
    numero = balcao.casa.lote()
    ainda_nao = balcao.analise("77", numero).ainda_nao
    assert ainda_nao is not None
    assert (ainda_nao.protocolo, ainda_nao.situacao) == ("77", 7)


def test_trinta_protocolos_dao_trinta_demonstrativos(balcao: Balcao) -> None:
    """O maior pedido que o padrão deixa fazer é respondido inteiro, pela ordem."""
    numeros = [_glosado(balcao) for _ in range(30)]
    analises = balcao.analise(*reversed(numeros)).analises
    assert [a.protocolo for a in analises] == [str(n) for n in reversed(numeros)]
    assert len({a.numero for a in analises}) == 30


def test_encerrado_sem_pagamento_demonstra_se(balcao: Balcao) -> None:
    """O protocolo em que nada se liberou tem demonstrativo, com situação 4."""
    numero = balcao.casa.lote()
    balcao.casa.registrar(numero, de_guia(1, de_item(1, "100.00", glosa("100.00"))))
    balcao.casa.finalizar(numero)
    analise = _uma(balcao, numero)
    assert (analise.situacao, analise.guias[0].situacao) == (4, 4)
    assert analise.geral == _quatro("100.00", "100.00", "0.00", "100.00")


# --- números ----------------------------------------------------------------------------------


def test_enquanto_nada_muda_o_numero_e_o_corpo_sao_os_mesmos(balcao: Balcao) -> None:
    """Pedido de novo, o demonstrativo é byte por byte o mesmo."""
    numero = _glosado(balcao)
    corpos = {
        balcao.resposta_analise(numero, sequencial=str(n)).resultado.corpo.split(
            b"demonstrativoAnaliseConta"
        )[1]
        for n in range(1, 4)
    }
    assert len(corpos) == 1


def test_qualquer_mudanca_da_outro_numero_e_o_antigo_fica(balcao: Balcao) -> None:
    """Mudar a situação emite outro demonstrativo; voltar atrás, mais outro; os antigos leem-se."""
    numero = _glosado(balcao)
    emitidos = [_uma(balcao, numero)]
    balcao.casa.liberar(numero)
    emitidos.append(_uma(balcao, numero))
    balcao.casa.retirar(numero)
    emitidos.append(_uma(balcao, numero))
    assert [a.situacao for a in emitidos] == [5, 3, 5]
    numeros = [int(a.numero) for a in emitidos]
    assert numeros == sorted(set(numeros))
    with balcao.mesa.banco.leitura() as conn:
        operadora = balcao.mesa.operadora.id
        guardados = [demonstrativos.ler(conn, operadora, n) for n in numeros]
        corpos = [demonstrativos.corpo(conn, g) for g in guardados if g is not None]
        protocolo = balcao.mesa.protocolo(str(numero)).id
        assert list(demonstrativos.do_protocolo(conn, operadora, protocolo)) == guardados
    for corpo, n, situacao in zip(corpos, numeros, (b"5", b"3", b"5"), strict=True):
        assert b"<ans:numeroDemonstrativo>%d</ans:numeroDemonstrativo>" % n in corpo
        assert b"<ans:situacaoProtocolo>" + situacao in corpo


def test_reanalise_da_outro_numero(balcao: Balcao) -> None:
    """Reaberta e refeita a análise, o demonstrativo é outro, com os valores novos."""
    numero = _glosado(balcao)
    antes = _uma(balcao, numero)
    balcao.casa.reabrir(numero)
    assert balcao.analise(numero).ainda_nao is not None
    balcao.casa.registrar(numero, de_guia(1, de_item(1, "100.00", glosa("20.00"))))
    balcao.casa.finalizar(numero, completar=True)
    depois = _uma(balcao, numero)
    assert depois.numero != antes.numero
    assert depois.geral.liberado == reais("200.00")


def test_cada_versao_tem_o_seu_numero(balcao: Balcao) -> None:
    """O demonstrativo é dos fatos numa versão: cada uma tem número próprio e estável."""
    numero = _glosado(balcao)
    primeira = [_uma(balcao, numero, versao).numero for versao in VERSOES]
    assert len(set(primeira)) == len(VERSOES)
    assert primeira == [_uma(balcao, numero, versao).numero for versao in VERSOES]


def test_identificacao_do_pedido_repete_se_sem_mudar_o_numero(balcao: Balcao) -> None:
    """Quem pede pelo CNPJ vê o CNPJ, e o número é o mesmo de quem pede pelo código."""
    numero = _glosado(balcao)
    pelo_codigo = _uma(balcao, numero)
    pelo_cnpj = balcao.analise(numero, quem=identificado("cnpj", CNPJ)).analises[0]
    assert (pelo_codigo.prestador, pelo_cnpj.prestador) == (CODIGO, CNPJ)
    assert pelo_codigo.numero == pelo_cnpj.numero


def test_pedidos_simultaneos_dao_o_mesmo_numero(balcao: Balcao) -> None:
    """Quem pede ao mesmo tempo o que ainda não se emitiu recebe um só demonstrativo."""
    numeros = [_glosado(balcao) for _ in range(3)]
    largada = threading.Barrier(4)

    def pedir(ordem: list[int]) -> dict[str, str]:
        largada.wait(30)
        return {a.protocolo: a.numero for a in balcao.analise(*ordem).analises}

    with ThreadPoolExecutor(4) as fila:
        dados = list(fila.map(pedir, [numeros, numeros[::-1], numeros, numeros[::-1]]))
    assert all(d == dados[0] for d in dados)


def test_homologacao_tem_a_sua_serie(nova_mesa: AbrirMesa) -> None:
    """O número de um prestador em homologação não sai da série real."""
    balcao = Balcao(nova_mesa(prestador={"homologacao": True}))
    numero = _glosado(balcao, homologacao=True)
    assert int(_uma(balcao, numero).numero) >= 900000000001


# --- o que não cabe ---------------------------------------------------------------------------


def test_valor_grande_demais_diz_em_que_versao_perguntar(balcao: Balcao) -> None:
    """O item que passa de 8 dígitos não cabe antes de 4.02.00, e diz-se onde cabe."""
    balcao.todos_os_itens()
    numero = balcao.casa.lote(["1000000.00"])
    balcao.casa.finalizar(numero, completar=True)
    resposta = balcao.resposta_analise(numero, versao="4.01.00")
    conferir_erro(resposta, erros.NAO_CABE_NA_VERSAO, "4.01.00")
    assert "Pergunte na versão 4.02.00." in resposta.texto
    assert _uma(balcao, numero, "4.02.00").geral.liberado == reais("1000000.00")


def test_codigo_que_a_versao_nao_tem_diz_onde_perguntar(balcao: Balcao) -> None:
    """A glosa de código novo não se diz numa versão antiga, nem se troca por outra."""
    numero = balcao.casa.lote()
    balcao.casa.registrar(numero, de_guia(1, de_item(1, "100.00", glosa("10.00", "3291"))))
    balcao.casa.finalizar(numero)
    resposta = balcao.resposta_analise(numero, versao="3.05.00")
    conferir_erro(resposta, erros.NAO_CABE_NA_VERSAO, "3.05.00")
    assert "Pergunte na versão 4.03.00." in resposta.texto
