from __future__ import annotations

from itertools import product

import pytest

from dominio.erros import ERROS, Erro, Nivel, TissFault
from dominio.listas import codigos, tem
from dominio.situacao import CICLO, StatusProtocolo, TransicaoProibida, transitar
from dominio.transacoes import (
    POR_RAIZ,
    POR_SERVICO,
    TRANSACOES,
    Transacao,
    matriz,
    servicos_da_versao,
)
from dominio.versoes import VERSOES, compacta, ordem, sufixo, tem_forma

S = StatusProtocolo
PASSAGENS = {
    (1, 2), (2, 5), (5, 3), (3, 6),
    (2, 4), (5, 4),
    (1, 8), (2, 8), (8, 2), (8, 9),
    (1, 9), (2, 9),
    (3, 10), (5, 10), (10, 3), (10, 5),
    (5, 2), (4, 2), (3, 5), (6, 3),
}  # fmt: skip
"""O ciclo de vida do projeto, escrito à parte da tabela que o programa usa."""


def test_doze_transacoes_com_raizes_e_servicos_distintos() -> None:
    """A tabela tem doze serviços, e nenhuma raiz, de pedido ou de resposta, se repete."""
    raizes = {t.raiz_pedido for t in TRANSACOES} | {t.raiz_resposta for t in TRANSACOES}
    assert (len(TRANSACOES), len(raizes)) == (12, 24)
    assert (len(POR_SERVICO), len(POR_RAIZ)) == (12, 12)


@pytest.mark.parametrize("versao", VERSOES)
def test_servicos_por_versao(versao: str) -> None:
    """O envio de documentos falta em 3.05.00; as demais versões têm os doze serviços."""
    assert (11 if versao == "3.05.00" else 12) == len(servicos_da_versao(versao))


def test_matriz_deixa_de_fora_os_documentos_de_4_00_00() -> None:
    """Só o envio de documentos tem versões em que não serve: 3.05.00 e 4.00.00."""
    esperado: dict[str, tuple[str, ...]] = {t.servico: VERSOES for t in TRANSACOES}
    esperado["tissEnvioDocumentos"] = VERSOES[2:]
    assert esperado == matriz()


def test_elemento_de_resposta_que_nao_existe_so_em_4_00_00() -> None:
    """O WSDL de documentos de 4.00.00 nomeia uma resposta inexistente; o de 4.00.01, a certa."""
    documentos = POR_SERVICO["tissEnvioDocumentos"]
    obtido = [documentos.elemento_resposta_wsdl(v) for v in ("4.00.00", "4.00.01")]
    assert obtido == ["reciboDocumentoWS", "reciboDocumentosWS"]


def test_nome_do_wsdl_difere_so_no_status_de_recurso() -> None:
    """Dentro do WSDL, só o status de recurso de glosa tem outro nome que o do serviço."""
    diferentes = {t.servico: t.nome for t in TRANSACOES if t.nome != t.servico}
    esperado = {"tissSolicitacaoStatusRecursoGlosa": "tissSolicitacaoStatusProtocoloRecurso"}
    assert esperado == diferentes


@pytest.mark.parametrize("transacao", TRANSACOES, ids=lambda t: t.servico)
def test_tipos_de_transacao_existem_nas_versoes_em_que_o_servico_serve(
    transacao: Transacao,
) -> None:
    """Os tipos de pedido e resposta estão em dm_tipoTransacao onde o serviço pode ser usado."""
    tipos = (transacao.tipo_pedido, *transacao.tipos_resposta)
    faltam = [
        (tipo, v)
        for tipo, v in product(tipos, matriz()[transacao.servico])
        if not tem("dm_tipoTransacao", tipo, v)
    ]
    assert faltam == []


@pytest.mark.parametrize(("de", "para"), list(product(S, S)), ids=lambda s: str(int(s)))
def test_passagem_de_situacao(de: StatusProtocolo, para: StatusProtocolo) -> None:
    """O ciclo permite as passagens do projeto e recusa todas as outras."""
    if (de, para) in PASSAGENS:
        assert para is transitar(de, para)
    else:
        with pytest.raises(TransicaoProibida) as recusada:
            transitar(de, para)
        assert (de, para) == (recusada.value.de, recusada.value.para)


