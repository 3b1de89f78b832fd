"""Recursos de glosa nos testes: lotes já analisados, recursos enviados e respondidos."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from integration.cobranca import Cobranca, de_guia, de_item, glosa
from integration.exemplos import Cadastro
from integration.recepcao import EM_VIGOR, EU, REGISTRO, pronta

from dominio.competencia import agora as o_agora
from dominio.lote import TipoGuia
from dominio.transacoes import POR_SERVICO
from handlers import decisao_de_recurso
from handlers.decisao_de_recurso import Decisao, PedidoDeDecisao
from persistence import recursos
from prestador import mensagem_xml
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_status
from prestador.recursos import DaGuia, DoItem, NovoRecurso, corpo_recurso
from prestador.respostas_de_recurso import ler_recibo_de_recurso, ler_situacao_de_recurso

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from integration.recepcao import Mesa, Resposta

    from handlers.decisao_de_recurso import RecursoAtual
    from persistence.recursos_valores import Linha, Recurso
    from prestador.recursos import DoProtocolo
    from prestador.respostas_de_recurso import ReciboDeRecurso, SituacaoDeRecurso
    from prestador.valores import Identificado

RECURSO = POR_SERVICO["tissRecursoGlosa"]
STATUS_DO_RECURSO = POR_SERVICO["tissSolicitacaoStatusRecursoGlosa"]
ATENDIDO = date(2026, 3, 10)
"""Data dos itens que ``Cobranca`` inventa."""
UM_ITEM = {(1, 1): ("30.00",)}
"""Guia e item -> glosas de código 1705."""


def item(numero: str, sequencial: int, valor: str, codigo: str = "1705", **campos: Any) -> DoItem:
    """Contesta um item dos lotes de ``Cobranca``."""
    return DoItem(
        numero, sequencial, ATENDIDO, "22", f"4030{sequencial:04d}", codigo, Decimal(valor),
        **campos,
    )  # fmt: skip


def guia(numero: str, *codigos: str, **campos: Any) -> DaGuia:
    """Contesta uma guia inteira."""
    return DaGuia(numero, codigos or ("1705",), **campos)


@dataclass
class Recorrente:
    """Um prestador que recorre e uma operadora que responde, na mesma mesa."""

    mesa: Mesa
    cobranca: Cobranca
    _feitos: int = field(default=0)

    @classmethod
    def em(cls, mesa: Mesa) -> Recorrente:
        """Sobre o cadastro de uma mesa."""
        return cls(mesa, Cobranca(mesa.banco, Cadastro(mesa.operadora, mesa.prestador)))

    def analisado(
        self,
        glosas: Mapping[tuple[int, int | None], Sequence[str]] | None = None,
        *,
        guias: int = 1,
        itens: int = 2,
        tipo: TipoGuia = TipoGuia.SADT,
        do_protocolo: Sequence[str] = (),
        versao: str = EM_VIGOR,
        codigo: str = "1705",
        valor: str = "100.00",
    ) -> int:
        """Um lote de itens de mesmo valor, analisado com as glosas dadas.

        Sem item na chave, a glosa é da guia. Os textos são reais.
        """
        numero = self.cobranca.lote(
            *([valor] * itens for _ in range(guias)), tipo=tipo, versao=versao
        )
        glosas = UM_ITEM if glosas is None else glosas
        for posicao in range(1, guias + 1):
            self.cobranca.registrar(
                numero,
                de_guia(
                    posicao,
                    *(
                        de_item(n, valor, *(glosa(v, codigo) for v in glosas.get((posicao, n), ())))
                        for n in range(1, itens + 1)
                    ),
                    glosas=tuple(glosa(v, codigo) for v in glosas.get((posicao, None), ())),
                ),
                **(
                    {"glosas": tuple(glosa(v, codigo) for v in do_protocolo)}
                    if posicao == 1
                    else {}
                ),
            )
        self.cobranca.finalizar(numero)
        return numero

    def lote_de(self, protocolo: int) -> str:
        """Número do lote de um protocolo."""
        return str(self.cobranca.protocolo(protocolo).lote_numero)

    def guia_de(self, protocolo: int, posicao: int = 1) -> str:
        """Número no prestador de uma guia de um protocolo."""
        return self.cobranca.guias(protocolo)[posicao - 1].numero_prestador

    def novo(
        self, protocolo: int, *contesta: DoProtocolo | DaGuia | DoItem, **campos: Any
    ) -> NovoRecurso:
        """Um recurso com número próprio, salvo se dado."""
        self._feitos += 1
        valores = {
            "numero": f"R{self._feitos}",
            "lote": self.lote_de(protocolo),
            "protocolo": str(protocolo),
            "total": sum((c.valor for c in contesta if isinstance(c, DoItem)), Decimal(0)),
            "data": date(2026, 4, 1),
            **campos,
        }
        return NovoRecurso(contesta=contesta, **valores)

    def enviar(
        self,
        recurso: NovoRecurso,
        *,
        versao: str = EM_VIGOR,
        quem: Identificado = EU,
        de: Identificado | None = None,
        sequencial: str = "1",
        **trocas: str,
    ) -> Resposta:
        """Entrega um recurso à recepção; ``trocas`` muda o texto de elementos da guia."""
        corpo = corpo_recurso(versao, de or quem, recurso, registro_ans=REGISTRO)
        (dentro,) = corpo.values()
        assert isinstance(dentro, dict)
        dentro |= trocas
        cab = cabecalho(RECURSO.tipo_pedido, versao, quem, REGISTRO, sequencial=sequencial)
        dados = pronta(mensagem_xml.mensagem_ws(RECURSO, cab, corpo))
        return self.mesa.enviar(dados, versao=versao, servico=RECURSO.servico)

    def recorrer(
        self, protocolo: int, *contesta: DoProtocolo | DaGuia | DoItem, **campos: Any
    ) -> ReciboDeRecurso:
        """Faz um recurso e dá o recibo."""
        como = {n: campos.pop(n) for n in ("versao", "sequencial") if n in campos}
        return recibo(self.enviar(self.novo(protocolo, *contesta, **campos), **como))

    def aceito(
        self, protocolo: int, *contesta: DoProtocolo | DaGuia | DoItem, **campos: Any
    ) -> int:
        """O número de um recurso que se espera seja aceito."""
        dado = self.recorrer(protocolo, *contesta, **campos)
        assert dado.erro is None, dado.erro
        return int(dado.numero or 0)

    def perguntar(
        self, numero: int | str, *, versao: str = EM_VIGOR, quem: Identificado = EU
    ) -> SituacaoDeRecurso:
        """A situação de um recurso."""
        cab = cabecalho(STATUS_DO_RECURSO.tipo_pedido, versao, quem, REGISTRO)
        mensagem = mensagem_xml.mensagem_ws(
            STATUS_DO_RECURSO, cab, corpo_status(versao, quem, str(numero))
        )
        resposta = self.mesa.enviar(
            pronta(mensagem), versao=versao, servico=STATUS_DO_RECURSO.servico
        )
        return ler_situacao_de_recurso(resposta.raiz[1])

    def decidir(self, numero: int, *decisoes: Decisao, **campos: Any) -> RecursoAtual:
        """Responde linhas de um recurso com uma chave nova, salvo se dada."""
        self._feitos += 1
        campos.setdefault("chave", f"d{self._feitos}")
        with self.mesa.banco.escrita() as conn:
            return decisao_de_recurso.decidir(
                conn,
                self.mesa.operadora.id,
                PedidoDeDecisao(numero, decisoes=decisoes, **campos),
                self.cobranca.autor(),
            )

    def recurso(self, numero: int) -> Recurso:
        """O recurso como está gravado."""
        with self.mesa.banco.leitura() as conn:
            achado = recursos.por_numero(conn, self.mesa.operadora.id, numero)
        assert achado is not None
        return achado

    def linhas(self, numero: int) -> tuple[Linha, ...]:
        """As linhas como estão gravadas."""
        with self.mesa.banco.leitura() as conn:
            return recursos.linhas(conn, self.recurso(numero).protocolo_id)


def aceita(linha: int, valor: str) -> Decisao:
    """Acata um valor, com uma justificativa que serve ao que não se acata."""
    return Decisao(linha, Decimal(valor), "Conforme o contrato.")


def recibo(resposta: Resposta) -> ReciboDeRecurso:
    """``recebimentoRecurso`` de uma resposta."""
    return ler_recibo_de_recurso(resposta.raiz[1])


def daqui_a(dias: int) -> datetime:
    """Um instante a dias de hoje."""
    return o_agora() + timedelta(dias)
