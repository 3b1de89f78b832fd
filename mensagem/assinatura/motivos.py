"""Por que uma assinatura não vale: um valor por razão, com o texto que se mostra."""

from __future__ import annotations

from enum import StrEnum


class Motivo(StrEnum):
    """Razão pela qual uma assinatura foi recusada; o valor é estável e vai ao arquivo."""

    NAO_E_A_ULTIMA = "nao-e-a-ultima"
    REPETIDA = "repetida"
    FORA_DO_LUGAR = "fora-do-lugar"
    FORMA = "forma"
    GRANDE_DEMAIS = "grande-demais"
    OBJETO = "objeto"
    COMENTARIO_OU_INSTRUCAO = "comentario-ou-instrucao"
    ESPACO_DE_NOMES = "espaco-de-nomes"
    ESPACOS_DEMAIS = "espacos-de-nomes-demais"
    CANONICALIZACAO = "canonicalizacao"
    ALGORITMO = "algoritmo"
    HMAC = "hmac"
    SHA1 = "sha1"
    DIGEST = "digest"
    BASE64 = "base64"
    SEM_REFERENCIA = "sem-referencia"
    REFERENCIAS_DEMAIS = "referencias-demais"
    REFERENCIA_SEM_URI = "referencia-sem-uri"
    REFERENCIA_EXTERNA = "referencia-externa"
    REFERENCIA_A_PARTE = "referencia-a-parte"
    PROPRIEDADES_DE_OUTRA = "propriedades-de-outra"
    ID_REPETIDO = "id-repetido"
    TRANSFORMACAO = "transformacao"
    SEM_ENVELOPED = "sem-enveloped"
    CONTEUDO_ALTERADO = "conteudo-alterado"
    PROPRIEDADES_ALTERADAS = "propriedades-alteradas"
    VALOR = "valor"
    SEM_CERTIFICADO = "sem-certificado"
    CERTIFICADO_ILEGIVEL = "certificado-ilegivel"
    CERTIFICADOS_DEMAIS = "certificados-demais"
    KEYINFO = "keyinfo"
    CHAVE_CONTRADITORIA = "chave-contraditoria"
    CHAVE_DE_OUTRO_TIPO = "chave-de-outro-tipo"
    CHAVE_FRACA = "chave-fraca"
    CURVA = "curva"
    XADES_FORMA = "xades-forma"
    XADES_NAO_ASSINADO = "xades-nao-assinado"
    XADES_CERTIFICADO = "xades-certificado"

    @property
    def texto(self) -> str:
        """O que está errado e o que fazer, em português; nunca repete valores da mensagem."""
        return _TEXTOS[self]


