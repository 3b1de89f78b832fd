"""``archive``: conferir o arquivo, exportar uma mensagem com prova, trocar as chaves."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dominio.competencia import agora
from gateway.comandos.comum import (
    MauUso,
    Recusado,
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
    quem_usa_o_terminal,
    tabela,
)
from gateway.comandos.deposito import archive_documents
from gateway.configuracao import carregar
from persistence.cifra import Cifra, NaoDecifrado, acrescentar, nova

if TYPE_CHECKING:
    from gateway.arquivo.cabeca import Guardada
    from gateway.arquivo.conferencia import Relatorio
    from persistence.banco import Banco

_POR_LOTE = 100
_SEM_CABECA = (
    "sem uma cabeça guardada fora do banco (--head, ou [archive] head_file) não se vê uma cadeia "
    "cortada no fim nem refeita inteira"
)


@click.group()
def archive() -> None:
    """Arquivo de mensagens."""


archive.add_command(archive_documents)


@archive.command("verify")
@opcao_config
@opcao_json
@click.option(
    "--head", help="Cabeça guardada fora do banco, ou arquivo que a tem; sem ela, a de head_file."
)
def archive_verify(head: str | None, em_json: bool) -> None:
    """Recalcula tudo o que os selos provam e diz o que foi alterado."""
    from gateway.arquivo.conferencia import conferir, expurgos

    ajustes = carregar().archive
    guardada = _guardada(ajustes.head_file)
    cabeca = _cabeca(head) or (None if guardada is None else guardada.cabeca)
    exigir_marca = ajustes.encrypt and guardada is not None and guardada.marcadas
    with banco_em_dia() as banco:
        relatorio = conferir(
            banco, cabeca, exigir_marca=exigir_marca, aceitos=expurgos(ajustes, agora())
        )
    avisos = [] if cabeca else [_SEM_CABECA]
    mostrar(_dados(relatorio, avisos), _texto(relatorio, avisos), em_json=em_json)
    if relatorio.achados:
        raise Recusado(f"o arquivo não confere: {len(relatorio.achados)} achado(s)")


@archive.command("export")
@opcao_config
@click.argument("mensagem_id", metavar="ID")
@click.option("--out", required=True, type=click.Path(dir_okay=False), help="Zip a escrever.")
@click.option("--head", help="Cabeça em que a prova termina; sem ela, na última.")
@click.option("--raw", is_flag=True, help="O pedido exatamente como veio, senha incluída.")
def archive_export(mensagem_id: str, out: str, head: str | None, raw: bool) -> None:
    """Escreve um zip com uma mensagem e a prova de que é a que se guardou."""
    from gateway.arquivo.exportacao import NaoExportavel, exportar
    from persistence import auditoria, mensagens
    from persistence.consultas.guias import carteiras_da_mensagem

    cabeca = _cabeca(head)
    with banco_em_dia() as banco:
        try:
            with banco.leitura() as conn:
                guardada = mensagens.ler(conn, None, mensagem_id)
                dados = exportar(conn, mensagem_id, cabeca=cabeca, com_senha=raw)
                dona = None if guardada is None else guardada.operadora_id
                pessoas = () if dona is None else carteiras_da_mensagem(conn, dona, mensagem_id)
        except (NaoExportavel, NaoDecifrado) as erro:
            raise Recusado(str(erro)) from None
        with banco.escrita() as conn:
            auditoria.registrar(
                conn,
                operadora_id=dona,
                quem=quem_usa_o_terminal(),
                porta="cli",
                acao="exportar",
                alvo_tipo="mensagem",
                alvo=mensagem_id,
                carteira=pessoas,
                detalhes={"com_senha": raw},
            )
    _escrever(Path(out), dados)
    click.echo(f"mensagem {mensagem_id} em {out}")


@archive.group("key")
def archive_key() -> None:
    """Chaves que cifram o arquivo."""


@archive_key.command("list")
@opcao_config
@opcao_json
def archive_key_list(em_json: bool) -> None:
    """As chaves do arquivo de chaves, sem o segredo."""
    cifra = Cifra(carregar().archive.key_file)
    em_uso = cifra.em_uso()
    chaves = [
        {"id": c.id, "desde": c.desde.isoformat(), "emUso": c.id == em_uso} for c in cifra.chaves()
    ]
    linhas = [[str(c["id"]), str(c["desde"]), "sim" if c["emUso"] else ""] for c in chaves]
    mostrar({"chaves": chaves}, tabela(["chave", "desde", "em uso"], linhas), em_json=em_json)


@archive_key.command("rotate")
@opcao_config
@click.option(
    "--delay",
    type=click.IntRange(0, 10_080),
    default=0,
    help="Minutos até a chave nova valer: o tempo de copiar o arquivo aos outros nós.",
)
def archive_key_rotate(delay: int) -> None:
    """Acrescenta uma chave, com que se cifra o que vier; as velhas continuam a decifrar."""
    ajustes = carregar().archive
    if not ajustes.encrypt:
        raise Recusado("[archive] encrypt é false: nada se cifra")
    # antes de mais, o arquivo que há tem de servir
    Cifra(ajustes.key_file).em_uso()
    chave = nova(datetime.now(UTC) + timedelta(minutes=delay))
    try:
        acrescentar(ajustes.key_file, chave)
    except OSError as erro:
        raise Recusado(f"{ajustes.key_file}: {erro.strerror}") from None
    click.echo(f"chave {chave.id} vale desde {chave.desde.isoformat()}; copie {ajustes.key_file}")


@archive_key.command("reencrypt")
@opcao_config
def archive_key_reencrypt() -> None:
    """Passa para a chave em uso o que já está no arquivo e os documentos; pode ser repetido."""
    from gateway.armazem import arquivos
    from persistence import recifragem

    configuracao = carregar()
    if not configuracao.archive.encrypt:
        raise Recusado("[archive] encrypt é false: nada se cifra")
    feitas, depois_de = 0, ""
    with banco_em_dia() as banco:
        while True:
            try:
                with banco.escrita() as conn:
                    passada = recifragem.recifrar(conn, depois_de, _POR_LOTE)
            except NaoDecifrado as erro:
                raise Recusado(f"{erro}; rode archive verify") from None
            feitas += passada.recifradas
            if passada.ultima is None:
                break
            depois_de = passada.ultima
        _recifrar_demonstrativos(banco)
        _recifrar_webhooks(banco)
        _recifrar_relatorios(banco)
        _recifrar_segundos_fatores(banco)
    click.echo(f"mensagens recifradas: {feitas}")
    ajustes = configuracao.documents
    try:
        feito = recifragem.recifrar_arquivos(
            arquivos(ajustes), Cifra(configuracao.archive.key_file)
        )
    except OSError as erro:
        raise Recusado(f"{ajustes.s3_bucket or ajustes.folder}: {erro.strerror}") from None
    click.echo(f"documentos recifrados: {feito.recifrados}")
    if feito.estragados:
        quais = ", ".join(feito.estragados)
        raise Recusado(f"arquivos estragados, que ficaram como estavam: {quais}")


def _recifrar_demonstrativos(banco: Banco) -> None:
    from persistence import demonstrativos

    ultimo: int | None = 0
    while ultimo is not None:
        try:
            with banco.escrita() as conn:
                ultimo = demonstrativos.recifrar(conn, ultimo, _POR_LOTE)
        except NaoDecifrado as erro:
            raise Recusado(f"demonstrativos: {erro}") from None


def _recifrar_webhooks(banco: Banco) -> None:
    from persistence import segredos_de_webhooks

    try:
        with banco.escrita() as conn:
            segredos_de_webhooks.recifrar(conn)
    except NaoDecifrado as erro:
        raise Recusado(f"webhooks: {erro}") from None


def _recifrar_segundos_fatores(banco: Banco) -> None:
    from persistence import segundos_fatores

    try:
        with banco.escrita() as conn:
            segundos_fatores.recifrar(conn)
    except NaoDecifrado as erro:
        raise Recusado(f"segundos fatores: {erro}") from None


def _recifrar_relatorios(banco: Banco) -> None:
    from persistence import relatorios

    try:
        with banco.escrita() as conn:
            relatorios.recifrar(conn)
    except NaoDecifrado as erro:
        raise Recusado(f"relatórios: {erro}") from None


def _guardada(arquivo: str) -> Guardada | None:
    from gateway.arquivo.cabeca import CabecaInvalida, guardada

    try:
        return guardada(Path(arquivo)) if arquivo else None
    except CabecaInvalida as erro:
        raise Recusado(f"[archive] head_file: {erro}") from None


def _cabeca(dada: str | None) -> str | None:
    from gateway.arquivo.cabeca import CabecaInvalida, ler

    if dada is None:
        return None
    try:
        return ler(dada)
    except CabecaInvalida as erro:
        raise MauUso(f"--head: {erro}") from None


def _escrever(arquivo: Path, dados: bytes) -> None:
    try:
        descritor = os.open(arquivo, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as erro:
        raise Recusado(f"{arquivo}: {erro.strerror}") from None
    with os.fdopen(descritor, "wb") as saida:
        saida.write(dados)


def _dados(relatorio: Relatorio, avisos: list[str]) -> dict[str, Any]:
    return {
        "confere": not relatorio.achados,
        "selos": relatorio.selos,
        "seladas": relatorio.seladas,
        "expurgadas": relatorio.expurgadas,
        "largadas": relatorio.largadas,
        "porSelar": relatorio.por_selar,
        "cabeca": relatorio.cabeca,
        "achados": [achado._asdict() for achado in relatorio.achados],
        "avisos": avisos,
    }


def _texto(relatorio: Relatorio, avisos: list[str]) -> str:
    r = relatorio
    contagem = f"selos: {r.selos}; mensagens seladas: {r.seladas}; expurgadas: {r.expurgadas}"
    if r.largadas:
        contagem += f"; largadas com o seu mês: {r.largadas}"
    linhas = [f"{a.tipo}  {a.onde}: {a.texto}" for a in r.achados]
    linhas += [
        f"{contagem}; por selar: {r.por_selar}",
        f"cabeça: {r.cabeca or 'nenhuma'}",
        *[f"aviso: {aviso}" for aviso in avisos],
        "o arquivo NÃO confere" if r.achados else "tudo confere",
    ]
    return "\n".join(linhas)
