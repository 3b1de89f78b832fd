"""Os tipos dos campos do cadastro, com a conferência que cada um pede."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

import tiss_xsd
from backoffice.api.problemas import de_campo
from dominio import numeracao
from dominio.documentos import cnpj_valido, cpf_valido
from dominio.textos import cabe_em_latin1
from persistence.prestadores import VersaoAceita

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from backoffice.api.cadastro import VersaoDoPrestador
    from persistence.prestadores import Prestador


def _errado(texto: str) -> PydanticCustomError:
    return PydanticCustomError("texto", texto)


def _so_o_que_conta(valor: Any) -> str:
    return "".join(c for c in str(valor).upper() if c not in ".-/ ")


def _cnpj(valor: Any) -> Any:
    if valor is None:
        return None
    limpo = _so_o_que_conta(valor)
    if not cnpj_valido(limpo):
        raise _errado("não é um CNPJ: confira os dígitos")
    return limpo


def _cpf(valor: Any) -> Any:
    if valor is None:
        return None
    limpo = _so_o_que_conta(valor)
    if not cpf_valido(limpo):
        raise _errado("não é um CPF: confira os dígitos")
    return limpo


def _cnes(valor: Any) -> Any:
    if valor is not None and (
        not isinstance(valor, str) or len(valor) != 7 or not valor.isascii() or not valor.isdigit()
    ):
        raise _errado("deve ser um texto de sete algarismos")
    return valor


def _ecoado(valor: Any) -> Any:
    """Aparece em respostas, que só têm ISO-8859-1."""
    if isinstance(valor, str):
        if not valor.strip() or valor != valor.strip():
            raise _errado("está vazio ou tem espaços nas pontas")
        if not cabe_em_latin1(valor):
            raise _errado("tem caracteres que não há em ISO-8859-1")
        if not valor.isprintable():
            raise _errado("tem caracteres que não se imprimem")
    return valor


def _versao(valor: Any) -> Any:
    if valor not in tiss_xsd.versoes():
        raise _errado("não é uma versão instalada")
    return valor


def _padrao_de_guia(valor: Any) -> Any:
    if isinstance(valor, str) and valor:
        try:
            return numeracao.conferir(valor)
        except ValueError as erro:
            raise PydanticCustomError("texto", "{motivo}", {"motivo": str(erro)}) from None
    return valor


Codigo = Annotated[str, BeforeValidator(_ecoado), Field(min_length=1, max_length=14)]
Nome = Annotated[str, BeforeValidator(_ecoado), Field(min_length=1, max_length=70)]
NumeroDeGuia = Annotated[str, BeforeValidator(_ecoado), Field(min_length=1, max_length=20)]
Login = Annotated[str, BeforeValidator(_ecoado), Field(min_length=1, max_length=20)]
Cnpj = Annotated[str, BeforeValidator(_cnpj)]
Cpf = Annotated[str, BeforeValidator(_cpf)]
Cnes = Annotated[str, BeforeValidator(_cnes)]
Largura = Annotated[int, Field(ge=0, le=12, description="Algarismos, com zeros à esquerda.")]
PadraoDeGuia = Annotated[str, BeforeValidator(_padrao_de_guia), Field(max_length=60)]
Versao = Annotated[str, BeforeValidator(_versao), Field(description="Como 4.03.00.")]


def versoes_aceitas(versoes: Sequence[VersaoDoPrestador] | None) -> list[VersaoAceita] | None:
    """As versões como se guardam; sem dia de consulta, vale o de envio.

    Raises:
        Problema: 422, se uma versão se repete ou deixa de se consultar antes de se enviar.
    """
    if versoes is None:
        return None
    aceitas = [VersaoAceita(v.versao, v.envio_ate, v.consulta_ate or v.envio_ate) for v in versoes]
    if len({v.versao for v in aceitas}) < len(aceitas):
        raise de_campo("versoes", "a mesma versão está mais de uma vez")
    for aceita in aceitas:
        envio, consulta = aceita.envio_ate, aceita.consulta_ate
        if consulta is not None and (envio is None or consulta < envio):
            raise de_campo("versoes", "não se deixa de consultar antes de deixar de enviar")
    return aceitas


def conferir_pessoa(antes: Prestador, mudancas: Mapping[str, Any]) -> None:
    """O que fica depois de uma mudança ainda tem nome, e CNPJ ou CPF.

    Raises:
        Problema: 422, se deixa de ter.
    """
    for campo in ("nome", "homologacao", "ativo"):
        if campo in mudancas and mudancas[campo] is None:
            raise de_campo(campo, "não pode ser null")
    cnpj = mudancas.get("cnpj", antes.cnpj)
    cpf = mudancas.get("cpf", antes.cpf)
    if (cnpj is None) == (cpf is None):
        raise de_campo("cnpj", "diga cnpj ou cpf, um dos dois; o outro, null")
