"""Guia de consulta inventada."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from prestador.catalogo import CONSULTA
from prestador.guias.comum import (
    Pedido,
    beneficiario,
    cabecalho_da_guia,
    profissional_contratado,
    reais,
    validacao,
)

if TYPE_CHECKING:
    from prestador.valores import Corpo


def guia(pedido: Pedido) -> Corpo:
    """Conteúdo de ``ctm_consultaGuia``; tem sempre um só procedimento."""
    sorteio = pedido.sorteio
    atendimento: Corpo = {} if pedido.antiga else {"regimeAtendimento": "01"}
    atendimento |= {
        "dataAtendimento": sorteio.dia(
            pedido.hoje - timedelta(days=20), pedido.hoje - timedelta(days=1)
        ).isoformat(),
        "tipoConsulta": sorteio.um_de(("1", "2")),
        "procedimento": {
            "codigoTabela": "22",
            "codigoProcedimento": CONSULTA.codigo,
            "valorProcedimento": reais(CONSULTA.preco + 125 * sorteio.entre(0, 40)),
        },
    }
    return {
        "cabecalhoConsulta": cabecalho_da_guia(pedido),
        **validacao(pedido),
        "dadosBeneficiario": beneficiario(pedido),
        "contratadoExecutante": {
            **pedido.prestador.contratado(pedido.versao),
            "CNES": pedido.prestador.cnes,
        },
        "profissionalExecutante": profissional_contratado(sorteio.profissional()),
        "indicacaoAcidente": "9",
        "dadosAtendimento": atendimento,
    }
