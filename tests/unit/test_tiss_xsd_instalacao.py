from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from _esquemas.componentes import ler_pasta
from _esquemas.referencia import OFICIAIS, SEM_OFICIAIS, oficial
from lxml import etree
from pacotes import MONITORAMENTO, NOVA, conjunto, em_pasta, em_zip, trocado, zipado

import tiss_xsd
from dominio.versoes import VERSOES
from tiss_xsd import catalogo, conhecidos, pasta
from tiss_xsd.instalacao import INSTALADO, JA_INSTALADO, TROCADO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def dados(tmp_path: Path) -> Iterator[Path]:
    """A pasta de dados dos esquemas; ao fim o processo volta aos embutidos."""
    yield tmp_path / "dados" / "esquemas"
    tiss_xsd.usar_pasta(None)


def feito(relatorio: tiss_xsd.Relatorio) -> dict[str, str]:
    return {v.versao: v.feito for v in relatorio.versoes}


def pacote_oficial(nome: str) -> Path:
    achado = OFICIAIS / "packages" / nome
    if not achado.is_file():
        pytest.skip(SEM_OFICIAIS)
    return achado


# --- o que se instala -------------------------------------------------------------------------


@pytest.mark.parametrize("forma", ["pasta", "zip", "zip-com-pasta"])
def test_versao_nova_fica_disponivel(forma: str, tmp_path: Path, dados: Path) -> None:
    """Uma versão nunca vista, em pasta ou zip, entra no fim da lista e compila."""
    if forma == "pasta":
        pacote = em_pasta(tmp_path / "pacote", conjunto())
    else:
        dentro = "Padrão 040400/" if forma == "zip-com-pasta" else ""
        pacote = em_zip(tmp_path / "p.zip", {dentro + n: c for n, c in conjunto().items()})

    relatorio = tiss_xsd.instalar(pacote, dados)
    tiss_xsd.usar_pasta(dados)

    assert feito(relatorio) == {NOVA: INSTALADO}
    assert (*VERSOES, NOVA) == tiss_xsd.versoes()
    assert not tiss_xsd.conferir(NOVA)
    assert tuple(sorted(conjunto())) == tiss_xsd.arquivos(NOVA)


def test_so_vale_quando_se_diz_a_pasta(tmp_path: Path, dados: Path) -> None:
    """Instalar não muda o que o processo está usando."""
    tiss_xsd.instalar(em_zip(tmp_path / "p.zip", conjunto()), dados)

    assert tiss_xsd.versoes() == VERSOES


@pytest.mark.parametrize("niveis", [1, 3])
def test_zip_dentro_de_zip(niveis: int, tmp_path: Path, dados: Path) -> None:
    """O conjunto é achado até três zips para dentro, e cada um é dito com o seu resumo."""
    conteudo = zipado(conjunto())
    resumos = []
    for nivel in range(niveis):
        resumos.append(hashlib.sha256(conteudo).hexdigest())
        conteudo = zipado({f"n{nivel}.zip": conteudo})
    (tmp_path / "p.zip").write_bytes(conteudo)

    relatorio = tiss_xsd.instalar(tmp_path / "p.zip", dados)

    assert resumos[::-1] == [interno.sha256 for interno in relatorio.internos]
    assert relatorio.pacote.sha256 == hashlib.sha256(conteudo).hexdigest()
    assert feito(relatorio) == {NOVA: INSTALADO}


def test_zip_dentro_de_pasta(tmp_path: Path, dados: Path) -> None:
    """Uma pasta pode ter zips, como a que se obtém ao abrir o pacote de fora."""
    pacote = em_pasta(tmp_path / "pacote", {"040400.zip": zipado(conjunto())})

    assert feito(tiss_xsd.instalar(pacote, dados)) == {NOVA: INSTALADO}


@pytest.mark.parametrize("codificacao", ["cp850", "utf-8"])
def test_nomes_acentuados_em_qualquer_codificacao(
    codificacao: str, tmp_path: Path, dados: Path
) -> None:
    """Nomes escritos na página 850 ou em UTF-8, sem o zip dizer qual, são lidos certos."""
    escrito = "Padrão Comunicação/".encode(codificacao)
    provisorio = b"x" * (len(escrito) - 1) + b"/"
    conteudo = zipado({provisorio.decode() + n: c for n, c in conjunto().items()})
    (tmp_path / "p.zip").write_bytes(conteudo.replace(provisorio, escrito))

    relatorio = tiss_xsd.instalar(tmp_path / "p.zip", dados)

    assert [v.lugar for v in relatorio.versoes] == ["Padrão Comunicação"]


