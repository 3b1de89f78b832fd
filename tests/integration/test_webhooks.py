"""Os avisos: gravados com o que os causa, assinados, em ordem, repetidos até que se aceitem."""

from __future__ import annotations

import ipaddress
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.avisos import Aviso, Receptor
from integration.exemplos import outra_operadora
from relogio import Relogio
from sqlalchemy import select, update

from dominio.situacao import StatusProtocolo
from gateway.trabalhos.executor import Executor, Trabalho
from gateway.webhooks import Carteiro, Politica, Prazos
from gateway.webhooks.carteiro import recuo
from persistence import entregas, protocolos, tabelas, trabalhos, webhooks
from persistence.trabalhos import BancoCercado, PossePerdida

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.recepcao import AbrirMesa, Mesa

    from persistence.entregas import Entrega
    from persistence.webhooks import Criado, Webhook

S = StatusProtocolo
LOCAL = Politica((ipaddress.ip_network("127.0.0.0/8"),))
PRAZOS = Prazos(chamada=5.0, rodada=20.0)


@pytest.fixture
def receptor() -> Iterator[Receptor]:
    """Um sistema que aceita tudo."""
    with Receptor() as aberto:
        yield aberto


@pytest.fixture
def relogio() -> Relogio:
    """O relógio do carteiro."""
    # adiante do de verdade: o que já se gravou é do passado
    return Relogio(datetime.now(UTC) + timedelta(minutes=1))


@pytest.fixture
def carteiro(relogio: Relogio) -> Carteiro:
    """Um carteiro que pode mandar a esta máquina."""
    return Carteiro(LOCAL, PRAZOS, relogio=relogio)


def criar(mesa: Mesa, url: str, eventos: list[str] | None = None, **campos: Any) -> Criado:
    """Cadastra um webhook da operadora da mesa."""
    with mesa.banco.escrita() as conn:
        return webhooks.criar(
            conn, campos.pop("operadora_id", mesa.operadora.id), url=url, eventos=eventos,
            homologacao=campos.pop("homologacao", False), agora=datetime.now(UTC),
        )  # fmt: skip


def entregar(mesa: Mesa, carteiro: Carteiro) -> str | None:
    """Uma rodada do trabalho."""
    return carteiro.executar(mesa.banco, datetime.now(UTC))


def gravadas(mesa: Mesa, webhook: Webhook) -> tuple[Entrega, ...]:
    """Os avisos de um webhook."""
    with mesa.banco.leitura() as conn:
        return entregas.listar(conn, webhook)


def test_lote_recebido_e_avisado_com_numeros_e_nada_mais(
    mesa: Mesa, receptor: Receptor, carteiro: Carteiro
) -> None:
    """O aviso de um lote traz números e situação, e nenhum outro campo."""
    criado = criar(mesa, receptor.url)
    numero = mesa.enviar_lote("1").protocolo
    assert entregar(mesa, carteiro) == "avisos entregues: 1; por repetir: 0"
    [aviso] = receptor.avisos
    dados = aviso.dados
    [gravada] = gravadas(mesa, criado.webhook)
    assert datetime.fromisoformat(dados.pop("em")) == mesa.protocolo(numero).recebido_em
    assert dados == {
        "id": gravada.evento_id,
        "sequencia": gravada.id,
        "evento": "protocolo.recebido",
        "registroANS": "999999",
        "numeroProtocolo": numero,
        "situacaoAnterior": None,
        "situacao": 1,
    }
    assert aviso.caminho == "/avisos?de=tiss"
    assert aviso.cabecalhos["host"] == f"127.0.0.1:{receptor.porta}"
    assert aviso.cabecalhos["x-tiss-evento"] == "protocolo.recebido"
    assert aviso.cabecalhos["x-tiss-entrega"] == gravada.evento_id
    assert (gravada.estado, gravada.resposta, gravada.tentativas) == ("entregue", "HTTP 204", 1)
    assert entregar(mesa, carteiro) is None


