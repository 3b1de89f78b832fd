from __future__ import annotations

import pytest
from lxml import etree

import tiss_xsd
from dominio.listas import ListaDesconhecida, codigos, listas, tem
from dominio.versoes import VERSOES, sufixo

XS = "{http://www.w3.org/2001/XMLSchema}"


def enumeracoes(versao: str) -> dict[str, tuple[str, ...]]:
    raiz = etree.fromstring(tiss_xsd.ler(versao, f"tissSimpleTypes{sufixo(versao)}.xsd"))
    tipos = {
        str(t.get("name")): tuple(
            dict.fromkeys(v for e in t.iter(f"{XS}enumeration") if (v := str(e.get("value"))))
        )
        for t in raiz.iter(f"{XS}simpleType")
    }
    return {
        nome: lista
        for nome, lista in tipos.items()
        if lista and (nome.startswith("dm_") or nome == "st_tissFault")
    }


@pytest.mark.parametrize("versao", VERSOES)
def test_listas_iguais_as_enumeracoes_do_esquema(versao: str) -> None:
    """Cada lista tem os códigos do esquema da versão, na mesma ordem e sem o valor vazio."""
    obtido = {lista: codigos(lista, versao) for lista in listas(versao)}

    assert enumeracoes(versao) == obtido


def test_codigo_que_so_uma_versao_tem() -> None:
    """Um código vale a partir da versão que o criou."""
    esperado = [False, False, False, False, True, True]
    assert esperado == [tem("dm_statusProtocolo", "10", v) for v in VERSOES]


@pytest.mark.parametrize("codigo", ["", "3099", " 1001", "1001 ", "99999"])
def test_glosa_que_nao_existe(codigo: str) -> None:
    """Vazio, lacunas da numeração e espaços não são códigos de glosa."""
    assert not tem("dm_tipoGlosa", codigo, "4.03.00")


def test_lista_que_a_versao_ainda_nao_tem() -> None:
    """Uma lista criada depois é desconhecida nas versões anteriores."""
    with pytest.raises(ListaDesconhecida, match=r"3\.05\.00 não tem a lista dm_tipoPagamento"):
        codigos("dm_tipoPagamento", "3.05.00")


@pytest.mark.parametrize(
    ("lista", "versao"),
    [("dm_inventada", "4.03.00"), ("st_CPF", "4.03.00"), ("dm_simNao", "4.4")],
)
def test_lista_ou_versao_inexistente(lista: str, versao: str) -> None:
    """Nome que não é de lista de códigos e o que não é versão são erros, não listas vazias."""
    with pytest.raises(ListaDesconhecida):
        tem(lista, "S", versao)
