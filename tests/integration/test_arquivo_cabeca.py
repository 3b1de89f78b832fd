"""A cabeça da cadeia de selos: assinada, entregue a quem está fora, conferida."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import certificados
import pytest
from integration.arquivados import INSTANTE, abrir, achados, arquivar
from pydantic import ValidationError
from sqlalchemy import create_engine, select, update

from gateway.arquivo import cabeca as cabecas
from gateway.arquivo.conferencia import conferir
from gateway.arquivo.exportacao import exportar
from gateway.arquivo.selagem import enviar, selar
from gateway.configuracao import Configuracao
from gateway.secoes.arquivo import Arquivo
from gateway.secoes.assinatura import Assinatura
from gateway.trabalhos.lista import trabalhos
from persistence import selos, tabelas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from persistence.banco import Banco
    from persistence.selos import Selo

S = tabelas.selo


@pytest.fixture
def arquivo(nova_url: Callable[[bool], str], tmp_path: Path) -> Iterator[Banco]:
    """Um banco em dia, cifrado, com uma mensagem."""
    banco = abrir(nova_url(True), tmp_path)
    arquivar(banco, 1)
    yield banco
    banco.fechar()


def _ultimo(banco: Banco) -> Selo:
    with banco.leitura() as conn:
        ultimo = selos.ultimo(conn)
    assert ultimo is not None
    return ultimo


def _configuracao(pasta: Path, tipo: certificados.TipoDeChave) -> Configuracao:
    titular = certificados.intermediaria().titular(tipo=tipo)
    (pasta / "chave.p12").write_bytes(titular.pkcs12())
    return Configuracao(
        archive=Arquivo(head_file=str(pasta / "cabeca")),
        signature=Assinatura(key=str(pasta / "chave.p12"), password=certificados.SENHA),
    )


def _selar(configuracao: Configuracao, banco: Banco) -> None:
    [trabalho] = [t for t in trabalhos(configuracao) if t.nome == "selar"]
    assert trabalho.executar(banco, INSTANTE) == "mensagens seladas: 1; selos: 1"


@pytest.mark.parametrize("tipo", ["rsa2048", "ec256"])
def test_cabeca_assinada_se_confere_com_o_openssl(
    arquivo: Banco, tmp_path: Path, tipo: certificados.TipoDeChave
) -> None:
    """Com uma chave configurada a cabeça sai assinada, e o OpenSSL a confere como o LEIAME diz."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("sem o programa openssl")
    _selar(_configuracao(tmp_path, tipo), arquivo)
    assert conferir(arquivo, cabecas.ler(str(tmp_path / "cabeca"))).achados == ()
    with arquivo.leitura() as conn:
        (tmp_path / "m.zip").write_bytes(exportar(conn, "m1"))
    with zipfile.ZipFile(tmp_path / "m.zip") as aberto:
        aberto.extractall(tmp_path)
        leiame = aberto.read("LEIAME.txt").decode()
    comandos = [linha.strip() for linha in leiame.splitlines() if "openssl " in linha]
    assert len(comandos) == 2
    feito = subprocess.run(
        ["bash", "-ec", "; ".join(comandos)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (feito.returncode, feito.stdout) == (0, "Verified OK\n")


@pytest.mark.parametrize("como", ["trocada", "de outro", "sem certificado"])
def test_assinatura_mexida_e_notada(arquivo: Banco, tmp_path: Path, como: str) -> None:
    """Uma assinatura que não é da cabeça aparece no selo dela."""
    _selar(_configuracao(tmp_path, "rsa2048"), arquivo)
    outro = certificados.intermediaria().titular(tipo="ec256").der
    novo = {
        "trocada": {"assinatura": b"x" * 256},
        "de outro": {"certificado": outro},
        "sem certificado": {"certificado": None},
    }[como]
    motor = create_engine(arquivo.url)
    with motor.begin() as conn:
        conn.execute(update(S).values(novo))
    motor.dispose()
    assert achados(conferir(arquivo)) == {("assinatura-invalida", "selo 1")}


def test_cabeca_vai_para_o_registro(arquivo: Banco, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cada selo deixa uma linha no registro com a sua cabeça."""
    ditas = []
    monkeypatch.setattr(
        "gateway.arquivo.selagem._log.info", lambda evento, **c: ditas.append((evento, c))
    )
    selar(arquivo, INSTANTE)
    ultimo = _ultimo(arquivo)
    assert ditas == [("arquivo selado", {"sequencia": 1, "cabeca": ultimo.cabeca})]


class _Receptor(BaseHTTPRequestHandler):
    """Guarda o que recebe e responde com o que se mandou."""

    recebidos: list[bytes]
    status: int

    def do_POST(self) -> None:
        self.recebidos.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.status)
        if self.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Nada se mostra."""


@pytest.fixture
def receptor() -> Iterator[tuple[str, type[_Receptor]]]:
    """Um endereço que recebe a cabeça."""

    class Dele(_Receptor):
        recebidos: list[bytes] = []  # noqa: RUF012 - uma classe por teste
        status = 204

    servidor = HTTPServer(("127.0.0.1", 0), Dele)
    thread = threading.Thread(target=servidor.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{servidor.server_port}/cabecas", Dele
    servidor.shutdown()
    thread.join()
    servidor.server_close()


def test_cabeca_e_entregue_a_quem_esta_fora(
    arquivo: Banco, receptor: tuple[str, type[_Receptor]]
) -> None:
    """O endereço recebe a última cabeça em JSON, e nada de mensagem nenhuma."""
    url, dele = receptor
    assert enviar(arquivo, url) is None
    selar(arquivo, INSTANTE)
    assert enviar(arquivo, url) == "cabeça do selo 1 entregue"
    ultimo = _ultimo(arquivo)
    assert [json.loads(r) for r in dele.recebidos] == [
        {"cabeca": ultimo.cabeca, "sequencia": 1, "em": "2025-03-10T14:30:15.123456+00:00"}
    ]


@pytest.mark.parametrize("status", [302, 400, 500])
def test_entrega_recusada_e_falha_do_trabalho(
    arquivo: Banco, receptor: tuple[str, type[_Receptor]], status: int
) -> None:
    """O que não é 2xx, redirecionamento incluído, é falha, que o executor repete mais tarde."""
    url, dele = receptor
    dele.status = status
    selar(arquivo, INSTANTE)
    with pytest.raises(cabecas.NaoEntregue):
        enviar(arquivo, url)


def test_ninguem_do_outro_lado_e_falha(arquivo: Banco) -> None:
    """Um endereço que não atende é falha do trabalho, e não do gateway."""
    selar(arquivo, INSTANTE)
    with pytest.raises(cabecas.NaoEntregue):
        enviar(arquivo, "http://127.0.0.1:1/")


def test_trabalho_de_entregar_so_existe_com_endereco() -> None:
    """Sem endereço não há o que entregar."""
    nomes = [t.nome for t in trabalhos(Configuracao())]
    assert "enviar-cabeca" not in nomes
    com = Configuracao(archive=Arquivo(head_webhook="https://exemplo.invalid/cabecas"))
    assert "enviar-cabeca" in [t.nome for t in trabalhos(com)]


@pytest.mark.parametrize(
    "url",
    [
        "http://exemplo.invalid/",
        "ftp://exemplo.invalid/",
        "https://",
        "https://u:s@exemplo.invalid/",
        "https://exemplo.invalid:x/",
        "exemplo",
    ],
)
def test_endereco_que_nao_e_https_e_recusado(url: str) -> None:
    """A cabeça só se entrega por https, e sem credenciais no endereço."""
    with pytest.raises(ValidationError):
        Arquivo(head_webhook=url)


def test_selo_de_antes_da_assinatura_continua_certo(arquivo: Banco, tmp_path: Path) -> None:
    """Configurar a chave depois não invalida os selos sem assinatura."""
    selar(arquivo, INSTANTE)
    arquivar(arquivo, 2)
    _selar(_configuracao(tmp_path, "rsa2048"), arquivo)
    with arquivo.leitura() as conn:
        assinados = conn.execute(select(S.c.assinatura).order_by(S.c.sequencia)).scalars().all()
    assert [a is None for a in assinados] == [True, False]
    assert conferir(arquivo).achados == ()
