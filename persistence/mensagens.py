"""O arquivo de mensagens e a reserva que impede executar duas vezes a mesma."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from sqlalchemy import Connection, bindparam, insert, select, text

from persistence import chaves, folhas, guarda, tabelas
from persistence.banco import cifra_de
from persistence.insercao import InsercaoUnica
from persistence.mascara import mascarar
from persistence.prontos import Pronto
from persistence.resumo import resumo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from persistence.banco import Banco
    from persistence.cifra import Cifra


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistroMensagem:
    """O que se guarda de uma mensagem, fora os seus bytes.

    Attributes:
        id: identificação dada por quem chama (``dominio.meses``).
        recebida_em: instante com fuso.
        canal: por onde veio, como ``soap``.
        tamanho: bytes do pedido inteiro, também quando só o começo ficou guardado.
        sha256: resumo hexadecimal do pedido inteiro.
        desfecho: ``respondida``, ``recusada`` ou ``falha``.
        operadora_id: ausente se o cabeçalho não pôde ser lido.
        prestador_id: idem.
        servico: nome do serviço do endereço.
        versao: versão do padrão.
        raiz: elemento raiz da mensagem.
        tipo_transacao: do cabeçalho.
        sequencial: ``sequencialTransacao`` do cabeçalho.
        endereco: de onde veio.
        soap: versão do SOAP.
        integral: se o pedido guardado está inteiro.
        erro: código estável do erro.
        http: código HTTP da resposta.
        hash_variante: leitura do epílogo que conferiu.
        assinatura: veredito da assinatura.
        detalhes: o mais que houver, em JSON, sem dados de pacientes nem credenciais.
        duracao_us: microssegundos do recebimento à resposta.
        autenticada: se se provou quem enviou.
        etapas: o que se fez dela e quanto demorou (``handlers.etapas``).
    """

    id: str
    recebida_em: datetime
    canal: str
    tamanho: int
    sha256: str
    desfecho: str
    operadora_id: int | None = None
    prestador_id: int | None = None
    servico: str | None = None
    versao: str | None = None
    raiz: str | None = None
    tipo_transacao: str | None = None
    sequencial: str | None = None
    endereco: str | None = None
    soap: str | None = None
    integral: bool = True
    erro: str | None = None
    http: int | None = None
    hash_variante: str | None = None
    assinatura: str | None = None
    detalhes: Mapping[str, Any] | None = None
    duracao_us: int | None = None
    autenticada: bool | None = None
    etapas: str | None = None


class Preparado(NamedTuple):
    """Um pedido inteiro já comprimido e cifrado, para que se não faça dentro da transação."""

    guardado: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MensagemNova(RegistroMensagem):
    """Uma mensagem a arquivar.

    Attributes:
        pedido: bytes como vieram, ou o seu começo se ``integral`` é falso; o inteiro pode já vir
            preparado.
        resposta: bytes como saíram.
    """

    pedido: bytes | Preparado | None = None
    resposta: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MensagemGuardada(RegistroMensagem):
    """Uma mensagem do arquivo.

    Attributes:
        pedido: bytes do pedido, com o conteúdo de ``senhaPrestador`` trocado por ``***``.
        resposta: bytes como saíram.
        resposta_sha256: resumo hexadecimal da resposta.
        expurgada_em: quando os bytes se apagaram, vencido o prazo de guarda.
    """

    pedido: bytes | None = None
    resposta: bytes | None = None
    resposta_sha256: str | None = None
    expurgada_em: datetime | None = None


_m = tabelas.mensagem.c
_x = tabelas.execucao.c
CAMPOS = tuple(campo.name for campo in fields(RegistroMensagem))
_BYTES = ("pedido", "resposta", "pedido_sha256", "resposta_sha256")
_SEM_BYTES = tuple(_m[nome] for nome in CAMPOS)
_COM_BYTES = (*_SEM_BYTES, _m.pedido, _m.resposta, _m.resposta_sha256, _m.expurgada_em)
_RESERVAR = InsercaoUnica(tabelas.execucao, [_x.mensagem_id])
_COM_ID = _m.id == bindparam("id")
_DA_OPERADORA = _m.operadora_id == bindparam("operadora_id")
_LER = Pronto(select(*_COM_BYTES).where(_COM_ID, _DA_OPERADORA))
_LER_DE_QUALQUER = Pronto(select(*_COM_BYTES).where(_COM_ID))
_BRUTA = Pronto(select(_m.pedido).where(_COM_ID, _DA_OPERADORA))
_BRUTA_DE_QUALQUER = Pronto(select(_m.pedido).where(_COM_ID))
_DETALHES = select(_m.detalhes).where(_COM_ID, _DA_OPERADORA)
_EXECUTADA = Pronto(
    select(*_COM_BYTES).where(
        _m.id == _x.mensagem_id,
        _x.prestador_id == bindparam("prestador_id"),
        _x.servico == bindparam("servico"),
        _x.sha256 == bindparam("sha256"),
    )
)


class _Gravacao:
    """Grava a mensagem e a sua folha: no PostgreSQL um comando, no SQLite dois."""

    def __init__(self) -> None:
        colunas = [_m[nome] for nome in (*CAMPOS, *_BYTES)]
        nomes = ", ".join(c.name for c in colunas)
        marcas = ", ".join(f":{c.name}" for c in colunas)
        f = tabelas.folha.c
        juntas = text(
            f"WITH m AS (INSERT INTO mensagem ({nomes}) VALUES ({marcas}))"  # noqa: S608 - nossos
            " INSERT INTO folha (mensagem_id, resumo, marca) VALUES (:id, :resumo, :marca)"
        ).bindparams(
            *(bindparam(c.name, type_=c.type) for c in colunas),
            bindparam("resumo", type_=f.resumo.type),
            bindparam("marca", type_=f.marca.type),
        )
        self._juntas = Pronto(juntas)
        self._mensagem = Pronto(insert(tabelas.mensagem))
        self._folha = Pronto(insert(tabelas.folha).inline())

    def executar(self, conn: Connection, valores: Mapping[str, Any]) -> None:
        """Grava o que ``_valores`` dá."""
        if conn.dialect.name == "postgresql":
            self._juntas.executar(conn, valores)
            return
        folha = {"mensagem_id": valores["id"]}
        folha |= {nome: valores[nome] for nome in ("resumo", "marca")}
        self._mensagem.executar(conn, {n: v for n, v in valores.items() if n not in folha})
        self._folha.executar(conn, folha)


_GRAVAR = _Gravacao()


def reservar(
    conn: Connection, prestador_id: int, servico: str, sha256: str, mensagem_id: str
) -> bool:
    """Reserva a execução de uma mensagem que muda estado, antes de executá-la.

    Returns:
        Se é a primeira; falso se a mesma já foi executada, e então ``executada`` a tem. Se outra
        transação está com a reserva, espera por ela (até o limite de tempo do banco).
    """
    reserva = {
        "prestador_id": prestador_id,
        "servico": servico,
        "sha256": sha256,
        "mensagem_id": mensagem_id,
    }
    linha = _RESERVAR.executar(conn, reserva)
    return linha is not None


def executada(
    conn: Connection, prestador_id: int, servico: str, sha256: str
) -> MensagemGuardada | None:
    """A mensagem que executou este mesmo pedido, com a resposta que se deu."""
    chave = {"prestador_id": prestador_id, "servico": servico, "sha256": sha256}
    return _guardada(conn, _EXECUTADA.primeira(conn, chave))


def preparar(cifra: Cifra | None, id: str, pedido: bytes) -> Preparado:  # noqa: A002
    """O pedido de uma mensagem como se guarda, feito antes de haver transação.

    Raises:
        ChavesInvalidas: as chaves não servem.
    """
    return Preparado(guarda.preparar(cifra, id, "pedido", pedido))


def arquivar(conn: Connection, nova: MensagemNova) -> None:
    """Guarda uma mensagem com os seus bytes comprimidos e cifrados, e a sua folha por selar.

    Raises:
        ChavesInvalidas: o banco foi aberto com uma cifra cujas chaves não servem.
    """
    cifra = cifra_de(conn)
    if _cifra_bytes(cifra, nova):
        chaves.registrar(conn, cifra)
    _GRAVAR.executar(conn, _valores(cifra, nova))


def arquivar_so(banco: Banco, nova: MensagemNova) -> None:
    """O mesmo, numa transação em que não há mais nada; os bytes fazem-se antes dela.

    Raises:
        BancoIndisponivel: se o banco não atendeu.
        ChavesInvalidas: o banco foi aberto com uma cifra cujas chaves não servem.
    """
    cifra = banco.cifra
    if _cifra_bytes(cifra, nova) and not chaves.registrada(cifra, cifra.em_uso()):
        # registrá-la é mais do que um comando
        with banco.escrita() as conn:
            arquivar(conn, nova)
        return
    valores = _valores(cifra, nova)
    with banco.escrita_avulsa() as conn:
        _GRAVAR.executar(conn, valores)


def _cifra_bytes(cifra: Cifra | None, nova: MensagemNova) -> TypeGuard[Cifra]:
    """Se o que se vai gravar leva bytes cifrados, e por isso a chave tem de estar no registro."""
    tem_bytes = nova.pedido is not None or nova.resposta is not None
    return cifra is not None and cifra.ativa and tem_bytes


def _valores(cifra: Cifra | None, nova: MensagemNova) -> dict[str, Any]:
    """O que se grava de uma mensagem e da sua folha."""
    valores: dict[str, Any] = {nome: getattr(nova, nome) for nome in CAMPOS}
    if nova.detalhes is not None:
        valores["detalhes"] = dict(nova.detalhes)
    valores["pedido_sha256"] = _resumo_do_guardado(nova)
    valores["resposta_sha256"] = _sha256(nova.resposta)
    dela = resumo(valores)
    for coluna, bruto in (("pedido", nova.pedido), ("resposta", nova.resposta)):
        if isinstance(bruto, Preparado):
            valores[coluna] = bruto.guardado
        elif bruto is None:
            valores[coluna] = None
        else:
            valores[coluna] = guarda.preparar(cifra, nova.id, coluna, bruto)
    valores["resumo"] = dela
    valores["marca"] = folhas.marcar(cifra, nova.id, dela)
    return valores


def ler(
    conn: Connection,
    operadora_id: int | None,
    id: str,  # noqa: A002
) -> MensagemGuardada | None:
    """Uma mensagem do arquivo, com a senha do prestador escondida.

    Args:
        conn: a transação.
        operadora_id: de quem a mensagem tem de ser; ``None``, que lê as de qualquer uma e as de
            nenhuma, é só da linha de comando.
        id: identificação no arquivo.

    Raises:
        ChavesInvalidas: falta a chave que a cifrou.
        NaoDecifrado: os bytes guardados foram alterados.
    """
    linha = _procurar(conn, _LER, _LER_DE_QUALQUER, operadora_id, id)
    return _guardada(conn, linha)


def bruta(conn: Connection, operadora_id: int | None, id: str) -> bytes | None:  # noqa: A002
    """Os bytes do pedido exatamente como vieram, senha incluída; só para reprocessar.

    Argumentos e exceções como em ``ler``.
    """
    linha = _procurar(conn, _BRUTA, _BRUTA_DE_QUALQUER, operadora_id, id)
    return None if linha is None else guarda.abrir(conn, id, "pedido", linha[0])


def charset(conn: Connection, operadora_id: int, id: str) -> str | None:  # noqa: A002
    """Codificação que veio só no cabeçalho HTTP, sem a qual os bytes não se leem de novo."""
    chave = {"id": id, "operadora_id": operadora_id}
    detalhes = conn.execute(_DETALHES, chave).scalar_one_or_none()
    return (detalhes or {}).get("charset")


def listar(
    conn: Connection,
    *,
    operadora_id: int | None = None,
    desfecho: str | None = None,
    limite: int = 50,
) -> tuple[RegistroMensagem, ...]:
    """As mensagens mais novas, sem os bytes."""
    consulta = select(*_SEM_BYTES).order_by(_m.recebida_em.desc(), _m.id).limit(limite)
    if operadora_id is not None:
        consulta = consulta.where(_m.operadora_id == operadora_id)
    if desfecho is not None:
        consulta = consulta.where(_m.desfecho == desfecho)
    return tuple(
        RegistroMensagem(**dict(zip(CAMPOS, linha, strict=True)))
        for linha in conn.execute(consulta)
    )


def _procurar(
    conn: Connection,
    dela: Pronto,
    de_qualquer: Pronto,
    operadora_id: int | None,
    id_: str,
) -> tuple[Any, ...] | None:
    if operadora_id is None:
        return de_qualquer.primeira(conn, {"id": id_})
    return dela.primeira(conn, {"id": id_, "operadora_id": operadora_id})


def _guardada(conn: Connection, linha: tuple[Any, ...] | None) -> MensagemGuardada | None:
    if linha is None:
        return None
    *registro, pedido, resposta, resposta_sha256, expurgada_em = linha
    campos = dict(zip(CAMPOS, registro, strict=True))
    aberto = guarda.abrir(conn, campos["id"], "pedido", pedido)
    return MensagemGuardada(
        **campos,
        pedido=None if aberto is None else mascarar(aberto),
        resposta=guarda.abrir(conn, campos["id"], "resposta", resposta),
        resposta_sha256=resposta_sha256,
        expurgada_em=expurgada_em,
    )


def _resumo_do_guardado(nova: MensagemNova) -> str | None:
    # o pedido inteiro já foi resumido por quem o recebeu
    return nova.sha256 if nova.integral and nova.pedido is not None else _sha256(nova.pedido)


def _sha256(bruto: bytes | Preparado | None) -> str | None:
    if isinstance(bruto, Preparado):
        raise TypeError("só um pedido inteiro vem preparado")
    return None if bruto is None else hashlib.sha256(bruto).hexdigest()
