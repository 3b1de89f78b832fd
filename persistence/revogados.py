"""As listas de revogados que cada operadora tem, e a consulta de um certificado a elas.

Uma lista entra aos poucos, numa edição nova que só passa a valer inteira; a antiga sai depois,
também aos poucos. Assim uma lista de centenas de milhares de linhas não tranca as escritas.
"""

from __future__ import annotations

import secrets
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select, update

from persistence import tabelas
from persistence.insercao import InsercaoUnica
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from persistence.banco import Banco

_l = tabelas.lcr.c
_r = tabelas.revogado.c
_MAIOR_EDICAO = 2**31 - 1
_DE_CADA_VEZ = 5_000
"""Linhas de uma transação ao trocar de edição."""


class EdicaoAtropelada(Exception):
    """Duas trocas da mesma lista ao mesmo tempo: a que chega depois desiste."""


class ListaGuardada(NamedTuple):
    """O que se sabe de uma lista.

    Attributes:
        id: chave no banco.
        operadora_id: a operadora que a usa.
        chave_emissor: SHA-256 da chave pública da autoridade.
        ponto: primeiro endereço; vazio, veio de arquivo.
        enderecos: todos os endereços em que se procura, por ordem.
        emissor: nome da autoridade, para mostrar.
        emissor_der: o seu certificado, que confere a assinatura da lista.
        edicao: a que vale; zero, ainda nenhuma.
        emitida_em: ``thisUpdate``, em UTC.
        proxima_em: ``nextUpdate``, em UTC.
        obtida_em: instante em UTC.
        sha256: da lista inteira.
        tamanho: bytes.
        quantos: revogados.
        tentar_em: quando se busca de novo; ausente, não se busca.
        falhas: tentativas seguidas sem êxito.
        erro: o da última tentativa.
    """

    id: int
    operadora_id: int
    chave_emissor: str
    ponto: str
    enderecos: tuple[str, ...]
    emissor: str
    emissor_der: bytes
    edicao: int
    emitida_em: datetime | None
    proxima_em: datetime | None
    obtida_em: datetime | None
    sha256: str | None
    tamanho: int | None
    quantos: int | None
    tentar_em: datetime | None
    falhas: int
    erro: str | None


class Edicao(NamedTuple):
    """Uma lista nova, por guardar.

    Attributes:
        emitida_em: ``thisUpdate``, em UTC.
        proxima_em: ``nextUpdate``, em UTC.
        sha256: da lista inteira.
        tamanho: bytes.
    """

    emitida_em: datetime
    proxima_em: datetime
    sha256: str
    tamanho: int


class Consulta(NamedTuple):
    """O que as listas dizem de um certificado.

    Attributes:
        revogado: se o seu número está numa delas.
        proxima_em: até quando a lista vale; ausente, não se tem lista.
    """

    revogado: bool
    proxima_em: datetime | None


_COLUNAS = tuple(_l[nome] for nome in ListaGuardada._fields)
_ENDERECOS = ListaGuardada._fields.index("enderecos")
_INSERIR = InsercaoUnica(tabelas.lcr, [_l.id])
_CONSULTAR = Pronto(
    select(_l.proxima_em, _r.serie)
    .select_from(
        tabelas.lcr.outerjoin(
            tabelas.revogado,
            and_(_r.lcr_id == _l.id, _r.edicao == _l.edicao, _r.serie == bindparam("serie")),
        )
    )
    .where(
        _l.operadora_id == bindparam("operadora_id"),
        _l.chave_emissor == bindparam("chave_emissor"),
        or_(_l.ponto == bindparam("ponto"), _l.ponto == ""),
    )
)


def consultar(
    conn: Connection, operadora_id: int, chave_emissor: str, ponto: str, serie: str
) -> Consulta | None:
    """O que se sabe de um certificado.

    Args:
        conn: transação aberta.
        operadora_id: de quem são as listas.
        chave_emissor: da autoridade que o emitiu.
        ponto: primeiro endereço de lista que o certificado diz; vazio se não diz.
        serie: número de série, em hexadecimal minúsculo.

    Returns:
        ``None`` quando a lista nem está entre as que se buscam.
    """
    linhas = _CONSULTAR.linhas(
        conn,
        {
            "operadora_id": operadora_id,
            "chave_emissor": chave_emissor,
            "ponto": ponto,
            "serie": serie,
        },
    )
    if not linhas:
        return None
    validades = [proxima for proxima, _ in linhas if proxima is not None]
    return Consulta(any(achada for _, achada in linhas), max(validades, default=None))


def pedir(
    conn: Connection,
    operadora_id: int,
    *,
    chave_emissor: str,
    enderecos: Sequence[str],
    emissor: str,
    emissor_der: bytes,
    agora: datetime | None,
) -> int:
    """Passa a ter uma lista, que se há de buscar; a que já se tem fica como está.

    Args:
        conn: transação de escrita.
        operadora_id: de quem.
        chave_emissor: da autoridade.
        enderecos: onde buscar; nenhum, a lista virá de arquivo.
        emissor: nome da autoridade, para mostrar.
        emissor_der: o seu certificado.
        agora: quando buscar; ausente, não se busca.

    Returns:
        A chave da lista.
    """
    ponto = enderecos[0] if enderecos else ""
    nova = _INSERIR.executar(
        conn,
        {
            "operadora_id": operadora_id,
            "chave_emissor": chave_emissor,
            "ponto": ponto,
            "enderecos": list(enderecos),
            "emissor": emissor,
            "emissor_der": emissor_der,
            "edicao": 0,
            "tentar_em": agora,
            "falhas": 0,
        },
    )
    if nova is not None:
        return int(nova[0])
    consulta = select(_l.id).where(
        _l.operadora_id == operadora_id, _l.chave_emissor == chave_emissor, _l.ponto == ponto
    )
    return int(conn.execute(consulta).scalar_one())


