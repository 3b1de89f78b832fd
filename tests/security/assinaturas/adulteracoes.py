"""As adulterações: cada função devolve uma mensagem que tem de ser recusada.

O motivo de cada uma está em ``manifesto.json``, sob o nome da função.
"""

from __future__ import annotations

from base64 import b64encode
from copy import deepcopy
from typing import TYPE_CHECKING

import certificados as icp
from acceptance.mensagens import lote
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree
from security.assinaturas import oficina
from security.assinaturas.oficina import DS, ENVELOPED, EXC, Ref, exclusiva, forjar

from dominio.transacoes import NS_TISS

if TYPE_CHECKING:
    from collections.abc import Callable

    from certificados import Par

T, D = f"{{{NS_TISS}}}", f"{{{DS}}}"
_MAIS = "http://www.w3.org/2001/04/xmldsig-more#"
ADULTERACOES: dict[str, Callable[[], etree._Element]] = {}


def adulteracao(funcao: Callable[[], etree._Element]) -> Callable[[], etree._Element]:
    ADULTERACOES[funcao.__name__] = funcao
    return funcao


def titular() -> Par:
    return icp.intermediaria().titular()


def outro() -> Par:
    return icp.intermediaria().titular("OUTRA CLINICA LTDA", cnpj=icp.OUTRO_CNPJ)


def base() -> etree._Element:
    return lote(numero="1001")


def boa() -> etree._Element:
    """A que se adultera: sem nada de errado."""
    return forjar(base(), titular())


def falsa() -> etree._Element:
    """O que o atacante quer que se leia."""
    return lote(numero="6666")


def achar(mensagem: etree._Element, nome: str) -> etree._Element:
    return next(mensagem.iter(T + nome, D + nome, f"{{{oficina.XADES}}}{nome}"))


def com_id() -> etree._Element:
    mensagem = base()
    mensagem.set("Id", "m")
    return forjar(mensagem, titular(), Ref(exclusiva(mensagem), "#m"))


def com_xades(**opcoes: object) -> etree._Element:
    mensagem = base()
    objeto = oficina.propriedades(titular(), **opcoes)  # type: ignore[arg-type]
    return forjar(
        mensagem,
        titular(),
        Ref(exclusiva(mensagem)),
        oficina.ref_das_propriedades(objeto),
        objetos=objeto,
    )


def objeto(conteudo: etree._Element) -> etree._Element:
    novo = etree.Element(f"{D}Object")
    novo.append(conteudo)
    return novo


def sem_assinatura(mensagem: etree._Element) -> etree._Element:
    copia = deepcopy(mensagem)
    copia.remove(copia[-1])
    return copia


# --- as oito formas clássicas de embrulhar o assinado em outra mensagem ------------------------


@adulteracao
def embrulho_1_original_em_object() -> etree._Element:
    assinada, forjada = com_id(), falsa()
    assinatura = assinada[-1]
    assinatura.append(objeto(sem_assinatura(assinada)))
    forjada.append(assinatura)
    return forjada


@adulteracao
def embrulho_2_original_ao_lado_da_assinatura() -> etree._Element:
    assinada, forjada = com_id(), falsa()
    forjada.append(sem_assinatura(assinada))
    forjada.append(assinada[-1])
    return forjada


@adulteracao
def embrulho_3_lote_falso_antes_do_lote_assinado() -> etree._Element:
    mensagem = base()
    assinado = achar(mensagem, "loteGuias")
    assinado.set("Id", "l")
    forjar(mensagem, titular(), Ref(exclusiva(assinado), "#l"))
    assinado.addprevious(deepcopy(achar(falsa(), "loteGuias")))
    return mensagem


@adulteracao
def embrulho_4_mensagem_assinada_dentro_do_corpo_falso() -> etree._Element:
    forjada = falsa()
    achar(forjada, "loteGuias").append(com_id())
    return forjada


