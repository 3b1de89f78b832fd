"""O que as listas têm em comum: página ou planilha, e de onde continuar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

from pydantic import Field

from backoffice.api import planilhas
from backoffice.api.campos import Cursor, Limite, Pedido, RegistroAns
from backoffice.api.problemas import Problema

if TYPE_CHECKING:
    from starlette.requests import Request

    from backoffice.api.base import Quem


class Formato(Pedido):
    """O que se diz de uma lista que vem inteira."""

    formato: Literal["json", "csv"] | None = Field(
        None, description="Sem ele, vale o cabeçalho Accept."
    )


class PedidoDeLista(Formato):
    """Os campos de toda lista em páginas."""

    operadora: RegistroAns | None = None
    cursor: Cursor | None = None
    limite: Limite = 100


def quer_planilha(pedido: Request, formato: str | None) -> bool:
    """Se a resposta é CSV: porque o campo o diz ou, sem ele, o cabeçalho Accept."""
    if formato is not None:
        return formato == "csv"
    aceita = pedido.headers.get("accept", "")
    return aceita.split(",")[0].split(";")[0].strip().lower() == "text/csv"


def quantas(pedido: Request, campos: PedidoDeLista) -> int:
    """Quantas linhas ler: uma planilha traz a lista inteira, até o seu limite."""
    return planilhas.MAIS_LINHAS if quer_planilha(pedido, campos.formato) else campos.limite


def conferir_operadora(quem: Quem, registro_ans: str | None) -> None:
    """Só se pede a operadora do próprio token.

    Raises:
        Problema: 404, se é outra, exista ela ou não.
    """
    if registro_ans is not None and registro_ans != quem.operadora.registro_ans:
        raise Problema(404, "Não há esta operadora para este token.")


def ligacao(pedido: Request, proximo: str, *, ha_mais: bool) -> dict[str, str]:
    """Cabeçalho ``Link`` para a continuação, quando já a há; relativo, que o Host não se repete."""
    if not ha_mais:
        return {}
    campos = [(k, v) for k, v in pedido.query_params.multi_items() if k != "cursor"]
    consulta = urlencode([*campos, ("cursor", proximo)])
    return {"Link": f'<?{consulta}>; rel="next"'}
