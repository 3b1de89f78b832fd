"""Políticas de operadora e prestador que a recepção aplica; a do prestador vale por cima."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mensagem.hash_tiss import Modo

if TYPE_CHECKING:
    from datetime import date

    from dominio.erros import Erro
    from dominio.transacoes import Transacao
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador


def modo_do_hash(operadora: Operadora, prestador: Prestador) -> Modo:
    """Rigor da conferência do hash."""
    return Modo(prestador.hash_modo or operadora.hash_modo)


def recusa_por_mensagem(erro: Erro, operadora: Operadora, prestador: Prestador | None) -> bool:
    """Diz se um erro de mensagem responde ``mensagemErro`` em vez de falha SOAP.

    O que ``tissFault`` não sabe dizer é sempre ``mensagemErro``; XML malformado e esquema, sempre
    falha.
    """
    if erro.sempre_fault:
        return False
    if erro.fault is None:
        return True
    politica = (prestador.recusa if prestador else None) or operadora.recusa
    return politica == "mensagemErro"


def versao_permitida(
    operadora: Operadora, prestador: Prestador, transacao: Transacao, versao: str, hoje: date
) -> bool:
    """Diz se o prestador pode usar a versão hoje; enviar e consultar acabam cada um no seu dia."""
    recusada_desde = operadora.versoes_recusadas.get(versao)
    if recusada_desde is not None and hoje >= recusada_desde:
        return False
    if prestador.versoes is None:
        return True
    for aceita in prestador.versoes:
        if aceita.versao == versao:
            ate = aceita.envio_ate if transacao.muda_estado else aceita.consulta_ate
            return ate is None or hoje <= ate
    return False
