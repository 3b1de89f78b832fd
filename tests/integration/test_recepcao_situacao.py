"""A situação de um protocolo: dita em qualquer versão, só ao seu dono."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from integration.recepcao import (
    CNPJ,
    CODIGO,
    EM_VIGOR,
    NOME,
    Q,
    abrir_mesa,
    achar,
    conferir_erro,
    lote,
    pronta,
    status,
)
from sqlalchemy import update

from dominio import erros
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from dominio.versoes import VERSOES, ordem
from persistence import protocolos, tabelas
from prestador.respostas import Valores
from prestador.valores import identificado

if TYPE_CHECKING:
    from integration.recepcao import Mesa, Resposta

S = StatusProtocolo
PROTOCOLO = "10000001"
ZERADOS = Valores(Decimal("0.00"), Decimal("0.00"), Decimal("0.00"))
MEDICA_E_ODONTO = pytest.mark.parametrize("tipo", [TipoGuia.SADT, TipoGuia.ODONTO])


def _mostrar_analise(mesa: Mesa, **valores: str) -> None:
    """Grava o que uma análise terminada decidiu, no protocolo e em cada guia."""
    reais = {nome: Decimal(valor) for nome, valor in valores.items()}
    with mesa.banco.escrita() as conn:
        conn.execute(update(tabelas.protocolo).values(analise_visivel=True, **reais))
        conn.execute(update(tabelas.guia).values(**reais))


def _situar_guias(mesa: Mesa, situacao: StatusProtocolo, *posicoes: int) -> None:
    with mesa.banco.escrita() as conn:
        conn.execute(
            update(tabelas.guia)
            .where(tabelas.guia.c.posicao.in_(posicoes))
            .values(status=int(situacao))
        )


def _em_cada_versao(mesa: Mesa) -> dict[str, int | None]:
    return {v: mesa.perguntar(PROTOCOLO, versao=v).situacao.status for v in VERSOES}


@MEDICA_E_ODONTO
@pytest.mark.parametrize("enviada", VERSOES)
def test_o_que_veio_numa_versao_pergunta_se_em_todas(
    mesa: Mesa, enviada: str, tipo: TipoGuia
) -> None:
    """Um lote responde o mesmo nas seis versões: números, situação, valores, guias e datas."""
    recibo = mesa.enviar_lote("77", tipo=tipo, versao=enviada, guias=3)
    carteiras = [
        (g.numero, g.numero_operadora, g.carteira, g.data_realizacao) for g in recibo.guias
    ]
    for perguntada in VERSOES:
        situacao = mesa.perguntar(PROTOCOLO, versao=perguntada).situacao
        assert (1, PROTOCOLO, "77", recibo.data_envio, ZERADOS) == (
            situacao.status,
            situacao.protocolo,
            situacao.numero_lote,
            situacao.data_envio,
            situacao.valores,
        )
        assert carteiras == [
            (g.numero, g.numero_operadora, g.carteira, g.data_realizacao) for g in situacao.guias
        ]
        assert [g.valores for g in situacao.guias] == [ZERADOS] * 3


@MEDICA_E_ODONTO
def test_valores_da_analise_visivel_saem_iguais_em_todas_as_versoes(
    mesa: Mesa, tipo: TipoGuia
) -> None:
    """Terminada a análise, processado, glosa e liberado do protocolo e das guias são ditos."""
    mesa.enviar_lote(tipo=tipo, guias=2)
    _mostrar_analise(mesa, processado="99999999.99", glosa="0.01", liberado="99999999.98")
    ditos = Valores(Decimal("99999999.99"), Decimal("0.01"), Decimal("99999999.98"))
    for versao in VERSOES:
        situacao = mesa.perguntar(PROTOCOLO, versao=versao).situacao
        assert ditos == situacao.valores
        assert [ditos, ditos] == [g.valores for g in situacao.guias]


def test_antes_da_analise_visivel_os_valores_sao_zero(mesa: Mesa) -> None:
    """O que a análise já gravou e ainda não terminou não aparece."""
    mesa.enviar_lote(tipo=TipoGuia.SADT)
    _mostrar_analise(mesa, processado="10.00", glosa="4.00", liberado="6.00")
    with mesa.banco.escrita() as conn:
        conn.execute(update(tabelas.protocolo).values(analise_visivel=False))
    situacao = mesa.perguntar(PROTOCOLO).situacao
    assert [situacao.valores, situacao.guias[0].valores] == [ZERADOS, ZERADOS]


@MEDICA_E_ODONTO
@pytest.mark.parametrize("enviada", VERSOES)
def test_nome_que_so_a_versao_antiga_pede(mesa: Mesa, enviada: str, tipo: TipoGuia) -> None:
    """O nome do beneficiário só sai em 3.05.00: o que veio, ou NAO INFORMADO se não veio."""
    mensagem = lote(tipo, versao=enviada)
    veio = next((e.text for e in mensagem.iter(f"{Q}nomeBeneficiario")), "NAO INFORMADO")
    mesa.enviar(pronta(mensagem), versao=enviada)
    nomes = {
        versao: [
            e.text
            for e in mesa.perguntar(PROTOCOLO, versao=versao).raiz.iter(f"{Q}nomeBeneficiario")
        ]
        for versao in VERSOES
    }
    assert {v: [veio] if v == "3.05.00" else [] for v in VERSOES} == nomes


def test_nome_do_prestador_vem_do_cadastro(mesa: Mesa) -> None:
    """Em 3.05.00 o nome do contratado é o do cadastro, não o que a pergunta diz."""
    mesa.enviar_lote()
    quem = identificado("codigo", CODIGO, nome="Outro Nome")
    raiz = mesa.perguntar(PROTOCOLO, versao="3.05.00", quem=quem).raiz
    assert achar(raiz, "situacaoDoProtocolo/dadosPrestador/nomeContratado").text == NOME


def test_cancelado_e_dito_encerrado_antes_de_4_01_00(mesa: Mesa) -> None:
    """A situação 9 sai como 4 nas versões que não a têm, e fica 9 no histórico."""
    mesa.enviar_lote()
    mesa.transitar(PROTOCOLO, S.CANCELADO)
    assert {v: 4 if ordem(v) < (4, 1) else 9 for v in VERSOES} == _em_cada_versao(mesa)
    assert _ultima(mesa) == S.CANCELADO


def test_bloqueio_judicial_e_dito_analisado_antes_de_4_02_00(mesa: Mesa) -> None:
    """A situação 10 sai como 5 nas versões que não a têm, e fica 10 no histórico."""
    mesa.enviar_lote()
    mesa.transitar(PROTOCOLO, S.EM_ANALISE, S.ANALISADO, S.BLOQUEIO_JUDICIAL)
    assert {v: 5 if ordem(v) < (4, 2) else 10 for v in VERSOES} == _em_cada_versao(mesa)
    assert _ultima(mesa) == S.BLOQUEIO_JUDICIAL


@pytest.mark.parametrize(
    "caminho",
    [
        (S.EM_ANALISE,),
        (S.EM_ANALISE, S.ANALISADO, S.LIBERADO),
        (S.EM_ANALISE, S.ENCERRADO_SEM_PAGAMENTO),
        (S.EM_ANALISE, S.ANALISADO),
        (S.EM_ANALISE, S.ANALISADO, S.LIBERADO, S.PAGO),
        (S.AGUARDANDO_INFORMACAO,),
    ],
    ids=lambda caminho: str(int(caminho[-1])),
)
def test_as_demais_situacoes_saem_como_sao(
    mesa: Mesa, caminho: tuple[StatusProtocolo, ...]
) -> None:
    """As situações que todas as versões têm são ditas iguais em todas."""
    mesa.enviar_lote()
    mesa.transitar(PROTOCOLO, *caminho)
    assert dict.fromkeys(VERSOES, int(caminho[-1])) == _em_cada_versao(mesa)


def _ultima(mesa: Mesa) -> StatusProtocolo:
    with mesa.banco.leitura() as conn:
        return protocolos.historico(conn, mesa.protocolo(PROTOCOLO).id)[-1].para


@MEDICA_E_ODONTO
def test_guia_cancelada_sai_da_lista(mesa: Mesa, tipo: TipoGuia) -> None:
    """Enquanto resta outra guia, as canceladas não são listadas."""
    mesa.enviar_lote(tipo=tipo, guias=3)
    _situar_guias(mesa, S.CANCELADO, 2)
    assert [g.numero for g in mesa.perguntar(PROTOCOLO).situacao.guias] == ["1001", "1003"]


@MEDICA_E_ODONTO
def test_guias_todas_canceladas_sao_listadas(mesa: Mesa, tipo: TipoGuia) -> None:
    """Com todas as guias canceladas a lista, que não pode ser vazia, traz todas."""
    mesa.enviar_lote(tipo=tipo, guias=2)
    _situar_guias(mesa, S.CANCELADO, 1, 2)
    assert [g.numero for g in mesa.perguntar(PROTOCOLO).situacao.guias] == ["1001", "1002"]


@pytest.mark.parametrize("digitado", ["010000001", "000010000001", " 10000001 "])
def test_zeros_a_esquerda_nao_contam(mesa: Mesa, digitado: str) -> None:
    """O número perguntado compara-se como número, e a resposta traz o emitido."""
    mesa.enviar_lote()
    assert mesa.perguntar(digitado).situacao.protocolo == PROTOCOLO


def test_numero_sai_na_largura_da_operadora(banco: Any) -> None:
    """A operadora que completa números com zeros os tem também na situação."""
    mesa = abrir_mesa(banco, operadora={"largura_protocolo": 10})
    mesa.enviar_lote()
    assert mesa.perguntar(PROTOCOLO).situacao.protocolo == "0010000001"


def test_pergunta_por_cnpj_acha_o_lote_enviado_por_codigo(mesa: Mesa) -> None:
    """O dono é o prestador do cadastro, não o texto com que se identificou."""
    mesa.enviar_lote()
    resposta = mesa.perguntar(PROTOCOLO, quem=identificado("cnpj", CNPJ))
    assert resposta.situacao.protocolo == PROTOCOLO
    assert achar(resposta.raiz, "dadosPrestador/cnpjContratado").text == CNPJ


# --- não encontrado -------------------------------------------------------------------------------


def _conferir_ausente(resposta: Resposta, versao: str = EM_VIGOR) -> None:
    lugar = resposta.raiz.find(
        f"{Q}situacaoProtocolo/{Q}situacaoDoProtocolo/{Q}lote/{Q}mensagemErro/{Q}codigoGlosa"
    )
    assert lugar is not None
    assert ("3291" if versao == "4.03.00" else "5054") == lugar.text
    assert resposta.resultado.desfecho == "respondida"


@pytest.mark.parametrize("numero", ["99999999", "ABC", "0", "1e7", "-10000001"])
def test_protocolo_que_nao_existe(mesa: Mesa, numero: str) -> None:
    """Número que não é protocolo nenhum é não localizado, com o código de cada versão."""
    mesa.enviar_lote()
    for versao in VERSOES:
        _conferir_ausente(mesa.perguntar(numero, versao=versao), versao)


def test_protocolo_de_outro_prestador_e_como_se_nao_existisse(mesa: Mesa) -> None:
    """Quem pergunta pelo protocolo alheio recebe o mesmo que por um que não existe."""
    mesa.outro_prestador("500001", cnpj=None)
    mesa.enviar_lote()
    alheio = mesa.perguntar(PROTOCOLO, quem=identificado("codigo", "500001"))
    inexistente = mesa.perguntar("99999999", quem=identificado("codigo", "500001"))
    _conferir_ausente(alheio)
    assert inexistente.texto == alheio.texto


def test_dizer_o_codigo_do_dono_nao_abre_o_protocolo_dele(mesa: Mesa) -> None:
    """O prestador citado no corpo não vale por quem a origem identifica."""
    mesa.outro_prestador("500001", cnpj=None)
    mesa.enviar_lote()
    _conferir_ausente(
        mesa.perguntar(
            PROTOCOLO,
            quem=identificado("codigo", "500001"),
            de=identificado("codigo", CODIGO),
        )
    )


def test_citar_outro_prestador_no_corpo_nao_acha_o_proprio(mesa: Mesa) -> None:
    """O dono que pergunta em nome de outro prestador não encontra o protocolo."""
    mesa.outro_prestador("500001", cnpj=None)
    mesa.enviar_lote()
    _conferir_ausente(mesa.perguntar(PROTOCOLO, de=identificado("codigo", "500001")))


def test_protocolo_de_outra_operadora_nao_se_acha(mesa: Mesa) -> None:
    """O mesmo número na série de outra operadora é outro protocolo, e aqui não existe."""
    outra = abrir_mesa(mesa.banco, operadora={"registro_ans": "888888", "inicio_serie": 555})
    mesa.enviar_lote()
    dados = pronta(status(PROTOCOLO, registro_ans="888888"))
    _conferir_ausente(outra.enviar(dados, servico="tissSolicitacaoStatusProtocolo"))


def test_numeros_iguais_de_duas_operadoras_nao_se_misturam(mesa: Mesa) -> None:
    """Cada operadora responde pelo seu lote sob o mesmo número de protocolo."""
    outra = abrir_mesa(mesa.banco, operadora={"registro_ans": "888888"})
    mesa.enviar_lote("AQUI")
    outra.enviar(pronta(lote(numero="LA", registro_ans="888888")))
    dados = pronta(status(PROTOCOLO, registro_ans="888888"))
    la = outra.enviar(dados, servico="tissSolicitacaoStatusProtocolo").situacao
    assert (mesa.perguntar(PROTOCOLO).situacao.numero_lote, la.numero_lote) == ("AQUI", "LA")


# --- um CNPJ com vários códigos -------------------------------------------------------------------


@pytest.fixture
def filial(mesa: Mesa) -> Mesa:
    """A mesa com um segundo código sob o mesmo CNPJ, que vem antes do primeiro em ordem."""
    mesa.outro_prestador("000100", cnpj=CNPJ)
    return mesa


@pytest.mark.parametrize("codigo", [CODIGO, "000100"])
def test_cnpj_com_varios_codigos_acha_o_lote_de_cada_um(filial: Mesa, codigo: str) -> None:
    """Quem se identifica pelo CNPJ alcança os lotes de todos os seus códigos."""
    filial.enviar_lote(quem=identificado("codigo", codigo))
    resposta = filial.perguntar(PROTOCOLO, quem=identificado("cnpj", CNPJ))
    assert resposta.situacao.protocolo == PROTOCOLO


@pytest.mark.parametrize(("dono", "citado"), [(CODIGO, "000100"), ("000100", CODIGO)])
def test_codigo_citado_escolhe_entre_os_do_cnpj(filial: Mesa, dono: str, citado: str) -> None:
    """Pelo CNPJ com o código de um no corpo, o lote do outro código não é encontrado."""
    filial.enviar_lote(quem=identificado("codigo", dono))
    _conferir_ausente(
        filial.perguntar(
            PROTOCOLO, quem=identificado("cnpj", CNPJ), de=identificado("codigo", citado)
        )
    )


def test_um_codigo_nao_alcanca_o_lote_do_outro(filial: Mesa) -> None:
    """Quem se identifica por um código não vê o lote do outro, mesmo com o mesmo CNPJ."""
    filial.enviar_lote(quem=identificado("codigo", "000100"))
    _conferir_ausente(filial.perguntar(PROTOCOLO))


def test_lote_pelo_cnpj_e_do_codigo_que_as_guias_dizem(filial: Mesa) -> None:
    """Sem login que escolha, o executante das guias diz de qual código é o lote."""
    quem = identificado("cnpj", CNPJ, codigo=CODIGO)
    recibo = filial.enviar(pronta(lote(TipoGuia.HONORARIOS, quem=quem))).recibo
    assert filial.prestador.id == filial.protocolo(recibo.protocolo).prestador_id


# --- recusada antes de procurar -------------------------------------------------------------------


def test_identificacao_que_nao_se_pode_ecoar_e_recusada(mesa: Mesa) -> None:
    """O prestador citado com letra fora de ISO-8859-1 não caberia no hash da resposta."""
    mensagem = status(PROTOCOLO)
    achar(mensagem, "dadosPrestador/codigoPrestadorNaOperadora").text = "Ω"
    achar(mensagem, "hash").text = "0" * 32
    mesa = abrir_mesa(mesa.banco, operadora={"registro_ans": "777777", "hash_modo": "off"})
    achar(mensagem, "destino/registroANS").text = "777777"
    resposta = mesa.enviar(pronta(mensagem, selar=False), servico="tissSolicitacaoStatusProtocolo")
    conferir_erro(resposta, erros.IDENTIFICADOR_FORA_DE_LATIN1)


def test_perguntar_nao_muda_nada(mesa: Mesa) -> None:
    """Uma consulta só acrescenta a sua linha ao arquivo."""
    mesa.enviar_lote()
    antes = mesa.contagens()
    mesa.perguntar(PROTOCOLO)
    mesa.perguntar("99999999")
    assert antes == mesa.contagens()
