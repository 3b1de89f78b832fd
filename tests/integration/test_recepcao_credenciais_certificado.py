"""Certificado de cliente em lugar de login, ou com ele, por acordo com cada prestador."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from integration.credenciais import LOGIN, SENHA, Contadora, enviar
from integration.recepcao import CNPJ, EM_VIGOR, SERVICOS_FEITOS, conferir_falha, lote, pronta

from dominio import erros
from handlers import senhas
from handlers.credenciais import CERTIFICADO_RECUSADO, Credenciais
from handlers.recepcao import Recepcao
from handlers.reexecucao import reexecutar
from persistence import acessos
from persistence.acessos import Certificado
from persistence.prestadores import VersaoAceita
from prestador.valores import identificado

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration.recepcao import Mesa, Resposta

    from persistence.banco import Banco
    from persistence.prestadores import Prestador

MEU, ALHEIO = "a1" * 32, "b2" * 32
VALE_ATE = datetime(2045, 1, 1, tzinfo=UTC)


def _dar(
    mesa: Mesa, sha256: str = MEU, quem: Prestador | None = None, ate: datetime = VALE_ATE
) -> None:
    with mesa.banco.escrita() as conn:
        acessos.adicionar_certificado(
            conn,
            quem or mesa.prestador,
            Certificado(
                sha256, "CN=Hospital", "CN=AC", datetime(2020, 1, 1, tzinfo=UTC), ate,
                datetime(2020, 1, 1, tzinfo=UTC),
            ),
        )  # fmt: skip


def _exigir(mesa: Mesa, autenticacao: str, quem: Prestador | None = None) -> None:
    with mesa.banco.escrita() as conn:
        acessos.mudar_autenticacao(conn, quem or mesa.prestador, autenticacao)


def _sem_login(mesa: Mesa, certificado: str | None, numero: str = "1") -> Resposta:
    return mesa.enviar(pronta(lote(numero=numero)), certificado=certificado)


def _entrou(resposta: Resposta) -> bool:
    if resposta.resultado.erro is None:
        return True
    conferir_falha(resposta, erros.LOGIN)
    return False


@pytest.fixture
def com_certificado(mesa: Mesa) -> Mesa:
    """Um prestador que se identifica só com certificado."""
    _dar(mesa)
    _exigir(mesa, "certificado")
    return mesa


@pytest.fixture
def com_ambos(mesa: Mesa) -> Mesa:
    """Um prestador que se identifica com certificado e login."""
    _dar(mesa)
    mesa.dar_login(LOGIN, SENHA)
    _exigir(mesa, "ambos")
    return mesa


# --- a política -----------------------------------------------------------------------------------


def test_de_fabrica_o_certificado_nao_substitui_o_login(mesa: Mesa) -> None:
    """Ter certificado registrado não dispensa o login enquanto a política é ``login``."""
    _dar(mesa)
    mesa.dar_login(LOGIN, SENHA)
    assert not _entrou(_sem_login(mesa, MEU))
    assert _entrou(enviar(mesa, certificado=ALHEIO))


def test_certificado_dispensa_o_login(com_certificado: Mesa) -> None:
    """Com a política ``certificado`` a mensagem entra sem login, em nome do prestador."""
    resposta = _sem_login(com_certificado, MEU)
    assert _entrou(resposta)
    assert com_certificado.arquivada(resposta.id).prestador_id == com_certificado.prestador.id


def test_certificado_dispensa_tambem_a_senha_que_vem(
    com_certificado: Mesa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Login e senha que venham com o certificado não se verificam."""
    com_certificado.dar_login(LOGIN, SENHA)
    contadora = Contadora()
    monkeypatch.setattr(senhas, "_argon2", contadora)
    assert _entrou(enviar(com_certificado, "qualquer", certificado=MEU))
    assert contadora.vezes == 0


