"""As contas de prestador, pela linha de comando, e o que se guarda do segundo fator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyotp
import pytest
from integration.exemplos import outra_operadora
from integration.recepcao import CNPJ, CODIGO, REGISTRO, abrir_mesa

from handlers import contas as casos
from handlers import segundo_fator
from handlers import usuarios as casos_de_usuarios
from handlers.rotacao import SenhaRecusada
from persistence import auditoria, contas, prestadores, segundos_fatores, tabelas
from persistence.banco import Banco
from persistence.cifra import Cifra, acrescentar, chave_de, cifrado, criar, nova
from persistence.esquema import atualizar
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from pathlib import Path

    from integration.comandos import Saida, Terminal
    from integration.recepcao import Mesa

AGORA = datetime(2026, 3, 10, 12, tzinfo=UTC)


def _convidar(terminal: Terminal, *opcoes: str) -> Saida:
    return terminal(
        "usuario", "convidar-prestador", "--registro-ans", REGISTRO, "--codigo", CODIGO,
        "--email", "bia@hospital.exemplo.br", "--nome", "Bia", "--json", *opcoes,
    )  # fmt: skip


def test_comando_convida_pelo_cnpj_do_prestador(terminal: Terminal, mesa: Mesa) -> None:
    """O caminho mostrado tem um convite que dá senha e acesso; no banco só está o resumo."""
    dados = _convidar(terminal).dados
    assert dados["login"] == CNPJ
    assert dados["caminho"] == f"/console/convite/{dados['convite']}"
    agora = datetime.now(UTC)
    with mesa.banco.escrita() as conn:
        assert dados["convite"] not in repr(conn.execute(tabelas.convite_prestador.select()).all())
        conta = casos.aceitar(conn, dados["convite"], "Abcd123!", agora)
        [acesso] = contas.acessos(conn, conta.id)
    assert (acesso.prestador.codigo, acesso.operadora.registro_ans) == (CODIGO, REGISTRO)


def test_comando_devolve_a_senha_esquecida(terminal: Terminal, mesa: Mesa) -> None:
    """Dá senha nova à conta que fala por alguém, e fica na auditoria de cada operadora dela."""
    redefinir = ("usuario", "redefinir-senha", "--json", "--login")
    assert terminal(*redefinir, CNPJ).codigo == 1
    convite = _convidar(terminal).dados["convite"]
    assert terminal(*redefinir, CNPJ).codigo == 1
    agora = datetime.now(UTC)
    outra = outra_operadora(mesa.banco)
    with mesa.banco.escrita() as conn:
        la = prestadores.adicionar(conn, outra.id, codigo="77", nome="Hospital lá", cnpj=CNPJ)
        conta = casos.aceitar(conn, convite, "Abcd123!", agora)
        contas.dar_acesso(conn, conta, la, agora)
    dados = terminal(*redefinir, CNPJ).dados
    assert (dados["login"], dados["caminho"]) == (CNPJ, f"/console/convite/{dados['convite']}")
    with mesa.banco.escrita() as conn:
        casos.aceitar(conn, dados["convite"], "Abcd123@", agora)
        for operadora_id in (mesa.operadora.id, outra.id):
            eventos = auditoria.listar(conn, operadora_id)
            assert "redefinir-senha" in [e.acao for e in eventos]
        assert len(contas.acessos(conn, conta.id)) == 2


@pytest.mark.parametrize("login", ["123456789000123", "11222333000182", "hospital", ""])
def test_login_que_nao_e_cnpj_nem_cpf_se_recusa(terminal: Terminal, login: str) -> None:
    """Quinze algarismos ou dígito verificador errado: mau uso, e nada se cria."""
    saida = _convidar(terminal, "--login", login or "x")
    assert saida.codigo == 2


@pytest.mark.parametrize(
    ("digitado", "normal"),
    [
        ("11.222.333/0001-81", "11222333000181"),
        (" 529.982.247-25 ", "52998224725"),
        ("12.abc.345/01de-35", "12ABC34501DE35"),
    ],
)
def test_pontuacao_do_login_nao_conta(digitado: str, normal: str) -> None:
    """CNPJ e CPF, também o alfanumérico, com ou sem pontuação, são o mesmo login."""
    assert casos.login_normal(digitado) == normal


def test_nenhuma_das_tres_ultimas_senhas_volta(mesa: Mesa) -> None:
    """Vale para as contas o que vale para as pessoas da operadora."""
    senhas = [f"Abcd123{sinal}" for sinal in "!@#"]
    with mesa.banco.escrita() as conn:
        for senha in senhas:
            texto = casos.convidar(
                conn, mesa.prestador, login=CNPJ, tipo="Hospital", nome="Bia", email="b@x.br",
                agora=AGORA,
            ).texto  # fmt: skip
            conta = casos.aceitar(conn, texto, senha, AGORA)
        for senha in senhas:
            with pytest.raises(SenhaRecusada):
                casos.trocar_senha(conn, conta, senha, AGORA)
        casos.trocar_senha(conn, conta, "Abcd123$", AGORA)


def test_segredo_do_segundo_fator_guarda_se_cifrado_e_troca_de_chave(tmp_path: Path) -> None:
    """Com cifra, o segredo não se lê no banco; recifrado com a chave nova, ainda serve."""
    arquivo = tmp_path / "arquivo.chaves"
    criar(arquivo, nova(AGORA))
    banco = Banco.abrir(f"sqlite:///{tmp_path / 'b.db'}", cifra=Cifra(arquivo))
    atualizar(banco)
    mesa = abrir_mesa(banco)
    with banco.escrita() as conn:
        feito = casos_de_usuarios.convidar(
            conn, mesa.operadora.id, email="a@x.br", nome="Ana", escopos={Escopo.LEITURA},
            agora=AGORA,
        )  # fmt: skip
        segredo = segundo_fator.preparar(conn, feito.usuario)
        guardado = conn.execute(tabelas.segundo_fator.select()).one().segredo
        assert cifrado(guardado)
        assert segredo.encode() not in guardado
        acrescentar(arquivo, nova(AGORA))
        assert segundos_fatores.recifrar(conn) == 1
        depois = conn.execute(tabelas.segundo_fator.select()).one().segredo
        assert chave_de(depois) != chave_de(guardado)
        codigo = pyotp.TOTP(segredo).at(AGORA)
        assert segundo_fator.ativar(conn, feito.usuario, codigo, AGORA) is not None
    banco.fechar()
