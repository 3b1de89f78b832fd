"""O catálogo das recusas e críticas, escrito das tabelas de erros e de regras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dominio.erros import ERROS, Nivel
from dominio.versoes import VERSOES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dominio.erros import Erro
    from handlers.regras import Regra

_COMECO = """\
# Recusas e críticas

O que o gateway responde quando algo não está certo, e o que o prestador muda para que esteja. Este
arquivo é escrito por `tiss-gateway regras doc`; não o mude à mão.

O código é o da tabela 38 (`dm_tipoGlosa`). Onde ele mudou, cada código vem com a versão do padrão
a partir da qual vale. Os textos podem trazer um complemento que diz onde: guia, campo, item.
"""

_SEMPRE_FALHA = """
## Falhas de transporte e de forma

Respondem sempre falha SOAP com a palavra de `tissFaultWS`: não há cabeçalho em que confiar.
"""

_DE_MENSAGEM = """
## Recusas da mensagem

Respondem falha SOAP ou, se a operadora ou o prestador o preferem, `mensagemErro`. O que não tem
palavra em `tissFault` responde sempre `mensagemErro`.
"""

_DE_PEDIDO = """
## Recusas do pedido

A mensagem foi entendida e o pedido não é aceito: respondem sempre `mensagemErro`, e nada fica
gravado além da mensagem no arquivo.
"""

_DE_REGRA = """
## Regras do lote de guias

O nível é o padrão; a operadora o muda com `tiss-gateway regras set`, para todos ou para um
prestador, salvo onde é fixo.

| Nível | O que faz |
|---|---|
| `recusa` | o lote inteiro não é aceito: `mensagemErro` |
| `glosa` | o lote é aceito; o motivo aparece no recibo, e a análise dirá o valor |
| `critica` | o lote é aceito; o motivo aparece no recibo e na situação, sem valor |
| `nota` | o lote é aceito; só a operadora vê o motivo |
| `desligada` | a regra não é conferida |
"""


_DE_RECURSO = """
## Regras do recurso de glosa

Conferem-se como as do lote, e a operadora as muda do mesmo modo. Uma crítica aparece na observação
do recibo; uma nota, só à operadora. `recurso-canal`, `recurso-nao-faturado`,
`recurso-antes-do-pagamento` e `recurso-nivel` vêm desligadas: ligá-las com o nível `recusa` é só
receber recursos pelo portal, só depois da liberação, só depois do pagamento, ou só no nível da
glosa.
"""


def catalogo(do_lote: Sequence[Regra[Any]], do_recurso: Sequence[Regra[Any]]) -> str:
    """O documento inteiro.

    Args:
        do_lote: as do gateway, na ordem em que se conferem.
        do_recurso: idem, as dos recursos de glosa.
    """
    de_regra = {regra.chave for regra in (*do_lote, *do_recurso)}
    outros = [erro for erro in ERROS.values() if erro.chave not in de_regra]
    de_mensagem = [e for e in outros if e.nivel is Nivel.MENSAGEM]
    partes = [
        _COMECO,
        _SEMPRE_FALHA,
        _com_palavra(e for e in de_mensagem if e.sempre_fault),
        _DE_MENSAGEM,
        _com_palavra(e for e in de_mensagem if not e.sempre_fault),
        _DE_PEDIDO,
        _tabela(
            ["Chave", "Código", "Causa", "O que corrigir"],
            [
                [f"`{e.chave}`", _codigos(e), e.texto, e.corrigir]
                for e in outros
                if e.nivel is not Nivel.MENSAGEM
            ],
        ),
        _DE_REGRA,
        _tabela(
            ["Regra", "Nível", "Tolerância", "Código", "Causa", "O que corrigir"],
            [_linha_de_regra(regra) for regra in do_lote],
        ),
        _DE_RECURSO,
        _tabela(
            ["Regra", "Nível", "Tolerância", "Código", "Causa", "O que corrigir"],
            [_linha_de_regra(regra) for regra in do_recurso],
        ),
    ]
    return "\n".join(parte.strip("\n") + "\n" for parte in partes)


def _com_palavra(erros: Iterable[Erro]) -> str:
    linhas = [
        [
            f"`{e.chave}`",
            f"`{e.fault}`" if e.fault else "-",
            str(e.http) if e.fault else "200",
            _codigos(e),
            e.texto,
            e.corrigir,
        ]
        for e in erros
    ]
    return _tabela(["Chave", "`tissFault`", "HTTP", "Código", "Causa", "O que corrigir"], linhas)


def _linha_de_regra(regra: Regra[Any]) -> list[str]:
    tolerancia = "-"
    if regra.tolerancia is not None:
        unidade, padrao = regra.tolerancia
        tolerancia = f"{'sem padrão' if padrao is None else padrao}, em {unidade}"
    return [
        f"`{regra.chave}`",
        f"`{regra.erro.nivel}`{', fixo' if regra.fixa else ''}",
        tolerancia,
        _codigos(regra.erro),
        regra.erro.texto,
        regra.erro.corrigir,
    ]


def _codigos(erro: Erro) -> str:
    primeiro, *mudancas = erro.glosas
    if not mudancas:
        return primeiro[1]
    assert primeiro[0] == VERSOES[0]  # noqa: S101 - um teste o confere em toda a tabela
    return ", ".join([primeiro[1], *(f"{codigo} desde {versao}" for versao, codigo in mudancas)])


def _tabela(titulos: Sequence[str], linhas: Iterable[Sequence[str]]) -> str:
    todas = [titulos, ["---"] * len(titulos), *linhas]
    return "\n".join(f"| {' | '.join(linha)} |" for linha in todas)
