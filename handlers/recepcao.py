"""O caminho de uma mensagem: de bytes, serviço, versão e canal a uma resposta ou recusa.

Todo canal chama ``Recepcao.receber``. Pedido, efeitos, resposta e arquivo gravam-se numa só
transação; uma recusa, que não tem efeitos, numa transação própria.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from dominio import erros
from dominio.competencia import agora
from handlers.andamento import Andamento, Pedido, Resultado
from handlers.conferencia import Conferencia
from handlers.contexto import Assunto, Contexto
from handlers.politicas import recusa_por_mensagem
from mensagem import envelope, resposta
from mensagem.parse import Limites
from mensagem.recusa import Recusa, RegraRecusada
from mensagem.resposta import RespostaInvalida
from persistence import mensagens
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml import etree
    from sqlalchemy import Connection

    from handlers.credenciais import Credenciais
    from persistence.banco import Banco

_log = structlog.get_logger("recepcao")


class Recepcao:
    """Recebe mensagens; uma instância por processo, usada por várias threads.

    Args:
        banco: onde tudo fica.
        assuntos: serviço -> assunto; serviço fora daqui responde que não é oferecido.
        credenciais: quem confere login e senha.
        limites: o que se aceita ler.
    """

    def __init__(
        self,
        banco: Banco,
        assuntos: Mapping[str, Assunto],
        credenciais: Credenciais,
        limites: Limites | None = None,
    ) -> None:
        self._banco = banco
        self._assuntos = assuntos
        self._conferencia = Conferencia(banco, credenciais, limites or Limites())

    def receber(self, pedido: Pedido) -> Resultado:
        """Confere, executa, responde e arquiva uma mensagem; nunca levanta exceção."""
        andamento = Andamento(pedido, soap=pedido.soap, transacao=pedido.transacao)
        try:
            corpo = self._conferencia.conferir(andamento)
            return self._executar(andamento, corpo)
        except Recusa as recusa:
            return self._recusar(andamento, recusa)
        except Exception as erro:  # noqa: BLE001 - nenhum erro nosso chega a quem enviou
            return self._falhar(andamento, erro)

    def recusar(self, pedido: Pedido, recusa: Recusa) -> Resultado:
        """Recusa e arquiva o que a porta não deixou entrar (tamanho, compressão, prazos)."""
        andamento = Andamento(pedido, soap=pedido.soap, transacao=pedido.transacao)
        return self._recusar(andamento, recusa)

    # --- executar -----------------------------------------------------------------------------

    def _executar(self, a: Andamento, corpo: etree._Element) -> Resultado:
        assert a.transacao is not None  # noqa: S101
        assunto = self._assuntos.get(a.transacao.servico)
        if assunto is None:
            raise Recusa(erros.NAO_OFERECIDO)
        contexto = _contexto(a)
        pedido = assunto.ler(corpo)
        if not a.transacao.muda_estado:
            with self._banco.leitura() as conn:
                achado = assunto.executar(conn, contexto, pedido)
            mensagem = _montar(a, assunto.escrever(contexto, achado))
            with self._banco.escrita() as conn:
                mensagens.arquivar(conn, a.para_arquivo("respondida", mensagem, 200))
            return _resultado(a, mensagem)
        with self._banco.escrita() as conn:
            return self._executar_uma_vez(conn, a, assunto, contexto, pedido)

    @staticmethod
    def _executar_uma_vez(
        conn: Connection, a: Andamento, assunto: Assunto, contexto: Contexto, pedido: Any
    ) -> Resultado:
        """Executa o que muda estado; a mesma mensagem outra vez recebe a resposta que já teve."""
        chave = (contexto.prestador.id, assunto.servico, a.sha256)
        if not mensagens.reservar(conn, *chave, a.pedido.id):
            anterior = mensagens.executada(conn, *chave)
            if anterior is None or anterior.resposta is None:
                raise RuntimeError("mensagem executada sem resposta no arquivo")
            detalhes = {"repeticao_de": anterior.id}
            linha = a.para_arquivo("respondida", anterior.resposta, 200, detalhes=detalhes)
            mensagens.arquivar(conn, linha)
            return _resultado(a, anterior.resposta, repetida=True)
        feito = assunto.executar(conn, contexto, pedido)
        mensagem = _montar(a, assunto.escrever(contexto, feito))
        mensagens.arquivar(conn, a.para_arquivo("respondida", mensagem, 200))
        return _resultado(a, mensagem)

    # --- recusar ------------------------------------------------------------------------------

    def _recusar(self, a: Andamento, recusa: Recusa) -> Resultado:
        try:
            mensagem = self._mensagem_de_erro(a, recusa)
            if mensagem is None:
                return self._responder_falha(a, recusa, "recusada")
            regra = isinstance(recusa, RegraRecusada)
            desfecho = "respondida" if regra else "recusada"
            linha = a.para_arquivo(
                desfecho, mensagem, 200, erro=recusa.erro.chave, detalhes=_detalhes(recusa)
            )
            with self._banco.escrita() as conn:
                mensagens.arquivar(conn, linha)
            return _resultado(a, mensagem, desfecho, recusa.erro.chave)
        except Exception as erro:  # noqa: BLE001
            return self._falhar(a, erro)

    @staticmethod
    def _mensagem_de_erro(a: Andamento, recusa: Recusa) -> bytes | None:
        """A resposta ``mensagemErro``, ou ``None`` quando a recusa é falha SOAP."""
        if a.transacao is None or a.versao is None or a.cabecalho is None or a.operadora is None:
            return None
        regra = isinstance(recusa, RegraRecusada)
        if not regra and not recusa_por_mensagem(recusa.erro, a.operadora, a.prestador):
            return None
        corpo = resposta.corpo_de_erro(a.transacao, a.versao, recusa.erro, recusa.texto)
        try:
            return _montar(a, corpo)
        except RespostaInvalida:
            if recusa.erro is erros.VERSAO:
                # o cabeçalho de uma mensagem de outra versão pode não caber nesta
                return None
            raise

    def _responder_falha(self, a: Andamento, recusa: Recusa, desfecho: str) -> Resultado:
        erro = recusa.erro
        do_servidor = erro.fault is erros.TissFault.INESPERADO
        if erro is erros.MUST_UNDERSTAND:
            palavra, codigo = None, "MustUnderstand"
        else:
            palavra, codigo = erro.fault, "Server" if do_servidor else "Client"
        corpo = envelope.falha(palavra, recusa.texto, a.soap, codigo)
        http = _http_da_falha(a, erro)
        linha = a.para_arquivo(desfecho, corpo, http, erro=erro.chave, detalhes=_detalhes(recusa))
        with self._banco.escrita() as conn:
            mensagens.arquivar(conn, linha)
        return _resultado(a, corpo, desfecho, erro.chave, falha=True, http=http)

    def _falhar(self, a: Andamento, causa: Exception) -> Resultado:
        """Erro nosso: nada do que se fez fica, e quem enviou só sabe o número de correlação."""
        if isinstance(causa, BancoIndisponivel):
            _log.error("banco indisponível", mensagem=a.pedido.id)
        else:
            # o texto de uma exceção pode trazer valores da mensagem; o tipo e o lugar bastam
            _log.error("erro inesperado", mensagem=a.pedido.id, **_lugar(causa))
        recusa = Recusa(erros.INESPERADO, f"Correlação: {a.pedido.id}.")
        try:
            return self._responder_falha(a, recusa, "falha")
        except Exception as erro:  # noqa: BLE001 - sem banco não há arquivo, mas há resposta
            _log.error("mensagem sem arquivo", mensagem=a.pedido.id, causa=type(erro).__name__)
            corpo = envelope.falha(erros.INESPERADO.fault, recusa.texto, a.soap, "Server")
            return _resultado(a, corpo, "falha", erros.INESPERADO.chave, falha=True, http=500)


def _contexto(a: Andamento) -> Contexto:
    assert a.operadora is not None  # noqa: S101
    assert a.prestador is not None  # noqa: S101
    assert a.cabecalho is not None  # noqa: S101
    assert a.versao is not None  # noqa: S101
    return Contexto(
        a.operadora,
        a.prestador,
        a.prestadores,
        a.cabecalho,
        a.versao,
        a.pedido.canal,
        a.pedido.id,
        a.recebida_em,
    )


def _montar(a: Andamento, corpo: etree._Element) -> bytes:
    assert a.transacao is not None  # noqa: S101
    assert a.cabecalho is not None  # noqa: S101
    assert a.operadora is not None  # noqa: S101
    assert a.versao is not None  # noqa: S101
    return resposta.montar(
        a.transacao,
        corpo,
        a.cabecalho,
        registro_ans=a.operadora.registro_ans,
        versao=a.versao,
        agora=agora(),
    )


def _resultado(
    a: Andamento,
    corpo: bytes,
    desfecho: str = "respondida",
    erro: str | None = None,
    *,
    falha: bool = False,
    http: int = 200,
    repetida: bool = False,
) -> Resultado:
    servico = a.transacao.servico if a.transacao else None
    return Resultado(corpo, falha, http, a.soap, desfecho, erro, servico, a.versao, repetida)


def _http_da_falha(a: Andamento, erro: erros.Erro) -> int:
    if erro.http != 500:
        return erro.http
    if a.operadora is not None and a.operadora.falha_com_200:
        return 200
    do_cliente = erro.fault is not erros.TissFault.INESPERADO
    return 400 if a.soap is envelope.Soap.V12 and do_cliente else 500


def _detalhes(recusa: Recusa) -> dict[str, Any]:
    detalhes: dict[str, Any] = {"texto": recusa.texto}
    if recusa.detalhes:
        detalhes["erros"] = recusa.detalhes
    return detalhes


def _lugar(erro: Exception) -> dict[str, str]:
    rastro = erro.__traceback__
    while rastro is not None and rastro.tb_next is not None:
        rastro = rastro.tb_next
    if rastro is None:
        return {"causa": type(erro).__name__}
    codigo = rastro.tb_frame.f_code
    lugar = f"{codigo.co_filename.rsplit('/', 1)[-1]}:{rastro.tb_lineno}"
    return {"causa": type(erro).__name__, "lugar": f"{lugar} {codigo.co_name}"}
