"""O gateway diante de outro sistema: outro gateway de verdade, ou um de mentira."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from acceptance.mensagens import envelopado, lote, status
from acceptance.pedidos_de_exemplo import pedido
from acceptance.servidor import Servidor
from nucleo_falso import NucleoFalso, Saida, com, elemento, envelopada, resposta_a
from validador import validar_resposta

from dominio.transacoes import POR_SERVICO
from mensagem.envelope import Soap, fechar
from persistence import mensagens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from acceptance.servidor import Resposta

ELEGIBILIDADE = "tissVerificaElegibilidade"
COMUNICACAO = "tissComunicacaoBeneficiario"
VERSAO = "4.03.00"
PRAZO = "1.0"
_NS = {"t": "http://www.ans.gov.br/padroes/tiss/schemas"}


def _ambiente(servico: str, url: str, **ajustes: str) -> dict[str, str]:
    todos = {"url": url, "timeout": PRAZO} | ajustes
    return {f"TISS_GATEWAY_REPASSE__{servico}__{k.upper()}": v for k, v in todos.items()}


@pytest.fixture
def nucleo() -> Iterator[NucleoFalso]:
    """Um sistema de mentira que responde bem."""
    novo = NucleoFalso()
    yield novo
    novo.fechar()


@pytest.fixture(scope="module")
def nucleo_do_modulo() -> Iterator[NucleoFalso]:
    """O mesmo, um só para os testes que só mudam o que ele responde."""
    novo = NucleoFalso()
    yield novo
    novo.fechar()


@pytest.fixture(scope="module")
def _diante(
    tmp_path_factory: pytest.TempPathFactory, nucleo_do_modulo: NucleoFalso
) -> Iterator[Servidor]:
    pasta = tmp_path_factory.mktemp("repasse")
    ambiente = {}
    for servico in (ELEGIBILIDADE, COMUNICACAO):
        url = nucleo_do_modulo.url + "/{versao}/" + servico
        ambiente |= _ambiente(servico, url, falhas="1000")
    servidor = Servidor(f"sqlite:///{pasta / 'gateway.db'}", pasta, **ambiente).iniciar()
    yield servidor
    servidor.encerrar()


@pytest.fixture
def diante(_diante: Servidor, nucleo_do_modulo: NucleoFalso) -> Servidor:
    """Um gateway diante do sistema de mentira, que volta a responder bem."""
    nucleo_do_modulo.responder = lambda corpo: envelopada(resposta_a(corpo))
    nucleo_do_modulo.chegadas.clear()
    return _diante


def _perguntar(gateway: Servidor, versao: str = VERSAO, servico: str = ELEGIBILIDADE) -> Resposta:
    return gateway.postar(pedido(POR_SERVICO[servico], versao), versao, servico)


def _codigo(resposta: Resposta, versao: str = VERSAO) -> str | None:
    raiz = validar_resposta(resposta.corpo, versao)
    return next((e.text for e in raiz.iter(f"{{{_NS['t']}}}codigoGlosa") if not len(e)), None)


# --- diante de outro gateway -------------------------------------------------------------------


def test_lote_e_situacao_passam_de_um_gateway_a_outro(
    novo_servidor: Callable[..., Servidor],
) -> None:
    """O recibo e a situação de outro gateway chegam iguais, e o da frente não recebe lote algum."""
    dentro = novo_servidor().iniciar()
    modelo = dentro.base + "/{sufixo}"
    frente = novo_servidor(
        **_ambiente("tissLoteGuias", modelo.replace("/{", "/tissLoteGuias{"), timeout="20"),
        **_ambiente(
            "tissSolicitacaoStatusProtocolo",
            dentro.base + "/tiss/{versao}/tissSolicitacaoStatusProtocolo",
            timeout="20",
        ),
    ).iniciar()
    corpo = envelopado(lote())
    pela_frente, repetida, por_dentro = (
        frente.postar(corpo), frente.postar(corpo), dentro.postar(corpo),
    )  # fmt: skip
    recibo = validar_resposta(pela_frente.corpo, VERSAO)
    protocolo = recibo.findtext(".//t:numeroProtocolo", namespaces=_NS)
    assert protocolo == "10000001"
    assert pela_frente.corpo == repetida.corpo
    assert protocolo == validar_resposta(por_dentro.corpo, VERSAO).findtext(
        ".//t:numeroProtocolo", namespaces=_NS
    )
    perguntado = frente.postar(
        envelopado(status(protocolo)), servico="tissSolicitacaoStatusProtocolo"
    )
    situacao = validar_resposta(perguntado.corpo, VERSAO)
    assert situacao.findtext(".//t:statusProtocolo", namespaces=_NS) == "1"
    with frente.banco.leitura() as conn:
        lotes = conn.exec_driver_sql("SELECT count(*) FROM lote").scalar_one()
    assert lotes == 0


def test_servico_nao_oferecido_do_outro_passa(novo_servidor: Callable[..., Servidor]) -> None:
    """O mensagemErro 3148 de outro gateway chega a quem perguntou."""
    dentro = novo_servidor().iniciar()
    url = dentro.base + "/tiss/{versao}/" + ELEGIBILIDADE
    frente = novo_servidor(**_ambiente(ELEGIBILIDADE, url, timeout="20")).iniciar()
    assert _codigo(_perguntar(frente)) == "3148"


def test_falha_do_outro_passa_com_a_sua_palavra(novo_servidor: Callable[..., Servidor]) -> None:
    """Uma falha do outro gateway chega com a mesma palavra e um texto do da frente."""
    dentro = novo_servidor().iniciar()
    frente = novo_servidor(
        **_ambiente(ELEGIBILIDADE, dentro.base + "/tiss/4.02.00/" + ELEGIBILIDADE, timeout="20")
    ).iniciar()
    resposta = _perguntar(frente)
    falha = validar_resposta(resposta.corpo, VERSAO)
    assert falha.findtext(".//t:tissFault", namespaces=_NS) == "VersaoInvalida"
    assert falha.findtext("faultstring") == "O sistema da operadora recusou a mensagem."


# --- diante de um sistema de mentira -----------------------------------------------------------


@pytest.mark.parametrize("versao", ["3.05.00", "4.03.00"])
def test_resposta_valida_passa_byte_por_byte(
    diante: Servidor, nucleo_do_modulo: NucleoFalso, versao: str
) -> None:
    """Um serviço que o gateway não executa responde o que o sistema respondeu, byte por byte."""
    dadas: list[bytes] = []

    def responder(corpo: bytes) -> Saida:
        resposta = resposta_a(corpo)
        dadas.append(elemento(resposta))
        return envelopada(resposta)

    nucleo_do_modulo.responder = responder
    obtida = _perguntar(diante, versao)
    validar_resposta(obtida.corpo, versao)
    assert fechar(dadas[0], Soap.V11) == obtida.corpo
    assert nucleo_do_modulo.chegadas[0].caminho == f"/{versao}/{ELEGIBILIDADE}"


def test_pedido_chega_byte_por_byte(diante: Servidor, nucleo_do_modulo: NucleoFalso) -> None:
    """A mensagem chega ao sistema com os bytes que o prestador enviou, espaços incluídos."""
    enviado = pedido(POR_SERVICO[ELEGIBILIDADE], VERSAO)
    diante.postar(enviado, servico=ELEGIBILIDADE)
    mensagem = enviado[enviado.index(b"<ans:pedido") : enviado.index(b"</soapenv:Body>")]
    assert mensagem.strip() in nucleo_do_modulo.chegadas[0].corpo


def test_pagina_publica_oferece_o_que_se_repassa(diante: Servidor) -> None:
    """A página pública diz oferecidos os serviços repassados."""
    pagina = diante.pegar("/").corpo.decode()
    assert f"<td>{ELEGIBILIDADE}</td><td>oferecido</td>" in pagina
    assert "<td>tissLoteAnexo</td><td>não oferecido</td>" in pagina


_RUINS: dict[str, Callable[[bytes], Saida]] = {
    "hash": lambda c: envelopada(elemento(resposta_a(c)).replace(b"hash>", b"hash>0", 1)),
    "versao": lambda c: envelopada(com(resposta_a(c), "Padrao", "4.02.00")),
    "destino": lambda c: envelopada(com(resposta_a(c), "CNPJ", "11444777000161")),
    "sequencial": lambda c: envelopada(com(resposta_a(c), "sequencialTransacao", "99")),
    "raiz": lambda c: envelopada(c[c.index(b"<ans:pedido") : c.index(b"</soapenv:Body>")]),
    "html": lambda _: Saida(b"<html/>", 200, {"Content-Type": "text/html"}),
    "erro-do-proxy": lambda _: Saida(b"Bad Gateway", 502, {}),
    "redireciona": lambda _: Saida(b"", 307, {"Location": "http://127.0.0.1:1/"}),
    "enorme": lambda _: Saida(b"<a>" + b" " * (16 * 1_048_576) + b"</a>"),
    "desliga": lambda _: Saida(None),
}


@pytest.mark.parametrize("versao", ["3.05.00", "4.03.00"])
@pytest.mark.parametrize("ruim", _RUINS)
def test_resposta_ruim_e_tempo_esgotado(
    diante: Servidor, nucleo_do_modulo: NucleoFalso, ruim: str, versao: str
) -> None:
    """O que não é a resposta do pedido vira 3160, ou falha em 3.05.00, e nunca passa."""
    nucleo_do_modulo.responder = _RUINS[ruim]
    resposta = _perguntar(diante, versao)
    raiz = validar_resposta(resposta.corpo, versao)
    if versao == "3.05.00":
        assert raiz.findtext(".//t:tissFault", namespaces=_NS) == "ErroInesperadoServidor"
        assert resposta.status == 500
    else:
        assert (_codigo(resposta), resposta.status) == ("3160", 200)
    with diante.banco.leitura() as conn:
        guardada = mensagens.ler(conn, None, resposta.cabecalhos["x-correlation-id"])
    assert guardada is not None
    assert guardada.detalhes is not None
    assert guardada.detalhes["repasse"]["motivo"]
    assert guardada.erro == "repasse-sem-resposta"


def test_sistema_parado_nao_prende_o_resto(diante: Servidor, nucleo_do_modulo: NucleoFalso) -> None:
    """Enquanto muitas mensagens esperam um sistema parado, o que o gateway executa responde já."""
    nucleo_do_modulo.responder = nucleo_do_modulo.esperar_solto
    with ThreadPoolExecutor(8) as threads:
        presas = [threads.submit(_perguntar, diante) for _ in range(8)]
        time.sleep(0.3)
        inicio = time.monotonic()
        livre = diante.postar(envelopado(lote()))
        demora = time.monotonic() - inicio
        assert [_codigo(p.result()) for p in presas] == ["3160"] * 8
    assert validar_resposta(livre.corpo, VERSAO).findtext(".//t:numeroProtocolo", namespaces=_NS)
    assert demora < float(PRAZO)


def test_muda_estado_uma_vez_so(diante: Servidor, nucleo_do_modulo: NucleoFalso) -> None:
    """Uma comunicação repetida recebe a resposta que já teve; a que não teve, vai de novo."""
    nucleo_do_modulo.responder = nucleo_do_modulo.esperar_solto
    presa = _perguntar(diante, servico=COMUNICACAO)
    nucleo_do_modulo.responder = lambda corpo: envelopada(resposta_a(corpo))
    certa = _perguntar(diante, servico=COMUNICACAO)
    repetida = _perguntar(diante, servico=COMUNICACAO)
    validar_resposta(repetida.corpo, VERSAO)
    assert _codigo(presa) == "3160"
    assert certa.corpo == repetida.corpo
    assert len(nucleo_do_modulo.chegadas) == 2


def test_porta_fechada_abre_o_disjuntor_e_ele_se_recupera(
    novo_servidor: Callable[..., Servidor], nucleo: NucleoFalso
) -> None:
    """Depois das falhas seguidas nem se chama; passada a pausa, o sistema de volta responde."""
    nucleo.responder = lambda _: Saida(None)
    frente = novo_servidor(
        **_ambiente(ELEGIBILIDADE, nucleo.url, falhas="2", pausa="1.0")
    ).iniciar()
    codigos = [_codigo(_perguntar(frente)) for _ in range(4)]
    aberto = _metrica(frente, f'tiss_repasse_aberto{{servico="{ELEGIBILIDADE}"}}')
    chamadas = len(nucleo.chegadas)
    nucleo.responder = lambda corpo: envelopada(resposta_a(corpo))
    time.sleep(1.1)
    volta = _perguntar(frente)
    fechado = _metrica(frente, f'tiss_repasse_aberto{{servico="{ELEGIBILIDADE}"}}')
    validar_resposta(volta.corpo, VERSAO)
    assert codigos == ["3160"] * 4
    assert (chamadas, aberto, fechado) == (2, 1.0, 0.0)
    assert len(nucleo.chegadas) == 3
    contadas = {
        r: _metrica(frente, f'tiss_repasse_total{{resultado="{r}",servico="{ELEGIBILIDADE}"}}')
        for r in ("conexao", "aberto", "respondida")
    }
    assert contadas == {"conexao": 2.0, "aberto": 2.0, "respondida": 1.0}


def test_ninguem_escuta(novo_servidor: Callable[..., Servidor]) -> None:
    """Um endereço em que ninguém escuta responde 3160."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        porta = s.getsockname()[1]
    frente = novo_servidor(**_ambiente(ELEGIBILIDADE, f"http://127.0.0.1:{porta}")).iniciar()
    assert _codigo(_perguntar(frente)) == "3160"


