"""O relatório de glosas feito em segundo plano: pedido, feito, avisado, baixado, apagado."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from impressos_lidos import cifras, textos_do_html, textos_do_pdf
from integration.arquivados import abrir
from integration.cobranca import AGORA, Cobranca, de_guia, de_item, glosa
from integration.demonstrativo import Balcao
from integration.exemplos import outra_operadora
from integration.recepcao import abrir_mesa

from backoffice import relatorios as fabrica
from dominio.competencia import agora
from persistence import auditoria, entregas, relatorios, webhooks
from persistence.cifra import acrescentar, cifrado, nova

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from integration.api import Api
    from integration.recepcao import Mesa

_URL = "https://sistema.exemplo.com.br/avisos"


@pytest.fixture
def casa(mesa: Mesa) -> Cobranca:
    """O lado da operadora."""
    return Balcao(mesa).casa


def _glosado(casa: Cobranca) -> int:
    """Um protocolo com glosas do protocolo, de uma guia e de dois itens."""
    numero = casa.lote(["100.00", "50.00"], ["70.00"])
    casa.registrar(
        numero,
        de_guia(
            1,
            de_item(1, "100.00", glosa("30.00")),
            de_item(2, "50.00", glosa("5.25", "1714")),
            glosas=(glosa("1.00", "1706"),),
        ),
        de_guia(2, de_item(1, "70.00")),
        glosas=(glosa("2.00"),),
    )
    casa.finalizar(numero)
    return numero


def _pedir(api: Api, numero: int, formato: str = "pdf") -> int:
    resposta = api.enviar(
        "POST", "/relatorios/glosas", {"protocolo": f"000{numero}", "formato": formato}
    )
    assert resposta.status == 202, resposta.corpo
    [primeiro, *_] = api.pegar("/relatorios").dados["relatorios"]
    assert primeiro["estado"] == "pendente"
    return int(primeiro["id"])


def _baixar(api: Api, numero: int, formato: str) -> bytes:
    chave = _pedir(api, numero, formato)
    assert api.pegar(f"/relatorios/{chave}/arquivo").problema(409)
    assert fabrica.fazer(api.mesa.banco, AGORA) == "relatórios feitos: 1; falhados: 0"
    baixado = api.pegar(f"/relatorios/{chave}/arquivo")
    assert baixado.status == 200
    assert f".{formato}" in baixado.cabecalhos["content-disposition"]
    assert api.pegar(f"/relatorios/{chave}").dados["tamanho"] == len(baixado.corpo)
    return baixado.corpo


def test_relatorio_diz_as_mesmas_glosas_em_todo_formato(api: Api, casa: Cobranca) -> None:
    """PDF, HTML e CSV têm cada glosa, com a guia, o item, o motivo e o valor, e a soma deles."""
    numero = _glosado(casa)
    no_papel = textos_do_pdf(_baixar(api, numero, "pdf"))
    na_pagina = textos_do_html(_baixar(api, numero, "html"))
    assert cifras(no_papel) == cifras(na_pagina)
    # por motivo: 30,00 + 2,00 de 1705
    assert {"32,00", "30,00", "2,00", "5,25", "1,00", "38,25"} <= set(cifras(no_papel))
    assert "Protocolo inteiro" in no_papel
    texto = _baixar(api, numero, "csv").decode("utf-8-sig")
    linhas = list(csv.DictReader(io.StringIO(texto, newline=""), delimiter=";"))
    vistas = [(x["Item"], x["Código da glosa"], x["Valor da glosa"]) for x in linhas]
    assert vistas == [
        ("", "1705", "2,00"),
        ("", "1706", "1,00"),
        ("1", "1705", "30,00"),
        ("2", "1714", "5,25"),
    ]


def test_pronto_avisa_se_e_baixar_fica_na_auditoria(api: Api, casa: Cobranca) -> None:
    """Quando acaba, o webhook diz qual; quem o baixa fica anotado, com de quem eram os dados."""
    numero = _glosado(casa)
    with api.mesa.banco.escrita() as conn:
        criado = webhooks.criar(
            conn, api.mesa.operadora.id, url=_URL, eventos=["relatorio.pronto"],
            homologacao=False, agora=datetime.now(UTC),
        )  # fmt: skip
    chave = _pedir(api, numero)
    fabrica.fazer(api.mesa.banco, AGORA)
    api.pegar(f"/relatorios/{chave}/arquivo")
    with api.mesa.banco.leitura() as conn:
        [aviso] = entregas.listar(conn, criado.webhook)
        eventos = auditoria.listar(conn, api.mesa.operadora.id)
    assert (aviso.evento, aviso.assunto, aviso.numero) == ("relatorio.pronto", "relatorio", chave)
    assert ("exportar", "protocolo", str(numero)) in [
        (e.acao, e.alvo_tipo, e.alvo) for e in eventos
    ]


def test_pedido_outra_vez_enquanto_espera_e_o_mesmo(api: Api, casa: Cobranca) -> None:
    """Dois pedidos iguais são um só relatório; depois de feito, faz-se outro."""
    numero = _glosado(casa)
    primeiro = _pedir(api, numero)
    assert _pedir(api, numero) == primeiro
    assert _pedir(api, numero, "csv") != primeiro
    assert fabrica.fazer(api.mesa.banco, AGORA) == "relatórios feitos: 2; falhados: 0"
    assert fabrica.fazer(api.mesa.banco, AGORA) is None
    assert _pedir(api, numero) > primeiro


def test_o_que_nao_se_pode_relatar(api: Api, casa: Cobranca) -> None:
    """Sem análise acabada é 409; o que não há, e o de outra operadora, 404."""
    numero = casa.lote()
    em_analise = api.enviar("POST", "/relatorios/glosas", {"protocolo": str(numero)})
    assert "análise ainda não acabou" in em_analise.problema(409)["detail"]
    api.enviar("POST", "/relatorios/glosas", {"protocolo": "77"}).problema(404)
    errado = api.enviar("POST", "/relatorios/glosas", {"protocolo": "7", "formato": "xlsx"})
    assert errado.campos() == {"formato"}
    chave = _pedir(api, _glosado(casa))
    outra = outra_operadora(api.mesa.banco)
    dela = api.token(operadora=outra)
    for caminho in (f"/relatorios/{chave}", f"/relatorios/{chave}/arquivo", "/relatorios/x"):
        assert api.pedir("GET", caminho, token=dela).status == 404
    assert api.pedir("GET", "/relatorios", token=dela).dados["relatorios"] == []


def test_analise_reaberta_no_meio_deixa_o_relatorio_falhado(api: Api, casa: Cobranca) -> None:
    """O que deixou de se poder mostrar não se mostra, e diz-se que falhou."""
    numero = _glosado(casa)
    chave = _pedir(api, numero)
    casa.reabrir(numero)
    assert fabrica.fazer(api.mesa.banco, AGORA) == "relatórios feitos: 0; falhados: 1"
    assert api.pegar(f"/relatorios/{chave}").dados["estado"] == "falhou"
    assert api.pegar(f"/relatorios/{chave}/arquivo").status == 409


def test_um_que_nao_se_deixa_fazer_nao_segura_os_outros(
    api: Api, casa: Cobranca, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O que rebenta a meio fica falhado, e o seguinte faz-se."""
    numero = _glosado(casa)
    ruim, bom = _pedir(api, numero, "pdf"), _pedir(api, numero, "csv")

    def rebentar(_folhas: object) -> bytes:
        raise RuntimeError

    monkeypatch.setattr("backoffice.impressos.pdf.escrever", rebentar)
    assert fabrica.fazer(api.mesa.banco, AGORA) == "relatórios feitos: 1; falhados: 1"
    estados = [api.pegar(f"/relatorios/{n}").dados["estado"] for n in (ruim, bom)]
    assert estados == ["falhou", "pronto"]


