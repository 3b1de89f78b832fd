"""O piso de um documento: o código mais direto que o recebe, num processo só dele.

Recebe os bytes por um cano, lê o XML, confere pelo esquema, confere o hash, desfaz o base64, grava
o conteúdo num arquivo e a mensagem, comprimida, numa linha. Não tem HTTP, SOAP, limites,
credenciais, exame do formato nem cifra.
"""

from __future__ import annotations

import base64
import hashlib
import multiprocessing
import os
import sqlite3
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

import tiss_xsd
from bench.casos import VERSAO
from bench.servidor import memoria_de
from dominio.transacoes import NS_TISS

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_Q = f"{{{NS_TISS}}}"
_LIMITE_SEGUNDOS = 120


class Custo(NamedTuple):
    """O que um documento custou a quem o recebeu.

    Attributes:
        segundos: da chegada do último byte ao commit.
        antes_mib: memória residente antes.
        pico_mib: o pico enquanto se recebia.
    """

    segundos: float
    antes_mib: float
    pico_mib: float


def medir(pasta: Path, pequeno: bytes, grande: bytes) -> Custo:
    """Entrega as duas mensagens a um processo novo e mede a segunda.

    Raises:
        RuntimeError: se o processo não respondeu.
    """
    contexto = multiprocessing.get_context("spawn")
    daqui, dali = contexto.Pipe()
    processo = contexto.Process(target=_receber, args=(dali, pasta), daemon=True)
    processo.start()
    dali.close()
    try:
        for mensagem in (pequeno, grande):
            daqui.send_bytes(mensagem)
            if not daqui.poll(_LIMITE_SEGUNDOS):
                raise RuntimeError("o piso não respondeu")
            custo = Custo(*daqui.recv())
    finally:
        daqui.close()
        processo.join(_LIMITE_SEGUNDOS)
    return custo


def _receber(cano: Connection, pasta: Path) -> None:
    xsd = Path(tiss_xsd.__file__).parent / VERSAO
    esquema = etree.XMLSchema(etree.parse(xsd / f"tissWebServicesV{VERSAO.replace('.', '_')}.xsd"))
    leitor = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, huge_tree=True
    )
    banco = sqlite3.connect(pasta / "piso.db")
    banco.execute("create table if not exists mensagem (sha256 text, pedido blob)")
    while True:
        antes = memoria_de(os.getpid(), "VmRSS")
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        try:
            dados = cano.recv_bytes()
        except EOFError:
            return
        inicio = time.monotonic()
        _gravar(pasta, banco, dados, _conteudo(dados, leitor, esquema))
        segundos = time.monotonic() - inicio
        del dados
        cano.send(Custo(segundos, antes, memoria_de(os.getpid(), "VmHWM")))


def _conteudo(dados: bytes, leitor: etree.XMLParser, esquema: etree.XMLSchema) -> bytes:
    mensagem = etree.fromstring(dados, leitor)[0][0]
    if not esquema.validate(mensagem):
        raise ValueError("fora do esquema")
    resumo = hashlib.md5(usedforsecurity=False)
    for parte in mensagem[:2]:
        for texto in parte.itertext():
            resumo.update(texto.encode("iso-8859-1"))
    if resumo.hexdigest() != mensagem.findtext(f"{_Q}hash"):
        raise ValueError("o hash não confere")
    return base64.b64decode(next(mensagem.iter(f"{_Q}documento")).text or "")


def _gravar(pasta: Path, banco: sqlite3.Connection, dados: bytes, conteudo: bytes) -> None:
    with (pasta / hashlib.sha256(conteudo).hexdigest()).open("wb") as saida:
        saida.write(conteudo)
        saida.flush()
        os.fsync(saida.fileno())
    linha = (hashlib.sha256(dados).hexdigest(), zlib.compress(dados, 1))
    with banco:
        banco.execute("insert into mensagem values (?, ?)", linha)
