"""Ambiente do Alembic: usa a conexão e a transação que ``persistence.esquema`` já abriu."""

from __future__ import annotations

from alembic import context

from persistence.tabelas import metadados

context.configure(
    connection=context.config.attributes["conexao"],
    target_metadata=metadados,
    # a transação é de quem chama: ou tudo se aplica, ou nada
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
