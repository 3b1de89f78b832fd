"""Canários mandados por toda porta não se leem em registro, métrica, falha, aviso ou disco."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from security import canario
from security.canario import TODOS, achados
from security.semeadura import colher
from sqlalchemy import inspect, select, table, text
from sqlalchemy.engine import make_url

from persistence import auditoria

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from integration.banco_de_teste import Postgres
    from security.canario import Canario
    from security.colheita import Colheita

_DA_MENSAGEM = "quem tem o escopo de conteúdo lê a mensagem como veio, com a senha escondida"
_NA_EXPORTACAO = "a prova é da mensagem como veio; cada exportação é auditada"
_DA_GUIA = "a operadora lê as guias que lhe mandaram; cada leitura é auditada"
_AO_PROPRIO = "diz ao próprio prestador de quem é cada guia que ele mandou"
_INTEIROS = (
    canario.CARTEIRA, canario.SENHA_DA_GUIA, canario.OBSERVACAO, canario.INDICACAO,
    canario.PROFISSIONAL, canario.CONSELHO, canario.DESCRICAO, canario.VALIDACAO, canario.LOGIN,
)  # fmt: skip

PERMITIDOS: Mapping[str, Mapping[Canario, str]] = {
    "registro": {},
    "métricas": {},
    "páginas": {},
    "falhas": {
        canario.GUIA: "diz em que guia está o erro, a quem a mandou",
        canario.NOME_DE_ARQUIVO: "diz em qual dos arquivos está o erro, a quem os mandou",
    },
    "respostas": {
        canario.CARTEIRA: _AO_PROPRIO,
        canario.NOME: _AO_PROPRIO,
        canario.CNS: _AO_PROPRIO,
        canario.VALIDACAO: _AO_PROPRIO,
        canario.SENHA_DA_GUIA: "o demonstrativo diz ao próprio prestador a senha da guia paga",
        canario.OBSERVACAO: "o recibo de um documento repete a observação a quem o mandou",
    },
    "token add": {},
    "comandos": {
        canario.GUIA: "message replay diz em que guia está o erro",
        canario.LOGIN: "prestador senha diz o login de que trocou a senha",
        canario.NOME_DE_CAMPO: "diz que opção não há",
    },
    "credenciais": {canario.LOGIN: "prestador credencial list mostra os logins, sem senhas"},
    "exportação": dict.fromkeys(_INTEIROS, _NA_EXPORTACAO),
    "api, listas": {
        canario.GUIA: "a lista de importações diz em que guia está o erro",
        canario.NOME_DE_ARQUIVO: "idem, em que arquivo",
        canario.LOGIN: "a auditoria diz de que login se trocou a senha",
    },
    "api, leitura": {
        canario.CARTEIRA: _DA_GUIA,
        canario.NOME: _DA_GUIA,
        canario.SENHA_DA_GUIA: _DA_GUIA,
        canario.DESCRICAO: _DA_GUIA,
        canario.OBSERVACAO: "a lista de documentos de um protocolo; cada leitura é auditada",
        canario.GUIA: "diz em que guia está o erro",
    },
    "api, conteúdo": {
        **dict.fromkeys((*_INTEIROS, canario.NOME, canario.CNS), _DA_MENSAGEM),
        canario.INTRUSO: _DA_MENSAGEM,
        canario.DOCUMENTO: _DA_MENSAGEM,
    },
    "api, erros": {canario.NOME_DE_CAMPO: "diz que campo do pedido não existe"},
    "api, pedidos ruins": {canario.INTRUSO: "diz que campo do pedido não existe"},
}
"""Porta -> o que pode sair por ela, e por quê."""

_NEGOCIO = "coluna de que as respostas e a análise precisam"
_TRANCA = "a tranca conta os erros de cada login tentado; a senha errada só lá está em resumo"
COLUNAS: Mapping[tuple[str, str], Mapping[Canario, str]] = {
    ("guia", "carteira"): {canario.CARTEIRA: _NEGOCIO},
    ("guia", "nome_beneficiario"): {canario.NOME: _NEGOCIO},
    ("guia", "cns"): {canario.CNS: _NEGOCIO},
    ("guia", "senha"): {canario.SENHA_DA_GUIA: _NEGOCIO},
    ("guia", "cod_validacao"): {canario.VALIDACAO: _NEGOCIO},
    ("item", "descricao"): {canario.DESCRICAO: _NEGOCIO},
    ("documento", "observacao"): {canario.OBSERVACAO: _NEGOCIO},
    ("beneficiario", "carteira"): {canario.CARTEIRA: "o cadastro que a operadora carregou"},
    ("beneficiario", "nome"): {canario.NOME: "o cadastro que a operadora carregou"},
    ("beneficiario", "cns"): {canario.CNS: "o cadastro que a operadora carregou"},
    ("credencial", "login_normal"): {canario.LOGIN: "acha-se por ele"},
    ("acerto_login", "login_normal"): {canario.LOGIN: "quem já entrou por ali não se tranca"},
    ("tentativa_login", "login_normal"): {canario.LOGIN: _TRANCA, canario.INTRUSO: _TRANCA},
    ("auditoria", "detalhes"): {canario.LOGIN: "diz de que login se trocou a senha"},
    ("mensagem", "detalhes"): {canario.GUIA: "o texto da recusa diz em que guia está o erro"},
}
"""Coluna -> o que se lê nela em claro, e por quê."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def colheita(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Colheita]:
    """Tudo o que saiu de um gateway a que se mandou canário por toda porta."""
    pasta = tmp_path_factory.mktemp("canario")
    url = f"sqlite:///{pasta / 'gateway.db'}"
    if request.param == "postgresql":
        servidor: Postgres = request.getfixturevalue("postgres")
        url = servidor.nova_base()
    feita = colher(url, pasta)
    yield feita
    feita.servidor.encerrar()


