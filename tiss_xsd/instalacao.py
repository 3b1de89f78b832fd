"""Instala um pacote de esquemas da ANS na pasta de dados: tudo o que ele traz, ou nada."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from tiss_xsd import conhecidos, pasta
from tiss_xsd.compilado import compilar
from tiss_xsd.conjuntos import separar
from tiss_xsd.exame import examinar
from tiss_xsd.formas import diferencas
from tiss_xsd.pacote import PacoteRecusado, abrir

if TYPE_CHECKING:
    from pathlib import Path

    from tiss_xsd.conjuntos import Alheios, Conjunto

INSTALADO = "instalado"
TROCADO = "trocado"
JA_INSTALADO = "já instalado"

_DITAS = 3
# diferenças de forma que cabem na frase da recusa


class Resumo(NamedTuple):
    """Um pacote, zip de dentro ou arquivo, pelo seu resumo.

    Attributes:
        nome: com as pastas e zips em que está.
        sha256: em hexadecimal; ``None`` de um pacote que é pasta.
        conhecido: nome por que o projeto conhece o conteúdo; ``None`` se desconhecido.
    """

    nome: str
    sha256: str | None
    conhecido: str | None


class Instalacao(NamedTuple):
    """O que se fez de uma versão.

    Attributes:
        versao: na forma do elemento ``Padrao``.
        lugar: zip e pasta do pacote em que estava.
        feito: :data:`INSTALADO`, :data:`TROCADO` ou :data:`JA_INSTALADO`.
        sha256: resumo do conjunto, sobre os nomes e resumos dos arquivos.
        arquivos: os do conjunto, como vieram no pacote.
        wsdl: nomes dos WSDL que vieram junto; os servidos são os do gateway.
    """

    versao: str
    lugar: str
    feito: str
    sha256: str
    arquivos: tuple[Resumo, ...]
    wsdl: tuple[str, ...]

    @property
    def conhecido(self) -> bool:
        """Se todos os arquivos são, byte por byte, os da ANS."""
        return all(a.conhecido is not None for a in self.arquivos)


class Relatorio(NamedTuple):
    """O que havia num pacote e o que se fez dele.

    Attributes:
        pacote: o arquivo ou a pasta.
        internos: os zips de dentro.
        versoes: o que se instalou, da mais antiga para a mais nova.
        alheios: esquemas que não são da troca de mensagens.
    """

    pacote: Resumo
    internos: tuple[Resumo, ...]
    versoes: tuple[Instalacao, ...]
    alheios: tuple[Alheios, ...]


def instalar(caminho: Path, destino: Path, *, trocar: bool = False) -> Relatorio:
    """Confere um pacote inteiro e instala as versões que ele traz.

    Uma versão já instalada com o mesmo conteúdo fica como está.

    Args:
        caminho: arquivo zip ou pasta.
        destino: pasta de dados dos esquemas; é criada se falta.
        trocar: permite pôr outro conteúdo no lugar do que já está instalado.

    Raises:
        PacoteIlegivel: se o caminho não pode ser lido.
        PacoteRecusado: com o motivo; nada foi instalado.
        PastaInvalida: se o que já está na pasta não pode ser lido.
        OSError: se não foi possível gravar.
    """
    pacote = abrir(caminho)
    conjuntos, alheios = separar(pacote.membros)
    novos = {conjunto.versao: _conferido(conjunto) for conjunto in conjuntos}
    with pasta.trancada(destino):
        ja = pasta.ler(destino)
        feitos = {c.versao: _a_fazer(c, ja.get(c.versao), trocar=trocar) for c in conjuntos}
        for conjunto in conjuntos:
            if feitos[conjunto.versao] != JA_INSTALADO:
                pasta.gravar(
                    destino,
                    conjunto.versao,
                    pacote=pacote.nome,
                    sha256_do_pacote=pacote.sha256,
                    originais=conjunto.arquivos,
                    novos=novos[conjunto.versao],
                )
    return Relatorio(
        Resumo(pacote.nome, pacote.sha256, _conhecido(pacote.sha256)),
        tuple(Resumo(i.lugar, i.sha256, _conhecido(i.sha256)) for i in pacote.internos),
        tuple(_instalacao(c, feitos[c.versao]) for c in conjuntos),
        alheios,
    )


def _conhecido(sha256: str | None) -> str | None:
    return None if sha256 is None else conhecidos.pacote(sha256)


def _conferido(conjunto: Conjunto) -> dict[str, bytes]:
    """O que se grava de um conjunto, depois de examinado, compilado e comparado.

    Raises:
        PacoteRecusado: se o conjunto não serve.
    """
    versao = conjunto.versao
    examinados = examinar(conjunto.arquivos)
    novos = {nome: conteudo for nome, (conteudo, _) in examinados.items()}
    try:
        compilar(versao, novos.__getitem__)
    except etree.XMLSchemaParseError as erro:
        motivo = str(erro.error_log[0].message) if len(erro.error_log) else str(erro)
        raise PacoteRecusado(f"os esquemas {versao} não compilam: {motivo}") from erro
    if achadas := diferencas(versao, (raiz for _, raiz in examinados.values())):
        ditas = "; ".join(achadas[:_DITAS])
        mais = len(achadas) - _DITAS
        resto = f"; e mais {mais}" if mais > 0 else ""
        raise PacoteRecusado(
            f"a versão {versao} não tem as formas que o gateway conhece: {ditas}{resto}"
        )
    return novos


def _a_fazer(conjunto: Conjunto, instalado: pasta.Instalado | None, *, trocar: bool) -> str:
    if instalado is None:
        return INSTALADO
    if instalado.resumo == pasta.resumo_do_conjunto(conjunto.arquivos):
        # gravar de novo conserta o que alguém estragou na pasta
        return INSTALADO if pasta.alterados(instalado) else JA_INSTALADO
    if not trocar:
        raise PacoteRecusado(
            f"a versão {conjunto.versao} já está instalada com outro conteúdo, do pacote "
            f"{instalado.pacote}; use --replace para a trocar"
        )
    return TROCADO


def _instalacao(conjunto: Conjunto, feito: str) -> Instalacao:
    arquivos = []
    for nome, conteudo in sorted(conjunto.arquivos.items()):
        resumo = pasta.sha256(conteudo)
        conhecido = conhecidos.arquivo(conjunto.versao, nome, resumo)
        arquivos.append(Resumo(nome, resumo, conjunto.versao if conhecido else None))
    return Instalacao(
        conjunto.versao,
        conjunto.lugar,
        feito,
        pasta.resumo_do_conjunto(conjunto.arquivos),
        tuple(arquivos),
        conjunto.wsdl,
    )