def test_recusa_de_passagem_diz_o_que_se_permite() -> None:
    """A recusa nomeia as situações e as passagens que existem, por número."""
    with pytest.raises(TransicaoProibida, match="de 6 não se passa a 9; permitidas: 3"):
        transitar(S.PAGO, S.CANCELADO)
    with pytest.raises(TransicaoProibida, match="permitidas: nenhuma"):
        transitar(S.CANCELADO, S.RECEBIDO)


def test_toda_situacao_esta_no_ciclo_e_tem_nome() -> None:
    """As dez situações do padrão estão no ciclo e cada uma tem um nome próprio."""
    assert set(S) == set(CICLO)
    assert len(S) == len({s.texto for s in S})
    assert list(codigos("dm_statusProtocolo", "4.03.00")) == [str(int(s)) for s in S]


@pytest.mark.parametrize(("situacao", "versao"), list(product(S, VERSOES)))
def test_situacao_dita_em_cada_versao(situacao: StatusProtocolo, versao: str) -> None:
    """Cancelado vira 4 antes de 4.01.00, bloqueio vira 5 antes de 4.02.00; o resto não muda."""
    esperado = int(situacao)
    if situacao == 9 and versao in ("3.05.00", "4.00.00", "4.00.01"):
        esperado = 4
    if situacao == 10 and versao in ("3.05.00", "4.00.00", "4.00.01", "4.01.00"):
        esperado = 5
    assert esperado == situacao.em(versao)
    assert tem("dm_statusProtocolo", str(int(situacao.em(versao))), versao)


def test_numero_de_lote_livre_quando_cancelado_ou_encerrado() -> None:
    """Só em 4 e 9 o número do lote pode ser usado de novo."""
    assert {4, 9} == {int(s) for s in S if not s.vivo}


@pytest.mark.parametrize("erro", ERROS.values(), ids=lambda e: e.chave)
@pytest.mark.parametrize("versao", VERSOES)
def test_todo_erro_tem_codigo_valido_em_cada_versao(erro: Erro, versao: str) -> None:
    """O código de cada erro existe em dm_tipoGlosa da versão em que é dito."""
    assert tem("dm_tipoGlosa", erro.glosa(versao), versao)


@pytest.mark.parametrize("erro", ERROS.values(), ids=lambda e: e.chave)
def test_todo_erro_tem_texto_que_cabe_na_resposta(erro: Erro) -> None:
    """O texto de cada erro não é vazio, existe em ISO-8859-1 e cabe em 500 caracteres."""
    assert erro.texto.strip()
    erro.texto.encode("iso-8859-1")
    assert len(erro.texto) <= 200


def test_codigos_de_cada_erro_em_ordem_desde_a_primeira_versao() -> None:
    """As mudanças de código de um erro começam em 3.05.00 e vêm em ordem de versão."""
    fora = [
        erro.chave
        for erro in ERROS.values()
        if (desde := [ordem(v) for v, _ in erro.glosas]) != sorted(desde)
        or erro.glosas[0][0] != VERSOES[0]
    ]
    assert fora == []


def test_palavras_de_falha_sao_as_sete_do_padrao() -> None:
    """As palavras de falha são as de st_tissFault em toda versão, e toda falha usa uma delas."""
    palavras = {str(p) for p in TissFault}
    assert len(palavras) == 7
    assert all(palavras == set(codigos("st_tissFault", v)) for v in VERSOES)
    assert {e.fault for e in ERROS.values() if e.fault} == set(TissFault)


def test_sempre_falha_so_com_palavra() -> None:
    """O que só pode ser falha SOAP tem palavra de tissFault, e quem tem palavra é de mensagem."""
    assert all(e.fault for e in ERROS.values() if e.sempre_fault)
    assert all(e.nivel is Nivel.MENSAGEM for e in ERROS.values() if e.fault)


