"""``tiss-gateway archive``: conferir, exportar com prova que se confere sem o gateway, chaves."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from integration.arquivados import (
    INSTANTE,
    PEDIDO,
    RESPOSTA,
    abrir,
    arquivar,
    cadastrar,
    selar,
)
from integration.comandos import Terminal
from sqlalchemy import select, update

from gateway.arquivo import cabeca as cabecas
from gateway.arquivo.selagem import selar as selar_tudo
from gateway.comandos.arquivo import _SEM_CABECA
from persistence import auditoria, chaves, mensagens, selos, tabelas, webhooks
from persistence.arquivos import Pasta, chave
from persistence.banco import Banco
from persistence.cifra import ChavesInvalidas, Cifra, chave_de, cifrado
from persistence.retencao import Prazos, expurgar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

M = tabelas.mensagem
PYTHON = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
"""O do sistema, que não tem nada do projeto."""


@pytest.fixture
def url(nova_url: Callable[[bool], str]) -> str:
    """Um banco em dia."""
    return nova_url(True)


@pytest.fixture
def arquivo(url: str, tmp_path: Path) -> Iterator[Banco]:
    """O banco que os comandos usam, com as chaves que eles acham."""
    banco = abrir(url, tmp_path)
    yield banco
    banco.fechar()


@pytest.fixture
def terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str
) -> Terminal:
    """Comandos na pasta do teste."""
    return Terminal(monkeypatch, capsys, tmp_path).usar(url)


def _cabeca(banco: Banco) -> str:
    with banco.leitura() as conn:
        ultimo = selos.ultimo(conn)
    assert ultimo is not None
    return ultimo.cabeca


def _cifra(banco: Banco) -> Cifra:
    """A cifra com que o banco do teste foi aberto."""
    assert banco.cifra is not None
    return banco.cifra


def _extrair(zip_: Path) -> Path:
    pasta = zip_.with_suffix("")
    with zipfile.ZipFile(zip_) as aberto:
        aberto.extractall(pasta)
    return pasta


def _verificar(pasta: Path, *opcoes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PYTHON, "-I", str(pasta / "verificar.py"), *opcoes],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# --- verify -----------------------------------------------------------------------------------


def test_arquivo_intacto_confere(arquivo: Banco, terminal: Terminal) -> None:
    """Com tudo no lugar sai com 0 e diz o que conferiu e o que ainda não está selado."""
    arquivar(arquivo, 1, 2, 3)
    selar(arquivo, 2)
    saida = terminal("archive", "verify", "--json")
    assert (saida.codigo, saida.erro) == (0, "")
    assert saida.dados == {
        "confere": True,
        "selos": 1,
        "seladas": 2,
        "expurgadas": 0,
        "largadas": 0,
        "porSelar": 1,
        "cabeca": _cabeca(arquivo),
        "achados": [],
        "avisos": [_SEM_CABECA],
    }


def test_arquivo_adulterado_sai_com_um(arquivo: Banco, terminal: Terminal) -> None:
    """O que não confere é dito em português, com o nome da mensagem, e sai com 1."""
    arquivar(arquivo, 1, 2)
    selar(arquivo)
    with arquivo.escrita() as conn:
        conn.execute(update(M).where(M.c.id == "m2").values(http=500))
    saida = terminal("archive", "verify")
    assert saida.codigo == 1
    assert "linha-alterada  mensagem m2" in saida.texto
    assert "não confere: 1 achado(s)" in saida.erro


def test_cabeca_de_fora_em_texto_ou_arquivo(
    arquivo: Banco, terminal: Terminal, tmp_path: Path
) -> None:
    """A cabeça guardada fora vale em hexadecimal ou no arquivo que o trabalho de selar escreve."""
    arquivar(arquivo, 1)
    selar_tudo(arquivo, INSTANTE, arquivo=str(tmp_path / "fora" / "cabeca"))
    arquivar(arquivo, 2)
    selar(arquivo)
    assert terminal("archive", "verify", "--head", str(tmp_path / "fora" / "cabeca")).codigo == 0
    assert terminal("archive", "verify", "--head", _cabeca(arquivo).upper()).codigo == 0
    saida = terminal("archive", "verify", "--head", "ab" * 32)
    assert saida.codigo == 1
    assert "cabeca-ausente" in saida.texto


def test_sem_cabeca_dada_vale_a_do_arquivo_dela(
    arquivo: Banco, terminal: Terminal, tmp_path: Path
) -> None:
    """Sem ``--head`` confere-se com ``head_file``, se há; senão avisa-se do que não se vê."""
    arquivar(arquivo, 1)
    selar(arquivo)
    assert "aviso: sem uma cabeça" in terminal("archive", "verify").texto
    outro = tmp_path / "dados" / "arquivo.cabeca"
    selar_tudo(arquivo, INSTANTE, arquivo=str(outro))
    saida = terminal("archive", "verify")
    assert (saida.codigo, "aviso" in saida.texto) == (0, False)
    outro.write_text(json.dumps({"cabeca": "ab" * 32}), "utf-8")
    saida = terminal("archive", "verify")
    assert saida.codigo == 1
    assert "cabeca-ausente" in saida.texto


@pytest.mark.parametrize("texto", ["falta.txt", "{}", "não é json", '{"cabeca": "zz"}', "[]"])
def test_cabeca_que_nao_se_entende_e_mau_uso(
    terminal: Terminal, tmp_path: Path, texto: str
) -> None:
    """O que não é cabeça nem arquivo dela é mau uso, em uma linha."""
    arquivo = tmp_path / "cabeca"
    if texto != "falta.txt":
        arquivo.write_text(texto, "utf-8")
    saida = terminal("archive", "verify", "--head", str(arquivo))
    assert saida.codigo == 2
    assert saida.erro.count("\n") == 1


def test_arquivo_da_cabeca_se_refaz(arquivo: Banco, tmp_path: Path) -> None:
    """Se o processo morreu entre o selo e o arquivo, a próxima vez o escreve."""
    fora = tmp_path / "cabeca"
    arquivar(arquivo, 1)
    selar_tudo(arquivo, INSTANTE, arquivo=str(fora))
    fora.unlink()
    assert selar_tudo(arquivo, INSTANTE, arquivo=str(fora)) is None
    assert cabecas.ler(str(fora)) == _cabeca(arquivo)


# --- chaves -----------------------------------------------------------------------------------


def test_bytes_no_banco_estao_cifrados(arquivo: Banco) -> None:
    """Nem pedido nem resposta se leem no banco, e a chave que os cifrou está registrada."""
    arquivar(arquivo, 1)
    with arquivo.leitura() as conn:
        linha = conn.execute(select(M.c.pedido, M.c.resposta)).one()
        registradas = chaves.conhecidas(conn)
    assert cifrado(linha.pedido)
    assert cifrado(linha.resposta)
    assert [chave_de(linha.pedido)] == registradas


def test_linha_de_antes_da_cifra_ainda_se_le(url: str, arquivo: Banco) -> None:
    """O que se guardou às claras continua a ler-se depois de ligada a cifra."""
    as_claras = Banco.abrir(url)
    arquivar(as_claras, 1)
    as_claras.fechar()
    with arquivo.leitura() as conn:
        assert mensagens.bruta(conn, None, "m1") == PEDIDO % 1


def test_chaves_perdidas_param_os_comandos_com_palavras(
    arquivo: Banco, terminal: Terminal, tmp_path: Path
) -> None:
    """Sem o arquivo de chaves, conferir diz qual falta e não dá por alterado o que não leu."""
    arquivar(arquivo, 1)
    selar(arquivo)
    shutil.rmtree(tmp_path / "chaves")
    saida = terminal("archive", "verify")
    assert saida.codigo == 2
    assert "arquivo.chaves" in saida.erro
    assert saida.texto == ""


def test_chaves_de_outro_gateway_sao_recusadas(
    arquivo: Banco, terminal: Terminal, url: str, tmp_path: Path
) -> None:
    """Com as chaves de outro, o erro diz a que falta; nada se grava com a chave errada."""
    arquivar(arquivo, 1)
    outro = abrir(url, tmp_path / "outro")
    with pytest.raises(ChavesInvalidas, match="falta a chave"):
        arquivar(outro, 2)
    outro.fechar()
    shutil.copy(tmp_path / "outro/chaves/arquivo.chaves", tmp_path / "chaves/arquivo.chaves")
    saida = terminal("archive", "verify")
    assert saida.codigo == 2
    assert "restaure" in saida.erro
    with arquivo.leitura() as conn:
        assert conn.execute(select(M.c.id)).scalars().all() == ["m1"]


def test_troca_de_chave_recifra_o_que_ja_havia(
    arquivo: Banco, terminal: Terminal, url: str
) -> None:
    """Trocada a chave, o velho ainda se lê; recifrado, já não precisa da velha e confere."""
    as_claras = Banco.abrir(url)
    arquivar(as_claras, 9)
    as_claras.fechar()
    arquivar(arquivo, 1, 2)
    with arquivo.leitura() as conn:
        [velha] = chaves.conhecidas(conn)
    assert "vale desde" in terminal("archive", "key", "rotate").texto
    arquivar(arquivo, 3)
    selar(arquivo)
    assert terminal("archive", "verify").codigo == 0
    for quantas in (3, 0):
        recifradas = terminal("archive", "key", "reencrypt").texto
        assert recifradas == f"mensagens recifradas: {quantas}\ndocumentos recifrados: 0\n"
    with arquivo.leitura() as conn:
        guardados = conn.execute(select(M.c.pedido, M.c.resposta)).all()
        usadas = {chave_de(valor) for linha in guardados for valor in linha}
        assert len(usadas) == 1
        assert velha not in usadas
        assert mensagens.bruta(conn, None, "m1") == PEDIDO % 1
    assert terminal("archive", "verify").codigo == 0
    lista = terminal("archive", "key", "list", "--json").dados["chaves"]
    assert [(c["id"] == velha, c["emUso"]) for c in lista] == [(True, False), (False, True)]


_DOCUMENTOS = {
    chave(1, hashlib.sha256(conteudo).hexdigest()): conteudo
    for conteudo in (b"%d" % n * 1_500_000 for n in range(3))
}


def _usadas(pasta: Path, documento: str) -> set[str]:
    """As chaves das partes do arquivo de um documento."""
    with (pasta / documento).open("rb") as arquivo:
        dados = arquivo.read()[4:]
    usadas = set()
    while dados:
        tamanho = int.from_bytes(dados[:4], "big") & 0x7FFFFFFF
        usadas.add(chave_de(dados[5:]))
        dados = dados[5 + tamanho :]
    return usadas


@pytest.mark.usefixtures("arquivo")
def test_documentos_tambem_passam_para_a_chave_nova(terminal: Terminal, tmp_path: Path) -> None:
    """Os das chaves velhas e os às claras passam à nova; os já passados não se tocam."""
    pasta = tmp_path / "dados" / "documentos"
    deposito, cifra = Pasta(pasta), Cifra(tmp_path / "chaves/arquivo.chaves")
    claro, velho, novo = _DOCUMENTOS
    deposito.guardar(claro, _DOCUMENTOS[claro], None)
    deposito.guardar(velho, _DOCUMENTOS[velho], cifra)
    os.utime(pasta / velho, (1_700_000_000, 1_700_000_000))
    terminal("archive", "key", "rotate")
    deposito.guardar(novo, _DOCUMENTOS[novo], cifra)
    antes = (pasta / novo).read_bytes()
    for quantos in (2, 0):
        saida = terminal("archive", "key", "reencrypt")
        assert saida.texto.endswith(f"documentos recifrados: {quantos}\n")
    for documento, conteudo in _DOCUMENTOS.items():
        assert _usadas(pasta, documento) == {cifra.em_uso()}
        assert b"".join(deposito.abrir(documento, cifra)) == conteudo
    assert (pasta / novo).read_bytes() == antes
    assert (pasta / velho).stat().st_mtime == 1_700_000_000
    assert (pasta / velho).stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("arquivo")
def test_recifragem_interrompida_nao_perde_documento_e_continua(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cortada no meio de um arquivo, todos ainda se leem, e a outra passada faz os que faltam."""
    pasta = tmp_path / "dados" / "documentos"
    deposito, cifra = Pasta(pasta), Cifra(tmp_path / "chaves/arquivo.chaves")
    for documento, conteudo in _DOCUMENTOS.items():
        deposito.guardar(documento, conteudo, cifra)
    terminal("archive", "key", "rotate")
    cifrar, vezes = Cifra.cifrar, iter(range(100))

    def cortar(uma: Cifra, dados: bytes, contexto: str) -> bytes:
        if next(vezes) == 3:
            raise OSError(28, "No space left on device")
        return cifrar(uma, dados, contexto)

    with monkeypatch.context() as contexto:
        contexto.setattr(Cifra, "cifrar", cortar)
        assert terminal("archive", "key", "reencrypt").codigo == 1
    for documento, conteudo in _DOCUMENTOS.items():
        assert b"".join(deposito.abrir(documento, cifra)) == conteudo
    assert sum(_usadas(pasta, documento) == {cifra.em_uso()} for documento in _DOCUMENTOS) == 1
    assert len([p for p in pasta.rglob("*") if p.is_file()]) == len(_DOCUMENTOS)
    saida = terminal("archive", "key", "reencrypt")
    assert saida.texto.endswith("documentos recifrados: 2\n")


