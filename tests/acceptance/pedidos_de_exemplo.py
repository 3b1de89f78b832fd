"""Um pedido de cada serviço em cada versão, com dados inventados que se seguem uns aos outros.

O lote do exemplo é o que a consulta de situação, o recurso, o documento e o cancelamento citam.
"""

from __future__ import annotations

import base64
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, cast

from acceptance.servidor import HOSPITAL, LOGIN, REGISTRO, SENHA
from lxml import etree

from dominio.lote import TipoGuia
from dominio.transacoes import POR_SERVICO
from dominio.versoes import VERSOES
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_lote, corpo_status
from prestador.mensagem_xml import envelope, mensagem_ws

if TYPE_CHECKING:
    from collections.abc import Callable

    from dominio.transacoes import Transacao
    from prestador.valores import Corpo

_QUANDO = datetime(2026, 3, 4, 9, 30)  # noqa: DTZ001 - data e hora escritas no cabeçalho
_DIA = "2026-03-04"
_NOME = "Conceição Cordeiro Assunção"
_TELEFONE = "7130001234"
_EXAME: Corpo = {
    "codigoTabela": "22",
    "codigoProcedimento": "40304361",
    "descricaoProcedimento": "Hemograma completo com contagem de plaquetas",
}
_PROFISSIONAL: Corpo = {
    "nomeProfissional": _NOME,
    "conselhoProfissional": "06",
    "numeroConselhoProfissional": "170279",
    "UF": "29",
    "CBOS": "225125",
}
_DOCUMENTO = b"%PDF-1.4\n% exemplo sem p\xe1ginas\n%%EOF\n"


def protocolo(versao: str) -> str:
    """Protocolo que o lote da versão recebe num banco novo, enviados em ordem de versão."""
    return str(10_000_001 + VERSOES.index(versao))


def numero_lote(versao: str) -> str:
    """Número do lote do exemplo de uma versão."""
    return versao.replace(".", "")


def numero_guia(versao: str) -> str:
    """Número, no prestador, da única guia desse lote."""
    return numero_lote(versao) + "001"


def protocolo_recorrido(versao: str) -> str:
    """Protocolo do lote analisado de que o exemplo da versão recorre, enviado depois dos outros."""
    return str(10_000_001 + len(VERSOES) + VERSOES.index(versao))


def lote_recorrido(versao: str) -> bytes:
    """A mensagem desse lote, que não é exemplo."""
    transacao = POR_SERVICO["tissLoteGuias"]
    cab = cabecalho(
        transacao.tipo_pedido, versao, HOSPITAL, REGISTRO, login=LOGIN, senha=SENHA, agora=_QUANDO
    )
    return envelope(mensagem_ws(transacao, cab, _lote(versao, _recorrido(versao))))


def _recorrido(versao: str) -> str:
    return numero_lote(versao) + "9"


def pedido(transacao: Transacao, versao: str) -> bytes:
    """Envelope SOAP 1.1 do exemplo, em linhas recuadas."""
    corpo = _CORPOS[transacao.servico](versao)
    cab = cabecalho(
        transacao.tipo_pedido, versao, HOSPITAL, REGISTRO, login=LOGIN, senha=SENHA, agora=_QUANDO
    )
    return recuado(envelope(mensagem_ws(transacao, cab, corpo)))


def recuado(xml: bytes) -> bytes:
    """O mesmo XML em linhas recuadas; espaços entre elementos não entram no hash."""
    raiz = etree.fromstring(xml)
    etree.indent(raiz)
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(raiz, encoding="UTF-8") + b"\n"
    )


def _beneficiario(versao: str) -> Corpo:
    nomes = ("numeroCarteira", "atendimentoRN", "nomeBeneficiario")
    dados = _guia(versao)["dadosBeneficiario"]
    return {nome: dados[nome] for nome in nomes if nome in dados}


def _lote(versao: str, numero: str | None = None) -> Corpo:
    return corpo_lote(
        TipoGuia.SADT, versao, prestador=HOSPITAL, registro_ans=REGISTRO,
        numero_lote=numero or numero_lote(versao), itens=2, hoje=date(2026, 3, 4),
    )  # fmt: skip


def _guia(versao: str) -> Any:
    """A única guia do lote, que os outros pedidos citam."""
    return cast("Any", _lote(versao))["guiasTISS"][TipoGuia.SADT.value][0]


def _status(versao: str) -> Corpo:
    return corpo_status(versao, HOSPITAL, protocolo(versao))


def _status_do_recurso(versao: str) -> Corpo:
    return corpo_status(versao, HOSPITAL, protocolo_recorrido(versao))


def _demonstrativo(versao: str) -> Corpo:
    return {
        "demonstrativoAnalise": {
            "dadosPrestador": HOSPITAL.contratado(versao),
            "dataSolicitacao": _DIA,
            "protocolos": {"numeroProtocolo": [protocolo(versao)]},
        }
    }


def _recurso(versao: str) -> Corpo:
    cobrado = _guia(versao)["procedimentosExecutados"]["procedimentoExecutado"][0]
    item: Corpo = {
        "sequencialItem": cobrado["sequencialItem"],
        "dataInicio": cobrado["dataExecucao"],
        "procRecurso": cobrado["procedimento"],
        "codGlosaItem": "1705",
        "valorRecursado": cobrado["valorTotal"],
        "justificativaItem": "Valor cobrado conforme a tabela do contrato.",
    }
    recorrida: Corpo = {
        "numeroGuiaOrigem": f"{_recorrido(versao)}001",
        "opcaoRecursoGuia": {"itensGuia": [item]},
    }
    return {
        "guiaRecursoGlosa": {
            "registroANS": REGISTRO,
            "numeroGuiaRecGlosaPrestador": f"R{numero_lote(versao)}",
            "nomeOperadora": "Operadora Exemplo",
            "objetoRecurso": "2",
            "dadosContratado": HOSPITAL.contratado(versao),
            "numeroLote": _recorrido(versao),
            "numeroProtocolo": protocolo_recorrido(versao),
            "opcaoRecurso": {"recursoGuia": [recorrida]},
            "valorTotalRecursado": cobrado["valorTotal"],
            "dataRecurso": _DIA,
        }
    }


