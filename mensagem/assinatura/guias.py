"""A assinatura própria de cada guia (``assinaturaDigitalGuia``) ou documento.

O padrão não diz o que ela assina. Com ``URI=""`` o XML-DSig diria "o documento inteiro", que numa
guia dentro de um lote seria o lote com as assinaturas das outras guias: nenhuma delas se poderia
fazer. Entende-se, como quem assina guias faz, que a guia foi assinada sozinha e depois posta no
lote: ``URI=""`` é a guia de que a assinatura é filha, sem ela, e um ``URI="#..."`` só pode ser o Id
dessa mesma guia. As demais exigências são as da assinatura da mensagem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.transacoes import NS_TISS
from mensagem.assinatura.motivos import AssinaturaInvalida
from mensagem.assinatura.valores import AssinaturaDeGuia, Grafia
from mensagem.assinatura.verificacao import verificar_dentro

if TYPE_CHECKING:
    from lxml import etree

_Q = f"{{{NS_TISS}}}"
_GRAFIAS = {
    f"{_Q}assinaturaDigitalGuia": Grafia.DA_GUIA,
    # só em envioDOcumento de 4.00.00
    f"{_Q}assinaturaDigital": Grafia.DO_DOCUMENTO,
}
_NUMERO = f"{_Q}numeroGuiaPrestador"


def verificar_guias(
    mensagem: etree._Element, *, aceitar_sha1: bool = False
) -> tuple[AssinaturaDeGuia, ...]:
    """O veredito de cada guia assinada, na ordem da mensagem; vazio se nenhuma o é.

    Args:
        mensagem: não é alterada.
        aceitar_sha1: se SHA-1 ainda se aceita de quem enviou.
    """
    # duas assinaturas na mesma guia são um só veredito
    pais = {
        id(pai): (pai, str(assinatura.tag))
        for assinatura in mensagem.iter(*_GRAFIAS)
        if (pai := assinatura.getparent()) is not None
    }
    return tuple(
        _veredito(posicao, pai, nome, aceitar_sha1=aceitar_sha1)
        for posicao, (pai, nome) in enumerate(pais.values(), 1)
    )


def _veredito(
    posicao: int, pai: etree._Element, nome: str, *, aceitar_sha1: bool
) -> AssinaturaDeGuia:
    verificada, motivo = None, None
    try:
        verificada = verificar_dentro(pai, nome, _GRAFIAS[nome], aceitar_sha1=aceitar_sha1)
    except AssinaturaInvalida as erro:
        motivo = erro.motivo
    numero = next((e.text for e in pai.iter(_NUMERO)), None)
    return AssinaturaDeGuia(posicao, numero, verificada, motivo)
