"""Canários pelas portas que não são SOAP: mensagens em arquivo, API e linha de comando."""

from __future__ import annotations

import io
import json
import re
import threading
import time
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import quote

from acceptance.servidor import CODIGO, REGISTRO
from security import canario
from security.mensagens_com_canarios import bytes_do_arquivo, em_arquivo

if TYPE_CHECKING:
    from security.colheita import Colheita

EXPLODE = "EXPLODE"
"""Número do lote com que a regra do pacote falha."""


def usar(c: Colheita) -> None:
    """Usa todas, com pedidos certos e errados."""
    _arquivos(c)
    _pela_api(c)
    _por_comandos(c)


def _arquivos(c: Colheita) -> None:
    boa = bytes_do_arquivo(em_arquivo("A1"))
    assert c.arquivo("arquivo", boa)["mensagens"][0]["protocolo"]
    ruins = {
        "senha": bytes_do_arquivo(em_arquivo("A2", senha=canario.ERRADA.valor)),
        "truncado": boa[: len(boa) // 2],
        "hash": boa.replace(b"CANARIOCRM0417", b"CANARIOCRM0418"),
        "explode": bytes_do_arquivo(em_arquivo(EXPLODE)),
        "tipo": boa.replace(b"<ans:dataAutorizacao>", b"<ans:dataAutorizacao>CANARIOINTRUSO0417"),
    }
    for nome, dados in ruins.items():
        c.arquivo(f"arquivo: {nome}", dados)
    zipado = io.BytesIO()
    with zipfile.ZipFile(zipado, "w") as zip_:
        zip_.writestr("CANARIOARQUIVO0417.txt", b"CANARIOINTRUSO0417")
        for nome, dados in ruins.items():
            zip_.writestr(f"{nome}.xml", dados)
    c.arquivo("zip", zipado.getvalue(), "application/zip")
    c.arquivo("zip quebrado", zipado.getvalue()[:200], "application/zip")
    c.arquivo("tipo desconhecido", b"CANARIOINTRUSO0417", "application/CANARIOINTRUSO0417")


_SEM_PACIENTES = frozenset(
    {"/protocolos", "/protocolos/{numero}/criticas", "/importacoes", "/situacoes", "/auditoria"}
)
"""Os endereços que não mostram dados de ninguém."""
_CONTEUDO = frozenset(
    {
        "/protocolos/{numero}/mensagem",
        "/protocolos/{numero}/resposta",
        "/protocolos/{numero}/documentos/{documento}",
    }
)
"""Os que dão os bytes que vieram ou saíram, a quem tem o escopo."""


def _porta(caminho: str) -> str:
    if caminho in _SEM_PACIENTES:
        return "api, listas"
    return "api, conteúdo" if caminho in _CONTEUDO else "api, leitura"


def _preencher(caminho: str, numero: str, documento: str) -> str:
    valores = {"numero": numero, "documento": documento}
    return re.sub(r"{(\w+)}", lambda nome: valores.get(nome[1], "1"), caminho)


def _pela_api(c: Colheita) -> None:
    lista = json.loads(c.api("api, listas", "/protocolos?limite=200", token=c.token).corpo)
    numeros = [p["numeroProtocolo"] for p in lista["protocolos"]]
    assert len(numeros) > 30
    caminhos = json.loads(c.servidor.pegar("/api/v1/openapi.json").corpo)["paths"]
    metodos = [(x.removeprefix("/api/v1"), m) for x, todos in caminhos.items() for m in todos]
    for caminho in [x for x, metodo in metodos if metodo == "get"]:
        for numero in numeros if "{numero}" in caminho else [""]:
            preenchido = _preencher(caminho, numero, c.documento)
            for formato in ("", "?formato=csv", "?formato=html"):
                c.api(_porta(caminho), preenchido + formato, token=c.token)
    alvos = [_preencher(x, numeros[0], "1") for x, metodo in metodos if metodo == "post"]
    _erros_da_api(c, f"/protocolos/{numeros[0]}/situacao", alvos)


def _erros_da_api(c: Colheita, endereco: str, alvos: list[str]) -> None:
    """Pedidos que a API não entende ou não aceita, com o canário no próprio erro."""
    t = c.token
    intruso, campo = canario.INTRUSO.valor, canario.NOME_DE_CAMPO.valor
    for caminho in (f"/{intruso}", f"/protocolos/{intruso}", f"/protocolos?status={intruso}",
                    f"/protocolos?{campo}=1", f"/guias?cursor={intruso}",
                    f"/guias?atendimentoDe={intruso}", f"/guias?carteira={intruso}",
                    f"/protocolos?operadora={intruso}"):  # fmt: skip
        c.api("api, erros", caminho, token=t)
    c.api("api, erros", "/protocolos", token=f"tiss_{intruso}_{canario.ERRADA.valor}")
    c.api("api, erros", "/protocolos", Authorization=f"Basic {quote(canario.ERRADA.valor)}")
    json_ = {"Content_Type": "application/json", "If_Match": "*"}
    nulo = json.dumps({"para": 2, "motivo": f"{intruso}\0{intruso}"}).encode()
    for corpo in (nulo, b'{"para": "%s"}' % intruso.encode(), intruso.encode(),
                  b'{"para": 2, "motivo": "%s"}' % (intruso.encode() * 400),
                  b'{"para": 3, "motivo": "motivo", "%s": 1}' % campo.encode()):  # fmt: skip
        c.api("api, erros", endereco, metodo="POST", token=t, corpo=corpo, **json_)
    lixo = json.dumps({intruso: intruso, "observacao": intruso}).encode()
    for alvo in [alvo for alvo in alvos if alvo != "/mensagens"]:
        for corpo in (lixo, nulo, b"", intruso.encode()):
            c.api("api, pedidos ruins", alvo, metodo="POST", token=t, corpo=corpo, **json_)
    for metodo in ("DELETE", "PUT", intruso):
        c.api("api, erros", endereco, metodo=metodo, token=t)


def _por_comandos(c: Colheita) -> None:
    pasta = c.servidor.pasta
    certa, errada = pasta / "certa.xml", pasta / "errada.xml"
    certa.write_bytes(bytes_do_arquivo(em_arquivo("C1")))
    errada.write_bytes(
        certa.read_bytes()
        .replace(b"<ans:dataAutorizacao>", b"<ans:dataAutorizacao>CANARIOINTRUSO0417")
        .replace(b"<ans:hash>", b"<ans:hash>CANARIOINTRUSO0417")
    )
    r = ("--registro-ans", REGISTRO)
    do_prestador = (*r, "--codigo", CODIGO)
    with c.servidor.banco.leitura() as conn:
        linhas = conn.exec_driver_sql(
            "SELECT id, desfecho, erro FROM mensagem WHERE integral ORDER BY recebida_em"
        ).all()
    exemplos = list({(x.desfecho, x.erro): x.id for x in linhas}.values())
    em_json: list[tuple[str, ...]] = [
        ("message", "check", str(certa)),
        ("message", "check", str(errada)),
        *[("message", "replay", exemplo) for exemplo in exemplos],
        ("message", "verify", str(certa)),
        ("archive", "verify"),
        ("homologacao", "report", *r, "--prestador", CODIGO),
        ("prestador", "hash", *r),
        ("titular", "report", *r, "--carteira", canario.CARTEIRA.valor),
        ("token", "list", *r),
        ("config", "check"),
        ("db", "check"),
        ("regras", "list", *r),
        ("trust", "list", *r),
        ("schemas", "list"),
        ("prestador", "certificado", "list", *do_prestador),
        ("archive", "key", "list"),
        ("analise", "automatica", *r, "--protocolo", "10000002"),
    ]
    for argumentos in em_json:
        c.comando(*argumentos)
        c.comando(*argumentos, "--json")
    c.comando("prestador", "credencial", "list", *do_prestador, porta="credenciais")
    c.comando("prestador", "credencial", "list", *do_prestador, "--json", porta="credenciais")
    chave = pasta / "chave.pem"
    chave.write_text(f"-----BEGIN PRIVATE KEY-----\n{canario.INTRUSO.valor}\n", "ascii")
    assinar = ("message", "sign", "--chave", str(chave), "--senha", canario.SENHA_DA_CHAVE.valor)
    c.comando(*assinar, str(certa))
    intruso = canario.INTRUSO.valor
    for argumentos in (
        ("titular", "report", *r, "--carteira", canario.CARTEIRA.valor * 2),
        ("prestador", "senha", *do_prestador, "--login", canario.LOGIN.valor * 9,
         "--senha", canario.ERRADA.valor),
        ("message", "replay", intruso),
        ("prestador", "senha", *do_prestador, "--login", "x", "--senha", "x",
         f"--{canario.NOME_DE_CAMPO.valor}"),
    ):  # fmt: skip
        c.comando(*argumentos)
    _exportar(c, exemplos[0])
    url = f"postgresql+psycopg://quem:{canario.SENHA_DO_BANCO.valor}@127.0.0.1:1/nada"
    certo, c.servidor.url = c.servidor.url, url
    try:
        for argumentos in (("db", "check"), ("config", "check"), ("token", "list", *r)):
            c.comando(*argumentos)
    finally:
        c.servidor.url = certo


def _exportar(c: Colheita, exemplo: str) -> None:
    saida = c.servidor.pasta / "prova.zip"
    fim = time.monotonic() + 20
    while not saida.is_file() and time.monotonic() < fim:
        c.comando("archive", "export", exemplo, "--out", str(saida))
        threading.Event().wait(0.3)
    with zipfile.ZipFile(saida) as zip_:
        for nome in zip_.namelist():
            c.guardar("exportação", nome, zip_.read(nome))
    saida.unlink()
    # o que o próprio teste pôs na pasta não é o que o gateway deixou nela
    for sobra in ("certa.xml", "errada.xml", "beneficiarios.csv", "chave.pem"):
        (c.servidor.pasta / sobra).unlink()
