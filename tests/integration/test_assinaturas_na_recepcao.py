"""As políticas de assinatura no caminho de uma mensagem, nas duas grafias e nos dois bancos."""

from __future__ import annotations

import hashlib
import uuid
from base64 import b64encode
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import certificados as icp
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from integration.assinadas import (
    LISTA_DA_AC,
    ac,
    assinada,
    chave,
    confiar,
    guardar_lista,
    lote_assinado,
    politica,
    relido,
    titular,
)
from integration.recepcao import (
    EM_VIGOR,
    EU,
    LOTE,
    REGISTRO,
    STATUS,
    VAZIO,
    Q,
    achar,
    assinatura,
    conferir_erro,
    conferir_falha,
    lote,
    pronta,
    status,
)
from lxml import etree
from validador import validar_resposta

from dominio import erros
from dominio.lote import TipoGuia
from handlers.andamento import Pedido
from handlers.confianca import passo
from handlers.confianca.passo import COM_SHA1, DE_GUIA, SEM_ASSINATURA
from mensagem.assinatura import assinar
from persistence import revogados
from prestador import mensagem_xml
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_lote

if TYPE_CHECKING:
    from integration.recepcao import AbrirMesa, Mesa

    from dominio.erros import Erro
    from mensagem.assinatura import Verificada

DS = "http://www.w3.org/2000/09/xmldsig#"
D = f"{{{DS}}}"
VERSOES = ("3.05.00", EM_VIGOR)
AGORA = datetime.now(UTC)
INTEIRA = "íntegra, cadeia confiável, não revogado, titular confere"
"""O veredito de uma assinatura contra a qual nada há."""


def revogado() -> icp.Par:
    """Um titular que a autoridade revogou."""
    return titular(nome="CLINICA DE CERTIFICADO PERDIDO")


def com_sha1(mensagem: etree._Element, par: icp.Par) -> bytes:
    """O envelope de uma mensagem assinada com RSA-SHA1, que o gateway não sabe fazer."""
    conteudo = etree.tostring(mensagem, method="c14n", exclusive=True)
    assinar(mensagem, chave(par))
    info = mensagem[-1].find(f"{D}SignedInfo")
    assert info is not None
    achar_ds(info, "SignatureMethod").set("Algorithm", f"{DS}rsa-sha1")
    achar_ds(info, "DigestMethod").set("Algorithm", f"{DS}sha1")
    resumo = hashlib.sha1(conteudo, usedforsecurity=False).digest()
    achar_ds(info, "DigestValue").text = b64encode(resumo).decode()
    canonico = etree.tostring(info, method="c14n", exclusive=True, with_tail=False)
    valor = par.chave.sign(canonico, PKCS1v15(), hashes.SHA1())  # type: ignore[call-arg,arg-type]  # noqa: S303
    achar_ds(mensagem[-1], "SignatureValue").text = b64encode(valor).decode()
    return pronta(mensagem, selar=False)


def achar_ds(pai: etree._Element, nome: str) -> etree._Element:
    """O elemento do XML-DSig desse nome."""
    return next(pai.iter(D + nome))


def quebrada(versao: str) -> bytes:
    """Um lote com um valor mudado depois de assinado, e o hash refeito para o esconder."""
    mensagem = assinar(lote(versao=versao), chave(titular()))
    achar(mensagem, "numeroLote").text = "777"
    return pronta(mensagem)


def _mensagem(caso: str, versao: str) -> bytes:
    match caso:
        case "ausente":
            return pronta(lote(versao=versao))
        case "quebrada":
            return quebrada(versao)
        case "sha1":
            return com_sha1(lote(versao=versao), titular())
    quem = {
        "boa": titular,
        "não confiável": lambda: icp.falsa().titular(),
        "vencida": lambda: titular(nome="CLINICA VENCIDA", ate=icp.VENCEU),
        "revogada": revogado,
        "outro titular": lambda: titular(nome="OUTRA CLINICA", cnpj=icp.OUTRO_CNPJ),
    }[caso]
    return lote_assinado(quem(), versao)


