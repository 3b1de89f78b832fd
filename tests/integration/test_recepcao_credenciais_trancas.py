"""As trancas: o que um estranho pode, o que não pode, e que o dono da senha sempre entra."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from integration.credenciais import (
    DAQUI,
    LOGIN,
    SENHA,
    Contadora,
    enviar,
    erradas,
    errar,
)
from integration.recepcao import SERVICOS_FEITOS, conferir_falha
from sqlalchemy import func, select

from dominio import erros
from handlers import senhas
from handlers.credenciais import Credenciais
from handlers.recepcao import Recepcao
from handlers.senhas import ENDERECO_LIMITADO, LOGIN_TRANCADO, forma_de_fio
from persistence import tabelas, tentativas

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration.recepcao import AbrirMesa, Mesa

    from persistence.banco import Banco

INSTANTE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DE_FORA = "203.0.113.7"
_LIMITE_DO_LOGIN = tentativas.LIMITE_DO_LOGIN // tentativas.LIMITE


@pytest.fixture
def contadora(monkeypatch: pytest.MonkeyPatch) -> Contadora:
    """As verificações argon2 contadas."""
    nova = Contadora()
    monkeypatch.setattr(senhas, "_argon2", nova)
    return nova


@pytest.fixture
def relogio() -> list[float]:
    """Segundos do relógio que a validade dos acertos guardados segue."""
    return [1000.0]


@pytest.fixture
def fechada(nova_mesa: AbrirMesa, banco: Banco, relogio: list[float]) -> Mesa:
    """Uma mesa cujo prestador tem login registrado e cujo relógio o teste adianta."""
    mesa = nova_mesa(credenciais=Credenciais(banco, relogio=lambda: relogio[0]))
    mesa.dar_login(LOGIN, SENHA)
    return mesa


def _outro_processo(mesa: Mesa) -> Mesa:
    """A mesma operadora e o mesmo banco, sem nada do que o processo tinha na memória."""
    recepcao = Recepcao(mesa.banco, SERVICOS_FEITOS, Credenciais(mesa.banco))
    return type(mesa)(mesa.banco, recepcao, mesa.operadora, mesa.prestador)


def _trancar_o_login(mesa: Mesa, *, comeco: int = 0) -> None:
    """Tantos endereços erram que o login se tranca a desconhecidos."""
    for vez in range(_LIMITE_DO_LOGIN):
        errar(mesa, tentativas.LIMITE, f"198.51.100.{comeco + vez}", comeco=comeco + vez + 1)


def _entra(mesa: Mesa, numero: str = "1", **opcoes: str) -> bool:
    resposta = enviar(mesa, numero=numero, **opcoes)
    if resposta.resultado.erro is None:
        return True
    conferir_falha(resposta, erros.LOGIN)
    return False


# --- a tranca de (login, endereço) ----------------------------------------------------------------


def test_tranca_vale_em_outro_processo(fechada: Mesa) -> None:
    """O que um processo trancou está trancado para os outros, e para o mesmo depois de parar."""
    errar(fechada, tentativas.LIMITE)
    assert not _entra(_outro_processo(fechada))


def test_acerto_de_outro_nao_serve_a_quem_esta_trancado(fechada: Mesa) -> None:
    """Com o acerto do dono ainda na memória, o endereço trancado não pode testar a senha certa."""
    assert _entra(fechada)
    errar(fechada, tentativas.LIMITE, DE_FORA)
    assert not _entra(fechada, "2", endereco=DE_FORA)


def test_tranca_fica_anotada_no_arquivo(fechada: Mesa) -> None:
    """Quem olha a mensagem recusada vê que foi pela tranca, o que a resposta não diz."""
    errar(fechada, tentativas.LIMITE)
    resposta = enviar(fechada)
    assert LOGIN_TRANCADO in (fechada.arquivada(resposta.id).detalhes or {})["avisos"]
    assert LOGIN_TRANCADO not in resposta.resultado.corpo.decode()


def test_ipv6_tranca_a_rede_inteira(fechada: Mesa) -> None:
    """Trocar de endereço dentro da mesma /64 não dá tentativas novas."""
    for vez in range(tentativas.LIMITE):
        errar(fechada, 1, f"2001:db8::{vez + 1:x}", comeco=vez)
    assert not _entra(fechada, endereco="2001:db8::ffff")
    assert _entra(fechada, endereco="2001:db8:0:1::1")


def test_erros_esquecem_se_num_dia(fechada: Mesa, no_instante: Callable[[datetime], None]) -> None:
    """Quatro erros de ontem e um de hoje não trancam."""
    no_instante(INSTANTE)
    errar(fechada, tentativas.LIMITE - 1)
    no_instante(INSTANTE + timedelta(hours=24))
    errar(fechada, 1, comeco=1)
    assert _entra(fechada)


def test_tentativas_ao_mesmo_tempo_nao_passam_do_limite(
    nova_mesa: AbrirMesa, banco: Banco, contadora: Contadora
) -> None:
    """De doze palpites simultâneos verificam-se cinco, mais o que já tinha vaga."""
    mesa = nova_mesa(credenciais=Credenciais(banco, simultaneas=2))
    mesa.dar_login(LOGIN, SENHA)
    palpites = islice(erradas(mesa), 12)
    linhas = [threading.Thread(target=enviar, args=(mesa, palpite)) for palpite in palpites]
    for linha in linhas:
        linha.start()
    for linha in linhas:
        linha.join()
    assert tentativas.LIMITE <= contadora.vezes <= tentativas.LIMITE + 1


def test_no_maximo_duas_verificacoes_ao_mesmo_tempo(
    nova_mesa: AbrirMesa, banco: Banco, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oito mensagens juntas nunca fazem mais de duas verificações argon2 de uma vez."""
    mesa = nova_mesa(credenciais=Credenciais(banco))
    mesa.dar_login(LOGIN, SENHA)
    trinco, dentro, maior = threading.Lock(), [0], [0]
    verdadeira = senhas._argon2

    class Lenta:
        def verify(self, resumo: str, senha: str) -> bool:
            with trinco:
                dentro[0] += 1
                maior[0] = max(maior[0], dentro[0])
            try:
                threading.Event().wait(0.05)
                return verdadeira.verify(resumo, senha)
            finally:
                with trinco:
                    dentro[0] -= 1

    monkeypatch.setattr(senhas, "_argon2", Lenta())
    linhas = [
        threading.Thread(target=enviar, args=(mesa,), kwargs={"endereco": f"192.0.2.{n}"})
        for n in range(8)
    ]
    for linha in linhas:
        linha.start()
    for linha in linhas:
        linha.join()
    assert maior[0] == 2


