#!/bin/bash
# A base e o seu dono. Não um superusuário: por um deles passariam as políticas que separam as
# operadoras.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -v senha="$(cat /run/secrets/gateway)" --username postgres <<'SQL'
CREATE ROLE gateway LOGIN PASSWORD :'senha';
CREATE DATABASE tiss OWNER gateway ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE tiss FROM PUBLIC;
SQL
