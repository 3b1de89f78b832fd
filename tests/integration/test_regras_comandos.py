"""``regras`` e ``beneficiarios`` na linha de comando, sobre um SQLite."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest

from gateway.linha_de_comando import main
from handlers.lote_guias.regras import REGRAS
from handlers.recurso_glosa.regras import REGRAS as DE_RECURSO
from persistence import beneficiarios, operadoras
from persistence.banco import Banco
from persistence.beneficiarios import Beneficiario

if TYPE_CHECKING:
    from pathlib import Path

R = ("--registro-ans", "999999")
CNPJ = ("--cnpj", "11222333000181")
TODAS = (*REGRAS, *DE_RECURSO)
CABECALHO = "carteira;nome;cns;validade;suspenso_desde;suspenso_ate;incluido_em;excluido_em\n"


class Linha:
    """A linha de comando numa pasta com uma operadora e um prestador."""

    def __init__(self, pasta: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.pasta = pasta
        self._capsys = capsys

    def __call__(self, *argumentos: str) -> tuple[int, str, str]:
        """Situação de saída, saída e erros."""
        with pytest.raises(SystemExit) as saiu:
            main(argumentos)
        escrito = self._capsys.readouterr()
        return int(saiu.value.code or 0), escrito.out, escrito.err

    def em_json(self, *argumentos: str) -> Any:
        """O que um comando que dá certo mostra em JSON."""
        situacao, saida, erros = self(*argumentos, "--json")
        assert (situacao, erros) == (0, "")
        return json.loads(saida)

    def importar(self, conteudo: str | bytes, *opcoes: str) -> tuple[int, str, str]:
        """Importa um CSV com esse conteúdo."""
        bruto = conteudo if isinstance(conteudo, bytes) else conteudo.encode()
        (self.pasta / "b.csv").write_bytes(bruto)
        return self("beneficiarios", "import", *R, *opcoes, str(self.pasta / "b.csv"))

    def cadastrados(self, *carteiras: str) -> dict[str, Beneficiario]:
        """O que ficou no banco."""
        banco = Banco.abrir(f"sqlite:///{self.pasta}/tiss.db")
        with banco.leitura() as conn:
            operadora = operadoras.por_registro(conn, "999999")
            assert operadora is not None
            achados = beneficiarios.por_carteira(conn, operadora.id, carteiras)
        banco.fechar()
        return achados


@pytest.fixture(scope="module")
def cadastrada(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Uma pasta com o banco que os comandos de cadastro deixam, para copiar."""
    pasta = tmp_path_factory.mktemp("cadastrada")
    with pytest.MonkeyPatch.context() as ambiente:
        ambiente.chdir(pasta)
        ambiente.setenv("TISS_GATEWAY_DATABASE__URL", f"sqlite:///{pasta}/tiss.db")
        for comando in (
            ("operadora", "add", *R, "--cnpj", "45123987000170", "--nome", "Inventada"),
            ("prestador", "add", *R, "--codigo", "013950", "--nome", "H", *CNPJ),
        ):
            with pytest.raises(SystemExit, match="0"):
                main(comando)
    return pasta


