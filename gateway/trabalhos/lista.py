"""Os trabalhos de fundo deste gateway."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from backoffice import relatorios
from gateway import confianca
from gateway.armazem import arquivos
from gateway.arquivo.cabeca import assinar as assinar_cabeca
from gateway.arquivo.expurgo import expurgar, expurgar_auditoria, expurgar_documentos
from gateway.arquivo.meses import cuidar as cuidar_dos_meses
from gateway.arquivo.selagem import enviar, selar
from gateway.assinante import assinante
from gateway.trabalhos.executor import Trabalho
from gateway.webhooks import carteiro
from persistence import documentos

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.configuracao import Configuracao
    from persistence.banco import Banco

_DIA_SEGUNDOS = 86_400
_RELATORIOS_SEGUNDOS = 5.0


def trabalhos(configuracao: Configuracao) -> tuple[Trabalho, ...]:
    """Todos, na ordem em que se executam quando chega a hora de mais de um."""
    avisos = carteiro(configuracao.webhooks)
    return (
        Trabalho("webhooks", configuracao.webhooks.poll_seconds, avisos.executar),
        Trabalho("avisos-velhos", _DIA_SEGUNDOS, avisos.apagar_velhas),
        Trabalho("relatorios", _RELATORIOS_SEGUNDOS, relatorios.fazer),
        Trabalho("relatorios-velhos", _DIA_SEGUNDOS, relatorios.apagar_velhos),
        *_do_arquivo(configuracao),
        *_dos_documentos(configuracao),
        Trabalho(
            "listas-de-revogados",
            configuracao.trust.poll_seconds,
            confianca.tarefa(configuracao.trust, confianca.proprios(configuracao)),
        ),
    )


def _dos_documentos(configuracao: Configuracao) -> tuple[Trabalho, ...]:
    ajustes = configuracao.documents
    deposito = arquivos(ajustes)

    def expurgar_os_vencidos(banco: Banco, agora: datetime) -> str | None:
        return expurgar_documentos(banco, agora, ajustes)

    def apagar_sobras(banco: Banco, _agora: datetime) -> str | None:
        apagadas = documentos.varrer(banco, deposito)
        return f"{apagadas} arquivos sem documento apagados" if apagadas else None

    return (
        Trabalho("expurgar-documentos", _DIA_SEGUNDOS, expurgar_os_vencidos),
        Trabalho("sobras-de-documentos", _DIA_SEGUNDOS, apagar_sobras),
    )


def _do_arquivo(configuracao: Configuracao) -> tuple[Trabalho, ...]:
    ajustes = configuracao.archive
    quem = assinante(configuracao.signature)
    assinar = None if quem is None else partial(assinar_cabeca, quem.chave)

    def selar_o_arquivo(banco: Banco, agora: datetime) -> str | None:
        return selar(banco, agora, arquivo=ajustes.head_file, assinar=assinar)

    def enviar_a_cabeca(banco: Banco, _agora: datetime) -> str | None:
        return enviar(banco, ajustes.head_webhook)

    def expurgar_o_vencido(banco: Banco, agora: datetime) -> str | None:
        return expurgar(banco, agora, ajustes)

    def expurgar_a_auditoria(banco: Banco, agora: datetime) -> str | None:
        return expurgar_auditoria(banco, agora, ajustes)

    def cuidar(banco: Banco, agora: datetime) -> str | None:
        return cuidar_dos_meses(banco, agora, ajustes)

    feitos = (
        Trabalho("selar", ajustes.seal_seconds, selar_o_arquivo),
        Trabalho("expurgar", _DIA_SEGUNDOS, expurgar_o_vencido),
        Trabalho("expurgar-auditoria", _DIA_SEGUNDOS, expurgar_a_auditoria),
        Trabalho("particoes", _DIA_SEGUNDOS, cuidar),
    )
    if not ajustes.head_webhook:
        return feitos
    return (*feitos, Trabalho("enviar-cabeca", _DIA_SEGUNDOS, enviar_a_cabeca))
