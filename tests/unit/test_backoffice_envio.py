"""Do corpo de um pedido aos arquivos que ele traz: formulário, zip e XML sozinho."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from backoffice.api import zips
from backoffice.api.envio import Arquivo, LimitesDoEnvio, arquivos
from backoffice.api.problemas import Problema

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMITES = LimitesDoEnvio()
FORMULARIO = "multipart/form-data; boundary=limite"


def _parte(nome: str | None, dados: bytes, tipo: str = "") -> bytes:
    arquivo = "" if nome is None else f'; filename="{nome}"'
    cabecalhos = f'Content-Disposition: form-data; name="arquivo"{arquivo}\r\n{tipo}\r\n'
    return b"--limite\r\n" + cabecalhos.encode() + dados + b"\r\n"


def _formulario(*partes: bytes) -> bytes:
    return b"".join(partes) + b"--limite--\r\n"


def _zip(entradas: Iterable[tuple[str, bytes]], metodo: int = zipfile.ZIP_DEFLATED) -> bytes:
    saida = io.BytesIO()
    with zipfile.ZipFile(saida, "w", metodo) as arquivo:
        for nome, dados in entradas:
            arquivo.writestr(nome, dados)
    return saida.getvalue()


def _cifrado() -> bytes:
    # o bit de cifra, no cabeçalho local e no diretório
    dados = bytearray(_zip([("a.xml", b"<a/>")]))
    dados[6] |= 1
    dados[dados.index(b"PK\x01\x02") + 8] |= 1
    return bytes(dados)


def _recusado(tipo: str, corpo: bytes, limites: LimitesDoEnvio = LIMITES) -> tuple[int, str]:
    with pytest.raises(Problema) as recusado:
        arquivos(tipo, corpo, limites)
    return recusado.value.status, recusado.value.detalhe


@pytest.mark.parametrize("tipo", ["application/xml", "text/xml", "Application/XML"])
def test_xml_sozinho_e_um_arquivo(tipo: str) -> None:
    """O corpo que é um XML vira um arquivo só."""
    assert [Arquivo("mensagem.xml", b"<a/>")] == arquivos(tipo, b"<a/>", LIMITES)


def test_charset_do_pedido_acompanha_o_arquivo() -> None:
    """A codificação dita no Content-Type vai com o arquivo."""
    [unico] = arquivos("text/xml; charset=iso-8859-1", b"<a/>", LIMITES)
    assert unico.charset == "iso-8859-1"


def test_formulario_com_varios_arquivos() -> None:
    """Cada parte com nome de arquivo é um; os bytes não mudam, mesmo com quebras de linha."""
    corpo = _formulario(
        _parte("a.xml", b"<a>\r\n\r\n--x</a>"),
        _parte(None, b"um campo comum"),
        _parte("b.xml", b"<b/>", "Content-Type: text/xml; charset=utf-8\r\n"),
    )
    esperado = [Arquivo("a.xml", b"<a>\r\n\r\n--x</a>"), Arquivo("b.xml", b"<b/>", "utf-8")]
    assert esperado == arquivos(FORMULARIO, corpo, LIMITES)


@pytest.mark.parametrize(
    ("nome", "rotulo"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\\\lotes\\\\lote.xml", "lote.xml"),
        ("lote março.xml", "lote março.xml"),
        ("a\tb\x7f.xml", "ab.xml"),
        ("x" * 400, "x" * 255),
        ("pasta/", "mensagem.xml"),
    ],
)
def test_nome_de_arquivo_e_so_um_rotulo(nome: str, rotulo: str) -> None:
    """Do nome fica o último pedaço, imprimível e curto; nunca um caminho."""
    [unico] = arquivos(FORMULARIO, _formulario(_parte(nome, b"<a/>")), LIMITES)
    assert rotulo == unico.nome


def test_campo_de_arquivo_vazio_nao_conta() -> None:
    """Um campo de arquivo que se deixou sem escolher não é um arquivo."""
    corpo = _formulario(_parte("", b""), _parte("a.xml", b"<a/>"))
    assert [Arquivo("a.xml", b"<a/>")] == arquivos(FORMULARIO, corpo, LIMITES)


def test_arquivo_vazio_com_nome_conta() -> None:
    """Um arquivo sem bytes é um arquivo, que a recepção dirá vazio."""
    assert [Arquivo("a.xml", b"")] == arquivos(
        FORMULARIO, _formulario(_parte("a.xml", b"")), LIMITES
    )


@pytest.mark.parametrize("metodo", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("sozinho", [True, False], ids=["corpo", "parte"])
def test_zip_se_abre(metodo: int, sozinho: bool) -> None:
    """Um zip, sozinho ou numa parte, dá cada arquivo seu; pastas e sobras do sistema não contam."""
    dados = _zip(
        [
            ("lotes/", b""),
            ("lotes/a.xml", b"<a/>"),
            ("__MACOSX/lotes/._a.xml", b"x"),
            ("b.xml", b"<b/>"),
        ],
        metodo,
    )
    corpo = dados if sozinho else _formulario(_parte("lotes.zip", dados))
    tipo = "application/zip" if sozinho else FORMULARIO
    assert [Arquivo("a.xml", b"<a/>"), Arquivo("b.xml", b"<b/>")] == arquivos(tipo, corpo, LIMITES)


@pytest.mark.parametrize(
    "tipo", ["", "application/json", "text/plain", "multipart/related; boundary=limite"]
)
def test_tipo_que_nao_se_aceita(tipo: str) -> None:
    """Outro Content-Type é 415."""
    assert _recusado(tipo, b"<a/>")[0] == 415


@pytest.mark.parametrize(
    ("tipo", "corpo", "trecho"),
    [
        ("multipart/form-data", b"--limite--\r\n", "boundary"),
        (FORMULARIO, b"nada de formulario", "malformado"),
        (FORMULARIO, _parte("a.xml", b"<a/>"), "incompleto"),
        (FORMULARIO, _formulario(), "nenhum arquivo"),
        (FORMULARIO, _formulario(_parte(None, b"x")), "nenhum arquivo"),
        (f"multipart/form-data; boundary={'x' * 300}", b"", "malformado"),
        ("application/zip", _zip([]), "nenhum arquivo"),
        ("application/zip", _zip([("a.xml", b"<a/>")])[:-8], "corrompido"),
        ("application/zip", _cifrado(), "cifrado"),
        ("application/zip", _zip([("a.xml", b"<a/>")], zipfile.ZIP_BZIP2), "compressão"),
        ("application/zip", _zip([("a.zip", _zip([("b.xml", b"<b/>")]))]), "dentro do zip"),
    ],
    ids=[
        "sem boundary", "não é formulário", "truncado", "vazio", "só campos", "boundary enorme",
        "zip vazio", "zip truncado", "cifrado", "bzip2", "aninhado",
    ],
)  # fmt: skip
def test_pedido_malformado(tipo: str, corpo: bytes, trecho: str) -> None:
    """O que não se deixa abrir é 400, com a frase que diz por quê."""
    status, detalhe = _recusado(tipo, corpo)
    assert status == 400
    assert trecho in detalhe


def test_o_conteudo_e_que_diz_se_e_zip() -> None:
    """Um corpo que não começa como zip é um XML, que a recepção dirá se presta."""
    assert [Arquivo("mensagem.xml", b"<a/>")] == arquivos("application/zip", b"<a/>", LIMITES)


def test_zip_com_conteudo_adulterado() -> None:
    """Um zip cujo conteúdo não confere com o resumo está corrompido."""
    dados = bytearray(_zip([("a.xml", b"<a>123</a>")], zipfile.ZIP_STORED))
    dados[dados.index(b"123")] = ord("9")
    assert _recusado("application/zip", bytes(dados)) == (400, "O zip está corrompido.")


def _muitas(quantas: int) -> list[tuple[str, bytes]]:
    return [(f"{n}.xml", b"<a/>") for n in range(quantas)]


@pytest.mark.parametrize(
    ("tipo", "corpo", "limites"),
    [
        ("application/zip", _zip(_muitas(4)), LimitesDoEnvio(arquivos=3)),
        (
            FORMULARIO,
            _formulario(*(_parte(n, d) for n, d in _muitas(4))),
            LimitesDoEnvio(arquivos=3),
        ),
        (
            FORMULARIO,
            _formulario(_parte("a.zip", _zip(_muitas(2))), _parte("b.zip", _zip(_muitas(2)))),
            LimitesDoEnvio(arquivos=3),
        ),
        ("application/zip", _zip([("a.xml", b"x" * 2000)]), LimitesDoEnvio(total=1000)),
        (
            "application/zip",
            _zip([("a.xml", b"x" * 600), ("b.xml", b"x" * 600)]),
            LimitesDoEnvio(total=1000),
        ),
        ("application/zip", _zip([("a.xml", b"x" * 2_000_000)]), LIMITES),
    ],
    ids=["entradas", "partes", "zips somados", "entrada grande", "soma grande", "bomba"],
)
def test_pedido_grande_demais(tipo: str, corpo: bytes, limites: LimitesDoEnvio) -> None:
    """O que passa dos limites de quantidade, de tamanho ou de crescimento é 413."""
    assert _recusado(tipo, corpo, limites)[0] == 413


def test_diretorio_enorme_nem_se_le(monkeypatch: pytest.MonkeyPatch) -> None:
    """Um zip com entradas demais é recusado antes de o seu diretório ser aberto."""

    def aberto(*_args: Any) -> None:
        raise AssertionError("abriu o zip")

    dados = _zip(_muitas(4))
    monkeypatch.setattr(zips.zipfile, "ZipFile", aberto)
    assert _recusado("application/zip", dados, LimitesDoEnvio(arquivos=3))[0] == 413


@pytest.mark.parametrize(
    ("nome", "esperado"),
    [
        ("lote.xml", "0007-lote.xml"),
        ("Lote Março 2026.XML", "0007-Lote_Marco_2026.xml"),
        ("..", "0007-mensagem.xml"),
        ("...xml", "0007-mensagem.xml"),
        ("a/b\\c", "0007-a_b_c.xml"),
        ("x" * 300, f"0007-{'x' * 60}.xml"),
    ],
)
def test_nome_da_resposta_e_seguro(nome: str, esperado: str) -> None:
    """O nome de uma resposta no zip é nosso: posição e letras comuns."""
    assert esperado == zips.nome_seguro(7, nome)


def test_zip_das_respostas_se_abre() -> None:
    """O zip que se faz tem cada arquivo com o seu conteúdo."""
    with zipfile.ZipFile(io.BytesIO(zips.fechar([("a", b"1"), ("b", b"2")]))) as arquivo:
        assert {n: arquivo.read(n) for n in arquivo.namelist()} == {"a": b"1", "b": b"2"}


def test_problema_segue_a_rfc_9457() -> None:
    """Um problema tem tipo, título, situação e detalhe."""
    problema = json.loads(Problema(413, "Grande demais.").em_json())
    assert problema == {
        "type": "about:blank",
        "title": problema["title"],
        "status": 413,
        "detail": "Grande demais.",
    }
    assert problema["title"]
