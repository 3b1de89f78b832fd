from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from handlers.analise import linhas
from handlers.analise.importacao import Opcoes, importar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from integration.cobranca import Cobranca

    from handlers.analise.pedido import PedidoDeRegistro
    from handlers.em_massa import Lida, Relatorio

CABECALHO = ";".join(linhas.COLUNAS)


def _importar(casa: Cobranca, lidas: Iterable[Lida[PedidoDeRegistro]], **opcoes: bool) -> Relatorio:
    return importar(casa.banco, casa.operadora, lidas, casa.autor("lote"), Opcoes(**opcoes))


def _json(numero: int, liberado: str = "9.00", **campos: Any) -> str:
    item = {
        "item": 1,
        "valorProcessado": "10.00",
        "valorLiberado": liberado,
        "glosas": [{"codigo": "1705", "valor": "1.00", "texto": "a maior"}],
    }
    return json.dumps({"protocolo": numero, "guias": [{"guia": 1, "itens": [item]}], **campos})


def test_json_registra_e_finaliza_cada_protocolo(casa: Cobranca) -> None:
    """Cada linha JSON analisa um protocolo; linhas vazias não contam."""
    numeros = [casa.lote(["10.00"]) for _ in range(3)]
    texto = [_json(numeros[0]), "", _json(numeros[1]), _json(numeros[2])]
    feito = _importar(casa, linhas.de_json(texto, "k"), finalizar=True)
    assert (feito.lidos, feito.gravados, feito.repetidos, feito.recusados) == (3, 3, 0, ())
    assert [str(casa.protocolo(n).liberado) for n in numeros] == ["9.00"] * 3


def test_uma_linha_ruim_deixa_tudo_por_gravar(casa: Cobranca) -> None:
    """Sem parcial, um protocolo que não serve desfaz os outros; todos os defeitos são ditos."""
    bom, ruim = casa.lote(["10.00"]), casa.lote(["10.00"])
    texto = [_json(bom), _json(ruim, "8.00"), "{", _json(999)]
    feito = _importar(casa, linhas.de_json(texto, "k"))
    assert (feito.lidos, feito.gravados) == (4, 0)
    assert [(r.linha, r.chave) for r in feito.recusados] == [
        (2, "equacao-de-valores"),
        (3, "linha-invalida"),
        (4, "protocolo-ausente"),
    ]
    assert casa.situacoes(bom) == [1]


def test_parcial_grava_os_que_servem(casa: Cobranca) -> None:
    """Com parcial, só ficam de fora os que não servem."""
    bom, ruim = casa.lote(["10.00"]), casa.lote(["10.00"])
    texto = [_json(ruim, "8.00"), _json(bom)]
    feito = _importar(casa, linhas.de_json(texto, "k"), parcial=True)
    assert (feito.gravados, [r.linha for r in feito.recusados]) == (1, [1])
    assert (casa.situacoes(bom), casa.situacoes(ruim)) == ([1, 2], [1])


def test_mesmo_arquivo_de_novo_nada_grava(casa: Cobranca) -> None:
    """A importação repetida com a mesma chave só conta repetidos, ainda que já finalizados."""
    texto = [_json(casa.lote(["10.00"]))]
    _importar(casa, linhas.de_json(texto, "k"), finalizar=True)
    feito = _importar(casa, linhas.de_json(texto, "k"), finalizar=True)
    assert (feito.gravados, feito.repetidos, feito.recusados) == (0, 1, ())


def test_falha_ao_finalizar_desfaz_o_registro_do_protocolo(casa: Cobranca) -> None:
    """O protocolo que não se finaliza não fica com resultados pela metade."""
    numero = casa.lote(["10.00"], ["20.00"])
    feito = _importar(casa, linhas.de_json([_json(numero)], "k"), parcial=True, finalizar=True)
    assert [r.chave for r in feito.recusados] == ["resultado-incompleto"]
    assert casa.situacoes(numero) == [1]


