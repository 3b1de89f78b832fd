from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from lxml import etree
from mensagens import INSTANTE, LOTE, PRESTADOR, REGISTRO, STATUS, Q, cabecalho_lido
from validador import arvore, validar_resposta

from dominio import erros
from dominio.erros import ERROS
from dominio.lote import Beneficiario, Identificacao
from dominio.transacoes import POR_SERVICO, TRANSACOES, Transacao
from dominio.versoes import VERSOES
from mensagem.envelope import Soap, fechar
from mensagem.escrita import elemento
from mensagem.itens import Motivo
from mensagem.partes import NAO_INFORMADO, DadosGuia, Valores, contratado, guia_dados
from mensagem.resposta import RespostaInvalida, corpo_de_erro, montar

if TYPE_CHECKING:
    from mensagem.cabecalho import Cabecalho
    from mensagem.resposta import Corpo

UTILIZAVEIS = [(t, v) for t in TRANSACOES for v in VERSOES if t.utilizavel_em(v)]
VALORES = Valores(Decimal("10.00"), Decimal("1.50"), Decimal("8.50"))
IDENTIFICACOES = [
    PRESTADOR.identificacao,
    Identificacao("cnpj", "11222333000181"),
    Identificacao("cpf", "52998224725"),
]
COMPLETA = DadosGuia(
    "12345678901234567890",
    "OP-1",
    Beneficiario("12345678901234567", "N", "01", "Zoë Araújo", "898001160660761"),
    date(2026, 3, 1),
    "01",
    "1234567890",
    VALORES,
    (Motivo("1308", "Guia já apresentada – não é nova"), Motivo("5042", "x")),
)
MINIMA = DadosGuia("1", None, Beneficiario("1", "S"), None)


def responder(
    transacao: Transacao,
    versao: str,
    corpo: Corpo,
    *,
    pedido: Cabecalho | None = None,
    tipo: str | None = None,
) -> bytes:
    return montar(
        transacao,
        corpo,
        pedido or cabecalho_lido(transacao.tipo_pedido, versao),
        registro_ans=REGISTRO,
        versao=versao,
        agora=INSTANTE,
        tipo=tipo,
    )


def recibo(versao: str, *guias: str) -> str:
    """Um ``recebimentoLote`` com as guias dadas."""
    return elemento(
        "recebimentoLote",
        elemento(
            "protocoloRecebimento",
            elemento("registroANS", texto=REGISTRO),
            contratado(PRESTADOR.identificacao, PRESTADOR.nome, versao, "dadosPrestador"),
            elemento("numeroLote", texto="1"),
            elemento("dataEnvioLote", texto="2026-03-20"),
            elemento(
                "detalheProtocolo",
                elemento("numeroProtocolo", texto="10000001"),
                elemento("valorTotalProtocolo", texto="10.00"),
                elemento("dadosGuiasProtocolo", *guias),
            ),
        ),
    )


def folhas(mensagem: etree._Element) -> dict[str, str | None]:
    return {etree.QName(e).localname: e.text for e in mensagem.iter() if len(e) == 0}


@pytest.mark.parametrize(
    ("transacao", "versao"), UTILIZAVEIS, ids=lambda x: getattr(x, "servico", x)
)
def test_mensagem_de_erro_de_cada_servico_e_versao(transacao: Transacao, versao: str) -> None:
    """Em cada serviço e versão há uma resposta válida que só diz o erro, com o seu código."""
    corpo = corpo_de_erro(transacao, versao, erros.HASH, erros.HASH.texto)
    mensagem = validar_resposta(responder(transacao, versao, corpo), versao)
    codigos = [e.text for e in mensagem.iter(f"{Q}codigoGlosa") if len(e) == 0]
    assert codigos == ["5014"]
    so_codigo = (transacao.raiz_resposta, versao) == ("reciboComunicacaoWS", "4.00.00")
    texto = mensagem.findtext(f".//{Q}descricaoGlosa")
    assert (None if so_codigo else erros.HASH.texto) == texto