def test_assinatura_confere_com_o_segredo_e_so_com_ele(
    mesa: Mesa, receptor: Receptor, carteiro: Carteiro, relogio: Relogio
) -> None:
    """Quem recebe confere corpo e instante com o segredo que lhe mostraram na criação."""
    criado = criar(mesa, receptor.url)
    mesa.enviar_lote("1")
    entregar(mesa, carteiro)
    [aviso] = receptor.avisos
    assert aviso.assinado_com(criado.segredo)
    assert not aviso.assinado_com(criado.segredo + "x")
    assert not aviso._replace(corpo=aviso.corpo + b" ").assinado_com(criado.segredo)
    velha = aviso.cabecalhos["x-tiss-assinatura"]
    assert f"t={int(relogio.agora.timestamp())}," in velha
    mexida = aviso.cabecalhos | {"x-tiss-assinatura": velha.replace("t=1", "t=2", 1)}
    assert not aviso._replace(cabecalhos=mexida).assinado_com(criado.segredo)


def test_segredo_trocado_assina_ao_lado_do_de_antes_por_um_dia(
    mesa: Mesa, receptor: Receptor, carteiro: Carteiro, relogio: Relogio
) -> None:
    """Na troca os dois segredos conferem; passado o prazo, só o novo."""
    velho = criar(mesa, receptor.url)
    with mesa.banco.escrita() as conn:
        novo = webhooks.trocar_segredo(conn, velho.webhook, relogio.agora)
    mesa.enviar_lote("1")
    entregar(mesa, carteiro)
    relogio.andar(hours=25)
    mesa.enviar_lote("2", semente=2)
    entregar(mesa, carteiro)
    na_troca, depois = receptor.avisos
    assert na_troca.assinado_com(velho.segredo)
    assert na_troca.assinado_com(novo.segredo)
    assert depois.assinado_com(novo.segredo)
    assert not depois.assinado_com(velho.segredo)


def test_cada_passagem_e_avisada_na_ordem(
    mesa: Mesa, receptor: Receptor, carteiro: Carteiro
) -> None:
    """Um protocolo que vai até ao pagamento avisa cada situação, uma vez e em ordem."""
    criar(mesa, receptor.url)
    numero = mesa.enviar_lote("1").protocolo
    mesa.transitar(numero, S.EM_ANALISE, S.ANALISADO, S.LIBERADO, S.PAGO)
    entregar(mesa, carteiro)
    nomes = ("recebido", "em-analise", "analisado", "liberado", "pago")
    assert receptor.vistos == [(f"protocolo.{nome}", numero) for nome in nomes]
    assert [(a.dados["situacaoAnterior"], a.dados["situacao"]) for a in receptor.avisos] == [
        (None, 1), (1, 2), (2, 5), (5, 3), (3, 6),
    ]  # fmt: skip


def test_so_se_avisa_do_que_se_pediu(mesa: Mesa, receptor: Receptor, carteiro: Carteiro) -> None:
    """Com eventos escolhidos só eles são gravados; um nome não vale por parte de outro."""
    criar(mesa, receptor.url, ["protocolo.pago", "protocolo.cancelado"])
    numero = mesa.enviar_lote("1").protocolo
    mesa.transitar(numero, S.EM_ANALISE, S.CANCELADO)
    entregar(mesa, carteiro)
    assert receptor.vistos == [("protocolo.cancelado", numero)]


def test_de_outra_operadora_e_de_homologacao_nao_se_avisa(
    nova_mesa: AbrirMesa, receptor: Receptor, carteiro: Carteiro
) -> None:
    """Cada webhook só sabe da sua operadora, e os reais não sabem da homologação."""
    mesa = nova_mesa(prestador={"homologacao": True})
    outra = outra_operadora(mesa.banco)
    alheio = criar(mesa, receptor.url, operadora_id=outra.id, homologacao=True)
    real = criar(mesa, receptor.url)
    ensaio = criar(mesa, receptor.url, homologacao=True)
    mesa.enviar_lote("1")
    entregar(mesa, carteiro)
    assert gravadas(mesa, alheio.webhook) == gravadas(mesa, real.webhook) == ()
    assert len(gravadas(mesa, ensaio.webhook)) == 1
    [aviso] = receptor.avisos
    assert aviso.dados["homologacao"] is True


