"""Canários: valores marcados que se mandam por toda parte e se procuram no que sai.

Um canário procura-se em toda forma em que um programa o escreveria: em claro, em UTF-16, em base64
começado em qualquer byte, em hexadecimal, num endereço; uma senha, também pelo seu MD5, que é com o
que se entra.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_MENOR_PEDACO = 8
"""Algarismos de base64 de um canário, o bastante para não aparecerem por acaso."""


class Canario(NamedTuple):
    """Um valor marcado.

    Attributes:
        nome: como os testes o chamam.
        valor: o texto.
        senha: se o MD5 dele também o denuncia.
    """

    nome: str
    valor: str
    senha: bool = False

    @property
    def formas(self) -> tuple[bytes, ...]:
        """Toda sequência de bytes que o denuncia."""
        valores = [self.valor.encode(), self.valor.upper().encode()]
        if self.senha:
            resumo = hashlib.md5(valores[0], usedforsecurity=False).hexdigest()
            valores += [resumo.encode(), resumo.upper().encode()]
        return tuple(forma for valor in valores for forma in _formas(valor))


def _formas(valor: bytes) -> Iterable[bytes]:
    texto = valor.decode()
    yield valor
    yield texto.encode("utf-16-le")
    yield texto.encode("utf-16-be")
    yield valor.hex().encode()
    yield texto.replace("#", "%23").encode()
    for antes in range(3):
        # as pontas de um base64 dependem do que está em volta; o meio, não
        meio = base64.b64encode(b"\0" * antes + valor)[(antes * 8 + 5) // 6 :]
        meio = meio[: (len(valor) * 8 - 6) // 6]
        if len(meio) >= _MENOR_PEDACO:
            yield meio


CARTEIRA = Canario("carteira", "CANARIOCARTEIRA0417")
NOME = Canario("nome do beneficiário", "CANARIOPACIENTE0417")
CNS = Canario("CNS", "704170417041704")
SENHA_DA_GUIA = Canario("senha da guia", "CANARIOSENHAGUIA417")
OBSERVACAO = Canario("observação", "CANARIOOBSERVACAO0417")
INDICACAO = Canario("indicação clínica", "CANARIOINDICACAO0417")
PROFISSIONAL = Canario("nome de profissional", "CANARIOPROFISSIONAL0417")
CONSELHO = Canario("número no conselho", "CANARIOCRM0417")
DESCRICAO = Canario("descrição do procedimento", "CANARIOPROCEDIMENTO0417")
VALIDACAO = Canario("código de validação", "CANARIOVAL")
DOCUMENTO = Canario("conteúdo de documento", "CANARIODOCUMENTO0417")
LOGIN = Canario("login do prestador", "canariologin0417")
SENHA = Canario("senha do prestador", "CANARIOsenha#0417", senha=True)
ERRADA = Canario("senha errada", "CANARIOerrada#0417", senha=True)
SENHA_DA_CHAVE = Canario("senha da chave privada", "CANARIOchave#0417")
SENHA_DO_BANCO = Canario("senha do banco", "CANARIObanco0417")
INTRUSO = Canario("texto fora de lugar", "CANARIOINTRUSO0417")
GUIA = Canario("número da guia no prestador", "CANARIOGUIA0417")
NOME_DE_ARQUIVO = Canario("nome de arquivo", "CANARIOARQUIVO0417")
NOME_DE_CAMPO = Canario("nome de campo", "CANARIOCAMPO0417")

DE_MENSAGENS = (
    CARTEIRA, NOME, CNS, SENHA_DA_GUIA, OBSERVACAO, INDICACAO, PROFISSIONAL, CONSELHO, DESCRICAO,
    VALIDACAO, DOCUMENTO, LOGIN, SENHA, ERRADA, INTRUSO, GUIA, NOME_DE_ARQUIVO,
)  # fmt: skip
"""Os que vão nas mensagens de um prestador."""
TODOS = (*DE_MENSAGENS, NOME_DE_CAMPO, SENHA_DA_CHAVE, SENHA_DO_BANCO)
"""Todos os que se mandam."""
CREDENCIAIS = (SENHA, ERRADA, SENHA_DA_CHAVE, SENHA_DO_BANCO)
"""Os que não se leem em parte alguma, nem no banco."""

_CAMPOS: Mapping[str, Canario] = {
    "numeroCarteira": CARTEIRA,
    "nomeBeneficiario": NOME,
    "numeroCNS": CNS,
    "senha": SENHA_DA_GUIA,
    "observacao": OBSERVACAO,
    "indicacaoClinica": INDICACAO,
    "nomeProfissional": PROFISSIONAL,
    "nomeProf": PROFISSIONAL,
    "nomeContratadoSolicitante": PROFISSIONAL,
    "numeroConselhoProfissional": CONSELHO,
    "descricaoProcedimento": DESCRICAO,
    "codValidacao": VALIDACAO,
}


def marcar(mensagem: etree._Element) -> etree._Element:
    """Põe o seu canário em cada campo que o tem; o hash fica por refazer."""
    for elemento in mensagem.iter():
        canario = _CAMPOS.get(etree.QName(elemento).localname)
        if canario is not None:
            elemento.text = canario.valor
    return mensagem


def achados(dados: bytes, canarios: Collection[Canario]) -> set[str]:
    """Os nomes dos canários que estão nos bytes, em qualquer forma."""
    return {c.nome for c in canarios if any(forma in dados for forma in c.formas)}
