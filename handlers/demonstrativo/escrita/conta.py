"""``demonstrativoAnaliseConta``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import terminologia
from handlers.demonstrativo.escrita.forma import (
    CONTRATADO,
    EMISSAO,
    NAO_INFORMADO,
    NUMERO,
    OBSERVACAO,
    exato,
    livre,
    opcional,
    texto,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dominio.analise import Glosa, Valores
    from handlers.demonstrativo.escrita.forma import Forma
    from handlers.demonstrativo.modelo import (
        Cabecalho,
        DemonstrativoAnalise,
        GuiaDaConta,
        ItemDaConta,
    )


def escrever(d: DemonstrativoAnalise, forma: Forma) -> str:
    """O demonstrativo com lacunas em número, data, contratado e observação.

    Raises:
        NaoCabe: a versão não comporta um valor ou código.
    """
    return "".join(_partes(d, forma))


def cabecalho(c: Cabecalho, forma: Forma) -> str:
    """``ct_demonstrativoCabecalho``."""
    return (
        f"<ans:cabecalhoDemonstrativo><ans:registroANS>{c.registro_ans}</ans:registroANS>"
        f"<ans:numeroDemonstrativo>{NUMERO}</ans:numeroDemonstrativo>"
        f"<ans:nomeOperadora>{texto(c.nome, 70)}</ans:nomeOperadora>"
        f"<ans:numeroCNPJ>{forma.cnpj(c.cnpj)}</ans:numeroCNPJ>"
        f"<ans:dataEmissao>{EMISSAO}</ans:dataEmissao></ans:cabecalhoDemonstrativo>"
    )


def _partes(d: DemonstrativoAnalise, forma: Forma) -> Iterator[str]:
    conta = d.conta
    yield "<ans:demonstrativoAnaliseConta>"
    yield cabecalho(d.cabecalho, forma)
    yield (
        f"<ans:dadosPrestador><ans:dadosContratado>{CONTRATADO}</ans:dadosContratado>"
        f"<ans:CNES>{exato(d.contratado.cnes)}</ans:CNES></ans:dadosPrestador>"
        "<ans:dadosConta><ans:dadosProtocolo>"
        f"<ans:numeroLotePrestador>{exato(conta.numero_lote)}</ans:numeroLotePrestador>"
        f"<ans:numeroProtocolo>{conta.numero}</ans:numeroProtocolo>"
        f"<ans:dataProtocolo>{conta.data.isoformat()}</ans:dataProtocolo>"
    )
    if conta.glosas:
        yield _do_protocolo(conta.glosas, forma)
    yield f"<ans:situacaoProtocolo>{forma.situacao(conta.situacao)}</ans:situacaoProtocolo>"
    for guia in conta.guias:
        yield from _guia(guia, forma)
    yield _quatro("Protocolo", conta.valores, forma)
    yield "</ans:dadosProtocolo></ans:dadosConta>"
    yield _quatro("Geral", d.geral, forma)
    if forma.observacao:
        yield OBSERVACAO
    yield "</ans:demonstrativoAnaliseConta>"


def _guia(g: GuiaDaConta, forma: Forma) -> Iterator[str]:
    yield (
        "<ans:relacaoGuias>"
        f"<ans:numeroGuiaPrestador>{exato(g.numero_prestador)}</ans:numeroGuiaPrestador>"
    )
    yield opcional("numeroGuiaOperadora", g.numero_operadora)
    yield opcional("senha", g.senha)
    if forma.nomes:
        nome = texto(g.nome_beneficiario or NAO_INFORMADO, 70)
        yield f"<ans:nomeBeneficiario>{nome}</ans:nomeBeneficiario>"
    yield (
        f"<ans:numeroCarteira>{exato(g.carteira)}</ans:numeroCarteira>"
        f"<ans:dataInicioFat>{g.inicio.isoformat()}</ans:dataInicioFat>"
    )
    for elemento, quando in (
        ("horaInicioFat", g.hora_inicio), ("dataFimFat", g.fim), ("horaFimFat", g.hora_fim),
    ):  # fmt: skip
        if quando is not None:
            yield f"<ans:{elemento}>{quando.isoformat()}</ans:{elemento}>"
    for glosa in g.glosas:
        yield _motivo("motivoGlosaGuia", glosa.codigo, _palavras(glosa), forma)
    yield f"<ans:situacaoGuia>{forma.situacao(g.situacao)}</ans:situacaoGuia>"
    for item in g.itens:
        yield from _item(item, forma)
    yield _quatro("Guia", g.valores, forma)
    if forma.observacao_da_guia:
        yield livre("observacao", g.observacao)
    yield "</ans:relacaoGuias>"


def _item(i: ItemDaConta, forma: Forma) -> Iterator[str]:
    v, reais = i.valores, forma.do_item
    yield (
        f"<ans:detalhesGuia><ans:sequencialItem>{i.sequencial}</ans:sequencialItem>"
        f"<ans:dataRealizacao>{i.data.isoformat()}</ans:dataRealizacao>"
        f"{procedimento(i.tabela, i.codigo, i.descricao, forma)}"
        f"{forma.eco('grauParticipacao', 'dm_grauPart', i.grau)}"
        f"<ans:valorInformado>{reais(v.informado)}</ans:valorInformado>"
        f"<ans:qtdExecutada>{forma.quantidade(i.quantidade)}</ans:qtdExecutada>"
        f"<ans:valorProcessado>{reais(v.processado)}</ans:valorProcessado>"
        f"<ans:valorLiberado>{reais(v.liberado)}</ans:valorLiberado>"
    )
    for glosa in i.glosas:
        yield (
            f"<ans:relacaoGlosa><ans:valorGlosa>{reais(glosa.valor)}</ans:valorGlosa>"
            f"<ans:tipoGlosa>{forma.codigo('dm_tipoGlosa', glosa.codigo)}</ans:tipoGlosa>"
            "</ans:relacaoGlosa>"
        )
    if forma.observacao_da_guia:
        yield forma.eco("centroConsumo", "dm_centroConsumo", i.centro_consumo)
    yield "</ans:detalhesGuia>"


def procedimento(tabela: str, codigo: str, descricao: str, forma: Forma) -> str:
    """``ct_procedimentoDados``."""
    return (
        f"<ans:procedimento><ans:codigoTabela>{forma.codigo('dm_tabela', tabela)}"
        f"</ans:codigoTabela><ans:codigoProcedimento>{texto(codigo, 10)}"
        f"</ans:codigoProcedimento><ans:descricaoProcedimento>{texto(descricao, 150)}"
        "</ans:descricaoProcedimento></ans:procedimento>"
    )


def _quatro(nivel: str, v: Valores, forma: Forma) -> str:
    reais = forma.total
    return (
        f"<ans:valorInformado{nivel}>{reais(v.informado)}</ans:valorInformado{nivel}>"
        f"<ans:valorProcessado{nivel}>{reais(v.processado)}</ans:valorProcessado{nivel}>"
        f"<ans:valorLiberado{nivel}>{reais(v.liberado)}</ans:valorLiberado{nivel}>"
        f"<ans:valorGlosa{nivel}>{reais(v.glosa)}</ans:valorGlosa{nivel}>"
    )


def _do_protocolo(glosas: Sequence[Glosa], forma: Forma) -> str:
    """``GlosaProtocolo``, que é uma só: as outras vão no texto dela."""
    frase = _palavras(glosas[0]) or ""
    if len(glosas) > 1:
        outras = "; ".join(_rotulada(g) for g in glosas[1:])
        frase = f"{_rotulada(glosas[0])}. Também: {outras}"
    return _motivo("GlosaProtocolo", glosas[0].codigo, frase or None, forma)


def _rotulada(glosa: Glosa) -> str:
    palavras = _palavras(glosa)
    rotulo = f"{glosa.codigo} (R$ {glosa.valor:.2f})".replace(".", ",")
    return f"{rotulo} {palavras}" if palavras else rotulo


def _motivo(nome: str, codigo: str, descricao: str | None, forma: Forma) -> str:
    return (
        f"<ans:{nome}><ans:codigoGlosa>{forma.codigo('dm_tipoGlosa', codigo)}</ans:codigoGlosa>"
        f"{livre('descricaoGlosa', descricao)}</ans:{nome}>"
    )


def _palavras(glosa: Glosa) -> str | None:
    return glosa.texto or terminologia.descricao_glosa(glosa.codigo)
