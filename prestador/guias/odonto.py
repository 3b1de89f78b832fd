"""Guia de tratamento odontológico inventada: dentes, regiões, faces e franquia."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from prestador.catalogo import ODONTOLOGICOS
from prestador.guias.comum import (
    Pedido,
    beneficiario,
    dados_do_procedimento,
    reais,
    validacao,
)

if TYPE_CHECKING:
    from prestador.valores import Corpo

_DENTES = ("11", "14", "16", "23", "26", "34", "36", "45", "46", "55", "75")
_REGIOES = ("AI", "AS", "HASD", "S3", "LG")
_FACES = ("O", "M", "OD", "MOD", "VL", "P")


def guia(pedido: Pedido) -> Corpo:
    """Conteúdo de ``cto_guiaOdontologia``."""
    sorteio = pedido.sorteio
    autorizada = pedido.hoje - timedelta(days=sorteio.entre(15, 25))
    dias = sorted(
        sorteio.dia(autorizada, pedido.hoje - timedelta(days=1)) for _ in range(pedido.itens)
    )
    realizados: list[Corpo] = []
    soma = franquias = unidades = 0
    for posicao, dia in enumerate(dias, 1):
        linha, valor, franquia, us = _procedimento(pedido, posicao, dia)
        realizados.append(linha)
        soma += valor
        franquias += franquia
        unidades += us

    corpo: Corpo = {
        "registroANS": pedido.registro_ans,
        "numeroGuiaPrestador": pedido.numero,
        "dataAutorizacao": autorizada.isoformat(),
        "senhaAutorizacao": f"AUT{sorteio.digitos(8)}",
        "validadeSenha": (autorizada + timedelta(days=60)).isoformat(),
        "numeroGuiaOperadora": sorteio.digitos(10),
        **validacao(pedido),
        "dadosBeneficiario": beneficiario(pedido),
        "planoBeneficiario": "Odonto Essencial",
        "nomeEmpresa": "Padaria Pão Nosso",
    }
    if pedido.antiga:
        corpo["numeroTelefone"] = f"11{sorteio.digitos(8)}"
        corpo["nomeTitular"] = sorteio.nome()
    corpo["dadosProfissionaisResponsaveis"] = _responsaveis(pedido)
    corpo["procedimentosExecutados"] = realizados
    corpo["dataTerminoTrat"] = dias[-1].isoformat()
    corpo["tipoAtendimento"] = "1"
    corpo["tipoFaturamento"] = "4"
    corpo["qtdTotalUS"] = reais(unidades)
    corpo["valorTotalProc"] = reais(soma)
    if franquias:
        corpo["valorTotalFranquia"] = reais(franquias)
    return corpo


def _procedimento(pedido: Pedido, posicao: int, dia: date) -> tuple[Corpo, int, int, int]:
    """Um procedimento e seus valor, franquia (centavos) e unidades de serviço (centésimos)."""
    sorteio = pedido.sorteio
    procedimento = sorteio.um_de(ODONTOLOGICOS)
    corpo: Corpo = {
        "sequencialItem": str(posicao),
        "procSolic": dados_do_procedimento(procedimento),
    }
    if sorteio.uma_vez_em(3):
        corpo["denteRegiao"] = {"codRegiao": sorteio.um_de(_REGIOES)}
    else:
        corpo["denteRegiao"] = {"codDente": sorteio.um_de(_DENTES)}
        corpo["denteFace"] = sorteio.um_de(_FACES)
    unidades = procedimento.preco // 3
    franquia = procedimento.preco // 10 if sorteio.uma_vez_em(4) else 0
    # uma unidade por linha: com mais, o padrão não diz se valorProc é de uma ou de todas
    corpo["qtdProc"] = "1"
    corpo["qtdUS"] = reais(unidades)
    corpo["valorProc"] = reais(procedimento.preco)
    if franquia:
        corpo["valorFranquia"] = reais(franquia)
    corpo["autorizado"] = "true"
    corpo["dataRealizacao"] = dia.isoformat()
    return corpo, procedimento.preco, franquia, unidades


def _responsaveis(pedido: Pedido) -> Corpo:
    dentista = pedido.sorteio.profissional(conselho="08", cbos="223208")
    corpo: Corpo = {
        "nomeProfSolic": dentista.nome,
        "croSolic": dentista.numero,
        "ufSolic": dentista.uf,
        "cbosSolic": dentista.cbos,
        "codigoProfExec": pedido.prestador.codigo_ou_valor,
    }
    if pedido.antiga:
        corpo["nomeProfExec"] = dentista.nome
    corpo |= {
        "croExec": dentista.numero,
        "ufExec": dentista.uf,
        "cnesExec": pedido.prestador.cnes,
        "cbosExec2": dentista.cbos,
    }
    return corpo
