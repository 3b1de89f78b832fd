"""As seções da configuração, uma por módulo."""