NADA: dict[str, Erro | str | None] = {
    "ausente": None,
    "boa": "presente, não verificada",
    "quebrada": "presente, não verificada",
    "não confiável": "presente, não verificada",
    "vencida": "presente, não verificada",
    "revogada": "presente, não verificada",
    "outro titular": "presente, não verificada",
    "sha1": "presente, não verificada",
}
ANOTA: dict[str, Erro | str | None] = {
    "ausente": None,
    "boa": INTEIRA,
    "quebrada": erros.ASSINATURA_INVALIDA,
    "não confiável": "íntegra, cadeia recusada: sem-ancora",
    "vencida": "íntegra, cadeia recusada: vencido",
    "revogada": "íntegra, cadeia confiável, revogado, titular confere",
    "outro titular": "íntegra, cadeia confiável, não revogado, outro titular",
    "sha1": erros.ASSINATURA_INVALIDA,
}
EXIGE: dict[str, Erro | str | None] = {
    "ausente": erros.ASSINATURA_AUSENTE,
    "boa": INTEIRA,
    "quebrada": erros.ASSINATURA_INVALIDA,
    "não confiável": erros.CADEIA_INVALIDA,
    "vencida": erros.CERTIFICADO_VENCIDO,
    "revogada": erros.CERTIFICADO_REVOGADO,
    "outro titular": erros.CERTIFICADO_INVALIDO,
    "sha1": erros.ASSINATURA_INVALIDA,
}
DESFECHOS = {"off": NADA, "record": ANOTA, "required": EXIGE}


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("caso", list(NADA))
@pytest.mark.parametrize("modo", list(DESFECHOS))
def test_cada_politica_diante_de_cada_assinatura(
    nova_mesa: AbrirMesa, modo: str, caso: str, versao: str
) -> None:
    """Cada assinatura, ou a falta dela, tem em cada política o desfecho que se lhe dá."""
    mesa = nova_mesa()
    confiar(mesa, revogados_=(revogado(),))
    politica(mesa, assinatura_politica=modo)
    esperado = DESFECHOS[modo][caso]
    resposta = mesa.enviar(_mensagem(caso, versao), versao=versao)
    if isinstance(esperado, str) or esperado is None:
        assert resposta.recibo.protocolo == "10000001"
        assert esperado == mesa.arquivada(resposta.id).assinatura
    else:
        conferir_erro(resposta, esperado, versao)
        assert mesa.contagens() == VAZIO


@pytest.mark.parametrize("modo", ["fault", "mensagemErro"])
def test_recusa_por_assinatura_e_sempre_mensagem_de_erro(nova_mesa: AbrirMesa, modo: str) -> None:
    """Não há palavra de falha para assinatura: responde-se mensagemErro nos dois modos."""
    mesa = nova_mesa(operadora={"recusa": modo})
    resposta = mesa.enviar(quebrada(EM_VIGOR))
    conferir_erro(resposta, erros.ASSINATURA_INVALIDA)
    assert "não é o que se assinou" in resposta.texto


def test_sem_ancoras_a_cadeia_fica_por_verificar(mesa: Mesa) -> None:
    """Sem âncoras só a integridade se confere, e o arquivo o diz."""
    resposta = mesa.enviar(lote_assinado(titular()))
    guardada = mesa.arquivada(resposta.id)
    assert guardada.assinatura == "íntegra, cadeia não verificada"
    assert "avisos" not in (guardada.detalhes or {})


def test_arquivo_guarda_o_veredito_inteiro(nova_mesa: AbrirMesa) -> None:
    """Com a mensagem ficam o algoritmo, o certificado e cada parte do veredito."""
    mesa = nova_mesa()
    confiar(mesa)
    par = titular()
    guardada = mesa.arquivada(mesa.enviar(lote_assinado(par)).id)
    dito = (guardada.detalhes or {})["assinatura"]
    assert dito["cadeia"] == "cadeia confiável"
    assert dito["revogacao"] == "não revogado"
    assert dito["titular"] == "titular confere"
    assert dito["algoritmo"] == "RSA-SHA256"
    assert dito["nao_repudio"] is True
    assert dito["certificado"]["serie"] == f"{par.certificado.serial_number:x}"
    assert icp.CPF not in str(dito)


# --- o que se lê é o que se assinou -----------------------------------------------------------


def _em_volta(versao: str, fora: str) -> bytes:
    """Um lote verdadeiro e assinado escondido dentro do lote de outro conteúdo."""
    mensagem = assinar(lote(versao=versao, numero="1"), chave(titular()))
    levada = mensagem[-1]
    impostora = lote(versao=versao, numero=fora)
    etree.SubElement(levada, f"{D}Object").append(deepcopy(mensagem))
    impostora.append(levada)
    return pronta(impostora)


