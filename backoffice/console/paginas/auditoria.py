"""Quem acessou dados de pacientes ou mudou alguma coisa, por onde e quando."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.console.filtros import Leitor
from backoffice.console.paginas.cadastro import area
from backoffice.console.papeis import ADMIN
from persistence import contas, usuarios
from persistence.consultas.eventos import Filtro, recentes

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita

POR_PAGINA = 100
_PORTAS = {"console": "Console", "api": "API", "cli": "Linha de comando"}


@area.pagina("/configuracao/auditoria", para=ADMIN)
def lista(v: Visita) -> Response:
    """Os eventos, do mais novo ao mais velho, com os filtros no endereço."""
    leitor = Leitor(v.consulta)
    filtro = Filtro(
        quem=leitor.texto("quem"),
        porta=leitor.um_de("porta", *_PORTAS),
        acao=leitor.texto("acao"),
        alvo=leitor.texto("alvo"),
        de=leitor.dia("de"),
        ate=leitor.dia("ate"),
    )
    with v.leitura() as conn:
        lidos = recentes(
            conn, v.operadora.id, filtro, antes_de=leitor.numero("antes"), limite=POR_PAGINA + 1
        )
        nomes = _nomes(conn, v.operadora.id)
    mostrados = lidos[:POR_PAGINA]
    return v.mostrar(
        "configuracao/auditoria.html",
        eventos=mostrados,
        antes=mostrados[-1].id if len(lidos) > POR_PAGINA else None,
        nomes=nomes,
        portas=_PORTAS,
        erros=leitor.erros,
    )


def _nomes(conn: Connection, operadora_id: int) -> dict[str, str]:
    """Como se chama quem a auditoria só diz pela chave."""
    pessoas = {f"usuario {u.id}": u.nome for u in usuarios.listar(conn, operadora_id)}
    das_contas = contas.da_operadora(conn, operadora_id)
    return pessoas | {f"conta {conta.id}": conta.nome for conta, _ in das_contas}