def test_o_que_se_desfaz_nao_deixa_aviso(mesa: Mesa, receptor: Receptor) -> None:
    """O aviso é da mesma transação: se ela cai, ele não fica."""
    criado = criar(mesa, receptor.url)
    numero = mesa.enviar_lote("1").protocolo
    chave = mesa.protocolo(numero).id

    def mudar_e_falhar() -> None:
        with mesa.banco.escrita() as conn:
            protocolos.transitar(conn, chave, S.EM_ANALISE, "teste")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mudar_e_falhar()
    assert [e.evento for e in gravadas(mesa, criado.webhook)] == ["protocolo.recebido"]


def test_recusado_repete_se_com_recuo_e_o_mesmo_corpo(
    mesa: Mesa, receptor: Receptor, carteiro: Carteiro, relogio: Relogio
) -> None:
    """Um aviso recusado repete-se em 10, 20, 40 segundos, com a mesma identificação, até entrar."""
    criado = criar(mesa, receptor.url)
    receptor.responder = lambda _aviso: 500
    mesa.enviar_lote("1")
    for tentativa, espera in enumerate((10, 20, 40), 1):
        entregar(mesa, carteiro)
        assert len(receptor.avisos) == tentativa
        relogio.andar(seconds=espera - 1)
        assert entregar(mesa, carteiro) is None
        relogio.andar(seconds=1)
    receptor.responder = lambda _aviso: 200
    entregar(mesa, carteiro)
    assert len({a.corpo for a in receptor.avisos}) == 1
    assert [a.cabecalhos["x-tiss-tentativa"] for a in receptor.avisos] == ["1", "2", "3", "4"]
    assert len({a.cabecalhos["x-tiss-assinatura"] for a in receptor.avisos}) == 4
    [gravada] = gravadas(mesa, criado.webhook)
    assert (gravada.estado, gravada.tentativas) == ("entregue", 4)


def test_recuo_dobra_ate_uma_hora() -> None:
    """A espera começa em dez segundos, dobra, e nunca passa de uma hora."""
    assert [recuo(n).total_seconds() for n in (1, 2, 3, 9, 10, 1000)] == [
        10, 20, 40, 2560, 3600, 3600,
    ]  # fmt: skip


def test_recusa_segura_o_seu_protocolo_e_nao_os_outros(
    mesa: Mesa, receptor: Receptor, carteiro: Carteiro, relogio: Relogio
) -> None:
    """Enquanto um aviso é recusado os seguintes do mesmo protocolo esperam, e os dos outros não."""
    criar(mesa, receptor.url)
    preso, livre = mesa.enviar_lote("1").protocolo, mesa.enviar_lote("2", semente=2).protocolo
    for numero in (preso, livre):
        mesa.transitar(numero, S.EM_ANALISE)
    receptor.responder = lambda aviso: 400 if aviso.dados["numeroProtocolo"] == preso else 200
    entregar(mesa, carteiro)
    assert receptor.vistos == [
        ("protocolo.recebido", preso),
        ("protocolo.recebido", livre),
        ("protocolo.em-analise", livre),
    ]
    receptor.responder = lambda _aviso: 200
    relogio.andar(seconds=11)
    entregar(mesa, carteiro)
    assert receptor.vistos[3:] == [("protocolo.recebido", preso), ("protocolo.em-analise", preso)]


