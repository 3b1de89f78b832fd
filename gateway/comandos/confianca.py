"""``trust``: em que autoridades cada operadora confia, e as listas do que elas revogaram."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from cryptography import x509

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
from gateway.comandos.quem import auditar
from gateway.confianca import arquivos, atualizacao
from gateway.configuracao import carregar
from mensagem.certificados import (
    CertificadoIlegivel,
    ListaInvalida,
    chave_do_emissor,
    emissor_da_lista,
    impressao,
    ler_lista,
)
from mensagem.certificados.leitura import der, nome_comum
from persistence import confianca, operadoras, revogados
from persistence.confianca import CertificadoGuardado

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from mensagem.certificados import Lista
    from persistence.banco import Banco
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
    agora = agora_mesmo()
    boas = [c for c in achados if arquivos.e_autoridade(c) and c.not_valid_after_utc > agora]
    if not boas:
        raise Recusado("nenhum dos certificados é de uma autoridade na validade")
    raizes = arquivos.e_autoassinado if ancora else arquivos.e_raiz_brasileira
    if ancora and not any(map(raizes, boas)):
        raise MauUso("--ancora: não há raiz (certificado autoassinado) nos arquivos")
    with banco_em_dia() as banco, banco.escrita() as conn:
        dona = _operadora(conn, registro_ans)
        novas = [
            guardada
            for certificado in boas
            if confianca.guardar(
                conn,
                guardada := _guardado(dona, certificado, ancora=raizes(certificado)),
            )
        ]
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
        "ignorados": len(achados) - len(boas),
        "jaTinha": len(boas) - len(novas),
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
    limpa = impressao_digital.replace(":", "").lower()
    with banco_em_dia() as banco, banco.escrita() as conn:
        dona = _operadora(conn, registro_ans)
        ficam = [c for c in confianca.certificados(conn, dona.id) if c.impressao != limpa]
        if not any(c.tipo == "ancora" for c in ficam) and confianca.exigentes(conn, dona.id):
            raise Recusado(
                "é a última âncora, e há quem exija assinatura; antes mude a política com"
                " operadora set ou prestador set"
            )
        if not confianca.retirar(conn, dona.id, limpa):
            raise Recusado("não há certificado com essa impressão digital; veja trust list")
        auditar(conn, dona.id, "desconfiar", ("certificado", limpa))
    mostrar({"retirado": limpa}, f"já não se confia em {limpa}", em_json=em_json)


@trust.command("list")
@opcao_config
@opcao_json
@opcao_operadora
def trust_list(registro_ans: str, em_json: bool) -> None:
    """Mostra as autoridades e as listas de revogados de uma operadora."""
    with banco_em_dia() as banco, banco.leitura() as conn:
        dona = _operadora(conn, registro_ans)
        guardados = confianca.certificados(conn, dona.id)
        listas = revogados.listar(conn, dona.id)
    texto = tabela(_TITULOS, [_linha(g) for g in guardados])
    if not guardados:
        texto = "nenhuma autoridade; as assinaturas ficam com a cadeia não verificada"
    if listas:
        texto += "\n\n" + tabela(_TITULOS_DAS_LISTAS, [_linha_da_lista(x) for x in listas])
    dados = {
        "certificados": [_mostrada(g) for g in guardados],
        "listas": [_lista_mostrada(x) for x in listas],
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
            dona = _operadora(conn, registro_ans)
        for caminho in arquivo:
            _guardar_lista(banco, dona, caminho, agora)
        if not arquivo:
            with banco.escrita() as conn:
                restam = revogados.apressar(conn, dona.id, agora)
            while restam > 0 and atualizacao.atualizar(banco, ajustes, agora) is not None:
                restam -= 1
        with banco.leitura() as conn:
            listas = revogados.listar(conn, dona.id)
    texto = tabela(_TITULOS_DAS_LISTAS, [_linha_da_lista(x) for x in listas])
    if not listas:
        texto = "nenhuma lista; a primeira assinatura de cada autoridade pede a sua"
    mostrar({"listas": [_lista_mostrada(x) for x in listas]}, texto, em_json=em_json)
    falhas = [x for x in listas if x.erro is not None]
    if falhas:
        raise Recusado(f"listas que não se obtiveram: {len(falhas)}")


def _ler(caminhos: Sequence[Path]) -> list[x509.Certificate]:
    achados: dict[str, x509.Certificate] = {}
    for caminho in caminhos:
        try:
            lidos = arquivos.ler(caminho)
        except CertificadoIlegivel as erro:
            raise MauUso(f"{caminho.name}: {erro}") from None
        achados |= {impressao(c): c for c in lidos}
    return list(achados.values())


def _guardar_lista(banco: Banco, dona: Operadora, caminho: Path, agora: datetime) -> None:
    try:
        dados = arquivos.conteudo(caminho)
        nome = emissor_da_lista(dados)
    except (CertificadoIlegivel, ListaInvalida) as erro:
        raise MauUso(f"{caminho.name}: {erro}") from None
    with banco.leitura() as conn:
        guardados = confianca.certificados(conn, dona.id)
    autoridades = [x509.load_der_x509_certificate(g.der) for g in guardados]
    possiveis = [a for a in autoridades if a.subject.public_bytes() == nome]
    if not possiveis:
        raise Recusado(f"{caminho.name}: é a lista de uma autoridade que não está em trust list")
    emissor, lista = _conferir_lista(dados, possiveis, caminho.name)
    enderecos = [lista.ponto] if lista.ponto else []
    with banco.escrita() as conn:
        chave = revogados.pedir(
            conn,
            dona.id,
            chave_emissor=chave_do_emissor(emissor),
            enderecos=enderecos,
            emissor=nome_comum(emissor.subject),
            emissor_der=der(emissor),
            agora=None,
        )
        guardada = next(x for x in revogados.listar(conn, dona.id) if x.id == chave)
        auditar(conn, dona.id, "guardar", ("lista-de-revogados", lista.sha256))
    intervalo = None if guardada.tentar_em is None else carregar().trust.crl_interval
    try:
        atualizacao.guardar(banco, guardada, lista, agora, intervalo)
    except ListaInvalida as erro:
        raise Recusado(f"{caminho.name}: {erro}") from None


def _conferir_lista(
    dados: bytes, possiveis: Sequence[x509.Certificate], nome: str
) -> tuple[x509.Certificate, Lista]:
    """A autoridade, das de mesmo nome, cuja chave assinou a lista."""
    erro = ListaInvalida()
    for emissor in possiveis:
        try:
            return emissor, ler_lista(dados, emissor)
        except ListaInvalida as falha:
            erro = falha
    raise Recusado(f"{nome}: {erro}")


def _operadora(conn: Connection, registro_ans: str) -> Operadora:
    achada = operadoras.por_registro(conn, registro_ans)
    if achada is None:
        raise Recusado(f"não há operadora {registro_ans}")
    return achada


def _guardado(
    dona: Operadora, certificado: x509.Certificate, *, ancora: bool
) -> CertificadoGuardado:
    return CertificadoGuardado(
        dona.id,
        "ancora" if ancora else "intermediaria",
        impressao(certificado),
        nome_comum(certificado.subject),
        certificado.not_valid_before_utc,
        certificado.not_valid_after_utc,
        der(certificado),
    )


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
