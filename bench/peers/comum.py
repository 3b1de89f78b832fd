"""A pilha que se montaria sem pensar em velocidade: Spyne, xmlschema, signxml e um ORM.

O Spyne desfaz o envelope e dá a mensagem em dicionários; o xmlschema confere-a; o signxml verifica
a assinatura; os objetos do ORM entram um a um num SQLite. Não procura quem enviou nem confere
senha, não tem regras nem arquivo: faz menos do que o gateway.
"""

from __future__ import annotations

import hashlib
import io
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import xmlschema
from lxml import etree
from signxml.verifier import XMLVerifier
from sqlalchemy import ForeignKey, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import gateway.compat_spyne  # noqa: F401 - antes do Spyne
from dominio.transacoes import NS_TISS
from persistence import conexao_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography import x509

_Q = f"{{{NS_TISS}}}"
_DS = "{http://www.w3.org/2000/09/xmldsig#}Signature"


class _Base(DeclarativeBase):
    pass


class _Lote(_Base):
    __tablename__ = "lote"
    id: Mapped[int] = mapped_column(primary_key=True)
    numero: Mapped[str]


class _Guia(_Base):
    __tablename__ = "guia"
    id: Mapped[int] = mapped_column(primary_key=True)
    lote_id: Mapped[int] = mapped_column(ForeignKey("lote.id"))
    numero: Mapped[str]
    carteira: Mapped[str]
    total: Mapped[str]


class _Item(_Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    guia_id: Mapped[int] = mapped_column(ForeignKey("guia.id"))
    codigo: Mapped[str]
    quantidade: Mapped[str]
    valor: Mapped[str]


def pilha(
    esquema: Path, banco: Path, certificado: x509.Certificate | None
) -> Callable[[bytes], None]:
    """Monta a pilha e dá a função que recebe um envelope.

    Args:
        esquema: o arquivo de esquema da versão.
        banco: o SQLite a criar.
        certificado: de quem assina; sem ele, nada se verifica.
    """
    from spyne import AnyDict, Application, Service, Unicode, rpc  # noqa: PLC0415 - depois do ajuste
    from spyne.protocol.soap import Soap11  # noqa: PLC0415
    from spyne.server.wsgi import WsgiApplication  # noqa: PLC0415

    motor = create_engine(f"sqlite:///{banco}")
    event.listen(motor, "connect", conexao_sqlite.preparar)
    _Base.metadata.create_all(motor)
    conferente = xmlschema.XMLSchema(str(esquema))

    def receber(ctx: Any, cabecalho: Any, lote: Any, dito: str) -> str:  # noqa: ARG001 - do contrato
        mensagem = deepcopy(ctx.in_body_doc)
        if certificado is not None:
            XMLVerifier().verify(etree.tostring(mensagem), x509_cert=certificado)
            mensagem.remove(mensagem.find(_DS))
        conferente.validate(mensagem)
        _conferir_hash(mensagem)
        with Session(motor) as sessao:
            _gravar(sessao, lote)
            sessao.commit()
        return "ok"

    metodo = rpc(
        AnyDict, AnyDict, Unicode, _returns=Unicode, _in_message_name=f"{_Q}loteGuiasWS",
        _in_variable_names={"cabecalho": "cabecalho", "lote": "loteGuias", "dito": "hash"},
    )(receber)  # fmt: skip
    servico = type("Lotes", (Service,), {"receber": metodo})
    wsgi = WsgiApplication(
        Application([servico], tns=NS_TISS, in_protocol=Soap11(), out_protocol=Soap11())
    )

    def enviar(dados: bytes) -> None:
        situacoes: list[str] = []
        ambiente = {
            "REQUEST_METHOD": "POST", "PATH_INFO": "/", "SCRIPT_NAME": "", "QUERY_STRING": "",
            "CONTENT_TYPE": "text/xml; charset=utf-8", "CONTENT_LENGTH": str(len(dados)),
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(dados),
        }  # fmt: skip
        resposta = b"".join(wsgi(ambiente, lambda situacao, *_: situacoes.append(situacao)))
        if not situacoes[0].startswith("200"):
            raise ValueError(resposta.decode("utf-8", "replace")[:2000])

    return enviar


def _conferir_hash(mensagem: etree._Element) -> None:
    textos = [
        elemento.text or ""
        for parte in mensagem
        if parte.tag != f"{_Q}hash"
        for elemento in parte.iter()
        if len(elemento) == 0
    ]
    resumo = hashlib.md5("".join(textos).encode("iso-8859-1"), usedforsecurity=False).hexdigest()
    if resumo != mensagem.findtext(f"{_Q}hash"):
        raise ValueError("o hash não confere")


def _gravar(sessao: Session, lido: Any) -> None:
    [lote] = _lista(lido)
    novo = _Lote(numero=str(_achar(lote, "numeroLote")))
    sessao.add(novo)
    sessao.flush()
    for guia in _guias(lote):
        dela = _Guia(
            lote_id=novo.id,
            numero=str(_achar(guia, "numeroGuiaPrestador")),
            carteira=str(_achar(guia, "numeroCarteira")),
            total=str(_achar(guia, "valorTotalGeral")),
        )
        sessao.add(dela)
        sessao.flush()
        for item in _lista(_achar(guia, "procedimentoExecutado")):
            sessao.add(
                _Item(
                    guia_id=dela.id,
                    codigo=str(_achar(item, "codigoProcedimento")),
                    quantidade=str(_achar(item, "quantidadeExecutada")),
                    valor=str(_achar(item, "valorTotal")),
                )
            )


def _guias(lote: Any) -> list[Any]:
    return _lista(_achar(lote, "guiaSP-SADT"))


def _lista(valor: Any) -> list[Any]:
    return valor if isinstance(valor, list) else [valor]


def _achar(valor: Any, nome: str) -> Any:
    """O primeiro valor com um nome, a qualquer profundidade dos dicionários do Spyne."""
    if isinstance(valor, list):
        return next((a for parte in valor if (a := _achar(parte, nome)) is not None), None)
    if not isinstance(valor, dict):
        return None
    for chave, dentro in valor.items():
        if chave.rpartition("}")[2] == nome:
            return dentro
    return next((a for dentro in valor.values() if (a := _achar(dentro, nome)) is not None), None)
