"""``tiss-gateway simulate`` como um ERP o usa: um processo, zeep e os cenários."""

from __future__ import annotations

import os
import signal
import time
from datetime import date, datetime
from decimal import ROUND_UP, Decimal
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from acceptance import viveiro
from acceptance.simulador import CNPJ, HOSPITAL, REGISTRO, Simulador
from validador import validar_resposta

from dominio import listas
from dominio.lote import TipoGuia
from dominio.transacoes import POR_SERVICO
from dominio.versoes import VERSOES
from gateway.simulador import cenarios
from gateway.simulador.cenarios import CABECALHO, Cenario
from prestador.cabecalho import FUSO, cabecalho
from prestador.cliente import Cliente, FalhaTISS
from prestador.lotes import corpo_lote, corpo_status
from prestador.mensagem_xml import envelope, mensagem_ws
from prestador.valores import identificado

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prestador.respostas import Recibo, Situacao
    from prestador.valores import Identificado

DEMORA = 1.0
DUAS = ("4.03.00", "3.05.00")
_numeros = count(1)


@pytest.fixture(scope="module")
def simulador(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulador]:
    with Simulador(tmp_path_factory.mktemp("simulador"), "--demora", str(DEMORA)) as no_ar:
        yield no_ar


def numero_de(cenario: Cenario) -> str:
    return f"{cenario.prefixo}{next(_numeros):06d}"


def livre() -> str:
    return f"L{next(_numeros):06d}"


def _corpo(versao: str, numero: str, quem: Identificado = HOSPITAL, **opcoes: Any) -> Any:
    opcoes = {"tipo": TipoGuia.SADT, "guias": 2} | opcoes
    return corpo_lote(
        versao=versao, prestador=quem, registro_ans=REGISTRO, numero_lote=numero, **opcoes
    )


def enviar(cliente: Cliente, versao: str, corpo: Any) -> Recibo:
    """Envia e passa a resposta, falha ou não, pelo validador."""
    try:
        return cliente.enviar_lote(corpo)
    finally:
        validar_resposta(cliente.ultima_resposta, versao)


def consultar(cliente: Cliente, versao: str, protocolo: str | None) -> Situacao:
    assert protocolo is not None
    try:
        return cliente.status(protocolo)
    finally:
        validar_resposta(cliente.ultima_resposta, versao)


def _numero_do_protocolo(resposta: bytes, versao: str) -> str | None:
    mensagem = validar_resposta(resposta, versao)
    return mensagem.findtext(".//{*}numeroProtocolo")


@pytest.mark.parametrize("versao", DUAS)
def test_aprovado_anda_a_cada_consulta_ate_pago(simulador: Simulador, versao: str) -> None:
    """Aprovado responde 2, 5, 3, 6 e fica em 6, com tudo liberado desde o 5."""
    with simulador.cliente(versao) as cliente:
        recibo = enviar(cliente, versao, _corpo(versao, numero_de(Cenario.APROVADO)))
        vistas = [consultar(cliente, versao, recibo.protocolo) for _ in range(5)]
    assert [s.status for s in vistas] == [2, 5, 3, 6, 6]
    zero, total = Decimal("0.00"), recibo.valor_total
    esperados = [(zero, zero, zero), *[(total, zero, total)] * 4]
    obtidos = [(v.processado, v.glosa, v.liberado) for s in vistas if (v := s.valores)]
    assert esperados == obtidos


@pytest.mark.parametrize("versao", DUAS)
@pytest.mark.parametrize("escolha", ["lote", "cabecalho"])
def test_glosa_parcial_corta_metade_do_primeiro_item(
    simulador: Simulador, versao: str, escolha: str
) -> None:
    """Glosa-parcial corta metade do primeiro item da primeira guia e libera o resto."""
    pelo_lote = escolha == "lote"
    corpo = _corpo(versao, numero_de(Cenario.GLOSA_PARCIAL) if pelo_lote else livre())
    with simulador.cliente(versao, None if pelo_lote else "Glosa-Parcial") as cliente:
        recibo = enviar(cliente, versao, corpo)
        consultar(cliente, versao, recibo.protocolo)
        analisada = consultar(cliente, versao, recibo.protocolo)
    procedimentos = corpo["guiasTISS"]["guiaSP-SADT"][0]["procedimentosExecutados"]
    primeiro = Decimal(procedimentos["procedimentoExecutado"][0]["valorTotal"])
    glosa = (primeiro / 2).quantize(Decimal("0.01"), ROUND_UP)
    assert recibo.valor_total is not None
    assert analisada.valores is not None
    obtidos = (analisada.valores.processado, analisada.valores.glosa, analisada.valores.liberado)
    assert (recibo.valor_total, glosa, recibo.valor_total - glosa) == obtidos
    assert [glosa, Decimal("0.00")] == [g.valores and g.valores.glosa for g in analisada.guias]


