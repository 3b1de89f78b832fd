"""O lado da operadora e de quem usa o navegador: API, sobre os casos de uso; sem regra própria."""
