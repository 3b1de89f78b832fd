"""Quem administra credencia prestadores, muda o cadastro, dá logins e encerra homologações."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from persistence import credenciamento, operadoras

if TYPE_CHECKING:
    from console.navegador import Console, Navegador

    from persistence.prestadores import Prestador

NOVO = {"codigo": "770001", "nome": "Clínica Sol", "cnpj": "45.997.418/0001-53", "cnes": "1234567"}


@pytest.fixture
def ana(console: Console) -> Navegador:
    """Quem administra."""
    return console.da_operadora()


def _prestador(console: Console, codigo: str) -> Prestador:
    with console.mesa.banco.leitura() as conn:
        achado = credenciamento.por_codigo(conn, console.mesa.operadora.id, codigo)
    assert achado is not None
    return achado


def test_credencia_em_homologacao_e_libera(console: Console, ana: Navegador) -> None:
    """Do formulário ao prestador liberado, com o CNPJ sem pontuação no cadastro."""
    ana.abrir("/prestadores/novo")
    pagina = ana.preencher(0, **NOVO, homologacao="sim")
    assert "Prestador credenciado." in pagina.texto
    assert _prestador(console, "770001").cnpj == "45997418000153"
    ana.abrir("/prestadores/770001/homologacao")
    assert "Prestador liberado da homologação." in ana.preencher(0).texto
    assert not _prestador(console, "770001").homologacao


def test_muda_versoes_e_politicas(console: Console, ana: Navegador) -> None:
    """As versões marcadas, com os seus prazos, e as políticas valem; o resto fica."""
    ana.abrir("/prestadores/013950/editar")
    pagina = ana.enviar(
        "/prestadores/013950/editar", nome="Hospital Novo", cnpj="11222333000181", ativo="sim",
        hashModo="tolerant", versoes=["4.03.00", "4.02.00"], **{"envio-4.02.00": "2026-12-31"},
    )  # fmt: skip
    assert "Prestador mudado." in pagina.texto
    mudado = _prestador(console, "013950")
    assert mudado.nome == "Hospital Novo"
    assert mudado.hash_modo == "tolerant"
    assert mudado.versoes is not None
    assert [v.versao for v in mudado.versoes] == ["4.03.00", "4.02.00"]
    assert pagina.linhas("versoes")[1] == ["4.02.00", "31/12/2026", "31/12/2026"]


def test_login_cria_se_e_revoga_se(ana: Navegador) -> None:
    """O login aparece com o prazo da senha, nunca com ela, e deixa de valer."""
    ana.abrir("/prestadores/013950")
    pagina = ana.preencher(0, login="hospital", senha="Forte#Senha2026")
    assert "Forte#Senha2026" not in pagina.corpo.decode()
    (linha,) = pagina.linhas("logins")
    assert linha[0].lower() == "hospital"
    assert linha[3] == "Ativo"
    assert ana.preencher(0).linhas("logins")[0][3] == "Revogado"


def test_senha_fraca_diz_se_no_campo(ana: Navegador) -> None:
    """A senha que não serve não cria o login."""
    ana.abrir("/prestadores/013950")
    pagina = ana.preencher(0, login="hospital", senha="fraca")
    assert pagina.status == 422
    assert set(pagina.erros()) == {"senha"}
    assert pagina.linhas("logins") == []


@pytest.mark.parametrize(
    ("campos", "campo"),
    [
        ({"codigo": "013950"}, "codigo"),
        ({"cnpj": "45997418000154"}, "cnpj"),
        ({"cnes": "12"}, "cnes"),
        ({"nome": ""}, "nome"),
    ],
)
def test_cadastro_errado_diz_o_campo(ana: Navegador, campos: dict[str, str], campo: str) -> None:
    """O código repetido, o CNPJ que não confere, o CNES curto, o nome que falta."""
    ana.abrir("/prestadores/novo")
    pagina = ana.preencher(0, **(NOVO | campos))
    assert pagina.status == 422
    assert set(pagina.erros()) == {campo}
    assert pagina.arvore.xpath("//input[@name='cnes']/@value") == [(NOVO | campos)["cnes"]]


def test_codigo_procurado_leva_ao_prestador(console: Console, ana: Navegador) -> None:
    """Um código que existe abre o prestador; outro diz que não há."""
    assert ana.abrir("/prestadores", codigo="013950").titulo == _prestador(console, "013950").nome
    assert "codigo" in ana.abrir("/prestadores", codigo="000000").erros()


def test_prestador_de_outra_operadora_nao_existe(console: Console) -> None:
    """Nem a página, nem o formulário, nem os logins."""
    with console.mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra Operadora"
        )
    alheia = console.da_operadora(operadora=outra)
    for fim in ("", "/editar", "/homologacao"):
        assert alheia.abrir(f"/prestadores/013950{fim}").status == 404
    alheia.abrir("/prestadores")
    for fim in ("/editar", "/logins", "/homologacao"):
        campos = {"nome": "x", "login": "abc", "senha": "Forte#Senha2026"}
        assert alheia.enviar(f"/prestadores/013950{fim}", **campos).status == 404
