"""Login e senha: quando se exigem, o que confere, quando travam e quando deixam de valer."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from integration.arquivos import bytes_de, lote_em_arquivo
from integration.credenciais import LOGIN, SENHA, Contadora
from integration.recepcao import (
    CNPJ,
    CODIGO,
    com,
    conferir_erro,
    conferir_falha,
    lote,
    pronta,
    status,
)
from sqlalchemy import update

from backoffice.api import LimitesDoEnvio
from backoffice.api.mensagens import RECUSAS_DE_LOGIN, atender
from dominio import erros
from handlers import senhas
from handlers.credenciais import Credenciais, forma_de_fio, verificador
from persistence import tabelas
from persistence.prestadores import VersaoAceita
from prestador.valores import identificado

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration.recepcao import AbrirMesa, Mesa, Resposta

    from persistence.banco import Banco

INSTANTE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def contadora(monkeypatch: pytest.MonkeyPatch) -> Contadora:
    """As verificações argon2 contadas."""
    nova = Contadora()
    monkeypatch.setattr(senhas, "_argon2", nova)
    return nova


@pytest.fixture
def fechada(mesa: Mesa) -> Mesa:
    """Uma mesa cujo prestador tem login registrado."""
    mesa.dar_login(LOGIN, SENHA)
    return mesa


def _enviar(
    mesa: Mesa,
    senha: str = SENHA,
    *,
    login: str = LOGIN,
    numero: str = "1",
    endereco: str = "192.0.2.10",
) -> Resposta:
    dados = pronta(lote(numero=numero, login=login, senha=senha))
    return mesa.enviar(dados, endereco=endereco)


def _com_texto_na_senha(texto: str) -> bytes:
    return pronta(com(lote(login=LOGIN, senha=SENHA), {"senhaPrestador": texto}))


@pytest.mark.usefixtures("argon2_de_verdade")
def test_senha_se_guarda_com_argon2id() -> None:
    """O verificador é argon2id com o custo escolhido, e só a senha dele o satisfaz."""
    guardado = verificador(SENHA)
    assert guardado.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert senhas.e_a_senha(guardado, forma_de_fio(SENHA))
    assert not senhas.e_a_senha(guardado, forma_de_fio(SENHA + "x"))


# --- quando se exige ------------------------------------------------------------------------------


def test_sem_login_registrado_nada_se_exige(mesa: Mesa) -> None:
    """O prestador sem credencial envia sem login."""
    assert mesa.enviar(pronta(lote())).recibo.protocolo == "10000001"


def test_login_que_ninguem_exige_nao_se_confere(mesa: Mesa) -> None:
    """Sem credencial registrada, o login que vier não impede o lote."""
    assert _enviar(mesa, "qualquer").recibo.protocolo == "10000001"


def test_login_registrado_e_exigido(fechada: Mesa) -> None:
    """Quem tem credencial não envia sem ela."""
    conferir_falha(fechada.enviar(pronta(lote())), erros.LOGIN)


def test_consulta_tambem_exige_login(fechada: Mesa) -> None:
    """Perguntar a situação exige a mesma credencial que enviar."""
    conferir_falha(fechada.perguntar("10000001"), erros.LOGIN)
    _enviar(fechada)
    situacao = fechada.perguntar("10000001", login=LOGIN, senha=SENHA).situacao
    assert situacao.status == 1


@pytest.mark.parametrize(
    ("da_operadora", "do_prestador", "exige"),
    [
        ("exigidas", None, True),
        ("registradas", "exigidas", True),
        ("exigidas", "registradas", False),
    ],
)
def test_politica_pode_exigir_de_quem_nao_tem(
    nova_mesa: AbrirMesa, da_operadora: str, do_prestador: str | None, exige: bool
) -> None:
    """A política exige credencial mesmo de quem não a registrou; a do prestador vale por cima."""
    mesa = nova_mesa(
        operadora={"credenciais": da_operadora}, prestador={"credenciais": do_prestador}
    )
    assert exige == (mesa.enviar(pronta(lote())).palavra == "LoginInvalido")


# --- o que confere --------------------------------------------------------------------------------


def test_login_e_senha_certos_passam(fechada: Mesa) -> None:
    """A senha viaja como MD5 e confere com a registrada."""
    resposta = _enviar(fechada)
    assert resposta.recibo.protocolo == "10000001"
    assert fechada.prestador.id == fechada.arquivada(resposta.id).prestador_id


@pytest.mark.parametrize("login", ["CLINICA", " clinica ", "Clinica"])
def test_grafia_do_login_nao_importa(fechada: Mesa, login: str) -> None:
    """Maiúsculas e espaços nas pontas não fazem outro login."""
    assert _enviar(fechada, login=login).recibo.protocolo == "10000001"


def test_md5_em_maiusculas_passa(fechada: Mesa) -> None:
    """O MD5 da senha em maiúsculas é o mesmo."""
    dados = _com_texto_na_senha(forma_de_fio(SENHA).upper())
    assert fechada.enviar(dados).recibo.protocolo == "10000001"


def test_senha_em_texto_claro_e_recusada_pelo_nome(fechada: Mesa) -> None:
    """A senha que não é MD5 é recusada com um texto que ensina, sem a repetir."""
    resposta = fechada.enviar(_com_texto_na_senha(SENHA))
    conferir_falha(resposta, erros.LOGIN)
    assert "MD5" in resposta.texto
    assert SENHA not in resposta.texto


def test_recusa_nao_distingue_login_de_senha(fechada: Mesa) -> None:
    """Falta, login errado e senha errada recebem exatamente os mesmos bytes."""
    respostas = [
        fechada.enviar(pronta(lote())),
        _enviar(fechada, "errada"),
        _enviar(fechada, login="outro"),
    ]
    assert len({r.resultado.corpo for r in respostas}) == 1
    conferir_falha(respostas[0], erros.LOGIN)


def test_login_desconhecido_tambem_paga_uma_verificacao(
    fechada: Mesa, contadora: Contadora
) -> None:
    """Um login que não existe custa o mesmo argon2 que uma senha errada."""
    _enviar(fechada, login="outro")
    _enviar(fechada, "errada")
    assert contadora.vezes == 2


def test_recusa_de_login_pode_ser_mensagem(nova_mesa: AbrirMesa) -> None:
    """Com a política ``mensagemErro`` a recusa de login traz o código 5005."""
    mesa = nova_mesa(operadora={"recusa": "mensagemErro", "credenciais": "exigidas"})
    conferir_erro(mesa.enviar(pronta(lote())), erros.LOGIN)


def test_login_de_outro_prestador_nao_serve(fechada: Mesa) -> None:
    """A credencial certa de outro prestador não autentica quem a origem identifica."""
    outro = fechada.outro_prestador("500001", cnpj=None)
    fechada.dar_login("vizinho", "Outra#2", outro)
    conferir_falha(_enviar(fechada, "Outra#2", login="vizinho"), erros.LOGIN)


def test_login_recusado_nao_deixa_lote(fechada: Mesa) -> None:
    """Sem autenticação nada do lote é gravado."""
    _enviar(fechada, "errada")
    assert fechada.contagens()["lote"] == 0


# --- um CNPJ com vários códigos -------------------------------------------------------------------


@pytest.mark.parametrize("dono", ["000100", CODIGO])
def test_login_escolhe_entre_os_codigos_do_cnpj(mesa: Mesa, dono: str) -> None:
    """Pelo CNPJ de dois códigos, o lote e a resposta são do código cujo login veio."""
    outro = mesa.outro_prestador("000100", cnpj=CNPJ)
    mesa.dar_login("da-matriz", "Senha#1")
    mesa.dar_login("da-filial", "Senha#2", outro)
    login, senha = ("da-filial", "Senha#2") if dono == "000100" else ("da-matriz", "Senha#1")
    quem = identificado("cnpj", CNPJ)
    resposta = mesa.enviar(pronta(lote(quem=quem, login=login, senha=senha)))
    esperado = outro.id if dono == "000100" else mesa.prestador.id
    assert esperado == mesa.protocolo(resposta.recibo.protocolo).prestador_id


def test_login_nao_alcanca_o_lote_do_outro_codigo(mesa: Mesa) -> None:
    """Autenticado por um código, nem o CNPJ comum mostra o protocolo do outro."""
    outro = mesa.outro_prestador("000100", cnpj=CNPJ)
    mesa.dar_login("da-matriz", "Senha#1")
    mesa.dar_login("da-filial", "Senha#2", outro)
    quem = identificado("cnpj", CNPJ)
    mesa.enviar(pronta(lote(quem=quem, login="da-matriz", senha="Senha#1")))
    da_filial = mesa.perguntar("10000001", quem=quem, login="da-filial", senha="Senha#2")
    assert da_filial.situacao.erro is not None


def test_politicas_sao_as_do_codigo_do_login(mesa: Mesa) -> None:
    """A versão que um código não pode usar não impede o outro, que o login identifica."""
    mesa.outro_prestador("000100", cnpj=CNPJ, versoes=[VersaoAceita("4.02.00")])
    mesa.dar_login(LOGIN, SENHA)
    quem = identificado("cnpj", CNPJ)
    recibo = mesa.enviar(pronta(lote(quem=quem, login=LOGIN, senha=SENHA))).recibo
    assert recibo.protocolo == "10000001"


# --- a tranca -------------------------------------------------------------------------------------


def _errar(mesa: Mesa, vezes: int, endereco: str = "192.0.2.10") -> None:
    for vez in range(vezes):
        conferir_falha(_enviar(mesa, f"errada {vez}", endereco=endereco), erros.LOGIN)


def test_cinco_senhas_erradas_trancam(fechada: Mesa, contadora: Contadora) -> None:
    """Depois de cinco valores errados nem a senha certa passa, e nada se verifica."""
    _errar(fechada, 5)
    verificadas = contadora.vezes
    conferir_falha(_enviar(fechada), erros.LOGIN)
    assert verificadas == contadora.vezes


def test_quatro_senhas_erradas_nao_trancam(fechada: Mesa) -> None:
    """Quatro erros ainda deixam acertar, e o acerto esquece os erros."""
    _errar(fechada, 4)
    assert _enviar(fechada).recibo.protocolo == "10000001"


def test_acerto_recomeca_a_conta(nova_mesa: AbrirMesa, banco: Banco, relogio: list[float]) -> None:
    """Quatro erros, um acerto e mais quatro erros não trancam."""
    mesa = nova_mesa(credenciais=Credenciais(banco, relogio=lambda: relogio[0]))
    mesa.dar_login(LOGIN, SENHA)
    _errar(mesa, 4)
    _enviar(mesa)
    _errar(mesa, 4)
    relogio[0] += 61
    assert _enviar(mesa, numero="2").recibo.protocolo == "10000002"


def test_a_mesma_senha_errada_conta_uma_vez(fechada: Mesa) -> None:
    """Um sistema que insiste na mesma senha velha não tranca o login."""
    for _ in range(7):
        _enviar(fechada, "velha")
    assert _enviar(fechada).recibo.protocolo == "10000001"


def test_tranca_acaba_em_cinco_minutos(
    fechada: Mesa, no_instante: Callable[[datetime], None]
) -> None:
    """A tranca dura cinco minutos contados do quinto erro."""
    no_instante(INSTANTE)
    _errar(fechada, 5)
    no_instante(INSTANTE + timedelta(minutes=4, seconds=59))
    conferir_falha(_enviar(fechada), erros.LOGIN)
    no_instante(INSTANTE + timedelta(minutes=5))
    assert _enviar(fechada).recibo.protocolo == "10000001"


def test_tranca_e_so_do_endereco(fechada: Mesa) -> None:
    """Quem erra num endereço não tranca o login de quem acerta noutro."""
    _errar(fechada, 5, endereco="203.0.113.66")
    conferir_falha(_enviar(fechada, endereco="203.0.113.66"), erros.LOGIN)
    assert _enviar(fechada, endereco="192.0.2.10").recibo.protocolo == "10000001"


def test_tranca_vale_para_qualquer_grafia_do_login(fechada: Mesa) -> None:
    """Mudar as maiúsculas do login não escapa da tranca."""
    _errar(fechada, 5)
    conferir_falha(_enviar(fechada, login=" CLINICA"), erros.LOGIN)


# --- o acerto guardado ----------------------------------------------------------------------------


@pytest.fixture
def relogio() -> list[float]:
    """Segundos do relógio que a validade dos acertos segue."""
    return [1000.0]


@pytest.fixture
def com_relogio(nova_mesa: AbrirMesa, banco: Banco, relogio: list[float]) -> Mesa:
    """Uma mesa com credencial exigida cujo relógio o teste adianta."""
    mesa = nova_mesa(
        operadora={"credenciais": "exigidas"},
        credenciais=Credenciais(banco, relogio=lambda: relogio[0]),
    )
    mesa.dar_login(LOGIN, SENHA)
    return mesa


def test_acerto_vale_um_minuto(
    com_relogio: Mesa, contadora: Contadora, relogio: list[float]
) -> None:
    """Dentro de um minuto a mesma credencial não paga outra verificação; depois, paga."""
    for numero in range(3):
        _enviar(com_relogio, numero=str(numero))
    assert contadora.vezes == 1
    relogio[0] += 59.9
    _enviar(com_relogio, numero="4")
    assert contadora.vezes == 1
    relogio[0] += 0.2
    assert _enviar(com_relogio, numero="5").resultado.erro is None
    assert contadora.vezes == 2


def test_acerto_guardado_nao_serve_a_outra_senha(com_relogio: Mesa, contadora: Contadora) -> None:
    """Depois de um acerto, a senha errada continua a ser verificada e recusada."""
    _enviar(com_relogio)
    conferir_falha(_enviar(com_relogio, "errada", numero="2"), erros.LOGIN)
    assert contadora.vezes == 2


@pytest.mark.parametrize("login", [LOGIN, "desconhecido"])
def test_a_mesma_senha_errada_verifica_se_uma_vez_por_minuto(
    com_relogio: Mesa, contadora: Contadora, relogio: list[float], login: str
) -> None:
    """Insistir no mesmo valor não paga outro argon2, exista ou não o login."""
    for _ in range(5):
        conferir_falha(_enviar(com_relogio, "errada", login=login), erros.LOGIN)
    assert contadora.vezes == 1
    _enviar(com_relogio, "errada", login=login, endereco="203.0.113.66")
    assert contadora.vezes == 2
    relogio[0] += 60.1
    _enviar(com_relogio, "errada", login=login)
    assert contadora.vezes == 3


def test_erro_guardado_nao_impede_a_senha_nova(com_relogio: Mesa) -> None:
    """O valor que era errado e passou a ser a senha vale na hora."""
    conferir_falha(_enviar(com_relogio, "Nova#2"), erros.LOGIN)
    with com_relogio.banco.escrita() as conn:
        conn.execute(
            update(tabelas.credencial).values(verificador=verificador("Nova#2"), revisao=2)
        )
    assert _enviar(com_relogio, "Nova#2").resultado.erro is None


def test_envio_com_logins_errados_demais_nao_se_examina_ate_o_fim(
    com_relogio: Mesa, contadora: Contadora
) -> None:
    """Passadas vinte recusas de login num pedido, as outras mensagens recusam-se sem verificar."""
    saida = io.BytesIO()
    with zipfile.ZipFile(saida, "w", zipfile.ZIP_DEFLATED) as arquivo:
        for n in range(RECUSAS_DE_LOGIN + 5):
            mensagem = lote_em_arquivo(str(n), login=f"login{n}", senha="errada")
            arquivo.writestr(f"{n:03}.xml", bytes_de(mensagem))
    resposta = atender(
        com_relogio.recepcao,
        LimitesDoEnvio(),
        tipo="application/zip",
        aceita="",
        corpo=saida.getvalue(),
        endereco="203.0.113.66",
    )
    feitas = json.loads(bytes(resposta.body))["mensagens"]
    assert contadora.vezes == RECUSAS_DE_LOGIN
    assert {m["erro"] for m in feitas} == {"login"}
    ditas = ["não foram examinadas" in m["texto"] for m in feitas]
    assert ditas == [False] * RECUSAS_DE_LOGIN + [True] * 5
    assert resposta.headers["cache-control"] == "no-store"


def test_credencial_revogada_cai_na_hora(com_relogio: Mesa) -> None:
    """Revogada a credencial, o acerto guardado não a salva."""
    _enviar(com_relogio)
    with com_relogio.banco.escrita() as conn:
        conn.execute(update(tabelas.credencial).values(ativa=False))
    conferir_falha(_enviar(com_relogio, numero="2"), erros.LOGIN)


def test_senha_trocada_cai_na_hora(com_relogio: Mesa) -> None:
    """Trocada a senha, a antiga deixa de valer no mesmo minuto e a nova vale."""
    _enviar(com_relogio)
    with com_relogio.banco.escrita() as conn:
        conn.execute(
            update(tabelas.credencial).values(verificador=verificador("Nova#2"), revisao=2)
        )
    conferir_falha(_enviar(com_relogio, numero="2"), erros.LOGIN)
    assert _enviar(com_relogio, "Nova#2", numero="3").resultado.erro is None


def test_senha_nao_fica_em_lugar_nenhum(fechada: Mesa) -> None:
    """Nem a resposta nem o arquivo que se lê mostram a senha ou o seu MD5."""
    for resposta in (_enviar(fechada), _enviar(fechada, "errada", numero="2")):
        guardada = fechada.arquivada(resposta.id)
        tudo = b"".join(
            (guardada.pedido or b"", guardada.resposta or b"", str(guardada.detalhes).encode())
        )
        for texto in (SENHA, forma_de_fio(SENHA), "errada", forma_de_fio("errada")):
            assert texto.encode() not in tudo


def test_pergunta_de_status_usa_o_mesmo_acerto(com_relogio: Mesa, contadora: Contadora) -> None:
    """O acerto vale para todos os serviços do prestador."""
    _enviar(com_relogio)
    dados = pronta(status("10000001", login=LOGIN, senha=SENHA))
    com_relogio.enviar(dados, servico="tissSolicitacaoStatusProtocolo")
    assert contadora.vezes == 1


def test_fila_de_verificacoes_que_nao_anda_e_sobrecarga(
    nova_mesa: AbrirMesa, banco: Banco, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sem vaga para verificar responde-se 503, sem contar como senha errada."""
    monkeypatch.setattr(senhas, "_ESPERA", 0.01)
    conferidor = Credenciais(banco, simultaneas=1)
    mesa = nova_mesa(credenciais=conferidor)
    mesa.dar_login(LOGIN, SENHA)
    with conferidor._senhas._vagas:
        for _ in range(5):
            resposta = _enviar(mesa)
            conferir_falha(resposta, erros.SOBRECARGA)
            assert resposta.resultado.http == 503
    assert _enviar(mesa).recibo.protocolo == "10000001"
