"""Quem administra muda o limite de mensagens e o prazo das senhas da operadora."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from persistence import acessos, auditoria, baldes, operadoras
from persistence.acessos import PoliticaDeSenhas
from persistence.baldes import Limite

if TYPE_CHECKING:
    from console.navegador import Console, Navegador

CAMINHO = "/cadastro/limites"


@pytest.fixture
def ana(console: Console) -> Navegador:
    """Quem administra, na página."""
    ana = console.da_operadora()
    ana.abrir(CAMINHO)
    return ana


def test_limite_da_operadora_e_os_dos_prestadores(console: Console, ana: Navegador) -> None:
    """O da operadora muda e tira-se; os dos prestadores veem-se, e nenhum é de outra."""
    mesa = console.mesa
    with mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra Operadora"
        )
        baldes.definir(conn, outra.id, None, Limite(5, 5))
        baldes.definir(conn, mesa.operadora.id, mesa.prestador.id, Limite(0, 1))
    pagina = ana.enviar(CAMINHO, por_minuto="120", rajada="")
    assert "Limite mudado" in pagina.texto
    assert pagina.linhas("limites") == [["013950", "Sem limite", "—"]]
    with mesa.banco.leitura() as conn:
        assert dict(baldes.da_operadora(conn, mesa.operadora.id))[None] == Limite(120, 40)
    ana.enviar(CAMINHO, por_minuto="", rajada="")
    with mesa.banco.leitura() as conn:
        assert None not in dict(baldes.da_operadora(conn, mesa.operadora.id))
        assert dict(baldes.da_operadora(conn, outra.id)) == {None: Limite(5, 5)}
        eventos = auditoria.listar(conn, mesa.operadora.id, limite=100)
    assert [e.acao for e in eventos].count("mudar-limite") == 2


def test_prazo_das_senhas(console: Console, ana: Navegador) -> None:
    """A validade e o que se faz da vencida valem para a operadora."""
    pagina = ana.enviar(f"{CAMINHO}/senhas", vencida="recusa", validade="90")
    assert "Prazo das senhas mudado" in pagina.texto
    with console.mesa.banco.leitura() as conn:
        lida = acessos.politica_de_senhas(conn, console.mesa.operadora.id)
    assert lida == PoliticaDeSenhas("recusa", 90)


@pytest.mark.parametrize(
    ("fim", "campos", "campo"),
    [
        ("", {"por_minuto": "muitas"}, "por_minuto"),
        ("/senhas", {"vencida": "talvez", "validade": "90"}, "vencida"),
        ("/senhas", {"vencida": "avisa", "validade": "3651"}, "validade"),
        ("/senhas", {"vencida": "avisa", "validade": ""}, "validade"),
    ],
)
def test_o_que_nao_serve_fica_no_campo(
    ana: Navegador, fim: str, campos: dict[str, str], campo: str
) -> None:
    """O erro diz-se no campo, e nada muda."""
    pagina = ana.enviar(f"{CAMINHO}{fim}", **campos)
    assert (pagina.status, set(pagina.erros())) == (422, {campo})
