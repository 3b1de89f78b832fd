"""O que é de outro não existe: o mesmo 404, com as mesmas palavras, que o que nunca houve."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from console.navegador import Navegador, Pagina

_CODIGO = re.compile(r"[0-9a-f]{32}")
INEXISTENTE = "987654321098"


def conferir_alheio(navegador: Navegador, caminho: str, alheio: object, **campos: Any) -> None:
    """Confere que um número de outra operadora ou de outro prestador não se distingue de nenhum.

    Args:
        navegador: de quem não o pode ver.
        caminho: com ``{}`` no lugar do número, como ``/lotes/{}``.
        alheio: o número que existe e é de outro.
        campos: se há, envia-se um formulário em vez de se abrir a página.
    """
    respostas = []
    for numero in (alheio, INEXISTENTE):
        alvo = caminho.replace("{}", str(numero))
        if campos:
            navegador.abrir("/minha-conta")
            respostas.append(navegador.enviar(alvo, seguir=False, **campos))
        else:
            respostas.append(navegador.pedir("GET", alvo, seguir=False))
    dele, nenhum = respostas
    assert dele.status == 404, (caminho, dele.status)
    # o número que se pediu pode repetir-se: quem pede já o sabe
    ditos = [_sem_codigo(dele).replace(str(alheio), ""), _sem_codigo(nenhum)]
    assert ditos[0] == ditos[1].replace(INEXISTENTE, ""), caminho


def _sem_codigo(pagina: Pagina) -> str:
    """O que a página diz, sem o código que muda a cada resposta."""
    return _CODIGO.sub("", pagina.texto)
