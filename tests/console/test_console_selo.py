"""Quem vê o conteúdo confere o selo de uma mensagem, e a página diz em palavras o que achou."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from console.idor import conferir_alheio
from integration.recepcao import abrir_mesa, lote, pronta
from sqlalchemy import create_engine, delete, update

from persistence import auditoria, selos, tabelas
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from console.navegador import Console, Navegador, Pagina
    from sqlalchemy import Executable


class Cena:
    """Duas mensagens no arquivo, e quem as confere."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.ids = [console.mesa.enviar(pronta(lote(numero=str(n)))).id for n in (1, 2)]
        self.ana: Navegador = console.da_operadora(Escopo.CONTEUDO)

    def selar(self, limite: int = 1) -> None:
        """Sela a mensagem mais antiga por selar."""
        with self.console.mesa.banco.escrita() as conn:
            agora = self.console.relogio() + timedelta(seconds=1)
            assert selos.selar(conn, agora, limite) is not None

    def mexer(self, comando: Executable) -> None:
        """O que alguém com o arquivo do banco na mão faria, sem as chaves estrangeiras."""
        por_fora = create_engine(self.console.mesa.banco.url)
        with por_fora.begin() as conn:
            conn.execute(comando)
        por_fora.dispose()

    def abrir(self, qual: int = 0) -> Pagina:
        """A página do selo de uma delas."""
        return self.ana.abrir(f"/mensagens/{self.ids[qual]}/selo")


@pytest.fixture
def cena(console: Console) -> Cena:
    """Duas mensagens por selar."""
    return Cena(console)


def test_por_selar_diz_que_espera(cena: Cena) -> None:
    """Sem selo confere-se a folha, e a página diz o que ainda a não prova."""
    pagina = cena.abrir()
    assert "Por selar." in pagina.texto
    assert "até ser selada nada mais a prova" in pagina.texto


def test_selada_confere_ate_a_cabeca(cena: Cena) -> None:
    """O selo dela, quantos se conferiram até ao último, e a cabeça a comparar; fica o evento."""
    cena.selar()
    cena.selar()
    pagina = cena.abrir()
    assert "Confere. O pedido, a resposta e o que se anotou" in pagina.texto
    assert "2, do da mensagem ao 2, o último" in pagina.texto
    with cena.console.mesa.banco.leitura() as conn:
        ultimo = selos.ultimo(conn)
        eventos = auditoria.listar(conn, cena.console.mesa.operadora.id, limite=100)
    assert ultimo is not None
    assert ultimo.cabeca in pagina.texto
    assert ("conferir-selo", cena.ids[0]) in [(e.acao, e.alvo) for e in eventos]
    assert "Conferir selo" in cena.ana.abrir(f"/mensagens/{cena.ids[0]}").texto


def test_cadeia_comprida_diz_que_continua(cena: Cena, monkeypatch: pytest.MonkeyPatch) -> None:
    """Percorre-se a cadeia até certo ponto, e a página diz que o resto confere-se à parte."""
    cena.selar()
    cena.selar()
    monkeypatch.setattr("handlers.prova.MAIOR_CADEIA", 0)
    pagina = cena.abrir()
    assert "1, do da mensagem ao 1" in pagina.texto
    assert "archive verify" in pagina.texto


_M, _S, _F = tabelas.mensagem, tabelas.selo, tabelas.folha


@pytest.mark.parametrize(
    ("comando", "achados"),
    [
        (update(_M).values(endereco="192.0.2.99"), ["linha-alterada"]),
        (update(_M).values(resposta=b"\\x00outra"), ["bytes-alterados"]),
        (update(_F).where(_F.c.selo == 1).values(resumo="0" * 64), ["linha", "folhas-alteradas"]),
        (update(_S).where(_S.c.sequencia == 1).values(raiz="0" * 64), ["selo-alterado", "folhas"]),
        (update(_S).where(_S.c.sequencia == 2).values(anterior="0" * 64), ["cadeia", "alterado"]),
        (delete(_S).where(_S.c.sequencia == 1), ["selo-faltando"]),
        (delete(_F).where(_F.c.selo == 1), ["linha-sem-folha"]),
    ],
)
def test_o_que_se_mexeu_aparece(cena: Cena, comando: Executable, achados: list[str]) -> None:
    """Campo, bytes, folha, selo ou cadeia mudados no banco: cada um com o que quer dizer."""
    cena.selar()
    cena.selar()
    cena.mexer(comando)
    pagina = cena.abrir()
    assert "Não confere." in pagina.texto
    linhas = pagina.linhas("achados")
    for achado in achados:
        (dele, *_) = [linha for linha in linhas if achado in linha[1]]
        assert dele[2] != "—"


def test_a_mensagem_de_bytes_mexidos_manda_ao_selo(cena: Cena) -> None:
    """Do que já não se decifra a página não mostra nada: diz onde se vê o que não confere."""
    cena.mexer(update(_M).values(pedido=b"\x7fxyz"))
    pagina = cena.ana.abrir(f"/mensagens/{cena.ids[0]}")
    assert pagina.status == 500
    assert f"/mensagens/{cena.ids[0]}/selo" in pagina.texto


def test_mensagem_de_outra_operadora_nao_tem_selo(cena: Cena) -> None:
    """O selo do que é de outra não se confere."""
    outra = abrir_mesa(
        cena.console.mesa.banco,
        operadora={
            "registro_ans": "888888", "cnpj": "11222333000181", "nome": "Outra",
            "inicio_serie": 500,
        },
    )  # fmt: skip
    conferir_alheio(
        cena.ana, "/mensagens/{}/selo", outra.enviar(pronta(lote(registro_ans="888888"))).id
    )
