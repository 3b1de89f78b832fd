"""O recurso de glosa impresso, que vai em duas vias com os documentos em papel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice import rotulos
from backoffice.impressos import formatos
from backoffice.impressos.comum import situacao
from backoffice.impressos.folha import Assinaturas, Campo, Coluna, Ficha, Folha, Tabela
from dominio import terminologia
from dominio.competencia import dia
from dominio.formatos_de_anexo import como_se_serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from backoffice.impressos.folha import Bloco
    from dominio.recurso import Parcela
    from persistence.consultas.recurso_inteiro import RecursoInteiro
    from persistence.operadoras import Operadora
    from persistence.recursos_valores import Linha

_LINHAS = (
    Coluna("Nº", 0.5, direita=True),
    Coluna("Objeto", 1),
    Coluna("Guia no prestador", 2),
    Coluna("Item", 0.6, direita=True),
    Coluna("Data", 1.3),
    Coluna("Tabela", 0.8),
    Coluna("Procedimento", 1.5),
    Coluna("Descrição", 3.5),
    Coluna("Glosa", 0.8),
    Coluna("Valor recursado (R$)", 1.5, direita=True),
    Coluna("Valor acatado (R$)", 1.5, direita=True),
    Coluna("Situação", 1.6),
)
_JUSTIFICATIVAS = (
    Coluna("Nº", 0.4, direita=True),
    Coluna("Justificativa do prestador", 5),
    Coluna("Resposta da operadora", 5),
)
_GLOSAS = (Coluna("Código", 1), Coluna("Descrição da glosa", 10))
_DOCUMENTOS = (
    Coluna("Nº documento", 1.6),
    Coluna("Arquivo", 3.5),
    Coluna("Descrição", 3.5),
    Coluna("Tipo", 0.6),
    Coluna("Formato", 1),
    Coluna("Data do anexo", 1.2),
)


def montar(operadora: Operadora, lido: RecursoInteiro, hoje: date, *, vias: int) -> list[Folha]:
    """As vias de um recurso, todas iguais salvo no título.

    Args:
        operadora: a quem se recorre.
        lido: o recurso e o que o cerca.
        hoje: dia da emissão, em São Paulo.
        vias: quantas.
    """
    blocos = tuple(_blocos(operadora, lido))
    titulo = "Recurso de glosa"
    if lido.recurso.homologacao:
        titulo += " - homologação"
    return [
        Folha(
            titulo=titulo if vias == 1 else f"{titulo} - {via}ª via",
            nome=f"recurso-{lido.recurso.numero}",
            cabecalho=_cabecalho(operadora, lido),
            blocos=blocos,
            emissao=hoje,
            deitada=True,
        )
        for via in range(1, vias + 1)
    ]


def _cabecalho(operadora: Operadora, lido: RecursoInteiro) -> tuple[Campo, ...]:
    r = lido.recurso
    return (
        Campo("Registro ANS", formatos.registro_ans(operadora.registro_ans)),
        Campo("Operadora", operadora.nome, None, 2),
        Campo("Nº guia prestador", r.numero_guia, None, 1.4),
        Campo(
            "Protocolo do recurso",
            rotulos.numero(r.numero, operadora.largura_do_recurso),
            None,
            1.2,
        ),
        Campo("Lote original", r.lote),
    )


def _blocos(operadora: Operadora, lido: RecursoInteiro) -> Iterator[Bloco]:
    yield from _dados(operadora, lido)
    yield _valores(lido)
    yield Tabela(
        "Itens do recurso",
        _LINHAS,
        tuple(texto for linha in lido.linhas for texto in _da_linha(linha, lido)),
    )
    yield Tabela(
        "Justificativas",
        _JUSTIFICATIVAS,
        tuple((str(x.posicao), x.justificativa, x.resposta or "") for x in lido.linhas),
    )
    yield Tabela(
        "Descrição das glosas",
        _GLOSAS,
        tuple(
            (codigo, terminologia.descricao_glosa(codigo) or "")
            for codigo in dict.fromkeys(x.codigo for x in lido.linhas)
        ),
    )
    if lido.documentos:
        yield Tabela(
            "Documentos anexos",
            _DOCUMENTOS,
            tuple(
                (
                    rotulos.numero(d.numero, operadora.largura_protocolo),
                    d.nome or "",
                    d.observacao or "",
                    d.tipo,
                    como_se_serve(d.formato).nome,
                    formatos.data(dia(d.recebido_em)),
                )
                for d in lido.documentos
            ),
        )
    yield Assinaturas(("Entregue por - data e assinatura", "Recebido por - data e assinatura"))


def _dados(operadora: Operadora, lido: RecursoInteiro) -> Iterator[Bloco]:
    r, quem = lido.recurso, lido.prestador
    yield Ficha(
        "Dados do prestador",
        (
            Campo("Código na operadora", quem.codigo),
            Campo("Nome do contratado", quem.nome, None, 2.6),
            Campo("CNPJ ou CPF", formatos.cadastro(quem.cnpj or quem.cpf), None, 1.2),
            Campo("Código CNES", quem.cnes or ""),
        ),
    )
    original = rotulos.numero(r.original, operadora.largura_protocolo)
    nivel = rotulos.nivel_do_recurso({linha.nivel for linha in lido.linhas})
    yield Ficha(
        "Dados do recurso",
        (
            Campo("Data de inclusão", formatos.data(dia(r.recebido_em))),
            Campo("Data de envio", formatos.data(r.data_envio)),
            Campo("Nível do recurso", nivel),
            Campo("Sequência do recurso", str(r.sequencia)),
            Campo("Origem do recurso", r.origem.texto),
            Campo("Situação do recurso", situacao(r.status), None, 1.8),
            Campo("Data da situação", formatos.data(dia(lido.historico[-1].em))),
            Campo("Data de pagamento", formatos.data(lido.pago_em)),
            Campo("Protocolo original", original),
            Campo("Protocolo recursado", original),
        ),
    )


def _valores(lido: RecursoInteiro) -> Ficha:
    o, r = lido.original, lido.recurso
    ditos = (
        ("informado", o.informado),
        ("glosado", o.glosa),
        ("liberado", o.liberado),
        ("recursado", r.recursado),
        ("acatado", r.acatado),
    )
    return Ficha(
        "Valores",
        tuple(Campo(f"Valor {nome} (R$)", formatos.reais(valor)) for nome, valor in ditos),
        forte=True,
    )


def _da_linha(x: Linha, lido: RecursoInteiro) -> Iterator[tuple[str, ...]]:
    acatado = "" if x.acatado is None else formatos.reais(x.acatado)
    yield (
        str(x.posicao),
        x.nivel.texto,
        x.guia_numero or "",
        "" if x.sequencial is None else str(x.sequencial),
        formatos.data(x.data_inicio),
        x.tabela or "",
        x.procedimento or "",
        x.descricao or "",
        x.codigo,
        formatos.reais(x.recursado),
        acatado,
        x.estado.texto,
    )
    if x.item_posicao is None:
        for parcela in x.parcelas:
            yield from _da_parcela(parcela, lido)


def _da_parcela(parcela: Parcela, lido: RecursoInteiro) -> Iterator[tuple[str, ...]]:
    """O que uma guia, ou o protocolo, contesta de cada item que alcança."""
    onde = parcela.unidade
    guardado = lido.itens.get((onde.guia or 0, onde.item or 0))
    if guardado is None:
        return
    item = guardado.item
    yield (
        "",
        "",
        lido.guias[guardado.guia_posicao].numero_prestador,
        str(item.sequencial),
        formatos.data(item.data),
        item.tabela,
        item.codigo,
        item.descricao or "",
        onde.codigo,
        formatos.reais(parcela.recursado),
        "" if parcela.acatado is None else formatos.reais(parcela.acatado),
        "",
    )
