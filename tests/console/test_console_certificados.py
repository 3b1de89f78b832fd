"""Quem administra vê o que vence, dá e tira certificados, e muda em quem se confia."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import certificados as icp
import pytest
from console.navegador import Navegador
from cryptography.hazmat.primitives.serialization import Encoding
from integration.assinadas import ac
from integration.recepcao import abrir_mesa

from backoffice.console import criar
from backoffice.console.prazos import prazo
from dominio.competencia import agora
from mensagem.certificados import impressao
from persistence import acessos, auditoria, confianca, operadoras, revogados
from persistence.acessos import Certificado

if TYPE_CHECKING:
    from datetime import datetime

    from console.navegador import Console, Pagina

CERTIFICADOS = "/cadastro/certificados"
CONFIANCA = "/cadastro/confianca"
ASSINATURAS = "/cadastro/assinaturas"


@pytest.fixture
def ana(console: Console) -> Navegador:
    """Quem administra."""
    return console.da_operadora()


def _dar(ana: Navegador, pem: bytes, prestador: str = "013950") -> Pagina:
    ana.abrir(CERTIFICADOS)
    return ana.enviar_arquivos(CERTIFICADOS, [("arquivo", "um.pem", pem)], prestador=prestador)


def _confiar(ana: Navegador, pem: bytes, **campos: str) -> Pagina:
    ana.abrir(CONFIANCA)
    return ana.enviar_arquivos(CONFIANCA, [("arquivo", "maco.pem", pem)], **campos)


def _atos(console: Console) -> list[tuple[str, str]]:
    with console.mesa.banco.leitura() as conn:
        eventos = auditoria.listar(conn, console.mesa.operadora.id, limite=1000)
    return [(e.acao, e.alvo) for e in eventos]


@pytest.mark.parametrize(
    ("falta", "texto", "cor"),
    [
        (timedelta(days=-3), "Vencido há 3 dias", "cor-vermelho"),
        (timedelta(minutes=1), "Vence hoje", "cor-vermelho"),
        (timedelta(days=1), "Vence em 1 dia", "s2"),
        (timedelta(days=30), "Vence em 30 dias", "s2"),
        (timedelta(days=31), "Ainda 31 dias", "s6"),
    ],
)
def test_prazo_diz_os_dias_e_a_cor(falta: timedelta, texto: str, cor: str) -> None:
    """Vencido, a vencer e com folga dizem-se em palavras, e a cor acompanha."""
    meio_dia = agora().replace(hour=15, minute=0)
    achado = prazo(meio_dia + falta, meio_dia)
    assert (achado.texto, achado.cor) == (texto, cor)
    assert achado.avisa == (cor != "s6")


def _gravado(console: Console, ate: datetime) -> None:
    um = Certificado("a" * 64, "CN=hospital", "CN=ac", ate - timedelta(days=365), ate, agora())
    with console.mesa.banco.escrita() as conn:
        acessos.adicionar_certificado(conn, console.mesa.prestador, um)


def test_lista_diz_quanto_falta_a_cada_um(console: Console, ana: Navegador) -> None:
    """Os dos prestadores e os do gateway, com os dias que faltam."""
    _gravado(console, console.relogio() + timedelta(days=12))
    casa = replace(console.casa, vencem={"tls": console.relogio() - timedelta(days=2)})
    dentro = Navegador(criar(casa))
    dentro.cookies = ana.cookies
    pagina = dentro.abrir(CERTIFICADOS)
    (dele,) = pagina.linhas("dos-prestadores")
    assert (dele[0], dele[1], dele[3]) == ("013950", "Vence em 12 dias", "CN=hospital")
    assert pagina.linhas("nossos")[0][2] == "Vencido há 2 dias"


@pytest.mark.parametrize("forma", ["pem", "der", "colado"])
def test_da_se_um_certificado_e_tira_se(console: Console, ana: Navegador, forma: str) -> None:
    """Por arquivo ou colado, fica na lista com o seu evento; tirado, já não está."""
    um = ac().titular(nome="HOSPITAL TESTE")
    ana.abrir(CERTIFICADOS)
    if forma == "colado":
        pagina = ana.enviar_arquivos(CERTIFICADOS, [], prestador="013950", colado=um.pem.decode())
    else:
        dados = um.pem if forma == "pem" else um.der
        pagina = ana.enviar_arquivos(
            CERTIFICADOS, [("arquivo", "um", dados)], prestador="013950"
        )  # fmt: skip
    assert "Certificado dado ao prestador 013950." in pagina.texto
    (linha,) = pagina.linhas("dos-prestadores")
    assert "HOSPITAL TESTE" in linha[3]
    digital = impressao(um.certificado)
    pagina = ana.enviar(f"{CERTIFICADOS}/tirar", prestador="013950", sha256=digital)
    assert "Certificado retirado" in pagina.texto
    assert pagina.linhas("dos-prestadores") == []
    assert {("dar-certificado", "013950"), ("tirar-certificado", "013950")} <= set(_atos(console))


def test_tirar_o_unico_de_quem_o_exige_avisa(console: Console, ana: Navegador) -> None:
    """O prestador que só entra com certificado fica sem entrar, e a página di-lo."""
    um = ac().titular()
    _dar(ana, um.pem)
    with console.mesa.banco.escrita() as conn:
        acessos.mudar_autenticacao(conn, console.mesa.prestador, "certificado")
    digital = impressao(um.certificado)
    pagina = ana.enviar(f"{CERTIFICADOS}/tirar", prestador="013950", sha256=digital)
    assert "não entra até ter um" in pagina.texto


@pytest.mark.parametrize("que", ["lixo", "dois", "vencido", "repetido", "prestador"])
def test_certificado_que_nao_serve_diz_se_no_campo(
    console: Console, ana: Navegador, que: str
) -> None:
    """O ilegível, o maço, o vencido, o que já tem e o prestador que não há não gravam nada."""
    um = ac().titular()
    dados = {
        "lixo": b"nada", "dois": um.pem + ac().pem,
        "vencido": ac().titular(ate=icp.VENCEU).pem,
    }  # fmt: skip
    if que == "repetido":
        _dar(ana, um.pem)
    antes = _atos(console)
    pagina = _dar(ana, dados.get(que, um.pem), "999" if que == "prestador" else "013950")
    assert pagina.status == 422
    assert set(pagina.erros()) == {"prestador" if que == "prestador" else "arquivo"}
    assert _atos(console) == antes


def test_certificados_de_outra_operadora_nao_existem(console: Console, ana: Navegador) -> None:
    """Nem se veem, nem se tiram, nem se dão a um prestador que é dela."""
    outra = abrir_mesa(
        console.mesa.banco,
        operadora={"registro_ans": "888888", "cnpj": "11222333000181", "nome": "Outra"},
    )
    with console.mesa.banco.escrita() as conn:
        alheio = Certificado("b" * 64, "CN=x", "CN=y", agora(), agora() + timedelta(9), agora())
        acessos.adicionar_certificado(conn, outra.prestador, alheio)
    pagina = ana.abrir(CERTIFICADOS)
    assert pagina.linhas("dos-prestadores") == []
    pagina = ana.enviar(f"{CERTIFICADOS}/tirar", prestador="013950", sha256="b" * 64)
    assert pagina.status == 404
    with console.mesa.banco.leitura() as conn:
        assert acessos.certificados(conn, outra.prestador) == (alheio,)


def test_confia_se_em_autoridades_e_deixa_se_de_confiar(console: Console, ana: Navegador) -> None:
    """Sem o pedir a raiz de outra ICP só ajuda; pedido, é âncora, que a página manda conferir."""
    pagina = _confiar(ana, icp.raiz().pem + ac().pem + ac().titular().pem)
    assert [linha[0] for linha in pagina.linhas("autoridades")] == ["Intermediária"] * 2
    assert "ignorados (vencidos ou não de autoridade): 1" in pagina.texto
    pagina = _confiar(ana, icp.raiz().pem, ancora="sim")
    assert "Compare a impressão digital" in pagina.texto
    ancora = pagina.linhas("autoridades")[0]
    digital = impressao(icp.raiz().certificado)
    assert (ancora[0], ancora[5]) == ("Âncora", digital)
    pagina = ana.enviar(f"{CONFIANCA}/tirar", impressao=digital)
    assert [linha[0] for linha in pagina.linhas("autoridades")] == ["Intermediária"]
    assert {("confiar", digital), ("desconfiar", digital)} <= set(_atos(console))


@pytest.mark.parametrize(("pem", "campos"), [(b"lixo", {}), (b"", {}), (None, {"ancora": "sim"})])
def test_autoridade_que_nao_serve_diz_se_no_campo(
    ana: Navegador, pem: bytes | None, campos: dict[str, str]
) -> None:
    """O ilegível, o arquivo que falta e a âncora que não é raiz não entram."""
    pagina = _confiar(ana, ac().pem if pem is None else pem, **campos)
    assert (pagina.status, set(pagina.erros())) == (422, {"arquivo"})
    assert pagina.linhas("autoridades") == []


def test_exigir_assinatura_pede_ancora_e_a_ultima_nao_sai(console: Console, ana: Navegador) -> None:
    """Sem âncora não se exige; exigida, a última âncora não se tira."""
    ana.abrir(ASSINATURAS)
    exigida = {
        "assinatura_politica": "required", "assinatura_titular": "mesma-raiz",
        "sem_assinatura": "recusar",
    }  # fmt: skip
    pagina = ana.preencher(0, **exigida)
    assert set(pagina.erros()) == {"assinatura_politica"}
    _confiar(ana, icp.raiz().pem, ancora="sim")
    ana.abrir(ASSINATURAS)
    assert "Política mudada" in ana.preencher(0, **exigida).texto
    with console.mesa.banco.leitura() as conn:
        dona = operadoras.por_registro(conn, console.mesa.operadora.registro_ans)
    assert dona is not None
    achada = (dona.assinatura_politica, dona.assinatura_titular, dona.sem_assinatura)
    assert achada == ("required", "mesma-raiz", "recusar")
    ana.abrir(CONFIANCA)
    pagina = ana.enviar(f"{CONFIANCA}/tirar", impressao=impressao(icp.raiz().certificado))
    assert pagina.status == 422
    assert "é a última âncora" in pagina.texto
    assert len(pagina.linhas("autoridades")) == 1


def test_politica_que_nao_ha_nao_se_grava(console: Console, ana: Navegador) -> None:
    """Um valor fora da lista volta com o erro no campo."""
    ana.abrir(ASSINATURAS)
    pagina = ana.enviar(
        ASSINATURAS, assinatura_politica="talvez", assinatura_titular="mesma-raiz",
        sem_assinatura="aceitar",
    )  # fmt: skip
    assert (pagina.status, set(pagina.erros())) == (422, {"assinatura_politica"})
    with console.mesa.banco.leitura() as conn:
        dona = operadoras.por_registro(conn, console.mesa.operadora.registro_ans)
    assert dona == console.mesa.operadora


def test_quem_tem_outra_politica_aparece(console: Console, ana: Navegador) -> None:
    """O prestador a quem se exige outra coisa, e até quando se lhe aceita SHA-1."""
    with console.mesa.banco.escrita() as conn:
        dele = console.mesa.prestador
        confianca.politica_do_prestador(
            conn, dele.operadora_id, dele.id, {"sem_assinatura": "recusar"}
        )
    assert ana.abrir(ASSINATURAS).linhas("proprios") == [
        ["013950", "O da operadora", "O da operadora", "Recusa-se", "—", "—"]
    ]


def test_lista_de_revogados_entra_por_arquivo(ana: Navegador) -> None:
    """A da autoridade em que se confia entra em vigor; a de outra, não."""
    lista = ac().lcr((ac().titular().certificado,), de=agora() - timedelta(hours=1))
    ana.abrir(CONFIANCA)
    dados = [("lista", "ac.crl", lista.public_bytes(Encoding.DER))]
    pagina = ana.enviar_arquivos(f"{CONFIANCA}/listas", dados)
    assert (pagina.status, set(pagina.erros())) == (422, {"lista"})
    _confiar(ana, ac().pem)
    pagina = ana.enviar_arquivos(f"{CONFIANCA}/listas", dados)
    assert "Lista em vigor, com 1 revogados." in pagina.texto
    (linha,) = pagina.linhas("listas")
    assert (linha[1], linha[5]) == ("1", "Vem por arquivo")
    for lixo in ([("lista", "x", b"lixo")], []):
        assert ana.enviar_arquivos(f"{CONFIANCA}/listas", lixo).status == 422


def test_buscar_ja_adianta_as_listas_que_se_buscam(console: Console, ana: Navegador) -> None:
    """A hora da busca passa a ser agora, só nas desta operadora."""
    ana.abrir(CONFIANCA)
    assert "Nenhuma lista se busca na rede." in ana.enviar(f"{CONFIANCA}/buscar").texto
    amanha = agora() + timedelta(days=1)
    with console.mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra Operadora"
        )
        for dona in (console.mesa.operadora.id, outra.id):
            revogados.pedir(
                conn, dona, chave_emissor="c" * 64, emissor="AC", emissor_der=ac().der,
                enderecos=["http://ac.exemplo/ac.crl"], agora=amanha,
            )  # fmt: skip
    pagina = ana.enviar(f"{CONFIANCA}/buscar")
    assert "Listas por buscar: 1." in pagina.texto
    assert "Ainda não obtida" in pagina.texto
    with console.mesa.banco.leitura() as conn:
        quando = {x.operadora_id: x.tentar_em for x in revogados.listar(conn)}
    assert quando[outra.id] == amanha
    assert quando[console.mesa.operadora.id] < amanha
