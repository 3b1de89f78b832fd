"""O registro de um lote recebido: lote, protocolo, histórico, guias, itens e críticas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, text

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
    lote_id = _ocupar_numero(conn, novo)
    numero = novo.numero_protocolo
    if numero is None:
        numero = series.proximo(conn, novo.operadora_id, homologacao=novo.homologacao)
    informado = novo.lote.informado
    zero = informado * 0
    protocolo_id = alteracoes.inserir_protocolo(
        conn,
        {
            "operadora_id": novo.operadora_id,
            "numero": numero,
            "prestador_id": novo.prestador_id,
            "tipo": "lote",
            "lote_id": lote_id,
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
        },
    )
    _NOVO_HISTORICO.executar(
        conn,
        {
            "protocolo_id": protocolo_id,
            "em": novo.recebido_em,
            "de": None,
            "para": int(StatusProtocolo.RECEBIDO),
            "quem": "gateway",
            "motivo": None,
        },
    )
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
    return ProtocoloRegistrado(protocolo_id, numero, lote_id, informado)


def _ocupar_numero(conn: Connection, novo: NovoLote) -> int:
    valores: dict[str, Any] = {
        "operadora_id": novo.operadora_id,
        "prestador_id": novo.prestador_id,
        "numero": novo.lote.numero,
        "tipo": novo.lote.tipo.value,
        "quantidade_guias": len(novo.lote.guias),
        "vivo": True,
    }
    for _ in range(_TENTATIVAS):
        linha = _OCUPAR.executar(conn, valores)
        if linha is not None:
            return int(linha[0])
        existente = vivo(conn, novo.prestador_id, novo.lote.numero)
        if existente is not None:
            raise NumeroEmUso(existente)
    raise RuntimeError("o número de lote ocupa-se e desocupa-se a cada tentativa")
