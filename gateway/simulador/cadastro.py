"""O cadastro do simulador: uma operadora, e prestadores credenciados quando aparecem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from persistence import operadoras, prestadores

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from dominio.lote import Identificacao, Lote
    from persistence.prestadores import Prestador

_CNPJ_DA_OPERADORA = "45123987000170"
_NOME_DO_PRESTADOR = "Prestador do simulador"
_FORMAS = {14: "cnpj", 11: "cpf"}


def criar(conn: Connection, registro_ans: str, conhecidos: Iterable[tuple[str, str]]) -> None:
    """Cadastra a operadora e os prestadores dados.

    Args:
        conn: transação de escrita.
        registro_ans: seis algarismos.
        conhecidos: código e CNPJ de cada prestador.

    Raises:
        JaExiste: um código vem duas vezes.
    """
    operadora = operadoras.adicionar(
        conn, registro_ans=registro_ans, cnpj=_CNPJ_DA_OPERADORA, nome="Operadora do simulador"
    )
    for codigo, cnpj in conhecidos:
        prestadores.adicionar(conn, operadora.id, codigo=codigo, cnpj=cnpj, nome=_NOME_DO_PRESTADOR)


def credenciar(conn: Connection, operadora_id: int, identificacao: Identificacao) -> None:
    """Credencia quem só se conhece por uma identificação, salvo se outra mensagem já o fez.

    O texto dela é também o código; com o tamanho de um CNPJ ou CPF, vale pelas duas formas, porque
    honorários e odontologia só têm campo de código.

    Raises:
        JaExiste: o texto já é o código de outro prestador.
    """
    valor = prestadores.valor_normal(identificacao)
    if prestadores.resolver(conn, operadora_id, [identificacao])[identificacao]:
        return
    forma = _FORMAS.get(len(valor), "")
    prestadores.adicionar(
        conn,
        operadora_id,
        codigo=valor,
        cnpj=valor if forma == "cnpj" else None,
        cpf=valor if forma == "cpf" else None,
        nome=_NOME_DO_PRESTADOR,
    )


def permitir_executantes(conn: Connection, remetente: Prestador, lote: Lote) -> None:
    """Deixa o remetente enviar as guias do lote, credenciando os executantes que faltam."""
    citados = {guia.executante for guia in lote.guias}
    for identificacao in sorted(citados):
        credenciar(conn, remetente.operadora_id, identificacao)
    achados = prestadores.resolver(conn, remetente.operadora_id, citados)
    for executante in {p.id for lista in achados.values() for p in lista} - {remetente.id}:
        prestadores.permitir_envio(conn, remetente.id, executante)
