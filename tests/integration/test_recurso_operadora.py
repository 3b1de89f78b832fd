"""O que a operadora e o portal veem e fazem: listas, busca, saldos e rascunhos."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from integration.recurso import ATENDIDO, Recorrente, aceita, guia, item

from dominio.competencia import agora, dia
from dominio.impedimento import Impedimento
from dominio.recurso import Estado, Origem
from handlers.da_operadora import Autor
from handlers.recurso_glosa import rascunho
from mensagem.recusa import RegraRecusada
from persistence import mensagens, operadoras, prestadores, protocolos, rascunhos
from persistence.consultas import recursaveis
from persistence.consultas import recursos as lista
from persistence.consultas.recursos import Filtro
from prestador.recursos import DoProtocolo

if TYPE_CHECKING:
    from persistence.consultas.recursos import LinhaDaLista


def _listar(recorrente: Recorrente, **filtro: Any) -> tuple[LinhaDaLista, ...]:
    with recorrente.mesa.banco.leitura() as conn:
        return lista.listar(conn, recorrente.mesa.operadora.id, Filtro(**filtro))


# --- listas -------------------------------------------------------------------------------------


def test_uma_linha_por_guia_com_o_seu_estado(recorrente: Recorrente) -> None:
    """Cada guia do recurso tem a sua linha, com objeto, estado, valores e justificativas."""
    protocolo = recorrente.analisado({(1, 1): ("30.00",), (2, None): ("5.00",)}, guias=2)
    primeira, segunda = (recorrente.guia_de(protocolo, n) for n in (1, 2))
    numero = recorrente.aceito(protocolo, item(primeira, 1, "30.00"), guia(segunda))
    recorrente.decidir(numero, aceita(1, "10.00"))
    de_itens, da_guia = _listar(recorrente)
    assert (de_itens.guia, de_itens.objeto, de_itens.estado, de_itens.acatado) == (
        primeira,
        "Itens",
        Estado.AUTORIZADO_PARCIAL,
        Decimal("10.00"),
    )
    assert (da_guia.guia, da_guia.objeto, da_guia.estado, da_guia.acatado) == (
        segunda,
        "Guia",
        Estado.EM_ANALISE,
        None,
    )
    assert de_itens.origem.texto == "Via Webservice"
    assert {x.recurso for x in (de_itens, da_guia)} == {numero}


def test_recurso_do_protocolo_nao_tem_guia(recorrente: Recorrente) -> None:
    """Na lista, o recurso do protocolo vem sem guia."""
    protocolo = recorrente.analisado()
    recorrente.aceito(protocolo, DoProtocolo("1705"))
    [linha] = _listar(recorrente)
    assert (linha.guia, linha.objeto, linha.protocolo) == (None, "Protocolo", protocolo)


def test_filtros_e_busca(recorrente: Recorrente) -> None:
    """Cada filtro, e a busca por parte de um número ou da justificativa, acham só o seu."""
    um, dois = recorrente.analisado(), recorrente.analisado()
    a = recorrente.aceito(um, guia(recorrente.guia_de(um), justificativa="100% do contrato"))
    b = recorrente.aceito(dois, guia(recorrente.guia_de(dois), justificativa="1000 vezes"))
    recorrente.decidir(b, aceita(1, "0.00"))
    hoje = dia(agora())
    so_a: list[dict[str, Any]] = [
        {"recurso": a},
        {"protocolo": um},
        {"guia": f"00{recorrente.guia_de(um)}"},
        {"lote": recorrente.lote_de(um)},
        {"estado": Estado.PROTOCOLADO},
        {"busca": "100% do"},
        {"busca": str(a)},
    ]
    for filtro in so_a:
        assert [x.recurso for x in _listar(recorrente, **filtro)] == [a], filtro
    for nenhum in (
        {"prestador": "999"},
        {"origem": Origem.PORTAL},
        {"solicitado_ate": hoje - timedelta(2)},
        {"solicitado_de": hoje + timedelta(2)},
        {"homologacao": True},
        {"busca": "_"},
        {"busca": "9" * 30},
    ):
        assert _listar(recorrente, **nenhum) == (), nenhum
    assert [x.recurso for x in _listar(recorrente)] == [b, a]


def test_lista_continua_de_onde_parou(recorrente: Recorrente) -> None:
    """Página a página chega-se ao mais antigo."""
    protocolo = recorrente.analisado({(1, 1): ("30.00",), (1, 2): ("10.00",)})
    numero = recorrente.guia_de(protocolo)
    feitos = [recorrente.aceito(protocolo, item(numero, n, "1.00")) for n in (1, 2)]
    with recorrente.mesa.banco.leitura() as conn:
        operadora = recorrente.mesa.operadora.id
        [nova] = lista.listar(conn, operadora, Filtro(), limite=1)
        [velha] = lista.listar(conn, operadora, Filtro(), limite=1, antes_de=nova.recurso)
    assert [velha.recurso, nova.recurso] == feitos


def test_outra_operadora_nada_ve(recorrente: Recorrente) -> None:
    """A lista de outra operadora não tem os recursos desta."""
    protocolo = recorrente.analisado()
    recorrente.aceito(protocolo, DoProtocolo("1705"))
    with recorrente.mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="123456", cnpj="45123987000170", nome="Outra"
        )
    with recorrente.mesa.banco.leitura() as conn:
        assert lista.listar(conn, outra.id, Filtro()) == ()


def test_saldo_a_recursar(recorrente: Recorrente) -> None:
    """De cada glosa, o glosado, o recursado e o saldo; de cada guia, as somas e os códigos."""
    protocolo = recorrente.analisado({(1, 1): ("30.00",), (1, None): ("5.00",)})
    numero = recorrente.guia_de(protocolo)
    recorrente.aceito(protocolo, item(numero, 1, "20.00"))
    with recorrente.mesa.banco.leitura() as conn:
        achado = recorrente.cobranca.protocolo(protocolo)
        da_guia, do_item = recursaveis.glosas_a_recursar(conn, achado, f"00{numero}")
        [linha] = recursaveis.guias_a_recursar(conn, achado)
    assert (da_guia.item, da_guia.saldo, da_guia.aberta) == (None, Decimal("5.00"), False)
    assert do_item.item is not None
    assert (do_item.saldo, do_item.recursado, do_item.aberta) == (
        Decimal("10.00"),
        Decimal("20.00"),
        True,
    )
    assert (linha.codigos, linha.glosado, linha.saldo) == (
        ("1705",),
        Decimal("35.00"),
        Decimal("15.00"),
    )


def test_sem_analise_nada_se_mostra(recorrente: Recorrente) -> None:
    """As glosas de uma análise em curso não aparecem."""
    protocolo = recorrente.cobranca.lote(["100.00"])
    with recorrente.mesa.banco.leitura() as conn:
        achado = recorrente.cobranca.protocolo(protocolo)
        assert recursaveis.glosas_a_recursar(conn, achado) == ()


# --- rascunhos ----------------------------------------------------------------------------------


def _quem(recorrente: Recorrente, origem: Origem = Origem.PORTAL) -> rascunho.Quem:
    mesa = recorrente.mesa
    return rascunho.Quem(mesa.operadora, mesa.prestador, origem, Autor("bia", agora()))


def _linha(recorrente: Recorrente, protocolo: int, valor: str = "30.00") -> dict[str, Any]:
    return {
        "nivel": "item",
        "codigo": "1705",
        "justificativa": "Conforme o contrato.",
        "guia_numero": recorrente.guia_de(protocolo),
        "sequencial": 1,
        "data_inicio": ATENDIDO.isoformat(),
        "tabela": "22",
        "procedimento": "40300001",
        "descricao": "Exame",
        "valor": valor,
    }


@pytest.mark.parametrize("origem", [Origem.PORTAL, Origem.OPERADORA])
def test_rascunho_so_e_recurso_quando_enviado(recorrente: Recorrente, origem: Origem) -> None:
    """Digitar não é enviar; enviado, o recurso tem número, origem e conteúdo no arquivo."""
    protocolo = recorrente.analisado()
    quem = _quem(recorrente, origem)
    with recorrente.mesa.banco.escrita() as conn:
        novo = rascunho.criar(conn, quem, f"00{protocolo}", [])
        mudado = rascunho.mudar(conn, quem, novo.id, [_linha(recorrente, protocolo)], revisao=0)
    assert _listar(recorrente) == ()
    with recorrente.mesa.banco.escrita() as conn:
        feito = rascunho.enviar(conn, quem, novo.id, revisao=mudado.revisao)
    [linha] = _listar(recorrente, origem=origem)
    assert linha.recurso == feito.numero
    achado = recorrente.recurso(feito.numero)
    with recorrente.mesa.banco.leitura() as conn:
        deles = rascunhos.listar(conn, quem.operadora.id, (quem.prestador.id,))
        do_arquivo = protocolos.por_ids(conn, [achado.protocolo_id])[achado.protocolo_id]
        guardada = mensagens.ler(conn, None, do_arquivo.mensagem_id)
    assert deles == ()
    assert guardada is not None
    assert b"Conforme o contrato." in (guardada.pedido or b"")
    recorrente.decidir(feito.numero, aceita(1, "30.00"))
    assert recorrente.perguntar(feito.numero).acatado == Decimal("30.00")


def test_rascunho_enviado_nao_se_muda_nem_se_apaga(recorrente: Recorrente) -> None:
    """O que já se enviou fica como foi."""
    protocolo = recorrente.analisado()
    quem = _quem(recorrente)
    with recorrente.mesa.banco.escrita() as conn:
        novo = rascunho.criar(conn, quem, str(protocolo), [_linha(recorrente, protocolo)])
        rascunho.enviar(conn, quem, novo.id)
    for acao in (
        lambda conn: rascunho.mudar(conn, quem, novo.id, []),
        lambda conn: rascunho.apagar(conn, quem, novo.id),
        lambda conn: rascunho.enviar(conn, quem, novo.id),
    ):
        with pytest.raises(Impedimento) as erro, recorrente.mesa.banco.escrita() as conn:
            acao(conn)
        assert erro.value.chave == "rascunho-enviado"


def test_rascunho_apagado_deixa_de_existir(recorrente: Recorrente) -> None:
    """Não enviado, apaga-se; o de outro prestador é como se não existisse."""
    protocolo = recorrente.analisado()
    quem = _quem(recorrente)
    with recorrente.mesa.banco.escrita() as conn:
        novo = rascunho.criar(conn, quem, str(protocolo), [])
        outro = prestadores.adicionar(conn, quem.operadora.id, codigo="999001", nome="Outro")
    with pytest.raises(Impedimento) as erro, recorrente.mesa.banco.escrita() as conn:
        rascunho.apagar(conn, quem._replace(prestador=outro), novo.id)
    assert erro.value.chave == "rascunho-ausente"
    with pytest.raises(Impedimento) as erro, recorrente.mesa.banco.escrita() as conn:
        rascunho.criar(conn, quem._replace(prestador=outro), str(protocolo), [])
    assert erro.value.chave == "protocolo-ausente"
    with recorrente.mesa.banco.escrita() as conn:
        rascunho.apagar(conn, quem, novo.id)
        assert rascunhos.listar(conn, quem.operadora.id, (quem.prestador.id,)) == ()


def test_envio_passa_pelas_mesmas_regras(recorrente: Recorrente) -> None:
    """Acima do saldo, o envio é recusado e o rascunho continua por enviar."""
    protocolo = recorrente.analisado()
    quem = _quem(recorrente)
    with recorrente.mesa.banco.escrita() as conn:
        novo = rascunho.criar(conn, quem, str(protocolo), [_linha(recorrente, protocolo, "30.01")])
    with pytest.raises(RegraRecusada) as erro, recorrente.mesa.banco.escrita() as conn:
        rascunho.enviar(conn, quem, novo.id)
    assert erro.value.erro.chave == "recurso-saldo"
    with recorrente.mesa.banco.leitura() as conn:
        [ainda] = rascunhos.listar(conn, quem.operadora.id, (quem.prestador.id,))
    assert ainda.recurso_id is None


@pytest.mark.parametrize(
    "troca",
    [
        {"nivel": "lote"},
        {"valor": "1.001"},
        {"valor": "muito"},
        {"data_inicio": "2026-13-01"},
        {"inventado": 1},
    ],
)
def test_linha_que_nao_se_entende(recorrente: Recorrente, troca: dict[str, Any]) -> None:
    """Um rascunho só guarda o que se poderá enviar."""
    protocolo = recorrente.analisado()
    linha = {**_linha(recorrente, protocolo), **troca}
    with pytest.raises(Impedimento) as erro, recorrente.mesa.banco.escrita() as conn:
        rascunho.criar(conn, _quem(recorrente), str(protocolo), [linha])
    assert erro.value.chave == "rascunho-invalido"