@adulteracao
def embrulho_5_mesmo_id_na_falsa_e_na_original() -> etree._Element:
    assinada, forjada = com_id(), falsa()
    forjada.set("Id", "m")
    forjada.insert(0, sem_assinatura(assinada))
    forjada.append(assinada[-1])
    return forjada


@adulteracao
def embrulho_6_original_em_keyinfo() -> etree._Element:
    assinada, forjada = com_id(), falsa()
    forjada.set("Id", "outro")
    assinatura = assinada[-1]
    achar(assinatura, "KeyInfo").append(sem_assinatura(assinada))
    forjada.append(assinatura)
    return forjada


@adulteracao
def embrulho_7_original_nas_propriedades_nao_assinadas() -> etree._Element:
    mensagem, forjada = base(), falsa()
    mensagem.set("Id", "m")
    embrulhada = (
        f'<xades:UnsignedProperties xmlns:xades="{oficina.XADES}">'
        f"{etree.tostring(mensagem).decode()}</xades:UnsignedProperties>"
    )
    xades = oficina.propriedades(titular(), depois=embrulhada)
    assinada = forjar(
        mensagem,
        titular(),
        Ref(exclusiva(mensagem), "#m"),
        oficina.ref_das_propriedades(xades),
        objetos=xades,
    )
    forjada.append(assinada[-1])
    return forjada


@adulteracao
def embrulho_8_mensagem_assinada_inteira_em_object() -> etree._Element:
    assinada, forjada = boa(), falsa()
    assinatura = deepcopy(assinada[-1])
    assinatura.append(objeto(assinada))
    forjada.append(assinatura)
    return forjada


# --- lugar ------------------------------------------------------------------------------------


@adulteracao
def duas_assinaturas() -> etree._Element:
    mensagem = boa()
    mensagem.append(deepcopy(mensagem[-1]))
    return mensagem


@adulteracao
def uma_assinatura_de_cada_grafia() -> etree._Element:
    mensagem = boa()
    copia = deepcopy(mensagem[-1])
    copia.tag = f"{D}Signature"
    mensagem.append(copia)
    return mensagem


@adulteracao
def assinatura_antes_do_hash() -> etree._Element:
    mensagem = boa()
    mensagem.insert(2, mensagem[-1])
    return mensagem


@adulteracao
def assinatura_dentro_do_corpo() -> etree._Element:
    mensagem = boa()
    achar(mensagem, "loteGuias").append(mensagem[-1])
    return mensagem


@adulteracao
def segunda_assinatura_dentro_do_corpo() -> etree._Element:
    mensagem = base()
    achar(mensagem, "loteGuias").append(deepcopy(boa()[-1]))
    return forjar(mensagem, titular())


# --- o que se assina --------------------------------------------------------------------------


@adulteracao
def assinatura_de_uma_parte() -> etree._Element:
    mensagem = base()
    parte = achar(mensagem, "loteGuias")
    parte.set("Id", "lote")
    return forjar(mensagem, titular(), Ref(exclusiva(parte), "#lote"))


@adulteracao
def assinatura_so_do_cabecalho() -> etree._Element:
    mensagem = base()
    parte = achar(mensagem, "cabecalho")
    parte.set("ID", "c")
    return forjar(mensagem, titular(), Ref(exclusiva(parte), "#c"))


@adulteracao
def id_que_nao_existe() -> etree._Element:
    mensagem = base()
    return forjar(mensagem, titular(), Ref(exclusiva(mensagem), "#nada"))


@adulteracao
def id_repetido_noutra_grafia_do_atributo() -> etree._Element:
    mensagem = com_id()
    achar(mensagem, "loteGuias").set("id", "m")
    return mensagem


@adulteracao
def referencia_http() -> etree._Element:
    mensagem = base()
    return forjar(mensagem, titular(), Ref(exclusiva(mensagem), "http://127.0.0.1/m.xml"))


