"""O calendário de faturamento: o ano gerado, as janelas abertas, a crítica ao lote fora delas."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from handlers import calendario as casos
from handlers.calendario import CalendarioRecusado, PedidoDeAno, PedidoDePeriodo
from persistence import calendario, operadoras, protocolos

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration.recepcao import Mesa

    from persistence.calendario import Periodo

_REGRA = "fora-da-competencia"


def _criar(mesa: Mesa, execucao: str, envio: str, prestador_id: int | None = None) -> Periodo:
    (de, ate), (desde, fim) = (
        [date.fromisoformat(d) for d in par.split()] for par in (execucao, envio)
    )
    with mesa.banco.escrita() as conn:
        pedido = PedidoDePeriodo(prestador_id, f"{de:%Y%m}", de, ate, desde, fim)
        return casos.criar(conn, mesa.operadora.id, pedido)


def _gerar(mesa: Mesa, ano: int, dia: int, *, uteis: bool = False) -> tuple[Periodo, ...]:
    with mesa.banco.escrita() as conn:
        return casos.gerar(conn, mesa.operadora.id, PedidoDeAno(ano, dia, uteis))


def _abertos(mesa: Mesa, hoje: str) -> list[str] | None:
    with mesa.banco.leitura() as conn:
        achados = calendario.abertos(
            conn, mesa.operadora.id, mesa.prestador.id, date.fromisoformat(hoje)
        )
    return None if achados is None else [p.competencia for p in achados]


def _criticadas(mesa: Mesa, numero: str | None) -> list[int | None]:
    chave = mesa.protocolo(numero).lote_id
    assert chave is not None
    with mesa.banco.leitura() as conn:
        return [c.guia_posicao for c in protocolos.criticas(conn, chave) if c.regra == _REGRA]


def test_ano_gerado_tem_um_periodo_por_mes(mesa: Mesa) -> None:
    """De janeiro a dezembro, cada mês se recebe até ao dia dado do seguinte."""
    feitos = _gerar(mesa, 2026, 5)
    assert [p.competencia for p in feitos] == [f"2026{mes:02d}" for mes in range(1, 13)]
    fevereiro, dezembro = feitos[1], feitos[11]
    assert (fevereiro.execucao_de, fevereiro.execucao_ate) == (
        date(2026, 2, 1), date(2026, 2, 28),
    )  # fmt: skip
    assert (fevereiro.envio_de, fevereiro.envio_ate) == (date(2026, 2, 1), date(2026, 3, 5))
    assert (dezembro.execucao_ate, dezembro.envio_ate) == (date(2026, 12, 31), date(2027, 1, 5))


def test_paga_se_no_ultimo_dia_util_do_mes_em_que_se_acaba_de_receber(mesa: Mesa) -> None:
    """O pagamento previsto pula fim de semana e feriado, como o do calendário bancário."""
    feitos = _gerar(mesa, 2026, 5)
    # março acaba numa terça; maio, num domingo; fevereiro de 2026, num sábado
    assert feitos[0].pagamento == date(2026, 2, 27)
    assert feitos[1].pagamento == date(2026, 3, 31)
    assert feitos[3].pagamento == date(2026, 5, 29)


def test_dia_util_conta_feriados(mesa: Mesa) -> None:
    """O quinto dia útil de janeiro pula o feriado do dia 1; o dia 31 cabe em fevereiro."""
    assert _gerar(mesa, 2026, 5, uteis=True)[11].envio_ate == date(2027, 1, 8)
    assert _gerar(mesa, 2027, 31)[0].envio_ate == date(2027, 2, 28)


def test_ano_ja_com_periodos_nao_se_gera_de_novo(mesa: Mesa) -> None:
    """Gerar duas vezes o mesmo ano é recusado, e nada se duplica."""
    _gerar(mesa, 2026, 5)
    with pytest.raises(CalendarioRecusado, match="202601"):
        _gerar(mesa, 2026, 10)
    with mesa.banco.leitura() as conn:
        assert len(calendario.listar(conn, mesa.operadora.id)) == 12


def test_no_comeco_do_mes_duas_competencias_estao_abertas(mesa: Mesa) -> None:
    """Até ao dia do fim recebe-se o mês anterior e o corrente; depois só este."""
    _gerar(mesa, 2026, 5)
    assert _abertos(mesa, "2026-03-05") == ["202602", "202603"]
    assert _abertos(mesa, "2026-03-06") == ["202603"]


def test_calendario_acabado_ou_alheio_nao_vale(mesa: Mesa) -> None:
    """Passado o último período, ou sem nenhum para todos, é como se não houvesse calendário."""
    assert _abertos(mesa, "2026-03-05") is None
    _criar(mesa, "2026-01-01 2026-01-31", "2026-03-01 2026-03-31", mesa.prestador.id)
    assert _abertos(mesa, "2026-03-05") is None
    _gerar(mesa, 2026, 5)
    assert _abertos(mesa, "2027-01-05") == ["202612"]
    assert _abertos(mesa, "2027-01-06") is None


def test_periodo_de_um_prestador_so_vale_para_ele(mesa: Mesa) -> None:
    """O período combinado com um prestador abre-se para ele ao lado dos de todos."""
    _gerar(mesa, 2026, 5)
    outro = mesa.outro_prestador("OUTRO")
    _criar(mesa, "2025-06-01 2025-06-30", "2026-03-01 2026-03-31", outro.id)
    assert _abertos(mesa, "2026-03-10") == ["202603"]
    _criar(mesa, "2025-07-01 2025-07-31", "2026-03-01 2026-03-31", mesa.prestador.id)
    assert _abertos(mesa, "2026-03-10") == ["202507", "202603"]


def test_o_calendario_e_de_cada_operadora(mesa: Mesa) -> None:
    """Os períodos de outra operadora não se veem, não se apagam e não criticam ninguém."""
    with mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra"
        )
        [primeiro, *_] = casos.gerar(conn, outra.id, PedidoDeAno(2026, 5, uteis=False))
        assert not calendario.apagar(conn, mesa.operadora.id, primeiro.id)
        assert calendario.listar(conn, mesa.operadora.id) == ()
    assert _abertos(mesa, "2026-03-10") is None


@pytest.mark.parametrize(
    ("execucao", "envio", "campo"),
    [
        ("2026-02-02 2026-02-01", "2026-02-01 2026-03-05", "execucaoAte"),
        ("2026-02-01 2026-02-28", "2026-03-06 2026-03-05", "envioAte"),
    ],
)
def test_periodo_ao_contrario_e_recusado(mesa: Mesa, execucao: str, envio: str, campo: str) -> None:
    """Um dia final antes do inicial não se grava, e diz-se qual."""
    with pytest.raises(CalendarioRecusado) as erro:
        _criar(mesa, execucao, envio)
    assert erro.value.campo == campo


def test_lote_fora_da_competencia_e_aceito_com_critica(
    mesa: Mesa, no_instante: Callable[[datetime], None]
) -> None:
    """A guia executada fora dos períodos abertos entra com crítica, que o recibo diz."""
    numero = mesa.enviar_lote("1").protocolo
    chave = mesa.protocolo(numero).lote_id
    assert chave is not None
    with mesa.banco.leitura() as conn:
        [guia] = protocolos.guias(conn, chave)
    executada = guia.data_realizacao
    assert executada is not None
    assert _criticadas(mesa, numero) == []
    _criar(mesa, "2020-01-01 2020-01-31", "2020-01-01 2099-12-31")
    recibo = mesa.enviar_lote("2", semente=1)
    assert _criticadas(mesa, recibo.protocolo) == [1]
    _criar(mesa, f"{executada} {executada}", "2020-01-01 2099-12-31")
    assert _criticadas(mesa, mesa.enviar_lote("3", semente=1).protocolo) == []
    no_instante(datetime(2100, 1, 1, 12, tzinfo=UTC))
    assert _criticadas(mesa, mesa.enviar_lote("4", semente=1).protocolo) == []


def test_enviar_ate_e_o_fim_da_janela_da_data(mesa: Mesa) -> None:
    """De uma data de execução sabe-se o último dia de envio, ou que não há nenhum."""
    _gerar(mesa, 2026, 5)
    with mesa.banco.leitura() as conn:
        ate = [
            calendario.enviar_ate(conn, mesa.operadora.id, mesa.prestador.id, date(ano, 11, 22))
            for ano in (2026, 2025)
        ]
    assert ate == [date(2026, 12, 5), None]
