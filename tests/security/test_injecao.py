"""Texto que seria comando em outro lugar: guarda-se e ecoa-se como dado, e não chega ao registro.

Todo campo em que o esquema aceita o texto o leva, nas cinco guias e no cabeçalho.
"""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING

import pytest
from acceptance.conftest import gateway, postgres_no_ar, sqlite_no_ar
from acceptance.mensagens import envelopado, lote, status
from integration.recepcao import Q
from sqlalchemy import String, select
from validador import validar_resposta

import tiss_xsd
from dominio.lote import TipoGuia
from persistence import tabelas
from prestador.mensagem_xml import selar

if TYPE_CHECKING:
    from acceptance.servidor import Servidor
    from lxml import etree

__all__ = ["gateway", "postgres_no_ar", "sqlite_no_ar"]

MARCA = "MARCA7"
TEXTOS = (
    f"{MARCA}' OR '1'='1",
    f"';{MARCA}--",
    f'"); DROP TABLE lote; -- {MARCA}',
    f"%s%n%(x)s{MARCA}",
    f'\n{{"event":"{MARCA}"}}',
    f"\r\n{MARCA}: a\r\n\r\nb",
    f"{{0.__class__}}{MARCA}",
    f"${{jndi:ldap://x}}{MARCA}",
    f"\x9b31m{MARCA}\x85\x9f",
    f"\\x00\\n\\u0000{MARCA}",
    f"<script>{MARCA}&amp;]]>",
    f"=cmd|' /C {MARCA}'!A0",
    f"../../{MARCA}\t",
    f"{MARCA}" + "x" * 480,
)
_FICAM = {
    "tipoTransacao", "Padrao", "CNPJ", "registroANS", "loginPrestador", "senhaPrestador", "hash",
    "numeroLote", "codigoPrestadorNaOperadora", "codigonaOperadora",
    "codigoProfExec", "cnpjContratado", "cpfContratado",
}  # fmt: skip
"""Quem envia, a quem e o que é: com outro valor a mensagem é recusada por isso."""
_TABELAS = (tabelas.lote, tabelas.guia, tabelas.item)
_numeros = count(1)


def _injetada(tipo: TipoGuia, versao: str, texto: str) -> tuple[etree._Element, list[str]]:
    """Um lote com o texto, cortado se preciso, em cada campo em que o esquema o deixa."""
    mensagem = lote(versao, tipo=tipo, numero=f"{texto[:7]}{next(_numeros):05d}")
    esquema = tiss_xsd.esquema(versao)
    postos = [mensagem.findtext(f".//{Q}numeroLote") or ""]
    for folha in mensagem.iter():
        if len(folha) or str(folha.tag).removeprefix(Q) in _FICAM:
            continue
        antes = folha.text
        for tamanho in (500, 150, 70, 60, 40, 20, 12):
            folha.text = texto[:tamanho]
            if esquema.valida(mensagem):
                postos.append(folha.text)
                break
        else:
            folha.text = antes
    selar(mensagem)
    return mensagem, postos


def _guardados(gateway: Servidor) -> list[str]:
    """Todo texto que as linhas de lotes, guias e itens têm."""
    achados: list[str] = []
    with gateway.banco.leitura() as conn:
        for tabela in _TABELAS:
            colunas = [c for c in tabela.c if isinstance(c.type, String)]
            for linha in conn.execute(select(*colunas)):
                achados += [valor for valor in linha if valor is not None]
    return achados