@adulteracao
def referencia_a_arquivo() -> etree._Element:
    mensagem = base()
    return forjar(mensagem, titular(), Ref(exclusiva(mensagem), "file:///etc/hostname"))


@adulteracao
def referencia_xpointer() -> etree._Element:
    mensagem = base()
    return forjar(mensagem, titular(), Ref(exclusiva(mensagem), "#xpointer(/)"))


@adulteracao
def referencia_sem_uri() -> etree._Element:
    mensagem = base()
    return forjar(mensagem, titular(), Ref(exclusiva(mensagem), None))


@adulteracao
def duas_referencias_a_mensagem() -> etree._Element:
    mensagem = base()
    return forjar(mensagem, titular(), *[Ref(exclusiva(mensagem))] * 2)


@adulteracao
def referencia_a_mais_a_uma_parte() -> etree._Element:
    mensagem = base()
    parte = achar(mensagem, "loteGuias")
    parte.set("Id", "l")
    todas = Ref(exclusiva(mensagem)), Ref(exclusiva(parte), "#l", (EXC,))
    return forjar(mensagem, titular(), *todas)


@adulteracao
def lista_de_referencias_vazia() -> etree._Element:
    mensagem = boa()
    referencia = achar(mensagem, "Reference")
    informacao = referencia.getparent()
    assert informacao is not None
    informacao.remove(referencia)
    valor = titular().chave.sign(  # type: ignore[call-arg]
        exclusiva(informacao), oficina.PKCS1v15(), hashes.SHA256()
    )
    achar(mensagem, "SignatureValue").text = b64encode(valor).decode()
    return mensagem


@adulteracao
def referencia_so_as_propriedades() -> etree._Element:
    xades = oficina.propriedades(titular())
    return forjar(base(), titular(), oficina.ref_das_propriedades(xades), objetos=xades)


@adulteracao
def manifesto_em_object() -> etree._Element:
    mensagem = base()
    manifesto = f'<ds:Object><ds:Manifest Id="mf">{Ref(b"x").xml()}</ds:Manifest></ds:Object>'
    return forjar(mensagem, titular(), objetos=manifesto)


# --- transformações e canonicalização ---------------------------------------------------------


def _com_transformacoes(*transformacoes: str) -> etree._Element:
    mensagem = base()
    return forjar(mensagem, titular(), Ref(exclusiva(mensagem), "", transformacoes))


@adulteracao
def transformacao_xpath() -> etree._Element:
    xpath = (
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
        "<ds:XPath>not(ancestor-or-self::node()[local-name()='loteGuias'])</ds:XPath></ds:Transform>"
    )
    return _com_transformacoes(ENVELOPED, xpath, EXC)


@adulteracao
def transformacao_xpath_filter2() -> etree._Element:
    return _com_transformacoes(ENVELOPED, "http://www.w3.org/2002/06/xmldsig-filter2", EXC)


@adulteracao
def transformacao_xslt() -> etree._Element:
    return _com_transformacoes(ENVELOPED, "http://www.w3.org/TR/1999/REC-xslt-19991116")


@adulteracao
def transformacao_base64() -> etree._Element:
    return _com_transformacoes(ENVELOPED, f"{DS}base64")


@adulteracao
def duas_canonicalizacoes() -> etree._Element:
    return _com_transformacoes(ENVELOPED, EXC, EXC)


@adulteracao
def canonicalizacao_antes_de_enveloped() -> etree._Element:
    return _com_transformacoes(EXC, ENVELOPED)


@adulteracao
def sem_enveloped() -> etree._Element:
    return _com_transformacoes(EXC)


@adulteracao
def sem_transformacoes() -> etree._Element:
    return _com_transformacoes()


@adulteracao
def canonicalizacao_2_0() -> etree._Element:
    return forjar(base(), titular(), c14n="http://www.w3.org/2010/xml-c14n2")


