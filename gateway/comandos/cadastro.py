"""``operadora add`` e ``prestador add``."""

from __future__ import annotations

import sys
from datetime import date
from typing import TYPE_CHECKING

import click

import tiss_xsd
from dominio import documentos, numeracao, numeros
from dominio.lote import Identificacao
from gateway.comandos.comum import MauUso, Recusado, banco_em_dia, mostrar, opcao_config, opcao_json
from gateway.comandos.quem import a_operadora
from gateway.configuracao import carregar
from handlers.credenciais import verificador
from persistence import operadoras, prestadores
from persistence.erros import JaExiste
from persistence.prestadores import VersaoAceita

if TYPE_CHECKING:
    from sqlalchemy import Connection

_DIGITOS_ANS = 6


def _so_digitos(texto: str) -> str:
    return "".join(c for c in texto.upper() if c.isalnum())


def _cnpj(_c: click.Context, _p: click.Parameter, valor: str | None) -> str | None:
    if valor is None:
        return None
    limpo = _so_digitos(valor)
    if not documentos.cnpj_valido(limpo):
        raise MauUso("--cnpj: CNPJ inválido")
    return limpo


def _cpf(_c: click.Context, _p: click.Parameter, valor: str | None) -> str | None:
    if valor is None:
        return None
    limpo = _so_digitos(valor)
    if not documentos.cpf_valido(limpo):
        raise MauUso("--cpf: CPF inválido")
    return limpo


def _registro(_c: click.Context, _p: click.Parameter, valor: str) -> str:
    if len(valor) != _DIGITOS_ANS or not valor.isascii() or not valor.isdigit():
        raise MauUso("--registro-ans: são seis dígitos")
    return valor


def _cnes(_c: click.Context, _p: click.Parameter, valor: str | None) -> str | None:
    if valor is not None and (len(valor) != 7 or not valor.isdigit()):
        raise MauUso("--cnes: são sete dígitos")
    return valor


def _nome(_c: click.Context, _p: click.Parameter, valor: str) -> str:
    if not valor.strip():
        raise MauUso("--nome: está vazio")
    return valor.strip()


def _codigo(_c: click.Context, _p: click.Parameter, valor: str) -> str:
    if not 1 <= len(valor) <= 14:
        raise MauUso("--codigo: de 1 a 14 caracteres")
    return valor


def _conferir_login(login: str | None, senha: str | None) -> None:
    if (login is None) != (senha is None):
        raise MauUso("--login e --senha vão juntos")
    if login is not None and not 1 <= len(login.strip()) <= 20:
        raise MauUso("--login: de 1 a 20 caracteres")


def _instaladas() -> tuple[str, ...]:
    tiss_xsd.usar_pasta(carregar().schemas.folder)
    return tiss_xsd.versoes()


def _versoes(
    _c: click.Context, _p: click.Parameter, valor: str | None
) -> tuple[VersaoAceita, ...] | None:
    """Lê ``4.03.00,4.02.00:2026-12-31,4.01.00:2026-06-30:2026-12-31`` (envio e consulta)."""
    if valor is None:
        return None
    aceitas = []
    for parte in valor.split(","):
        versao, *datas = parte.strip().split(":")
        if versao not in _instaladas():
            raise MauUso(f"--versoes: {versao} não está instalada")
        try:
            limites = [date.fromisoformat(d) for d in datas]
        except ValueError:
            raise MauUso("--versoes: as datas são AAAA-MM-DD") from None
        if len(limites) > 2:
            raise MauUso("--versoes: no máximo duas datas por versão")
        if limites != sorted(limites):
            raise MauUso("--versoes: não se deixa de consultar antes de deixar de enviar")
        envio = limites[0] if limites else None
        aceitas.append(VersaoAceita(versao, envio, limites[1] if len(limites) > 1 else envio))
    return tuple(aceitas)


