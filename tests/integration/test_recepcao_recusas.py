"""As recusas de uma mensagem, na ordem das verificações: forma, palavra, código e arquivo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration.recepcao import (
    CODIGO,
    EM_VIGOR,
    EU,
    LOTE,
    REGISTRO,
    STATUS,
    VAZIO,
    AssuntoQuebrado,
    Q,
    achar,
    com,
    conferir_erro,
    conferir_falha,
    lote,
    pronta,
)
from integration.recepcao_defeitos import (
    CANARIO,
    CONFORME_A_POLITICA,
    SEM_OPERADORA,
    SEMPRE_FALHA,
    SEMPRE_MENSAGEM,
    TODOS,
    Caso,
    sem_selo,
)
from integration.recepcao_outros import NAO_OFERECIDOS, pedido

from dominio import erros
from dominio.erros import TissFault
from dominio.listas import tem
from dominio.transacoes import POR_SERVICO
from dominio.versoes import VERSOES
from handlers.andamento import Pedido
from mensagem.envelope import Soap
from mensagem.parse import Limites
from persistence.prestadores import VersaoAceita
from prestador.valores import identificado

if TYPE_CHECKING:
    from integration.recepcao import AbrirMesa, Mesa

    from dominio.erros import Erro
    from dominio.transacoes import Transacao


def _palavra(erro: Erro) -> TissFault | None:
    return None if erro is erros.MUST_UNDERSTAND else erro.fault


# --- a forma da recusa ----------------------------------------------------------------------------


@pytest.mark.parametrize("caso", SEMPRE_FALHA + SEM_OPERADORA + CONFORME_A_POLITICA, ids=str)
def test_recusa_e_falha_com_a_palavra_do_erro(mesa: Mesa, caso: Caso) -> None:
    """Sem outra política, cada recusa é uma falha SOAP com a palavra do padrão para o erro."""
    resposta = mesa.enviar(caso.montar(EM_VIGOR))
    assert resposta.resultado.falha
    assert caso.erro.chave == resposta.resultado.erro
    assert _palavra(caso.erro) == resposta.palavra
    assert resposta.texto.startswith(caso.erro.texto)


@pytest.mark.parametrize("caso", SEMPRE_FALHA + SEM_OPERADORA, ids=str)
def test_sem_cabecalho_confiavel_e_falha_em_qualquer_politica(
    nova_mesa: AbrirMesa, caso: Caso
) -> None:
    """Forma, esquema e destino desconhecido são falhas mesmo com a política ``mensagemErro``."""
    mesa = nova_mesa(operadora={"recusa": "mensagemErro"}, prestador={"recusa": "mensagemErro"})
    resposta = mesa.enviar(caso.montar(EM_VIGOR))
    assert resposta.resultado.falha
    assert caso.erro.chave == resposta.resultado.erro


@pytest.mark.parametrize("caso", CONFORME_A_POLITICA, ids=str)
def test_operadora_pode_recusar_por_mensagem(nova_mesa: AbrirMesa, caso: Caso) -> None:
    """Com a política ``mensagemErro``, a recusa traz um código válido em cada versão."""
    mesa = nova_mesa(operadora={"recusa": "mensagemErro"})
    for versao in VERSOES:
        resposta = mesa.enviar(caso.montar(versao), versao=versao)
        conferir_erro(resposta, caso.erro, versao)
        assert tem("dm_tipoGlosa", resposta.codigo or "", versao)


@pytest.mark.parametrize("caso", SEMPRE_MENSAGEM, ids=str)
@pytest.mark.parametrize("politica", ["fault", "mensagemErro"])
def test_o_que_nao_tem_palavra_e_sempre_mensagem(
    nova_mesa: AbrirMesa, caso: Caso, politica: str
) -> None:
    """O que ``tissFault`` não sabe dizer responde ``mensagemErro`` nas duas políticas."""
    mesa = nova_mesa(operadora={"recusa": politica})
    for versao in VERSOES:
        conferir_erro(mesa.enviar(caso.montar(versao), versao=versao), caso.erro, versao)


@pytest.mark.parametrize("da_operadora", ["fault", "mensagemErro"])
@pytest.mark.parametrize("do_prestador", ["fault", "mensagemErro"])
def test_politica_do_prestador_vale_por_cima(
    nova_mesa: AbrirMesa, da_operadora: str, do_prestador: str
) -> None:
    """Conhecido o prestador, é a política dele que diz a forma da recusa."""
    mesa = nova_mesa(operadora={"recusa": da_operadora}, prestador={"recusa": do_prestador})
    for caso in (CONFORME_A_POLITICA[0], CONFORME_A_POLITICA[3]):
        resposta = mesa.enviar(caso.montar(EM_VIGOR))
        assert (do_prestador == "fault", caso.erro.chave) == (
            resposta.resultado.falha,
            resposta.resultado.erro,
        )


@pytest.mark.parametrize("transacao", NAO_OFERECIDOS, ids=lambda t: t.servico)
def test_servico_nao_oferecido(mesa: Mesa, transacao: Transacao) -> None:
    """Cada serviço que não se oferece diz isso, na sua resposta, em cada versão que o tem."""
    for versao in [v for v in VERSOES if transacao.utilizavel_em(v)]:
        dados = pronta(pedido(transacao, versao), selar=False)
        resposta = mesa.enviar(dados, versao=versao, servico=transacao.servico)
        assert not resposta.resultado.falha, resposta.texto
        assert erros.NAO_OFERECIDO.chave == resposta.resultado.erro
        assert Q + transacao.raiz_resposta == resposta.raiz.tag
        assert resposta.codigo == "3148"


def test_sao_cinco_os_servicos_nao_oferecidos() -> None:
    """Autorização, elegibilidade, anexos e comunicação são os que faltam dos doze."""
    assert {t.servico for t in NAO_OFERECIDOS} == {
        "tissComunicacaoBeneficiario",
        "tissLoteAnexo",
        "tissSolicitacaoProcedimento",
        "tissSolicitacaoStatusAutorizacao",
        "tissVerificaElegibilidade",
    }


def test_envio_de_documentos_de_4_00_00_e_falha(mesa: Mesa) -> None:
    """O serviço que 4.00.00 descreve mas não permite usar é uma falha de versão."""
    transacao = POR_SERVICO["tissEnvioDocumentos"]
    mensagem = pedido(transacao, "4.00.01")
    achar(mensagem, "Padrao").text = "4.00.00"
    resposta = mesa.enviar(pronta(mensagem), versao="4.00.00", servico=transacao.servico)
    conferir_falha(resposta, erros.SERVICO_SEM_VERSAO)


# --- o que a recusa não diz e o que ela deixa -----------------------------------------------------


def test_recusa_nao_repete_o_valor_errado(mesa: Mesa) -> None:
    """Nem a resposta nem os detalhes do arquivo repetem o valor que está errado."""
    for caso in TODOS:
        resposta = mesa.enviar(caso.montar(EM_VIGOR))
        for canario in (CANARIO, "77" * 16, "770077"):
            assert canario not in resposta.texto, caso
            assert canario not in str(mesa.arquivada(resposta.id).detalhes), caso


def test_recusa_fica_no_arquivo_e_em_mais_lugar_nenhum(mesa: Mesa) -> None:
    """A recusada tem linha no arquivo com erro, texto e resposta, e não escreve mais nada."""
    for caso in TODOS:
        resposta = mesa.enviar(caso.montar(EM_VIGOR))
        guardada = mesa.arquivada(resposta.id)
        assert ("recusada", caso.erro.chave, resposta.resultado.http) == (
            guardada.desfecho,
            guardada.erro,
            guardada.http,
        )
        assert resposta.texto == (guardada.detalhes or {})["texto"]
        assert resposta.resultado.corpo == guardada.resposta
    assert mesa.contagens() == VAZIO


def test_arquivo_sabe_de_quem_e_a_recusada(mesa: Mesa) -> None:
    """A recusada de destino conhecido pertence à operadora, com serviço e sequencial."""
    for caso in SEMPRE_MENSAGEM + CONFORME_A_POLITICA:
        guardada = mesa.arquivada(mesa.enviar(caso.montar(EM_VIGOR)).id)
        assert (mesa.operadora.id, LOTE.servico, "1") == (
            guardada.operadora_id,
            guardada.servico,
            guardada.sequencial,
        )


def test_erros_de_esquema_ficam_todos_no_arquivo(mesa: Mesa) -> None:
    """De cada erro de esquema o arquivo guarda o lugar e a regra, em lista."""
    trocas = {"tipoConsulta": CANARIO, "valorProcedimento": "150,00", "indicacaoAcidente": "x"}
    resposta = mesa.enviar(pronta(com(lote(), trocas)))
    detalhes = mesa.arquivada(resposta.id).detalhes or {}
    assert len(detalhes["erros"]) == 3
    assert CANARIO not in str(detalhes)


def test_as_sete_palavras_do_padrao_aparecem(nova_mesa: AbrirMesa) -> None:
    """Cada palavra de ``tissFault`` tem uma recusa que a usa."""
    mesa = nova_mesa(assuntos={STATUS.servico: AssuntoQuebrado()})
    usuais = {
        mesa.enviar(caso.montar(EM_VIGOR)).palavra
        for caso in SEMPRE_FALHA + SEM_OPERADORA + CONFORME_A_POLITICA
    }
    quebrada = mesa.perguntar("1").palavra
    mesa.dar_login("clinica", "Segredo#1")
    sem_login = mesa.enviar(pronta(lote())).palavra
    assert set(TissFault) == usuais - {None} | {quebrada, sem_login}


# --- a ordem --------------------------------------------------------------------------------------


def test_verificacoes_seguem_a_ordem_do_caminho(mesa: Mesa) -> None:
    """Com vários defeitos juntos, cura-se um por vez e aparece o seguinte, na ordem fixa."""
    mesa.dar_login("clinica", "Segredo#1")
    estranho = identificado("codigo", "600001")
    mensagem = lote(quem=estranho, registro_ans="770077", login="clinica", senha="errada")
    trocas = {
        "Padrao": "4.02.00", "tipoTransacao": "SOLIC_STATUS_PROTOCOLO", "numeroLote": "9" * 13,
        "hash": "0" * 32, "sequencialTransacao": "Ω",
    }  # fmt: skip
    com(mensagem, trocas)
    curas: list[tuple[Erro, dict[str, str]]] = [
        (erros.VERSAO, {"Padrao": EM_VIGOR}),
        (erros.ESQUEMA, {"numeroLote": "1"}),
        (erros.IDENTIFICADOR_DO_CABECALHO, {"sequencialTransacao": "1"}),
        (erros.DESTINATARIO, {"destino/registroANS": REGISTRO}),
        (erros.TIPO_TRANSACAO, {"tipoTransacao": LOTE.tipo_pedido}),
        (erros.REMETENTE, {"origem/identificacaoPrestador/codigoPrestadorNaOperadora": CODIGO}),
    ]
    for erro, cura in curas:
        assert erro.chave == mesa.enviar(pronta(mensagem, selar=False)).resultado.erro
        com(mensagem, cura)
    assert erros.HASH.chave == mesa.enviar(pronta(mensagem, selar=False)).resultado.erro
    assert erros.LOGIN.chave == mesa.enviar(pronta(mensagem)).resultado.erro


def test_versao_nao_aceita_vem_antes_do_hash(nova_mesa: AbrirMesa) -> None:
    """O prestador fora da versão é avisado disso, ainda que o hash também esteja errado."""
    mesa = nova_mesa(prestador={"versoes": [VersaoAceita("4.02.00")]})
    resposta = mesa.enviar(pronta(com(lote(), {"hash": "0" * 32}), selar=False))
    conferir_falha(resposta, erros.VERSAO)


# --- casos de fronteira ---------------------------------------------------------------------------


def test_prestador_inativo_nao_e_remetente(nova_mesa: AbrirMesa) -> None:
    """Quem deixou de ser credenciado é recusado como quem nunca foi."""
    mesa = nova_mesa(prestador={"ativo": False})
    conferir_falha(mesa.enviar(pronta(lote())), erros.REMETENTE)


def test_prestador_de_outra_operadora_nao_e_remetente(mesa: Mesa, nova_mesa: AbrirMesa) -> None:
    """O código credenciado noutra operadora não vale nesta."""
    nova_mesa(operadora={"registro_ans": "888888"}, prestador={"codigo": "600001", "cnpj": None})
    resposta = mesa.enviar(pronta(lote(quem=identificado("codigo", "600001"))))
    conferir_falha(resposta, erros.REMETENTE)


@pytest.mark.parametrize("politica", ["fault", "mensagemErro"])
def test_versao_que_nao_se_tem_no_endereco(nova_mesa: AbrirMesa, politica: str) -> None:
    """Um endereço de versão que não existe é falha de versão em qualquer política."""
    mesa = nova_mesa(operadora={"recusa": politica})
    mensagem = com(lote(), {"Padrao": "9.99.99"})
    pedido_dela = pronta(mensagem)
    resposta = mesa.recepcao.receber(_pedido(pedido_dela, "9.99.99"))
    assert (True, erros.VERSAO.chave) == (resposta.falha, resposta.erro)


def _pedido(dados: bytes, versao: str | None, soap: Soap = Soap.V11) -> Pedido:
    return Pedido(dados, LOTE, versao, "soap", "a" * 32, soap=soap)


def test_versao_errada_e_operadora_desconhecida_e_falha_de_versao(mesa: Mesa) -> None:
    """``Padrao`` confere-se antes do destino: com os dois errados, a recusa é da versão."""
    mensagem = com(lote(registro_ans="770077"), {"Padrao": "4.02.00"})
    conferir_falha(mesa.enviar(pronta(mensagem)), erros.VERSAO)


def test_limite_de_tamanho_e_falha_413(nova_mesa: AbrirMesa) -> None:
    """A mensagem maior que o limite é recusada antes de lida, com HTTP 413."""
    mesa = nova_mesa(limites=Limites(tamanho=1000))
    resposta = mesa.enviar(pronta(lote()))
    conferir_falha(resposta, erros.GRANDE_DEMAIS)
    assert resposta.resultado.http == 413


def test_limite_de_marcas_e_falha_413(nova_mesa: AbrirMesa) -> None:
    """A mensagem com elementos demais é recusada antes de lida, com HTTP 413."""
    mesa = nova_mesa(limites=Limites(marcas=50))
    conferir_falha(mesa.enviar(pronta(lote())), erros.MARCAS_DEMAIS)


def test_cento_e_uma_guias_nao_passam_no_esquema(mesa: Mesa) -> None:
    """O padrão dá cem guias a um lote; a seguinte é erro de esquema."""
    conferir_falha(mesa.enviar(pronta(lote(guias=101))), erros.ESQUEMA)


@pytest.mark.parametrize(("nome", "http"), [("esquema", 400), ("hash", 400), ("corpo vazio", 400)])
def test_soap_1_2_recusa_com_400(mesa: Mesa, nome: str, http: int) -> None:
    """Em SOAP 1.2 a recusa é Sender com HTTP 400, no envelope do pedido."""
    caso = next(c for c in TODOS if c.nome == nome)
    dados = caso.montar(EM_VIGOR).replace(Soap.V11.encode(), Soap.V12.encode())
    resultado = mesa.recepcao.receber(_pedido(dados, EM_VIGOR, Soap.V12))
    assert (http, Soap.V12) == (resultado.http, resultado.soap)
    assert b":Sender<" in resultado.corpo


def test_operadora_pode_pedir_falhas_com_200(nova_mesa: AbrirMesa) -> None:
    """Para clientes que não leem HTTP 500, as falhas podem sair com 200."""
    mesa = nova_mesa(operadora={"falha_com_200": True})
    resposta = mesa.enviar(CONFORME_A_POLITICA[3].montar(EM_VIGOR))
    assert (resposta.resultado.falha, resposta.resultado.http) == (True, 200)


def test_recusa_por_mensagem_ecoa_sequencial_e_origem(nova_mesa: AbrirMesa) -> None:
    """A resposta ``mensagemErro`` troca origem e destino e repete o sequencial."""
    mesa = nova_mesa(operadora={"recusa": "mensagemErro"})
    raiz = mesa.enviar(sem_selo(hash="0" * 32, sequencialTransacao="SEQ9")(EM_VIGOR)).raiz
    assert achar(raiz, "sequencialTransacao").text == "SEQ9"
    assert (
        EU.identificacao.valor
        == achar(raiz, "destino/identificacaoPrestador/codigoPrestadorNaOperadora").text
    )
