"""O que se ajusta de um prestador fora do cadastro: como entra, quanto envia, o que vê."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backoffice.console.erros import nao_ha
from backoffice.console.filtros import Leitor
from backoffice.console.limites import MAIOR, limite_dito
from backoffice.console.paginas.certificados import (
    dados_do_certificado,
    depois_de_retirar,
    retirar,
)
from backoffice.console.paginas.certificados_confianca import CAMPOS, opcoes, politica_dita
from backoffice.console.paginas.prestadores import area
from backoffice.console.papeis import ADMIN
from backoffice.console.prazos import prazo
from dominio.competencia import dia
from handlers import identificacao
from handlers.confianca import em_vigor
from handlers.confianca.autoridades import ConfiancaRecusada
from handlers.confianca.mudanca import mudar_do_prestador
from handlers.identificacao import EXIGENCIAS, IdentificacaoRecusada
from mensagem.certificados import CertificadoIlegivel
from persistence import acessos, baldes, credenciamento, demonstrativos, prestadores
from persistence.tabelas.demonstrativos import GLOSADOS, TODOS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from persistence.prestadores import Prestador

_UM = "/prestadores/{codigo}/ajustes"
_ITENS = {GLOSADOS: "Só os itens glosados, como diz o padrão", TODOS: "Todos os itens"}
_EXIGE = {
    "login": "Com login e senha, na mensagem",
    "certificado": "Com certificado, na conexão",
    "ambos": "Com os dois",
}


@area.pagina(_UM, para=ADMIN)
def ajustes(v: Visita) -> Response:
    """Todos os ajustes de um prestador, cada um no seu formulário."""
    return _pagina(v, {})


@area.formulario(f"{_UM}/demonstrativo", para=ADMIN)
def mudar_itens(v: Visita) -> Response:
    """Que itens a análise de conta lhe mostra; muda o que se emitir depois."""
    itens = v.formulario.texto("itens")
    if itens not in _ITENS:
        return _pagina(v, {"itens": "escolha uma das opções"})
    with v.escrita() as conn:
        quem = _achar(v, conn)
        demonstrativos.mostrar_todos(conn, quem.operadora_id, quem.id, todos=itens == TODOS)
        v.auditar("mudar-demonstrativo", "prestador", quem.codigo, conn=conn, itens=itens)
    return _ir(v, quem, "Itens do demonstrativo mudados; valem no que se emitir depois.")


@area.formulario(f"{_UM}/autenticacao", para=ADMIN)
def mudar_autenticacao(v: Visita) -> Response:
    """Com que se identifica: login, certificado, ou ambos."""
    exige = v.formulario.texto("exige")
    if exige not in EXIGENCIAS:
        return _pagina(v, {"exige": "escolha uma das opções"})
    try:
        with v.escrita() as conn:
            quem = _achar(v, conn)
            identificacao.exigir(conn, quem, exige)
            v.auditar("mudar-autenticacao", "prestador", quem.codigo, conn=conn, exige=exige)
    except IdentificacaoRecusada as erro:
        return _pagina(v, {"exige": str(erro)})
    return _ir(v, quem, "Mudou com que se identifica; vale na mensagem seguinte.")


@area.formulario(f"{_UM}/certificados", para=ADMIN, arquivos=True)
def dar(v: Visita) -> Response:
    """Dá-lhe um certificado."""
    try:
        novo = identificacao.ler_certificado(dados_do_certificado(v), v.agora)
        with v.escrita() as conn:
            quem = _achar(v, conn)
            identificacao.dar_certificado(conn, quem, novo)
            v.auditar("dar-certificado", "prestador", quem.codigo, conn=conn, sha256=novo.sha256)
    except (CertificadoIlegivel, IdentificacaoRecusada) as erro:
        return _pagina(v, {"arquivo": str(erro)})
    return _ir(v, quem, "Certificado dado.")


@area.formulario(f"{_UM}/certificados/tirar", para=ADMIN)
def tirar(v: Visita) -> Response:
    """Tira-lhe um certificado; deixa de valer já."""
    with v.escrita() as conn:
        quem = _achar(v, conn)
        ficou_sem = retirar(v, conn, quem)
    return depois_de_retirar(v, _endereco(quem), quem, ficou_sem=ficou_sem)


@area.formulario(f"{_UM}/assinatura", para=ADMIN)
def mudar_assinatura(v: Visita) -> Response:
    """O que se exige das suas assinaturas; em branco, o que a operadora exige."""
    mudancas, erros = politica_dita(v, da_operadora=False)
    leitor = Leitor(v.formulario)
    mudancas["sha1_ate"] = leitor.dia("sha1_ate")
    erros |= leitor.erros
    if erros:
        return _pagina(v, erros)
    try:
        with v.escrita() as conn:
            quem = _achar(v, conn)
            mudar_do_prestador(conn, quem, mudancas, v.agora)
            ditas: dict[str, Any] = {
                nome: None if valor is None else str(valor) for nome, valor in mudancas.items()
            }
            v.auditar("mudar-politica", "prestador", quem.codigo, conn=conn, **ditas)
    except ConfiancaRecusada as erro:
        return _pagina(v, {"assinatura_politica": str(erro)})
    return _ir(v, quem, "Política de assinatura mudada; vale na mensagem seguinte.")


@area.formulario(f"{_UM}/limite", para=ADMIN)
def mudar_limite(v: Visita) -> Response:
    """Quantas mensagens pode enviar; em branco, o limite da operadora."""
    novo, erros = limite_dito(v)
    if erros:
        return _pagina(v, erros)
    with v.escrita() as conn:
        quem = _achar(v, conn)
        baldes.definir(conn, quem.operadora_id, quem.id, novo)
        ditos = {} if novo is None else {nome: str(n) for nome, n in novo._asdict().items()}
        v.auditar("mudar-limite", "prestador", quem.codigo, conn=conn, **ditos)
    return _ir(v, quem, "Limite mudado; vale em meio minuto.")


@area.formulario(f"{_UM}/envia-por", para=ADMIN)
def permitir(v: Visita) -> Response:
    """Deixa-o enviar guias de outro prestador."""
    with v.leitura() as conn:
        quem = _achar(v, conn)
        outro = _outro(v, conn)
    if outro is None:
        return _pagina(v, {"executante": "não há prestador com este código"})
    if outro.id == quem.id:
        return _pagina(v, {"executante": "todo prestador já envia por si"})
    with v.escrita() as conn:
        prestadores.permitir_envio(conn, quem.id, outro.id)
        v.auditar("permitir-envio", "prestador", quem.codigo, conn=conn, executante=outro.codigo)
    return _ir(v, quem, f"Já pode enviar guias do prestador {outro.codigo}.")


@area.formulario(f"{_UM}/envia-por/tirar", para=ADMIN)
def proibir(v: Visita) -> Response:
    """Deixa de poder enviar guias de outro."""
    with v.escrita() as conn:
        quem = _achar(v, conn)
        outro = _outro(v, conn)
        if outro is None:
            raise nao_ha("prestador")
        credenciamento.proibir_envio(conn, quem, outro)
        v.auditar("proibir-envio", "prestador", quem.codigo, conn=conn, executante=outro.codigo)
    return _ir(v, quem, f"Já não pode enviar guias do prestador {outro.codigo}.")


def _achar(v: Visita, conn: Connection) -> Prestador:
    achado = credenciamento.por_codigo(conn, v.operadora.id, v.parametro("codigo"))
    if achado is None:
        raise nao_ha("prestador")
    return achado


def _outro(v: Visita, conn: Connection) -> Prestador | None:
    codigo = v.formulario.texto("executante")
    return credenciamento.por_codigo(conn, v.operadora.id, codigo)


def _endereco(quem: Prestador) -> str:
    return f"/prestadores/{quem.codigo}/ajustes"


def _ir(v: Visita, quem: Prestador, recado: str) -> Response:
    return v.ir(_endereco(quem), recado)


def _pagina(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        quem = _achar(v, conn)
        certificados = acessos.certificados(conn, quem)
        ditos = dict(baldes.da_operadora(conn, v.operadora.id))
        contexto: dict[str, Any] = {
            "itens": TODOS if demonstrativos.mostra_todos(conn, quem.id) else GLOSADOS,
            "exige": acessos.autenticacao(conn, quem),
            "envia_por": credenciamento.por_quem_envia(conn, quem),
        }
    return v.mostrar(
        "prestadores/ajustes.html",
        status=422 if erros else 200,
        prestador=quem,
        certificados=[(c, prazo(c.vale_ate, v.agora)) for c in certificados],
        limite=ditos.get(quem.codigo),
        da_operadora=ditos.get(None),
        maior=MAIOR,
        politica=em_vigor(v.operadora, quem, dia(v.agora)),
        campos=[(nome, opcoes(*textos)) for nome, textos in CAMPOS.items()],
        opcoes_de_itens=list(_ITENS.items()),
        exigencias=[(e, _EXIGE[e]) for e in EXIGENCIAS],
        erros=erros,
        **contexto,
    )
