"""Mede o gateway contra o piso, na mesma execução: ``python -m bench``."""
