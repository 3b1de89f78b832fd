"""A quem cada operadora manda avisar, e o aviso que se grava com o que o causa."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    SmallInteger,
    Text,
    and_,
    bindparam,
    delete,
    insert,
    literal,
    or_,
    select,
    update,
)

from dominio.competencia import agora as instante_atual
from dominio.eventos import assunto
from persistence import tabelas
from persistence.prontos import Pronto
from persistence.segredos_de_webhooks import abrir, fechar, sortear
from persistence.tipos import Instante

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ANTERIOR = timedelta(hours=24)
"""Por quanto tempo, depois de uma troca, o segredo de antes também assina."""

_CALADOS = "avisos-calados"


class Webhook(NamedTuple):
    """Um endereço que se avisa.

    Attributes:
        id: chave no banco.
        operadora_id: de quem são os avisos.
        url: endereço que os recebe.
        eventos: os que se pediram; ausente, todos.
        homologacao: se são os dos protocolos de homologação, em lugar dos reais.
        ativo: se se avisa.
        criado_em: instante em UTC.
        anterior_ate: até quando o segredo de antes também assina, em UTC.
        falhas: vezes seguidas que o endereço não atendeu.
        proxima_em: antes deste instante, em UTC, não se chama.
    """

    id: int
    operadora_id: int
    url: str
    eventos: tuple[str, ...] | None
    homologacao: bool
    ativo: bool
    criado_em: datetime
    anterior_ate: datetime | None
    falhas: int
    proxima_em: datetime


class Criado(NamedTuple):
    """Um webhook e o segredo que assina os seus avisos, que não se mostra de novo."""

    webhook: Webhook
    segredo: str


_w = tabelas.webhook.c
_e = tabelas.entrega.c
_CAMPOS = tuple(_w[nome] for nome in Webhook._fields)
_EVENTOS = Webhook._fields.index("eventos")


def _valores_do_aviso() -> dict[str, Any]:
    """Coluna da entrega -> o que se põe nela; o tipo dito evita que o banco o adivinhe."""
    em = bindparam("em", type_=Instante)
    return {
        "webhook_id": _w.id,
        "evento_id": bindparam("evento_id", type_=Text),
        "evento": bindparam("evento", type_=Text),
        "assunto": bindparam("assunto", type_=Text),
        "numero": bindparam("numero", type_=BigInteger),
        "de": bindparam("de", type_=SmallInteger),
        "para": bindparam("para", type_=SmallInteger),
        "em": em,
        "estado": literal("pendente", Text),
        "tentativas": literal(0, SmallInteger),
        "proxima_em": em,
    }


def _anotar(*condicoes: Any) -> Pronto:
    valores = _valores_do_aviso()
    # quem apaga um webhook espera por quem já lhe grava um aviso
    origem = select(*valores.values()).where(*condicoes).with_for_update(read=True, key_share=True)
    return Pronto(insert(tabelas.entrega).from_select(list(valores), origem))


_ANOTAR = _anotar(
    _w.operadora_id == bindparam("operadora_id"),
    _w.ativo,
    _w.homologacao == bindparam("homologacao", type_=_w.homologacao.type),
    or_(_w.eventos.is_(None), _w.eventos.like(bindparam("procurado", type_=Text))),
)
_HA = Pronto(select(_w.id).where(_w.operadora_id == bindparam("operadora_id"), _w.ativo).limit(1))
_ANOTAR_A_UM = _anotar(_w.id == bindparam("webhook_id"))


def anotar(
    conn: Connection,
    operadora_id: int,
    evento: str,
    numero: int,
    *,
    em: datetime,
    de: int | None = None,
    para: int | None = None,
    homologacao: bool = False,
) -> None:
    """Grava o aviso de um evento a cada webhook que o pediu, na transação de quem chama.

    Chama-se com o que muda já trancado, para que os avisos fiquem na ordem das mudanças. Sem
    nenhum webhook é uma só consulta, que nada acha.

    Args:
        conn: a transação da mudança.
        operadora_id: dona do que mudou.
        evento: um de ``dominio.eventos``.
        numero: do protocolo, documento ou pagamento.
        em: quando mudou.
        de: situação anterior, se mudou de situação.
        para: situação.
        homologacao: se é de homologação.
    """
    if _CALADOS in conn.info or not _HA.linhas(conn, {"operadora_id": operadora_id}):
        return
    _ANOTAR.executar(
        conn,
        {
            "operadora_id": operadora_id,
            "homologacao": homologacao,
            "procurado": f"% {evento} %",
            **_do_evento(evento, numero, em, de, para),
        },
    )


@contextmanager
def sem_avisar(conn: Connection) -> Iterator[None]:
    """O que se grava dentro não se avisa: é história que já aconteceu, noutro sistema."""
    # a conexão volta ao conjunto: a marca não pode sobreviver ao bloco
    conn.info[_CALADOS] = True
    try:
        yield
    finally:
        conn.info.pop(_CALADOS, None)


def anotar_a_um(conn: Connection, webhook_id: int, evento: str, *, em: datetime) -> None:
    """Grava um aviso sem número a um webhook, tenha-o ele pedido ou não."""
    _ANOTAR_A_UM.executar(conn, {"webhook_id": webhook_id, **_do_evento(evento, 0, em, None, None)})


def _do_evento(
    evento: str, numero: int, em: datetime, de: int | None, para: int | None
) -> dict[str, Any]:
    return {
        "evento_id": uuid.uuid4().hex,
        "evento": evento,
        "assunto": assunto(evento),
        "numero": numero,
        "em": em,
        "de": None if de is None else int(de),
        "para": None if para is None else int(para),
    }


def criar(
    conn: Connection,
    operadora_id: int,
    *,
    url: str,
    eventos: Sequence[str] | None,
    homologacao: bool,
    agora: datetime,
) -> Criado:
    """Cria um webhook e sorteia o seu segredo."""
    segredo = sortear()
    linha = conn.execute(
        insert(tabelas.webhook).returning(*_CAMPOS),
        {
            "operadora_id": operadora_id,
            "url": url,
            "eventos": _em_texto(eventos),
            "homologacao": homologacao,
            "ativo": True,
            "segredo": fechar(conn, operadora_id, segredo),
            "criado_em": agora,
            "falhas": 0,
            "proxima_em": agora,
        },
    ).one()
    return Criado(_webhook(linha), segredo)


def por_id(conn: Connection, operadora_id: int, webhook_id: int) -> Webhook | None:
    """Um webhook da operadora."""
    linha = conn.execute(select(*_CAMPOS).where(*_dela(operadora_id, webhook_id))).one_or_none()
    return None if linha is None else _webhook(linha)


def listar(conn: Connection, operadora_id: int) -> tuple[Webhook, ...]:
    """Os webhooks de uma operadora, do mais velho ao mais novo."""
    consulta = select(*_CAMPOS).where(_w.operadora_id == operadora_id).order_by(_w.id)
    return tuple(_webhook(linha) for linha in conn.execute(consulta))


def mudar(conn: Connection, antes: Webhook, depois: Webhook) -> Webhook:
    """Grava o endereço, os eventos e o estado que se mudaram; já se pode chamá-lo de novo."""
    mudado = depois._replace(falhas=0, proxima_em=instante_atual())
    conn.execute(
        update(tabelas.webhook)
        .where(*_dela(antes.operadora_id, antes.id))
        .values(
            url=mudado.url,
            eventos=_em_texto(mudado.eventos),
            homologacao=mudado.homologacao,
            ativo=mudado.ativo,
            falhas=mudado.falhas,
            proxima_em=mudado.proxima_em,
        )
    )
    return mudado


def apagar(conn: Connection, webhook: Webhook) -> None:
    """Apaga um webhook com os seus avisos, entregues ou não."""
    dele = _dela(webhook.operadora_id, webhook.id)
    conn.execute(select(_w.id).where(*dele).with_for_update()).one_or_none()
    conn.execute(delete(tabelas.entrega).where(_e.webhook_id == webhook.id))
    conn.execute(delete(tabelas.webhook).where(*dele))


def trocar_segredo(conn: Connection, webhook: Webhook, agora: datetime) -> Criado:
    """Sorteia outro segredo; o de antes também assina por ``ANTERIOR``."""
    segredo = sortear()
    linha = conn.execute(
        update(tabelas.webhook)
        .where(*_dela(webhook.operadora_id, webhook.id))
        .values(
            segredo_anterior=_w.segredo,
            segredo=fechar(conn, webhook.operadora_id, segredo),
            anterior_ate=agora + ANTERIOR,
        )
        .returning(*_CAMPOS)
    ).one()
    return Criado(_webhook(linha), segredo)


def segredos(conn: Connection, webhook: Webhook, agora: datetime) -> tuple[str, ...]:
    """Os segredos com que se assina agora, o mais novo primeiro.

    Raises:
        ChavesInvalidas: falta a chave que os cifrou.
        NaoDecifrado: foram alterados.
    """
    consulta = select(_w.segredo, _w.segredo_anterior).where(
        *_dela(webhook.operadora_id, webhook.id)
    )
    linha = conn.execute(consulta).one_or_none()
    if linha is None:
        return ()
    valem = [linha.segredo]
    if (
        linha.segredo_anterior is not None
        and webhook.anterior_ate is not None
        and agora < webhook.anterior_ate
    ):
        valem.append(linha.segredo_anterior)
    return tuple(abrir(conn, webhook.operadora_id, guardado) for guardado in valem)


def _dela(operadora_id: int, webhook_id: int) -> tuple[Any, ...]:
    return (and_(_w.operadora_id == operadora_id, _w.id == webhook_id),)


def _em_texto(eventos: Iterable[str] | None) -> str | None:
    return None if eventos is None else f" {' '.join(sorted(set(eventos)))} "


def _webhook(valores: Sequence[Any]) -> Webhook:
    cru = Webhook._make(valores)
    texto = valores[_EVENTOS]
    return cru._replace(eventos=None if texto is None else tuple(texto.split()))
