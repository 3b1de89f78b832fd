"""Guia de resumo de internação inventada: cirurgias com equipe, diárias, taxas e materiais."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from prestador.catalogo import CIRURGIAS
from prestador.guias.comum import (
    Pedido,
    autorizacao,
    beneficiario,
    cabecalho_da_guia,
    da_equipe,
    despesas,
    executado,
    horario,
    repartir,
    valor_total,
)

if TYPE_CHECKING:
    from prestador.valores import Corpo

_DIAGNOSTICOS = ("K359", "K802", "K409", "J189")


def guia(pedido: Pedido) -> Corpo:
    """Conteúdo de ``ctm_internacaoResumoGuia``."""
    sorteio = pedido.sorteio
    inicio = pedido.hoje - timedelta(days=sorteio.entre(12, 25))
    fim = inicio + timedelta(days=sorteio.entre(2, 8))
    # um dia depois da entrada e um antes da alta: as horas ficam sempre dentro da internação
    dias = (inicio + timedelta(days=1), fim - timedelta(days=1))
    quantos_procedimentos, quantas_despesas = repartir(pedido.itens)

    executados: list[Corpo] = []
    soma = 0
    cirurgiao = sorteio.profissional(cbos="225225")
    anestesista = sorteio.profissional(cbos="225151")
    equipe: list[Corpo] = [
        {"identificacaoEquipe": da_equipe(cirurgiao, "00")},
        {"identificacaoEquipe": da_equipe(anestesista, "06")},
    ]
    for posicao, dia in enumerate(
        sorted(sorteio.dia(*dias) for _ in range(quantos_procedimentos)), 1
    ):
        fator = 100 if posicao == 1 else sorteio.um_de((50, 70, 100))
        linha, total = executado(
            posicao,
            dia,
            420 + sorteio.entre(0, 600),
            sorteio.um_de(CIRURGIAS),
            quantidade=1,
            fator=fator,
            cirurgico=True,
        )
        if pedido.com_centro_de_consumo:
            linha["centroConsumo"] = str(sorteio.entre(1, 10))
        linha["identEquipe"] = equipe
        executados.append(linha)
        soma += total
    somas = {"valorProcedimentos": soma}
    outras: Corpo = {}
    if quantas_despesas:
        outras["outrasDespesas"], das_despesas = despesas(pedido, quantas_despesas, dias)
        somas |= das_despesas

    return {
        "cabecalhoGuia": cabecalho_da_guia(pedido),
        "numeroGuiaSolicitacaoInternacao": f"S{pedido.numero}",
        "dadosAutorizacao": autorizacao(pedido, inicio - timedelta(days=sorteio.entre(0, 5))),
        "dadosBeneficiario": beneficiario(pedido),
        "dadosExecutante": {
            "contratadoExecutante": pedido.prestador.contratado(pedido.versao),
            "CNES": pedido.prestador.cnes,
        },
        "dadosInternacao": {
            "caraterAtendimento": sorteio.um_de(("1", "2")),
            "tipoFaturamento": "4",
            "dataInicioFaturamento": inicio.isoformat(),
            "horaInicioFaturamento": horario(420 + sorteio.entre(0, 300)),
            "dataFinalFaturamento": fim.isoformat(),
            "horaFinalFaturamento": horario(600 + sorteio.entre(0, 300)),
            "tipoInternacao": "2",
            "regimeInternacao": "1",
        },
        "dadosSaidaInternacao": {
            "diagnostico": [sorteio.um_de(_DIAGNOSTICOS)],
            "indicadorAcidente": "9",
            "motivoEncerramento": "12",
        },
        "procedimentosExecutados": {"procedimentoExecutado": executados},
        "valorTotal": valor_total(somas),
        **outras,
    }
