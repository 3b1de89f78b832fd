"""A capa e o relatório de um lote, que vão com os documentos em papel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice import rotulos
from backoffice.impressos import formatos
from backoffice.impressos.comum import situacao, totais
from backoffice.impressos.folha import Assinaturas, Campo, Coluna, Ficha, Folha, Tabela
from dominio.analise import Valores
from dominio.competencia import competencia, dia

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from backoffice.impressos.folha import Bloco
    from persistence.consultas.impressos import GuiaImpressa, ItemImpresso, LoteImpresso
    from persistence.operadoras import Operadora
    from persistence.protocolos import GuiaGuardada

_GUIAS = (
    Coluna("Nº", 0.5, direita=True),
    Coluna("Guia no prestador", 2),
    Coluna("Guia na operadora", 2),
    Coluna("Senha", 1.8),
    Coluna("Carteira", 1.8),
    Coluna("Data", 1.3),
    Coluna("Valor informado (R$)", 1.5, direita=True),
)
_ITENS = (
    Coluna("Seq.", 0.6, direita=True),
    Coluna("Tipo", 1.4),
    Coluna("Data", 1.4),
    Coluna("Tabela", 0.9),
    Coluna("Código", 1.6),
    Coluna("Descrição", 5),
    Coluna("Quant.", 1, direita=True),
    Coluna("Valor informado", 1.6, direita=True),
    Coluna("Valor processado", 1.6, direita=True),
    Coluna("Valor liberado", 1.6, direita=True),
    Coluna("Valor glosa", 1.6, direita=True),
    Coluna("Glosas", 1.6),
)
_CRITICAS = (
    Coluna("Guia", 0.6, direita=True),
    Coluna("Item", 0.6, direita=True),
    Coluna("Código", 0.8),
    Coluna("Crítica", 6),
)


def capa(operadora: Operadora, lote: LoteImpresso, hoje: date) -> Folha:
    """A capa de um lote: de quem é, o que traz e o espaço de quem entrega e de quem recebe."""
    return Folha(
        titulo=_titulo("Capa de lote", lote),
        nome=f"capa-{lote.protocolo.numero}",
        cabecalho=_cabecalho(operadora, lote),
        blocos=(
            *_identificacao(lote),
            _resumo(lote),
            Tabela(
                "Guias",
                _GUIAS,
                tuple(_na_capa(n, guia) for n, guia in enumerate(lote.guias, 1)),
            ),
            Ficha(
                None,
                (
                    Campo("Guias", str(len(lote.guias))),
                    Campo("Valor informado (R$)", formatos.reais(lote.protocolo.informado)),
                ),
                forte=True,
            ),
            Assinaturas(("Entregue por - data e assinatura", "Recebido por - data e assinatura")),
        ),
        emissao=hoje,
    )


def relatorio(operadora: Operadora, lote: LoteImpresso, hoje: date) -> Folha:
    """O relatório de um lote: cada guia com os seus itens, e as críticas."""
    return Folha(
        titulo=_titulo("Relatório do lote", lote),
        nome=f"relatorio-{lote.protocolo.numero}",
        cabecalho=_cabecalho(operadora, lote),
        blocos=tuple(_do_relatorio(lote)),
        emissao=hoje,
        deitada=True,
    )


def _do_relatorio(lote: LoteImpresso) -> Iterator[Bloco]:
    yield from _identificacao(lote)
    yield _resumo(lote)
    for n, guia in enumerate(lote.guias, 1):
        yield from _da_guia(n, len(lote.guias), guia)
    p = lote.protocolo
    valores = Valores(p.informado, p.processado, p.liberado, p.glosa)
    yield totais("Total do protocolo", "do protocolo", valores, None)
    if lote.glosas:
        yield Ficha(None, (Campo("Códigos das glosas do protocolo", ", ".join(lote.glosas)),))
    if lote.criticas:
        yield Tabela(
            "Críticas",
            _CRITICAS,
            tuple(
                (_posicao(c.guia_posicao), _posicao(c.item_posicao), c.codigo, c.texto)
                for c in lote.criticas
            ),
        )


def _titulo(titulo: str, lote: LoteImpresso) -> str:
    return f"{titulo} - homologação" if lote.protocolo.homologacao else titulo


def _cabecalho(operadora: Operadora, lote: LoteImpresso) -> tuple[Campo, ...]:
    return (
        Campo("Registro ANS", operadora.registro_ans),
        Campo("Nome da operadora", operadora.nome, None, 2),
        Campo("CNPJ da operadora", formatos.cadastro(operadora.cnpj), None, 1.2),
        Campo("Número do lote", lote.protocolo.lote_numero or ""),
        Campo(
            "Número do protocolo",
            rotulos.numero(lote.protocolo.numero, operadora.largura_protocolo),
        ),
    )


def _identificacao(lote: LoteImpresso) -> Iterator[Bloco]:
    quem = lote.prestador
    yield Ficha(
        "Dados do prestador",
        (
            Campo("Código na operadora", quem.codigo),
            Campo("Nome do contratado", quem.nome, None, 2.6),
            Campo("CNPJ ou CPF", formatos.cadastro(quem.cnpj or quem.cpf), None, 1.2),
            Campo("Código CNES", quem.cnes or ""),
        ),
    )
    p = lote.protocolo
    recebido = dia(p.recebido_em)
    yield Ficha(
        "Dados do lote e do protocolo",
        (
            Campo("Data do protocolo", formatos.data(recebido)),
            Campo("Competência", formatos.competencia(competencia(recebido))),
            Campo("Tipo de guia", rotulos.tipo_guia(p.lote_tipo) or "", None, 1.4),
            Campo("Canal", rotulos.canal(p.canal)),
            Campo("Situação do protocolo", situacao(p.status), None, 1.8),
        ),
    )


def _resumo(lote: LoteImpresso) -> Ficha:
    return Ficha(
        "Resumo / totais",
        (
            Campo("Guias apresentadas", str(len(lote.guias))),
            Campo("Guias com glosas", str(lote.guias_com_glosas)),
            Campo("Itens apresentados", str(lote.itens)),
            Campo("Itens com glosas", str(lote.itens_com_glosas)),
        ),
        forte=True,
    )


def _na_capa(n: int, impressa: GuiaImpressa) -> tuple[str, ...]:
    guia = impressa.guia
    return (
        str(n),
        guia.numero_prestador,
        guia.numero_operadora or "",
        guia.senha or "",
        guia.beneficiario.carteira,
        formatos.data(_atendimento(guia)),
        formatos.reais(guia.informado),
    )


def _da_guia(n: int, de: int, impressa: GuiaImpressa) -> Iterator[Bloco]:
    guia = impressa.guia
    yield Ficha(
        f"Guia {n} de {de}",
        (
            Campo("Guia no prestador", guia.numero_prestador, None, 1.3),
            Campo("Guia na operadora", guia.numero_operadora or "", None, 1.3),
            Campo("Senha", guia.senha or "", None, 1.2),
            Campo("Beneficiário", impressa.nome or "", None, 2.2),
            Campo("Carteira", guia.beneficiario.carteira, None, 1.3),
            Campo("Data", formatos.data(_atendimento(guia)), None, 0.8),
            Campo("Situação", situacao(guia.status), None, 1.4),
        ),
    )
    if impressa.itens:
        yield Tabela(None, _ITENS, tuple(_item(item) for item in impressa.itens))
    valores = Valores(guia.informado, guia.processado, guia.liberado, guia.glosa)
    yield totais(None, "da guia", valores, None)
    if impressa.glosas:
        yield Ficha(None, (Campo("Códigos das glosas da guia", ", ".join(impressa.glosas)),))


def _item(impresso: ItemImpresso) -> tuple[str, ...]:
    guardado = impresso.guardado
    item = guardado.item
    return (
        str(item.sequencial),
        "Despesa" if item.despesa else "Procedimento",
        formatos.data(item.data),
        item.tabela,
        item.codigo,
        item.descricao or "",
        formatos.quantidade(item.quantidade),
        formatos.reais(item.valor_total),
        formatos.reais(guardado.processado),
        formatos.reais(guardado.liberado),
        formatos.reais(guardado.glosa),
        ", ".join(impresso.glosas),
    )


def _atendimento(guia: GuiaGuardada) -> date | None:
    return guia.data_inicio or guia.data_realizacao


def _posicao(n: int | None) -> str:
    return "" if n is None else str(n)