@pytest.mark.usefixtures("arquivo")
def test_documento_estragado_diz_se_e_os_outros_passam(terminal: Terminal, tmp_path: Path) -> None:
    """O que não se decifra fica como estava e sai no erro; os outros mudam de chave."""
    pasta = tmp_path / "dados" / "documentos"
    deposito, cifra = Pasta(pasta), Cifra(tmp_path / "chaves/arquivo.chaves")
    for documento, conteudo in _DOCUMENTOS.items():
        deposito.guardar(documento, conteudo, cifra)
    ruim = list(_DOCUMENTOS)[1]
    dados = (pasta / ruim).read_bytes()
    estragado = dados[:1000] + bytes((dados[1000] ^ 1,)) + dados[1001:]
    (pasta / ruim).write_bytes(estragado)
    terminal("archive", "key", "rotate")
    saida = terminal("archive", "key", "reencrypt")
    assert saida.codigo == 1
    assert ruim in saida.erro
    assert saida.texto.endswith("documentos recifrados: 2\n")
    assert (pasta / ruim).read_bytes() == estragado


def test_segredo_de_webhook_passa_a_chave_em_uso(arquivo: Banco, terminal: Terminal) -> None:
    """Recifrado, o segredo já não precisa da chave de antes e é o mesmo."""
    operadora, _ = cadastrar(arquivo)
    agora = datetime.now(UTC)
    with arquivo.escrita() as conn:
        criado = webhooks.criar(
            conn,
            operadora,
            url="https://erp.exemplo.com.br/avisos",
            eventos=None,
            homologacao=False,
            agora=agora,
        )
        [velha] = chaves.conhecidas(conn)
    terminal("archive", "key", "rotate")
    assert terminal("archive", "key", "reencrypt").codigo == 0
    with arquivo.leitura() as conn:
        guardado = conn.execute(select(tabelas.webhook.c.segredo)).scalar_one()
        assert chave_de(guardado) != velha
        assert webhooks.segredos(conn, criado.webhook, agora) == (criado.segredo,)