def test_espelho_responde_e_manda_copia(
    novo_servidor: Callable[..., Servidor], nucleo: NucleoFalso
) -> None:
    """Espelhado, o lote é recebido aqui, e a cópia sai depois; a parada espera por ela."""
    frente = novo_servidor(**_ambiente("tissLoteGuias", nucleo.url, modo="espelha")).iniciar()
    corpo = envelopado(lote())
    recibo = validar_resposta(frente.postar(corpo).corpo, VERSAO)
    frente.parar()
    assert recibo.findtext(".//t:numeroProtocolo", namespaces=_NS) == "10000001"
    [chegada] = nucleo.chegadas
    assert corpo[corpo.index(b"<ans:loteGuiasWS") :] in chegada.corpo


def test_espelho_parado_nao_atrasa_ninguem(
    novo_servidor: Callable[..., Servidor], nucleo: NucleoFalso
) -> None:
    """Se quem recebe a cópia não responde, o recibo sai igual, e a falha é contada."""
    nucleo.responder = lambda _: Saida(None)
    frente = novo_servidor(**_ambiente("tissLoteGuias", nucleo.url, modo="espelha")).iniciar()
    recibo = validar_resposta(frente.postar(envelopado(lote())).corpo, VERSAO)
    assert recibo.findtext(".//t:numeroProtocolo", namespaces=_NS)
    fim = time.monotonic() + 10
    nome = 'tiss_repasse_total{resultado="copia-falhou",servico="tissLoteGuias"}'
    while not _metrica(frente, nome) and time.monotonic() < fim:
        time.sleep(0.05)
    assert _metrica(frente, nome) == 1.0


def _metrica(gateway: Servidor, nome: str) -> float:
    for linha in gateway.pegar("/metrics").corpo.decode().splitlines():
        if linha.startswith(nome + " "):
            return float(linha.rpartition(" ")[2])
    return 0.0
