from __future__ import annotations

import dataclasses
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from integration.exemplos import AGORA
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from dominio.situacao import StatusProtocolo, TransicaoProibida
from persistence import lotes, mensagens, operadoras, protocolos
from persistence.erros import NumeroEmUso
from persistence.lotes import Critica, NovoLote
from persistence.tabelas import metadados

if TYPE_CHECKING:
    from integration.exemplos import Cadastro, FabricaDeLote

    from persistence.banco import Banco
    from persistence.lotes import ProtocoloRegistrado

S = StatusProtocolo
THREADS = 20


def _registrar(banco: Banco, novo: NovoLote) -> ProtocoloRegistrado:
    with banco.escrita() as conn:
        return lotes.registrar(conn, novo)


def _passar(banco: Banco, protocolo_id: int, *situacoes: StatusProtocolo) -> None:
    for situacao in situacoes:
        with banco.escrita() as conn:
            protocolos.transitar(conn, protocolo_id, situacao, "teste")


def _linhas(banco: Banco) -> dict[str, int]:
    contadas = ("lote", "protocolo", "historico", "guia", "item", "critica")
    with banco.leitura() as conn:
        return {
            nome: conn.execute(
                select(func.count()).select_from(metadados.tables[nome])
            ).scalar_one()
            for nome in contadas
        }


def test_protocolo_recebido_tem_o_numero_da_serie(
    banco: Banco, cadastro: Cadastro, lote_novo: FabricaDeLote
) -> None:
    """O lote registrado fica Recebido, com o total informado ao centavo e o resto zero."""
    registrado = _registrar(banco, dataclasses.replace(lote_novo("077"), avisos=("versao",)))
    with banco.leitura() as conn:
        lido = protocolos.por_numero(conn, cadastro.operadora.id, registrado.numero)
    assert lido is not None
    assert lido._asdict() == {
        "id": registrado.id,
        "operadora_id": cadastro.operadora.id,
        "numero": 10000001,
        "prestador_id": cadastro.prestador.id,
        "tipo": "lote",
        "lote_id": registrado.lote_id,
        "lote_numero": "077",
        "lote_tipo": "guiaSP-SADT",
        "quantidade_guias": 2,
        "mensagem_id": "m1",
        "versao": "4.03.00",
        "canal": "soap",
        "status": S.RECEBIDO,
        "recebido_em": AGORA,
        "data_envio": date(2025, 3, 10),
        "homologacao": False,
        "informado": Decimal("2469135.78"),
        "processado": Decimal(0),
        "liberado": Decimal(0),
        "glosa": Decimal(0),
        "analise_visivel": False,
        "avisos": ("versao",),
    }
    assert lido.recebido_em.utcoffset() == timedelta(0)


def test_protocolo_de_outra_operadora_nao_aparece(banco: Banco, lote_novo: FabricaDeLote) -> None:
    """O número só se acha na operadora dona dele."""
    registrado = _registrar(banco, lote_novo())
    with banco.escrita() as conn:
        outra = operadoras.adicionar(conn, registro_ans="1", cnpj="11222333000181", nome="O")
    with banco.leitura() as conn:
        assert protocolos.por_numero(conn, outra.id, registrado.numero) is None


def test_guias_e_itens_voltam_como_vieram(
    banco: Banco, cadastro: Cadastro, lote_novo: FabricaDeLote
) -> None:
    """Cada campo de guia e item volta igual: textos com controles, datas, horas e decimais."""
    novo = lote_novo(guias=3)
    registrado = _registrar(banco, novo)
    with banco.leitura() as conn:
        guias = protocolos.guias(conn, registrado.lote_id)
        itens = protocolos.itens(conn, registrado.lote_id)
    assert [g.posicao for g in guias] == [1, 2, 3]
    for guardada, informada in zip(guias, novo.lote.guias, strict=True):
        comuns = set(guardada._fields) & set(informada._fields)
        assert len(comuns) == 16
        assert {c: getattr(guardada, c) for c in comuns} == {
            c: getattr(informada, c) for c in comuns
        }
        assert (guardada.executante_id, guardada.status) == (cadastro.prestador.id, S.RECEBIDO)
        assert guardada[-3:] == (Decimal(0),) * 3
    assert [(i.guia_posicao, i.posicao, i.item) for i in itens] == [
        (n, m, item) for n, g in enumerate(novo.lote.guias, 1) for m, item in enumerate(g.itens, 1)
    ]
    assert {i[-3:] for i in itens} == {(Decimal(0),) * 3}


def test_valor_com_casas_demais_e_recusado_e_nada_fica(
    banco: Banco, lote_novo: FabricaDeLote
) -> None:
    """Um valor que não cabe em centavos não é arredondado: desfaz tudo."""
    novo = lote_novo()
    torta = novo.lote.guias[0]._replace(total_franquia=Decimal("0.001"))
    novo = dataclasses.replace(novo, lote=novo.lote._replace(guias=(torta,)))
    with pytest.raises(ValueError, match="casas"):
        _registrar(banco, novo)
    assert set(_linhas(banco).values()) == {0}


