"""A vida de uma conta pela API: analisar, liberar e pagar lotes que a recepção recebeu."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from integration.recepcao import CODIGO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from integration.api import Api, Resposta

_chaves = (f"chave-{n}" for n in itertools.count(1))


class Contas:
    """Quem analisa e paga pela API; cada pedido tem uma chave nova, salvo se dada."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._lotes = itertools.count(1)

    def lote(self, **opcoes: Any) -> str:
        """Um lote recebido por web service; dá o número do protocolo."""
        n = next(self._lotes)
        recibo = self.api.mesa.enviar_lote(str(n), semente=n, **opcoes)
        assert recibo.protocolo is not None
        return recibo.protocolo

    def registrar(
        self,
        numero: str,
        *guias: dict[str, Any],
        chave: str | None = None,
        visto: str | None = None,
        **campos: Any,
    ) -> Resposta:
        """Registra resultados."""
        return self.api.enviar(
            "POST",
            f"/protocolos/{numero}/analise",
            {"guias": list(guias), **campos},
            chave=chave or next(_chaves),
            visto=visto,
        )

    def finalizar(self, numero: str, *, completar: bool = False, visto: str = "*") -> Resposta:
        """Finaliza a análise."""
        return self.api.enviar(
            "POST",
            f"/protocolos/{numero}/analise/finalizacao",
            {"completar": completar},
            visto=visto,
        )

    def reabrir(self, numero: str, *, visto: str = "*") -> Resposta:
        """Reabre a análise."""
        return self.api.enviar(
            "POST", f"/protocolos/{numero}/analise/reabertura", {"motivo": "engano"}, visto=visto
        )

    def liberar(self, numero: str, *, visto: str = "*") -> Resposta:
        """Libera para pagamento."""
        return self.api.enviar("POST", f"/protocolos/{numero}/liberacao", visto=visto)

    def retirar(self, numero: str, *, visto: str = "*") -> Resposta:
        """Retira a liberação."""
        return self.api.enviar(
            "POST", f"/protocolos/{numero}/liberacao/retirada", {"motivo": "revisão"}, visto=visto
        )

    def liberado(self, **opcoes: Any) -> str:
        """Um lote liberado como foi informado."""
        numero = self.lote(**opcoes)
        assert self.finalizar(numero, completar=True).status == 200
        assert self.liberar(numero).status == 200
        return numero

    def pagar(
        self,
        *protocolos: str | dict[str, Any],
        chave: str | None = None,
        token: str | None = None,
        **campos: Any,
    ) -> Resposta:
        """Cria um pagamento por boleto."""
        alvos = [p if isinstance(p, dict) else {"protocolo": p} for p in protocolos]
        pedido = {
            "prestador": CODIGO,
            "dataPrevista": "2026-03-31",
            "forma": "3",
            "protocolos": alvos,
            **campos,
        }
        return self.api.enviar(
            "POST", "/pagamentos", pedido, chave=chave or next(_chaves), token=token
        )

    def passo(self, pagamento: int, nome: str, visto: str = "*", **campos: Any) -> Resposta:
        """Confirma, cancela ou estorna um pagamento."""
        return self.api.enviar("POST", f"/pagamentos/{pagamento}/{nome}", campos, visto=visto)

    def confirmar(self, pagamento: int, data: str = "2026-03-31") -> Resposta:
        """Diz que se pagou."""
        return self.passo(pagamento, "confirmacao", data=data)

    def estornar(
        self, pagamento: int, protocolos: Sequence[dict[str, Any]] | None = None
    ) -> Resposta:
        """Desfaz o que se pagou."""
        campos = {} if protocolos is None else {"protocolos": list(protocolos)}
        return self.passo(pagamento, "estorno", motivo="conta errada", **campos)

    def protocolo(self, numero: str) -> Any:
        """O protocolo como a API o mostra."""
        return self.api.pegar(f"/protocolos/{numero}").dados

    def visto_pelo_prestador(self, numero: str) -> Any:
        """A situação que a consulta SOAP responde."""
        return self.api.mesa.perguntar(numero).situacao


def item(posicao: int, processado: str, *glosas: tuple[str, str], **campos: Any) -> dict[str, Any]:
    """O resultado de um item cujo liberado é o processado menos as glosas."""
    centavos = round(float(processado) * 100) - sum(round(float(v) * 100) for _, v in glosas)
    return {
        "item": posicao,
        "valorProcessado": processado,
        "valorLiberado": f"{centavos / 100:.2f}",
        "glosas": [
            {"codigo": codigo, "valor": valor, "texto": "acima do contratado"}
            for codigo, valor in glosas
        ],
        **campos,
    }


def guia(posicao: int, *itens: dict[str, Any], **campos: Any) -> dict[str, Any]:
    """O resultado de uma guia pela posição."""
    return {"guia": posicao, "itens": list(itens), **campos}
