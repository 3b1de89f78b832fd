"""``POST /api/v1/mensagens`` pelo servidor de verdade, nos dois bancos."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.mensagens import envelopado, lote, status
from acceptance.numeros import novo_lote
from acceptance.servidor import HOSPITAL, LOGIN, REGISTRO, SENHA
from lxml import etree
from validador import validar_resposta

from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS, POR_SERVICO
from persistence import mensagens
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_lote, corpo_status
from prestador.mensagem_xml import mensagem_arquivo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from acceptance.servidor import Resposta, Servidor

CAMINHO = "/api/v1/mensagens"
_Q = f"{{{NS_TISS}}}"


def _arquivo(numero: str | None = None, *, senha: str = SENHA, versao: str = "4.03.00") -> bytes:
    transacao = POR_SERVICO["tissLoteGuias"]
    mensagem = mensagem_arquivo(
        transacao,
        cabecalho(transacao.tipo_pedido, versao, HOSPITAL, REGISTRO, login=LOGIN, senha=senha),
        corpo_lote(
            TipoGuia.CONSULTA, versao, prestador=HOSPITAL, registro_ans=REGISTRO,
            numero_lote=numero or novo_lote(), guias=2,
        ),
    )  # fmt: skip
    return etree.tostring(mensagem, encoding="ISO-8859-1", xml_declaration=True)


def _pergunta(protocolo: str) -> bytes:
    transacao = POR_SERVICO["tissSolicitacaoStatusProtocolo"]
    mensagem = mensagem_arquivo(
        transacao,
        cabecalho(transacao.tipo_pedido, "4.03.00", HOSPITAL, REGISTRO, login=LOGIN, senha=SENHA),
        corpo_status("4.03.00", HOSPITAL, protocolo),
    )
    return etree.tostring(mensagem, encoding="ISO-8859-1", xml_declaration=True)


def _formulario(arquivos: Iterable[tuple[str, bytes]]) -> tuple[bytes, dict[str, str]]:
    corpo = b"".join(
        b'--limite\r\nContent-Disposition: form-data; name="arquivos"; filename="'
        + nome.encode()
        + b'"\r\nContent-Type: text/xml\r\n\r\n'
        + dados
        + b"\r\n"
        for nome, dados in arquivos
    )
    return corpo + b"--limite--\r\n", {"Content-Type": "multipart/form-data; boundary=limite"}


def _zip(arquivos: Iterable[tuple[str, bytes]]) -> bytes:
    saida = io.BytesIO()
    with zipfile.ZipFile(saida, "w", zipfile.ZIP_DEFLATED) as arquivo:
        for nome, dados in arquivos:
            arquivo.writestr(nome, dados)
    return saida.getvalue()


def _mensagens(resposta: Resposta) -> list[dict[str, Any]]:
    """Os resultados de um pedido atendido; toda resposta que trazem passa pelo validador."""
    assert resposta.status == 200, resposta.corpo.decode()
    assert resposta.cabecalhos["content-type"] == "application/json"
    achadas: list[dict[str, Any]] = json.loads(resposta.corpo)["mensagens"]
    for achada in achadas:
        if achada["resposta"] is not None:
            validar_resposta(base64.b64decode(achada["resposta"]), achada["versao"])
    return achadas


def _problema(resposta: Resposta, status_: int) -> str:
    assert resposta.status == status_, resposta.corpo.decode()
    assert resposta.cabecalhos["content-type"] == "application/problem+json"
    problema = json.loads(resposta.corpo)
    assert problema["status"] == status_
    detalhe: str = problema["detail"]
    return detalhe


def _enviar(
    gateway: Servidor, corpo: bytes, tipo: str = "application/xml", **cabecalhos: str
) -> Resposta:
    nomes = {nome.replace("_", "-"): valor for nome, valor in cabecalhos.items()}
    return gateway.postar_em(CAMINHO, corpo, {"Content-Type": tipo, **nomes})


def test_um_xml_no_corpo(gateway: Servidor) -> None:
    """Um mensagemTISS no corpo recebe protocolo e a resposta em mensagemTISS."""
    [unica] = _mensagens(_enviar(gateway, _arquivo()))
    assert (unica["resultado"], unica["servico"], unica["erro"]) == (
        "respondida",
        "tissLoteGuias",
        None,
    )
    resposta = etree.fromstring(base64.b64decode(unica["resposta"]))
    assert unica["protocolo"] == resposta.findtext(f".//{_Q}numeroProtocolo")


def test_varios_arquivos_num_formulario(gateway: Servidor) -> None:
    """Cada arquivo tem o seu resultado, na ordem; um ruim não estraga os outros."""
    corpo, cabecalhos = _formulario(
        [("a.xml", _arquivo()), ("ruim.xml", b"<a"), ("lote março.xml", _arquivo())]
    )
    achadas = _mensagens(gateway.postar_em(CAMINHO, corpo, cabecalhos))
    assert [(a["nome"], a["resultado"]) for a in achadas] == [
        ("a.xml", "respondida"),
        ("ruim.xml", "recusada"),
        ("lote março.xml", "respondida"),
    ]
    assert (achadas[1]["erro"], achadas[1]["tissFault"], achadas[1]["resposta"]) == (
        "xml-malformado",
        "SchemaInvalido",
        None,
    )


def test_zip_de_arquivos(gateway: Servidor) -> None:
    """Um zip vale pelos arquivos que traz, e as perguntas podem vir com os lotes."""
    numero = _mensagens(_enviar(gateway, _arquivo()))[0]["protocolo"]
    corpo = _zip([("pasta/lote.xml", _arquivo()), ("pergunta.xml", _pergunta(numero))])
    achadas = _mensagens(_enviar(gateway, corpo, "application/zip"))
    assert [a["nome"] for a in achadas] == ["lote.xml", "pergunta.xml"]
    assert numero == achadas[1]["protocolo"]


def test_respostas_num_zip(gateway: Servidor) -> None:
    """Quem pede zip recebe um: as respostas com nomes nossos e o resultado de todas."""
    corpo = _zip([("../../fora.xml", _arquivo()), ("ruim.xml", b"<a")])
    resposta = _enviar(gateway, corpo, "application/zip", Accept="application/zip")
    assert (resposta.status, resposta.cabecalhos["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(resposta.corpo)) as arquivo:
        assert arquivo.namelist() == ["0001-fora.xml", "resultado.json"]
        validar_resposta(arquivo.read("0001-fora.xml"), "4.03.00")
        resultado = json.loads(arquivo.read("resultado.json"))["mensagens"]
    assert [r["resposta"] for r in resultado] == ["0001-fora.xml", None]


def test_erro_de_esquema_por_guia_e_campo(gateway: Servidor) -> None:
    """Uma recusa por esquema traz a lista de erros."""
    dados = _arquivo().replace(b"<ans:tipoConsulta>", b"<ans:tipoConsulta>9", 1)
    [unica] = _mensagens(_enviar(gateway, dados))
    assert (unica["resultado"], unica["tissFault"]) == ("recusada", "SchemaInvalido")
    [erro] = unica["erros"]
    assert (erro["guia"], erro["campo"]) == (1, "tipoConsulta")


def test_senha_errada(gateway: Servidor) -> None:
    """Quem envia se identifica dentro da mensagem, como em SOAP."""
    [unica] = _mensagens(_enviar(gateway, _arquivo(senha="outra")))
    assert (unica["resultado"], unica["tissFault"]) == ("recusada", "LoginInvalido")


def test_mesmo_lote_por_soap_e_por_arquivo(gateway: Servidor) -> None:
    """O lote que já veio por SOAP tem em arquivo o mesmo protocolo."""
    numero = novo_lote()
    por_soap = gateway.postar(envelopado(lote(numero=numero, guias=2)))
    mensagem = validar_resposta(por_soap.corpo, "4.03.00")
    [unica] = _mensagens(_enviar(gateway, _arquivo(numero)))
    assert mensagem.findtext(f".//{_Q}numeroProtocolo") == unica["protocolo"]


def test_mesmo_arquivo_outra_vez(gateway: Servidor) -> None:
    """O mesmo arquivo duas vezes no mesmo pedido recebe a mesma resposta."""
    dados = _arquivo()
    corpo, cabecalhos = _formulario([("a.xml", dados), ("b.xml", dados)])
    primeira, segunda = _mensagens(gateway.postar_em(CAMINHO, corpo, cabecalhos))
    assert primeira["resposta"] == segunda["resposta"]
    assert (primeira["repetida"], segunda["repetida"]) == (False, True)


def test_fica_no_arquivo_com_o_canal(gateway: Servidor) -> None:
    """Cada mensagem se acha no arquivo pela identificação que o resultado traz."""
    dados = _arquivo()
    [unica] = _mensagens(_enviar(gateway, dados))
    with gateway.banco.leitura() as conn:
        guardada = mensagens.ler(conn, None, unica["id"])
    assert guardada is not None
    assert (guardada.canal, guardada.endereco, guardada.tamanho) == (
        "upload",
        "127.0.0.1",
        len(dados),
    )


def test_gzip_no_corpo(gateway: Servidor) -> None:
    """O corpo pode vir comprimido, como em SOAP."""
    resposta = _enviar(gateway, gzip.compress(_arquivo()), Content_Encoding="gzip")
    assert _mensagens(resposta)[0]["resultado"] == "respondida"


def test_registro_tem_uma_linha_por_mensagem(gateway: Servidor) -> None:
    """O log diz cada mensagem pela identificação, sem nomes de arquivo."""
    corpo, cabecalhos = _formulario([("CANARIO77.xml", _arquivo()), ("b.xml", b"<a")])
    ids = {m["id"] for m in _mensagens(gateway.postar_em(CAMINHO, corpo, cabecalhos))}
    linhas = gateway.linhas_do_registro()
    assert ids <= {linha.get("correlacao") for linha in linhas}
    assert "CANARIO77" not in gateway.registro.read_text("utf-8")


@pytest.mark.parametrize(
    ("corpo", "tipo", "situacao"),
    [
        (b"{}", "application/json", 415),
        (b"", "multipart/form-data; boundary=x", 400),
        (b"PK\x03\x04 nada", "application/zip", 400),
        (_zip([]), "application/zip", 400),
        (_zip([("a.zip", _zip([("b.xml", b"<b/>")]))]), "application/zip", 400),
        (_zip([(f"{n}.xml", b"<a/>") for n in range(1001)]), "application/zip", 413),
        (_zip([("a.xml", b" " * 3_000_000)]), "application/zip", 413),
    ],
    ids=["json", "sem partes", "zip ruim", "zip vazio", "aninhado", "entradas", "bomba"],
)
def test_pedido_que_nao_se_entende(
    gateway: Servidor, corpo: bytes, tipo: str, situacao: int
) -> None:
    """O pedido que não se entende é um problema da RFC 9457, e nada dele se processa."""
    antes = len(gateway.linhas_do_registro())
    assert _problema(_enviar(gateway, corpo, tipo), situacao)
    assert not [
        linha for linha in gateway.linhas_do_registro()[antes:] if linha["event"] == "mensagem"
    ]


def test_outros_metodos_e_enderecos(gateway: Servidor) -> None:
    """Em /api/ só há o que se diz: o resto é 404 ou 405, também em problema."""
    obtido = gateway.pegar(CAMINHO)
    assert _problema(obtido, 405)
    assert obtido.cabecalhos["allow"] == "POST"
    assert _problema(gateway.pegar("/api/v1/nada"), 404)
    assert _problema(gateway.postar_em("/api/v1/nada", b"x", {}), 404)


def test_sem_tamanho(gateway: Servidor) -> None:
    """Um corpo que não diz o tamanho é 411."""
    cru = gateway.cru(
        b"POST /api/v1/mensagens HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\n\r\n",
        espera=5,
    )
    assert cru.startswith(b"HTTP/1.1 411 ")
    assert b"application/problem+json" in cru


def test_limites_do_servidor(novo_servidor: Callable[..., Servidor]) -> None:
    """O pedido tem o seu limite, maior que o de cada arquivo; o gzip não o contorna."""
    gateway = novo_servidor(
        TISS_GATEWAY_SERVER__MAX_UPLOAD="20000", TISS_GATEWAY_SERVER__MAX_FILE="8000"
    ).iniciar()
    normal = _arquivo()
    assert len(normal) < 8000
    grande = normal + b" " * 8000
    corpo, cabecalhos = _formulario([("a.xml", grande), ("b.xml", normal)])
    achadas = _mensagens(gateway.postar_em(CAMINHO, corpo, cabecalhos))
    assert [(a["resultado"], a["erro"]) for a in achadas] == [
        ("recusada", "tamanho"),
        ("respondida", None),
    ]
    assert _problema(_enviar(gateway, normal + b" " * 20_000), 413)
    comprimido = gzip.compress(normal + b" " * 20_000)
    assert _problema(_enviar(gateway, comprimido, Content_Encoding="gzip"), 413)
    soap = gateway.postar(envelopado(status("1")), servico="tissSolicitacaoStatusProtocolo")
    assert soap.status == 200
    validar_resposta(soap.corpo, "4.03.00")


def test_corpo_lento(novo_servidor: Callable[..., Servidor]) -> None:
    """O corpo que não chega no prazo é 408, como em SOAP."""
    gateway = novo_servidor(TISS_GATEWAY_SERVER__BODY_TIMEOUT="1").iniciar()
    cru = gateway.cru(
        b"POST /api/v1/mensagens HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\n"
        b"Content-Length: 100\r\n\r\n<a",
        espera=10,
    )
    assert cru.startswith(b"HTTP/1.1 408 ")
