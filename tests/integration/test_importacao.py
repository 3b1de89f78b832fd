"""Arquivos com milhares de protocolos: análises, e protocolos de outro sistema."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from integration.cobranca_na_api import Contas
from integration.demonstrativo import Balcao

from dominio.versoes import VERSOES
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from pathlib import Path

    from integration.api import Api, Resposta
    from integration.comandos import Terminal
    from integration.recepcao import Mesa

_PROTOCOLOS = "/importacoes/protocolos"
_ANALISES = "/importacoes/analises"


def _antigo(numero: int, situacao: int, **campos: Any) -> dict[str, Any]:
    item = {
        "sequencial": 1, "data": "2025-03-01", "tabela": "22", "codigo": "40304361",
        "descricao": "Hemograma", "valorUnitario": "100.00", "valorTotal": "100.00",
    }  # fmt: skip
    guia = {"numeroGuiaPrestador": f"G{numero}", "carteira": "00123", "itens": [item]}
    return {
        "protocolo": f"{numero:08d}", "prestador": "013950", "numeroLotePrestador": f"L{numero}",
        "tipoGuia": "guiaSP-SADT", "versao": "4.03.00", "situacao": situacao,
        "recebidoEm": "2025-03-10T10:00:00-03:00", "guias": [guia], **campos,
    }  # fmt: skip


_ITEM = {
    "item": 1, "valorProcessado": "100.00", "valorLiberado": "90.00",
    "glosas": [{"codigo": "1705", "valor": "10.00"}],
}  # fmt: skip
_ANALISE = {
    "guias": [{"guia": 1, "itens": [_ITEM]}],
    "finalizadaEm": "2025-03-20T10:00:00-03:00",
}
_PAGAMENTO = {
    "data": "2025-03-31", "forma": "1", "banco": "041",
    "descontos": [{"indicador": "1", "tipo": "01", "descricao": "IRRF", "valor": "1.35"}],
}  # fmt: skip
_EM_CADA_SITUACAO = (
    _antigo(1, 1),
    _antigo(2, 2),
    _antigo(3, 3, analise=_ANALISE),
    _antigo(4, 4),
    _antigo(5, 5, analise=_ANALISE),
    _antigo(6, 6, analise=_ANALISE, pagamento=_PAGAMENTO),
    _antigo(8, 8),
    _antigo(9, 9),
    _antigo(10, 10, analise=_ANALISE),
)


def _linhas(*protocolos: Any) -> bytes:
    return "\n".join(
        p if isinstance(p, str) else json.dumps(p, ensure_ascii=False) for p in protocolos
    ).encode()


def _importar(
    api: Api, corpo: bytes, caminho: str = _PROTOCOLOS, *, tipo: str = "", aceita: str = "",
    **opcoes: str,
) -> Resposta:  # fmt: skip
    return api.pedir(
        "POST", caminho, token=api.token(), corpo=corpo, consulta=opcoes,
        cabecalhos={"content-type": tipo or "application/x-ndjson", "accept": aceita},
    )  # fmt: skip


def _gravados(api: Api) -> list[str]:
    return [p["numeroProtocolo"] for p in api.pegar("/protocolos").dados["protocolos"]]


def test_protocolos_antigos_conservam_numero_e_situacao(api: Api) -> None:
    """Cada um responde à consulta SOAP na situação em que estava, com ou sem zeros."""
    relatorio = _importar(api, _linhas(*_EM_CADA_SITUACAO)).dados
    assert (relatorio["gravados"], relatorio["recusados"]) == (9, [])
    for antigo in _EM_CADA_SITUACAO:
        visto = api.mesa.perguntar(antigo["protocolo"]).situacao
        assert (visto.status, visto.numero_lote) == (
            antigo["situacao"], antigo["numeroLotePrestador"],
        )  # fmt: skip


@pytest.mark.parametrize("versao", VERSOES)
def test_protocolo_antigo_pago_responde_em_toda_versao(api: Api, versao: str) -> None:
    """Os valores importados saem na consulta de qualquer versão."""
    _importar(api, _linhas(_antigo(6, 6, analise=_ANALISE, pagamento=_PAGAMENTO)))
    valores = api.mesa.perguntar("6", versao=versao).situacao.valores
    assert valores is not None
    assert (str(valores.glosa), str(valores.liberado)) == ("10.00", "90.00")


@pytest.mark.parametrize("versao", VERSOES)
def test_demonstrativos_de_protocolo_antigo(api: Api, versao: str) -> None:
    """Análise de conta e pagamento saem do que se importou, em toda versão."""
    _importar(api, _linhas(_antigo(6, 6, analise=_ANALISE, pagamento=_PAGAMENTO)))
    balcao = Balcao(api.mesa)
    [analise] = balcao.analise("6", versao=versao).analises
    assert (analise.lote, int(analise.protocolo), analise.situacao) == ("L6", 6, 6)
    assert str(analise.valores.glosa) == "10.00"
    pagamento = balcao.pagamento(date(2025, 3, 31), versao=versao).pagamento
    assert pagamento is not None
    assert (str(pagamento.bruto), str(pagamento.liquido)) == ("90.00", "88.65")


def test_historico_e_pagamento_tem_as_datas_de_la(api: Api) -> None:
    """As passagens ficam nos dias em que aconteceram, e o pagamento com o que se descontou."""
    _importar(api, _linhas(_antigo(6, 6, analise=_ANALISE, pagamento=_PAGAMENTO)))
    protocolo = api.pegar("/protocolos/6").dados
    passagens = [(p["para"]["codigo"], p["em"][:10]) for p in protocolo["historico"]]
    assert passagens == [
        (1, "2025-03-10"), (2, "2025-03-20"), (5, "2025-03-20"), (3, "2025-03-31"),
        (6, "2025-03-31"),
    ]  # fmt: skip
    assert protocolo["dataPagamento"] == "2025-03-31"
    [pagamento] = api.pegar("/pagamentos").dados["pagamentos"]
    assert (pagamento["bruto"], pagamento["liquido"]) == ("90.00", "88.65")
    [base] = api.pegar(f"/pagamentos/{pagamento['id']}").dados["bases"]
    assert (base["irrf"], base["valorLiquido"]) == ("1.35", "88.65")


def test_protocolo_antigo_segue_a_vida_aqui(api: Api) -> None:
    """O analisado lá libera-se e paga-se aqui como qualquer outro."""
    _importar(api, _linhas(_antigo(5, 5, analise=_ANALISE)))
    contas = Contas(api)
    assert contas.liberar("5").status == 200
    assert contas.pagar("5").dados["totais"]["bruto"] == "90.00"


def test_mesmo_arquivo_outra_vez_nao_grava_de_novo(api: Api) -> None:
    """Importar de novo dá tudo por repetido, e nada muda."""
    corpo = _linhas(*_EM_CADA_SITUACAO)
    _importar(api, corpo)
    antes = api.pegar("/protocolos").dados["proximo"]
    assert _importar(api, corpo).dados["repetidos"] == 9
    assert api.pegar("/protocolos").dados["proximo"] == antes


@pytest.mark.parametrize(
    ("ruim", "motivo"),
    [
        ("{nao", "linha-invalida"),
        ("[]", "linha-invalida"),
        ({"protocolo": "x"}, "linha-invalida"),
        (_antigo(20, 1, recursos=[{}]), "linha-invalida"),
        (_antigo(20, 1, numeroLotePrestador="1234567890123"), "linha-invalida"),
        (_antigo(20, 1, recebidoEm="2025-03-10T10:00:00"), "linha-invalida"),
        (_antigo(20, 1, versao="9.99.99"), "linha-invalida"),
        (_antigo(20, 1, prestador="nenhum"), "prestador-ausente"),
        (_antigo(20000001, 1), "numero-da-serie"),
        (_antigo(20, 5), "analise-que-falta"),
        (_antigo(20, 1, analise=_ANALISE), "analise-a-mais"),
        (_antigo(20, 6, analise=_ANALISE), "pagamento-que-falta"),
        (_antigo(20, 4, analise=_ANALISE), "situacao-da-analise"),
        (_antigo(20, 7), "situacao-que-nao-se-importa"),
        (_antigo(20, 1, numeroLotePrestador="L1"), "numero-ocupado"),
        (_antigo(1, 2), "protocolo-existente"),
        (_antigo(20, 5, analise={"guias": [{"guia": 2}]}), "guia-ausente"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_linha_ruim_diz_o_numero_e_o_motivo(api: Api, ruim: Any, motivo: str) -> None:
    """Uma linha que não serve deixa todas por gravar; com parcial, ficam as outras."""
    corpo = _linhas(_antigo(1, 1), "", ruim)
    recusa = _importar(api, corpo).problema(422)
    assert [(r["linha"], r["motivo"]) for r in recusa["recusados"]] == [(3, motivo)]
    assert _gravados(api) == []
    relatorio = _importar(api, corpo, parcial="true").dados
    assert (relatorio["gravados"], len(relatorio["recusados"])) == (1, 1)
    assert _gravados(api) == ["1"]


def test_linha_invalida_nomeia_o_campo_sem_repetir_valores(api: Api) -> None:
    """O texto diz onde e por quê, em português, e não o que lá estava."""
    ruim = _antigo(20, 1)
    ruim["guias"][0]["itens"][0]["valorTotal"] = "segredo"
    [recusada] = _importar(api, _linhas(ruim)).problema(422)["recusados"]
    assert recusada["texto"].startswith("guias.0.itens.0.valorTotal: ")
    assert "segredo" not in recusada["texto"]


def test_importar_protocolos_pede_o_escopo_admin(api: Api) -> None:
    """Com outros escopos, 403."""
    so_leitura = api.token(Escopo.LEITURA, Escopo.ANALISE)
    api.pedir("POST", _PROTOCOLOS, token=so_leitura, corpo=b"").problema(403)


def _analises(*numeros: str, **item: Any) -> bytes:
    return _linhas(*({"protocolo": n, "guias": [], **item} for n in numeros))


def test_analises_em_arquivo_finalizam_muitos_protocolos(api: Api) -> None:
    """Um arquivo analisa e finaliza cada protocolo; outra vez, tudo é repetido."""
    contas = Contas(api)
    numeros = [contas.lote() for _ in range(3)]
    corpo = _analises(*numeros)
    opcoes = {"finalizar": "true", "completar": "true"}
    assert _importar(api, corpo, _ANALISES, **opcoes).dados["gravados"] == 3
    assert {contas.visto_pelo_prestador(n).status for n in numeros} == {5}
    assert _importar(api, corpo, _ANALISES, **opcoes).dados["repetidos"] == 3


def test_analises_em_csv(api: Api) -> None:
    """O CSV traz uma linha por item; a cabeça errada é um problema do arquivo inteiro."""
    contas = Contas(api)
    numero = contas.lote()
    cabeca = "protocolo;guia;item;grau;processado;liberado;glosa_codigo;glosa_valor;glosa_texto"
    linha = f"{numero};1;1;;10.00;9.00;1705;1.00;a maior"
    corpo = f"{cabeca}\n{linha}\n".encode()
    assert _importar(api, corpo, _ANALISES, tipo="text/csv").dados["gravados"] == 1
    _importar(api, linha.encode(), _ANALISES, tipo="text/csv").problema(422)
    _importar(api, b"\xff\xfe", _ANALISES).problema(422)
    _importar(api, corpo, _ANALISES, completar="true").problema(422)


def test_progresso_vem_linha_a_linha_e_o_relatorio_por_ultimo(api: Api) -> None:
    """Quem aceita linhas JSON sabe, a cada cem protocolos, quantos já se leram."""
    corpo = _analises(*(str(n) for n in range(1, 251)))
    resposta = _importar(api, corpo, _ANALISES, aceita="application/x-ndjson", parcial="true")
    linhas = [json.loads(linha) for linha in resposta.corpo.splitlines()]
    assert linhas[:-1] == [{"lidos": 100}, {"lidos": 200}]
    relatorio = linhas[-1]["relatorio"]
    assert (relatorio["lidos"], len(relatorio["recusados"])) == (250, 250)
    assert relatorio["recusados"][-1]["linha"] == 250


def test_progresso_de_um_arquivo_recusado_acaba_num_problema(api: Api) -> None:
    """Sem parcial, a última linha diz que nada se gravou, e por quê."""
    resposta = _importar(api, _analises("77"), _ANALISES, aceita="application/x-ndjson")
    [ultima] = [json.loads(linha) for linha in resposta.corpo.splitlines()]
    assert ultima["problema"]["status"] == 422
    assert ultima["problema"]["recusados"][0]["motivo"] == "protocolo-ausente"


def test_comando_importa_protocolos(terminal: Terminal, mesa: Mesa, tmp_path: Path) -> None:
    """``import protocolos`` grava o arquivo, e a consulta SOAP vê os protocolos."""
    arquivo = tmp_path / "antigos.jsonl"
    arquivo.write_bytes(_linhas(*_EM_CADA_SITUACAO))
    comum = ("import", "protocolos", "--registro-ans", "999999", "--json", str(arquivo))
    assert terminal(*comum).dados["gravados"] == 9
    assert terminal(*comum).dados["repetidos"] == 9
    assert mesa.perguntar("6").situacao.status == 6


def test_comando_recusa_o_arquivo_com_uma_linha_ruim(
    terminal: Terminal, mesa: Mesa, tmp_path: Path
) -> None:
    """Sai com 1, diz a linha e nada grava; com ``--parcial`` grava as boas."""
    arquivo = tmp_path / "antigos.jsonl"
    arquivo.write_bytes(_linhas(_antigo(1, 1), "{nao"))
    comum = ("import", "protocolos", "--registro-ans", "999999", str(arquivo))
    recusado = terminal(*comum)
    assert recusado.codigo == 1
    assert "linha 2" in recusado.texto
    assert mesa.contagens()["protocolo"] == 0
    assert terminal(*comum, "--parcial").codigo == 0
    assert mesa.contagens()["protocolo"] == 1


def test_comando_com_arquivo_ou_operadora_que_nao_ha(terminal: Terminal, tmp_path: Path) -> None:
    """Arquivo que não se lê é mau uso; operadora que não há, recusa."""
    comum = ("import", "protocolos", "--registro-ans")
    assert terminal(*comum, "999999", str(tmp_path / "nenhum")).codigo == 2
    arquivo = tmp_path / "a.jsonl"
    arquivo.write_bytes(b"\xff")
    assert terminal(*comum, "999999", str(arquivo)).codigo == 2
    assert terminal(*comum, "123456", str(arquivo)).codigo == 1
