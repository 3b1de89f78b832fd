"""``/api/v1/importacoes``: as mensagens que vieram em arquivo e o que se disse de cada uma."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import cursores, formas, listas, planilhas
from backoffice.api.autorizacao import ComLeitura
from backoffice.api.base import da
from backoffice.api.formas import Cor, Forma, Instante, Situacao
from persistence.consultas import importacoes as consultas

if TYPE_CHECKING:
    from persistence.consultas.importacoes import Linha

rotas = APIRouter(tags=["importações"])


class Filtros(listas.PedidoDeLista):
    """Os filtros da lista de importações."""

    desfecho: Literal["respondida", "recusada", "falha"] | None = None


class Importacao(Forma):
    """Um arquivo recebido e o seu veredito; o protocolo de uma repetição é o da primeira vez."""

    id: str
    recebida_em: Instante
    codigo_prestador: str | None
    servico: str | None
    versao: str | None
    tamanho: int
    desfecho: str
    situacao: Situacao | None
    numero_protocolo: str | None
    repeticao_de: str | None
    qtd_criticas: int
    erro: str | None
    texto: str | None
    erros: list[Any]


class Importacoes(Forma):
    """Uma página de importações."""

    importacoes: list[Importacao]
    proximo: str
    ha_mais: bool


@rotas.get("/importacoes", response_model=Importacoes, summary="Arquivos recebidos")
async def listar(
    pedido: Request, quem: ComLeitura, campos: Annotated[Filtros, Query()]
) -> Response:
    """Mensagens que vieram em arquivo, da mais nova à mais velha."""
    listas.conferir_operadora(quem, campos.operadora)
    desde = consultas.COMECO if campos.cursor is None else cursores.importacao(campos.cursor)
    limite = listas.quantas(pedido, campos)
    pagina = await da(pedido).ler(
        lambda conn: consultas.listar(
            conn, quem.operadora.id, desfecho=campos.desfecho, depois_de=desde, limite=limite
        )
    )
    proximo = cursores.de_importacao(pagina.lugar)
    ligacao = listas.ligacao(pedido, proximo, ha_mais=pagina.ha_mais)
    largura = quem.operadora.largura_protocolo
    if listas.quer_planilha(pedido, campos.formato):
        linhas = (_na_planilha(linha, largura) for linha in pagina.linhas)
        return planilhas.resposta("importacoes", _TITULOS, linhas, ligacao)
    mostradas = [_na_lista(linha, largura) for linha in pagina.linhas]
    pronta = Importacoes(importacoes=mostradas, proximo=proximo, ha_mais=pagina.ha_mais)
    return formas.resposta(pronta, ligacao)


def _na_lista(linha: Linha, largura: int) -> Importacao:
    detalhes = linha.detalhes or {}
    return Importacao(
        id=linha.id,
        recebida_em=linha.recebida_em,
        codigo_prestador=linha.prestador_codigo,
        servico=linha.servico,
        versao=linha.versao,
        tamanho=linha.tamanho,
        desfecho=linha.desfecho,
        situacao=None if linha.erro is None else _AJUSTE,
        numero_protocolo=_protocolo(linha, largura),
        repeticao_de=detalhes.get("repeticao_de"),
        qtd_criticas=linha.criticas,
        erro=linha.erro,
        texto=detalhes.get("texto"),
        erros=list(detalhes.get("erros", ())),
    )


_AJUSTE = Situacao(
    codigo=rotulos.AJUSTE.codigo,
    texto=rotulos.AJUSTE.texto,
    cor=Cor(nome=rotulos.AJUSTE.cor.nome, hexadecimal=rotulos.AJUSTE.cor.hexadecimal),
)
_TITULOS = (
    "Identificação", "Recebida em", "Código do prestador", "Serviço", "Versão", "Bytes", "Desfecho",
    "Protocolo", "Críticas", "Erro", "Texto",
)  # fmt: skip


def _na_planilha(linha: Linha, largura: int) -> tuple[planilhas.Celula, ...]:
    return (
        linha.id, linha.recebida_em, linha.prestador_codigo, linha.servico, linha.versao,
        linha.tamanho, linha.desfecho, _protocolo(linha, largura), linha.criticas, linha.erro,
        (linha.detalhes or {}).get("texto"),
    )  # fmt: skip


def _protocolo(linha: Linha, largura: int) -> str | None:
    return None if linha.protocolo is None else rotulos.numero(linha.protocolo, largura)
