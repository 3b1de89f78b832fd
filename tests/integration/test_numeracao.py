"""Os números como cada operadora os escreve: guia, recurso, demonstrativo, sequencial do portal."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from integration import arquivos
from integration.comandos import Terminal
from integration.demonstrativo import Balcao
from integration.recepcao import AbrirMesa, Mesa, Q
from integration.recurso import Recorrente, item

from dominio.competencia import agora, competencia, dia
from dominio.lote import TipoGuia
from dominio.versoes import VERSOES
from persistence import operadoras, protocolos, series
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from pathlib import Path

    from integration.api import Api

_PADRAO = "0001{AAAAMM}{8}"


def _numeros(mesa: Mesa, protocolo: str | None) -> list[str | None]:
    with mesa.banco.leitura() as conn:
        guias = protocolos.guias(conn, mesa.protocolo(protocolo).lote_id or 0)
    return [g.numero_operadora for g in guias]


def _gerado(sequencia: int) -> str:
    return f"0001{competencia(dia(agora()))}{sequencia:08d}"


@pytest.mark.parametrize("tipo", [TipoGuia.CONSULTA, TipoGuia.HONORARIOS])
def test_guia_sem_numero_recebe_o_do_padrao(nova_mesa: AbrirMesa, tipo: TipoGuia) -> None:
    """Cada guia que vem sem número ganha o seguinte; o recibo e a situação o dizem."""
    mesa = nova_mesa(operadora={"padrao_guia": _PADRAO})
    primeiro = mesa.enviar_lote("1", tipo=tipo, guias=2)
    segundo = mesa.enviar_lote("2", tipo=tipo, semente=2)
    assert _numeros(mesa, primeiro.protocolo) == [_gerado(1), _gerado(2)]
    assert [g.numero_operadora for g in primeiro.guias] == [_gerado(1), _gerado(2)]
    assert [g.numero_operadora for g in segundo.guias] == [_gerado(3)]
    raiz = mesa.perguntar(str(primeiro.protocolo)).raiz
    assert [e.text for e in raiz.iter(Q + "numeroGuiaOperadora")] == [_gerado(1), _gerado(2)]


def test_numero_que_a_guia_traz_nao_se_troca(nova_mesa: AbrirMesa) -> None:
    """A guia que já traz o número da operadora fica com ele, e a sequência não anda."""
    mesa = nova_mesa(operadora={"padrao_guia": _PADRAO})
    trazidos = _numeros(mesa, mesa.enviar_lote("1", tipo=TipoGuia.SADT).protocolo)
    assert None not in trazidos
    assert _gerado(1) not in trazidos
    assert _numeros(mesa, mesa.enviar_lote("2", semente=2).protocolo) == [_gerado(1)]


def test_sem_padrao_nada_se_gera(mesa: Mesa) -> None:
    """De início a operadora não gera números: a guia fica sem ele."""
    assert _numeros(mesa, mesa.enviar_lote("1").protocolo) == [None]


@pytest.mark.parametrize("versao", [VERSOES[0], VERSOES[-1]])
def test_o_mesmo_lote_outra_vez_tem_os_mesmos_numeros(nova_mesa: AbrirMesa, versao: str) -> None:
    """Noutra mensagem o mesmo lote repete protocolo e números, e a sequência não anda."""
    mesa = nova_mesa(operadora={"padrao_guia": _PADRAO})
    antes = mesa.enviar_lote("1", versao=versao, sequencial="1")
    depois = mesa.enviar_lote("1", versao=versao, sequencial="2")
    assert (antes.protocolo, antes.guias) == (depois.protocolo, depois.guias)
    assert antes.guias[0].numero_operadora == _gerado(1)


def test_homologacao_tem_a_sua_sequencia_de_guias(nova_mesa: AbrirMesa) -> None:
    """As guias de teste não gastam números das reais."""
    mesa = nova_mesa(operadora={"padrao_guia": _PADRAO}, prestador={"homologacao": True})
    assert _numeros(mesa, mesa.enviar_lote("1").protocolo) == [_gerado(1)]
    with mesa.banco.escrita() as conn:
        assert series.reservar_guias(conn, mesa.operadora.id, 1) == 1
        assert series.reservar_guias(conn, mesa.operadora.id, 1, homologacao=True) == 2


def test_dois_lotes_ao_mesmo_tempo_tem_numeros_diferentes(mesa: Mesa) -> None:
    """Quem reserva ao mesmo tempo não recebe número que outro já tem, nem deixa buraco."""

    def reservar(_n: int) -> range:
        with mesa.banco.escrita() as conn:
            primeiro = series.reservar_guias(conn, mesa.operadora.id, 5)
        return range(primeiro, primeiro + 5)

    with ThreadPoolExecutor(4) as executor:
        dados = [n for faixa in executor.map(reservar, range(8)) for n in faixa]
    assert sorted(dados) == list(range(1, 41))


def test_padrao_liga_se_e_desliga_se_pela_api(api: Api) -> None:
    """Vale no lote seguinte, e desligado as guias voltam a ficar sem número."""
    api.enviar("PATCH", "/operadora", {"padraoGuia": _PADRAO})
    assert _numeros(api.mesa, api.mesa.enviar_lote("1").protocolo) == [_gerado(1)]
    assert api.enviar("PATCH", "/operadora", {"padraoGuia": ""}).dados["padraoGuia"] is None
    assert _numeros(api.mesa, api.mesa.enviar_lote("2", semente=2).protocolo) == [None]
    [erro] = api.enviar("PATCH", "/operadora", {"padraoGuia": "{x}"}).problema(422)["erros"]
    assert erro == {"campo": "padraoGuia", "texto": "deve ter uma só sequência, como {8}"}


def test_numero_da_guia_da_se_uma_vez_pela_api(api: Api) -> None:
    """Dado pelo sistema da operadora, sai na situação; outro é conflito, o mesmo repete-se."""
    numero = str(api.mesa.enviar_lote("1").protocolo)
    caminho = f"/protocolos/{numero}/guias/1/numero-operadora"

    def dar(dado: Any, token: str | None = None) -> Any:
        return api.enviar("PUT", caminho, {"numeroGuiaOperadora": dado}, token=token)

    assert dar("777").dados["numeroGuiaOperadora"] == "777"
    assert dar("777").status == 200
    assert dar("778").problema(409)["motivo"] == "numero-da-guia-ja-dado"
    raiz = api.mesa.perguntar(numero).raiz
    assert [e.text for e in raiz.iter(Q + "numeroGuiaOperadora")] == ["777"]
    dar("7" * 21).problema(422)
    dar("Ω").problema(422)
    dar("777", api.token(Escopo.LEITURA)).problema(403)
    outra = f"/protocolos/{numero}/guias/2/numero-operadora"
    api.enviar("PUT", outra, {"numeroGuiaOperadora": "1"}).problema(404)
    repetido = api.mesa.enviar_lote("1", sequencial="2")
    assert [g.numero_operadora for g in repetido.guias] == ["777"]


@pytest.mark.parametrize(
    ("operadora", "recurso", "demonstrativo"),
    [
        ({}, 8, 8),
        ({"largura_protocolo": 9}, 12, 9),
        ({"largura_recurso": 12, "largura_demonstrativo": 10}, 12, 10),
        ({"largura_protocolo": 9, "largura_recurso": 0, "largura_demonstrativo": 0}, 8, 8),
    ],
    ids=str,
)
def test_recurso_e_demonstrativo_tem_a_sua_largura(
    nova_mesa: AbrirMesa, operadora: dict[str, int], recurso: int, demonstrativo: int
) -> None:
    """Cada número sai só com algarismos, na largura da operadora, até doze."""
    mesa = nova_mesa(operadora=operadora)
    recorrente = Recorrente.em(mesa)
    protocolo = recorrente.analisado()
    [analise] = Balcao(mesa).analise(protocolo).analises
    dado = recorrente.recorrer(protocolo, item(recorrente.guia_de(protocolo), 1, "10.00")).numero
    assert dado is not None
    assert (len(analise.numero), len(dado)) == (demonstrativo, recurso)
    assert (analise.numero + dado).isdigit()
    assert recorrente.perguntar(dado).numero == dado


def test_so_o_que_nasceu_no_portal_tem_sequencial(api: Api) -> None:
    """O lote enviado em arquivo tem o número do portal; o que veio por web service não."""
    api.mesa.enviar_lote("1")
    arquivos.enviar(api.mesa, arquivos.bytes_de(arquivos.lote_em_arquivo("2", semente=2)))
    linhas = api.pegar("/protocolos").dados["protocolos"]
    vistos = {p["canal"]: p["sequencial"] for p in linhas}
    assert vistos["soap"] is None
    do_portal = next(p["numeroProtocolo"] for p in linhas if p["canal"] == "upload")
    assert vistos["upload"] == f"{api.mesa.protocolo(do_portal).lote_id:08d}"


def test_comando_cadastra_a_operadora_com_os_seus_numeros(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, mesa: Mesa
) -> None:
    """``operadora add`` diz larguras e padrão; um padrão que não serve é mau uso."""
    url = mesa.banco.url.render_as_string(hide_password=False)
    terminal = Terminal(monkeypatch, capsys, tmp_path).usar(url)
    comum = (
        "operadora", "add", "--registro-ans", "888888", "--cnpj", "11222333000181", "--nome", "O",
    )  # fmt: skip
    assert terminal(*comum, "--padrao-guia", "0001").codigo == 2
    largas = ("--largura-recurso", "12", "--largura-demonstrativo", "9")
    assert terminal(*comum, "--padrao-guia", "{7}", *largas).codigo == 0
    with mesa.banco.leitura() as conn:
        nova = operadoras.por_registro(conn, "888888")
    assert nova is not None
    assert (nova.padrao_guia, nova.largura_do_recurso, nova.largura_do_demonstrativo) == (
        "{7}", 12, 9,
    )  # fmt: skip
