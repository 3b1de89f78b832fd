"""``precos`` e ``analise`` na linha de comando, sobre um SQLite."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from integration.cobranca import Cobranca
from integration.exemplos import Cadastro

from gateway.linha_de_comando import main
from persistence import operadoras, prestadores
from persistence.banco import Banco

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

R = ("--registro-ans", "999999")
PRECOS = "tabela;codigo;preco;inicio;fim\n"


class Linha:
    """A linha de comando numa pasta com uma operadora e um prestador."""

    def __init__(self, pasta: Path, capsys: pytest.CaptureFixture[str], casa: Cobranca) -> None:
        self.casa = casa
        self._pasta = pasta
        self._capsys = capsys

    def __call__(self, *argumentos: str) -> tuple[int, str, str]:
        """Situação de saída, saída e erros."""
        with pytest.raises(SystemExit) as saiu:
            main(argumentos)
        escrito = self._capsys.readouterr()
        return int(saiu.value.code or 0), escrito.out, escrito.err.removeprefix("tiss-gateway: ")

    def em_json(self, *argumentos: str) -> Any:
        """O que um comando que dá certo mostra em JSON."""
        situacao, saida, erros = self(*argumentos, "--json")
        assert (situacao, erros) == (0, "")
        return json.loads(saida)

    def arquivo(self, nome: str, conteudo: str) -> str:
        """Um arquivo com esse conteúdo."""
        (self._pasta / nome).write_text(conteudo, "utf-8")
        return str(self._pasta / nome)


@pytest.fixture
def linha(
    tmp_path: Path,
    sqlite_migrado: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Linha]:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/tiss.db"
    monkeypatch.setenv("TISS_GATEWAY_DATABASE__URL", url)
    shutil.copy(sqlite_migrado, tmp_path / "tiss.db")
    with pytest.raises(SystemExit):
        main(("operadora", "add", *R, "--cnpj", "45123987000170", "--nome", "Inventada"))
    capsys.readouterr()
    banco = Banco.abrir(url)
    with banco.escrita() as conn:
        operadora = operadoras.por_registro(conn, "999999")
        assert operadora is not None
        prestador = prestadores.adicionar(
            conn, operadora.id, codigo="013950", nome="H", cnpj="11222333000181"
        )
    yield Linha(tmp_path, capsys, Cobranca(banco, Cadastro(operadora, prestador)))
    banco.fechar()


def test_precos_importados_valem_na_analise_automatica(linha: Linha) -> None:
    """O preço do arquivo corta o que passa dele, com vírgula ou ponto e datas brasileiras."""
    arquivo = linha.arquivo("p.csv", f"{PRECOS}22;40300001;8,00;01/01/2026;\n")
    assert linha.em_json("precos", "import", *R, arquivo) == {"gravados": 1, "ruins": []}
    numero = linha.casa.lote(["10.00"])
    feita = linha.em_json("analise", "automatica", *R, "--protocolo", str(numero), "--finalizar")
    assert (feita["estado"], feita["guias"], feita["apontamentos"]) == ("finalizada", 1, [])
    assert str(linha.casa.protocolo(numero).liberado) == "8.00"


@pytest.mark.parametrize(
    ("ruim", "motivo"),
    [
        ("99;1;8.00;2026-01-01;", "tabela: não é uma de dm_tabela"),
        ("22;1-1;8.00;2026-01-01;", "codigo: de 1 a 10 letras ou algarismos"),
        ("22;1;8.001;2026-01-01;", "preco: reais com até dois decimais"),
        ("22;1;-8.00;2026-01-01;", "preco: reais com até dois decimais"),
        ("22;1;8.00;;", "inicio: não pode faltar"),
        ("22;1;8.00;2026-02-30;", "inicio: a data é AAAA-MM-DD ou DD/MM/AAAA"),
        ("22;1;8.00;2026-01-02;2026-01-01", "fim: não pode ser anterior a inicio"),
        ("22;1;8.00;2026-01-01", "tem 4 colunas em vez de 5"),
        ("22;2;8.00;2026-01-01;", "o código já apareceu com o mesmo início"),
    ],
)
def test_preco_ruim_e_dito_pela_linha(linha: Linha, ruim: str, motivo: str) -> None:
    """Uma linha ruim deixa tudo por gravar; com --parcial, só ela fica de fora."""
    arquivo = linha.arquivo("p.csv", f"{PRECOS}22;2;1.00;2026-01-01;\n{ruim}\n")
    situacao, saida, erros = linha("precos", "import", *R, arquivo)
    assert (situacao, erros) == (1, "linhas ruins: 1, boas: 1; nada foi gravado\n")
    assert saida.startswith(f"linha 3: {motivo}")
    parcial = linha.em_json("precos", "import", *R, "--parcial", arquivo)
    assert (parcial["gravados"], [r["linha"] for r in parcial["ruins"]]) == (1, [3])


def test_resultados_importam_se_de_csv_e_de_json(linha: Linha) -> None:
    """O formato é o do nome do arquivo, e importar de novo só conta repetidos."""
    um, outro = linha.casa.lote(["10.00"]), linha.casa.lote(["10.00"])
    colunas = "protocolo;guia;item;grau;processado;liberado;glosa_codigo;glosa_valor;glosa_texto"
    csv = linha.arquivo("r.csv", f"{colunas}\n{um};1;1;;10.00;9.00;1705;1.00;a maior\n")
    jsonl = linha.arquivo("r.jsonl", json.dumps({"protocolo": outro}) + "\n")
    assert linha.em_json("analise", "import", *R, "--finalizar", csv)["gravados"] == 1
    assert linha.em_json("analise", "import", *R, "--finalizar", csv)["repetidos"] == 1
    opcoes = ("--finalizar", "--completar")
    assert linha.em_json("analise", "import", *R, *opcoes, jsonl)["gravados"] == 1
    assert [str(linha.casa.protocolo(n).liberado) for n in (um, outro)] == ["9.00", "10.00"]


def test_resultado_que_nao_serve_sai_com_um(linha: Linha) -> None:
    """O protocolo recusado é dito pela linha, e sem --parcial nada se grava."""
    bom = linha.casa.lote(["10.00"])
    texto = json.dumps({"protocolo": bom}) + '\n{"protocolo": 1}\n'
    arquivo = linha.arquivo("r.jsonl", texto)
    situacao, saida, erros = linha("analise", "import", *R, arquivo)
    assert (situacao, erros) == (1, "protocolos recusados: 1; nada foi gravado\n")
    assert saida.startswith("linha 2: Não há lote com este protocolo")
    assert linha.casa.situacoes(bom) == [1]
    assert linha("analise", "import", *R, "--parcial", arquivo)[0] == 0
    assert linha.casa.situacoes(bom) == [1, 2]


@pytest.mark.parametrize(
    ("argumentos", "erro"),
    [
        (("analise", "import", *R, "--completar", "x"), "--completar só serve com --finalizar"),
        (("analise", "import", *R, "falta.csv"), "não foi possível ler falta.csv"),
        (("precos", "import", *R, "falta.csv"), "não foi possível ler falta.csv"),
        (("analise", "politica", *R, "--regra", "sem-preco"), "--regra e --acao vêm juntas"),
    ],
)
def test_mau_uso_sai_com_dois(linha: Linha, argumentos: tuple[str, ...], erro: str) -> None:
    """O que não faz sentido ou não se lê é uma linha de erro e situação 2."""
    situacao, _, erros = linha(*argumentos)
    assert situacao == 2
    assert erros.startswith(erro)


def test_politica_muda_e_mostra_se(linha: Linha) -> None:
    """A política dos valores e a ação de uma regra mudam e ficam."""
    mudada = linha.em_json(
        "analise", "politica", *R, "--valores", "glosa-a-parte",
        "--regra", "sem-preco", "--acao", "glosa", "--codigo", "1801",
    )  # fmt: skip
    assert mudada == linha.em_json("analise", "politica", *R)
    assert mudada["valores"] == "glosa-a-parte"
    assert {"regra": "sem-preco", "acao": "glosa", "codigo": "1801"} in mudada["regras"]


def test_operadora_ou_protocolo_que_nao_ha(linha: Linha) -> None:
    """O que não existe é recusado com uma linha."""
    outra = ("--registro-ans", "888888")
    assert linha("analise", "politica", *outra)[0] == 1
    situacao, _, erros = linha("analise", "automatica", *R, "--protocolo", "1")
    assert situacao == 1
    assert erros.startswith("Não há lote com este protocolo")
