"""Documentos por zeep, por PHP e em bytes crus, com o servidor como processo."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.numeros import novo_lote
from acceptance.servidor import HOSPITAL, LOGIN, REGISTRO, SENHA
from lxml import etree
from validador import validar_resposta

from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS, POR_SERVICO
from dominio.versoes import VERSOES
from prestador.arquivos_inventados import DE_FORMATO, pdf
from prestador.cabecalho import cabecalho
from prestador.documentos import corpo_documento
from prestador.lotes import corpo_lote
from prestador.mensagem_xml import envelope, mensagem_ws

if TYPE_CHECKING:
    from acceptance.servidor import Servidor

    from prestador.cliente import Cliente

MIB = 1_048_576
EM_VIGOR = "4.03.00"
ENVIO = POR_SERVICO["tissEnvioDocumentos"]
_Q = f"{{{NS_TISS}}}"


def _lote(cliente: Cliente, versao: str) -> str:
    corpo = corpo_lote(
        TipoGuia.CONSULTA, versao, prestador=HOSPITAL, registro_ans=REGISTRO,
        numero_lote=novo_lote(),
    )  # fmt: skip
    recibo = cliente.enviar_lote(corpo)
    assert recibo.protocolo is not None
    return recibo.protocolo


def _envelope(conteudo: bytes, **campos: Any) -> bytes:
    corpo = corpo_documento(conteudo, **campos)
    topo = cabecalho(ENVIO.tipo_pedido, EM_VIGOR, HOSPITAL, REGISTRO, login=LOGIN, senha=SENHA)
    return envelope(mensagem_ws(ENVIO, topo, corpo))


def _texto(resposta: bytes, nome: str) -> str | None:
    return next((e.text for e in etree.fromstring(resposta).iter(_Q + nome)), None)


@pytest.mark.parametrize("versao", VERSOES[2:])
def test_documento_por_zeep(gateway: Servidor, versao: str) -> None:
    """O documento de um lote recebe número, e o mesmo outra vez recebe o mesmo."""
    with gateway.cliente(versao) as cliente:
        protocolo = _lote(cliente, versao)
        corpo = corpo_documento(pdf(), protocolo=protocolo, observacao="Laudo à parte")
        primeiro = cliente.enviar_documento(corpo)
        validar_resposta(cliente.ultima_resposta, versao)
        assert (primeiro.erro, primeiro.numero_protocolo) == (None, protocolo)
        assert primeiro.observacao == "Laudo à parte"
        assert primeiro.protocolo is not None
        assert cliente.enviar_documento(corpo).protocolo == primeiro.protocolo


def test_documento_de_outro_formato_por_zeep(gateway: Servidor) -> None:
    """O arquivo que não é o que se declara responde 3164 em mensagemErro."""
    with gateway.cliente(EM_VIGOR) as cliente:
        corpo = corpo_documento(DE_FORMATO["03"](), guia_prestador="1", formato="01")
        recibo = cliente.enviar_documento(corpo)
        validar_resposta(cliente.ultima_resposta, EM_VIGOR)
    assert recibo.erro is not None
    assert recibo.erro.codigo == "3164"


def test_documento_de_30_mib(gateway: Servidor) -> None:
    """O maior documento que se aceita entra, também comprimido em trânsito."""
    conteudo = pdf(enchimento=30 * MIB - 64)
    assert len(conteudo) < 30 * MIB
    dados = _envelope(conteudo, guia_prestador=novo_lote())
    assert len(dados) > 40 * MIB
    resposta = gateway.postar(dados, servico=ENVIO.servico)
    validar_resposta(resposta.corpo, EM_VIGOR)
    numero = _texto(resposta.corpo, "protocoloDoc")
    assert numero is not None
    comprimida = gateway.postar(
        gzip.compress(dados, 1), servico=ENVIO.servico, Content_Encoding="gzip"
    )
    assert _texto(comprimida.corpo, "protocoloDoc") == numero


@pytest.mark.parametrize(("mib", "status"), [(31, 200), (36, 413)])
def test_documento_grande_demais(gateway: Servidor, mib: int, status: int) -> None:
    """O conteúdo que passa de 30 MiB é 3166; a mensagem que passa de 46 MiB é falha."""
    resposta = gateway.postar(
        _envelope(pdf(enchimento=mib * MIB), guia_prestador="1"), servico=ENVIO.servico
    )
    validar_resposta(resposta.corpo, EM_VIGOR)
    assert resposta.status == status
    assert _texto(resposta.corpo, "codigoGlosa") == ("3166" if status == 200 else None)


def test_mensagem_grande_so_se_aceita_com_documento(gateway: Servidor) -> None:
    """O mesmo tamanho noutro serviço passa do limite das mensagens comuns."""
    resposta = gateway.postar(_envelope(pdf(enchimento=20 * MIB), guia_prestador="1"))
    validar_resposta(resposta.corpo, EM_VIGOR)
    assert (resposta.status, _texto(resposta.corpo, "tissFault")) == (413, "SchemaInvalido")


def test_conteudo_fica_fora_do_banco_e_do_registro(gateway: Servidor) -> None:
    """O arquivo vai cifrado para a pasta, e nada dele aparece no registro."""
    segredo = f"canario-{novo_lote()}".encode()
    conteudo = pdf(texto=segredo)
    gateway.postar(_envelope(conteudo, guia_prestador="1"), servico=ENVIO.servico)
    guardados = [p for p in (gateway.pasta / "dados/documentos").rglob("*") if p.is_file()]
    assert guardados
    assert not any(segredo in p.read_bytes() for p in guardados)
    em_base64 = base64.b64encode(conteudo)[40:60]
    registro = gateway.registro.read_bytes()
    assert segredo not in registro
    assert em_base64 not in registro


def test_php_envia_documento(gateway: Servidor, php: str, tmp_path: Path) -> None:
    """O SoapClient do PHP envia um documento de 2 MiB e lê o número."""
    corpo = corpo_documento(b"", guia_prestador=novo_lote(), formato="01", tipo="12")
    topo = cabecalho(ENVIO.tipo_pedido, EM_VIGOR, HOSPITAL, REGISTRO, login=LOGIN, senha=SENHA)
    mensagem = tmp_path / "mensagem.json"
    mensagem.write_text(
        json.dumps({"cabecalho": topo, "envioDOcumento": corpo}, ensure_ascii=False), "utf-8"
    )
    arquivo = tmp_path / "exame.jpg"
    arquivo.write_bytes(DE_FORMATO["01"](2 * MIB))  # type: ignore[call-arg]
    programa = Path(__file__).parent / "clientes" / "documento.php"
    feito = subprocess.run(
        [php, str(programa), gateway.base, EM_VIGOR, str(mensagem), str(arquivo)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert feito.returncode == 0, feito.stderr[-2000:]
    assert json.loads(feito.stdout)["protocolo"].isdigit()
