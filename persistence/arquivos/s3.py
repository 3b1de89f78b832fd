"""Arquivos num armazém compatível com S3, com a mesma forma e as mesmas chaves da pasta.

Um objeto só aparece quando está inteiro: um envio interrompido nada deixa por desfazer. O cliente é
de um processo e das suas threads. Este módulo precisa do ``boto3``, que é um extra.
"""

from __future__ import annotations

import base64
import hashlib
import re
import tempfile
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from persistence.arquivos import forma
from persistence.arquivos.deposito import ArquivoAusente, DepositoSemResposta

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from botocore.response import StreamingBody

    from persistence.cifra import Cifra

_CHAVE = re.compile(r"\d+/[0-9a-f]{2}/[0-9a-f]{64}")
_NA_MEMORIA = 1_048_576
_POR_VEZ = 262_144
_LIGAR_SEGUNDOS = 5.0
_TRAVA = Lock()
"""Os clientes servem a muitas threads; fazê-los, não."""


class Balde(NamedTuple):
    """Onde e como se fala com o armazém.

    Attributes:
        nome: o *bucket*, que já tem de existir.
        prefixo: vai à frente de toda chave; separa instalações no mesmo balde.
        endereco: raiz do serviço; vazio é a AWS.
        regiao: vazia é a do ambiente.
        no_caminho: se o nome do balde vai no caminho, e não no nome da máquina.
        credencial: identificação e segredo; ausente, os do ambiente, como o ``boto3`` os acha.
        limite: segundos que se espera por cada resposta.
        tentativas: vezes que se faz um pedido, contada a primeira.
    """

    nome: str
    prefixo: str = ""
    endereco: str = ""
    regiao: str = ""
    no_caminho: bool = False
    credencial: tuple[str, str] | None = None
    limite: float = 10.0
    tentativas: int = 3

    def __repr__(self) -> str:
        """Sem a credencial."""
        return f"<Balde {self.nome}/{self.prefixo}>"


class _Inteiro:
    """Um corpo que só dá menos do que se pede no seu fim; uma queda no meio é falha, não fim."""

    def __init__(self, corpo: StreamingBody) -> None:
        self._corpo = corpo

    def read(self, tamanho: int) -> bytes:
        """Até tantos bytes.

        Raises:
            botocore.exceptions.BotoCoreError: a rede caiu antes do fim.
        """
        partes = []
        while tamanho and (pedaco := self._corpo.read(tamanho)):
            # só a leitura que nada traz confere que veio tudo o que o armazém anunciou
            partes.append(pedaco)
            tamanho -= len(pedaco)
        return b"".join(partes)


