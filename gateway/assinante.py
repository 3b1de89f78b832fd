"""Da configuração à chave que assina as respostas, lida uma vez, ao começar."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gateway.configuracao import ConfiguracaoInvalida
from mensagem.assinatura import Assinante, ChaveDeAssinatura, ChaveInvalida, Politica

if TYPE_CHECKING:
    from gateway.secoes.assinatura import Assinatura


def assinante(secao: Assinatura) -> Assinante | None:
    """Quem assina as respostas; ``None`` se não se assinam.

    Raises:
        ConfiguracaoInvalida: chave ou senha que não se podem usar.
    """
    if not secao.key:
        return None
    senha = secao.password.get_secret_value()
    if secao.password_file:
        dados = _ler("password_file", secao.password_file)
        senha = dados.decode("utf-8", errors="replace").rstrip("\r\n")
    try:
        chave = ChaveDeAssinatura.carregar(_ler("key", secao.key), senha)
    except ChaveInvalida as erro:
        raise ConfiguracaoInvalida(f"signature.key: {erro}") from None
    politica = None
    if secao.policy_oid:
        resumo = bytes.fromhex(secao.policy_sha256)
        politica = Politica(secao.policy_oid, resumo, secao.policy_uri)
    return Assinante(chave, secao.c14n, secao.xades, politica)


def _ler(campo: str, caminho: str) -> bytes:
    try:
        return Path(caminho).read_bytes()
    except OSError as erro:
        raise ConfiguracaoInvalida(f"signature.{campo}: {caminho}: {erro.strerror}") from None