@pytest.mark.parametrize("versao", DUAS)
@pytest.mark.parametrize("escolha", ["lote", "cabecalho"])
@pytest.mark.parametrize(
    ("cenario", "codigos"),
    [
        (Cenario.DUPLICIDADE, ("3268", "5053")),
        (Cenario.CARTEIRA_VENCIDA, ("1017", "1017")),
        (Cenario.FORA_DO_PRAZO, ("3161", "3091")),
    ],
)
def test_cenario_de_recusa_responde_o_codigo_da_versao(
    simulador: Simulador, versao: str, escolha: str, cenario: Cenario, codigos: tuple[str, str]
) -> None:
    """Os cenários de recusa respondem ``mensagemErro`` com o código que a versão tem."""
    pelo_lote = escolha == "lote"
    with simulador.cliente(versao, None if pelo_lote else cenario) as cliente:
        recibo = enviar(cliente, versao, _corpo(versao, numero_de(cenario) if pelo_lote else "7"))
    assert recibo.protocolo is None
    assert recibo.erro is not None
    assert codigos[DUAS.index(versao)] == recibo.erro.codigo


@pytest.mark.parametrize("versao", DUAS)
def test_lenta_demora_e_o_reenvio_recebe_o_mesmo_protocolo(
    simulador: Simulador, versao: str
) -> None:
    """Lenta responde depois da demora; a mesma mensagem outra vez recebe o protocolo logo."""
    with simulador.cliente(versao) as cliente:
        inicio = time.monotonic()
        recibo = enviar(cliente, versao, _corpo(versao, numero_de(Cenario.LENTA)))
        durou = time.monotonic() - inicio
        mensagem = cliente.ultima_requisicao
    inicio = time.monotonic()
    repetida = simulador.postar(mensagem, versao)[1]
    assert durou >= DEMORA
    assert time.monotonic() - inicio < DEMORA
    assert recibo.protocolo == _numero_do_protocolo(repetida, versao) is not None


@pytest.mark.parametrize("versao", DUAS)
def test_falha_transitoria_passa_na_segunda_vez(simulador: Simulador, versao: str) -> None:
    """Falha-transitoria falha uma vez; a mesma mensagem reenviada recebe protocolo."""
    with simulador.cliente(versao) as cliente:
        with pytest.raises(FalhaTISS, match="ErroInesperadoServidor"):
            enviar(cliente, versao, _corpo(versao, numero_de(Cenario.FALHA_TRANSITORIA)))
        codigo, resposta = simulador.postar(cliente.ultima_requisicao, versao)
        protocolo = _numero_do_protocolo(resposta, versao)
        situacao = consultar(cliente, versao, protocolo)
    assert (codigo, situacao.status) == (200, 2)


@pytest.mark.parametrize("versao", DUAS)
def test_falha_permanente_falha_sempre(simulador: Simulador, versao: str) -> None:
    """Falha-permanente falha em todo envio, e nenhum deles deixa o lote recebido."""
    corpo = _corpo(versao, numero_de(Cenario.FALHA_PERMANENTE))
    with simulador.cliente(versao) as cliente:
        for _ in range(3):
            with pytest.raises(FalhaTISS, match="ErroInesperadoServidor"):
                enviar(cliente, versao, corpo)
    with simulador.cliente(versao, Cenario.APROVADO) as cliente:
        assert enviar(cliente, versao, corpo).protocolo is not None


def test_cabecalho_de_falha_vale_para_a_consulta(simulador: Simulador) -> None:
    """O cabeçalho faz falhar também a consulta, que não anda enquanto falha."""
    versao = "4.03.00"
    with simulador.cliente(versao) as cliente:
        protocolo = enviar(cliente, versao, _corpo(versao, livre())).protocolo
    with simulador.cliente(versao, Cenario.FALHA_TRANSITORIA) as cliente:
        with pytest.raises(FalhaTISS, match="ErroInesperadoServidor"):
            consultar(cliente, versao, protocolo)
        assert consultar(cliente, versao, protocolo).status == 2


