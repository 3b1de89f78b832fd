from __future__ import annotations

import shutil
import threading
import time
from typing import TYPE_CHECKING

import pytest
from lxml import etree

import tiss_xsd
from dominio.transacoes import NS_TISS
from dominio.versoes import VERSOES, sufixo
from tiss_xsd import catalogo, compilado

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

XS = "{http://www.w3.org/2001/XMLSchema}"
ASSINATURA = (
    '<Signature{id}><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="urn:c"/>'
    '<ds:SignatureMethod Algorithm="urn:s"/><ds:Reference Id="{ref}"><ds:DigestMethod'
    ' Algorithm="urn:d"/><ds:DigestValue>AA==</ds:DigestValue></ds:Reference></ds:SignedInfo>'
    "<ds:SignatureValue>AA==</ds:SignatureValue></Signature>"
)


def cancelamento(guias: int, tipo: str = "1", errada: int | None = None, fim: str = "") -> bytes:
    """Pedido de cancelamento de guias; ``errada`` é a posição da única guia com tipo inválido."""
    itens = "".join(
        f"<tipoCancelamentoGuia><tipoGuia>{'9' if i == errada else tipo}</tipoGuia>"
        f"<numeroGuiaPrestador>{i}</numeroGuiaPrestador></tipoCancelamentoGuia>"
        for i in range(guias)
    )
    return (
        f'<cancelaGuiaWS xmlns="{NS_TISS}" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">'
        "<cabecalho><identificacaoTransacao>"
        "<tipoTransacao>CANCELA_GUIA</tipoTransacao><sequencialTransacao>1</sequencialTransacao>"
        "<dataRegistroTransacao>2025-12-01</dataRegistroTransacao>"
        "<horaRegistroTransacao>10:00:00</horaRegistroTransacao></identificacaoTransacao>"
        "<origem><identificacaoPrestador><codigoPrestadorNaOperadora>7"
        "</codigoPrestadorNaOperadora></identificacaoPrestador></origem>"
        "<destino><registroANS>999999</registroANS></destino><Padrao>4.03.00</Padrao></cabecalho>"
        "<cancelaGuia><dadosPrestador><codigoPrestadorNaOperadora>7</codigoPrestadorNaOperadora>"
        f"</dadosPrestador><tipoCancelamento>{itens}</tipoCancelamento></cancelaGuia>"
        f"<hash>0</hash>{fim}</cancelaGuiaWS>"
    ).encode()


