"""Guia de honorários individuais inventada."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dominio.versoes import ordem
from prestador.catalogo import CIRURGIAS
from prestador.guias.comum import Pedido, cabecalho_da_guia, executado, reais

if TYPE_CHECKING:
    from prestador.invencao import Profissional
    from prestador.valores import Corpo


def guia(pedido: Pedido) -> Corpo:
    """Conteúdo de ``ctm_honorarioIndividualGuia``."""
    sorteio = pedido.sorteio
    inicio = pedido.hoje - timedelta(days=sorteio.entre(12, 25))
    fim = inicio + timedelta(days=sorteio.entre(2, 8))

    realizados: list[Corpo] = []
    soma = 0
    medico = sorteio.profissional(cbos="225225")
    for posicao, dia in enumerate(sorted(sorteio.dia(inicio, fim) for _ in range(pedido.itens)), 1):
        linha, total = executado(
            posicao,
            dia,
            420 + sorteio.entre(0, 600),
            sorteio.um_de(CIRURGIAS),
            quantidade=sorteio.entre(1, 2),
            fator=sorteio.um_de((50, 100)),
            cirurgico=True,
        )
        linha["profissionais"] = [_profissional(medico, "00")]
        realizados.append(linha)
        soma += total

    faturamento: Corpo = {
        "dataInicioFaturamento": inicio.isoformat(),
        "dataFimFaturamento": fim.isoformat(),
    }
    if ordem(pedido.versao) >= (4, 3, 0):
        faturamento["caraterAtendimento"] = "1"
    return {
        "cabecalhoGuia": cabecalho_da_guia(pedido),
        "guiaSolicInternacao": f"S{pedido.numero}",
        "senha": f"AUT{sorteio.digitos(8)}",
        "beneficiario": _beneficiario(pedido),
        "localContratado": {
            "codigoContratado": {"cnpjLocalExecutante": sorteio.cnpj()},
            "nomeContratado": "Hospital Nossa Senhora da Paciência",
            "cnes": sorteio.digitos(7),
        },
        "dadosContratadoExecutante": _executante(pedido),
        "dadosInternacao": faturamento,
        "procedimentosRealizados": {"procedimentoRealizado": realizados},
        "observacao": "Honorários à parte da conta do hospital",
        "valorTotalHonorarios": reais(soma),
        "dataEmissaoGuia": sorteio.dia(fim, pedido.hoje - timedelta(days=1)).isoformat(),
    }


def _beneficiario(pedido: Pedido) -> Corpo:
    corpo: Corpo = {"numeroCarteira": pedido.sorteio.digitos(17)}
    if pedido.antiga:
        corpo["nomeBeneficiario"] = pedido.sorteio.nome()
    corpo["atendimentoRN"] = "N"
    return corpo


def _executante(pedido: Pedido) -> Corpo:
    corpo: Corpo = {"codigonaOperadora": pedido.prestador.codigo_ou_valor}
    if pedido.antiga:
        corpo["nomeContratadoExecutante"] = pedido.prestador.nome
    corpo["cnesContratadoExecutante"] = pedido.prestador.cnes
    return corpo


def _profissional(pessoa: Profissional, grau: str) -> Corpo:
    return {
        "grauParticipacao": grau,
        "codProfissional": {"cpfContratado": pessoa.cpf},
        "nomeProfissional": pessoa.nome,
        "conselhoProfissional": pessoa.conselho,
        "numeroConselhoProfissional": pessoa.numero,
        "UF": pessoa.uf,
        "CBO": pessoa.cbos,
    }
