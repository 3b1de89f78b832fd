"""O que os testes de credenciais têm em comum: uma clínica com login, e o que ela envia."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration.recepcao import conferir_falha, lote, pronta

from dominio import erros
from handlers import senhas
from handlers.senhas import filtro, forma_de_fio
from persistence import tentativas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.recepcao import Mesa, Resposta

LOGIN, SENHA = "clinica", "Segredo#1"
DAQUI = "192.0.2.10"


class Contadora:
    """Conta as verificações argon2 que passam por ela."""

    def __init__(self) -> None:
        self.vezes = 0
        self._verdadeira = senhas._argon2

    def verify(self, resumo: str, senha: str) -> bool:
        """Conta e verifica."""
        self.vezes += 1
        return self._verdadeira.verify(resumo, senha)

    def hash(self, senha: str) -> str:
        """Não conta: só as verificações interessam."""
        return self._verdadeira.hash(senha)


def enviar(
    mesa: Mesa,
    senha: str = SENHA,
    *,
    login: str = LOGIN,
    numero: str = "1",
    endereco: str = DAQUI,
    certificado: str | None = None,
) -> Resposta:
    """Envia um lote com login e senha."""
    dados = pronta(lote(numero=numero, login=login, senha=senha))
    return mesa.enviar(dados, endereco=endereco, certificado=certificado)


def errar(mesa: Mesa, vezes: int, endereco: str = DAQUI, *, comeco: int = 0) -> None:
    """Envia tantas senhas erradas, todas diferentes e sem o filtro da certa."""
    palpites = erradas(mesa, comeco)
    for _ in range(vezes):
        conferir_falha(enviar(mesa, next(palpites), endereco=endereco), erros.LOGIN)


def erradas(mesa: Mesa, comeco: int = 0) -> Iterator[str]:
    """Senhas erradas cujo filtro não é o da certa, como 255 de cada 256."""
    with mesa.banco.escrita() as conn:
        chave = tentativas.chave(conn, mesa.operadora.id)
    certo = filtro(chave, forma_de_fio(SENHA))
    numero = comeco * 1000
    while True:
        numero += 1
        if filtro(chave, forma_de_fio(f"errada {numero}")) != certo:
            yield f"errada {numero}"
