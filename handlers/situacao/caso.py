"""Passar um protocolo a outra situação: o ciclo de vida, quem mudou, por quê e sobre o que viu."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from dominio.situacao import CICLO, StatusProtocolo, TransicaoProibida
from persistence import protocolos
from persistence.consultas import protocolos as lista
from persistence.erros import NumeroEmUso

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Impedimento(StrEnum):
    """Por que um protocolo não muda de situação."""

    DESCONHECIDO = "desconhecido"
    MUDOU = "mudou"
    CICLO = "ciclo"
    NUMERO_EM_USO = "numero-em-uso"


class NaoMuda(Exception):
    """A situação fica como está.

    Attributes:
        impedimento: o que impede.
        permitidas: situações a que o protocolo pode passar.
    """

    def __init__(
        self, impedimento: Impedimento, texto: str, permitidas: tuple[StatusProtocolo, ...] = ()
    ) -> None:
        super().__init__(texto)
        self.impedimento = impedimento
        self.permitidas = permitidas


@dataclass(frozen=True, slots=True)
class Pedido:
    """O que se quer mudar.

    Attributes:
        operadora_id: a de quem pede.
        numero: do protocolo.
        para: situação nova.
        quem: quem pede, para o histórico.
        motivo: por quê, para o histórico.
        visto: a mudança sobre a qual se decidiu; ausente, seja qual for.
    """

    operadora_id: int
    numero: int
    para: StatusProtocolo
    quem: str
    motivo: str
    visto: int | None


@dataclass(frozen=True, slots=True)
class Mudada:
    """A situação nova e a mudança que ela é."""

    status: StatusProtocolo
    alteracao: int


def mudar(conn: Connection, pedido: Pedido) -> Mudada:
    """Muda a situação na transação de quem chama; as guias não canceladas a seguem.

    Raises:
        NaoMuda: não há o protocolo, mudou depois de visto, o ciclo não tem a passagem, ou ele é
            reaberto quando o seu número de lote já é de outro.
    """
    achado = lista.trancar(conn, pedido.operadora_id, pedido.numero)
    if achado is None:
        raise NaoMuda(Impedimento.DESCONHECIDO, "Não há protocolo com este número.")
    if pedido.visto is not None and pedido.visto != achado.alteracao:
        raise NaoMuda(
            Impedimento.MUDOU, "O protocolo mudou depois de lido; leia-o de novo e decida."
        )
    try:
        protocolos.transitar(conn, achado.protocolo_id, pedido.para, pedido.quem, pedido.motivo)
    except TransicaoProibida as erro:
        permitidas = tuple(sorted(CICLO[erro.de]))
        raise NaoMuda(
            Impedimento.CICLO,
            f"De {int(erro.de)} ({erro.de.texto}) não se passa a {int(erro.para)} "
            f"({erro.para.texto}).",
            permitidas,
        ) from None
    except NumeroEmUso as erro:
        raise NaoMuda(
            Impedimento.NUMERO_EM_USO,
            "O número deste lote já é de outro protocolo do prestador, o "
            f"{erro.existente.protocolo_numero}; cancele aquele antes de reabrir este.",
        ) from None
    agora = lista.trancar(conn, pedido.operadora_id, pedido.numero)
    assert agora is not None  # noqa: S101 - a linha está trancada
    return Mudada(pedido.para, agora.alteracao)
