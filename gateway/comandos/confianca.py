"""``trust``: em que autoridades cada operadora confia, e as listas do que elas revogaram."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dominio.competencia import agora as agora_mesmo
from gateway.comandos.comum import (
    MauUso,
    Recusado,
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
    opcao_operadora,
    tabela,
)
from gateway.comandos.quem import a_operadora, auditar
from gateway.confianca import arquivos, atualizacao
from gateway.configuracao import carregar
from handlers.confianca import autoridades, listas
from handlers.confianca.autoridades import ConfiancaRecusada, SemRaiz
from mensagem.certificados import CertificadoIlegivel, ListaInvalida
from persistence import confianca, revogados

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography import x509
    from sqlalchemy import Connection

    from persistence.banco import Banco
    from persistence.confianca import CertificadoGuardado
    from persistence.operadoras import Operadora
    from persistence.revogados import ListaGuardada

_TITULOS = ["tipo", "nome", "vale até", "impressão digital (SHA-256)"]
_TITULOS_DAS_LISTAS = ["autoridade", "revogados", "emitida", "próxima", "situação"]
_ARQUIVO = click.Path(path_type=Path, dir_okay=False)


@click.group()
def trust() -> None:
    """Autoridades em que se confia ao conferir assinaturas."""


@trust.command("add")
@opcao_config
@opcao_json
@opcao_operadora
@click.option(
    "--ancora", is_flag=True, help="Confia nas raízes dos arquivos, sejam de que ICP forem."
)
@click.argument("arquivo", nargs=-1, required=True, type=_ARQUIVO)
def trust_add(registro_ans: str, ancora: bool, arquivo: tuple[Path, ...], em_json: bool) -> None:
    """Guarda autoridades de arquivos PEM, DER, PKCS#7 ou zip.

    Da ICP-Brasil, as raízes viram âncoras e as demais, intermediárias; de outra ICP, uma raiz só
    vira âncora com --ancora. Compare as impressões digitais com as que a ICP publica.
    """
    achados = _ler(arquivo)
    with banco_em_dia() as banco, banco.escrita() as conn:
        dona = a_operadora(conn, registro_ans)
        try:
            feitas = autoridades.acrescentar(conn, dona.id, achados, agora_mesmo(), ancora=ancora)
        except SemRaiz as erro:
            raise MauUso(f"--ancora: {erro}") from None
        except ConfiancaRecusada as erro:
            raise Recusado(str(erro)) from None
        novas = feitas.novas
        for guardada in novas:
            auditar(
                conn,
                dona.id,
                "confiar",
                ("certificado", guardada.impressao),
                tipo=guardada.tipo,
            )
    dados = {
        "novas": [_mostrada(g) for g in novas],
        "ignorados": feitas.ignorados,
        "jaTinha": feitas.ja_tinha,
    }
    texto = (
        f"âncoras novas: {_contar(novas, 'ancora')}, intermediárias novas: "
        f"{_contar(novas, 'intermediaria')}, já guardadas: {dados['jaTinha']}, "
        f"ignorados (vencidos ou não de autoridade): {dados['ignorados']}"
    )
    ancoras = [_linha(g) for g in novas if g.tipo == "ancora"]
    if ancoras:
        texto += f"\nconfira a impressão digital de cada âncora:\n{tabela(_TITULOS, ancoras)}"
    mostrar(dados, texto, em_json=em_json)


@trust.command("remove")
@opcao_config
@opcao_json
@opcao_operadora
@click.argument("impressao_digital")
def trust_remove(registro_ans: str, impressao_digital: str, em_json: bool) -> None:
    """Deixa de confiar num certificado, dito pela impressão digital de trust list."""
    with banco_em_dia() as banco, banco.escrita() as conn:
        dona = a_operadora(conn, registro_ans)
        try:
            limpa = autoridades.retirar(conn, dona.id, impressao_digital)
        except ConfiancaRecusada as erro:
            raise Recusado(str(erro)) from None
        auditar(conn, dona.id, "desconfiar", ("certificado", limpa))
    mostrar({"retirado": limpa}, f"já não se confia em {limpa}", em_json=em_json)


@trust.command("list")
@opcao_config
@opcao_json
@opcao_operadora
def trust_list(registro_ans: str, em_json: bool) -> None:
    """Mostra as autoridades e as listas de revogados de uma operadora."""
    with banco_em_dia() as banco, banco.leitura() as conn:
        dona = a_operadora(conn, registro_ans)
        guardados = confianca.certificados(conn, dona.id)
        guardadas = revogados.listar(conn, dona.id)
    texto = tabela(_TITULOS, [_linha(g) for g in guardados])
    if not guardados:
        texto = "nenhuma autoridade; as assinaturas ficam com a cadeia não verificada"
    if guardadas:
        texto += "\n\n" + tabela(_TITULOS_DAS_LISTAS, [_linha_da_lista(x) for x in guardadas])
    dados = {
        "certificados": [_mostrada(g) for g in guardados],
        "listas": [_lista_mostrada(x) for x in guardadas],
    }
    mostrar(dados, texto, em_json=em_json)


@trust.command("refresh")
@opcao_config
@opcao_json
@opcao_operadora
@click.argument("arquivo", nargs=-1, type=_ARQUIVO)
def trust_refresh(registro_ans: str, arquivo: tuple[Path, ...], em_json: bool) -> None:
    """Busca já as listas de revogados, ou guarda as que vêm em arquivos.

    Um gateway sem saída para a Internet recebe as listas (.crl) por arquivo.
    """
    ajustes = carregar().trust
    agora = agora_mesmo()
    with banco_em_dia() as banco:
        with banco.leitura() as conn:
            dona = a_operadora(conn, registro_ans)
        for caminho in arquivo:
            _guardar_lista(banco, dona, caminho, agora)
        if not arquivo:
            with banco.escrita() as conn:
                restam = revogados.apressar(conn, dona.id, agora)
            while restam > 0 and atualizacao.atualizar(banco, ajustes, agora) is not None:
                restam -= 1
        with banco.leitura() as conn:
            todas = revogados.listar(conn, dona.id)
    texto = tabela(_TITULOS_DAS_LISTAS, [_linha_da_lista(x) for x in todas])
    if not todas:
        texto = "nenhuma lista; a primeira assinatura de cada autoridade pede a sua"
    mostrar({"listas": [_lista_mostrada(x) for x in todas]}, texto, em_json=em_json)
    falhas = [x for x in todas if x.erro is not None]
    if falhas:
        raise Recusado(f"listas que não se obtiveram: {len(falhas)}")


def _ler(caminhos: Sequence[Path]) -> list[x509.Certificate]:
    achados: list[x509.Certificate] = []
    for caminho in caminhos:
        try:
            achados += arquivos.ler(caminho)
        except CertificadoIlegivel as erro:
            raise MauUso(f"{caminho.name}: {erro}") from None
    return achados


def _guardar_lista(banco: Banco, dona: Operadora, caminho: Path, agora: datetime) -> None:
    def anotar(conn: Connection, sha256: str) -> None:
        auditar(conn, dona.id, "guardar", ("lista-de-revogados", sha256))

    try:
        listas.receber(banco, dona.id, arquivos.conteudo(caminho), agora, anotar)
    except CertificadoIlegivel as erro:
        raise MauUso(f"{caminho.name}: {erro}") from None
    except (ConfiancaRecusada, ListaInvalida) as erro:
        raise Recusado(f"{caminho.name}: {erro}") from None


def _contar(guardados: Sequence[CertificadoGuardado], tipo: str) -> int:
    return sum(1 for g in guardados if g.tipo == tipo)


def _linha(guardado: CertificadoGuardado) -> list[str]:
    ate = guardado.vale_ate.date().isoformat()
    return [guardado.tipo, guardado.assunto, ate, guardado.impressao]


def _mostrada(guardado: CertificadoGuardado) -> dict[str, Any]:
    return {
        "tipo": guardado.tipo,
        "nome": guardado.assunto,
        "valeDe": guardado.vale_de,
        "valeAte": guardado.vale_ate,
        "impressao": guardado.impressao,
    }


def _linha_da_lista(lista: ListaGuardada) -> list[str]:
    return [
        lista.emissor,
        "-" if lista.quantos is None else str(lista.quantos),
        "-" if lista.emitida_em is None else lista.emitida_em.isoformat(),
        "-" if lista.proxima_em is None else lista.proxima_em.isoformat(),
        lista.erro or ("em dia" if lista.edicao else "por buscar"),
    ]


def _lista_mostrada(lista: ListaGuardada) -> dict[str, Any]:
    return {
        "autoridade": lista.emissor,
        "enderecos": list(lista.enderecos),
        "revogados": lista.quantos,
        "emitidaEm": lista.emitida_em,
        "proximaEm": lista.proxima_em,
        "obtidaEm": lista.obtida_em,
        "falhas": lista.falhas,
        "erro": lista.erro,
    }
