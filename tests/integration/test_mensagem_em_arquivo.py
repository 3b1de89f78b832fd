"""``mensagemTISS`` pela mesma recepção que atende o SOAP."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from integration.arquivos import bytes_de, enviar, lote_em_arquivo, status_em_arquivo
from integration.recepcao import EM_VIGOR, LOTE, STATUS, VAZIO, Q, achar, com, lote, pronta
from integration.recepcao_outros import NAO_OFERECIDOS, pedido
from lxml import etree
from validador import validar_resposta

from dominio import erros
from dominio.lote import TipoGuia
from dominio.transacoes import TRANSACOES
from dominio.versoes import VERSOES
from handlers.andamento import Pedido
from mensagem.arquivo import protocolo
from prestador.mensagem_xml import selar
from prestador.respostas import ler_recibo, ler_situacao
from prestador.valores import identificado

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration.recepcao import AbrirMesa, Mesa

    from dominio.erros import Erro
    from dominio.transacoes import Transacao
    from handlers.andamento import Resultado
    from prestador.respostas import Recibo

CANARIO = "CANARIO77"


def _recibo(resultado: Resultado) -> Recibo:
    return ler_recibo(achar(etree.fromstring(resultado.corpo), "recebimentoLote"))


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("tipo", TipoGuia)
def test_lote_em_arquivo_tem_protocolo(mesa: Mesa, versao: str, tipo: TipoGuia) -> None:
    """Um lote de cada tipo e versão recebe em arquivo o mesmo recibo que receberia por SOAP."""
    arquivo = lote_em_arquivo(versao=versao, tipo=tipo, guias=3)
    _, resultado = enviar(mesa, bytes_de(arquivo), versao=versao)
    recibo = _recibo(resultado)
    assert (resultado.desfecho, recibo.protocolo, len(recibo.guias)) == (
        "respondida",
        "10000001",
        3,
    )
    assert mesa.protocolo(recibo.protocolo).canal == "upload"


def test_canal_de_conferencia_tambem_e_de_arquivo(mesa: Mesa) -> None:
    """O canal da conferência aceita arquivo e responde em arquivo, como o de envio."""
    entrada = Pedido(bytes_de(lote_em_arquivo()), None, None, "conferencia", "c" * 32)
    resultado = mesa.recepcao.receber(entrada)
    validar_resposta(resultado.corpo, EM_VIGOR)
    assert _recibo(resultado).protocolo == "10000001"


@pytest.mark.parametrize("codificacao", ["ISO-8859-1", "UTF-8", "UTF-16"])
def test_codificacao_do_arquivo(mesa: Mesa, codificacao: str) -> None:
    """O arquivo é lido na codificação que declara, e o hash é o mesmo em todas."""
    mensagem = selar(com(lote_em_arquivo(), {"nomeProfissional": "João Conceição"}))
    _, resultado = enviar(mesa, bytes_de(mensagem, codificacao))
    assert _recibo(resultado).protocolo == "10000001"


def test_situacao_perguntada_em_arquivo(mesa: Mesa) -> None:
    """A situação de um protocolo recebido por SOAP se pergunta também em arquivo."""
    numero = mesa.enviar_lote().protocolo or ""
    _, resultado = enviar(mesa, bytes_de(status_em_arquivo(numero)))
    situacao = ler_situacao(achar(etree.fromstring(resultado.corpo), "situacaoProtocolo"))
    assert (numero, 1) == (situacao.protocolo, situacao.status)


def test_mesmo_lote_por_soap_e_em_arquivo_tem_o_mesmo_protocolo(mesa: Mesa) -> None:
    """O mesmo lote nas duas formas são bytes diferentes e um só recebimento."""
    por_soap = mesa.enviar_lote()
    antes = mesa.contagens()
    _, resultado = enviar(mesa, bytes_de(lote_em_arquivo()))
    depois = mesa.contagens()
    assert por_soap.protocolo == _recibo(resultado).protocolo
    assert (antes["lote"], antes["guia"]) == (depois["lote"], depois["guia"])
    assert resultado.repetida is False


def test_mesmo_lote_em_arquivo_e_depois_por_soap(mesa: Mesa) -> None:
    """A ordem das duas formas não importa."""
    _, resultado = enviar(mesa, bytes_de(lote_em_arquivo()))
    assert _recibo(resultado).protocolo == mesa.enviar_lote().protocolo


def test_mesmo_numero_com_outro_conteudo_e_recusado(mesa: Mesa) -> None:
    """Um número usado por SOAP não serve a outro lote em arquivo; a resposta é mensagemErro."""
    mesa.enviar_lote()
    _, resultado = enviar(mesa, bytes_de(lote_em_arquivo(semente=2)))
    assert erros.LOTE_REPETIDO.chave == resultado.erro
    assert _recibo(resultado).erro is not None


def test_mesmo_arquivo_recebe_a_mesma_resposta(mesa: Mesa) -> None:
    """Os mesmos bytes outra vez têm a mesma resposta, byte por byte, e nada se recebe de novo."""
    dados = bytes_de(lote_em_arquivo())
    _, primeiro = enviar(mesa, dados)
    antes = mesa.contagens()
    _, segundo = enviar(mesa, dados)
    assert (primeiro.corpo, True) == (segundo.corpo, segundo.repetida)
    assert antes == mesa.contagens()


def test_resposta_em_arquivo_vai_ao_arquivo_de_mensagens(mesa: Mesa) -> None:
    """A linha do arquivo diz o canal, não diz SOAP, e tem pedido e resposta como foram."""
    dados = bytes_de(lote_em_arquivo())
    pedido_, resultado = enviar(mesa, dados)
    guardada = mesa.arquivada(pedido_.id)
    assert ("upload", None, "mensagemTISS", LOTE.servico) == (
        guardada.canal,
        guardada.soap,
        guardada.raiz,
        guardada.servico,
    )
    assert (dados, resultado.corpo) == (guardada.pedido, guardada.resposta)


# --- recusas ----------------------------------------------------------------------------------


def _trocado(**trocas: str) -> Callable[[], bytes]:
    return lambda: bytes_de(selar(com(lote_em_arquivo(), trocas)))


RECUSAS = {
    "vazio": (lambda: b"", erros.CORPO_VAZIO),
    "malformado": (lambda: bytes_de(lote_em_arquivo())[:-9], erros.XML_MALFORMADO),
    "envelope SOAP": (lambda: pronta(lote()), erros.RAIZ_DESCONHECIDA),
    "mensagem de web service": (lambda: etree.tostring(lote()), erros.RAIZ_DESCONHECIDA),
    "esquema": (_trocado(numeroLote=CANARIO * 3), erros.ESQUEMA),
    "versão": (_trocado(Padrao=CANARIO), erros.VERSAO),
    "operadora": (
        lambda: bytes_de(lote_em_arquivo(registro_ans="770077")),
        erros.DESTINATARIO,
    ),
    "remetente": (
        lambda: bytes_de(lote_em_arquivo(quem=identificado("codigo", CANARIO))),
        erros.REMETENTE,
    ),
    "hash": (lambda: bytes_de(com(lote_em_arquivo(), {"hash": "0" * 32})), erros.HASH),
}


@pytest.mark.parametrize(("montar", "erro"), RECUSAS.values(), ids=RECUSAS)
def test_recusa_em_arquivo_e_estruturada(
    mesa: Mesa, montar: Callable[[], bytes], erro: Erro
) -> None:
    """O que não pode ser mensagemTISS volta como palavra, chave e texto, sem valores nem bytes."""
    pedido_, resultado = enviar(mesa, montar())
    assert (erro.chave, erro.fault, b"", "recusada") == (
        resultado.erro,
        resultado.palavra,
        resultado.corpo,
        resultado.desfecho,
    )
    assert (resultado.texto or "").startswith(erro.texto)
    assert CANARIO not in repr(resultado)
    guardada = mesa.arquivada(pedido_.id)
    assert (erro.chave, None) == (guardada.erro, guardada.resposta)
    assert mesa.contagens() == VAZIO


def test_erro_de_esquema_vem_por_guia_e_campo(mesa: Mesa) -> None:
    """A recusa por esquema traz cada erro com guia, número, campo e regra."""
    mensagem = lote_em_arquivo(guias=3)
    achar(mensagem, "tipoConsulta", 1).text = "9"
    _, resultado = enviar(mesa, bytes_de(selar(mensagem)))
    [erro] = resultado.detalhes
    assert (erro["guia"], erro["numero_guia"], erro["campo"]) == (2, "1002", "tipoConsulta")


def test_login_errado_em_arquivo(mesa: Mesa) -> None:
    """Em arquivo a senha se confere como em SOAP."""
    mesa.dar_login("clinica", "Segredo#1")
    certo = lote_em_arquivo(login="clinica", senha="Segredo#1")
    errado = lote_em_arquivo(login="clinica", senha="Segredo#2")
    assert enviar(mesa, bytes_de(errado))[1].palavra == erros.LOGIN.fault
    assert _recibo(enviar(mesa, bytes_de(certo))[1]).protocolo == "10000001"


def test_politica_mensagem_erro_vale_em_arquivo(nova_mesa: AbrirMesa) -> None:
    """Quem recusa por mensagemErro o faz também em arquivo."""
    mesa = nova_mesa(operadora={"recusa": "mensagemErro"})
    _, resultado = enviar(mesa, bytes_de(com(lote_em_arquivo(), {"hash": "0" * 32})))
    assert (erros.HASH.chave, "recusada") == (resultado.erro, resultado.desfecho)
    assert _recibo(resultado).erro is not None


def test_mensagem_de_operadora_e_recusada(mesa: Mesa) -> None:
    """A resposta que se deu, enviada de volta, não é um pedido."""
    _, resultado = enviar(mesa, bytes_de(lote_em_arquivo()))
    _, recusado = enviar(mesa, resultado.corpo)
    assert erros.RAIZ_DESCONHECIDA.chave == recusado.erro


@pytest.mark.parametrize(
    ("transacao", "versao"),
    [(t, v) for t in NAO_OFERECIDOS for v in VERSOES if t.utilizavel_em(v)],
    ids=lambda x: getattr(x, "servico", x),
)
def test_servico_nao_oferecido_em_arquivo(mesa: Mesa, transacao: Transacao, versao: str) -> None:
    """Um serviço que não se oferece responde mensagemErro 3148 na forma que tem em arquivo."""
    em_ws = pedido(transacao, versao)
    corpo = em_ws[1]
    corpo.tag = Q + transacao.corpo_arquivo
    mensagem = etree.Element(f"{Q}mensagemTISS")
    mensagem.append(em_ws[0])
    etree.SubElement(mensagem, f"{Q}prestadorParaOperadora").append(corpo)
    etree.SubElement(etree.SubElement(mensagem, f"{Q}epilogo"), f"{Q}hash")
    _, resultado = enviar(mesa, bytes_de(selar(mensagem)), versao=versao)
    assert erros.NAO_OFERECIDO.chave == resultado.erro
    assert b"3148" in resultado.corpo
    assert transacao.corpo_resposta_arquivo.encode() in resultado.corpo


def test_tipo_de_transacao_de_outro_corpo(mesa: Mesa) -> None:
    """O tipoTransacao tem de ser o do corpo que o arquivo traz."""
    _, resultado = enviar(mesa, _trocado(tipoTransacao=STATUS.tipo_pedido)())
    assert erros.TIPO_TRANSACAO.chave == resultado.erro
    assert resultado.palavra is None
    assert protocolo(resultado.corpo) is None


def test_mensagem_invalida_no_esquema_fica_em_nome_de_quem_a_enviou(mesa: Mesa) -> None:
    """Se o cabeçalho se deixa ler, o arquivo diz de que prestador é a mensagem recusada."""
    pedido_, _ = enviar(mesa, RECUSAS["esquema"][0]())
    guardada = mesa.arquivada(pedido_.id)
    assert (mesa.operadora.id, mesa.prestador.id) == (guardada.operadora_id, guardada.prestador_id)


def test_o_digest_do_arquivo_e_o_dos_seus_bytes(mesa: Mesa) -> None:
    """O arquivo de mensagens guarda o resumo do arquivo como veio."""
    dados = bytes_de(lote_em_arquivo())
    pedido_, _ = enviar(mesa, dados)
    assert hashlib.sha256(dados).hexdigest() == mesa.arquivada(pedido_.id).sha256


def test_cada_transacao_tem_o_seu_corpo_em_arquivo() -> None:
    """Nenhuma transação divide com outra o nome do corpo, de pedido ou de resposta."""
    assert len(TRANSACOES) == len({t.corpo_arquivo for t in TRANSACOES})
    assert len(TRANSACOES) == len({t.corpo_resposta_arquivo for t in TRANSACOES})
