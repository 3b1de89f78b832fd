"""``trust``, ``operadora set`` e ``prestador set``: o que entra e o que se recusa."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import certificados as icp
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from integration.assinadas import ac, relido
from integration.comandos import Terminal
from integration.lcr_servida import Resposta, ServidorDeListas
from integration.recepcao import CODIGO, REGISTRO
from sqlalchemy import select

from mensagem.certificados import impressao
from persistence import operadoras, revogados, tabelas

if TYPE_CHECKING:
    from pathlib import Path

    from integration.comandos import Saida
    from integration.recepcao import AbrirMesa, Mesa

DONA = ("--registro-ans", REGISTRO)


@pytest.fixture
def mesa_e_terminal(
    nova_mesa: AbrirMesa,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> tuple[Mesa, Terminal]:
    """Uma operadora com um prestador, e a linha de comando no mesmo banco."""
    mesa = nova_mesa()
    # o servidor de listas dos testes é local
    monkeypatch.setenv("TISS_GATEWAY_TRUST__ALLOW_NETWORKS", '["127.0.0.1/32"]')
    url = mesa.banco.url.render_as_string(hide_password=False)
    return mesa, Terminal(monkeypatch, capsys, tmp_path).usar(url)


@pytest.fixture
def maco(tmp_path: Path) -> Path:
    """Um arquivo PEM com a raiz e a autoridade inventadas, e um titular que não é de lá."""
    arquivo = tmp_path / "maco.pem"
    arquivo.write_bytes(icp.raiz().pem + ac().pem + ac().titular().pem)
    return arquivo


def _tipos(saida: Saida) -> list[tuple[str, str]]:
    return [(c["tipo"], c["nome"]) for c in saida.dados["certificados"]]


def _lista(terminal: Terminal) -> Saida:
    return terminal("trust", "list", *DONA, "--json")


def test_raiz_de_outra_icp_so_e_ancora_se_pedido(
    mesa_e_terminal: tuple[Mesa, Terminal], maco: Path
) -> None:
    """Sem --ancora uma raiz desconhecida só ajuda; com ela, e só ela, vira âncora."""
    _, terminal = mesa_e_terminal
    sem = terminal("trust", "add", *DONA, "maco.pem", "--json")
    assert (sem.codigo, sem.dados["ignorados"]) == (0, 1)
    assert {t for t, _ in _tipos(_lista(terminal))} == {"intermediaria"}
    com = terminal("trust", "add", *DONA, "--ancora", str(maco))
    assert com.codigo == 0
    assert impressao(icp.raiz().certificado) in com.texto
    assert _tipos(_lista(terminal)) == [
        ("ancora", "AC Raiz de Teste v1"),
        ("intermediaria", "AC Intermediaria de Teste"),
    ]
    outra_vez = terminal("trust", "add", *DONA, "--ancora", str(maco), "--json")
    assert (outra_vez.dados["novas"], outra_vez.dados["jaTinha"]) == ([], 2)


def test_raizes_da_icp_brasil_viram_ancoras(
    mesa_e_terminal: tuple[Mesa, Terminal], tmp_path: Path
) -> None:
    """Do maço só a raiz autoassinada com os nomes da AC Raiz Brasileira vira âncora."""
    _, terminal = mesa_e_terminal
    raiz = icp.raiz("Autoridade Certificadora Raiz Brasileira v5", "ICP-Brasil")
    abaixo = icp.raiz().autoridade("Autoridade Certificadora Raiz Brasileira v9")
    outra = icp.raiz("Autoridade Certificadora Raiz Brasileira v5", "ICP-Falsa")
    with zipfile.ZipFile(tmp_path / "maco.zip", "w") as zip_:
        for n, autoridade in enumerate((raiz, abaixo, outra)):
            zip_.writestr(f"ac{n}.crt", autoridade.pem)
    assert terminal("trust", "add", *DONA, "maco.zip").codigo == 0
    ancoras = [c for c in _lista(terminal).dados["certificados"] if c["tipo"] == "ancora"]
    assert [a["impressao"] for a in ancoras] == [impressao(raiz.certificado)]


@pytest.mark.parametrize("forma", ["der", "p7b"])
def test_outras_formas_de_arquivo(
    mesa_e_terminal: tuple[Mesa, Terminal], tmp_path: Path, forma: str
) -> None:
    """DER e PKCS#7 servem como PEM."""
    _, terminal = mesa_e_terminal
    conteudo = icp.raiz().der
    if forma == "p7b":
        conteudo = pkcs7.serialize_certificates([icp.raiz().certificado], Encoding.DER)
    (tmp_path / "raiz").write_bytes(conteudo)
    assert terminal("trust", "add", *DONA, "--ancora", "raiz").codigo == 0
    assert _tipos(_lista(terminal)) == [("ancora", "AC Raiz de Teste v1")]


