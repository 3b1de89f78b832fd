"""O cabeçalho das mensagens que o prestador envia.

Fonte: ``cabecalhoTransacao``; a senha viaja como MD5 em hexadecimal (componente organizacional).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from prestador.valores import Corpo, Identificado

FUSO = ZoneInfo("America/Sao_Paulo")
"""As datas das mensagens são as do Brasil."""


def senha_md5(senha: str) -> str:
    """A senha como o padrão manda enviá-la: MD5 em 32 dígitos hexadecimais minúsculos."""
    return hashlib.md5(senha.encode("iso-8859-1"), usedforsecurity=False).hexdigest()


def cabecalho(
    tipo_transacao: str,
    versao: str,
    prestador: Identificado,
    registro_ans: str,
    *,
    sequencial: str = "1",
    login: str | None = None,
    senha: str | None = None,
    agora: datetime | None = None,
) -> Corpo:
    """Cabeçalho de um pedido do prestador à operadora.

    Args:
        tipo_transacao: valor de ``dm_tipoTransacao``.
        versao: a do elemento ``Padrao``.
        prestador: a origem.
        registro_ans: o destino, seis dígitos.
        sequencial: até 12 caracteres.
        login: com ``senha``, preenche ``loginSenhaPrestador``.
        senha: em texto claro; é enviada como MD5.
        agora: data e hora do registro; por padrão as de Brasília.

    Raises:
        ValueError: se só um dos dois, login e senha, foi dado.
    """
    if (login is None) != (senha is None):
        raise ValueError("login e senha são dados juntos")
    agora = agora or datetime.now(FUSO)
    corpo: Corpo = {
        "identificacaoTransacao": {
            "tipoTransacao": tipo_transacao,
            "sequencialTransacao": sequencial,
            "dataRegistroTransacao": agora.date().isoformat(),
            "horaRegistroTransacao": agora.strftime("%H:%M:%S"),
        },
        "origem": {"identificacaoPrestador": prestador.no_cabecalho()},
        "destino": {"registroANS": registro_ans},
        "Padrao": versao,
    }
    if login is not None and senha is not None:
        corpo["loginSenhaPrestador"] = {
            "loginPrestador": login,
            "senhaPrestador": senha_md5(senha),
        }
    return corpo