@adulteracao
def parametro_na_canonicalizacao_inclusiva() -> etree._Element:
    com_lista = (
        f'<ds:Transform Algorithm="{oficina.INC}"><ec:InclusiveNamespaces xmlns:ec="{EXC}"'
        ' PrefixList="ans"/></ds:Transform>'
    )
    return _com_transformacoes(ENVELOPED, com_lista)


# --- KeyInfo ----------------------------------------------------------------------------------


@adulteracao
def so_key_value() -> etree._Element:
    return forjar(base(), titular(), keyinfo=oficina.key_value(titular()))


@adulteracao
def keyinfo_vazio() -> etree._Element:
    return forjar(base(), titular(), keyinfo="")


@adulteracao
def sem_keyinfo() -> etree._Element:
    mensagem = boa()
    chave = achar(mensagem, "KeyInfo")
    mensagem[-1].remove(chave)
    return mensagem


@adulteracao
def so_emissor_e_serie() -> etree._Element:
    serial = (
        "<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>CN=AC</ds:X509IssuerName>"
        "<ds:X509SerialNumber>1</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>"
    )
    return forjar(base(), titular(), keyinfo=serial)


@adulteracao
def retrieval_method() -> etree._Element:
    busca = f'<ds:RetrievalMethod URI="http://127.0.0.1/c.cer"/>{oficina.x509(titular())}'
    return forjar(base(), titular(), keyinfo=busca)


@adulteracao
def duas_chaves_alem_do_certificado() -> etree._Element:
    duas = oficina.key_value(titular()) + oficina.der_key_value(titular())
    return forjar(base(), titular(), keyinfo=duas + oficina.x509(titular()))


@adulteracao
def key_value_de_outra_chave() -> etree._Element:
    contraria = oficina.x509(titular()) + oficina.key_value(outro())
    return forjar(base(), titular(), keyinfo=contraria)


@adulteracao
def der_key_value_de_outra_chave() -> etree._Element:
    contraria = oficina.x509(titular()) + oficina.der_key_value(outro())
    return forjar(base(), titular(), keyinfo=contraria)


@adulteracao
def der_key_value_de_tipo_desconhecido() -> etree._Element:
    # o OID de rsaEncryption, 1.2.840.113549.1.1.1, vira o de outra coisa
    conhecida = oficina.der_key_value(titular())
    desconhecida = conhecida.replace("hkiG9w0BAQEF", "hkiG9w0BAQ0F")
    assert desconhecida != conhecida
    return forjar(base(), titular(), keyinfo=oficina.x509(titular()) + desconhecida)


@adulteracao
def der_key_value_vazio() -> etree._Element:
    vazio = '<d:DEREncodedKeyValue xmlns:d="http://www.w3.org/2009/xmldsig11#"/>'
    return forjar(base(), titular(), keyinfo=oficina.x509(titular()) + vazio)


@adulteracao
def key_value_torto() -> etree._Element:
    torto = "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>!</ds:Modulus></ds:RSAKeyValue></ds:KeyValue>"
    return forjar(base(), titular(), keyinfo=oficina.x509(titular()) + torto)


@adulteracao
def certificado_trocado() -> etree._Element:
    return forjar(base(), titular(), keyinfo=oficina.x509(outro()))


@adulteracao
def so_o_certificado_da_autoridade() -> etree._Element:
    return forjar(base(), titular(), keyinfo=oficina.x509(icp.intermediaria()))


@adulteracao
def mesmo_nome_de_outra_autoridade() -> etree._Element:
    impostor = icp.falsa().titular(chave_de="impostor")
    return forjar(base(), impostor, keyinfo=oficina.x509(titular()))


@adulteracao
def onze_certificados() -> etree._Element:
    return forjar(base(), titular(), keyinfo=oficina.x509(*[titular()] * 11))


@adulteracao
def certificado_que_nao_se_le() -> etree._Element:
    mensagem = boa()
    achar(mensagem, "X509Certificate").text = b64encode(b"nada disto").decode()
    return mensagem


# --- algoritmos -------------------------------------------------------------------------------


