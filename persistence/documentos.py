"""Os documentos recebidos: registro, busca e o que sobra no depósito sem dono."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, and_, bindparam, or_, select

from dominio.cancelamento import NaturezaGuia
from dominio.eventos import DOCUMENTO_RECEBIDO
from dominio.situacao import StatusProtocolo
from persistence import donos_de_arquivos, recursos, series, tabelas, webhooks
from persistence.arquivos import ArquivoAusente, chave
from persistence.banco import cifra_de
from persistence.cancelamentos import LoteAlvo
from persistence.insercao import InsercaoUnica
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from persistence.arquivos import Arquivos
    from persistence.banco import Banco

UM_DIA_SEGUNDOS = 86_400.0
_POR_VEZ = 500


class NovoDocumento(NamedTuple):
    """Um documento conferido, pronto para ser registrado.

    Attributes:
        identidade: digest do que faz dois envios serem o mesmo documento.
        mensagem_id: a mensagem no arquivo, que pode ser gravada depois na mesma transação.
        recebido_em: instante com fuso.
        versao: versão do padrão em que veio.
        canal: por onde veio.
        homologacao: se usa a série de homologação.
        numero_documento: o dado pelo prestador.
        natureza: ``dm_tipoGuia`` do que cita.
        tipo: ``dm_tipoDocumento``.
        formato: ``dm_formatoDocumento``.
        observacao: texto livre.
        guia_prestador: número da guia citada, quando veio.
        guia_operadora: idem, o da operadora.
        sequencial_item: do item citado, quando veio.
        protocolo_id: do lote citado; ausente se o documento é de uma guia, esteja onde estiver.
        guia_posicao: no lote citado, a partir de 1.
        sha256: do conteúdo, em hexadecimal.
        tamanho: bytes do conteúdo.
        nome: do arquivo, se veio com um.
    """

    operadora_id: int
    prestador_id: int
    identidade: str
    mensagem_id: str
    recebido_em: datetime
    versao: str
    canal: str
    homologacao: bool
    numero_documento: str
    natureza: str
    tipo: str
    formato: str
    observacao: str | None
    guia_prestador: str | None
    guia_operadora: str | None
    sequencial_item: int | None
    protocolo_id: int | None
    guia_posicao: int | None
    sha256: str
    tamanho: int
    nome: str | None = None


class Documento(NamedTuple):
    """Um documento guardado; os campos são os de ``NovoDocumento``.

    Attributes:
        id: chave no banco.
        numero: o ``protocoloDoc`` que o prestador conhece.
        expurgado_em: instante em UTC em que o prazo de guarda do conteúdo venceu.
    """

    id: int
    numero: int
    operadora_id: int
    prestador_id: int
    mensagem_id: str
    recebido_em: datetime
    versao: str
    canal: str
    homologacao: bool
    numero_documento: str
    natureza: str
    tipo: str
    formato: str
    observacao: str | None
    guia_prestador: str | None
    guia_operadora: str | None
    sequencial_item: int | None
    protocolo_id: int | None
    guia_posicao: int | None
    sha256: str
    tamanho: int
    expurgado_em: datetime | None
    nome: str | None


_d = tabelas.documento.c
_p = tabelas.protocolo.c
_g = tabelas.guia.c
_l = tabelas.lote.c
_i = tabelas.item.c

_COLUNAS = tuple(_d[nome] for nome in Documento._fields)
_INSERIR = InsercaoUnica(tabelas.documento, [_d.id], indice=[_d.prestador_id, _d.identidade])
_IGUAL = Pronto(
    select(_d.numero).where(
        _d.prestador_id == bindparam("prestador_id"), _d.identidade == bindparam("identidade")
    )
)
_SEQUENCIAL = select(_i.posicao).where(
    _i.lote_id == bindparam("lote_id"),
    _i.guia_posicao == bindparam("guia_posicao"),
    _i.sequencial == bindparam("sequencial"),
)


def existente(conn: Connection, prestador_id: int, identidade: str) -> int | None:
    """O número que o mesmo documento já recebeu."""
    linha = _IGUAL.primeira(conn, {"prestador_id": prestador_id, "identidade": identidade})
    return None if linha is None else int(linha[0])


def registrar(conn: Connection, novo: NovoDocumento) -> int:
    """Registra um documento e dá-lhe o próximo número da série, ou o que já tinha.

    No PostgreSQL, se outra transação está registrando o mesmo, espera por ela.
    """
    numero = series.proximo(conn, novo.operadora_id, homologacao=novo.homologacao)
    if _INSERIR.executar(conn, {"numero": numero, **novo._asdict()}) is not None:
        webhooks.anotar(
            conn,
            novo.operadora_id,
            DOCUMENTO_RECEBIDO,
            numero,
            em=novo.recebido_em,
            homologacao=novo.homologacao,
        )
        return numero
    anterior = existente(conn, novo.prestador_id, novo.identidade)
    if anterior is None:
        raise RuntimeError("o documento que impediu o registro não está lá")
    return anterior


def por_numero(conn: Connection, operadora_id: int, numero: int) -> Documento | None:
    """O documento de um ``protocoloDoc``, entre os da operadora."""
    consulta = select(*_COLUNAS).where(_d.operadora_id == operadora_id, _d.numero == numero)
    linha = conn.execute(consulta).first()
    return None if linha is None else Documento._make(linha)


def do_protocolo(conn: Connection, operadora_id: int, protocolo_id: int) -> tuple[Documento, ...]:
    """Os documentos de um lote, do primeiro ao último recebido.

    São os que o citaram e os que só citaram uma guia de cobrança que está nele, não cancelada; a
    estes dá-se aqui o protocolo e a posição da guia.
    """
    citado = select(*_COLUNAS).where(
        _d.operadora_id == operadora_id, _d.protocolo_id == protocolo_id
    )
    achados = [Documento._make(linha) for linha in conn.execute(citado)]
    sem_lote = (
        select(*_COLUNAS, _g.posicao)
        .select_from(
            tabelas.protocolo.join(tabelas.lote)
            .join(tabelas.guia, _g.lote_id == _l.id)
            .join(
                tabelas.documento,
                and_(
                    _d.prestador_id == _l.prestador_id,
                    _d.protocolo_id.is_(None),
                    _d.natureza == NaturezaGuia.FATURAMENTO.value,
                    or_(
                        _d.guia_prestador == _g.numero_prestador,
                        and_(_d.guia_prestador.is_(None), _d.guia_operadora == _g.numero_operadora),
                    ),
                ),
            )
        )
        .where(
            _p.operadora_id == operadora_id,
            _p.id == protocolo_id,
            _g.status != int(StatusProtocolo.CANCELADO),
        )
    )
    achados += [
        Documento._make(linha[:-1])._replace(protocolo_id=protocolo_id, guia_posicao=linha[-1])
        for linha in conn.execute(sem_lote)
    ]
    return tuple(sorted(achados, key=lambda d: d.id))


def lote_de_recurso(
    conn: Connection, operadora_id: int, prestadores: Collection[int], numero: int
) -> LoteAlvo | None:
    """O recurso de glosa de um número, como o lote que contesta: o documento fica no recurso."""
    recurso = recursos.por_numero(conn, operadora_id, numero)
    if recurso is None or recurso.prestador_id not in prestadores:
        return None
    return LoteAlvo(
        recurso.protocolo_id,
        recurso.numero,
        recurso.status,
        recurso.lote_id,
        recurso.lote,
        recurso.vivo,
    )


def tem_item(conn: Connection, lote_id: int, guia_posicao: int, sequencial: int) -> bool:
    """Se a guia tem um procedimento ou uma despesa com esse sequencial."""
    valores = {"lote_id": lote_id, "guia_posicao": guia_posicao, "sequencial": sequencial}
    return conn.execute(_SEQUENCIAL, valores).first() is not None


def conteudo(conn: Connection, arquivos: Arquivos, documento: Documento) -> Iterator[bytes]:
    """O conteúdo de um documento, em partes.

    Raises:
        persistence.arquivos.ArquivoAusente: o arquivo foi expurgado ou não está no depósito.
        persistence.arquivos.ArquivoEstragado: o arquivo não é o que se guardou.
    """
    if documento.expurgado_em is not None:
        # até a varredura o conteúdo ainda pode estar lá, e já não se dá
        raise ArquivoAusente(documento.sha256)
    return arquivos.abrir(chave(documento.operadora_id, documento.sha256), cifra_de(conn))


def varrer(banco: Banco, arquivos: Arquivos, *, paradas_ha: float = UM_DIA_SEGUNDOS) -> int:
    """Apaga os arquivos sem documento nem nota: expurgados, ou sobras de transações desfeitas.

    Args:
        banco: onde estão os documentos.
        arquivos: o depósito.
        paradas_ha: segundos que um arquivo sem dono espera, para não se apagar o de um documento
            ainda a caminho.

    Returns:
        Quantos se apagaram.
    """
    apagados = 0
    for chaves in _em_grupos(arquivos.chaves(paradas_ha=paradas_ha)):
        digests = [c.rpartition("/")[2] for c in chaves]
        with banco.leitura() as conn:
            com_dono = donos_de_arquivos.com_dono(conn, digests)
        for sobra in set(chaves) - com_dono:
            apagados += arquivos.apagar(sobra, parado_ha=paradas_ha)
    return apagados


def _em_grupos(chaves: Iterable[str]) -> Iterator[list[str]]:
    grupo: list[str] = []
    for uma in chaves:
        grupo.append(uma)
        if len(grupo) == _POR_VEZ:
            yield grupo
            grupo = []
    if grupo:
        yield grupo
