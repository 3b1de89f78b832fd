"""Da situação ao elemento ``situacaoProtocoloRecurso``, nas formas médica e odontológica."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from dominio import listas, numeros, terminologia
from dominio.dinheiro import texto as reais
from dominio.textos import para_mensagem
from dominio.versoes import ordem
from handlers.status_recurso.caso import GuiaRespondida, ItemRespondido, Situacao
from mensagem.escrita import elemento, opcional
from mensagem.partes import NAO_INFORMADO, com_nomes, contratado

if TYPE_CHECKING:
    from dominio.lote import Item
    from handlers.contexto import Contexto
    from persistence.recursos_valores import Linha

    Resposta = ItemRespondido | GuiaRespondida

_MAIOR_QUANTIDADE = 99


def escrever(contexto: Contexto, situacao: Situacao) -> str:
    """``reciboGlosa`` ou ``reciboGlosaOdonto`` do que se respondeu; senão ``reciboGlosaStatus``."""
    if not situacao.respondido:
        forma = _em_curso(contexto, situacao)
    else:
        forma = _recibo(contexto, situacao)
    return elemento("situacaoProtocoloRecurso", forma)


def _em_curso(contexto: Contexto, situacao: Situacao) -> str:
    recurso = situacao.recurso
    numero = numeros.formatar(recurso.numero, contexto.operadora.largura_do_recurso)
    dia = recurso.data_envio.isoformat()
    return elemento(
        "reciboGlosaStatus",
        elemento("nrProtocoloRecursoGlosa", texto=numero),
        elemento("dataEnvioRecurso", texto=dia),
        elemento("dataRecebimentoRecurso", texto=dia),
        elemento("numeroLote", texto=recurso.lote),
        elemento("registroANS", texto=contexto.operadora.registro_ans),
        contratado(situacao.prestador, contexto.prestador.nome, contexto.versao),
        # a consulta não abre protocolo novo: a situação é a do próprio recurso
        elemento("nrProtocoloSituacaoRecursoGlosa", texto=numero),
        elemento("dataSituacao", texto=situacao.desde.isoformat()),
        elemento("situacaoProtocolo", texto=str(int(recurso.status.em(contexto.versao)))),
    )


def _recibo(contexto: Contexto, situacao: Situacao) -> str:
    recurso, versao = situacao.recurso, contexto.versao
    odonto = recurso.odonto
    da_operadora = opcional("numeroGuiaRecGlosaOperadora", recurso.numero_guia_operadora)
    nome = elemento("nomeOperadora", texto=para_mensagem(contexto.operadora.nome, 70))
    return elemento(
        "reciboGlosaOdonto" if odonto else "reciboGlosa",
        elemento("registroANS", texto=contexto.operadora.registro_ans),
        elemento("numeroGuiaRecGlosaPrestador", texto=recurso.numero_guia),
        *((nome, da_operadora) if odonto else (da_operadora, nome)),
        elemento("objetoRecurso", texto=recurso.objeto.value),
        _prestador(contexto, situacao),
        elemento("numeroLote", texto=recurso.lote),
        elemento(
            "numeroProtocolo",
            texto=numeros.formatar(recurso.original, contexto.operadora.largura_protocolo),
        ),
        elemento("opcaoRecurso", *_opcao(situacao, versao)),
        elemento("dataRecurso", texto=recurso.data_recurso.isoformat()),
        elemento("valorTotalRecursado", texto=reais(recurso.recursado)),
        elemento("valorTotalAcatado", texto=reais(recurso.acatado)),
    )


def _prestador(contexto: Contexto, situacao: Situacao) -> str:
    dito = situacao.prestador
    codigo = dito.valor if dito.forma == "codigo" else contexto.prestador.codigo
    unico = elemento("codigoPrestador", texto=codigo)
    if not com_nomes(contexto.versao):
        return unico
    nome = para_mensagem(contexto.prestador.nome, 70)
    return elemento("dadosContratado", unico, elemento("nomePrestador", texto=nome))


def _opcao(situacao: Situacao, versao: str) -> list[str]:
    linha = situacao.do_protocolo
    if linha is not None:
        return [_do_protocolo(linha, versao, odonto=situacao.recurso.odonto)]
    if situacao.recurso.odonto:
        return _odonto(situacao, versao)
    return [elemento("recursoGuia", _medica(r, versao)) for r in situacao.respostas]


def _do_protocolo(linha: Linha, versao: str, *, odonto: bool) -> str:
    em_parte = ""
    if linha.acatado and not linha.estado.acatado:
        em_parte = f"Acatado em parte: R$ {linha.acatado} de R$ {linha.recursado}. "
    resposta = f"{em_parte}{linha.resposta or ''}".strip()
    return elemento(
        "recursoProtocolo",
        elemento("codigoGlosaProtocolo", texto=linha.codigo),
        elemento("justificativaProtocolo", texto=_longo(linha.justificativa, versao)),
        _sim_nao("recursoAcatado", sim=linha.estado.acatado),
        None
        if odonto or not resposta
        else elemento("justificativaOPSnaoAcatadoProt", texto=_longo(resposta, versao)),
    )


def _medica(resposta: Resposta, versao: str) -> str:
    linha = resposta.linha
    if isinstance(resposta, GuiaRespondida):
        return elemento(
            "respostaGuia",
            *_da_guia(resposta),
            elemento("codGlosa", texto=linha.codigo),
            elemento("justificativaPrestador", texto=_longo(linha.justificativa, versao)),
            _sim_nao("recursoGuiaAcatado", sim=resposta.acatada),
            _justificativa("justificativaOPSnaoAcatadoGuia", linha, versao),
        )
    item = resposta.item
    return elemento(
        "respostaGuiaItens",
        *_da_guia(resposta),
        elemento("dataRealizacao", texto=item.data.isoformat()),
        None if linha.data_fim is None else elemento("dataFim", texto=linha.data_fim.isoformat()),
        elemento("sequencialItem", texto=str(item.sequencial)),
        _procedimento(item, linha),
        elemento("codGlosa", texto=linha.codigo),
        elemento("valorRecursado", texto=reais(resposta.recursado)),
        elemento("justificativaPrestador", texto=_longo(linha.justificativa, versao)),
        elemento("valorAcatadado", texto=reais(resposta.acatado)),
        _justificativa("justificativaOperadora", linha, versao),
    )


def _odonto(situacao: Situacao, versao: str) -> list[str]:
    guias = []

    def quais(resposta: Resposta) -> tuple[bool, str, int]:
        # cada guia inteira é uma resposta; os itens seguidos de uma guia vão juntos
        inteira = isinstance(resposta, GuiaRespondida)
        return inteira, resposta.guia_numero, resposta.linha.posicao if inteira else 0

    for _, grupo in groupby(situacao.respostas, key=quais):
        respostas = list(grupo)
        primeira = respostas[0]
        comeco = [*_da_guia(primeira), _nome(situacao, primeira, versao)]
        if isinstance(primeira, GuiaRespondida):
            corpo = elemento(
                "respostaRecursoGuiaOdonto",
                *comeco,
                elemento("codGlosaGuia", texto=primeira.linha.codigo),
                elemento("justificativaGuia", texto=_longo(primeira.linha.justificativa, versao)),
                _sim_nao("recursoAcatadoGuia", sim=primeira.acatada),
            )
        else:
            itens = [r for r in respostas if isinstance(r, ItemRespondido)]
            corpo = elemento(
                "respostaRecursoItemOdonto", *comeco, *(_item_odonto(i, versao) for i in itens)
            )
        guias.append(elemento("recursoGuia", corpo))
    return guias


def _item_odonto(resposta: ItemRespondido, versao: str) -> str:
    linha, item = resposta.linha, resposta.item
    quantidade = linha.quantidade or max(1, min(int(item.quantidade), _MAIOR_QUANTIDADE))
    return elemento(
        "recursoProcedimento",
        elemento("sequencialItem", texto=str(item.sequencial)),
        elemento("dataRealizacao", texto=item.data.isoformat()),
        _onde(linha.dente or item.dente, linha.regiao or item.regiao, versao),
        opcional("denteFace", linha.face or item.face),
        elemento("quantidade", texto=str(quantidade)),
        _procedimento(item, linha),
        elemento("codGlosaProc", texto=linha.codigo),
        elemento("valorRecursado", texto=reais(resposta.recursado)),
        elemento("justificativaPrestador", texto=_longo(linha.justificativa, versao)),
        elemento("valorAcatado", texto=reais(resposta.acatado)),
        _justificativa("justificativaOperadora", linha, versao),
    )


def _onde(dente: str | None, regiao: str | None, versao: str) -> str | None:
    for nome, lista, codigo in (
        ("codDente", "dm_dente", dente),
        ("codRegiao", "dm_regiao", regiao),
    ):
        if codigo is not None and listas.tem(lista, codigo, versao):
            return elemento("denteRegiao", elemento(nome, texto=codigo))
    return None


def _nome(situacao: Situacao, resposta: Resposta, versao: str) -> str | None:
    if not com_nomes(versao):
        return None
    nome = situacao.nomes.get(resposta.guia_numero) or NAO_INFORMADO
    return elemento("nomeBeneficiario", texto=para_mensagem(nome, 70))


def _da_guia(resposta: Resposta) -> list[str | None]:
    return [
        elemento("numeroGuiaPrestador", texto=resposta.guia_numero),
        opcional("numeroGuiaOperadora", resposta.guia_operadora),
        opcional("senha", resposta.linha.senha),
    ]


def _procedimento(item: Item, linha: Linha) -> str:
    descricao = (
        linha.descricao
        or item.descricao
        or terminologia.descricao_procedimento(item.tabela, item.codigo)
        or item.codigo
    )
    return elemento(
        "procRecurso",
        elemento("codigoTabela", texto=item.tabela),
        elemento("codigoProcedimento", texto=para_mensagem(item.codigo, 10)),
        elemento("descricaoProcedimento", texto=para_mensagem(descricao, 150)),
    )


def _justificativa(nome: str, linha: Linha, versao: str) -> str | None:
    return opcional(nome, None if linha.resposta is None else _longo(linha.resposta, versao))


def _longo(texto: str, versao: str) -> str:
    return para_mensagem(texto, 500 if ordem(versao) >= (4,) else 150)


def _sim_nao(nome: str, *, sim: bool) -> str:
    return elemento(nome, texto="S" if sim else "N")