def test_troca_adiada_ainda_cifra_com_a_de_antes(arquivo: Banco, terminal: Terminal) -> None:
    """Com ``--delay`` há tempo de copiar o arquivo aos outros nós antes de a chave valer."""
    terminal("archive", "key", "rotate", "--delay", "60")
    arquivar(arquivo, 1)
    cifra = _cifra(arquivo)
    with arquivo.leitura() as conn:
        usada = chave_de(conn.execute(select(M.c.pedido)).scalar_one())
    assert cifra.chaves()[0].id == usada
    assert len(cifra.chaves()) == 2


def test_segredo_nunca_se_mostra(arquivo: Banco, terminal: Terminal) -> None:
    """Nem a lista de chaves nem a troca mostram o segredo."""
    segredos = [c.linha.split()[2] for c in _cifra(arquivo).chaves()]
    for comando in (("list",), ("list", "--json"), ("rotate",)):
        saida = terminal("archive", "key", *comando)
        assert not any(s in saida.texto + saida.erro for s in segredos)


# --- export -----------------------------------------------------------------------------------


def test_exportada_se_confere_sem_o_gateway(
    arquivo: Banco, terminal: Terminal, tmp_path: Path
) -> None:
    """O zip traz bytes, metadados e prova; o Python do sistema a confere contra a cabeça."""
    operadora, prestador = cadastrar(arquivo)
    arquivar(arquivo, *range(1, 12), operadora_id=operadora, prestador_id=prestador)
    selar(arquivo, 7)
    arquivar(arquivo, 12)
    selar(arquivo)
    zip_ = tmp_path / "m5.zip"
    saida = terminal("archive", "export", "m5", "--out", str(zip_), "--raw")
    assert saida.codigo == 0
    assert stat.S_IMODE(zip_.stat().st_mode) == 0o600
    pasta = _extrair(zip_)
    assert (pasta / "pedido.xml").read_bytes() == PEDIDO % 5
    assert (pasta / "resposta.xml").read_bytes() == RESPOSTA % 5
    assert json.loads((pasta / "linha.json").read_text("utf-8"))["operadora_id"] == operadora
    assert _cabeca(arquivo) in (pasta / "LEIAME.txt").read_text("utf-8")
    feito = _verificar(pasta, "--cabeca", _cabeca(arquivo))
    assert (feito.returncode, feito.stderr) == (0, "")
    assert "aviso" not in feito.stdout
    assert feito.stdout.count("certo") == 6
    assert _verificar(pasta, "--cabeca", "ab" * 32).returncode == 1


