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
from handlers.contexto import Anotada, Assunto, ComPreparo, Contexto, PodeFaltar
from handlers.emissao import ComEmissao, emitir
from handlers.etapas import Etapa
from handlers.politicas import recusa_por_mensagem
from handlers.ritmo import NoLimite
from mensagem import envelope, resposta
from mensagem.parse import Limites
from mensagem.recusa import Recusa, RegraRecusada
from mensagem.resposta import RespostaInvalida
from mensagem.tipo_da_resposta import tipo_da_resposta
from persistence import mensagens
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from lxml import etree
    from sqlalchemy import Connection

    from handlers.cota import Cota
    from handlers.credenciais import Credenciais
    from handlers.repasse import Repasse
    from handlers.ritmo import Ritmo
    from mensagem.assinatura import Assinante
    from mensagem.resposta import Corpo
    from persistence.banco import Banco
    from persistence.mensagens import MensagemNova

_log = structlog.get_logger("recepcao")


class Recepcao:
    """Recebe mensagens; uma instância por processo, usada por várias threads.

    Args:
        banco: onde tudo fica.
        assuntos: serviço -> assunto; serviço fora daqui responde que não é oferecido.
        credenciais: quem confere login e senha.
        limites: o que se aceita ler.
        relogio: instante atual em UTC; o simulador pode ter o seu parado.
        repasse: quem leva mensagens a outro sistema; sem ele tudo se responde aqui.
        cota: quanto se guarda de quem não se autentica; sem ela, tudo.
        assinar_com: quem assina as respostas; sem ele, vão sem assinatura.
        ritmo: quantas mensagens cada um pode enviar; sem ele, quantas quiser.
    """

    def __init__(
        self,
        banco: Banco,
        assuntos: Mapping[str, Assunto],
        credenciais: Credenciais,
        limites: Limites | None = None,
        *,
        relogio: Callable[[], datetime] = agora,
        repasse: Repasse | None = None,
        cota: Cota | None = None,
        assinar_com: Assinante | None = None,
        ritmo: Ritmo | None = None,
    ) -> None:
        self._banco = banco
        self._repasse = repasse
        self._cota = cota
        self._assinar_com = assinar_com
        self._ritmo = ritmo
        self._relogio = relogio
        self._assuntos = assuntos
        # perguntar a um protocolo se um valor o tem custa mais do que o resto da escolha
        self._com_preparo = {s: a for s, a in assuntos.items() if isinstance(a, ComPreparo)}
        self._com_emissao = {s: a for s, a in assuntos.items() if isinstance(a, ComEmissao)}
        self._conferencia = Conferencia(banco, credenciais, limites or Limites())

    def receber(self, pedido: Pedido) -> Resultado:
        """Confere, executa, responde e arquiva uma mensagem; nunca levanta exceção."""
        andamento = self._comecar(pedido)
        try:
            corpo = self._conferencia.conferir(andamento)
            if self._ritmo is not None:
                self._ritmo.gastar(andamento)
            return self._executar(andamento, corpo)
        except Recusa as recusa:
            return self._recusar(andamento, recusa)
        except Exception as erro:  # noqa: BLE001 - nenhum erro nosso chega a quem enviou
            return self._falhar(andamento, erro)

    def espera(self, endereco: str) -> int:
        """Segundos que um endereço deve esperar antes que se leia algo dele; 0, nenhum."""
        return 0 if self._ritmo is None else self._ritmo.espera(endereco)

    def recusar(self, pedido: Pedido, recusa: Recusa) -> Resultado:
        """Recusa e arquiva o que a porta não deixou entrar (tamanho, compressão, prazos)."""
        andamento = self._comecar(pedido)
        return self._recusar(andamento, recusa)

    def _comecar(self, pedido: Pedido) -> Andamento:
        return Andamento(
            pedido,
            relogio=self._relogio,
            recebida_em=self._relogio(),
            soap=pedido.soap,
            transacao=pedido.transacao,
            cota=self._cota,
            assinar_com=self._assinar_com,
        )

    # --- executar -----------------------------------------------------------------------------

    def _executar(self, a: Andamento, corpo: etree._Element) -> Resultado:
        assert a.transacao is not None  # noqa: S101
        if self._repasse is None:
            return self._executar_aqui(a, corpo)
        if self._repasse.atende(a.transacao.servico):
            if a.pedido.em_arquivo:
                raise Recusa(erros.NAO_OFERECIDO, "Envie-o ao web service.")
            repassada = self._repasse.responder(a)
            return _resultado(a, repassada.mensagem, repetida=repassada.repetida)
        resultado = self._executar_aqui(a, corpo)
        if not resultado.repetida and not a.pedido.em_arquivo:
            self._repasse.espelhar(a)
        return resultado

    def _executar_aqui(self, a: Andamento, corpo: etree._Element) -> Resultado:
        assert a.transacao is not None  # noqa: S101
        assunto = self._assuntos.get(a.transacao.servico)
        if assunto is None:
            raise Recusa(erros.NAO_OFERECIDO)
        a.etapas.comecar(Etapa.EXECUCAO)
        contexto = _contexto(a)
        pedido = assunto.ler(corpo)
        if assunto.servico in self._com_preparo:
            self._com_preparo[assunto.servico].preparar(pedido)
        if assunto.servico in self._com_emissao:
            return self._emitir(a, assunto, contexto, pedido)
        if not a.transacao.muda_estado:
            achado = self._banco.consultar(
                lambda conn: assunto.executar(conn, contexto, pedido), _achou
            )
            mensagem = _montar(a, assunto.escrever(contexto, achado))
            mensagens.arquivar_so(self._banco, a.para_arquivo("respondida", mensagem, 200))
            return _resultado(a, mensagem)
        # comprimir e cifrar um documento demora, e no SQLite só um escreve de cada vez
        a.preparado = mensagens.preparar(self._banco.cifra, a.pedido.id, a.pedido.dados)
        with self._banco.escrita() as conn:
            return self._executar_uma_vez(conn, a, assunto, contexto, pedido)

    def _emitir(self, a: Andamento, assunto: Any, contexto: Contexto, pedido: Any) -> Resultado:
        def montar(achado: Any) -> tuple[bytes, MensagemNova]:
            mensagem = _montar(a, assunto.escrever(contexto, achado))
            # a cota abre a sua transação: a linha faz-se antes da que arquiva
            return mensagem, a.para_arquivo("respondida", mensagem, 200)

        mensagem, _ = emitir(
            self._banco,
            assunto,
            contexto,
            consultar=lambda conn: assunto.executar(conn, contexto, pedido),
            montar=montar,
            arquivar=lambda conn, montada: mensagens.arquivar(conn, montada[1]),
        )
        return _resultado(a, mensagem)

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
            linha = a.para_arquivo(
                "respondida", anterior.resposta, 200, detalhes=detalhes, repetida=True
            )
            mensagens.arquivar(conn, linha)
            return _resultado(a, anterior.resposta, repetida=True)
        feito = assunto.executar(conn, contexto, pedido)
        mensagem = _montar(a, assunto.escrever(contexto, feito))
        anotacoes = None
        if isinstance(feito, Anotada):
            a.avisos += feito.avisos
            anotacoes = feito.anotacoes
        linha = a.para_arquivo("respondida", mensagem, 200, detalhes=anotacoes)
        mensagens.arquivar(conn, linha)
        return _resultado(a, mensagem)

    # --- recusar ------------------------------------------------------------------------------

    def _recusar(self, a: Andamento, recusa: Recusa) -> Resultado:
        a.etapas.parar()
        if demais := self._passa_do_limite(a, recusa):
            # guardá-la custaria o que se quer poupar; nada se fez, e quem enviou repete
            corpo, http = _falha(a, demais)
            return _resultado(a, corpo, "recusada", demais, falha=True, http=http)
        try:
            mensagem = self._mensagem_de_erro(a, recusa)
            if mensagem is None:
                return self._responder_falha(a, recusa, "recusada")
            regra = isinstance(recusa, RegraRecusada)
            desfecho = "respondida" if regra else "recusada"
            linha = a.para_arquivo(
                desfecho, mensagem, 200, erro=recusa.erro.chave, detalhes=_detalhes(recusa)
            )
            mensagens.arquivar_so(self._banco, linha)
            return _resultado(a, mensagem, desfecho, recusa)
        except Exception as erro:  # noqa: BLE001
            return self._falhar(a, erro)

    def _passa_do_limite(self, a: Andamento, recusa: Recusa) -> NoLimite | None:
        if isinstance(recusa, NoLimite):
            return recusa
        if self._ritmo is None or isinstance(recusa, RegraRecusada):
            # uma regra que não aceita o pedido já se contou com ele
            return None
        espera = self._ritmo.gastar_recusada(a, self._conferencia.quem_e)
        return NoLimite(espera) if espera else None

    @staticmethod
    def _mensagem_de_erro(a: Andamento, recusa: Recusa) -> bytes | None:
        """A resposta ``mensagemErro``, ou ``None`` quando a recusa não a tem."""
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
        corpo, http = _falha(a, recusa)
        linha = a.para_arquivo(
            desfecho, corpo or None, http, erro=recusa.erro.chave, detalhes=_detalhes(recusa)
        )
        mensagens.arquivar_so(self._banco, linha)
        return _resultado(a, corpo, desfecho, recusa, falha=True, http=http)

    def _falhar(self, a: Andamento, causa: Exception) -> Resultado:
        """Erro nosso: nada do que se fez fica, e quem enviou só sabe o número de correlação."""
        a.etapas.parar()
        erro_nosso = erros.INESPERADO
        if isinstance(causa, BancoIndisponivel):
            # passa: a falha diz que se tente de novo
            erro_nosso = erros.SEM_BANCO
            _log.error("banco indisponível", mensagem=a.pedido.id)
        else:
            # o texto de uma exceção pode trazer valores da mensagem; o tipo e o lugar bastam
            _log.error("erro inesperado", mensagem=a.pedido.id, **_lugar(causa))
        recusa = Recusa(erro_nosso, f"Correlação: {a.pedido.id}.")
        try:
            return self._responder_falha(a, recusa, "falha")
        except Exception as erro:  # noqa: BLE001 - sem banco não há arquivo, mas há resposta
            _log.error("mensagem sem arquivo", mensagem=a.pedido.id, causa=type(erro).__name__)
            corpo, http = _falha(a, recusa)
            return _resultado(a, corpo, "falha", recusa, falha=True, http=http)


