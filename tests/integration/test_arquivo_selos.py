"""Os selos do arquivo: tudo o que se grava se sela uma vez, e o que se muda depois aparece."""

from __future__ import annotations

import threading
import zlib
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.arquivados import INSTANTE, abrir, achados, arquivar, cadastrar, mensagem, selar
from sqlalchemy import create_engine, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from gateway.arquivo.cabeca import guardada, ler
from gateway.arquivo.conferencia import conferir, expurgos
from gateway.arquivo.expurgo import expurgar
from gateway.arquivo.selagem import FOLHAS_POR_SELO, ArquivoAdulterado
from gateway.arquivo.selagem import selar as selar_tudo
from gateway.secoes.arquivo import Arquivo
from persistence import chaves, mensagens, selos, tabelas
from persistence.banco import Banco
from persistence.merkle import raiz

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

M, F, S = tabelas.mensagem, tabelas.folha, tabelas.selo


@pytest.fixture
def arquivo(nova_url: Callable[[bool], str], tmp_path: Path) -> Iterator[Banco]:
    """Um banco em dia, cifrado."""
    banco = abrir(nova_url(True), tmp_path)
    yield banco
    banco.fechar()


@pytest.fixture
def selado(arquivo: Banco) -> Banco:
    """Seis mensagens em três selos de duas."""
    arquivar(arquivo, *range(1, 7))
    for _ in range(3):
        selar(arquivo, 2)
    return arquivo


def _adulterar(banco: Banco, *comandos: Any) -> None:
    """Como quem tem o banco na mão: por fora do gateway, e por cima das chaves estrangeiras."""
    motor = create_engine(banco.url)
    try:
        with motor.begin() as conn:
            if banco.dialeto == "postgresql":
                conn.execute(text("SET LOCAL session_replication_role = replica"))
            for comando in comandos:
                conn.execute(comando)
    finally:
        motor.dispose()


# --- selar ------------------------------------------------------------------------------------


def test_selos_se_encadeiam_e_conferem(selado: Banco) -> None:
    """Cada selo continua o anterior, e o arquivo intacto confere sem achado nenhum."""
    with selado.leitura() as conn:
        cadeia = selos.todos(conn)
    assert [s.sequencia for s in cadeia] == [1, 2, 3]
    assert [s.anterior for s in cadeia] == [selos.ORIGEM, cadeia[0].cabeca, cadeia[1].cabeca]
    assert [(s.primeira, s.ultima) for s in cadeia] == [("m1", "m2"), ("m3", "m4"), ("m5", "m6")]
    assert len({s.cabeca for s in cadeia} | {s.raiz for s in cadeia}) == 6
    relatorio = conferir(selado, cadeia[1].cabeca)
    assert relatorio.achados == ()
    assert (relatorio.selos, relatorio.seladas, relatorio.por_selar) == (3, 6, 0)
    assert relatorio.cabeca == cadeia[2].cabeca


def test_sem_nada_por_selar_nao_ha_selo(selado: Banco) -> None:
    """Selar um arquivo já todo selado não faz nada."""
    assert selar(selado) is None
    assert conferir(selado).selos == 3


def test_o_que_nao_se_selou_e_dito(selado: Banco) -> None:
    """A cauda sem selo não é erro, mas é contada, e uma mudança nela também se vê."""
    arquivar(selado, 7, 8)
    relatorio = conferir(selado)
    assert (relatorio.por_selar, relatorio.achados) == (2, ())
    _adulterar(selado, update(M).where(M.c.id == "m8").values(endereco="192.0.2.9"))
    assert achados(conferir(selado)) == {("linha-alterada", "mensagem m8")}


def test_mensagem_gravada_depois_de_outras_seladas_nao_se_perde(arquivo: Banco) -> None:
    """Uma transação que começou antes e se gravou depois do selo entra no selo seguinte."""
    if arquivo.dialeto == "sqlite":
        pytest.skip("no SQLite as transações de escrita não se cruzam")
    assert arquivo.cifra is not None
    with arquivo.escrita() as conn:
        # como faz quem serve, ao começar: quem a registra tranca o registro até ao commit
        chaves.registrar(conn, arquivo.cifra)
    with arquivo.escrita() as lenta:
        mensagens.arquivar(lenta, mensagem(1))
        arquivar(arquivo, 2, 3)
        primeiro = selar(arquivo)
    segundo = selar(arquivo)
    assert primeiro is not None
    assert segundo is not None
    assert (primeiro.quantidade, segundo.quantidade) == (2, 1)
    assert segundo.primeira == "m1"
    assert conferir(arquivo).achados == ()


