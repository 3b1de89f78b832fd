"""Os arquivos de um recurso: anexam-se ao rascunho, ou ao recurso já enviado.

Ao enviar-se o rascunho, cada anexo passa a documento do recurso. O que o web service não tem como
formato (``dm_formatoDocumento``) só entra por aqui.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, NamedTuple

from dominio import listas, meses
from dominio.cancelamento import NaturezaGuia
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import GUIA_AUSENTE
from dominio.impedimentos_de_recurso import (
    ANEXO_AUSENTE,
    ANEXOS_DEMAIS,
    RECURSO_AUSENTE,
    RECURSO_CANCELADO,
    TIPO_DO_ANEXO,
)
from dominio.situacao import StatusProtocolo
from dominio.versoes import VERSOES
from handlers import arquivo_anexado, da_operadora
from handlers.recurso_glosa.posse import trancar
from persistence import (
    anexos_de_rascunhos,
    documentos,
    mensagens,
    protocolos,
    recursos,
)
from persistence.arquivos import chave
from persistence.banco import cifra_de
from persistence.documentos import NovoDocumento

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from handlers.recurso_glosa.posse import Quem
    from persistence.anexos_de_rascunhos import Anexo
    from persistence.arquivos import Arquivos
    from persistence.operadoras import Operadora
    from persistence.protocolos import GuiaGuardada
    from persistence.recursos_valores import Recurso

MAIS_ANEXOS = 100
_MAIOR_DESCRICAO = 500
_MAIOR_NUMERO = 20
"""Caracteres de ``numeroDocumento``."""
_CANAL = "operadora"


class Arquivo(NamedTuple):
    """Um arquivo que se anexa.

    Attributes:
        nome: com a extensão, que diz o formato.
        conteudo: os bytes.
        tipo: ``dm_tipoDocumento``.
        descricao: a que o documento se refere.
        guia: posição no lote da guia a que se refere; ausente, é do recurso inteiro.
    """

    nome: str
    conteudo: bytes
    tipo: str
    descricao: str | None = None
    guia: int | None = None

    def __repr__(self) -> str:
        """Sem valores: um documento é de um paciente."""
        return f"<Arquivo {len(self.conteudo)} bytes>"


def anexar(
    conn: Connection, arquivos: Arquivos, quem: Quem, rascunho_id: int, arquivo: Arquivo
) -> Anexo:
    """Guarda um arquivo de um rascunho.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
        OSError: o depósito não o guardou.
    """
    formato = _conferir(conn, quem.operadora.id, arquivo)
    rascunho = trancar(conn, quem, rascunho_id)
    if len(anexos_de_rascunhos.do_rascunho(conn, rascunho.id)) >= MAIS_ANEXOS:
        raise Impedimento(ANEXOS_DEMAIS)
    original = protocolos.por_ids(conn, [rascunho.original_id])[rascunho.original_id]
    _guia(conn, original.lote_id, arquivo.guia)
    return anexos_de_rascunhos.incluir(
        conn,
        operadora_id=quem.operadora.id,
        rascunho_id=rascunho.id,
        nome=arquivo.nome,
        descricao=arquivo.descricao,
        tipo=arquivo.tipo,
        formato=formato,
        guia_posicao=arquivo.guia,
        sha256=_guardar(conn, arquivos, quem.operadora.id, arquivo),
        tamanho=len(arquivo.conteudo),
        anexado_em=quem.autor.agora,
        anexado_por=quem.autor.quem,
    )


def remover(conn: Connection, quem: Quem, rascunho_id: int, anexo_id: int) -> None:
    """Tira um arquivo de um rascunho não enviado.

    Raises:
        Impedimento: não há tal rascunho ou tal anexo, ou já se enviou.
    """
    trancar(conn, quem, rascunho_id)
    anexo = anexos_de_rascunhos.ler(conn, quem.operadora.id, rascunho_id, anexo_id)
    if anexo is None:
        raise Impedimento(ANEXO_AUSENTE)
    anexos_de_rascunhos.apagar(conn, anexo)


def documentar(
    conn: Connection,
    arquivos: Arquivos,
    operadora: Operadora,
    *,
    numero: int,
    arquivo: Arquivo,
    autor: Autor,
) -> int:
    """Junta um documento a um recurso já enviado.

    Returns:
        O número do documento; o mesmo arquivo outra vez tem o mesmo.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
        OSError: o depósito não o guardou.
    """
    formato = _conferir(conn, operadora.id, arquivo)
    if recursos.por_numero(conn, operadora.id, numero) is None:
        raise Impedimento(RECURSO_AUSENTE, Lugar(numero))
    # o depósito pode demorar, e ninguém espera por ele com o protocolo trancado
    digest = _guardar(conn, arquivos, operadora.id, arquivo)
    recurso = recursos.trancar(conn, operadora.id, numero)
    assert recurso is not None  # noqa: S101 - um recurso nunca se apaga
    if recurso.status is StatusProtocolo.CANCELADO:
        raise Impedimento(RECURSO_CANCELADO, Lugar(numero))
    guia = _guia(conn, recurso.lote_id, arquivo.guia)
    novo = _documento(recurso, arquivo, guia, autor)._replace(
        formato=formato, sha256=digest, numero_documento=digest[:_MAIOR_NUMERO]
    )
    novo = novo._replace(identidade=_identidade(novo))
    anterior = documentos.existente(conn, recurso.prestador_id, novo.identidade)
    if anterior is not None:
        return anterior
    _arquivar(conn, recurso, novo)
    return documentos.registrar(conn, novo)


def entregar(
    conn: Connection, rascunho_id: int, recurso: Recurso, mensagem: str, autor: Autor
) -> None:
    """Faz dos anexos de um rascunho documentos do recurso em que ele se tornou."""
    guias = {guia.posicao: guia for guia in protocolos.guias(conn, recurso.lote_id)}
    for anexo in anexos_de_rascunhos.do_rascunho(conn, rascunho_id):
        arquivo = Arquivo(anexo.nome, b"", anexo.tipo, anexo.descricao, anexo.guia_posicao)
        guia = None if anexo.guia_posicao is None else guias[anexo.guia_posicao]
        novo = _documento(recurso, arquivo, guia, autor)._replace(
            mensagem_id=mensagem,
            formato=anexo.formato,
            sha256=anexo.sha256,
            tamanho=anexo.tamanho,
            numero_documento=str(anexo.id),
        )
        documentos.registrar(conn, novo._replace(identidade=_identidade(novo)))
    anexos_de_rascunhos.apagar_todos(conn, rascunho_id)


def _conferir(conn: Connection, operadora_id: int, arquivo: Arquivo) -> str:
    """O formato do arquivo, se a operadora o aceita."""
    formato = arquivo_anexado.conferir(conn, operadora_id, arquivo.nome, arquivo.conteudo)
    if not listas.tem("dm_tipoDocumento", arquivo.tipo, VERSOES[-1]):
        raise Impedimento(TIPO_DO_ANEXO)
    da_operadora.conferir_texto(arquivo.descricao, _MAIOR_DESCRICAO)
    return formato


def _guia(conn: Connection, lote_id: int | None, posicao: int | None) -> GuiaGuardada | None:
    if posicao is None or lote_id is None:
        return None
    for guia in protocolos.guias(conn, lote_id):
        if guia.posicao == posicao:
            return guia
    raise Impedimento(GUIA_AUSENTE, Lugar(guia=posicao))


def _guardar(conn: Connection, arquivos: Arquivos, operadora_id: int, arquivo: Arquivo) -> str:
    digest = hashlib.sha256(arquivo.conteudo).hexdigest()
    # antes da linha: o que sobra sem linha a varredura apaga
    arquivos.guardar(chave(operadora_id, digest), arquivo.conteudo, cifra_de(conn))
    return digest


def _documento(
    recurso: Recurso, arquivo: Arquivo, guia: GuiaGuardada | None, autor: Autor
) -> NovoDocumento:
    """O documento, por dizer ainda o que depende do conteúdo."""
    return NovoDocumento(
        operadora_id=recurso.operadora_id,
        prestador_id=recurso.prestador_id,
        identidade="",
        mensagem_id=meses.identificar(autor.agora),
        recebido_em=autor.agora,
        versao=recurso.versao,
        canal=_CANAL,
        homologacao=recurso.homologacao,
        numero_documento="",
        natureza=NaturezaGuia.RECURSO.value,
        tipo=arquivo.tipo,
        formato="",
        observacao=arquivo.descricao,
        guia_prestador=None if guia is None else guia.numero_prestador,
        guia_operadora=None if guia is None else guia.numero_operadora,
        sequencial_item=None,
        protocolo_id=recurso.protocolo_id,
        guia_posicao=arquivo.guia,
        sha256="",
        tamanho=len(arquivo.conteudo),
        nome=arquivo.nome,
    )


def _identidade(novo: NovoDocumento) -> str:
    """O que faz dois anexos serem o mesmo: o mesmo arquivo, com o mesmo nome, na mesma coisa."""
    partes = (
        novo.protocolo_id, novo.guia_posicao, novo.nome, novo.tipo, novo.formato, novo.sha256,
    )  # fmt: skip
    return hashlib.sha256(repr(partes).encode()).hexdigest()


def _arquivar(conn: Connection, recurso: Recurso, novo: NovoDocumento) -> None:
    """Guarda que se juntou o documento, como uma mensagem do canal."""
    dito = {"recurso": recurso.numero, "nome": novo.nome, "sha256": novo.sha256}
    conteudo = json.dumps(dito, sort_keys=True, ensure_ascii=False).encode()
    mensagens.arquivar(
        conn,
        mensagens.MensagemNova(
            id=novo.mensagem_id,
            recebida_em=novo.recebido_em,
            canal=_CANAL,
            tamanho=len(conteudo),
            sha256=hashlib.sha256(conteudo).hexdigest(),
            desfecho="respondida",
            operadora_id=recurso.operadora_id,
            prestador_id=recurso.prestador_id,
            pedido=conteudo,
        ),
    )