@pytest.mark.parametrize("alvo", TODOS, ids=lambda c: c.nome)
def test_toda_forma_de_um_canario_se_percebe(alvo: Canario) -> None:
    """A procura acusa cada forma do canário no meio de outros bytes, e só ela."""
    for forma in alvo.formas:
        assert alvo.nome in achados(b"antes " + forma + b" depois", TODOS)
    assert achados(b"nada que seja de algu\xe9m", TODOS) == set()


def test_a_colheita_passou_por_toda_parte(colheita: Colheita) -> None:
    """Houve respostas, recusas, exceções nossas, erros do banco e registro em todos os níveis."""
    eventos = Counter(linha["event"] for linha in colheita.servidor.linhas_do_registro())
    assert colheita.recusadas > 400
    assert len(colheita.saidas["respostas"]) > 90
    assert eventos["erro inesperado"] >= 4
    assert eventos["mensagem"] > 500
    assert set(PERMITIDOS) == set(colheita.saidas)
    causas = {linha.get("causa") for linha in colheita.servidor.linhas_do_registro()}
    # a mesma restrição é um erro do SQLAlchemy no SQLite e do psycopg no COPY do PostgreSQL
    assert "RuntimeError" in causas
    assert causas & {"IntegrityError", "CheckViolation"}


@pytest.mark.parametrize("porta", PERMITIDOS)
def test_so_sai_o_que_se_permite(colheita: Colheita, porta: str) -> None:
    """Por cada porta só sai o que está na lista dela."""
    vistos = colheita.vistos(porta, TODOS)
    permitidos = {c.nome for c in PERMITIDOS[porta]}
    assert {nome: onde for nome, onde in vistos.items() if nome not in permitidos} == {}


