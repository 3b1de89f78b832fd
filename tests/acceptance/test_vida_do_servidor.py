"""Subir, parar, perder o banco e voltar, muitas mensagens ao mesmo tempo."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests
from acceptance.mensagens import envelopado, lote, status
from acceptance.numeros import novo_lote
from integration import banco_de_teste
from lxml import html
from validador import validar_resposta

from persistence import mensagens

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from acceptance.servidor import Servidor

_NS = {"t": "http://www.ans.gov.br/padroes/tiss/schemas"}


def _protocolo(corpo: bytes) -> str | None:
    raiz = validar_resposta(corpo, "4.03.00")
    return raiz.findtext(".//t:numeroProtocolo", namespaces=_NS)


def _ao_mesmo_tempo(gateway: Servidor, corpos: list[bytes]) -> list[bytes]:
    largada = threading.Barrier(len(corpos))

    def enviar(corpo: bytes) -> bytes:
        largada.wait()
        return gateway.postar(corpo).corpo

    with ThreadPoolExecutor(len(corpos)) as threads:
        return list(threads.map(enviar, corpos))


def test_vinte_copias_ao_mesmo_tempo_dao_um_protocolo(gateway: Servidor) -> None:
    """A mesma mensagem vinte vezes ao mesmo tempo recebe vinte vezes o mesmo protocolo."""
    corpo = envelopado(lote())
    respostas = _ao_mesmo_tempo(gateway, [corpo] * 20)
    protocolos = {_protocolo(r) for r in respostas}
    assert len(protocolos) == 1
    assert None not in protocolos


def test_vinte_lotes_com_um_numero_dao_um_protocolo_e_19_recusas(gateway: Servidor) -> None:
    """Vinte lotes diferentes com o mesmo número: um entra, dezenove são recusados."""
    numero = novo_lote()
    corpos = [envelopado(lote(numero=numero, semente=n)) for n in range(20)]
    respostas = [validar_resposta(r, "4.03.00") for r in _ao_mesmo_tempo(gateway, corpos)]
    protocolos = [p for r in respostas if (p := r.findtext(".//t:numeroProtocolo", None, _NS))]
    codigos = [
        c for r in respostas if (c := r.findtext(".//t:mensagemErro/t:codigoGlosa", None, _NS))
    ]
    assert len(protocolos) == 1
    assert codigos == ["3268"] * 19


def test_parada_espera_o_que_esta_em_curso(novo_servidor: Callable[..., Servidor]) -> None:
    """Quem já mandou a mensagem inteira quando a parada começa recebe a sua resposta."""
    gateway = novo_servidor().iniciar()
    corpo = envelopado(lote(guias=100))
    respostas: list[int] = []
    enviando = threading.Thread(target=lambda: respostas.append(gateway.postar(corpo).status))
    enviando.start()
    time.sleep(0.02)
    codigo = gateway.parar()
    enviando.join()
    assert codigo == 0
    assert respostas == [200]


def test_dois_processos_param_com_o_supervisor(novo_servidor: Callable[..., Servidor]) -> None:
    """SIGTERM no supervisor encerra todos os processos e solta a porta."""
    gateway = novo_servidor().iniciar("--workers", "2")
    assert gateway.postar(envelopado(lote())).status == 200
    assert gateway.parar() == 0
    with pytest.raises(ConnectionRefusedError):
        gateway.cru(b"GET / HTTP/1.1\r\n\r\n")


def test_processos_nao_sobrevivem_ao_supervisor_morto(
    novo_servidor: Callable[..., Servidor],
) -> None:
    """Morto o supervisor à força, os processos param sozinhos e soltam a porta."""
    gateway = novo_servidor().iniciar("--workers", "2")
    assert gateway.processo is not None
    gateway.processo.kill()
    gateway.processo.wait()
    fim = time.monotonic() + 20
    while time.monotonic() < fim:
        try:
            gateway.cru(b"GET / HTTP/1.1\r\n\r\n", espera=1)
        except ConnectionRefusedError:
            return
        time.sleep(0.2)
    pytest.fail("a porta continua aberta")


@pytest.fixture
def servidor_postgres() -> banco_de_teste.Postgres:
    """Um PostgreSQL só deste teste, que se pode parar."""
    try:
        servidor = banco_de_teste.abrir()
    except banco_de_teste.SemPostgres as motivo:
        pytest.skip(str(motivo))
    if not servidor.controlavel:
        servidor.encerrar()
        pytest.skip("o PostgreSQL de TISS_TEST_DSN não se pode parar")
    yield servidor
    servidor.encerrar()


def test_banco_que_some_e_volta(
    novo_servidor: Callable[..., Servidor], servidor_postgres: banco_de_teste.Postgres
) -> None:
    """Sem banco a falha é ErroInesperadoServidor e a prontidão fica vermelha; com ele, volta."""
    gateway = novo_servidor(servidor_postgres.nova_base()).iniciar()
    antes = gateway.postar(envelopado(lote()))
    assert antes.status == 200
    servidor_postgres.parar()
    sem_banco = gateway.postar(envelopado(lote()))
    validar_resposta(sem_banco.corpo, "4.03.00")
    assert b"ErroInesperadoServidor" in sem_banco.corpo
    assert gateway.pegar("/health/ready").status == 503
    assert gateway.pegar("/health/live").status == 200
    servidor_postgres.iniciar()
    fim = time.monotonic() + 20
    while gateway.pegar("/health/ready").status != 200 and time.monotonic() < fim:
        time.sleep(0.1)
    assert gateway.postar(envelopado(lote())).status == 200
    perguntado = gateway.postar(
        envelopado(status(_protocolo(antes.corpo) or "")),
        servico="tissSolicitacaoStatusProtocolo",
    )
    assert b"statusProtocolo>1<" in perguntado.corpo


def test_banco_de_outra_versao_deixa_a_prontidao_vermelha(
    novo_servidor: Callable[..., Servidor], postgres: banco_de_teste.Postgres
) -> None:
    """Num PostgreSQL sem o esquema deste programa, vivo responde e pronto não."""
    gateway = novo_servidor(postgres.nova_base())
    with gateway.banco.escrita() as conn:
        conn.exec_driver_sql("update alembic_version set version_num = 'outra'")
    gateway.iniciar()
    assert gateway.pegar("/health/live").status == 200
    pronto = gateway.pegar("/health/ready")
    assert pronto.status == 503
    assert "versão" in pronto.corpo.decode()


def test_cabecalho_lento_e_cortado(novo_servidor: Callable[..., Servidor]) -> None:
    """Quem não termina o cabeçalho HTTP no prazo perde a conexão; os outros não notam."""
    gateway = novo_servidor(TISS_GATEWAY_SERVER__HEADER_TIMEOUT="1").iniciar()
    inicio = time.monotonic()
    assert gateway.cru(b"POST /tiss/4.03.00/tissLoteGuias HTTP/1.1\r\nHost:", espera=15) == b""
    assert time.monotonic() - inicio < 12
    assert gateway.postar(envelopado(lote())).status == 200


def test_corpo_lento_recebe_408(novo_servidor: Callable[..., Servidor]) -> None:
    """Quem não termina o corpo no prazo recebe 408 com a falha do padrão, e fica no arquivo."""
    gateway = novo_servidor(TISS_GATEWAY_SERVER__BODY_TIMEOUT="1").iniciar()
    resposta = gateway.cru(
        b"POST /tiss/4.03.00/tissLoteGuias HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
        b"Content-Length: 500\r\n\r\n<a>",
        espera=15,
    )
    assert resposta.startswith(b"HTTP/1.1 408")
    validar_resposta(resposta.partition(b"\r\n\r\n")[2], "4.03.00")
    with gateway.banco.leitura() as conn:
        assert [m.erro for m in mensagens.listar(conn)] == ["tempo-de-leitura"]


def test_sem_memoria_para_o_corpo_recebe_503(novo_servidor: Callable[..., Servidor]) -> None:
    """Acima do orçamento de memória a porta responde ocupado, com Retry-After."""
    gateway = novo_servidor(TISS_GATEWAY_SERVER__MEMORY_BUDGET="1048576").iniciar()
    resposta = gateway.postar(b"<a>" + b" " * 2_000_000 + b"</a>")
    validar_resposta(resposta.corpo, "4.03.00")
    assert resposta.status == 503
    assert resposta.cabecalhos["retry-after"] == "5"


def test_endereco_publico_vem_da_configuracao(novo_servidor: Callable[..., Servidor]) -> None:
    """Com public_url, os WSDL dizem esse endereço."""
    gateway = novo_servidor(TISS_GATEWAY_SERVER__PUBLIC_URL="https://tiss.exemplo.com.br").iniciar()
    wsdl = gateway.pegar("/tiss/4.03.00/tissLoteGuias?wsdl").corpo
    assert b'location="https://tiss.exemplo.com.br/tiss/4.03.00/tissLoteGuias"' in wsdl


def test_porta_ocupada_e_erro_de_uma_linha(gateway: Servidor, tmp_path: Path) -> None:
    """Servir numa porta já usada termina com código 1 e uma linha que o diz."""
    feito = subprocess.run(
        [sys.executable, "-m", "gateway", "serve", "--port", str(gateway.porta)],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        env=os.environ | {"TISS_GATEWAY_DATABASE__URL": f"sqlite:///{tmp_path / 'x.db'}"},
    )  # fmt: skip
    assert feito.returncode == 1
    assert feito.stderr.strip().splitlines()[-1].startswith("tiss-gateway: não foi possível")


def test_demonstracao_chega_ao_fim_e_diz_quem_entra_no_console(tmp_path: Path) -> None:
    """Protocolos, recusa, pagamentos, impressos, arquivo selado; e o console no ar até Ctrl+C."""
    with subprocess.Popen(
        [sys.executable, "-m", "gateway", "demo", "--keep"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
    ) as processo:  # fmt: skip
        prazo = threading.Timer(180, processo.kill)
        prazo.start()
        dito = ""
        for linha in processo.stdout or ():
            dito += linha
            if "Ctrl+C para parar" in linha:
                break
        base = re.search(r"Console em (http://127\.0\.0\.1:\d+)/console/", dito)
        entradas = [_entrar(base[1], *par) for par in _LOGINS.findall(dito)] if base else dito
        processo.send_signal(signal.SIGINT)
        assert processo.wait(30) == 0, dito
        prazo.cancel()
    assert entradas == ["/console/inicio", "/console/termos"]
    assert "Demonstração concluída." in dito
    assert dito.count("Recebido") == 10
    assert "SchemaInvalido" in dito
    assert dito.count("Pagamento efetuado") == 3
    assert "assinatura íntegra" in dito
    assert "tudo confere" in dito
    assert "\x1b[" not in dito
    [pasta] = tmp_path.glob("tiss-gateway-*")
    impressos = {arquivo.name: arquivo.read_bytes()[:5] for arquivo in pasta.iterdir()}
    assert sorted(impressos) == [
        "analise-de-conta.html", "analise-de-conta.pdf", "analise-de-conta.xml", "capa.pdf",
        "pagamento-odontologico.pdf", "pagamento.pdf", "relatorio.pdf",
    ]  # fmt: skip
    assert all(c == b"%PDF-" for nome, c in impressos.items() if nome.endswith(".pdf"))


_LOGINS = re.compile(r": (\S+), senha (\S+)")


def _entrar(base: str, login: str, senha: str) -> str:
    """Entra no console e diz em que página se fica."""
    with requests.Session() as navegador:
        pagina = html.fromstring(navegador.get(f"{base}/console/entrar", timeout=30).text)
        forma = next(f for f in pagina.forms if "login" in f.fields)
        campos = dict(forma.form_values()) | {"login": login, "senha": senha}
        resposta = navegador.post(
            f"{base}/console/entrar", campos, headers={"Origin": base}, timeout=30
        )
        return urlsplit(resposta.url).path
