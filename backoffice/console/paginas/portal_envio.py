"""O envio de mensagens em arquivo, pelo prestador, e o que se disse de cada uma.

Passa pela mesma recepção que ``POST /api/v1/mensagens``; quem envia já se provou ao entrar, e por
isso os arquivos não precisam de trazer login e senha.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from backoffice import rotulos
from backoffice.api import cursores, mensagens
from backoffice.api.envio import MIB, desdobrar
from backoffice.api.problemas import Problema
from backoffice.console.area import Area
from backoffice.console.filtros import Leitor
from backoffice.console.papeis import PRESTADOR
from mensagem import arquivo
from persistence.consultas import importacoes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import Response

    from backoffice.api.mensagens import Atendida
    from backoffice.console.visita import Visita

area = Area("portal_envio")
area.no_menu("Enviar XML", "/portal/envio", ordem=10, atalho="e")

_MOSTRADAS = 50
_DESFECHOS = ("respondida", "recusada", "falha")


class Enviado(NamedTuple):
    """O que se diz de um arquivo.

    Attributes:
        nome: do arquivo, como veio.
        servico: o nome do serviço, se a mensagem se entendeu.
        protocolo: o número que recebeu; ausente se nenhum.
        texto: por que não entrou.
        erros: cada erro, por guia e campo.
        repetida: se era a mesma mensagem de antes, que não se executa outra vez.
    """

    nome: str
    servico: str | None
    protocolo: int | None
    texto: str | None
    erros: Sequence[Mapping[str, Any]]
    repetida: bool


@area.pagina("/portal/envio", para=PRESTADOR)
def inicio(v: Visita) -> Response:
    """O formulário, e os arquivos que já vieram com o que se disse deles."""
    return _pagina(v)


@area.formulario("/portal/envio", para=PRESTADOR, arquivos=True)
def enviar(v: Visita) -> Response:
    """Recebe os arquivos, um depois do outro, e mostra o que se disse de cada um."""
    limites = v.casa.limites
    recebidos = v.formulario.arquivos("arquivos")
    if not recebidos:
        return _pagina(v, erros={"arquivos": "escolha pelo menos um arquivo XML ou zip"})
    try:
        arquivos = desdobrar(recebidos, limites)
    except Problema as problema:
        return _pagina(v, erros={"arquivos": problema.detalhe})
    # antes: depois de recebidos, uma falha a auditar faria parecer que não o foram
    v.auditar("enviar", "mensagens", v.prestador.codigo, quantidade=len(arquivos))
    atendidas = mensagens.receber(
        v.casa.recepcao, limites, arquivos, endereco=v.endereco, quem_entrou=v.prestador
    )
    if mensagens.tudo_alem_do_limite(atendidas):
        resposta = _pagina(v, erros={"arquivos": atendidas[0].resultado.texto or ""}, status=429)
    else:
        resposta = v.mostrar(
            "portal_envio/resultado.html",
            enviados=[_enviado(a) for a in atendidas],
            fora=sum(a.resultado.tente_em is not None for a in atendidas),
        )
    resposta.headers.update(mensagens.tente_em(atendidas))
    return resposta


@area.pagina("/portal/envio/{mensagem}", para=PRESTADOR)
def uma(v: Visita) -> Response:
    """Um arquivo enviado e cada erro dele."""
    with v.leitura() as conn:
        linha = importacoes.uma(conn, v.operadora.id, v.prestador.id, v.parametro("mensagem"))
    if linha is None:
        return v.ir("/portal/envio", "Não há esse arquivo entre os que enviou.", tipo="erro")
    return v.mostrar("portal_envio/um.html", um=linha, detalhes=linha.detalhes or {})


def _pagina(v: Visita, erros: Mapping[str, str] | None = None, *, status: int = 422) -> Response:
    leitor = Leitor(v.consulta)
    desfecho = leitor.um_de("desfecho", *_DESFECHOS)
    depois = v.consulta.texto("depois")
    lugar = cursores.importacao(depois) if depois else importacoes.COMECO
    with v.leitura() as conn:
        pagina = importacoes.listar(
            conn, v.operadora.id, desfecho=desfecho, prestador_id=v.prestador.id,
            depois_de=lugar, limite=_MOSTRADAS,
        )  # fmt: skip
    return v.mostrar(
        "portal_envio/envio.html",
        status=status if erros else 200,
        erros=erros or {},
        pagina=pagina,
        proximo=cursores.de_importacao(pagina.lugar) if pagina.ha_mais else None,
        desfecho=desfecho,
        ajuste=rotulos.AJUSTE,
        arquivo_mib=v.casa.limites.arquivo // MIB,
        total_mib=v.casa.limites.total // MIB,
    )


def _enviado(atendida: Atendida) -> Enviado:
    resultado = atendida.resultado
    numero = arquivo.protocolo(resultado.corpo) if resultado.corpo else None
    return Enviado(
        atendida.arquivo.nome,
        resultado.servico,
        int(numero) if numero is not None and numero.isdigit() else None,
        resultado.texto,
        resultado.detalhes,
        resultado.repetida,
    )
