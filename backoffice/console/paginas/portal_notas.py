"""Os pagamentos de um prestador e as notas fiscais que ele manda para os receber."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.api.notas import ESTADOS
from backoffice.api.previas import previa_de
from backoffice.console import folhas, lista_de_pagamentos
from backoffice.console.area import Area
from backoffice.console.arquivos import deposito, examinar, ler
from backoffice.console.erros import PaginaDeErro, nao_ha
from backoffice.console.filtros import Leitor
from backoffice.console.papeis import PRESTADOR
from backoffice.impressos import previa as folha
from dominio.competencia import dia
from dominio.formatos_de_nota import FORMATOS
from dominio.impedimento import Impedimento
from dominio.pagamento import EstadoNota, EstadoPagamento
from handlers import pagamento as casos
from handlers.pagamento import notas as das_notas
from handlers.pagamento.arquivo_da_nota import anexar
from handlers.pagamento.notas import DadosDaNota
from persistence import arquivos_de_notas, notas_fiscais
from persistence.consultas.pagamentos import Recebedor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.api.envio import Arquivo
    from backoffice.console.visita import Visita
    from handlers.pagamento import PagamentoAtual
    from persistence.consultas.pagamentos import Linha
    from persistence.notas_fiscais import NotaFiscal

area = Area("portal_notas")
area.no_menu("Notas fiscais", "/portal/notas", ordem=50, atalho="n")

_UM = "/portal/notas/{pagamento}"


@area.pagina("/portal/notas", para=PRESTADOR)
def lista(v: Visita) -> Response:
    """Os pagamentos do prestador, do mais novo ao mais velho, e a nota de cada um."""
    leitor = Leitor(v.consulta)
    pendentes = leitor.um_de("so", "pendentes") is not None
    estados = (EstadoPagamento.PREVISTO,) if pendentes else ()
    pagina = lista_de_pagamentos.ler(v, leitor, v.prestador.codigo, estados)
    return v.mostrar(
        "portal_notas/lista.html",
        pagina=pagina,
        pendentes=pendentes,
        erros=leitor.erros,
        estado_da_nota=_estado_da_nota,
    )


@area.pagina(_UM, para=PRESTADOR)
def um(v: Visita) -> Response:
    """A prévia de um pagamento e as suas notas; ``?formato=pdf`` dá-a para imprimir."""
    return _pagina(v, {})


@area.formulario(_UM, para=PRESTADOR, arquivos=True)
def nova(v: Visita) -> Response:
    """Guarda a nota com o seu arquivo e, se se pede, envia-a."""
    chave = v.numero("pagamento", "pagamento")
    campos, erros = v.formulario, {}
    numero, serie = campos.texto("nota"), campos.texto("serie")
    leitor = Leitor(campos)
    emissao = leitor.dia("emissao")
    arquivos = campos.arquivos("arquivo")
    if not numero:
        erros["nota"] = "diga o número da nota"
    if not serie:
        erros["serie"] = "diga a série"
    if emissao is None:
        erros["emissao"] = leitor.erros.get("emissao", "diga o dia da emissão")
    enviar = campos.texto("acao") == "enviar"
    if enviar and not arquivos:
        erros["arquivo"] = "anexe o arquivo da nota"
    if erros or emissao is None:
        return _pagina(v, erros)
    try:
        for um_arquivo in arquivos[:1]:
            examinar(v, um_arquivo.dados)
        with v.escrita() as conn:
            nota = _gravar(v, conn, chave, (numero, serie, emissao), arquivos[:1])
            if enviar:
                das_notas.enviar(conn, v.operadora.id, nota.id, v.autor)
            v.auditar("incluir", "nota fiscal", str(nota.id), conn=conn, enviada=enviar)
    except PaginaDeErro as erro:
        if erro.status not in (409, 422):
            raise
        return _pagina(v, {"": erro.texto})
    return v.ir(f"/portal/notas/{chave}", "Nota enviada." if enviar else "Rascunho guardado.")


@area.formulario(f"{_UM}/{{nota}}/enviar", para=PRESTADOR)
def enviar(v: Visita) -> Response:
    """Envia um rascunho que já tem o seu arquivo."""
    chave = v.numero("pagamento", "pagamento")
    with v.escrita() as conn:
        nota = _nota(v, conn)
        if arquivos_de_notas.ler(conn, v.operadora.id, nota.id) is None:
            raise PaginaDeErro(409, "Falta o arquivo da nota; apague o rascunho e refaça-o.")
        das_notas.enviar(conn, v.operadora.id, nota.id, v.autor)
        v.auditar("enviar", "nota fiscal", str(nota.id), conn=conn)
    return v.ir(f"/portal/notas/{chave}", "Nota enviada.")


@area.formulario(f"{_UM}/{{nota}}/excluir", para=PRESTADOR)
def excluir(v: Visita) -> Response:
    """Apaga um rascunho, com o seu arquivo."""
    chave = v.numero("pagamento", "pagamento")
    with v.escrita() as conn:
        nota = _nota(v, conn)
        das_notas.excluir(conn, v.operadora.id, nota.id)
        v.auditar("excluir", "nota fiscal", str(nota.id), conn=conn)
    return v.ir(f"/portal/notas/{chave}", "Rascunho apagado.")


@area.pagina(f"{_UM}/{{nota}}/arquivo", para=PRESTADOR)
def arquivo(v: Visita) -> Response:
    """O arquivo de uma nota, como foi anexado."""
    with v.leitura() as conn:
        achado = arquivos_de_notas.ler(conn, v.operadora.id, _nota(v, conn).id)
        if achado is None:
            raise nao_ha("arquivo de nota fiscal")
        arquivos = deposito(v).arquivos
        dados = ler(lambda: arquivos_de_notas.conteudo(conn, arquivos, achado))
    return v.arquivo(dados, FORMATOS[achado.formato].tipo, achado.nome)


def _pagina(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        atual = _pagamento(v, conn)
        notas = [
            (nota, arquivos_de_notas.ler(conn, v.operadora.id, nota.id))
            for nota in notas_fiscais.do_pagamento(conn, atual.pagamento.id)
        ]
    quem = Recebedor(v.prestador.codigo, v.prestador.nome)
    previa = folha.montar(v.operadora, previa_de(v.operadora, atual, quem), dia(v.agora))
    if v.consulta.texto("formato") == "pdf":
        return folhas.em_pdf(v, [previa])
    viva = any(nota.estado is not EstadoNota.RECUSADA for nota, _ in notas)
    previsto = atual.pagamento.estado is EstadoPagamento.PREVISTO
    return v.mostrar(
        "portal_notas/um.html",
        status=422 if erros else 200,
        atual=atual,
        previa=previa,
        notas=notas,
        cabe=previsto and not viva,
        estados=ESTADOS,
        erros=erros,
        formatos=", ".join(nome.upper() for nome in FORMATOS),
        aceita=",".join(f".{nome}" for nome in FORMATOS),
    )


def _pagamento(v: Visita, conn: Connection) -> PagamentoAtual:
    chave = v.numero("pagamento", "pagamento")
    try:
        atual = casos.ler(conn, v.operadora.id, chave)
    except Impedimento:
        raise nao_ha("pagamento") from None
    if atual.pagamento.prestador_id != v.prestador.id:
        raise nao_ha("pagamento")
    return atual


def _nota(v: Visita, conn: Connection) -> NotaFiscal:
    atual = _pagamento(v, conn)
    chave = v.numero("nota", "nota fiscal")
    notas = notas_fiscais.do_pagamento(conn, atual.pagamento.id)
    achada = next((nota for nota in notas if nota.id == chave), None)
    if achada is None:
        raise nao_ha("nota fiscal")
    return achada


def _gravar(
    v: Visita,
    conn: Connection,
    chave: int,
    dita: tuple[str, str, date],
    arquivos: tuple[Arquivo, ...],
) -> NotaFiscal:
    atual = _pagamento(v, conn)
    numero, serie, emissao = dita
    # a nota é do bruto do pagamento, que a página já mostra
    dados = DadosDaNota(numero, serie, atual.brutos.liberado, emissao)
    nota = das_notas.incluir(conn, v.operadora.id, chave, dados, v.autor)
    for um_arquivo in arquivos:
        anexar(
            conn, deposito(v).arquivos, v.operadora.id, nota.id, v.autor,
            nome=um_arquivo.nome, conteudo=um_arquivo.dados,
        )  # fmt: skip
    return nota


def _estado_da_nota(linha: Linha) -> str:
    if linha.nota is not None:
        return ESTADOS[linha.nota.value]
    return "Aguardando nota fiscal" if linha.exige_nota else "Não exigida"
