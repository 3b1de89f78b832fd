"""A assinatura própria de cada guia: um veredito por guia, sem tocar na da mensagem."""

from __future__ import annotations

from copy import deepcopy

import certificados as icp
import pytest
from acceptance.mensagens import lote
from lxml import etree
from security.assinaturas import oficina
from security.assinaturas.adulteracoes import com_prefixos
from security.assinaturas.oficina import Ref, exclusiva, forjar

from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS
from dominio.versoes import VERSOES
from mensagem.assinatura import Grafia, Motivo, verificar, verificar_guias
from mensagem.contrato import esquema
from mensagem.parse import Limites, parse
from prestador.mensagem_xml import selar

T = f"{{{NS_TISS}}}"
DA_GUIA = f"{T}assinaturaDigitalGuia"


def titular() -> icp.Par:
    return icp.intermediaria().titular(cnpj=None)


def assinar_guia(guia: etree._Element, *, uri: str = "", c14n: str = oficina.EXC) -> None:
    """Assina a guia sozinha, como documento seu, e põe a assinatura nela."""
    texto = etree.tostring(guia, with_tail=False)
    sozinha = etree.fromstring(texto)
    dados = etree.tostring(sozinha, method="c14n", exclusive=c14n == oficina.EXC)
    ref = Ref(dados, uri, (oficina.ENVELOPED, c14n))
    # o esquema não aceita o mesmo Id duas vezes no documento
    numero = next(guia.iter(f"{T}numeroGuiaPrestador")).text
    forjar(sozinha, titular(), ref, nome=DA_GUIA, identificador=f"s{numero}")
    guia.append(sozinha[-1])


def lote_assinado(
    *quais: int,
    tipo: TipoGuia = TipoGuia.CONSULTA,
    versao: str = "4.03.00",
    c14n: str = oficina.EXC,
) -> etree._Element:
    mensagem = lote(versao, guias=3, tipo=tipo, numero="1")
    guias = mensagem.findall(f".//{T}{tipo}")
    assert len(guias) == 3
    for n in quais:
        assinar_guia(guias[n], c14n=c14n)
    return mensagem


def lida(mensagem: etree._Element) -> etree._Element:
    return parse(etree.tostring(mensagem), Limites())


def test_sem_guias_assinadas_nao_ha_vereditos() -> None:
    """Um lote comum não tem vereditos de guia."""
    assert verificar_guias(lida(lote(guias=3))) == ()


@pytest.mark.parametrize("c14n", [oficina.EXC, oficina.INC], ids=["exclusiva", "inclusiva"])
@pytest.mark.parametrize("tipo", TipoGuia)
def test_cada_tipo_de_guia(tipo: TipoGuia, c14n: str) -> None:
    """Em cada tipo de guia a assinatura feita sobre ela sozinha vale dentro do lote."""
    mensagem = lida(lote_assinado(0, 2, tipo=tipo, c14n=c14n))
    antes = exclusiva(mensagem)
    vereditos = verificar_guias(mensagem)
    assert [v.posicao for v in vereditos] == [1, 2]
    assert all(v.motivo is None and v.numero for v in vereditos)
    for veredito in vereditos:
        assert veredito.verificada is not None
        assert veredito.verificada.grafia is Grafia.DA_GUIA
        assert veredito.verificada.certificado == titular().certificado
        assert veredito.verificada.lida.tag == T + tipo
    assert exclusiva(mensagem) == antes


@pytest.mark.parametrize("versao", VERSOES)
def test_lote_com_guias_assinadas_e_valido(versao: str) -> None:
    """O esquema de cada versão aceita a guia assinada, e a assinatura continua a valer."""
    mensagem = lida(selar(lote_assinado(0, 1, 2, versao=versao)))
    esquema(mensagem, versao)
    assert len(verificar_guias(mensagem)) == 3


