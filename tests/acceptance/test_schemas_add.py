"""``schemas add`` pela linha de comando, e um gateway de verdade que fala o que se instalou."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from acceptance import mensagens, viveiro
from acceptance.numeros import novo_lote
from acceptance.servidor import HOSPITAL, REGISTRO, Servidor
from lxml import etree
from pacotes import MONITORAMENTO, NOVA, conjunto, em_pasta, em_zip, trocado, zipado
from validador import validar_resposta

import tiss_xsd
from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS, TRANSACOES
from prestador.cliente import FalhaTISS
from prestador.lotes import corpo_lote
from prestador.mensagem_xml import selar

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

OFICIAIS = Path(__file__).resolve().parents[2].parent / "shared" / "tiss" / "official"


def rodar(pasta: Path, *argumentos: str, **ambiente: str) -> subprocess.CompletedProcess[str]:
    """``tiss-gateway`` numa pasta de trabalho, com os padrões de uma máquina nova."""
    limpo = {k: v for k, v in os.environ.items() if not k.startswith("TISS_GATEWAY_")}
    return viveiro.executar(argumentos, env=limpo | ambiente, cwd=pasta)


def instalar(pasta: Path, pacote: Path, *opcoes: str) -> dict[str, Any]:
    feito = rodar(pasta, "schemas", "add", str(pacote), "--json", *opcoes)
    assert feito.returncode == 0, feito.stderr
    dados: dict[str, Any] = json.loads(feito.stdout)
    return dados


@pytest.fixture(scope="module")
def instalada(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Uma pasta de trabalho com 4.04.00 instalada, que os testes não mudam."""
    pasta = tmp_path_factory.mktemp("instalada")
    tiss_xsd.instalar(em_zip(pasta / "p.zip", conjunto()), pasta / "dados" / "esquemas")
    return pasta


@pytest.fixture(scope="module")
def no_ar(instalada: Path) -> Iterator[Servidor]:
    """Um gateway com dois processos nessa pasta de trabalho."""
    gateway = Servidor(f"sqlite:///{instalada / 'gateway.db'}", instalada)
    yield gateway.iniciar("--workers", "2")
    gateway.encerrar()


@pytest.fixture
def com_nova(no_ar: Servidor) -> Iterator[Servidor]:
    """O mesmo gateway, com a versão dita também ao validador deste processo."""
    tiss_xsd.usar_pasta(no_ar.pasta / "dados" / "esquemas")
    yield no_ar
    tiss_xsd.usar_pasta(None)


# --- o comando --------------------------------------------------------------------------------


def test_texto_diz_o_que_se_instalou(tmp_path: Path) -> None:
    """O texto diz o pacote e os arquivos com os resumos, o que ficou de fora e quando vale."""
    dentro = zipado(conjunto() | MONITORAMENTO)
    feito = rodar(tmp_path, "schemas", "add", str(em_zip(tmp_path / "p.zip", {"n.zip": dentro})))

    assert feito.returncode == 0, feito.stderr
    assert "pacote p.zip\n  sha256 " in feito.stdout
    assert "zip interno n.zip\n  sha256 " in feito.stdout
    assert "versão 4.04.00: instalado (n.zip)" in feito.stdout
    assert feito.stdout.count("desconhecido") == 2 + len(conjunto())
    assert "fora da troca de mensagens (n.zip): tissMonitoramentoV1_06_00.xsd" in feito.stdout
    assert feito.stdout.endswith("\n\nvale a partir do próximo início do gateway\n")
    assert (tmp_path / "dados" / "esquemas" / NOVA / "atual").is_file()


def test_json_diz_o_mesmo(tmp_path: Path) -> None:
    """O JSON traz pacote, versões, arquivos, resumos e o que é conhecido."""
    dados = instalar(tmp_path, em_pasta(tmp_path / "pacote", conjunto()))

    (versao,) = dados["versoes"]
    assert dados["pacote"] == {
        "nome": "pacote", "sha256": None, "situacao": "desconhecido", "conhecidoComo": None,
    }  # fmt: skip
    assert (versao["versao"], versao["feito"], versao["situacao"]) == (
        NOVA, "instalado", "desconhecido",
    )  # fmt: skip
    assert sorted(conjunto()) == [a["nome"] for a in versao["arquivos"]]
    assert {64} == {len(a["sha256"]) for a in versao["arquivos"]}