@pytest.mark.parametrize("como", ["cai", "demora", "ocupado"])
def test_endereco_que_nao_atende_pausa_se_inteiro(
    mesa: Mesa, receptor: Receptor, relogio: Relogio, como: str
) -> None:
    """Sem resposta, fora do prazo ou com 503, não se insiste com os outros avisos: espera-se."""
    criado = criar(mesa, receptor.url)
    soltar = threading.Event()

    def responder(_aviso: Aviso) -> int:
        if como == "cai":
            raise ConnectionAbortedError
        if como == "demora":
            soltar.wait(30)
        return 503

    receptor.responder = responder
    carteiro = Carteiro(LOCAL, Prazos(chamada=0.5), relogio=relogio)
    for numero in range(1, 4):
        mesa.enviar_lote(str(numero), semente=numero)
    entregar(mesa, carteiro)
    soltar.set()
    assert len(receptor.avisos) == 1
    assert entregar(mesa, carteiro) is None
    with mesa.banco.leitura() as conn:
        achado = webhooks.por_id(conn, mesa.operadora.id, criado.webhook.id)
    assert achado is not None
    assert (achado.falhas, achado.proxima_em) == (1, relogio.agora + timedelta(seconds=10))
    receptor.responder = lambda _aviso: 200
    relogio.andar(seconds=10)
    entregar(mesa, carteiro)
    assert len(receptor.avisos) == 4
    assert all(e.estado == "entregue" for e in gravadas(mesa, criado.webhook))