def test_arquivo_que_nao_serve(mesa_e_terminal: tuple[Mesa, Terminal], tmp_path: Path) -> None:
    """O que não é certificado, não é autoridade, ou não é raiz, se recusa em uma linha."""
    _, terminal = mesa_e_terminal
    (tmp_path / "lixo").write_bytes(b"nada")
    (tmp_path / "titular").write_bytes(ac().titular().pem)
    (tmp_path / "ac").write_bytes(ac().pem)
    saidas = [
        terminal("trust", "add", *DONA, "lixo"),
        terminal("trust", "add", *DONA, "titular"),
        terminal("trust", "add", *DONA, "--ancora", "ac"),
        terminal("trust", "add", *DONA, "falta"),
    ]
    assert [s.codigo for s in saidas] == [2, 1, 2, 2]
    assert all(s.erro.count("\n") == 1 for s in saidas)


def test_required_pede_ancora(mesa_e_terminal: tuple[Mesa, Terminal], maco: Path) -> None:
    """Exigir assinatura sem âncora recusaria tudo, e por isso o comando não deixa."""
    mesa, terminal = mesa_e_terminal
    exigir = ("prestador", "set", CODIGO, *DONA, "--assinatura", "required")
    da_operadora = ("operadora", "set", *DONA, "--assinatura", "required")
    assert [terminal(*c).codigo for c in (exigir, da_operadora)] == [1, 1]
    assert relido(mesa).assinatura_politica is None
    terminal("trust", "add", *DONA, "--ancora", str(maco))
    assert terminal(*exigir).codigo == 0
    assert relido(mesa).assinatura_politica == "required"
    ancora = impressao(icp.raiz().certificado)
    assert terminal("trust", "remove", *DONA, ancora).codigo == 1
    assert terminal("prestador", "set", CODIGO, *DONA, "--assinatura", "operadora").codigo == 0
    assert terminal("trust", "remove", *DONA, ancora).codigo == 0
    assert terminal("trust", "remove", *DONA, ancora).codigo == 1


def test_politicas_de_prestador_e_operadora(mesa_e_terminal: tuple[Mesa, Terminal]) -> None:
    """Muda-se só o que se diz, e o que é da operadora pode voltar a ser."""
    mesa, terminal = mesa_e_terminal
    feito = terminal(
        "prestador", "set", CODIGO, *DONA, "--assinatura", "off", "--titular", "mesma-raiz",
        "--sem-assinatura", "recusar", "--sha1-ate", "2027-01-31", "--json",
    )  # fmt: skip
    assert feito.dados | {"registroANS": REGISTRO, "codigo": CODIGO} == feito.dados
    assert feito.dados["sha1Ate"] == "2027-01-31"
    assert (feito.dados["assinatura"], feito.dados["titular"]) == ("off", "mesma-raiz")
    volta = terminal(
        "prestador", "set", CODIGO, *DONA, "--assinatura", "operadora", "--sha1-ate", "nunca",
        "--json",
    )  # fmt: skip
    assert (volta.dados["assinatura"], volta.dados["sha1Ate"]) == ("record", None)
    assert relido(mesa).sem_assinatura == "recusar"
    terminal("operadora", "set", *DONA, "--titular", "mesma-raiz")
    with mesa.banco.leitura() as conn:
        dona = operadoras.por_registro(conn, REGISTRO)
        atos = conn.execute(select(tabelas.auditoria.c.acao)).scalars().all()
    assert dona is not None
    assert (dona.assinatura_titular, dona.assinatura_politica) == ("mesma-raiz", "record")
    assert atos == ["mudar-politica"] * 3


