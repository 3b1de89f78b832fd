"""Recorrer por zeep, do WSDL servido: recurso, situação e resposta, também entre versões."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.numeros import novo_lote
from acceptance.servidor import HOSPITAL, LOGIN, REGISTRO, SENHA
from validador import validar_resposta

from dominio.analise import Glosa
from dominio.competencia import agora
from dominio.lote import TipoGuia
from dominio.transacoes import POR_SERVICO
from handlers import analise, decisao_de_recurso
from handlers.analise import (
    PedidoDeFinalizacao,
    PedidoDeRegistro,
    QualGuia,
    ResultadoDeGuia,
    ResultadoDeItem,
)
from handlers.da_operadora import Autor
from handlers.decisao_de_recurso import Decisao, PedidoDeDecisao
from persistence import documentos, protocolos, recursos
from prestador.arquivos_inventados import pdf
from prestador.cabecalho import cabecalho
from prestador.cancelamentos import GuiaACancelar, corpo_cancelamento_guias
from prestador.documentos import corpo_documento
from prestador.lotes import corpo_lote
from prestador.mensagem_xml import envelope, mensagem_ws
from prestador.recursos import DaGuia, DoItem, DoProtocolo, NovoRecurso, corpo_recurso

if TYPE_CHECKING:
    from acceptance.servidor import Servidor

    from persistence.protocolos import ItemGuardado
    from prestador.cliente import Cliente

PELO_ZEEP = ("3.05.00", "4.01.00", "4.03.00")
GLOSADO = Decimal("5.00")


def _analisado(
    gateway: Servidor, cliente: Cliente, versao: str, tipo: TipoGuia = TipoGuia.SADT
) -> tuple[str, str, ItemGuardado]:
    """Um lote enviado por zeep com 5.00 glosados no primeiro item: lote, protocolo e item."""
    # só um número de algarismos cabe no recibo final
    lote = novo_lote().replace("L", "7")
    dado = cliente.enviar_lote(
        corpo_lote(tipo, versao, prestador=HOSPITAL, registro_ans=REGISTRO, numero_lote=lote)
    )
    numero, operadora = int(dado.protocolo or 0), gateway.operadora.id
    autor = Autor("análise", agora())
    with gateway.banco.escrita() as conn:
        achado = protocolos.por_numero(conn, operadora, numero)
        assert achado is not None
        primeiro = protocolos.itens(conn, achado.lote_id or 0)[0]
        valor = primeiro.item.valor_total
        resultado = ResultadoDeItem(valor, valor - GLOSADO, 1, glosas=(Glosa("1705", GLOSADO),))
        analise.registrar(
            conn,
            operadora,
            PedidoDeRegistro(numero, lote, (ResultadoDeGuia(QualGuia(1), (resultado,)),)),
            autor,
        )
        analise.finalizar(conn, operadora, PedidoDeFinalizacao(numero, completar=True), autor)
    return lote, str(numero), primeiro


def _decidir(gateway: Servidor, recurso: str | None, acatado: str) -> None:
    with gateway.banco.escrita() as conn:
        decisao_de_recurso.decidir(
            conn,
            gateway.operadora.id,
            PedidoDeDecisao(
                int(recurso or 0),
                f"d{recurso}",
                (Decisao(1, Decimal(acatado), "Reavaliado pela auditoria."),),
            ),
            Autor("ana", agora()),
        )


def _do_item(lote: str, primeiro: ItemGuardado, valor: str = "5.00") -> DoItem:
    i = primeiro.item
    return DoItem(f"{lote}001", i.sequencial, i.data, i.tabela, i.codigo, "1705", Decimal(valor))


def _recurso(
    versao: str, lote: str, protocolo: str, contesta: DoItem | DaGuia | DoProtocolo, **campos: Any
) -> Any:
    novo = NovoRecurso(
        f"R{lote}", lote, protocolo, [contesta], Decimal("5.00"), date(2026, 5, 4), **campos
    )
    return corpo_recurso(versao, HOSPITAL, novo, registro_ans=REGISTRO)


@pytest.mark.parametrize("versao", PELO_ZEEP)
@pytest.mark.parametrize("nivel", ["item", "guia", "protocolo"])
def test_do_recurso_a_resposta(gateway: Servidor, versao: str, nivel: str) -> None:
    """Nos três níveis: número, em análise, e a resposta com o que se acatou."""
    with gateway.cliente(versao) as cliente:
        lote, protocolo, primeiro = _analisado(gateway, cliente, versao)
        contesta = {
            "item": _do_item(lote, primeiro),
            "guia": DaGuia(f"{lote}001", ["1705"]),
            "protocolo": DoProtocolo("1705"),
        }[nivel]
        dado = cliente.recorrer(_recurso(versao, lote, protocolo, contesta))
        validar_resposta(cliente.ultima_resposta, versao)
        assert (dado.erro, dado.protocolo, dado.total) == (None, protocolo, GLOSADO)
        assert cliente.status_do_recurso(dado.numero or "").status == 1
        validar_resposta(cliente.ultima_resposta, versao)
        _decidir(gateway, dado.numero, "5.00")
        depois = cliente.status_do_recurso(protocolo)
        validar_resposta(cliente.ultima_resposta, versao)
        assert (depois.recursado, depois.acatado) == (GLOSADO, GLOSADO)
        [linha] = depois.linhas
        assert linha.acatado if nivel != "item" else linha.valor_acatado == GLOSADO


@pytest.mark.parametrize("feito", PELO_ZEEP)
@pytest.mark.parametrize("perguntado", PELO_ZEEP)
def test_feito_numa_versao_e_perguntado_noutra(
    gateway: Servidor, feito: str, perguntado: str
) -> None:
    """A resposta de um recurso lê-se em qualquer versão, médica ou odontológica."""
    for tipo in (TipoGuia.SADT, TipoGuia.ODONTO):
        odonto = tipo is TipoGuia.ODONTO
        with gateway.cliente(feito) as cliente:
            lote, protocolo, primeiro = _analisado(gateway, cliente, feito, tipo)
            dado = cliente.recorrer(
                _recurso(feito, lote, protocolo, _do_item(lote, primeiro), odonto=odonto)
            )
            assert dado.erro is None
        _decidir(gateway, dado.numero, "2.00")
        with gateway.cliente(perguntado) as cliente:
            [linha] = cliente.status_do_recurso(dado.numero or "").linhas
            validar_resposta(cliente.ultima_resposta, perguntado)
        assert (linha.valor_recursado, linha.valor_acatado) == (GLOSADO, Decimal("2.00"))
        assert linha.justificativa == "Reavaliado pela auditoria."


@pytest.mark.parametrize("versao", PELO_ZEEP)
def test_recusa_e_cancelamento(gateway: Servidor, versao: str) -> None:
    """Um centavo a mais é 2908; cancelado, onde a versão o permite, o mesmo se contesta de novo."""
    with gateway.cliente(versao) as cliente:
        lote, protocolo, primeiro = _analisado(gateway, cliente, versao)
        demais = cliente.recorrer(
            _recurso(versao, lote, protocolo, _do_item(lote, primeiro, "5.01"))
        )
        validar_resposta(cliente.ultima_resposta, versao)
        assert demais.erro is not None
        assert demais.erro.codigo == "2908"
        corpo = _recurso(versao, lote, protocolo, _do_item(lote, primeiro))
        primeiro_numero = cliente.recorrer(corpo).numero
        # outra mensagem, o mesmo recurso
        assert cliente.recorrer(corpo).numero == primeiro_numero
        if versao == "3.05.00":
            # ali não se cancelam recursos: não há tipoGuia 3
            return
        alvo = GuiaACancelar(f"R{lote}", protocolo=protocolo, tipo="3")
        cancelado = cliente.cancelar(corpo_cancelamento_guias(versao, HOSPITAL, [alvo]))
        assert [a.status for a in cancelado.alvos] == [1]
        assert cliente.status_do_recurso(protocolo).status == 9
        assert cliente.recorrer(corpo).numero != primeiro_numero


@pytest.mark.parametrize("versao", ["4.01.00", "4.03.00"])
def test_documento_vai_com_o_recurso(gateway: Servidor, versao: str) -> None:
    """O laudo fica no recurso, repetido tem o mesmo número, e a resposta lê-se em 3.05.00."""
    with gateway.cliente(versao) as cliente:
        lote, protocolo, primeiro = _analisado(gateway, cliente, versao)
        recurso = cliente.recorrer(
            _recurso(versao, lote, protocolo, _do_item(lote, primeiro))
        ).numero
        laudo = corpo_documento(pdf(texto=b"laudo"), natureza="3", protocolo=recurso)
        dado = cliente.enviar_documento(laudo)
        validar_resposta(cliente.ultima_resposta, versao)
        assert (dado.erro, dado.numero_protocolo) == (None, recurso)
        assert cliente.enviar_documento(laudo).protocolo == dado.protocolo
    with gateway.banco.leitura() as conn:
        achado = recursos.por_numero(conn, gateway.operadora.id, int(recurso or 0))
        assert achado is not None
        [guardado] = documentos.do_protocolo(conn, gateway.operadora.id, achado.protocolo_id)
    assert guardado.numero == int(dado.protocolo or 0)
    _decidir(gateway, recurso, "2.00")
    with gateway.cliente("3.05.00") as antigo:
        assert antigo.status_do_recurso(recurso or "").acatado == Decimal("2.00")
        validar_resposta(antigo.ultima_resposta, "3.05.00")


def test_em_3_05_00_nao_ha_documentos(gateway: Servidor) -> None:
    """A versão que não tem o serviço não o descreve, e responde falha a quem o chama."""
    envio = POR_SERVICO["tissEnvioDocumentos"]
    assert gateway.pegar(f"/tiss/3.05.00/{envio.servico}?wsdl").status == 404
    topo = cabecalho(envio.tipo_pedido, "3.05.00", HOSPITAL, REGISTRO, login=LOGIN, senha=SENHA)
    mensagem = mensagem_ws(envio, topo, corpo_documento(pdf(), guia_prestador="1"))
    resposta = gateway.postar(envelope(mensagem), "3.05.00", envio.servico)
    assert resposta.status == 500
    assert b"<ans:tissFault>VersaoInvalida</ans:tissFault>" in resposta.corpo


def test_pagina_publica_diz_que_se_recorre(gateway: Servidor) -> None:
    """A página dos endereços mostra o recurso e a sua situação como oferecidos."""
    pagina = gateway.pegar("/").corpo.decode()
    for servico in ("tissRecursoGlosa", "tissSolicitacaoStatusRecursoGlosa"):
        assert f"<td>{servico}</td><td>oferecido</td>" in pagina
