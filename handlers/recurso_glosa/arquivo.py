"""Um recurso registrado na forma em que o prestador o enviaria em arquivo: ``mensagemTISS``.

Serve ao recurso digitado no portal ou pela operadora, que não veio como mensagem, e a quem o quer
noutra versão do padrão. O mesmo recurso dá sempre os mesmos bytes.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

import tiss_xsd
from dominio import erros
from dominio.competencia import dia, hora
from dominio.dinheiro import texto as reais
from dominio.recurso import Nivel
from dominio.textos import para_mensagem
from dominio.transacoes import POR_SERVICO
from dominio.versoes import ordem
from mensagem import arquivo, hash_tiss
from mensagem.escrita import DECLARACAO, elemento, opcional
from mensagem.partes import NAO_INFORMADO, com_nomes, contratado
from mensagem.recusa import RegraRecusada

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador
    from persistence.recursos_valores import Linha, Recurso

_TRANSACAO = POR_SERVICO["tissRecursoGlosa"]
_INICIO = b'<?xml version="1.0" encoding="ISO-8859-1"?>\n'
_COM_500 = (4,)
"""Versão em que as justificativas passaram de 150 a 500 caracteres."""


class ParaArquivo(NamedTuple):
    """Um recurso e o que o seu arquivo diz dele.

    Attributes:
        nomes: nome do beneficiário de cada guia, pelo número no prestador; só 3.05.00 o leva.
    """

    operadora: Operadora
    prestador: Prestador
    recurso: Recurso
    linhas: Sequence[Linha]
    nomes: Mapping[str, str | None]


def em_arquivo(de: ParaArquivo, versao: str) -> bytes:
    """O ``mensagemTISS`` de um recurso, em ISO-8859-1 e com o hash.

    Raises:
        RegraRecusada: a versão não o comporta, como um código de glosa que ela não tem.
    """
    texto = elemento(
        arquivo.PEDIDO.rpartition("}")[2],
        elemento(_TRANSACAO.corpo_arquivo, _guia(de, versao)),
    )
    corpo = f"<ans:mensagemTISS{DECLARACAO}>{_cabecalho(de, versao)}{texto}"
    raiz = etree.fromstring(f"{corpo}<ans:epilogo><ans:hash/></ans:epilogo></ans:mensagemTISS>")
    raiz[-1][0].text = hash_tiss.calcular(raiz)
    if not tiss_xsd.esquema(versao).valida(raiz):
        raise RegraRecusada(erros.NAO_CABE_NA_VERSAO, f"Peça-o na versão {de.recurso.versao}.")
    return _INICIO + etree.tostring(raiz, encoding="iso-8859-1", xml_declaration=False)


def _cabecalho(de: ParaArquivo, versao: str) -> str:
    quando = de.recurso.recebido_em
    return elemento(
        "cabecalho",
        elemento(
            "identificacaoTransacao",
            elemento("tipoTransacao", texto=_TRANSACAO.tipo_pedido),
            elemento("sequencialTransacao", texto=str(de.recurso.numero)),
            elemento("dataRegistroTransacao", texto=dia(quando).isoformat()),
            elemento("horaRegistroTransacao", texto=hora(quando).isoformat()),
        ),
        elemento(
            "origem",
            elemento(
                "identificacaoPrestador",
                elemento("codigoPrestadorNaOperadora", texto=de.prestador.codigo),
            ),
        ),
        elemento("destino", elemento("registroANS", texto=de.operadora.registro_ans)),
        elemento("Padrao", texto=versao),
    )


def _guia(de: ParaArquivo, versao: str) -> str:
    r = de.recurso
    return elemento(
        "guiaRecursoGlosaOdonto" if r.odonto else "guiaRecursoGlosa",
        elemento("registroANS", texto=de.operadora.registro_ans),
        elemento("numeroGuiaRecGlosaPrestador", texto=r.numero_guia),
        elemento("nomeOperadora", texto=para_mensagem(de.operadora.nome, 70)),
        elemento("objetoRecurso", texto=r.objeto.value),
        opcional("numeroGuiaRecGlosaOperadora", r.numero_guia_operadora),
        contratado(r.prestador, de.prestador.nome, versao, "dadosContratado"),
        elemento("numeroLote", texto=r.lote),
        elemento("numeroProtocolo", texto=str(r.original)),
        elemento("opcaoRecurso", *_opcao(de, versao)),
        elemento("valorTotalRecursado", texto=reais(r.total_dito)),
        elemento("dataRecurso", texto=r.data_recurso.isoformat()),
    )


def _opcao(de: ParaArquivo, versao: str) -> list[str]:
    do_protocolo = next((x for x in de.linhas if x.nivel is Nivel.PROTOCOLO), None)
    if do_protocolo is not None:
        return [
            elemento(
                "recursoProtocolo",
                elemento("codigoGlosaProtocolo", texto=do_protocolo.codigo),
                elemento(
                    "justificativaProtocolo", texto=_longo(do_protocolo.justificativa, versao)
                ),
            )
        ]

    def quais(x: Linha) -> tuple[str | None, str | None, Nivel, int]:
        # na odontologia cada guia inteira leva o seu código
        inteira = de.recurso.odonto and x.nivel is Nivel.GUIA
        return x.guia_numero, x.senha, x.nivel, x.posicao if inteira else 0

    montar = _odonto if de.recurso.odonto else _medica
    return [montar(de, list(grupo), versao) for _, grupo in groupby(de.linhas, key=quais)]


def _medica(_de: ParaArquivo, linhas: Sequence[Linha], versao: str) -> str:
    primeira = linhas[0]
    return elemento(
        "recursoGuia",
        elemento("numeroGuiaOrigem", texto=primeira.guia_numero),
        opcional("numeroGuiaOperadora", primeira.guia_operadora),
        opcional("senha", primeira.senha),
        elemento(
            "opcaoRecursoGuia",
            *(
                _item(x, versao)
                if x.nivel is Nivel.ITEM
                else elemento(
                    "recursoGuiaCompleta",
                    elemento("codGlosaGuia", texto=x.codigo),
                    elemento("justificativaGuia", texto=_longo(x.justificativa, versao)),
                )
                for x in linhas
            ),
        ),
    )


def _item(x: Linha, versao: str) -> str:
    return elemento(
        "itensGuia",
        elemento("sequencialItem", texto=str(x.sequencial)),
        elemento("dataInicio", texto=_data(x)),
        None if x.data_fim is None else elemento("dataFim", texto=x.data_fim.isoformat()),
        _procedimento(x),
        opcional("grauParticipacao", x.grau or None),
        elemento("codGlosaItem", texto=x.codigo),
        elemento("valorRecursado", texto=reais(x.recursado)),
        elemento("justificativaItem", texto=_longo(x.justificativa, versao)),
    )


def _odonto(de: ParaArquivo, linhas: Sequence[Linha], versao: str) -> str:
    primeira = linhas[0]
    nome = de.nomes.get(primeira.guia_numero or "") or NAO_INFORMADO
    return elemento(
        "recursoGuia",
        elemento("numeroGuiaPrestador", texto=primeira.guia_numero),
        opcional("numeroGuiaOperadora", primeira.guia_operadora),
        opcional("senha", primeira.senha),
        elemento("nomeBeneficiario", texto=para_mensagem(nome, 70)) if com_nomes(versao) else None,
        elemento("codGlosaGuia", texto=primeira.codigo),
        elemento("justificativaGuia", texto=_longo(primeira.justificativa, versao)),
        *(_item_odonto(x, versao) for x in linhas if x.nivel is Nivel.ITEM),
    )


def _item_odonto(x: Linha, versao: str) -> str:
    onde = None
    if x.dente is not None:
        onde = elemento("denteRegiao", elemento("codDente", texto=x.dente))
    elif x.regiao is not None:
        onde = elemento("denteRegiao", elemento("codRegiao", texto=x.regiao))
    return elemento(
        "recursoProcedimento",
        elemento("sequencialItem", texto=str(x.sequencial)),
        elemento("dataRealizacao", texto=_data(x)),
        onde,
        opcional("denteFace", x.face),
        elemento("quantidade", texto=str(x.quantidade or 1)),
        _procedimento(x),
        elemento("codGlosaProc", texto=x.codigo),
        elemento("justificativaProc", texto=_longo(x.justificativa, versao)),
        elemento("valorRecursado", texto=reais(x.recursado)),
    )


def _procedimento(x: Linha) -> str:
    return elemento(
        "procRecurso",
        elemento("codigoTabela", texto=x.tabela),
        elemento("codigoProcedimento", texto=x.procedimento),
        elemento("descricaoProcedimento", texto=para_mensagem(x.descricao or "", 150)),
    )


def _data(x: Linha) -> str:
    assert x.data_inicio is not None  # noqa: S101 - um item a traz
    return x.data_inicio.isoformat()


def _longo(texto: str, versao: str) -> str:
    return para_mensagem(texto, 500 if ordem(versao) >= _COM_500 else 150)
