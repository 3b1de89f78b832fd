"""A operadora analisa, libera e paga pela API."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from dominio.competencia import FUSO
from dominio.lote import TipoGuia
from gateway.demonstracao.cenario import ACIMA, CODIGO, NOMES, SEM_AUTORIZACAO
from gateway.demonstracao.fala import iguais, passo, quadro, reais

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from gateway.demonstracao.cenario import Glosa
    from gateway.demonstracao.retaguarda import Retaguarda

_CENTAVO = Decimal("0.01")
_PAGAS = (TipoGuia.CONSULTA, TipoGuia.SADT, TipoGuia.ODONTO)
_COLUNAS = ("guias", "protocolo", "informado", "glosado", "liberado", "situação")


class Conta(NamedTuple):
    """Uma conta analisada, como a API a mostra; os valores são em reais."""

    tipo: TipoGuia
    protocolo: str
    liberado: Decimal


class Pago(NamedTuple):
    """Um pagamento confirmado.

    Attributes:
        odonto: se é de odontologia, que tem demonstrativo próprio.
        contas: o que se pagou.
        liquido: o que o hospital recebe, em reais.
    """

    odonto: bool
    dia: date
    contas: tuple[Conta, ...]
    liquido: Decimal


def analisar(retaguarda: Retaguarda, protocolos: Mapping[TipoGuia, str]) -> Sequence[Conta]:
    """Analisa quatro lotes: dois como informados, um com glosas, um que nada libera.

    Raises:
        Recusado: se a API recusou um pedido.
    """
    passo("A operadora analisa quatro lotes pela API")
    contas, linhas = [], []
    for tipo in (*_PAGAS, TipoGuia.INTERNACAO):
        protocolo = protocolos[tipo]
        caminho = f"/protocolos/{protocolo}/analise"
        resultados = _resultados(tipo, retaguarda.ler(f"/protocolos/{protocolo}").dados)
        visto = "*"
        if resultados:
            visto = retaguarda.fazer(
                caminho, {"guias": resultados}, chave=f"analise-{protocolo}"
            ).etiqueta
        feita = retaguarda.fazer(f"{caminho}/finalizacao", {"completar": True}, visto=visto).dados
        valores = {nome: Decimal(valor) for nome, valor in feita["valores"].items()}
        contas.append(Conta(tipo, protocolo, valores["liberado"]))
        linhas.append(
            (
                NOMES[tipo],
                protocolo,
                *(reais(valores[nome]) for nome in ("informado", "glosado", "liberado")),
                feita["situacao"]["texto"],
            )
        )
    quadro("Contas analisadas:", _COLUNAS, linhas)
    return contas


def pagar(retaguarda: Retaguarda, contas: Sequence[Conta]) -> Sequence[Pago]:
    """Libera e paga hoje o que se liberou; a odontologia num pagamento à parte.

    Raises:
        Recusado: se a API recusou um pedido, ou se o líquido não é o que se esperava.
    """
    passo("A operadora libera três deles e paga-os: dois com um débito de 25,00, a odonto à parte")
    hoje = datetime.now(FUSO).date()
    pagas = [conta for conta in contas if conta.tipo in _PAGAS]
    for conta in pagas:
        caminho = f"/protocolos/{conta.protocolo}"
        retaguarda.fazer(f"{caminho}/liberacao", visto=retaguarda.ler(caminho).etiqueta)
    return [
        _pagar(
            retaguarda,
            hoje,
            tuple(conta for conta in pagas if (conta.tipo is TipoGuia.ODONTO) == odonto),
            odonto=odonto,
        )
        for odonto in (False, True)
    ]


def _resultados(tipo: TipoGuia, protocolo: Any) -> list[dict[str, Any]]:
    """Só o que não se libera como foi informado."""
    guias = protocolo["guias"]
    if tipo is TipoGuia.SADT:
        guia = guias[0]
        caro = max(guia["itens"], key=_informado)
        decimo = (_informado(caro) / 10).quantize(_CENTAVO, ROUND_HALF_UP)
        itens = [
            _item(item, decimo if item is caro else Decimal(0), ACIMA) for item in guia["itens"]
        ]
        return [{"guia": guia["posicao"], "itens": itens}]
    if tipo is TipoGuia.INTERNACAO:
        return [
            {
                "guia": guia["posicao"],
                "itens": [_item(item, _informado(item), SEM_AUTORIZACAO) for item in guia["itens"]],
            }
            for guia in guias
        ]
    return []


def _informado(item: Any) -> Decimal:
    return Decimal(item["valores"]["informado"])


def _item(item: Any, glosa: Decimal, motivo: Glosa) -> dict[str, Any]:
    processado = _informado(item)
    glosas = (
        [{"codigo": motivo.codigo, "valor": str(glosa), "texto": motivo.texto}] if glosa else []
    )
    return {
        "item": item["posicao"],
        "valorProcessado": str(processado),
        "valorLiberado": str(processado - glosa),
        "glosas": glosas,
    }


def _pagar(retaguarda: Retaguarda, hoje: date, contas: tuple[Conta, ...], *, odonto: bool) -> Pago:
    taxa = Decimal(0) if odonto else Decimal("25.00")
    desconto = {
        "indicador": "1", "tipo": "07", "descricao": "Taxa de adiantamento", "valor": str(taxa),
    }  # fmt: skip
    previsto = retaguarda.fazer(
        "/pagamentos",
        {
            "prestador": CODIGO,
            "dataPrevista": hoje.isoformat(),
            "forma": "1",
            "banco": "0001",
            "agencia": "12345",
            "conta": "67890",
            "protocolos": [{"protocolo": conta.protocolo} for conta in contas],
            "descontos": [desconto] if taxa else [],
        },
        chave=f"pagamento-{contas[0].protocolo}",
    )
    confirmado = retaguarda.fazer(
        f"/pagamentos/{previsto.dados['id']}/confirmacao",
        {"data": hoje.isoformat()},
        visto=previsto.etiqueta,
    ).dados
    liquido = iguais(
        "o líquido do pagamento",
        {
            "pagamento": Decimal(confirmado["totais"]["liquido"]),
            "contas menos o débito": sum((c.liberado for c in contas), -taxa),
        },
    )
    return Pago(odonto, hoje, contas, liquido)