def _recusadas(_c: click.Context, _p: click.Parameter, valores: tuple[str, ...]) -> dict[str, date]:
    recusadas = {}
    for valor in valores:
        versao, _, dia = valor.partition(":")
        if versao not in _instaladas():
            raise MauUso(f"--recusar-versao: {versao} não está instalada")
        try:
            recusadas[versao] = date.fromisoformat(dia)
        except ValueError:
            raise MauUso("--recusar-versao: a data é AAAA-MM-DD") from None
    return recusadas


def _padrao_de_guia(_c: click.Context, _p: click.Parameter, valor: str | None) -> str | None:
    if valor is None:
        return None
    try:
        return numeracao.conferir(valor)
    except ValueError as erro:
        raise MauUso(f"--padrao-guia: {erro}") from None


@click.group()
def operadora() -> None:
    """Operadoras atendidas."""


@operadora.command("add")
@opcao_config
@opcao_json
@click.option("--registro-ans", required=True, callback=_registro, help="Registro na ANS.")
@click.option("--cnpj", required=True, callback=_cnpj, help="CNPJ da operadora.")
@click.option("--nome", required=True, callback=_nome, help="Razão social.")
@click.option(
    "--recusa",
    type=click.Choice(["fault", "mensagemErro"]),
    default="fault",
    show_default=True,
    help="Como recusar mensagens.",
)
@click.option(
    "--credenciais",
    type=click.Choice(["registradas", "exigidas"]),
    default="registradas",
    show_default=True,
    help="De quem exigir login e senha.",
)
@click.option(
    "--lote-repetido",
    type=click.Choice(["mesmo-protocolo", "recusar"]),
    default="mesmo-protocolo",
    show_default=True,
    help="O mesmo lote em outra mensagem.",
)
@click.option(
    "--hash",
    "hash_modo",
    type=click.Choice(["strict", "tolerant", "off"]),
    default="tolerant",
    show_default=True,
    help="Rigor da conferência do hash.",
)
@click.option(
    "--inicio-protocolos",
    type=click.IntRange(1, numeros.MAIOR_PROTOCOLO),
    default=numeros.INICIO_DA_SERIE,
    show_default=True,
    help="Primeiro número da série.",
)
@click.option(
    "--largura-protocolo",
    type=click.IntRange(0, 12),
    default=0,
    show_default=True,
    help="Dígitos do protocolo, com zeros à esquerda.",
)
@click.option(
    "--largura-recurso",
    type=click.IntRange(0, 12),
    help="Dígitos do recurso; senão, doze se o protocolo tem zeros.",
)
@click.option(
    "--largura-demonstrativo",
    type=click.IntRange(0, 12),
    help="Dígitos do demonstrativo; senão, os do protocolo.",
)
@click.option(
    "--padrao-guia",
    callback=_padrao_de_guia,
    metavar="PADRÃO",
    help="Gera numeroGuiaOperadora, como 0001{AAAAMM}{8}.",
)
@click.option(
    "--recusar-versao",
    multiple=True,
    callback=_recusadas,
    metavar="VERSÃO:DATA",
    help="Recusa uma versão a partir de um dia.",
)
@click.option("--falha-com-200", is_flag=True, help="Falhas SOAP com HTTP 200.")
def operadora_add(
    registro_ans: str,
    cnpj: str,
    nome: str,
    recusa: str,
    credenciais: str,
    lote_repetido: str,
    hash_modo: str,
    inicio_protocolos: int,
    largura_protocolo: int,
    largura_recurso: int | None,
    largura_demonstrativo: int | None,
    padrao_guia: str | None,
    recusar_versao: dict[str, date],
    falha_com_200: bool,
    em_json: bool,
) -> None:
    """Cadastra uma operadora."""
    with banco_em_dia() as banco, banco.escrita() as conn:
        try:
            nova = operadoras.adicionar(
                conn,
                registro_ans=registro_ans,
                cnpj=cnpj,
                nome=nome,
                inicio_serie=inicio_protocolos,
                recusa=recusa,
                credenciais=credenciais,
                lote_repetido=lote_repetido,
                hash_modo=hash_modo,
                largura_protocolo=largura_protocolo,
                largura_recurso=largura_recurso,
                largura_demonstrativo=largura_demonstrativo,
                padrao_guia=padrao_guia,
                versoes_recusadas=recusar_versao,
                falha_com_200=falha_com_200,
            )
        except JaExiste:
            raise Recusado(f"já existe a operadora {registro_ans}") from None
    mostrar(
        {"registroANS": nova.registro_ans, "nome": nova.nome},
        f"operadora {nova.registro_ans} cadastrada",
        em_json=em_json,
    )