def test_o_que_se_desfez_nao_deixa_folha(arquivo: Banco) -> None:
    """Uma transação desfeita não deixa nem mensagem nem folha."""
    with suppress(ZeroDivisionError), arquivo.escrita() as conn:
        mensagens.arquivar(conn, mensagem(1))
        raise ZeroDivisionError
    assert selar(arquivo) is None
    assert conferir(arquivo).por_selar == 0


def _selar_ate(banco: Banco, parar: threading.Event) -> None:
    # a pausa deixa a vez a quem grava: o SQLite tem um só escritor
    while not parar.wait(0.005):
        # se outra thread fez o mesmo selo, esta não deixou nada
        with suppress(IntegrityError):
            selar(banco, 7)


def test_gravacoes_ao_mesmo_tempo_selam_se_todas_uma_vez(arquivo: Banco) -> None:
    """Com três threads gravando e duas selando, cada mensagem gravada tem um selo, e um só."""
    por_thread, parar = 25, threading.Event()
    with ThreadPoolExecutor(5) as threads:
        selando = [threads.submit(_selar_ate, arquivo, parar) for _ in range(2)]
        gravando = [
            threads.submit(arquivar, arquivo, *range(1000 * qual, 1000 * qual + por_thread))
            for qual in range(1, 4)
        ]
        wait(gravando)
        parar.set()
    for feita in [*gravando, *selando]:
        feita.result()
    while selar(arquivo, 7) is not None:
        pass
    with arquivo.leitura() as conn:
        linhas = conn.execute(select(F.c.mensagem_id, F.c.selo, F.c.posicao)).all()
        gravadas = conn.execute(select(func.count()).select_from(M)).scalar_one()
        quantidades = [s.quantidade for s in selos.todos(conn)]
    assert gravadas == 3 * por_thread == len(linhas) == sum(quantidades)
    assert len({x.mensagem_id for x in linhas}) == gravadas
    assert len({(x.selo, x.posicao) for x in linhas}) == gravadas
    relatorio = conferir(arquivo)
    assert (relatorio.achados, relatorio.seladas, relatorio.por_selar) == ((), gravadas, 0)


def test_selagem_faz_tantos_selos_quantos_preciso(arquivo: Banco) -> None:
    """O trabalho de selar não para no primeiro selo cheio."""
    with arquivo.escrita() as conn:
        for numero in range(FOLHAS_POR_SELO + 1):
            mensagens.arquivar(conn, mensagem(numero, pedido=None, resposta=None))
    assert selar_tudo(arquivo, INSTANTE) == f"mensagens seladas: {FOLHAS_POR_SELO + 1}; selos: 2"
    assert selar_tudo(arquivo, INSTANTE) is None
    assert conferir(arquivo).achados == ()


def test_mensagem_de_antes_de_haver_folhas_tambem_se_sela(arquivo: Banco) -> None:
    """Uma linha antiga, sem resumo e às claras, ganha o seu ao ser selada, e depois confere."""
    arquivar(arquivo, 1)
    with arquivo.escrita() as conn:
        conn.execute(update(F).values(resumo=None, marca=None))
        conn.execute(update(M).values(pedido_sha256=None, autenticada=None))
    assert conferir(arquivo).achados == ()
    assert selar(arquivo) is not None
    assert conferir(arquivo).achados == ()
    _adulterar(arquivo, update(M).values(sequencial="9"))
    assert achados(conferir(arquivo)) == {("linha-alterada", "mensagem m1")}


def test_so_o_comeco_guardado_tambem_se_prova(arquivo: Banco) -> None:
    """De um pedido de que só se guarda o começo, prova-se o começo."""
    arquivar(arquivo, 1, integral=False, pedido=b"<comeco", tamanho=10_000_000, sha256="ab" * 32)
    selar(arquivo)
    assert conferir(arquivo).achados == ()


# --- adulterar --------------------------------------------------------------------------------

