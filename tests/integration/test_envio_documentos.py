"""Documentos: a que se referem, o número que recebem e como ficam guardados."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from integration.documento import arquivos, documento, enviar, mandar, mesa_com_deposito, recibo
from integration.recepcao import EM_VIGOR, com_hash_em_utf8, conferir_erro, lote, pronta

from dominio import erros
from dominio import erros_de_documentos as recusas
from dominio.situacao import StatusProtocolo
from dominio.versoes import VERSOES
from persistence import documentos
from persistence.arquivos import Pasta
from prestador.arquivos_inventados import DE_FORMATO, pdf
from prestador.valores import identificado

if TYPE_CHECKING:
    from pathlib import Path

    from integration.recepcao import AbrirMesa, Mesa

    from dominio.erros import Erro
    from persistence.banco import Banco
    from persistence.documentos import Documento

S = StatusProtocolo
P1, D1 = "10000001", "10000002"
COM_DOCUMENTOS = VERSOES[2:]


@pytest.fixture
def mesa(banco: Banco, pasta: Path) -> Mesa:
    """A recepção que guarda documentos, com um lote de duas guias já recebido."""
    aberta = mesa_com_deposito(banco, pasta)
    aberta.enviar_lote(guias=2)
    return aberta


def _guardado(mesa: Mesa, numero: str | None) -> Documento:
    with mesa.banco.leitura() as conn:
        achado = documentos.por_numero(conn, mesa.operadora.id, int(numero or 0))
    assert achado is not None
    return achado


def _do_lote(mesa: Mesa, protocolo: str = P1) -> list[tuple[str, int | None]]:
    """Número e guia dos documentos de um protocolo."""
    chave = mesa.protocolo(protocolo).id
    with mesa.banco.leitura() as conn:
        achados = documentos.do_protocolo(conn, mesa.operadora.id, chave)
    return [(str(d.numero), d.guia_posicao) for d in achados]


# --- recebido -------------------------------------------------------------------------------------


@pytest.mark.parametrize("versao", COM_DOCUMENTOS)
def test_documento_de_lote_recebe_numero_e_se_le_de_volta(
    mesa: Mesa, pasta: Path, versao: str
) -> None:
    """O documento recebe número da série, repete o que citou, e o conteúdo volta igual."""
    conteudo = pdf(enchimento=3_000_000)
    dito = mandar(
        mesa, conteudo, versao=versao, numero_lote="1", protocolo=P1, guia_prestador="1002",
        numero_documento="DOC-7", observacao="Laudo urgente",
    )  # fmt: skip
    assert (dito.protocolo, dito.numero_documento, dito.numero_lote) == (D1, "DOC-7", "1")
    assert (dito.numero_protocolo, dito.guia_prestador) == (P1, "1002")
    assert dito.observacao == "Laudo urgente"
    guardado = _guardado(mesa, D1)
    assert (guardado.tamanho, guardado.observacao) == (len(conteudo), "Laudo urgente")
    with mesa.banco.leitura() as conn:
        partes = list(documentos.conteudo(conn, Pasta(pasta), guardado))
    assert b"".join(partes) == conteudo
    assert max(map(len, partes)) == 1_048_576
    assert _do_lote(mesa) == [(D1, 2)]


def test_observacao_fica_como_veio_e_se_repete_em_latin1(mesa: Mesa) -> None:
    """O texto livre guarda-se igual; na resposta, o que não cabe em ISO-8859-1 é trocado."""
    mensagem = documento(protocolo=P1, observacao="-")
    next(mensagem.iter("{*}observacao")).text = "Laudo – “urgente”"
    resposta = mesa.enviar(com_hash_em_utf8(mensagem), servico="tissEnvioDocumentos")
    assert recibo(resposta).observacao == 'Laudo - "urgente"'
    assert _guardado(mesa, D1).observacao == "Laudo – “urgente”"


@pytest.mark.parametrize("formato", DE_FORMATO)
def test_cada_formato_do_padrao_e_aceito(mesa: Mesa, formato: str) -> None:
    """Os nove formatos, assinados inclusive, entram quando os bytes são deles."""
    assert mandar(mesa, DE_FORMATO[formato](), formato=formato, protocolo=P1).protocolo == D1


@pytest.mark.parametrize(
    ("campos", "guia"),
    [
        ({"numero_lote": "1"}, None),
        ({"protocolo": P1}, None),
        ({"protocolo": "0010000001"}, None),
        ({"numero_lote": "1", "guia_prestador": "1001"}, 1),
        ({"protocolo": P1, "guia_prestador": "1002", "sequencial_item": 1}, 2),
        ({"guia_prestador": "1002"}, 2),
    ],
    ids=["lote", "protocolo", "protocolo com zeros", "lote e guia", "item", "só guia"],
)
def test_documento_aparece_no_lote_a_que_se_refere(
    mesa: Mesa, campos: dict[str, str], guia: int | None
) -> None:
    """Por lote, protocolo, guia ou item, o documento é do lote, e da guia que citou."""
    assert mandar(mesa, **campos).protocolo == D1
    assert _do_lote(mesa) == [(D1, guia)]


def test_documento_de_guia_que_ainda_nao_chegou_espera_por_ela(mesa: Mesa) -> None:
    """Só com o número da guia, o documento entra antes dela e aparece no lote quando ela vem."""
    assert mandar(mesa, guia_prestador="9001").protocolo == D1
    assert _do_lote(mesa) == []
    segundo = mesa.enviar_lote("9").protocolo
    assert segundo is not None
    assert _do_lote(mesa, segundo) == [(D1, 1)]
    assert _do_lote(mesa) == []


def test_documento_so_de_guia_segue_a_guia_reenviada(mesa: Mesa) -> None:
    """Cancelado o lote e reenviada a guia, o documento dela está no lote novo."""
    mandar(mesa, guia_prestador="1001")
    mesa.transitar(P1, S.CANCELADO)
    novo = mesa.enviar(pronta(lote(guias=2, sequencial="9"))).recibo.protocolo
    assert novo is not None
    assert _do_lote(mesa) == []
    assert _do_lote(mesa, novo) == [(D1, 1)]


def test_guia_de_solicitacao_nao_e_a_de_cobranca(mesa: Mesa) -> None:
    """O documento de uma solicitação de mesmo número não aparece na guia de cobrança."""
    assert mandar(mesa, guia_prestador="1001", natureza="1").protocolo == D1
    assert _do_lote(mesa) == []


def test_documento_de_recurso_pode_citar_o_protocolo_do_lote(mesa: Mesa) -> None:
    """Com naturezaGuia 3 e o protocolo do lote, a guia citada pode ser a do recurso."""
    assert mandar(mesa, protocolo=P1, guia_prestador="R1", natureza="3").protocolo == D1
    assert _do_lote(mesa) == [(D1, None)]


# --- o mesmo outra vez ----------------------------------------------------------------------------


def test_o_mesmo_documento_noutra_mensagem_tem_o_mesmo_numero(mesa: Mesa, pasta: Path) -> None:
    """O mesmo arquivo com o mesmo número para a mesma coisa não se guarda duas vezes."""
    primeiro = mandar(mesa, numero_lote="1")
    segundo = mandar(mesa, numero_lote="1", sequencial="2")
    terceiro = mandar(mesa, protocolo=P1, sequencial="3")
    assert {d.protocolo for d in (primeiro, segundo, terceiro)} == {D1}
    assert len(arquivos(pasta)) == 1


@pytest.mark.parametrize(
    "outro",
    [
        {"numero_documento": "2"},
        {"guia_prestador": "1002"},
        {"tipo": "03"},
        {"conteudo": pdf(texto=b"outro")},
    ],
    ids=["outro número", "outra guia", "outro tipo", "outro conteúdo"],
)
def test_documento_diferente_tem_outro_numero(mesa: Mesa, outro: dict[str, str]) -> None:
    """Muda o número, a guia, o tipo ou o conteúdo: é outro documento."""
    mandar(mesa, protocolo=P1)
    assert mandar(mesa, protocolo=P1, sequencial="2", **outro).protocolo == "10000003"


def test_mesmo_conteudo_guarda_se_uma_vez(mesa: Mesa, pasta: Path) -> None:
    """Dois documentos com os mesmos bytes dividem o arquivo."""
    mandar(mesa, protocolo=P1, guia_prestador="1001")
    mandar(mesa, protocolo=P1, guia_prestador="1002")
    assert len(_do_lote(mesa)) == 2
    assert len(arquivos(pasta)) == 1


def test_o_mesmo_ao_mesmo_tempo_tem_um_numero(mesa: Mesa) -> None:
    """Dez mensagens com o mesmo documento ao mesmo tempo recebem o mesmo número."""
    mensagens = [documento(protocolo=P1, sequencial=str(n)) for n in range(10)]
    with ThreadPoolExecutor(10) as executor:
        respostas = list(executor.map(lambda m: recibo(enviar(mesa, m)), mensagens))
    assert len({r.protocolo for r in respostas}) == 1
    assert len(_do_lote(mesa)) == 1


def test_repetido_depois_de_cancelado_o_lote_tem_o_seu_numero(mesa: Mesa) -> None:
    """O documento já recebido responde o seu número, ainda que o lote já não o aceite."""
    mandar(mesa, protocolo=P1)
    mesa.transitar(P1, S.CANCELADO)
    assert mandar(mesa, protocolo=P1, sequencial="2").protocolo == D1


def test_lote_novo_de_mesmo_numero_e_outra_coisa(mesa: Mesa) -> None:
    """Reenviado o lote cancelado, o mesmo documento para o mesmo número é do lote novo."""
    mandar(mesa, numero_lote="1")
    mesa.transitar(P1, S.CANCELADO)
    novo = mesa.enviar(pronta(lote(guias=2, sequencial="9"))).recibo.protocolo
    assert novo is not None
    numero = mandar(mesa, numero_lote="1", sequencial="2").protocolo
    assert numero != D1
    assert _do_lote(mesa, novo) == [(numero, None)]


# --- recusado -------------------------------------------------------------------------------------

EXE = b"MZ\x90\x00" + bytes(200)
RECUSADOS: dict[str, tuple[dict[str, object], Erro, str]] = {
    "executável": ({"conteudo": EXE}, recusas.DOCUMENTO_DE_OUTRO_FORMATO, "3164"),
    "executável com PDF dentro": (
        {"conteudo": EXE + pdf()}, recusas.DOCUMENTO_DE_OUTRO_FORMATO, "3164",
    ),
    "PNG que se diz PDF": (
        {"conteudo": DE_FORMATO["03"]()}, recusas.DOCUMENTO_DE_OUTRO_FORMATO, "3164",
    ),
    "PDF sem assinatura que se diz PAdES": (
        {"formato": "09"}, recusas.DOCUMENTO_DE_OUTRO_FORMATO, "3164",
    ),
    "CAdES com outra coisa dentro": (
        {"formato": "06", "conteudo": DE_FORMATO["05"]()},
        recusas.DOCUMENTO_DE_OUTRO_FORMATO, "3164",
    ),
    "vazio": ({"conteudo": b""}, recusas.DOCUMENTO_CORROMPIDO, "3165"),
    "PDF cortado": ({"conteudo": pdf()[:-7]}, recusas.DOCUMENTO_CORROMPIDO, "3165"),
    "JPG cortado": (
        {"formato": "01", "conteudo": DE_FORMATO["01"]()[:-2]},
        recusas.DOCUMENTO_CORROMPIDO, "3165",
    ),
    "PNG cortado": (
        {"formato": "03", "conteudo": DE_FORMATO["03"]()[:-9]},
        recusas.DOCUMENTO_CORROMPIDO, "3165",
    ),
    "TIFF cortado": (
        {"formato": "04", "conteudo": DE_FORMATO["04"]()[:12]},
        recusas.DOCUMENTO_CORROMPIDO, "3165",
    ),
    "CAdES cortado": (
        {"formato": "06", "conteudo": DE_FORMATO["06"]()[:-1]},
        recusas.DOCUMENTO_CORROMPIDO, "3165",
    ),
    "sem referência": ({"protocolo": None}, recusas.SEM_IDENTIFICADOR, "5052"),
    "protocolo que não há": ({"protocolo": "10009999"}, erros.PROTOCOLO_NAO_ENCONTRADO, "3291"),
    "protocolo que não é número": ({"protocolo": "X"}, erros.PROTOCOLO_NAO_ENCONTRADO, "3291"),
    "protocolo de outro lote": ({"numero_lote": "2"}, erros.LOTE_NAO_ENCONTRADO, "3270"),
    "lote que não há": (
        {"protocolo": None, "numero_lote": "2"}, erros.LOTE_NAO_ENCONTRADO, "3270",
    ),
    "guia que não está no lote": (
        {"guia_prestador": "9999"}, recusas.GUIA_NAO_ENCONTRADA, "1307",
    ),
    "item que não está na guia": (
        {"guia_prestador": "1001", "sequencial_item": 99}, recusas.ITEM_NAO_ENCONTRADO, "5054",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("campos", "erro", "codigo"), RECUSADOS.values(), ids=RECUSADOS)
def test_documento_recusado_nao_deixa_nada(
    mesa: Mesa, pasta: Path, campos: dict[str, object], erro: Erro, codigo: str
) -> None:
    """Cada recusa tem o seu código, fica no arquivo de mensagens e não deixa arquivo nem número."""
    antes = mesa.contagens()
    resposta = enviar(mesa, documento(**{"protocolo": P1, **campos}))  # type: ignore[arg-type]
    conferir_erro(resposta, erro)
    assert resposta.codigo == codigo
    assert mesa.arquivada(resposta.id).erro == erro.chave
    assert antes == mesa.contagens()
    assert _do_lote(mesa) == []
    assert arquivos(pasta) == []


@pytest.mark.parametrize("versao", COM_DOCUMENTOS)
def test_codigos_de_imagem_em_cada_versao(mesa: Mesa, versao: str) -> None:
    """Os códigos 3163 a 3166 valem em toda versão que tem documentos."""
    mensagem = documento(EXE, versao=versao, protocolo=P1)
    assert enviar(mesa, mensagem, versao).codigo == "3164"


def test_31_mib_passam_do_maximo(mesa: Mesa, pasta: Path) -> None:
    """Um documento de 31 MiB cabe na mensagem e é recusado com 3166."""
    resposta = enviar(mesa, documento(pdf(enchimento=31 * 1_048_576), protocolo=P1))
    conferir_erro(resposta, recusas.DOCUMENTO_GRANDE)
    assert mesa.arquivada(resposta.id).erro == recusas.DOCUMENTO_GRANDE.chave
    assert _do_lote(mesa) == []
    assert resposta.codigo == "3166"
    assert resposta.texto.endswith("O máximo são 30 MiB.")
    assert arquivos(pasta) == []


def test_documento_de_lote_cancelado_e_dispensado(mesa: Mesa, pasta: Path) -> None:
    """O lote cancelado já não precisa de documentos: 3163, pelo protocolo ou pelo número."""
    mesa.transitar(P1, S.CANCELADO)
    for n, campos in enumerate(({"protocolo": P1}, {"numero_lote": "1"}), 1):
        resposta = enviar(mesa, documento(sequencial=str(n), **campos))
        conferir_erro(resposta, recusas.DOCUMENTO_DISPENSADO)
        assert resposta.codigo == "3163"
        assert mesa.arquivada(resposta.id).erro == recusas.DOCUMENTO_DISPENSADO.chave
    assert _do_lote(mesa) == []
    assert arquivos(pasta) == []


def test_lote_de_outro_prestador_e_como_se_nao_existisse(mesa: Mesa, pasta: Path) -> None:
    """Nem o número, nem o protocolo de outro prestador recebem documentos."""
    mesa.outro_prestador("500001", cnpj=None)
    outro = identificado("codigo", "500001")
    por_protocolo = enviar(mesa, documento(quem=outro, protocolo=P1))
    conferir_erro(por_protocolo, erros.PROTOCOLO_NAO_ENCONTRADO)
    por_lote = enviar(mesa, documento(quem=outro, numero_lote="1"))
    conferir_erro(por_lote, erros.LOTE_NAO_ENCONTRADO)
    assert arquivos(pasta) == []


def test_documento_de_guia_de_outro_prestador_nao_chega_ao_lote_dele(mesa: Mesa) -> None:
    """Quem cita só o número de uma guia alheia não põe nada no lote do outro."""
    mesa.outro_prestador("500001", cnpj=None)
    assert mandar(mesa, quem=identificado("codigo", "500001"), guia_prestador="1001").protocolo
    assert _do_lote(mesa) == []


@pytest.mark.parametrize("base64", ["JVBERi0xLjQ", "JVBE Ri0xLjQ"])
def test_base64_cortado_e_falha_de_esquema(mesa: Mesa, pasta: Path, base64: str) -> None:
    """Um base64 que não se lê é falha SOAP, arquivada, e nada se guarda."""
    mensagem = documento(protocolo=P1)
    next(mensagem.iter("{*}documento")).text = base64
    resposta = enviar(mesa, mensagem)
    assert (resposta.resultado.falha, resposta.palavra) == (True, "SchemaInvalido")
    assert mesa.arquivada(resposta.id).erro == "esquema"
    assert arquivos(pasta) == []


def test_formato_desconhecido_e_falha_de_esquema(mesa: Mesa) -> None:
    """Um formatoDocumento que o padrão não tem é falha SOAP."""
    resposta = enviar(mesa, documento(protocolo=P1, formato="99"))
    assert (resposta.resultado.falha, resposta.palavra) == (True, "SchemaInvalido")


def test_em_4_00_00_o_servico_nao_se_usa(mesa: Mesa) -> None:
    """A versão que descreve o serviço sem deixar usá-lo responde falha de versão."""
    resposta = enviar(mesa, documento(versao="4.00.00", protocolo=P1), "4.00.00")
    assert (resposta.resultado.falha, resposta.palavra) == (True, "VersaoInvalida")


def test_sem_deposito_o_servico_nao_se_oferece(nova_mesa: AbrirMesa) -> None:
    """Um gateway sem onde guardar diz que não oferece o serviço."""
    resposta = enviar(nova_mesa(), documento(guia_prestador="1"))
    conferir_erro(resposta, erros.NAO_OFERECIDO)


def test_texto_longo_so_se_le_onde_ha_documentos(mesa: Mesa) -> None:
    """O mesmo texto de 11 milhões de caracteres, noutro serviço, é XML malformado."""
    mensagem = lote()
    next(mensagem.iter("{*}nomeProfissional")).text = "A" * 11_000_000
    resposta = mesa.enviar(pronta(mensagem), versao=EM_VIGOR)
    assert resposta.resultado.erro == erros.XML_MALFORMADO.chave
