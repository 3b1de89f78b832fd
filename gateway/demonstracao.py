"""A demonstração: um gateway de verdade num banco embutido, um ERP de verdade falando com ele.

Sobe ``tiss-gateway serve`` como processo, cadastra operadora e prestador inventados, envia um lote
de cada tipo de guia em duas versões por zeep a partir do WSDL servido, pergunta a situação de
cada protocolo, manda uma mensagem errada e mostra tudo numa tabela.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from gateway.comandos.comum import tabela
from prestador.cliente import Cliente, FalhaTISS
from prestador.lotes import corpo_lote
from prestador.valores import Identificado, identificado

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

VERSOES = ("4.03.00", "4.01.00")
_OPERADORA = "999999"
_CODIGO = "013950"
_LOGIN = "hospital"
_SENHA = "Exemplo#2026"
_ESPERA = 60.0
_NOMES = {
    TipoGuia.CONSULTA: "consulta",
    TipoGuia.SADT: "SP/SADT",
    TipoGuia.INTERNACAO: "resumo de internação",
    TipoGuia.HONORARIOS: "honorário individual",
    TipoGuia.ODONTO: "odontologia",
}


def demonstrar(*, manter: bool = False) -> bool:
    """Executa a demonstração e diz se tudo saiu como devia.

    Args:
        manter: deixa o gateway no ar até Ctrl+C.
    """
    with tempfile.TemporaryDirectory(prefix="tiss-gateway-demo-") as pasta:
        ambiente = _ambiente(Path(pasta))
        _passo("Cadastrando uma operadora e um prestador inventados")
        _comando(
            ambiente, "operadora", "add", "--registro-ans", _OPERADORA,
            "--cnpj", "45.123.987/0001-70", "--nome", "Operadora Exemplo Saúde",
        )  # fmt: skip
        _comando(
            ambiente, "prestador", "add", "--registro-ans", _OPERADORA, "--codigo", _CODIGO,
            "--cnpj", "11.222.333/0001-81", "--cnes", "7654321", "--nome", "Hospital São Lázaro",
            "--login", _LOGIN, "--senha", "-", entrada=_SENHA,
        )  # fmt: skip
        _passo("Subindo o gateway em SQLite")
        with _servidor(ambiente, Path(pasta) / "gateway.log") as base:
            _passo(f"Gateway no ar em {base}")
            certo = _trocar_mensagens(base)
            if manter:
                _manter(base)
    return certo


def _trocar_mensagens(base: str) -> bool:
    hospital = identificado("cnpj", "11222333000181", codigo=_CODIGO, nome="Hospital São Lázaro")
    linhas: list[list[str]] = []
    certo = True
    for versao in VERSOES:
        with Cliente(base, versao, _OPERADORA, hospital, login=_LOGIN, senha=_SENHA) as cliente:
            for numero, tipo in enumerate(TipoGuia, 1):
                linha, bom = _enviar_e_perguntar(cliente, versao, tipo, numero, hospital)
                linhas.append(linha)
                certo = certo and bom
            recusa = _mensagem_recusada(cliente, versao, hospital)
    click.echo()
    click.echo("Lotes enviados por zeep a partir do WSDL servido:")
    click.echo(tabela(["versão", "guias", "lote", "protocolo", "valor", "situação"], linhas))
    click.echo()
    click.echo("Uma mensagem recusada, com os motivos que o hospital recebe:")
    for parte in recusa or ["(não houve recusa)"]:
        click.echo(f"  {parte}")
    click.echo()
    certo = certo and bool(recusa)
    click.echo("Demonstração concluída." if certo else "Demonstração com falhas.")
    return certo


def _enviar_e_perguntar(
    cliente: Cliente, versao: str, tipo: TipoGuia, numero: int, hospital: Identificado
) -> tuple[list[str], bool]:
    _passo(f"{versao}: enviando lote de {_NOMES[tipo]}")
    lote = f"{versao.replace('.', '')}{numero:02d}"
    corpo = corpo_lote(
        tipo, versao, prestador=hospital, registro_ans=_OPERADORA, numero_lote=lote, guias=3
    )
    recibo = cliente.enviar_lote(corpo)
    if recibo.protocolo is None:
        texto = recibo.erro.descricao if recibo.erro else None
        return [versao, _NOMES[tipo], lote, "-", "-", f"recusado: {texto}"], False
    situacao = cliente.status(recibo.protocolo)
    if situacao.status is None:
        return [versao, _NOMES[tipo], lote, recibo.protocolo, "-", "sem situação"], False
    valor = f"{recibo.valor_total:.2f}".replace(".", ",")
    texto = StatusProtocolo(situacao.status).texto
    return [versao, _NOMES[tipo], lote, recibo.protocolo, valor, texto], True


def _mensagem_recusada(cliente: Cliente, versao: str, hospital: Identificado) -> list[str]:
    _passo(f"{versao}: enviando uma mensagem com erros de preenchimento")
    corpo = corpo_lote(
        TipoGuia.CONSULTA, versao, prestador=hospital, registro_ans=_OPERADORA, guias=2
    )
    guias: Any = corpo["guiasTISS"]
    guias = guias["guiaConsulta"]
    guias[0]["dadosAtendimento"]["tipoConsulta"] = "9"
    guias[1]["dadosAtendimento"]["procedimento"]["valorProcedimento"] = "150,00"
    try:
        cliente.enviar_lote(corpo)
    except FalhaTISS as falha:
        return [f"falha {falha.codigo}", *falha.texto.rstrip(".").split("; ")]
    return []


def _passo(texto: str) -> None:
    marca = click.style("»", fg="green") if sys.stdout.isatty() else "»"
    click.echo(f"{marca} {texto}")


def _ambiente(pasta: Path) -> dict[str, str]:
    limpo = {k: v for k, v in os.environ.items() if not k.startswith("TISS_GATEWAY_")}
    return limpo | {
        "TISS_GATEWAY_DATABASE__URL": f"sqlite:///{pasta / 'demo.db'}",
        "TISS_GATEWAY_ARCHIVE__KEY_FILE": str(pasta / "arquivo.chaves"),
        "TISS_GATEWAY_ARCHIVE__HEAD_FILE": str(pasta / "arquivo.cabeca"),
        "TISS_GATEWAY_SERVER__PORT": str(_porta_livre()),
        "TISS_GATEWAY_LOG__LEVEL": "info",
    }


def _porta_livre() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _programa() -> list[str]:
    return [sys.executable, "-m", "gateway"]


def _comando(ambiente: dict[str, str], *argumentos: str, entrada: str = "") -> None:
    subprocess.run(  # noqa: S603 - o próprio programa
        [*_programa(), *argumentos], env=ambiente, check=True, text=True, input=entrada,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


@contextmanager
def _servidor(ambiente: dict[str, str], registro: Path) -> Iterator[str]:
    base = f"http://127.0.0.1:{ambiente['TISS_GATEWAY_SERVER__PORT']}"
    with registro.open("wb") as saida:
        processo = subprocess.Popen(  # noqa: S603 - o próprio programa
            [*_programa(), "serve"], env=ambiente, stderr=saida, stdout=saida
        )
        try:
            _esperar(base, processo, registro)
            yield base
        finally:
            processo.terminate()
            try:
                processo.wait(timeout=30)
            except subprocess.TimeoutExpired:
                processo.kill()
                processo.wait()


def _esperar(base: str, processo: subprocess.Popen[bytes], registro: Path) -> None:
    fim = time.monotonic() + _ESPERA
    while time.monotonic() < fim and processo.poll() is None:
        try:
            with urllib.request.urlopen(f"{base}/health/ready", timeout=2):  # noqa: S310 - loopback
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    ultimas: Sequence[str] = registro.read_text("utf-8", "replace").splitlines()[-5:]
    raise click.ClickException("o gateway não subiu: " + " | ".join(ultimas))


def _manter(base: str) -> None:
    click.echo(f"O gateway continua em {base}; Ctrl+C para parar.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        click.echo()
