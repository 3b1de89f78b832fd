"""O que se devolve serve a quem importa: o sistema do prestador diante dos nossos arquivos."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from importador import Chave, Conta, Contrato, Gestao, Item, Parado, leitura_literal, lote_esperado
from integration import arquivos
from integration.cobranca import HOJE, de_guia, de_item, glosa
from integration.demonstrativo import TRANSACAO, Balcao
from integration.recepcao import CODIGO, EM_VIGOR, EU, REGISTRO
from integration.recurso import STATUS_DO_RECURSO, Recorrente, aceita, recibo

from dominio.lote import TipoGuia
from prestador import mensagem_xml
from prestador.cabecalho import cabecalho
from prestador.demonstrativos import corpo_analise
from prestador.lotes import corpo_status
from prestador.recursos import DoItem

if TYPE_CHECKING:
    from integration.recepcao import Mesa

    from dominio.transacoes import Transacao
    from prestador.valores import Corpo

_DE_CADA = "0.10"


class _Fatura:
    """Um lote enviado com o número que o contrato manda, analisado com três itens glosados."""

    def __init__(self, mesa: Mesa, lote: str, *, guias: int = 2) -> None:
        self.mesa = mesa
        self.balcao = Balcao(mesa)
        self.balcao.todos_os_itens()
        enviado = mesa.enviar_lote(lote, tipo=TipoGuia.SADT, guias=guias)
        assert enviado.protocolo is not None
        self.protocolo = enviado.protocolo
        self.lote = lote
        casa = self.balcao.casa
        contas: dict[int, Conta] = {}
        self.glosados: list[tuple[int, Chave]] = []
        for guia in casa.guias(int(self.protocolo)):
            contas[guia.posicao] = Conta(guia.numero_prestador, guia.numero_operadora, {})
        for guardado in casa.itens(int(self.protocolo)):
            item = guardado.item
            chave = (str(item.sequencial), item.tabela, item.codigo, item.data.isoformat())
            contas[guardado.guia_posicao].itens[chave] = Item()
        self.gestao = Gestao(
            REGISTRO, frozenset({CODIGO}), lote, self.protocolo, list(contas.values())
        )

    def analisar(self) -> None:
        """Glosa dez centavos do primeiro item de cada guia."""
        casa, numero = self.balcao.casa, int(self.protocolo)
        vistas: set[int] = set()
        for guardado in casa.itens(numero):
            if guardado.guia_posicao in vistas:
                continue
            vistas.add(guardado.guia_posicao)
            valor = str(guardado.item.valor_total)
            casa.registrar(
                numero,
                de_guia(guardado.guia_posicao, de_item(guardado.posicao, valor, glosa(_DE_CADA))),
            )
            item = guardado.item
            chave = (str(item.sequencial), item.tabela, item.codigo, item.data.isoformat())
            self.glosados.append((guardado.guia_posicao, chave))
        casa.finalizar(numero, completar=True)

    def arquivo_da_analise(self, versao: str = EM_VIGOR) -> bytes:
        """A análise de conta em arquivo."""
        return self._pedir(TRANSACAO, corpo_analise(versao, EU, [self.protocolo], HOJE), versao)

    def recorrer(self, *valores: str) -> str:
        """Recorre do item glosado de cada guia; dá o número do recibo."""
        recorrente = Recorrente.em(self.mesa)
        itens = []
        for (posicao, chave), valor in zip(self.glosados, valores, strict=False):
            guia = self.gestao.contas[posicao - 1].numero
            data = type(HOJE).fromisoformat(chave[3])
            itens.append(
                DoItem(guia, int(chave[0]), data, chave[1], chave[2], "1705", Decimal(valor))
            )
        pedido = recorrente.novo(int(self.protocolo), *itens, lote=self.lote)
        numero = recibo(recorrente.enviar(pedido)).numero
        assert numero is not None
        return numero

    def arquivo_da_resposta(self, numero: str, versao: str = EM_VIGOR) -> bytes:
        """A resposta do recurso em arquivo."""
        return self._pedir(STATUS_DO_RECURSO, corpo_status(versao, EU, numero), versao)

    def item(self, guia: int) -> Item:
        """O item glosado de uma guia, na gestão."""
        posicao, chave = self.glosados[guia - 1]
        return self.gestao.contas[posicao - 1].itens[chave]

    def _pedir(self, transacao: Transacao, corpo: Corpo, versao: str) -> bytes:
        topo = cabecalho(transacao.tipo_pedido, versao, EU, REGISTRO)
        dados = arquivos.bytes_de(mensagem_xml.mensagem_arquivo(transacao, topo, corpo))
        _, resultado = arquivos.enviar(self.mesa, dados, versao=versao)
        return resultado.corpo


@pytest.mark.parametrize("nova_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("contrato", "remessa", "fatura", "esperado"),
    [
        (Contrato(composto=True), "123", "9", "00010002123"),
        (Contrato(composto=True, da_remessa=True), "123", "9", "00010002123"),
        (Contrato(da_remessa=True), "00000450", "9", "00000450"),
        (Contrato(da_remessa=True), "R-42", "07", "07"),
        (Contrato(da_remessa=True), "R-42", "F-7", "R-42"),
        (Contrato(), "123", "9", "7858"),
    ],
    ids=str,
)
def test_lote_esperado_volta_como_se_enviou(
    mesa: Mesa, contrato: Contrato, remessa: str, fatura: str, esperado: str
) -> None:
    """Composto, da remessa ou fatura, ou informado: o lote volta igual, zeros inclusive."""
    lote = lote_esperado(contrato, remessa=remessa, fatura=fatura, informado="7858")
    assert lote == esperado
    fatura_enviada = _Fatura(mesa, lote, guias=1)
    fatura_enviada.analisar()
    assert fatura_enviada.gestao.importar(fatura_enviada.arquivo_da_analise()) == []


def test_cada_conferencia_para_a_importacao_sem_mudar_nada(mesa: Mesa) -> None:
    """V1 a V5: registro, código, protocolo, lote e conta fechada; sem protocolo, V3 não se vê."""
    fatura = _Fatura(mesa, "00000450", guias=1)
    fatura.analisar()
    analise = fatura.arquivo_da_analise()
    antes = deepcopy(fatura.gestao)
    for regra, mudanca in (
        ("V1", {"registro": "123456"}),
        ("V2", {"codigos": frozenset({"outro"})}),
        ("V3", {"protocolo": f"0{fatura.protocolo}"}),
        ("V4", {"lote": "450"}),
        ("V5", {"finalizada": True}),
    ):
        outra = replace(fatura.gestao, **mudanca)
        with pytest.raises(Parado, match=regra):
            outra.importar(analise)
        assert fatura.gestao == antes
    devolvida = replace(fatura.gestao, finalizada=False, protocolo=None)
    assert devolvida.importar(analise) == []


def test_contas_acham_se_pelos_dois_numeros_e_o_resto_so_se_anota(mesa: Mesa) -> None:
    """M2 e M3: pela guia da operadora, senão pela do prestador; o que falta não interrompe."""
    fatura = _Fatura(mesa, "1", guias=4)
    fatura.analisar()
    um, dois, tres, quatro = fatura.gestao.contas
    um.numero = "outro número"
    dois.numero_operadora = None
    tres.itens.clear()
    fatura.gestao.contas[3] = Conta("não enviada", None, {})
    registro = fatura.gestao.importar(fatura.arquivo_da_analise())
    assert fatura.item(1).situacao == fatura.item(2).situacao == "Glosa"
    assert registro == [
        f"sem itens: {tres.numero}",
        f"sem conta: {quatro.numero}",
        f"sem XML: {tres.numero}",
        "sem XML: não enviada",
    ]


def test_analise_atualiza_a_gestao_com_valores_e_motivos(mesa: Mesa) -> None:
    """M4 e M5: o glosado traz o motivo e o liberado; o pago inteiro está liberado."""
    fatura = _Fatura(mesa, "1")
    fatura.analisar()
    assert fatura.gestao.importar(fatura.arquivo_da_analise()) == []
    glosado = fatura.item(1)
    assert (glosado.situacao, glosado.motivos) == ("Glosa", ["1705"])
    situacoes = [i.situacao for c in fatura.gestao.contas for i in c.itens.values()]
    assert situacoes.count("Glosa") == 2
    assert set(situacoes) == {"Glosa", "Liberado"}


@pytest.mark.parametrize("versao", ["3.05.00", "4.03.00"])
def test_resposta_do_recurso_atualiza_os_itens(mesa: Mesa, versao: str) -> None:
    """M1 a M6 na resposta: acatado libera, o que falta continua glosa, e o número digita-se.

    O manual escreve a comparação ao contrário: lida ao pé da letra, o negado sairia liberado.
    """
    fatura = _Fatura(mesa, "00010002123", guias=3)
    fatura.analisar()
    fatura.gestao.importar(fatura.arquivo_da_analise())
    fatura.gestao.digitar_recurso(fatura.recorrer(_DE_CADA, _DE_CADA, _DE_CADA))
    assert fatura.gestao.recurso is not None
    with pytest.raises(Parado, match="arquivo"):
        fatura.gestao.importar(fatura.arquivo_da_resposta(fatura.gestao.recurso, versao))
    Recorrente.em(mesa).decidir(
        int(fatura.gestao.recurso), aceita(1, "0.10"), aceita(2, "0.04"), aceita(3, "0.00")
    )
    resposta = fatura.arquivo_da_resposta(fatura.gestao.recurso, versao)
    registro = fatura.gestao.importar(resposta)
    vistos = [(i.situacao, i.acatado) for i in map(fatura.item, (1, 2, 3))]
    assert vistos == [
        ("Liberado", Decimal("0.10")),
        ("Glosa", Decimal("0.04")),
        ("Glosa", Decimal("0.00")),
    ]
    assert len([linha for linha in registro if linha.startswith("M4")]) == 2
    assert leitura_literal(Decimal("0.10"), Decimal("0.00")) == "Liberado"
    for regra, mudanca in (
        ("V1", {"registro": "123456"}),
        ("V2", {"codigos": frozenset({"outro"})}),
        ("V3", {"protocolo": "1"}),
        ("V4", {"lote": "10002123"}),
        ("V5", {"finalizada": True}),
    ):
        with pytest.raises(Parado, match=regra):
            replace(fatura.gestao, **mudanca).importar(resposta)


def test_numero_do_recurso_so_tem_algarismos(mesa: Mesa) -> None:
    """M6: o número do recibo digita-se como se lê, com ou sem zeros, e acha o recurso."""
    fatura = _Fatura(mesa, "1", guias=1)
    fatura.analisar()
    numero = fatura.recorrer(_DE_CADA)
    fatura.gestao.digitar_recurso(numero.zfill(12))
    for digitado in (numero, numero.zfill(12)):
        assert numero.encode() in fatura.arquivo_da_resposta(digitado)
    for errado in ("R-1", "1" * 13, "", "１２"):
        with pytest.raises(Parado, match="M6"):
            fatura.gestao.digitar_recurso(errado)
