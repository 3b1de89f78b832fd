"""Acha num pacote os conjuntos de esquemas da troca de mensagens, um por versão."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from dominio.versoes import ordem, sufixo
from tiss_xsd.conhecidos import ASSINATURA
from tiss_xsd.pacote import PacoteRecusado

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tiss_xsd.pacote import Membro

PARTES = ("tiss", "tissGuias", "tissComplexTypes", "tissSimpleTypes", "tissWebServices")
"""Como começam os nomes dos arquivos que cada versão tem; depois vem o sufixo da versão."""
COMUNS = ("tissAssinaturaDigital_v1.01.xsd", ASSINATURA)
"""Os arquivos que têm o mesmo nome em todas as versões."""

_DA_VERSAO = re.compile(
    rf"(?:{'|'.join(PARTES)})V(?P<a>[0-9]{{1,2}})_(?P<b>[0-9]{{2}})_(?P<c>[0-9]{{2}})\.xsd"
)


class Conjunto(NamedTuple):
    """Os esquemas de uma versão, como vieram.

    Attributes:
        versao: dita pelos nomes dos arquivos.
        lugar: zip e pasta em que estão.
        arquivos: conteúdo por nome.
        wsdl: nomes dos arquivos WSDL do mesmo lugar.
    """

    versao: str
    lugar: str
    arquivos: Mapping[str, bytes]
    wsdl: tuple[str, ...]


class Alheios(NamedTuple):
    """Esquemas do pacote que não são da troca de mensagens, como os do Monitoramento."""

    lugar: str
    nomes: tuple[str, ...]


def separar(membros: Iterable[Membro]) -> tuple[tuple[Conjunto, ...], tuple[Alheios, ...]]:
    """Conjuntos de um pacote, por ordem de versão, e o que não serve a este gateway.

    Raises:
        PacoteRecusado: se não há conjunto nenhum, se falta um arquivo a algum, ou se o pacote traz
            dois conteúdos diferentes para o mesmo arquivo.
    """
    por_lugar: dict[str, dict[str, bytes]] = defaultdict(dict)
    wsdl: dict[str, list[str]] = defaultdict(list)
    for membro in membros:
        if membro.conteudo is not None:
            _guardar(por_lugar[membro.lugar], membro.nome, membro.conteudo, membro.lugar)
        elif membro.nome.endswith(".wsdl"):
            wsdl[membro.lugar].append(membro.nome)
    achados: dict[str, Conjunto] = {}
    alheios = []
    for lugar, esquemas in por_lugar.items():
        for conjunto in _do_lugar(lugar, esquemas, tuple(sorted(wsdl[lugar]))):
            outro = achados.setdefault(conjunto.versao, conjunto)
            if outro.arquivos != conjunto.arquivos:
                raise PacoteRecusado(
                    f"o pacote traz dois conteúdos da versão {conjunto.versao}: "
                    f"em {outro.lugar or 'sua raiz'} e em {conjunto.lugar or 'sua raiz'}"
                )
        if outros := tuple(sorted(n for n in esquemas if _versao(n) is None and n not in COMUNS)):
            alheios.append(Alheios(lugar, outros))
    if not achados:
        raise PacoteRecusado(_sem_conjunto(alheios))
    return tuple(sorted(achados.values(), key=lambda c: ordem(c.versao))), tuple(alheios)


def _guardar(esquemas: dict[str, bytes], nome: str, conteudo: bytes, lugar: str) -> None:
    if esquemas.setdefault(nome, conteudo) != conteudo:
        raise PacoteRecusado(f"há dois conteúdos de {nome} em {lugar or 'a raiz do pacote'}")


def _versao(nome: str) -> str | None:
    achado = _DA_VERSAO.fullmatch(nome)
    return f"{achado['a']}.{achado['b']}.{achado['c']}" if achado else None


def _do_lugar(lugar: str, esquemas: Mapping[str, bytes], wsdl: tuple[str, ...]) -> list[Conjunto]:
    conjuntos = []
    for versao in dict.fromkeys(v for nome in esquemas if (v := _versao(nome))):
        nomes = [*(f"{parte}{sufixo(versao)}.xsd" for parte in PARTES), *COMUNS]
        if falta := [nome for nome in nomes if nome not in esquemas]:
            raise PacoteRecusado(
                f"falta {falta[0]} ao conjunto {versao} em {lugar or 'a raiz do pacote'}"
            )
        da_versao = tuple(w for w in wsdl if w.endswith(f"{sufixo(versao)}.wsdl"))
        conjuntos.append(Conjunto(versao, lugar, {n: esquemas[n] for n in nomes}, da_versao))
    return conjuntos


def _sem_conjunto(alheios: list[Alheios]) -> str:
    texto = "o pacote não tem esquemas da troca de mensagens"
    if alheios:
        texto += f"; tem outros, que não são deste gateway: {', '.join(alheios[0].nomes[:3])}"
    return texto
