"""Um lote aceito: o que fica gravado e o que o recibo diz."""

from __future__ import annotations

from decimal import Decimal
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from integration import recepcao_esperado as esperado
from integration.recepcao import (
    CNES,
    CODIGO,
    EM_VIGOR,
    EU,
    REGISTRO,
    Q,
    achar,
    com,
    com_hash_em_utf8,
    lote,
    pronta,
)
from lxml import etree

from dominio.dinheiro import ZERO
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from dominio.versoes import VERSOES
from persistence import protocolos
from prestador import mensagem_xml
from prestador.lotes import corpo_lote

if TYPE_CHECKING:
    from integration.recepcao import AbrirMesa, Mesa

    from persistence.protocolos import GuiaGuardada, ItemGuardado

GUIAS, ITENS = 4, 7
CADA_LOTE = pytest.mark.parametrize(
    ("tipo", "versao"), [(t, v) for t in TipoGuia for v in VERSOES], ids=str
)


def _corpos(tipo: TipoGuia, versao: str) -> list[dict[str, Any]]:
    corpo: Any = corpo_lote(
        tipo, versao, prestador=EU, registro_ans=REGISTRO, guias=GUIAS, itens=ITENS
    )
    guias: list[dict[str, Any]] = corpo["guiasTISS"][tipo.value]
    return guias


def _gravadas(
    mesa: Mesa, numero: str | None
) -> tuple[tuple[GuiaGuardada, ...], tuple[ItemGuardado, ...]]:
    lote_id = mesa.protocolo(numero).lote_id
    assert lote_id is not None
    with mesa.banco.leitura() as conn:
        return protocolos.guias(conn, lote_id), protocolos.itens(conn, lote_id)


def _campos(guia: GuiaGuardada) -> dict[str, Any]:
    return {
        **guia._asdict(),
        "executante": guia.executante.valor,
        "carteira": guia.beneficiario.carteira,
        "nome": guia.beneficiario.nome,
        "cns": guia.beneficiario.cns,
        "tipo_ident": guia.beneficiario.tipo_ident,
    }


@CADA_LOTE
def test_cada_guia_e_item_fica_gravado_como_veio(mesa: Mesa, tipo: TipoGuia, versao: str) -> None:
    """Toda guia e todo item ficam na ordem da mensagem, com cada valor, código e data dela."""
    corpos = _corpos(tipo, versao)
    recibo = mesa.enviar_lote(tipo=tipo, versao=versao, guias=GUIAS, itens=ITENS)
    guias, itens = _gravadas(mesa, recibo.protocolo)
    for corpo, guia in zip(corpos, guias, strict=True):
        campos = esperado.guia(tipo, corpo)
        assert campos == {nome: _campos(guia)[nome] for nome in campos}
        da_guia = [i.item for i in itens if i.guia_posicao == guia.posicao]
        for campos_item, item in zip(esperado.itens(tipo, corpo), da_guia, strict=True):
            assert campos_item == {nome: getattr(item, nome) for nome in campos_item}


@CADA_LOTE
def test_recibo_lista_as_guias_em_ordem_com_o_total(
    mesa: Mesa, tipo: TipoGuia, versao: str
) -> None:
    """O recibo traz cada guia na ordem, os números dela, e a soma das guias como total."""
    guias = [esperado.guia(tipo, corpo) for corpo in _corpos(tipo, versao)]
    recibo = mesa.enviar_lote(tipo=tipo, versao=versao, guias=GUIAS, itens=ITENS)
    assert sum((g["informado"] for g in guias), ZERO) == recibo.valor_total
    assert recibo.numero_lote == "1"
    assert [(g["numero_prestador"], g["numero_operadora"], g["carteira"]) for g in guias] == [
        (g.numero, g.numero_operadora, g.carteira) for g in recibo.guias
    ]