@adulteracao
def hmac_com_a_chave_publica() -> etree._Element:
    publica = titular().chave.public_key()
    segredo = publica.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return forjar(base(), titular(), metodo=f"{_MAIS}hmac-sha256", por_hmac=segredo)


@adulteracao
def hmac_sem_segredo() -> etree._Element:
    return forjar(base(), titular(), metodo=f"{DS}hmac-sha1", por_hmac=b"")


@adulteracao
def hmac_output_length_num_rsa() -> etree._Element:
    curto = "<ds:HMACOutputLength>8</ds:HMACOutputLength>"
    return forjar(base(), titular(), no_metodo=curto)


@adulteracao
def rsa_sha1() -> etree._Element:
    return forjar(base(), titular(), metodo=f"{DS}rsa-sha1", resumo=hashes.SHA1())  # noqa: S303


@adulteracao
def digest_sha1() -> etree._Element:
    mensagem = base()
    return forjar(mensagem, titular(), Ref(exclusiva(mensagem), digest=oficina.SHA1))


@adulteracao
def rsa_md5() -> etree._Element:
    return forjar(base(), titular(), metodo=f"{_MAIS}rsa-md5", resumo=hashes.MD5())  # noqa: S303


@adulteracao
def digest_md5() -> etree._Element:
    mensagem = base()
    return forjar(mensagem, titular(), Ref(exclusiva(mensagem), digest=oficina.MD5))


@adulteracao
def algoritmo_dsa() -> etree._Element:
    return forjar(base(), titular(), metodo=f"{DS}dsa-sha1")


@adulteracao
def digest_que_nao_e_do_algoritmo_dito() -> etree._Element:
    mensagem = base()
    ref = Ref(exclusiva(mensagem), digest=oficina.SHA512, funcao="sha256")
    return forjar(mensagem, titular(), ref)


@adulteracao
def rsa_de_1024_bits() -> etree._Element:
    return forjar(base(), icp.intermediaria().titular(tipo="rsa1024"))


@adulteracao
def ecdsa_dito_com_certificado_rsa() -> etree._Element:
    return forjar(base(), titular(), metodo=f"{_MAIS}ecdsa-sha256")


@adulteracao
def rsa_dito_com_certificado_de_curva() -> etree._Element:
    return forjar(base(), icp.intermediaria().titular(tipo="ec256"))


@adulteracao
def curva_de_bitcoin() -> etree._Element:
    par = icp.intermediaria().titular(tipo="ec256k1")
    return forjar(base(), par, metodo=f"{_MAIS}ecdsa-sha256")


@adulteracao
def ecdsa_com_zeros() -> etree._Element:
    par = icp.intermediaria().titular(tipo="ec256")
    mensagem = forjar(base(), par, metodo=f"{_MAIS}ecdsa-sha256")
    achar(mensagem, "SignatureValue").text = b64encode(bytes(64)).decode()
    return mensagem


@adulteracao
def ecdsa_em_der() -> etree._Element:
    par = icp.intermediaria().titular(tipo="ec256")
    mensagem = forjar(base(), par, metodo=f"{_MAIS}ecdsa-sha256")
    achar(mensagem, "SignatureValue").text = b64encode(b"\x30\x44" + bytes(68)).decode()
    return mensagem


# --- XAdES ------------------------------------------------------------------------------------


@adulteracao
def xades_nomeia_outro_certificado() -> etree._Element:
    mensagem = base()
    objeto_ = oficina.propriedades(outro())
    refs = Ref(exclusiva(mensagem)), oficina.ref_das_propriedades(objeto_)
    return forjar(mensagem, titular(), *refs, objetos=objeto_)


@adulteracao
def xades_v2_nomeia_outro_certificado() -> etree._Element:
    mensagem = base()
    objeto_ = oficina.propriedades(outro(), v2=True)
    refs = Ref(exclusiva(mensagem)), oficina.ref_das_propriedades(objeto_)
    return forjar(mensagem, titular(), *refs, objetos=objeto_)


