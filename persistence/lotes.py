"""O registro de um lote recebido: lote, protocolo, histórico, guias, itens e críticas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, cast, func, insert, literal, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import REGCLASS

from dominio.eventos import de_situacao
from dominio.situacao import StatusProtocolo
from persistence import alteracoes, linhas, series, tabelas, webhooks
from persistence.erros import LoteExistente, NumeroEmUso
from persistence.insercao import InsercaoUnica
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from decimal import Decimal

    from dominio.lote import Identificacao, Lote


class Critica(NamedTuple):
    """Uma observação sobre o lote, uma guia ou um item, sem valor de glosa.

    Attributes:
        guia_posicao: a partir de 1; ausente se é do lote inteiro.
        item_posicao: a partir de 1; ausente se é da guia inteira.
        regra: nome estável da regra.
        codigo: código da tabela 38.
        nivel: o nível da regra quando disparou.
        texto: em português, sem repetir valores da mensagem.
    """

    guia_posicao: int | None
    item_posicao: int | None
    regra: str
    codigo: str
    nivel: str
    texto: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NovoLote:
    """Um lote aceito, pronto para ser registrado.

    Attributes:
        operadora_id: de quem é a série de protocolos.
        prestador_id: quem enviou.
        lote: o conteúdo lido.
        versao: versão do padrão em que veio.
        canal: por onde veio.
        mensagem_id: a mensagem no arquivo, que pode ser gravada depois na mesma transação.
        recebido_em: instante com fuso.
        data_envio: data de envio dita pela mensagem.
        executantes: prestador resolvido de cada identificação de executante.
        homologacao: se usa a série de homologação.
        criticas: observações das regras.
        avisos: códigos estáveis de avisos sobre a mensagem.
        numero_protocolo: o de um protocolo que já o tinha; ausente é o próximo da série.
    """

    operadora_id: int
    prestador_id: int
    lote: Lote
    versao: str
    canal: str
    mensagem_id: str
    recebido_em: datetime
    data_envio: date
    executantes: Mapping[Identificacao, int]
    homologacao: bool = False
    criticas: tuple[Critica, ...] = ()
    avisos: tuple[str, ...] = ()
    numero_protocolo: int | None = None


class ProtocoloRegistrado(NamedTuple):
    """O protocolo que o lote recebeu.

    Attributes:
        id: chave no banco.
        numero: o número que o prestador recebe.
        lote_id: chave do lote.
        informado: total das guias em reais.
    """

    id: int
    numero: int
    lote_id: int
    informado: Decimal


_l = tabelas.lote.c
_p = tabelas.protocolo.c

_TENTATIVAS = 3
"""Entre o conflito e a consulta o lote que ocupa o número pode ser cancelado: tenta-se de novo."""

_OCUPAR = InsercaoUnica(
    tabelas.lote, [_l.id], indice=[_l.prestador_id, _l.numero], onde=text("vivo")
)

_EXISTENTE = Pronto(
    select(_p.id, _p.numero, _l.id, _p.mensagem_id, _p.data_envio).where(
        _p.lote_id == _l.id,
        _l.prestador_id == bindparam("prestador_id"),
        _l.numero == bindparam("numero"),
        _l.vivo,
    )
)
_NOVO_HISTORICO = Pronto(insert(tabelas.historico))
_QUEM = "gateway"


def _num_comando() -> Pronto:
    """Lote, protocolo e histórico num só comando do PostgreSQL, que poupa três idas ao servidor."""
    do_lote = [c for c in tabelas.lote.c if c.name != "id"]
    lote = (
        postgresql.insert(tabelas.lote)
        .values({c.name: bindparam(f"lote_{c.name}", type_=c.type) for c in do_lote})
        .on_conflict_do_nothing(
            index_elements=[_l.prestador_id, _l.numero], index_where=text("vivo")
        )
        .returning(_l.id)
        .cte("novo_lote")
    )
    feitos = {
        "lote_id": lote.c.id,
        "numero": func.coalesce(
            bindparam("numero_dado", type_=_p.numero.type),
            func.nextval(cast(bindparam("sequencia"), REGCLASS)),
        ),
        "alteracao": alteracoes.DA_TRANSACAO,
    }
    colunas = [c for c in tabelas.protocolo.c if c.name != "id"]
    protocolo = (
        insert(tabelas.protocolo)
        .from_select(
            [c.name for c in colunas],
            select(*(feitos.get(c.name, bindparam(c.name, type_=c.type)) for c in colunas)),
            include_defaults=False,
        )
        .returning(_p.id, _p.numero, _p.lote_id, _p.recebido_em, _p.status)
        .cte("novo_protocolo")
    )
    p = protocolo.c
    historico = insert(tabelas.historico).from_select(
        ["protocolo_id", "em", "para", "quem"],
        select(p.id, p.recebido_em, p.status, literal(_QUEM)),
        include_defaults=False,
    )
    return Pronto(select(p.id, p.numero, p.lote_id).add_cte(historico.cte("novo_historico")))


_DE_UMA_VEZ = _num_comando()
_NOVAS_CRITICAS = insert(tabelas.critica)


def vivo(conn: Connection, prestador_id: int, numero: str) -> LoteExistente | None:
    """O lote vivo que ocupa um número do prestador, quando há."""
    linha = _EXISTENTE.primeira(conn, {"prestador_id": prestador_id, "numero": numero})
    return None if linha is None else LoteExistente._make(linha)


def registrar(conn: Connection, novo: NovoLote) -> ProtocoloRegistrado:
    """Registra um lote com situação Recebido e dá-lhe o próximo número da série.

    No PostgreSQL, se outra transação está registrando o mesmo número, espera por ela.

    Raises:
        NumeroEmUso: se o número é de um lote vivo do prestador; nada foi gravado.
        ValueError: se um valor tem mais casas decimais do que o banco guarda.
    """
    protocolo_id, numero, lote_id = _ocupar(conn, novo)
    linhas.gravar(conn, lote_id, novo.lote, novo.executantes)
    if novo.criticas:
        conn.execute(
            _NOVAS_CRITICAS,
            [{"lote_id": lote_id, **critica._asdict()} for critica in novo.criticas],
        )
    webhooks.anotar(
        conn,
        novo.operadora_id,
        de_situacao(StatusProtocolo.RECEBIDO),
        numero,
        em=novo.recebido_em,
        para=StatusProtocolo.RECEBIDO,
        homologacao=novo.homologacao,
    )
    return ProtocoloRegistrado(protocolo_id, numero, lote_id, novo.lote.informado)


def _ocupar(conn: Connection, novo: NovoLote) -> tuple[int, int, int]:
    """Lote, protocolo e histórico: a chave do protocolo, o seu número e a chave do lote.

    Raises:
        NumeroEmUso: se o número é de um lote vivo do prestador.
    """
    no_lote = {
        "operadora_id": novo.operadora_id,
        "prestador_id": novo.prestador_id,
        "numero": novo.lote.numero,
        "tipo": novo.lote.tipo.value,
        "quantidade_guias": len(novo.lote.guias),
        "vivo": True,
    }
    for _ in range(_TENTATIVAS):
        ocupado = (
            _de_uma_vez(conn, novo, no_lote)
            if conn.dialect.name == "postgresql"
            else _passo_a_passo(conn, novo, no_lote)
        )
        if ocupado is not None:
            return ocupado
        existente = vivo(conn, novo.prestador_id, novo.lote.numero)
        if existente is not None:
            raise NumeroEmUso(existente)
    raise RuntimeError("o número de lote ocupa-se e desocupa-se a cada tentativa")


def _de_uma_vez(
    conn: Connection, novo: NovoLote, no_lote: Mapping[str, Any]
) -> tuple[int, int, int] | None:
    sequencia = series.sequencia(novo.operadora_id, homologacao=novo.homologacao)
    valores = {
        **{f"lote_{nome}": valor for nome, valor in no_lote.items()},
        **_no_protocolo(novo),
        "numero_dado": novo.numero_protocolo,
        "sequencia": sequencia,
    }
    linha = _DE_UMA_VEZ.primeira(conn, valores)
    return None if linha is None else (int(linha[0]), int(linha[1]), int(linha[2]))


def _passo_a_passo(
    conn: Connection, novo: NovoLote, no_lote: Mapping[str, Any]
) -> tuple[int, int, int] | None:
    linha = _OCUPAR.executar(conn, no_lote)
    if linha is None:
        return None
    lote_id = int(linha[0])
    numero = novo.numero_protocolo
    if numero is None:
        numero = series.proximo(conn, novo.operadora_id, homologacao=novo.homologacao)
    protocolo_id = alteracoes.inserir_protocolo(
        conn, {**_no_protocolo(novo), "lote_id": lote_id, "numero": numero}
    )
    _NOVO_HISTORICO.executar(
        conn,
        {
            "protocolo_id": protocolo_id,
            "em": novo.recebido_em,
            "de": None,
            "para": int(StatusProtocolo.RECEBIDO),
            "quem": _QUEM,
            "motivo": None,
        },
    )
    return protocolo_id, numero, lote_id


def _no_protocolo(novo: NovoLote) -> dict[str, Any]:
    informado = novo.lote.informado
    zero = informado * 0
    return {
        "operadora_id": novo.operadora_id,
        "prestador_id": novo.prestador_id,
        "tipo": "lote",
        "mensagem_id": novo.mensagem_id,
        "versao": novo.versao,
        "canal": novo.canal,
        "status": int(StatusProtocolo.RECEBIDO),
        "recebido_em": novo.recebido_em,
        "data_envio": novo.data_envio,
        "homologacao": novo.homologacao,
        "informado": informado,
        "processado": zero,
        "liberado": zero,
        "glosa": zero,
        "analise_visivel": False,
        "avisos": list(novo.avisos) or None,
    }
