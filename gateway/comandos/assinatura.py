"""``message sign`` e ``message verify``: assinar e conferir arquivos."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from lxml import etree

from dominio.competencia import agora
from gateway.assinante import assinante
from gateway.comandos.comum import (
    MauUso,
    Recusado,
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
)
from gateway.comandos.quem import a_operadora
from gateway.configuracao import carregar
from mensagem import arquivo as em_arquivo
from mensagem import envelope
from mensagem.assinatura import (
    Assinante,
    AssinaturaInvalida,
    ChaveDeAssinatura,
    ChaveInvalida,
    verificar,
    verificar_guias,
)
from mensagem.assinatura.canonica import sozinho
from mensagem.certificados import CadeiaInvalida, titular
from mensagem.parse import Limites, parse
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from mensagem.assinatura import AssinaturaDeGuia, C14n, Verificada
    from mensagem.certificados import Loja
    from mensagem.envelope import Soap

_ARQUIVO = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


class _Lida(NamedTuple):
    """Uma mensagem e o envelope em que veio, se veio num."""

    mensagem: etree._Element
    soap: Soap | None


@click.command("sign")
@opcao_config
@click.option("--chave", type=_ARQUIVO, help="PKCS#12 ou PEM; por padrão, a de [signature].")
@click.option("--senha", help="Da chave; - lê da entrada padrão.")
@click.option("--c14n", type=click.Choice(["exclusiva", "inclusiva"]), help="Forma canônica.")
@click.option("--xades/--sem-xades", default=None, help="Com ou sem as propriedades XAdES.")
@click.option("--saida", type=_ARQUIVO, default="-", help="Onde escrever; por padrão, a saída.")
@click.argument("arquivo", type=_ARQUIVO)
def message_sign(
    arquivo: Path,
    chave: Path | None,
    senha: str | None,
    c14n: C14n | None,
    xades: bool | None,
    saida: Path,
) -> None:
    """Assina uma mensagem, já com o hash, no lugar que o padrão lhe dá.

    Aceita mensagemTISS, mensagem de web service sem envelope e envelope SOAP; esta sai num
    envelope novo, sem cabeçalhos SOAP.
    """
    quem = _assinante(chave, senha)
    quem = quem._replace(c14n=c14n or quem.c14n, xades=quem.xades if xades is None else xades)
    if not quem.xades:
        quem = quem._replace(politica=None)
    lida = _abrir(arquivo)
    mensagem = sozinho(lida.mensagem)
    try:
        quem.assinar(mensagem, agora())
    except AssinaturaInvalida as erro:
        raise Recusado(f"{arquivo}: {erro.texto}") from None
    with click.open_file(str(saida), "wb") as aberto:
        aberto.write(_bytes(mensagem, lida.soap))


def _assinante(chave: Path | None, senha: str | None) -> Assinante:
    configurado = None if chave is not None else assinante(carregar().signature)
    if configurado is not None:
        return configurado
    if chave is None:
        raise MauUso("diga a chave com --chave, ou na seção [signature] da configuração")
    if senha == "-":
        senha = sys.stdin.readline().rstrip("\r\n")
    try:
        return Assinante(ChaveDeAssinatura.carregar(_conteudo(chave), senha))
    except ChaveInvalida as erro:
        raise MauUso(f"{chave}: {erro}") from None


def _bytes(mensagem: etree._Element, soap: Soap | None) -> bytes:
    if soap is not None:
        return envelope.fechar(
            etree.tostring(mensagem, encoding="utf-8", xml_declaration=False), soap
        )
    codificacao = "ISO-8859-1" if mensagem.tag == em_arquivo.RAIZ else "UTF-8"
    return etree.tostring(mensagem, encoding=codificacao, xml_declaration=True)


@click.command("verify")
@opcao_config
@opcao_json
@click.option("--sha1", is_flag=True, help="Aceita SHA-1.")
@click.option("--registro-ans", help="Confere também a cadeia, com as autoridades da operadora.")
@click.argument("arquivo", type=_ARQUIVO)
def message_verify(arquivo: Path, sha1: bool, registro_ans: str | None, em_json: bool) -> None:
    """Confere a assinatura de uma mensagem, e as de guias, e diz de quem são.

    Sem --registro-ans só a integridade: o certificado pode ser de qualquer um.
    """
    loja = None if registro_ans is None else _loja(registro_ans)
    lida = _abrir(arquivo)
    de_guias = verificar_guias(lida.mensagem, aceitar_sha1=sha1)
    dados: dict[str, Any]
    try:
        verificada = verificar(lida.mensagem, aceitar_sha1=sha1)
    except AssinaturaInvalida as erro:
        dados = {"integra": False, "motivo": str(erro.motivo), "texto": erro.texto}
    else:
        dados = {"integra": None} if verificada is None else _dados(verificada, loja)
    dados = {"arquivo": str(arquivo), **dados, "guias": [_da_guia(g, loja) for g in de_guias]}
    mostrar(dados, _texto(dados), em_json=em_json)
    _sair(dados)


def _loja(registro_ans: str) -> Loja:
    from handlers.confianca.exame import carregar as carregar_loja

    with banco_em_dia() as banco:
        with banco.leitura() as conn:
            operadora = a_operadora(conn, registro_ans)
        return carregar_loja(banco, operadora.id)


def _abrir(arquivo: Path) -> _Lida:
    limites = Limites(tamanho=carregar().server.max_message)
    try:
        raiz = parse(_conteudo(arquivo), limites)
        soap = envelope.versao_soap(raiz)
        return _Lida(raiz if soap is None else envelope.abrir(raiz), soap)
    except Recusa as recusa:
        raise Recusado(f"{arquivo}: {recusa.texto}") from None


def _conteudo(arquivo: Path) -> bytes:
    try:
        with click.open_file(str(arquivo), "rb") as aberto:
            dados: bytes = aberto.read()
    except OSError as erro:
        raise MauUso(f"{arquivo}: {erro.strerror}") from None
    return dados


def _dados(v: Verificada, loja: Loja | None) -> dict[str, Any]:
    de_quem = titular(v.certificado)
    xades = None
    if v.xades is not None:
        hora = v.xades.assinada_em
        xades = {
            "assinada_em": None if hora is None else hora.isoformat(),
            "politica": v.xades.politica,
            "nomeia_certificado": v.xades.nomeia_certificado,
        }
    return {
        "integra": True,
        "grafia": str(v.grafia),
        "algoritmo": v.algoritmo,
        "digest": v.digest,
        "c14n": v.canonicalizacao,
        "sha1": v.sha1,
        "certificado": v.certificado.subject.rfc4514_string(),
        "valido_ate": v.certificado.not_valid_after_utc.isoformat(),
        "titular": {"nome": de_quem.nome, "cnpj": de_quem.cnpj, "cpf": de_quem.cpf},
        "xades": xades,
        **_cadeia(v, loja),
    }


def _cadeia(v: Verificada, loja: Loja | None) -> dict[str, Any]:
    if loja is None or loja.vazia:
        return {"cadeia": "não verificada", "cadeia_motivo": None}
    try:
        loja.cadeia(v.certificado, v.certificados_enviados, agora())
    except CadeiaInvalida as erro:
        return {"cadeia": "inválida", "cadeia_motivo": erro.texto}
    return {"cadeia": "confiável", "cadeia_motivo": None}


def _da_guia(guia: AssinaturaDeGuia, loja: Loja | None) -> dict[str, Any]:
    base: dict[str, Any] = {"posicao": guia.posicao, "numero": guia.numero}
    if guia.verificada is not None:
        return base | _dados(guia.verificada, loja)
    assert guia.motivo is not None  # noqa: S101 - ou vale, ou há motivo
    return base | {"integra": False, "motivo": str(guia.motivo), "texto": guia.motivo.texto}


def _texto(dados: dict[str, Any]) -> str:
    linhas = [f"{dados['arquivo']}: {_veredito(dados)}"]
    linhas += [f"  {linha}" for linha in _linhas(dados)]
    for guia in dados["guias"]:
        nome = f" {guia['numero']}" if guia["numero"] else ""
        linhas.append(f"  guia{nome} ({guia['posicao']}ª assinada): {_veredito(guia)}")
        linhas += [f"    {linha}" for linha in _linhas(guia)]
    return "\n".join(linhas)


def _veredito(dados: dict[str, Any]) -> str:
    if dados["integra"] is None:
        return "sem assinatura da mensagem"
    return "assinatura íntegra" if dados["integra"] else f"NÃO VALE: {dados['texto']}"


def _linhas(dados: dict[str, Any]) -> list[str]:
    if not dados["integra"]:
        return []
    de_quem = dados["titular"]
    documento = de_quem["cnpj"] or de_quem["cpf"] or "sem CNPJ nem CPF da ICP-Brasil"
    motivo = f" ({dados['cadeia_motivo']})" if dados["cadeia_motivo"] else ""
    linhas = [
        f"forma: {', '.join(dados[c] for c in ('grafia', 'algoritmo', 'digest', 'c14n'))}",
        f"certificado: {dados['certificado']}, válido até {dados['valido_ate'][:10]}",
        f"titular: {de_quem['nome']}, {documento}",
        f"cadeia: {dados['cadeia']}{motivo}",
    ]
    if dados["xades"] is not None:
        hora = dados["xades"]["assinada_em"] or "sem hora"
        politica = dados["xades"]["politica"] or "sem política"
        linhas.append(f"XAdES: {hora}, {politica}")
    return linhas


def _sair(dados: dict[str, Any]) -> None:
    """Sai com 1 se alguma assinatura falta, não vale ou não é de confiança."""
    if dados["integra"] is None and not dados["guias"]:
        raise Recusado("a mensagem não está assinada")
    todas = [d for d in (dados, *dados["guias"]) if d["integra"] is not None]
    if not all(d["integra"] and d["cadeia"] != "inválida" for d in todas):
        raise Recusado("há assinatura que não vale ou cujo certificado não é de confiança")
