"""As migrações, da mais antiga para a mais nova."""
