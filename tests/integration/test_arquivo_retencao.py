"""O expurgo: os bytes vão-se no prazo de cada tipo, a linha e as provas ficam."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.arquivados import INSTANTE, abrir, arquivar, cadastrar, mensagem, selar
from integration.exemplos import AGORA
from pydantic import ValidationError
from sqlalchemy import insert, update

from dominio.competencia import agora
from dominio.situacao import StatusProtocolo
from gateway.arquivo.conferencia import conferir
from gateway.arquivo.expurgo import expurgar as expurgar_tudo
from gateway.arquivo.expurgo import expurgar_auditoria
from gateway.secoes.arquivo import Arquivo
from persistence import auditoria, lotes, mensagens, retencao, tabelas
from persistence.retencao import Prazos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from integration.exemplos import FabricaDeLote

    from persistence.banco import Banco

PRAZOS = Prazos(timedelta(days=1000), timedelta(days=500), timedelta(days=90))


@pytest.fixture
def arquivo(nova_url: Callable[[bool], str], tmp_path: Path) -> Iterator[Banco]:
    """Um banco em dia, cifrado."""
    banco = abrir(nova_url(True), tmp_path)
    yield banco
    banco.fechar()


def _expurgar(banco: Banco, dias: float, limite: int = 100) -> int:
    with banco.escrita() as conn:
        return retencao.expurgar(conn, INSTANTE + timedelta(days=dias), PRAZOS, limite)


def _com_bytes(banco: Banco, *numeros: int) -> list[bool]:
    with banco.leitura() as conn:
        lidas = [mensagens.ler(conn, None, f"m{n}") for n in numeros]
    return [m is not None and m.pedido is not None for m in lidas]


TIPOS: dict[int, dict[str, Any]] = {
    1: {"desfecho": "respondida"},
    2: {"desfecho": "recusada"},
    3: {"desfecho": "falha"},
    4: {"desfecho": "recusada", "autenticada": False},
    5: {"desfecho": "recusada", "autenticada": None},
}


@pytest.mark.parametrize(
    ("dias", "ficam"),
    [
        (89, {1, 2, 3, 4, 5}),
        (91, {1, 2, 3}),
        (499, {1, 2, 3}),
        (501, {1}),
        (999, {1}),
        (1001, set()),
    ],
)
def test_cada_tipo_tem_o_seu_prazo(arquivo: Banco, dias: int, ficam: set[int]) -> None:
    """Respondida, recusada de autenticado e de desconhecido vencem cada uma a seu tempo."""
    for numero, valores in TIPOS.items():
        arquivar(arquivo, numero, **valores)
    selar(arquivo)
    assert _expurgar(arquivo, dias) == len(TIPOS) - len(ficam)
    assert {n for n in TIPOS if _com_bytes(arquivo, n) == [True]} == ficam


def test_expurgada_guarda_a_linha_e_ainda_se_prova(arquivo: Banco) -> None:
    """Depois do expurgo a mensagem diz quando se expurgou, e o arquivo inteiro ainda confere."""
    arquivar(arquivo, 1, 2, 3, desfecho="recusada")
    arquivar(arquivo, 4)
    selar(arquivo)
    assert _expurgar(arquivo, 600) == 3
    with arquivo.leitura() as conn:
        lida = mensagens.ler(conn, None, "m1")
    assert lida is not None
    assert (lida.pedido, lida.resposta) == (None, None)
    assert lida.expurgada_em == INSTANTE + timedelta(days=600)
    assert lida.resposta_sha256 is not None
    relatorio = conferir(arquivo)
    assert (relatorio.achados, relatorio.seladas, relatorio.expurgadas) == ((), 4, 3)
    with arquivo.escrita() as conn:
        conn.execute(update(tabelas.mensagem).where(tabelas.mensagem.c.id == "m2").values(http=500))
    assert [a.onde for a in conferir(arquivo).achados] == ["mensagem m2"]


def test_o_que_nao_esta_selado_nao_se_expurga(arquivo: Banco) -> None:
    """Sem selo nada provaria o que se apagou."""
    arquivar(arquivo, 1)
    assert _expurgar(arquivo, 5000) == 0
    selar(arquivo)
    assert _expurgar(arquivo, 5000) == 1


def test_expurgo_vai_dos_mais_velhos_em_lotes(arquivo: Banco) -> None:
    """Cada lote tem no máximo o que se pediu, e o mais velho vai primeiro."""
    for numero in (3, 1, 2):
        arquivar(arquivo, numero, recebida_em=INSTANTE + timedelta(days=numero))
    selar(arquivo)
    assert _expurgar(arquivo, 5000, 2) == 2
    assert _com_bytes(arquivo, 1, 2, 3) == [False, False, True]
    assert _expurgar(arquivo, 5000, 2) == 1
    assert _expurgar(arquivo, 5000, 2) == 0


@pytest.mark.parametrize(
    ("situacao", "vai"),
    [(s, s in retencao.ENCERRADOS) for s in StatusProtocolo if s != StatusProtocolo.NAO_LOCALIZADO],
)
def test_mensagem_de_protocolo_em_aberto_nunca_se_expurga(
    banco: Banco, lote_novo: FabricaDeLote, situacao: StatusProtocolo, vai: bool
) -> None:
    """Enquanto o protocolo não se encerra, a mensagem que o trouxe fica, por velha que seja."""
    novo = lote_novo()
    with banco.escrita() as conn:
        lotes.registrar(conn, novo)
        conn.execute(update(tabelas.protocolo).values(status=int(situacao)))
    selar(banco)
    with banco.escrita() as conn:
        feitas = retencao.expurgar(conn, AGORA + timedelta(days=9000), PRAZOS, 10)
    assert feitas == int(vai)


def test_expurgada_deixa_de_ser_reconhecida_como_repetida(arquivo: Banco) -> None:
    """Sem a resposta a repetir, a mesma mensagem outra vez é uma mensagem nova."""
    operadora, prestador = cadastrar(arquivo)
    nova = mensagem(1, operadora_id=operadora, prestador_id=prestador, servico="tissLoteGuias")
    chave = (prestador, "tissLoteGuias", nova.sha256)
    with arquivo.escrita() as conn:
        assert mensagens.reservar(conn, *chave, "m1")
        mensagens.arquivar(conn, nova)
    selar(arquivo)
    assert _expurgar(arquivo, 5000) == 1
    with arquivo.escrita() as conn:
        assert mensagens.executada(conn, *chave) is None
        assert mensagens.reservar(conn, *chave, "m1")


def test_trabalho_expurga_pelos_ajustes(arquivo: Banco) -> None:
    """O trabalho usa os prazos da configuração e diz quantas foram."""
    arquivar(arquivo, 1, 2, desfecho="recusada", autenticada=False)
    arquivar(arquivo, 3)
    selar(arquivo)
    quando = INSTANTE + timedelta(days=100)
    assert expurgar_tudo(arquivo, quando, Arquivo()) == "mensagens expurgadas: 2"
    assert expurgar_tudo(arquivo, quando, Arquivo()) is None


def _evento(banco: Banco, idade: timedelta) -> None:
    with banco.escrita() as conn:
        conn.execute(
            insert(tabelas.auditoria).values(
                em=agora() - idade, quem="a", porta="cli", acao="ler", alvo_tipo="x", alvo="1"
            )
        )


def test_auditoria_vencida_apaga_se_em_lotes(
    arquivo: Banco, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O trabalho apaga os eventos vencidos em várias transações, e os outros ficam."""
    monkeypatch.setattr("gateway.arquivo.expurgo._POR_LOTE", 2)
    for _ in range(5):
        _evento(arquivo, timedelta(days=102))
    _evento(arquivo, timedelta(days=100))
    ajustes = Arquivo(retention_audit=100)
    lotes_feitos: list[int] = []
    apagar = auditoria.apagar

    def contar(*argumentos: Any) -> int:
        lotes_feitos.append(apagar(*argumentos))
        return lotes_feitos[-1]

    monkeypatch.setattr(auditoria, "apagar", contar)
    assert expurgar_auditoria(arquivo, agora(), ajustes) == "eventos de auditoria apagados: 5"
    assert lotes_feitos == [2, 2, 1]
    assert expurgar_auditoria(arquivo, agora(), ajustes) is None


def test_com_o_menor_prazo_nao_se_esbarra_na_guarda_do_banco(arquivo: Banco) -> None:
    """Com 90 dias o trabalho não toca no que o banco ainda guarda, nem falha por segundos."""
    for idade in (timedelta(days=90, seconds=1), timedelta(days=91, seconds=1)):
        _evento(arquivo, idade)
    ajustes = Arquivo(retention_audit=90)
    assert expurgar_auditoria(arquivo, agora(), ajustes) == "eventos de auditoria apagados: 1"


@pytest.mark.parametrize("chave", ["accepted", "refused", "unauthenticated", "audit"])
def test_prazo_menor_que_noventa_dias_e_recusado(chave: str) -> None:
    """Nenhum prazo pode ser menor do que o que se exige dos registros."""
    Arquivo(**{f"retention_{chave}": 90})
    with pytest.raises(ValidationError):
        Arquivo(**{f"retention_{chave}": 89})
