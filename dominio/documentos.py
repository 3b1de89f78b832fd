"""CPF e CNPJ: forma e dígitos verificadores.

O CNPJ pode ter letras nas doze primeiras posições; cada caractere vale o seu código ASCII menos 48
(Instrução Normativa RFB 2.229/2024).
"""

from __future__ import annotations

import re
from operator import mul

_CPF = re.compile(r"[0-9]{11}")
_PESOS_CPF = tuple(range(11, 1, -1))
_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}")


def cpf_valido(cpf: str) -> bool:
    """Confere forma (11 dígitos) e os dois dígitos verificadores."""
    if not _CPF.fullmatch(cpf) or cpf == cpf[0] * 11:
        return False
    valores = [int(c) for c in cpf]
    # map para no fim dos pesos, que são menos do que os dígitos
    primeiro, segundo = (
        sum(map(mul, valores, pesos)) * 10 % 11 % 10 for pesos in (_PESOS_CPF[1:], _PESOS_CPF)
    )
    return [primeiro, segundo] == valores[9:]


def cnpj_valido(cnpj: str) -> bool:
    """Confere forma (14 posições, letras maiúsculas permitidas) e os dígitos verificadores."""
    if not _CNPJ.fullmatch(cnpj) or cnpj == cnpj[0] * 14:
        return False
    return digitos_cnpj(cnpj[:12]) == cnpj[12:]


def digitos_cnpj(base: str) -> str:
    """Os dois dígitos verificadores de uma base de 12 posições."""
    digitos = ""
    for tamanho in (12, 13):
        valores = [ord(c) - 48 for c in (base + digitos)[:tamanho]]
        pesos = [2 + (tamanho - 1 - i) % 8 for i in range(tamanho)]
        resto = sum(v * p for v, p in zip(valores, pesos, strict=True)) % 11
        digitos += "0" if resto < 2 else str(11 - resto)
    return digitos
