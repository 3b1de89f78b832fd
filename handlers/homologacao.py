"""O que um prestador em homologação já conseguiu e o que o sistema dele ainda faz errado."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from dominio import erros
from dominio.validade import VERSAO_VENCIDA
from persistence import homologacao

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from persistence.homologacao import Aceitas, MensagemErrada, Variante
    from persistence.prestadores import Prestador

_OFICIAL = "oficial"


class Veredito(StrEnum):
    """O que se conclui."""

    SEM_MENSAGENS = "ainda não enviou nada"
    A_CORRIGIR = "ainda há erros por corrigir"
    COM_RESSALVAS = "pronto, com desvios que só se toleram"
    PRONTO = "pronto"


class Tipo(NamedTuple):
    """O que faz de dois erros o mesmo: no esquema, também o campo e a regra."""

    erro: str
    campo: str | None
    regra: str | None


@dataclass(slots=True)
class Falha:
    """Um tipo de erro do prestador.

    Attributes:
        tipo: que erro é.
        mensagens: em quantas mensagens veio.
        primeira: instante da primeira, em UTC.
        ultima: instante da mais nova, em UTC.
        servico: da mais nova, se se conheceu.
        versao: da mais nova, se se conheceu.
        exemplo: a frase da mais nova: guias e campos, sem nada de pacientes.
        corrigida: se depois dela o mesmo serviço teve mensagem aceita.
    """

    tipo: Tipo
    mensagens: int
    primeira: datetime
    ultima: datetime
    servico: str | None
    versao: str | None
    exemplo: str
    corrigida: bool = False


class Relatorio(NamedTuple):
    """Tudo o que se sabe de um prestador.

    Attributes:
        falhas: as por corrigir primeiro, e entre elas as mais frequentes.
        aceitas: serviços e versões com mensagens sem erro.
        variantes: leituras do hash em que as mensagens conferiram.
        desvios: o que se tolerou -> em quantas mensagens.
    """

    falhas: tuple[Falha, ...]
    aceitas: tuple[Aceitas, ...]
    variantes: tuple[Variante, ...]
    desvios: Mapping[str, int]

    @property
    def veredito(self) -> Veredito:
        """O que se conclui."""
        if not self.aceitas and not self.falhas:
            return Veredito.SEM_MENSAGENS
        if not self.aceitas or any(not f.corrigida for f in self.falhas):
            return Veredito.A_CORRIGIR
        if self.desvios or any(v.variante not in (_OFICIAL, None) for v in self.variantes):
            return Veredito.COM_RESSALVAS
        return Veredito.PRONTO


def relatar(conn: Connection, prestador: Prestador, desde: datetime | None = None) -> Relatorio:
    """Junta o que o arquivo diz de um prestador, por tipo de erro."""
    aceitas = homologacao.aceitas(conn, prestador.id, desde)
    falhas = _juntar(homologacao.erradas(conn, prestador.id, desde))
    for falha in falhas:
        falha.corrigida = any(
            a.ultima > falha.ultima and falha.servico in (None, a.servico) for a in aceitas
        )
    falhas.sort(key=lambda f: (f.corrigida, -f.mensagens))
    desvios: Counter[str] = Counter()
    for detalhes in homologacao.detalhes_das_aceitas(conn, prestador.id, desde):
        desvios.update(a for a in detalhes.get("avisos", ()) if a != VERSAO_VENCIDA)
    variantes = homologacao.variantes(
        conn, prestador.operadora_id, prestador_id=prestador.id, desde=desde
    )
    return Relatorio(tuple(falhas), aceitas, variantes, dict(desvios))


def _juntar(erradas: Sequence[MensagemErrada]) -> list[Falha]:
    por_tipo: dict[Tipo, Falha] = {}
    for errada in erradas:
        for tipo, exemplo in dict(_tipos(errada)).items():
            falha = por_tipo.setdefault(
                tipo, Falha(tipo, 0, errada.recebida_em, errada.recebida_em, None, None, "")
            )
            falha.mensagens += 1
            falha.ultima = errada.recebida_em
            falha.servico = errada.servico
            falha.versao = errada.versao
            falha.exemplo = exemplo
    return list(por_tipo.values())


def _tipos(errada: MensagemErrada) -> Iterator[tuple[Tipo, str]]:
    do_esquema = errada.detalhes.get("erros") if errada.erro == erros.ESQUEMA.chave else None
    if not do_esquema:
        yield Tipo(errada.erro, None, None), str(errada.detalhes.get("texto", ""))
        return
    for erro in do_esquema:
        yield Tipo(errada.erro, erro["campo"], erro["regra"]), _lugar(erro)


def _lugar(erro: Mapping[str, Any]) -> str:
    partes = []
    if "guia" in erro:
        numero = f" (nº {erro['numero_guia']})" if "numero_guia" in erro else ""
        partes.append(f"guia {erro['guia']}{numero}")
    if "item" in erro:
        partes.append(f"item {erro['item']}")
    return ", ".join([*partes, erro["campo"]])
