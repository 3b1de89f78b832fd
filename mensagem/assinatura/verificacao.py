"""A verificação de uma assinatura: de uma árvore a um certificado e ao que ele assinou.

A signxml confere o valor da assinatura e a concordância de KeyValue com o certificado. O que ela
não faz por este padrão é daqui: o elemento num espaço de nomes que não é o do XML-DSig, a forma
estrita (:mod:`mensagem.assinatura.forma`), as propriedades XAdES e o resumo da mensagem, feito uma
só vez e sobre a própria árvore que depois se lê.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidSignature, SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from mensagem.assinatura import chave_publica, forma, lugar, xades
from mensagem.assinatura.algoritmos import DIGESTS, METODOS
from mensagem.assinatura.canonica import avulso, canonizar, sozinho, tirado
from mensagem.assinatura.motivos import AssinaturaInvalida, Motivo
from mensagem.assinatura.valores import Grafia, Verificada

if TYPE_CHECKING:
    from cryptography import x509

    from mensagem.assinatura.canonica import Canonica
    from mensagem.assinatura.forma import Forma
    from mensagem.assinatura.xades import Propriedades

_METODOS = frozenset(SignatureMethod(uri) for uri in METODOS)
_DIGESTS = frozenset(DigestAlgorithm(uri) for uri in DIGESTS)
_DE_KEY_VALUE = (
    SignXMLException, UnsupportedAlgorithm, ValueError, KeyError, TypeError, AttributeError,
    AssertionError, ArithmeticError,
)  # fmt: skip
"""O que a signxml e a cryptography levantam diante de um KeyValue torto."""
_MAIOR = 1_048_576
"""Bytes de uma assinatura; uma XAdES com carimbo do tempo e listas de revogados tem menos."""
_ESTRANHOS = (etree.Comment, etree.ProcessingInstruction, etree.Entity)


def verificar(mensagem: etree._Element, *, aceitar_sha1: bool = False) -> Verificada | None:
    """Verifica a assinatura da mensagem inteira.

    Aceita RSA (2048 bits ou mais) e ECDSA com SHA-256 a SHA-512, C14N inclusiva ou exclusiva, uma
    Reference à mensagem (``URI=""`` ou o Id da raiz) e no máximo outra às propriedades XAdES.

    A mensagem canonicaliza-se como se estivesse só: os espaços de nomes que um Envelope declara e
    ela não usa ficam de fora, porque quem a assinou ainda não tinha Envelope.

    Args:
        mensagem: como :func:`mensagem.parse.parse` a leu, dentro ou fora de um Envelope. A
            assinatura sai dela, e ela pode sair do Envelope; depois daqui só se use ``lida``.
        aceitar_sha1: se SHA-1 ainda se aceita de quem enviou.

    Returns:
        A assinatura íntegra, ou ``None`` se a mensagem não traz nenhuma.

    Raises:
        AssinaturaInvalida: com a primeira razão que se acha.
    """
    achada = lugar.achar(mensagem)
    if achada is None:
        return None
    assinatura = avulso(achada.elemento)
    lida = _ler(assinatura, aceitar_sha1=aceitar_sha1)
    if mensagem.getparent() is not None and lida.depende_do_contexto:
        mensagem = tirado(mensagem)
        achada = achada._replace(elemento=mensagem[-1])
        assinatura = avulso(achada.elemento)
        lida = _ler(assinatura, aceitar_sha1=aceitar_sha1)
    lugar.retirar(achada.elemento)
    lugar.exigir_unica(mensagem)
    return _concluir(mensagem, achada.grafia, assinatura, lida, aceitar_sha1=aceitar_sha1)


def verificar_dentro(
    pai: etree._Element, nome: str, grafia: Grafia, *, aceitar_sha1: bool
) -> Verificada:
    """Verifica a assinatura que um elemento traz de si mesmo, como se ele estivesse só.

    Args:
        pai: o elemento assinado; não é alterado.
        nome: nome expandido do filho que é a assinatura.
        grafia: a que se anota.
        aceitar_sha1: se SHA-1 ainda se aceita.

    Raises:
        AssinaturaInvalida: com a primeira razão que se acha.
    """
    pai = sozinho(pai)
    [elemento, *outras] = list(pai.iterchildren(nome))
    if outras:
        raise AssinaturaInvalida(Motivo.REPETIDA)
    assinatura = avulso(elemento)
    lida = _ler(assinatura, aceitar_sha1=aceitar_sha1)
    lugar.retirar(elemento)
    return _concluir(pai, grafia, assinatura, lida, aceitar_sha1=aceitar_sha1)


def _ler(assinatura: etree._Element, *, aceitar_sha1: bool) -> Forma:
    # lidos de outro modo que o assinado; ver canonica.canonizar
    if next(assinatura.iter(*_ESTRANHOS), None) is not None:
        raise AssinaturaInvalida(Motivo.COMENTARIO_OU_INSTRUCAO)
    if len(etree.tostring(assinatura)) > _MAIOR:
        raise AssinaturaInvalida(Motivo.GRANDE_DEMAIS)
    return forma.ler(assinatura, aceitar_sha1=aceitar_sha1)


def _concluir(
    conteudo: etree._Element,
    grafia: Grafia,
    assinatura: etree._Element,
    lida: Forma,
    *,
    aceitar_sha1: bool,
) -> Verificada:
    """Confere chave, valor e resumos de uma assinatura cuja forma já se aceitou.

    Args:
        conteudo: o que se assinou, já sem a assinatura.
        grafia: como a assinatura se chamava.
        assinatura: ela, raiz de um documento seu.
        lida: a sua forma.
        aceitar_sha1: se SHA-1 ainda se aceita.

    Raises:
        AssinaturaInvalida: com a primeira razão que se acha.
    """
    _conferir_alvo(conteudo, assinatura, lida.mensagem.uri)
    enviados = chave_publica.certificados(lida.chave)
    propriedades = xades.ler(assinatura, lida, aceitar_sha1=aceitar_sha1)
    certificado = _quem_assinou(assinatura, lida, enviados, propriedades)
    if propriedades is not None and lida.propriedades is not None:
        dados = canonizar(avulso(propriedades.elemento), lida.propriedades.canonica)
        if not lida.propriedades.confere(dados):
            raise AssinaturaInvalida(Motivo.PROPRIEDADES_ALTERADAS)
    if not lida.mensagem.confere(canonizar(conteudo, lida.mensagem.canonica)):
        raise AssinaturaInvalida(Motivo.CONTEUDO_ALTERADO)
    return Verificada(
        lida=conteudo,
        grafia=grafia,
        algoritmo=lida.metodo.nome,
        digest=lida.mensagem.digest.nome,
        canonicalizacao=lida.mensagem.canonica.nome,
        certificado=certificado,
        certificados_enviados=enviados,
        xades=propriedades.xades if propriedades else None,
        sha1=lida.sha1 or (propriedades is not None and propriedades.sha1),
    )


def _conferir_alvo(conteudo: etree._Element, assinatura: etree._Element, uri: str) -> None:
    """Confere que a Reference aponta para o conteúdo inteiro, e só para ele."""
    if not uri:
        return
    apontados = forma.ids(conteudo, uri[1:])
    if len(apontados) + len(forma.ids(assinatura, uri[1:])) > 1:
        raise AssinaturaInvalida(Motivo.ID_REPETIDO)
    if apontados != [conteudo]:
        raise AssinaturaInvalida(Motivo.REFERENCIA_A_PARTE)


def _quem_assinou(
    assinatura: etree._Element,
    lida: Forma,
    enviados: tuple[x509.Certificate, ...],
    propriedades: Propriedades | None,
) -> x509.Certificate:
    """O certificado enviado cuja chave confere o valor da assinatura."""
    candidatos = chave_publica.do_titular(enviados)
    if propriedades is not None and propriedades.nomeados:
        candidatos = [c for c in enviados if any(n.e(c) for n in propriedades.nomeados)]
        if not candidatos:
            raise AssinaturaInvalida(Motivo.XADES_CERTIFICADO)
    problemas = []
    for candidato in candidatos:
        problema = chave_publica.problema(candidato, lida.metodo)
        if problema is None:
            if _Valor(lida.canonica).confere(assinatura, candidato):
                return candidato
            problema = Motivo.VALOR
        problemas.append(problema)
    raise AssinaturaInvalida(Motivo.VALOR if Motivo.VALOR in problemas else problemas[0])


class _Valor(XMLVerifier):
    """O que se usa da signxml: o valor da assinatura, e KeyValue igual à chave do certificado.

    Args:
        canonica: a forma de SignedInfo; a signxml a faria sobre um elemento que não é raiz.
    """

    def __init__(self, canonica: Canonica) -> None:
        super().__init__()
        self._canonica = canonica

    def confere(self, assinatura: etree._Element, certificado: x509.Certificate) -> bool:
        """Diz se o certificado confere o valor.

        Raises:
            AssinaturaInvalida: confere, mas KeyValue traz outra chave.
        """
        try:
            self.verify(
                assinatura,
                x509_cert=certificado,
                validate_schema=False,
                expect_config=SignatureConfiguration(
                    expect_references=False,
                    signature_methods=_METODOS,
                    digest_algorithms=_DIGESTS,
                    # a validade julga quem conhece as âncoras; aqui só a integridade
                    verification_time=certificado.not_valid_before_utc,
                ),
            )
        except InvalidSignature:
            return False
        except _DE_KEY_VALUE:
            # a forma e os algoritmos já se conferiram: só resta um KeyValue torto ou diferente
            raise AssinaturaInvalida(Motivo.CHAVE_CONTRADITORIA) from None
        return True

    def get_root(self, data: Any) -> Any:
        return data

    def _get_signature(self, root: Any) -> Any:
        return root

    def _c14n(self, nodes: Any, *_argumentos: Any, **_opcoes: Any) -> Any:
        return canonizar(avulso(nodes), self._canonica)

    def _verify_reference(self, *_argumentos: Any) -> Any:
        """As referências conferem-se fora, depois do valor, sobre a árvore que se lê."""
        return None