CAMPOS: dict[str, Any] = {
    "operadora_id": None,
    "prestador_id": None,
    "recebida_em": INSTANTE.replace(hour=3),
    "canal": "upload",
    "servico": "x",
    "versao": "x",
    "raiz": "x",
    "tipo_transacao": "x",
    "sequencial": "x",
    "endereco": "x",
    "soap": "x",
    "tamanho": 1,
    "sha256": "0" * 64,
    "integral": False,
    "resposta_sha256": "0" * 64,
    "desfecho": "recusada",
    "erro": "x",
    "http": 500,
    "hash_variante": "x",
    "assinatura": "x",
    "detalhes": {"b": [1, 2, "e"], "a": {"y": None, "x": True}},
    "duracao_us": 1,
    "etapas": "l1",
    "autenticada": False,
    "pedido_sha256": "0" * 64,
}


def test_cada_coluna_que_nao_muda_esta_no_resumo() -> None:
    """O resumo cobre todas as colunas, fora os bytes e o expurgo."""
    fora = {"pedido", "resposta", "expurgada_em"}
    assert {c.name for c in M.c} - fora == set(selos.COLUNAS_DO_RESUMO)
    assert {"id", *CAMPOS} == set(selos.COLUNAS_DO_RESUMO)


def test_cada_coluna_alterada_e_notada(arquivo: Banco) -> None:
    """Mudar qualquer coluna de uma linha selada aparece com o nome da mensagem."""
    # estes dois só podem mudar para um que exista
    campos = {nome: valor for nome, valor in CAMPOS.items() if not nome.endswith("_id")}
    arquivar(arquivo, *range(len(campos)))
    selar(arquivo)
    _adulterar(
        arquivo,
        *[
            update(M).where(M.c.id == f"m{n}").values({coluna: valor})
            for n, (coluna, valor) in enumerate(campos.items())
        ],
    )
    notadas = {onde for tipo, onde in achados(conferir(arquivo)) if tipo == "linha-alterada"}
    assert notadas == {f"mensagem m{n}" for n in range(len(campos))}


def test_operadora_e_prestador_trocados_sao_notados(arquivo: Banco) -> None:
    """Tirar a mensagem da sua operadora ou do seu prestador aparece."""
    operadora, prestador = cadastrar(arquivo)
    arquivar(arquivo, 1, 2, operadora_id=operadora, prestador_id=prestador)
    selar(arquivo)
    _adulterar(
        arquivo,
        update(M).where(M.c.id == "m1").values(operadora_id=None),
        update(M).where(M.c.id == "m2").values(prestador_id=None),
    )
    assert achados(conferir(arquivo)) == {
        ("linha-alterada", "mensagem m1"),
        ("linha-alterada", "mensagem m2"),
    }


@pytest.mark.parametrize("coluna", ["pedido", "resposta"])
@pytest.mark.parametrize("como", ["trocados", "às claras", "apagados", "de outra", "lixo"])
def test_bytes_alterados_sao_notados(selado: Banco, coluna: str, como: str) -> None:
    """Bytes trocados, apagados ou copiados de outra mensagem aparecem com o nome da coluna."""
    with selado.leitura() as conn:
        da_quatro = conn.execute(select(M.c[coluna]).where(M.c.id == "m4")).scalar_one()
    valor = {
        "trocados": da_quatro[:-1] + bytes((da_quatro[-1] ^ 1,)),
        "às claras": zlib.compress(b"<outro/>"),
        "apagados": None,
        "de outra": da_quatro,
        "lixo": b"lixo",
    }[como]
    _adulterar(selado, update(M).where(M.c.id == "m3").values({coluna: valor}))
    relatorio = conferir(selado)
    assert achados(relatorio) == {("bytes-alterados", "mensagem m3")}
    assert coluna in relatorio.achados[0].texto


def test_bytes_apagados_como_se_fosse_expurgo_cedo_demais(selado: Banco) -> None:
    """Um expurgo que o gateway nunca faria, antes de 90 dias, é notado."""
    apagar = {"pedido": None, "resposta": None, "expurgada_em": INSTANTE}
    _adulterar(selado, update(M).where(M.c.id == "m3").values(apagar))
    assert achados(conferir(selado)) == {("expurgo-cedo", "mensagem m3")}


