"""As listas de revogados no banco: troca de edição, consulta, operadoras apartadas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import certificados as icp
import pytest
from integration.assinadas import guardado
from sqlalchemy import func, select

from gateway.confianca.saude import avisos
from persistence import confianca, operadoras, revogados, tabelas
from persistence.revogados import Edicao, EdicaoAtropelada, ListaGuardada

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from integration.exemplos import Cadastro

    from persistence.banco import Banco

AGORA = datetime(2026, 6, 1, 12, tzinfo=UTC)
PONTO = "http://lcr.exemplo.com.br/a.crl"
MUITOS = 12_345


def _pedir(banco: Banco, operadora_id: int, enderecos: tuple[str, ...] = (PONTO,)) -> ListaGuardada:
    with banco.escrita() as conn:
        chave = revogados.pedir(
            conn, operadora_id, chave_emissor="ab", enderecos=enderecos, emissor="AC Inventada",
            emissor_der=b"x", agora=AGORA,
        )  # fmt: skip
        return next(x for x in revogados.listar(conn) if x.id == chave)


def _edicao(dias: int = 1) -> Edicao:
    return Edicao(AGORA, AGORA + timedelta(days=dias), f"{dias:064d}", 10)


def _trocar(banco: Banco, lista: ListaGuardada, series: Iterable[str], dias: int = 1) -> int:
    return revogados.guardar(
        banco, lista, _edicao(dias), series, agora=AGORA, tentar_em=AGORA + timedelta(hours=6)
    )


def _dita(banco: Banco, operadora_id: int, serie: str, ponto: str = PONTO) -> bool | None:
    with banco.leitura() as conn:
        achada = revogados.consultar(conn, operadora_id, "ab", ponto, serie)
    return None if achada is None else achada.revogado


def _linhas(banco: Banco) -> int:
    with banco.leitura() as conn:
        return int(conn.execute(select(func.count()).select_from(tabelas.revogado)).scalar_one())


def test_edicao_nova_troca_a_antiga_inteira(banco: Banco, cadastro: Cadastro) -> None:
    """Depois da troca só valem os números novos, e os antigos saem do banco."""
    dona = cadastro.operadora.id
    lista = _pedir(banco, dona)
    assert _dita(banco, dona, "1") is False
    assert _trocar(banco, lista, [f"{n:x}" for n in range(MUITOS)]) == MUITOS
    assert _dita(banco, dona, f"{MUITOS - 1:x}") is True
    assert _dita(banco, dona, f"{MUITOS:x}") is False
    _trocar(banco, _pedir(banco, dona), ["ff01", "ff02", "ff01"], dias=2)
    assert (_dita(banco, dona, "ff01"), _dita(banco, dona, "1")) == (True, False)
    assert _linhas(banco) == 2


def test_troca_atropelada_nao_deixa_lista_pela_metade(banco: Banco, cadastro: Cadastro) -> None:
    """Se outra troca acaba no meio desta, esta desiste e a outra fica inteira."""
    dona = cadastro.operadora.id
    lista = _pedir(banco, dona)

    def com_outra_no_meio() -> Iterator[str]:
        yield "b0"
        _trocar(banco, lista, ["a1", "a2", "a3"])
        yield "b1"

    with pytest.raises(EdicaoAtropelada):
        _trocar(banco, lista, com_outra_no_meio())
    assert [_dita(banco, dona, s) for s in ("a1", "a2", "a3", "b0")] == [True, True, True, False]


def test_lista_de_uma_operadora_nao_serve_a_outra(banco: Banco, cadastro: Cadastro) -> None:
    """Cada operadora tem as suas listas e as suas âncoras."""
    with banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="45123987000170", nome="Outra"
        )
    _trocar(banco, _pedir(banco, cadastro.operadora.id), ["1"])
    assert _dita(banco, outra.id, "1") is None
    with banco.escrita() as conn:
        nova = guardado(cadastro.operadora.id, icp.raiz().certificado, "ancora")
        confianca.guardar(conn, nova)
        assert confianca.certificados(conn, outra.id) == ()
        assert not confianca.ha_ancoras(conn, outra.id, AGORA)
        assert not confianca.retirar(conn, outra.id, nova.impressao)


def test_lista_de_arquivo_serve_a_qualquer_ponto(banco: Banco, cadastro: Cadastro) -> None:
    """Uma lista sem endereço fala de todos os certificados da autoridade."""
    dona = cadastro.operadora.id
    _trocar(banco, _pedir(banco, dona, ()), ["7"])
    assert _dita(banco, dona, "7") is True
    assert _dita(banco, dona, "7", ponto="") is True


def test_cada_mudanca_da_confianca_muda_a_revisao(banco: Banco, cadastro: Cadastro) -> None:
    """Os processos sabem, pela revisão, que as âncoras mudaram; repetir não é mudar."""
    dona = cadastro.operadora
    nova = guardado(dona.id, icp.raiz().certificado, "intermediaria")

    def revisao() -> int:
        with banco.leitura() as conn:
            lida = operadoras.por_registro(conn, dona.registro_ans)
        assert lida is not None
        return lida.confianca_revisao

    vistas = [revisao()]
    for mudar in (nova, nova, nova._replace(tipo="ancora")):
        with banco.escrita() as conn:
            confianca.guardar(conn, mudar)
        vistas.append(revisao())
    with banco.escrita() as conn:
        assert confianca.retirar(conn, dona.id, nova.impressao)
    vistas.append(revisao())
    assert vistas == [0, 1, 1, 2, 3]


def test_avisos_do_que_vence(banco: Banco, cadastro: Cadastro) -> None:
    """Antes de vencer, e depois, cada certificado e lista é dito; o que está bem, não."""
    dona = cadastro.operadora.id
    raiz = guardado(dona, icp.raiz().certificado, "ancora")
    with banco.escrita() as conn:
        confianca.guardar(conn, raiz)
    assert avisos(banco, AGORA, 30) == []
    quase = icp.FIM - timedelta(days=10)
    assert avisos(banco, quase, 30) == ["uma âncora de confiança vence em 10 dias"]
    lista = _pedir(banco, dona)
    assert avisos(banco, AGORA, 30) == ["a lista de revogados de AC Inventada ainda não foi obtida"]
    _trocar(banco, lista, [])
    venceu = AGORA + timedelta(days=1)
    assert avisos(banco, AGORA, 30) == []
    [perto] = avisos(banco, venceu + timedelta(hours=2), 30)
    assert perto.endswith("venceu; serve ainda por 22 h")
    [fora] = avisos(banco, venceu + timedelta(hours=25), 30)
    assert fora.endswith("venceu e já não serve")
