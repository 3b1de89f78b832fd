"""Receber um lote: conferir as regras, gravar tudo de uma vez e devolver o protocolo."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from dominio import erros
from dominio.competencia import dia
from dominio.validade import VERSAO_VENCIDA, vencida
from handlers.lote_guias.citacao import citar
from handlers.lote_guias.exame import Exame
from handlers.lote_guias.executante import executantes
from handlers.lote_guias.numeracao import como_gravado, numerar
from handlers.regras.motor import aplicar
from mensagem.conteudo import digest_da_mensagem
from mensagem.recusa import RegraRecusada
from persistence import beneficiarios, calendario, lotes, mensagens, protocolos, regras
from persistence.erros import LoteExistente, NumeroEmUso
from persistence.lotes import Critica, NovoLote
from persistence.regras import GuiaProcurada

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from sqlalchemy import Connection

    from dominio.lote import Lote
    from handlers.contexto import Contexto
    from handlers.lote_guias.executante import Executantes
    from handlers.regras import Regra
    from persistence.beneficiarios import Beneficiario
    from persistence.calendario import Periodo
    from persistence.regras import ItemApresentado


class PedidoDeLote(NamedTuple):
    """Um lote a receber.

    Attributes:
        lote: o que foi informado.
        digest: calcula o digest do conteúdo; só se o número já existir.
    """

    lote: Lote
    digest: Callable[[], str]


class Recibo(NamedTuple):
    """O que o recibo diz.

    Attributes:
        protocolo: número do protocolo.
        total: soma das guias em reais.
        data_envio: data de São Paulo em que o lote foi recebido.
        lote: guias a listar.
        criticas: o que as regras acharam quando o lote foi recebido, notas incluídas.
        avisos: códigos estáveis do que se notou na mensagem e o recibo não diz.
    """

    protocolo: int
    total: Decimal
    data_envio: date
    lote: Lote
    criticas: tuple[Critica, ...] = ()
    avisos: tuple[str, ...] = ()

    @property
    def anotacoes(self) -> dict[str, Any]:
        """As críticas, como ficam no arquivo."""
        return {"criticas": [c._asdict() for c in self.criticas]} if self.criticas else {}


def receber(
    conn: Connection, contexto: Contexto, pedido: PedidoDeLote, as_regras: Sequence[Regra[Exame]]
) -> Recibo:
    """Grava o lote e o seu protocolo, ou devolve o protocolo do mesmo lote já recebido.

    Raises:
        RegraRecusada: uma regra não aceita, ou o número é de outro lote vivo do prestador.
    """
    hoje = dia(contexto.agora)
    citados = executantes(conn, contexto, pedido.lote)
    dono = _dono(contexto, citados)
    try:
        criticas = _conferir(
            conn, contexto, pedido.lote, as_regras, citados=citados, dono=dono, hoje=hoje
        )
    except RegraRecusada:
        # o mesmo lote de antes tem o seu protocolo, ainda que as regras já não o aceitassem
        existente = lotes.vivo(conn, dono, pedido.lote.numero)
        if existente is None or not _e_o_mesmo(conn, contexto, pedido, existente):
            raise
        return _repetido(conn, pedido, existente)
    avisos = (VERSAO_VENCIDA,) if vencida(contexto.versao, hoje) else ()
    lote = numerar(conn, contexto, pedido.lote, hoje)
    novo = NovoLote(
        operadora_id=contexto.operadora.id,
        prestador_id=dono,
        lote=lote,
        versao=contexto.versao,
        canal=contexto.canal,
        mensagem_id=contexto.mensagem_id,
        recebido_em=contexto.agora,
        data_envio=hoje,
        executantes=citados.resolvidos,
        homologacao=contexto.prestador.homologacao,
        criticas=criticas,
        avisos=avisos,
    )
    try:
        registrado = lotes.registrar(conn, novo)
    except NumeroEmUso as em_uso:
        if _e_o_mesmo(conn, contexto, pedido, em_uso.existente):
            return _repetido(conn, pedido, em_uso.existente)
        # o que não se imprime não volta num texto que alguém lê
        numero = "".join(filter(str.isprintable, pedido.lote.numero))
        raise RegraRecusada(erros.LOTE_REPETIDO, f"Lote {numero}.") from None
    return Recibo(registrado.numero, lote.informado, hoje, lote, criticas, avisos)


def _dono(contexto: Contexto, citados: Executantes) -> int:
    donos = set(citados.resolvidos.values())
    if len(donos) == 1 and donos <= contexto.prestadores:
        # um CNPJ com vários códigos e sem login: as guias dizem de qual deles é o lote
        return donos.pop()
    return contexto.prestador.id


def _conferir(
    conn: Connection,
    contexto: Contexto,
    lote: Lote,
    as_regras: Sequence[Regra[Exame]],
    *,
    citados: Executantes,
    dono: int,
    hoje: date,
) -> tuple[Critica, ...]:
    ajustes = regras.ajustes(conn, contexto.operadora.id, dono)
    exame = Exame(
        lote=lote,
        versao=contexto.versao,
        registro_ans=contexto.operadora.registro_ans,
        hoje=hoje,
        prestadores=contexto.prestadores,
        executantes=citados.resolvidos,
        alheios=citados.alheios,
        procurar_itens=partial(_apresentados, conn, contexto, lote, citados, dono),
        procurar_beneficiarios=partial(
            _beneficiarios, conn, contexto, lote, existe=ajustes.com_beneficiarios
        ),
        procurar_periodos=partial(
            _periodos, conn, contexto, dono, hoje, existe=ajustes.com_calendario
        ),
    )
    return aplicar(as_regras, ajustes, exame, versao=contexto.versao, citar=partial(citar, lote))


def _apresentados(
    conn: Connection, contexto: Contexto, lote: Lote, citados: Executantes, dono: int
) -> tuple[ItemApresentado, ...]:
    guias = [
        GuiaProcurada(posicao, guia.numero_prestador, citados.resolvidos[guia.executante])
        for posicao, guia in enumerate(lote.guias, 1)
        if guia.executante in citados.resolvidos
    ]
    return regras.apresentados(
        conn,
        guias,
        tipo=lote.tipo.value,
        prestador_id=dono,
        numero=lote.numero,
        homologacao=contexto.prestador.homologacao,
    )


def _beneficiarios(
    conn: Connection, contexto: Contexto, lote: Lote, *, existe: bool
) -> Mapping[str, Beneficiario] | None:
    if not existe:
        return None
    carteiras = (guia.beneficiario.carteira for guia in lote.guias)
    return beneficiarios.por_carteira(conn, contexto.operadora.id, carteiras)


def _periodos(
    conn: Connection, contexto: Contexto, dono: int, hoje: date, *, existe: bool
) -> tuple[Periodo, ...] | None:
    return calendario.abertos(conn, contexto.operadora.id, dono, hoje) if existe else None


def _repetido(conn: Connection, pedido: PedidoDeLote, existente: LoteExistente) -> Recibo:
    return Recibo(
        existente.protocolo_numero,
        pedido.lote.informado,
        existente.data_envio,
        como_gravado(conn, pedido.lote, existente.lote_id),
        protocolos.criticas(conn, existente.lote_id),
    )


def _e_o_mesmo(
    conn: Connection, contexto: Contexto, pedido: PedidoDeLote, existente: LoteExistente
) -> bool:
    if contexto.operadora.lote_repetido == "recusar":
        return False
    recebida = mensagens.bruta(conn, contexto.operadora.id, existente.mensagem_id)
    if recebida is None:
        return False
    charset = mensagens.charset(conn, contexto.operadora.id, existente.mensagem_id)
    return digest_da_mensagem(recebida, charset) == pedido.digest()
