"""Descrições WSDL 1.1 dos serviços TISS, montadas da tabela de transações."""

from __future__ import annotations

from wsdl.montagem import ServicoInexistente, documento, nome_arquivo

__all__ = ["ServicoInexistente", "documento", "nome_arquivo"]
