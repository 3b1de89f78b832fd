"""``archive export``: uma mensagem com a prova de que é a que o gateway guardou."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gateway.arquivo import cabeca as cabecas
from persistence import mensagens, merkle, selos
from persistence.resumo import canonico

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from persistence.mensagens import MensagemGuardada
    from persistence.selos import Selo

_TEXTO = """\
Mensagem {id} do arquivo de um gateway TISS, recebida em {em} (UTC).

O que há aqui
  linha.json     o que o gateway guardou sobre a mensagem; o SHA-256 deste arquivo é a sua folha
  {pedido}
  {resposta}
  prova.json     o caminho da folha à raiz do selo {selo}, e os selos até a cabeça
  cabeca.json    a cabeça em que a prova termina, do selo {ultimo}
  verificar.py   confere tudo isto, com Python 3.8 ou mais e nada mais

Como conferir
  python3 verificar.py --cabeca CABEÇA

CABEÇA é a que se publicou ou guardou fora do gateway (arquivo, registro ou endereço que a recebe).
Esta exportação termina em:
  {cabeca}

Se ela confere, nem a mensagem, nem a resposta, nem o que o gateway anotou sobre elas mudaram desde
que essa cabeça foi feita. Sem --cabeca só se prova que as partes se pertencem.
"""

_ASSINADA = """
A cabeça está assinada. Para conferir a assinatura com o OpenSSL:
  openssl x509 -in certificado.pem -pubkey -noout > chave.pem
  openssl dgst -sha256 -verify chave.pem -signature cabeca.sig cabeca.txt
Quem assinou, e se o certificado valia, diz o próprio certificado.pem.
"""


class NaoExportavel(Exception):
    """A mensagem não existe, ou a prova ainda não pode ser feita; o texto diz qual."""


def exportar(
    conn: Connection, mensagem_id: str, *, cabeca: str | None = None, com_senha: bool = False
) -> bytes:
    """O zip de uma mensagem.

    Args:
        conn: uma leitura, de um banco aberto com a cifra do arquivo.
        mensagem_id: identificação no arquivo.
        cabeca: onde a prova termina; sem ela, na última.
        com_senha: exporta o pedido exatamente como veio. Sem isso a senha do prestador fica
            escondida, e os bytes de um pedido que a tem não se provam.

    Raises:
        NaoExportavel: não há tal mensagem, não está selada, ou a cabeça não é de um selo dela em
            diante.
        ChavesInvalidas: falta a chave que a cifrou.
        NaoDecifrado: os bytes guardados foram alterados.
    """
    guardada = mensagens.ler(conn, None, mensagem_id)
    linha = selos.linha_de(conn, mensagem_id)
    achada = selos.folha_de(conn, mensagem_id)
    if guardada is None or linha is None:
        raise NaoExportavel("não há mensagem com essa identificação")
    if achada is None or achada[1] is None:
        raise NaoExportavel("a mensagem ainda não está selada; espere pelo próximo selo")
    sequencia: int = achada[1]
    cadeia = _cadeia(conn, sequencia, cabeca)
    folhas = selos.folhas(conn, sequencia)
    resumos = [folha.resumo or "" for folha in folhas]
    posicao = [folha.mensagem_id for folha in folhas].index(mensagem_id)
    prova = {
        "mensagem": mensagem_id,
        "resumo": resumos[posicao],
        "caminho": [passo._asdict() for passo in merkle.caminho(resumos, posicao)],
        "cadeia": [_do_selo(selo) for selo in cadeia],
    }
    bruta = mensagens.bruta(conn, None, mensagem_id)
    pedido = _pedido(guardada, bruta, com_senha)
    partes: dict[str, bytes] = {
        **pedido,
        "linha.json": canonico(linha),
        "prova.json": json.dumps(prova, indent=1).encode("ascii"),
        "cabeca.json": json.dumps(cabecas.dados(cadeia[-1]), indent=1).encode("ascii"),
        "verificar.py": files("gateway.arquivo").joinpath("verificar.py").read_bytes(),
    }
    if guardada.resposta is not None:
        partes["resposta.xml"] = guardada.resposta
    partes |= _assinatura(cadeia[-1])
    partes["LEIAME.txt"] = _leiame(guardada, cadeia, partes).encode()
    return _zip(partes)


def _cadeia(conn: Connection, sequencia: int, cabeca: str | None) -> tuple[Selo, ...]:
    cadeia = selos.todos(conn, desde=sequencia)
    if cabeca is None:
        return cadeia
    for quantos, selo in enumerate(cadeia, 1):
        if selo.cabeca == cabeca:
            return cadeia[:quantos]
    raise NaoExportavel("essa cabeça não é de um selo que venha depois da mensagem")


def _do_selo(selo: Selo) -> dict[str, Any]:
    campos = selo.campos() | {"em": selo.em.astimezone(UTC).isoformat(timespec="microseconds")}
    return {**campos, "cabeca": selo.cabeca}


def _pedido(guardada: MensagemGuardada, bruta: bytes | None, com_senha: bool) -> dict[str, bytes]:
    if bruta is None or guardada.pedido is None:
        return {}
    if com_senha or guardada.pedido == bruta:
        return {"pedido.xml": bruta}
    return {"pedido-sem-senha.xml": guardada.pedido}


def _assinatura(selo: Selo) -> dict[str, bytes]:
    dados = cabecas.dados(selo)
    if "assinatura" not in dados:
        return {}
    return {
        "cabeca.txt": selo.cabeca.encode("ascii"),
        "cabeca.sig": bytes.fromhex(dados["assinatura"]),
        "certificado.pem": dados["certificado"].encode("ascii"),
    }


def _leiame(guardada: MensagemGuardada, cadeia: tuple[Selo, ...], partes: dict[str, bytes]) -> str:
    sem_bytes = "sem bytes: expurgados, ou nunca guardados"
    if "pedido.xml" in partes:
        pedido = "pedido.xml     o pedido, exatamente como chegou"
        pedido += "" if guardada.integral else " (só o começo, que é o que se guarda dele)"
    elif "pedido-sem-senha.xml" in partes:
        pedido = "pedido-sem-senha.xml   o pedido com a senha do prestador escondida; não se prova"
    else:
        pedido = f"pedido         {sem_bytes}"
    resposta = "resposta.xml   a resposta, exatamente como saiu"
    texto = _TEXTO.format(
        id=guardada.id,
        em=guardada.recebida_em.astimezone(UTC).isoformat(sep=" ", timespec="seconds"),
        pedido=pedido,
        resposta=resposta if "resposta.xml" in partes else f"resposta       {sem_bytes}",
        selo=cadeia[0].sequencia,
        ultimo=cadeia[-1].sequencia,
        cabeca=cadeia[-1].cabeca,
    )
    return texto + (_ASSINADA if "cabeca.sig" in partes else "")


def _zip(partes: dict[str, bytes]) -> bytes:
    saida = io.BytesIO()
    with zipfile.ZipFile(saida, "w", zipfile.ZIP_DEFLATED) as arquivo:
        for nome in sorted(partes):
            arquivo.writestr(nome, partes[nome])
    return saida.getvalue()
