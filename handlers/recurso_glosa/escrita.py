"""Do recibo ao elemento ``recebimentoRecurso``: repete o recurso, com o que ele prende."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from dominio import numeros
from dominio.dinheiro import ZERO
from dominio.dinheiro import texto as reais
from dominio.recurso import Nivel
from dominio.textos import para_mensagem
from dominio.versoes import ordem
from mensagem.escrita import elemento, opcional
from mensagem.partes import contratado

if TYPE_CHECKING:
    from decimal import Decimal

    from handlers.contexto import Contexto
    from handlers.recurso_glosa.pedido import LinhaPedida, Recibo

_DA_GUIA = 150
"""``justificativaGuia`` do recibo é de ``st_texto150`` em todas as versões; no pedido é de 500."""


def escrever(contexto: Contexto, recibo: Recibo) -> str:
    """``recebimentoRecurso`` com o número e tudo o que se contestou."""
    pedido, versao = recibo.pedido, contexto.versao
    dia = recibo.data.isoformat()
    do_protocolo = next((x for x in pedido.linhas if x.nivel is Nivel.PROTOCOLO), None)
    guias = [] if do_protocolo else _guias(recibo, versao)
    zeros = contexto.operadora.largura_protocolo
    return elemento(
        "recebimentoRecurso",
        elemento(
            "protocoloRecebimento",
            elemento(
                "nrProtocoloRecursoGlosa",
                texto=numeros.formatar(recibo.numero, contexto.operadora.largura_do_recurso),
            ),
            elemento("dataEnvioRecurso", texto=dia),
            elemento("dataRecebimentoRecurso", texto=dia),
            elemento("numeroLote", texto=recibo.lote),
            elemento("registroANS", texto=contexto.operadora.registro_ans),
            contratado(pedido.prestador, contexto.prestador.nome, versao),
            elemento("nrProtocoloRecursado", texto=numeros.formatar(recibo.original, zeros)),
            None
            if do_protocolo is None
            else elemento(
                "recursoProtocolo",
                elemento("codigoGlosaProtocolo", texto=do_protocolo.codigo),
                elemento(
                    "justificativaProtocolo",
                    texto=para_mensagem(do_protocolo.justificativa, _maior(versao)),
                ),
            ),
            elemento("qtGuiasRecurso", texto=str(len(guias))) if guias else None,
            *guias,
            opcional(
                "observacao",
                None if recibo.observacao is None else para_mensagem(recibo.observacao, 500),
            ),
            elemento("valorTotalRecursado", texto=reais(sum(recibo.valores, ZERO))),
        ),
    )


def _guias(recibo: Recibo, versao: str) -> list[str]:
    juntas = zip(recibo.pedido.linhas, recibo.valores, strict=True)
    guias = []
    for _, grupo in groupby(juntas, key=lambda par: par[0].grupo):
        linhas = list(grupo)
        primeira = linhas[0][0]
        guias.append(
            elemento(
                "guiasRecurso",
                elemento("numeroGuiaOrigem", texto=primeira.guia_numero),
                opcional("numeroGuiaOperadora", primeira.guia_operadora),
                opcional("senha", primeira.senha),
                elemento("opcaoRecursoGuia", *(_linha(linha, v, versao) for linha, v in linhas)),
            )
        )
    return guias


def _linha(linha: LinhaPedida, valor: Decimal, versao: str) -> str:
    if linha.nivel is Nivel.GUIA:
        return elemento(
            "recursoGuia",
            elemento("codGlosaGuia", texto=linha.codigo),
            elemento("justificativaGuia", texto=para_mensagem(linha.justificativa, _DA_GUIA)),
        )
    assert linha.data_inicio is not None  # noqa: S101 - um item a traz
    assert linha.descricao is not None  # noqa: S101 - idem
    return elemento(
        "itensGuia",
        elemento("sequencialItem", texto=str(linha.sequencial)),
        elemento("dataInicio", texto=linha.data_inicio.isoformat()),
        None if linha.data_fim is None else elemento("dataFim", texto=linha.data_fim.isoformat()),
        elemento(
            "procRecurso",
            elemento("codigoTabela", texto=linha.tabela),
            elemento("codigoProcedimento", texto=linha.procedimento),
            elemento("descricaoProcedimento", texto=para_mensagem(linha.descricao, 150)),
        ),
        _onde(linha),
        opcional("denteFace", linha.face),
        elemento("codGlosaItem", texto=linha.codigo),
        elemento("valorRecursado", texto=reais(valor)),
        elemento("justificativaItem", texto=para_mensagem(linha.justificativa, _maior(versao))),
    )


def _onde(linha: LinhaPedida) -> str | None:
    if linha.dente is not None:
        return elemento("denteRegiao", elemento("codDente", texto=linha.dente))
    if linha.regiao is not None:
        return elemento("denteRegiao", elemento("codRegiao", texto=linha.regiao))
    return None


def _maior(versao: str) -> int:
    return 500 if ordem(versao) >= (4,) else 150