def test_quem_morre_entre_o_envio_e_a_anotacao_deixa_o_aviso_para_outro(
    mesa: Mesa,
    receptor: Receptor,
    carteiro: Carteiro,
    relogio: Relogio,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Aceito e não anotado, o aviso vai outra vez, igual, e só depois dele o seguinte."""
    criado = criar(mesa, receptor.url)
    numero = mesa.enviar_lote("1").protocolo
    mesa.transitar(numero, S.EM_ANALISE)

    class Morte(BaseException):
        pass

    def morrer(*_argumentos: object) -> None:
        raise Morte

    with monkeypatch.context() as trocado:
        trocado.setattr(entregas, "confirmar", morrer)
        with pytest.raises(Morte):
            entregar(mesa, carteiro)
    assert [e.estado for e in gravadas(mesa, criado.webhook)] == ["pendente", "pendente"]
    # reservado: ninguém o repete enquanto o morto ainda pudesse estar a mandá-lo
    assert entregar(mesa, carteiro) is None
    relogio.andar(minutes=3)
    entregar(mesa, carteiro)
    recebido, em_analise = ("protocolo.recebido", numero), ("protocolo.em-analise", numero)
    assert receptor.vistos == [recebido, recebido, em_analise]
    assert receptor.avisos[0].corpo == receptor.avisos[1].corpo


def test_dois_carteiros_nao_mandam_juntos_o_mesmo_protocolo(
    mesa: Mesa, receptor: Receptor, carteiro: Carteiro, relogio: Relogio
) -> None:
    """Com uma chamada em curso, outro carteiro não repete o aviso nem passa ao seguinte."""
    criar(mesa, receptor.url)
    numero = mesa.enviar_lote("1").protocolo
    mesa.transitar(numero, S.EM_ANALISE)
    chegou, soltar = threading.Event(), threading.Event()

    def segurar(_aviso: Aviso) -> int:
        chegou.set()
        soltar.wait(20)
        return 200

    receptor.responder = segurar
    primeiro = threading.Thread(target=entregar, args=(mesa, carteiro))
    primeiro.start()
    assert chegou.wait(20)
    outro = Carteiro(LOCAL, PRAZOS, relogio=relogio)
    assert entregar(mesa, outro) is None
    assert len(receptor.avisos) == 1
    soltar.set()
    primeiro.join(20)
    entregar(mesa, outro)
    assert receptor.vistos == [("protocolo.recebido", numero), ("protocolo.em-analise", numero)]


def test_quem_perdeu_a_posse_nao_manda(mesa: Mesa, receptor: Receptor, carteiro: Carteiro) -> None:
    """A reserva confirma a posse: quem a perdeu não chega a chamar."""
    criar(mesa, receptor.url)
    mesa.enviar_lote("1")
    with mesa.banco.escrita() as conn:
        posse = trabalhos.tomar(conn, "t", "a", 30)
        assert posse is not None
        conn.execute(update(tabelas.posse).values(dono="b", ficha=2))
    with pytest.raises(PossePerdida):
        carteiro.executar(BancoCercado(mesa.banco, posse, lambda: False), datetime.now(UTC))
    assert receptor.avisos == []


def test_dois_executores_entregam_tudo_em_ordem(mesa: Mesa, receptor: Receptor) -> None:
    """Com dois executores e lotes que mudam enquanto se entrega, cada protocolo chega em ordem."""
    criado = criar(mesa, receptor.url)
    carteiros = [Carteiro(LOCAL, Prazos(rodada=0.1)) for _ in range(2)]
    executores = [
        Executor(
            mesa.banco, [Trabalho("webhooks", 0.02, c.executar)], posse_segundos=1.0,
            passo_segundos=0.02,
        )
        for c in carteiros
    ]  # fmt: skip
    for executor in executores:
        executor.iniciar()
    numeros = [mesa.enviar_lote(str(n), semente=n).protocolo for n in range(1, 6)]
    for numero in numeros:
        mesa.transitar(numero, S.EM_ANALISE, S.ANALISADO, S.LIBERADO)
    espera = threading.Event()
    for _ in range(600):
        if all(e.estado == "entregue" for e in gravadas(mesa, criado.webhook)):
            break
        espera.wait(0.05)
    for executor in executores:
        executor.parar()
    assert len(gravadas(mesa, criado.webhook)) == 20
    for numero in numeros:
        dele = [
            a.dados["situacao"] for a in receptor.avisos if a.dados["numeroProtocolo"] == numero
        ]
        assert list(dict.fromkeys(dele)) == [1, 2, 5, 3]


def test_reenviado_vai_outra_vez_com_a_mesma_identificacao(
    mesa: Mesa, receptor: Receptor, carteiro: Carteiro, relogio: Relogio
) -> None:
    """O que já se entregou pode mandar-se de novo, e o que espera deixa de esperar."""
    criado = criar(mesa, receptor.url)
    mesa.enviar_lote("1")
    entregar(mesa, carteiro)
    [entregue] = gravadas(mesa, criado.webhook)
    with mesa.banco.escrita() as conn:
        assert entregas.reenviar(conn, criado.webhook, entregue.id, relogio.agora) is not None
        assert entregas.reenviar(conn, criado.webhook, 999_999, relogio.agora) is None
    entregar(mesa, carteiro)
    assert len(receptor.avisos) == 2
    assert receptor.avisos[0].corpo == receptor.avisos[1].corpo
    receptor.responder = lambda _aviso: 503
    mesa.enviar_lote("2", semente=2)
    entregar(mesa, carteiro)
    receptor.responder = lambda _aviso: 200
    pendente = gravadas(mesa, criado.webhook)[-1]
    with mesa.banco.escrita() as conn:
        entregas.reenviar(conn, criado.webhook, pendente.id, relogio.agora)
    entregar(mesa, carteiro)
    assert gravadas(mesa, criado.webhook)[-1].estado == "entregue"


def test_redirecionamento_nao_se_segue(mesa: Mesa, receptor: Receptor, carteiro: Carteiro) -> None:
    """Um 3xx é uma recusa; o lugar para onde aponta não recebe nada."""
    criado = criar(mesa, receptor.url)
    with Receptor() as outro:
        receptor.para_onde = outro.url
        receptor.responder = lambda _aviso: 307
        mesa.enviar_lote("1")
        entregar(mesa, carteiro)
        assert outro.avisos == []
    [gravada] = gravadas(mesa, criado.webhook)
    assert (gravada.estado, gravada.resposta) == ("pendente", "HTTP 307")


def test_endereco_privado_nao_listado_nao_se_chama(
    mesa: Mesa, receptor: Receptor, relogio: Relogio
) -> None:
    """Sem estar na lista, esta máquina não recebe nada, e o aviso diz por quê."""
    criado = criar(mesa, receptor.url)
    mesa.enviar_lote("1")
    entregar(mesa, Carteiro(Politica(), PRAZOS, relogio=relogio))
    assert receptor.avisos == []
    [gravada] = gravadas(mesa, criado.webhook)
    assert gravada.resposta == (
        "endereço recusado: o nome leva a um endereço que não é público nem está listado"
    )


def test_desligado_nao_recebe_nem_acumula(
    mesa: Mesa, receptor: Receptor, carteiro: Carteiro
) -> None:
    """Um webhook desligado não é chamado e não junta avisos novos."""
    criado = criar(mesa, receptor.url)
    mesa.enviar_lote("1")
    with mesa.banco.escrita() as conn:
        webhooks.mudar(conn, criado.webhook, criado.webhook._replace(ativo=False))
    mesa.enviar_lote("2", semente=2)
    assert entregar(mesa, carteiro) is None
    assert (receptor.avisos, len(gravadas(mesa, criado.webhook))) == ([], 1)


def test_apagado_leva_os_seus_avisos(mesa: Mesa, receptor: Receptor, carteiro: Carteiro) -> None:
    """Apagar um webhook apaga o que ele esperava, e o que muda depois não o procura."""
    criado = criar(mesa, receptor.url)
    numero = mesa.enviar_lote("1").protocolo
    with mesa.banco.escrita() as conn:
        webhooks.apagar(conn, criado.webhook)
    mesa.transitar(numero, S.EM_ANALISE)
    assert entregar(mesa, carteiro) is None
    with mesa.banco.leitura() as conn:
        assert conn.execute(select(tabelas.entrega.c.id)).all() == []


def test_entregues_velhos_apagam_se_e_os_pendentes_nunca(
    mesa: Mesa, receptor: Receptor, carteiro: Carteiro, relogio: Relogio
) -> None:
    """Passada a guarda some o que se entregou; o que ninguém aceitou fica."""
    criado = criar(mesa, receptor.url)
    mesa.enviar_lote("1")
    entregar(mesa, carteiro)
    receptor.responder = lambda _aviso: 400
    mesa.enviar_lote("2", semente=2)
    entregar(mesa, carteiro)
    relogio.andar(days=29)
    assert carteiro.apagar_velhas(mesa.banco, relogio.agora) is None
    relogio.andar(days=2)
    assert carteiro.apagar_velhas(mesa.banco, relogio.agora) == "avisos apagados: 1"
    assert [e.estado for e in gravadas(mesa, criado.webhook)] == ["pendente"]


def test_apagar_espera_por_quem_ja_avisa(mesa: Mesa, receptor: Receptor) -> None:
    """Um lote em curso que já gravou o seu aviso não falha porque o webhook se apaga."""
    if mesa.banco.dialeto == "sqlite":
        pytest.skip("no SQLite ninguém mais escreve enquanto um escreve")
    criado = criar(mesa, receptor.url)
    numero = mesa.enviar_lote("1").protocolo
    chave = mesa.protocolo(numero).id

    def apagar() -> None:
        with mesa.banco.escrita() as conn:
            webhooks.apagar(conn, criado.webhook)

    with mesa.banco.escrita() as conn:
        protocolos.transitar(conn, chave, S.EM_ANALISE, "teste")
        outro = threading.Thread(target=apagar)
        outro.start()
        outro.join(0.3)
        assert outro.is_alive()
    outro.join(20)
    assert mesa.protocolo(numero).status is S.EM_ANALISE
    with mesa.banco.leitura() as conn:
        assert webhooks.listar(conn, mesa.operadora.id) == ()
