"""Os arquivos de um rascunho de recurso: anexar, baixar, tirar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.console.arquivos import deposito, examinar, ler
from backoffice.console.erros import PaginaDeErro, nao_ha
from backoffice.console.paginas.portal_recursos import (
    RASCUNHO,
    area,
    do_prestador,
    em_nome,
    mostrar_rascunho,
)
from backoffice.console.papeis import PRESTADOR
from dominio.formatos_de_anexo import como_se_serve
from handlers.recurso_glosa import anexos as casos
from persistence import anexos_de_rascunhos
from persistence.consultas import guias

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita

_COMUM = "05"
"""``dm_tipoDocumento`` de um documento que não tem outro: outros."""


@area.formulario(f"{RASCUNHO}/anexos", para=PRESTADOR, arquivos=True)
def anexar(v: Visita) -> Response:
    """Guarda arquivos do rascunho; enviado ele, são documentos do recurso."""
    chave = v.numero("rascunho", "rascunho")
    recebidos = v.formulario.arquivos("arquivos")
    if not recebidos:
        return mostrar_rascunho(v, {"arquivos": "escolha pelo menos um arquivo"})
    descricao = v.formulario.texto("descricao") or None
    try:
        for um in recebidos:
            examinar(v, um.dados)
        with v.escrita() as conn:
            for um in recebidos:
                arquivo = casos.Arquivo(um.nome, um.dados, _COMUM, descricao)
                casos.anexar(conn, deposito(v).arquivos, em_nome(v), chave, arquivo)
            v.auditar("anexar", "rascunho", str(chave), conn=conn, arquivos=len(recebidos))
    except PaginaDeErro as erro:
        if erro.status not in (409, 422):
            raise
        return mostrar_rascunho(v, {"arquivos": erro.texto})
    return v.ir(f"/portal/rascunhos/{chave}", "Arquivo anexado.")


@area.pagina(f"{RASCUNHO}/anexos/{{anexo}}", para=PRESTADOR, pacientes=True)
def baixar(v: Visita) -> Response:
    """Um arquivo do rascunho, como foi anexado."""
    chave, qual = v.numero("rascunho", "rascunho"), v.numero("anexo", "anexo")
    with v.leitura() as conn:
        dono = do_prestador(v, conn, chave)
        achado = anexos_de_rascunhos.ler(conn, v.operadora.id, chave, qual)
        if achado is None:
            raise nao_ha("anexo")
        arquivos = deposito(v).arquivos
        dados = ler(lambda: anexos_de_rascunhos.conteudo(conn, arquivos, achado))
        carteiras = guias.carteiras_do_protocolo(conn, dono.original_id)
    v.auditar("ler", "anexo", str(qual), carteiras=carteiras)
    return v.arquivo(dados, como_se_serve(achado.formato).tipo, achado.nome)


@area.formulario(f"{RASCUNHO}/anexos/{{anexo}}/tirar", para=PRESTADOR)
def tirar(v: Visita) -> Response:
    """Tira um arquivo de um rascunho não enviado."""
    chave, qual = v.numero("rascunho", "rascunho"), v.numero("anexo", "anexo")
    with v.escrita() as conn:
        casos.remover(conn, em_nome(v), chave, qual)
        v.auditar("tirar", "anexo", str(qual), conn=conn)
    return v.ir(f"/portal/rascunhos/{chave}", "Arquivo tirado.")
