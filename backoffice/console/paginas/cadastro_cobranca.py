"""Com que políticas se analisa e paga, o que se retém, e que anexos se aceitam num recurso."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backoffice.api.cobranca import MudancaDaCobranca, NovaAcao, RetencaoDita
from backoffice.api.rascunhos_anexos import PoliticaDita
from backoffice.console.conferencia import conferir
from backoffice.console.erros import PaginaDeErro
from backoffice.console.filtros import Leitor
from backoffice.console.paginas.cadastro import area
from backoffice.console.papeis import ADMIN
from dominio.analise import Politica
from dominio.formatos_de_anexo import EXTENSOES, QUALQUER, extensoes_aceitas
from dominio.pagamento import TRIBUTOS, TipoLancamento, conferir_retencoes
from handlers.analise import regras as da_analise
from handlers.analise.regras import Acao
from persistence import credenciamento, politicas_de_anexos, politicas_de_cobranca
from persistence.politicas_de_anexos import PoliticaDeAnexos

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from persistence.prestadores import Prestador

VALORES = {
    Politica.PADRAO: "Processado = liberado + glosa",
    Politica.SOBRE_INFORMADO: "Glosa = informado - liberado",
    Politica.COM_SINAL: "Glosa = informado - liberado, negativa se se libera mais",
    Politica.A_PARTE: "Processado = liberado, e a glosa por fora",
    Politica.LIVRE: "Os que a análise deu, sem equação",
}
"""Como os quatro valores de um item se ligam."""
ACOES = {
    Acao.GLOSA: "Glosa",
    Acao.CRITICA: "Libera, com crítica",
    Acao.PESSOA: "Espera uma pessoa",
    Acao.DESLIGADA: "Não se confere",
}
"""O que se faz com o que uma regra da análise acha."""
_NOTAS = [
    ("nunca", "De ninguém"), ("pessoa-juridica", "De pessoas jurídicas"), ("todos", "De todos"),
]  # fmt: skip


@area.pagina("/cadastro/cobranca", para=ADMIN)
def da_cobranca(v: Visita) -> Response:
    """As políticas de análise e pagamento, as retenções e as regras da análise."""
    return _pagina(v, {})


@area.formulario("/cadastro/cobranca", para=ADMIN)
def mudar(v: Visita) -> Response:
    """Muda as políticas; valem na análise e na prévia seguintes."""
    ditos: dict[str, Any] = {n: v.formulario.texto(n) for n in ("valores", "exigeNota")}
    leitor = Leitor(v.formulario)
    ditos["tarifaBancaria"] = str(leitor.reais("tarifaBancaria") or 0)
    pedido, erros = conferir(MudancaDaCobranca, ditos)
    erros |= leitor.erros
    bancos = v.formulario.texto("bancosSemTarifa").replace(",", " ").split()
    com_bancos, defeitos = conferir(MudancaDaCobranca, {"bancosSemTarifa": bancos})
    if com_bancos is None:
        erros |= dict.fromkeys(defeitos, "são códigos de banco, como 001 041")
    if pedido is None or erros:
        return _pagina(v, erros)
    mudancas = pedido.model_dump(exclude_none=True)
    with v.escrita() as conn:
        politicas_de_cobranca.trancar(conn, v.operadora.id)
        nova = politicas_de_cobranca.ler(conn, v.operadora.id)._replace(
            **mudancas, bancos_sem_tarifa=tuple(dict.fromkeys(bancos))
        )
        politicas_de_cobranca.gravar(conn, v.operadora.id, nova)
        feitas = {nome: str(valor) for nome, valor in nova._asdict().items()}
        v.auditar("mudar", "cobranca", v.operadora.registro_ans, conn=conn, **feitas)
    return v.ir("/cadastro/cobranca", "Políticas mudadas.")


@area.formulario("/cadastro/cobranca/retencoes", para=ADMIN)
def mudar_retencoes(v: Visita) -> Response:
    """Troca todas as retenções da operadora, ou as próprias de um prestador."""
    percentuais: dict[TipoLancamento, Decimal] = {}
    erros: dict[str, str] = {}
    for tipo in TRIBUTOS:
        dito = v.formulario.texto(f"retencao-{tipo.value}").replace(",", ".")
        if not dito:
            continue
        pedida, defeitos = conferir(RetencaoDita, {"tipo": tipo.value, "percentual": dito})
        if pedida is None or defeitos:
            erros[f"retencao-{tipo.value}"] = "de 0,0001 a 100, com até quatro casas"
        else:
            percentuais[tipo] = pedida.percentual
    try:
        conferir_retencoes(percentuais)
    except ValueError as erro:
        erros[""] = f"As retenções {erro}."
    if erros:
        return _pagina(v, erros)
    with v.escrita() as conn:
        dono = _dono(v, conn)
        politicas_de_cobranca.trancar(conn, v.operadora.id)
        politicas_de_cobranca.gravar_retencoes(
            conn, v.operadora.id, None if dono is None else dono.id, percentuais
        )
        de_quem = v.operadora.registro_ans if dono is None else dono.codigo
        feitos = {tipo.value: str(valor) for tipo, valor in percentuais.items()}
        v.auditar("mudar", "retencoes", de_quem, conn=conn, percentuais=feitos)
    codigo = "" if dono is None else dono.codigo
    fim = v.url("/cadastro/cobranca", prestador=codigo).removeprefix(v.url(""))
    return v.ir(fim, "Retenções mudadas.")


@area.formulario("/cadastro/cobranca/regras/{regra}", para=ADMIN)
def mudar_regra(v: Visita) -> Response:
    """Escolhe o que uma regra da análise automática faz com o que acha."""
    regra = v.parametro("regra")
    pedido, _ = conferir(NovaAcao, {n: v.formulario.texto(n) for n in ("acao", "codigo")})
    if pedido is None:
        raise PaginaDeErro(422, "Escolha o que a regra faz.")
    with v.escrita() as conn:
        politicas_de_cobranca.trancar(conn, v.operadora.id)
        da_analise.ajustar(conn, v.operadora.id, {regra: (pedido.acao, pedido.codigo)})
        v.auditar(
            "ajustar", "regra de análise", regra, conn=conn, faz=pedido.acao.value,
            codigo=pedido.codigo,
        )  # fmt: skip
    return v.ir("/cadastro/cobranca", "Regra da análise mudada.")


@area.pagina("/cadastro/anexos", para=ADMIN)
def dos_anexos(v: Visita) -> Response:
    """Que arquivos se aceitam com um recurso de glosa."""
    return _anexos(v, {})


@area.formulario("/cadastro/anexos", para=ADMIN)
def mudar_anexos(v: Visita) -> Response:
    """Diz que arquivos se aceitam; vale no anexo seguinte."""
    ditos = {"extensoes": list(v.formulario.textos("extensoes"))}
    pedido, erros = conferir(PoliticaDita, ditos | {"maiorMib": v.formulario.texto("maiorMib")})
    if not extensoes_aceitas(ditos["extensoes"]):
        erros["extensoes"] = "escolha pelo menos uma"
    if pedido is None or erros:
        return _anexos(v, erros)
    nova = PoliticaDeAnexos(tuple(dict.fromkeys(pedido.extensoes or ())), pedido.maior_mib)
    with v.escrita() as conn:
        politicas_de_anexos.gravar(conn, v.operadora.id, nova)
        v.auditar(
            "mudar", "operadora", v.operadora.registro_ans, conn=conn,
            anexos=list(nova.extensoes), maior_mib=nova.maior_mib,
        )  # fmt: skip
    return v.ir("/cadastro/anexos", "Política de anexos mudada.")


def _dono(v: Visita, conn: Connection) -> Prestador | None:
    codigo = v.formulario.texto("prestador") or v.consulta.texto("prestador")
    if not codigo:
        return None
    achado = credenciamento.por_codigo(conn, v.operadora.id, codigo)
    if achado is None:
        raise PaginaDeErro(404, "Não há prestador com este código.")
    return achado


def _pagina(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        dono = _dono(v, conn)
        politica = politicas_de_cobranca.ler(conn, v.operadora.id)
        gravadas = politicas_de_cobranca.gravadas(
            conn, v.operadora.id, None if dono is None else dono.id
        )
        regras = da_analise.da_operadora(conn, v.operadora.id)
    tributos = []
    for tipo in TRIBUTOS:
        percentual, dele = gravadas.get(tipo, (None, False))
        # o que é da operadora não se repete no formulário do prestador
        proprio = percentual if dono is None or dele else None
        tributos.append((tipo, percentual, proprio, "prestador" if dele else "operadora"))
    return v.mostrar(
        "cadastro/cobranca.html",
        status=422 if erros else 200,
        politica=politica,
        tributos=tributos,
        dono=dono,
        regras=regras,
        valores=[(p.value, texto) for p, texto in VALORES.items()],
        notas=_NOTAS,
        acoes=[(a.value, texto) for a, texto in ACOES.items()],
        erros=erros,
    )


def _anexos(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        politica = politicas_de_anexos.ler(conn, v.operadora.id)
    opcoes = [(QUALQUER, "qualquer uma, salvo programas"), *((e, e) for e in EXTENSOES)]
    return v.mostrar(
        "cadastro/anexos.html",
        status=422 if erros else 200,
        politica=politica,
        opcoes=opcoes,
        erros=erros,
    )