@pytest.mark.parametrize("posicao", range(1, 8))
def test_qualquer_posicao_do_selo_se_prova(
    arquivo: Banco, terminal: Terminal, tmp_path: Path, posicao: int
) -> None:
    """A prova vale para a primeira, a última e qualquer outra folha do selo."""
    arquivar(arquivo, *range(1, 8))
    selar(arquivo)
    terminal("archive", "export", f"m{posicao}", "--out", "m.zip", "--raw")
    assert _verificar(_extrair(tmp_path / "m.zip")).returncode == 0


@pytest.mark.parametrize(
    ("nome", "de", "para"),
    [
        ("pedido.xml", "<login>x", "<login>y"),
        ("resposta.xml", "<r>", "<s>"),
        ("linha.json", '"http":200', '"http":500'),
        ("prova.json", '"quantidade": 3', '"quantidade": 4'),
        ("prova.json", '"lado": "direita"', '"lado": "esquerda"'),
        ("prova.json", '"sequencia": 2', '"sequencia": 3'),
        ("prova.json", "{", "["),
    ],
)
def test_exportada_e_mexida_nao_confere(
    arquivo: Banco, terminal: Terminal, tmp_path: Path, nome: str, de: str, para: str
) -> None:
    """Mexer em qualquer parte do que se exportou é notado pelo verificador."""
    arquivar(arquivo, 1, 2, 3)
    selar(arquivo)
    arquivar(arquivo, 4)
    selar(arquivo)
    terminal("archive", "export", "m1", "--out", "m.zip", "--raw")
    pasta = _extrair(tmp_path / "m.zip")
    texto = (pasta / nome).read_text("utf-8")
    assert de in texto
    (pasta / nome).write_text(texto.replace(de, para, 1), "utf-8")
    feito = _verificar(pasta)
    assert (feito.returncode, feito.stderr) == (1, "")


