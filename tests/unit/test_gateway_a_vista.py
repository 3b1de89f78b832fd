"""A configuração mostra-se inteira, e nenhum segredo dela."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.a_vista import OCULTO, configuracao_a_vista
from gateway.configuracao import Configuracao

if TYPE_CHECKING:
    import pytest


def test_nenhum_segredo_se_mostra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A senha do banco, a do arquivo de chaves, a do depósito e as que vão na consulta."""
    segredos = {
        "DATABASE__URL": "postgresql+psycopg://tiss:segredo1@banco/tiss?options=segredo2",
        "SIGNATURE__PASSWORD": "segredo3",
        "SIGNATURE__KEY": "chaves/assinatura.p12",
        "ARCHIVE__HEAD_WEBHOOK": "https://guarda.exemplo.br/cabeca?token=segredo4",
        "DOCUMENTS__S3_ACCESS_KEY": "segredo5",
        "DOCUMENTS__S3_SECRET_KEY": "segredo6",
    }
    for chave, valor in segredos.items():
        monkeypatch.setenv(f"TISS_GATEWAY_{chave}", valor)
    vista = configuracao_a_vista(Configuracao())
    assert "segredo" not in str(vista)
    assert vista["archive"]["head_webhook"] == f"https://guarda.exemplo.br/cabeca?{OCULTO}"
    assert vista["signature"]["password"] == OCULTO
    assert vista["signature"]["key"] == "chaves/assinatura.p12"


def test_cada_chave_aparece_em_texto(monkeypatch: pytest.MonkeyPatch) -> None:
    """Números e booleanos como se escrevem no arquivo; o repasse, serviço a serviço."""
    monkeypatch.setenv("TISS_GATEWAY_REPASSE__TISSLOTEGUIAS__URL", "https://nucleo.exemplo.br/")
    vista = configuracao_a_vista(Configuracao())
    assert vista["server"]["port"] == str(Configuracao().server.port)
    assert vista["console"]["require_totp"] == "false"
    assert vista["repasse"]["tissLoteGuias.url"] == "https://nucleo.exemplo.br/"
