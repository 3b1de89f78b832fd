"""Receber um recurso: conferir, prender o que se contesta e dar o número.

O protocolo de que se recorre fica trancado do começo ao fim: é o que faz dois recursos sobre a
mesma glosa esperarem um pelo outro, e nunca contestarem juntos mais do que se glosou.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import erros, numeros
from dominio import erros_de_recurso as recusas
from dominio.competencia import dia
from dominio.dinheiro import ZERO
from dominio.erros import Nivel
from dominio.recurso import Origem
from dominio.textos import cabe_em_latin1
from dominio.validade import VERSAO_VENCIDA, vencida
from handlers.alcance import prestadores_ditos
from handlers.recurso_glosa.exame import examinar
from handlers.recurso_glosa.pedido import Recibo, Remetente
from handlers.recurso_glosa.regras import REGRAS, citar
from handlers.regras.motor import aplicar
from mensagem.recusa import RegraRecusada
from persistence import protocolos, recursos, regras
from persistence.recursos_valores import Linha, NovoRecurso, NumeroDeRecursoEmUso

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Connection

    from handlers.contexto import Contexto
    from handlers.recurso_glosa.exame import Exame
    from handlers.recurso_glosa.pedido import PedidoDeRecurso
    from handlers.regras import Achado
    from persistence.lotes import Critica
    from persistence.protocolos import Protocolo
    from persistence.recursos_valores import Recurso

_MAIOR_OBSERVACAO = 500
_UPLOAD = "upload"


def receber(conn: Connection, contexto: Contexto, pedido: PedidoDeRecurso) -> Recibo:
    """Recebe um recurso que veio por mensagem.

    Raises:
        RegraRecusada: o recurso não se aceita.
    """
    remetente = Remetente(
        contexto.operadora,
        contexto.prestador,
        prestadores_ditos(conn, contexto, pedido.prestador),
        contexto.versao,
        contexto.canal,
        contexto.mensagem_id,
        contexto.agora,
        # um arquivo enviado pelo portal é do portal
        Origem.PORTAL if contexto.canal == _UPLOAD else Origem.WEBSERVICE,
    )
    return registrar(conn, remetente, pedido)


def registrar(conn: Connection, remetente: Remetente, pedido: PedidoDeRecurso) -> Recibo:
    """Registra um recurso, ou devolve o número do mesmo já registrado.

    Raises:
        RegraRecusada: o recurso não se aceita; a transação deve ser desfeita.
    """
    _conferir(remetente, pedido)
    protocolo = _trancar(conn, remetente, pedido)
    hoje = dia(remetente.agora)
    existente = _vivo(conn, remetente, protocolo.prestador_id, pedido)
    if existente is not None:
        if (existente.sha256, existente.original_id) != (pedido.sha256, protocolo.id):
            raise RegraRecusada(recusas.RECURSO_REPETIDO)
        return _repetido(conn, pedido, protocolo, existente)
    exame = examinar(conn, pedido, protocolo, remetente.origem, hoje)
    criticas = _aplicar(conn, remetente, exame)
    vistas = [c for c in criticas if c.nivel != Nivel.NOTA]
    observacao = " ".join(dict.fromkeys(c.texto for c in vistas))[:_MAIOR_OBSERVACAO] or None
    avisos = tuple(dict.fromkeys(c.regra for c in criticas))
    if vencida(remetente.versao, hoje):
        avisos = (VERSAO_VENCIDA, *avisos)
    linhas = tuple(_linhas(exame))
    assert protocolo.lote_id is not None  # noqa: S101 - conferido ao trancar
    novo = NovoRecurso(
        operadora_id=remetente.operadora.id,
        prestador_id=protocolo.prestador_id,
        original_id=protocolo.id,
        lote_id=protocolo.lote_id,
        numero_guia=pedido.numero_guia,
        numero_guia_operadora=pedido.numero_guia_operadora,
        sha256=pedido.sha256,
        origem=remetente.origem,
        objeto=pedido.objeto,
        odonto=pedido.odonto,
        prestador=pedido.prestador,
        data_recurso=pedido.data,
        total_dito=pedido.total,
        observacao=observacao,
        linhas=linhas,
        versao=remetente.versao,
        canal=remetente.canal,
        mensagem_id=remetente.mensagem_id,
        recebido_em=remetente.agora,
        data_envio=hoje,
        homologacao=protocolo.homologacao,
        avisos=avisos,
        quem=remetente.quem,
        numero=remetente.numero,
    )
    try:
        numero = recursos.registrar(conn, novo)
    except NumeroDeRecursoEmUso:
        # só outro protocolo do mesmo prestador o podia ter tomado agora
        raise RegraRecusada(recusas.RECURSO_REPETIDO) from None
    valores = tuple(linha.recursado for linha in linhas)
    return Recibo(
        pedido, numero, protocolo.numero, str(protocolo.lote_numero), hoje, valores, observacao,
        avisos,
    )  # fmt: skip


def _conferir(remetente: Remetente, pedido: PedidoDeRecurso) -> None:
    if pedido.registro_ans != remetente.operadora.registro_ans:
        raise RegraRecusada(erros.OPERADORA_DA_GUIA)
    ditos = [pedido.numero_guia, pedido.numero_guia_operadora, pedido.numero_lote]
    for linha in pedido.linhas:
        ditos += [linha.guia_numero, linha.guia_operadora, linha.senha, linha.procedimento]
    if not all(cabe_em_latin1(dito) for dito in ditos if dito is not None):
        raise RegraRecusada(erros.IDENTIFICADOR_FORA_DE_LATIN1, "Campo: número do recurso.")


def _trancar(conn: Connection, remetente: Remetente, pedido: PedidoDeRecurso) -> Protocolo:
    numero = numeros.protocolo(pedido.numero_protocolo)
    achado = None if numero is None else protocolos.trancar(conn, remetente.operadora.id, numero)
    if achado is None or achado.lote_id is None:
        raise RegraRecusada(erros.PROTOCOLO_NAO_ENCONTRADO)
    if achado.prestador_id not in remetente.prestadores:
        raise RegraRecusada(recusas.LOTE_ALHEIO)
    dito, lote = pedido.numero_lote, achado.lote_numero or ""
    if dito != lote and dito.lstrip("0") != lote.lstrip("0"):
        raise RegraRecusada(erros.LOTE_NAO_ENCONTRADO, "O protocolo é de outro lote.")
    return achado


def _vivo(
    conn: Connection, remetente: Remetente, dono: int, pedido: PedidoDeRecurso
) -> Recurso | None:
    achados = recursos.do_numero_da_guia(conn, remetente.operadora.id, (dono,), pedido.numero_guia)
    return next((recurso for recurso in achados if recurso.vivo), None)


def _aplicar(conn: Connection, remetente: Remetente, exame: Exame) -> tuple[Critica, ...]:
    def onde(achados: Sequence[Achado]) -> str:
        return citar(exame, achados)

    ajustes = regras.ajustes(conn, remetente.operadora.id, exame.protocolo.prestador_id)
    regras_dele = REGRAS if remetente.numero is None else tuple(r for r in REGRAS if r.fixa)
    return aplicar(regras_dele, ajustes, exame, versao=remetente.versao, citar=onde)


def _linhas(exame: Exame) -> list[Linha]:
    novas = []
    juntas = zip(exame.linhas, exame.parcelas, strict=True)
    for posicao, (resolvida, parcelas) in enumerate(juntas, 1):
        linha, alvo = resolvida.linha, resolvida.alvo
        assert alvo is not None  # noqa: S101 - as regras fixas o garantem
        assert parcelas is not None  # noqa: S101 - idem
        novas.append(
            Linha(
                posicao,
                alvo.chave,
                alvo.nivel,
                alvo.guia,
                alvo.item,
                alvo.grau,
                alvo.codigo,
                sum((p.recursado for p in parcelas), ZERO),
                linha.justificativa,
                parcelas,
                guia_numero=linha.guia_numero,
                guia_operadora=linha.guia_operadora,
                senha=linha.senha,
                sequencial=linha.sequencial,
                data_inicio=linha.data_inicio,
                data_fim=linha.data_fim,
                tabela=linha.tabela,
                procedimento=linha.procedimento,
                descricao=linha.descricao,
                dente=linha.dente,
                regiao=linha.regiao,
                face=linha.face,
                quantidade=linha.quantidade,
            )
        )
    return novas


def _repetido(
    conn: Connection, pedido: PedidoDeRecurso, protocolo: Protocolo, existente: Recurso
) -> Recibo:
    data: date = existente.data_envio
    valores = tuple(linha.recursado for linha in recursos.linhas(conn, existente.protocolo_id))
    return Recibo(
        pedido, existente.numero, protocolo.numero, str(protocolo.lote_numero), data, valores,
        existente.observacao, repetido=True,
    )  # fmt: skip
