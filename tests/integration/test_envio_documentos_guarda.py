"""Onde os documentos ficam: cifrados, inteiros ou não ficam, sobras apagadas, antivírus."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from integration.documento import arquivos, documento, enviar, mandar, mesa_com_deposito
from integration.recepcao import conferir_erro

from dominio import erros
from dominio import erros_de_documentos as recusas
from gateway.configuracao import Configuracao
from gateway.secoes.documentos import Documentos
from gateway.trabalhos.lista import trabalhos
from handlers.envio_documentos import AntivirusSemResposta
from persistence import cifra as cifras
from persistence import documentos, mensagens
from persistence.arquivos import ArquivoAusente, ArquivoEstragado, Pasta, chave
from persistence.banco import Banco
from persistence.cifra import ChavesInvalidas, Cifra
from prestador.arquivos_inventados import pdf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from integration.recepcao import Mesa

CONTEUDO = pdf(enchimento=2_500_000, texto=b"o laudo do paciente")
CHAVE = chave(1, hashlib.sha256(CONTEUDO).hexdigest())


@pytest.fixture
def com_chaves(tmp_path: Path) -> Cifra:
    """Uma cifra com a sua chave."""
    arquivo = tmp_path / "chaves" / "arquivo.chaves"
    cifras.criar(arquivo, cifras.nova(datetime.now(UTC)))
    return Cifra(arquivo)


# --- a pasta --------------------------------------------------------------------------------------


@pytest.mark.parametrize("tamanho", [0, 1, 1_048_576, 1_048_577, 3_000_000])
@pytest.mark.parametrize("cifrado", [True, False], ids=["cifrado", "às claras"])
def test_conteudo_volta_igual(pasta: Path, com_chaves: Cifra, tamanho: int, cifrado: bool) -> None:
    """O que se guarda volta igual, em partes, cifrado ou não, de qualquer tamanho."""
    cifra = com_chaves if cifrado else None
    conteudo = os.urandom(tamanho)
    deposito, dele = Pasta(pasta), chave(1, hashlib.sha256(conteudo).hexdigest())
    assert not deposito.existe(dele)
    deposito.guardar(dele, conteudo, cifra)
    assert deposito.existe(dele)
    assert b"".join(deposito.abrir(dele, cifra)) == conteudo


def test_conteudo_cifrado_nao_se_le_do_disco(pasta: Path, com_chaves: Cifra) -> None:
    """Nada do documento aparece no arquivo, que só o dono alcança; sem a chave não se abre."""
    Pasta(pasta).guardar(CHAVE, CONTEUDO, com_chaves)
    [arquivo] = arquivos(pasta)
    assert b"laudo" not in arquivo.read_bytes()
    assert arquivo.stat().st_mode & 0o077 == 0
    with pytest.raises(ChavesInvalidas):
        list(Pasta(pasta).abrir(CHAVE, None))


def _cortar(dados: bytes) -> bytes:
    return dados[:-1]


def _sem_a_ultima_parte(dados: bytes) -> bytes:
    tamanho = int.from_bytes(dados[4:8], "big")
    return dados[: 4 + 5 + tamanho]


def _mudar_um_byte(dados: bytes) -> bytes:
    return dados[:1000] + bytes((dados[1000] ^ 1,)) + dados[1001:]


def _partes_trocadas(dados: bytes) -> bytes:
    tamanho = 5 + int.from_bytes(dados[4:8], "big")
    return (
        dados[:4]
        + dados[4 + tamanho : 4 + 2 * tamanho]
        + dados[4 : 4 + tamanho]
        + dados[4 + 2 * tamanho :]
    )


def _com_sobra(dados: bytes) -> bytes:
    return dados + b"x"


@pytest.mark.parametrize(
    "estrago", [_cortar, _sem_a_ultima_parte, _mudar_um_byte, _partes_trocadas, _com_sobra]
)
def test_arquivo_estragado_nao_passa_por_inteiro(
    pasta: Path, com_chaves: Cifra, estrago: Callable[[bytes], bytes]
) -> None:
    """Cortado, mudado, com partes trocadas ou a mais: percebe-se antes de entregar o fim."""
    Pasta(pasta).guardar(CHAVE, CONTEUDO, com_chaves)
    [arquivo] = arquivos(pasta)
    arquivo.write_bytes(estrago(arquivo.read_bytes()))
    with pytest.raises(ArquivoEstragado):
        list(Pasta(pasta).abrir(CHAVE, com_chaves))


def test_arquivo_trocado_por_outro_nao_se_abre(pasta: Path, com_chaves: Cifra) -> None:
    """O arquivo de um documento posto no lugar de outro não se decifra."""
    outra = chave(2, hashlib.sha256(CONTEUDO).hexdigest())
    deposito = Pasta(pasta)
    for uma in (CHAVE, outra):
        deposito.guardar(uma, CONTEUDO, com_chaves)
    (pasta / CHAVE).write_bytes((pasta / outra).read_bytes())
    with pytest.raises(ArquivoEstragado):
        list(deposito.abrir(CHAVE, com_chaves))


def _as_claras(conteudo: bytes) -> bytes:
    return b"TGD1" + (len(conteudo) | 1 << 31).to_bytes(4, "big") + b"\x00" + conteudo


@pytest.mark.parametrize("cifrado", [True, False], ids=["cifrado", "às claras"])
def test_conteudo_trocado_nao_se_entrega(pasta: Path, com_chaves: Cifra, cifrado: bool) -> None:
    """Um arquivo bem formado com outro conteúdo não passa, ainda que nada se cifre."""
    cifra = com_chaves if cifrado else None
    Pasta(pasta).guardar(CHAVE, CONTEUDO, cifra)
    (pasta / CHAVE).write_bytes(_as_claras(b"%PDF-1.4 outro laudo %%EOF"))
    entregue: list[bytes] = []
    with pytest.raises(ArquivoEstragado):
        entregue.extend(Pasta(pasta).abrir(CHAVE, cifra))
    assert entregue == []


def test_documento_as_claras_onde_se_cifra_so_se_le_depois_de_recifrado(
    pasta: Path, com_chaves: Cifra
) -> None:
    """Com a cifra ligada o que está às claras não se abre; o que é de antes passa-se a ela."""
    deposito, curto = Pasta(pasta), b"%PDF-1.4 antigo %%EOF"
    dele = chave(1, hashlib.sha256(curto).hexdigest())
    deposito.guardar(dele, curto, None)
    with pytest.raises(ArquivoEstragado):
        list(deposito.abrir(dele, com_chaves))
    assert deposito.recifrar(dele, com_chaves)
    assert b"".join(deposito.abrir(dele, com_chaves)) == curto


@pytest.mark.parametrize(
    "estrago",
    [b"", _as_claras(b"%PDF-1.4 outro %%EOF"), _as_claras(CONTEUDO[:1000])],
    ids=["vazio", "outro", "cortado"],
)
def test_reenviado_repara_o_arquivo_estragado(
    pasta: Path, com_chaves: Cifra, estrago: bytes
) -> None:
    """Guardar outra vez o mesmo conteúdo põe no lugar o verdadeiro."""
    deposito = Pasta(pasta)
    deposito.guardar(CHAVE, CONTEUDO, com_chaves)
    (pasta / CHAVE).write_bytes(estrago)
    deposito.guardar(CHAVE, CONTEUDO, com_chaves)
    assert b"".join(deposito.abrir(CHAVE, com_chaves)) == CONTEUDO
    assert len(arquivos(pasta)) == 1


def test_arquivo_que_nao_ha(pasta: Path) -> None:
    """Abrir o que nunca se guardou diz que não há."""
    with pytest.raises(ArquivoAusente):
        list(Pasta(pasta).abrir(CHAVE, None))


def test_escrita_que_falha_nao_deixa_metade(pasta: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sem espaço no meio da escrita, não fica arquivo nenhum, nem provisório."""

    def cheio(_descritor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("persistence.arquivos.pasta.os.fsync", cheio)
    with pytest.raises(OSError, match="space"):
        Pasta(pasta).guardar(CHAVE, CONTEUDO, None)
    assert arquivos(pasta) == []


# --- na recepção ----------------------------------------------------------------------------------


def test_documento_recebido_fica_cifrado(
    nova_url: Callable[[bool], str], pasta: Path, com_chaves: Cifra
) -> None:
    """Com o banco aberto com uma cifra, o documento vai cifrado e volta igual."""
    banco = Banco.abrir(nova_url(True), cifra=com_chaves)
    mesa = mesa_com_deposito(banco, pasta)
    numero = int(mandar(mesa, CONTEUDO, guia_prestador="1").protocolo or 0)
    [arquivo] = arquivos(pasta)
    assert b"laudo" not in arquivo.read_bytes()
    with banco.leitura() as conn:
        guardado = documentos.por_numero(conn, mesa.operadora.id, numero)
        assert guardado is not None
        assert b"".join(documentos.conteudo(conn, Pasta(pasta), guardado)) == CONTEUDO
    banco.fechar()


def test_documento_de_uma_operadora_nao_se_acha_por_outra(banco: Banco, pasta: Path) -> None:
    """O número de um documento só o encontra na operadora que o deu."""
    mesa = mesa_com_deposito(banco, pasta)
    numero = int(mandar(mesa, guia_prestador="1").protocolo or 0)
    with banco.leitura() as conn:
        assert documentos.por_numero(conn, mesa.operadora.id + 1, numero) is None
        assert documentos.do_protocolo(conn, mesa.operadora.id + 1, numero) == ()


def test_transacao_desfeita_deixa_so_uma_sobra_que_a_varredura_apaga(
    banco: Banco, pasta: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Se o commit não vem, não há linha; o arquivo é sobra, e some quando fica velho."""
    mesa = mesa_com_deposito(banco, pasta)

    def falhar(*_argumentos: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as contexto:
        contexto.setattr(mensagens, "arquivar", falhar)
        resposta = enviar(mesa, documento(guia_prestador="1"))
    assert resposta.palavra == "ErroInesperadoServidor"
    [sobra] = arquivos(pasta)
    assert documentos.varrer(banco, Pasta(pasta)) == 0
    _envelhecer(sobra)
    assert documentos.varrer(banco, Pasta(pasta)) == 1
    assert arquivos(pasta) == []


def test_varredura_poupa_o_que_tem_dono(banco: Banco, pasta: Path) -> None:
    """Documentos antigos ficam; provisórios de uma queda, não."""
    mesa = mesa_com_deposito(banco, pasta)
    mandar(mesa, guia_prestador="1")
    [guardado] = arquivos(pasta)
    provisorio = guardado.with_name("cd.escrevendo")
    provisorio.write_bytes(b"metade")
    for arquivo in (guardado, provisorio):
        _envelhecer(arquivo)
    assert documentos.varrer(banco, Pasta(pasta)) == 0
    assert arquivos(pasta) == [guardado]


def test_sobra_que_volta_a_ser_usada_nao_se_apaga(banco: Banco, pasta: Path) -> None:
    """Guardar de novo o mesmo conteúdo rejuvenesce o arquivo, e a varredura o poupa."""
    mesa = mesa_com_deposito(banco, pasta)
    mandar(mesa, guia_prestador="1")
    [arquivo] = arquivos(pasta)
    _envelhecer(arquivo)
    mandar(mesa, guia_prestador="2")
    assert arquivo.stat().st_mtime > time.time() - 60


def _envelhecer(arquivo: Path) -> None:
    velho = time.time() - 2 * documentos.UM_DIA_SEGUNDOS
    os.utime(arquivo, (velho, velho))


# --- antivírus ------------------------------------------------------------------------------------


def test_documento_infectado_e_recusado(banco: Banco, pasta: Path) -> None:
    """O que o antivírus não aceita responde 3165 e não se guarda."""
    mesa = mesa_com_deposito(banco, pasta, antivirus=lambda conteudo: b"virus" not in conteudo)
    resposta = enviar(mesa, documento(pdf(texto=b"virus"), guia_prestador="1"))
    conferir_erro(resposta, recusas.DOCUMENTO_INFECTADO)
    assert resposta.codigo == "3165"
    assert arquivos(pasta) == []
    assert mandar(mesa, guia_prestador="1", sequencial="2").protocolo


def test_sem_antivirus_o_documento_nao_entra(banco: Banco, pasta: Path) -> None:
    """Sem resposta do antivírus responde-se 503, e a mesma mensagem entra quando ele volta."""
    respostas: list[bool] = []

    def examina(_conteudo: bytes) -> bool:
        if not respostas:
            raise AntivirusSemResposta
        return respostas.pop()

    mesa: Mesa = mesa_com_deposito(banco, pasta, antivirus=examina)
    mensagem = documento(guia_prestador="1")
    resposta = enviar(mesa, mensagem)
    assert (resposta.resultado.http, resposta.palavra) == (503, "ErroInesperadoServidor")
    assert resposta.resultado.erro == recusas.ANTIVIRUS_SEM_RESPOSTA.chave
    assert arquivos(pasta) == []
    respostas.append(True)
    assert not enviar(mesa, mensagem).resultado.falha


def test_erro_do_antivirus_esta_na_tabela() -> None:
    """As recusas de documentos estão na tabela de erros, com as demais."""
    assert erros.ERROS["antivirus-sem-resposta"] is recusas.ANTIVIRUS_SEM_RESPOSTA


def test_trabalho_de_fundo_apaga_as_sobras(banco: Banco, pasta: Path) -> None:
    """O gateway varre uma vez por dia a pasta que a configuração diz."""
    ajustes = Documentos(folder=pasta)
    [varredura] = [
        t for t in trabalhos(Configuracao(documents=ajustes)) if t.nome == "sobras-de-documentos"
    ]
    Pasta(pasta).guardar(CHAVE, CONTEUDO, None)
    [sobra] = arquivos(pasta)
    _envelhecer(sobra)
    assert varredura.intervalo == documentos.UM_DIA_SEGUNDOS
    assert varredura.executar(banco, datetime.now(UTC)) == "1 arquivos sem documento apagados"
    assert varredura.executar(banco, datetime.now(UTC)) is None
