"""A análise das contas: a fila do que espera, a análise de um lote, e finalizá-la ou reabri-la."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from backoffice.console import uma_analise
from backoffice.console.area import Area
from backoffice.console.erros import PaginaDeErro
from backoffice.console.filtros import Leitor
from backoffice.console.folha_de_analise import MAIOR_TEXTO, Folha, glosas_guardadas
from backoffice.console.papeis import ANALISE, LEITURA, Papel
from dominio import listas
from dominio.competencia import dia
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from dominio.terminologia import descricao_glosa
from handlers import analise as casos
from handlers.analise.automatica import analisar
from handlers.analise.regras import REGRAS, Acao
from persistence import usuarios
from persistence.consultas import por_analisar
from persistence.consultas.protocolos import Filtro

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.uma_analise import Lida
    from backoffice.console.visita import Visita

area = Area("analise")
area.no_menu("Análise", "/analise", ordem=20, atalho="a")

UMA = "/analise/{numero}"
_MOSTRADOS = 50
_QUE_ESPERAM = {
    StatusProtocolo.RECEBIDO: "da operadora, por começar",
    StatusProtocolo.EM_ANALISE: "da operadora, em curso",
    StatusProtocolo.AGUARDANDO_INFORMACAO: "do prestador, por informação",
}
_DA_OPERADORA = (StatusProtocolo.RECEBIDO, StatusProtocolo.EM_ANALISE)


@area.pagina("/analise", para=LEITURA)
def fila(v: Visita) -> Response:
    """Os lotes que esperam análise, do mais velho ao mais novo."""
    leitor = Leitor(v.consulta)
    pedidas = tuple(s for s in leitor.situacoes("situacao") if s in _QUE_ESPERAM)
    filtro = Filtro(
        prestador=leitor.texto("prestador"),
        numero=leitor.numero("numero"),
        tipo_guia=leitor.tipo_guia("tipo"),
        status=pedidas or _DA_OPERADORA,
        recebido_de=leitor.dia("de"),
        recebido_ate=leitor.dia("ate"),
        homologacao=v.consulta.marcado("homologacao"),
    )
    depois = leitor.numero("depois")
    with v.leitura() as conn:
        linhas = por_analisar.fila(
            conn, v.operadora.id, filtro, depois_de=depois, limite=_MOSTRADOS + 1
        )
        pessoas = _pessoas(v, conn)
    mostradas = linhas[:_MOSTRADOS]
    return v.mostrar(
        "analise/fila.html",
        linhas=mostradas,
        pessoas=pessoas,
        depois=mostradas[-1].numero if len(linhas) > _MOSTRADOS else None,
        filtro=filtro,
        esperam=_QUE_ESPERAM,
        tipos=[(t.value, t) for t in TipoGuia],
        hoje=dia(v.agora),
        dia=dia,
        erros=leitor.erros,
    )


@area.pagina(UMA, para=LEITURA, pacientes=True)
def uma(v: Visita) -> Response:
    """A análise de um lote: cada guia, o que já soma, o que falta."""
    return pagina(v, {})


@area.formulario(UMA, para=ANALISE)
def registrar(v: Visita) -> Response:
    """Guarda as glosas e a observação do lote inteiro."""
    with v.leitura() as conn:
        lida = uma_analise.ler(v, conn)
    folha = Folha(lida, 0, v.formulario)
    das_glosas = folha.glosas("lote")
    observacao = folha.texto("observacao") or ""
    if folha.erros:
        return pagina(v, folha.erros)
    pedido = casos.PedidoDeRegistro(
        lida.linha.numero,
        v.formulario.texto("chave"),
        (),
        das_glosas,
        observacao,
        v.formulario.visto("revisao"),
    )
    try:
        with v.escrita() as conn:
            casos.registrar(conn, v.operadora.id, pedido, v.autor)
            v.auditar("registrar", "analise", str(lida.linha.numero), conn=conn)
    except PaginaDeErro as erro:
        return voltar(v, erro)
    return ir(v, lida.linha.numero, "Glosas do lote guardadas.")


@area.formulario(f"{UMA}/automatica", para=ANALISE)
def automatica(v: Visita) -> Response:
    """Dá resultado, pelos preços e regras da operadora, às guias que ainda não o têm."""
    numero = v.numero("numero", "lote")
    finaliza = v.formulario.marcado("finalizar")
    try:
        with v.escrita() as conn:
            feita = analisar(conn, v.operadora.id, numero, v.autor, finaliza=finaliza)
            v.auditar("analisar", "analise", str(numero), conn=conn, guias=feita.guias)
    except PaginaDeErro as erro:
        return voltar(v, erro)
    com_pessoa = {a.guia_posicao for a in feita.apontamentos if a.acao == Acao.PESSOA}
    texto = f"Análise automática: {feita.guias} com resultado agora"
    texto += f", {len(com_pessoa)} à espera de decisão." if com_pessoa else "."
    if feita.analise.status not in _DA_OPERADORA:
        texto += " A análise foi finalizada."
    return ir(v, numero, texto, tipo="aviso" if com_pessoa else "certo")


@area.formulario(f"{UMA}/finalizacao", para=ANALISE)
def finalizar(v: Visita) -> Response:
    """Confere a conta inteira e mostra-a ao prestador."""
    numero = v.numero("numero", "lote")
    pedido = casos.PedidoDeFinalizacao(
        numero, v.formulario.marcado("completar"), v.formulario.visto("revisao")
    )
    try:
        with v.escrita() as conn:
            casos.finalizar(conn, v.operadora.id, pedido, v.autor)
            v.auditar("finalizar", "analise", str(numero), conn=conn)
    except PaginaDeErro as erro:
        return voltar(v, erro)
    return ir(v, numero, "Análise finalizada; o prestador já a vê.")


@area.formulario(f"{UMA}/reabertura", para=ANALISE)
def reabrir(v: Visita) -> Response:
    """Volta a analisar um lote analisado ou encerrado."""
    numero = v.numero("numero", "lote")
    motivo, revisao = v.formulario.texto("motivo"), v.formulario.visto("revisao")
    try:
        with v.escrita() as conn:
            casos.reabrir(conn, v.operadora.id, numero, v.autor, motivo=motivo, revisao=revisao)
            v.auditar("reabrir", "analise", str(numero), conn=conn)
    except PaginaDeErro as erro:
        return voltar(v, erro, campo="motivo")
    return ir(v, numero, "Análise reaberta; o prestador deixa de ver os valores.")


@area.formulario(f"{UMA}/descarte", para=ANALISE)
def descartar(v: Visita) -> Response:
    """Desfaz tudo o que se registrou e ainda não se finalizou."""
    numero = v.numero("numero", "lote")
    pedido = casos.PedidoDeDescarte(numero, revisao=v.formulario.visto("revisao"))
    try:
        with v.escrita() as conn:
            casos.descartar(conn, v.operadora.id, pedido)
            v.auditar("descartar", "analise", str(numero), conn=conn)
    except PaginaDeErro as erro:
        return voltar(v, erro)
    return ir(v, numero, "Tudo o que se tinha registrado foi desfeito.")


def pagina(v: Visita, erros: Mapping[str, str], status: int = 422) -> Response:
    """A página da análise de um lote, com o que impediu o que se pediu."""
    with v.leitura() as conn:
        lida = uma_analise.ler(v, conn)
        pessoas = _pessoas(v, conn)
    numero = lida.linha.numero
    carteiras = {g.beneficiario.carteira for g in lida.guias}
    v.auditar("ler", "analise", str(numero), carteiras=carteiras)
    enviado = dict(v.formulario.pares) if "codigo-lote-1" in dict(v.formulario.pares) else {}
    observacao = (lida.analise and lida.analise.observacao) or ""
    campos = {"observacao": observacao, **glosas_guardadas("lote", lida.glosas), **enviado}
    return v.mostrar(
        "analise/uma.html",
        status=status if erros else 200,
        lida=lida,
        pessoas=pessoas,
        erros=erros,
        campos=campos,
        chave=uuid.uuid4().hex,
        codigos=codigos(lida),
        maximo=MAIOR_TEXTO,
    )


def voltar(v: Visita, erro: PaginaDeErro, campo: str = "") -> Response:
    """A página de novo, com o que impediu; quem não a pode ler fica com a do erro.

    Raises:
        PaginaDeErro: não há o lote, ou quem pediu não o pode ler.
    """
    if erro.status == 404 or not v.pode(Papel.LEITURA):
        raise erro
    return pagina(v, {campo: erro.texto}, erro.status)


def ir(v: Visita, numero: int, recado: str, tipo: str = "certo") -> Response:
    """À página da análise, para quem a pode ler."""
    volta = f"/analise/{numero}" if v.pode(Papel.LEITURA) else "/inicio"
    return v.ir(volta, recado, tipo=tipo)


def codigos(lida: Lida) -> list[tuple[str, str]]:
    """Os códigos da tabela 38 na versão do lote, com a descrição dos que a têm."""
    das_regras = {regra.codigo: regra.texto for regra in REGRAS.values()}
    return [
        (c, descricao_glosa(c) or das_regras.get(c, ""))
        for c in listas.codigos("dm_tipoGlosa", lida.linha.versao)
    ]


def _pessoas(v: Visita, conn: Connection) -> dict[str, str]:
    """Como se chama quem os históricos dizem pela chave."""
    todas = usuarios.listar(conn, v.operadora.id)
    return {f"usuario {um.id}": um.nome for um in todas}