@adulteracao
def xades_nomeia_enviado_que_nao_assinou() -> etree._Element:
    mensagem = base()
    objeto_ = oficina.propriedades(outro())
    refs = Ref(exclusiva(mensagem)), oficina.ref_das_propriedades(objeto_)
    return forjar(
        mensagem, titular(), *refs, objetos=objeto_, keyinfo=oficina.x509(titular(), outro())
    )


@adulteracao
def xades_com_outro_numero_de_serie() -> etree._Element:
    return com_xades(serie=12345)


@adulteracao
def xades_que_a_assinatura_nao_cobre() -> etree._Element:
    return forjar(base(), titular(), objetos=oficina.propriedades(titular()))


@adulteracao
def xades_com_outra_hora() -> etree._Element:
    mensagem = com_xades()
    achar(mensagem, "SigningTime").text = "2020-01-01T00:00:00Z"
    return mensagem


@adulteracao
def xades_de_outra_assinatura() -> etree._Element:
    return com_xades(alvo="outra")


@adulteracao
def xades_com_referencia_a_outras_propriedades() -> etree._Element:
    mensagem = base()
    objeto_ = oficina.propriedades(titular())
    refs = Ref(exclusiva(mensagem)), oficina.ref_das_propriedades(objeto_, "#q")
    return forjar(mensagem, titular(), *refs, objetos=objeto_)


@adulteracao
def xades_com_referencia_sem_propriedades() -> etree._Element:
    mensagem = base()
    objeto_ = oficina.propriedades(titular())
    refs = Ref(exclusiva(mensagem)), oficina.ref_das_propriedades(objeto_)
    return forjar(mensagem, titular(), *refs)


@adulteracao
def xades_com_id_repetido_na_assinatura() -> etree._Element:
    mensagem = base()
    objeto_ = oficina.propriedades(titular(), identificador="s")
    refs = Ref(exclusiva(mensagem)), oficina.ref_das_propriedades(objeto_, "#s")
    return forjar(mensagem, titular(), *refs, objetos=objeto_)


@adulteracao
def xades_em_dois_object() -> etree._Element:
    mensagem = com_xades()
    mensagem[-1].append(deepcopy(mensagem[-1][-1]))
    return mensagem


@adulteracao
def xades_com_hora_que_nao_se_le() -> etree._Element:
    mensagem = com_xades()
    achar(mensagem, "SigningTime").text = "ontem"
    return mensagem


# --- conteúdo e forma -------------------------------------------------------------------------


@adulteracao
def valor_mudado() -> etree._Element:
    mensagem = boa()
    achar(mensagem, "numeroLote").text = "1002"
    return mensagem


@adulteracao
def hash_mudado() -> etree._Element:
    mensagem = boa()
    achar(mensagem, "hash").text = "0" * 32
    return mensagem


@adulteracao
def guia_a_mais() -> etree._Element:
    mensagem = boa()
    guias = achar(mensagem, "guiasTISS")
    guias.append(deepcopy(guias[0]))
    return mensagem


@adulteracao
def espaco_a_mais() -> etree._Element:
    mensagem = boa()
    mensagem[0].tail = "\n"
    return mensagem


@adulteracao
def texto_depois_da_assinatura() -> etree._Element:
    mensagem = boa()
    mensagem[-1].tail = " "
    return mensagem


@adulteracao
def atributo_a_mais() -> etree._Element:
    mensagem = boa()
    nulo = "{http://www.w3.org/2001/XMLSchema-instance}nil"
    achar(mensagem, "numeroLote").set(nulo, "true")
    return mensagem


@adulteracao
def elemento_noutro_espaco_de_nomes() -> etree._Element:
    mensagem = boa()
    achar(mensagem, "numeroLote").tag = "{http://exemplo.invalid/tiss}numeroLote"
    return mensagem


