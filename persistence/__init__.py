"""O que fica guardado: tabelas, migrações e um repositório por agregado. Sem XML, HTTP ou Spyne."""