def test_linha_apagada_e_notada(selado: Banco) -> None:
    """Uma linha que falta aparece com o seu nome."""
    _adulterar(selado, delete(M).where(M.c.id == "m3"))
    assert achados(conferir(selado)) == {("linha-faltando", "mensagem m3")}


def test_linha_posta_por_fora_e_notada(selado: Banco) -> None:
    """Uma linha que não passou pelo gateway não tem folha."""
    with selado.leitura() as conn:
        linha = dict(conn.execute(select(M).where(M.c.id == "m3")).mappings().one())
    _adulterar(selado, insert(M).values(linha | {"id": "falsa"}))
    assert achados(conferir(selado)) == {("linha-sem-folha", "mensagem falsa")}


def test_linha_e_folha_mudadas_juntas_sao_notadas(selado: Banco) -> None:
    """Quem acerta também a folha não acerta a raiz do selo."""
    _adulterar(selado, update(M).where(M.c.id == "m3").values(http=500))
    with selado.leitura() as conn:
        linha = selos.linha_de(conn, "m3")
    assert linha is not None
    novo = selos.resumo(linha)
    _adulterar(selado, update(F).where(F.c.mensagem_id == "m3").values(resumo=novo))
    assert achados(conferir(selado)) == {("folhas-alteradas", "selo 2")}


@pytest.mark.parametrize("como", ["trocadas", "apagada", "movida", "ilegível"])
def test_folhas_mexidas_sao_notadas(selado: Banco, como: str) -> None:
    """Trocar, apagar ou estragar folhas aparece no selo delas."""
    m3, m4 = F.c.mensagem_id == "m3", F.c.mensagem_id == "m4"
    comandos = {
        "trocadas": [update(F).where(m3).values(posicao=1), update(F).where(m4).values(posicao=0)],
        "apagada": [delete(F).where(m4), delete(M).where(M.c.id == "m4")],
        "movida": [update(F).where(m4).values(posicao=7)],
        "ilegível": [update(F).where(m4).values(resumo="zz")],
    }[como]
    _adulterar(selado, *comandos)
    assert ("folhas-alteradas", "selo 2") in achados(conferir(selado))


@pytest.mark.parametrize("coluna", ["raiz", "quantidade", "primeira", "ultima", "em", "anterior"])
def test_selo_alterado_e_notado(selado: Banco, coluna: str) -> None:
    """Mudar um campo de um selo faz a sua cabeça já não ser a dele."""
    valor = {"quantidade": 1, "em": INSTANTE.replace(hour=3)}.get(coluna, "0" * 64)
    _adulterar(selado, update(S).where(S.c.sequencia == 2).values({coluna: valor}))
    assert ("selo-alterado", "selo 2") in achados(conferir(selado))


def test_selo_refeito_quebra_a_cadeia(selado: Banco) -> None:
    """Quem refaz um selo com a cabeça certa não acerta o seguinte, que o continua."""
    with selado.leitura() as conn:
        selo = selos.todos(conn)[1]
        resumos = [f.resumo or "" for f in selos.folhas(conn, 2)]
    refeito = selo._replace(raiz=raiz(resumos), em=INSTANTE.replace(hour=3))
    refeito = refeito._replace(cabeca=refeito.cabeca_certa())
    _adulterar(selado, update(S).where(S.c.sequencia == 2).values(refeito._asdict()))
    assert achados(conferir(selado)) == {("cadeia-quebrada", "selo 3")}


def test_selo_apagado_e_notado(selado: Banco) -> None:
    """Um selo que falta no meio, ou no fim com as folhas ainda lá, aparece."""
    _adulterar(selado, delete(S).where(S.c.sequencia == 2))
    assert {("selo-faltando", "selos 2 a 2"), ("selo-faltando", "selo 2")} <= achados(
        conferir(selado)
    )


def test_cadeia_cortada_ou_refeita_so_se_ve_pela_cabeca_de_fora(selado: Banco) -> None:
    """Sem o fim da cadeia tudo confere entre si; a cabeça guardada fora mostra que falta."""
    with selado.leitura() as conn:
        cabeca = selos.todos(conn)[2].cabeca
    _adulterar(
        selado,
        delete(F).where(F.c.selo == 3),
        delete(M).where(M.c.id.in_(["m5", "m6"])),
        delete(S).where(S.c.sequencia == 3),
    )
    assert conferir(selado).achados == ()
    assert achados(conferir(selado, cabeca)) == {("cabeca-ausente", f"cabeça {cabeca}")}


