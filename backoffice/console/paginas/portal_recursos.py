"""Os recursos de glosa de um prestador: os que enviou, os que digita, e de que ainda pode recorrer.

O que se digita é um rascunho; só enviado vira recurso, pelas mesmas regras de um que viesse por
web service, e com origem Via Portal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.api import formas_de_rascunho
from backoffice.api.formas_de_recurso import glosa
from backoffice.console import folhas
from backoffice.console.area import Area
from backoffice.console.contestaveis import oferecidas
from backoffice.console.erros import PaginaDeErro, nao_ha
from backoffice.console.filtros import Leitor
from backoffice.console.papeis import PRESTADOR
from backoffice.impressos import recurso as impresso
from dominio.competencia import dia
from dominio.recurso import CONTESTAVEIS, MAIOR_JUSTIFICATIVA, Estado, Nivel, Origem
from handlers.recurso_glosa import rascunho as casos
from handlers.recurso_glosa import recursaveis as casos_recursaveis
from handlers.recurso_glosa.digitacao import LinhaDigitada, completar
from handlers.recurso_glosa.posse import Quem
from mensagem.recusa import RegraRecusada
from persistence import anexos_de_rascunhos, protocolos, rascunhos, regras
from persistence.consultas import guias as consultas_de_guias
from persistence.consultas import recursaveis, recurso_inteiro, recursos

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.contestaveis import Contestavel
    from backoffice.console.visita import Visita
    from persistence.protocolos import Protocolo
    from persistence.rascunhos import Rascunho

area = Area("portal_recursos")
area.no_menu("Recursos de glosa", "/portal/recursos", ordem=40, atalho="r")

_MOSTRADOS = 50
RASCUNHO = "/portal/rascunhos/{rascunho}"


@area.pagina("/portal/recursos", para=PRESTADOR, pacientes=True)
def lista(v: Visita) -> Response:
    """Os recursos enviados, uma linha por guia, e os rascunhos por enviar."""
    leitor = Leitor(v.consulta)
    filtro = recursos.Filtro(
        prestador=v.prestador.codigo,
        recurso=leitor.numero("recurso"),
        protocolo=leitor.numero("protocolo"),
        guia=leitor.texto("guia"),
        estado=next((e for e in Estado if e.value == v.consulta.texto("estado")), None),
        solicitado_de=leitor.dia("de"),
        solicitado_ate=leitor.dia("ate"),
    )
    with v.leitura() as conn:
        linhas = recursos.listar(
            conn, v.operadora.id, filtro, antes_de=leitor.numero("antes"), limite=_MOSTRADOS
        )
        numeros = list(dict.fromkeys(linha.recurso for linha in linhas))
        carteiras = recursos.carteiras(conn, v.operadora.id, numeros)
        por_enviar = rascunhos.listar(conn, v.operadora.id, {v.prestador.id})
        originais = protocolos.por_ids(conn, [r.original_id for r in por_enviar])
    v.auditar("listar", "recursos", v.prestador.codigo, carteiras=carteiras)
    return v.mostrar(
        "portal_recursos/lista.html",
        linhas=linhas,
        antes=numeros[-1] if len(numeros) == _MOSTRADOS else None,
        rascunhos=[(r, originais[r.original_id]) for r in por_enviar],
        estados=[(e.value, e.texto) for e in Estado],
        erros=leitor.erros,
    )


@area.pagina("/portal/recursos/{numero}", para=PRESTADOR, pacientes=True)
def um(v: Visita) -> Response:
    """Um recurso com o que se pediu, o que se aceitou e por quê; também em PDF, em duas vias."""
    numero = v.numero("numero", "recurso")
    with v.leitura() as conn:
        lido = recurso_inteiro.ler(conn, v.operadora.id, numero)
    if lido is None or lido.prestador.id != v.prestador.id:
        raise nao_ha("recurso")
    v.auditar("ler", "recurso", str(numero), carteiras=lido.carteiras)
    formato = v.consulta.texto("formato")
    vias = 2 if formato == "pdf" else 1
    prontas = impresso.montar(v.operadora, lido, dia(v.agora), vias=vias)
    return folhas.responder(
        v, prontas, formato, titulo="Recurso de glosa", trilha=[("Recursos", "/portal/recursos")]
    )


@area.pagina("/portal/recursos/novo", para=PRESTADOR)
def novo(v: Visita) -> Response:
    """De que protocolos ainda se pode recorrer, com o saldo e o prazo de cada um."""
    leitor = Leitor(v.consulta)
    numero, guia = leitor.numero("numero"), leitor.texto("guia")
    filtro = recursaveis.Filtro(
        prestador=v.prestador.codigo, protocolo=numero, lote=leitor.texto("lote")
    )
    with v.leitura() as conn:
        achados = casos_recursaveis.listar(
            conn, v.operadora.id, filtro, dia(v.agora), antes_de=leitor.numero("antes"),
            limite=_MOSTRADOS + 1,
        )  # fmt: skip
    if numero is not None and len(achados) == 1:
        return v.ir(f"/portal/recursos/novo/{numero}" + (f"?guia={guia}" if guia else ""))
    mostrados = achados[:_MOSTRADOS]
    return v.mostrar(
        "portal_recursos/novo.html",
        achados=mostrados,
        antes=mostrados[-1].glosado.protocolo.numero if len(achados) > _MOSTRADOS else None,
        erros=leitor.erros,
    )


@area.pagina("/portal/recursos/novo/{numero}", para=PRESTADOR, pacientes=True)
def escolher(v: Visita) -> Response:
    """As glosas de um protocolo com saldo, para escolher o que se contesta."""
    return _formulario(v, {})


@area.formulario("/portal/recursos/novo/{numero}", para=PRESTADOR)
def guardar(v: Visita) -> Response:
    """Faz do que se escolheu um rascunho."""
    with v.leitura() as conn:
        protocolo = _protocolo(v, conn)
        achadas = _oferecidas(v, conn, protocolo)
    digitadas, erros = _digitadas(v, achadas)
    if not digitadas and not erros:
        erros[""] = "Escolha pelo menos uma glosa."
    if erros:
        return _formulario(v, erros)
    with v.escrita() as conn:
        completas = completar(conn, protocolo, digitadas)
        feito = casos.criar(conn, em_nome(v), str(protocolo.numero), completas)
        v.auditar("criar", "rascunho", str(feito.id), conn=conn)
    return v.ir(f"/portal/rascunhos/{feito.id}", "Rascunho guardado; confira-o e envie-o.")


@area.pagina(RASCUNHO, para=PRESTADOR, pacientes=True)
def rascunho(v: Visita) -> Response:
    """Um recurso ainda não enviado, com o que cada linha contestaria hoje e os seus arquivos."""
    return mostrar_rascunho(v)


@area.formulario(f"{RASCUNHO}/enviar", para=PRESTADOR)
def enviar(v: Visita) -> Response:
    """Faz do rascunho um recurso; o que as regras não aceitam diz-se na página."""
    chave = v.numero("rascunho", "rascunho")
    try:
        with v.escrita() as conn:
            recibo = casos.enviar(conn, em_nome(v), chave)
            v.auditar("enviar", "recurso", str(recibo.numero), conn=conn)
    except RegraRecusada as recusa:
        return mostrar_rascunho(v, {"": recusa.texto})
    except PaginaDeErro as erro:
        if erro.status == 404:
            raise
        return mostrar_rascunho(v, {"": erro.texto})
    numero = f"{recibo.numero:0{v.operadora.largura_do_recurso}d}"
    return v.ir(
        f"/portal/recursos/{recibo.numero}",
        f"Recurso gravado com sucesso. Protocolo do recurso: {numero}.",
    )


@area.formulario(f"{RASCUNHO}/apagar", para=PRESTADOR)
def apagar(v: Visita) -> Response:
    """Apaga um rascunho, com os seus arquivos."""
    chave = v.numero("rascunho", "rascunho")
    with v.escrita() as conn:
        casos.apagar(conn, em_nome(v), chave)
        v.auditar("apagar", "rascunho", str(chave), conn=conn)
    return v.ir("/portal/recursos", "Rascunho apagado.")


def mostrar_rascunho(v: Visita, erros: Mapping[str, str] | None = None) -> Response:
    """A página de um rascunho, com o que impediu o último pedido.

    Raises:
        PaginaDeErro: 404, o prestador não o tem.
    """
    chave = v.numero("rascunho", "rascunho")
    with v.leitura() as conn:
        achado = do_prestador(v, conn, chave)
        lido = _inteiro(v, conn, achado)
        carteiras = consultas_de_guias.carteiras_do_protocolo(conn, achado.original_id)
    v.auditar("ler", "rascunho", str(chave), carteiras=carteiras)
    if lido.recurso is not None:
        return v.ir(f"/portal/recursos/{lido.recurso}")
    return v.mostrar(
        "portal_recursos/rascunho.html",
        status=422 if erros else 200,
        um=formas_de_rascunho.inteiro(lido, v.operadora),
        erros=erros or {},
    )


def do_prestador(v: Visita, conn: Connection, chave: int) -> Rascunho:
    """Um rascunho de quem vê.

    Raises:
        PaginaDeErro: 404, não o tem.
    """
    achado = rascunhos.ler(conn, v.operadora.id, chave)
    if achado is None or achado.prestador_id != v.prestador.id:
        raise nao_ha("rascunho")
    return achado


def em_nome(v: Visita) -> Quem:
    """Em nome de quem se digita no portal."""
    return Quem(v.operadora, v.prestador, Origem.PORTAL, v.autor)


def _inteiro(v: Visita, conn: Connection, achado: Rascunho) -> formas_de_rascunho.Lido:
    ids = [achado.original_id, *([achado.recurso_id] if achado.recurso_id else [])]
    achados = protocolos.por_ids(conn, ids)
    original = achados[achado.original_id]
    return formas_de_rascunho.Lido(
        achado,
        original,
        v.prestador,
        casos.exame(conn, em_nome(v), achado, original),
        anexos_de_rascunhos.do_rascunho(conn, achado.id),
        achados[achado.recurso_id].numero if achado.recurso_id else None,
    )


def _protocolo(v: Visita, conn: Connection) -> Protocolo:
    achado = protocolos.por_numero(conn, v.operadora.id, v.numero("numero", "protocolo"))
    if achado is None or achado.lote_id is None or achado.prestador_id != v.prestador.id:
        raise nao_ha("protocolo")
    ajustes = regras.ajustes(conn, v.operadora.id, achado.prestador_id)
    if achado.status not in CONTESTAVEIS or not casos_recursaveis.aceita_se(achado, ajustes):
        raise PaginaDeErro(409, f"Deste protocolo ainda não se recorre: {achado.status.texto}.")
    return achado


def _formulario(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        protocolo = _protocolo(v, conn)
        achadas = _oferecidas(v, conn, protocolo)
        carteiras = consultas_de_guias.carteiras_do_protocolo(conn, protocolo.id)
    v.auditar("ler", "glosas", str(protocolo.numero), carteiras=carteiras)
    codigos = dict.fromkeys(um.codigo for um in achadas)
    return v.mostrar(
        "portal_recursos/escolher.html",
        status=422 if erros else 200,
        protocolo=protocolo,
        nivel=_nivel(v),
        niveis=tuple(Nivel),
        oferecidas=achadas,
        descricoes={codigo: glosa(codigo).descricao for codigo in codigos},
        maximo=MAIOR_JUSTIFICATIVA,
        erros=erros,
    )


def _nivel(v: Visita) -> Nivel:
    """O nível que se escolheu; sem escolher, os itens."""
    dito = v.formulario.texto("nivel") or v.consulta.texto("nivel")
    return next((n for n in Nivel if n.value == dito), Nivel.ITEM)


def _oferecidas(v: Visita, conn: Connection, protocolo: Protocolo) -> list[Contestavel]:
    ajustes = regras.ajustes(conn, v.operadora.id, protocolo.prestador_id)
    prazos = casos_recursaveis.Prazos.de(conn, protocolo, ajustes, dia(v.agora))
    guia = v.consulta.texto("guia") or None
    return list(oferecidas(conn, protocolo, _nivel(v), guia, prazos))


def _digitadas(
    v: Visita, achadas: Sequence[Contestavel]
) -> tuple[list[LinhaDigitada], dict[str, str]]:
    leitor = Leitor(v.formulario)
    escolhidas = set(v.formulario.textos("escolhida"))
    erros: dict[str, str] = {}
    digitadas: list[LinhaDigitada] = []
    for uma in achadas:
        if uma.chave not in escolhidas:
            continue
        justificativa = v.formulario.texto(f"justificativa-{uma.chave}")
        if not justificativa:
            erros[f"justificativa-{uma.chave}"] = "diga por que se recorre"
        elif len(justificativa) > MAIOR_JUSTIFICATIVA:
            erros[f"justificativa-{uma.chave}"] = f"até {MAIOR_JUSTIFICATIVA} caracteres"
        valor = leitor.reais(f"valor-{uma.chave}") if uma.nivel is Nivel.ITEM else None
        if valor is not None and not 0 < valor <= uma.saldo:
            erros[f"valor-{uma.chave}"] = "mais do que zero, e no máximo o saldo"
        digitadas.append(
            LinhaDigitada(
                uma.nivel, uma.codigo, justificativa, uma.guia, None, uma.item, uma.grau, valor
            )
        )
    return digitadas, erros | leitor.erros