def _documento(versao: str) -> Corpo:
    return {
        "numeroLote": numero_lote(versao),
        "numeroProtocolo": protocolo(versao),
        "numeroGuiaPrestador": numero_guia(versao),
        "numeroDocumento": "DOC0001",
        "naturezaGuia": "2",
        "formatoDocumento": "02",
        "documento": base64.b64encode(_DOCUMENTO).decode(),
        "tipoDocumento": "01",
    }


def _cancelamento(versao: str) -> Corpo:
    guia: Corpo = {"numeroGuiaPrestador": numero_guia(versao)}
    if versao == "3.05.00":
        return {
            "tipoGuia": "2",
            "dadosPrestador": HOSPITAL.contratado(versao),
            "numeroProtocolo": protocolo(versao),
            "guiasCancelamento": [guia],
        }
    guias: list[Corpo] = [{"tipoGuia": "2", **guia}]
    if versao == "4.00.00":
        # ali cada ocorrência leva um só destes elementos
        guias = [{"tipoGuia": "2"}, guia]
    return {
        "dadosPrestador": HOSPITAL.contratado(versao),
        "tipoCancelamento": {"tipoCancelamentoGuia": guias},
    }


def _anexo(versao: str) -> Corpo:
    material: Corpo = {
        "identificacaoOPME": {
            "codigoTabela": "19",
            "codigoProcedimento": "100705855",
            "descricaoProcedimento": "Placa de titânio para osteossíntese",
        },
        "opcaoFabricante": "1",
        "quantidadeSolicitada": "1",
    }
    return {
        "numeroLote": f"A{numero_lote(versao)}",
        "AnexosGuiasTISS": {
            "anexoSolicitacaoOPME": {
                "cabecalhoAnexo": {
                    "registroANS": REGISTRO,
                    "numeroGuiaAnexo": f"A{numero_guia(versao)}",
                    "numeroGuiaReferenciada": numero_guia(versao),
                    "dataSolicitacao": _DIA,
                },
                "dadosBeneficiario": _beneficiario(versao),
                "profissionalSolicitante": {
                    "nomeProfissional": _NOME,
                    "telefoneProfissional": _TELEFONE,
                },
                "justificativaTecnica": "Fratura com desvio; fixação interna indicada.",
                "opmeSolicitadas": {"opmeSolicitada": [material]},
            }
        },
    }


def _elegibilidade(versao: str) -> Corpo:
    beneficiario = _beneficiario(versao)
    del beneficiario["atendimentoRN"]
    return {"dadosPrestador": HOSPITAL.contratado(versao), **beneficiario}


def _procedimento(versao: str) -> Corpo:
    exame: Corpo = {"procedimento": _EXAME, "quantidadeSolicitada": "1"}
    solicitante: Corpo = {"contratadoSolicitante": HOSPITAL.contratado(versao)}
    if versao != "3.05.00":
        solicitante["nomeContratadoSolicitante"] = HOSPITAL.nome
    solicitante["profissionalSolicitante"] = _PROFISSIONAL
    return {
        "solicitacaoSP-SADT": {
            "cabecalhoSolicitacao": {
                "registroANS": REGISTRO,
                "numeroGuiaPrestador": f"S{numero_guia(versao)}",
            },
            "tipoEtapaAutorizacao": "1",
            "dadosBeneficiario": _beneficiario(versao),
            "dadosSolicitante": solicitante,
            "caraterAtendimento": "1",
            "dataSolicitacao": _DIA,
            "indicacaoClinica": "Acompanhamento de anemia.",
            "procedimentosSolicitados": [exame],
        }
    }


def _autorizacao(versao: str) -> Corpo:
    return {
        "identificacaoSolicitacao": {
            "registroANS": REGISTRO,
            "numeroGuiaPrestador": f"S{numero_guia(versao)}",
        },
        "dadosBeneficiario": _beneficiario(versao),
        "dadosContratado": HOSPITAL.contratado(versao),
    }


def _comunicacao(versao: str) -> Corpo:
    return {
        "dadosBeneficiario": _beneficiario(versao),
        "dataEvento": _DIA,
        "tipoEvento": "I",
        "dadosInternacao": {"tipoInternacao": "2"},
    }


_CORPOS: dict[str, Callable[[str], Corpo]] = {
    "tissLoteGuias": _lote,
    "tissSolicitacaoStatusProtocolo": _status,
    "tissSolicitacaoDemonstrativoRetorno": _demonstrativo,
    "tissRecursoGlosa": _recurso,
    "tissSolicitacaoStatusRecursoGlosa": _status_do_recurso,
    "tissEnvioDocumentos": _documento,
    "tissCancelaGuia": _cancelamento,
    "tissLoteAnexo": _anexo,
    "tissVerificaElegibilidade": _elegibilidade,
    "tissSolicitacaoProcedimento": _procedimento,
    "tissSolicitacaoStatusAutorizacao": _autorizacao,
    "tissComunicacaoBeneficiario": _comunicacao,
}
