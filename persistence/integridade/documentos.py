"""Os documentos contra o depósito: linha sem conteúdo, e conteúdo que já ninguém tem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from persistence import donos_de_arquivos, tabelas
from persistence.arquivos import chave
from persistence.documentos import UM_DIA_SEGUNDOS
from persistence.integridade.verificacao import Achado

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Select

    from persistence.arquivos import Arquivos
    from persistence.banco import Banco

_POR_VEZ = 500
_SOBRA_SEGUNDOS = 3 * UM_DIA_SEGUNDOS
"""O trabalho que apaga as sobras corre uma vez por dia e espera um: depois disto, ficou por fazer.
"""

_d, _n, _r = tabelas.documento.c, tabelas.nota_arquivo.c, tabelas.recado_anexo.c
_DOCUMENTOS = select(_d.id, _d.operadora_id, _d.sha256).where(_d.expurgado_em.is_(None))
_NOTAS = select(_n.nota_id, _n.operadora_id, _n.sha256)
_DOS_RECADOS = select(_r.id, _r.operadora_id, _r.sha256)


def conferir(banco: Banco, arquivos: Arquivos) -> Iterator[Achado]:
    """O que está num lado e não no outro.

    Raises:
        OSError: o depósito não se pôde ler.
    """
    yield from _sem_conteudo(banco, arquivos, "documento", _DOCUMENTOS, _d.id)
    yield from _sem_conteudo(banco, arquivos, "nota", _NOTAS, _n.nota_id)
    yield from _sem_conteudo(banco, arquivos, "anexo de recado", _DOS_RECADOS, _r.id)
    for uma in arquivos.chaves(paradas_ha=_SOBRA_SEGUNDOS):
        with banco.leitura() as conn:
            com_dono = donos_de_arquivos.com_dono(conn, [uma.rpartition("/")[2]])
        if uma not in com_dono:
            yield Achado(
                "conteudo-sem-dono", f"arquivo {uma}", "nenhum documento, nota ou recado o tem"
            )


def _sem_conteudo(
    banco: Banco, arquivos: Arquivos, nome: str, consulta: Select[Any], numero: Any
) -> Iterator[Achado]:
    ultimo = 0
    while True:
        # em páginas: uma fotografia aberta enquanto se lê o depósito seguraria o banco
        with banco.leitura() as conn:
            pagina = conn.execute(
                consulta.where(numero > ultimo).order_by(numero).limit(_POR_VEZ)
            ).all()
        if not pagina:
            return
        for id_, operadora_id, sha256 in pagina:
            if arquivos.existe(chave(operadora_id, sha256)):
                continue
            with banco.leitura() as conn:
                # pode ter-se expurgado ou trocado enquanto se conferia
                ainda = conn.execute(consulta.where(numero == id_)).one_or_none()
            if ainda is not None and ainda.sha256 == sha256:
                yield Achado("documento-sem-conteudo", f"{nome} {id_}", "o conteúdo não está lá")
        ultimo = pagina[-1][0]
