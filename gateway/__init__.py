"""A raiz da composição: portas HTTP e SOAP, configuração, registro, métricas e linha de comando."""