def test_repetir_nao_muda_nada_e_trocar_se_pede(tmp_path: Path) -> None:
    """O mesmo pacote de novo é dito igual; outro conteúdo sai com 1 até que se peça a troca."""
    primeiro = em_zip(tmp_path / "a.zip", conjunto())
    segundo = em_zip(tmp_path / "b.zip", trocado("tiss", "</schema>", "<!-- --></schema>"))
    instalar(tmp_path, primeiro)

    repetido = rodar(tmp_path, "schemas", "add", str(primeiro))
    recusado = rodar(tmp_path, "schemas", "add", str(segundo))
    (trocada,) = instalar(tmp_path, segundo, "--replace")["versoes"]

    assert repetido.returncode == 0
    assert "versão 4.04.00: já instalado" in repetido.stdout
    assert "nada mudou" in repetido.stdout
    assert recusado.returncode == 1
    assert "--replace" in recusado.stderr
    assert trocada["feito"] == "trocado"


def test_lista_diz_a_procedencia(instalada: Path) -> None:
    """A lista distingue embutido de instalado e diz se o resumo é conhecido."""
    dados = json.loads(rodar(instalada, "schemas", "list", "--json").stdout)
    texto = rodar(instalada, "schemas", "list").stdout

    assert {("instalado", False)} == {(a["situacao"], a["conhecido"]) for a in dados[NOVA]}
    assert {("embutido", None)} == {(a["situacao"], a["conhecido"]) for a in dados["4.03.00"]}
    linha = next(x for x in texto.splitlines() if x.startswith("4.04.00  tissV4_04_00.xsd"))
    assert linha.split()[4:] == ["instalado", "desconhecido", "pacote", "p.zip"]


def test_versao_instalada_serve_ao_cadastro(no_ar: Servidor) -> None:
    """Um prestador pode ser limitado a uma versão instalada, e a nenhuma outra."""
    prestador = ["--registro-ans", REGISTRO, "--codigo", "1", "--nome", "Clínica"]
    prestador += ["--cnpj", "45123987000170", "--versoes"]
    url = {"TISS_GATEWAY_DATABASE__URL": no_ar.url}

    recusado = rodar(no_ar.pasta, "prestador", "add", *prestador, "4.05.00", **url)
    aceito = rodar(no_ar.pasta, "prestador", "add", *prestador, NOVA, **url)

    assert (recusado.returncode, aceito.returncode) == (2, 0), aceito.stderr
    assert "4.05.00 não está instalada" in recusado.stderr


@pytest.mark.parametrize(
    ("arquivos", "codigo", "motivo"),
    [
        ({"../x.xsd": b""}, 1, "sai da pasta"),
        (trocado("tiss", "</schema>", ""), 1, "não é XML bem formado"),
        (None, 2, "não há nada em"),
    ],
)
def test_recusa_e_uma_linha(
    arquivos: dict[str, bytes] | None, codigo: int, motivo: str, tmp_path: Path
) -> None:
    """Um pacote recusado sai com 1, um ilegível com 2; os dois com uma linha e sem gravar nada."""
    pacote = tmp_path / "p.zip"
    if arquivos is not None:
        em_zip(pacote, arquivos)
    feito = rodar(tmp_path, "schemas", "add", str(pacote))

    assert (feito.returncode, feito.stdout) == (codigo, "")
    assert feito.stderr.startswith("tiss-gateway: ")
    assert motivo in feito.stderr
    assert feito.stderr.count("\n") == 1
    assert not (tmp_path / "dados").exists()


