"""As chaves do arquivo de mensagens: o primeiro arquivo delas, e se são as deste banco."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from persistence import chaves
from persistence.cifra import ChavesInvalidas, Cifra, criar, nova

if TYPE_CHECKING:
    from gateway.secoes.arquivo import Arquivo
    from persistence.banco import Banco


def cifra(ajustes: Arquivo) -> Cifra:
    """A cifra da configuração; o arquivo de chaves só se abre quando preciso."""
    return Cifra(ajustes.key_file, cifrar=ajustes.encrypt)


def preparar(banco: Banco, ajustes: Arquivo) -> bool:
    """Confere que as chaves são as do banco, que está em dia; cria-as se ninguém ainda cifrou.

    Returns:
        Se criou o arquivo de chaves.

    Raises:
        ChavesInvalidas: o arquivo falta, não se lê, ou não tem uma chave que cifra mensagens
            deste banco.
        BancoIndisponivel: o banco não atendeu.
    """
    with banco.leitura() as conn:
        conhecidas = chaves.conhecidas(conn)
    criado = False
    if ajustes.encrypt and not conhecidas and not ajustes.key_file.exists():
        try:
            criado = criar(ajustes.key_file, nova(datetime.now(UTC)))
        except OSError as erro:
            raise ChavesInvalidas(
                f"{ajustes.key_file}: não se pôde criar o arquivo de chaves ({erro.strerror})"
            ) from None
    if not ajustes.encrypt and not conhecidas:
        return criado
    daqui = cifra(ajustes)
    daqui.exigir(conhecidas)
    if daqui.ativa:
        with banco.escrita() as conn:
            chaves.registrar(conn, daqui)
    return criado
