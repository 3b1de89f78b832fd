"""Um recurso inteiro por HTTP, pelo servidor de verdade, nos dois bancos."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from acceptance.test_api import _dados, _lote
from acceptance.test_api_cobranca import _Quem
from lxml import etree
from validador import validar_resposta

from prestador.arquivos_inventados import pdf
from prestador.respostas_de_recurso import ler_situacao_de_recurso

if TYPE_CHECKING:
    from acceptance.servidor import Servidor

_GRANDE = 2 * 1_048_576


def test_do_que_se_glosou_ao_que_se_paga(gateway: Servidor) -> None:
    """Glosa, saldo, rascunho com um PDF de 2 MiB, envio, resposta, impresso e pagamento."""
    protocolo, quem = _lote(gateway), _Quem(gateway)
    conta = _dados(quem("GET", f"/protocolos/{protocolo}"))
    informado = conta["guias"][0]["itens"][0]["valores"]["informado"]
    liberado = f"{float(informado) - 5:.2f}"
    item = {"item": 1, "valorProcessado": informado, "valorLiberado": liberado,
            "glosas": [{"codigo": "1705", "valor": "5.00"}]}  # fmt: skip
    _dados(
        quem("POST", f"/protocolos/{protocolo}/analise", {"guias": [{"guia": 1, "itens": [item]}]},
             Idempotency_Key=f"a{protocolo}")
    )  # fmt: skip
    _dados(quem("POST", f"/protocolos/{protocolo}/analise/finalizacao", {"completar": True}))
    [livre] = _dados(quem("GET", f"/recursaveis?protocolo={protocolo}"))["protocolos"]
    assert livre["saldoARecursar"] == "5.00"
    linha = {"nivel": "item", "codigoGlosa": "1705", "justificativa": "É o contrato.", "guia": 1,
             "item": 1, "valor": "5.00"}  # fmt: skip
    rascunho = _dados(
        quem("POST", "/rascunhos-de-recurso", {"protocolo": protocolo, "linhas": [linha]})
    )
    onde = f"/rascunhos-de-recurso/{rascunho['id']}"
    anexo = f"{onde}/anexos?nome=laudo.pdf&descricao=Laudo"
    assert _dados(quem("POST", anexo, pdf(_GRANDE)))["tamanho"] > _GRANDE
    numero = _dados(quem("POST", f"{onde}/envio"))["numeroRecurso"]
    junto = f"/recursos/{numero}/documentos?nome=outro.pdf"
    assert _dados(quem("POST", junto, pdf(_GRANDE + 1)))["situacao"] == "Enviado"
    decisao = {"decisoes": [{"linha": 1, "valorAcatado": "3.00", "justificativa": "Em parte."}]}
    feito = _dados(
        quem("POST", f"/recursos/{numero}/decisoes", decisao, Idempotency_Key=f"d{numero}")
    )
    assert (feito["situacao"]["codigo"], feito["valorAcatado"]) == (3, "3.00")
    [na_lista] = _dados(quem("GET", f"/recursos?recurso={numero}"))["recursos"]
    assert (na_lista["estado"]["texto"], na_lista["qtdAnexos"]) == ("AUTORIZADO PARCIAL", 2)
    impresso = quem("GET", f"/recursos/{numero}?formato=pdf").corpo
    assert len(re.findall(rb"/Type /Page\b", impresso)) == 2
    raiz = validar_resposta(quem("GET", f"/recursos/{numero}/resposta").corpo, "4.03.00")
    assert isinstance(raiz, etree._Element)
    pagamento = {"prestador": livre["prestador"]["codigo"], "dataPrevista": "2026-03-31",
                 "forma": "3", "protocolos": [{"protocolo": numero}]}  # fmt: skip
    pago = _dados(quem("POST", "/pagamentos", pagamento, Idempotency_Key=f"p{numero}"))
    assert pago["brutos"]["liberado"] == "3.00"
    _dados(quem("POST", f"/pagamentos/{pago['id']}/confirmacao", {"data": "2026-03-31"}))
    depois = _dados(quem("GET", f"/recursos/{numero}"))
    assert (depois["situacao"]["codigo"], depois["dataPagamento"]) == (6, "2026-03-31")
    recibo = quem("GET", f"/recursos/{numero}/resposta").corpo
    [dita] = ler_situacao_de_recurso(etree.fromstring(recibo)[1][0]).linhas or [None]
    assert dita is None or str(dita.valor_acatado) == "3.00"