@pytest.mark.parametrize("comando", [["serve", "--port", "0"], ["schemas", "list"]])
def test_pasta_estragada_e_erro_de_uma_linha(comando: list[str], tmp_path: Path) -> None:
    """Com a pasta de esquemas estragada nada começa: sai com 2 e uma linha."""
    pasta = tmp_path / "dados" / "esquemas"
    tiss_xsd.instalar(em_zip(tmp_path / "p.zip", conjunto()), pasta)
    (pasta / NOVA / "atual").write_text("outro")
    feito = rodar(tmp_path, *comando)

    assert feito.returncode == 2
    assert "procedencia.json" in feito.stderr
    assert feito.stderr.count("\n") == 1


# --- o gateway com a versão nova --------------------------------------------------------------


@pytest.mark.parametrize("tipo", list(TipoGuia), ids=lambda t: t.name.lower())
def test_lote_e_situacao_na_versao_nova(com_nova: Servidor, tipo: TipoGuia) -> None:
    """Um cliente feito do WSDL servido envia lote e pergunta a situação na versão instalada."""
    corpo = corpo_lote(
        tipo, "4.03.00", prestador=HOSPITAL, registro_ans=REGISTRO, numero_lote=novo_lote(),
        guias=2,
    )  # fmt: skip
    with com_nova.cliente(NOVA) as cliente:
        recibo = cliente.enviar_lote(corpo)
        validar_resposta(cliente.ultima_resposta, NOVA)
        assert recibo.protocolo is not None
        situacao = cliente.status(recibo.protocolo)
        validar_resposta(cliente.ultima_resposta, NOVA)
    with com_nova.cliente("3.05.00") as cliente:
        antiga = cliente.status(recibo.protocolo)
        validar_resposta(cliente.ultima_resposta, "3.05.00")

    assert (situacao.status, len(situacao.guias)) == (1, 2)
    assert (antiga.status, len(antiga.guias)) == (1, 2)


def test_erro_de_preenchimento_na_versao_nova(com_nova: Servidor) -> None:
    """As mensagens da versão instalada são conferidas pelo esquema dela, com o campo nomeado."""
    corpo: Any = corpo_lote(
        TipoGuia.CONSULTA, "4.03.00", prestador=HOSPITAL, registro_ans=REGISTRO,
        numero_lote=novo_lote(),
    )  # fmt: skip
    corpo["guiasTISS"]["guiaConsulta"][0]["dadosAtendimento"]["tipoConsulta"] = "9"
    with com_nova.cliente(NOVA) as cliente, pytest.raises(FalhaTISS) as falha:
        cliente.enviar_lote(corpo)

    assert falha.value.codigo == "SchemaInvalido"
    assert "tipoConsulta" in falha.value.texto
    validar_resposta(cliente.ultima_resposta, NOVA)


def test_documentos_da_versao_nova(com_nova: Servidor) -> None:
    """A versão instalada tem WSDL e esquemas servidos, nos dois endereços, e está na página."""
    for transacao in TRANSACOES:
        caminho = f"/tiss/{NOVA}/{transacao.servico}"
        wsdl = com_nova.pegar(f"{caminho}?wsdl")
        assert wsdl.status == 200
        assert f"/{transacao.nome.lower()}/v40400".encode() in wsdl.corpo
    esquema = com_nova.pegar("/tissLoteGuiasV4_04_00?xsd=tissWebServicesV4_04_00.xsd")
    assert b"?xsd=tissV4_04_00.xsd" in esquema.corpo
    assert f">{NOVA}</a>".encode() in com_nova.pegar("/").corpo


def test_so_vale_no_proximo_inicio(tmp_path: Path, novo_servidor: Callable[..., Servidor]) -> None:
    """Um gateway no ar não muda com a instalação; ao começar de novo, tem a versão."""
    gateway = novo_servidor().iniciar()
    instalar(gateway.pasta, em_zip(tmp_path / "p.zip", conjunto()))
    caminho = f"/tiss/{NOVA}/tissLoteGuias?wsdl"

    antes = gateway.pegar(caminho).status
    gateway.parar()
    gateway.iniciar()

    assert (antes, gateway.pegar(caminho).status) == (404, 200)


