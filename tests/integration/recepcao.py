"""A recepção diante de uma operadora e de um prestador inventados, sem HTTP.

``Mesa`` envia bytes à recepção e confere toda resposta pelo validador; as funções montam as
mensagens e dizem o que ficou no banco.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from lxml import etree
from sqlalchemy import func, select
from validador import validar_resposta

from dominio import meses
from dominio.competencia import agora
from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS, POR_SERVICO
from dominio.versoes import VERSOES
from handlers.andamento import Pedido
from handlers.cancela_guia import CancelaGuia
from handlers.credenciais import Credenciais, verificador
from handlers.demonstrativo import Demonstrativos
from handlers.envio_documentos import EnvioDocumentos
from handlers.lote_guias import LoteGuias
from handlers.recepcao import Recepcao
from handlers.recurso_glosa import RecursoGlosa
from handlers.status_protocolo import StatusProtocolo
from handlers.status_recurso import StatusRecurso
from persistence import mensagens, operadoras, prestadores, protocolos, tabelas
from prestador import mensagem_xml
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_lote, corpo_status
from prestador.respostas import ler_recibo, ler_situacao
from prestador.valores import Identificado, identificado

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from dominio.erros import Erro
    from handlers.andamento import Resultado
    from handlers.contexto import Assunto, Contexto
    from mensagem.parse import Limites
    from persistence.banco import Banco
    from persistence.mensagens import MensagemGuardada
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador
    from persistence.protocolos import Protocolo
    from prestador.respostas import Recibo, Situacao
    from prestador.valores import Corpo

Q = f"{{{NS_TISS}}}"
EM_VIGOR = VERSOES[-1]
REGISTRO = "999999"
CODIGO = "013950"
CNPJ = "11222333000181"
CNES = "7654321"
NOME = "Clínica São Lázaro"
EU = identificado("codigo", CODIGO, nome=NOME)
ENDERECO = "192.0.2.10"
LOTE = POR_SERVICO["tissLoteGuias"]
STATUS = POR_SERVICO["tissSolicitacaoStatusProtocolo"]
SERVICOS_FEITOS: dict[str, Assunto] = {
    a.servico: a
    for a in (
        LoteGuias(), StatusProtocolo(), CancelaGuia(), EnvioDocumentos(), Demonstrativos(),
        RecursoGlosa(), StatusRecurso(),
    )
}  # fmt: skip
SEGREDO = "texto de uma exceção com a carteira 00123"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_CONTADAS = ("lote", "protocolo", "historico", "guia", "item", "critica", "execucao")


class Resposta(NamedTuple):
    """O que a recepção respondeu, já conferido pelo validador.

    Attributes:
        id: da mensagem no arquivo.
        raiz: a mensagem de resposta ou o elemento ``Fault``.
    """

    id: str
    resultado: Resultado
    raiz: etree._Element

    @property
    def palavra(self) -> str | None:
        """``tissFault`` de uma falha."""
        return next((e.text for e in self.raiz.iter(Q + "tissFault")), None)

    @property
    def texto(self) -> str:
        """``faultstring`` de uma falha ou descrição de ``mensagemErro``."""
        nome = "faultstring" if self.resultado.falha else f"{Q}descricaoGlosa"
        return next(self.raiz.iter(nome)).text or ""

    @property
    def codigo(self) -> str | None:
        """Código de glosa de ``mensagemErro``, onde quer que a resposta o leve."""
        return next((e.text for e in self.raiz.iter(Q + "codigoGlosa") if not len(e)), None)

    @property
    def recibo(self) -> Recibo:
        """``recebimentoLote``."""
        return ler_recibo(self.raiz[1])

    @property
    def situacao(self) -> Situacao:
        """``situacaoProtocolo``."""
        return ler_situacao(self.raiz[1])


@dataclass(frozen=True)
class Mesa:
    """Uma recepção com o seu cadastro."""

    banco: Banco
    recepcao: Recepcao
    operadora: Operadora
    prestador: Prestador

    def enviar(
        self,
        dados: bytes,
        *,
        versao: str = EM_VIGOR,
        servico: str | None = LOTE.servico,
        endereco: str = ENDERECO,
        sem_versao: bool = False,
        charset: str | None = None,
        certificado: str | None = None,
    ) -> Resposta:
        """Entrega uma mensagem como se chegasse ao endereço de um serviço numa versão."""
        pedido = Pedido(
            dados,
            None if servico is None else POR_SERVICO[servico],
            None if sem_versao else versao,
            "soap",
            meses.identificar(agora()),
            charset=charset,
            endereco=endereco,
            certificado=certificado,
        )
        resultado = self.recepcao.receber(pedido)
        return Resposta(pedido.id, resultado, validar_resposta(resultado.corpo, versao))

    def enviar_lote(self, numero: str = "1", **opcoes: Any) -> Recibo:
        """Envia um lote inventado e devolve o recibo."""
        versao = opcoes.get("versao", EM_VIGOR)
        return self.enviar(pronta(lote(numero=numero, **opcoes)), versao=versao).recibo

    def perguntar(
        self, protocolo: str, *, versao: str = EM_VIGOR, quem: Identificado = EU, **opcoes: Any
    ) -> Resposta:
        """Pergunta a situação de um protocolo."""
        dados = pronta(status(protocolo, versao=versao, quem=quem, **opcoes))
        return self.enviar(dados, versao=versao, servico=STATUS.servico)

    def arquivada(self, id_mensagem: str) -> MensagemGuardada:
        """A linha do arquivo de uma mensagem."""
        with self.banco.leitura() as conn:
            guardada = mensagens.ler(conn, None, id_mensagem)
        assert guardada is not None
        return guardada

    def protocolo(self, numero: str | None) -> Protocolo:
        """O protocolo gravado com um número."""
        with self.banco.leitura() as conn:
            achado = protocolos.por_numero(conn, self.operadora.id, int(numero or 0))
        assert achado is not None
        return achado

    def transitar(self, numero: str | None, *situacoes: Any) -> None:
        """Leva um protocolo por uma sequência de situações."""
        chave = self.protocolo(numero).id
        with self.banco.escrita() as conn:
            for situacao in situacoes:
                protocolos.transitar(conn, chave, situacao, "teste")

    def contagens(self) -> dict[str, int]:
        """Quantas linhas cada tabela que um lote escreve tem."""
        with self.banco.leitura() as conn:
            return {
                nome: conn.execute(
                    select(func.count()).select_from(tabelas.metadados.tables[nome])
                ).scalar_one()
                for nome in _CONTADAS
            }

    def outro_prestador(self, codigo: str, **campos: Any) -> Prestador:
        """Credencia mais um prestador na mesma operadora."""
        with self.banco.escrita() as conn:
            return prestadores.adicionar(
                conn, self.operadora.id, codigo=codigo, nome=f"Prestador {codigo}", **campos
            )

    def dar_login(self, login: str, senha: str, prestador: Prestador | None = None) -> None:
        """Registra uma credencial."""
        with self.banco.escrita() as conn:
            prestadores.adicionar_credencial(
                conn, prestador or self.prestador, login, verificador(senha)
            )


class AssuntoQuebrado:
    """Um assunto cujo defeito só aparece ao executar, com um texto que não pode sair."""

    servico = STATUS.servico

    def ler(self, corpo: etree._Element) -> None:
        """Nada lê."""

    def executar(self, conn: Connection, contexto: Contexto, pedido: None) -> None:  # noqa: ARG002
        """Falha.

        Raises:
            RuntimeError: sempre.
        """
        raise RuntimeError(SEGREDO)

    def escrever(self, contexto: Contexto, resposta: None) -> etree._Element:
        """Nunca se chega aqui.

        Raises:
            NotImplementedError: sempre.
        """
        raise NotImplementedError


VAZIO = dict.fromkeys(_CONTADAS, 0)
"""Contagens de um banco em que nenhum lote entrou."""


class AbrirMesa(Protocol):
    def __call__(
        self,
        *,
        operadora: Mapping[str, Any] | None = None,
        prestador: Mapping[str, Any] | None = None,
        assuntos: Mapping[str, Assunto] | None = None,
        limites: Limites | None = None,
        credenciais: Credenciais | None = None,
    ) -> Mesa: ...


def abrir_mesa(
    banco: Banco,
    *,
    operadora: Mapping[str, Any] | None = None,
    prestador: Mapping[str, Any] | None = None,
    assuntos: Mapping[str, Assunto] | None = None,
    limites: Limites | None = None,
    credenciais: Credenciais | None = None,
) -> Mesa:
    """Cadastra uma operadora e um prestador com as políticas dadas e põe a recepção diante."""
    da_operadora: dict[str, Any] = {
        "registro_ans": REGISTRO,
        "cnpj": "45123987000170",
        "nome": "Operadora Inventada",
        **(operadora or {}),
    }
    do_prestador: dict[str, Any] = {
        "codigo": CODIGO,
        "nome": NOME,
        "cnpj": CNPJ,
        "cnes": CNES,
        **(prestador or {}),
    }
    with banco.escrita() as conn:
        nova = operadoras.adicionar(conn, **da_operadora)
        quem = prestadores.adicionar(conn, nova.id, **do_prestador)
    recepcao = Recepcao(
        banco, SERVICOS_FEITOS | dict(assuntos or {}), credenciais or Credenciais(banco), limites
    )
    return Mesa(banco, recepcao, nova, quem)


def lote(
    tipo: TipoGuia = TipoGuia.CONSULTA,
    *,
    versao: str = EM_VIGOR,
    quem: Identificado = EU,
    numero: str = "1",
    guias: int = 1,
    itens: int = 3,
    semente: int = 1,
    sequencial: str = "1",
    prefixo: str | None = "ans",
    login: str | None = None,
    senha: str | None = None,
    registro_ans: str = REGISTRO,
) -> etree._Element:
    """Um ``loteGuiasWS`` selado."""
    corpo = corpo_lote(
        tipo, versao, prestador=quem, registro_ans=registro_ans, numero_lote=numero, guias=guias,
        itens=itens, semente=semente,
    )  # fmt: skip
    cab = _cabecalho(
        LOTE.tipo_pedido, versao, quem, sequencial, login=login, senha=senha, destino=registro_ans
    )
    return mensagem_xml.mensagem_ws(LOTE, cab, corpo, prefixo=prefixo)


def status(
    protocolo: str,
    *,
    versao: str = EM_VIGOR,
    quem: Identificado = EU,
    de: Identificado | None = None,
    login: str | None = None,
    senha: str | None = None,
    registro_ans: str = REGISTRO,
) -> etree._Element:
    """Uma ``solicitacaoStatusProtocoloWS`` selada; ``de`` é o prestador de quem se pergunta."""
    cab = _cabecalho(
        STATUS.tipo_pedido, versao, quem, "1", login=login, senha=senha, destino=registro_ans
    )
    corpo = corpo_status(versao, de or quem, protocolo)
    return mensagem_xml.mensagem_ws(STATUS, cab, corpo)


def _cabecalho(
    tipo: str,
    versao: str,
    quem: Identificado,
    sequencial: str,
    *,
    login: str | None,
    senha: str | None,
    destino: str,
) -> Corpo:
    return cabecalho(tipo, versao, quem, destino, sequencial=sequencial, login=login, senha=senha)


def pronta(mensagem: etree._Element, *, selar: bool = True) -> bytes:
    """Os bytes do envelope; sela de novo, salvo se o hash deve ficar como está."""
    return mensagem_xml.envelope(mensagem_xml.selar(mensagem) if selar else mensagem)


def achar(mensagem: etree._Element, caminho: str, posicao: int = 0) -> etree._Element:
    """O elemento TISS no fim de um caminho de nomes locais, a qualquer profundidade."""
    alvo = ".//" + "/".join(Q + nome for nome in caminho.split("/"))
    return mensagem.findall(alvo)[posicao]


def com(mensagem: etree._Element, trocas: Mapping[str, str]) -> etree._Element:
    """A mensagem com o texto de alguns elementos trocado; o hash fica por refazer."""
    for caminho, texto in trocas.items():
        achar(mensagem, caminho).text = texto
    return mensagem


def assinatura(nome: str, valor: str) -> etree._Element:
    """Um elemento TISS com a forma do XML-DSig e valores inventados, que nada assina."""
    raiz = etree.Element(Q + nome, nsmap={"ans": NS_TISS, "ds": _DS[1:-1]})
    algoritmo = {"Algorithm": "urn:exemplo:algoritmo"}
    assinado = etree.SubElement(raiz, f"{_DS}SignedInfo")
    etree.SubElement(assinado, f"{_DS}CanonicalizationMethod", algoritmo)
    etree.SubElement(assinado, f"{_DS}SignatureMethod", algoritmo)
    referencia = etree.SubElement(assinado, f"{_DS}Reference")
    etree.SubElement(referencia, f"{_DS}DigestMethod", algoritmo)
    etree.SubElement(referencia, f"{_DS}DigestValue").text = valor
    etree.SubElement(raiz, f"{_DS}SignatureValue").text = valor
    return raiz


def com_hash_em_utf8(mensagem: etree._Element) -> bytes:
    """Os bytes com o hash feito sobre UTF-8, o único que há para texto fora de ISO-8859-1."""
    textos = [e.text or "" for parte in mensagem[:-1] for e in parte.iter() if not len(e)]
    mensagem[-1].text = hashlib.md5("".join(textos).encode()).hexdigest()
    return pronta(mensagem, selar=False)


def conferir_erro(resposta: Resposta, erro: Erro, versao: str = EM_VIGOR) -> None:
    """Confere que a resposta é ``mensagemErro`` com o código do erro na versão."""
    assert not resposta.resultado.falha
    assert erro.chave == resposta.resultado.erro
    assert erro.glosa(versao) == resposta.codigo
    assert resposta.texto.startswith(erro.texto)


def conferir_falha(resposta: Resposta, erro: Erro) -> None:
    """Confere que a resposta é a falha SOAP com a palavra do erro."""
    assert resposta.resultado.falha
    assert erro.chave == resposta.resultado.erro
    assert erro.fault == resposta.palavra
    assert resposta.texto.startswith(erro.texto)
