"""Os arquivos que acompanham os recados, nas páginas dos dois lados."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.console import um_lote
from backoffice.console.arquivos import deposito, examinar, ler
from backoffice.console.erros import nao_ha
from dominio.formatos_de_anexo import como_se_serve
from handlers import recados as casos
from persistence import anexos_de_recados

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita


def recebidos(v: Visita) -> tuple[casos.Anexo, ...]:
    """Os arquivos do formulário, já passados pelo antivírus.

    Raises:
        PaginaDeErro: um deles não está limpo, ou não se soube.
    """
    arquivos = v.formulario.arquivos("anexos")
    for um in arquivos:
        examinar(v, um.dados)
    return tuple(casos.Anexo(um.nome, um.dados) for um in arquivos)


def baixar(v: Visita) -> Response:
    """Um arquivo de um recado, como veio."""
    numero, qual = v.numero("numero", "lote"), v.numero("anexo", "arquivo")
    with v.leitura() as conn:
        um_lote.ler(v, conn)
        lida = casos.ler(conn, v.operadora.id, numero)
        if lida is None:
            raise nao_ha("lote")
        todos = (anexo for dele in lida.anexos.values() for anexo in dele)
        achado = next((anexo for anexo in todos if anexo.id == qual), None)
        if achado is None:
            raise nao_ha("arquivo")
        arquivos = deposito(v).arquivos
        dados = ler(lambda: anexos_de_recados.conteudo(conn, arquivos, achado))
    v.auditar("ler", "anexo de recado", str(qual), carteiras=lida.carteiras)
    return v.arquivo(dados, como_se_serve(achado.formato).tipo, achado.nome)
