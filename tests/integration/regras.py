"""Lotes com um só defeito que não os recusa, e os ajustes das regras de uma mesa."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from integration.recepcao import EM_VIGOR, achar, com, lote, pronta

from dominio.lote import TipoGuia
from persistence import protocolos, regras
from persistence.regras import Ajuste

if TYPE_CHECKING:
    from integration.recepcao import Mesa
    from lxml import etree

    from persistence.lotes import Critica
    from persistence.prestadores import Prestador

C, S, I, H, D = TipoGuia  # noqa: E741
TOTAIS = {
    C: None,
    S: "valorTotalGeral",
    I: "valorTotalGeral",
    H: "valorTotalHonorarios",
    D: "valorTotalProc",
}
"""Onde está o total da guia de cada tipo; a consulta não tem outro que o do procedimento."""
UNITARIOS = {
    S: "procedimentoExecutado/valorUnitario",
    I: "procedimentoExecutado/valorUnitario",
    H: "procedimentoRealizado/valorUnitario",
}
"""O valor unitário do primeiro item, nos tipos que o têm à parte do total."""


def estragado(
    tipo: TipoGuia, trocas: dict[str, str], *, guia: int = 1, guias: int = 3, **opcoes: Any
) -> etree._Element:
    """Um lote em que só a segunda guia (``guia`` conta de zero) tem o texto trocado."""
    mensagem = lote(tipo, guias=guias, **opcoes)
    com(achar(mensagem, tipo.value, guia), trocas)
    return mensagem


def com_soma_errada(tipo: TipoGuia, **opcoes: Any) -> etree._Element:
    """Um lote cuja segunda guia tem um total que não é a soma dos itens."""
    campo = TOTAIS[tipo]
    assert campo is not None
    return estragado(tipo, {campo: "7777.77"}, **opcoes)


def com_item_errado(tipo: TipoGuia, **opcoes: Any) -> etree._Element:
    """Um lote cuja segunda guia tem no primeiro item um unitário que não dá o total."""
    return estragado(tipo, {UNITARIOS[tipo]: "7777.77"}, **opcoes)


def ajustar(mesa: Mesa, regra: str, prestador: Prestador | None = None, **ajuste: Any) -> None:
    """Muda uma regra para a operadora da mesa, ou só para um prestador."""
    with mesa.banco.escrita() as conn:
        regras.ajustar(
            conn,
            mesa.operadora.id,
            None if prestador is None else prestador.id,
            regra,
            Ajuste(**ajuste),
        )


def guardadas(mesa: Mesa, numero: str | None) -> tuple[Critica, ...]:
    """As críticas gravadas com um protocolo."""
    lote_id = mesa.protocolo(numero).lote_id
    assert lote_id is not None
    with mesa.banco.leitura() as conn:
        return protocolos.criticas(conn, lote_id)


def enviar(mesa: Mesa, mensagem: etree._Element, versao: str = EM_VIGOR) -> Any:
    """Sela e envia um lote; devolve o recibo."""
    return mesa.enviar(pronta(mensagem), versao=versao).recibo


def apresentar(
    mesa: Mesa, numero: str, tipo: TipoGuia = C, *, versao: str = EM_VIGOR, **opcoes: Any
) -> Any:
    """Envia sempre as mesmas guias, 1001 em diante, no lote do número dado; devolve o recibo."""
    mensagem = lote(tipo, versao=versao, **opcoes)
    return enviar(mesa, com(mensagem, {"numeroLote": numero}), versao)