@pytest.mark.parametrize("tipo", POR_SERVICO["tissSolicitacaoDemonstrativoRetorno"].tipos_resposta)
def test_tipo_de_resposta_escolhido(tipo: str) -> None:
    """Onde a resposta pode ter vários tipos, sai o que se pediu."""
    transacao = POR_SERVICO["tissSolicitacaoDemonstrativoRetorno"]
    corpo = corpo_de_erro(transacao, "4.03.00", erros.HASH, "x")
    mensagem = validar_resposta(responder(transacao, "4.03.00", corpo, tipo=tipo), "4.03.00")
    assert tipo == folhas(mensagem)["tipoTransacao"]


@pytest.mark.parametrize("erro", ERROS.values(), ids=lambda e: e.chave)
def test_todo_erro_da_uma_resposta_valida(erro: erros.Erro) -> None:
    """Cada erro da tabela pode sair num mensagemErro válido em toda versão."""
    for versao in VERSOES:
        validar_resposta(
            responder(LOTE, versao, corpo_de_erro(LOTE, versao, erro, erro.texto)), versao
        )


@pytest.mark.parametrize("origem", IDENTIFICACOES, ids=lambda i: i.forma)
@pytest.mark.parametrize("versao", VERSOES)
def test_cabecalho_trocado_e_sequencial_ecoado(origem: Identificacao, versao: str) -> None:
    """A resposta vem da operadora para o prestador, com o sequencial e a versão do pedido."""
    pedido = cabecalho_lido(STATUS.tipo_pedido, versao, origem=origem, sequencial="000012")
    corpo = corpo_de_erro(STATUS, versao, erros.HASH, "x")
    mensagem = validar_resposta(responder(STATUS, versao, corpo, pedido=pedido), versao)
    obtido = mensagem.find(f"{Q}cabecalho")
    assert obtido is not None
    assert "000012" == folhas(obtido)["sequencialTransacao"]  # noqa: SIM300
    assert [f"{Q}registroANS"] == [e.tag for e in obtido.findall(f"{Q}origem/*")]
    assert origem.valor == obtido[2][0][0].text
    assert INSTANTE.hour - 3 == int((folhas(obtido)["horaRegistroTransacao"] or "")[:2])


def test_resposta_a_uma_origem_que_nao_e_prestador() -> None:
    """A recusa de uma origem com registro ANS também é uma resposta válida."""
    pedido = cabecalho_lido("X", "4.03.00", origem=None, registro_da_origem="999997")
    corpo = corpo_de_erro(LOTE, "4.03.00", erros.REMETENTE, erros.REMETENTE.texto)
    validar_resposta(responder(LOTE, "4.03.00", corpo, pedido=pedido), "4.03.00")


def test_texto_livre_fora_de_iso_8859_1_e_transliterado() -> None:
    """O que se diz de um erro sai em ISO-8859-1 e com até 500 caracteres."""
    corpo = corpo_de_erro(LOTE, "4.03.00", erros.HASH, "é – 1 € " + "x" * 600)
    texto = folhas(validar_resposta(responder(LOTE, "4.03.00", corpo), "4.03.00"))["descricaoGlosa"]
    assert ((texto or "")[:10], len(texto or "")) == ("é - 1 EUR ", 500)


def test_resposta_no_envelope_e_a_mesma() -> None:
    """Dentro do envelope a resposta continua válida, com o mesmo hash."""
    corpo = corpo_de_erro(LOTE, "4.03.00", erros.HASH, "Não é 'assim' & pronto")
    mensagem = responder(LOTE, "4.03.00", corpo)
    for soap in Soap:
        assert f"{Q}{LOTE.raiz_resposta}" == validar_resposta(fechar(mensagem, soap), "4.03.00").tag


