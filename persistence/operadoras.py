"""As operadoras e as suas políticas."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, select

from dominio.recurso import largura
from persistence import series, tabelas
from persistence.erros import JaExiste
from persistence.insercao import InsercaoUnica

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Operadora(NamedTuple):
    """Uma operadora atendida por este gateway.

    Attributes:
        id: chave no banco.
        registro_ans: seis algarismos.
        cnpj: só algarismos e letras maiúsculas.
        nome: razão social.
        recusa: ``fault`` ou ``mensagemErro``: como uma mensagem é recusada.
        credenciais: ``registradas`` (login exigido de quem o tem) ou ``exigidas`` (de todos).
        lote_repetido: ``mesmo-protocolo`` ou ``recusar``: o mesmo lote em mensagem nova.
        hash_modo: ``strict``, ``tolerant`` ou ``off``.
        versoes_recusadas: versão -> dia desde o qual é recusada.
        falha_com_200: se as falhas SOAP saem com HTTP 200.
        largura_protocolo: algarismos com que o número é escrito; 0 sem zeros à esquerda.
        criada_em: instante em UTC.
        assinatura_politica: ``off``, ``record`` ou ``required``: o que se exige de assinaturas.
        assinatura_titular: ``mesmo-cnpj`` ou ``mesma-raiz``: de quem é o certificado.
        sem_assinatura: ``aceitar`` ou ``recusar``: a mensagem sem assinatura de quem assinava.
        confianca_revisao: cresce a cada mudança das âncoras; zero, nunca houve nenhuma.
        largura_recurso: algarismos do número do recurso; ausente, doze se o protocolo tem zeros.
        largura_demonstrativo: do número do demonstrativo; ausente, os do protocolo.
        padrao_guia: de ``numeroGuiaOperadora`` (``dominio.numeracao``); ausente, não se gera.
    """

    id: int
    registro_ans: str
    cnpj: str
    nome: str
    recusa: str
    credenciais: str
    lote_repetido: str
    hash_modo: str
    versoes_recusadas: Mapping[str, date]
    falha_com_200: bool
    largura_protocolo: int
    criada_em: datetime
    assinatura_politica: str
    assinatura_titular: str
    sem_assinatura: str
    confianca_revisao: int
    largura_recurso: int | None
    largura_demonstrativo: int | None
    padrao_guia: str | None

    @property
    def largura_do_recurso(self) -> int:
        """Algarismos com que o número de um recurso é escrito."""
        return largura(self.largura_protocolo, self.largura_recurso)

    @property
    def largura_do_demonstrativo(self) -> int:
        """Algarismos com que o número de um demonstrativo é escrito."""
        propria = self.largura_demonstrativo
        return self.largura_protocolo if propria is None else propria


_t = tabelas.operadora.c

COLUNAS = tuple(_t[nome] for nome in Operadora._fields)
"""As colunas na ordem de ``de_valores``."""

_INSERIR = InsercaoUnica(tabelas.operadora, COLUNAS)
_RECUSADAS = Operadora._fields.index("versoes_recusadas")
_POR_REGISTRO = select(*COLUNAS).where(_t.registro_ans == bindparam("registro_ans"))
_TODAS = select(*COLUNAS).order_by(_t.registro_ans)


def de_valores(valores: Sequence[Any]) -> Operadora:
    """Faz a operadora dos valores de ``COLUNAS``."""
    crua = Operadora._make(valores)
    recusadas = {versao: date.fromisoformat(dia) for versao, dia in valores[_RECUSADAS].items()}
    return crua._replace(versoes_recusadas=recusadas)


def adicionar(
    conn: Connection,
    *,
    registro_ans: str,
    cnpj: str,
    nome: str,
    inicio_serie: int = series.INICIO,
    recusa: str = "fault",
    credenciais: str = "registradas",
    lote_repetido: str = "mesmo-protocolo",
    hash_modo: str = "tolerant",
    versoes_recusadas: Mapping[str, date] | None = None,
    falha_com_200: bool = False,
    largura_protocolo: int = 0,
    largura_recurso: int | None = None,
    largura_demonstrativo: int | None = None,
    padrao_guia: str | None = None,
) -> Operadora:
    """Cria uma operadora com as suas séries de protocolos.

    Raises:
        JaExiste: se o registro ANS já está em uso.
        ValueError: se o início da série não cabe em 12 algarismos.
    """
    valores: dict[str, Any] = {
        "registro_ans": registro_ans,
        "cnpj": cnpj.upper(),
        "nome": nome,
        "recusa": recusa,
        "credenciais": credenciais,
        "lote_repetido": lote_repetido,
        "hash_modo": hash_modo,
        "versoes_recusadas": {v: d.isoformat() for v, d in (versoes_recusadas or {}).items()},
        "falha_com_200": falha_com_200,
        "largura_protocolo": largura_protocolo,
        "largura_recurso": largura_recurso,
        "largura_demonstrativo": largura_demonstrativo,
        "padrao_guia": padrao_guia,
        "criada_em": datetime.now(UTC),
    }
    linha = _INSERIR.executar(conn, valores)
    if linha is None:
        raise JaExiste("registro_ans")
    nova = de_valores(linha)
    series.criar(conn, nova.id, inicio_serie)
    return nova


def por_registro(conn: Connection, registro_ans: str) -> Operadora | None:
    """A operadora de um registro ANS."""
    linha = conn.execute(_POR_REGISTRO, {"registro_ans": registro_ans}).one_or_none()
    return None if linha is None else de_valores(linha)


def por_id(conn: Connection, operadora_id: int) -> Operadora:
    """A operadora de uma chave que se sabe existir."""
    consulta = select(*COLUNAS).where(_t.id == operadora_id)
    return de_valores(conn.execute(consulta).one())


def listar(conn: Connection) -> tuple[Operadora, ...]:
    """Todas, por registro ANS."""
    return tuple(de_valores(linha) for linha in conn.execute(_TODAS))
