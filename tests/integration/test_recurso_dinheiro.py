"""O acatado de um recurso paga-se à parte; cancelar e reabrir soltam e prendem o saldo."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from integration.cancelamento import cancelar, de_guias
from integration.demonstrativo import Balcao
from integration.documento import mandar, mesa_com_deposito
from integration.recepcao import REGISTRO, abrir_mesa, conferir_erro
from integration.recurso import Recorrente, aceita, guia, item

from dominio import erros_de_recurso as recusas
from dominio.analise import Valores
from dominio.impedimento import Impedimento
from dominio.pagamento import TipoPagamento
from dominio.recurso import Estado
from dominio.situacao import StatusProtocolo as S
from gateway.linha_de_comando import main
from handlers import decisao_de_recurso, situacao
from handlers.decisao_de_recurso import Decisao, ParteAcatada, ler_csv
from handlers.pagamento import Alvo
from persistence import documentos, partes_pagas, protocolos
from persistence.banco import Banco
from prestador.cancelamentos import GuiaACancelar
from prestador.recursos import DoProtocolo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from handlers.decisao_de_recurso import RecursoAtual
    from handlers.em_massa import Relatorio


def _reabrir(recorrente: Recorrente, numero: int) -> RecursoAtual:
    with recorrente.mesa.banco.escrita() as conn:
        return decisao_de_recurso.reabrir(
            conn,
            recorrente.mesa.operadora.id,
            numero,
            recorrente.cobranca.autor(),
            motivo="conta errada",
        )


def _respondido(recorrente: Recorrente, acatado: str = "20.00") -> tuple[int, int]:
    """Um protocolo pago e um recurso dele, de 30.00 num item, com parte acatada."""
    protocolo = recorrente.analisado()
    numero = recorrente.aceito(protocolo, item(recorrente.guia_de(protocolo), 1, "30.00"))
    recorrente.decidir(numero, aceita(1, acatado))
    return protocolo, numero


# --- pagamento ----------------------------------------------------------------------------------


def test_acatado_se_paga_com_o_numero_do_recurso(recorrente: Recorrente) -> None:
    """A parte de recurso tem informado e processado recursados, e liberado o acatado."""
    protocolo, numero = _respondido(recorrente)
    recorrente.cobranca.liberar(protocolo)
    previsto = recorrente.cobranca.pagar(protocolo, numero)
    with recorrente.mesa.banco.leitura() as conn:
        inicial, de_recurso = partes_pagas.do_pagamento(conn, previsto.pagamento.id)
    assert inicial.valores.liberado == Decimal("170.00")
    assert (de_recurso.tipo, de_recurso.valores) == (
        TipoPagamento.RECURSO,
        Valores(Decimal("30.00"), Decimal("30.00"), Decimal("20.00"), Decimal("10.00")),
    )
    assert [(p.protocolo, p.recurso) for p in previsto.protocolos] == [
        (protocolo, None),
        (protocolo, numero),
    ]
    feito = recorrente.cobranca.confirmar(previsto)
    assert feito.brutos.liberado == Decimal("190.00")
    assert recorrente.recurso(numero).status is S.PAGO
    assert recorrente.perguntar(numero).acatado == Decimal("20.00")


def test_demonstrativo_mostra_o_recurso_como_entrada_propria(recorrente: Recorrente) -> None:
    """No demonstrativo de pagamento a guia vem duas vezes: inicial, e de recurso com o acatado."""
    protocolo, numero = _respondido(recorrente)
    recorrente.cobranca.liberar(protocolo)
    recorrente.cobranca.pago(protocolo, numero)
    resposta = Balcao(recorrente.mesa).resposta_pagamento("202603")
    guias = resposta.raiz.iter("{*}guiasDoLote")
    nomes = ("tipoPagamento", "valorProcessadoGuia", "valorLiberadoGuia", "valorGlosaGuia")
    assert [tuple(g.findtext(f"{{*}}{n}") for n in nomes) for g in guias] == [
        ("1", "200.00", "170.00", "30.00"),
        ("2", "30.00", "20.00", "10.00"),
    ]


def test_recurso_so_se_paga_uma_vez(recorrente: Recorrente) -> None:
    """O recurso que está num pagamento não entra noutro, nem se reabre."""
    _, numero = _respondido(recorrente)
    recorrente.cobranca.pagar(numero)
    with pytest.raises(Impedimento) as erro:
        recorrente.cobranca.pagar(numero)
    assert erro.value.chave == "nada-a-pagar"
    with pytest.raises(Impedimento) as erro:
        _reabrir(recorrente, numero)
    assert erro.value.chave == "recurso-com-pagamento"


def test_estorno_devolve_o_recurso_a_liberado(recorrente: Recorrente) -> None:
    """Estornado só o recurso, o protocolo continua pago e o recurso volta a poder pagar-se."""
    protocolo, numero = _respondido(recorrente)
    recorrente.cobranca.liberar(protocolo)
    feito = recorrente.cobranca.pago(protocolo, numero)
    recorrente.cobranca.estornar(feito, Alvo(numero))
    assert recorrente.recurso(numero).status is S.LIBERADO
    assert recorrente.cobranca.protocolo(protocolo).status is S.PAGO
    assert recorrente.cobranca.pagar(numero).brutos.liberado == Decimal("20.00")


def test_protocolo_encerrado_paga_so_o_recurso(
    recorrente: Recorrente, no_instante: Callable[[datetime], None]
) -> None:
    """De um lote todo glosado, o que se acata paga-se, e o lote continua encerrado.

    O prazo corre do encerramento, que aqui é de 10/03/2026.
    """
    protocolo = recorrente.analisado({(1, 1): ("100.00",), (1, 2): ("100.00",)})
    assert recorrente.cobranca.protocolo(protocolo).status is S.ENCERRADO_SEM_PAGAMENTO
    no_instante(datetime(2026, 5, 10, 15, tzinfo=UTC))
    tarde = recorrente.recorrer(protocolo, DoProtocolo("1705"))
    assert tarde.erro is not None
    assert tarde.erro.codigo == "2909"
    no_instante(datetime(2026, 5, 9, 15, tzinfo=UTC))
    numero = recorrente.aceito(protocolo, DoProtocolo("1705"))
    recorrente.decidir(numero, aceita(1, "150.00"))
    assert recorrente.cobranca.pago(numero).brutos.liberado == Decimal("150.00")
    assert recorrente.cobranca.protocolo(protocolo).status is S.ENCERRADO_SEM_PAGAMENTO


def test_glosa_do_protocolo_reparte_se_pelas_guias(recorrente: Recorrente) -> None:
    """O acatado de uma glosa do protocolo inteiro paga-se guia a guia, e soma o mesmo."""
    protocolo = recorrente.analisado({}, guias=3, itens=1, do_protocolo=("10.00",))
    numero = recorrente.aceito(protocolo, DoProtocolo("1705"))
    recorrente.decidir(numero, aceita(1, "10.00"))
    previsto = recorrente.cobranca.pagar(numero)
    with recorrente.mesa.banco.leitura() as conn:
        partes = partes_pagas.do_pagamento(conn, previsto.pagamento.id)
    assert [p.valores.liberado for p in partes] == [Decimal(v) for v in ("3.34", "3.33", "3.33")]


def test_recurso_negado_nao_se_paga(recorrente: Recorrente) -> None:
    """Sem nada acatado, o recurso encerra-se e nenhum pagamento o leva."""
    _, numero = _respondido(recorrente, "0.00")
    with pytest.raises(Impedimento) as erro:
        recorrente.cobranca.pagar(numero)
    assert erro.value.chave == "nao-liberado"


# --- cancelar, reabrir e reanalisar -------------------------------------------------------------


def test_recurso_cancelado_solta_o_saldo_e_o_numero(recorrente: Recorrente) -> None:
    """Cancelado, responde 9, o saldo volta e o número serve a outro; repetir responde 1 de novo."""
    protocolo = recorrente.analisado()
    contesta = item(recorrente.guia_de(protocolo), 1, "30.00")
    numero = recorrente.aceito(protocolo, contesta, numero="REC1")
    alvo = GuiaACancelar("REC1", protocolo=str(numero), tipo="3")
    assert cancelar(recorrente.mesa, de_guias(alvo)) == [1]
    assert cancelar(recorrente.mesa, de_guias(alvo, sequencial="2")) == [1]
    assert recorrente.perguntar(numero).status == 9
    assert recorrente.linhas(numero)[0].estado is Estado.CANCELADO
    assert recorrente.aceito(protocolo, contesta, numero="REC1", sequencial="3") != numero


def test_recurso_com_resposta_nao_se_cancela(recorrente: Recorrente) -> None:
    """Respondida uma linha, o recurso já não se cancela; o desconhecido responde 3."""
    protocolo = recorrente.analisado({(1, 1): ("30.00",), (1, 2): ("10.00",)})
    numero_da_guia = recorrente.guia_de(protocolo)
    numero = recorrente.aceito(
        protocolo, item(numero_da_guia, 1, "30.00"), item(numero_da_guia, 2, "1.00"), numero="REC2"
    )
    recorrente.decidir(numero, aceita(1, "30.00"))
    alvos = [GuiaACancelar(n, tipo="3") for n in ("REC2", "NAO-HA")]
    assert cancelar(recorrente.mesa, de_guias(*alvos)) == [2, 3]


def test_reabrir_prende_de_novo_e_deixa_corrigir(recorrente: Recorrente) -> None:
    """Reaberto, o prestador volta a ver em análise, e a resposta nova é a que vale."""
    _, numero = _respondido(recorrente)
    assert _reabrir(recorrente, numero).status is S.EM_ANALISE
    assert recorrente.perguntar(numero).status == 2
    recorrente.decidir(numero, aceita(1, "30.00"))
    assert recorrente.perguntar(numero).acatado == Decimal("30.00")


def test_nao_se_reabre_o_que_outro_recurso_ja_contesta(recorrente: Recorrente) -> None:
    """O saldo que outro recurso tomou não se prende duas vezes."""
    protocolo, numero = _respondido(recorrente, "0.00")
    recorrente.aceito(protocolo, guia(recorrente.guia_de(protocolo)))
    with pytest.raises(Impedimento) as erro:
        _reabrir(recorrente, numero)
    assert erro.value.chave == "recurso-saldo-tomado"


def test_analise_com_recurso_nao_se_reabre(recorrente: Recorrente) -> None:
    """As glosas que se contestam não mudam por baixo do recurso; negado ele, podem mudar."""
    protocolo = recorrente.analisado()
    numero = recorrente.aceito(protocolo, guia(recorrente.guia_de(protocolo)))
    with pytest.raises(Impedimento) as erro:
        recorrente.cobranca.reabrir(protocolo)
    assert erro.value.chave == "com-recurso"
    recorrente.decidir(numero, aceita(1, "0.00"))
    assert recorrente.cobranca.reabrir(protocolo).status is S.EM_ANALISE


@pytest.mark.parametrize("para", [S.EM_ANALISE, S.CANCELADO, S.AGUARDANDO_INFORMACAO])
def test_situacao_do_recurso_nao_se_poe_a_mao(recorrente: Recorrente, para: S) -> None:
    """A rota geral de situação não mexe num recurso, que prende saldo."""
    protocolo = recorrente.analisado()
    numero = recorrente.aceito(protocolo, guia(recorrente.guia_de(protocolo)))
    operadora = recorrente.mesa.operadora.id
    pedido = situacao.Pedido(operadora, numero, para, "à mão", None)
    with pytest.raises(Impedimento) as erro, recorrente.mesa.banco.escrita() as conn:
        situacao.mudar(conn, pedido, recorrente.cobranca.autor())
    assert erro.value.chave == "passagem-do-recurso"


# --- decidir ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decisao", "chave"),
    [
        (Decisao(1, Decimal("30.01"), "Não."), "acatado-invalido"),
        (Decisao(1, Decimal("-0.01"), "Não."), "acatado-invalido"),
        (Decisao(1, Decimal("0.001"), "Não."), "acatado-invalido"),
        (Decisao(1, Decimal("NaN"), "Não."), "acatado-invalido"),
        (Decisao(1, Decimal("29.99")), "recurso-sem-justificativa"),
        (Decisao(1, Decimal("29.99"), "n" * 501), "texto-invalido"),
        (Decisao(2, Decimal("30.00")), "recurso-linha-ausente"),
        (
            Decisao(1, Decimal("30.00"), partes=(ParteAcatada(1, 1, Decimal("29.00")),)),
            "acatado-invalido",
        ),
    ],
)
def test_resposta_que_nao_serve(recorrente: Recorrente, decisao: Decisao, chave: str) -> None:
    """Cada engano da operadora tem o seu motivo, e o recurso fica como estava."""
    protocolo = recorrente.analisado()
    numero = recorrente.aceito(protocolo, item(recorrente.guia_de(protocolo), 1, "30.00"))
    with pytest.raises(Impedimento) as erro:
        recorrente.decidir(numero, decisao)
    assert erro.value.chave == chave
    assert recorrente.recurso(numero).status is S.RECEBIDO


def test_acatado_dito_item_a_item(recorrente: Recorrente) -> None:
    """Numa guia a operadora pode dizer o que acata de cada item."""
    protocolo = recorrente.analisado({(1, 1): ("30.00",), (1, 2): ("10.00",)})
    numero = recorrente.aceito(protocolo, guia(recorrente.guia_de(protocolo)))
    partes = (ParteAcatada(1, 1, Decimal("25.00")),)
    recorrente.decidir(numero, aceita(1, "25.00")._replace(partes=partes))
    assert [x.valor_acatado for x in recorrente.perguntar(numero).linhas] == [
        Decimal("25.00"),
        Decimal("0.00"),
    ]


def test_mesma_chave_nao_responde_de_novo(recorrente: Recorrente) -> None:
    """A resposta repetida com a sua chave nada grava; com outro conteúdo é recusada."""
    protocolo = recorrente.analisado()
    numero = recorrente.aceito(protocolo, item(recorrente.guia_de(protocolo), 1, "30.00"))
    recorrente.decidir(numero, aceita(1, "10.00"), chave="K")
    assert recorrente.decidir(numero, aceita(1, "10.00"), chave="K").repetido
    with pytest.raises(Impedimento) as erro:
        recorrente.decidir(numero, aceita(1, "20.00"), chave="K")
    assert erro.value.chave == "chave-reusada"


def test_historico_tem_cada_resposta(recorrente: Recorrente) -> None:
    """O histórico do recurso diz quem o fez, cada resposta e cada situação."""
    _, numero = _respondido(recorrente)
    with recorrente.mesa.banco.leitura() as conn:
        passagens = protocolos.historico(conn, recorrente.recurso(numero).protocolo_id)
    assert [int(p.para) for p in passagens] == [1, 2, 2, 5, 3]
    assert passagens[0].motivo == "recurso Via Webservice"
    assert "AUTORIZADO PARCIAL, R$ 20.00 de R$ 30.00" in (passagens[2].motivo or "")


def test_importar_respostas(recorrente: Recorrente) -> None:
    """Um CSV responde muitos recursos; o que não serve desfaz tudo, ou só a si se parcial."""
    bons = [recorrente.analisado(), recorrente.analisado()]
    numeros = [recorrente.aceito(p, item(recorrente.guia_de(p), 1, "30.00")) for p in bons]
    linhas = [
        "recurso;linha;acatado;justificativa",
        f"{numeros[0]};1;30,00;",
        f"{numeros[1]};1;31.00;Não.",
        "x;1;1;",
    ]
    banco, operadora = recorrente.mesa.banco, recorrente.mesa.operadora.id

    def importar(*, parcial: bool) -> Relatorio:
        return decisao_de_recurso.importar(
            banco, operadora, ler_csv(linhas, "arquivo"), recorrente.cobranca.autor(),
            parcial=parcial,
        )  # fmt: skip

    tudo = importar(parcial=False)
    assert (tudo.lidos, tudo.gravados) == (3, 0)
    assert [(x.linha, x.chave) for x in tudo.recusados] == [
        (3, "acatado-invalido"),
        (4, "linha-invalida"),
    ]
    assert importar(parcial=True).gravados == 1
    assert importar(parcial=True).repetidos == 1
    assert [recorrente.recurso(n).status for n in numeros] == [S.LIBERADO, S.RECEBIDO]


def test_comando_importa_respostas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """O comando responde os recursos do arquivo, e diz o que não serviu."""
    url = f"sqlite:///{tmp_path / 'tiss.db'}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TISS_GATEWAY_DATABASE__URL", url)
    with pytest.raises(SystemExit):
        main(["db", "upgrade"])
    banco = Banco.abrir(url)
    recorrente = Recorrente.em(abrir_mesa(banco))
    protocolo = recorrente.analisado()
    numero = recorrente.aceito(protocolo, item(recorrente.guia_de(protocolo), 1, "30.00"))
    arquivo = tmp_path / "respostas.csv"
    comando = ["recurso", "import", "--registro-ans", REGISTRO, str(arquivo)]
    situacoes = []
    for valor in ("31.00", "30.00", "30.00"):
        texto = f"recurso;linha;acatado;justificativa\n{numero};1;{valor};\n"
        arquivo.write_text(texto, "utf-8")
        with pytest.raises(SystemExit) as saiu:
            main(comando)
        situacoes.append(saiu.value.code or 0)
    em_json = arquivo.with_suffix(".jsonl")
    em_json.write_text(f'{{"recurso": "{numero}", "decisoes": []}}\n', "utf-8")
    with pytest.raises(SystemExit) as saiu:
        main([*comando[:-1], str(em_json)])
    situacoes.append(saiu.value.code or 0)
    escrito = capsys.readouterr().out
    assert situacoes == [1, 0, 0, 1]
    assert "decisoes está vazia" in escrito
    assert "respondidos: 1, já respondidos antes: 0" in escrito
    assert "respondidos: 0, já respondidos antes: 1" in escrito
    assert recorrente.recurso(numero).status is S.LIBERADO
    banco.fechar()


# --- documentos ---------------------------------------------------------------------------------


def test_documento_do_proprio_recurso(banco: Banco, tmp_path: Path) -> None:
    """Um documento de natureza 3 com o número do recurso fica nele; de outra não o acha."""
    recorrente = Recorrente.em(mesa_com_deposito(banco, tmp_path))
    _, numero = _respondido(recorrente)
    de_guia = mandar(recorrente.mesa, protocolo=str(numero), natureza="2", sequencial="2")
    assert de_guia.erro is not None
    assert mandar(recorrente.mesa, protocolo=str(numero), natureza="3").erro is None
    with recorrente.mesa.banco.leitura() as conn:
        guardados = documentos.do_protocolo(
            conn, recorrente.mesa.operadora.id, recorrente.recurso(numero).protocolo_id
        )
    assert len(guardados) == 1


def test_fora_do_alcance(recorrente: Recorrente) -> None:
    """O recurso de outro protocolo não toma o saldo deste."""
    primeiro, segundo = recorrente.analisado(), recorrente.analisado()
    recorrente.aceito(primeiro, item(recorrente.guia_de(primeiro), 1, "30.00"))
    assert recorrente.aceito(segundo, item(recorrente.guia_de(segundo), 1, "30.00"))
    demais = recorrente.novo(segundo, guia(recorrente.guia_de(segundo)))
    conferir_erro(recorrente.enviar(demais), recusas.SALDO)