def test_so_a_guia_adulterada_nao_vale() -> None:
    """Uma guia mudada depois de assinada não vale; as outras continuam a valer."""
    mensagem = lote_assinado(0, 1, 2)
    guia = mensagem.findall(f".//{T}guiaConsulta")[1]
    next(guia.iter(f"{T}numeroCarteira")).text = "99999999999999999"
    vereditos = verificar_guias(lida(mensagem))
    assert [v.motivo for v in vereditos] == [None, Motivo.CONTEUDO_ALTERADO, None]
    assert vereditos[1].verificada is None


def test_assinatura_de_uma_guia_posta_noutra() -> None:
    """A assinatura de uma guia não vale para outra."""
    mensagem = lote_assinado(0)
    guias = mensagem.findall(f".//{T}guiaConsulta")
    guias[1].append(deepcopy(guias[0][-1]))
    motivos = [v.motivo for v in verificar_guias(lida(mensagem))]
    assert motivos == [None, Motivo.CONTEUDO_ALTERADO]


def test_duas_assinaturas_na_mesma_guia() -> None:
    """Duas assinaturas na mesma guia são um veredito só, e não valem."""
    mensagem = lote_assinado(0)
    guia = next(mensagem.iter(f"{T}guiaConsulta"))
    guia.append(deepcopy(guia[-1]))
    assert [v.motivo for v in verificar_guias(lida(mensagem))] == [Motivo.REPETIDA]


def test_id_da_propria_guia() -> None:
    """A Reference pode apontar para o Id da guia; o de outra parte não."""
    mensagem = lote(guias=2, numero="1")
    guias = mensagem.findall(f".//{T}guiaConsulta")
    guias[0].set("Id", "g1")
    assinar_guia(guias[0], uri="#g1")
    guias[1][0].set("Id", "g2")
    assinar_guia(guias[1], uri="#g2")
    motivos = [v.motivo for v in verificar_guias(lida(mensagem))]
    assert motivos == [None, Motivo.REFERENCIA_A_PARTE]


def test_guias_e_mensagem_assinadas() -> None:
    """A assinatura da mensagem cobre as das guias, e as duas valem."""
    mensagem = selar(lote_assinado(0, 1))
    recebida = lida(forjar(mensagem, icp.intermediaria().titular()))
    assert [v.motivo for v in verificar_guias(recebida)] == [None, None]
    verificada = verificar(recebida)
    assert verificada is not None
    assert len(list(verificada.lida.iter(DA_GUIA))) == 2
    assert [v.motivo for v in verificar_guias(verificada.lida)] == [None, None]


def test_prefixos_demais_na_assinatura_da_guia() -> None:
    """A lista de prefixos da assinatura de uma guia tem o limite da assinatura da mensagem."""
    mensagem = lote(numero="1")
    [guia] = mensagem.findall(f".//{T}{TipoGuia.CONSULTA}")
    dados = exclusiva(etree.fromstring(etree.tostring(guia, with_tail=False)))
    ref = Ref(dados, "", (oficina.ENVELOPED, com_prefixos(oficina.EXC, 9)))
    forjar(guia, titular(), ref, nome=DA_GUIA)
    [veredito] = verificar_guias(lida(mensagem))
    assert veredito.motivo is Motivo.FORMA


def test_sha1_na_guia_so_com_licenca() -> None:
    """SHA-1 numa guia segue a mesma licença que na mensagem."""
    mensagem = lote(guias=1, numero="1")
    guia = next(mensagem.iter(f"{T}guiaConsulta"))
    sozinha = etree.fromstring(etree.tostring(guia))
    forjar(sozinha, titular(), Ref(exclusiva(sozinha), digest=oficina.SHA1), nome=DA_GUIA)
    guia.append(sozinha[-1])
    assert [v.motivo for v in verificar_guias(lida(mensagem))] == [Motivo.SHA1]
    [aceito] = verificar_guias(lida(mensagem), aceitar_sha1=True)
    assert aceito.verificada is not None
    assert aceito.verificada.sha1
