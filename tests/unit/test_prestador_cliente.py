"""O cliente do prestador contra um servidor de mentira com o WSDL e os esquemas do projeto."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree
from zeep.exceptions import ValidationError

import tiss_xsd
import wsdl
from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS, POR_SERVICO
from mensagem import hash_tiss
from prestador import mensagem_xml
from prestador.cliente import Cliente, FalhaTISS
from prestador.lotes import corpo_lote
from prestador.respostas import Motivo, RespostaInvalida, Valores
from prestador.valores import Corpo, identificado

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NS = {"t": NS_TISS}
REGISTRO = "999999"
PRESTADOR = identificado("cnpj", "11222333000181", codigo="013950")
VAZIO = b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>'


@dataclass
class Operadora:
    """O que o servidor de mentira responde, e o que recebeu.

    Attributes:
        erro: código que responde como ``mensagemErro``.
        estrago: muda a resposta já selada antes de ela sair.
        crua: HTTP e corpo que respondem no lugar de tudo.
        recebidas: mensagens, na ordem.
    """

    base: str
    erro: str | None = None
    estrago: Callable[[etree._Element], object] | None = None
    crua: tuple[int, bytes] | None = None
    recebidas: list[etree._Element] = field(default_factory=list)

    def responder(self, versao: str, servico: str, dados: bytes) -> tuple[int, bytes]:
        """Confere esquema e hash do pedido e monta a resposta, conferida também."""
        if self.crua is not None:
            return self.crua
        corpo = etree.fromstring(dados).find(f"{{{mensagem_xml.ENVELOPES['1.1']}}}Body")
        assert corpo is not None
        pedido = corpo[0]
        self.recebidas.append(pedido)
        if not tiss_xsd.esquema(versao).valida(pedido):
            return 500, _falha("SchemaInvalido", str(tiss_xsd.esquema(versao).erros(pedido)))
        if not hash_tiss.conferir(pedido, hash_tiss.Modo.STRICT).confere:
            return 500, _falha(
                "HashInvalido", "o hash não confere: o MD5 dos valores, em ISO-8859-1, é outro"
            )
        transacao = POR_SERVICO[servico]
        conteudo = self._recibo(pedido) if "Lote" in servico else self._situacao(pedido, versao)
        if self.erro is not None:
            conteudo = {"mensagemErro": {"codigoGlosa": self.erro, "descricaoGlosa": "não aceito"}}
        mensagem = mensagem_xml.elemento(
            transacao.raiz_resposta,
            {
                "cabecalho": self._cabecalho(pedido, transacao.tipos_resposta[0]),
                transacao.corpo_resposta: conteudo,
                "hash": "",
            },
        )
        mensagem_xml.selar(mensagem)
        assert tiss_xsd.esquema(versao).valida(mensagem), tiss_xsd.esquema(versao).erros(mensagem)
        if self.estrago is not None:
            self.estrago(mensagem)
        return 200, mensagem_xml.envelope(mensagem)

    def _cabecalho(self, pedido: etree._Element, tipo: str) -> Corpo:
        return {
            "identificacaoTransacao": {
                "tipoTransacao": tipo,
                "sequencialTransacao": _texto(pedido, ".//t:sequencialTransacao"),
                "dataRegistroTransacao": "2026-03-20",
                "horaRegistroTransacao": "10:11:12",
            },
            "origem": {"registroANS": REGISTRO},
            "destino": {"identificacaoPrestador": PRESTADOR.no_cabecalho()},
            "Padrao": _texto(pedido, ".//t:Padrao"),
        }

    def _recibo(self, pedido: etree._Element) -> Corpo:
        versao = _texto(pedido, ".//t:Padrao")
        odonto = pedido.find(f".//t:{TipoGuia.ODONTO}", NS) is not None
        repetida: list[Corpo] = [{"codigoGlosa": "1308"}]
        guias: list[Corpo] = [
            {
                "numeroGuiaPrestador": numero.text or "",
                **_beneficiario(versao, odonto=odonto),
                "glosaGuia": {"motivoGlosa": repetida},
            }
            for numero in pedido.iterfind(".//t:numeroGuiaPrestador", NS)
        ]
        return {
            "protocoloRecebimento": {
                "registroANS": REGISTRO,
                "dadosPrestador": PRESTADOR.contratado(versao),
                "numeroLote": _texto(pedido, ".//t:numeroLote"),
                "dataEnvioLote": "2026-03-20",
                "detalheProtocolo": {
                    "numeroProtocolo": "10000001",
                    "valorTotalProtocolo": "1234.50",
                    "dadosGuiasProtocolo": {"dadosGuiasOdonto" if odonto else "dadosGuias": guias},
                },
            }
        }

    def _situacao(self, pedido: etree._Element, versao: str) -> Corpo:
        valores: Corpo = {
            "valorProcessado": "10.00",
            "valorGlosa": "2.50",
            "valorLiberado": "7.50",
        }
        guia: Corpo = {
            "numeroGuiaPrestador": "77001",
            "numeroGuiaOperadora": "888",
            **_beneficiario(versao, odonto=False),
            "dataRealizacao": "2026-03-01",
            "vlInformadoGuia": valores,
            "procedimentosRealizados": _item_glosado(),
        }
        guias: list[Corpo] = [{"guias": guia}]
        detalhe: Corpo = {
            "statusProtocolo": "5",
            "numeroProtocolo": _texto(pedido, ".//t:numeroProtocolo"),
            "numeroLote": "77",
            "dataEnvioLote": "2026-03-20",
            "valorTotalLote": valores,
            "guiasTISS": {"guiasMedicas": guias},
        }
        return {
            "situacaoDoProtocolo": {
                "identificacaoOperadora": REGISTRO,
                "dadosPrestador": PRESTADOR.contratado(versao),
                "lote": {"detalheLote": detalhe},
            }
        }


def _beneficiario(versao: str, *, odonto: bool) -> Corpo:
    dados: Corpo = {"numeroCarteira": "123", "atendimentoRN": "N"}
    if versao == "3.05.00":
        dados["nomeBeneficiario"] = "Inês Paixão"
    return dados if odonto else {"dadosBeneficiario": dados}


def _item_glosado() -> Corpo:
    motivos: list[Corpo] = [{"codigoGlosa": "1801", "descricaoGlosa": "inválido"}]
    itens: list[Corpo] = [
        {
            "sequencialItem": "3",
            "dataExecucao": "2026-03-01",
            "procedimento": {
                "codigoTabela": "22",
                "codigoProcedimento": "40301630",
                "descricaoProcedimento": "Creatinina",
            },
            "quantidadeExecutada": "1",
            "valorUnitario": "10.00",
            "valorTotal": "10.00",
            "glosasProcedimento": {"motivoGlosa": motivos, "valorGlosaProcedimento": "2.50"},
        }
    ]
    return {"procedimentoRealizado": itens}


def _texto(pai: etree._Element, caminho: str) -> str:
    return pai.findtext(caminho, namespaces=NS) or ""


def _falha(codigo: str, texto: str) -> bytes:
    return (
        f'<e:Envelope xmlns:e="{mensagem_xml.ENVELOPES["1.1"]}"><e:Body><e:Fault>'
        f"<faultcode>e:Client</faultcode><faultstring>{texto}</faultstring>"
        f'<detail><t:tissFaultWS xmlns:t="{NS_TISS}"><t:tissFault>{codigo}</t:tissFault>'
        "</t:tissFaultWS></detail></e:Fault></e:Body></e:Envelope>"
    ).encode()


class _Atendente(BaseHTTPRequestHandler):
    """Serve WSDL e esquemas; entrega os pedidos à operadora de mentira."""

    operadora: Operadora

    def do_GET(self) -> None:
        caminho = urlsplit(self.path)
        _, _, versao, servico = caminho.path.split("/")
        endereco = f"{self.operadora.base}{caminho.path}"
        if caminho.query == "wsdl":
            dados = wsdl.documento(POR_SERVICO[servico], versao, endereco)
        else:
            dados = tiss_xsd.publicado(versao, parse_qs(caminho.query)["xsd"][0], endereco)
        self._enviar(200, dados)

    def do_POST(self) -> None:
        _, _, versao, servico = self.path.split("/")
        dados = self.rfile.read(int(self.headers["Content-Length"]))
        self._enviar(*self.operadora.responder(versao, servico, dados))

    def _enviar(self, http: int, dados: bytes) -> None:
        self.send_response(http)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(dados)))
        self.end_headers()
        self.wfile.write(dados)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silêncio: o que interessa está em ``recebidas``."""


