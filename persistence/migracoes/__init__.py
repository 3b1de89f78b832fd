"""Ambiente do Alembic e as migrações; são aplicadas por ``persistence.esquema``."""