# --- o estranho não tranca o dono -----------------------------------------------------------------


def test_estranho_de_muitos_enderecos_nao_tranca_o_hospital(
    fechada: Mesa, relogio: list[float]
) -> None:
    """Trancado o login a desconhecidos, entra quem ali acertou nos últimos trinta dias."""
    assert _entra(fechada)
    _trancar_o_login(fechada)
    relogio[0] += 61
    assert _entra(fechada, "2")


def test_login_trancado_alcanca_enderecos_novos(fechada: Mesa) -> None:
    """Trancado o login, nem a senha certa entra de um endereço em que nunca acertou."""
    assert _entra(fechada)
    _trancar_o_login(fechada)
    assert not _entra(fechada, "2", endereco=DE_FORA)


def test_login_trancado_passa_em_cinco_minutos(
    fechada: Mesa, no_instante: Callable[[datetime], None]
) -> None:
    """A tranca do login também dura cinco minutos."""
    no_instante(INSTANTE)
    _trancar_o_login(fechada)
    no_instante(INSTANTE + timedelta(minutes=4, seconds=59))
    assert not _entra(fechada, endereco=DE_FORA)
    no_instante(INSTANTE + timedelta(minutes=5))
    assert _entra(fechada, endereco=DE_FORA)


@pytest.mark.parametrize(("dias", "entra"), [(29, True), (30, False)])
def test_acerto_vale_trinta_dias(
    fechada: Mesa, no_instante: Callable[[datetime], None], dias: int, entra: bool
) -> None:
    """O endereço deixa de ser conhecido trinta dias depois do último acerto."""
    with fechada.banco.escrita() as conn:
        quando = INSTANTE - timedelta(days=dias)
        tentativas.registrar_acerto(conn, fechada.operadora.id, LOGIN, DAQUI, quando)
    no_instante(INSTANTE)
    _trancar_o_login(fechada)
    assert entra == _entra(fechada)


