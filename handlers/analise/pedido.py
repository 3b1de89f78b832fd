"""Os pedidos de análise e o que se responde a eles, como valores."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal

    from dominio.analise import Glosa, Valores
    from dominio.situacao import StatusProtocolo


class QualGuia(NamedTuple):
    """De que guia se fala, por um dos três.

    Attributes:
        posicao: no lote, a partir de 1.
        numero_operadora: número dado pela operadora.
        numero_prestador: número dado pelo prestador.
    """

    posicao: int | None = None
    numero_operadora: str | None = None
    numero_prestador: str | None = None


class ResultadoDeItem(NamedTuple):
    """O que a análise achou de um item, ou da parte de um grau de participação dele.

    Attributes:
        processado: reais.
        liberado: reais.
        posicao: do item na guia, a partir de 1; ou então ``sequencial`` e ``despesa``.
        sequencial: ``sequencialItem``.
        despesa: se o sequencial é de ``outrasDespesas``.
        glosas: cada uma com o seu valor em reais.
        glosa: total em reais; ausente é a soma de ``glosas``.
        grau: ``dm_grauPart``; vazio é o item inteiro.
        informado: reais da parte; só não pode faltar com ``grau``.
        quantidade: executada; ausente, a informada.
        quantidade_paga: ausente, a executada.
    """

    processado: Decimal
    liberado: Decimal
    posicao: int | None = None
    sequencial: int | None = None
    despesa: bool = False
    glosas: tuple[Glosa, ...] = ()
    glosa: Decimal | None = None
    grau: str = ""
    informado: Decimal | None = None
    quantidade: Decimal | None = None
    quantidade_paga: Decimal | None = None


class ResultadoDeGuia(NamedTuple):
    """O que a análise achou de uma guia; o pedido seguinte sobre ela toma o lugar deste.

    Attributes:
        guia: qual.
        itens: os que têm resultado.
        glosas: da guia inteira, além das dos itens.
        processado: reais; ausente, a soma dos itens. Dito, é conferido ao finalizar.
        liberado: idem.
        glosa: idem.
        observacao: até 500 caracteres, para o prestador.
    """

    guia: QualGuia
    itens: tuple[ResultadoDeItem, ...] = ()
    glosas: tuple[Glosa, ...] = ()
    processado: Decimal | None = None
    liberado: Decimal | None = None
    glosa: Decimal | None = None
    observacao: str | None = None


class PedidoDeRegistro(NamedTuple):
    """Registrar resultados, inteiros ou em partes.

    Attributes:
        protocolo: número.
        chave: escolhida por quem chama; o mesmo pedido com ela não se grava de novo.
        guias: as que este pedido traz; cada uma é trocada inteira.
        glosas: do protocolo; ausente deixa as que há, vazio tira-as.
        observacao: do protocolo, até 500 caracteres; ausente deixa a que há.
        revisao: a que quem chama leu; ausente não confere.
    """

    protocolo: int
    chave: str
    guias: tuple[ResultadoDeGuia, ...] = ()
    glosas: tuple[Glosa, ...] | None = None
    observacao: str | None = None
    revisao: int | None = None


class PedidoDeFinalizacao(NamedTuple):
    """Finalizar a análise.

    Attributes:
        protocolo: número.
        completar: o que não tem resultado é liberado como foi informado.
        revisao: a que quem chama leu; ausente não confere.
    """

    protocolo: int
    completar: bool = False
    revisao: int | None = None


class PedidoDeDescarte(NamedTuple):
    """Desfazer o que se registrou.

    Attributes:
        protocolo: número.
        guia: posição no lote; ausente, a análise inteira.
        revisao: a que quem chama leu; ausente não confere.
    """

    protocolo: int
    guia: int | None = None
    revisao: int | None = None


class AnaliseAtual(NamedTuple):
    """Em que pé a análise ficou.

    Attributes:
        protocolo: número.
        status: situação do protocolo.
        estado: ``em-curso`` ou ``finalizada``.
        revisao: para a tranca otimista do pedido seguinte.
        rodada: a partir de 1.
        valores: do protocolo, em reais; zerados até finalizar.
        repetido: se o pedido já tinha sido feito e nada se gravou agora.
    """

    protocolo: int
    status: StatusProtocolo
    estado: str
    revisao: int
    rodada: int
    valores: Valores
    repetido: bool = False
