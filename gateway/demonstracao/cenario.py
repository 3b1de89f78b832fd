"""A operadora e o hospital inventados da demonstração."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from dominio.lote import TipoGuia
from prestador.cliente import Cliente
from prestador.valores import identificado

if TYPE_CHECKING:
    from gateway.demonstracao.processo import Instalacao

EM_VIGOR = "4.03.00"
VERSOES = (EM_VIGOR, "4.01.00")
OPERADORA = "999999"
CODIGO = "013950"
CNPJ = "11222333000181"
LOGIN = "hospital"
SENHA = "Exemplo#2026"
HOSPITAL = identificado("cnpj", CNPJ, codigo=CODIGO, nome="Hospital São Lázaro")
NOMES = {
    TipoGuia.CONSULTA: "consulta",
    TipoGuia.SADT: "SP/SADT",
    TipoGuia.INTERNACAO: "resumo de internação",
    TipoGuia.HONORARIOS: "honorário individual",
    TipoGuia.ODONTO: "odontologia",
}


class Glosa(NamedTuple):
    """Um motivo de glosa, como a operadora da demonstração o dá."""

    codigo: str
    texto: str


ACIMA = Glosa("1705", "acima do contratado")
SEM_AUTORIZACAO = Glosa("1402", "procedimento sem autorização")


def cadastrar(instalacao: Instalacao) -> str:
    """Cadastra a operadora, o hospital e um token da API; dá o token."""
    instalacao.comando(
        "operadora", "add", "--registro-ans", OPERADORA,
        "--cnpj", "45.123.987/0001-70", "--nome", "Operadora Exemplo Saúde",
    )  # fmt: skip
    instalacao.comando(
        "prestador", "add", "--registro-ans", OPERADORA, "--codigo", CODIGO,
        "--cnpj", CNPJ, "--cnes", HOSPITAL.cnes, "--nome", HOSPITAL.nome,
        "--login", LOGIN, "--senha", "-", entrada=SENHA,
    )  # fmt: skip
    criado = instalacao.comando(
        "token", "add", "--registro-ans", OPERADORA, "--nome", "sistema de contas",
        "--escopo", "leitura", "--escopo", "analise", "--escopo", "pagamento", "--json",
    )  # fmt: skip
    return str(json.loads(criado)["token"])


def erp(base: str, versao: str) -> Cliente:
    """O sistema do hospital, falando numa versão."""
    return Cliente(base, versao, OPERADORA, HOSPITAL, login=LOGIN, senha=SENHA)
