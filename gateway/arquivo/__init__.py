"""O arquivo de mensagens visto de fora do caminho delas: selar, conferir, expurgar, exportar."""
