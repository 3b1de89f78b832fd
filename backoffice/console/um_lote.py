"""As partes de um lote que os dois lados veem: guias, críticas, histórico, documentos, impressos.

Da operadora vê-se qualquer um dela; do portal, só os do prestador por quem se entrou.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from starlette.responses import Response

from backoffice.api.detalhe import enviar_ate
from backoffice.api.impressos import HTML
from backoffice.console import folhas
from backoffice.console.arquivos import deposito
from backoffice.console.arquivos import ler as conteudo
from backoffice.console.erros import nao_ha
from backoffice.console.papeis import Papel
from backoffice.impressos import html
from backoffice.impressos import lote as do_lote
from dominio.competencia import dia
from dominio.formatos_de_anexo import como_se_serve
from dominio.situacao import CICLO, StatusProtocolo
from handlers import situacao
from handlers.lote_guias.equipe import equipes
from persistence import beneficiarios, documentos, mensagens, precos, protocolos
from persistence.cifra import ChavesInvalidas, NaoDecifrado
from persistence.consultas import impressos
from persistence.consultas import protocolos as consultas
from persistence.precos import Procura

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from sqlalchemy import Connection

    from backoffice.console.visita import Visita
    from handlers.lote_guias.equipe import Profissional
    from persistence.consultas.protocolos import Linha
    from persistence.protocolos import GuiaGuardada, ItemGuardado, Protocolo

DA_OPERADORA, DO_PRESTADOR = "/lotes", "/portal/lotes"


class Lido(NamedTuple):
    """Um protocolo com o que todas as suas páginas mostram no alto.

    Attributes:
        linha: como na lista.
        protocolo: o protocolo.
        permitidas: situações a que quem analisa o passa daqui.
        cancelavel: se o prestador ainda o pode cancelar.
        onde: endereço dos lotes de quem vê.
        pago_em: dia em que passou a pago, se ainda o está.
        enviar_ate: último dia em que o calendário recebe a guia mais velha.
    """

    linha: Linha
    protocolo: Protocolo
    permitidas: tuple[StatusProtocolo, ...]
    cancelavel: bool
    onde: str
    pago_em: date | None
    enviar_ate: date | None


def guias(v: Visita) -> Response:
    """As guias de um lote, com os seus quatro valores."""
    with v.leitura() as conn:
        lido = ler(v, conn)
        lista, nomes = _guias(conn, v.operadora.id, lido.protocolo.lote_id)
    numero = str(lido.linha.numero)
    v.auditar("ler", "protocolo", numero, carteiras={g.beneficiario.carteira for g in lista})
    return v.mostrar("lotes/guias.html", lido=lido, guias=lista, nomes=nomes, aba="guias")


def guia(v: Visita) -> Response:
    """Uma guia com os seus itens e as suas críticas."""
    with v.leitura() as conn:
        lido = ler(v, conn)
        lista, nomes = _guias(conn, v.operadora.id, lido.protocolo.lote_id)
        achada = _do_endereco(v, lista)
        assert lido.protocolo.lote_id is not None  # noqa: S101 - só um lote tem guias
        itens = protocolos.itens(conn, lido.protocolo.lote_id)
        criticas = protocolos.criticas(conn, lido.protocolo.lote_id)
        dela = [i for i in itens if i.guia_posicao == achada.posicao]
        previstos = _previstos(conn, v.operadora.id, dela)
        executaram = _executaram(conn, v.operadora.id, lido.protocolo.mensagem_id, achada.posicao)
    carteira = achada.beneficiario.carteira
    v.auditar("ler", "guia", f"{lido.linha.numero}/{achada.posicao}", carteiras={carteira})
    return v.mostrar(
        "lotes/guia.html",
        lido=lido,
        guia=achada,
        nome=achada.beneficiario.nome or nomes.get(carteira),
        quantas=len(lista),
        itens=dela,
        previstos=previstos,
        executaram=executaram,
        criticas=[c for c in criticas if c.guia_posicao == achada.posicao],
    )


def criticas(v: Visita) -> Response:
    """Ver críticas: cada observação das regras, com o seu lugar e o seu código."""
    with v.leitura() as conn:
        lido = ler(v, conn)
        lote = lido.protocolo.lote_id
        achadas = () if lote is None else protocolos.criticas(conn, lote)
    return v.mostrar("lotes/criticas.html", lido=lido, criticas=achadas, aba="criticas")


def historico(v: Visita) -> Response:
    """Cada mudança de situação: quando, de onde para onde, quem, por quê."""
    with v.leitura() as conn:
        lido = ler(v, conn)
        passagens = protocolos.historico(conn, lido.linha.id)
    return v.mostrar("lotes/historico.html", lido=lido, passagens=passagens, aba="historico")


def lista_de_documentos(v: Visita) -> Response:
    """Os documentos que citam o lote ou uma guia que está nele."""
    with v.leitura() as conn:
        lido = ler(v, conn)
        achados = documentos.do_protocolo(conn, v.operadora.id, lido.linha.id)
        lista, _ = _guias(conn, v.operadora.id, lido.protocolo.lote_id)
    carteiras = {g.beneficiario.carteira for g in lista} if achados else set()
    v.auditar("listar", "documentos", str(lido.linha.numero), carteiras=carteiras)
    return v.mostrar(
        "lotes/documentos.html", lido=lido, documentos=achados, aba="documentos",
        formato=como_se_serve,
    )  # fmt: skip


def documento(v: Visita) -> Response:
    """O conteúdo de um documento."""
    procurado = v.numero("documento", "documento")
    with v.leitura() as conn:
        lido = ler(v, conn)
        achados = documentos.do_protocolo(conn, v.operadora.id, lido.linha.id)
        achado = next((d for d in achados if d.numero == procurado), None)
        if achado is None:
            raise nao_ha("documento")
        arquivos = deposito(v).arquivos
        dados = conteudo(lambda: documentos.conteudo(conn, arquivos, achado))
        lista, _ = _guias(conn, v.operadora.id, lido.protocolo.lote_id)
    dela = {
        g.beneficiario.carteira
        for g in lista
        if achado.guia_posicao is None or g.posicao == achado.guia_posicao
    }
    v.auditar("ler", "documento", str(achado.numero), carteiras=dela, protocolo=lido.linha.numero)
    formato = como_se_serve(achado.formato)
    return v.arquivo(dados, formato.tipo, achado.nome or f"{achado.numero}.{formato.extensao}")


def impresso(v: Visita, qual: str) -> Response:
    """A capa ou o relatório do lote para imprimir, em HTML ou, com ``?formato=pdf``, em PDF."""
    numero = v.numero("numero", "lote")
    with v.leitura() as conn:
        ler(v, conn)
        lido = impressos.lote(conn, v.operadora.id, numero)
    if lido is None:
        raise nao_ha("lote")
    formato = "pdf" if v.consulta.texto("formato") == "pdf" else "html"
    carteiras = {impressa.guia.beneficiario.carteira for impressa in lido.guias}
    v.auditar("ler", "protocolo", str(numero), carteiras=carteiras, impresso=qual, formato=formato)
    montar = do_lote.capa if qual == "capa" else do_lote.relatorio
    prontas = [montar(v.operadora, lido, dia(v.agora))]
    if formato == "pdf":
        return folhas.em_pdf(v, prontas)
    return Response(html.escrever(prontas), media_type=HTML, headers=html.CABECALHOS)


def ler(v: Visita, conn: Connection) -> Lido:
    """O protocolo do endereço.

    Raises:
        PaginaDeErro: 404, não há, ou não é de quem vê.
    """
    numero = v.numero("numero", "lote")
    linha = consultas.um(conn, v.operadora.id, numero)
    protocolo = protocolos.por_numero(conn, v.operadora.id, numero)
    if linha is None or protocolo is None or not _e_de_quem_ve(v, protocolo):
        raise nao_ha("lote")
    permitidas = situacao.proprias(conn, protocolo) if v.pode(Papel.ANALISE) else ()
    cancelavel = v.pode(Papel.PRESTADOR) and StatusProtocolo.CANCELADO in CICLO[linha.status]
    onde = DO_PRESTADOR if v.pode(Papel.PRESTADOR) else DA_OPERADORA
    pago_em = None
    if linha.status is StatusProtocolo.PAGO:
        pago_em = dia(protocolos.historico(conn, linha.id)[-1].em)
    lote = protocolo.lote_id
    ate = None if lote is None else enviar_ate(conn, protocolo, protocolos.guias(conn, lote))
    return Lido(linha, protocolo, permitidas, cancelavel, onde, pago_em, ate)


def ler_guia(v: Visita, conn: Connection) -> GuiaGuardada:
    """A guia do endereço.

    Raises:
        PaginaDeErro: 404, não há o lote ou a guia, ou não é de quem vê.
    """
    lote_id = ler(v, conn).protocolo.lote_id
    return _do_endereco(v, () if lote_id is None else protocolos.guias(conn, lote_id))


def _do_endereco(v: Visita, lista: tuple[GuiaGuardada, ...]) -> GuiaGuardada:
    posicao = v.numero("posicao", "guia")
    achada = next((g for g in lista if g.posicao == posicao), None)
    if achada is None:
        raise nao_ha("guia")
    return achada


def _previstos(
    conn: Connection, operadora_id: int, itens: list[ItemGuardado]
) -> dict[int, Decimal]:
    """Posição do item -> o preço unitário que a operadora tem para ele no dia, em reais."""
    procuras = {i.posicao: Procura(i.item.tabela, i.item.codigo, i.item.data) for i in itens}
    vigentes = precos.vigentes(conn, operadora_id, procuras.values())
    return {posicao: vigentes[p] for posicao, p in procuras.items() if p in vigentes}


def _executaram(
    conn: Connection, operadora_id: int, mensagem_id: str, posicao: int
) -> Mapping[int, tuple[Profissional, ...]]:
    """Quem executou cada item, que só a mensagem diz; expurgada ou ilegível ela, ninguém."""
    try:
        dados = mensagens.bruta(conn, operadora_id, mensagem_id)
    except (ChavesInvalidas, NaoDecifrado):
        # o que o banco sabe do lote mostra-se na mesma; o que não confere diz-se na mensagem
        return {}
    if dados is None:
        return {}
    return equipes(dados, posicao, charset=mensagens.charset(conn, operadora_id, mensagem_id))


def _e_de_quem_ve(v: Visita, protocolo: Protocolo) -> bool:
    return not v.pode(Papel.PRESTADOR) or protocolo.prestador_id == v.prestador.id


def _guias(
    conn: Connection, operadora_id: int, lote_id: int | None
) -> tuple[tuple[GuiaGuardada, ...], dict[str, str]]:
    """As guias, e os nomes que o cadastro tem e elas não."""
    if lote_id is None:
        return (), {}
    lista = protocolos.guias(conn, lote_id)
    sem_nome = [g.beneficiario.carteira for g in lista if g.beneficiario.nome is None]
    achados = beneficiarios.por_carteira(conn, operadora_id, sem_nome)
    return lista, {carteira: um.nome for carteira, um in achados.items()}
