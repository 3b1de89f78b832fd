"""Analisar uma guia: item a item, com o teclado, até se passar à seguinte."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from backoffice.console import uma_analise
from backoffice.console.erros import PaginaDeErro, nao_ha
from backoffice.console.folha_de_analise import (
    MAIOR_TEXTO,
    POR_PAGINA,
    Folha,
    guardados,
    linhas,
    posicoes,
    repartidos,
)
from backoffice.console.paginas.analise import UMA, area, codigos, ir
from backoffice.console.papeis import ANALISE, LEITURA, Papel
from dominio.impedimentos import CHAVE_REUSADA, REVISAO_ANTIGA
from dominio.numeros import natural
from handlers import analise as casos

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import Response

    from backoffice.console.folha_de_analise import Linha
    from backoffice.console.uma_analise import Lida
    from backoffice.console.visita import Visita
    from dominio.impedimento import Impedimento

_GUIA = f"{UMA}/guias/{{posicao}}"
_INFORMADO = "informado-"
_TUDO = "informada"


@area.pagina(_GUIA, para=LEITURA, pacientes=True)
def uma(v: Visita) -> Response:
    """Uma guia: o que se cobrou, o que já se decidiu, e o formulário de quem analisa."""
    return _pagina(v, {})


@area.formulario(_GUIA, para=ANALISE)
def registrar(v: Visita) -> Response:
    """Guarda o resultado da guia e passa à seguinte por acabar."""
    lida, posicao = _ler(v)
    acao = v.formulario.texto("acao")
    informados: Sequence[str] = ()
    if acao == _TUDO:
        informados = v.formulario.textos("linha")
    elif acao.startswith(_INFORMADO):
        informados = (acao.removeprefix(_INFORMADO),)
    folha = Folha(lida, posicao, v.formulario, informados)
    resultado = folha.resultado()
    if folha.erros:
        return _recusada(v, folha.erros)
    pedido = casos.PedidoDeRegistro(
        lida.linha.numero,
        v.formulario.texto("chave"),
        (resultado,),
        revisao=v.formulario.visto("revisao"),
    )
    try:
        with v.escrita() as conn:
            casos.registrar(conn, v.operadora.id, pedido, v.autor)
            v.auditar("registrar", "analise", str(pedido.protocolo), conn=conn, guia=posicao)
    except PaginaDeErro as erro:
        if erro.status == 404:
            raise
        return _recusada(v, _lugares(erro), erro.status)
    return _seguir(v, posicao, acao)


@area.formulario(f"{_GUIA}/descarte", para=ANALISE)
def descartar(v: Visita) -> Response:
    """Desfaz o que se registrou da guia e ainda não se finalizou."""
    numero, posicao = v.numero("numero", "lote"), v.numero("posicao", "guia")
    pedido = casos.PedidoDeDescarte(numero, posicao, v.formulario.visto("revisao"))
    try:
        with v.escrita() as conn:
            casos.descartar(conn, v.operadora.id, pedido)
            v.auditar("descartar", "analise", str(numero), conn=conn, guia=posicao)
    except PaginaDeErro as erro:
        if erro.status == 404:
            raise
        return _recusada(v, {"": erro.texto}, erro.status)
    if not v.pode(Papel.LEITURA):
        return v.ir("/inicio", "O resultado da guia foi desfeito.")
    return v.ir(f"/analise/{numero}/guias/{posicao}", "O resultado da guia foi desfeito.")


def _seguir(v: Visita, posicao: int, acao: str) -> Response:
    """À próxima guia por acabar; guardar só, ou um item só, fica nesta."""
    lida, _ = _ler(v)
    numero, feita = lida.linha.numero, f"Guia {posicao} guardada."
    outras = linhas(lida, posicao)
    resto = _desde(v) + POR_PAGINA
    if acao == "guardar" or acao.startswith(_INFORMADO):
        onde: int | None = posicao
    elif resto <= len(outras):
        return v.ir(f"/analise/{numero}/guias/{posicao}?desde={resto}", feita)
    else:
        onde = lida.por_fazer(posicao)
    if onde is None or not v.pode(Papel.LEITURA):
        return ir(v, numero, f"{feita} Todas as outras têm resultado.")
    fim = f"?desde={_desde(v)}" if onde == posicao and _desde(v) > 1 else ""
    return v.ir(f"/analise/{numero}/guias/{onde}{fim}", feita)


def _recusada(v: Visita, erros: Mapping[str, str], status: int = 422) -> Response:
    """A página de novo com o que se escreveu; quem não a pode ler fica com o erro.

    Raises:
        PaginaDeErro: quem pediu não pode ler a guia.
    """
    if not v.pode(Papel.LEITURA):
        raise PaginaDeErro(status, next(iter(erros.values())))
    return _pagina(v, erros, status)


def _pagina(v: Visita, erros: Mapping[str, str], status: int = 422) -> Response:
    lida, posicao = _ler(v)
    guia = next(g for g in lida.guias if g.posicao == posicao)
    alvo = f"{lida.linha.numero}/{posicao}"
    v.auditar("ler", "analise", alvo, carteiras={guia.beneficiario.carteira})
    todas = linhas(lida, posicao, _por_grau(v))
    desde = min(_desde(v), len(todas) or 1)
    mostradas = todas[desde - 1 : desde - 1 + POR_PAGINA]
    campos = guardados(lida, posicao, mostradas) | dict(v.formulario.pares)
    return v.mostrar(
        "analise/guia.html",
        status=status if erros else 200,
        lida=lida,
        guia=guia,
        nome=guia.beneficiario.nome or lida.nomes.get(guia.beneficiario.carteira),
        valores=lida.valores(posicao),
        linhas=mostradas,
        fora=_fora(todas, mostradas),
        desde=desde,
        seguintes=desde + POR_PAGINA if desde - 1 + POR_PAGINA < len(todas) else None,
        anteriores=max(1, desde - POR_PAGINA) if desde > 1 else None,
        apontamentos=[a for a in lida.apontamentos if a.guia_posicao == posicao],
        campos=campos,
        erros=erros,
        chave=uuid.uuid4().hex,
        codigos=codigos(lida),
        maximo=MAIOR_TEXTO,
    )


def _ler(v: Visita) -> tuple[Lida, int]:
    """A análise e a posição da guia do endereço, que não está cancelada.

    Raises:
        PaginaDeErro: 404, não há o lote ou a guia.
    """
    posicao = v.numero("posicao", "guia")
    with v.leitura() as conn:
        lida = uma_analise.ler(v, conn)
    if posicao not in lida.conta.guias:
        raise nao_ha("guia")
    return lida, posicao


def _por_grau(v: Visita) -> frozenset[int]:
    """Os itens que se querem por grau de participação: os do formulário, ou os do endereço."""
    return repartidos(v.formulario.textos("linha")) | posicoes(v.consulta.textos("repartir"))


def _desde(v: Visita) -> int:
    dito = v.formulario.texto("desde") or v.consulta.texto("desde")
    return max(1, natural(dito, 6) or 1)


def _fora(todas: Sequence[Linha], mostradas: Sequence[Linha]) -> dict[str, str]:
    """O que somam os itens já decididos que a página não mostra, para os totais dela."""
    chaves = {linha.chave for linha in mostradas}
    feitos = [x.feito.valores for x in todas if x.feito is not None and x.chave not in chaves]
    nomes = ("processado", "liberado", "glosa")
    return {nome: str(sum(getattr(valores, nome) for valores in feitos)) for nome in nomes}


def _lugares(erro: PaginaDeErro) -> dict[str, str]:
    """O que impede, junto do item ou da guia a que se refere."""
    impedimento = erro.impedimento
    if impedimento is None:
        return {"": erro.texto}
    if impedimento.motivo in (REVISAO_ANTIGA, CHAVE_REUSADA):
        texto = (
            "Outra pessoa mudou esta análise depois de aberta a página. O que escreveu está abaixo"
            " e ainda não se guardou; confira-o e guarde de novo."
        )
        return {"": texto}
    achados: dict[str, list[str]] = {}
    for um in (impedimento, *impedimento.outros):
        achados.setdefault(_campo(um), []).append(
            " ".join(parte for parte in (um.motivo.texto, um.detalhe) if parte)
        )
    return {campo: " ".join(dict.fromkeys(textos)) for campo, textos in achados.items()}


def _campo(impedimento: Impedimento) -> str:
    lugar = impedimento.lugar
    if lugar.item is not None:
        return f"item-{lugar.item}"
    return "" if lugar.guia is None else "guia"
