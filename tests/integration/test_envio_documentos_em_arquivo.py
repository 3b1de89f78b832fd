"""Documentos e cancelamentos em ``mensagemTISS``: a mesma recepção, com os nomes do arquivo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration import arquivos
from integration.cancelamento import CANCELA
from integration.documento import ENVIO, mesa_com_deposito
from integration.recepcao import EU, REGISTRO
from lxml import etree

from dominio.situacao import StatusProtocolo
from dominio.transacoes import NS_TISS
from dominio.versoes import VERSOES
from prestador import mensagem_xml
from prestador.arquivos_inventados import pdf
from prestador.cabecalho import cabecalho
from prestador.cancelamentos import GuiaACancelar, corpo_cancelamento_guias, ler_cancelamento
from prestador.documentos import corpo_documento

if TYPE_CHECKING:
    from pathlib import Path

    from integration.recepcao import Mesa

    from dominio.transacoes import Transacao
    from persistence.banco import Banco
    from prestador.valores import Corpo

P1 = "10000001"
_Q = f"{{{NS_TISS}}}"


@pytest.fixture
def mesa(banco: Banco, tmp_path: Path) -> Mesa:
    return mesa_com_deposito(banco, tmp_path / "documentos")


def _enviar(mesa: Mesa, transacao: Transacao, corpo: Corpo, versao: str) -> etree._Element:
    """Entrega o arquivo e dá o corpo da resposta, já validada."""
    topo = cabecalho(transacao.tipo_pedido, versao, EU, REGISTRO)
    mensagem = mensagem_xml.mensagem_arquivo(transacao, topo, corpo)
    _, resultado = arquivos.enviar(mesa, arquivos.bytes_de(mensagem), versao=versao)
    [resposta] = etree.fromstring(resultado.corpo).iterfind(f"{_Q}operadoraParaPrestador/*")
    return resposta


@pytest.mark.parametrize("versao", VERSOES)
def test_cancelamento_em_arquivo(mesa: Mesa, versao: str) -> None:
    """O cancelamento que vem em arquivo cancela, e a resposta segue o esquema do arquivo."""
    mesa.enviar_lote(versao=versao)
    corpo = corpo_cancelamento_guias(versao, EU, [GuiaACancelar("1001", protocolo=P1)])
    recibo = ler_cancelamento(_enviar(mesa, CANCELA, corpo, versao))
    assert [alvo.status for alvo in recibo.alvos] == [1]
    assert mesa.protocolo(P1).status is StatusProtocolo.CANCELADO


@pytest.mark.parametrize("versao", VERSOES[2:])
def test_documento_em_arquivo(mesa: Mesa, versao: str) -> None:
    """O documento que vem em arquivo recebe número em ``reciboDocumento``."""
    resposta = _enviar(mesa, ENVIO, corpo_documento(pdf(), guia_prestador="1"), versao)
    assert resposta.tag == f"{_Q}recebimentoDocumentos"
    assert resposta.findtext(f"{_Q}reciboDocumento/{_Q}protocoloDoc") == P1