def test_ha_um_evento_por_leitura_de_paciente(colheita: Colheita) -> None:
    """Pelo servidor, cada resposta da API que trouxe algo do paciente está na auditoria."""
    do_paciente = (canario.CARTEIRA, canario.OBSERVACAO, canario.DESCRICAO, canario.DOCUMENTO)
    lidas = [
        nome
        for porta in ("api, leitura", "api, conteúdo")
        for nome, dados in colheita.saidas[porta]
        if achados(dados, do_paciente)
    ]
    with colheita.servidor.banco.leitura() as conn:
        eventos = auditoria.listar(conn, colheita.servidor.operadora.id, limite=10_000)
    assert any("/documentos" in nome for nome in lidas)
    assert sum(evento.porta == "api" for evento in eventos) >= len(lidas) > 60


def test_o_token_so_se_ve_ao_criar(colheita: Colheita) -> None:
    """A parte secreta do token só sai no comando que o cria."""
    segredo = colheita.token.split("_", 2)[2].encode()
    onde = {
        porta
        for porta, saidas in colheita.saidas.items()
        if any(segredo in dados for _, dados in saidas)
    }
    assert onde == {"token add"}
    assert segredo not in _em_disco(colheita)


def test_cada_coluna_so_guarda_o_que_se_permite(colheita: Colheita) -> None:
    """Do que se mandou, só se lê no banco o que está na lista de cada coluna."""
    vistos: dict[tuple[str, str], set[str]] = {}
    with colheita.servidor.banco.leitura() as conn:
        for tabela in inspect(conn).get_table_names():
            todas = select(text("*")).select_from(table(tabela))
            for linha in conn.execute(todas).mappings():
                for coluna, valor in linha.items():
                    if nomes := achados(_bytes(valor), TODOS):
                        vistos.setdefault((tabela, coluna), set()).update(nomes)
    assert vistos == {onde: {c.nome for c in quais} for onde, quais in COLUNAS.items()}


def test_o_disco_nao_tem_mensagens_em_claro(colheita: Colheita) -> None:
    """O que não tem coluna sua não se lê nos arquivos do banco nem numa cópia dele."""
    com_coluna = {c for quais in COLUNAS.values() for c in quais}
    sem_coluna = [c for c in TODOS if c not in com_coluna]
    assert set(canario.CREDENCIAIS) | {canario.DOCUMENTO, canario.PROFISSIONAL} <= set(sem_coluna)
    assert achados(_em_disco(colheita), sem_coluna) == set()


def test_a_pasta_do_gateway_nao_tem_canarios(colheita: Colheita) -> None:
    """Documentos, chaves, cabeça do arquivo e registro: nenhum tem nada do que se mandou."""
    pasta = colheita.servidor.pasta
    arquivos = [f for f in pasta.rglob("*") if f.is_file() and not f.name.startswith("gateway.db")]
    assert any("documentos" in f.parts for f in arquivos)
    assert {f: nomes for f in arquivos if (nomes := achados(f.read_bytes(), TODOS))} == {}


def _bytes(valor: object) -> bytes:
    if isinstance(valor, bytes | memoryview):
        return bytes(valor)
    texto = valor if isinstance(valor, str) else json.dumps(valor, default=str, ensure_ascii=False)
    return texto.encode()


def _em_disco(colheita: Colheita) -> bytes:
    """Os arquivos do SQLite, ou o que ``pg_dump`` copiaria."""
    url = make_url(colheita.servidor.url)
    if url.get_backend_name() == "sqlite":
        pasta = colheita.servidor.pasta
        return b"\0".join(f.read_bytes() for f in sorted(pasta.glob("gateway.db*")))
    copiador = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))), None)
    if copiador is None:
        pytest.skip("não há pg_dump nesta máquina para copiar o banco")
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    # o dono das tabelas também passa pelas políticas de linhas
    comando = [copiador, "--enable-row-security", "--dbname", dsn]
    feita = subprocess.run(comando, check=True, capture_output=True)
    assert b"COPY public.guia" in feita.stdout
    return feita.stdout