def test_lote_sem_a_sua_mensagem_nao_passa_do_commit(
    banco: Banco, lote_novo: FabricaDeLote
) -> None:
    """Um protocolo cuja mensagem não está no arquivo é desfeito no commit."""
    novo = dataclasses.replace(lote_novo(), mensagem_id="outra")
    with pytest.raises(IntegrityError):
        _registrar(banco, novo)
    assert set(_linhas(banco).values()) == {0}


def test_criticas_voltam_na_ordem(banco: Banco, lote_novo: FabricaDeLote) -> None:
    """As críticas do lote, das guias e dos itens voltam como foram registradas."""
    criticas = (
        Critica(None, None, "numero-lote", "5053", "critica", "Número não numérico"),
        Critica(2, 1, "soma", "5042", "critica", "Soma não confere"),
    )
    registrado = _registrar(banco, dataclasses.replace(lote_novo(), criticas=criticas))
    with banco.leitura() as conn:
        assert protocolos.criticas(conn, registrado.lote_id) == criticas


def test_homologacao_tem_serie_propria(
    banco: Banco, cadastro: Cadastro, lote_novo: FabricaDeLote
) -> None:
    """Um lote de homologação não gasta número da série real."""
    teste = _registrar(banco, dataclasses.replace(lote_novo("1"), homologacao=True))
    real = _registrar(banco, lote_novo("2", mensagem="m2"))
    with banco.leitura() as conn:
        lido = protocolos.por_numero(conn, cadastro.operadora.id, teste.numero)
    assert (teste.numero, real.numero) == (900000000001, 10000001)
    assert lido is not None
    assert lido.homologacao


def test_numero_em_uso_diz_o_lote_que_o_ocupa(banco: Banco, lote_novo: FabricaDeLote) -> None:
    """O mesmo número de lote vivo é recusado sem gravar nada e sem estragar a transação."""
    primeiro = _registrar(banco, lote_novo("1"))
    antes = _linhas(banco)
    segundo = lote_novo("1", mensagem="m2")
    with banco.escrita() as conn:
        with pytest.raises(NumeroEmUso) as erro:
            lotes.registrar(conn, segundo)
        assert lotes.vivo(conn, segundo.prestador_id, "1") == erro.value.existente
        assert lotes.vivo(conn, segundo.prestador_id, "2") is None
    assert erro.value.existente == (
        primeiro.id, primeiro.numero, primeiro.lote_id, "m1", date(2025, 3, 10),
    )  # fmt: skip
    assert _linhas(banco) == antes


@pytest.mark.parametrize(
    "caminho", [(S.CANCELADO,), (S.EM_ANALISE, S.ENCERRADO_SEM_PAGAMENTO)], ids=["9", "4"]
)
def test_numero_fica_livre_quando_o_lote_morre(
    banco: Banco, lote_novo: FabricaDeLote, caminho: tuple[StatusProtocolo, ...]
) -> None:
    """Cancelado ou encerrado o lote, o seu número pode ser usado de novo."""
    primeiro = _registrar(banco, lote_novo("1"))
    _passar(banco, primeiro.id, *caminho)
    segundo = _registrar(banco, lote_novo("1", mensagem="m2"))
    assert segundo.numero == primeiro.numero + 1


def test_reabrir_com_o_numero_ja_tomado_e_recusado(
    banco: Banco, cadastro: Cadastro, lote_novo: FabricaDeLote
) -> None:
    """Reabrir um encerrado cujo número já é de outro lote diz qual, e nada muda."""
    primeiro = _registrar(banco, lote_novo("1"))
    _passar(banco, primeiro.id, S.EM_ANALISE, S.ENCERRADO_SEM_PAGAMENTO)
    segundo = _registrar(banco, lote_novo("1", mensagem="m2"))
    with banco.escrita() as conn, pytest.raises(NumeroEmUso) as erro:
        protocolos.transitar(conn, primeiro.id, S.EM_ANALISE, "teste")
    with banco.leitura() as conn:
        lido = protocolos.por_numero(conn, cadastro.operadora.id, primeiro.numero)
        passagens = protocolos.historico(conn, primeiro.id)
    assert erro.value.existente.protocolo_numero == segundo.numero
    assert lido is not None
    assert lido.status is S.ENCERRADO_SEM_PAGAMENTO
    assert len(passagens) == 3


def test_reabrir_ocupa_o_numero_outra_vez(banco: Banco, lote_novo: FabricaDeLote) -> None:
    """Reaberto um encerrado, o seu número volta a ser dele."""
    primeiro = _registrar(banco, lote_novo("1"))
    _passar(banco, primeiro.id, S.EM_ANALISE, S.ENCERRADO_SEM_PAGAMENTO, S.EM_ANALISE)
    with pytest.raises(NumeroEmUso):
        _registrar(banco, lote_novo("1", mensagem="m2"))


