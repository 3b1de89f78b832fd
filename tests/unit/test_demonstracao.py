"""O que a demonstração faz com valores que deviam ser o mesmo."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gateway.comandos.comum import Recusado
from gateway.demonstracao.fala import iguais, reais


def test_valores_iguais_dao_o_valor() -> None:
    """O mesmo valor, ainda que escrito com outros zeros, é um só."""
    assert iguais("o pago", {"API": Decimal("1.50"), "SOAP": Decimal("1.5")}) == Decimal("1.50")


def test_valor_diferente_diz_onde_se_leu_cada_um() -> None:
    """Um centavo de diferença recusa, e o texto traz de que valor se fala e quem diz o quê."""
    ditos = {"situação": Decimal("1234.56"), "demonstrativo": Decimal("1234.55")}
    with pytest.raises(Recusado) as recusado:
        iguais("o pago do protocolo 10", ditos)
    assert recusado.value.exit_code == 1
    assert recusado.value.message == (
        "o pago do protocolo 10 não é o mesmo em toda parte "
        "(situação: 1.234,56; demonstrativo: 1.234,55)"
    )


@pytest.mark.parametrize(
    ("valor", "escrito"), [("0", "0,00"), ("1234567.8", "1.234.567,80"), ("-25", "-25,00")]
)
def test_reais_como_no_brasil(valor: str, escrito: str) -> None:
    """Milhar com ponto e centavos com vírgula."""
    assert reais(Decimal(valor)) == escrito
