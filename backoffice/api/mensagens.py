"""``POST /api/v1/mensagens``: mensagens em arquivo, pelo mesmo caminho das que vêm por SOAP.

Quem envia se identifica como em SOAP, por ``loginSenhaPrestador`` dentro de cada mensagem.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from starlette.responses import Response

from backoffice.api import envio, zips
from backoffice.api.problemas import Problema
from dominio import erros, meses
from dominio.competencia import agora
from handlers.andamento import Pedido
from mensagem.arquivo import protocolo
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backoffice.api.envio import Arquivo, LimitesDoEnvio
    from handlers.andamento import Resultado
    from persistence.prestadores import Prestador

_ZIP = "application/zip"
RECUSAS_DE_LOGIN = 20
"""Mensagens de um pedido com login errado, depois das quais as demais não se examinam."""

_RECUSAS_DEMAIS = (
    f"Houve {RECUSAS_DE_LOGIN} recusas de login neste envio, e as mensagens seguintes não foram "
    "examinadas; corrija o login e a senha e envie-as de novo."
)


class QuemRecebe(Protocol):
    """A recepção, como a API a vê."""

    def receber(self, pedido: Pedido) -> Resultado:
        """Confere, executa, responde e arquiva; nunca levanta exceção."""

    def recusar(self, pedido: Pedido, recusa: Recusa) -> Resultado:
        """Recusa e arquiva o que não se deixou entrar."""


class Atendida(NamedTuple):
    """Um arquivo e o que se respondeu a ele."""

    id: str
    arquivo: Arquivo
    resultado: Resultado


def atender(
    quem: QuemRecebe,
    limites: LimitesDoEnvio,
    *,
    tipo: str,
    aceita: str,
    corpo: bytes,
    endereco: str,
    certificado: str | None = None,
) -> Response:
    """Processa um pedido inteiro, um arquivo depois do outro.

    Args:
        quem: a recepção.
        limites: o que se aceita.
        tipo: Content-Type do pedido.
        aceita: Accept do pedido.
        corpo: o corpo inteiro.
        endereco: de onde veio.
        certificado: SHA-256 hexadecimal do certificado da conexão, se há.

    Raises:
        Problema: o pedido não se entende, ou 429, quem envia já tinha passado do seu limite; nada
            dele foi processado.
    """
    arquivos = envio.arquivos(tipo, corpo, limites)
    atendidas = receber(quem, limites, arquivos, endereco=endereco, certificado=certificado)
    cabecalhos = {"Cache-Control": "no-store", **tente_em(atendidas)}
    if tudo_alem_do_limite(atendidas):
        raise Problema(429, atendidas[0].resultado.texto or "", cabecalhos=cabecalhos)
    if _ZIP in aceita.lower():
        cabecalhos["Content-Disposition"] = 'attachment; filename="respostas.zip"'
        return Response(_em_zip(atendidas), media_type=_ZIP, headers=cabecalhos)
    return Response(
        _json([_dados(a) for a in atendidas]), media_type="application/json", headers=cabecalhos
    )


def tudo_alem_do_limite(atendidas: Sequence[Atendida]) -> bool:
    """Se de um envio nada se recebeu, por quem o fez ter passado do seu limite."""
    return all(a.resultado.tente_em is not None for a in atendidas)


def tente_em(atendidas: Iterable[Atendida]) -> dict[str, str]:
    """O cabeçalho que diz quando enviar os arquivos que passaram do limite, se os há."""
    esperas = [a.resultado.tente_em for a in atendidas if a.resultado.tente_em is not None]
    return {"Retry-After": str(max(esperas))} if esperas else {}


def receber(
    quem: QuemRecebe,
    limites: LimitesDoEnvio,
    arquivos: Iterable[Arquivo],
    *,
    endereco: str,
    certificado: str | None = None,
    quem_entrou: Prestador | None = None,
) -> list[Atendida]:
    """Passa arquivos pela recepção, um depois do outro.

    Ao primeiro que passa do limite de quem envia, os seguintes já não se examinam: ouvem o mesmo.

    Args:
        quem: a recepção.
        limites: o que se aceita.
        arquivos: já fora dos zips.
        endereco: de onde vieram.
        certificado: SHA-256 hexadecimal do certificado da conexão, se há.
        quem_entrou: por quem fala quem os enviou pelo console, que assim não precisa de senha
            dentro de cada um.
    """
    atendidas: list[Atendida] = []
    recusas_de_login = 0
    no_limite: Resultado | None = None
    for arquivo in arquivos:
        pedido = _pedido(arquivo, endereco, certificado, quem_entrou)
        if no_limite is not None:
            resultado = no_limite
        elif recusas_de_login >= RECUSAS_DE_LOGIN:
            resultado = quem.recusar(pedido, Recusa(erros.LOGIN, _RECUSAS_DEMAIS))
        elif len(arquivo.dados) > limites.arquivo:
            resultado = quem.recusar(pedido, Recusa(erros.GRANDE_DEMAIS))
        else:
            resultado = quem.receber(pedido)
            recusas_de_login += resultado.erro == erros.LOGIN.chave
            no_limite = resultado if resultado.tente_em is not None else None
        atendidas.append(Atendida(pedido.id, arquivo, resultado))
    return atendidas


def _pedido(
    arquivo: Arquivo, endereco: str, certificado: str | None, quem_entrou: Prestador | None
) -> Pedido:
    return Pedido(
        arquivo.dados,
        None,
        None,
        "upload",
        meses.identificar(agora()),
        arquivo.charset,
        endereco,
        certificado=certificado,
        quem_entrou=quem_entrou,
    )


def _dados(atendida: Atendida, *, com_resposta: bool = True) -> dict[str, Any]:
    resultado = atendida.resultado
    dados: dict[str, Any] = {
        "nome": atendida.arquivo.nome,
        "id": atendida.id,
        "resultado": "respondida" if resultado.desfecho == "respondida" else "recusada",
        "servico": resultado.servico,
        "versao": resultado.versao,
        "protocolo": protocolo(resultado.corpo) if resultado.corpo else None,
        "repetida": resultado.repetida,
        "erro": resultado.erro,
        "tissFault": resultado.palavra,
        "texto": resultado.texto,
        "erros": list(resultado.detalhes),
    }
    if com_resposta:
        corpo = resultado.corpo
        dados["resposta"] = base64.b64encode(corpo).decode("ascii") if corpo else None
    return dados


def _em_zip(atendidas: list[Atendida]) -> bytes:
    """As respostas, cada uma com um nome nosso, e o resultado de todas em JSON."""
    dados, respostas = [], []
    for posicao, atendida in enumerate(atendidas, 1):
        nome = None
        if atendida.resultado.corpo:
            nome = zips.nome_seguro(posicao, atendida.arquivo.nome)
            respostas.append((nome, atendida.resultado.corpo))
        dados.append({**_dados(atendida, com_resposta=False), "resposta": nome})
    return zips.fechar([*respostas, ("resultado.json", _json(dados))])


def _json(mensagens: list[dict[str, Any]]) -> bytes:
    return json.dumps({"mensagens": mensagens}, ensure_ascii=False).encode()
