"""De quem é um certificado da ICP-Brasil: os nomes alternativos do DOC-ICP-04, item 7.1.2.3."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from cryptography import x509

from dominio.documentos import cnpj_valido, cpf_valido
from mensagem.certificados.leitura import nome_comum

_PESSOA_FISICA = "2.16.76.1.3.1"
_NOME_DO_RESPONSAVEL = "2.16.76.1.3.2"
_CNPJ = "2.16.76.1.3.3"
_RESPONSAVEL = "2.16.76.1.3.4"

_CPF = slice(8, 19)
"""Posições do CPF, depois do nascimento em ddmmaaaa."""
_TEXTOS = {
    0x04: "latin-1",
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1E: "utf-16-be",
}
"""Tipo ASN.1 -> codificação; as autoridades usam vários, o OCTET STRING mais que todos."""
_CURTO = 0x80
_MEDIO = 0x81
_GUARDADOS = 256
"""Titulares já lidos que cada processo guarda; os mesmos prestadores assinam todo dia."""
_FORA_DE_DOCUMENTO = re.compile(r"[^0-9A-Z]")


class Titular(NamedTuple):
    """A quem um certificado foi emitido.

    Attributes:
        nome: CN do certificado, sem o documento que a ICP-Brasil lhe junta.
        cnpj: da pessoa jurídica, com dígitos conferidos.
        cpf: da pessoa física; num certificado de pessoa jurídica fica ausente.
        responsavel: nome da pessoa que responde pelo certificado de uma pessoa jurídica.
        cpf_do_responsavel: idem, o CPF.
    """

    nome: str
    cnpj: str | None
    cpf: str | None
    responsavel: str | None
    cpf_do_responsavel: str | None


@lru_cache(maxsize=_GUARDADOS)
def titular(certificado: x509.Certificate) -> Titular:
    """Lê os nomes da ICP-Brasil; o que falta, ou está mal escrito, fica ausente."""
    outros = _outros_nomes(certificado)
    return Titular(
        nome_comum(certificado.subject).partition(":")[0],
        _documento(outros.get(_CNPJ, ""), cnpj=True),
        _documento(outros.get(_PESSOA_FISICA, "")[_CPF], cnpj=False),
        outros.get(_NOME_DO_RESPONSAVEL, "").strip() or None,
        _documento(outros.get(_RESPONSAVEL, "")[_CPF], cnpj=False),
    )


def _outros_nomes(certificado: x509.Certificate) -> dict[str, str]:
    try:
        extensao = certificado.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return {}
    achados: dict[str, str] = {}
    for outro in extensao.value.get_values_for_type(x509.OtherName):
        oid = outro.type_id.dotted_string
        # com dois CNPJ no mesmo certificado não se sabe de quem é
        achados[oid] = "" if oid in achados else _texto(outro.value)
    return achados


def _texto(valor: bytes) -> str:
    """O texto de um valor ASN.1 de tipo simples e até 255 bytes; vazio se não é um."""
    if len(valor) < 2 or valor[0] not in _TEXTOS:
        return ""
    if valor[1] < _CURTO:
        tamanho, inicio = valor[1], 2
    elif valor[1] == _MEDIO and len(valor) > 2:
        tamanho, inicio = valor[2], 3
    else:
        return ""
    if len(valor) != inicio + tamanho:
        return ""
    try:
        return valor[inicio:].decode(_TEXTOS[valor[0]])
    except UnicodeDecodeError:
        return ""


def _documento(texto: str, *, cnpj: bool) -> str | None:
    limpo = _FORA_DE_DOCUMENTO.sub("", texto.upper())
    valido = cnpj_valido(limpo) if cnpj else cpf_valido(limpo)
    return limpo if valido else None