def test_senha_fica_escondida_se_nao_se_pede(
    arquivo: Banco, terminal: Terminal, tmp_path: Path
) -> None:
    """Sem ``--raw`` a senha do prestador não sai, e o verificador diz o que não se pôde provar."""
    arquivar(arquivo, 1)
    selar(arquivo)
    terminal("archive", "export", "m1", "--out", "m.zip")
    pasta = _extrair(tmp_path / "m.zip")
    assert all(b"segredo" not in parte.read_bytes() for parte in pasta.iterdir())
    assert b"***" in (pasta / "pedido-sem-senha.xml").read_bytes()
    feito = _verificar(pasta)
    assert feito.returncode == 0
    assert "sem a senha" in feito.stdout


def test_prova_para_na_cabeca_que_se_diz(
    arquivo: Banco, terminal: Terminal, tmp_path: Path
) -> None:
    """Com ``--head`` a prova vai só até lá; uma cabeça de antes da mensagem é recusada."""
    cabecas_ = []
    for numero in (1, 2, 3):
        arquivar(arquivo, numero)
        selar(arquivo)
        cabecas_.append(_cabeca(arquivo))
    terminal("archive", "export", "m2", "--out", "m.zip", "--raw", "--head", cabecas_[1])
    pasta = _extrair(tmp_path / "m.zip")
    assert _verificar(pasta, "--cabeca", cabecas_[1]).returncode == 0
    saida = terminal("archive", "export", "m2", "--out", "n.zip", "--head", cabecas_[0])
    assert saida.codigo == 1
    assert not (tmp_path / "n.zip").exists()


