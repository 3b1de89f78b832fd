"""Quantas mensagens os prestadores podem enviar, e por quanto tempo valem as suas senhas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.console.limites import MAIOR, limite_dito
from backoffice.console.paginas.cadastro import area
from backoffice.console.papeis import ADMIN
from dominio.numeros import natural
from persistence import acessos, baldes
from persistence.acessos import MAIOR_VALIDADE, VENCIDAS, PoliticaDeSenhas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from backoffice.console.visita import Visita

_CAMINHO = "/cadastro/limites"
_SENHAS = {"avisa": "Aceita-se, e conta-se como vencida", "recusa": "Recusa-se a mensagem"}


@area.pagina(_CAMINHO, para=ADMIN)
def limites(v: Visita) -> Response:
    """O limite da operadora, os prestadores que têm o seu, e o prazo das senhas."""
    return _pagina(v, {})


@area.formulario(_CAMINHO, para=ADMIN)
def mudar(v: Visita) -> Response:
    """Muda o limite de quem não tem o seu; em branco, volta o da configuração."""
    novo, erros = limite_dito(v)
    if erros:
        return _pagina(v, erros)
    with v.escrita() as conn:
        baldes.definir(conn, v.operadora.id, None, novo)
        ditos = {} if novo is None else {nome: str(n) for nome, n in novo._asdict().items()}
        v.auditar("mudar-limite", "operadora", v.operadora.registro_ans, conn=conn, **ditos)
    return v.ir(_CAMINHO, "Limite mudado; vale em meio minuto.")


@area.formulario(f"{_CAMINHO}/senhas", para=ADMIN)
def mudar_senhas(v: Visita) -> Response:
    """Muda o prazo das senhas dos prestadores, e o que se faz de uma vencida."""
    vencida = v.formulario.texto("vencida")
    validade = natural(v.formulario.texto("validade"))
    erros = {}
    if vencida not in VENCIDAS:
        erros["vencida"] = "escolha uma das opções"
    if validade is None or validade > MAIOR_VALIDADE:
        erros["validade"] = f"é um número de 0 a {MAIOR_VALIDADE}"
    if erros or validade is None:
        return _pagina(v, erros)
    politica = PoliticaDeSenhas(vencida, validade)
    with v.escrita() as conn:
        acessos.mudar_politica_de_senhas(conn, v.operadora.id, politica)
        v.auditar(
            "mudar-prazo-das-senhas", "operadora", v.operadora.registro_ans, conn=conn,
            vencida=vencida, validade_dias=str(validade),
        )  # fmt: skip
    return v.ir(_CAMINHO, "Prazo das senhas mudado; vale na mensagem seguinte.")


def _pagina(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        ditos = baldes.da_operadora(conn, v.operadora.id)
        politica = acessos.politica_de_senhas(conn, v.operadora.id)
    return v.mostrar(
        "cadastro/limites.html",
        status=422 if erros else 200,
        limite=dict(ditos).get(None),
        proprios=[(codigo, limite) for codigo, limite in ditos if codigo is not None],
        maior=MAIOR,
        politica=politica,
        vencidas=[(valor, _SENHAS[valor]) for valor in VENCIDAS],
        erros=erros,
    )