def test_pasta_da_configuracao(instalada: Path, novo_servidor: Callable[..., Servidor]) -> None:
    """A pasta dos esquemas instalados é a da configuração."""
    pasta = instalada / "dados" / "esquemas"
    gateway = novo_servidor(TISS_GATEWAY_SCHEMAS__FOLDER=str(pasta)).iniciar()

    assert gateway.pegar(f"/tiss/{NOVA}/tissLoteGuias?wsdl").status == 200


# --- pacotes da ANS ---------------------------------------------------------------------------


def da_versao(mensagem: etree._Element, versao: str) -> bytes:
    """Uma mensagem de 3.05.00 passada a outra versão antiga, com o hash refeito."""
    padrao = mensagem.find(f"{{{NS_TISS}}}cabecalho/{{{NS_TISS}}}Padrao")
    assert padrao is not None
    padrao.text = versao
    selar(mensagem)
    return mensagens.envelopado(mensagem)


@pytest.mark.parametrize(
    ("versao", "tipos"), [("3.03.03", [TipoGuia.CONSULTA]), ("3.04.01", list(TipoGuia))]
)
def test_versao_antiga_da_ans_no_gateway(
    versao: str, tipos: list[TipoGuia], novo_servidor: Callable[..., Servidor]
) -> None:
    """Lotes e a sua situação numa versão antiga, com os esquemas que a ANS publicou."""
    if not (OFICIAIS / versao).is_dir():
        pytest.skip("sem os arquivos da ANS em ../shared/tiss/official")
    gateway = novo_servidor()
    pasta = gateway.pasta / "dados" / "esquemas"
    tiss_xsd.instalar(OFICIAIS / versao, pasta)
    tiss_xsd.usar_pasta(pasta)
    situacoes = []
    try:
        gateway.iniciar()
        for tipo in tipos:
            lote = da_versao(mensagens.lote("3.05.00", tipo=tipo), versao)
            recibo = validar_resposta(gateway.postar(lote, versao).corpo, versao)
            protocolo = recibo.findtext(f".//{{{NS_TISS}}}numeroProtocolo")
            assert protocolo is not None, etree.tostring(recibo)
            pergunta = da_versao(mensagens.status(protocolo, "3.05.00"), versao)
            servico = "tissSolicitacaoStatusProtocolo"
            situacao = validar_resposta(gateway.postar(pergunta, versao, servico).corpo, versao)
            situacoes.append(situacao.findtext(f".//{{{NS_TISS}}}statusProtocolo"))
    finally:
        tiss_xsd.usar_pasta(None)

    assert situacoes == ["1"] * len(tipos)


def test_pacote_da_ans_no_gateway(novo_servidor: Callable[..., Servidor]) -> None:
    """Com o pacote publicado por cima dos embutidos, um cliente SOAP trabalha como antes."""
    pacote = OFICIAIS / "packages" / "PadroTISSComunicao_202511.zip"
    if not pacote.is_file():
        pytest.skip("sem os arquivos da ANS em ../shared/tiss/official")
    gateway = novo_servidor()
    (versao,) = instalar(gateway.pasta, pacote)["versoes"]
    gateway.iniciar()
    corpo = corpo_lote(
        TipoGuia.SADT, "4.03.00", prestador=HOSPITAL, registro_ans=REGISTRO,
        numero_lote=novo_lote(),
    )  # fmt: skip
    with gateway.cliente("4.03.00") as cliente:
        recibo = cliente.enviar_lote(corpo)
        validar_resposta(cliente.ultima_resposta, "4.03.00")
        assert recibo.protocolo is not None
        assert cliente.status(recibo.protocolo).status == 1

    assert versao["situacao"] == "conhecido"
    servido = gateway.pegar("/tiss/4.03.00/tissLoteGuias?xsd=xmldsig-core-schema.xsd").corpo
    assert b"DOCTYPE" not in servido