def test_cenario_que_nao_ha_e_recusado_com_a_lista(simulador: Simulador) -> None:
    """Um nome errado no cabeçalho é recusado, e a falha diz os cenários que há."""
    mensagem = _selada("4.03.00", "8")
    codigo, resposta = simulador.postar(mensagem, "4.03.00", **{CABECALHO: "aprovadissimo"})
    falha = validar_resposta(resposta, "4.03.00")
    texto = falha.findtext("faultstring") or ""
    assert codigo == 400
    assert [c for c in Cenario if c not in texto] == []


def test_hash_errado_continua_recusado(simulador: Simulador) -> None:
    """O simulador confere o hash como o gateway de verdade."""
    mensagem = _selada("4.03.00", livre())
    estragada = mensagem.replace(b"<ans:valorTotalGeral>", b"<ans:valorTotalGeral>1", 1)
    assert mensagem != estragada
    codigo, resposta = simulador.postar(estragada, "4.03.00")
    falha = validar_resposta(resposta, "4.03.00")
    assert (codigo, falha.findtext(".//{*}tissFault")) == (500, "HashInvalido")


@pytest.mark.parametrize("quem", ["cpf", "codigo", "outro-cnpj"])
def test_prestador_desconhecido_e_aceito(simulador: Simulador, quem: str) -> None:
    """Quem nunca apareceu é credenciado na hora, com o login que traga."""
    remetente = {
        "cpf": identificado("cpf", "52998224725"),
        "codigo": identificado("codigo", "HOSP-77"),
        "outro-cnpj": identificado("cnpj", "45997418000153"),
    }[quem]
    with simulador.cliente("4.03.00", quem=remetente, login="qualquer", senha="x") as cliente:
        recibo = enviar(cliente, "4.03.00", _corpo("4.03.00", livre(), remetente))
        situacao = consultar(cliente, "4.03.00", recibo.protocolo)
    assert situacao.status == 2


@pytest.mark.parametrize("tipo", [TipoGuia.HONORARIOS, TipoGuia.ODONTO])
def test_executante_por_codigo_e_aceito(simulador: Simulador, tipo: TipoGuia) -> None:
    """Guias que identificam por código quem o cabeçalho identifica por CNPJ são recebidas."""
    hospital = identificado("cnpj", CNPJ, codigo="COD-9")
    with simulador.cliente("4.03.00", quem=hospital) as cliente:
        recibo = enviar(cliente, "4.03.00", _corpo("4.03.00", livre(), hospital, tipo=tipo))
        situacao = consultar(cliente, "4.03.00", recibo.protocolo)
    assert situacao.status == 2


def test_consulta_pode_trazer_outra_identificacao(simulador: Simulador) -> None:
    """``dadosPrestador`` com o código de quem se identifica por CNPJ acha o protocolo e o ecoa."""
    with simulador.cliente("4.03.00") as cliente:
        protocolo = enviar(cliente, "4.03.00", _corpo("4.03.00", livre())).protocolo
    assert protocolo is not None
    mensagem = _de_status(protocolo, identificado("codigo", "COD-DIFERENTE"))
    resposta = simulador.postar(mensagem, "4.03.00", "tissSolicitacaoStatusProtocolo")[1]
    situacao = validar_resposta(resposta, "4.03.00")
    assert situacao.findtext(".//{*}statusProtocolo") == "2"
    assert situacao.findtext(".//{*}codigoPrestadorNaOperadora") == "COD-DIFERENTE"


def test_opcoes_de_cadastro_e_de_credencial(tmp_path: Path) -> None:
    """``--prestador`` junta duas identificações; ``--login`` deixa de fora outra senha."""
    versao, certa = "4.03.00", {"login": "hospital", "senha": "Exemplo#2026"}
    opcoes = ("--prestador", f"013950:{CNPJ}", "--login", "hospital", "--senha", "Exemplo#2026")
    por_codigo = identificado("codigo", "013950")
    with Simulador(tmp_path, "--cenario", "fora-do-prazo", *opcoes) as simulador:
        errada = simulador.cliente(versao, login="hospital", senha="errada")
        with errada as cliente, pytest.raises(FalhaTISS, match="LoginInvalido"):
            enviar(cliente, versao, _corpo(versao, "1"))
        with simulador.cliente(versao, **certa) as cliente:
            recusado = enviar(cliente, versao, _corpo(versao, "1"))
            recebido = enviar(cliente, versao, _corpo(versao, numero_de(Cenario.APROVADO)))
        with simulador.cliente(versao, quem=por_codigo, **certa) as cliente:
            assert consultar(cliente, versao, recebido.protocolo).status == 2
    assert recusado.erro is not None
    assert recusado.erro.codigo == "3161"