@pytest.fixture
def linha(
    cadastrada: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Linha:
    shutil.copytree(cadastrada, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TISS_GATEWAY_DATABASE__URL", f"sqlite:///{tmp_path}/tiss.db")
    return Linha(tmp_path, capsys)


def _regra(linha: Linha, chave: str, *opcoes: str) -> dict[str, Any]:
    [achada] = [
        r for r in linha.em_json("regras", "list", *R, *opcoes)["regras"] if r["regra"] == chave
    ]
    return dict(achada)


# --- regras -----------------------------------------------------------------------------------


def test_lista_tem_cada_regra_com_o_padrao(linha: Linha) -> None:
    """Sem ajustes, cada regra aparece na ordem com o seu nível padrão."""
    listadas = linha.em_json("regras", "list", *R)["regras"]
    assert [(r.chave, r.erro.nivel, "padrão") for r in TODAS] == [
        (x["regra"], x["nivel"], x["origem"]) for x in listadas
    ]


def test_lista_em_texto_tem_uma_linha_por_regra(linha: Linha) -> None:
    """A tabela tem um título e uma linha por regra, e diz quais são fixas."""
    _, saida, _ = linha("regras", "list", *R)
    linhas = saida.splitlines()
    assert len(linhas) == 1 + len(TODAS)
    assert sum("(fixo)" in x for x in linhas) == sum(r.fixa for r in TODAS)


def test_cada_opcao_de_set_muda_so_o_seu_campo(linha: Linha) -> None:
    """Nível, tolerância e texto mudam-se um a um, sem desfazer os outros."""
    comum = ("regras", "set", *R, "--regra", "prazo-de-envio")
    linha(*comum, "--tolerancia", "60")
    linha(*comum, "--nivel", "nota")
    linha(*comum, "--texto", "Fora do prazo do contrato.")
    obtida = _regra(linha, "prazo-de-envio")
    assert (obtida["tolerancia"], obtida["nivel"], obtida["texto"], obtida["origem"]) == (
        60,
        "nota",
        "Fora do prazo do contrato.",
        "operadora",
    )


def test_ajuste_de_prestador_nao_muda_o_da_operadora(linha: Linha) -> None:
    """O que se diz com --prestador vale só na lista dele, por cima do da operadora."""
    comum = ("regras", "set", *R, "--regra", "prazo-de-envio")
    linha(*comum, "--tolerancia", "60")
    linha(*comum, "--prestador", "013950", "--nivel", "recusa")
    dele = _regra(linha, "prazo-de-envio", "--prestador", "013950")
    assert (dele["nivel"], dele["tolerancia"], dele["origem"]) == ("recusa", 60, "prestador")
    assert _regra(linha, "prazo-de-envio")["nivel"] == "critica"


def test_padrao_desfaz_o_ajuste(linha: Linha) -> None:
    """--padrao devolve a regra ao que era."""
    antes = _regra(linha, "soma-da-guia")
    comum = ("regras", "set", *R, "--regra", "soma-da-guia")
    linha(*comum, "--nivel", "desligada", "--tolerancia", "5", "--texto", "Outra.")
    assert antes != _regra(linha, "soma-da-guia")
    linha(*comum, "--padrao")
    assert antes == _regra(linha, "soma-da-guia")


@pytest.mark.parametrize(
    ("opcoes", "situacao", "motivo"),
    [
        (("--regra", "inventada", "--nivel", "nota"), 2, "não há regra"),
        (("--regra", "soma-da-guia"), 2, "diga --nivel"),
        (("--regra", "soma-da-guia", "--padrao", "--nivel", "nota"), 2, "diga --nivel"),
        (("--regra", "soma-da-guia", "--nivel", "mensagem"), 2, "--nivel: valor inválido"),
        (("--regra", "soma-da-guia", "--tolerancia", "-1"), 2, "--tolerancia: valor inválido"),
        (("--regra", "data-futura", "--tolerancia", "1"), 2, "não tem tolerância"),
        (("--regra", "soma-da-guia", "--texto", "Ω"), 2, "ISO-8859-1"),
        (("--regra", "soma-da-guia", "--texto", "x" * 201), 2, "200 caracteres"),
        (("--regra", "valor-negativo", "--nivel", "nota"), 1, "não se muda"),
        (("--regra", "soma-da-guia", "--nivel", "nota", "--prestador", "9"), 1, "não há prestador"),
    ],
)
def test_set_que_nao_serve_e_dito_em_uma_linha(
    linha: Linha, opcoes: tuple[str, ...], situacao: int, motivo: str
) -> None:
    """O que não se pode mudar sai com uma linha de erro, e nada muda."""
    antes = linha.em_json("regras", "list", *R)
    obtida, saida, erros = linha("regras", "set", *R, *opcoes)
    assert (situacao, "") == (obtida, saida)
    assert motivo in erros
    assert erros.count("\n") == 1
    assert antes == linha.em_json("regras", "list", *R)


def test_operadora_que_nao_ha(linha: Linha) -> None:
    """Listar regras de uma operadora que não existe é recusado."""
    assert linha("regras", "list", "--registro-ans", "111111")[0] == 1


# --- beneficiários ----------------------------------------------------------------------------


def test_importa_todas_as_colunas(linha: Linha) -> None:
    """Cada coluna chega ao seu campo; as datas valem nas duas formas."""
    csv = f"{CABECALHO}00123;Ana Sá;898000000000001;2027-12-31;01/01/2026;;29/02/2020;\n"
    assert linha.importar(csv) == (0, "novos: 1, atualizados: 0\n", "")
    [ana] = linha.cadastrados("00123").values()
    assert [str(x) for x in ana] == [
        "00123", "Ana Sá", "898000000000001", "2027-12-31", "2026-01-01", "None", "2020-02-29",
        "None",
    ]  # fmt: skip


@pytest.mark.parametrize("codificacao", ["utf-8", "utf-8-sig", "iso-8859-1"])
def test_importa_nas_duas_codificacoes(linha: Linha, codificacao: str) -> None:
    """UTF-8, com BOM ou sem ele, e ISO-8859-1 dão o mesmo nome."""
    linha.importar(f"{CABECALHO}1;João Conceição;;;;;;\n".encode(codificacao))
    assert linha.cadastrados("1")["1"].nome == "João Conceição"


def test_colunas_em_outra_ordem(linha: Linha) -> None:
    """O cabeçalho diz onde está cada coluna."""
    trocado = "nome;carteira;" + CABECALHO.split(";", 2)[2]
    linha.importar(f"{trocado}Ana;1;;;;;;\n")
    assert linha.cadastrados("1") == {"1": Beneficiario("1", "Ana")}


def test_importar_de_novo_atualiza(linha: Linha) -> None:
    """A segunda importação conta os novos e os atualizados."""
    linha.importar(f"{CABECALHO}1;Ana;;;;;;\n2;Bia;;;;;;\n")
    assert linha.importar(f"{CABECALHO}2;Beatriz;;;;;;\n3;Caio;;;;;;\n")[1] == (
        "novos: 1, atualizados: 1\n"
    )
    assert linha.cadastrados("2")["2"].nome == "Beatriz"


RUINS = (
    ("tem 7 colunas em vez de 8", "1;Ana;;;;;"),
    ("carteira: de 1 a 20", ";Ana;;;;;;"),
    ("carteira: de 1 a 20", f"{'1' * 21};Ana;;;;;;"),
    ("carteira: de 1 a 20", "1Ω;Ana;;;;;;"),
    ("nome: de 1 a 200", "1;;;;;;;"),
    ("há caracteres de controle", "1;Ana\x07;;;;;;"),
    ("cns: são quinze algarismos", "1;Ana;123;;;;;"),
    ("validade: a data é", "1;Ana;;2026-02-30;;;;"),
    ("excluido_em: a data é", "1;Ana;;;;;;20260101"),
    ("suspenso_ate: vem depois", "1;Ana;;;;2026-01-01;;"),
    ("suspenso_ate: vem depois", "1;Ana;;;2026-01-02;2026-01-01;;"),
    ("excluido_em: não pode ser anterior", "1;Ana;;;;;2026-01-02;2026-01-01"),
    ("a carteira já apareceu", "7;Outra vez;;;;;;"),
)


@pytest.mark.parametrize(("motivo", "ruim"), RUINS)
def test_linha_ruim_impede_a_carga_e_e_dita_pelo_numero(
    linha: Linha, motivo: str, ruim: str
) -> None:
    """Uma linha ruim é dita pelo número e pelo motivo, e nada se grava."""
    situacao, saida, erros = linha.importar(f"{CABECALHO}7;Boa;;;;;;\n{ruim}\n8;Boa;;;;;;\n")
    assert situacao == 1
    assert saida.startswith(f"linha 3: {motivo}")
    assert "linhas ruins: 1, boas: 2; nada foi gravado" in erros
    assert linha.cadastrados("1", "7", "8") == {}


@pytest.mark.parametrize(("motivo", "ruim"), RUINS)
def test_parcial_grava_as_linhas_boas(linha: Linha, motivo: str, ruim: str) -> None:
    """Com --parcial as boas ficam e as ruins são ditas."""
    situacao, saida, _ = linha.importar(
        f"{CABECALHO}7;Boa;;;;;;\n{ruim}\n8;Boa;;;;;;\n", "--parcial"
    )
    assert situacao == 0
    assert motivo in saida
    assert saida.endswith("novos: 2, atualizados: 0, linhas ruins deixadas de fora: 1\n")
    assert set(linha.cadastrados("1", "7", "8")) == {"7", "8"}


def test_ruins_em_json(linha: Linha) -> None:
    """--json traz todas as linhas ruins, ainda que sejam muitas."""
    csv = CABECALHO + ";x;;;;;;\n" * 30
    situacao, saida, _ = linha.importar(csv, "--parcial", "--json")
    dados = json.loads(saida)
    assert situacao == 0
    assert [r["linha"] for r in dados["ruins"]] == list(range(2, 32))


@pytest.mark.parametrize("conteudo", ["", "1;Ana;;;;;;\n", CABECALHO.replace("cns;", "")])
def test_sem_o_cabecalho_o_arquivo_nao_serve(linha: Linha, conteudo: str) -> None:
    """A primeira linha tem de trazer as oito colunas."""
    situacao, _, erros = linha.importar(conteudo)
    assert situacao == 2
    assert "a primeira linha deve ser carteira;nome" in erros


def test_arquivo_que_nao_ha(linha: Linha) -> None:
    """Um arquivo que não se lê é mau uso, dito em uma linha."""
    situacao, _, erros = linha("beneficiarios", "import", *R, "falta.csv")
    assert (situacao, erros.count("\n")) == (2, 1)


def test_cem_mil_linhas_em_segundos(linha: Linha) -> None:
    """Cem mil linhas entram, e tornam a entrar, sem que se espere por elas."""
    csv = CABECALHO + "".join(f"{n:017d};Pessoa {n};;;;;;\n" for n in range(100_000))
    inicio = time.perf_counter()
    primeira = linha.importar(csv)[1]
    segunda = linha.importar(csv)[1]
    assert (primeira, segunda) == (
        "novos: 100000, atualizados: 0\n",
        "novos: 0, atualizados: 100000\n",
    )
    assert time.perf_counter() - inicio < 60
