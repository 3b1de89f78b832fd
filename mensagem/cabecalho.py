"""``cabecalhoTransacao``: leitura do pedido e construção na resposta."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dominio.competencia import local
from dominio.lote import Identificacao
from dominio.transacoes import NS_TISS
from mensagem.escrita import elemento, escapado

if TYPE_CHECKING:
    from datetime import datetime

    from lxml import etree

_Q = f"{{{NS_TISS}}}"
FORMAS = {
    f"{_Q}CNPJ": "cnpj",
    f"{_Q}CPF": "cpf",
    f"{_Q}codigoPrestadorNaOperadora": "codigo",
}
_ELEMENTOS = {forma: nome.removeprefix(_Q) for nome, forma in FORMAS.items()}


@dataclass(frozen=True, slots=True)
class Cabecalho:
    """O que o cabeçalho de um pedido diz.

    Attributes:
        tipo_transacao: um valor de ``dm_tipoTransacao``.
        sequencial: ``sequencialTransacao``, ecoado na resposta.
        origem: prestador que envia; ``None`` quando a origem é um registro ANS.
        destino: registro ANS da operadora; ``None`` quando o destino é um prestador.
        padrao: versão declarada.
        login: como veio; ``None`` sem ``loginSenhaPrestador``.
        senha: como veio (MD5 em hexadecimal, pelo padrão).
        registro_da_origem: registro ANS de uma origem que não é prestador, a quem se responde.
    """

    tipo_transacao: str
    sequencial: str
    origem: Identificacao | None
    destino: str | None
    padrao: str
    login: str | None
    senha: str | None
    registro_da_origem: str | None = None

    def __repr__(self) -> str:
        """Sem login e senha, que não podem chegar a um log."""
        return f"<Cabecalho {self.tipo_transacao} {self.padrao}>"


def padrao(mensagem: etree._Element) -> str:
    """Versão que a mensagem declara; vazia quando o elemento falta."""
    return (mensagem.findtext(f"{_Q}cabecalho/{_Q}Padrao") or "").strip()


def ler(mensagem: etree._Element) -> Cabecalho:
    """Lê o cabeçalho de uma mensagem que já passou pelo esquema."""
    cabecalho = mensagem.find(f"{_Q}cabecalho")
    assert cabecalho is not None  # noqa: S101 - garantido pelo esquema

    def texto(caminho: str) -> str:
        return cabecalho.findtext("/".join(_Q + p for p in caminho.split("/"))) or ""

    identificacao = cabecalho.find(f"{_Q}origem/{_Q}identificacaoPrestador")
    origem = None
    if identificacao is not None:
        unico = identificacao[0]
        origem = Identificacao(FORMAS[str(unico.tag)], unico.text or "")
    tem_login = cabecalho.find(f"{_Q}loginSenhaPrestador") is not None
    return Cabecalho(
        tipo_transacao=texto("identificacaoTransacao/tipoTransacao"),
        sequencial=texto("identificacaoTransacao/sequencialTransacao"),
        origem=origem,
        destino=texto("destino/registroANS") or None,
        padrao=texto("Padrao"),
        login=texto("loginSenhaPrestador/loginPrestador") if tem_login else None,
        senha=texto("loginSenhaPrestador/senhaPrestador") if tem_login else None,
        registro_da_origem=texto("origem/registroANS") or None,
    )


def ler_se_houver(mensagem: etree._Element) -> Cabecalho | None:
    """Lê o cabeçalho de uma mensagem que ainda não passou pelo esquema, se dá para lê-lo."""
    if mensagem.find(f"{_Q}cabecalho") is None:
        return None
    try:
        cabecalho = ler(mensagem)
    except (IndexError, KeyError):
        return None
    return cabecalho if cabecalho.sequencial else None


def de_resposta(
    pedido: Cabecalho, tipo: str, registro_ans: str, versao: str, agora: datetime
) -> str:
    """Cabeçalho de uma resposta: origem e destino trocados, o sequencial do pedido.

    Data e hora são as de São Paulo.
    """
    aqui = local(agora)
    destino = ""
    if pedido.origem is not None:
        nome = _ELEMENTOS[pedido.origem.forma]
        destino = elemento("identificacaoPrestador", elemento(nome, texto=pedido.origem.valor))
    elif pedido.registro_da_origem is not None:
        destino = elemento("registroANS", texto=pedido.registro_da_origem)
    return (
        "<ans:cabecalho><ans:identificacaoTransacao>"
        f"<ans:tipoTransacao>{tipo}</ans:tipoTransacao>"
        f"<ans:sequencialTransacao>{escapado(pedido.sequencial)}</ans:sequencialTransacao>"
        f"<ans:dataRegistroTransacao>{aqui:%Y-%m-%d}</ans:dataRegistroTransacao>"
        f"<ans:horaRegistroTransacao>{aqui:%H:%M:%S}</ans:horaRegistroTransacao>"
        "</ans:identificacaoTransacao>"
        f"<ans:origem><ans:registroANS>{registro_ans}</ans:registroANS></ans:origem>"
        f"{elemento('destino', destino)}<ans:Padrao>{versao}</ans:Padrao></ans:cabecalho>"
    )