@pytest.mark.parametrize("sequencia", [0, -5])
def test_selo_de_numero_impossivel_e_notado(selado: Banco, sequencia: int) -> None:
    """Um selo posto antes do primeiro, ou só folhas que o citam, não esconde uma mensagem."""
    arquivar(selado, 7)
    citar = update(F).where(F.c.mensagem_id == "m7").values(selo=sequencia, posicao=0)
    mudar = update(M).where(M.c.id == "m7").values(endereco="192.0.2.9")
    _adulterar(selado, citar, mudar)
    assert ("selo-faltando", f"selo {sequencia}") in achados(conferir(selado))
    if selado.dialeto == "postgresql":
        return  # nele o próprio banco o recusa
    with selado.leitura() as conn:
        primeiro = selos.todos(conn)[0]
    falso = primeiro._replace(sequencia=sequencia, quantidade=1, primeira="m7", ultima="m7")
    _adulterar(selado, insert(S).values(falso._replace(cabeca=falso.cabeca_certa())._asdict()))
    achado = achados(conferir(selado))
    assert {("selo-forjado", f"selo {sequencia}"), ("linha-alterada", "mensagem m7")} <= achado
    assert not any(onde == "selo 1" for _, onde in achado)


def test_o_banco_recusa_um_selo_de_numero_impossivel(selado: Banco) -> None:
    """No PostgreSQL nem por fora do gateway entra um selo antes do primeiro."""
    if selado.dialeto == "sqlite":
        pytest.skip("no SQLite a condição só viria refazendo a tabela")
    with selado.leitura() as conn:
        primeiro = selos.todos(conn)[0]
    with pytest.raises(IntegrityError):
        _adulterar(selado, insert(S).values(primeiro._replace(sequencia=0)._asdict()))


@pytest.mark.parametrize("como", ["no futuro", "cedo para o tipo", "trocados"])
def test_expurgo_forjado_e_notado(selado: Banco, como: str) -> None:
    """Dar por expurgado o que se quer apagar ou trocar não o esconde."""
    cedo = INSTANTE + timedelta(days=91)
    vazia: dict[str, Any] = {"pedido": None, "resposta": None}
    valores, tipo = {
        "no futuro": (vazia | {"expurgada_em": INSTANTE.replace(year=9000)}, "expurgo-falso"),
        "cedo para o tipo": (vazia | {"expurgada_em": cedo}, "expurgo-cedo"),
        "trocados": (
            {
                "pedido": zlib.compress(b"<outro/>"),
                "expurgada_em": INSTANTE + timedelta(days=8000),
            },
            "expurgo-falso",
        ),
    }[como]
    _adulterar(selado, update(M).where(M.c.id == "m3").values(valores))
    aceitos = expurgos(Arquivo(), INSTANTE + timedelta(days=9000))
    assert achados(conferir(selado, aceitos=aceitos)) == {(tipo, "mensagem m3")}


def test_expurgo_no_prazo_de_cada_tipo_confere(arquivo: Banco) -> None:
    """O que o gateway expurga com os seus próprios prazos não é achado."""
    arquivar(arquivo, 1)
    arquivar(arquivo, 2, desfecho="recusada")
    arquivar(arquivo, 3, desfecho="recusada", autenticada=False)
    selar(arquivo)
    ajustes = Arquivo(retention_accepted=400, retention_refused=200)
    for dias in (91, 201, 401):
        assert expurgar(arquivo, INSTANTE + timedelta(days=dias), ajustes)
    aceitos = expurgos(ajustes, INSTANTE + timedelta(days=402))
    relatorio = conferir(arquivo, aceitos=aceitos)
    assert (relatorio.achados, relatorio.expurgadas) == ((), 3)


# --- o que ainda não se selou, e o que já se selou e se quer selar outra vez ------------------