class S3:
    """Os arquivos sob um prefixo de um balde.

    Args:
        balde: onde.
    """

    def __init__(self, balde: Balde) -> None:
        self._balde = balde
        self._prefixo = f"{balde.prefixo.strip('/')}/" if balde.prefixo.strip("/") else ""
        self._feito: Any = None

    def guardar(self, chave: str, conteudo: bytes, cifra: Cifra | None) -> None:
        """Guarda um conteúdo inteiro ou nada; o que está no lugar dele é substituído.

        Escreve sempre: ler o que há para o comparar custa o mesmo, e escrito de novo o objeto é
        recente, e quem varre as sobras o poupa.

        Raises:
            DepositoSemResposta: o armazém não o guardou.
            persistence.cifra.ChavesInvalidas: o arquivo de chaves não serve.
        """
        self._por(chave, forma.cortado(conteudo), cifra)

    def abrir(self, chave: str, cifra: Cifra | None) -> Iterator[bytes]:
        """O conteúdo em partes de até 1 MiB, à medida que vem da rede.

        Raises:
            ArquivoAusente: não há tal objeto.
            ArquivoEstragado: o que há não é o que se guardou, ou está às claras onde se cifra.
            DepositoSemResposta: o armazém não respondeu, ou parou no meio.
            persistence.cifra.ChavesInvalidas: falta a chave que o cifrou.
        """
        claras = cifra is None or not cifra.ativa
        with _traduzido(chave):
            corpo = self._cliente().get_object(**self._objeto(chave))["Body"]
            with closing(corpo):
                yield from forma.partes(
                    cast("BinaryIO", _Inteiro(corpo)), chave, cifra, claras=claras
                )

    def existe(self, chave: str) -> bool:
        """Se há objeto com a chave.

        Raises:
            DepositoSemResposta: o armazém não respondeu.
        """
        return self._mudado_em(chave) is not None

    def recifrar(self, chave: str, cifra: Cifra) -> bool:
        """Passa um objeto para a chave em uso, salvo se já está nela; serve com o gateway no ar.

        Returns:
            Se mudou.

        Raises:
            ArquivoAusente: não há tal objeto.
            ArquivoEstragado: o que há não é o que se guardou; fica como está.
            DepositoSemResposta: o armazém não respondeu.
            persistence.cifra.ChavesInvalidas: falta a chave que o cifrou.
        """
        with _provisorio() as copia:
            with _traduzido(chave):
                corpo = self._cliente().get_object(**self._objeto(chave))["Body"]
                with closing(corpo):
                    for pedaco in corpo.iter_chunks(_POR_VEZ):
                        copia.write(pedaco)
            copia.seek(0)
            if forma.usa_so(copia, chave, cifra.em_uso()):
                return False
            copia.seek(0)
            self._por(chave, forma.partes(copia, chave, cifra, claras=True), cifra)
        return True

    def todas(self) -> Iterator[str]:
        """As chaves de tudo o que há sob o prefixo.

        Raises:
            DepositoSemResposta: o armazém não respondeu.
        """
        return (chave for chave, _ in self._listados())

    def chaves(self, *, paradas_ha: float) -> Iterator[str]:
        """As chaves dos objetos escritos há mais segundos que esses.

        Raises:
            DepositoSemResposta: o armazém não respondeu.
        """
        return (chave for chave, em in self._listados() if _parado(em, paradas_ha))

    def apagar(self, chave: str, *, parado_ha: float) -> bool:
        """Apaga um objeto, salvo se foi escrito há menos segundos que isso.

        Raises:
            DepositoSemResposta: o armazém não respondeu.
        """
        em = self._mudado_em(chave)
        if em is None or not _parado(em, parado_ha):
            return False
        with _traduzido(chave):
            self._cliente().delete_object(**self._objeto(chave))
        return True

    def _por(self, chave: str, claras: Iterator[bytes], cifra: Cifra | None) -> None:
        """Escreve a forma ao lado, fora da memória, e envia-a de uma vez."""
        with _provisorio() as saida:
            forma.escrever(saida, chave, claras, cifra)
            tamanho = saida.tell()
            resumo = _md5(saida)
            saida.seek(0)
            with _traduzido(chave):
                self._cliente().put_object(
                    **self._objeto(chave),
                    Body=saida,
                    ContentLength=tamanho,
                    ContentMD5=resumo,
                    ContentType="application/octet-stream",
                )

    def _listados(self) -> Iterator[tuple[str, datetime]]:
        # o que não tem a forma de uma chave é de outra instalação, de prefixo mais comprido
        with _traduzido(self._prefixo):
            paginas = self._cliente().get_paginator("list_objects_v2")
            for pagina in paginas.paginate(Bucket=self._balde.nome, Prefix=self._prefixo):
                for objeto in pagina.get("Contents", ()):
                    chave = objeto["Key"].removeprefix(self._prefixo)
                    if _CHAVE.fullmatch(chave):
                        yield chave, objeto["LastModified"]

    def _mudado_em(self, chave: str) -> datetime | None:
        try:
            with _traduzido(chave):
                lido = self._cliente().head_object(**self._objeto(chave))
        except ArquivoAusente:
            return None
        em: datetime = lido["LastModified"]
        return em

    def _objeto(self, chave: str) -> dict[str, str]:
        return {"Bucket": self._balde.nome, "Key": self._prefixo + chave}

    def _cliente(self) -> Any:
        with _TRAVA:
            if self._feito is None:
                self._feito = _cliente(self._balde)
            return self._feito


@cache
def _sessao() -> boto3.session.Session:
    # lê uma só vez as descrições do serviço, que são grandes
    return boto3.session.Session()


def _cliente(balde: Balde) -> Any:
    identificacao, segredo = balde.credencial or (None, None)
    return _sessao().client(
        "s3",
        endpoint_url=balde.endereco or None,
        region_name=balde.regiao or None,
        aws_access_key_id=identificacao,
        aws_secret_access_key=segredo,
        config=Config(
            connect_timeout=min(balde.limite, _LIGAR_SEGUNDOS),
            read_timeout=balde.limite,
            retries={"total_max_attempts": balde.tentativas, "mode": "standard"},
            s3={"addressing_style": "path" if balde.no_caminho else "auto"},
            # nem todo armazém conhece as somas novas da AWS; o resumo vai em Content-MD5
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@contextmanager
def _traduzido(chave: str) -> Iterator[None]:
    """Faz do que o ``botocore`` levanta o que o resto da casa entende, sem endereço nem segredo."""
    try:
        yield
    except ClientError as erro:
        codigo = str(erro.response.get("Error", {}).get("Code", ""))
        if codigo in ("NoSuchKey", "404"):
            raise ArquivoAusente(chave) from None
        raise DepositoSemResposta(f"o armazém S3 recusou ({codigo})") from None
    except BotoCoreError as erro:
        motivo = type(erro).__name__
        raise DepositoSemResposta(f"o armazém S3 não respondeu ({motivo})") from None


@contextmanager
def _provisorio() -> Iterator[BinaryIO]:
    # o que é pequeno não chega ao disco
    with tempfile.SpooledTemporaryFile(_NA_MEMORIA) as arquivo:
        yield arquivo  # type: ignore[misc]


def _md5(arquivo: BinaryIO) -> str:
    arquivo.seek(0)
    resumo = hashlib.md5(usedforsecurity=False)
    while pedaco := arquivo.read(_POR_VEZ):
        resumo.update(pedaco)
    return base64.b64encode(resumo.digest()).decode("ascii")


def _parado(em: datetime, segundos: float) -> bool:
    return em <= datetime.now(UTC) - timedelta(seconds=segundos)