def test_historico_guarda_cada_passagem(banco: Banco, lote_novo: FabricaDeLote) -> None:
    """Cada passagem fica no histórico com quando, de onde, para onde, quem e por quê."""
    registrado = _registrar(banco, lote_novo())
    depois = AGORA + timedelta(hours=1)
    with banco.escrita() as conn:
        passado = protocolos.transitar(
            conn, registrado.id, S.CANCELADO, "ana", "a pedido", agora=depois
        )
    with banco.leitura() as conn:
        passagens = protocolos.historico(conn, registrado.id)
    assert passado.status is S.CANCELADO
    assert passagens == (
        (AGORA, None, S.RECEBIDO, "gateway", None),
        (depois, S.RECEBIDO, S.CANCELADO, "ana", "a pedido"),
    )


def test_guias_seguem_o_protocolo_menos_as_canceladas(
    banco: Banco, lote_novo: FabricaDeLote
) -> None:
    """A passagem do protocolo leva as guias, salvo a que já estava cancelada."""
    registrado = _registrar(banco, lote_novo(guias=2))
    with banco.escrita() as conn:
        conn.execute(text("UPDATE guia SET status = 9 WHERE posicao = 1"))
        protocolos.transitar(conn, registrado.id, S.EM_ANALISE, "ana")
    with banco.leitura() as conn:
        situacoes = [g.status for g in protocolos.guias(conn, registrado.lote_id)]
    assert situacoes == [S.CANCELADO, S.EM_ANALISE]


def test_passagem_que_o_ciclo_nao_tem_e_recusada(banco: Banco, lote_novo: FabricaDeLote) -> None:
    """De Recebido não se paga; e um protocolo que não há não passa a nada."""
    registrado = _registrar(banco, lote_novo())
    with pytest.raises(TransicaoProibida):
        _passar(banco, registrado.id, S.PAGO)
    with pytest.raises(LookupError):
        _passar(banco, registrado.id + 1, S.EM_ANALISE)


def test_vinte_lotes_iguais_ao_mesmo_tempo_dao_um_protocolo(
    banco: Banco, lote_novo: FabricaDeLote
) -> None:
    """De vinte registros simultâneos do mesmo número um vinga e os outros sabem qual."""
    novo = lote_novo("1")
    juntos = Barrier(THREADS)

    def tentar(_: int) -> int:
        juntos.wait(30)
        try:
            return _registrar(banco, novo).numero
        except NumeroEmUso as erro:
            return -erro.existente.protocolo_numero

    with ThreadPoolExecutor(THREADS) as threads:
        numeros = sorted(threads.map(tentar, range(THREADS)))
    assert numeros[-1] > 0
    assert numeros[:-1] == [-numeros[-1]] * (THREADS - 1)
    assert _linhas(banco)["protocolo"] == 1


def test_lotes_diferentes_ao_mesmo_tempo_tem_numeros_diferentes(
    banco: Banco, lote_novo: FabricaDeLote
) -> None:
    """Registros simultâneos de lotes diferentes vingam todos, sem repetir protocolo."""
    novos = [lote_novo(str(n), mensagem=f"m{n}", guias=1) for n in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as threads:
        registrados = list(threads.map(lambda novo: _registrar(banco, novo), novos))
    assert len({r.numero for r in registrados}) == THREADS
    assert _linhas(banco)["item"] == 2 * THREADS


def test_vinte_reservas_iguais_ao_mesmo_tempo_dao_uma(
    banco: Banco, cadastro: Cadastro, lote_novo: FabricaDeLote
) -> None:
    """De vinte cópias em voo da mesma mensagem só uma executa."""
    mensagem = lote_novo().mensagem_id
    juntos = Barrier(THREADS)

    def tentar(_: int) -> bool:
        juntos.wait(30)
        with banco.escrita() as conn:
            return mensagens.reservar(conn, cadastro.prestador.id, "tissLoteGuias", "ab", mensagem)

    with ThreadPoolExecutor(THREADS) as threads:
        obtidos = list(threads.map(tentar, range(THREADS)))
    assert sorted(obtidos) == [False] * (THREADS - 1) + [True]


def test_quem_espera_por_uma_reserva_desfeita_fica_com_ela(
    banco: Banco, cadastro: Cadastro, lote_novo: FabricaDeLote
) -> None:
    """Se a primeira cópia falha e desfaz, a segunda, que a esperava, executa."""
    mensagem = lote_novo().mensagem_id
    chave = (cadastro.prestador.id, "tissLoteGuias", "ab", mensagem)

    def segunda() -> bool:
        with banco.escrita() as conn:
            return mensagens.reservar(conn, *chave)

    def primeira(threads: ThreadPoolExecutor, esperando: list[Future[bool]]) -> None:
        with banco.escrita() as conn:
            assert mensagens.reservar(conn, *chave)
            esperando.append(threads.submit(segunda))
            time.sleep(0.3)
            assert not esperando[0].done()
            raise ZeroDivisionError

    esperando: list[Future[bool]] = []
    with ThreadPoolExecutor(1) as threads:
        with pytest.raises(ZeroDivisionError):
            primeira(threads, esperando)
        assert esperando[0].result(30)
