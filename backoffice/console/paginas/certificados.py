"""Os certificados com que os prestadores se conectam, e os deste gateway, com os seus prazos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.console.erros import nao_ha
from backoffice.console.paginas.cadastro import area
from backoffice.console.papeis import ADMIN
from backoffice.console.prazos import prazo
from handlers import identificacao
from handlers.identificacao import IdentificacaoRecusada
from mensagem.certificados import CertificadoIlegivel
from persistence import acessos, credenciamento

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from persistence.prestadores import Prestador

_NOSSOS = {"resposta": "Assinatura das respostas", "tls": "TLS do servidor"}
_CAMINHO = "/cadastro/certificados"


@area.pagina(_CAMINHO, para=ADMIN)
def dos_certificados(v: Visita) -> Response:
    """Os certificados de todos os prestadores, o que vence primeiro à frente, e os do gateway."""
    return _pagina(v, {})


@area.formulario(_CAMINHO, para=ADMIN, arquivos=True)
def dar(v: Visita) -> Response:
    """Dá a um prestador o certificado de um arquivo, ou o que se colou."""
    codigo = v.formulario.texto("prestador")
    try:
        novo = identificacao.ler_certificado(dados_do_certificado(v), v.agora)
    except CertificadoIlegivel as erro:
        return _pagina(v, {"arquivo": str(erro)})
    with v.leitura() as conn:
        prestador = credenciamento.por_codigo(conn, v.operadora.id, codigo)
    if prestador is None:
        return _pagina(v, {"prestador": "não há prestador com este código"})
    try:
        with v.escrita() as conn:
            identificacao.dar_certificado(conn, prestador, novo)
            v.auditar(
                "dar-certificado", "prestador", prestador.codigo, conn=conn, sha256=novo.sha256
            )
    except IdentificacaoRecusada as erro:
        return _pagina(v, {"arquivo": str(erro)})
    return v.ir(_CAMINHO, f"Certificado dado ao prestador {prestador.codigo}.")


@area.formulario(f"{_CAMINHO}/tirar", para=ADMIN)
def tirar(v: Visita) -> Response:
    """Tira um certificado de um prestador; deixa de valer já."""
    with v.escrita() as conn:
        prestador = _achar(v, conn)
        ficou_sem = retirar(v, conn, prestador)
    return depois_de_retirar(v, _CAMINHO, prestador, ficou_sem=ficou_sem)


def dados_do_certificado(v: Visita) -> bytes:
    """O que veio no formulário: o arquivo ou, sem ele, o texto colado."""
    arquivos = v.formulario.arquivos("arquivo")
    return arquivos[0].dados if arquivos else v.formulario.cru("colado").strip().encode()


def retirar(v: Visita, conn: Connection, prestador: Prestador) -> bool:
    """Tira o certificado que o formulário diz, com o seu evento; diz se o prestador ficou sem.

    Raises:
        PaginaDeErro: 404, o prestador não o tem.
    """
    sha256 = v.formulario.texto("sha256")
    try:
        ficou_sem = identificacao.tirar_certificado(conn, prestador, sha256)
    except IdentificacaoRecusada:
        raise nao_ha("certificado") from None
    v.auditar("tirar-certificado", "prestador", prestador.codigo, conn=conn, sha256=sha256)
    return ficou_sem


def depois_de_retirar(
    v: Visita, caminho: str, prestador: Prestador, *, ficou_sem: bool
) -> Response:
    """Volta à página com o que se deve saber: se o prestador ficou sem como entrar."""
    if not ficou_sem:
        return v.ir(caminho, f"Certificado retirado do prestador {prestador.codigo}.")
    texto = (
        f"Certificado retirado. O prestador {prestador.codigo} identifica-se com certificado e não"
        " tem outro: não entra até ter um, ou até se mudar o que se exige dele."
    )
    return v.ir(caminho, texto, tipo="aviso")


def _achar(v: Visita, conn: Connection) -> Prestador:
    codigo = v.formulario.texto("prestador")
    prestador = credenciamento.por_codigo(conn, v.operadora.id, codigo)
    if prestador is None:
        raise nao_ha("prestador")
    return prestador


def _pagina(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        dos_prestadores = acessos.certificados_da_operadora(conn, v.operadora.id)
    return v.mostrar(
        "certificados/lista.html",
        status=422 if erros else 200,
        nossos=[
            (_NOSSOS.get(qual, qual), ate, prazo(ate, v.agora))
            for qual, ate in v.casa.vencem.items()
        ],
        dos_prestadores=[(codigo, c, prazo(c.vale_ate, v.agora)) for codigo, c in dos_prestadores],
        erros=erros,
    )