@pytest.mark.parametrize("tipo", list(TipoGuia))
def test_recibo_nao_traz_valores_de_guia(mesa: Mesa, tipo: TipoGuia) -> None:
    """``vlInformadoGuia`` guarda processado, glosa e liberado, e por isso falta no recibo."""
    resposta = mesa.enviar(pronta(lote(tipo, guias=2)))
    assert [g.valores for g in resposta.recibo.guias] == [None, None]


@pytest.mark.parametrize("tipo", list(TipoGuia))
def test_soma_dos_itens_gravados_e_a_informada(mesa: Mesa, tipo: TipoGuia) -> None:
    """Os itens gravados de um lote coerente somam o total do protocolo."""
    recibo = mesa.enviar_lote(tipo=tipo, guias=GUIAS, itens=ITENS)
    _, itens = _gravadas(mesa, recibo.protocolo)
    assert sum((i.item.valor_total for i in itens), ZERO) == recibo.valor_total
    assert recibo.valor_total == mesa.protocolo(recibo.protocolo).informado


def test_lote_novo_nasce_recebido_e_sem_resultados(mesa: Mesa) -> None:
    """O protocolo começa em Recebido, com o informado e nada processado, glosado ou liberado."""
    gravado = mesa.protocolo(mesa.enviar_lote(tipo=TipoGuia.SADT).protocolo)
    assert gravado.status == StatusProtocolo.RECEBIDO
    assert (gravado.processado, gravado.glosa, gravado.liberado) == (ZERO, ZERO, ZERO)
    assert not gravado.analise_visivel


def test_historico_comeca_no_recebimento(mesa: Mesa) -> None:
    """A primeira linha do histórico é a passagem de nada a Recebido, no instante do recebimento."""
    gravado = mesa.protocolo(mesa.enviar_lote().protocolo)
    with mesa.banco.leitura() as conn:
        [primeira] = protocolos.historico(conn, gravado.id)
    assert (primeira.de, primeira.para) == (None, StatusProtocolo.RECEBIDO)
    assert gravado.recebido_em == primeira.em


def test_protocolo_lembra_a_mensagem_a_versao_e_o_dono(mesa: Mesa) -> None:
    """O protocolo aponta para a mensagem do arquivo e guarda versão, canal e prestador."""
    resposta = mesa.enviar(pronta(lote(versao="4.01.00")), versao="4.01.00")
    gravado = mesa.protocolo(resposta.recibo.protocolo)
    assert (resposta.id, "4.01.00", "soap", mesa.prestador.id) == (
        gravado.mensagem_id,
        gravado.versao,
        gravado.canal,
        gravado.prestador_id,
    )


def test_executante_de_cada_guia_fica_resolvido(mesa: Mesa) -> None:
    """Cada guia guarda o prestador do cadastro que o seu executante é."""
    recibo = mesa.enviar_lote(tipo=TipoGuia.HONORARIOS, guias=2)
    guias, _ = _gravadas(mesa, recibo.protocolo)
    assert [mesa.prestador.id] * 2 == [g.executante_id for g in guias]


def test_lote_de_cem_guias_e_aceito_inteiro(mesa: Mesa) -> None:
    """O maior lote do padrão, de cem guias, fica todo gravado e todo no recibo."""
    recibo = mesa.enviar_lote(tipo=TipoGuia.SADT, guias=100, itens=8)
    assert len(recibo.guias) == 100
    contagens = mesa.contagens()
    assert (contagens["guia"], contagens["item"]) == (100, 800)


def test_protocolos_seguem_a_serie(mesa: Mesa) -> None:
    """Cada lote recebe o número seguinte da série da operadora, que começa em 10000001."""
    numeros = [mesa.enviar_lote(str(n)).protocolo for n in range(1, 4)]
    assert numeros == ["10000001", "10000002", "10000003"]


def test_protocolo_sai_na_largura_da_operadora(nova_mesa: AbrirMesa) -> None:
    """A operadora que completa números com zeros tem o protocolo escrito assim no recibo."""
    mesa = nova_mesa(operadora={"largura_protocolo": 12})
    assert mesa.enviar_lote().protocolo == "000010000001"


