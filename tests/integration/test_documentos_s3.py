"""Documentos num armazém compatível com S3, diante do servidor do moto, que é um emulador."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from integration import armazem_s3
from integration.api import abrir_api
from integration.comandos import Terminal
from integration.documento import LIMITES, documento, enviar, recibo
from integration.recepcao import abrir_mesa
from sqlalchemy import func, select

from dominio import erros_de_documentos as recusas
from gateway.aplicacao import deposito as deposito_da
from gateway.configuracao import Configuracao, ConfiguracaoInvalida, carregar
from gateway.secoes.documentos import Documentos
from handlers.envio_documentos import Deposito, EnvioDocumentos
from persistence import cifra as cifras
from persistence import documentos, tabelas
from persistence.arquivos import (
    ArquivoAusente,
    ArquivoEstragado,
    DepositoSemResposta,
    chave,
)
from persistence.arquivos.s3 import S3
from persistence.banco import Banco
from persistence.cifra import ChavesInvalidas, Cifra, acrescentar, nova
from persistence.recifragem import recifrar_arquivos
from prestador.arquivos_inventados import pdf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from integration.armazem_s3 import Armazem
    from integration.recepcao import Mesa, Resposta

    from persistence.arquivos.s3 import Balde

MIB = 1_048_576
CONTEUDO = pdf(enchimento=2_500_000, texto=b"o laudo do paciente")
CURTO = pdf(texto=b"outro laudo")


def _chave(conteudo: bytes, operadora: int = 1) -> str:
    return chave(operadora, hashlib.sha256(conteudo).hexdigest())


CHAVE = _chave(CONTEUDO)


@pytest.fixture(scope="module")
def armazem() -> Iterator[Armazem]:
    """O emulador, um por módulo."""
    with armazem_s3.no_ar() as um:
        yield um


@pytest.fixture
def balde(armazem: Armazem) -> Balde:
    """Um balde vazio."""
    return armazem.balde(prefixo="gateway/docs")


@pytest.fixture
def cifra(tmp_path: Path) -> Cifra:
    """Uma cifra com a sua chave."""
    arquivo = tmp_path / "chaves" / "arquivo.chaves"
    cifras.criar(arquivo, nova(datetime.now(UTC)))
    return Cifra(arquivo)


def _mesa(banco: Banco, balde: Balde) -> Mesa:
    assunto = EnvioDocumentos(Deposito(S3(balde)))
    return abrir_mesa(banco, assuntos={assunto.servico: assunto}, limites=LIMITES)


def _linhas(mesa: Mesa) -> int:
    with mesa.banco.leitura() as conn:
        return conn.execute(select(func.count()).select_from(tabelas.documento)).scalar_one()


def _sem_armazem(resposta: Resposta) -> None:
    assert (resposta.resultado.http, resposta.palavra) == (503, "ErroInesperadoServidor")
    assert resposta.resultado.erro == recusas.DEPOSITO_SEM_RESPOSTA.chave


# --- o armazém ------------------------------------------------------------------------------------


@pytest.mark.parametrize("tamanho", [0, MIB + 1])
@pytest.mark.parametrize("cifrado", [True, False], ids=["cifrado", "às claras"])
def test_conteudo_volta_igual(balde: Balde, cifra: Cifra, tamanho: int, cifrado: bool) -> None:
    """O que se guarda volta igual, em partes, cifrado ou não, de qualquer tamanho."""
    usada = cifra if cifrado else None
    conteudo = os.urandom(tamanho)
    deposito, dele = S3(balde), _chave(conteudo)
    assert not deposito.existe(dele)
    deposito.guardar(dele, conteudo, usada)
    assert deposito.existe(dele)
    assert list(deposito.todas()) == [dele]
    assert b"".join(deposito.abrir(dele, usada)) == conteudo


def test_no_armazem_so_ha_o_que_se_cifrou(armazem: Armazem, balde: Balde, cifra: Cifra) -> None:
    """O objeto tem o nome do digest sob o prefixo, nada do documento, e sem a chave não se abre."""
    S3(balde).guardar(CHAVE, CONTEUDO, cifra)
    [(nome, dados)] = armazem.objetos(balde).items()
    assert nome == f"gateway/docs/{CHAVE}"
    assert b"laudo" not in dados
    with pytest.raises(ChavesInvalidas):
        list(S3(balde).abrir(CHAVE, None))


@pytest.mark.parametrize(
    "estrago",
    [
        lambda dados: dados[:-1],
        lambda dados: dados[:1000] + bytes((dados[1000] ^ 1,)) + dados[1001:],
        lambda dados: dados + b"x",
    ],
    ids=["cortado", "mudado", "com sobra"],
)
def test_objeto_estragado_nao_se_le_e_reenviado_se_repara(
    armazem: Armazem, balde: Balde, cifra: Cifra, estrago: Callable[[bytes], bytes]
) -> None:
    """Cortado, mudado ou a mais: percebe-se antes do fim; guardar outra vez o põe certo."""
    deposito = S3(balde)
    deposito.guardar(CHAVE, CONTEUDO, cifra)
    [(nome, dados)] = armazem.objetos(balde).items()
    armazem.por(balde, nome, estrago(dados))
    with pytest.raises(ArquivoEstragado):
        list(deposito.abrir(CHAVE, cifra))
    deposito.guardar(CHAVE, CONTEUDO, cifra)
    assert b"".join(deposito.abrir(CHAVE, cifra)) == CONTEUDO


def test_objeto_que_nao_ha(balde: Balde) -> None:
    """Abrir o que nunca se guardou diz que não há, e apagá-lo nada faz."""
    with pytest.raises(ArquivoAusente):
        list(S3(balde).abrir(CHAVE, None))
    assert not S3(balde).apagar(CHAVE, parado_ha=0)


def test_duas_instalacoes_no_mesmo_balde_nao_se_veem(armazem: Armazem) -> None:
    """Cada prefixo, o vazio inclusive, só lista, lê e apaga o que é seu."""
    raiz = armazem.balde()
    todas = [S3(raiz._replace(prefixo=p)) for p in ("", "a", "a/b", "1")]
    for n, deposito in enumerate(todas):
        deposito.guardar(_chave(CURTO, 10 + n), CURTO, None)
    for n, deposito in enumerate(todas):
        assert list(deposito.todas()) == [_chave(CURTO, 10 + n)]
        assert list(deposito.chaves(paradas_ha=0)) == [_chave(CURTO, 10 + n)]
        assert not deposito.existe(_chave(CURTO, 11 + n))
    assert todas[1].apagar(_chave(CURTO, 11), parado_ha=0)
    assert len(armazem.objetos(raiz)) == 3


def test_recifra_so_o_que_esta_com_outra_chave(
    armazem: Armazem, balde: Balde, cifra: Cifra
) -> None:
    """Passa à chave em uso o antigo e o às claras; o estragado fica como está e se diz qual é."""
    deposito, claro, ruim = S3(balde), _chave(CURTO), _chave(b"ruim")
    deposito.guardar(CHAVE, CONTEUDO, cifra)
    deposito.guardar(claro, CURTO, None)
    armazem.por(balde, f"gateway/docs/{ruim}", b"TGD1 estragado")
    velha = cifra.em_uso()
    acrescentar(cifra.arquivo, nova(datetime.now(UTC)))
    assert cifra.em_uso() != velha
    feito = recifrar_arquivos(deposito, cifra)
    assert (feito.recifrados, feito.estragados) == (2, (ruim,))
    assert b"".join(deposito.abrir(CHAVE, cifra)) == CONTEUDO
    assert b"".join(deposito.abrir(claro, cifra)) == CURTO
    assert recifrar_arquivos(deposito, cifra).recifrados == 0


# --- o armazém que falha --------------------------------------------------------------------------


def test_balde_que_falta(armazem: Armazem) -> None:
    """Sem o balde nada se guarda, lê ou lista; o motivo diz o que o armazém respondeu."""
    deposito = S3(armazem_s3.em(armazem.endereco, "nao-existe"))
    for tentar in (
        lambda: deposito.guardar(CHAVE, CONTEUDO, None),
        lambda: list(deposito.abrir(CHAVE, None)),
        lambda: list(deposito.todas()),
    ):
        with pytest.raises(DepositoSemResposta, match="NoSuchBucket"):
            tentar()


def test_armazem_parado_ou_mudo_nao_prende(balde: Balde) -> None:
    """Ninguém à escuta, ou quem escuta e não responde: falha dentro do prazo, sem segredo algum."""
    parado = armazem_s3.em(f"http://127.0.0.1:{armazem_s3.porta_livre()}", balde.nome)
    with armazem_s3.mudo() as endereco:
        for balde_morto in (parado, armazem_s3.em(endereco, balde.nome, limite=0.3)):
            with pytest.raises(DepositoSemResposta) as caiu:
                S3(balde_morto).guardar(CHAVE, CONTEUDO, None)
            assert not any(parte in str(caiu.value) for parte in armazem_s3.CREDENCIAL)


def test_queda_no_meio_do_envio_nada_deixa(armazem: Armazem, balde: Balde, cifra: Cifra) -> None:
    """Cortado a meio caminho, o objeto não existe; no caminho bom guarda-se."""
    with (
        armazem_s3.que_cai(armazem.porta, subida=MIB) as endereco,
        pytest.raises(DepositoSemResposta),
    ):
        S3(balde._replace(endereco=endereco)).guardar(CHAVE, CONTEUDO, cifra)
    assert armazem.objetos(balde) == {}
    S3(balde).guardar(CHAVE, CONTEUDO, cifra)
    assert len(armazem.objetos(balde)) == 1


def test_le_se_aos_poucos_e_a_queda_no_meio_nao_passa_por_fim(
    armazem: Armazem, balde: Balde, cifra: Cifra
) -> None:
    """A primeira parte sai antes de vir a última; se a rede cai, é falha e não fim de arquivo."""
    S3(balde).guardar(CHAVE, CONTEUDO, cifra)
    with armazem_s3.que_cai(armazem.porta, descida=3 * MIB // 2) as endereco:
        partes = S3(balde._replace(endereco=endereco)).abrir(CHAVE, cifra)
        assert next(partes) == CONTEUDO[:MIB]
        with pytest.raises(DepositoSemResposta):
            next(partes)


# --- no gateway -----------------------------------------------------------------------------------


def test_documento_recebido_fica_no_armazem(
    nova_url: Callable[[bool], str], armazem: Armazem, balde: Balde, cifra: Cifra
) -> None:
    """Enviado por SOAP vai cifrado para o balde, e lê-se pelo seu número; o mesmo não se repete."""
    banco = Banco.abrir(nova_url(True), cifra=cifra)
    mesa = _mesa(banco, balde)
    numero = recibo(enviar(mesa, documento(CONTEUDO, guia_prestador="1"))).protocolo
    repetido = documento(CONTEUDO, guia_prestador="1", sequencial="2")
    assert recibo(enviar(mesa, repetido)).protocolo == numero
    [dados] = armazem.objetos(balde).values()
    assert b"laudo" not in dados
    with banco.leitura() as conn:
        guardado = documentos.por_numero(conn, mesa.operadora.id, int(numero or 0))
        assert guardado is not None
        assert b"".join(documentos.conteudo(conn, S3(balde), guardado)) == CONTEUDO
    banco.fechar()


def test_sem_armazem_o_documento_nao_entra_e_a_mesma_mensagem_entra_depois(
    banco: Banco, armazem: Armazem, balde: Balde
) -> None:
    """Balde que falta, serviço parado, queda no meio: 503, sem linha nem objeto; depois entra."""
    mensagem = documento(CONTEUDO, guia_prestador="1")
    mesa = _mesa(banco, balde)
    with armazem_s3.que_cai(armazem.porta, subida=MIB) as partido:
        for ruim in (
            balde._replace(nome="nao-existe"),
            balde._replace(endereco=f"http://127.0.0.1:{armazem_s3.porta_livre()}"),
            balde._replace(endereco=partido),
        ):
            mesa.recepcao._assuntos["tissEnvioDocumentos"] = EnvioDocumentos(Deposito(S3(ruim)))
            _sem_armazem(enviar(mesa, mensagem))
            assert (_linhas(mesa), armazem.objetos(balde)) == (0, {})
    mesa.recepcao._assuntos["tissEnvioDocumentos"] = EnvioDocumentos(Deposito(S3(balde)))
    assert recibo(enviar(mesa, mensagem)).protocolo
    assert (_linhas(mesa), len(armazem.objetos(balde))) == (1, 1)


def test_varredura_leva_as_sobras_e_poupa_o_que_tem_dono(banco: Banco, balde: Balde) -> None:
    """Sobra recente espera; passado o tempo vai-se, e o documento fica."""
    mesa = _mesa(banco, balde)
    enviar(mesa, documento(CURTO, guia_prestador="1"))
    deposito, dele = S3(balde), _chave(CURTO, mesa.operadora.id)
    deposito.guardar(CHAVE, CONTEUDO, None)
    assert documentos.varrer(banco, deposito) == 0
    assert documentos.varrer(banco, deposito, paradas_ha=0) == 1
    assert list(deposito.todas()) == [dele]


def test_api_da_o_documento_do_armazem_e_503_sem_ele(banco: Banco, balde: Balde) -> None:
    """O conteúdo baixa-se pela API; com o armazém parado responde-se 503, e tenta-se depois."""
    mesa = _mesa(banco, balde)
    mesa.enviar_lote()
    numero = recibo(enviar(mesa, documento(CURTO, protocolo="10000001"))).protocolo
    caminho = f"/protocolos/10000001/documentos/{numero}"
    with abrir_api(mesa, deposito=Deposito(S3(balde))) as api:
        assert api.pegar(caminho).corpo == CURTO
    parado = balde._replace(endereco=f"http://127.0.0.1:{armazem_s3.porta_livre()}")
    with abrir_api(mesa, deposito=Deposito(S3(parado))) as api:
        resposta = api.pegar(caminho)
        assert "depósito" in resposta.problema(503)["detail"]
        assert resposta.cabecalhos["retry-after"]


# --- a configuração e os comandos -----------------------------------------------------------------


def _ambiente(balde: Balde) -> dict[str, str]:
    assert balde.credencial is not None
    ditos: dict[str, Any] = {
        "bucket": balde.nome, "prefix": balde.prefixo, "endpoint": balde.endereco,
        "region": balde.regiao, "path_style": "true", "attempts": 1,
        "access_key": balde.credencial[0], "secret_key": balde.credencial[1],
    }  # fmt: skip
    return {f"TISS_GATEWAY_DOCUMENTS__S3_{k.upper()}": str(v) for k, v in ditos.items()}


def test_configuracao_escolhe_o_armazem(
    monkeypatch: pytest.MonkeyPatch, armazem: Armazem, balde: Balde
) -> None:
    """Com um balde nas variáveis o gateway guarda nele; o segredo não se mostra."""
    for nome, valor in _ambiente(balde).items():
        monkeypatch.setenv(nome, valor)
    configuracao = carregar()
    deposito_da(configuracao.documents).arquivos.guardar(CHAVE, CURTO, None)
    assert list(armazem.objetos(balde)) == [f"gateway/docs/{CHAVE}"]
    assert armazem_s3.CREDENCIAL[1] not in repr(configuracao) + str(configuracao.para_mostrar())


def test_credencial_vem_do_ambiente(
    monkeypatch: pytest.MonkeyPatch, armazem: Armazem, balde: Balde
) -> None:
    """Sem credencial na configuração usa-se a que o ambiente dá à AWS."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", armazem_s3.CREDENCIAL[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", armazem_s3.CREDENCIAL[1])
    S3(balde._replace(credencial=None)).guardar(CHAVE, CURTO, None)
    assert len(armazem.objetos(balde)) == 1


@pytest.mark.parametrize(
    ("ditos", "texto"),
    [
        ({"s3_access_key": "so-uma"}, "vão juntas"),
        ({"s3_endpoint": "minio:9000"}, "deve ser um endereço"),
        ({"s3_timeout": "0"}, "abaixo do mínimo"),
        ({"s3_attempts": "11"}, "acima do máximo"),
    ],
)
def test_configuracao_errada_diz_o_que_falta(
    monkeypatch: pytest.MonkeyPatch, ditos: dict[str, str], texto: str
) -> None:
    """Credencial pela metade, endereço ou limite errado: uma linha que nomeia a chave."""
    for nome, valor in ditos.items():
        monkeypatch.setenv(f"TISS_GATEWAY_DOCUMENTS__{nome.upper()}", valor)
    with pytest.raises(ConfiguracaoInvalida, match=texto) as recusada:
        carregar()
    assert "\n" not in str(recusada.value)


def test_sem_o_extra_diz_como_o_instalar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Com um balde e sem o boto3 nada começa, e o erro é uma linha que diz o que instalar."""
    achar = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda nome: None if nome == "boto3" else achar(nome)
    )
    assert Configuracao().documents == Documentos()
    monkeypatch.setenv("TISS_GATEWAY_DOCUMENTS__S3_BUCKET", "balde")
    with pytest.raises(ConfiguracaoInvalida, match=r"pip install 'tiss-gateway\[s3\]'") as recusada:
        carregar()
    assert str(recusada.value).startswith("documents.s3_bucket: ")
    assert "\n" not in str(recusada.value)


def test_comandos_dizem_o_que_falta_e_o_estragado(
    banco: Banco,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    armazem: Armazem,
    balde: Balde,
) -> None:
    """``archive documents`` lê cada arquivo com dono, ``db check`` só vê que lá está."""
    terminal = Terminal(monkeypatch, capsys, tmp_path).usar(
        banco.url.render_as_string(hide_password=False)
    )
    monkeypatch.setenv("TISS_GATEWAY_ARCHIVE__ENCRYPT", "false")
    for nome, valor in _ambiente(balde).items():
        monkeypatch.setenv(nome, valor)
    deposito = deposito_da(carregar().documents)
    assunto = EnvioDocumentos(deposito)
    mesa = abrir_mesa(banco, assuntos={assunto.servico: assunto}, limites=LIMITES)
    conteudos = [pdf(texto=str(n).encode()) for n in range(3)]
    for n, conteudo in enumerate(conteudos):
        enviar(mesa, documento(conteudo, guia_prestador=str(n), sequencial=str(n + 1)))
    assert terminal("archive", "documents").texto == "arquivos conferidos: 3\n"
    falta, ruim, _ = (_chave(conteudo, mesa.operadora.id) for conteudo in conteudos)
    assert deposito.arquivos.apagar(falta, parado_ha=0)
    armazem.por(balde, f"gateway/docs/{ruim}", b"outra coisa")
    saida = terminal("archive", "documents", "--json")
    assert saida.codigo == 1
    assert saida.dados == {"conferidos": 3, "faltam": [falta], "estragados": [ruim]}
    assert saida.erro == "tiss-gateway: o depósito não confere: 2 achado(s)\n"
    achados = terminal("db", "check", "--json").dados["achados"]
    assert [a["tipo"] for a in achados] == ["documento-sem-conteudo"]