@adulteracao
def mesmo_prefixo_com_outro_endereco() -> etree._Element:
    mensagem = boa()
    trocado = etree.tostring(mensagem).replace(
        b"<ans:numeroLote>", b'<ans:numeroLote xmlns:ans="http://exemplo.invalid/">'
    )
    return etree.fromstring(trocado)


@adulteracao
def espaco_de_nomes_relativo() -> etree._Element:
    mensagem = boa()
    trocado = etree.tostring(mensagem).replace(
        b"<ans:loteGuiasWS ", b'<ans:loteGuiasWS xmlns:r="relativo" r:a="1" '
    )
    return etree.fromstring(trocado)


@adulteracao
def comentario_dentro_de_um_valor() -> etree._Element:
    mensagem = boa()
    trocado = etree.tostring(mensagem).replace(b">1001<", b">1<!-- -->001<")
    return etree.fromstring(trocado)


@adulteracao
def instrucao_dentro_de_um_valor() -> etree._Element:
    mensagem = boa()
    trocado = etree.tostring(mensagem).replace(b">1001<", b">1<?x?>001<")
    return etree.fromstring(trocado)


@adulteracao
def instrucao_entre_elementos() -> etree._Element:
    mensagem = boa()
    mensagem[0].addnext(etree.ProcessingInstruction("x", "y"))
    return mensagem


@adulteracao
def comentario_no_digest() -> etree._Element:
    mensagem = boa()
    valor = achar(mensagem, "DigestValue")
    texto = valor.text or ""
    valor.text = texto[:4]
    comentario = etree.Comment("x")
    comentario.tail = texto[4:]
    valor.append(comentario)
    return mensagem


@adulteracao
def digest_refeito_sem_a_chave() -> etree._Element:
    mensagem = boa()
    achar(mensagem, "numeroLote").text = "1002"
    novo = forjar(sem_assinatura(mensagem), outro())
    achar(mensagem, "DigestValue").text = achar(novo, "DigestValue").text
    return mensagem


@adulteracao
def valor_da_assinatura_de_outra_mensagem() -> etree._Element:
    mensagem = boa()
    alheia = forjar(falsa(), titular())
    achar(mensagem, "SignatureValue").text = achar(alheia, "SignatureValue").text
    return mensagem


@adulteracao
def valor_que_nao_e_base64() -> etree._Element:
    mensagem = boa()
    achar(mensagem, "SignatureValue").text = "isto não é Base64!"
    return mensagem


@adulteracao
def valor_vazio() -> etree._Element:
    mensagem = boa()
    achar(mensagem, "SignatureValue").text = None
    return mensagem


@adulteracao
def elemento_dentro_do_valor() -> etree._Element:
    mensagem = boa()
    etree.SubElement(achar(mensagem, "DigestValue"), f"{D}x")
    return mensagem


@adulteracao
def assinatura_vazia() -> etree._Element:
    mensagem = base()
    etree.SubElement(mensagem, f"{T}Signature")
    return mensagem


@adulteracao
def partes_no_espaco_do_tiss() -> etree._Element:
    mensagem = boa()
    for parte in list(mensagem[-1].iter(f"{D}*")):
        parte.tag = T + etree.QName(parte).localname
    return mensagem


@adulteracao
def partes_fora_de_ordem() -> etree._Element:
    mensagem = boa()
    mensagem[-1].insert(0, achar(mensagem, "KeyInfo"))
    return mensagem


@adulteracao
def dois_signed_info() -> etree._Element:
    mensagem = boa()
    mensagem[-1].insert(0, deepcopy(achar(mensagem, "SignedInfo")))
    return mensagem


@adulteracao
def dois_signature_value() -> etree._Element:
    mensagem = boa()
    mensagem[-1].insert(1, deepcopy(achar(mensagem, "SignatureValue")))
    return mensagem


@adulteracao
def digest_method_com_filho() -> etree._Element:
    mensagem = boa()
    etree.SubElement(achar(mensagem, "DigestMethod"), f"{D}x")
    return mensagem