def test_data_fixa_da_respostas_identicas(tmp_path: Path) -> None:
    """Com ``--data``, duas execuções respondem os mesmos bytes às mesmas mensagens."""
    corridas = []
    for corrida in ("uma", "outra"):
        with Simulador(tmp_path / corrida, "--data", "2026-03-10") as simulador:
            corridas.append([_corrida(simulador, versao) for versao in DUAS])
    assert corridas[0] == corridas[1]
    assert b"<ans:dataRegistroTransacao>2026-03-10<" in corridas[0][0][0]
    assert _numero_do_protocolo(corridas[0][0][0], DUAS[0]) == "10000001"


@pytest.mark.parametrize("sinal", [signal.SIGTERM, signal.SIGINT])
def test_nada_fica_em_disco(tmp_path: Path, sinal: signal.Signals) -> None:
    """O banco fica numa pasta própria, que some quando o simulador para."""
    with Simulador(tmp_path) as simulador:
        simulador.postar(_selada("4.03.00", "1"), "4.03.00")
        abertos = Path(f"/proc/{simulador.processo.pid}/fd").iterdir()
        bancos = [b for f in abertos if (b := f.readlink()).name == "simulador.db"]
        codigo = simulador.parar(sinal)
    pastas = {banco.parent for banco in bancos}
    assert len(pastas) == 1
    assert [pasta.exists() for pasta in pastas] == [False]
    assert (list(simulador.trabalho.iterdir()), codigo) == ([], 0)


@pytest.mark.parametrize(
    "opcoes",
    [
        ("--prestador", "013950"),
        ("--prestador", "013950:11222333000182"),
        ("--data", "10/03/2026"),
        ("--registro-ans", "99999"),
        ("--login", "hospital"),
        ("--cenario", "outro"),
    ],
)
def test_mau_uso_sai_com_2(opcoes: tuple[str, ...], tmp_path: Path) -> None:
    """Uma opção sem sentido sai com 2 e uma linha na saída de erros."""
    feito = viveiro.executar(["simulate", *opcoes], env=os.environ, cwd=tmp_path)
    assert (feito.returncode, len(feito.stderr.splitlines())) == (2, 1)


@pytest.mark.parametrize("versao", VERSOES)
def test_codigos_dos_cenarios_existem_na_versao(versao: str) -> None:
    """Todo código que um cenário responde está na tabela 38 da versão."""
    erros = (cenarios.CARTEIRA_VENCIDA, cenarios.FORA_DO_PRAZO, cenarios.DESCONHECIDO)
    fora = [e.chave for e in erros if not listas.tem("dm_tipoGlosa", e.glosa(versao), versao)]
    assert fora == []


_QUANDO = datetime(2026, 3, 10, 9, 30, tzinfo=FUSO)


def _selada(versao: str, numero: str) -> bytes:
    mensagem = mensagem_ws(
        POR_SERVICO["tissLoteGuias"],
        cabecalho("ENVIO_LOTE_GUIAS", versao, HOSPITAL, REGISTRO, agora=_QUANDO),
        _corpo(versao, numero, hoje=date(2026, 3, 10)),
    )
    return envelope(mensagem)


def _de_status(protocolo: str, dados: Identificado, versao: str = "4.03.00") -> bytes:
    mensagem = mensagem_ws(
        POR_SERVICO["tissSolicitacaoStatusProtocolo"],
        cabecalho("SOLIC_STATUS_PROTOCOLO", versao, HOSPITAL, REGISTRO, agora=_QUANDO),
        corpo_status(versao, dados, protocolo),
    )
    return envelope(mensagem)


def _corrida(simulador: Simulador, versao: str) -> list[bytes]:
    """Um lote de cada cenário imediato e as consultas do que recebeu protocolo."""
    respostas = []
    for cenario in Cenario:
        if cenario is Cenario.LENTA:
            continue
        numero = f"{cenario.prefixo}{versao.replace('.', '')}"
        resposta = simulador.postar(_selada(versao, numero), versao)[1]
        respostas.append(resposta)
        protocolo = _numero_do_protocolo(resposta, versao)
        for _ in range(4 if protocolo else 0):
            mensagem = _de_status(protocolo or "", HOSPITAL, versao)
            servico = "tissSolicitacaoStatusProtocolo"
            respostas.append(simulador.postar(mensagem, versao, servico)[1])
    return respostas
