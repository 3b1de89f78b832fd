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
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from integration.assinadas import confiar, lote_assinado, politica
from integration.lcr_servida import Resposta, ServidorDeListas
from integration.recepcao import conferir_erro

from dominio import erros
from gateway.confianca.atualizacao import atualizar, tarefa
from gateway.confianca.busca import BuscaFalhou, buscar
from gateway.destinos import Politica, redes
from gateway.secoes.confianca import Confianca
from persistence import revogados

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.recepcao import AbrirMesa, Mesa

    from persistence.revogados import ListaGuardada

AJUSTES = Confianca(crl_timeout=5, allow_networks=("127.0.0.1/32",))
LOCAL = Politica(redes(AJUSTES.allow_networks), http_publico=True)


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
        assert buscar(listas.base + caminho, politica=LOCAL, prazo=5, limite=100) == b"lista"


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
        buscar(f"{listas.base}/a.crl", politica=LOCAL, prazo=5, limite=100)


def test_busca_nao_espera_por_quem_pinga(listas: ServidorDeListas) -> None:
    """Um servidor que manda um byte de cada vez não prende a busca além do prazo."""
    listas.respostas["/a.crl"] = Resposta(b"x" * 90, pausa=0.2)
    with pytest.raises(BuscaFalhou, match="prazo"):
        buscar(f"{listas.base}/a.crl", politica=LOCAL, prazo=1, limite=100)


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
            buscar(
                f"http://127.0.0.1:{servidor.getsockname()[1]}/a",
                politica=LOCAL,
                prazo=1,
                limite=100,
            )


def test_busca_nao_vai_para_dentro_da_rede(listas: ServidorDeListas) -> None:
    """Sem a rede listada, um endereço privado não se busca, e o servidor nem é tocado."""
    listas.respostas["/a.crl"] = Resposta(b"lista")
    for endereco in (listas.base, "http://[::1]:80", "http://169.254.169.254", "http://10.0.0.1"):
        with pytest.raises(BuscaFalhou, match="não é público"):
            buscar(f"{endereco}/a.crl", politica=Politica(http_publico=True), prazo=5, limite=100)
    assert listas.pedidos == []


def test_busca_confere_cada_salto(listas: ServidorDeListas) -> None:
    """Um redirecionamento não leva a um endereço a que não se iria."""
    with ServidorDeListas() as interno:
        interno.respostas["/segredo"] = Resposta(b"segredo")
        porta = interno.base.rpartition(":")[2]
        listas.respostas["/a.crl"] = Resposta(
            status=302, salto=f"http://interno.exemplo.com.br:{porta}/segredo"
        )
        enderecos = {"interno.exemplo.com.br": ["127.0.0.1"], "lcr.exemplo.com.br": ["127.0.0.1"]}
        # só o primeiro nome se resolve para a rede listada; o do salto, para outra
        politica_ = Politica(
            redes(["127.0.0.1/32"]),
            lambda nome, _: enderecos[nome] if nome.startswith("lcr") else ["10.0.0.7"],
            http_publico=True,
        )
        with pytest.raises(BuscaFalhou, match="não é público"):
            buscar(
                f"http://lcr.exemplo.com.br:{listas.base.rpartition(':')[2]}/a.crl",
                politica=politica_,
                prazo=5,
                limite=100,
            )
        assert (listas.pedidos, interno.pedidos) == (["/a.crl"], [])


def test_busca_nao_leva_usuario_nem_senha(listas: ServidorDeListas) -> None:
    """Um endereço com usuário não se busca, nem depois de um salto."""
    com_usuario = listas.base.replace("//", "//alguem:senha@")
    listas.respostas["/a.crl"] = Resposta(status=302, salto=f"{com_usuario}/b.crl")
    for endereco in (com_usuario, listas.base):
        with pytest.raises(BuscaFalhou, match="usuário"):
            buscar(f"{endereco}/a.crl", politica=LOCAL, prazo=5, limite=100)
    assert listas.pedidos == ["/a.crl"]


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


def test_lista_de_outra_parte_nao_toma_o_lugar_da_sua(
    nova_mesa: AbrirMesa, listas: ServidorDeListas
) -> None:
    """A lista de outro endereço da autoridade, servida no lugar da sua, não entra em vigor."""
    mesa = nova_mesa()
    ac, par = _com_listas(mesa, listas)
    mesa.enviar(lote_assinado(par, numero="1"))
    _servir(listas, ac)
    ponto = x509.IssuingDistributionPoint(
        [x509.UniformResourceIdentifier(f"{listas.base}/outra.crl")],
        None, False, False, None, False, False,
    )  # fmt: skip
    de_outra = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ac.certificado.subject)
        .last_update(datetime.now(UTC) - timedelta(hours=1))
        .next_update(icp.FIM)
        .add_extension(ponto, critical=True)
        .sign(ac.chave, hashes.SHA256())
    )
    listas.respostas["/ac.crl"] = Resposta(de_outra.public_bytes(Encoding.DER))
    atualizar(mesa.banco, AJUSTES, datetime.now(UTC))
    guardada = _guardadas(mesa)["ac.crl"]
    assert guardada.quantos is None
    assert "outro endereço" in (guardada.erro or "")
    conferir_erro(mesa.enviar(lote_assinado(par, numero="2")), erros.CADEIA_INVALIDA)


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
