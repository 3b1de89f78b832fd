"""``python -m gateway`` é o comando ``tiss-gateway``."""

from __future__ import annotations

from gateway.linha_de_comando import main

main()
