"""Pacotes de esquemas inventados a partir dos do projeto, para os testes de instalação."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

import tiss_xsd
from dominio.versoes import sufixo
from tiss_xsd.catalogo import RAIZ

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOVA = "4.04.00"
"""Uma versão que não existe."""
MONITORAMENTO = {
    "tissMonitoramentoV1_06_00.xsd": b'<schema xmlns="http://www.w3.org/2001/XMLSchema"/>'
}


def conjunto(versao: str = NOVA, de: str = "4.03.00") -> dict[str, bytes]:
    """Os sete esquemas de uma versão, por nome, com os nomes e ``dm_versao`` de outra."""
    arquivos = {}
    for caminho in sorted((RAIZ / de).glob("*.xsd")):
        texto = caminho.read_text("utf-8").replace(sufixo(de), sufixo(versao))
        codigo = f'<enumeration value="{de}"/>'
        texto = texto.replace(codigo, f'{codigo}<enumeration value="{versao}"/>')
        arquivos[caminho.name.replace(sufixo(de), sufixo(versao))] = texto.encode()
    return arquivos


def trocado(nome: str, antes: str, depois: str, versao: str = NOVA) -> dict[str, bytes]:
    """O conjunto com um trecho de um arquivo trocado.

    Args:
        nome: do arquivo, sem o sufixo da versão: ``tissV`` é ``tiss``.
        antes: trecho que o arquivo tem.
        depois: o que fica no lugar.
        versao: do conjunto.
    """
    arquivos = conjunto(versao)
    completo = nome if nome in arquivos else f"{nome}{sufixo(versao)}.xsd"
    texto = arquivos[completo].decode()
    assert antes in texto
    return arquivos | {completo: texto.replace(antes, depois).encode()}


def zipado(arquivos: Mapping[str, bytes], compressao: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Um zip com os arquivos dados, por nome."""
    saida = io.BytesIO()
    with zipfile.ZipFile(saida, "w", compressao) as arquivo:
        for nome, conteudo in arquivos.items():
            # sem passar pelo nome: o ZipInfo aceita os que o módulo normalizaria
            entrada = zipfile.ZipInfo("x")
            entrada.filename = nome
            entrada.compress_type = compressao
            arquivo.writestr(entrada, conteudo)
    return saida.getvalue()


def em_pasta(pasta: Path, arquivos: Mapping[str, bytes]) -> Path:
    """Grava os arquivos numa pasta, que é devolvida."""
    pasta.mkdir(parents=True)
    for nome, conteudo in arquivos.items():
        (pasta / nome).write_bytes(conteudo)
    return pasta


def em_zip(caminho: Path, arquivos: Mapping[str, bytes]) -> Path:
    """Grava um zip com os arquivos, no caminho devolvido."""
    caminho.write_bytes(zipado(arquivos))
    return caminho


def recusado(caminho: Path, tmp_path: Path) -> str:
    """O motivo da recusa, depois de conferir que nada foi gravado."""
    dados = tmp_path / "dados"
    with pytest.raises(tiss_xsd.PacoteRecusado) as motivo:
        tiss_xsd.instalar(caminho, dados)
    assert not dados.exists()
    texto = str(motivo.value)
    assert "\n" not in texto
    return texto
