"""As notas fiscais que os prestadores mandaram: a lista, o arquivo, aceitar ou recusar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.api.notas import ESTADOS
from backoffice.console.area import Area
from backoffice.console.arquivos import deposito, ler
from backoffice.console.erros import PaginaDeErro, nao_ha
from backoffice.console.filtros import Leitor
from backoffice.console.papeis import CONTEUDO, LEITURA, PAGAMENTO
from dominio.formatos_de_nota import FORMATOS
from dominio.pagamento import EstadoNota
from handlers.pagamento import notas as casos
from persistence import arquivos_de_notas, notas_fiscais

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita

area = Area("notas")
area.no_menu("Notas fiscais", "/notas", ordem=40, atalho="n")

_MOSTRADAS = 50
_ENVIADAS = tuple(e for e in EstadoNota if e is not EstadoNota.RASCUNHO)


@area.pagina("/notas", para=LEITURA)
def lista(v: Visita) -> Response:
    """As notas enviadas, da mais nova à mais velha; primeiro pedem-se as que esperam decisão."""
    leitor = Leitor(v.consulta)
    dito = v.consulta.texto("estado")
    with v.leitura() as conn:
        notas = notas_fiscais.listar(
            conn, v.operadora.id,
            estados=tuple(e for e in _ENVIADAS if e.value == dito),
            pagamento_id=leitor.numero("pagamento"),
            prestador=leitor.texto("prestador"),
            antes_de=leitor.numero("antes"),
            limite=_MOSTRADAS + 1,
        )  # fmt: skip
        mostradas = notas[:_MOSTRADAS]
        com_arquivo = arquivos_de_notas.com_arquivo(
            conn, v.operadora.id, [um.nota.id for um in mostradas]
        )
    return v.mostrar(
        "notas/lista.html",
        notas=mostradas,
        com_arquivo=com_arquivo,
        antes=mostradas[-1].nota.id if len(notas) > _MOSTRADAS else None,
        estados=[(e.value, ESTADOS[e.value]) for e in _ENVIADAS],
        texto_do_estado=ESTADOS,
        erros=leitor.erros,
    )


@area.formulario("/notas/{nota}/decisao", para=PAGAMENTO)
def decidir(v: Visita) -> Response:
    """Aceita ou recusa uma nota; recusada, com o motivo, pode vir outra."""
    chave = v.numero("nota", "nota fiscal")
    acao = v.formulario.texto("acao")
    if acao not in ("aceitar", "recusar"):
        raise PaginaDeErro(422, "Diga se a nota se aceita ou se recusa.")
    aceitar = acao == "aceitar"
    motivo = v.formulario.texto("motivo")
    with v.escrita() as conn:
        casos.decidir(conn, v.operadora.id, chave, v.autor, aceitar=aceitar, motivo=motivo)
        v.auditar(acao, "nota fiscal", str(chave), conn=conn)
    return v.ir("/notas", "Nota aceita." if aceitar else "Nota recusada.")


@area.pagina("/notas/{nota}/arquivo", para=CONTEUDO)
def arquivo(v: Visita) -> Response:
    """O arquivo da nota, como foi anexado."""
    chave = v.numero("nota", "nota fiscal")
    with v.leitura() as conn:
        achado = arquivos_de_notas.ler(conn, v.operadora.id, chave)
        if achado is None:
            raise nao_ha("arquivo de nota fiscal")
        arquivos = deposito(v).arquivos
        dados = ler(lambda: arquivos_de_notas.conteudo(conn, arquivos, achado))
    v.auditar("ler", "nota fiscal", str(chave))
    return v.arquivo(dados, FORMATOS[achado.formato].tipo, achado.nome)
