"""Quem administra convida pessoas e prestadores, muda papéis e cria tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from console.navegador import SENHA

from persistence import operadoras, segundos_fatores, tokens, usuarios
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from console.navegador import Console, Navegador, Pagina

OUTRO_CPF = "52998224725"
"""CPF inventado, com dígitos verificadores que conferem."""


def _segredo(pagina: Pagina) -> str:
    return str(pagina.arvore.xpath("//input[@id='segredo']/@value")[0])


def _aceitar(console: Console, endereco: str) -> Navegador:
    """Abre o convite noutro navegador e cria a senha."""
    novo = console.navegador("192.0.2.44")
    novo.abrir("/convite/" + endereco.rpartition("/")[2])
    novo.preencher(0, senha=SENHA, confirmacao=SENHA)
    return novo


def test_convidada_cria_a_senha_e_entra_com_os_seus_papeis(console: Console) -> None:
    """O endereço do convite basta para criar a senha, e o papel é o que se deu."""
    ana = console.da_operadora()
    ana.abrir("/acesso")
    pagina = ana.enviar(
        "/acesso/usuarios", email="rui@operadora.exemplo.br", nome="Rui", escopos="leitura"
    )
    rui = _aceitar(console, _segredo(pagina))
    console.entrar(rui, "rui@operadora.exemplo.br", operadora=console.mesa.operadora)
    assert rui.abrir("/lotes").status == 200
    assert rui.abrir("/acesso").status == 403


def test_prestador_convidado_entra_com_o_cpf(console: Console) -> None:
    """Quem fala pelo prestador entra pelo convite, com o CPF pontuado ou não."""
    ana = console.da_operadora()
    ana.abrir("/acesso/prestadores")
    pagina = ana.enviar(
        "/acesso/prestadores", prestador="013950", login="529.982.247-25", tipo="Médico/a",
        nome="Bia", email="bia@hospital.exemplo.br",
    )  # fmt: skip
    bia = _aceitar(console, _segredo(pagina))
    assert console.entrar(bia, "529.982.247-25").titulo == "Termos de uso"
    (linha,) = ana.abrir("/acesso/prestadores").linhas("contas")
    assert linha[0] == "529.982.247-25"
    assert linha[4].endswith("013950")


def test_acesso_tirado_vale_ja(console: Console) -> None:
    """A conta que perde o acesso deixa de ver o prestador na página seguinte."""
    bia = console.do_prestador()
    assert bia.abrir("/portal").status == 200
    ana = console.da_operadora()
    ana.abrir("/acesso/prestadores")
    assert "Acesso tirado." in ana.preencher(0).texto
    assert bia.abrir("/portal/lotes").titulo != "Lotes"


def test_desligada_sai_na_hora(console: Console) -> None:
    """Desligar uma pessoa acaba com as sessões dela, e ela já não entra."""
    console.criar_usuario("rui@operadora.exemplo.br", Escopo.LEITURA, nome="Rui")
    rui = console.navegador()
    console.entrar(rui, "rui@operadora.exemplo.br", operadora=console.mesa.operadora)
    ana = console.da_operadora()
    ana.abrir("/acesso")
    with console.mesa.banco.leitura() as conn:
        alvo = usuarios.por_email(conn, console.mesa.operadora.id, "rui@operadora.exemplo.br")
    assert alvo is not None
    assert "Acesso mudado." in ana.enviar(f"/acesso/usuarios/{alvo.id}", acao="desligar").texto
    assert rui.abrir("/lotes").titulo == "Entrar"
    console.entrar(rui, "rui@operadora.exemplo.br", operadora=console.mesa.operadora)
    assert rui.abrir("/lotes").titulo == "Entrar"


def test_ninguem_da_o_que_nao_tem(console: Console) -> None:
    """Quem só administra não convida quem paga, nem cria um token que paga."""
    so_admin = console.da_operadora(Escopo.ADMIN)
    so_admin.abrir("/acesso")
    pagina = so_admin.enviar(
        "/acesso/usuarios", email="x@operadora.exemplo.br", nome="X", escopos="pagamento"
    )
    assert pagina.status == 403
    so_admin.abrir("/acesso/tokens")
    token = so_admin.enviar("/acesso/tokens", nome="x", escopos="pagamento", dias="30")
    assert token.status == 403


def test_mudar_os_papeis_acaba_com_os_convites(console: Console) -> None:
    """O convite feito para uns papéis não serve depois de mudarem, nem a quem se desligou."""
    ana = console.da_operadora()
    for acao in ({"acao": "escopos", "escopos": "admin"}, {"acao": "desligar"}):
        ana.abrir("/acesso")
        feito = ana.enviar(
            "/acesso/usuarios", email="rui@operadora.exemplo.br", nome="Rui", escopos="leitura"
        )
        caminho = "/convite/" + _segredo(feito).rpartition("/")[2]
        rui = console.navegador()
        assert rui.abrir(caminho).status == 200
        with console.mesa.banco.leitura() as conn:
            alvo = usuarios.por_email(conn, console.mesa.operadora.id, "rui@operadora.exemplo.br")
        assert alvo is not None
        ana.enviar(f"/acesso/usuarios/{alvo.id}", **acao)
        ana.enviar(f"/acesso/usuarios/{alvo.id}", acao="ligar")
        assert rui.enviar(caminho, senha=SENHA, confirmacao=SENHA).status == 404


def test_ninguem_toma_o_lugar_de_quem_pode_mais(console: Console) -> None:
    """Quem só administra desliga quem paga, mas não o convida, rebaixa nem lhe tira o fator."""
    chefe = "chefe@operadora.exemplo.br"
    console.criar_usuario(chefe)
    with console.mesa.banco.escrita() as conn:
        alvo = usuarios.por_email(conn, console.mesa.operadora.id, chefe)
        assert alvo is not None
        segundos_fatores.preparar(conn, alvo.id, "A" * 32)
        segundos_fatores.ativar(conn, alvo.id, console.relogio(), 1, [])
    so_admin = console.da_operadora(Escopo.ADMIN)
    assert "só a pode desligar" in so_admin.abrir("/acesso").texto
    recusas = [
        so_admin.enviar("/acesso/usuarios", email=chefe, nome="Chefe", escopos="admin"),
        so_admin.enviar(f"/acesso/usuarios/{alvo.id}", acao="escopos", escopos="admin"),
        so_admin.enviar(f"/acesso/usuarios/{alvo.id}", acao="segundo-fator"),
    ]
    for recusa in recusas:
        assert recusa.status == 403
        assert "papéis que você não tem" in recusa.texto
    with console.mesa.banco.leitura() as conn:
        assert usuarios.por_email(conn, console.mesa.operadora.id, chefe) == alvo
        assert segundos_fatores.ativo(conn, alvo.id)
    assert so_admin.enviar(f"/acesso/usuarios/{alvo.id}", acao="desligar").status == 200


def test_ninguem_muda_o_proprio_acesso(console: Console) -> None:
    """Quem administra não se tira nem se dá papéis."""
    ana = console.da_operadora()
    with console.mesa.banco.leitura() as conn:
        (eu,) = usuarios.listar(conn, console.mesa.operadora.id)
    ana.abrir("/acesso")
    assert ana.enviar(f"/acesso/usuarios/{eu.id}", acao="desligar").status == 409


def test_token_mostra_se_uma_vez_e_revoga_se(console: Console) -> None:
    """O texto sai só na criação; revogado, diz-se na lista."""
    ana = console.da_operadora()
    ana.abrir("/acesso/tokens")
    pagina = ana.enviar("/acesso/tokens", nome="integração", escopos="leitura", dias="30")
    texto = _segredo(pagina)
    with console.mesa.banco.leitura() as conn:
        assert tokens.achar(conn, texto) is not None
    lista = ana.abrir("/acesso/tokens")
    assert texto not in lista.texto
    assert lista.linhas("tokens")[0][6] == "Em vigor"
    assert ana.preencher(0).linhas("tokens")[0][6] == "Revogado"


@pytest.mark.parametrize(
    ("campos", "campo"),
    [
        ({"email": "sem arroba"}, "email"),
        ({"nome": ""}, "nome"),
        ({"login": "11222333000180"}, "login"),
        ({"tipo": "Outro"}, "tipo"),
        ({"prestador": "000000"}, "prestador"),
    ],
)
def test_convite_errado_diz_o_campo(console: Console, campos: dict[str, str], campo: str) -> None:
    """O que não serve fica marcado, e ninguém se convida."""
    ana = console.da_operadora()
    ana.abrir("/acesso/prestadores")
    certos = {
        "prestador": "013950", "login": OUTRO_CPF, "tipo": "Médico/a", "nome": "Bia",
        "email": "bia@hospital.exemplo.br",
    }  # fmt: skip
    pagina = ana.enviar("/acesso/prestadores", **(certos | campos))
    assert pagina.status == 422
    assert set(pagina.erros()) == {campo}


def test_o_de_outra_operadora_nao_existe(console: Console) -> None:
    """Pessoas, acessos e tokens de outra operadora respondem 404 a quem os quer mudar."""
    bia = console.do_prestador()
    assert bia.abrir("/portal").status == 200
    with console.mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra Operadora"
        )
        feito = tokens.criar(
            conn, console.mesa.operadora.id, nome="x", escopos={Escopo.LEITURA},
            agora=console.relogio(),
        )  # fmt: skip
    console.criar_usuario("rui@operadora.exemplo.br", Escopo.LEITURA)
    alheia = console.da_operadora(operadora=outra)
    alheia.abrir("/acesso")
    assert alheia.enviar("/acesso/usuarios/1", acao="desligar").status == 404
    assert alheia.enviar("/acesso/prestadores/1/tirar").status == 404
    assert alheia.enviar(f"/acesso/tokens/{feito.token.prefixo}/revogar").status == 404
    assert alheia.abrir("/acesso/prestadores").linhas("contas") == []
