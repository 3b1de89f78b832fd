"""``archive documents``: conferir o depósito dos documentos contra o banco."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gateway.armazem import arquivos
from gateway.comandos.comum import Recusado, banco_em_dia, mostrar, opcao_config, opcao_json
from gateway.configuracao import carregar
from persistence import donos_de_arquivos
from persistence.arquivos import ArquivoAusente, ArquivoEstragado
from persistence.banco import cifra_de

if TYPE_CHECKING:
    from persistence.arquivos import Arquivos
    from persistence.cifra import Cifra


@click.command("documents")
@opcao_config
@opcao_json
def archive_documents(em_json: bool) -> None:
    """Lê cada documento e arquivo de nota e diz quais faltam no depósito ou estão estragados."""
    ajustes = carregar().documents
    deposito = arquivos(ajustes)
    achados: dict[str, list[str]] = {"faltam": [], "estragados": []}
    with banco_em_dia() as banco:
        with banco.leitura() as conn:
            chaves, cifra = donos_de_arquivos.todas(conn), cifra_de(conn)
        try:
            for chave in chaves:
                motivo = _motivo(deposito, chave, cifra)
                if motivo:
                    achados[motivo].append(chave)
        except OSError as erro:
            raise Recusado(f"{ajustes.s3_bucket or ajustes.folder}: {erro.strerror}") from None
    linhas = [f"{motivo}: {chave}" for motivo, quais in achados.items() for chave in quais]
    texto = "\n".join([f"arquivos conferidos: {len(chaves)}", *linhas])
    mostrar({"conferidos": len(chaves), **achados}, texto, em_json=em_json)
    if linhas:
        raise Recusado(f"o depósito não confere: {len(linhas)} achado(s)")


def _motivo(deposito: Arquivos, chave: str, cifra: Cifra | None) -> str:
    try:
        for _ in deposito.abrir(chave, cifra):
            pass
    except ArquivoAusente:
        return "faltam"
    except ArquivoEstragado:
        return "estragados"
    return ""
