"""Verificações que o esquema não faz: raiz, serviço, versão, tipo de transação, direções."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from lxml import etree

import tiss_xsd
from dominio import erros
from dominio.textos import cabe_em_latin1
from dominio.transacoes import NS_TISS, POR_RAIZ, Transacao
from mensagem import cabecalho as cabecalho_tiss
from mensagem.erros_de_esquema import explicar, para_arquivo, resumo
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from mensagem.cabecalho import Cabecalho
    from tiss_xsd.compilado import Esquema

_Q = f"{{{NS_TISS}}}"
_EM_ARQUIVO = f"{_Q}mensagemTISS"
ASSINATURAS = (
    f"{_Q}Signature",
    f"{_Q}Signatures",
    "{http://www.w3.org/2000/09/xmldsig#}Signature",
)


def transacao(mensagem: etree._Element, esperada: Transacao | None) -> Transacao:
    """Transação da tabela pela raiz da mensagem; deve ser a do serviço do endereço.

    Raises:
        Recusa: raiz desconhecida, sem espaço de nomes ou de outro serviço.
    """
    nome = etree.QName(mensagem)
    achada = POR_RAIZ.get(nome.localname)
    if achada is None or nome.namespace != NS_TISS:
        if achada is not None and not nome.namespace:
            raise Recusa(
                erros.RAIZ_DESCONHECIDA, f'A mensagem está sem o espaço de nomes "{NS_TISS}".'
            )
        raise Recusa(erros.RAIZ_DESCONHECIDA)
    if esperada is not None and achada is not esperada:
        raise Recusa(erros.OUTRO_SERVICO)
    return achada


def versao(mensagem: etree._Element, do_endereco: str | None) -> str:
    """Versão da mensagem, que deve ser a do endereço quando o endereço tem uma.

    Sem ``Padrao`` vale a do endereço, para que o esquema diga o que falta.

    Raises:
        Recusa: versão que não é a do endereço ou que não está instalada.
    """
    if do_endereco is not None and do_endereco not in tiss_xsd.versoes():
        raise Recusa(erros.VERSAO, _instaladas())
    declarada = cabecalho_tiss.padrao(mensagem)
    if not declarada:
        if do_endereco is None:
            raise Recusa(erros.VERSAO, "Falta o elemento Padrao no cabeçalho.")
        return do_endereco
    if do_endereco is not None and declarada != do_endereco:
        raise Recusa(
            erros.VERSAO, f"Este endereço é o da versão {do_endereco}; Padrao declara outra."
        )
    if declarada not in tiss_xsd.versoes():
        raise Recusa(erros.VERSAO, _instaladas())
    return declarada


def _instaladas() -> str:
    return f"Versões instaladas: {', '.join(tiss_xsd.versoes())}."


def esquema(mensagem: etree._Element, versao_: str) -> None:
    """Confere a mensagem pelo esquema da versão, assinatura incluída, em qualquer das grafias.

    Raises:
        Recusa: com cada erro no arquivo e os primeiros na frase.
    """
    conferidor = tiss_xsd.esquema(versao_)
    if _valida_na_grafia(mensagem, conferidor) or conferidor.valida(mensagem):
        return
    achados = explicar(com_a_grafia_do_esquema(mensagem), versao_)
    frase = resumo(achados)
    raise Recusa(erros.ESQUEMA, f"Erros: {frase}", para_arquivo(achados))


def _valida_na_grafia(mensagem: etree._Element, conferidor: Esquema) -> bool:
    """Se a mensagem vale com o nome que o esquema dá à assinatura; falso se já o traz.

    Copiar um lote para trocar um nome custa tanto como conferi-lo: o nome troca-se no lugar
    enquanto se confere. Onde o espaço do nome certo não está à vista copia-se, que declará-lo na
    assinatura mudaria a forma canônica inclusiva do que nela se assinou.
    """
    certa = _certa(mensagem)
    outras = [parte for parte in mensagem if parte.tag in ASSINATURAS and parte.tag != certa]
    if len(outras) != 1:
        return False
    [assinatura] = outras
    if etree.QName(certa).namespace not in assinatura.nsmap.values():
        return conferidor.valida(com_a_grafia_do_esquema(mensagem))
    nome = assinatura.tag
    assinatura.tag = certa
    try:
        return conferidor.valida(mensagem)
    finally:
        assinatura.tag = nome


def _certa(mensagem: etree._Element) -> str:
    return ASSINATURAS[2] if mensagem.tag == _EM_ARQUIVO else ASSINATURAS[0]


def com_a_grafia_do_esquema(mensagem: etree._Element) -> etree._Element:
    """A mensagem com o nome que o esquema dá à assinatura naquele lugar.

    O esquema quer ``ans:Signature`` nos web services e ``ds:Signature`` em ``mensagemTISS``, e as
    bibliotecas de assinatura só escrevem a segunda; aceitam-se as duas nos dois lugares.

    Returns:
        A própria mensagem, se nada há a trocar; senão uma cópia, que a assinatura cobre a outra.
    """
    certa = _certa(mensagem)
    outras = set(ASSINATURAS) - {certa}
    if not any(parte.tag in outras for parte in mensagem):
        return mensagem
    copia = deepcopy(mensagem)
    for parte in copia:
        if parte.tag in outras:
            parte.tag = certa
    return copia


def identificadores(cabecalho: Cabecalho) -> None:
    """Confere que o que se ecoa no cabeçalho existe na codificação do hash.

    Raises:
        Recusa: sequencial, origem ou login fora de ISO-8859-1.
    """
    campos = {
        "sequencialTransacao": cabecalho.sequencial,
        "origem": cabecalho.origem.valor if cabecalho.origem else "",
        "loginPrestador": cabecalho.login or "",
    }
    for nome, valor in campos.items():
        if not cabe_em_latin1(valor):
            raise Recusa(erros.IDENTIFICADOR_DO_CABECALHO, f"Campo: {nome}.")


def tipo_de_transacao(cabecalho: Cabecalho, esperada: Transacao) -> None:
    """Confere ``tipoTransacao`` contra o serviço.

    Raises:
        Recusa: tipo de outro serviço.
    """
    if cabecalho.tipo_transacao != esperada.tipo_pedido:
        raise Recusa(erros.TIPO_TRANSACAO, f"Esperava-se {esperada.tipo_pedido}.")


def tem_assinatura(mensagem: etree._Element) -> bool:
    """Diz se a mensagem traz assinatura própria (não as de guias)."""
    return any(mensagem.find(nome) is not None for nome in ASSINATURAS)