@pytest.mark.parametrize("tipo", list(TipoGuia))
@pytest.mark.parametrize("versao", ["3.05.00", "4.03.00"])
def test_o_texto_e_guardado_e_ecoado_como_dado(
    gateway: Servidor, tipo: TipoGuia, versao: str
) -> None:
    """Cada texto chega ao banco e à resposta tal como foi enviado, e só isso."""
    enviados: set[str] = set()
    for texto in TEXTOS:
        mensagem, postos = _injetada(tipo, versao, texto)
        assert len(postos) > 2, "o esquema não deixou pôr o texto em campo nenhum"
        enviados.update(postos)
        resposta = validar_resposta(gateway.postar(envelopado(mensagem), versao).corpo, versao)
        protocolo = resposta.findtext(f".//{Q}numeroProtocolo")
        assert protocolo is not None, (texto, "".join(resposta.itertext()))
        for nome in ("sequencialTransacao", "numeroLote", "numeroCarteira"):
            dito, ecoado = mensagem.find(f".//{Q}{nome}"), resposta.find(f".//{Q}{nome}")
            assert dito is not None
            assert ecoado is None or ecoado.text == dito.text
        pergunta = gateway.postar(
            envelopado(status(protocolo, versao)), versao, "tissSolicitacaoStatusProtocolo"
        )
        situacao = validar_resposta(pergunta.corpo, versao)
        assert situacao.findtext(f".//{Q}numeroLote") == mensagem.findtext(f".//{Q}numeroLote")
    guardados = [g for g in _guardados(gateway) if g in enviados]
    assert len(guardados) >= 2 * len(TEXTOS)


def test_o_banco_nao_tem_texto_cortado_nem_mudado(gateway: Servidor) -> None:
    """Tudo o que o banco tem da marca é um dos textos inteiros, ou um começo que se enviou."""
    mensagem, _ = _injetada(TipoGuia.CONSULTA, "4.03.00", TEXTOS[0])
    gateway.postar(envelopado(mensagem))
    com_marca = [g for g in _guardados(gateway) if MARCA in g]
    assert com_marca
    for guardado in com_marca:
        assert any(t.startswith(guardado[:7]) for t in TEXTOS)


@pytest.mark.parametrize(
    ("nome", "palavra"),
    [
        ("CNPJ", "RemetenteInvalido"),
        ("registroANS", "SchemaInvalido"),
        ("loginPrestador", "LoginInvalido"),
        ("senhaPrestador", "LoginInvalido"),
        ("Padrao", "VersaoInvalida"),
        ("hash", "HashInvalido"),
    ],
)
@pytest.mark.parametrize("texto", TEXTOS[:-1], ids=range(len(TEXTOS) - 1))
def test_na_identidade_o_texto_e_recusado_sem_eco(
    gateway: Servidor, nome: str, palavra: str, texto: str
) -> None:
    """Em quem envia, na senha, na versão e no hash a recusa é a própria, sem repetir o valor."""
    mensagem = lote()
    alvo = mensagem.find(f".//{Q}{nome}")
    assert alvo is not None
    alvo.text = texto[:20]
    if nome == "CNPJ":
        alvo.tag, alvo.text = f"{Q}codigoPrestadorNaOperadora", texto[:14]
    if nome != "hash":
        selar(mensagem)
    resposta = gateway.postar(envelopado(mensagem))
    falha = validar_resposta(resposta.corpo, "4.03.00")
    palavras = [e.text for e in falha.iter(f"{Q}tissFault")]
    assert palavras in ([palavra], ["SchemaInvalido"])
    assert MARCA not in resposta.corpo.decode()


def test_o_registro_e_uma_linha_json_por_evento_sem_o_texto(gateway: Servidor) -> None:
    """Nenhuma linha do registro traz a marca, e nenhuma se partiu em duas."""
    mensagem, _ = _injetada(TipoGuia.SADT, "4.03.00", TEXTOS[4])
    gateway.postar(envelopado(mensagem))
    gateway.postar(b"<" + MARCA.encode() + b">\n\n\x1b[31m", X_Teste=MARCA)
    registro = gateway.registro.read_text("utf-8")
    assert MARCA not in registro
    linhas = registro.splitlines()
    assert len(linhas) > 2
    for linha in linhas:
        assert "event" in json.loads(linha)