def test_varias_versoes_num_pacote(tmp_path: Path, dados: Path) -> None:
    """Um pacote com duas versões na mesma pasta instala as duas."""
    arquivos = conjunto() | conjunto("4.05.00")
    relatorio = tiss_xsd.instalar(em_zip(tmp_path / "p.zip", arquivos), dados)

    assert feito(relatorio) == {NOVA: INSTALADO, "4.05.00": INSTALADO}


def test_o_que_nao_e_troca_de_mensagens_e_dito(tmp_path: Path, dados: Path) -> None:
    """Os esquemas do Monitoramento são nomeados e não instalados."""
    arquivos = conjunto() | {f"010600/{n}": c for n, c in MONITORAMENTO.items()}
    relatorio = tiss_xsd.instalar(em_zip(tmp_path / "p.zip", arquivos), dados)

    assert [("010600", tuple(MONITORAMENTO))] == list(relatorio.alheios)
    assert feito(relatorio) == {NOVA: INSTALADO}


def test_wsdl_do_pacote_so_e_nomeado(tmp_path: Path, dados: Path) -> None:
    """Os WSDL que vêm junto são ditos e não gravados: os servidos são os do gateway."""
    arquivos = conjunto() | {"tissLoteGuiasV4_04_00.wsdl": b"qualquer coisa"}
    relatorio = tiss_xsd.instalar(em_zip(tmp_path / "p.zip", arquivos), dados)

    assert relatorio.versoes[0].wsdl == ("tissLoteGuiasV4_04_00.wsdl",)
    assert not list(dados.rglob("*.wsdl"))


def test_conteudo_repetido_igual_e_um_so(tmp_path: Path, dados: Path) -> None:
    """O mesmo conjunto em dois lugares do pacote não é conflito."""
    arquivos = {f"{lugar}/{n}": c for lugar in "ab" for n, c in conjunto().items()}
    relatorio = tiss_xsd.instalar(em_zip(tmp_path / "p.zip", arquivos), dados)

    assert feito(relatorio) == {NOVA: INSTALADO}


def test_elemento_opcional_a_mais_e_aceito(tmp_path: Path, dados: Path) -> None:
    """Uma versão que só acrescenta um campo opcional ao cabeçalho tem as formas conhecidas."""
    campo = '<element name="loginSenhaPrestador"'
    arquivos = trocado("tiss", campo, f'<element name="extra" type="string" minOccurs="0"/>{campo}')

    relatorio = tiss_xsd.instalar(em_zip(tmp_path / "p.zip", arquivos), dados)

    assert feito(relatorio) == {NOVA: INSTALADO}


# --- conhecidos -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nome", "versao"),
    [
        ("PadroTISSComunicao_202511.zip", "4.03.00"),
        ("PadroTISSComunicao202505.zip", "4.02.00"),
        ("comunicacao-04.01.00_01.04.01.zip", "4.01.00"),
        ("comunicacao-04.01.00_01.04.00.zip", "4.01.00"),
        ("comunicacao-04.00.01_01.03.00.zip", "4.00.01"),
    ],
)
def test_pacote_da_ans_e_conhecido(nome: str, versao: str, dados: Path) -> None:
    """Cada pacote publicado é instalado como está e conhecido inteiro, por fora e por dentro."""
    relatorio = tiss_xsd.instalar(pacote_oficial(nome), dados)
    tiss_xsd.usar_pasta(dados)

    assert feito(relatorio) == {versao: INSTALADO}
    assert relatorio.pacote.conhecido
    assert all(interno.conhecido for interno in relatorio.internos)
    assert relatorio.versoes[0].conhecido
    assert len(relatorio.alheios[0].nomes) == 3
    assert {True} == {p.conhecido for p in tiss_xsd.procedencia(versao)}


def test_o_que_nao_e_da_ans_e_desconhecido(tmp_path: Path, dados: Path) -> None:
    """Um pacote que ninguém viu é instalado e dito desconhecido, arquivo por arquivo."""
    relatorio = tiss_xsd.instalar(em_zip(tmp_path / "p.zip", conjunto()), dados)
    tiss_xsd.usar_pasta(dados)

    assert relatorio.pacote.conhecido is None
    assert not relatorio.versoes[0].conhecido
    assert {("instalado", False)} == {(p.situacao, p.conhecido) for p in tiss_xsd.procedencia(NOVA)}


def test_embutido_nao_e_da_ans_nem_desconhecido() -> None:
    """Os esquemas do projeto são de redação própria: não se diz que são ou não os da ANS."""
    assert {("embutido", None)} == {
        (p.situacao, p.conhecido) for v in VERSOES for p in tiss_xsd.procedencia(v)
    }