def test_expurgada_ainda_prova_a_linha(arquivo: Banco, terminal: Terminal, tmp_path: Path) -> None:
    """De uma mensagem expurgada exportam-se a linha e a sua prova."""
    arquivar(arquivo, 1)
    selar(arquivo)
    prazos = Prazos(*[timedelta(days=90)] * 3)
    with arquivo.escrita() as conn:
        assert expurgar(conn, INSTANTE + timedelta(days=91), prazos, 10) == 1
    terminal("archive", "export", "m1", "--out", "m.zip")
    pasta = _extrair(tmp_path / "m.zip")
    assert not (pasta / "resposta.xml").exists()
    feito = _verificar(pasta)
    assert feito.returncode == 0
    assert feito.stdout.count("expurgados") == 2


def test_exportacao_fica_na_auditoria(arquivo: Banco, terminal: Terminal) -> None:
    """Cada exportação deixa um evento com quem, o quê e se levou a senha."""
    operadora, _ = cadastrar(arquivo)
    arquivar(arquivo, 1, operadora_id=operadora)
    selar(arquivo)
    terminal("archive", "export", "m1", "--out", "m.zip", "--raw")
    with arquivo.leitura() as conn:
        [evento] = auditoria.listar(conn, operadora)
    assert (evento.acao, evento.alvo, evento.porta) == ("exportar", "m1", "cli")
    assert evento.detalhes == {"com_senha": True}


@pytest.mark.parametrize(
    ("id_", "texto"), [("m1", "ainda não está selada"), ("m2", "não há mensagem")]
)
def test_o_que_nao_se_pode_exportar_e_dito(
    arquivo: Banco, terminal: Terminal, tmp_path: Path, id_: str, texto: str
) -> None:
    """Sem selo ou sem mensagem não há zip, e o erro é de uma linha."""
    arquivar(arquivo, 1)
    saida = terminal("archive", "export", id_, "--out", "m.zip")
    assert saida.codigo == 1
    assert texto in saida.erro
    assert not (tmp_path / "m.zip").exists()


def test_exportacao_nao_passa_por_cima_de_um_arquivo(
    arquivo: Banco, terminal: Terminal, tmp_path: Path
) -> None:
    """Um arquivo que já existe fica como está."""
    arquivar(arquivo, 1)
    selar(arquivo)
    (tmp_path / "m.zip").write_bytes(b"outro")
    assert terminal("archive", "export", "m1", "--out", "m.zip").codigo == 1
    assert (tmp_path / "m.zip").read_bytes() == b"outro"
