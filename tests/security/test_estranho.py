"""O que um estranho, que só sabe o código de um prestador, não consegue em nome dele."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import certificados as icp
import pytest
from integration.assinadas import assinada, chave, confiar, politica, relido, titular
from integration.recepcao import (
    CNPJ,
    CODIGO,
    NOME,
    SERVICOS_FEITOS,
    STATUS,
    Q,
    achar,
    conferir_erro,
    lote,
    pronta,
    status,
)
from sqlalchemy import update

from dominio import erros
from dominio.lote import TipoGuia
from handlers.andamento import COMECO_GUARDADO
from handlers.cota import SEM_BYTES, Cota
from handlers.credenciais import Credenciais
from handlers.recepcao import Recepcao
from mensagem.assinatura import assinar
from persistence import acessos, confianca, tabelas
from persistence.acessos import Certificado
from prestador.valores import identificado

if TYPE_CHECKING:
    from integration.recepcao import AbrirMesa, Mesa

    from persistence.prestadores import Prestador

ESTRANHO = "203.0.113.66"
DA_CONEXAO = "ab" * 32
_PELO_CNPJ = identificado("cnpj", CNPJ, codigo=CODIGO, nome=NOME)


def _com_cota(mesa: Mesa, limite: int) -> Mesa:
    recepcao = Recepcao(
        mesa.banco, SERVICOS_FEITOS, Credenciais(mesa.banco), cota=Cota(mesa.banco, limite)
    )
    return dataclasses.replace(mesa, recepcao=recepcao)


# --- marcar outro como quem assina --------------------------------------------------------------


@pytest.mark.parametrize("com_ancora", [False, True])
def test_assinatura_de_estranho_nao_fecha_a_porta_ao_prestador(
    nova_mesa: AbrirMesa, *, com_ancora: bool
) -> None:
    """Uma consulta assinada com certificado inventado não marca o prestador como quem assina."""
    mesa = nova_mesa()
    politica(mesa, sem_assinatura="recusar")
    if com_ancora:
        confiar(mesa)
    consulta = assinada(status("1"), icp.falsa().titular())
    assert mesa.enviar(consulta, servico=STATUS.servico, endereco=ESTRANHO).resultado.erro is not (
        erros.ASSINATURA_INVALIDA.chave
    )
    assert relido(mesa).assina_desde is None
    assert mesa.enviar(pronta(lote())).recibo.protocolo == "10000001"


def test_certificado_de_outro_titular_nao_marca(nova_mesa: AbrirMesa) -> None:
    """Nem um certificado de cadeia confiável marca, se é de outro titular ou foi revogado."""
    mesa = nova_mesa()
    revogado = titular(nome="REVOGADA")
    confiar(mesa, revogados_=(revogado,))
    mesa.enviar(assinada(lote(numero="1"), titular(nome="OUTRA", cnpj=icp.OUTRO_CNPJ)))
    mesa.enviar(assinada(lote(numero="2"), revogado))
    assert relido(mesa).assina_desde is None


def test_assinatura_provada_marca_e_prova_quem_enviou(nova_mesa: AbrirMesa) -> None:
    """Sem login, uma assinatura a que nada falta marca o prestador e prova quem enviou."""
    mesa = nova_mesa()
    confiar(mesa)
    resposta = mesa.enviar(assinada(lote(), titular()))
    assert relido(mesa).assina_desde is not None
    assert mesa.arquivada(resposta.id).autenticada is True


def test_login_provado_marca_quem_assina_sem_ancora(mesa: Mesa) -> None:
    """Quem provou o login marca-se pela sua assinatura, ainda que a cadeia não se confira."""
    mesa.dar_login("clinica", "Segredo#1")
    mesa.enviar(assinada(lote(login="clinica", senha="Segredo#1"), titular()))
    assert relido(mesa).assina_desde is not None


# --- passar por autenticado ---------------------------------------------------------------------


def _gorda(numero: int) -> bytes:
    dados = pronta(status("1"))
    fim = dados.rindex(b"</")
    return dados[:fim] + b" " * (COMECO_GUARDADO + numero) + dados[fim:]


def test_consultas_de_quem_nada_provou_tem_cota(mesa: Mesa) -> None:
    """Onde não se exige login, as consultas de um estranho cortam-se e contam na cota do dia."""
    mesa = _com_cota(mesa, 3 * COMECO_GUARDADO)
    guardadas = [
        mesa.arquivada(mesa.enviar(_gorda(n), servico=STATUS.servico, endereco=ESTRANHO).id)
        for n in range(4)
    ]
    assert {g.autenticada for g in guardadas} == {False}
    assert {g.integral for g in guardadas} == {False}
    assert len(guardadas[0].pedido or b"") == COMECO_GUARDADO
    assert guardadas[-1].pedido is None
    assert SEM_BYTES in (guardadas[-1].detalhes or {})["avisos"]


def test_lote_aceito_de_quem_nada_provou_fica_inteiro(mesa: Mesa) -> None:
    """O lote aceito guarda-se inteiro mesmo sem login, mas não se diz que se provou quem enviou."""
    mesa = _com_cota(mesa, 0)
    dados = pronta(lote(TipoGuia.SADT, guias=60, itens=4))
    guardada = mesa.arquivada(mesa.enviar(dados).id)
    assert len(dados) > COMECO_GUARDADO
    assert (guardada.autenticada, guardada.integral, guardada.pedido) == (False, True, dados)


def test_lote_repetido_por_quem_nada_provou_nao_se_guarda_outra_vez(mesa: Mesa) -> None:
    """A repetição responde o mesmo e deixa linha, resumo e de qual é, sem os bytes de novo."""
    dados = pronta(lote(numero="1"))
    primeira, repetida = mesa.enviar(dados), mesa.enviar(dados)
    assert primeira.recibo == repetida.recibo
    guardadas = mesa.arquivada(primeira.id), mesa.arquivada(repetida.id)
    assert [(g.integral, g.pedido is None, g.resposta is None) for g in guardadas] == [
        (True, False, False),
        (False, True, True),
    ]
    assert guardadas[0].sha256 == guardadas[1].sha256


def test_lote_recusado_de_quem_nada_provou_corta_se(mesa: Mesa) -> None:
    """Um lote que uma regra recusa, de quem não provou quem é, fica só com o começo."""
    mensagem = lote(TipoGuia.SADT, guias=60, itens=4)
    for guia in mensagem.iter(f"{Q}numeroGuiaPrestador"):
        guia.text = "1"
    guardada = mesa.arquivada(mesa.enviar(pronta(mensagem)).id)
    assert guardada.erro == erros.GUIA_REPETIDA.chave
    assert (guardada.autenticada, guardada.integral) == (False, False)


# --- escolher as políticas de outro -------------------------------------------------------------


@pytest.fixture
def irmaos(mesa: Mesa) -> tuple[Mesa, Prestador]:
    """Dois códigos de um CNPJ, que se provam por certificado; o do outro nada confere."""
    outro = mesa.outro_prestador("014000", cnpj=CNPJ)
    mesa.dar_login("filial", "Outra#2026", outro)
    agora = datetime.now(UTC)
    valido = Certificado(
        DA_CONEXAO,
        "CN=Hospital",
        "CN=AC",
        agora - timedelta(days=9),
        agora + timedelta(days=9),
        agora,
    )
    with mesa.banco.escrita() as conn:
        for quem in (mesa.prestador, outro):
            acessos.mudar_autenticacao(conn, quem, "certificado")
        acessos.adicionar_certificado(conn, mesa.prestador, valido)
        confianca.politica_do_prestador(
            conn, mesa.operadora.id, outro.id, {"assinatura_politica": "off"}
        )
        conn.execute(
            update(tabelas.prestador)
            .where(tabelas.prestador.c.id == outro.id)
            .values(hash_modo="off")
        )
    return mesa, outro


def _alterada(numero: str, login: str | None, *, selar: bool) -> bytes:
    senha = None if login is None else "0" * 8
    mensagem = assinar(
        lote(quem=_PELO_CNPJ, numero=numero, login=login, senha=senha), chave(titular())
    )
    achar(mensagem, "numeroLote").text = f"7{numero}"
    return pronta(mensagem, selar=selar)


@pytest.mark.parametrize("login", [None, "filial"])
@pytest.mark.parametrize(
    ("selar", "erro"), [(True, erros.ASSINATURA_INVALIDA), (False, erros.HASH)]
)
def test_login_por_conferir_nao_escolhe_as_politicas(
    irmaos: tuple[Mesa, Prestador], login: str | None, *, selar: bool, erro: erros.Erro
) -> None:
    """Com o certificado de um código, o login do outro não dispensa do hash nem da assinatura."""
    mesa, _ = irmaos
    resposta = mesa.enviar(_alterada("1", login, selar=selar), certificado=DA_CONEXAO)
    assert resposta.resultado.erro == erro.chave
    assert mesa.arquivada(resposta.id).prestador_id == mesa.prestador.id


def test_certo_pelas_proprias_politicas_entra(irmaos: tuple[Mesa, Prestador]) -> None:
    """Conferida de novo pelas políticas de quem se provou, a mensagem certa entra."""
    mesa, _ = irmaos
    mensagem = lote(quem=_PELO_CNPJ, login="filial", senha="0" * 8)
    resposta = mesa.enviar(
        pronta(assinar(mensagem, chave(titular())), selar=False), certificado=DA_CONEXAO
    )
    assert resposta.recibo.protocolo == "10000001"
    guardada = mesa.arquivada(resposta.id)
    assert (guardada.prestador_id, guardada.hash_variante) == (mesa.prestador.id, "oficial")
    assert (guardada.assinatura or "").startswith("íntegra")


def test_politica_da_mesa_continua_a_valer(irmaos: tuple[Mesa, Prestador]) -> None:
    """Quem exige assinatura não a dispensa por o login dizer outro código."""
    mesa, _ = irmaos
    politica(mesa, assinatura_politica="required")
    dados = pronta(lote(quem=_PELO_CNPJ, login="filial", senha="0" * 8))
    conferir_erro(mesa.enviar(dados, certificado=DA_CONEXAO), erros.ASSINATURA_AUSENTE)
