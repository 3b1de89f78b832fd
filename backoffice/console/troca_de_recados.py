"""O que operadora e prestador se dizem sobre um lote ou uma guia dele, nas páginas dos dois."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from backoffice.console import um_lote
from backoffice.console.anexos_de_recados import recebidos
from backoffice.console.arquivos import deposito
from backoffice.console.erros import PaginaDeErro, nao_ha
from backoffice.console.papeis import Papel
from dominio.impedimentos import RECADO_VAZIO, TEXTO_INVALIDO
from dominio.numeros import natural
from handlers import recados as casos
from persistence import protocolos
from persistence.recados import OPERADORA, PRESTADOR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita

_BYTES_DA_CHAVE = 16


def conversa(v: Visita) -> Response:
    """Os recados de um lote, do primeiro ao último, e o formulário de mais um."""
    return _pagina(v, {})


def escrever(v: Visita) -> Response:
    """Escreve um recado; quem responde leu o que havia."""
    numero = v.numero("numero", "lote")
    guia = v.formulario.texto("guia")
    meu, dele = _lados(v)
    pedido = casos.PedidoDeRecado(
        numero,
        v.formulario.texto("texto").replace("\r\n", "\n"),
        natural(guia),
        meu,
        v.formulario.texto("chave"),
    )
    try:
        anexos = recebidos(v)
        arquivos = deposito(v).arquivos if anexos else None
        with v.escrita() as conn:
            um_lote.ler(v, conn)
            feito = casos.escrever(
                conn, v.operadora.id, pedido, v.autor, anexos=anexos, arquivos=arquivos
            )
            _ler_ate(v, conn, numero, dele)
            v.auditar(
                "escrever", "recado", str(feito.id), conn=conn, protocolo=numero,
                anexos=len(anexos),
            )  # fmt: skip
    except PaginaDeErro as erro:
        if erro.status not in (409, 422):
            raise
        motivo = erro.impedimento
        do_texto = motivo is not None and motivo.motivo in (RECADO_VAZIO, TEXTO_INVALIDO)
        return _pagina(v, {"texto" if do_texto else "anexos": erro.texto})
    return v.ir(_caminho(v, numero), "Recado enviado.")


def dar_por_lidos(v: Visita) -> Response:
    """Dá por lidos os recados do outro lado que a página mostrava."""
    numero = v.numero("numero", "lote")
    with v.escrita() as conn:
        um_lote.ler(v, conn)
        _ler_ate(v, conn, numero, _lados(v)[1])
        v.auditar("dar por lidos", "recados", str(numero), conn=conn)
    return v.ir(_caminho(v, numero), "Recados dados por lidos.")


def _pagina(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        lido = um_lote.ler(v, conn)
        lida = casos.ler(conn, v.operadora.id, lido.linha.numero)
        if lida is None:
            raise nao_ha("lote")
        guias = protocolos.guias(conn, lido.protocolo.lote_id or 0)
    v.auditar("ler", "recados", str(lido.linha.numero), carteiras=lida.carteiras)
    meu, dele = _lados(v)
    por_ler = [r for r in lida.recados if r.lado == dele and r.lido_em is None]
    return v.mostrar(
        "lotes/recados.html",
        status=422 if erros else 200,
        lido=lido,
        aba="recados",
        escritos=lida.recados,
        anexos=lida.anexos,
        baixa=v.pode(Papel.PRESTADOR) or v.pode(Papel.CONTEUDO),
        mais_anexos=casos.MAIS_ANEXOS,
        guias={g.posicao: g.numero_prestador for g in guias},
        meu=meu,
        ate=por_ler[-1].id if por_ler else 0,
        por_ler=len(por_ler),
        escreve=v.pode(Papel.PRESTADOR) or v.pode(Papel.ANALISE),
        chave=secrets.token_hex(_BYTES_DA_CHAVE),
        maximo=casos.MAIOR_TEXTO,
        erros=erros,
    )


def _ler_ate(v: Visita, conn: Connection, numero: int, lado: str) -> None:
    """Só o que a pessoa viu se dá por lido: um recado que chegou entretanto continua por ler."""
    ate = natural(v.formulario.texto("ate"))
    if ate:
        casos.marcar_lidos(conn, v.operadora.id, numero, v.autor, lado=lado, ate=ate)


def _lados(v: Visita) -> tuple[str, str]:
    """O lado de quem vê, e o outro."""
    return (PRESTADOR, OPERADORA) if v.pode(Papel.PRESTADOR) else (OPERADORA, PRESTADOR)


def _caminho(v: Visita, numero: int) -> str:
    raiz = um_lote.DO_PRESTADOR if v.pode(Papel.PRESTADOR) else um_lote.DA_OPERADORA
    return f"{raiz}/{numero}/recados"