@click.group()
def prestador() -> None:
    """Prestadores credenciados."""


@prestador.command("add")
@opcao_config
@opcao_json
@click.option("--registro-ans", required=True, callback=_registro, help="Da operadora.")
@click.option(
    "--codigo", required=True, callback=_codigo, help="Código do prestador na operadora (até 14)."
)
@click.option("--nome", required=True, callback=_nome, help="Nome do prestador.")
@click.option("--cnpj", callback=_cnpj, help="CNPJ; este ou --cpf.")
@click.option("--cpf", callback=_cpf, help="CPF; este ou --cnpj.")
@click.option("--cnes", callback=_cnes, help="CNES, sete dígitos.")
@click.option("--login", help="Login do web service.")
@click.option("--senha", help="Senha em texto; - lê da entrada padrão.")
@click.option("--versoes", callback=_versoes, help="Versões aceitas, com data final opcional.")
@click.option("--envia-por", multiple=True, metavar="CÓDIGO", help="Por quem também pode enviar.")
@click.option("--homologacao", is_flag=True, help="Em homologação, fora das séries reais.")
@click.option("--recusa", type=click.Choice(["fault", "mensagemErro"]))
@click.option("--credenciais", type=click.Choice(["registradas", "exigidas"]))
@click.option("--hash", "hash_modo", type=click.Choice(["strict", "tolerant", "off"]))
def prestador_add(
    registro_ans: str,
    codigo: str,
    nome: str,
    cnpj: str | None,
    cpf: str | None,
    cnes: str | None,
    login: str | None,
    senha: str | None,
    versoes: tuple[VersaoAceita, ...] | None,
    envia_por: tuple[str, ...],
    homologacao: bool,
    recusa: str | None,
    credenciais: str | None,
    hash_modo: str | None,
    em_json: bool,
) -> None:
    """Credencia um prestador."""
    if (cnpj is None) == (cpf is None):
        raise MauUso("diga --cnpj ou --cpf, um dos dois")
    _conferir_login(login, senha)
    if senha == "-":
        senha = sys.stdin.readline().rstrip("\n")
    if senha == "":
        raise MauUso("--senha: está vazia")
    with banco_em_dia() as banco, banco.escrita() as conn:
        da_operadora = a_operadora(conn, registro_ans)
        try:
            novo = prestadores.adicionar(
                conn,
                da_operadora.id,
                codigo=codigo,
                nome=nome,
                cnpj=cnpj,
                cpf=cpf,
                cnes=cnes,
                versoes=versoes,
                homologacao=homologacao,
                recusa=recusa,
                credenciais=credenciais,
                hash_modo=hash_modo,
            )
            if login is not None and senha is not None:
                prestadores.adicionar_credencial(conn, novo, login, verificador(senha))
        except JaExiste as repetido:
            chave = {"codigo": "código"}.get(repetido.chave, repetido.chave)
            raise Recusado(f"já existe prestador com este {chave}") from None
        for outro in envia_por:
            _permitir(conn, da_operadora.id, novo.id, outro)
    mostrar(
        {"registroANS": registro_ans, "codigo": novo.codigo, "nome": novo.nome},
        f"prestador {novo.codigo} credenciado na operadora {registro_ans}",
        em_json=em_json,
    )


def _permitir(conn: Connection, operadora_id: int, remetente_id: int, codigo: str) -> None:
    dito = Identificacao("codigo", codigo)
    achados = prestadores.resolver(conn, operadora_id, [dito])[dito]
    if not achados:
        raise Recusado(f"--envia-por: não há prestador {codigo}")
    prestadores.permitir_envio(conn, remetente_id, achados[0].id)
