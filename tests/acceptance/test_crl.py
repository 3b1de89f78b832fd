"""Listas de revogados de ponta a ponta: um gateway no ar e um servidor HTTP de listas."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import certificados as icp
import pytest
from acceptance import viveiro
from acceptance.servidor import CODIGO, HOSPITAL, LOGIN, REGISTRO, SENHA
from cryptography.hazmat.primitives.serialization import Encoding
from integration.assinadas import assinada
from integration.lcr_servida import Resposta, ServidorDeListas
from integration.recepcao import lote
from validador import validar_resposta

from dominio.transacoes import NS_TISS

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from acceptance.servidor import Servidor

_ESPERA = 90.0
_LISTAS_LOCAIS = {
    "TISS_GATEWAY_TRUST__ALLOW_NETWORKS": '["127.0.0.1/32"]',
    "TISS_GATEWAY_TRUST__POLL_SECONDS": "1",
}
DONA = ("--registro-ans", REGISTRO)


@pytest.fixture
def listas() -> Iterator[ServidorDeListas]:
    """Um servidor de listas vazio."""
    with ServidorDeListas() as servidor:
        yield servidor


@pytest.fixture(params=["sqlite", "postgresql"])
def servidor(request: pytest.FixtureRequest, novo_servidor: Callable[..., Servidor]) -> Servidor:
    """Um gateway por começar, em cada banco."""
    if request.param == "sqlite":
        return novo_servidor(**_LISTAS_LOCAIS)
    return novo_servidor(request.getfixturevalue("postgres").nova_base(), **_LISTAS_LOCAIS)


def _comando(servidor: Servidor, *argumentos: str) -> subprocess.CompletedProcess[str]:
    return viveiro.executar(argumentos, env=servidor._ambiente, cwd=servidor.pasta)


def _servir(listas: ServidorDeListas, ac: icp.Autoridade, *perdidos: icp.Par) -> None:
    de = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5 - len(perdidos))
    quais = tuple(par.certificado for par in perdidos)
    listas.respostas["/raiz.crl"] = Resposta(icp.raiz().lcr(de=de).public_bytes(Encoding.DER))
    listas.respostas["/ac.crl"] = Resposta(ac.lcr(quais, de=de).public_bytes(Encoding.DER))


def _enviar(servidor: Servidor, par: icp.Par, numero: str) -> tuple[str | None, str | None]:
    """Número de protocolo e código do erro da resposta a um lote assinado."""
    mensagem = lote(numero=numero, quem=HOSPITAL, login=LOGIN, senha=SENHA)
    corpo = servidor.postar(assinada(mensagem, par)).corpo
    raiz = validar_resposta(corpo, "4.03.00")
    return tuple(  # type: ignore[return-value]
        next((e.text for e in raiz.iter(f"{{{NS_TISS}}}{nome}") if not len(e)), None)
        for nome in ("numeroProtocolo", "codigoGlosa")
    )


def test_revogado_deixa_de_entrar(
    servidor: Servidor, listas: ServidorDeListas, tmp_path: Path
) -> None:
    """Da âncora à revogação, só por comandos, HTTP e o trabalho de fundo."""
    ac = icp.raiz().autoridade("AC de Aceitação", crl=f"{listas.base}/raiz.crl")
    par = ac.titular(nome="CLINICA DE ACEITACAO", crl=f"{listas.base}/ac.crl")
    raiz = tmp_path / "raiz.pem"
    raiz.write_bytes(icp.raiz().pem)
    assert _comando(servidor, "trust", "add", *DONA, "--ancora", str(raiz)).returncode == 0
    exigir = _comando(servidor, "prestador", "set", CODIGO, *DONA, "--assinatura", "required")
    assert exigir.returncode == 0, exigir.stderr
    _servir(listas, ac)
    servidor.iniciar()
    # a lista que falta é pedida pela primeira mensagem e buscada pelo trabalho de fundo
    fim = time.monotonic() + _ESPERA
    numero, erro = _enviar(servidor, par, "1")
    assert (numero, erro) == (None, "3168")
    while numero is None and time.monotonic() < fim:
        time.sleep(0.2)
        numero, erro = _enviar(servidor, par, "1")
    assert (numero, erro) == ("10000001", None), servidor.registro.read_text("utf-8")[-4000:]
    metricas = servidor.pegar("/metrics").corpo.decode()
    assert 'tiss_listas_de_revogados{situacao="em-dia"} 2.0' in metricas
    assert 'tiss_certificado_expira_em_dias{tipo="ancora"}' in metricas
    pronto = servidor.pegar("/health/ready")
    assert (pronto.status, b'"avisos":[]' in pronto.corpo) == (200, True)
    _servir(listas, ac, par)
    refeito = _comando(servidor, "trust", "refresh", *DONA)
    assert refeito.returncode == 0, refeito.stderr
    assert _enviar(servidor, par, "2") == (None, "3168")
    guardadas = _comando(servidor, "trust", "list", *DONA).stdout
    assert "em dia" in guardadas