def test_um_so_prefixo_na_resposta() -> None:
    """A resposta declara o espaço de nomes uma vez, com o prefixo de costume."""
    corpo = corpo_de_erro(LOTE, "4.03.00", erros.HASH, "x")
    obtido = responder(LOTE, "4.03.00", corpo)
    assert obtido.startswith(b"<ans:protocoloRecebimentoWS xmlns:ans=")
    assert 1 == obtido.count(b"xmlns")  # noqa: SIM300


@pytest.mark.parametrize(
    ("corpo", "pedido"),
    [
        (elemento("recebimentoLote"), None),
        (elemento("outro", texto="CANARIO"), None),
        (None, cabecalho_lido("X", "4.03.00", sequencial="1" * 13)),
        (None, cabecalho_lido("X", "4.03.00", origem=None)),
    ],
)
def test_resposta_fora_do_esquema_nao_sai(corpo: str | None, pedido: Cabecalho | None) -> None:
    """Uma resposta que não segue o esquema é um erro nosso, dito sem valores da mensagem."""
    if corpo is None:
        corpo = corpo_de_erro(LOTE, "4.03.00", erros.HASH, "x")
    with pytest.raises(RespostaInvalida, match=r"protocoloRecebimentoWS 4\.03\.00") as obtida:
        responder(LOTE, "4.03.00", corpo, pedido=pedido)
    assert "CANARIO" not in str(obtida.value)


def test_resposta_com_identificador_fora_de_iso_8859_1_nao_sai() -> None:
    """Um texto sem hash oficial é um erro nosso: a resposta não sai."""
    pedido = cabecalho_lido("X", "4.03.00", sequencial="1–2")
    corpo = corpo_de_erro(LOTE, "4.03.00", erros.HASH, "x")
    with pytest.raises(RespostaInvalida, match="ISO-8859-1"):
        responder(LOTE, "4.03.00", corpo, pedido=pedido)


@pytest.mark.parametrize("em_pedacos", [False, True], ids=["pela árvore", "em fluxo"])
def test_valores_com_tudo_o_que_o_xml_escapa(em_pedacos: bool) -> None:
    """Marcas, referências e CR num valor voltam iguais a quem lê, e entram assim no hash."""
    valor = "<&>]]> \"'é\r"
    dita = guia_dados(
        "dadosGuias", MINIMA._replace(numero_prestador=valor), "4.03.00", odonto=False
    )
    corpo = recibo("4.03.00", dita)
    meio = corpo.index("<ans:dadosGuias>")
    pedacos = [corpo[:meio], corpo[meio:]] if em_pedacos else corpo
    mensagem = validar_resposta(responder(LOTE, "4.03.00", pedacos), "4.03.00")
    assert valor == mensagem.findtext(f".//{Q}numeroGuiaPrestador")


def test_cr_por_escapar_e_um_lf() -> None:
    """Um CR cru, que quem lê o XML vê como LF, entra assim no hash e nos bytes."""
    corpo = corpo_de_erro(LOTE, "4.03.00", erros.HASH, "a b").replace("a b", "a\r\nb\rc")
    for pedacos in (corpo, [corpo]):
        mensagem = validar_resposta(responder(LOTE, "4.03.00", pedacos), "4.03.00")
        assert "a\nb\nc" == mensagem.findtext(f".//{Q}descricaoGlosa")  # noqa: SIM300


def test_resposta_em_pedacos_fora_do_esquema_nao_sai() -> None:
    """Também a que se confere em fluxo é recusada, sem valores da mensagem."""
    corpo = [recibo("4.03.00", elemento("dadosGuias", elemento("x", texto="CANARIO")))]
    with pytest.raises(RespostaInvalida, match=r"protocoloRecebimentoWS 4\.03\.00") as obtida:
        responder(LOTE, "4.03.00", corpo)
    assert "CANARIO" not in str(obtida.value)


