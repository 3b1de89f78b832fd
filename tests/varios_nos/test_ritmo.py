"""O limite por prestador: dos processos todos, e nada para os outros nem para quem envia pouco."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner
from integration.arquivos import bytes_de, lote_em_arquivo
from integration.recepcao import CNPJ, Mesa, abrir_mesa, conferir_falha, lote, pronta
from sqlalchemy import func, select

from backoffice.api import mensagens
from backoffice.api.envio import Arquivo, LimitesDoEnvio
from dominio import erros
from gateway.linha_de_comando import comando
from handlers.credenciais import Credenciais
from handlers.recepcao import Recepcao
from handlers.ritmo import Ritmo
from persistence import baldes, tabelas
from persistence.baldes import Limite
from prestador.valores import identificado

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from integration.recepcao import Resposta

    from persistence.banco import Banco

LIMITE = Limite(por_minuto=60, rajada=20)
SENHA = "Exemplo#2026"
CASA, FORA = "192.0.2.10", "198.51.100.7"


class Relogio:
    """Um relógio que só anda quando o teste manda."""

    def __init__(self) -> None:
        self.segundos = 1_700_000_000.0

    def __call__(self) -> float:
        return self.segundos

    def ns(self) -> int:
        return int(self.segundos * 1e9)


class Nos:
    """Dois processos diante do mesmo banco, com um prestador que prova quem é."""

    def __init__(self, banco: Banco, padrao: Limite = LIMITE) -> None:
        self.relogio = Relogio()
        self.ritmos = [
            Ritmo(banco, padrao, relogio=self.relogio, agora_ns=self.relogio.ns) for _ in range(2)
        ]
        mesa = abrir_mesa(banco)
        mesa.dar_login("hospital", SENHA)
        credenciais = Credenciais(banco)
        recepcao = mesa.recepcao
        self.mesas = [
            Mesa(
                banco,
                Recepcao(banco, recepcao._assuntos, credenciais, ritmo=ritmo),
                mesa.operadora,
                mesa.prestador,
            )
            for ritmo in self.ritmos
        ]
        self._numero = 0

    def enviar(self, no: int = 0, *, endereco: str = CASA, senha: str = SENHA) -> Resposta:
        self._numero += 1
        dados = pronta(lote(numero=str(self._numero), login="hospital", senha=senha))
        return self.mesas[no].enviar(dados, endereco=endereco)

    def aceitas(self, quantas: int, *nos: int, **opcoes: str) -> int:
        """Quantas passam de tantas enviadas, alternando os nós."""
        respostas = (self.enviar(nos[n % len(nos)], **opcoes) for n in range(quantas))
        return sum(not r.resultado.falha for r in respostas)


def _guardadas(banco: Banco) -> int:
    with banco.leitura() as conn:
        return conn.execute(select(func.count()).select_from(tabelas.mensagem)).scalar_one()


def test_dois_processos_partilham_o_limite_e_o_que_passa_dele_nao_se_guarda(banco: Banco) -> None:
    """Passa a rajada e um décimo por processo; depois 429 sem arquivo; com o tempo, cabe mais."""
    nos = Nos(banco)
    passaram = nos.aceitas(30, 0, 1)
    assert LIMITE.rajada <= passaram <= LIMITE.rajada + 2 * 2
    guardadas = _guardadas(banco)

    recusada = nos.enviar()
    conferir_falha(recusada, erros.LIMITE)
    assert recusada.resultado.http == 429
    espera = recusada.resultado.tente_em
    assert espera is not None
    assert 1 <= espera <= 10
    assert f"Espere {espera} segundo" in (recusada.resultado.texto or "")
    assert _guardadas(banco) == guardadas

    # um por segundo: dez segundos, dez mensagens, e o que se devia desconta-se
    nos.relogio.segundos += 10
    assert 10 - 2 * 2 <= nos.aceitas(20, 0, 1) <= 10 + 2 * 2


def test_quem_envia_pouco_nunca_toca_no_balde(banco: Banco) -> None:
    """Abaixo de um décimo da rajada em cada enchimento não há transação que seja do limite."""
    nos = Nos(banco)
    for _ in range(4):
        assert nos.aceitas(1, 0) == 1
        nos.relogio.segundos += 30
    with banco.leitura() as conn:
        assert conn.execute(select(tabelas.balde)).all() == []


def test_o_limite_de_um_nao_e_dos_outros(banco: Banco) -> None:
    """Com um prestador no limite, outro da mesma operadora e do mesmo endereço passa."""
    nos = Nos(banco)
    mesa = nos.mesas[0]
    outro = mesa.outro_prestador("777001", cnpj="12ABC34501DE35")
    mesa.dar_login("outro", SENHA, outro)
    assert nos.aceitas(30, 0) < 30
    eu = identificado("codigo", "777001", nome="Outra Clínica")
    resposta = mesa.enviar(pronta(lote(quem=eu, login="outro", senha=SENHA)), endereco=CASA)
    assert not resposta.resultado.falha


def test_na_porta_espera_quem_e_sozinho_no_endereco(banco: Banco) -> None:
    """O endereço de um só prestador espera sem se ler, salvo algumas; o de vários, nunca."""
    nos = Nos(banco)
    nos.aceitas(30, 0)
    recepcao = nos.mesas[0].recepcao
    esperas = [recepcao.espera(CASA) for _ in range(10)]
    assert (esperas.count(0), max(esperas)) == (1, esperas[0])
    assert 0 < esperas[0] <= LIMITE.rajada
    assert recepcao.espera(FORA) == 0

    mesa = nos.mesas[0]
    outro = mesa.outro_prestador("777001", cnpj="12ABC34501DE35")
    mesa.dar_login("outro", SENHA, outro)
    eu = identificado("codigo", "777001", nome="Outra Clínica")
    mesa.enviar(pronta(lote(quem=eu, login="outro", senha=SENHA)), endereco=CASA)
    assert {recepcao.espera(CASA) for _ in range(10)} == {0}


def test_quem_nao_se_prova_nao_gasta_o_de_ninguem(banco: Banco) -> None:
    """Senhas erradas contam-se pelo endereço: o prestador passa, e as de mais nem se guardam."""
    nos = Nos(banco)
    erradas = [nos.enviar(endereco=FORA, senha="Errada#2026") for _ in range(30)]
    ditas = [r.resultado.erro for r in erradas]
    assert ditas[0] == "login"
    assert ditas[-1] == "limite"
    assert _guardadas(banco) == ditas.count("login")
    assert nos.mesas[0].recepcao.espera(FORA) == 0
    assert nos.aceitas(2, 0, endereco=FORA) == 2


def test_a_espera_diz_o_que_falta_ate_um_minuto(banco: Banco) -> None:
    """Quem encheu o seu balde por muito tempo ouve um minuto; quase a acabar, o que falta."""
    nos = Nos(banco)
    with banco.escrita() as conn:
        baldes.definir(conn, nos.mesas[0].operadora.id, None, Limite(1, 1))
    # a rajada, e a que um processo deixa passar antes de somar
    assert nos.aceitas(2, 0) == 2
    assert nos.enviar().resultado.tente_em == 60
    nos.relogio.segundos += 55
    assert nos.enviar().resultado.tente_em == 5


def test_os_erros_de_um_estranho_nao_escondem_os_de_quem_se_provou(banco: Banco) -> None:
    """Do mesmo endereço, um estranho já só ouve 429, e o prestador ainda sabe o que tem errado."""
    nos = Nos(banco)
    assert nos.aceitas(1, 0) == 1
    # de um login qualquer, só a primeira senha errada se verifica; contam-se todas
    estranhas = [nos.enviar(senha="Errada#2026").resultado.erro for _ in range(30)]
    assert (estranhas[0], estranhas[-1]) == ("login", "limite")

    ruim = pronta(lote(login="hospital", senha=SENHA)).replace(b"4.03.00<", b"4.03.99<")
    ditas = [nos.mesas[0].enviar(ruim, endereco=CASA).resultado.erro for _ in range(30)]
    assert ditas[0] not in {"limite", None}
    # tem a sua conta, que também se enche
    assert LIMITE.rajada <= ditas.index("limite") <= LIMITE.rajada + 1


def test_arquivos_gastam_do_mesmo_balde(banco: Banco) -> None:
    """Um envio em arquivo para onde o limite acaba; o que entrou fica, e o resto nem se lê."""
    nos = Nos(banco)
    mesa = nos.mesas[0]
    enviados = [
        Arquivo(f"{n}.xml", bytes_de(lote_em_arquivo(str(n), login="hospital", senha=SENHA)))
        for n in range(100, 130)
    ]
    atendidas = mensagens.receber(mesa.recepcao, LimitesDoEnvio(), enviados, endereco=CASA)
    entraram = [a for a in atendidas if a.resultado.erro is None]
    assert LIMITE.rajada <= len(entraram) <= LIMITE.rajada + 2
    assert {a.resultado.erro for a in atendidas[len(entraram) :]} == {"limite"}
    assert mesa.contagens()["protocolo"] == len(entraram)
    assert 1 <= int(mensagens.tente_em(atendidas)["Retry-After"]) <= 60
    assert not mensagens.tudo_alem_do_limite(atendidas)
    assert nos.enviar().resultado.erro == "limite"


def test_relogio_que_anda_para_tras_nao_prende(banco: Banco) -> None:
    """O balde cheio por um relógio adiantado esvazia-se em duas rajadas, e não no que ele andou."""
    nos = Nos(banco)
    with banco.escrita() as conn:
        dele = {
            "operadora_id": nos.mesas[0].operadora.id,
            "prestador_id": nos.mesas[0].prestador.id,
        }
        agora = nos.relogio.ns() // 1000
        baldes.gastar(conn, **dele, mensagens=1, limite=LIMITE, agora_us=agora + 3_600_000_000)
        espera = baldes.gastar(conn, **dele, mensagens=1, limite=LIMITE, agora_us=agora)
    assert espera <= (LIMITE.rajada + 1) * LIMITE.intervalo_us


def test_o_cadastro_diz_o_limite_de_cada_um(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``limites set`` põe e tira o da operadora e o de um prestador; ``list`` os mostra."""
    monkeypatch.setenv("TISS_GATEWAY_DATABASE__URL", f"sqlite:///{tmp_path / 'limites.db'}")

    def rodar(*argumentos: str) -> str:
        saida = CliRunner().invoke(comando, list(argumentos))
        assert saida.exit_code == 0, saida.output
        return saida.output

    da = ("--registro-ans", "999999")
    rodar("operadora", "add", *da, "--cnpj", "45123987000170", "--nome", "Operadora Inventada")
    rodar("prestador", "add", *da, "--codigo", "013950", "--nome", "Clínica", "--cnpj", CNPJ,
          "--cnes", "7654321")  # fmt: skip
    rodar("limites", "set", *da, "--por-minuto", "600")
    rodar("limites", "set", *da, "--prestador", "013950", "--por-minuto", "60", "--rajada", "5")
    linhas = [linha.split() for linha in rodar("limites", "list", *da).splitlines()[1:]]
    assert linhas == [
        ["operadora", "600", "200"],
        ["013950", "60", "5"],
        ["padrão", "sem", "limite", "200"],
    ]
    rodar("limites", "set", *da, "--padrao")
    assert "operadora" not in rodar("limites", "list", *da)
    negado = CliRunner().invoke(comando, ["limites", "set", *da])
    assert negado.exit_code == 2


def test_o_limite_do_cadastro_vale_por_cima_do_padrao(banco: Banco) -> None:
    """O do prestador vence o da operadora, que vence o da configuração; 0 é sem limite."""
    nos = Nos(banco)
    mesa = nos.mesas[0]
    with banco.escrita() as conn:
        baldes.definir(conn, mesa.operadora.id, mesa.prestador.id, Limite(0, 1))
        baldes.definir(conn, mesa.operadora.id, None, Limite(60, 1))
    assert nos.aceitas(30, 0) == 30
    with banco.escrita() as conn:
        baldes.definir(conn, mesa.operadora.id, mesa.prestador.id, None)
    nos.relogio.segundos += 31
    # a rajada, e a que um processo deixa passar antes de somar
    assert nos.aceitas(5, 0) == 2