@pytest.fixture(scope="module")
def servidor() -> Iterator[Operadora]:
    """Um servidor por módulo, em porta livre."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Atendente)
    _Atendente.operadora = Operadora(f"http://127.0.0.1:{http.server_port}")
    linha = threading.Thread(target=http.serve_forever)
    linha.start()
    yield _Atendente.operadora
    http.shutdown()
    linha.join()
    http.server_close()


@pytest.fixture(scope="module")
def cliente_do_modulo(servidor: Operadora) -> Iterator[Cliente]:
    """Um só cliente em 4.03.00: carregar o WSDL pelo zeep custa quase um segundo."""
    with Cliente(
        servidor.base, "4.03.00", REGISTRO, PRESTADOR, login="clinica", senha="password"
    ) as cliente:
        yield cliente


@pytest.fixture
def operadora(servidor: Operadora) -> Operadora:
    """O servidor sem nada do teste anterior."""
    servidor.erro = servidor.estrago = servidor.crua = None
    servidor.recebidas.clear()
    return servidor


@pytest.fixture
def cliente(operadora: Operadora, cliente_do_modulo: Cliente) -> Cliente:
    """O cliente do módulo diante de um servidor limpo."""
    assert operadora.crua is None
    return cliente_do_modulo


def _lote(tipo: TipoGuia, versao: str = "4.03.00", guias: int = 2) -> Corpo:
    return corpo_lote(
        tipo, versao, prestador=PRESTADOR, registro_ans=REGISTRO, numero_lote="77",
        guias=guias, hoje=date(2026, 3, 20),
    )  # fmt: skip


@pytest.mark.parametrize("versao", ["3.05.00", "4.00.00", "4.03.00"])
def test_todo_tipo_de_lote_chega_valido_e_igual_ao_montado(
    operadora: Operadora, versao: str
) -> None:
    """O XML que o zeep envia tem o esquema, o hash e o corpo da mensagem montada por nós."""
    with Cliente(operadora.base, versao, REGISTRO, PRESTADOR) as novo:
        for tipo in TipoGuia:
            corpo = _lote(tipo, versao)
            recibo = novo.enviar_lote(corpo)
            assert recibo.erro is None
            assert [g.numero for g in recibo.guias] == ["77001", "77002"]
            esperado = mensagem_xml.elemento("loteGuias", corpo)
            recebido = operadora.recebidas[-1][1]
            assert _canonico(esperado) == _canonico(recebido)


def _canonico(elemento: etree._Element) -> list[tuple[str, str | None]]:
    return [(str(e.tag), e.text) for e in elemento.iter()]


def test_recibo_traz_protocolo_valor_e_criticas(cliente: Cliente) -> None:
    """O recibo é lido em valores: protocolo, total em reais, datas, guias e motivos."""
    recibo = cliente.enviar_lote(_lote(TipoGuia.CONSULTA, guias=1))
    assert recibo.protocolo == "10000001"
    assert recibo.numero_lote == "77"
    assert recibo.data_envio == date(2026, 3, 20)
    assert recibo.valor_total == Decimal("1234.50")
    (guia,) = recibo.guias
    assert (guia.carteira, guia.motivos) == ("123", (Motivo("1308", None),))


def test_situacao_traz_status_valores_e_glosas_dos_itens(cliente: Cliente) -> None:
    """A situação é lida em valores, até a glosa de um item."""
    situacao = cliente.status("10000001")
    valores = Valores(Decimal("10.00"), Decimal("2.50"), Decimal("7.50"))
    assert (situacao.status, situacao.protocolo, situacao.numero_lote) == (5, "10000001", "77")
    assert situacao.valores == valores
    (guia,) = situacao.guias
    assert (guia.numero, guia.numero_operadora, guia.valores) == ("77001", "888", valores)
    assert guia.data_realizacao == date(2026, 3, 1)
    assert guia.motivos_dos_itens == ((3, Motivo("1801", "inválido")),)


def test_mensagem_de_erro_vira_erro_e_nao_excecao(operadora: Operadora, cliente: Cliente) -> None:
    """Um mensagemErro é resposta de negócio: chega como código e descrição."""
    operadora.erro = "5053"
    assert cliente.enviar_lote(_lote(TipoGuia.CONSULTA)).erro == Motivo("5053", "não aceito")
    assert cliente.status("1").erro == Motivo("5053", "não aceito")


def test_credencial_vai_no_cabecalho(operadora: Operadora, cliente: Cliente) -> None:
    """Login e MD5 da senha vão em toda mensagem."""
    cliente.status("1")
    assert _texto(operadora.recebidas[-1], ".//t:loginPrestador") == "clinica"
    senha = _texto(operadora.recebidas[-1], ".//t:senhaPrestador")
    assert senha == "5f4dcc3b5aa765d61d8327deb882cf99"


@pytest.mark.parametrize("http", [500, 400, 200])
def test_fault_do_padrao_vira_falha_com_codigo_e_texto(
    operadora: Operadora, cliente: Cliente, http: int
) -> None:
    """Um tissFaultWS no detalhe levanta FalhaTISS, seja qual for o HTTP em que veio."""
    operadora.crua = (http, _falha("LoginInvalido", "credencial não aceita"))
    with pytest.raises(FalhaTISS) as falha:
        cliente.status("1")
    assert (falha.value.codigo, falha.value.texto) == ("LoginInvalido", "credencial não aceita")


@pytest.mark.parametrize(
    ("http", "dados"),
    [
        (500, b""),
        (502, b"<html><body>Bad Gateway</body></html>"),
        (200, b"isto nao e XML"),
        (200, _falha("", "sem codigo")),
        (200, VAZIO),
    ],
    ids=["vazia", "html", "texto", "fault-sem-codigo", "body-vazio"],
)  # fmt: skip
def test_resposta_que_nao_e_do_padrao_e_invalida(
    operadora: Operadora, cliente: Cliente, http: int, dados: bytes
) -> None:
    """Nada do que não seja a resposta do padrão passa por resposta."""
    operadora.crua = (http, dados)
    with pytest.raises(RespostaInvalida):
        cliente.status("1")
    assert cliente.ultima_resposta == dados


@pytest.mark.parametrize(
    ("caminho", "texto", "trecho"),
    [
        ("t:hash", "0" * 32, "hash"),
        (".//t:tipoTransacao", "CANCELA_GUIA", "tipoTransacao"),
        (".//t:sequencialTransacao", "999", "sequencialTransacao"),
        (".//t:origem/t:registroANS", "111111", "origem"),
        (".//t:destino//t:CNPJ", "99999999000191", "destino"),
        (".//t:Padrao", "4.02.00", "Padrao"),
    ],
)
def test_resposta_com_hash_ou_cabecalho_trocado_e_invalida(
    operadora: Operadora, cliente: Cliente, caminho: str, texto: str, trecho: str
) -> None:
    """Hash, tipo, sequencial, origem, destino e versão da resposta são conferidos, e ditos."""

    def estragar(mensagem: etree._Element) -> None:
        alvo = mensagem.find(caminho, NS)
        assert alvo is not None
        alvo.text = texto
        if caminho != "t:hash":
            mensagem_xml.selar(mensagem)

    operadora.estrago = estragar
    with pytest.raises(RespostaInvalida, match=trecho):
        cliente.status("1")


def test_bytes_trocados_ficam_a_mao(operadora: Operadora, cliente: Cliente) -> None:
    """O último pedido e a última resposta são os bytes que passaram na rede."""
    cliente.status("10000009")
    assert b"10000009" in cliente.ultima_requisicao
    assert b"situacaoProtocoloWS" in cliente.ultima_resposta
    assert hash_tiss.informado(operadora.recebidas[-1]).encode() in cliente.ultima_requisicao


def test_corpo_que_nao_cabe_no_esquema_nem_sai(operadora: Operadora, cliente: Cliente) -> None:
    """Um lote sem guias é recusado pelo zeep antes de ir à rede."""
    with pytest.raises(ValidationError):
        cliente.enviar_lote({"numeroLote": "1"})
    assert operadora.recebidas == []
