"""Trocar a senha com prazo para a antiga, revogar, e o que acontece quando vence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from integration.credenciais import DAQUI, LOGIN, SENHA, enviar, errar
from integration.recepcao import conferir_falha
from sqlalchemy import update

from dominio import erros
from handlers import rotacao
from handlers.credenciais import SENHA_ANTERIOR, Credenciais
from handlers.rotacao import LoginDeOutro, LoginDesconhecido, SenhaRecusada
from handlers.vencimento import A_VENCER, VENCIDA
from persistence import acessos, operadoras, tabelas, tentativas
from persistence.acessos import PoliticaDeSenhas

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration.recepcao import AbrirMesa, Mesa

    from persistence.banco import Banco
    from persistence.prestadores import Credencial, Prestador

INSTANTE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOVA = "Renovada#2"
SEMANA = timedelta(days=7)


@pytest.fixture
def relogio() -> list[float]:
    """Segundos do relógio que a validade dos acertos guardados segue."""
    return [1000.0]


@pytest.fixture
def mesa(
    nova_mesa: AbrirMesa,
    banco: Banco,
    relogio: list[float],
    no_instante: Callable[[datetime], None],
) -> Mesa:
    """Uma mesa com login registrado, num instante certo."""
    no_instante(INSTANTE)
    nova = nova_mesa(credenciais=Credenciais(banco, relogio=lambda: relogio[0]))
    _trocar(nova, SENHA, agora=INSTANTE - SEMANA)
    return nova


def _trocar(
    mesa: Mesa,
    senha: str = NOVA,
    *,
    login: str = LOGIN,
    quem: Prestador | None = None,
    agora: datetime = INSTANTE,
    anterior_vale: timedelta | None = None,
    expira_em: datetime | None = None,
) -> Credencial:
    with mesa.banco.escrita() as conn:
        return rotacao.trocar(
            conn,
            quem or mesa.prestador,
            login,
            senha,
            agora=agora,
            anterior_vale=anterior_vale,
            expira_em=expira_em,
        )


def _avisos(mesa: Mesa, senha: str = SENHA, numero: str = "1") -> list[str]:
    resposta = enviar(mesa, senha, numero=numero)
    assert resposta.resultado.erro is None
    guardados: list[str] = (mesa.arquivada(resposta.id).detalhes or {}).get("avisos", [])
    assert list(resposta.resultado.avisos) == guardados
    return guardados


def _recusada(mesa: Mesa, senha: str, numero: str = "9") -> None:
    conferir_falha(enviar(mesa, senha, numero=numero), erros.LOGIN)


# --- a troca --------------------------------------------------------------------------------------


def test_na_janela_as_duas_senhas_valem(mesa: Mesa) -> None:
    """Trocada com prazo, a nova vale já e a antiga vale com um aviso."""
    _trocar(mesa, anterior_vale=SEMANA)
    assert _avisos(mesa, NOVA, "1") == []
    assert _avisos(mesa, SENHA, "2") == [SENHA_ANTERIOR]


def test_aviso_da_antiga_vem_tambem_do_acerto_guardado(mesa: Mesa) -> None:
    """A segunda mensagem do mesmo minuto com a senha antiga também se conta."""
    _trocar(mesa, anterior_vale=SEMANA)
    assert [_avisos(mesa, SENHA, n) for n in ("1", "2")] == [[SENHA_ANTERIOR]] * 2


def test_fora_da_janela_a_antiga_nao_vale(
    mesa: Mesa, no_instante: Callable[[datetime], None]
) -> None:
    """No fim do prazo a antiga deixa de valer, ainda que acabe de ter servido."""
    _trocar(mesa, anterior_vale=SEMANA)
    no_instante(INSTANTE + SEMANA - timedelta(seconds=1))
    assert _avisos(mesa, SENHA, "1") == [SENHA_ANTERIOR]
    no_instante(INSTANTE + SEMANA)
    _recusada(mesa, SENHA)
    assert _avisos(mesa, NOVA, "2") == []


def test_sem_janela_a_antiga_cai_na_hora(mesa: Mesa) -> None:
    """Trocada sem prazo, a antiga não vale nem mais um instante."""
    assert _avisos(mesa) == []
    _trocar(mesa)
    _recusada(mesa, SENHA)
    assert _avisos(mesa, NOVA, "2") == []


def test_segunda_troca_acaba_com_a_primeira(mesa: Mesa) -> None:
    """Só uma senha de antes vale: trocar de novo tira a mais velha."""
    _trocar(mesa, anterior_vale=SEMANA)
    _trocar(mesa, "Terceira#3", anterior_vale=SEMANA)
    _recusada(mesa, SENHA)
    assert _avisos(mesa, NOVA, "2") == [SENHA_ANTERIOR]


def test_revogar_a_anterior_deixa_a_nova(mesa: Mesa) -> None:
    """A senha de antes pode deixar de valer antes do prazo."""
    _trocar(mesa, anterior_vale=SEMANA)
    with mesa.banco.escrita() as conn:
        rotacao.revogar(conn, mesa.prestador, LOGIN, so_a_anterior=True)
    _recusada(mesa, SENHA)
    assert _avisos(mesa, NOVA, "2") == []


def test_revogado_o_login_nada_entra(mesa: Mesa) -> None:
    """Revogado, nem a senha nova nem a antiga valem, e sem login também não se entra."""
    _trocar(mesa, anterior_vale=SEMANA)
    with mesa.banco.escrita() as conn:
        rotacao.revogar(conn, mesa.prestador, LOGIN)
    _recusada(mesa, SENHA)
    _recusada(mesa, NOVA)
    conferir_falha(mesa.perguntar("10000001"), erros.LOGIN)


def test_trocar_faz_valer_o_revogado_sem_a_antiga(mesa: Mesa) -> None:
    """Uma senha nova reabre um login revogado; a que foi revogada não volta com ele."""
    with mesa.banco.escrita() as conn:
        rotacao.revogar(conn, mesa.prestador, LOGIN)
    _trocar(mesa, anterior_vale=SEMANA)
    _recusada(mesa, SENHA)
    assert _avisos(mesa, NOVA, "2") == []


def test_senha_nova_passa_pela_tranca_de_um_estranho(mesa: Mesa) -> None:
    """Trocada sob palpites vindos do endereço do hospital, a nova entra à primeira, e a velha."""
    assert _avisos(mesa) == []
    errar(mesa, tentativas.LIMITE)
    _trocar(mesa, anterior_vale=SEMANA)
    assert _avisos(mesa, NOVA, "2") == []
    assert _avisos(mesa, SENHA, "3") == [SENHA_ANTERIOR]


@pytest.mark.parametrize("trocas", [0, 1, 2])
def test_as_tres_ultimas_nao_voltam(mesa: Mesa, trocas: int) -> None:
    """A senha em vigor e as duas de antes não servem de nova."""
    for vez in range(trocas):
        _trocar(mesa, f"Passada#{vez}")
    with pytest.raises(SenhaRecusada, match="últimas"):
        _trocar(mesa, SENHA)


def test_a_quarta_de_antes_pode_voltar(mesa: Mesa) -> None:
    """Depois de três outras, uma senha antiga volta a servir."""
    for vez in range(3):
        _trocar(mesa, f"Passada#{vez}")
    _trocar(mesa, SENHA)
    assert _avisos(mesa) == []


@pytest.mark.parametrize(
    "fraca", ["Curta#1", "semmaiuscula#1", "SEMMINUSCULA#1", "SemSinal11", "Sem#Numero"]
)
def test_senha_fraca_e_recusada_sem_ser_repetida(mesa: Mesa, fraca: str) -> None:
    """A senha nova tem oito caracteres das quatro classes, e a recusa não a mostra."""
    with pytest.raises(SenhaRecusada) as recusa:
        _trocar(mesa, fraca)
    assert fraca not in str(recusa.value)
    assert _avisos(mesa) == []


def test_login_de_outro_prestador_nao_se_troca(mesa: Mesa) -> None:
    """A senha de um prestador não se troca em nome de outro, nem se revoga."""
    outro = mesa.outro_prestador("500001", cnpj=None)
    with pytest.raises(LoginDeOutro):
        _trocar(mesa, quem=outro)
    with pytest.raises(LoginDesconhecido), mesa.banco.escrita() as conn:
        rotacao.revogar(conn, outro, LOGIN)
    assert _avisos(mesa) == []


def test_login_novo_e_criado(mesa: Mesa) -> None:
    """Um prestador pode ter vários logins, cada um com a sua senha."""
    _trocar(mesa, NOVA, login="segundo")
    assert enviar(mesa, NOVA, login="segundo").resultado.erro is None
    assert _avisos(mesa, SENHA, "2") == []


# --- o vencimento ---------------------------------------------------------------------------------


def _politica(mesa: Mesa, vencida: str = "avisa", dias: int = 180) -> None:
    with mesa.banco.escrita() as conn:
        acessos.mudar_politica_de_senhas(conn, mesa.operadora.id, PoliticaDeSenhas(vencida, dias))


@pytest.mark.parametrize(
    ("dias", "avisos"), [(164, []), (165, [A_VENCER]), (179, [A_VENCER]), (180, [VENCIDA])]
)
def test_senha_avisa_aos_180_dias_e_quinze_antes(mesa: Mesa, dias: int, avisos: list[str]) -> None:
    """De fábrica a senha vence com 180 dias, o que só se avisa, a começar quinze dias antes."""
    _trocar(mesa, agora=INSTANTE - timedelta(days=dias))
    assert avisos == _avisos(mesa, NOVA)


def test_senha_nunca_trocada_conta_de_quando_foi_criada(mesa: Mesa) -> None:
    """A credencial de antes de haver trocas vence pela idade que tem."""
    with mesa.banco.escrita() as conn:
        velha = INSTANTE - timedelta(days=200)
        conn.execute(update(tabelas.credencial).values(criada_em=velha, trocada_em=None))
    assert _avisos(mesa) == [VENCIDA]


def test_data_propria_vale_por_cima_da_idade(mesa: Mesa) -> None:
    """Uma senha com data de vencimento vence nela, não aos 180 dias."""
    velha = INSTANTE - timedelta(days=300)
    _trocar(mesa, agora=velha, expira_em=INSTANTE + timedelta(days=16))
    assert _avisos(mesa, NOVA) == []
    _trocar(mesa, "Terceira#3", expira_em=INSTANTE)
    assert _avisos(mesa, "Terceira#3", "2") == [VENCIDA]


def test_validade_zero_nunca_vence(mesa: Mesa) -> None:
    """A operadora pode não querer idade máxima."""
    _politica(mesa, dias=0)
    _trocar(mesa, agora=INSTANTE - timedelta(days=3000))
    assert _avisos(mesa, NOVA) == []


def test_operadora_pode_recusar_a_vencida(mesa: Mesa) -> None:
    """Com ``recusa`` a senha vencida não entra, e só quem a sabe ouve o motivo."""
    _politica(mesa, "recusa", 90)
    _trocar(mesa, agora=INSTANTE - timedelta(days=90))
    resposta = enviar(mesa, NOVA)
    conferir_falha(resposta, erros.LOGIN)
    assert "venceu" in resposta.texto
    errada = enviar(mesa, "Errada#99")
    conferir_falha(errada, erros.LOGIN)
    assert "venceu" not in errada.texto


def test_recusada_por_vencer_nao_tranca(mesa: Mesa) -> None:
    """A senha certa e vencida não conta como errada: trocada, entra."""
    _politica(mesa, "recusa", 90)
    _trocar(mesa, agora=INSTANTE - timedelta(days=90))
    for _ in range(tentativas.LIMITE + 1):
        _recusada(mesa, NOVA)
    _trocar(mesa, "Terceira#3")
    assert _avisos(mesa, "Terceira#3") == []


def test_prazo_e_de_cada_operadora(mesa: Mesa) -> None:
    """O prazo de uma operadora não é o de outra."""
    with mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="111111", cnpj="11222333000181", nome="Outra"
        )
        acessos.mudar_politica_de_senhas(conn, outra.id, PoliticaDeSenhas("recusa", 1))
    _trocar(mesa, agora=INSTANTE - timedelta(days=30))
    assert _avisos(mesa, NOVA) == []


def test_vencimento_se_registra_uma_vez_por_dia(
    mesa: Mesa, no_instante: Callable[[datetime], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """O registro diz que a senha venceu uma vez por dia, não a cada mensagem."""
    _trocar(mesa, agora=INSTANTE - timedelta(days=200))
    for numero in ("1", "2"):
        assert _avisos(mesa, NOVA, numero) == [VENCIDA]
    no_instante(INSTANTE + timedelta(days=1))
    assert _avisos(mesa, NOVA, "3") == [VENCIDA]
    escrito = capsys.readouterr().out
    assert escrito.count("senha vencida") == 2
    assert DAQUI not in escrito
    assert NOVA not in escrito