def test_dois_que_fazem_o_mesmo_gravam_um(api: Api, casa: Cobranca) -> None:
    """Quem acaba depois não troca o que já se guardou, nem avisa outra vez."""
    chave = _pedir(api, _glosado(casa))
    banco = api.mesa.banco
    with banco.leitura() as conn:
        relatorio = relatorios.proximo(conn)
    assert relatorio is not None
    for feito, gravou in ((b"um", True), (b"dois", False)):
        with banco.escrita() as conn:
            assert relatorios.concluir(conn, relatorio, feito, AGORA) is gravou
    assert api.pegar(f"/relatorios/{chave}/arquivo").corpo == b"um"


def test_velhos_apagam_se(api: Api, casa: Cobranca) -> None:
    """Passados sete dias o relatório já não existe."""
    chave = _pedir(api, _glosado(casa))
    fabrica.fazer(api.mesa.banco, AGORA)
    assert fabrica.apagar_velhos(api.mesa.banco, agora() + timedelta(days=6)) is None
    depois = agora() + timedelta(days=7, minutes=1)
    assert fabrica.apagar_velhos(api.mesa.banco, depois) == "relatórios apagados: 1"
    api.pegar(f"/relatorios/{chave}").problema(404)


def test_conteudo_cifrado_passa_a_chave_nova(
    nova_url: Callable[[bool], str], tmp_path: Path
) -> None:
    """O relatório guarda-se cifrado, e a troca de chave alcança-o sem o mudar."""
    banco = abrir(nova_url(True), tmp_path)
    mesa = abrir_mesa(banco)
    numero = _glosado(Balcao(mesa).casa)
    with banco.escrita() as conn:
        pedido = relatorios.pedir(
            conn, mesa.operadora.id, tipo="glosas", protocolo=numero, formato="csv", quem="ana",
            agora=AGORA,
        )  # fmt: skip
    fabrica.fazer(banco, AGORA)

    def guardado() -> bytes:
        with banco.leitura() as conn:
            cru = conn.exec_driver_sql("SELECT conteudo FROM relatorio").scalar_one()
            assert cifrado(bytes(cru))
            return relatorios.conteudo(conn, pedido)

    antes = guardado()
    acrescentar(tmp_path / "chaves" / "arquivo.chaves", nova(datetime.now(UTC)))
    with banco.escrita() as conn:
        relatorios.recifrar(conn)
    assert guardado() == antes
    banco.fechar()
