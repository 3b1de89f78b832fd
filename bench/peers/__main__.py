"""``python -m bench.peers``: o gateway, a pilha comum e o JDK, lado a lado.

Tudo num processo de cada, sem HTTP: mensagens por segundo de processador, de usuário e de sistema.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

import tiss_xsd
from bench import bancos
from bench.assinatura import chave
from bench.casos import CASOS, VERSAO, molde_de_lote
from bench.peers import comum
from dominio.transacoes import POR_SERVICO
from gateway.aplicacao import ASSUNTOS
from handlers.andamento import Pedido
from handlers.credenciais import Credenciais
from handlers.recepcao import Recepcao
from mensagem import envelope, hash_tiss
from mensagem.assinatura import verificar
from mensagem.assinatura.canonica import sozinho
from mensagem.envelope import Soap
from mensagem.parse import Limites, parse
from persistence.banco import Banco
from persistence.cifra import Cifra, criar, nova

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mensagem.assinatura import ChaveDeAssinatura

_LOTES = POR_SERVICO["tissLoteGuias"]
_DE_CADA_VEZ = 60
"""Mensagens montadas de uma vez, de 0,7 MB cada."""
_ESQUEMA = Path(tiss_xsd.__file__).parent / VERSAO / "tissWebServicesV4_03_00.xsd"
_JAVA = Path(__file__).with_name("Pares.java")
_ASSINA = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)


class Medida(NamedTuple):
    """Quanto um caminho faz.

    Attributes:
        nome: do caminho.
        passos: o que ele faz da mensagem.
        por_segundo: mensagens por segundo de processador.
    """

    nome: str
    passos: str
    por_segundo: float


def _numerados(quem: ChaveDeAssinatura | None) -> Iterator[bytes]:
    """Envelopes com o lote de 100 guias, cada um com o seu número, assinados se há com quê."""
    molde = molde_de_lote(CASOS["lote-100"])
    for numero in itertools.count(1):
        dados = molde.com(numero)
        if quem is None:
            yield dados
            continue
        pedido = parse(dados, Limites())
        # com o nome que o XML-DSig dá à assinatura: o do padrão só o gateway o lê
        mensagem = _ASSINA.sign(
            sozinho(envelope.abrir(pedido)), key=quem.privada, cert=[quem.certificado]
        )
        inteira = etree.tostring(mensagem, encoding="utf-8", xml_declaration=False)
        yield envelope.fechar(inteira, Soap.V11)


def _medir(fazer: Callable[[bytes], object], mensagens: Iterator[bytes], segundos: float) -> float:
    """Mensagens por segundo de processador; montar cada uma fica de fora.

    Montam-se muitas antes de se medir: assinar uma entre duas medidas deixa a memória em pedaços, e
    a seguinte custa um quinto mais.
    """
    fazer(next(mensagens))
    feitas, gasto = 0, 0.0
    while gasto < segundos:
        for dados in [*itertools.islice(mensagens, _DE_CADA_VEZ)]:
            inicio = time.process_time()
            fazer(dados)
            gasto += time.process_time() - inicio
            feitas += 1
            if gasto >= segundos:
                break
    return feitas / gasto


def _do_gateway(url: str, pasta: Path) -> tuple[Banco, Callable[[bytes], object]]:
    """A recepção inteira: quem enviou, login, regras, linhas, recibo e arquivo cifrado."""
    chaves = pasta / "arquivo.chaves"
    criar(chaves, nova(datetime.now(UTC)))
    banco = Banco.abrir(url, cifra=Cifra(chaves))
    recepcao = Recepcao(banco, {a.servico: a for a in ASSUNTOS}, Credenciais(banco))

    def receber(dados: bytes) -> None:
        feito = recepcao.receber(Pedido(dados, _LOTES, VERSAO, "soap", uuid.uuid4().hex))
        if b"numeroProtocolo>" not in feito.corpo:
            raise click.ClickException(feito.corpo.decode("utf-8", "replace")[:2000])

    return banco, receber


def _so_conferir(dados: bytes) -> None:
    """Só o que o JDK também faz: ler, verificar, esquema e hash."""
    mensagem = envelope.abrir(parse(dados, Limites()))
    verificada = verificar(mensagem)
    if verificada is not None:
        mensagem = verificada.lida
    if not tiss_xsd.esquema(VERSAO).valida(mensagem):
        raise ValueError("inválida")
    compacta = hash_tiss.compacta(dados)
    if not hash_tiss.conferir(mensagem, hash_tiss.Modo.STRICT, compacta=compacta).confere:
        raise ValueError("o hash não confere")


def _do_java(pasta: Path, dados: bytes, quem: ChaveDeAssinatura | None, segundos: float) -> float:
    mensagem = pasta / "mensagem.xml"
    mensagem.write_bytes(etree.tostring(sozinho(envelope.abrir(parse(dados, Limites())))))
    certificado = "-"
    if quem is not None:
        (pasta / "certificado.pem").write_bytes(quem.certificado.public_bytes(Encoding.PEM))
        certificado = str(pasta / "certificado.pem")
    subprocess.run(["javac", "-d", str(pasta), str(_JAVA)], check=True)
    saida = subprocess.run(
        ["java", "-cp", str(pasta), "Pares", str(_ESQUEMA), str(mensagem), certificado,
         str(segundos * 2), str(segundos)],
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    return int(saida[0]) / float(saida[1])


def medir(segundos: float, *, assinado: bool) -> Iterator[Medida]:
    """Mede cada caminho com o lote de 100 guias, de cinco procedimentos cada."""
    quem = chave() if assinado else None
    certificado = None if quem is None else quem.certificado
    with tempfile.TemporaryDirectory(prefix="tiss-peers-") as nome, bancos.fabrica("sqlite") as url:
        pasta = Path(nome)
        banco, receber = _do_gateway(url(), pasta)
        inteiro = "tudo, com arquivo cifrado"
        yield Medida("gateway", inteiro, _medir(receber, _numerados(quem), segundos))
        banco.fechar()
        enviar = comum.pilha(_ESQUEMA, pasta / "comum.db", certificado)
        conferir = "ler, esquema, hash" + (", assinatura" if assinado else "")
        feito = _medir(enviar, _numerados(quem), segundos)
        yield Medida("Spyne, xmlschema, signxml, ORM", f"{conferir}, linhas", feito)
        feito = _medir(_so_conferir, _numerados(quem), segundos)
        yield Medida("gateway, só a conferência", conferir, feito)
        if shutil.which("javac") is None:
            click.echo("sem javac nesta máquina: o JDK fica de fora", err=True)
            return
        feito = _do_java(pasta, next(_numerados(quem)), quem, segundos)
        yield Medida("JDK", conferir, feito)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--segundos", default=5.0, help="De processador, em cada caminho.")
def principal(segundos: float) -> None:
    """Mede e mostra uma tabela em Markdown."""
    click.echo("| lote de 100 guias | caminho | passos | mensagens/s |")
    click.echo("| :-- | :-- | :-- | --: |")
    for assinado in (False, True):
        como = "assinado" if assinado else "sem assinatura"
        for medida in medir(segundos, assinado=assinado):
            click.echo(f"| {como} | {medida.nome} | {medida.passos} | {medida.por_segundo:.2f} |")


if __name__ == "__main__":
    principal(prog_name=f"{Path(sys.executable).name} -m bench.peers")
