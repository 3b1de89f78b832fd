"""O prestador vê os seus lotes no console e cancela o que ainda se pode cancelar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from console.idor import conferir_alheio

from dominio.situacao import StatusProtocolo
from persistence import sessoes
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    from console.navegador import Console, Navegador

PARTES = (
    "/portal/lotes/{}", "/portal/lotes/{}/guias/1", "/portal/lotes/{}/criticas",
    "/portal/lotes/{}/historico", "/portal/lotes/{}/documentos", "/portal/lotes/{}/capa",
    "/portal/lotes/{}/relatorio",
)  # fmt: skip


@pytest.fixture
def numero(console: Console) -> str:
    """O protocolo de um lote de três guias do prestador da mesa."""
    protocolo = console.mesa.enviar_lote("L-7", guias=3).protocolo
    assert protocolo is not None
    return protocolo


@pytest.fixture
def bia(console: Console) -> Navegador:
    """Quem fala pelo prestador da mesa."""
    return console.do_prestador()


def test_lista_acha_pelo_numero_com_zeros(bia: Navegador, numero: str) -> None:
    """O protocolo procura-se com ou sem zeros à esquerda, e o lote pelo número exato."""
    for consulta in ({"numero": f"000{numero}"}, {"lote": "L-7"}, {"situacao": "1"}):
        (linha,) = bia.abrir("/portal/lotes", **consulta).linhas("lotes")
        assert linha[1:3] == [numero, "L-7"]
        assert linha[5] == "3"
    assert bia.abrir("/portal/lotes", situacao="6").linhas("lotes") == []


@pytest.mark.parametrize("parte", PARTES)
def test_cada_parte_do_lote_se_abre(bia: Navegador, numero: str, parte: str) -> None:
    """Guias, itens, críticas, histórico, documentos e impressos do que é seu."""
    assert bia.abrir(parte.format(numero)).status == 200


def test_historico_nao_diz_quem_na_operadora(console: Console, bia: Navegador, numero: str) -> None:
    """O prestador vê quando e por quê, não o nome de quem trabalha na operadora."""
    console.mesa.transitar(numero, StatusProtocolo.EM_ANALISE)
    pagina = bia.abrir(f"/portal/lotes/{numero}/historico")
    assert "Quem" not in pagina.texto
    assert len(pagina.linhas("historico")) == 2


def test_cancela_uma_guia_e_depois_o_lote(bia: Navegador, numero: str) -> None:
    """A guia cancelada deixa de contar; o lote cancelado não oferece mais nada a cancelar."""
    bia.abrir(f"/portal/lotes/{numero}/guias/2")
    pagina = bia.preencher(0)
    assert "cancelada" in pagina.texto
    assert [linha[-1] for linha in pagina.linhas("guias")] == ["Recebido", "Cancelado", "Recebido"]
    pagina = bia.preencher(0)
    assert "Lote cancelado" in pagina.texto
    assert not pagina.arvore.xpath("//form[contains(@action, 'cancelar')]")


def test_recado_por_gravar_nao_esconde_o_que_se_fez(
    bia: Navegador, numero: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O lote cancelou-se: se só falha o recado que o diz, a página mostra-o cancelado."""

    def cair(*_: object) -> None:
        raise BancoIndisponivel

    monkeypatch.setattr(sessoes, "deixar_recados", cair)
    bia.abrir(f"/portal/lotes/{numero}")
    pagina = bia.enviar(f"/portal/lotes/{numero}/cancelar")
    assert pagina.status == 200
    assert {linha[-1] for linha in pagina.linhas("guias")} == {"Cancelado"}
    assert "Lote cancelado" not in pagina.texto


def test_analisado_ja_nao_se_cancela(console: Console, bia: Navegador, numero: str) -> None:
    """Depois da análise a página não oferece o cancelamento, e o pedido direto é um conflito."""
    bia.abrir(f"/portal/lotes/{numero}")
    console.mesa.transitar(numero, StatusProtocolo.EM_ANALISE, StatusProtocolo.ANALISADO)
    pagina = bia.preencher(0)
    assert pagina.status == 409
    assert "Já não se pode cancelar" in pagina.texto
    assert console.mesa.protocolo(numero).status is StatusProtocolo.ANALISADO


@pytest.mark.parametrize("parte", PARTES)
def test_lote_de_outro_prestador_e_404(console: Console, numero: str, parte: str) -> None:
    """O lote de outro é como se não existisse, em cada endereço."""
    outro = console.mesa.outro_prestador("770001", cnpj="45997418000153")
    alheio = console.do_prestador(outro, login="45997418000153")
    conferir_alheio(alheio, parte, numero)


@pytest.mark.parametrize("fim", ["cancelar", "guias/1/cancelar"])
def test_nao_se_cancela_o_que_e_de_outro(console: Console, numero: str, fim: str) -> None:
    """Nem com o formulário na mão se cancela o lote de outro."""
    outro = console.mesa.outro_prestador("770001", cnpj="45997418000153")
    alheio = console.do_prestador(outro, login="45997418000153")
    alheio.abrir("/portal/lotes")
    assert alheio.enviar(f"/portal/lotes/{numero}/{fim}").status == 404
    assert console.mesa.protocolo(numero).status is StatusProtocolo.RECEBIDO