def test_resposta_que_nao_e_xml_nao_sai() -> None:
    """Um caractere que o XML não tem é um erro nosso, dito sem valores da mensagem."""
    with pytest.raises(RespostaInvalida, match="não é XML") as obtida:
        responder(LOTE, "4.03.00", corpo_de_erro(LOTE, "4.03.00", erros.HASH, "CANARIO\x01"))
    assert "CANARIO" not in str(obtida.value)


# --- partes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("guia", [COMPLETA, MINIMA], ids=["completa", "minima"])
@pytest.mark.parametrize("odonto", [False, True], ids=["medica", "odonto"])
def test_guia_do_recibo_e_valida(guia: DadosGuia, versao: str, odonto: bool) -> None:
    """O que o recibo diz de uma guia, inteira ou mínima, é válido em toda versão."""
    nome = "dadosGuiasOdonto" if odonto else "dadosGuias"
    obtida = guia_dados(nome, guia, versao, odonto=odonto)
    validar_resposta(responder(LOTE, versao, recibo(versao, obtida)), versao)


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("identificacao", IDENTIFICACOES, ids=lambda i: i.forma)
def test_contratado_como_o_pedido_o_identificou(identificacao: Identificacao, versao: str) -> None:
    """O prestador é dito como se identificou, e só 3.05.00 leva o seu nome, cortado em 70."""
    obtido = contratado(identificacao, "Ação – " * 20, versao)
    valores = [e.text for e in arvore(obtido)]
    assert identificacao.valor == valores[0]
    assert (["Ação - " * 10] if versao == "3.05.00" else []) == valores[1:]
    guia = guia_dados("dadosGuias", COMPLETA, versao, odonto=False)
    dele = contratado(PRESTADOR.identificacao, PRESTADOR.nome, versao)
    corpo = recibo(versao, guia).replace(dele, obtido)
    mensagem = validar_resposta(responder(LOTE, versao, corpo), versao)
    assert identificacao.valor == next(mensagem.iter(f"{Q}dadosPrestador"))[0].text


@pytest.mark.parametrize("odonto", [False, True])
def test_nome_do_beneficiario_so_em_3_05_00(odonto: bool) -> None:
    """Só 3.05.00 diz nome e cartão do beneficiário; sem nome, diz que não foi informado."""
    antiga = folhas(arvore(guia_dados("guias", COMPLETA, "3.05.00", odonto=odonto)))
    assert (antiga["nomeBeneficiario"], antiga["numeroCNS"]) == ("Zoë Araújo", "898001160660761")
    sem_nome = folhas(arvore(guia_dados("guias", MINIMA, "3.05.00", odonto=odonto)))
    assert NAO_INFORMADO == sem_nome["nomeBeneficiario"]  # noqa: SIM300
    for versao in VERSOES[1:]:
        assert "nomeBeneficiario" not in guia_dados("g", COMPLETA, versao, odonto=odonto)


def test_codigo_que_a_versao_nao_tem_e_omitido() -> None:
    """Um eco opcional com código que a versão não conhece fica de fora."""
    guia = COMPLETA._replace(beneficiario=COMPLETA.beneficiario._replace(tipo_ident="09"))
    com = {v for v in VERSOES if "tipoIdent" in guia_dados("guias", guia, v, odonto=False)}
    assert {"4.01.00", "4.02.00", "4.03.00"} == com


def test_motivos_e_valores_da_guia() -> None:
    """Motivos saem na ordem, transliterados; valores, com duas casas."""
    obtida = arvore(guia_dados("guias", COMPLETA, "4.03.00", odonto=False))
    textos = [e.text for e in obtida.iter(f"{Q}descricaoGlosa")]
    assert textos == ["Guia já apresentada - não é nova", "x"]
    valores = [e.text for e in next(obtida.iter(f"{Q}vlInformadoGuia"))]
    assert valores == ["10.00", "1.50", "8.50"]


# --- o validador ------------------------------------------------------------------------------