def listar(conn: Connection, operadora_id: int | None = None) -> tuple[ListaGuardada, ...]:
    """As listas de uma operadora, ou de todas, por autoridade."""
    consulta = select(*_COLUNAS).order_by(_l.operadora_id, _l.emissor, _l.ponto)
    if operadora_id is not None:
        consulta = consulta.where(_l.operadora_id == operadora_id)
    return tuple(_guardada(linha) for linha in conn.execute(consulta))


def por_buscar(conn: Connection, agora: datetime, limite: int) -> tuple[ListaGuardada, ...]:
    """As que é hora de buscar, as mais atrasadas antes."""
    consulta = select(*_COLUNAS).where(_l.tentar_em <= agora).order_by(_l.tentar_em).limit(limite)
    return tuple(_guardada(linha) for linha in conn.execute(consulta))


def guardar(
    banco: Banco,
    lista: ListaGuardada,
    nova: Edicao,
    series: Iterable[str],
    *,
    agora: datetime,
    tentar_em: datetime | None,
) -> int:
    """Troca a edição de uma lista.

    Args:
        banco: onde ficam.
        lista: a que muda.
        nova: o que a lista diz de si.
        series: os números revogados, em hexadecimal minúsculo.
        agora: instante em UTC.
        tentar_em: quando buscar a seguinte; ausente, não se busca.

    Returns:
        Quantos revogados tem.

    Raises:
        EdicaoAtropelada: outro processo trocava a mesma lista ao mesmo tempo; a que valia fica.
    """
    edicao = 1 + secrets.randbelow(_MAIOR_EDICAO)
    _esvaziar(banco, lista.id, _r.edicao != lista.edicao)
    quantos = 0
    numeros = iter(dict.fromkeys(series))
    while parte := list(islice(numeros, _DE_CADA_VEZ)):
        with banco.escrita() as conn:
            conn.execute(
                insert(tabelas.revogado),
                [{"lcr_id": lista.id, "edicao": edicao, "serie": serie} for serie in parte],
            )
        quantos += len(parte)
    with banco.escrita() as conn:
        comando = update(tabelas.lcr).where(_l.id == lista.id, _l.edicao == lista.edicao)
        troca = comando.values(
            **nova._asdict(),
            edicao=edicao,
            obtida_em=agora,
            quantos=quantos,
            tentar_em=tentar_em,
            falhas=0,
            erro=None,
        )
        trocada = conn.execute(troca).rowcount == 1
        # quem trocasse a mesma lista apagaria linhas desta; incompleta, deixaria passar revogados
        if not trocada or _contar(conn, lista.id, edicao) != quantos:
            raise EdicaoAtropelada
    _esvaziar(banco, lista.id, _r.edicao != edicao)
    return quantos


def adiar(conn: Connection, lista: ListaGuardada, tentar_em: datetime, erro: str | None) -> None:
    """Marca a próxima tentativa; com ``erro``, conta mais uma falha, e sem ele nenhuma."""
    falhas = 0 if erro is None else lista.falhas + 1
    comando = update(tabelas.lcr).where(_l.id == lista.id)
    conn.execute(comando.values(tentar_em=tentar_em, falhas=falhas, erro=erro))


def apressar(conn: Connection, operadora_id: int | None, agora: datetime) -> int:
    """Faz que todas as listas que se buscam sejam buscadas já; diz quantas são."""
    comando = update(tabelas.lcr).where(_l.tentar_em.is_not(None))
    if operadora_id is not None:
        comando = comando.where(_l.operadora_id == operadora_id)
    return conn.execute(comando.values(tentar_em=agora)).rowcount


def _esvaziar(banco: Banco, lcr_id: int, quais: ColumnElement[bool]) -> None:
    """Apaga as linhas das edições ditas; linhas vizinhas na chave, algumas por transação."""
    daqui = [_r.lcr_id == lcr_id, quais]
    alguma = select(_r.edicao).where(*daqui).limit(1)
    while True:
        with banco.escrita() as conn:
            edicao = conn.execute(alguma).scalar_one_or_none()
            if edicao is None:
                return
            dela = [_r.lcr_id == lcr_id, _r.edicao == edicao]
            limite = select(_r.serie).where(*dela).order_by(_r.serie).offset(_DE_CADA_VEZ).limit(1)
            ultima = conn.execute(limite).scalar_one_or_none()
            ate = [] if ultima is None else [_r.serie <= ultima]
            conn.execute(delete(tabelas.revogado).where(*dela, *ate))


def _contar(conn: Connection, lcr_id: int, edicao: int) -> int:
    consulta = select(func.count()).where(_r.lcr_id == lcr_id, _r.edicao == edicao)
    return int(conn.execute(consulta).scalar_one())


def _guardada(linha: Any) -> ListaGuardada:
    valores = list(linha)
    valores[_ENDERECOS] = tuple(valores[_ENDERECOS])
    return ListaGuardada._make(valores)