@pytest.mark.parametrize("certificado", [None, ALHEIO, MEU.upper(), MEU[:-1]])
def test_sem_o_seu_certificado_nao_entra(com_certificado: Mesa, certificado: str | None) -> None:
    """Sem certificado, ou com outro, é LoginInvalido, mesmo com a senha certa."""
    com_certificado.dar_login(LOGIN, SENHA)
    assert not _entrou(_sem_login(com_certificado, certificado))
    resposta = enviar(com_certificado, certificado=certificado)
    assert not _entrou(resposta)
    avisos = (com_certificado.arquivada(resposta.id).detalhes or {})["avisos"]
    assert avisos == [CERTIFICADO_RECUSADO]


def test_recusa_do_certificado_e_igual_a_do_login(com_ambos: Mesa) -> None:
    """A resposta não diz se faltou o certificado, se a senha está errada ou se falta o login."""
    respostas = [
        enviar(com_ambos, certificado=ALHEIO),
        enviar(com_ambos, "errada", certificado=MEU),
        _sem_login(com_ambos, MEU),
    ]
    assert len({r.resultado.corpo for r in respostas}) == 1


@pytest.mark.parametrize(
    ("senha", "certificado", "entra"),
    [(SENHA, MEU, True), (SENHA, None, False), (SENHA, ALHEIO, False), ("errada", MEU, False)],
)
def test_ambos_pede_os_dois(
    com_ambos: Mesa, senha: str, certificado: str | None, entra: bool
) -> None:
    """Com a política ``ambos`` só entra quem tem a senha e o certificado."""
    assert entra == _entrou(enviar(com_ambos, senha, certificado=certificado))


def test_acerto_guardado_nao_dispensa_o_certificado(com_ambos: Mesa) -> None:
    """Logo depois de entrar com os dois, a senha sozinha continua a não entrar."""
    assert _entrou(enviar(com_ambos, certificado=MEU))
    assert not _entrou(enviar(com_ambos, numero="2"))


def test_consulta_tambem_pede_o_certificado(com_certificado: Mesa) -> None:
    """Perguntar a situação exige o mesmo certificado que enviar."""
    assert _entrou(_sem_login(com_certificado, MEU))
    conferir_falha(com_certificado.perguntar("10000001"), erros.LOGIN)


# --- o certificado --------------------------------------------------------------------------------


def test_varios_certificados_valem_ao_mesmo_tempo(com_certificado: Mesa) -> None:
    """Para renovar sem parar, o novo se acrescenta ao antigo; removido, o antigo cai na hora."""
    _dar(com_certificado, ALHEIO)
    assert all(_entrou(_sem_login(com_certificado, c, c[0])) for c in (MEU, ALHEIO))
    with com_certificado.banco.escrita() as conn:
        assert acessos.remover_certificado(conn, com_certificado.prestador, MEU)
    assert not _entrou(_sem_login(com_certificado, MEU, "3"))
    assert _entrou(_sem_login(com_certificado, ALHEIO, "4"))


def test_certificado_vencido_nao_entra(
    com_certificado: Mesa, no_instante: Callable[[datetime], None]
) -> None:
    """O certificado vale até ao seu fim, ainda que um proxy o deixe passar."""
    instante = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    _dar(com_certificado, ALHEIO, ate=instante)
    no_instante(instante - timedelta(seconds=1))
    assert _entrou(_sem_login(com_certificado, ALHEIO))
    no_instante(instante)
    assert not _entrou(_sem_login(com_certificado, ALHEIO, "2"))


def test_certificado_de_outro_prestador_nao_serve(com_certificado: Mesa) -> None:
    """O certificado de um prestador não autentica o outro que a origem diz."""
    outro = com_certificado.outro_prestador("500001", cnpj=None)
    _dar(com_certificado, ALHEIO, outro)
    _exigir(com_certificado, "certificado", outro)
    assert not _entrou(_sem_login(com_certificado, ALHEIO))
    quem = identificado("codigo", "500001", nome="Prestador 500001")
    assert _entrou(com_certificado.enviar(pronta(lote(quem=quem)), certificado=ALHEIO))