@adulteracao
def assinatura_enorme() -> etree._Element:
    mensagem = boa()
    achar(mensagem, "SignedInfo").text = " " * 11_000_000
    return mensagem


@adulteracao
def certificado_enorme() -> etree._Element:
    mensagem = boa()
    achar(mensagem, "X509Certificate").text = b64encode(titular().der + bytes(20_000)).decode()
    return mensagem


# --- o que a canonicalização e as propriedades custariam ----------------------------------------


def com_prefixos(algoritmo: str, quantos: int) -> str:
    """Um Transform da forma exclusiva com uma lista de prefixos sem repetidos."""
    lista = " ".join(f"p{n}" for n in range(quantos))
    return (
        f'<ds:Transform Algorithm="{algoritmo}"><ec:InclusiveNamespaces xmlns:ec="{EXC}"'
        f' PrefixList="{lista}"/></ds:Transform>'
    )


def com_espacos(mensagem: etree._Element, quantos: int) -> etree._Element:
    """A mensagem com espaços de nomes a mais declarados na raiz."""
    raiz = etree.Element(
        mensagem.tag, nsmap={**mensagem.nsmap, **{f"p{n}": f"urn:p{n}" for n in range(quantos)}}
    )
    raiz.extend(list(mensagem))
    return raiz


def com_certificados_nomeados(quantos: int) -> etree._Element:
    """Assinada, com as propriedades a nomear o titular muitas vezes."""
    mensagem = base()
    propriedades = oficina.propriedades(titular())
    inicio, fim = propriedades.index("<xades:Cert>"), propriedades.index("</xades:Cert>")
    cert = propriedades[inicio : fim + len("</xades:Cert>")]
    propriedades = propriedades.replace(cert, cert * quantos)
    return forjar(
        mensagem,
        titular(),
        Ref(exclusiva(mensagem)),
        oficina.ref_das_propriedades(propriedades),
        objetos=propriedades,
    )


@adulteracao
def prefixos_demais_na_exclusiva() -> etree._Element:
    mensagem = base()
    passos = (ENVELOPED, com_prefixos(EXC, 9))
    return forjar(mensagem, titular(), Ref(exclusiva(mensagem), "", passos))


@adulteracao
def prefixos_demais_em_signed_info() -> etree._Element:
    mensagem = boa()
    metodo = achar(mensagem, "CanonicalizationMethod")
    metodo.append(etree.fromstring(com_prefixos(EXC, 9).replace("ds:", ""))[0])
    return mensagem


@adulteracao
def prefixos_demais_nas_propriedades() -> etree._Element:
    mensagem = base()
    xades = oficina.propriedades(titular())
    referencia = oficina.ref_das_propriedades(xades)
    referencia = referencia._replace(transformacoes=(com_prefixos(EXC, 9),))
    return forjar(mensagem, titular(), Ref(exclusiva(mensagem)), referencia, objetos=xades)


@adulteracao
def espacos_de_nomes_demais_na_inclusiva() -> etree._Element:
    mensagem = com_espacos(base(), 16)
    dados = etree.tostring(mensagem, method="c14n")
    return forjar(mensagem, titular(), Ref(dados, "", (ENVELOPED, oficina.INC)))


@adulteracao
def espacos_de_nomes_demais_nas_propriedades() -> etree._Element:
    mensagem = base()
    declarados = " ".join(f'xmlns:p{n}="urn:p{n}"' for n in range(16))
    xades = oficina.propriedades(titular(), dentro=f"<xades:Qualquer {declarados}/>")
    referencia = oficina.ref_das_propriedades(xades)._replace(transformacoes=(oficina.INC,))
    return forjar(mensagem, titular(), Ref(exclusiva(mensagem)), referencia, objetos=xades)


@adulteracao
def xades_nomeia_certificados_demais() -> etree._Element:
    return com_certificados_nomeados(11)