def _achou(resposta: Any) -> bool:
    """Se a resposta é do que se procurava: o que acabou de entrar pode faltar na réplica."""
    return not isinstance(resposta, PodeFaltar) or resposta.achada


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


def _montar(a: Andamento, corpo: Corpo) -> bytes:
    assert a.transacao is not None  # noqa: S101
    assert a.cabecalho is not None  # noqa: S101
    assert a.operadora is not None  # noqa: S101
    assert a.versao is not None  # noqa: S101
    a.etapas.comecar(Etapa.RESPOSTA)
    return resposta.montar(
        a.transacao,
        corpo,
        a.cabecalho,
        registro_ans=a.operadora.registro_ans,
        versao=a.versao,
        agora=a.relogio(),
        tipo=tipo_da_resposta(a.transacao, a.recebida),
        em_arquivo=a.pedido.em_arquivo,
        assinar_com=a.assinar_com,
    )


def _resultado(
    a: Andamento,
    corpo: bytes,
    desfecho: str = "respondida",
    recusa: Recusa | None = None,
    *,
    falha: bool = False,
    http: int = 200,
    repetida: bool = False,
) -> Resultado:
    servico = a.transacao.servico if a.transacao else None
    return Resultado(
        corpo,
        falha,
        http,
        a.soap,
        desfecho,
        recusa.erro.chave if recusa else None,
        servico,
        a.versao,
        repetida,
        palavra=recusa.erro.fault if recusa else None,
        texto=recusa.texto if recusa else None,
        detalhes=recusa.detalhes if recusa else (),
        avisos=tuple(a.avisos),
        tente_em=recusa.segundos if isinstance(recusa, NoLimite) else None,
    )


def _falha(a: Andamento, recusa: Recusa) -> tuple[bytes, int]:
    """Bytes e situação HTTP de uma falha; a recusa de um arquivo não tem bytes que a digam."""
    if a.pedido.em_arquivo:
        return b"", 200
    erro = recusa.erro
    if erro is erros.MUST_UNDERSTAND:
        palavra, codigo = None, "MustUnderstand"
    else:
        do_servidor = erro.fault is erros.TissFault.INESPERADO
        palavra, codigo = erro.fault, "Server" if do_servidor else "Client"
    return envelope.falha(palavra, recusa.texto, a.soap, codigo), _http_da_falha(a, erro)


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
