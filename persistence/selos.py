"""Os selos do arquivo: lotes de folhas sob uma raiz de Merkle, cada um preso ao anterior.

Uma folha sem selo é uma mensagem por selar, e é isso, e não a hora, que diz o que falta: uma
transação lenta que se grava depois de outras já seladas entra no selo seguinte.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from persistence import folhas as marcas
from persistence import guarda, tabelas
from persistence.mensagens import CAMPOS
from persistence.merkle import raiz
from persistence.resumo import resumo

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    Assinar = Callable[[bytes], tuple[bytes, bytes]]

ORIGEM = "0" * 64
"""O anterior do primeiro selo."""

COLUNAS_DO_RESUMO = (*CAMPOS, "pedido_sha256", "resposta_sha256")
"""O que o resumo de uma linha cobre: tudo o que não muda; os bytes, pelos resumos deles."""

_s = tabelas.selo.c
_f = tabelas.folha.c
_m = tabelas.mensagem.c
_LINHA = tuple(_m[nome] for nome in COLUNAS_DO_RESUMO)


class Selo(NamedTuple):
    """Um selo.

    Attributes:
        sequencia: 1 para o primeiro, sem saltos.
        anterior: cabeça do selo anterior; ``ORIGEM`` no primeiro.
        raiz: da árvore de Merkle das folhas.
        quantidade: de folhas.
        primeira: mensagem da primeira folha.
        ultima: mensagem da última folha.
        em: quando se selou.
        cabeca: SHA-256 hexadecimal de tudo acima; prova este selo e todos os anteriores.
        assinatura: da cabeça em ASCII, se havia chave.
        certificado: o de quem assinou, em DER.
    """

    sequencia: int
    anterior: str
    raiz: str
    quantidade: int
    primeira: str
    ultima: str
    em: datetime
    cabeca: str
    assinatura: bytes | None = None
    certificado: bytes | None = None

    def campos(self) -> dict[str, Any]:
        """O que a cabeça cobre."""
        nomes = ("sequencia", "anterior", "raiz", "quantidade", "primeira", "ultima", "em")
        return {nome: getattr(self, nome) for nome in nomes}

    def cabeca_certa(self) -> str:
        """A cabeça que estes campos dão."""
        return resumo(self.campos())


class Folha(NamedTuple):
    """Uma folha selada.

    Attributes:
        mensagem_id: da mensagem.
        resumo: o da linha; só falta numa folha por selar de antes de haver folhas.
        posicao: no selo.
        marca: prova de que foi o gateway que a gravou.
    """

    mensagem_id: str
    resumo: str | None
    posicao: int | None
    marca: bytes | None = None


def selar(
    conn: Connection,
    agora: datetime,
    limite: int,
    assinar: Assinar | None = None,
    *,
    exigir_marca: bool = False,
) -> Selo | None:
    """Sela as folhas mais antigas ainda sem selo, menos as que não são do gateway.

    Args:
        conn: a transação; se outra sela ao mesmo tempo, uma das duas falha inteira.
        agora: instante do selo.
        limite: quantas folhas no máximo.
        assinar: recebe a cabeça em ASCII, devolve assinatura e certificado em DER.
        exigir_marca: se as folhas sem marca também ficam de fora.

    Returns:
        O selo, ou ``None`` se não havia o que selar.

    Raises:
        IntegrityError: outra transação criou o mesmo selo.
        ChavesInvalidas: falta a chave que marcou alguma folha.
    """
    # antes das folhas: se outra transação as sela depois disto, o selo dela é este mesmo número
    anterior = ultimo(conn)
    folhas = _por_selar(conn, limite, exigir_marca=exigir_marca)
    if not folhas:
        return None
    resumos = [f.resumo or _resumir_antiga(conn, f.mensagem_id) for f in folhas]
    selo = Selo(
        sequencia=1 if anterior is None else anterior.sequencia + 1,
        anterior=ORIGEM if anterior is None else anterior.cabeca,
        raiz=raiz(resumos),
        quantidade=len(folhas),
        primeira=folhas[0].mensagem_id,
        ultima=folhas[-1].mensagem_id,
        em=agora,
        cabeca="",
    )
    selo = selo._replace(cabeca=selo.cabeca_certa())
    if assinar is not None:
        assinatura, certificado = assinar(selo.cabeca.encode("ascii"))
        selo = selo._replace(assinatura=assinatura, certificado=certificado)
    conn.execute(insert(tabelas.selo).values(selo._asdict()))
    conn.execute(
        update(tabelas.folha)
        .where(_f.id == bindparam("folha_id"), _f.selo.is_(None))
        .values(selo=selo.sequencia, posicao=bindparam("nova"), resumo=bindparam("dela")),
        [
            {"folha_id": folha.id, "nova": posicao, "dela": dela}
            for posicao, (folha, dela) in enumerate(zip(folhas, resumos, strict=True))
        ],
    )
    return selo


def _por_selar(conn: Connection, limite: int, *, exigir_marca: bool) -> list[Any]:
    """As folhas mais antigas que se podem selar; uma forjada não atrasa as que vêm depois."""
    consulta = (
        select(_f.id, _f.mensagem_id, _f.resumo, _f.marca)
        .where(_f.selo.is_(None))
        .order_by(_f.id)
        .limit(limite)
    )
    boas: list[Any] = []
    pagina = conn.execute(consulta).all()
    while pagina:
        boas += [
            f
            for f in pagina
            if marcas.confere(conn, f.mensagem_id, f.resumo, f.marca, exigir=exigir_marca)
        ]
        if len(boas) >= limite or len(pagina) < limite:
            break
        pagina = conn.execute(consulta.where(_f.id > pagina[-1].id)).all()
    return boas[:limite]


def forjadas(conn: Connection, *, exigir_marca: bool) -> tuple[str, ...]:
    """Mensagens cuja folha por selar não é a que o gateway gravou.

    Raises:
        ChavesInvalidas: falta a chave que marcou alguma folha.
    """
    return tuple(
        f.mensagem_id
        for f in folhas(conn, None)
        if not marcas.confere(conn, f.mensagem_id, f.resumo, f.marca, exigir=exigir_marca)
    )


def tem(conn: Connection, cabeca: str) -> bool:
    """Se a cadeia passa por uma cabeça."""
    linhas = conn.execute(select(tabelas.selo).where(_s.cabeca == cabeca)).mappings()
    return any(Selo(**linha).cabeca_certa() == cabeca for linha in linhas)


def ultimo(conn: Connection) -> Selo | None:
    """O último selo, cuja cabeça prova todo o arquivo selado."""
    consulta = select(tabelas.selo).order_by(_s.sequencia.desc()).limit(1)
    linha = conn.execute(consulta).mappings().one_or_none()
    return None if linha is None else Selo(**linha)


def todos(
    conn: Connection, desde: int | None = None, limite: int | None = None
) -> tuple[Selo, ...]:
    """Os selos, na ordem: de uma sequência em diante, ou todos, também os de número impossível."""
    consulta = select(tabelas.selo).order_by(_s.sequencia).limit(limite)
    linhas = conn.execute(consulta if desde is None else consulta.where(_s.sequencia >= desde))
    return tuple(Selo(**linha) for linha in linhas.mappings())


def folhas(conn: Connection, sequencia: int | None) -> tuple[Folha, ...]:
    """As folhas de um selo, por posição; com ``None``, as que ainda esperam por um."""
    onde = _f.selo.is_(None) if sequencia is None else _f.selo == sequencia
    linhas = conn.execute(
        select(_f.mensagem_id, _f.resumo, _f.posicao, _f.marca)
        .where(onde)
        .order_by(_f.posicao, _f.id)
    )
    return tuple(Folha(*linha) for linha in linhas)


def folha_de(conn: Connection, mensagem_id: str) -> tuple[Folha, int | None] | None:
    """A folha de uma mensagem e a sequência do seu selo, se já o tem."""
    linha = conn.execute(
        select(_f.mensagem_id, _f.resumo, _f.posicao, _f.marca, _f.selo).where(
            _f.mensagem_id == mensagem_id
        )
    ).one_or_none()
    return None if linha is None else (Folha(*linha[:4]), linha.selo)


def sem_folha(conn: Connection) -> tuple[str, ...]:
    """Mensagens que estão no arquivo sem folha: alguém as pôs, ou lhes tirou a folha."""
    consulta = (
        select(_m.id)
        .where(~select(_f.id).where(_f.mensagem_id == _m.id).exists())
        .order_by(_m.recebida_em)
    )
    return tuple(conn.execute(consulta).scalars())


def selos_sem_linha(conn: Connection) -> tuple[int, ...]:
    """Sequências que folhas citam e de que não há selo."""
    consulta = (
        select(_f.selo)
        .where(_f.selo.is_not(None), _f.selo.not_in(select(_s.sequencia)))
        .distinct()
        .order_by(_f.selo)
    )
    return tuple(n for n in conn.execute(consulta).scalars() if n is not None)


def linha_de(conn: Connection, mensagem_id: str) -> dict[str, Any] | None:
    """Os campos que o resumo de uma mensagem cobre, sem os ausentes."""
    linha = conn.execute(select(*_LINHA).where(_m.id == mensagem_id)).mappings().one_or_none()
    return None if linha is None else {n: v for n, v in linha.items() if v is not None}


def resumo_da(linha: RowMapping) -> str:
    """O resumo que uma linha lida agora dá."""
    return resumo({nome: linha[nome] for nome in COLUNAS_DO_RESUMO})


def _resumir_antiga(conn: Connection, mensagem_id: str) -> str:
    """Dá resumo a uma mensagem de antes de haver folhas."""
    onde = _m.id == mensagem_id
    pedido = conn.execute(select(_m.pedido).where(onde)).scalar_one()
    aberto = guarda.abrir(conn, mensagem_id, "pedido", pedido)
    if aberto is not None:
        sha256 = hashlib.sha256(aberto).hexdigest()
        conn.execute(update(tabelas.mensagem).where(onde).values(pedido_sha256=sha256))
    return resumo_da(conn.execute(select(*_LINHA).where(onde)).mappings().one())
