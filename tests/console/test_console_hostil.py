"""O console diante de quem o ataca: textos, endereços e formulários hostis."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlencode

import pytest
from console.navegador import SENHA, Console
from integration import documento
from integration.cobranca import Cobranca, de_guia, de_item, glosa
from integration.documento import mesa_com_deposito
from integration.exemplos import Cadastro
from integration.recepcao import abrir_mesa, com, lote, pronta
from lxml import etree
from sqlalchemy import update

import backoffice.console as console_por_dentro
from backoffice.api import planilhas
from backoffice.console import registro
from backoffice.console.papeis import Papel, Porta
from backoffice.console.visita import Visita
from dominio.lote import TipoGuia
from dominio.recurso import Nivel, Origem
from handlers.da_operadora import Autor
from handlers.envio_documentos import Deposito
from handlers.recurso_glosa import rascunho
from handlers.recurso_glosa.digitacao import LinhaDigitada, completar
from handlers.recurso_glosa.posse import Quem
from persistence import protocolos, tabelas
from persistence.arquivos import Pasta
from persistence.banco import Banco
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.navegador import Navegador
    from integration.banco_de_teste import Postgres
    from integration.recepcao import Mesa

    from backoffice.console.area import Rota

HOSTIL = "='\"><x-m>"
"""Cabe nos campos curtos; fora do lugar seria um elemento, e numa planilha uma fórmula."""
_CAMPOS = (
    "numeroCarteira", "nomeBeneficiario", "senha", "observacao", "indicacaoClinica",
    "nomeProfissional", "nomeProf", "numeroConselhoProfissional", "descricaoProcedimento",
    "codValidacao", "numeroGuiaPrestador", "numeroLote",
)  # fmt: skip
_DE_SAIR = ("POST /sair", "POST /termos")
ROTAS = registro.rotas()
_NO_PRAZO = datetime(2026, 4, 5, 15, 0, tzinfo=UTC)
PAGINAS = [r for r in ROTAS if r.metodo == "GET"]
FORMULARIOS = [r for r in ROTAS if r.metodo == "POST" and r.nome not in _DE_SAIR]


class Cena(NamedTuple):
    """Um lote, documento, nota, recurso e recado em que todo texto do prestador é hostil.

    Attributes:
        partes: o que pôr em cada parte variável dos endereços, por prefixo e em geral.
        ana: da operadora, pode tudo.
        bia: fala pelo prestador.
        ninguem: não entrou.
    """

    console: Console
    partes: dict[str, dict[str, str]]
    ana: Navegador
    bia: Navegador
    ninguem: Navegador

    def quem(self, rota: Rota) -> Navegador:
        """Quem abre a página."""
        if rota.para is Porta.PUBLICA:
            return self.ninguem
        do_portal = isinstance(rota.para, frozenset) and Papel.PRESTADOR in rota.para
        return self.bia if do_portal else self.ana

    def endereco(self, rota: Rota) -> str:
        """O endereço da página, com números que existem."""
        area = "recursos" if "/recursos" in rota.caminho else "lotes"
        partes = self.partes[area]
        return re.sub(r"\{([a-z_]+)\}", lambda m: partes.get(m[1], "1"), rota.caminho)


@pytest.fixture(scope="module")
def cena(sqlite_migrado: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cena]:
    """Um só banco para o módulo: nenhum teste muda o que outro lê."""
    pasta = tmp_path_factory.mktemp("hostil")
    shutil.copy(sqlite_migrado, pasta / "b.db")
    banco = Banco.abrir(f"sqlite:///{pasta / 'b.db'}")
    mesa = mesa_com_deposito(banco, pasta / "documentos")
    with banco.escrita() as conn:
        conn.execute(update(tabelas.prestador).values(nome=HOSTIL))
    mensagem = lote(TipoGuia.SADT)
    for elemento in mensagem.iter():
        if etree.QName(elemento).localname in _CAMPOS:
            elemento.text = HOSTIL
    resposta = mesa.enviar(pronta(mensagem))
    numero = resposta.recibo.protocolo
    assert numero is not None
    anexo = documento.mandar(mesa, protocolo=numero, observacao=HOSTIL)
    torta = lote()
    torta.append(etree.Element("x-m"))
    mesa.enviar(pronta(com(torta, {"Padrao": HOSTIL})))
    recurso = _recorrer(mesa)
    with ThreadPoolExecutor(2) as executor:
        console = Console(mesa, executor, deposito=Deposito(Pasta(pasta / "documentos")))
        ana, bia = console.da_operadora(nome=HOSTIL), console.do_prestador()
        bia.abrir(f"/portal/lotes/{numero}/recados")
        bia.enviar(f"/portal/lotes/{numero}/recados", texto=HOSTIL, chave="1")
        bia.abrir("/portal/envio")
        bia.enviar_arquivos("/portal/envio", [("arquivos", "<x-m>=.xml", b"<a><x-m>")])
        do_lote = {
            "numero": str(numero), "protocolo": str(numero), "posicao": "1", "guia": "1",
            "id": resposta.id, "mensagem": resposta.id, "codigo": mesa.prestador.codigo,
            "documento": str(int(anexo.protocolo or 0)),
        }  # fmt: skip
        do_recurso = {**do_lote, "numero": str(recurso)}
        partes = {"lotes": do_lote, "recursos": do_recurso}
        yield Cena(console, partes, ana, bia, console.navegador())
    banco.fechar()


def _recorrer(mesa: Mesa) -> int:
    """Um recurso de uma glosa com justificativa hostil, enviado pelo portal."""
    casa = Cobranca(mesa.banco, Cadastro(mesa.operadora, mesa.prestador))
    numero = casa.lote(["100.00"])
    casa.registrar(numero, de_guia(1, de_item(1, "100.00", glosa("20.00"))))
    casa.finalizar(numero)
    casa.liberar(numero)
    casa.pago(numero)
    quem = Quem(
        casa.cadastro.operadora, casa.cadastro.prestador, Origem.PORTAL, Autor("b", _NO_PRAZO)
    )
    with casa.banco.escrita() as conn:
        protocolo = protocolos.por_numero(conn, casa.operadora, numero)
        assert protocolo is not None
        digitada = LinhaDigitada(Nivel.ITEM, "1705", HOSTIL, 1, None, 1)
        linhas = completar(conn, protocolo, [digitada])
        feito = rascunho.criar(conn, quem, str(numero), linhas)
        return rascunho.enviar(conn, quem, feito.id).numero


# --- o que o prestador escreve ----------------------------------------------------------------


@pytest.mark.parametrize("rota", PAGINAS, ids=lambda r: r.nome)
def test_texto_hostil_nunca_vira_elemento(rota: Rota, cena: Cena) -> None:
    """Nome, observação, arquivo, justificativa, recado, XML: tudo se lê e nada se executa."""
    pagina = cena.quem(rota).pedir("GET", cena.endereco(rota), seguir=False)
    assert pagina.status < 500
    if pagina.cabecalhos.get("content-type", "").startswith("text/html") and pagina.corpo:
        assert b"<x-m>" not in pagina.corpo.lower()
        assert not pagina.arvore.xpath("//x-m | //@*[starts-with(name(), 'on')]")


@pytest.mark.parametrize(
    "nome",
    ["GET /lotes/{numero}", "GET /lotes/{numero}/recados", "GET /mensagens/{id}",
     "GET /recursos/{numero}", "GET /prestadores", "GET /mensagens"],
)  # fmt: skip
def test_texto_hostil_mostra_se_a_operadora(cena: Cena, nome: str) -> None:
    """O teste anterior não passa por não haver o que mostrar."""
    rota = next(r for r in PAGINAS if r.nome == nome)
    assert "<x-m>" in cena.ana.abrir(cena.endereco(rota)).texto


# --- endereços --------------------------------------------------------------------------------

_DO_ENDERECO = (
    "antes", "depois", "desde", "ate", "de", "pagina", "prestador", "protocolo", "busca", "data",
    "competencia", "situacao", "estado", "tipo", "formato", "guia", "nota", "lote", "origem",
    "desfecho", "servico", "inicio", "fim", "dia", "mes", "carteira", "minimo", "maximo", "q",
)  # fmt: skip
_TORTOS = (
    HOSTIL, "-1", "9999-12-31", "01/01/" + "9" * 20, "²", "7" * 5000,
)  # fmt: skip


@pytest.mark.parametrize("rota", PAGINAS, ids=lambda r: r.nome)
def test_endereco_torto_nao_e_erro_nosso(rota: Rota, cena: Cena) -> None:
    """Filtros que não são o que deviam, e números que não cabem, recusam-se ou não filtram."""
    quem = cena.quem(rota)
    for valor in _TORTOS:
        consulta = urlencode(dict.fromkeys(_DO_ENDERECO, valor))
        pagina = quem.pedir("GET", f"{cena.endereco(rota)}?{consulta}", seguir=False)
        assert pagina.status < 500, valor
        if "{" in rota.caminho:
            caminho = re.sub(r"\{[a-z_]+\}", quote(valor[:40], safe=""), rota.caminho)
            assert quem.pedir("GET", caminho, seguir=False).status < 500, caminho


_DOS_FORMULARIOS = {
    nome
    for modelo in Path(console_por_dentro.__file__).parent.rglob("*.html")
    for nome in re.findall(
        r'(?:name="|campo\("|texto_longo\("|escolha\("|caixas\(")([a-z_-]+)"',
        modelo.read_text("utf-8"),
    )
} - {"csrf"}


@pytest.mark.parametrize("rota", FORMULARIOS, ids=lambda r: r.nome)
def test_formulario_torto_nao_e_erro_nosso(rota: Rota, cena: Cena) -> None:
    """Vazio, com todo campo hostil ou malformado: volta com o erro, e nunca é 500."""
    quem = cena.quem(rota)
    quem.abrir("/entrar" if rota.para is Porta.PUBLICA else "/minha-conta")
    csrf = quem.csrf()
    for valor in (None, HOSTIL, "9999-12-31", "9" * 5000):
        campos = {} if valor is None else dict.fromkeys(_DOS_FORMULARIOS, valor)
        corpo = urlencode(campos | {"csrf": csrf}).encode()
        pagina = quem.pedir("POST", cena.endereco(rota), corpo=corpo, seguir=False)
        assert pagina.status < 500, valor


@pytest.mark.parametrize("onde", ["endereco", "caminho", "formulario", "partes"])
def test_nul_recusa_se_antes_do_banco(cena: Cena, onde: str) -> None:
    """O PostgreSQL não aceita textos com NUL: 400, e não um erro nosso."""
    ana = cena.console.navegador()
    pagina = ana.abrir("/entrar")
    if onde == "endereco":
        pagina = ana.pedir("GET", "/entrar?depois=a%00b")
    elif onde == "caminho":
        pagina = ana.pedir("GET", "/convite/a%00b")
    elif onde == "formulario":
        pagina = ana.enviar("/entrar", login="a\0@b.c", senha="x")
    else:
        pagina = ana.enviar_arquivos("/entrar", [], login="a\0@b.c", senha="x")
    assert pagina.status == 400


@pytest.mark.parametrize(
    ("tipo", "corpo"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"--\r\n"),
        ("multipart/form-data; boundary=" + "b" * 500, b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx"),
        ("multipart/form-data; boundary=b", b"--b\r\n: \r\n\r\n\r\n--b--"),
        ("application/x-www-form-urlencoded", "é".encode()),
        ("application/x-www-form-urlencoded", b"csrf=%ff"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(6000))),
        ("text/plain", b"csrf=1"),
        ("application/json", b"{}"),
        (';;=;"', b"x"),
    ],
)
def test_corpo_malformado_recusa_se(cena: Cena, tipo: str, corpo: bytes) -> None:
    """Nenhum corpo passa por formulário sem o ser, nem é um erro nosso."""
    cabecalhos = {"content-type": tipo}
    pagina = cena.console.navegador().pedir("POST", "/entrar", corpo=corpo, cabecalhos=cabecalhos)
    assert pagina.status in (400, 403, 413, 415)


@pytest.mark.parametrize(
    "origem", ["http://[", "http://teste.fora", "http://teste@fora", "file://"]
)
def test_origem_torta_e_de_fora(cena: Cena, origem: str) -> None:
    """O que não é exatamente o endereço do console não é dele; nem o que não se entende."""
    ana = cena.console.navegador()
    ana.abrir("/entrar")
    corpo = f"csrf={ana.csrf()}".encode()
    assert ana.pedir("POST", "/entrar", corpo=corpo, cabecalhos={"origin": origem}).status == 403


# --- sessões ----------------------------------------------------------------------------------


def test_sessao_plantada_nao_passa_a_ser_de_quem_entra(cena: Cena) -> None:
    """Quem entra com o cookie de outro fica com um novo, e o plantado morre."""
    estranho = cena.console.da_operadora(Escopo.LEITURA)
    plantado = estranho.cookies["tiss-sessao"]
    cena.console.criar_usuario("vitima@operadora.exemplo.br")
    vitima = cena.console.navegador()
    vitima.abrir("/entrar")
    vitima.cookies["tiss-sessao"] = plantado
    vitima.abrir("/minha-conta")
    vitima.enviar("/entrar", login="vitima@operadora.exemplo.br", senha=SENHA)
    assert vitima.cookies["tiss-sessao"] != plantado
    assert estranho.abrir("/minha-conta").titulo == "Entrar"


def test_identificacao_plantada_antes_de_entrar_nao_serve_depois(cena: Cena) -> None:
    """O CSRF de antes de entrar, que um estranho pode saber, não vale na sessão."""
    cena.console.criar_usuario("antes@operadora.exemplo.br")
    ana = cena.console.navegador()
    ana.cookies["tiss-previa"] = "p" * 43
    ana.abrir("/entrar")
    sabido = ana.csrf()
    ana.enviar("/entrar", login="antes@operadora.exemplo.br", senha=SENHA)
    assert ana.pedir("POST", "/sair", corpo=f"csrf={sabido}".encode()).status == 403


def test_papel_tirado_vale_na_sessao_aberta(cena: Cena) -> None:
    """Quem perde um escopo deixa de abrir e de enviar no pedido seguinte; o menu também o perde."""
    email = "papel@operadora.exemplo.br"
    cena.console.criar_usuario(email, Escopo.LEITURA, Escopo.PAGAMENTO)
    ana = cena.console.navegador()
    cena.console.entrar(ana, email)
    assert ana.abrir("/pagamentos/novo").status == 200
    with cena.console.mesa.banco.escrita() as conn:
        conn.execute(
            update(tabelas.usuario)
            .where(tabelas.usuario.c.email == email)
            .values(escopos=[Escopo.LEITURA.value])
        )
    assert ana.abrir("/pagamentos/novo").status == 403
    ana.abrir("/lotes")
    assert ana.enviar("/pagamentos/liberacao", numero="1").status == 403


def test_convite_aceito_ou_trocado_nao_serve_de_novo(cena: Cena) -> None:
    """Gasto, não se abre nem se aceita; o mais novo mata o de antes."""
    velho = cena.console.convidar_conta(login="52998224725")
    novo = cena.console.convidar_conta(login="52998224725")
    estranho = cena.console.navegador()
    assert (estranho.abrir(f"/convite/{velho}").status, cena.ninguem.csrf() != "") == (404, True)
    estranho.abrir(f"/convite/{novo}")
    senha = {"senha": "Outra#2026", "confirmacao": "Outra#2026"}
    assert estranho.enviar(f"/convite/{novo}", **senha).status == 200
    estranho.abrir("/entrar")
    assert estranho.enviar(f"/convite/{novo}", **senha).status == 404
    assert estranho.abrir(f"/convite/{novo}").status == 404


@pytest.mark.parametrize(
    "destino", ["/../api/v1", "/lotes/../../x", "/%2e%2e/x", "javascript:1", "/a b"]
)
def test_depois_de_entrar_nao_se_sai_pelos_pontos(cena: Cena, destino: str) -> None:
    """O lugar a que voltar não sobe do console para outra parte do servidor."""
    pagina = cena.console.navegador().abrir("/entrar", depois=destino)
    assert pagina.arvore.xpath("//input[@name='depois']/@value") == ["/"]


# --- o que sai --------------------------------------------------------------------------------


def test_quem_nao_entrou_nao_estraga_as_conexoes_das_mensagens(postgres: Postgres) -> None:
    """Páginas repetidas e formulários recusados desfazem transações; as mensagens não o sentem."""
    url = postgres.nova_base(migrada=True)
    banco = Banco.abrir(url, conexoes=1)
    mesa = abrir_mesa(banco)
    with ThreadPoolExecutor(1) as executor:
        ninguem = Console(mesa, executor).navegador()
        for n in range(3):
            # os comandos das mensagens já estão preparados nesta conexão
            protocolo = mesa.enviar_lote(str(n)).protocolo
            assert protocolo is not None
            for _ in range(10):
                assert ninguem.abrir("/entrar").status == 200
            recusa = ninguem.enviar("/convite/x", senha=SENHA, confirmacao=SENHA)
            assert recusa.status == 404
            assert mesa.perguntar(protocolo).resultado.erro is None
    banco.fechar()
    postgres.devolver(url)


def test_nome_de_arquivo_nao_parte_o_cabecalho() -> None:
    """Aspas, quebras de linha e acentos do nome ficam dentro dele."""
    ruim = 'x"\r\nSet-Cookie: a=b;é.pdf'
    visita = object.__new__(Visita)
    cabecalho = visita.arquivo(b"", "application/pdf", ruim).headers["content-disposition"]
    assert cabecalho.isascii()
    assert not set(cabecalho) & set('"\r\n ') - {" "}
    assert "Set-Cookie" not in cabecalho.split("%")[0]


def test_planilha_nao_leva_formulas() -> None:
    """O que começa por sinal de fórmula ganha um apóstrofo, também no console."""
    assert planilhas.planilha(["a"], [[HOSTIL], ["@x"], ["\tx"]]).decode("utf-8-sig") == (
        "a\r\n\"'='\"\"><x-m>\"\r\n'@x\r\n'\tx\r\n"
    )
