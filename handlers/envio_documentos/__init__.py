"""Documentos que acompanham lotes e guias."""

from __future__ import annotations

from handlers.envio_documentos.assunto import EnvioDocumentos
from handlers.envio_documentos.deposito import AntivirusSemResposta, Deposito

__all__ = ["AntivirusSemResposta", "Deposito", "EnvioDocumentos"]
