"""Cliente SOAP do prestador, sobre o zeep e o WSDL que o gateway serve."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Self, cast

from lxml import etree
from requests import Session
from zeep import Client
from zeep.exceptions import Fault, UnexpectedElementError, XMLParseError
from zeep.transports import Transport

from dominio.transacoes import NS_TISS, POR_SERVICO, Transacao
from mensagem import hash_tiss
from prestador.cabecalho import cabecalho
from prestador.cancelamentos import ReciboDeCancelamento, ler_cancelamento
from prestador.documentos import ReciboDeDocumento, ler_recibo_de_documento
from prestador.lotes import corpo_status
from prestador.mensagem_xml import ENVELOPES, selar
from prestador.respostas import Recibo, RespostaInvalida, Situacao, ler_recibo, ler_situacao
from prestador.respostas_de_recurso import (
    ReciboDeRecurso,
    SituacaoDeRecurso,
    ler_recibo_de_recurso,
    ler_situacao_de_recurso,
)
from prestador.retorno import ler_demonstrativos

if TYPE_CHECKING:
    from types import TracebackType

    from prestador.demonstrativos import RetornoDeDemonstrativo
    from prestador.valores import Corpo, Identificado

_TISS = f"{{{NS_TISS}}}"
_NS = {"t": NS_TISS}
_CORPO_SOAP = f"{{{ENVELOPES['1.1']}}}Body"
_CABECALHO = f"{_TISS}cabecalho"


class FalhaTISS(Exception):
    """O gateway recusou a mensagem com um SOAP Fault do padrão.

    Attributes:
        codigo: uma das palavras de ``st_tissFault``.
        texto: o ``faultstring``.
    """

    def __init__(self, codigo: str, texto: str) -> None:
        super().__init__(f"{codigo}: {texto}")
        self.codigo = codigo
        self.texto = texto


class _Sessao(Session):
    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """As autoridades que se pedem valem por cima das do ambiente; o requests inverte."""
        escolhidas = self.verify if verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, escolhidas, cert)


class _Transporte(Transport):
    """Sela cada mensagem no XML exato que vai sair e guarda os bytes trocados.

    Args:
        limite: segundos para o WSDL e para cada pedido.
        ca: arquivo PEM das autoridades em que confiar; vazio, as do sistema.
        certificado: arquivos PEM do certificado de cliente e da sua chave.
    """

    def __init__(
        self, limite: float, ca: str = "", certificado: tuple[str, str] | None = None
    ) -> None:
        sessao = _Sessao()
        sessao.verify = ca or True
        sessao.cert = certificado
        super().__init__(  # type: ignore[no-untyped-call]
            session=sessao, timeout=limite, operation_timeout=limite
        )
        self.requisicao = b""
        self.resposta = b""
        self.filho_do_body = etree.Element("nenhum")

    def post_xml(self, address: str, envelope: etree._Element, headers: dict[str, str]) -> object:
        """Preenche o hash antes de o zeep serializar; é o gancho que ele documenta para isso."""
        selar(envelope.find(_CORPO_SOAP)[0])  # type: ignore[index]
        return super().post_xml(  # type: ignore[no-untyped-call]
            address, envelope, headers
        )

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> object:
        """Envia e guarda pedido e resposta como passaram na rede."""
        self.requisicao = message
        self.resposta = b""
        resposta = super().post(  # type: ignore[no-untyped-call]
            address, message, headers
        )
        self.resposta = resposta.content
        # o zeep tropeça num Body vazio ou numa página HTML com erros que não dizem a causa
        self.filho_do_body = _filho_do_body(self.resposta)
        return resposta


class Cliente:
    """Um prestador falando com uma operadora numa versão do padrão; um por thread.

    Args:
        base_url: raiz do gateway, como ``http://127.0.0.1:8080``.
        versao: a dos endereços e do elemento ``Padrao``.
        registro_ans: da operadora, seis dígitos.
        prestador: quem envia.
        login: com ``senha``, vai em todo cabeçalho.
        senha: em texto claro; é enviada como MD5.
        timeout: segundos para o WSDL e para cada pedido.
        ca: arquivo PEM das autoridades em que confiar numa operadora; vazio, as do sistema.
        certificado: arquivos PEM do certificado de cliente e da sua chave, se a operadora o pede.
    """

    def __init__(
        self,
        base_url: str,
        versao: str,
        registro_ans: str,
        prestador: Identificado,
        *,
        login: str | None = None,
        senha: str | None = None,
        timeout: float = 60.0,
        ca: str = "",
        certificado: tuple[str, str] | None = None,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._versao = versao
        self._registro_ans = registro_ans
        self._prestador = prestador
        self._login = login
        self._senha = senha
        self._transporte = _Transporte(timeout, ca, certificado)
        self._clientes: dict[str, Client] = {}
        self._sequencial = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        tipo: type[BaseException] | None,
        erro: BaseException | None,
        pilha: TracebackType | None,
    ) -> None:
        self.fechar()

    def fechar(self) -> None:
        """Fecha as conexões."""
        self._transporte.session.close()

    @property
    def ultima_requisicao(self) -> bytes:
        """O envelope do último pedido, como saiu."""
        return self._transporte.requisicao

    @property
    def ultima_resposta(self) -> bytes:
        """O corpo HTTP da última resposta, como chegou; vazio se não chegou."""
        return self._transporte.resposta

    def enviar_lote(self, corpo: Corpo) -> Recibo:
        """Envia um lote de guias.

        Args:
            corpo: conteúdo de ``loteGuias``, como o de ``prestador.lotes.corpo_lote``.

        Raises:
            FalhaTISS: se o gateway recusou a mensagem com um Fault.
            RespostaInvalida: se a resposta não é a que o padrão manda.
            requests.RequestException: se a rede falhou ou o tempo acabou.
            zeep.exceptions.ValidationError: se o corpo não cabe no esquema do WSDL.
        """
        return ler_recibo(self._chamar(POR_SERVICO["tissLoteGuias"], corpo))

    def status(self, numero_protocolo: str) -> Situacao:
        """Pergunta a situação de um protocolo.

        Raises:
            FalhaTISS: se o gateway recusou a mensagem com um Fault.
            RespostaInvalida: se a resposta não é a que o padrão manda.
            requests.RequestException: se a rede falhou ou o tempo acabou.
        """
        corpo = corpo_status(self._versao, self._prestador, numero_protocolo)
        return ler_situacao(self._chamar(POR_SERVICO["tissSolicitacaoStatusProtocolo"], corpo))

    def cancelar(self, corpo: Corpo) -> ReciboDeCancelamento:
        """Pede o cancelamento de um lote ou de guias.

        O corpo é como os de ``prestador.cancelamentos``; as exceções, as de ``enviar_lote``.
        """
        return ler_cancelamento(self._chamar(POR_SERVICO["tissCancelaGuia"], corpo))

    def demonstrativos(self, corpo: Corpo) -> RetornoDeDemonstrativo:
        """Pede a análise de contas ou o que se pagou.

        O corpo é como os de ``prestador.demonstrativos``; as exceções, as de ``enviar_lote``.
        """
        transacao = POR_SERVICO["tissSolicitacaoDemonstrativoRetorno"]
        return ler_demonstrativos(self._chamar(transacao, corpo))

    def recorrer(self, corpo: Corpo) -> ReciboDeRecurso:
        """Contesta glosas.

        O corpo é como o de ``prestador.recursos``; as exceções, as de ``enviar_lote``.
        """
        return ler_recibo_de_recurso(self._chamar(POR_SERVICO["tissRecursoGlosa"], corpo))

    def status_do_recurso(self, numero: str) -> SituacaoDeRecurso:
        """Pergunta por um recurso, pelo seu número ou pelo do protocolo de que se recorreu.

        As exceções são as de ``status``.
        """
        corpo = corpo_status(self._versao, self._prestador, numero)
        transacao = POR_SERVICO["tissSolicitacaoStatusRecursoGlosa"]
        return ler_situacao_de_recurso(self._chamar(transacao, corpo))

    def enviar_documento(self, corpo: Corpo) -> ReciboDeDocumento:
        """Envia um documento, que vai em base64.

        O corpo é como o de ``prestador.documentos``; as exceções, as de ``enviar_lote``.
        """
        transacao = POR_SERVICO["tissEnvioDocumentos"]
        # o zeep codifica ele mesmo o que o esquema diz ser base64
        documento = {**corpo, "documento": base64.b64decode(str(corpo["documento"]))}
        return ler_recibo_de_documento(self._chamar(transacao, documento))  # type: ignore[arg-type]

    def _chamar(self, transacao: Transacao, corpo: Corpo) -> etree._Element:
        """Envia um pedido e devolve o corpo conferido da resposta."""
        self._sequencial += 1
        mensagem: Corpo = {
            "cabecalho": cabecalho(
                transacao.tipo_pedido,
                self._versao,
                self._prestador,
                self._registro_ans,
                sequencial=str(self._sequencial),
                login=self._login,
                senha=self._senha,
            ),
            transacao.corpo_pedido: corpo,
            # o transporte o calcula sobre o XML que o zeep escrever
            "hash": "",
        }
        operacao = self._cliente(transacao).service[f"{transacao.nome}_Operation"]
        try:
            operacao(**mensagem)
        except Fault as falha:
            raise _falha(falha) from falha
        except (XMLParseError, UnexpectedElementError) as erro:
            raise RespostaInvalida(f"a resposta não é a do WSDL: {erro}") from erro
        resposta = self._transporte.filho_do_body
        self._conferir(resposta, transacao)
        return resposta[1]

    def _cliente(self, transacao: Transacao) -> Client:
        """O cliente zeep do serviço, carregado uma vez."""
        if transacao.servico not in self._clientes:
            endereco = f"{self._base}/tiss/{self._versao}/{transacao.servico}?wsdl"
            self._clientes[transacao.servico] = Client(  # type: ignore[no-untyped-call]
                endereco, transport=self._transporte
            )
        return self._clientes[transacao.servico]

    def _conferir(self, resposta: etree._Element, transacao: Transacao) -> None:
        """Confere hash e cabeçalho da resposta contra o pedido.

        Raises:
            RespostaInvalida: na primeira diferença.
        """
        etiquetas = [filho.tag for filho in resposta]
        if (resposta.tag, etiquetas[:2]) != (
            _TISS + transacao.raiz_resposta,
            [_CABECALHO, _TISS + transacao.corpo_resposta],
        ):
            raise RespostaInvalida(f"o Body não traz {transacao.raiz_resposta} completo")
        hash_conferido = hash_tiss.conferir(resposta, hash_tiss.Modo.STRICT)
        if not hash_conferido.confere:
            raise RespostaInvalida(f"hash da resposta: {hash_conferido.motivo}")
        ((nome, valor),) = self._prestador.no_cabecalho().items()
        esperados = {
            "t:identificacaoTransacao/t:tipoTransacao": transacao.tipos_resposta,
            "t:identificacaoTransacao/t:sequencialTransacao": (str(self._sequencial),),
            "t:origem/t:registroANS": (self._registro_ans,),
            f"t:destino/t:identificacaoPrestador/t:{nome}": (cast("str", valor),),
            "t:Padrao": (self._versao,),
        }
        for caminho, aceitos in esperados.items():
            dito = resposta[0].findtext(caminho, namespaces=_NS)
            if dito not in aceitos:
                campo = caminho.replace("t:", "")
                raise RespostaInvalida(f"{campo} é {dito!r} na resposta; esperado: {aceitos[0]!r}")


def _filho_do_body(dados: bytes) -> etree._Element:
    """O único filho do Body de um envelope SOAP 1.1.

    Raises:
        RespostaInvalida: se os bytes não são um envelope com um só filho no Body.
    """
    analisador = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        corpo_soap = etree.fromstring(dados, analisador).find(_CORPO_SOAP)
    except etree.XMLSyntaxError as erro:
        raise RespostaInvalida(f"a resposta não é XML: {erro}") from erro
    filhos = [] if corpo_soap is None else list(corpo_soap)
    if len(filhos) != 1:
        raise RespostaInvalida("a resposta não é um envelope SOAP com um só filho no Body")
    return filhos[0]


def _falha(falha: Fault) -> FalhaTISS | RespostaInvalida:
    """O Fault do zeep como falha do padrão, se o detalhe é o que o padrão manda."""
    detalhe = falha.detail
    codigo = (
        detalhe.findtext(f"{_TISS}tissFaultWS/{_TISS}tissFault")
        if isinstance(detalhe, etree._Element)  # noqa: SLF001
        else None
    )
    if not codigo:
        return RespostaInvalida(f"SOAP Fault sem tissFaultWS: {falha.message}")
    return FalhaTISS(codigo, falha.message or "")