def test_acerto_do_dono_nao_da_mais_tentativas_ao_estranho(
    fechada: Mesa, relogio: list[float]
) -> None:
    """O dono entrar não destranca o login para os desconhecidos."""
    assert _entra(fechada)
    _trancar_o_login(fechada)
    relogio[0] += 61
    assert _entra(fechada, "2")
    assert not _entra(fechada, "3", endereco=DE_FORA)


# --- o estranho no mesmo endereço -----------------------------------------------------------------


def test_estranho_no_mesmo_endereco_nao_tranca_o_hospital(
    fechada: Mesa, contadora: Contadora, relogio: list[float]
) -> None:
    """Sob uma chuva de palpites do seu endereço o hospital entra, e palpite nenhum se verifica."""
    assert _entra(fechada)
    errar(fechada, tentativas.LIMITE)
    antes = contadora.vezes
    for vez in range(3):
        relogio[0] += 61
        errar(fechada, 10, comeco=vez + 1)
        assert _entra(fechada, str(vez + 2))
    assert antes + 3 == contadora.vezes


def test_hospital_entra_sob_palpites_tambem_num_processo_novo(fechada: Mesa) -> None:
    """O que deixa a senha certa passar pela tranca está no banco, não na memória."""
    assert _entra(fechada)
    errar(fechada, tentativas.LIMITE)
    assert _entra(_outro_processo(fechada), "2")


def test_acerto_sob_tranca_nao_destranca(fechada: Mesa, contadora: Contadora) -> None:
    """Depois de o dono passar pela tranca, os palpites continuam sem se verificar."""
    assert _entra(fechada)
    errar(fechada, tentativas.LIMITE)
    assert _entra(_outro_processo(fechada), "2")
    antes = contadora.vezes
    errar(fechada, 5, comeco=1)
    assert antes == contadora.vezes


# --- o endereço -----------------------------------------------------------------------------------


def _muitos_logins(mesa: Mesa, quantos: int = tentativas.LIMITE_DO_ENDERECO) -> None:
    for vez in range(quantos):
        conferir_falha(enviar(mesa, "errada", login=f"login{vez}", endereco=DAQUI), erros.LOGIN)


def test_cinquenta_logins_limitam_o_endereco(fechada: Mesa, contadora: Contadora) -> None:
    """O endereço que errou cinquenta logins não tenta outro, e nada se verifica nem se grava."""
    _muitos_logins(fechada, 49)
    assert _entra(fechada)
    _muitos_logins(fechada, 51)
    # os quarenta e nove repetem-se dentro do minuto
    assert contadora.vezes == 49 + 1 + 1
    resposta = enviar(fechada, login="login99")
    assert ENDERECO_LIMITADO in (fechada.arquivada(resposta.id).detalhes or {})["avisos"]


def test_endereco_limitado_nao_alcanca_quem_ja_entrou_por_ele(
    fechada: Mesa, relogio: list[float]
) -> None:
    """Num endereço partilhado, os logins que ali acertaram continuam a entrar."""
    assert _entra(fechada)
    fechada.dar_login("novato", SENHA)
    _muitos_logins(fechada)
    relogio[0] += 61
    assert _entra(fechada, "2")
    assert not _entra(fechada, "3", login="novato")


def test_endereco_limitado_e_so_esse(fechada: Mesa) -> None:
    """O limite de um endereço não é de outro."""
    _muitos_logins(fechada)
    assert _entra(fechada, endereco=DE_FORA)


