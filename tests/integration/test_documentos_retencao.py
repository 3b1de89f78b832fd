"""Por quanto tempo se guardam os documentos: conforme o que acompanham, e nunca os do que vive."""

from __future__ import annotations

import os
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from integration.documento import arquivos, mandar, mesa_com_deposito
from pydantic import ValidationError
from sqlalchemy import insert, select, update

from dominio.competencia import agora
from dominio.situacao import StatusProtocolo
from gateway.arquivo.expurgo import expurgar_documentos
from gateway.secoes.documentos import Documentos
from persistence import documentos, retencao_de_documentos, tabelas
from persistence.arquivos import ArquivoAusente, Pasta
from persistence.retencao import ENCERRADOS
from persistence.retencao_de_documentos import Prazos

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from integration.recepcao import Mesa

    from persistence.banco import Banco
    from persistence.documentos import Documento

S = StatusProtocolo
P1 = "10000001"
PRAZOS = Prazos(timedelta(days=1000), timedelta(days=500), timedelta(days=200))
GUARDADAS = [s for s in S if s is not S.NAO_LOCALIZADO]


@pytest.fixture
def mesa(banco: Banco, pasta: Path) -> Mesa:
    """A recepção que guarda documentos, com um lote de duas guias já recebido."""
    aberta = mesa_com_deposito(banco, pasta)
    aberta.enviar_lote(guias=2)
    return aberta


def _expurgar(mesa: Mesa, dias: float, limite: int = 100) -> int:
    with mesa.banco.escrita() as conn:
        quando = agora() + timedelta(days=dias)
        return retencao_de_documentos.expurgar(conn, quando, PRAZOS, limite)


def _por(mesa: Mesa, status: StatusProtocolo, *guias: StatusProtocolo) -> None:
    """Põe o lote numa situação, e cada guia na sua, ou todas na dele."""
    with mesa.banco.escrita() as conn:
        conn.execute(update(tabelas.protocolo).values(status=int(status)))
        for posicao, da_guia in enumerate(guias or (status, status), 1):
            conn.execute(
                update(tabelas.guia)
                .where(tabelas.guia.c.posicao == posicao)
                .values(status=int(da_guia))
            )


def _lido(mesa: Mesa, numero: str | None) -> Documento:
    with mesa.banco.leitura() as conn:
        achado = documentos.por_numero(conn, mesa.operadora.id, int(numero or 0))
    assert achado is not None
    return achado


def _vence(mesa: Mesa) -> float | None:
    """O primeiro dos prazos em que o documento que há se expurga; ausente, nunca."""
    for dias in (199, 201, 499, 501, 999, 1001, 9000):
        if _expurgar(mesa, dias):
            return dias
    return None


CITA: dict[str, dict[str, Any]] = {
    "o lote": {"protocolo": P1},
    "a guia no lote": {"protocolo": P1, "guia_prestador": "1001"},
    "a guia": {"guia_prestador": "1001"},
}


@pytest.mark.parametrize("cita", CITA)
@pytest.mark.parametrize("status", GUARDADAS, ids=lambda s: s.name)
def test_cada_situacao_tem_o_seu_prazo(mesa: Mesa, cita: str, status: StatusProtocolo) -> None:
    """Encerrado e cancelado vencem a seu tempo; em aberto, nunca, por velho que seja."""
    mandar(mesa, **CITA[cita])
    _por(mesa, status)
    esperado = None
    if status in ENCERRADOS:
        esperado = 501 if status is S.CANCELADO else 1001
    assert _vence(mesa) == esperado


@pytest.mark.parametrize(
    ("cita", "vence"), [("o lote", 1001), ("a guia no lote", 501), ("a guia", 501)]
)
def test_guia_cancelada_de_lote_pago_vence_como_cancelada(
    mesa: Mesa, cita: str, vence: float
) -> None:
    """O documento de uma guia cancelada segue a guia; o do lote, o lote."""
    mandar(mesa, **CITA[cita])
    _por(mesa, S.PAGO, S.CANCELADO, S.PAGO)
    assert _vence(mesa) == vence


def test_documento_que_nenhuma_guia_veio_buscar(mesa: Mesa) -> None:
    """O que espera por uma guia que não vem tem prazo próprio."""
    mandar(mesa, guia_prestador="9999")
    assert _vence(mesa) == 201


