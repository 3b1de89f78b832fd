"""``message``: conferir um arquivo antes de o enviar, reexecutar o que já chegou."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

import tiss_xsd
from dominio.competencia import agora, dia
from gateway.comandos.comum import (
    MauUso,
    Recusado,
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
)
from gateway.configuracao import carregar
from mensagem.parse import Limites

if TYPE_CHECKING:
    from handlers.reexecucao import Desfecho
    from handlers.verificacao import Passo, Verificacao


@click.group()
def message() -> None:
    """Mensagens."""


@message.command("check")
@opcao_config
@opcao_json
@click.argument(
    "arquivos", nargs=-1, required=True, type=click.Path(dir_okay=False), metavar="ARQUIVO..."
)
def message_check(arquivos: tuple[str, ...], em_json: bool) -> None:
    """Diz tudo o que está errado em mensagens, sem as receber nem precisar de cadastro.

    Aceita mensagemTISS, mensagem de web service sem envelope e envelope SOAP.
    """
    from handlers.lote_guias.sem_banco import conferir
    from handlers.verificacao import verificar

    configuracao = carregar()
    tiss_xsd.usar_pasta(configuracao.schemas.folder)
    limites = Limites(tamanho=configuracao.server.max_message)
    regras = {"tissLoteGuias": conferir}
    achados = {
        arquivo: verificar(_ler(arquivo), dia(agora()), regras, limites) for arquivo in arquivos
    }
    mostrar(
        {"arquivos": [_dados(nome, v) for nome, v in achados.items()]},
        "\n\n".join(_texto(nome, v) for nome, v in achados.items()),
        em_json=em_json,
    )
    erradas = sum(1 for v in achados.values() if not v.certa)
    if erradas:
        raise Recusado(f"mensagens com erros: {erradas} de {len(achados)}")


@message.command("replay")
@opcao_config
@opcao_json
@click.argument("mensagem_id", metavar="ID")
def message_replay(mensagem_id: str, em_json: bool) -> None:
    """Passa uma mensagem do arquivo outra vez pela recepção, sem que nada fique."""
    from gateway.aplicacao import limites, recepcao
    from handlers.reexecucao import NaoReexecutavel, reexecutar

    configuracao = carregar()
    tiss_xsd.usar_pasta(configuracao.schemas.folder)
    repassados = {s for s, ajuste in configuracao.repasse.root.items() if ajuste.modo == "repassa"}
    montar = partial(recepcao, limites=limites(configuracao), documentos=configuracao.documents)
    with banco_em_dia() as banco:
        try:
            feita = reexecutar(banco, mensagem_id, montar, repassados)
        except NaoReexecutavel as erro:
            raise Recusado(str(erro)) from None
    mostrar(
        {
            "id": mensagem_id,
            "igual": feita.igual,
            "antes": feita.antes._asdict(),
            "agora": feita.agora._asdict(),
        },
        "\n".join(
            [
                f"antes: {_frase(feita.antes)}",
                f"agora: {_frase(feita.agora)}",
                "o mesmo desfecho" if feita.igual else "o desfecho mudou",
            ]
        ),
        em_json=em_json,
    )


def _frase(desfecho: Desfecho) -> str:
    partes = [desfecho.desfecho]
    if desfecho.protocolo is not None:
        partes.append(f"protocolo {desfecho.protocolo}")
    if desfecho.erro is not None:
        partes.append(f"erro {desfecho.erro}")
    if desfecho.texto is not None:
        partes.append(desfecho.texto)
    return ", ".join(partes)


def _ler(arquivo: str) -> bytes:
    try:
        with click.open_file(arquivo, "rb") as aberto:
            dados: bytes = aberto.read()
    except OSError as erro:
        raise MauUso(f"{arquivo}: {erro.strerror}") from None
    return dados


def _dados(nome: str, v: Verificacao) -> dict[str, Any]:
    return {
        "arquivo": nome,
        "certa": v.certa,
        "forma": v.forma,
        "servico": v.servico,
        "versao": v.versao,
        "passos": [passo._asdict() for passo in v.passos],
        "erros": [{**d.erro._asdict(), "esperado": d.esperado} for d in v.erros],
        "hashes": [leitura._asdict() for leitura in v.hashes],
    }


def _texto(nome: str, v: Verificacao) -> str:
    linhas = [f"{nome}: {'certa' if v.certa else 'com erros'}"]
    if v.forma is not None:
        linhas.append(f"  forma: {v.forma}")
    for passo in v.passos:
        linhas.append(_linha(passo))
        if passo.nome == "esquema":
            for detalhado in v.erros:
                linhas.append(f"    {detalhado.erro}")
                if detalhado.esperado is not None:
                    linhas.append(f"      cabe: {detalhado.esperado}")
        if passo.nome == "hash":
            for leitura in v.hashes:
                marca = " (o da mensagem)" if leitura.informado else ""
                linhas.append(f"    {leitura.hash} {leitura.nome}{marca}")
    return "\n".join(linhas)


def _linha(passo: Passo) -> str:
    palavra = {True: "certo", False: "ERRADO", None: "aviso"}[passo.certo]
    return f"  {passo.nome}: {palavra}{f', {passo.texto}' if passo.texto else ''}"
