"""A planilha de beneficiários."""

from __future__ import annotations

import re

from backoffice.planilha import Defeito, Modelo, ler_data
from dominio.textos import cabe_em_latin1
from persistence.beneficiarios import Beneficiario

COLUNAS = (
    "carteira",
    "nome",
    "cns",
    "validade",
    "suspenso_desde",
    "suspenso_ate",
    "incluido_em",
    "excluido_em",
)
_DATAS = COLUNAS[3:]
_MAIOR_CARTEIRA = 20
_MAIOR_NOME = 200
_CNS = re.compile(r"[0-9]{15}")
_CONTROLE = re.compile(r"[\x00-\x1f\x7f]")


def _beneficiario(campos: list[str]) -> Beneficiario:
    carteira, nome, cns, *datas = campos
    if not 1 <= len(carteira) <= _MAIOR_CARTEIRA or not cabe_em_latin1(carteira):
        raise Defeito(f"carteira: de 1 a {_MAIOR_CARTEIRA} caracteres em ISO-8859-1")
    if not 1 <= len(nome) <= _MAIOR_NOME:
        raise Defeito(f"nome: de 1 a {_MAIOR_NOME} caracteres")
    if _CONTROLE.search(carteira) or _CONTROLE.search(nome):
        raise Defeito("há caracteres de controle")
    if cns and not _CNS.fullmatch(cns):
        raise Defeito("cns: são quinze algarismos")
    lidas = [ler_data(coluna, texto) for coluna, texto in zip(_DATAS, datas, strict=True)]
    novo = Beneficiario(carteira, nome, cns or None, *lidas)
    if novo.suspenso_ate is not None and (
        novo.suspenso_desde is None or novo.suspenso_ate < novo.suspenso_desde
    ):
        raise Defeito("suspenso_ate: vem depois de suspenso_desde, que não pode faltar")
    if novo.incluido_em and novo.excluido_em and novo.excluido_em < novo.incluido_em:
        raise Defeito("excluido_em: não pode ser anterior a incluido_em")
    return novo


BENEFICIARIOS = Modelo(
    COLUNAS,
    _beneficiario,
    chave=lambda um: um.carteira,
    repetida="a carteira já apareceu numa linha anterior",
)