def test_recurso_em_aberto_segura_os_documentos_do_lote(mesa: Mesa) -> None:
    """Enquanto se recorre de um lote pago, o que o prova fica."""
    mandar(mesa, protocolo=P1)
    recurso = mesa.protocolo(mesa.enviar_lote("2").protocolo)
    original = mesa.protocolo(P1)
    with mesa.banco.escrita() as conn:
        conn.execute(
            insert(tabelas.recurso),
            {
                "protocolo_id": recurso.id, "operadora_id": mesa.operadora.id,
                "prestador_id": original.prestador_id, "original_id": original.id,
                "lote_id": original.lote_id, "sequencia": 1, "numero_guia": "R1", "sha256": "0",
                "vivo": True, "origem": "webservice", "objeto": "1", "odonto": False,
                "prestador_forma": "codigo", "prestador_valor": "1",
                "data_recurso": date(2026, 3, 1), "total_dito": Decimal(0), "revisao": 1,
            },
        )  # fmt: skip
        conn.execute(
            update(tabelas.protocolo)
            .where(tabelas.protocolo.c.id == original.id)
            .values(status=int(S.PAGO))
        )
    assert _expurgar(mesa, 9000) == 0
    _por(mesa, S.PAGO)
    assert _expurgar(mesa, 9000) == 1


def test_expurgado_fica_a_linha_e_a_varredura_leva_o_conteudo(mesa: Mesa, pasta: Path) -> None:
    """A linha diz quando; o conteúdo já não se dá, e o arquivo vai-se com as sobras."""
    numero = mandar(mesa, guia_prestador="9999").protocolo
    assert _expurgar(mesa, 300) == 1
    lido = _lido(mesa, numero)
    assert lido.expurgado_em is not None
    with mesa.banco.leitura() as conn, pytest.raises(ArquivoAusente):
        list(documentos.conteudo(conn, Pasta(pasta), lido))
    [arquivo] = arquivos(pasta)
    os.utime(arquivo, (0, 0))
    assert documentos.varrer(mesa.banco, Pasta(pasta)) == 1
    assert arquivos(pasta) == []


def test_conteudo_que_e_tambem_de_outro_documento_fica(mesa: Mesa, pasta: Path) -> None:
    """O mesmo arquivo num documento expurgado e noutro que vive não se apaga."""
    mandar(mesa, guia_prestador="9999")
    vivo = mandar(mesa, protocolo=P1).protocolo
    assert _expurgar(mesa, 300) == 1
    [arquivo] = arquivos(pasta)
    os.utime(arquivo, (0, 0))
    assert documentos.varrer(mesa.banco, Pasta(pasta)) == 0
    with mesa.banco.leitura() as conn:
        assert b"".join(documentos.conteudo(conn, Pasta(pasta), _lido(mesa, vivo)))


def test_expurgado_que_volta_a_chegar_guarda_se_de_novo(mesa: Mesa) -> None:
    """Sem o conteúdo já não é o mesmo documento: recebe número novo, e há o que ler."""
    velho = mandar(mesa, guia_prestador="9999").protocolo
    assert mandar(mesa, guia_prestador="9999", sequencial="2").protocolo == velho
    _expurgar(mesa, 300)
    novo = mandar(mesa, guia_prestador="9999", sequencial="3").protocolo
    assert novo != velho
    assert _lido(mesa, novo).expurgado_em is None


def test_expurgo_vai_dos_mais_velhos_em_lotes(mesa: Mesa) -> None:
    """Cada lote tem no máximo o que se pediu, e o mais velho vai primeiro."""
    numeros = [mandar(mesa, guia_prestador=f"9{n}").protocolo for n in range(3)]
    d = tabelas.documento.c
    with mesa.banco.escrita() as conn:
        for dias, numero in enumerate(reversed(numeros)):
            conn.execute(
                update(tabelas.documento)
                .where(d.numero == int(numero or 0))
                .values(recebido_em=agora() - timedelta(days=100 - dias))
            )
    assert _expurgar(mesa, 500, 2) == 2
    with mesa.banco.leitura() as conn:
        ficou = conn.execute(select(d.numero).where(d.expurgado_em.is_(None))).scalars().all()
    assert ficou == [int(numeros[0] or 0)]
    assert _expurgar(mesa, 500, 2) == 1


def test_trabalho_expurga_pelos_ajustes(mesa: Mesa) -> None:
    """O trabalho usa os prazos da configuração e diz quantos foram."""
    mandar(mesa, guia_prestador="9999")
    mandar(mesa, protocolo=P1)
    quando = agora() + timedelta(days=100)
    ajustes = Documentos(retention_unclaimed=90)
    assert expurgar_documentos(mesa.banco, quando, ajustes) == "documentos expurgados: 1"
    assert expurgar_documentos(mesa.banco, quando, ajustes) is None


@pytest.mark.parametrize("chave", ["closed", "cancelled", "unclaimed"])
def test_prazo_menor_que_noventa_dias_e_recusado(chave: str) -> None:
    """Nenhum documento se guarda por menos do que se exige dos registros."""
    Documentos(**{f"retention_{chave}": 90})
    with pytest.raises(ValidationError):
        Documentos(**{f"retention_{chave}": 89})