@pytest.mark.parametrize("modo", ["record", "required"])
def test_embrulho_nao_chega_ao_banco(nova_mesa: AbrirMesa, modo: str) -> None:
    """Uma assinatura verdadeira, mudada para outro lote, não deixa entrar o que não assinou."""
    mesa = nova_mesa()
    confiar(mesa)
    politica(mesa, assinatura_politica=modo)
    resposta = mesa.enviar(_em_volta(EM_VIGOR, "666"))
    assert resposta.resultado.erro in (erros.ASSINATURA_INVALIDA.chave, erros.ESQUEMA.chave)
    assert mesa.contagens() == VAZIO


def test_so_a_arvore_assinada_chega_ao_assunto(
    nova_mesa: AbrirMesa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Se o que se assinou não é o que se recebeu, os dados vêm do que se assinou."""
    mesa = nova_mesa()
    assinado = lote(numero="42")

    def verificar(recebida: etree._Element, **opcoes: bool) -> Verificada:
        integra = original(recebida, **opcoes)
        assert integra is not None
        # como se a árvore recebida não fosse a assinada
        achar(recebida, "numeroLote").text = "666"
        return replace(integra, lida=assinado)

    original = passo.verificar
    monkeypatch.setattr(passo, "verificar", verificar)
    resposta = mesa.enviar(lote_assinado(titular(), numero="42"))
    assert achar(resposta.raiz, "numeroLote").text == "42"


def test_hash_e_login_falam_antes_da_assinatura(nova_mesa: AbrirMesa) -> None:
    """Um valor mudado depois de assinar é primeiro um hash que não confere."""
    mesa = nova_mesa()
    mensagem = assinar(lote(), chave(titular()))
    achar(mensagem, "numeroLote").text = "777"
    conferir_falha(mesa.enviar(pronta(mensagem, selar=False)), erros.HASH)


# --- grafias e canais -------------------------------------------------------------------------


@pytest.mark.parametrize("nome", [f"{Q}Signature", f"{Q}Signatures", f"{D}Signature"])
@pytest.mark.parametrize("versao", VERSOES)
def test_grafias_da_assinatura_no_web_service(nova_mesa: AbrirMesa, versao: str, nome: str) -> None:
    """O esquema e a verificação aceitam a assinatura nos dois espaços de nomes."""
    mesa = nova_mesa()
    confiar(mesa)
    politica(mesa, assinatura_politica="required")
    mensagem = assinar(lote(versao=versao), chave(titular()))
    mensagem[-1].tag = nome
    resposta = mesa.enviar(pronta(mensagem, selar=False), versao=versao)
    assert mesa.arquivada(resposta.id).assinatura == INTEIRA


@pytest.mark.parametrize("nome", [f"{Q}Signature", f"{D}Signature"])
@pytest.mark.parametrize("versao", VERSOES)
def test_grafias_da_assinatura_em_arquivo(nova_mesa: AbrirMesa, versao: str, nome: str) -> None:
    """Idem em mensagemTISS, onde o esquema quer a outra grafia."""
    mesa = nova_mesa()
    confiar(mesa)
    politica(mesa, assinatura_politica="required")
    corpo = corpo_lote(
        TipoGuia.CONSULTA, versao, prestador=EU, registro_ans=REGISTRO, numero_lote="1", guias=1,
        itens=1, semente=1,
    )  # fmt: skip
    cab = cabecalho(LOTE.tipo_pedido, versao, EU, REGISTRO, sequencial="1")
    mensagem = assinar(mensagem_xml.mensagem_arquivo(LOTE, cab, corpo), chave(titular()))
    mensagem[-1].tag = nome
    dados = etree.tostring(mensagem, encoding="iso-8859-1", xml_declaration=True)
    pedido = Pedido(dados, None, None, "upload", uuid.uuid4().hex)
    resultado = mesa.recepcao.receber(pedido)
    validar_resposta(resultado.corpo, versao)
    assert mesa.arquivada(pedido.id).assinatura == INTEIRA


def test_assinatura_sem_a_forma_do_esquema_e_falha(mesa: Mesa) -> None:
    """A forma da assinatura é do esquema, com qualquer das grafias."""
    mensagem = assinar(lote(), chave(titular()))
    mensagem[-1].tag = f"{D}Signature"
    mensagem[-1].remove(achar_ds(mensagem, "SignatureValue"))
    conferir_falha(mesa.enviar(pronta(mensagem, selar=False)), erros.ESQUEMA)


def test_consulta_sem_assinatura_tambem_e_recusada(nova_mesa: AbrirMesa) -> None:
    """Quem exige assinatura a exige de todas as mensagens, consultas incluídas."""
    mesa = nova_mesa()
    protocolo = mesa.enviar_lote().protocolo
    confiar(mesa)
    politica(mesa, assinatura_politica="required")
    conferir_erro(mesa.perguntar(protocolo), erros.ASSINATURA_AUSENTE)
    boa = mesa.enviar(assinada(status(protocolo), titular()), servico=STATUS.servico)
    assert boa.situacao.protocolo == protocolo


# --- SHA-1 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dias", "aceita"), [(1, True), (-1, False)])
def test_sha1_so_ate_o_dia_combinado(nova_mesa: AbrirMesa, dias: int, *, aceita: bool) -> None:
    """SHA-1 passa até o último dia dito para o prestador, sempre com aviso."""
    mesa = nova_mesa()
    confiar(mesa)
    politica(mesa, sha1_ate=(AGORA + timedelta(days=dias)).date())
    resposta = mesa.enviar(com_sha1(lote(), titular()))
    if aceita:
        assert resposta.recibo.protocolo == "10000001"
        assert COM_SHA1 in resposta.resultado.avisos
    else:
        conferir_erro(resposta, erros.ASSINATURA_INVALIDA)
        assert "SHA-1" in resposta.texto


# --- quem assinava e deixou de assinar --------------------------------------------------------


def test_quem_assinava_e_deixa_de_assinar_e_evento_de_seguranca(
    nova_mesa: AbrirMesa, capsys: pytest.CaptureFixture[str]
) -> None:
    """A primeira assinatura fica anotada; depois dela, uma mensagem sem assinatura avisa."""
    mesa = nova_mesa()
    confiar(mesa)
    assert relido(mesa).assina_desde is None
    mesa.enviar(lote_assinado(titular()))
    assert relido(mesa).assina_desde is not None
    resposta = mesa.enviar(pronta(lote(numero="2")))
    assert resposta.recibo.protocolo == "10000002"
    assert SEM_ASSINATURA in resposta.resultado.avisos
    assert "prestador que assina enviou sem assinatura" in capsys.readouterr().out


def test_quem_assinava_pode_ser_recusado_sem_assinatura(nova_mesa: AbrirMesa) -> None:
    """Com a política de recusar, a mensagem sem assinatura de quem assina não entra."""
    mesa = nova_mesa()
    confiar(mesa)
    politica(mesa, sem_assinatura="recusar")
    assert mesa.enviar(pronta(lote(numero="1"))).recibo.protocolo == "10000001"
    mesa.enviar(lote_assinado(titular(), numero="2"))
    conferir_erro(mesa.enviar(pronta(lote(numero="3"))), erros.ASSINATURA_AUSENTE)


# --- listas de revogados ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("horas", "erro"), [(-1, None), (1, None), (23, None), (25, erros.CADEIA_INVALIDA)]
)
def test_lista_vencida_serve_um_dia(nova_mesa: AbrirMesa, horas: int, erro: Erro | None) -> None:
    """Onde se exige assinatura, a lista serve até 24 horas depois de vencer; depois recusa-se."""
    mesa = nova_mesa()
    confiar(mesa)
    venceu = AGORA - timedelta(hours=horas)
    guardar_lista(mesa.banco, mesa.operadora, ac(), LISTA_DA_AC, de=icp.INICIO, ate=venceu)
    politica(mesa, assinatura_politica="required")
    resposta = mesa.enviar(lote_assinado(titular()))
    if erro is None:
        assert mesa.arquivada(resposta.id).assinatura == INTEIRA
    else:
        conferir_erro(resposta, erro)
        assert "lista de revogados" in resposta.texto


def test_lista_vencida_em_record_e_so_veredito(nova_mesa: AbrirMesa) -> None:
    """Onde não se exige assinatura, a falta de lista não recusa nada."""
    mesa = nova_mesa()
    confiar(mesa, listas=False)
    resposta = mesa.enviar(lote_assinado(titular()))
    dita = mesa.arquivada(resposta.id).assinatura
    assert dita == (
        "íntegra, cadeia confiável, revogação não verificada: falta a lista, titular confere"
    )


def test_certificado_sem_endereco_de_lista(nova_mesa: AbrirMesa) -> None:
    """Um certificado que não diz a sua lista só serve com a lista da autoridade em arquivo."""
    mesa = nova_mesa()
    confiar(mesa)
    politica(mesa, assinatura_politica="required")
    sem = lote_assinado(titular(nome="SEM ENDERECO", crl=None))
    resposta = mesa.enviar(sem)
    conferir_erro(resposta, erros.CADEIA_INVALIDA)
    assert "não diz onde está" in resposta.texto
    guardar_lista(mesa.banco, mesa.operadora, ac(), "")
    assert mesa.arquivada(mesa.enviar(sem).id).assinatura == INTEIRA


def test_cadeia_aceita_pede_as_suas_listas(nova_mesa: AbrirMesa) -> None:
    """A lista de cada autoridade da cadeia passa a ser buscada; a de cadeia recusada, não."""
    mesa = nova_mesa()
    confiar(mesa, listas=False)
    mesa.enviar(lote_assinado(icp.falsa().titular(crl="http://192.0.2.1/nao"), numero="1"))
    mesa.enviar(lote_assinado(titular(), numero="2"))
    with mesa.banco.leitura() as conn:
        pontos = {lista.ponto for lista in revogados.por_buscar(conn, datetime.now(UTC), 10)}
    assert pontos == {LISTA_DA_AC, "http://lcr.exemplo.com.br/raiz.crl"}


def test_autoridade_revogada_derruba_a_cadeia(nova_mesa: AbrirMesa) -> None:
    """Se a raiz revogou a autoridade que emitiu, o certificado não serve."""
    mesa = nova_mesa()
    confiar(mesa)
    guardar_lista(
        mesa.banco, mesa.operadora, icp.raiz(), "http://lcr.exemplo.com.br/raiz.crl", (ac(),)
    )
    politica(mesa, assinatura_politica="required")
    conferir_erro(mesa.enviar(lote_assinado(titular())), erros.CADEIA_INVALIDA)


# --- titular ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("regra", "aceita"), [("mesmo-cnpj", False), ("mesma-raiz", True)])
def test_filial_so_com_a_politica_da_raiz(
    nova_mesa: AbrirMesa, regra: str, *, aceita: bool
) -> None:
    """O certificado de outro estabelecimento da mesma empresa só serve onde basta a raiz."""
    mesa = nova_mesa()
    confiar(mesa)
    politica(mesa, assinatura_politica="required", assinatura_titular=regra)
    resposta = mesa.enviar(lote_assinado(titular(nome="FILIAL", cnpj=icp.FILIAL_CNPJ)))
    assert aceita == (resposta.resultado.erro is None)


def test_titular_pessoa_fisica_e_o_prestador_do_cpf(nova_mesa: AbrirMesa) -> None:
    """O prestador que é pessoa física assina com o certificado do seu CPF."""
    mesa = nova_mesa(prestador={"cnpj": None, "cpf": icp.CPF})
    confiar(mesa)
    politica(mesa, assinatura_politica="required")
    resposta = mesa.enviar(lote_assinado(titular(nome="MEDICA INVENTADA", cnpj=None)))
    assert mesa.arquivada(resposta.id).assinatura == INTEIRA


# --- guias ------------------------------------------------------------------------------------


def test_assinatura_de_guia_que_nao_vale_so_se_anota(nova_mesa: AbrirMesa) -> None:
    """Nem quem exige assinatura exige a de guia: o veredito fica no arquivo, com aviso."""
    mesa = nova_mesa()
    confiar(mesa)
    politica(mesa, assinatura_politica="required")
    mensagem = lote()
    guia = achar(mensagem, "guiaConsulta")
    guia.append(assinatura("assinaturaDigitalGuia", "AAAA"))
    resposta = mesa.enviar(assinada(mensagem_xml.selar(mensagem), titular()))
    assert resposta.recibo.protocolo == "10000001"
    assert DE_GUIA in resposta.resultado.avisos
    [dita] = (mesa.arquivada(resposta.id).detalhes or {})["assinatura"]["guias"]
    assert (dita["posicao"], dita["situacao"]) == (1, "quebrada")