def test_certificado_fica_anotado_e_a_reexecucao_o_usa(com_certificado: Mesa) -> None:
    """O arquivo diz com que certificado a mensagem veio; reexecutada, dá o mesmo desfecho."""
    resposta = _sem_login(com_certificado, MEU)
    guardada = com_certificado.arquivada(resposta.id)
    assert (guardada.detalhes or {})["certificado"] == MEU

    def montar(banco: Banco) -> Recepcao:
        return Recepcao(banco, SERVICOS_FEITOS, Credenciais(banco))

    feita = reexecutar(com_certificado.banco, resposta.id, montar)
    assert (feita.agora.desfecho, feita.agora.erro) == ("respondida", None)


# --- um CNPJ com vários códigos -------------------------------------------------------------------

PELO_CNPJ = identificado("cnpj", CNPJ)


def _de(mesa: Mesa, resposta: Resposta) -> int:
    return mesa.protocolo(resposta.recibo.protocolo).prestador_id


def test_certificado_escolhe_entre_os_codigos_do_cnpj(com_certificado: Mesa) -> None:
    """Pelo CNPJ de dois códigos, o lote é do código de que é o certificado."""
    outro = com_certificado.outro_prestador("000100", cnpj=CNPJ)
    _dar(com_certificado, ALHEIO, outro)
    _exigir(com_certificado, "certificado", outro)
    dados = pronta(lote(quem=PELO_CNPJ))
    resposta = com_certificado.enviar(dados, certificado=ALHEIO)
    assert _de(com_certificado, resposta) == outro.id
    dados = pronta(lote(quem=PELO_CNPJ, numero="2"))
    resposta = com_certificado.enviar(dados, certificado=MEU)
    assert _de(com_certificado, resposta) == com_certificado.prestador.id


def test_politicas_sao_as_do_codigo_do_certificado(com_certificado: Mesa) -> None:
    """A versão que um código não pode usar não impede o outro, que o certificado identifica."""
    com_certificado.outro_prestador("000100", cnpj=CNPJ, versoes=[VersaoAceita("4.02.00")])
    dados = pronta(lote(quem=PELO_CNPJ))
    assert EM_VIGOR != "4.02.00"
    assert _entrou(com_certificado.enviar(dados, certificado=MEU))


def test_codigo_sem_login_nao_abre_o_que_pede_certificado(com_certificado: Mesa) -> None:
    """Um código sem exigência não deixa enviar em nome do outro do mesmo CNPJ, que a tem."""
    livre = com_certificado.outro_prestador("000100", cnpj=CNPJ)
    resposta = com_certificado.enviar(pronta(lote(quem=PELO_CNPJ)))
    assert _de(com_certificado, resposta) == livre.id


def test_um_certificado_de_varios_codigos(com_certificado: Mesa) -> None:
    """O certificado de dois códigos fala pelos dois; o login diz qual, sem precisar de senha."""
    outro = com_certificado.outro_prestador("000100", cnpj=CNPJ)
    _dar(com_certificado, MEU, outro)
    _exigir(com_certificado, "certificado", outro)
    com_certificado.dar_login("da-filial", "Senha#22", outro)
    for login, esperado in (("da-filial", outro.id), (None, com_certificado.prestador.id)):
        mensagem = lote(
            quem=PELO_CNPJ,
            numero=login or "2",
            login=login,
            senha=None if login is None else "Outra#33",
        )
        quem = com_certificado.enviar(pronta(mensagem), certificado=MEU)
        if login is not None:
            assert _de(com_certificado, quem) == esperado
        else:
            assert _de(com_certificado, quem) in {outro.id, com_certificado.prestador.id}


def test_login_de_um_codigo_nao_vale_pelo_que_pede_certificado(com_certificado: Mesa) -> None:
    """O login do código que pede certificado não entra com a senha, nem por outro do CNPJ."""
    livre = com_certificado.outro_prestador("000100", cnpj=CNPJ)
    com_certificado.dar_login("da-livre", "Senha#22", livre)
    com_certificado.dar_login(LOGIN, SENHA)
    mensagem = lote(quem=PELO_CNPJ, login=LOGIN, senha=SENHA)
    assert not _entrou(com_certificado.enviar(pronta(mensagem)))
    mensagem = lote(quem=PELO_CNPJ, login="da-livre", senha="Senha#22", numero="2")
    assert _de(com_certificado, com_certificado.enviar(pronta(mensagem))) == livre.id