def _refazer(banco: Banco, mensagem_id: str, **folha: Any) -> None:
    """Altera uma linha e refaz a sua folha, que é o que se pode fazer só com o banco."""
    _adulterar(banco, update(M).where(M.c.id == mensagem_id).values(endereco="192.0.2.9"))
    with banco.leitura() as conn:
        linha = selos.linha_de(conn, mensagem_id)
    assert linha is not None
    novo = {"resumo": selos.resumo(linha), **folha}
    _adulterar(banco, update(F).where(F.c.mensagem_id == mensagem_id).values(novo))


@pytest.mark.parametrize("folha", [{}, {"marca": None}], ids=["marca velha", "sem marca"])
def test_folha_por_selar_refeita_nao_se_sela(
    arquivo: Banco, tmp_path: Path, folha: dict[str, Any]
) -> None:
    """Uma folha que não foi o gateway que gravou fica por selar, com alarme; as outras selam-se."""
    cabeca = str(tmp_path / "cabeca")
    arquivar(arquivo, 1)
    assert selar_tudo(arquivo, INSTANTE, arquivo=cabeca)
    arquivar(arquivo, 2, 3)
    _refazer(arquivo, "m2", **folha)
    assert achados(conferir(arquivo, exigir_marca=True)) == {("folha-forjada", "mensagem m2")}
    with pytest.raises(ArquivoAdulterado):
        selar_tudo(arquivo, INSTANTE, arquivo=cabeca)
    relatorio = conferir(arquivo, exigir_marca=True)
    assert (relatorio.seladas, relatorio.por_selar) == (2, 1)
    assert achados(relatorio) == {("folha-forjada", "mensagem m2")}


def test_folhas_forjadas_nao_atrasam_as_outras(arquivo: Banco) -> None:
    """Mais folhas forjadas do que cabem num selo não impedem as verdadeiras de se selarem."""
    arquivar(arquivo, 1, 2, 3, 4)
    for numero in (1, 2, 3):
        _refazer(arquivo, f"m{numero}")
    selo = selar(arquivo, 2)
    assert selo is not None
    assert (selo.primeira, selo.quantidade) == ("m4", 1)


def test_selo_tirado_para_selar_outra_vez_para_a_selagem(arquivo: Banco, tmp_path: Path) -> None:
    """Sem a cabeça da última vez na cadeia nada se sela, e o arquivo da cabeça fica como está."""
    cabeca = tmp_path / "cabeca"
    for numero in (1, 2):
        arquivar(arquivo, numero)
        selar_tudo(arquivo, INSTANTE, arquivo=str(cabeca))
    guardada = cabeca.read_text("utf-8")
    _adulterar(
        arquivo,
        update(F).where(F.c.selo == 2).values(selo=None, posicao=None),
        delete(S).where(S.c.sequencia == 2),
    )
    arquivar(arquivo, 3)
    with pytest.raises(ArquivoAdulterado, match=ler(str(cabeca))):
        selar_tudo(arquivo, INSTANTE, arquivo=str(cabeca))
    assert cabeca.read_text("utf-8") == guardada
    assert [tipo for tipo, _ in achados(conferir(arquivo, ler(str(cabeca))))] == ["cabeca-ausente"]


def test_folhas_de_quando_nao_se_cifrava_selam_se(
    nova_url: Callable[[bool], str], tmp_path: Path
) -> None:
    """Ligar a cifra não deixa por selar o que se gravou sem ela, e dali em diante exige a marca."""
    url, cabeca = nova_url(True), tmp_path / "cabeca"
    sem = Banco.abrir(url)
    arquivar(sem, 1)
    assert selar_tudo(sem, INSTANTE, arquivo=str(cabeca))
    arquivar(sem, 2)
    sem.fechar()
    com = abrir(url, tmp_path)
    assert selar_tudo(com, INSTANTE, arquivo=str(cabeca))
    marcadas = guardada(cabeca)
    com.fechar()
    assert marcadas is not None
    assert marcadas.marcadas


def test_valor_que_o_banco_nem_le_e_notado(selado: Banco) -> None:
    """No SQLite, que guarda qualquer texto, um JSON ou instante ilegível é linha alterada."""
    if selado.dialeto == "postgresql":
        pytest.skip("o PostgreSQL não guarda um JSON ilegível")
    with selado.escrita() as conn:
        conn.execute(text("UPDATE mensagem SET detalhes = '{' WHERE id = 'm3'"))
    assert achados(conferir(selado)) == {("linha-alterada", "mensagem m3")}
