"""Em quem cada operadora confia: âncoras, intermediários e políticas de assinatura."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, delete, func, or_, select, update

from persistence import prestadores, tabelas
from persistence.insercao import InsercaoUnica

if TYPE_CHECKING:
    from collections.abc import Mapping

    from persistence.prestadores import Prestador

_c = tabelas.certificado_confiavel.c


class CertificadoGuardado(NamedTuple):
    """Um certificado em que uma operadora confia, ou que ajuda a chegar a um.

    Attributes:
        operadora_id: de quem é a confiança.
        tipo: ``ancora`` ou ``intermediaria``.
        impressao: SHA-256 do DER, em hexadecimal.
        assunto: nome do titular, para mostrar.
        vale_de: início da validade, em UTC.
        vale_ate: fim da validade, em UTC.
        der: o certificado.
    """

    operadora_id: int
    tipo: str
    impressao: str
    assunto: str
    vale_de: datetime
    vale_ate: datetime
    der: bytes


_COLUNAS = tuple(_c[nome] for nome in CertificadoGuardado._fields)
_INSERIR = InsercaoUnica(tabelas.certificado_confiavel, [_c.id])


def guardar(conn: Connection, novo: CertificadoGuardado) -> bool:
    """Passa a confiar num certificado; repetir não muda nada.

    Returns:
        Se algo mudou. O mesmo certificado noutro tipo muda de tipo.
    """
    valores = {**novo._asdict(), "posto_em": datetime.now(UTC)}
    mudou = _INSERIR.executar(conn, valores) is not None
    if not mudou:
        troca = (
            update(tabelas.certificado_confiavel)
            .where(
                _c.operadora_id == novo.operadora_id,
                _c.impressao == novo.impressao,
                _c.tipo != novo.tipo,
            )
            .values(tipo=novo.tipo)
        )
        mudou = conn.execute(troca).rowcount > 0
    if mudou:
        _nova_revisao(conn, novo.operadora_id)
    return mudou


def retirar(conn: Connection, operadora_id: int, impressao: str) -> bool:
    """Deixa de confiar num certificado; diz se ele estava."""
    comando = delete(tabelas.certificado_confiavel).where(
        _c.operadora_id == operadora_id, _c.impressao == impressao
    )
    retirou = conn.execute(comando).rowcount > 0
    if retirou:
        _nova_revisao(conn, operadora_id)
    return retirou


def certificados(conn: Connection, operadora_id: int) -> tuple[CertificadoGuardado, ...]:
    """Os de uma operadora, as âncoras antes e por nome."""
    consulta = (
        select(*_COLUNAS).where(_c.operadora_id == operadora_id).order_by(_c.tipo, _c.assunto)
    )
    return tuple(CertificadoGuardado._make(linha) for linha in conn.execute(consulta))


def ha_ancoras(conn: Connection, operadora_id: int, agora: datetime) -> bool:
    """Se há ao menos uma âncora na validade, sem a qual não se pode exigir cadeia."""
    consulta = select(func.count()).where(
        _c.operadora_id == operadora_id,
        _c.tipo == "ancora",
        _c.vale_de <= agora,
        _c.vale_ate > agora,
    )
    return bool(conn.execute(consulta).scalar_one())


def primeiros_a_vencer(conn: Connection) -> dict[str, datetime]:
    """Tipo -> fim da validade do primeiro certificado a vencer, de todas as operadoras."""
    consulta = select(_c.tipo, func.min(_c.vale_ate).label("fim")).group_by(_c.tipo)
    return {linha.tipo: linha.fim for linha in conn.execute(consulta)}


def politica_da_operadora(conn: Connection, operadora_id: int, valores: Mapping[str, Any]) -> None:
    """Muda colunas de ``persistence.tabelas.politica_de_assinatura`` de uma operadora."""
    tabela = tabelas.operadora
    conn.execute(update(tabela).where(tabela.c.id == operadora_id).values(**valores))


def politica_do_prestador(
    conn: Connection, operadora_id: int, prestador_id: int, valores: Mapping[str, Any]
) -> None:
    """Muda as de um prestador; ``None`` volta a valer a da operadora."""
    tabela = tabelas.prestador
    comando = update(tabela).where(
        tabela.c.operadora_id == operadora_id, tabela.c.id == prestador_id
    )
    conn.execute(comando.values(**valores))


def prestadores_com_politica(conn: Connection, operadora_id: int) -> tuple[Prestador, ...]:
    """Os prestadores de uma operadora que têm alguma política própria, por código."""
    p = tabelas.prestador.c
    proprias = (p.assinatura_politica, p.assinatura_titular, p.sem_assinatura, p.sha1_ate)
    consulta = (
        select(*prestadores.COLUNAS)
        .where(p.operadora_id == operadora_id, or_(*(c.is_not(None) for c in proprias)))
        .order_by(p.codigo)
    )
    return tuple(prestadores.de_valores(linha) for linha in conn.execute(consulta))


def anotar_que_assina(
    conn: Connection, operadora_id: int, prestador_id: int, desde: datetime
) -> None:
    """Anota a primeira assinatura de um prestador; as seguintes não a mudam."""
    tabela = tabelas.prestador
    comando = update(tabela).where(
        tabela.c.operadora_id == operadora_id,
        tabela.c.id == prestador_id,
        tabela.c.assina_desde.is_(None),
    )
    conn.execute(comando.values(assina_desde=desde))


def exigentes(conn: Connection, operadora_id: int) -> int:
    """Quantos exigem assinatura na operadora: ela mesma ou um prestador seu."""
    o, p = tabelas.operadora.c, tabelas.prestador.c
    da_operadora = select(func.count()).where(
        o.id == operadora_id, o.assinatura_politica == "required"
    )
    dos_prestadores = select(func.count()).where(
        p.operadora_id == operadora_id, p.assinatura_politica == "required"
    )
    return int(conn.execute(da_operadora).scalar_one() + conn.execute(dos_prestadores).scalar_one())


def _nova_revisao(conn: Connection, operadora_id: int) -> None:
    tabela = tabelas.operadora
    comando = update(tabela).where(tabela.c.id == operadora_id)
    conn.execute(comando.values(confianca_revisao=tabela.c.confianca_revisao + 1))