@pytest.mark.parametrize(
    ("argumentos", "codigo"),
    [
        (("prestador", "set", CODIGO, *DONA), 2),
        (("operadora", "set", *DONA), 2),
        (("prestador", "set", "nenhum", *DONA, "--assinatura", "off"), 1),
        (("prestador", "set", CODIGO, *DONA, "--sha1-ate", "amanhã"), 2),
        (("prestador", "set", CODIGO, *DONA, "--assinatura", "sempre"), 2),
        (("trust", "list", "--registro-ans", "888888"), 1),
    ],
)
def test_mau_uso(
    mesa_e_terminal: tuple[Mesa, Terminal], argumentos: tuple[str, ...], codigo: int
) -> None:
    """O que não faz sentido sai em uma linha com o código de mau uso, ou de recusa."""
    _, terminal = mesa_e_terminal
    saida = terminal(*argumentos)
    assert (saida.codigo, saida.erro.count("\n")) == (codigo, 1)


def test_refresh_de_arquivo(
    mesa_e_terminal: tuple[Mesa, Terminal], maco: Path, tmp_path: Path
) -> None:
    """Um gateway sem Internet recebe a lista por arquivo; a de outra autoridade não entra."""
    mesa, terminal = mesa_e_terminal
    terminal("trust", "add", *DONA, "--ancora", str(maco))
    perdido = ac().titular(nome="PERDIDO")
    de = datetime.now(UTC) - timedelta(hours=1)
    lista = ac().lcr((perdido.certificado,), de=de, ate=de + timedelta(days=2))
    (tmp_path / "ac.crl").write_bytes(lista.public_bytes(Encoding.DER))
    saida = terminal("trust", "refresh", *DONA, "ac.crl", "--json")
    assert (saida.codigo, saida.dados["listas"][0]["revogados"]) == (0, 1)
    with mesa.banco.leitura() as conn:
        [guardada] = revogados.listar(conn)
    assert (guardada.ponto, guardada.tentar_em) == ("", None)
    falsa = icp.falsa().lcr()
    (tmp_path / "falsa.crl").write_bytes(falsa.public_bytes(Encoding.DER))
    outra = terminal("trust", "refresh", *DONA, "falsa.crl")
    assert (outra.codigo, "assinatura" in outra.erro) == (1, True)


def test_refresh_busca_e_diz_o_que_falhou(
    mesa_e_terminal: tuple[Mesa, Terminal],
) -> None:
    """Refresh busca já as listas pedidas; com uma que não vem, sai com 1."""
    mesa, terminal = mesa_e_terminal
    with ServidorDeListas() as listas:
        lista = ac().lcr(de=datetime.now(UTC) - timedelta(hours=1))
        listas.respostas["/ac.crl"] = Resposta(lista.public_bytes(Encoding.DER))
        for n in ("ac", "falta"):
            with mesa.banco.escrita() as conn:
                revogados.pedir(
                    conn, mesa.operadora.id, chave_emissor=n, emissor=n, emissor_der=ac().der,
                    enderecos=[f"{listas.base}/{n}.crl"],
                    agora=datetime.now(UTC) + timedelta(days=1),
                )  # fmt: skip
        saida = terminal("trust", "refresh", *DONA, "--json")
    assert (saida.codigo, saida.erro.count("\n")) == (1, 1)
    assert '"erro": "HTTP 404"' in saida.texto
