"""O corpus de entrada hostil: o que cada entrada manda e o que se espera de resposta.

As pequenas são arquivos de ``corpus``; as grandes, descrições curtas de como se fazem, para que
nenhum arquivo de megabytes entre no repositório. Tudo está em ``corpus/manifesto.json``.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integration.recepcao import Q
from sqlalchemy import func, select
from validador import validar_resposta

from persistence import tabelas

PASTA = Path(__file__).parent / "corpus"
_TIPO = ("Content-Type: text/xml; charset=utf-8",)
_TABELAS = ("lote", "protocolo", "historico", "guia", "item", "critica", "execucao")
Contagens = dict[str, int]


@dataclass(frozen=True)
class Iscas:
    """O que uma mensagem hostil tenta alcançar.

    Attributes:
        canario: URI de um arquivo que ninguém deve abrir.
        porta: porta TCP a que ninguém deve ligar.
    """

    canario: str
    porta: int

    def por_em(self, texto: bytes) -> bytes:
        """O texto com o lugar de cada isca preenchido."""
        texto = texto.replace(b"@CANARIO@", self.canario.encode())
        return texto.replace(b"@PORTA@", str(self.porta).encode())


@dataclass(frozen=True)
class Ataque:
    """Uma entrada do manifesto.

    Attributes:
        nome: o que há de especial nela.
        desfecho: o que o arquivo deve dizer: ``respondida`` ou ``recusada``.
        palavra: ``tissFault`` da falha; ``None`` na falha que não o tem e na resposta.
        erro: chave da tabela de erros; ``None`` se respondida.
        http: situação da resposta.
        diz: trecho do texto da falha, ou nome de um elemento da resposta.
        arquivo: de onde vêm os bytes.
        gerar: sem ``arquivo``, como se fazem: no lugar de um trecho de ``base``, cada parte
            tantas vezes; ``{n}`` é o número da vez.
        codificar: codificação do Python em que o texto se escreve.
        comprimir: quantas vezes passa por gzip.
        truncar: bytes que se cortam do fim.
        cabecalhos: linhas do cabeçalho HTTP.
    """

    nome: str
    desfecho: str
    palavra: str | None
    erro: str | None
    http: int
    diz: str
    arquivo: str | None = None
    gerar: dict[str, Any] | None = None
    codificar: str | None = None
    comprimir: int = 0
    truncar: int = 0
    cabecalhos: tuple[str, ...] = _TIPO
    servico: str = "tissLoteGuias"
    versao: str = "4.03.00"

    def __str__(self) -> str:
        return self.nome

    def corpo(self, iscas: Iscas) -> bytes:
        """Os bytes do corpo HTTP."""
        dados = iscas.por_em(self._texto())
        if self.codificar is not None:
            dados = dados.decode().encode(self.codificar)
        for _ in range(self.comprimir):
            dados = gzip.compress(dados, mtime=0)
        return dados[: len(dados) - self.truncar]

    def http_cabecalhos(self) -> dict[str, str]:
        pares = (linha.partition(": ") for linha in self.cabecalhos)
        return {nome: valor for nome, _, valor in pares}

    def _texto(self) -> bytes:
        if self.arquivo is not None:
            return (PASTA / self.arquivo).read_bytes()
        assert self.gerar is not None
        lugar = self.gerar["no_lugar_de"].encode()
        base = (PASTA / self.gerar.get("base", "base.xml")).read_bytes()
        assert lugar in base
        partes = (_repetido(texto, vezes) for texto, vezes in self.gerar["partes"])
        return base.replace(lugar, b"".join(partes), 1)


def _repetido(texto: str, vezes: int) -> bytes:
    if "{n}" in texto:
        return "".join(texto.replace("{n}", str(n)) for n in range(vezes)).encode()
    return texto.encode() * vezes


def manifesto() -> list[Ataque]:
    """As entradas, na ordem do arquivo."""
    linhas: list[dict[str, Any]] = json.loads((PASTA / "manifesto.json").read_text("utf-8"))
    return [
        Ataque(**{k: tuple(v) if isinstance(v, list) else v for k, v in linha.items()})
        for linha in linhas
    ]


def contagens(banco: Any) -> Contagens:
    """Quantas linhas tem cada tabela que um lote escreve."""
    with banco.leitura() as conn:
        return {
            nome: conn.execute(
                select(func.count()).select_from(tabelas.metadados.tables[nome])
            ).scalar_one()
            for nome in _TABELAS
        }


def conferir(ataque: Ataque, banco: Any, http: int, correlacao: str, corpo: bytes) -> None:
    """Confere a resposta, pelo validador, e a linha do arquivo contra o manifesto."""
    raiz = validar_resposta(corpo, ataque.versao)
    palavras = [e.text for e in raiz.iter(f"{Q}tissFault")]
    with banco.leitura() as conn:
        linha = conn.execute(
            select(tabelas.mensagem).where(tabelas.mensagem.c.id == correlacao)
        ).one_or_none()
    assert linha is not None, "a mensagem não está no arquivo"
    obtido = (linha.desfecho, palavras, linha.erro, http)
    esperadas = [] if ataque.palavra is None else [ataque.palavra]
    texto = next((e.text or "" for e in raiz.iter("faultstring")), "")
    assert obtido == (ataque.desfecho, esperadas, ataque.erro, ataque.http), texto
    if ataque.desfecho == "respondida":
        assert raiz.find(f".//{Q}{ataque.diz}") is not None
    else:
        assert ataque.diz in texto