@pytest.fixture
def copia(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Catálogo sobre uma cópia dos esquemas, que o teste pode estragar."""
    destino = tmp_path / "esquemas"
    shutil.copytree(catalogo.RAIZ, destino, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(catalogo, "RAIZ", destino)
    catalogo._instalados.cache_clear()
    yield destino
    catalogo._instalados.cache_clear()


def test_versoes_instaladas() -> None:
    """Há esquemas de todas as versões do projeto, da mais antiga para a mais nova."""
    assert tiss_xsd.versoes() == VERSOES


def test_versoes_em_ordem_de_numero(copia: Path) -> None:
    """A ordem é a dos números da versão, e pastas que não são de versão não contam."""
    for pasta in ("10.00.00", "rascunho"):
        (copia / pasta).mkdir()

    assert (*VERSOES, "10.00.00") == tiss_xsd.versoes()


@pytest.mark.parametrize(
    "nome",
    ["../catalogo.py", "../4.02.00/tissV4_02_00.xsd", "/etc/hostname", "", ".", "tissV4_02_00.xsd"],
)
def test_so_se_le_o_que_esta_na_pasta(nome: str) -> None:
    """Um nome que não está na lista da versão não é lido, nem que exista noutra pasta."""
    with pytest.raises(tiss_xsd.ArquivoDesconhecido):
        tiss_xsd.ler("4.03.00", nome)
    with pytest.raises(tiss_xsd.ArquivoDesconhecido):
        tiss_xsd.publicado("4.03.00", nome, "http://exemplo.invalid/x")


@pytest.mark.parametrize("versao", ["", "..", "4.3.0", "4.04.00", "__pycache__"])
def test_versao_desconhecida(versao: str) -> None:
    """Toda pergunta sobre uma versão que não está instalada é o mesmo erro."""
    for pergunta in (
        tiss_xsd.arquivos,
        tiss_xsd.procedencia,
        tiss_xsd.esquema,
        tiss_xsd.conferir,
    ):
        with pytest.raises(tiss_xsd.ArquivoDesconhecido):
            pergunta(versao)


@pytest.mark.parametrize("versao", VERSOES)
def test_arquivos_sem_dtd_nem_comentario(versao: str) -> None:
    """Os esquemas não têm DTD, que clientes recusam, nem comentários ou anotações."""
    for nome in tiss_xsd.arquivos(versao):
        arvore = etree.fromstring(tiss_xsd.ler(versao, nome)).getroottree()
        assert not arvore.docinfo.doctype
        assert not list(arvore.iter(etree.Comment, f"{XS}annotation"))


def test_procedencia_diz_resumo_e_origem() -> None:
    """Cada arquivo tem resumo, tamanho e uma origem que nomeia a versão ou o W3C."""
    linhas = tiss_xsd.procedencia("4.01.00")

    assert tiss_xsd.arquivos("4.01.00") == tuple(linha.nome for linha in linhas)
    assert [len(tiss_xsd.ler("4.01.00", linha.nome)) for linha in linhas] == [
        linha.tamanho for linha in linhas
    ]
    assert {64} == {len(linha.sha256) for linha in linhas}
    assert all("4.01.00" in linha.origem or "W3C" in linha.origem for linha in linhas)


@pytest.mark.parametrize("versao", VERSOES)
def test_instalados_conferem(versao: str) -> None:
    """Os esquemas instalados compilam."""
    assert not tiss_xsd.conferir(versao)


def test_conferir_acha_arquivo_que_falta(copia: Path) -> None:
    """A falta de um arquivo incluído por outro é dita com o nome dele."""
    (copia / "4.02.00" / "tissGuiasV4_02_00.xsd").unlink()

    (defeito,) = tiss_xsd.conferir("4.02.00")

    assert "tissGuiasV4_02_00.xsd" in defeito


@pytest.mark.parametrize("conteudo", ["<schema", "<x/>"])
def test_conferir_acha_arquivo_estragado(copia: Path, conteudo: str) -> None:
    """Um arquivo que não é XML, ou não é um esquema, é um defeito e não um erro do programa."""
    (copia / "4.02.00" / "tissSimpleTypesV4_02_00.xsd").write_text(conteudo)

    assert tiss_xsd.conferir("4.02.00")


def test_inclusao_de_fora_da_pasta_nao_e_lida(copia: Path, tmp_path: Path) -> None:
    """Um esquema que inclui um arquivo de fora da sua pasta não compila, mesmo que ele exista."""
    (tmp_path / "fora.xsd").write_bytes(tiss_xsd.ler("4.02.00", "tissGuiasV4_02_00.xsd"))
    entrada = copia / "4.02.00" / "tissWebServicesV4_02_00.xsd"
    for alvo in (f"{tmp_path}/fora.xsd", "../../fora.xsd", "../4.02.00/tissGuiasV4_02_00.xsd"):
        raiz = etree.fromstring(tiss_xsd.ler("4.02.00", entrada.name))
        next(raiz.iter(f"{XS}include")).set("schemaLocation", alvo)
        entrada.write_bytes(etree.tostring(raiz))
        recusado = alvo != "../4.02.00/tissGuiasV4_02_00.xsd"
        assert recusado == bool(tiss_xsd.conferir("4.02.00")), alvo


def test_esquema_compilado_uma_vez(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vários pedidos ao mesmo tempo recebem o mesmo esquema, compilado uma só vez."""
    compilado._guardado.cache_clear()
    vezes = []
    original = compilado._compila

    def compila(versao: str) -> etree.XMLSchema:
        vezes.append(versao)
        return original(versao)

    monkeypatch.setattr(compilado, "_compila", compila)
    recebidos = []
    linhas = [
        threading.Thread(target=lambda: recebidos.append(tiss_xsd.esquema("4.01.00")))
        for _ in range(8)
    ]

    for linha in linhas:
        linha.start()
    for linha in linhas:
        linha.join()

    assert len(recebidos) == 8
    assert len(set(map(id, recebidos))) == 1
    assert vezes == ["4.01.00"] * 2  # uma para o veredito, outra para os erros


def test_erro_diz_caminho_tipo_e_linha() -> None:
    """O erro aponta o elemento e diz o nome que a libxml2 lhe dá."""
    elemento = etree.fromstring(cancelamento(3, errada=1))
    elemento.set("extra", "1")

    esperado = [("/*", 1), ("/*/*[2]/*[2]/*[2]/*[1]", 1)]

    erros = tiss_xsd.esquema("4.03.00").erros(elemento)

    assert esperado == [(e.caminho.partition("/@")[0], e.linha) for e in erros]
    assert erros[1].tipo == "SCHEMAV_CVC_ENUMERATION_VALID"
    assert "tipoGuia" in erros[1].texto


def test_limite_de_erros() -> None:
    """São devolvidos os primeiros erros, até o limite."""
    elemento = etree.fromstring(cancelamento(80, tipo="9"))
    esquema = tiss_xsd.esquema("4.03.00")

    assert len(esquema.erros(elemento)) == 50
    assert esquema.erros(elemento)[:3] == esquema.erros(elemento, limite=3)


def test_elemento_dentro_de_outro_documento() -> None:
    """O filho do Body é validado sem ser retirado do envelope."""
    envelope = etree.fromstring(
        b'<E xmlns="urn:e"><Body>' + cancelamento(2, errada=1) + b"</Body></E>"
    )
    mensagem = envelope[0][0]
    esquema = tiss_xsd.esquema("4.03.00")

    assert not esquema.valida(mensagem)
    (erro,) = esquema.erros(mensagem)
    assert erro.caminho == "/*/*[2]/*[2]/*[2]/*[1]"


def test_quatro_linhas_de_execucao() -> None:
    """Quatro linhas validando ao mesmo tempo dão vereditos certos e nunca um erro vazio."""
    esquema = tiss_xsd.esquema("4.03.00")
    errados: list[object] = []

    def trabalha(numero: int) -> None:
        for i in range(1_000):
            errada = i % 5 if (i + numero) % 2 else None
            elemento = etree.fromstring(cancelamento(5, errada=errada))
            valido = esquema.valida(elemento)
            erros = esquema.erros(elemento) if errada is not None else ()
            posicoes = [e.caminho for e in erros]
            esperado = [] if errada is None else [f"/*/*[2]/*[2]/*[{errada + 1}]/*[1]"]
            if valido is not (errada is None) or posicoes != esperado:
                errados.append((numero, i, valido, posicoes))

    linhas = [threading.Thread(target=trabalha, args=(n,)) for n in range(4)]
    for linha in linhas:
        linha.start()
    for linha in linhas:
        linha.join()

    assert not errados


def test_muitos_erros_com_muitos_irmaos_custam_pouco() -> None:
    """Uma mensagem feita para dar milhares de erros é recusada sem custo quadrático."""
    elemento = etree.fromstring(cancelamento(60_000, tipo="9"))
    esquema = tiss_xsd.esquema("4.03.00")
    inicio = time.perf_counter()

    assert not esquema.valida(elemento)
    assert len(esquema.erros(elemento)) == 50
    # pela árvore são minutos; em fluxo, centésimos de segundo
    assert time.perf_counter() - inicio < 5


def test_muitos_atributos_custam_pouco() -> None:
    """Atributos a mais aos milhares também não acumulam erros sem fim."""
    atributos = " ".join(f'a{i}="1"' for i in range(90_000))
    elemento = etree.fromstring(
        cancelamento(1).replace(b"<hash>", f"<hash {atributos}>".encode()),
        etree.XMLParser(huge_tree=True),
    )

    assert len(tiss_xsd.esquema("4.03.00").erros(elemento, limite=10)) == 10


def test_mensagem_grande_aponta_o_erro() -> None:
    """Numa mensagem grande o caminho do erro leva ao mesmo elemento."""
    elemento = etree.fromstring(cancelamento(20_000, errada=19_998))

    (erro,) = tiss_xsd.esquema("4.03.00").erros(elemento)

    (achado,) = elemento.getroottree().xpath(erro.caminho)
    assert achado.text == "9"
    assert achado.getnext().text == "19998"


@pytest.mark.parametrize("guias", [1, 20_000])
@pytest.mark.parametrize("repetido", ["b", " a "])
def test_identificador_repetido_na_assinatura(guias: int, repetido: str) -> None:
    """Dois elementos da assinatura com o mesmo Id são um erro em qualquer tamanho de mensagem."""
    fim = ASSINATURA.format(id=' Id="a"', ref=repetido)
    elemento = etree.fromstring(cancelamento(guias, fim=fim))
    esquema = tiss_xsd.esquema("4.03.00")
    esperado = ["SCHEMAV_CVC_DATATYPE_VALID_1_2_1"] if repetido == " a " else []

    assert (not esperado) is esquema.valida(elemento)
    assert esperado == [e.tipo for e in esquema.erros(elemento)]


@pytest.mark.parametrize("versao", VERSOES)
def test_publicado_aponta_para_o_endereco(versao: str) -> None:
    """No esquema servido, o que um arquivo inclui é pedido no mesmo endereço."""
    endereco = f"https://exemplo.invalid/tiss/{versao}/tissLoteGuias"
    servidos = set()

    for nome in tiss_xsd.arquivos(versao):
        raiz = etree.fromstring(tiss_xsd.publicado(versao, nome, endereco))
        for ligacao in raiz.iter(f"{XS}include", f"{XS}import"):
            base, _, alvo = str(ligacao.get("schemaLocation")).partition("?xsd=")
            assert base == endereco
            servidos.add(alvo)

    entrada = f"tissWebServices{sufixo(versao)}.xsd"
    assert set(tiss_xsd.arquivos(versao)) - {entrada} == servidos


def test_endereco_com_caracteres_de_marcacao() -> None:
    """Um endereço com ``&`` e aspas chega inteiro a quem lê o esquema."""
    endereco = "http://exemplo.invalid/a'b&c=\"<d>"
    raiz = etree.fromstring(tiss_xsd.publicado("4.03.00", "tissV4_03_00.xsd", endereco))

    locais = {str(i.get("schemaLocation")) for i in raiz.iter(f"{XS}include")}

    assert all(local.startswith(f"{endereco}?xsd=") for local in locais)
