"""Os exemplos de ``docs/exemplos``: válidos, com o hash certo, e respondidos como ali se mostra.

``TISS_ESCREVER_EXEMPLOS=1`` refaz todos, com as respostas de um gateway de banco novo.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from acceptance.pedidos_de_exemplo import (
    lote_recorrido,
    pedido,
    protocolo,
    protocolo_recorrido,
    recuado,
)
from acceptance.servidor import REGISTRO, Servidor
from lxml import etree
from validador import validar_resposta

import tiss_xsd
from dominio.analise import Glosa
from dominio.competencia import agora
from dominio.transacoes import NS_TISS, TRANSACOES, Transacao
from dominio.versoes import VERSOES
from handlers import analise
from handlers.analise import (
    PedidoDeFinalizacao,
    PedidoDeRegistro,
    QualGuia,
    ResultadoDeGuia,
    ResultadoDeItem,
)
from handlers.da_operadora import Autor
from persistence import protocolos

if TYPE_CHECKING:
    from collections.abc import Iterator

PASTA = Path(__file__).resolve().parents[2] / "docs" / "exemplos"
_Q = f"{{{NS_TISS}}}"
_ESCREVER = os.environ.get("TISS_ESCREVER_EXEMPLOS") == "1"
_DE_CADA_DIA = frozenset(
    _Q + nome
    for nome in (
        "dataRegistroTransacao", "horaRegistroTransacao", "dataEnvioLote", "numeroProtocolo",
        "protocoloDoc", "protocoloSolicitacaoDemonstrativo", "dataSituacaoDemonstrativo", "hash",
        "nrProtocoloRecursoGlosa", "dataEnvioRecurso", "dataRecebimentoRecurso",
        "nrProtocoloSituacaoRecursoGlosa", "dataSituacao",
    )
)  # fmt: skip
"""O que muda de uma vez para outra: dia, hora, protocolo e, com eles, o hash."""
_OFERECIDOS = {
    "tissCancelaGuia", "tissEnvioDocumentos", "tissLoteGuias",
    "tissRecursoGlosa", "tissSolicitacaoDemonstrativoRetorno", "tissSolicitacaoStatusProtocolo",
    "tissSolicitacaoStatusRecursoGlosa",
}  # fmt: skip


class Exemplo(NamedTuple):
    """Um par de pedido e resposta."""

    transacao: Transacao
    versao: str

    def __str__(self) -> str:
        return f"{self.versao}-{self.transacao.servico}"

    @property
    def pedido(self) -> Path:
        return PASTA / self.versao / f"{self.transacao.servico}-pedido.xml"

    @property
    def resposta(self) -> Path:
        return PASTA / self.versao / f"{self.transacao.servico}-resposta.xml"


# primeiro os lotes, para que tenham os números que as outras mensagens citam
EXEMPLOS = [Exemplo(t, v) for t in TRANSACOES for v in VERSOES if t.utilizavel_em(v)]


@pytest.fixture(scope="module")
def respostas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Exemplo, bytes]]:
    """O que um gateway de banco novo responde a cada exemplo, enviados em ordem."""
    pasta = tmp_path_factory.mktemp("exemplos")
    servidor = Servidor(f"sqlite:///{pasta / 'gateway.db'}", pasta).iniciar()
    dadas = {}
    for n, exemplo in enumerate(EXEMPLOS):
        if n == len(VERSOES):
            _analisar_recorridos(servidor)
        if _ESCREVER:
            exemplo.pedido.parent.mkdir(parents=True, exist_ok=True)
            exemplo.pedido.write_bytes(pedido(*exemplo))
        resposta = servidor.postar(
            exemplo.pedido.read_bytes(), exemplo.versao, exemplo.transacao.servico
        )
        assert resposta.status == 200, resposta.corpo.decode()
        dadas[exemplo] = resposta.corpo
        if _ESCREVER:
            exemplo.resposta.write_bytes(recuado(resposta.corpo))
    yield dadas
    servidor.encerrar()


def _analisar_recorridos(servidor: Servidor) -> None:
    """Recebe o lote de que cada exemplo recorre e glosa o primeiro item dele inteiro."""
    for versao in VERSOES:
        servidor.postar(lote_recorrido(versao), versao, "tissLoteGuias")
        numero = int(protocolo_recorrido(versao))
        autor = Autor("análise", agora())
        with servidor.banco.escrita() as conn:
            lote = protocolos.por_numero(conn, servidor.operadora.id, numero)
            assert lote is not None
            itens = protocolos.itens(conn, lote.lote_id or 0)
            valor = itens[0].item.valor_total
            glosado = ResultadoDeItem(valor, valor * 0, 1, glosas=(Glosa("1705", valor),))
            guia = ResultadoDeGuia(QualGuia(1), (glosado,))
            pedido_ = PedidoDeRegistro(numero, versao, (guia,))
            analise.registrar(conn, servidor.operadora.id, pedido_, autor)
            fim = PedidoDeFinalizacao(numero, completar=True)
            analise.finalizar(conn, servidor.operadora.id, fim, autor)


def _mensagem(xml: bytes) -> etree._Element:
    return etree.fromstring(xml)[-1][0]


def _comparavel(xml: bytes) -> list[tuple[str, str]]:
    """Nome e texto de cada elemento, fora o que muda a cada envio."""
    return [
        (str(e.tag), "" if e.tag in _DE_CADA_DIA or len(e) else e.text or "")
        for e in _mensagem(xml).iter()
    ]


def test_ha_um_par_de_cada_servico_e_versao_e_nada_mais() -> None:
    """A pasta tem os 70 pares que o padrão permite e nenhum arquivo que sobre."""
    esperados = {p for e in EXEMPLOS for p in (e.pedido, e.resposta)}
    assert esperados == set(PASTA.rglob("*.xml"))
    assert len(EXEMPLOS) == 70


@pytest.mark.parametrize("exemplo", EXEMPLOS, ids=str)
def test_pedido_de_exemplo_e_valido_e_selado(exemplo: Exemplo) -> None:
    """O pedido segue o esquema da sua versão e o hash é o dos seus valores."""
    mensagem = _mensagem(exemplo.pedido.read_bytes())
    assert str(mensagem.tag) == _Q + exemplo.transacao.raiz_pedido
    assert tiss_xsd.esquema(exemplo.versao).erros(mensagem) == ()
    cabecalho, corpo, hash_ = mensagem
    valores = [e.text or "" for parte in (cabecalho, corpo) for e in parte.iter() if not len(e)]
    esperado = hashlib.md5("".join(valores).encode("iso-8859-1")).hexdigest()
    assert esperado == hash_.text


@pytest.mark.parametrize("exemplo", EXEMPLOS, ids=str)
def test_resposta_de_exemplo_e_valida_e_selada(exemplo: Exemplo) -> None:
    """A resposta mostrada segue o esquema, e o hash é o dos seus valores."""
    mensagem = validar_resposta(exemplo.resposta.read_bytes(), exemplo.versao)
    assert str(mensagem.tag) == _Q + exemplo.transacao.raiz_resposta


@pytest.mark.parametrize("exemplo", EXEMPLOS, ids=str)
def test_gateway_responde_como_no_exemplo(
    respostas: dict[Exemplo, bytes], exemplo: Exemplo
) -> None:
    """O pedido enviado agora tem a resposta do exemplo, salvo dia, hora, protocolo e hash."""
    resposta = respostas[exemplo]
    validar_resposta(resposta, exemplo.versao)
    assert _comparavel(exemplo.resposta.read_bytes()) == _comparavel(resposta)


@pytest.mark.parametrize("exemplo", EXEMPLOS, ids=str)
def test_servico_oferecido_responde_de_verdade(exemplo: Exemplo) -> None:
    """Os serviços que há mostram protocolo e situação; os demais dizem que não são oferecidos."""
    texto = "".join(_mensagem(exemplo.resposta.read_bytes()).itertext())
    recusado = "Serviço não oferecido por esta operadora" in texto
    if exemplo.transacao.servico in _OFERECIDOS:
        assert not recusado
        assert REGISTRO in texto
        # o recibo de cancelamento de 3.05.00 não tem lugar para o protocolo
        servico = exemplo.transacao.servico
        if (exemplo.versao, servico) == ("3.05.00", "tissCancelaGuia"):
            return
        # nem a situação do recurso o tem para o de que se recorreu
        if servico != "tissSolicitacaoStatusRecursoGlosa":
            do_recurso = servico == "tissRecursoGlosa"
            citado = protocolo_recorrido if do_recurso else protocolo
            assert citado(exemplo.versao) in texto
    elif exemplo.versao == "4.00.00" and exemplo.transacao.raiz_resposta == "reciboComunicacaoWS":
        # ali o padrão só deixa dizer o código
        assert "3148" in texto
    else:
        assert recusado
