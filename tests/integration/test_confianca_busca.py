"""A busca de listas de revogados: limites, saltos, recuos, e o que entra no banco."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import certificados as icp
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from integration.assinadas import confiar, lote_assinado, politica
from integration.lcr_servida import Resposta, ServidorDeListas
from integration.recepcao import conferir_erro

from dominio import erros
from gateway.confianca.atualizacao import atualizar, tarefa
from gateway.confianca.busca import BuscaFalhou, buscar
from gateway.secoes.confianca import Confianca
from persistence import revogados

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.recepcao import AbrirMesa, Mesa

    from persistence.revogados import ListaGuardada

AJUSTES = Confianca(crl_timeout=5)


@pytest.fixture
def listas() -> Iterator[ServidorDeListas]:
    """Um servidor de listas vazio."""
    with ServidorDeListas() as servidor:
        yield servidor


def test_busca_traz_os_bytes(listas: ServidorDeListas) -> None:
    """O que o endereço responde chega inteiro, também depois de um salto."""
    listas.respostas["/a.crl"] = Resposta(b"lista")
    listas.respostas["/b.crl"] = Resposta(status=302, salto="/a.crl")
    for caminho in ("/a.crl", "/b.crl"):
        assert buscar(listas.base + caminho, prazo=5, limite=100) == b"lista"


@pytest.mark.parametrize(
    ("resposta", "texto"),
    [
        (Resposta(b"x" * 101), "passa de 100 bytes"),
        (Resposta(b"x", status=404), "HTTP 404"),
        (Resposta(status=302, salto="file:///etc/passwd"), "não se segue"),
        (Resposta(status=302, salto="ftp://exemplo.com.br/a"), "não se segue"),
        (Resposta(status=302, salto=""), "não se segue"),
        (Resposta(status=302, salto="/a.crl"), "vezes demais"),
    ],
)
def test_busca_recusa(listas: ServidorDeListas, resposta: Resposta, texto: str) -> None:
    """Nem tamanho, nem situação, nem saltos são os que o servidor quiser."""
    listas.respostas["/a.crl"] = resposta
    with pytest.raises(BuscaFalhou, match=texto):
        buscar(f"{listas.base}/a.crl", prazo=5, limite=100)


def test_busca_nao_espera_por_quem_pinga(listas: ServidorDeListas) -> None:
    """Um servidor que manda um byte de cada vez não prende a busca além do prazo."""
    listas.respostas["/a.crl"] = Resposta(b"x" * 90, pausa=0.2)
    with pytest.raises(BuscaFalhou, match="prazo"):
        buscar(f"{listas.base}/a.crl", prazo=1, limite=100)


def test_busca_nao_espera_por_cabecalho_que_pinga() -> None:
    """Nem um cabeçalho HTTP que vem aos poucos prende a busca."""
    with socket.create_server(("127.0.0.1", 0)) as servidor:

        def pingar() -> None:
            conexao, _ = servidor.accept()
            with conexao, suppress(OSError):
                conexao.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while True:
                    conexao.sendall(b"x")
                    time.sleep(0.1)

        threading.Thread(target=pingar, daemon=True).start()
        with pytest.raises(BuscaFalhou, match="prazo"):
            buscar(f"http://127.0.0.1:{servidor.getsockname()[1]}/a", prazo=1, limite=100)


def _com_listas(mesa: Mesa, listas: ServidorDeListas) -> tuple[icp.Autoridade, icp.Par]:
    """Uma autoridade e um titular cujas listas estão no servidor; a raiz já é âncora."""
    ac = icp.raiz().autoridade("AC de Lista Servida", crl=f"{listas.base}/raiz.crl")
    confiar(mesa, listas=False)
    politica(mesa, assinatura_politica="required")
    return ac, ac.titular(nome="CLINICA DA LISTA", crl=f"{listas.base}/ac.crl")


def _servir(
    listas: ServidorDeListas, ac: icp.Autoridade, *revogados_: icp.Par, numero: int = 1
) -> None:
    de = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=10 - numero)
    quais = tuple(par.certificado for par in revogados_)
    for caminho, lista in (
        ("/raiz.crl", icp.raiz().lcr(de=de)),
        ("/ac.crl", ac.lcr(quais, de=de, numero=numero)),
    ):
        listas.respostas[caminho] = Resposta(lista.public_bytes(Encoding.DER))


def _guardadas(mesa: Mesa) -> dict[str, ListaGuardada]:
    with mesa.banco.leitura() as conn:
        return {x.ponto.rpartition("/")[2]: x for x in revogados.listar(conn)}


def test_lista_buscada_faz_aceitar_e_depois_recusar(
    nova_mesa: AbrirMesa, listas: ServidorDeListas
) -> None:
    """A primeira mensagem pede a lista; com ela passa; com a lista seguinte, revogada, não."""
    mesa = nova_mesa()
    ac, par = _com_listas(mesa, listas)
    fazer = tarefa(AJUSTES)
    sem_lista = mesa.enviar(lote_assinado(par, numero="1"))
    conferir_erro(sem_lista, erros.CADEIA_INVALIDA)
    assert "tente de novo" in sem_lista.texto
    _servir(listas, ac)
    assert fazer(mesa.banco, datetime.now(UTC)) == "listas de revogados: 2 em dia, 0 com falha"
    assert mesa.enviar(lote_assinado(par, numero="1")).recibo.protocolo == "10000001"
    _servir(listas, ac, par, numero=2)
    assert fazer(mesa.banco, datetime.now(UTC)) is None
    fazer(mesa.banco, datetime.now(UTC) + timedelta(seconds=AJUSTES.crl_interval + 1))
    conferir_erro(mesa.enviar(lote_assinado(par, numero="2")), erros.CERTIFICADO_REVOGADO)


def test_lista_antiga_nao_toma_o_lugar_da_nova(
    nova_mesa: AbrirMesa, listas: ServidorDeListas
) -> None:
    """Quem servisse de novo uma lista velha não faz valer um certificado revogado."""
    mesa = nova_mesa()
    ac, par = _com_listas(mesa, listas)
    mesa.enviar(lote_assinado(par, numero="1"))
    _servir(listas, ac, par, numero=2)
    atualizar(mesa.banco, AJUSTES, datetime.now(UTC))
    _servir(listas, ac, numero=1)
    atualizar(mesa.banco, AJUSTES, datetime.now(UTC) + timedelta(days=1))
    guardada = _guardadas(mesa)["ac.crl"]
    assert (guardada.quantos, guardada.falhas) == (1, 1)
    assert "mais antiga" in (guardada.erro or "")
    conferir_erro(mesa.enviar(lote_assinado(par, numero="2")), erros.CERTIFICADO_REVOGADO)


def test_falha_recua_e_nao_apaga_o_que_se_tem(
    nova_mesa: AbrirMesa, listas: ServidorDeListas
) -> None:
    """Uma lista que não vem deixa a que se tem, e a espera entre tentativas cresce."""
    mesa = nova_mesa()
    ac, par = _com_listas(mesa, listas)
    mesa.enviar(lote_assinado(par, numero="1"))
    _servir(listas, ac)
    atualizar(mesa.banco, AJUSTES, datetime.now(UTC))
    listas.respostas.clear()
    hora = datetime.now(UTC) + timedelta(hours=7)
    esperas = []
    for _ in range(3):
        atualizar(mesa.banco, AJUSTES, hora)
        guardada = _guardadas(mesa)["ac.crl"]
        assert guardada.tentar_em is not None
        esperas.append(guardada.tentar_em - hora)
        hora = guardada.tentar_em
    assert esperas == sorted(esperas)
    assert esperas[0] < esperas[-1]
    assert (guardada.falhas, guardada.erro) == (3, "HTTP 404")
    assert mesa.enviar(lote_assinado(par, numero="1")).recibo.protocolo == "10000001"


def test_segundo_endereco_serve_quando_o_primeiro_falha(
    nova_mesa: AbrirMesa, listas: ServidorDeListas
) -> None:
    """Os endereços de uma lista tentam-se por ordem, e um que traz outra coisa não serve."""
    mesa = nova_mesa()
    ac, _ = _com_listas(mesa, listas)
    _servir(listas, ac)
    listas.respostas["/errada.crl"] = Resposta(b"<html>")
    with mesa.banco.escrita() as conn:
        revogados.pedir(
            conn,
            mesa.operadora.id,
            chave_emissor="ab",
            enderecos=[f"{listas.base}/errada.crl", f"{listas.base}/ac.crl"],
            emissor="AC",
            emissor_der=ac.der,
            agora=datetime.now(UTC),
        )
    assert atualizar(mesa.banco, AJUSTES, datetime.now(UTC)) is not None
    assert listas.pedidos == ["/errada.crl", "/ac.crl"]
    [guardada] = _guardadas(mesa).values()
    assert (guardada.erro, guardada.quantos) == (None, 0)
