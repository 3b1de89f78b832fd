"""O limite por prestador pela rede: o que ouve um cliente SOAP, e o que o outro prestador nota."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from acceptance.mensagens import envelopado, lote
from acceptance.servidor import HOSPITAL, LOGIN, REGISTRO, SENHA, Servidor
from lxml import etree
from validador import validar_resposta

from dominio.lote import TipoGuia
from dominio.transacoes import POR_SERVICO
from prestador.cabecalho import cabecalho
from prestador.cliente import FalhaTISS
from prestador.lotes import corpo_lote
from prestador.mensagem_xml import mensagem_arquivo

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLIENTES = Path(__file__).parent / "clientes"
_PHP = Path(__file__).parents[1] / "acceptance" / "clientes" / "cliente.php"
_RAJADA = 20


@pytest.fixture(scope="module")
def limitado(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servidor]:
    """Um gateway em que o hospital já passou do seu limite, que enche uma mensagem por minuto."""
    pasta = tmp_path_factory.mktemp("limitado")
    servidor = Servidor(
        f"sqlite:///{pasta / 'gateway.db'}",
        pasta,
        TISS_GATEWAY_LIMITS__PER_MINUTE="1",
        TISS_GATEWAY_LIMITS__BURST=str(_RAJADA),
    ).iniciar()
    dados = _lote()
    # a mesma mensagem outra vez também conta: é o que faz um ERP em laço
    respostas = [servidor.postar(dados).status for _ in range(_RAJADA + 3)]
    assert respostas[0] == 200
    assert respostas[-1] == 429
    yield servidor
    servidor.encerrar()


def _lote(numero: str = "1") -> bytes:
    return envelopado(lote(numero=numero))


def test_a_falha_diz_quando_voltar_e_a_conexao_continua(limitado: Servidor) -> None:
    """Falha com a palavra do padrão e Retry-After, e a conexão serve para outro pedido."""
    conexao = http.client.HTTPConnection("127.0.0.1", limitado.porta, timeout=30)
    for _ in range(3):
        conexao.request(
            "POST", "/tiss/4.03.00/tissLoteGuias", _lote(), {"Content-Type": "text/xml"}
        )
        soquete = conexao.sock
        resposta = conexao.getresponse()
        corpo = resposta.read()
        assert resposta.status == 429
        # o balde enche uma por minuto: falta mais do que um segundo, e nunca se diz mais de 60
        assert 1 < int(resposta.headers["Retry-After"]) <= 60
        falha = validar_resposta(corpo, "4.03.00")
        assert "ErroInesperadoServidor" in "".join(falha.itertext())
        assert conexao.sock is soquete
    conexao.close()


def test_conta_se_nas_metricas_e_no_registro(limitado: Servidor) -> None:
    """As que passam do limite contam-se pela chave do erro, e o registro diz de quem são."""
    metricas = limitado.pegar("/metrics").corpo.decode()
    linhas = [x for x in metricas.splitlines() if 'erro="limite"' in x and "_total{" in x]
    assert sum(float(x.rpartition(" ")[2]) for x in linhas) >= 2
    avisos = [x for x in limitado.linhas_do_registro() if x["event"] == "prestador no limite"]
    assert {x["prestador"] for x in avisos} == {HOSPITAL.codigo}


def test_um_envio_em_arquivo_ouve_o_mesmo(limitado: Servidor) -> None:
    """Pela API o limite é um problema em JSON, 429, que diz quando voltar."""
    mensagem = mensagem_arquivo(
        POR_SERVICO["tissLoteGuias"],
        cabecalho("ENVIO_LOTE_GUIAS", "4.03.00", HOSPITAL, REGISTRO, login=LOGIN, senha=SENHA),
        _corpo(),
    )
    dados = etree.tostring(mensagem, encoding="ISO-8859-1", xml_declaration=True)
    for _ in range(3):
        conexao = http.client.HTTPConnection("127.0.0.1", limitado.porta, timeout=30)
        conexao.request("POST", "/api/v1/mensagens", dados, {"Content-Type": "application/xml"})
        resposta = conexao.getresponse()
        problema = json.loads(resposta.read())
        conexao.close()
        assert resposta.status == problema["status"] == 429
        assert resposta.headers["Content-Type"] == "application/problem+json"
        segundos = int(resposta.headers["Retry-After"])
        assert 1 <= segundos <= 60
        assert f"Espere {segundos} segundo" in problema["detail"]


def test_zeep_le_a_falha(limitado: Servidor) -> None:
    """O zeep levanta a falha SOAP, e não um erro de transporte."""
    cliente = limitado.cliente("4.03.00")
    with pytest.raises(FalhaTISS, match="mensagens demais"):
        cliente.enviar_lote(_corpo())


def _corpo() -> dict[str, object]:
    return corpo_lote(
        TipoGuia.CONSULTA, "4.03.00", prestador=HOSPITAL, registro_ans=REGISTRO,
        numero_lote="9", guias=1,
    )  # fmt: skip


def test_php_le_a_falha_de_limite(limitado: Servidor, php: str, tmp_path: Path) -> None:
    """O SoapClient do PHP lê a palavra do tissFault."""
    arquivo = tmp_path / "mensagem.json"
    dados = {
        "cabecalho": cabecalho(
            "ENVIO_LOTE_GUIAS", "4.03.00", HOSPITAL, REGISTRO, login=LOGIN, senha=SENHA
        ),
        "loteGuias": _corpo(),
        "dadosPrestador": HOSPITAL.contratado("4.03.00"),
    }
    arquivo.write_text(json.dumps(dados, ensure_ascii=False), "utf-8")
    feito = subprocess.run(
        [php, str(_PHP), limitado.base, "4.03.00", str(arquivo)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert json.loads(feito.stdout.splitlines()[-1])["fault"] == "ErroInesperadoServidor"


def test_java_le_a_falha_de_limite(limitado: Servidor, tmp_path: Path) -> None:
    """O HttpURLConnection do Java, de que se servem os clientes SOAP, dá o corpo da falha."""
    java = shutil.which("java")
    if java is None or shutil.which("javac") is None:
        pytest.skip("não há JDK")
    arquivo = tmp_path / "lote.xml"
    arquivo.write_bytes(_lote())
    feito = subprocess.run(
        [java, str(_CLIENTES / "Limitado.java"),
         f"{limitado.base}/tiss/4.03.00/tissLoteGuias", str(arquivo)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    status, palavra, segundos = feito.stdout.split()
    assert (status, palavra) == ("429", "ErroInesperadoServidor")
    assert int(segundos) >= 1
