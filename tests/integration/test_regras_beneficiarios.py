"""O cadastro de beneficiários: a carga, as regras que ele acorda e os nomes de 3.05.00."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from integration.recepcao import achar, lote, pronta
from integration.regras import C, enviar
from sqlalchemy import func, select

from dominio import criticas
from dominio.lote import TipoGuia
from dominio.versoes import VERSOES
from mensagem.partes import NAO_INFORMADO
from persistence import beneficiarios, tabelas
from persistence.beneficiarios import Beneficiario, Gravados

if TYPE_CHECKING:
    from integration.exemplos import Cadastro
    from integration.recepcao import AbrirMesa, Mesa

    from dominio.erros import Erro
    from persistence.banco import Banco

ANA = Beneficiario(
    "00123",
    "Ana Lúcia \\ Sá\tda Silva",
    "898000000000001",
    date(2027, 12, 31),
    date(2026, 1, 1),
    date(2026, 1, 31),
    date(2020, 2, 29),
    date(2028, 1, 1),
)
BIA = Beneficiario("00124", "Bia")


def _gravar(banco: Banco, operadora_id: int, *quem: Beneficiario) -> Gravados:
    with banco.escrita() as conn:
        return beneficiarios.gravar(conn, operadora_id, iter(quem))


def _ler(banco: Banco, operadora_id: int, *carteiras: str) -> dict[str, Beneficiario]:
    with banco.leitura() as conn:
        return beneficiarios.por_carteira(conn, operadora_id, carteiras)


# --- a carga ----------------------------------------------------------------------------------


def test_beneficiario_volta_como_foi_gravado(banco: Banco, cadastro: Cadastro) -> None:
    """Todo campo volta igual, também os que faltam; a carteira desconhecida não vem."""
    assert _gravar(banco, cadastro.operadora.id, ANA, BIA) == Gravados(2, 0)
    obtido = _ler(banco, cadastro.operadora.id, "00123", "00124", "00125", "00123")
    assert obtido == {"00123": ANA, "00124": BIA}


def test_carga_outra_vez_atualiza(banco: Banco, cadastro: Cadastro) -> None:
    """A segunda carga troca todo campo de quem já havia e deixa os outros como estavam."""
    _gravar(banco, cadastro.operadora.id, ANA, BIA)
    nova = Beneficiario("00123", "Ana Sá")
    caio = Beneficiario("00125", "Caio")
    assert _gravar(banco, cadastro.operadora.id, nova, caio) == Gravados(1, 1)
    obtido = _ler(banco, cadastro.operadora.id, "00123", "00124", "00125")
    assert obtido == {"00123": nova, "00124": BIA, "00125": caio}


def test_beneficiario_so_se_ve_na_sua_operadora(mesa: Mesa, nova_mesa: AbrirMesa) -> None:
    """A mesma carteira pode ser de pessoas diferentes em duas operadoras."""
    vizinha = nova_mesa(operadora={"registro_ans": "888888"})
    _gravar(mesa.banco, mesa.operadora.id, BIA)
    outra = BIA._replace(nome="Outra")
    _gravar(mesa.banco, vizinha.operadora.id, outra)
    assert _ler(mesa.banco, mesa.operadora.id, "00124") == {"00124": BIA}
    assert _ler(mesa.banco, vizinha.operadora.id, "00124") == {"00124": outra}


def test_carga_que_falha_nao_grava_nada(banco: Banco, cadastro: Cadastro) -> None:
    """Se a fonte falha no meio, nenhuma linha da carga fica."""

    def fonte() -> object:
        yield ANA
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), banco.escrita() as conn:
        beneficiarios.gravar(conn, cadastro.operadora.id, fonte())  # type: ignore[arg-type]
    with banco.leitura() as conn:
        total = conn.execute(select(func.count()).select_from(tabelas.beneficiario)).scalar_one()
    assert total == 0


def test_duas_cargas_na_mesma_transacao(banco: Banco, cadastro: Cadastro) -> None:
    """A segunda carga de uma transação não arrasta as linhas da primeira."""
    with banco.escrita() as conn:
        beneficiarios.gravar(conn, cadastro.operadora.id, [ANA])
        segunda = beneficiarios.gravar(conn, cadastro.operadora.id, [BIA])
    assert segunda == Gravados(1, 0)


# --- as regras --------------------------------------------------------------------------------


def _carteiras(mensagem_de: TipoGuia = C, versao: str = "4.03.00") -> list[str]:
    mensagem = lote(mensagem_de, guias=2, versao=versao)
    return [e.text or "" for e in mensagem.findall(".//{*}numeroCarteira")]


@pytest.mark.parametrize(("tipo", "versao"), [(t, v) for t in TipoGuia for v in VERSOES], ids=str)
def test_carteira_desconhecida_e_criticada(mesa: Mesa, tipo: TipoGuia, versao: str) -> None:
    """Com cadastro, só a guia da carteira que não está nele leva 1001."""
    conhecida, _ = _carteiras(tipo, versao)
    _gravar(mesa.banco, mesa.operadora.id, Beneficiario(conhecida, "Ana"))
    recibo = enviar(mesa, lote(tipo, guias=2, versao=versao), versao)
    assert [[m.codigo for m in g.motivos] for g in recibo.guias] == [[], ["1001"]]


ONTEM_DE_TODAS = date(2000, 1, 1)
SEMPRE = date.today() + timedelta(days=1)  # noqa: DTZ011 - só precisa de vir depois das guias


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize(
    ("erro", "campos"),
    [
        (criticas.CARTEIRA_VENCIDA, {"validade": ONTEM_DE_TODAS}),
        (criticas.BENEFICIARIO_SUSPENSO, {"suspenso_desde": ONTEM_DE_TODAS}),
        (criticas.BENEFICIARIO_EXCLUIDO, {"excluido_em": ONTEM_DE_TODAS}),
        (criticas.BENEFICIARIO_NAO_INCLUIDO, {"incluido_em": SEMPRE}),
    ],
    ids=lambda v: getattr(v, "chave", None),
)
def test_beneficiario_sem_direito_na_data(
    mesa: Mesa, versao: str, erro: Erro, campos: dict[str, date]
) -> None:
    """Cada impedimento leva o seu código na versão, e só na guia de quem o tem."""
    primeira, segunda = _carteiras(versao=versao)
    _gravar(
        mesa.banco,
        mesa.operadora.id,
        Beneficiario(primeira, "Ana"),
        Beneficiario(segunda, "Bia", **campos),
    )
    recibo = enviar(mesa, lote(C, guias=2, versao=versao), versao)
    assert [[m.codigo for m in g.motivos] for g in recibo.guias] == [[], [erro.glosa(versao)]]


def test_cadastro_de_outra_operadora_nao_acorda_as_regras(mesa: Mesa, nova_mesa: AbrirMesa) -> None:
    """Sem cadastro próprio, a operadora não recebe críticas de beneficiário."""
    vizinha = nova_mesa(operadora={"registro_ans": "888888"})
    _gravar(mesa.banco, vizinha.operadora.id, ANA)
    assert mesa.enviar_lote().guias[0].motivos == ()


# --- nomes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("tipo", [TipoGuia.CONSULTA, TipoGuia.ODONTO])
def test_nome_de_3_05_00_vem_do_cadastro(mesa: Mesa, tipo: TipoGuia) -> None:
    """Perguntado em 3.05.00, o lote de uma versão sem nomes traz o do cadastro, ou o que falta."""
    primeira, _ = _carteiras(tipo)
    _gravar(mesa.banco, mesa.operadora.id, Beneficiario(primeira, "Ana Lúcia Ω"))
    recibo = enviar(mesa, lote(tipo, guias=2))
    resposta = mesa.perguntar(recibo.protocolo or "", versao="3.05.00")
    nomes = [e.text for e in resposta.raiz.findall(".//{*}nomeBeneficiario")]
    assert nomes == ["Ana Lúcia ?", NAO_INFORMADO]


def test_nome_que_a_guia_trouxe_vale_mais_que_o_do_cadastro(mesa: Mesa) -> None:
    """O nome da guia volta como veio, ainda que o cadastro tenha outro."""
    mensagem = lote(C, versao="3.05.00")
    carteira = achar(mensagem, "numeroCarteira").text or ""
    nome = achar(mensagem, "nomeBeneficiario").text
    _gravar(mesa.banco, mesa.operadora.id, Beneficiario(carteira, "Outra Pessoa"))
    recibo = mesa.enviar(pronta(mensagem), versao="3.05.00").recibo
    resposta = mesa.perguntar(recibo.protocolo or "", versao="3.05.00")
    assert nome == achar(resposta.raiz, "nomeBeneficiario").text
