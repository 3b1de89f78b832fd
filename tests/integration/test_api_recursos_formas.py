"""Um recurso impresso e em arquivo, e a resposta dele em arquivo."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from impressos_lidos import cifras, paginas, textos_do_html, textos_do_pdf
from integration.recepcao import Q
from integration.recurso import Recorrente, aceita, guia, item
from lxml import etree
from validador import validar_resposta

import tiss_xsd
from dominio import listas
from dominio.lote import TipoGuia
from dominio.versoes import VERSOES
from handlers.andamento import Pedido
from mensagem import hash_tiss
from prestador.recursos import DoProtocolo
from prestador.respostas_de_recurso import ler_recibo_de_recurso, ler_situacao_de_recurso

if TYPE_CHECKING:
    from integration.api import Api, Resposta


# o que aqui se decide é igual nos dois bancos: basta num deles
_UM_BANCO = pytest.mark.parametrize("nova_url", ["sqlite"], indirect=True)


def _xml(resposta: Resposta) -> etree._Element:
    assert resposta.status == 200, resposta.corpo.decode()
    assert resposta.cabecalhos["content-type"] == "application/xml"
    assert resposta.cabecalhos["content-disposition"].startswith("attachment; ")
    assert resposta.corpo.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>')
    return etree.fromstring(resposta.corpo)


def _texto(raiz: etree._Element, nome: str) -> str | None:
    return next((e.text for e in raiz.iter(Q + nome)), None)


def _recursos(recorrente: Recorrente) -> dict[str, int]:
    """Um recurso de cada forma: itens e guia, protocolo, odontologia por item e por guia."""
    protocolo = recorrente.analisado({(1, 1): ("30.00",), (2, None): ("5.00",)}, guias=2)
    um, dois = (recorrente.guia_de(protocolo, n) for n in (1, 2))
    inteiro = recorrente.analisado()
    por_item, por_guia = (recorrente.analisado(tipo=TipoGuia.ODONTO) for _ in "ab")
    do_item = item(recorrente.guia_de(por_item), 1, "30.00")
    da_guia = guia(recorrente.guia_de(por_guia))
    return {
        "misto": recorrente.aceito(
            protocolo,
            item(um, 1, "30.00", grau="12"),
            guia(dois, justificativa="São <da> conta & só"),
        ),
        "protocolo": recorrente.aceito(inteiro, DoProtocolo("1705")),
        "odonto-item": recorrente.aceito(por_item, do_item, odonto=True),
        "odonto-guia": recorrente.aceito(por_guia, da_guia, odonto=True),
    }


@_UM_BANCO
def test_arquivo_do_recurso_e_valido_em_toda_versao_e_e_o_que_veio(
    recorrente: Recorrente, api: Api
) -> None:
    """Passa no esquema e no hash das seis versões; na sua, enviado de novo, é o mesmo recurso."""
    for forma, numero in _recursos(recorrente).items():
        for versao in VERSOES:
            raiz = _xml(api.pegar(f"/recursos/{numero}", formato="xml", versao=versao))
            esquema = tiss_xsd.esquema(versao)
            assert esquema.valida(raiz), (forma, versao, esquema.erros(raiz, 5))
            assert hash_tiss.informado(raiz) == hash_tiss.calcular(raiz)
            assert _texto(raiz, "Padrao") == versao
        bytes_ = api.pegar(f"/recursos/{numero}", formato="xml").corpo
        assert bytes_ == api.pegar(f"/recursos/{numero}", formato="xml").corpo
        feito = recorrente.mesa.recepcao.receber(
            Pedido(bytes_, None, None, "upload", uuid.uuid4().hex)
        )
        recibo = ler_recibo_de_recurso(etree.fromstring(feito.corpo)[1][0])
        assert (recibo.erro, int(recibo.numero or 0)) == (None, numero), forma


@_UM_BANCO
def test_rascunho_enviado_tambem_tem_arquivo(recorrente: Recorrente, api: Api) -> None:
    """O que se digitou pela posição sai no XML com tudo o que o padrão pede de um item."""
    protocolo = recorrente.analisado()
    linhas = [{"nivel": "item", "codigoGlosa": "1705", "justificativa": "É o contrato.", "guia": 1,
               "item": 1, "valor": "12.34"}]  # fmt: skip
    feito = api.enviar(
        "POST", "/rascunhos-de-recurso", {"protocolo": str(protocolo), "linhas": linhas}
    )
    enviado = api.enviar("POST", f"/rascunhos-de-recurso/{feito.dados['id']}/envio").dados
    raiz = _xml(api.pegar(f"/recursos/{enviado['numeroRecurso']}", formato="xml"))
    assert tiss_xsd.esquema(VERSOES[-1]).valida(raiz)
    ditos = ("codigoProcedimento", "descricaoProcedimento", "dataInicio", "valorRecursado",
             "justificativaItem", "valorTotalRecursado", "numeroGuiaOrigem")  # fmt: skip
    assert [_texto(raiz, nome) for nome in ditos] == [
        "40300001", "Exame", "2026-03-10", "12.34", "É o contrato.", "12.34",
        recorrente.guia_de(protocolo),
    ]  # fmt: skip


def test_resposta_em_arquivo_e_a_que_o_prestador_le(recorrente: Recorrente, api: Api) -> None:
    """Em curso diz a situação; respondida, traz os valores, em qualquer versão."""
    numero = _recursos(recorrente)["misto"]
    onde = f"/recursos/{numero}/resposta"
    em_curso = validar_resposta(api.pegar(onde).corpo, VERSOES[-1])
    assert ler_situacao_de_recurso(em_curso[1][0]).status == 1
    recorrente.decidir(numero, aceita(1, "10.00"), aceita(2, "5.00"))
    for versao in VERSOES:
        raiz = validar_resposta(_xml_bytes(api.pegar(onde, versao=versao)), versao)
        lida = ler_situacao_de_recurso(raiz[1][0])
        assert (str(lida.recursado), str(lida.acatado)) == ("35.00", "15.00")
    api.pegar("/recursos/77/resposta").problema(404)
    assert api.pegar(onde, versao="9.9").campos() == {"versao"}


def _xml_bytes(resposta: Resposta) -> bytes:
    _xml(resposta)
    return resposta.corpo


@_UM_BANCO
def test_codigo_que_a_versao_nao_tem_recusa_o_arquivo(recorrente: Recorrente, api: Api) -> None:
    """O código de glosa novo não se escreve numa versão velha: 409, com a versão em que se pede."""
    novo = _codigo_novo()
    protocolo = recorrente.analisado(codigo=novo)
    numero = recorrente.aceito(protocolo, DoProtocolo(novo))
    recusa = api.pegar(f"/recursos/{numero}", formato="xml", versao="3.05.00").problema(409)
    assert recusa["motivo"] == "nao-cabe-na-versao"
    assert VERSOES[-1] in recusa["detail"]
    assert api.pegar(f"/recursos/{numero}", formato="xml").status == 200


def _codigo_novo() -> str:
    antigos = set(listas.codigos("dm_tipoGlosa", "3.05.00"))
    return next(c for c in listas.codigos("dm_tipoGlosa", VERSOES[-1]) if c not in antigos)


@_UM_BANCO
def test_impresso_do_recurso_em_duas_vias(recorrente: Recorrente, api: Api) -> None:
    """Cabeçalho, valores, itens, justificativas e documentos, iguais no HTML e no PDF."""
    numero = _recursos(recorrente)["misto"]
    recorrente.decidir(numero, aceita(1, "10.00"), aceita(2, "5.00"))
    pdf = api.pegar(f"/recursos/{numero}", formato="pdf")
    assert pdf.cabecalhos["content-type"] == "application/pdf"
    folhas = paginas(pdf.corpo)
    assert len(folhas) == 2
    for via, pagina in enumerate(folhas, 1):
        assert f"Recurso de glosa - {via}ª via" in pagina.textos
    dizem = [
        "99999-9", "Operadora Inventada", str(numero), "Via Webservice", "Guia e Eventos",
        "AUTORIZADO PARCIAL", "AUTORIZADO", "40300001", "1705", "São <da> conta & só",
        "Conforme o contrato.", "3 - Liberado para pagamento",
    ]  # fmt: skip
    html = api.pegar(f"/recursos/{numero}", formato="html")
    assert "default-src 'none'" in html.cabecalhos["content-security-policy"]
    no_html, no_pdf = textos_do_html(html.corpo), textos_do_pdf(pdf.corpo)
    junto = " ".join(no_pdf)
    for texto in dizem:
        assert any(texto in t for t in no_html), texto
        assert all(parte in junto for parte in texto.split()), texto
    for valor in ("400,00", "35,00", "365,00", "15,00", "30,00", "10,00", "5,00"):
        assert valor in cifras(no_html), valor
    assert sorted(cifras(no_html)) == sorted(cifras(no_pdf))
    assert len(paginas(api.pegar(f"/recursos/{numero}", formato="pdf", vias=1).corpo)) == 1
    assert api.pegar(f"/recursos/{numero}", formato="pdf", vias=6).campos() == {"vias"}
    pedido: dict[str, Any] = {"accept": "application/pdf"}
    por_accept = api.pedir("GET", f"/recursos/{numero}", token=api.token(), cabecalhos=pedido)
    assert por_accept.corpo == pdf.corpo
