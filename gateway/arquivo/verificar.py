"""Confere uma mensagem exportada do arquivo do gateway TISS, só com a biblioteca padrão.

Uso, na pasta em que se abriu o zip: python3 verificar.py [--cabeca CABEÇA]

CABEÇA é a que se guardou fora do gateway, em 64 dígitos hexadecimais: sem ela prova-se que as
partes se pertencem; com ela, que já existiam assim quando a cabeça foi publicada.

Sai com 0 se tudo confere e com 1 se algo não confere.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any


def sha256(dados: bytes) -> bytes:
    """O resumo SHA-256."""
    return hashlib.sha256(dados).digest()


def cabeca_do(selo: dict[str, Any]) -> str:
    """A cabeça que os campos de um selo dão."""
    campos = {nome: valor for nome, valor in selo.items() if nome != "cabeca"}
    texto = json.dumps(campos, sort_keys=True, separators=(",", ":"))
    return sha256(texto.encode("ascii")).hex()


def raiz_pelo_caminho(resumo: str, caminho: list[dict[str, str]]) -> str:
    """A raiz a que se chega da linha pelos seus vizinhos."""
    no = sha256(b"\x00" + bytes.fromhex(resumo))
    for passo in caminho:
        vizinho = bytes.fromhex(passo["resumo"])
        par = vizinho + no if passo["lado"] == "esquerda" else no + vizinho
        no = sha256(b"\x01" + par)
    return no.hex()


def conferir_bytes(pasta: Path, linha: dict[str, Any], nome: str) -> tuple[bool | None, str]:
    """Compara um arquivo com o resumo que a linha tem dele."""
    esperado = linha.get(nome + "_sha256")
    if esperado is None:
        return None, f"{nome}: a linha não guarda bytes"
    arquivo = pasta / f"{nome}.xml"
    if not arquivo.exists():
        if (pasta / f"{nome}-sem-senha.xml").exists():
            return None, f"{nome}: exportado sem a senha do prestador; estes bytes não se provam"
        return None, f"{nome}: bytes expurgados ou não exportados"
    achado = sha256(arquivo.read_bytes()).hex()
    return achado == esperado, f"{nome}: os bytes são os que o gateway guardou"


def conferir(pasta: Path, cabeca: str | None) -> list[tuple[bool | None, str]]:
    """Cada passo com o seu resultado: certo, errado, ou ``None`` se não se pode provar."""
    bruta = (pasta / "linha.json").read_bytes()
    linha = json.loads(bruta)
    prova = json.loads((pasta / "prova.json").read_text("utf-8"))
    passos = [conferir_bytes(pasta, linha, nome) for nome in ("pedido", "resposta")]
    resumo = sha256(bruta).hex()
    passos.append((resumo == prova["resumo"], "linha: os campos dão o resumo da folha"))
    cadeia = prova["cadeia"]
    raiz = raiz_pelo_caminho(resumo, prova["caminho"])
    passos.append((raiz == cadeia[0]["raiz"], "folha: o caminho leva à raiz do selo"))
    certa = all(cabeca_do(selo) == selo["cabeca"] for selo in cadeia) and all(
        depois["anterior"] == antes["cabeca"] and depois["sequencia"] == antes["sequencia"] + 1
        for antes, depois in zip(cadeia, cadeia[1:])  # noqa: B905, RUF007 - serve a Pythons velhos
    )
    passos.append((certa, f"cadeia: {len(cadeia)} selo(s), cada um preso ao anterior"))
    if cabeca is not None:
        passos.append((cadeia[-1]["cabeca"] == cabeca, "cabeça: é a que se deu"))
    return passos


def main() -> int:
    """Confere e mostra."""
    leitor = argparse.ArgumentParser(description="Confere uma mensagem exportada do gateway TISS.")
    leitor.add_argument("--cabeca", help="a que se guardou fora do gateway")
    opcoes = leitor.parse_args()
    cabeca = opcoes.cabeca.strip().lower() if opcoes.cabeca else None
    pasta = Path(__file__).resolve().parent
    try:
        passos = conferir(pasta, cabeca)
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as erro:
        print(f"ERRADO  os arquivos não se leem ({type(erro).__name__})")  # noqa: T201
        return 1
    for certo, texto in passos:
        palavra = {True: "certo ", False: "ERRADO", None: "aviso "}[certo]
        print(f"{palavra}  {texto}")  # noqa: T201
    certo = all(passo is not False for passo, _ in passos)
    print("tudo o que se pôde conferir confere" if certo else "NÃO CONFERE")  # noqa: T201
    return 0 if certo else 1


if __name__ == "__main__":
    sys.exit(main())