def test_csv_junta_as_linhas_de_um_protocolo(casa: Cobranca) -> None:
    """Itens, várias glosas do mesmo item, glosas da guia e do protocolo vêm em linhas seguidas."""
    numero = casa.lote(["10.00", "5.00"], ["20.00"])
    texto = [
        CABECALHO,
        f"{numero};1;1;;10.00;7.00;1705;2.00;a maior",
        f"{numero};1;1;;10.00;7.00;1714;1.00;",
        f"{numero};1;2;;5.00;5.00;;;",
        f"{numero};1;;;;;1705;0.50;da guia",
        f"{numero};2;1;;20.00;20.00;;;",
        f"{numero};;;;;;1705;1.00;do protocolo",
    ]
    feito = _importar(casa, linhas.de_csv(texto, "k"), finalizar=True)
    assert (feito.lidos, feito.gravados, feito.recusados) == (1, 1, ())
    assert [str(g.liberado) for g in casa.guias(numero)] == ["11.50", "20.00"]
    assert str(casa.protocolo(numero).liberado) == "30.50"


def test_csv_diz_a_linha_do_que_nao_serve(casa: Cobranca) -> None:
    """O número da linha é o do arquivo, contado o cabeçalho."""
    bom, ruim = casa.lote(["10.00"]), casa.lote(["10.00"])
    texto = [
        CABECALHO,
        f"{bom};1;1;;10.00;10.00;;;",
        f"{ruim};1;1;;10,00;10.00;;;",
        f"{bom};1;1;;10.00;10.00;;;",
        "1;2",
        "abc;1;1;;1;1;;;",
    ]
    feito = _importar(casa, linhas.de_csv(texto, "k"), parcial=True)
    assert feito.gravados == 1
    assert [(r.linha, r.texto) for r in feito.recusados] == [
        (3, "processado não é um número com ponto decimal"),
        (4, "o protocolo já apareceu antes: as linhas dele vêm seguidas"),
        (5, "tem 2 colunas em vez de 9"),
        (6, "protocolo não é um número de até doze algarismos"),
    ]


def test_csv_sem_as_colunas_nao_se_le(casa: Cobranca) -> None:
    """A primeira linha tem de trazer os nomes das colunas."""
    with pytest.raises(linhas.LinhaInvalida, match="a primeira linha deve ser"):
        _importar(casa, linhas.de_csv(["protocolo;guia"], "k"))


@pytest.mark.parametrize(
    ("texto", "motivo"),
    [
        ("[]", "não é um objeto JSON"),
        ("não", "não é JSON"),
        ("[" * 100_000, "não é JSON"),
        ('{"protocolo": 1, "outro": 1}', "há um campo desconhecido"),
        ('{"protocolo": "x"}', "protocolo não é um número"),
        ('{"protocolo": 1, "guias": {}}', "guias não é uma lista"),
        ('{"protocolo": 1, "guias": [1]}', "onde se espera um objeto"),
        ('{"protocolo": 1, "guias": [{}]}', "uma guia não diz qual é"),
        ('{"protocolo": 1, "guias": [{"guia": true}]}', "guia não é um número inteiro"),
        ('{"protocolo": 1, "guias": [{"guia": 1, "itens": [{"item": 1}]}]}', "valorProcessado"),
        ('{"protocolo": 1, "glosas": [{"valor": 1}]}', "uma glosa não traz código"),
        ('{"protocolo": 1, "glosas": [{"codigo": "1705", "valor": NaN}]}', "valor não é um número"),
        ('{"protocolo": 1, "glosas": [{"codigo": "1", "valor": 1e999999999}]}', "valor não é um"),
        ('{"protocolo": 1, "glosas": [{"codigo": "1705", "valor": "sNaN"}]}', "valor não é um"),
        ('{"protocolo": 1, "observacao": 1}', "observacao não é um texto"),
    ],
)
def test_json_que_nao_se_entende_e_dito_sem_repetir_valores(texto: str, motivo: str) -> None:
    """Cada defeito tem o seu motivo, e a leitura continua na linha seguinte."""
    ruim, boa = linhas.de_json([texto, '{"protocolo": 2}'], "k")
    assert motivo in ruim.defeito
    assert (boa.linha, boa.pedido and boa.pedido.protocolo) == (2, 2)


def test_milhares_de_protocolos_num_arquivo(casa: Cobranca) -> None:
    """Um arquivo de mil linhas importa-se inteiro, lido aos poucos."""
    numeros = [casa.lote(["10.00"]) for _ in range(20)]
    vistas = 0

    def texto() -> Iterable[str]:
        nonlocal vistas
        for n in range(1000):
            vistas += 1
            # o que não há no meio não atrapalha
            yield _json(numeros[n // 50] if n % 50 == 0 else 1)

    feito = _importar(casa, linhas.de_json(texto(), "k"), parcial=True)
    assert (vistas, feito.lidos, feito.gravados, len(feito.recusados)) == (1000, 1000, 20, 980)