@pytest.mark.parametrize("versao", ["3.02.02", "3.03.03", "3.04.01", "3.05.00", "4.00.00"])
def test_versao_antiga_da_ans_e_aceita(versao: str, dados: Path) -> None:
    """As versões desde 3.02.02 têm as formas conhecidas, e cada arquivo é o da ANS."""
    relatorio = tiss_xsd.instalar(oficial(versao), dados)
    tiss_xsd.usar_pasta(dados)

    assert feito(relatorio) == {versao: INSTALADO}
    assert relatorio.versoes[0].conhecido
    assert not tiss_xsd.conferir(versao)


@pytest.mark.parametrize(
    ("versao", "motivo"), [("3.02.01", "versaoPadrao"), ("3.00.01", "anterior a todos")]
)
def test_versao_antiga_demais_e_recusada(versao: str, motivo: str, dados: Path) -> None:
    """Uma versão de outras formas é recusada com o que tem de diferente."""
    with pytest.raises(tiss_xsd.PacoteRecusado, match=motivo):
        tiss_xsd.instalar(oficial(versao), dados)

    assert not dados.exists()


def test_esquema_de_assinaturas_perde_o_doctype(tmp_path: Path, dados: Path) -> None:
    """O esquema do W3C que a ANS publica é gravado sem DTD e com os mesmos componentes."""
    tiss_xsd.instalar(oficial("4.03.00"), dados)
    tiss_xsd.usar_pasta(dados)
    nome = conhecidos.ASSINATURA
    gravado = tiss_xsd.ler("4.03.00", nome)
    nosso = em_pasta(tmp_path / "nosso", {nome: (catalogo.RAIZ / "4.03.00" / nome).read_bytes()})

    assert b"<!DOCTYPE" in (oficial("4.03.00") / nome).read_bytes()
    assert etree.fromstring(gravado).getroottree().docinfo.internalDTD is None
    assert ler_pasta(nosso) == ler_pasta(em_pasta(tmp_path / "deles", {nome: gravado}))


# --- precedência e troca ----------------------------------------------------------------------


def com_marca(marca: str, versao: str = "4.03.00") -> dict[str, bytes]:
    """O conjunto de uma versão com um comentário que o distingue."""
    arquivos = conjunto(versao, versao)
    nome = next(n for n in arquivos if n.startswith("tissSimpleTypes"))
    return arquivos | {nome: arquivos[nome] + f"<!--{marca}-->".encode()}


def simples(versao: str = "4.03.00") -> bytes:
    nome = next(n for n in tiss_xsd.arquivos(versao) if n.startswith("tissSimpleTypes"))
    return tiss_xsd.ler(versao, nome)


def test_instalado_vale_por_cima_do_embutido(tmp_path: Path, dados: Path) -> None:
    """Um pacote de uma versão que o projeto traz passa a ser o lido, compilado e servido."""
    embutido = tiss_xsd.esquema("4.03.00")
    antes = tiss_xsd.publicado("4.03.00", "tissV4_03_00.xsd", "http://exemplo.invalid/x")
    arquivos = com_marca("novo")
    arquivos["tissV4_03_00.xsd"] = arquivos["tissV4_03_00.xsd"].replace(
        b"<schema\n", b'<schema version="9"\n', 1
    )
    tiss_xsd.instalar(em_zip(tmp_path / "p.zip", arquivos), dados)

    tiss_xsd.usar_pasta(dados)

    assert simples().endswith(b"<!--novo-->")
    assert embutido is not tiss_xsd.esquema("4.03.00")
    servido = tiss_xsd.publicado("4.03.00", "tissV4_03_00.xsd", "http://exemplo.invalid/x")
    assert (b'version="9"' in antes, b'version="9"' in servido) == (False, True)
    assert tiss_xsd.versoes() == VERSOES


def test_voltar_aos_embutidos(tmp_path: Path, dados: Path) -> None:
    """Sem pasta valem de novo os esquemas do projeto, e a versão instalada deixa de existir."""
    tiss_xsd.instalar(em_zip(tmp_path / "p.zip", conjunto() | com_marca("novo")), dados)
    tiss_xsd.usar_pasta(dados)
    tiss_xsd.usar_pasta(None)

    assert not simples().endswith(b"<!--novo-->")
    with pytest.raises(tiss_xsd.ArquivoDesconhecido):
        tiss_xsd.esquema(NOVA)


def test_dizer_a_mesma_pasta_nao_compila_de_novo(tmp_path: Path, dados: Path) -> None:
    """Dizer outra vez a pasta em uso, sem nada de novo, conserva o que se compilou."""
    tiss_xsd.instalar(em_zip(tmp_path / "p.zip", conjunto()), dados)
    tiss_xsd.usar_pasta(dados)
    compilado = tiss_xsd.esquema(NOVA)

    tiss_xsd.usar_pasta(dados)

    assert compilado is tiss_xsd.esquema(NOVA)


