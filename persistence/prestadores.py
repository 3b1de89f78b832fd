"""Os prestadores credenciados por cada operadora, as suas credenciais e por quem enviam."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import JSON, Connection, Text, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from persistence import tabelas
from persistence.erros import JaExiste
from persistence.insercao import InsercaoUnica
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Select

    from dominio.lote import Identificacao


class VersaoAceita(NamedTuple):
    """Uma versão do padrão que o prestador pode usar.

    Attributes:
        versao: na forma ``4.03.00``.
        envio_ate: último dia em que pode enviar; ausente sem fim.
        consulta_ate: último dia em que pode consultar; ausente sem fim.
    """

    versao: str
    envio_ate: date | None = None
    consulta_ate: date | None = None


class Prestador(NamedTuple):
    """Um prestador de uma operadora.

    Attributes:
        id: chave no banco.
        operadora_id: a operadora que o credenciou.
        codigo: código na operadora, até 14 caracteres.
        nome: como aparece em respostas que pedem nome.
        cnpj: algarismos e letras maiúsculas; vários prestadores podem ter o mesmo.
        cpf: só algarismos.
        cnes: sete algarismos.
        recusa: vale por cima da política da operadora; ausente, vale a dela.
        hash_modo: idem.
        credenciais: idem.
        homologacao: se tudo o que envia fica fora da série e das listas reais.
        ativo: se pode usar os serviços.
        versoes: as que pode usar; ausente, todas.
        criado_em: instante em UTC.
        assinatura_politica: o que se exige de assinaturas; ausente, vale a da operadora.
        assinatura_titular: idem, de quem é o certificado.
        sem_assinatura: idem, a mensagem sem assinatura de quem assinava.
        sha1_ate: último dia em que se aceitam assinaturas com SHA-1; ausente, nunca.
        assina_desde: quando se aceitou a primeira assinatura; ausente, nunca assinou.
    """

    id: int
    operadora_id: int
    codigo: str
    nome: str
    cnpj: str | None
    cpf: str | None
    cnes: str | None
    recusa: str | None
    hash_modo: str | None
    credenciais: str | None
    homologacao: bool
    ativo: bool
    versoes: tuple[VersaoAceita, ...] | None
    criado_em: datetime
    assinatura_politica: str | None
    assinatura_titular: str | None
    sem_assinatura: str | None
    sha1_ate: date | None
    assina_desde: datetime | None


class Credencial(NamedTuple):
    """Um login de um prestador.

    Attributes:
        id: chave no banco.
        operadora_id: os logins são únicos por operadora.
        prestador_id: de quem é.
        login_normal: sem espaços nas pontas, em maiúsculas.
        verificador: texto argon2 contra o qual o que vem na mensagem é conferido.
        revisao: cresce a cada troca do verificador.
        criada_em: instante em UTC.
        expira_em: instante em UTC; ausente, não expira.
        ativa: se vale.
        trocada_em: quando a senha mudou, em UTC; ausente, nunca.
        filtro: um byte do resumo com chave da senha; ausente até o primeiro acerto.
        verificador_anterior: da senha de antes da última troca, enquanto também vale.
        filtro_anterior: dessa senha.
        anterior_ate: até quando ela vale, em UTC.
    """

    id: int
    operadora_id: int
    prestador_id: int
    login_normal: str
    verificador: str
    revisao: int
    criada_em: datetime
    expira_em: datetime | None
    ativa: bool
    trocada_em: datetime | None
    filtro: str | None
    verificador_anterior: str | None
    filtro_anterior: str | None
    anterior_ate: datetime | None


_p = tabelas.prestador.c

COLUNAS = tuple(_p[nome] for nome in Prestador._fields)
"""As colunas na ordem de ``de_valores``."""

COLUNAS_CREDENCIAL = tuple(tabelas.credencial.c[nome] for nome in Credencial._fields)

_INSERIR = InsercaoUnica(tabelas.prestador, COLUNAS)
_INSERIR_CREDENCIAL = InsercaoUnica(tabelas.credencial, COLUNAS_CREDENCIAL)
_INSERIR_ENVIO = InsercaoUnica(tabelas.envia_por, [tabelas.envia_por.c.remetente_id])
_FORMAS = ("codigo", "cnpj", "cpf")


def _resolver(*, sqlite: bool) -> Select[Any]:
    # uma lista por forma de identificar, num só parâmetro: o texto do comando não muda
    def na_lista(forma: str) -> ColumnElement[bool]:
        if sqlite:
            lista = bindparam(forma, type_=JSON)
            return _p[forma].in_(select(func.json_each(lista).table_valued("value").c.value))
        return _p[forma] == any_(bindparam(forma, type_=ARRAY(Text)))

    return (
        select(*COLUNAS)
        .where(
            _p.operadora_id == bindparam("operadora"),
            _p.ativo,
            or_(*(na_lista(forma) for forma in _FORMAS)),
        )
        .order_by(_p.codigo)
    )


_RESOLVER = Pronto(_resolver(sqlite=False), sqlite=_resolver(sqlite=True))
_VERSOES = Prestador._fields.index("versoes")


def de_valores(valores: Sequence[Any]) -> Prestador:
    """Faz o prestador dos valores de ``COLUNAS``."""
    versoes = valores[_VERSOES]
    cru = Prestador._make(valores)
    if versoes is None:
        return cru
    return cru._replace(versoes=tuple(_versao_de_json(versao) for versao in versoes))


def login_normal(login: str) -> str:
    """A forma em que os logins são guardados e comparados."""
    return login.strip().upper()


def valor_normal(identificacao: Identificacao) -> str:
    """O valor como está no cadastro: o CNPJ alfanumérico, em maiúsculas."""
    if identificacao.forma == "cnpj":
        return identificacao.valor.strip().upper()
    return identificacao.valor


def adicionar(
    conn: Connection,
    operadora_id: int,
    *,
    codigo: str,
    nome: str,
    cnpj: str | None = None,
    cpf: str | None = None,
    cnes: str | None = None,
    versoes: Iterable[VersaoAceita] | None = None,
    homologacao: bool = False,
    recusa: str | None = None,
    hash_modo: str | None = None,
    credenciais: str | None = None,
    ativo: bool = True,
) -> Prestador:
    """Credencia um prestador.

    Raises:
        JaExiste: se a operadora já tem um prestador com esse código.
    """
    valores: dict[str, Any] = {
        "operadora_id": operadora_id,
        "codigo": codigo,
        "nome": nome,
        "cnpj": None if cnpj is None else cnpj.upper(),
        "cpf": cpf,
        "cnes": cnes,
        "recusa": recusa,
        "hash_modo": hash_modo,
        "credenciais": credenciais,
        "homologacao": homologacao,
        "ativo": ativo,
        "versoes": None if versoes is None else [versao_em_json(v) for v in versoes],
        "criado_em": datetime.now(UTC),
    }
    linha = _INSERIR.executar(conn, valores)
    if linha is None:
        raise JaExiste("codigo")
    return de_valores(linha)


def adicionar_credencial(
    conn: Connection,
    prestador: Prestador,
    login: str,
    verificador: str,
    expira_em: datetime | None = None,
    *,
    filtro: str | None = None,
) -> Credencial:
    """Dá um login a um prestador.

    Raises:
        JaExiste: se o login já é de alguém na operadora.
    """
    valores = {
        "operadora_id": prestador.operadora_id,
        "prestador_id": prestador.id,
        "login_normal": login_normal(login),
        "verificador": verificador,
        "revisao": 1,
        "criada_em": datetime.now(UTC),
        "expira_em": expira_em,
        "ativa": True,
        "filtro": filtro,
    }
    linha = _INSERIR_CREDENCIAL.executar(conn, valores)
    if linha is None:
        raise JaExiste("login")
    return Credencial._make(linha)


def permitir_envio(conn: Connection, remetente_id: int, executante_id: int) -> None:
    """Deixa um prestador enviar guias de outro; repetir não muda nada."""
    valores = {"remetente_id": remetente_id, "executante_id": executante_id}
    _INSERIR_ENVIO.executar(conn, valores)


def envia_por(conn: Connection, remetente_id: int, executante_ids: Iterable[int]) -> frozenset[int]:
    """Dos executantes dados, aqueles por quem o remetente pode enviar além de si mesmo."""
    ids = list(executante_ids)
    if not ids:
        return frozenset()
    colunas = tabelas.envia_por.c
    consulta = select(colunas.executante_id).where(
        colunas.remetente_id == remetente_id, colunas.executante_id.in_(ids)
    )
    return frozenset(conn.execute(consulta).scalars())


def resolver(
    conn: Connection, operadora_id: int, identificacoes: Iterable[Identificacao]
) -> dict[Identificacao, tuple[Prestador, ...]]:
    """Os prestadores ativos de cada identificação, numa só consulta.

    Returns:
        Toda identificação dada, com nenhum, um ou (CNPJ e CPF não são únicos) vários prestadores
        por ordem de código.
    """
    pedidas = {ident: (ident.forma, valor_normal(ident)) for ident in identificacoes}
    if not pedidas:
        return {}
    valores: dict[str, Any] = {forma: [] for forma in _FORMAS}
    for forma, valor in dict.fromkeys(pedidas.values()):
        valores[forma].append(valor)
    linhas = _RESOLVER.linhas(conn, {"operadora": operadora_id, **valores})
    achados = [de_valores(linha) for linha in linhas]
    return {
        ident: tuple(p for p in achados if getattr(p, forma) == valor)
        for ident, (forma, valor) in pedidas.items()
    }


def versao_em_json(versao: VersaoAceita) -> dict[str, str | None]:
    """Uma versão aceita como a coluna a guarda."""
    return {
        "versao": versao.versao,
        "envio_ate": None if versao.envio_ate is None else versao.envio_ate.isoformat(),
        "consulta_ate": None if versao.consulta_ate is None else versao.consulta_ate.isoformat(),
    }


def _versao_de_json(valores: dict[str, str | None]) -> VersaoAceita:
    envio, consulta = valores["envio_ate"], valores["consulta_ate"]
    return VersaoAceita(
        str(valores["versao"]),
        None if envio is None else date.fromisoformat(envio),
        None if consulta is None else date.fromisoformat(consulta),
    )