def resposta_boa() -> bytes:
    return responder(LOTE, "4.03.00", corpo_de_erro(LOTE, "4.03.00", erros.HASH, "ção"))


@pytest.mark.parametrize(
    ("de", "para", "motivo"),
    [
        ("5014", "5015", "hash"),
        ("ção", "ç–o", "fora de ISO-8859-1"),
        ("5014", "9999", "inválida no esquema"),
        (">PROTOCOLO_RECEBIMENTO<", ">SITUACAO_PROTOCOLO<", "tipoTransacao"),
        ("4.03.00", "4.02.00", "Padrao é 4.02.00"),
        ("protocoloRecebimentoWS", "loteGuiasWS", "não é uma resposta"),
    ],
)
def test_validador_ve_cada_defeito_de_mensagem(de: str, para: str, motivo: str) -> None:
    """O validador dos testes acusa cada defeito que uma resposta pode ter."""
    boa = resposta_boa().decode()
    validar_resposta(boa.encode(), "4.03.00")
    assert de in boa
    with pytest.raises(AssertionError, match=motivo):
        validar_resposta(boa.replace(de, para).encode(), "4.03.00")


F11 = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="{ns}"><s:Body>'
    "<s:Fault><faultcode>s:Client</faultcode><faultstring>x</faultstring><detail><a:tissFaultWS>"
    "<a:tissFault>HashInvalido</a:tissFault></a:tissFaultWS></detail></s:Fault></s:Body>"
    "</s:Envelope>"
).replace("{ns}", Q[1:-1])
F12 = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="{ns}"><s:Body>'
    '<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang="pt">x'
    "</s:Text></s:Reason><s:Detail><a:tissFaultWS><a:tissFault>HashInvalido</a:tissFault>"
    "</a:tissFaultWS></s:Detail></s:Fault></s:Body></s:Envelope>"
).replace("{ns}", Q[1:-1])


@pytest.mark.parametrize(
    ("falha", "de", "para", "motivo"),
    [
        (F11, "HashInvalido", "OutroInvalido", "inválido no esquema"),
        (F11, "s:Client", "s:Sender", "desconhecido"),
        (F11, "s:Client", "z:Client", "prefixo"),
        (F11, "<faultstring>x</faultstring>", "", "faltam"),
        (F11, ">x<", "> <", "vazio"),
        (F11, "<a:tissFault>HashInvalido</a:tissFault>", "", "inválido no esquema"),
        (F11, "detail>", "outro>", "fora de ordem"),
        (F11, "</s:Fault>", "</s:Fault><b/>", "um só filho"),
        (F11, "<s:Body>", "<s:Header/><s:Body>", "só um Body"),
        (F12, "s:Sender", "s:Client", "desconhecido"),
        (F12, ' xml:lang="pt"', "", "xml:lang"),
        (F12, "s:Reason>", "s:Razao>", "fora de ordem"),
        (F12, "HashInvalido", "", "inválido no esquema"),
    ],
)
def test_validador_ve_cada_defeito_de_falha(falha: str, de: str, para: str, motivo: str) -> None:
    """O validador dos testes acusa cada defeito que uma falha SOAP pode ter."""
    validar_resposta(falha.encode(), "4.03.00")
    assert de in falha
    with pytest.raises(AssertionError, match=motivo):
        validar_resposta(falha.replace(de, para).encode(), "4.03.00")


def test_validador_so_aceita_sem_detalhe_a_falha_do_soap() -> None:
    """Sem detalhe, só passam as falhas que são do próprio SOAP."""
    sem = F11[: F11.index("<detail>")] + F11[F11.index("</detail>") + len("</detail>") :]
    with pytest.raises(AssertionError, match="sem detalhe"):
        validar_resposta(sem.encode(), "4.03.00")
    validar_resposta(sem.replace("s:Client", "s:MustUnderstand").encode(), "4.03.00")
