"""Cada ajuste de um prestador muda-se na página dele, e fica na auditoria."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import certificados as icp
import pytest
from console.idor import conferir_alheio
from integration.assinadas import ac
from integration.recepcao import CODIGO, abrir_mesa

from mensagem.certificados import impressao
from persistence import (
    acessos,
    auditoria,
    baldes,
    confianca,
    credenciais,
    credenciamento,
    demonstrativos,
)
from persistence.baldes import Limite
from persistence.confianca import CertificadoGuardado

if TYPE_CHECKING:
    from console.navegador import Console, Navegador

AJUSTES = f"/prestadores/{CODIGO}/ajustes"


@pytest.fixture
def ana(console: Console) -> Navegador:
    """Quem administra, na página de ajustes."""
    ana = console.da_operadora()
    ana.abrir(AJUSTES)
    return ana


def _atos(console: Console) -> set[str]:
    with console.mesa.banco.leitura() as conn:
        eventos = auditoria.listar(conn, console.mesa.operadora.id, limite=1000)
    return {e.acao for e in eventos if e.alvo == CODIGO}


def test_itens_no_demonstrativo(console: Console, ana: Navegador) -> None:
    """Todos ou só os glosados, e volta."""
    for itens, todos in (("todos", True), ("glosados", False)):
        pagina = ana.enviar(f"{AJUSTES}/demonstrativo", itens=itens)
        assert "Itens do demonstrativo mudados" in pagina.texto
        escolhido = pagina.arvore.xpath("//select[@id='itens']/option[@selected]/@value")
        assert escolhido == [itens]
        with console.mesa.banco.leitura() as conn:
            assert demonstrativos.mostra_todos(conn, console.mesa.prestador.id) is todos
    assert "mudar-demonstrativo" in _atos(console)
    assert set(ana.enviar(f"{AJUSTES}/demonstrativo", itens="nenhum").erros()) == {"itens"}


def test_so_se_exige_o_que_o_prestador_tem(console: Console, ana: Navegador) -> None:
    """Sem certificado não se exige certificado; com um, sim; ambos, só com login."""
    mudar = f"{AJUSTES}/autenticacao"
    assert ana.enviar(mudar, exige="certificado").erros() == {
        "exige": "o prestador não tem certificado; antes dê-lhe um"
    }
    um = ac().titular()
    pagina = ana.enviar_arquivos(f"{AJUSTES}/certificados", [("arquivo", "um.pem", um.pem)])
    assert "Certificado dado." in pagina.texto
    assert len(pagina.linhas("certificados")) == 1
    assert "Mudou com que se identifica" in ana.enviar(mudar, exige="certificado").texto
    assert set(ana.enviar(mudar, exige="ambos").erros()) == {"exige"}
    assert set(ana.enviar(mudar, exige="senha").erros()) == {"exige"}
    with console.mesa.banco.leitura() as conn:
        assert acessos.autenticacao(conn, console.mesa.prestador) == "certificado"
    pagina = ana.enviar(f"{AJUSTES}/certificados/tirar", sha256=impressao(um.certificado))
    assert "não entra até ter um" in pagina.texto
    assert {"dar-certificado", "tirar-certificado", "mudar-autenticacao"} <= _atos(console)
    assert ana.enviar(f"{AJUSTES}/certificados/tirar", sha256="0" * 64).status == 404


def test_certificado_ilegivel_diz_se_no_campo(ana: Navegador) -> None:
    """O que não é certificado não entra."""
    pagina = ana.enviar_arquivos(f"{AJUSTES}/certificados", [("arquivo", "um.pem", b"nada")])
    assert (pagina.status, set(pagina.erros())) == (422, {"arquivo"})


@pytest.mark.parametrize(
    ("ditos", "limite"),
    [
        (("90", ""), Limite(90, 30)),
        (("60", "5"), Limite(60, 5)),
        (("0", ""), Limite(0, 1)),
        (("", ""), None),
    ],
)
def test_limite_de_mensagens(
    console: Console, ana: Navegador, ditos: tuple[str, str], limite: Limite | None
) -> None:
    """O que se diz vale por cima do da operadora; em branco, o dela; a rajada é um terço."""
    with console.mesa.banco.escrita() as conn:
        dele = console.mesa.prestador
        baldes.definir(conn, dele.operadora_id, dele.id, Limite(7, 7))
    pagina = ana.enviar(f"{AJUSTES}/limite", por_minuto=ditos[0], rajada=ditos[1])
    assert "Limite mudado" in pagina.texto
    with console.mesa.banco.leitura() as conn:
        assert dict(baldes.da_operadora(conn, dele.operadora_id)).get(CODIGO) == limite
    assert "mudar-limite" in _atos(console)


@pytest.mark.parametrize(
    ("ditos", "campo"),
    [
        (("dez", ""), "por_minuto"),
        (("1000001", ""), "por_minuto"),
        (("", "5"), "por_minuto"),
        (("9", "0"), "rajada"),
    ],
)
def test_limite_que_nao_serve(ana: Navegador, ditos: tuple[str, str], campo: str) -> None:
    """O erro fica no campo, com o que se digitou."""
    pagina = ana.enviar(f"{AJUSTES}/limite", por_minuto=ditos[0], rajada=ditos[1])
    assert (pagina.status, set(pagina.erros())) == (422, {campo})
    assert pagina.arvore.xpath("//input[@id='por_minuto']/@value") == [ditos[0]]


def test_envia_por_outro_e_deixa_de_enviar(console: Console, ana: Navegador) -> None:
    """Permite-se, vê-se, e tira-se; por si mesmo ou por quem não há, não."""
    console.mesa.outro_prestador("770001", cnpj="45997418000153")
    pagina = ana.enviar(f"{AJUSTES}/envia-por", executante="770001")
    assert "Já pode enviar guias do prestador 770001." in pagina.texto
    with console.mesa.banco.leitura() as conn:
        assert credenciamento.por_quem_envia(conn, console.mesa.prestador) == ("770001",)
    for torto in (CODIGO, "nenhum"):
        assert set(ana.enviar(f"{AJUSTES}/envia-por", executante=torto).erros()) == {"executante"}
    pagina = ana.enviar(f"{AJUSTES}/envia-por/tirar", executante="770001")
    assert "Só envia as suas guias." in pagina.texto
    assert ana.enviar(f"{AJUSTES}/envia-por/tirar", executante="nenhum").status == 404


def test_politica_de_assinatura_do_prestador(console: Console, ana: Navegador) -> None:
    """Exigir pede âncora; o que fica em branco volta a ser o da operadora."""
    mudar = f"{AJUSTES}/assinatura"
    exigida = {"assinatura_politica": "required", "assinatura_titular": "mesma-raiz"}
    assert set(ana.enviar(mudar, **exigida).erros()) == {"assinatura_politica"}
    raiz = icp.raiz().certificado
    dele = console.mesa.prestador
    with console.mesa.banco.escrita() as conn:
        confianca.guardar(
            conn,
            CertificadoGuardado(
                dele.operadora_id, "ancora", impressao(raiz), "raiz",
                raiz.not_valid_before_utc, raiz.not_valid_after_utc, icp.raiz().der,
            ),
        )  # fmt: skip
    pagina = ana.enviar(mudar, **exigida, sha1_ate="31/01/2027")
    assert "Política de assinatura mudada" in pagina.texto
    assert "Em vigor: exige-se" in pagina.texto
    with console.mesa.banco.leitura() as conn:
        mudado = credenciamento.por_codigo(conn, dele.operadora_id, CODIGO)
    assert mudado is not None
    assert (mudado.assinatura_politica, mudado.sha1_ate) == ("required", date(2027, 1, 31))
    ana.enviar(mudar)
    with console.mesa.banco.leitura() as conn:
        assert credenciamento.por_codigo(conn, dele.operadora_id, CODIGO) == dele
    assert "mudar-politica" in _atos(console)
    for torto in ({"sem_assinatura": "sei-la"}, {"sha1_ate": "amanhã"}):
        assert set(ana.enviar(mudar, **torto).erros()) == set(torto)


def test_senha_anterior_vale_um_tempo_e_revoga_se(console: Console, ana: Navegador) -> None:
    """A troca pode deixar a de antes valer umas horas, e essa revoga-se sem tirar o login."""
    casa = f"/prestadores/{CODIGO}"
    ana.abrir(casa)
    for senha, horas in (("Forte#Senha2026", ""), ("Outra#Senha2026", "48")):
        ana.enviar(f"{casa}/logins", login="hospital", senha=senha, anteriorValeHoras=horas)
    pagina = ana.abrir(casa)
    assert "a senha anterior vale até" in pagina.texto
    pagina = ana.enviar(f"{casa}/logins/revogar", login="hospital", so_a_anterior="sim")
    assert "Senha anterior revogada." in pagina.texto
    assert "a senha anterior vale até" not in pagina.texto
    with console.mesa.banco.leitura() as conn:
        (login,) = credenciais.do_prestador(conn, console.mesa.prestador)
    assert login.ativa


def test_prestador_de_outra_operadora_nao_tem_ajustes(console: Console, ana: Navegador) -> None:
    """Nem a página nem nenhum dos formulários."""
    outra = abrir_mesa(
        console.mesa.banco,
        operadora={"registro_ans": "888888", "cnpj": "11222333000181", "nome": "Outra"},
    )
    alheio = outra.outro_prestador("889900", cnpj="45997418000153")
    conferir_alheio(ana, "/prestadores/{}/ajustes", "889900")
    for fim, campos in (
        ("demonstrativo", {"itens": "todos"}),
        ("autenticacao", {"exige": "login"}),
        ("assinatura", {"sem_assinatura": "recusar"}),
        ("limite", {"por_minuto": "1"}),
        ("envia-por", {"executante": CODIGO}),
        ("envia-por/tirar", {"executante": CODIGO}),
        ("certificados/tirar", {"sha256": "0" * 64}),
    ):
        conferir_alheio(ana, f"/prestadores/{{}}/ajustes/{fim}", "889900", **campos)
    with console.mesa.banco.leitura() as conn:
        assert not demonstrativos.mostra_todos(conn, alheio.id)
