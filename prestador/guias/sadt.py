"""Guia de SP/SADT inventada: exames com equipe e outras despesas."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dominio.versoes import ordem
from prestador.catalogo import EXAMES
from prestador.guias.comum import (
    Pedido,
    autorizacao,
    beneficiario,
    cabecalho_da_guia,
    da_equipe,
    despesas,
    executado,
    profissional_contratado,
    repartir,
    valor_total,
)

if TYPE_CHECKING:
    from prestador.valores import Corpo


def guia(pedido: Pedido) -> Corpo:
    """Conteúdo de ``ctm_sp-sadtGuia``."""
    sorteio = pedido.sorteio
    solicitada = pedido.hoje - timedelta(days=sorteio.entre(12, 25))
    autorizada = solicitada + timedelta(days=sorteio.entre(0, 3))
    dias = (autorizada, pedido.hoje - timedelta(days=1))
    quantos_procedimentos, quantas_despesas = repartir(pedido.itens)

    executados: list[Corpo] = []
    soma = 0
    medico = sorteio.profissional(cbos="225320")
    for posicao, dia in enumerate(
        sorted(sorteio.dia(*dias) for _ in range(quantos_procedimentos)), 1
    ):
        exame = sorteio.um_de(EXAMES)
        linha, total = executado(
            posicao,
            dia,
            480 + sorteio.entre(0, 600),
            exame,
            quantidade=sorteio.entre(1, 3),
            fator=100,
            cirurgico=False,
        )
        linha["equipeSadt"] = [da_equipe(medico, "12")]
        executados.append(linha)
        soma += total
    somas = {"valorProcedimentos": soma}

    corpo: Corpo = {
        "cabecalhoGuia": cabecalho_da_guia(pedido),
        "dadosAutorizacao": autorizacao(pedido, autorizada),
        "dadosBeneficiario": beneficiario(pedido),
        "dadosSolicitante": _solicitante(pedido),
        "dadosSolicitacao": {
            "dataSolicitacao": solicitada.isoformat(),
            "caraterAtendimento": "1",
            "indicacaoClinica": "Acompanhamento clínico; suspeita de alteração metabólica",
        },
        "dadosExecutante": {
            "contratadoExecutante": pedido.prestador.contratado(pedido.versao),
            "CNES": pedido.prestador.cnes,
        },
        "dadosAtendimento": _atendimento(pedido),
        "procedimentosExecutados": {"procedimentoExecutado": executados},
    }
    if quantas_despesas:
        corpo["outrasDespesas"], das_despesas = despesas(pedido, quantas_despesas, dias)
        somas |= das_despesas
    corpo["observacao"] = "Coleta em jejum; paciente orientado"
    corpo["valorTotal"] = valor_total(somas)
    return corpo


def _solicitante(pedido: Pedido) -> Corpo:
    contratado: Corpo = {"cpfContratado": pedido.sorteio.cpf()}
    medico = pedido.sorteio.profissional()
    if pedido.antiga:
        contratado["nomeContratado"] = medico.nome
    corpo: Corpo = {"contratadoSolicitante": contratado}
    if not pedido.antiga:
        corpo["nomeContratadoSolicitante"] = medico.nome
    corpo["profissionalSolicitante"] = profissional_contratado(medico)
    return corpo


def _atendimento(pedido: Pedido) -> Corpo:
    # exame era 05 até 4.00.01; 4.01.00 tirou esse código e pôs 23
    exame = "23" if ordem(pedido.versao) >= (4, 1, 0) else "05"
    corpo: Corpo = {"tipoAtendimento": exame, "indicacaoAcidente": "9"}
    if not pedido.antiga:
        corpo["regimeAtendimento"] = "01"
    return corpo
