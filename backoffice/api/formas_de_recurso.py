"""As formas de um recurso inteiro: cabeçalho, linhas, documentos, notas e histórico."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from backoffice import rotulos
from backoffice.api import formas
from backoffice.api.detalhe import Operadora, PassagemNoHistorico
from backoffice.api.formas import Forma, Instante, Prestador, Reais, Situacao
from backoffice.api.recursos import EstadoDaLinha, estado
from dominio import terminologia
from dominio.formatos_de_anexo import como_se_serve
from handlers import decisao_de_recurso as casos

if TYPE_CHECKING:
    from backoffice.api.base import Quem
    from dominio.recurso import Parcela
    from persistence.consultas.recurso_inteiro import RecursoInteiro
    from persistence.documentos import Documento
    from persistence.recursos_valores import Linha


class GlosaNomeada(Forma):
    """Um código de glosa com o que ele quer dizer, se o servidor tem a terminologia."""

    codigo: str
    descricao: str | None


class EventoContestado(Forma):
    """Quanto uma linha contesta, e quanto se acatou, de uma das glosas que alcança."""

    guia: int | None
    item: int | None
    grau_participacao: str
    sequencial_item: int | None
    tabela: str | None
    procedimento: str | None
    descricao: str | None
    data_procedimento: date | None
    valor_recursado: Reais
    valor_acatado: Reais | None


class LinhaDoRecurso(Forma):
    """Uma coisa contestada."""

    posicao: int
    estado: EstadoDaLinha
    objeto: str
    guia: int | None
    numero_guia_prestador: str | None
    numero_guia_operadora: str | None
    senha: str | None
    item: int | None
    sequencial_item: int | None
    tabela: str | None
    procedimento: str | None
    descricao: str | None
    data_procedimento: date | None
    data_fim: date | None
    grau_participacao: str
    dente: str | None
    regiao: str | None
    face: str | None
    glosa: GlosaNomeada
    valor_recursado: Reais
    valor_acatado: Reais | None
    justificativa: str
    justificativa_operadora: str | None
    decidida_em: Instante | None
    decidida_por: str | None
    eventos: list[EventoContestado]


class DocumentoDoRecurso(Forma):
    """Um documento do recurso; o conteúdo dá-o `/protocolos/{recurso}/documentos/{documento}`."""

    protocolo_documento: str
    numero_documento: str
    tipo_documento: str
    nome_arquivo: str
    descricao: str | None
    formato: str
    data_anexo: Instante
    situacao: str
    numero_guia_prestador: str | None
    tamanho: int


class NotaDoRecurso(Forma):
    """Uma nota fiscal dos pagamentos do protocolo ou do recurso."""

    id: int
    pagamento: int
    numero: str
    serie: str
    valor: Reais
    estado: str


class ValoresDoRecurso(Forma):
    """Os do protocolo original, e o que se contesta e se acatou."""

    informado: Reais
    glosado: Reais
    liberado: Reais
    recursado: Reais
    acatado: Reais


class AcaoPermitida(Forma):
    """O que se pode fazer agora, e onde."""

    acao: str
    endereco: str


class RecursoNaApi(Forma):
    """Um recurso inteiro; o ETag é a sua revisão."""

    numero_recurso: str
    numero_guia_recurso: str
    numero_guia_recurso_operadora: str | None
    sequencia: int
    nivel: str
    odonto: bool
    origem: str
    origem_texto: str
    situacao_envio: str
    situacao: Situacao
    data_situacao: Instante
    data_inclusao: Instante
    data_envio: date
    data_pagamento: date | None
    operadora: Operadora
    prestador: Prestador
    lote_original: str
    protocolo_original: str
    protocolo_recursado: str
    situacao_do_protocolo: Situacao
    valores: ValoresDoRecurso
    observacao: str | None
    homologacao: bool
    versao: str
    canal: str
    revisao: int
    acoes_permitidas: list[AcaoPermitida]
    linhas: list[LinhaDoRecurso]
    documentos: list[DocumentoDoRecurso]
    notas_fiscais: list[NotaDoRecurso]
    historico: list[PassagemNoHistorico]


ENVIADO = "Enviado"
NAO_ENVIADO = "Não enviado"


def glosa(codigo: str) -> GlosaNomeada:
    """Um código com a sua descrição oficial, se instalada."""
    return GlosaNomeada(codigo=codigo, descricao=terminologia.descricao_glosa(codigo))


def acoes(quais: tuple[casos.Acao, ...], numero: str) -> list[AcaoPermitida]:
    """O que se pode fazer, com o endereço de cada coisa."""
    return [
        AcaoPermitida(acao=acao.value, endereco=f"POST /api/v1/recursos/{numero}/{acao.value}")
        for acao in quais
    ]


def inteiro(lido: RecursoInteiro, quem: Quem) -> RecursoNaApi:
    """A forma de um recurso inteiro."""
    r, zeros = lido.recurso, quem.operadora.largura_protocolo
    numero = rotulos.numero(r.numero, quem.operadora.largura_do_recurso)
    return RecursoNaApi(
        numero_recurso=numero,
        numero_guia_recurso=r.numero_guia,
        numero_guia_recurso_operadora=r.numero_guia_operadora,
        sequencia=r.sequencia,
        nivel=rotulos.nivel_do_recurso({linha.nivel for linha in lido.linhas}),
        odonto=r.odonto,
        origem=r.origem.value,
        origem_texto=r.origem.texto,
        situacao_envio=ENVIADO,
        situacao=formas.situacao(r.status),
        data_situacao=lido.historico[-1].em,
        data_inclusao=r.recebido_em,
        data_envio=r.data_envio,
        data_pagamento=lido.pago_em,
        operadora=Operadora(registro_ans=quem.operadora.registro_ans, nome=quem.operadora.nome),
        prestador=Prestador(codigo=lido.prestador.codigo, nome=lido.prestador.nome),
        lote_original=r.lote,
        protocolo_original=rotulos.numero(r.original, zeros),
        protocolo_recursado=rotulos.numero(r.original, zeros),
        situacao_do_protocolo=formas.situacao(lido.original.status),
        valores=ValoresDoRecurso(
            informado=lido.original.informado,
            glosado=lido.original.glosa,
            liberado=lido.original.liberado,
            recursado=r.recursado,
            acatado=r.acatado,
        ),
        observacao=r.observacao,
        homologacao=r.homologacao,
        versao=r.versao,
        canal=r.canal,
        revisao=r.revisao,
        acoes_permitidas=acoes(casos.permitidas(r.status, lido.linhas), numero),
        linhas=[_linha(linha, lido) for linha in lido.linhas],
        documentos=[documento(d, zeros) for d in lido.documentos],
        notas_fiscais=[
            NotaDoRecurso(
                id=nota.id,
                pagamento=nota.pagamento_id,
                numero=nota.numero,
                serie=nota.serie,
                valor=nota.valor,
                estado=nota.estado.value,
            )
            for nota in lido.notas
        ],
        historico=[
            PassagemNoHistorico(
                em=p.em,
                de=None if p.de is None else formas.situacao(p.de),
                para=formas.situacao(p.para),
                quem=p.quem,
                motivo=p.motivo,
            )
            for p in lido.historico
        ],
    )


def documento(d: Documento, zeros: int) -> DocumentoDoRecurso:
    """A forma de um documento de um recurso."""
    numero = rotulos.numero(d.numero, zeros)
    formato = como_se_serve(d.formato)
    return DocumentoDoRecurso(
        protocolo_documento=numero,
        numero_documento=d.numero_documento,
        tipo_documento=d.tipo,
        nome_arquivo=d.nome or f"{numero}.{formato.extensao}",
        descricao=d.observacao,
        formato=formato.nome,
        data_anexo=d.recebido_em,
        situacao=ENVIADO if d.expurgado_em is None else "Expurgado",
        numero_guia_prestador=d.guia_prestador,
        tamanho=d.tamanho,
    )


def _linha(x: Linha, lido: RecursoInteiro) -> LinhaDoRecurso:
    return LinhaDoRecurso(
        posicao=x.posicao,
        estado=estado(x.estado),
        objeto=x.nivel.texto,
        guia=x.guia_posicao,
        numero_guia_prestador=x.guia_numero,
        numero_guia_operadora=x.guia_operadora,
        senha=x.senha,
        item=x.item_posicao,
        sequencial_item=x.sequencial,
        tabela=x.tabela,
        procedimento=x.procedimento,
        descricao=x.descricao,
        data_procedimento=x.data_inicio,
        data_fim=x.data_fim,
        grau_participacao=x.grau,
        dente=x.dente,
        regiao=x.regiao,
        face=x.face,
        glosa=glosa(x.codigo),
        valor_recursado=x.recursado,
        valor_acatado=x.acatado,
        justificativa=x.justificativa,
        justificativa_operadora=x.resposta,
        decidida_em=x.decidida_em,
        decidida_por=x.decidida_por,
        eventos=[_evento(parcela, lido) for parcela in x.parcelas],
    )


def _evento(parcela: Parcela, lido: RecursoInteiro) -> EventoContestado:
    onde = parcela.unidade
    guardado = lido.itens.get((onde.guia or 0, onde.item or 0))
    item = None if guardado is None else guardado.item
    return EventoContestado(
        guia=onde.guia,
        item=onde.item,
        grau_participacao=onde.grau,
        sequencial_item=None if item is None else item.sequencial,
        tabela=None if item is None else item.tabela,
        procedimento=None if item is None else item.codigo,
        descricao=None if item is None else item.descricao,
        data_procedimento=None if item is None else item.data,
        valor_recursado=parcela.recursado,
        valor_acatado=parcela.acatado,
    )