def test_instalar_o_mesmo_nao_faz_nada(tmp_path: Path, dados: Path) -> None:
    """O mesmo conjunto, vindo até de outro pacote, é dito já instalado e nada é gravado."""
    tiss_xsd.instalar(em_zip(tmp_path / "p.zip", conjunto()), dados)
    antes = sorted(dados.rglob("*"))
    de_novo = tiss_xsd.instalar(em_pasta(tmp_path / "outro", conjunto()), dados)

    assert feito(de_novo) == {NOVA: JA_INSTALADO}
    assert antes == sorted(dados.rglob("*"))


def test_outro_conteudo_so_com_troca(tmp_path: Path, dados: Path) -> None:
    """Pôr outro conteúdo numa versão instalada é recusado, salvo se a troca é pedida."""
    tiss_xsd.instalar(em_zip(tmp_path / "a.zip", com_marca("a")), dados)
    outro = em_zip(tmp_path / "b.zip", com_marca("b"))
    with pytest.raises(tiss_xsd.PacoteRecusado, match=r"4\.03\.00 já está.*a\.zip.*--replace"):
        tiss_xsd.instalar(outro, dados)

    relatorio = tiss_xsd.instalar(outro, dados, trocar=True)
    tiss_xsd.usar_pasta(dados)

    assert feito(relatorio) == {"4.03.00": TROCADO}
    assert simples().endswith(b"<!--b-->")


def test_quem_esta_no_ar_le_os_arquivos_com_que_comecou(tmp_path: Path, dados: Path) -> None:
    """Uma troca não muda o que lê um processo que já tinha dito a pasta."""
    tiss_xsd.instalar(em_zip(tmp_path / "a.zip", com_marca("a")), dados)
    tiss_xsd.usar_pasta(dados)
    tiss_xsd.instalar(em_zip(tmp_path / "b.zip", com_marca("b")), dados, trocar=True)

    assert simples().endswith(b"<!--a-->")
    assert not tiss_xsd.conferir("4.03.00")


@pytest.mark.parametrize("trocar", [False, True])
def test_falha_ao_gravar_deixa_o_que_havia(
    trocar: bool, tmp_path: Path, dados: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Se o disco falha no meio, vale o que valia antes e não sobra conjunto pela metade."""
    if trocar:
        tiss_xsd.instalar(em_zip(tmp_path / "a.zip", com_marca("a")), dados)
    antes = set(dados.rglob("*.xsd"))
    escritos = []
    original = pasta._escrever

    def falha(caminho: Path, conteudo: bytes) -> None:
        escritos.append(caminho)
        if len(escritos) == 4:
            raise OSError(28, "disco cheio")
        original(caminho, conteudo)

    monkeypatch.setattr(pasta, "_escrever", falha)
    with pytest.raises(OSError, match="disco cheio"):
        tiss_xsd.instalar(em_zip(tmp_path / "b.zip", com_marca("b")), dados, trocar=True)
    tiss_xsd.usar_pasta(dados)

    assert antes == set(dados.rglob("*.xsd"))
    assert simples().endswith(b"<!--a-->") is trocar
    assert tiss_xsd.versoes() == VERSOES


def test_instalacoes_ao_mesmo_tempo(tmp_path: Path, dados: Path) -> None:
    """De várias instalações do mesmo pacote ao mesmo tempo uma instala e as outras nada fazem."""
    pacote = em_zip(tmp_path / "p.zip", conjunto())
    with ThreadPoolExecutor(4) as linhas:
        relatorios = list(linhas.map(lambda _: tiss_xsd.instalar(pacote, dados), range(4)))

    assert sorted([INSTALADO, *[JA_INSTALADO] * 3]) == sorted(feito(r)[NOVA] for r in relatorios)
    assert len([p for p in (dados / NOVA).iterdir() if p.is_dir()]) == 1


def test_pacote_com_uma_versao_ruim_nao_instala_nenhuma(tmp_path: Path, dados: Path) -> None:
    """De um pacote com uma versão boa e outra recusada nada é instalado."""
    ruim = conjunto("4.05.00")
    ruim["tissV4_05_00.xsd"] = b"<x/>"
    with pytest.raises(tiss_xsd.PacoteRecusado, match=r"tissV4_05_00\.xsd"):
        tiss_xsd.instalar(em_zip(tmp_path / "p.zip", conjunto() | ruim), dados)

    assert not dados.exists()


def test_pacote_que_precisa_de_troca_nao_instala_o_resto(tmp_path: Path, dados: Path) -> None:
    """Se uma das versões já tem outro conteúdo, as novas do mesmo pacote também esperam."""
    tiss_xsd.instalar(em_zip(tmp_path / "a.zip", com_marca("a")), dados)
    with pytest.raises(tiss_xsd.PacoteRecusado):
        tiss_xsd.instalar(em_zip(tmp_path / "b.zip", conjunto() | com_marca("b")), dados)

    assert not (dados / NOVA).exists()