_TEXTOS = {
    Motivo.NAO_E_A_ULTIMA: (
        "a assinatura deve ser o último elemento da mensagem; há elementos depois dela"
    ),
    Motivo.REPETIDA: "a mensagem traz mais de uma assinatura; envie só a da mensagem inteira",
    Motivo.FORA_DO_LUGAR: (
        "há um elemento Signature fora do lugar; a assinatura da mensagem é filha da raiz"
    ),
    Motivo.FORMA: (
        "a assinatura não tem a forma do padrão XML-DSig: SignedInfo, SignatureValue e KeyInfo,"
        " nesta ordem, no espaço de nomes xmldsig"
    ),
    Motivo.GRANDE_DEMAIS: (
        "a assinatura, ou um certificado dela, é grande demais; retire dela o que não é preciso"
    ),
    Motivo.OBJETO: "a assinatura traz um Object que não são as propriedades do XAdES; retire-o",
    Motivo.COMENTARIO_OU_INSTRUCAO: (
        "há comentário ou instrução de processamento no que se assinou; assine sem eles"
    ),
    Motivo.ESPACO_DE_NOMES: (
        "a mensagem declara um espaço de nomes que não se deixa canonicalizar; use endereços"
        " absolutos"
    ),
    Motivo.ESPACOS_DEMAIS: (
        "há espaços de nomes demais no que se assinou; declare só os que usa, ou assine com a C14N"
        " exclusiva"
    ),
    Motivo.CANONICALIZACAO: (
        "o algoritmo de canonicalização não é aceito; use C14N 1.0, 1.1 ou exclusiva"
    ),
    Motivo.ALGORITMO: (
        "o algoritmo da assinatura não é aceito; use RSA ou ECDSA com SHA-256, SHA-384 ou SHA-512"
    ),
    Motivo.HMAC: "HMAC não é assinatura digital; assine com a chave de um certificado",
    Motivo.SHA1: "a assinatura usa SHA-1, que não é mais seguro; use SHA-256",
    Motivo.DIGEST: "o algoritmo do resumo não é aceito; use SHA-256, SHA-384 ou SHA-512",
    Motivo.BASE64: "a assinatura traz um valor que não está em Base64",
    Motivo.SEM_REFERENCIA: 'a assinatura não cobre a mensagem; falta a Reference com URI=""',
    Motivo.REFERENCIAS_DEMAIS: (
        "a assinatura tem referências demais; aceita-se uma à mensagem e uma às propriedades XAdES"
    ),
    Motivo.REFERENCIA_SEM_URI: 'a Reference não tem o atributo URI; use URI=""',
    Motivo.REFERENCIA_EXTERNA: (
        'a Reference aponta para fora da mensagem ou usa XPointer; use URI=""'
    ),
    Motivo.REFERENCIA_A_PARTE: (
        'a Reference cobre só uma parte; assine a mensagem inteira, com URI=""'
    ),
    Motivo.PROPRIEDADES_DE_OUTRA: (
        "a Reference às propriedades XAdES não aponta para as desta assinatura"
    ),
    Motivo.ID_REPETIDO: "o Id a que a Reference aponta aparece mais de uma vez na mensagem",
    Motivo.TRANSFORMACAO: (
        "a Reference usa uma transformação que não é aceita; use enveloped-signature e, depois,"
        " uma canonicalização"
    ),
    Motivo.SEM_ENVELOPED: "falta a transformação enveloped-signature na Reference à mensagem",
    Motivo.CONTEUDO_ALTERADO: (
        "o conteúdo não é o que se assinou; nada pode mudar na mensagem depois da assinatura,"
        " nem espaços"
    ),
    Motivo.PROPRIEDADES_ALTERADAS: "as propriedades XAdES não são as que se assinaram",
    Motivo.VALOR: (
        "o valor da assinatura não confere com o certificado enviado; SignedInfo mudou depois de"
        " assinado, ou o certificado é outro"
    ),
    Motivo.SEM_CERTIFICADO: "a assinatura não traz o certificado; ponha-o em X509Certificate",
    Motivo.CERTIFICADO_ILEGIVEL: "um X509Certificate da assinatura não se deixa ler",
    Motivo.CERTIFICADOS_DEMAIS: (
        "a assinatura traz certificados demais; bastam o do titular e os intermediários"
    ),
    Motivo.KEYINFO: (
        "KeyInfo traz um meio de indicar a chave que não é aceito; use só X509Data, com"
        " X509Certificate"
    ),
    Motivo.CHAVE_CONTRADITORIA: "KeyValue traz outra chave que o certificado; retire KeyValue",
    Motivo.CHAVE_DE_OUTRO_TIPO: (
        "a chave do certificado não é do tipo que o algoritmo da assinatura usa"
    ),
    Motivo.CHAVE_FRACA: "a chave RSA do certificado tem menos de 2048 bits",
    Motivo.CURVA: "a curva da chave do certificado não é aceita; use P-256, P-384 ou P-521",
    Motivo.XADES_FORMA: "as propriedades XAdES não têm a forma do padrão",
    Motivo.XADES_NAO_ASSINADO: "a assinatura traz propriedades XAdES que ela não cobre",
    Motivo.XADES_CERTIFICADO: (
        "o certificado que as propriedades XAdES nomeiam não é o que assinou"
    ),
}


class AssinaturaInvalida(Exception):
    """Uma assinatura que não vale.

    Attributes:
        motivo: a razão.
    """

    def __init__(self, motivo: Motivo) -> None:
        super().__init__(motivo.texto)
        self.motivo = motivo

    @property
    def texto(self) -> str:
        """A razão em português, começada em minúscula e sem ponto final."""
        return self.motivo.texto
