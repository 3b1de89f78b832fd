"""Em que autoridades a operadora confia, as listas do que elas revogaram, e o que se exige."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backoffice.console.paginas.cadastro import area
from backoffice.console.papeis import ADMIN
from backoffice.console.prazos import prazo
from handlers.confianca import autoridades, listas
from handlers.confianca.autoridades import ConfiancaRecusada
from handlers.confianca.mudanca import mudar_da_operadora
from mensagem.certificados import CertificadoIlegivel, ListaInvalida, abrir_maco
from persistence import confianca, revogados
from persistence.revogados import EdicaoAtropelada
from persistence.tabelas.politica_de_assinatura import AUSENTES, POLITICAS, TITULARES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita

_CONFIANCA = "/cadastro/confianca"
_ASSINATURAS = "/cadastro/assinaturas"
MODOS = {
    "off": "Não se conferem",
    "record": "Conferem-se as que vêm: a quebrada recusa-se, do resto anota-se o veredito",
    "required": "Exigem-se: sem assinatura inteira e de confiança a mensagem recusa-se",
}
"""Como se lê cada política de assinatura."""
DE_QUEM = {
    "mesmo-cnpj": "Do mesmo CNPJ ou CPF do prestador",
    "mesma-raiz": "De qualquer estabelecimento da mesma empresa",
}
"""Como se lê de quem pode ser o certificado."""
SEM_ELA = {
    "aceitar": "Aceita-se",
    "recusar": "Recusa-se",
}
"""Como se lê o que se faz da mensagem sem assinatura de quem costuma assinar."""
CAMPOS = {
    "assinatura_politica": (MODOS, POLITICAS),
    "assinatura_titular": (DE_QUEM, TITULARES),
    "sem_assinatura": (SEM_ELA, AUSENTES),
}
"""Campo do formulário, que é a coluna -> os textos e os valores que pode ter."""


@area.pagina(_CONFIANCA, para=ADMIN)
def da_confianca(v: Visita) -> Response:
    """As autoridades e as listas de revogados, para pôr, tirar e buscar."""
    return _confianca(v, {})


@area.formulario(_CONFIANCA, para=ADMIN, arquivos=True)
def confiar(v: Visita) -> Response:
    """Guarda as autoridades dos arquivos; as âncoras dizem-se, para que se confiram."""
    ancora = v.formulario.marcado("ancora")
    try:
        achados = [c for um in v.formulario.arquivos("arquivo") for c in abrir_maco(um.dados)]
        if not achados:
            return _confianca(v, {"arquivo": "falta o arquivo"})
        with v.escrita() as conn:
            feitas = autoridades.acrescentar(conn, v.operadora.id, achados, v.agora, ancora=ancora)
            for nova in feitas.novas:
                v.auditar("confiar", "certificado", nova.impressao, conn=conn, tipo=nova.tipo)
    except (CertificadoIlegivel, ConfiancaRecusada) as erro:
        return _confianca(v, {"arquivo": str(erro)})
    ancoras = sum(nova.tipo == "ancora" for nova in feitas.novas)
    texto = (
        f"Âncoras novas: {ancoras}, intermediárias novas: {len(feitas.novas) - ancoras}, já"
        f" guardadas: {feitas.ja_tinha}, ignorados (vencidos ou não de autoridade):"
        f" {feitas.ignorados}."
    )
    if ancoras:
        texto += " Compare a impressão digital de cada âncora com a que a autoridade publica."
    return v.ir(_CONFIANCA, texto, tipo="aviso" if ancoras else "certo")


@area.formulario(f"{_CONFIANCA}/tirar", para=ADMIN)
def desconfiar(v: Visita) -> Response:
    """Deixa de confiar numa autoridade."""
    try:
        with v.escrita() as conn:
            digital = v.formulario.texto("impressao")
            limpa = autoridades.retirar(conn, v.operadora.id, digital)
            v.auditar("desconfiar", "certificado", limpa, conn=conn)
    except ConfiancaRecusada as erro:
        return _confianca(v, {"": f"Não se tirou: {erro}."})
    return v.ir(_CONFIANCA, "Já não se confia nesta autoridade.")


@area.formulario(f"{_CONFIANCA}/listas", para=ADMIN, arquivos=True)
def receber_lista(v: Visita) -> Response:
    """Põe em vigor uma lista de revogados entregue em arquivo."""

    def anotar(conn: Connection, sha256: str) -> None:
        v.auditar("guardar", "lista-de-revogados", sha256, conn=conn)

    arquivos = v.formulario.arquivos("lista")
    if not arquivos:
        return _confianca(v, {"lista": "falta o arquivo"})
    try:
        quantos = listas.receber(v.casa.banco, v.operadora.id, arquivos[0].dados, v.agora, anotar)
    except (ConfiancaRecusada, ListaInvalida) as erro:
        return _confianca(v, {"lista": str(erro)})
    except EdicaoAtropelada:
        return _confianca(v, {"lista": "outra troca desta lista estava em curso; tente de novo"})
    return v.ir(_CONFIANCA, f"Lista em vigor, com {quantos} revogados.")


@area.formulario(f"{_CONFIANCA}/buscar", para=ADMIN)
def buscar(v: Visita) -> Response:
    """Pede que as listas que se buscam na rede se busquem já."""
    with v.escrita() as conn:
        quantas = revogados.apressar(conn, v.operadora.id, v.agora)
        v.auditar("apressar", "listas-de-revogados", "", conn=conn, quantas=quantas)
    if not quantas:
        return v.ir(_CONFIANCA, "Nenhuma lista se busca na rede.", tipo="aviso")
    return v.ir(_CONFIANCA, f"Listas por buscar: {quantas}. O trabalho de fundo busca-as já.")


@area.pagina(_ASSINATURAS, para=ADMIN)
def das_assinaturas(v: Visita) -> Response:
    """O que a operadora exige das assinaturas, e os prestadores a quem exige outra coisa."""
    return _assinaturas(v, {})


@area.formulario(_ASSINATURAS, para=ADMIN)
def mudar_assinaturas(v: Visita) -> Response:
    """Muda o que a operadora exige; vale na mensagem seguinte."""
    mudancas, erros = politica_dita(v, da_operadora=True)
    if erros:
        return _assinaturas(v, erros)
    try:
        with v.escrita() as conn:
            mudar_da_operadora(conn, v.operadora.id, mudancas, v.agora)
            v.auditar(
                "mudar-politica", "operadora", v.operadora.registro_ans, conn=conn, **mudancas
            )
    except ConfiancaRecusada as erro:
        return _assinaturas(v, {"assinatura_politica": str(erro)})
    return v.ir(_ASSINATURAS, "Política mudada; vale na mensagem seguinte.")


def politica_dita(v: Visita, *, da_operadora: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """As colunas que o formulário diz, e o que está errado; a operadora tem de as dizer todas."""
    mudancas: dict[str, Any] = {}
    erros = {}
    for campo, (_, valores) in CAMPOS.items():
        dito = v.formulario.texto(campo)
        if dito in valores:
            mudancas[campo] = dito
        elif dito or da_operadora:
            erros[campo] = "escolha uma das opções"
        else:
            mudancas[campo] = None
    return mudancas, erros


def opcoes(textos: Mapping[str, str], valores: Sequence[str]) -> list[tuple[str, str]]:
    """Os pares de uma escolha, pela ordem do cadastro."""
    return [(valor, textos[valor]) for valor in valores]


def _confianca(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        guardadas = confianca.certificados(conn, v.operadora.id)
        das_autoridades = revogados.listar(conn, v.operadora.id)
    return v.mostrar(
        "certificados/confianca.html",
        status=422 if erros else 200,
        autoridades=[(c, prazo(c.vale_ate, v.agora)) for c in guardadas],
        listas=[
            (x, None if x.proxima_em is None else prazo(x.proxima_em, v.agora))
            for x in das_autoridades
        ],
        erros=erros,
    )


def _assinaturas(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        proprios = confianca.prestadores_com_politica(conn, v.operadora.id)
        ancoras = confianca.ha_ancoras(conn, v.operadora.id, v.agora)
    return v.mostrar(
        "certificados/assinaturas.html",
        status=422 if erros else 200,
        campos=[(nome, opcoes(*textos)) for nome, textos in CAMPOS.items()],
        textos={nome: textos for nome, (textos, _) in CAMPOS.items()},
        proprios=proprios,
        ancoras=ancoras,
        erros=erros,
    )