def test_homologacao_usa_serie_propria(nova_mesa: AbrirMesa) -> None:
    """Um prestador em homologação recebe protocolo fora da série real."""
    mesa = nova_mesa(prestador={"homologacao": True})
    recibo = mesa.enviar_lote()
    assert recibo.protocolo == "900000000001"
    assert mesa.protocolo(recibo.protocolo).homologacao


@pytest.mark.parametrize(
    "texto", ["Ação & reação: «ótimo» < 10 > 2", "Resultado — “normal” ≥ 3 µg … ok ✓"]
)
def test_texto_livre_e_guardado_como_veio(mesa: Mesa, texto: str) -> None:
    """Acentos, sinais de XML e letras fora de ISO-8859-1 num texto livre não impedem o lote."""
    mensagem = com(lote(TipoGuia.SADT), {"procedimento/descricaoProcedimento": texto})
    resposta = mesa.enviar(com_hash_em_utf8(mensagem))
    _, itens = _gravadas(mesa, resposta.recibo.protocolo)
    assert texto == itens[0].item.descricao


def test_lote_de_exemplo_do_pacote_tiss_e_aceito(nova_mesa: AbrirMesa) -> None:
    """O lote de exemplo do pacote ``tiss`` entra, com a identificação de um prestador nosso.

    O hash é o que o próprio pacote calcula; só a origem muda, por um código credenciado.
    """
    tiss = pytest.importorskip("tiss", reason="o pacote tiss não está instalado")
    arquivo = etree.fromstring(files("tiss").joinpath("examples/lote-valido.xml").read_bytes())
    origem = achar(arquivo, "origem/identificacaoPrestador")
    origem.clear()
    etree.SubElement(origem, f"{Q}codigoPrestadorNaOperadora").text = "PRESTADOR1"
    achar(arquivo, "epilogo/hash").text = tiss.hash_epilogo(etree.tostring(arquivo))
    mensagem = etree.Element(f"{Q}loteGuiasWS", nsmap=arquivo.nsmap)
    mensagem.extend(
        [achar(arquivo, "cabecalho"), achar(arquivo, "loteGuias"), achar(arquivo, "epilogo/hash")]
    )
    mesa = nova_mesa(
        operadora={"registro_ans": "123456"}, prestador={"codigo": "PRESTADOR1", "cnpj": None}
    )
    resposta = mesa.enviar(mensagem_xml.envelope(mensagem))
    assert ("0007", Decimal("200.00"), ["0001", "0002"]) == (
        resposta.recibo.numero_lote,
        resposta.recibo.valor_total,
        [g.numero for g in resposta.recibo.guias],
    )
    assert mesa.arquivada(resposta.id).hash_variante == "oficial"


def test_executante_e_cnes_da_guia_nao_vem_do_cadastro(mesa: Mesa) -> None:
    """O CNES guardado é o que a guia diz, mesmo que o cadastro tenha outro."""
    recibo = mesa.enviar(
        pronta(com(lote(TipoGuia.SADT), {"dadosExecutante/CNES": "1112223"}))
    ).recibo
    [guia], _ = _gravadas(mesa, recibo.protocolo)
    assert (guia.executante.valor, guia.cnes) == (CODIGO, "1112223")
    assert guia.cnes != CNES


def test_recibo_e_da_versao_do_pedido(mesa: Mesa) -> None:
    """O recibo sai na versão do pedido, com o sequencial dele e o tipo de transação do serviço."""
    resposta = mesa.enviar(pronta(lote(versao="3.05.00", sequencial="SEQ-77")), versao="3.05.00")
    assert achar(resposta.raiz, "sequencialTransacao").text == "SEQ-77"
    assert (
        EU.nome == achar(resposta.raiz, "protocoloRecebimento/dadosPrestador/nomeContratado").text
    )
    assert achar(resposta.raiz, "Padrao").text != EM_VIGOR
