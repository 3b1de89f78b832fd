"""O elemento inteiro de cada demonstrativo, e como se preenchem as suas lacunas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.transacoes import NS_TISS
from handlers.demonstrativo.escrita import conta, odonto, pago
from handlers.demonstrativo.escrita.forma import (
    CONTRATADO,
    EMISSAO,
    NUMERO,
    OBSERVACAO,
    da_versao,
    exato,
    livre,
    texto,
)
from handlers.demonstrativo.modelo import Tipo

if TYPE_CHECKING:
    from datetime import date

    from dominio.lote import Identificacao
    from handlers.demonstrativo.modelo import (
        DemonstrativoAnalise,
        DemonstrativoPagamento,
        SituacaoDoPedido,
    )

_CONTRATADO = {
    "codigo": "codigoPrestadorNaOperadora",
    "cnpj": "cnpjContratado",
    "cpf": "cpfContratado",
}
_ESPACO = f' xmlns:ans="{NS_TISS}"'


def analise(d: DemonstrativoAnalise, versao: str) -> str:
    """``demonstrativoAnaliseConta`` com lacunas.

    Raises:
        NaoCabe: a versão não comporta um valor ou código.
    """
    return conta.escrever(d, da_versao(versao))


def pagamento(d: DemonstrativoPagamento, versao: str) -> str:
    """``demonstrativoPagamento`` ou o de odontologia, com lacunas.

    Raises:
        NaoCabe: a versão não comporta um valor ou código.
    """
    escrever = odonto.escrever if d.tipo is Tipo.ODONTO else pago.escrever
    return escrever(d, da_versao(versao))


def situacao(s: SituacaoDoPedido, versao: str) -> str:
    """``situacaoDemonstrativoRetorno`` da análise de um protocolo, com lacunas."""
    data = EMISSAO if s.data is None else s.data.isoformat()
    return (
        "<ans:situacaoDemonstrativoRetorno>"
        f"<ans:identificacaoOperadora>{s.registro_ans}</ans:identificacaoOperadora>"
        f"<ans:dadosPrestador>{CONTRATADO}</ans:dadosPrestador>"
        f"<ans:numeroProtocolo>{exato(s.protocolo)}</ans:numeroProtocolo>"
        "<ans:protocoloSolicitacaoDemonstrativo>"
        f"{NUMERO}</ans:protocoloSolicitacaoDemonstrativo>"
        f"<ans:tipoDemonstrativo>{Tipo.ANALISE.value}</ans:tipoDemonstrativo>"
        f"<ans:dataSituacaoDemonstrativo>{data}</ans:dataSituacaoDemonstrativo>"
        f"<ans:situacaoDemonstrativo>{da_versao(versao).situacao(s.situacao)}"
        "</ans:situacaoDemonstrativo></ans:situacaoDemonstrativoRetorno>"
    )


def preencher(
    lacunado: str,
    *,
    numero: str,
    emissao: date,
    quem: Identificacao,
    nome: str,
    versao: str,
    observacao: str = "",
) -> str:
    """O XML sem lacunas.

    Args:
        lacunado: o que as outras funções deste módulo deram.
        numero: do demonstrativo ou do pedido.
        emissao: data de São Paulo.
        quem: identificação do prestador a repetir.
        nome: do prestador, para a versão que o leva.
        versao: da resposta.
        observacao: da análise; vazia, não se diz.
    """
    elemento = _CONTRATADO[quem.forma]
    contratado = f"<ans:{elemento}>{exato(quem.valor)}</ans:{elemento}>"
    if da_versao(versao).nomes:
        contratado += f"<ans:nomeContratado>{texto(nome, 70)}</ans:nomeContratado>"
    return (
        lacunado.replace(NUMERO, numero)
        .replace(EMISSAO, emissao.isoformat())
        .replace(CONTRATADO, contratado)
        .replace(OBSERVACAO, livre("observacao", observacao))
    )


def em_documento(elemento: str) -> bytes:
    """Um elemento como documento que se entende sozinho, em UTF-8."""
    fim_do_nome = elemento.index(">")
    return f"{elemento[:fim_do_nome]}{_ESPACO}{elemento[fim_do_nome:]}".encode()
