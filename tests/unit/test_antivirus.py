"""A conversa com o clamd, contra um clamd falso."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from gateway.antivirus import antivirus, endereco, examinar
from gateway.secoes.documentos import Documentos
from handlers.envio_documentos import AntivirusSemResposta

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTEUDO = b"conteudo " * 100_000


class Clamd:
    """Um clamd que lê um INSTREAM e responde sempre o mesmo."""

    def __init__(self, soquete: socket.socket, resposta: bytes) -> None:
        self.recebido = b""
        self._resposta = resposta
        self._soquete = soquete
        self._thread = threading.Thread(target=self._atender, daemon=True)
        self._thread.start()

    def _atender(self) -> None:
        ligado, _ = self._soquete.accept()
        with ligado, ligado.makefile("rb") as entrada:
            assert entrada.read(10) == b"zINSTREAM\0"
            while tamanho := int.from_bytes(entrada.read(4), "big"):
                self.recebido += entrada.read(tamanho)
            ligado.sendall(self._resposta)


@contextmanager
def _clamd(resposta: bytes, caminho: Path | None = None) -> Iterator[tuple[Clamd, str]]:
    familia = socket.AF_INET if caminho is None else socket.AF_UNIX
    with socket.socket(familia) as soquete:
        soquete.bind(("127.0.0.1", 0) if caminho is None else str(caminho))
        soquete.listen()
        if caminho is None:
            lugar = f"tcp://127.0.0.1:{soquete.getsockname()[1]}"
        else:
            lugar = f"unix:{caminho}"
        yield Clamd(soquete, resposta), lugar


@pytest.mark.parametrize(
    ("resposta", "limpo"),
    [(b"stream: OK\0", True), (b"stream: Eicar-Test-Signature FOUND\0", False)],
)
def test_resposta_do_clamd(resposta: bytes, limpo: bool) -> None:
    """OK está limpo, FOUND não está, e o conteúdo chega inteiro ao clamd."""
    with _clamd(resposta) as (clamd, lugar):
        assert examinar(endereco(lugar), CONTEUDO, 10) is limpo
        assert clamd.recebido == CONTEUDO


def test_soquete_local(tmp_path: Path) -> None:
    """O clamd também se alcança por um soquete do sistema de arquivos."""
    with _clamd(b"stream: OK\0", tmp_path / "clamd") as (_, lugar):
        ligado = antivirus(Documentos(clamav=lugar))
        assert ligado is not None
        assert ligado(b"x")


@pytest.mark.parametrize("resposta", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"lixo"])
def test_o_que_nao_e_ok_nao_passa(resposta: bytes) -> None:
    """Um erro do clamd, ou o seu silêncio, não é um arquivo limpo."""
    with _clamd(resposta) as (_, lugar), pytest.raises(AntivirusSemResposta):
        examinar(endereco(lugar), CONTEUDO, 10)


def test_clamd_ausente(tmp_path: Path) -> None:
    """Sem clamd no endereço, o exame não aconteceu."""
    with pytest.raises(AntivirusSemResposta):
        examinar(str(tmp_path / "nao-ha"), b"x", 1)


def test_clamd_que_demora(tmp_path: Path) -> None:
    """Um clamd que não responde no prazo não prende quem espera."""
    with socket.socket(socket.AF_UNIX) as mudo:
        mudo.bind(str(tmp_path / "mudo"))
        mudo.listen()
        with pytest.raises(AntivirusSemResposta):
            examinar(str(tmp_path / "mudo"), b"x", 0.1)


def test_sem_ajuste_nao_ha_antivirus() -> None:
    """O padrão é não examinar."""
    assert antivirus(Documentos()) is None


@pytest.mark.parametrize("errado", ["clamd", "tcp://maquina", "http://a:1", "unix:", "tcp://a:b"])
def test_endereco_errado_e_recusado(errado: str) -> None:
    """Um endereço que não se entende é recusado ao ler a configuração."""
    with pytest.raises(ValidationError):
        Documentos(clamav=errado)


def test_mensagem_tem_de_comportar_o_documento() -> None:
    """Um máximo de mensagem menor que o documento em base64 é recusado."""
    with pytest.raises(ValidationError, match="base64"):
        Documentos(max_content=30_000_000, max_message=31_000_000)
