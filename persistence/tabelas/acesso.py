"""Quem já entrou por onde, com que certificado, e quanto um desconhecido pode deixar no arquivo."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from persistence.tabelas.base import CHAVE, fk, metadados, um_de
from persistence.tipos import Instante

acerto_login = Table(
    "acerto_login",
    metadados,
    Column("operadora_id", CHAVE, fk("operadora.id"), primary_key=True, autoincrement=False),
    Column("login_normal", Text, primary_key=True),
    Column("endereco", Text, primary_key=True),
    Column("em", Instante, nullable=False, index=True),
)
"""Último dia em que um login acertou de um endereço: quem já entrou por ali não se tranca."""

acesso_prestador = Table(
    "acesso_prestador",
    metadados,
    Column("prestador_id", CHAVE, fk("prestador.id"), primary_key=True, autoincrement=False),
    Column("autenticacao", Text, nullable=False),
    um_de("autenticacao", "login", "certificado", "ambos"),
)
"""Com que um prestador se identifica; sem linha, com login."""

acesso_operadora = Table(
    "acesso_operadora",
    metadados,
    Column("operadora_id", CHAVE, fk("operadora.id"), primary_key=True, autoincrement=False),
    Column("credencial_vencida", Text, nullable=False),
    Column("validade_dias", SmallInteger, nullable=False),
    um_de("credencial_vencida", "avisa", "recusa"),
    CheckConstraint("validade_dias >= 0", name="validade_dias"),
)
"""O que fazer de uma credencial vencida; sem linha, avisa depois de 180 dias."""

certificado_prestador = Table(
    "certificado_prestador",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("prestador_id", CHAVE, fk("prestador.id"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("titular", Text, nullable=False),
    Column("emissor", Text, nullable=False),
    Column("vale_de", Instante, nullable=False),
    Column("vale_ate", Instante, nullable=False),
    Column("adicionado_em", Instante, nullable=False),
    UniqueConstraint("prestador_id", "sha256"),
)
"""Certificados com que um prestador se conecta; um certificado pode ser de vários."""

cota_endereco = Table(
    "cota_endereco",
    metadados,
    Column("endereco", Text, primary_key=True),
    Column("dia", Date, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Index(None, "dia"),
)
"""Bytes que cada endereço deixou no arquivo num dia sem se autenticar."""