def test_limite_do_endereco_passa_em_uma_hora(
    fechada: Mesa, no_instante: Callable[[datetime], None]
) -> None:
    """Uma hora depois dos erros o endereço tenta outra vez."""
    no_instante(INSTANTE)
    _muitos_logins(fechada)
    no_instante(INSTANTE + timedelta(minutes=59))
    assert not _entra(fechada)
    no_instante(INSTANTE + timedelta(hours=1))
    assert _entra(fechada)


# --- o que fica gravado ---------------------------------------------------------------------------


def test_resumo_do_valor_errado_tem_chave_e_e_curto(fechada: Mesa) -> None:
    """Do valor errado ficam 24 bits de um HMAC, de que não se volta a ele."""
    palpite = next(erradas(fechada))
    enviar(fechada, palpite)
    with fechada.banco.leitura() as conn:
        consulta = select(tabelas.tentativa_login.c.erros)
        guardados = {r for lista in conn.execute(consulta).scalars() for r in lista}
    [resumo] = guardados
    assert len(resumo) == 6
    fio = forma_de_fio(palpite)
    sem_chave = [f"{fechada.operadora.registro_ans}:{fio}", fio, f"{LOGIN}:{fio}"]
    assert resumo not in [hashlib.sha256(t.encode()).hexdigest()[:6] for t in sem_chave]


def test_filtro_e_um_byte_que_o_acerto_ensina(fechada: Mesa) -> None:
    """Um acerto grava um byte do resumo da senha; o erro, nada."""

    def filtro() -> str | None:
        with fechada.banco.leitura() as conn:
            return conn.execute(select(tabelas.credencial.c.filtro)).scalar_one()

    errar(fechada, 1)
    assert filtro() is None
    enviar(fechada)
    assert len(filtro() or "") == 2


def test_chave_perdida_nao_tranca_ninguem(fechada: Mesa) -> None:
    """Apagada a chave dos resumos, faz-se outra, e a senha certa continua a entrar."""
    assert _entra(fechada)
    with fechada.banco.escrita() as conn:
        conn.execute(tabelas.segredo.delete())
    assert _entra(_outro_processo(fechada), "2")


def test_limpar_deixa_o_que_ainda_pesa(fechada: Mesa) -> None:
    """Apagam-se os erros de um dia antes e os acertos de trinta dias antes da data, só esses."""
    op = fechada.operadora.id
    with fechada.banco.escrita() as conn:
        for n, (endereco, dias) in enumerate((("velho", 2), ("novo", 0))):
            tentativas.registrar_erro(
                conn,
                op,
                f"l{n}",
                endereco,
                resumo_do_valor="aa",
                agora=INSTANTE - timedelta(days=dias),
            )
        for login, dias in (("a", 31), ("b", 29)):
            quando = INSTANTE - timedelta(days=dias)
            tentativas.registrar_acerto(conn, op, login, DAQUI, quando)
        apagadas = tentativas.limpar(conn, INSTANTE)
        erros_ = set(conn.execute(select(tabelas.tentativa_login.c.endereco)).scalars())
        acertos = set(conn.execute(select(tabelas.acerto_login.c.login_normal)).scalars())
    # a linha que soma os endereços de um login vai com ela
    assert (apagadas, erros_, acertos) == (3, {"novo", "*"}, {"B"})


def test_acerto_repetido_nao_escreve(fechada: Mesa, relogio: list[float]) -> None:
    """No mesmo dia, verificar outra vez a mesma senha não grava nada de novo."""
    assert _entra(fechada)
    with fechada.banco.leitura() as conn:
        antes = conn.execute(select(tabelas.acerto_login.c.em)).scalar_one()
    relogio[0] += 61
    assert _entra(fechada, "2")
    with fechada.banco.leitura() as conn:
        consulta = select(func.max(tabelas.acerto_login.c.em), func.count())
        assert conn.execute(consulta).one() == (antes, 1)