def test_sem_palavra_de_falha() -> None:
    """Assinatura, certificado, tipo de transação e serviço não oferecido não têm palavra."""
    esperado = {
        "assinatura-invalida", "assinatura-ausente", "certificado-invalido",
        "certificado-revogado", "certificado-vencido", "cadeia-invalida",
        "tipo-transacao", "servico-nao-oferecido",
    }  # fmt: skip
    obtido = {e.chave for e in ERROS.values() if e.nivel is Nivel.MENSAGEM and e.fault is None}
    assert esperado == obtido


@pytest.mark.parametrize(
    ("chave", "codigos_por_versao"),
    [
        ("assinatura-invalida", ["5022"] * 3 + ["3168"] * 3),
        ("assinatura-ausente", ["5018"] * 3 + ["3168"] * 3),
        ("lote-repetido", ["5053"] * 5 + ["3268"]),
        ("protocolo-nao-encontrado", ["5054"] * 5 + ["3291"]),
        ("lote-nao-encontrado", ["5054"] * 5 + ["3270"]),
        ("tipo-transacao", ["3148"] * 6),
        ("servico-nao-oferecido", ["3148"] * 6),
        ("nao-cabe-na-versao", ["5028"] * 6),
        ("hash", ["5014"] * 6),
        ("versao", ["5028"] * 6),
    ],
)
def test_codigos_decididos(chave: str, codigos_por_versao: list[str]) -> None:
    """Os códigos que o projeto decidiu, versão a versão."""
    assert codigos_por_versao == [ERROS[chave].glosa(v) for v in VERSOES]


@pytest.mark.parametrize("chave", ["tempo-de-leitura", "sobrecarga"])
def test_tempo_esgotado_tem_codigo_proprio_desde_4_00_00(chave: str) -> None:
    """O código de tempo esgotado, 3160, vale desde 4.00.00; antes a falha basta."""
    assert {"3160"} == {ERROS[chave].glosa(v) for v in VERSOES[1:]}
    assert ERROS[chave].sempre_fault


def test_palavras_das_recusas_de_identidade() -> None:
    """Origem, destino, versão, login e hash têm cada um a sua palavra."""
    esperado = {
        "remetente": "RemetenteInvalido", "destinatario": "DestinatarioInvalido",
        "versao": "VersaoInvalida", "login": "LoginInvalido", "hash": "HashInvalido",
        "esquema": "SchemaInvalido", "inesperado": "ErroInesperadoServidor",
    }  # fmt: skip
    assert esperado == {chave: ERROS[chave].fault for chave in esperado}


@pytest.mark.parametrize(
    ("http", "palavra"),
    [
        (400, "SchemaInvalido"), (404, "SchemaInvalido"), (413, "SchemaInvalido"),
        (415, "SchemaInvalido"), (408, "ErroInesperadoServidor"), (503, "ErroInesperadoServidor"),
    ],
)  # fmt: skip
def test_palavra_de_cada_situacao_http(http: int, palavra: str) -> None:
    """Cada situação HTTP das recusas de transporte leva a palavra decidida."""
    assert {palavra} == {e.fault for e in ERROS.values() if e.http == http}


def test_versoes_ordenam_como_numeros() -> None:
    """A ordem das versões é a numérica, e as duas formas escritas seguem os arquivos da ANS."""
    assert list(VERSOES) == sorted(VERSOES, key=ordem)
    assert ordem("4.10.00") > ordem("4.9.00")
    assert (sufixo("4.03.00"), compacta("4.03.00")) == ("V4_03_00", "v40300")


@pytest.mark.parametrize(
    ("texto", "esperado"),
    [("4.03.00", True), ("5.01.00", True), ("04.03.00", True), ("4.3.0", False), ("", False)],
)
def test_forma_de_versao(texto: str, esperado: bool) -> None:
    """Uma versão tem a forma N.NN.NN, conhecida ou não."""
    assert esperado is tem_forma(texto)
