"""O relatório de glosas de um protocolo: quanto se cortou, de quê e por quê."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from backoffice import rotulos
from backoffice.impressos import formatos
from backoffice.impressos.comum import situacao, totais
from backoffice.impressos.folha import Campo, Coluna, Ficha, Folha, Tabela, Texto
from dominio import terminologia
from dominio.analise import Valores
from dominio.competencia import dia
from dominio.dinheiro import ZERO

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from decimal import Decimal

    from backoffice.impressos.folha import Bloco
    from persistence.consultas.glosas import Glosada, ProtocoloGlosado
    from persistence.operadoras import Operadora

TITULOS = (
    "Protocolo", "Lote", "Guia no prestador", "Guia na operadora", "Senha", "Carteira", "Item",
    "Data", "Tabela", "Código", "Descrição", "Grau", "Valor informado", "Código da glosa",
    "Motivo da glosa", "Texto da operadora", "Valor da glosa",
)  # fmt: skip
_DETALHES = (
    Coluna("Guia no prestador", 2),
    Coluna("Guia na operadora", 2),
    Coluna("Item", 0.7, direita=True),
    Coluna("Data", 1.3),
    Coluna("Código", 1.5),
    Coluna("Descrição", 3.5),
    Coluna("Valor informado", 1.5, direita=True),
    Coluna("Glosa", 0.8),
    Coluna("Motivo", 4.2),
    Coluna("Valor da glosa", 1.5, direita=True),
)
_POR_CODIGO = (
    Coluna("Código", 0.8),
    Coluna("Motivo", 6),
    Coluna("Quantidade", 1, direita=True),
    Coluna("Valor (R$)", 1.6, direita=True),
)


def montar(operadora: Operadora, glosado: ProtocoloGlosado, hoje: date) -> Folha:
    """A folha do relatório."""
    p = glosado.protocolo
    numero = rotulos.numero(p.numero, operadora.largura_protocolo)
    return Folha(
        titulo="Relatório de glosas",
        nome=f"glosas-{numero}",
        cabecalho=(
            Campo("Registro ANS", operadora.registro_ans),
            Campo("Nome da operadora", operadora.nome, None, 2),
            Campo("Número do lote", p.lote_numero or ""),
            Campo("Número do protocolo", numero),
            Campo("Situação", situacao(p.status), None, 1.8),
        ),
        blocos=tuple(_blocos(glosado)),
        emissao=hoje,
        deitada=True,
    )


def linhas(operadora: Operadora, glosado: ProtocoloGlosado) -> Iterator[tuple[object, ...]]:
    """As células do mesmo relatório numa planilha, uma linha por glosa."""
    numero = rotulos.numero(glosado.protocolo.numero, operadora.largura_protocolo)
    for g in glosado.glosas:
        yield (
            numero, glosado.protocolo.lote_numero, g.guia_prestador, g.guia_operadora, g.senha,
            g.carteira, g.sequencial, g.data, g.tabela, g.codigo, g.descricao, g.grau,
            g.informado, g.glosa.codigo, _motivo(g.glosa.codigo), g.glosa.texto, g.glosa.valor,
        )  # fmt: skip


def _blocos(glosado: ProtocoloGlosado) -> Iterator[Bloco]:
    p, quem = glosado.protocolo, glosado.prestador
    yield Ficha(
        "Dados do prestador",
        (
            Campo("Código na operadora", quem.codigo),
            Campo("Nome do contratado", quem.nome, None, 3),
            Campo("Data do protocolo", formatos.data(dia(p.recebido_em))),
        ),
    )
    valores = Valores(p.informado, p.processado, p.liberado, p.glosa)
    yield totais("Totais do protocolo", "do protocolo", valores, None)
    if not glosado.glosas:
        yield Texto("Glosas", "A análise do protocolo não glosou nada.")
        return
    yield Tabela("Glosas por motivo", _POR_CODIGO, tuple(_por_codigo(glosado.glosas)))
    yield Tabela("Glosas", _DETALHES, tuple(_detalhe(g) for g in glosado.glosas))


def _por_codigo(glosas: Sequence[Glosada]) -> Iterator[tuple[str, ...]]:
    somas: defaultdict[str, list[Decimal]] = defaultdict(list)
    for g in glosas:
        somas[g.glosa.codigo].append(g.glosa.valor)
    for codigo, valores in sorted(somas.items()):
        total = sum(valores, ZERO)
        yield codigo, _motivo(codigo), str(len(valores)), formatos.reais(total)


def _detalhe(g: Glosada) -> tuple[str, ...]:
    grau = f" (grau {g.grau})" if g.grau else ""
    return (
        g.guia_prestador or "Protocolo inteiro",
        g.guia_operadora or "",
        "" if g.sequencial is None else str(g.sequencial),
        formatos.data(g.data),
        g.codigo or "",
        f"{g.descricao or ''}{grau}",
        "" if g.informado is None else formatos.reais(g.informado),
        g.glosa.codigo,
        g.glosa.texto or _motivo(g.glosa.codigo),
        formatos.reais(g.glosa.valor),
    )


def _motivo(codigo: str) -> str:
    return terminologia.descricao_glosa(codigo) or ""
