"""O repasse dentro da recepção, com um sistema de operadora que é só um objeto, nos dois bancos."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.recepcao import LOTE, STATUS, Mesa, lote, pronta, status
from nucleo_falso import elemento, envelopada, erro_a, resposta_a

from dominio import erros
from dominio.competencia import agora
from dominio.erros import TissFault
from handlers.credenciais import Credenciais
from handlers.lote_guias import LoteGuias
from handlers.recepcao import Recepcao
from handlers.repasse import Repasse
from handlers.repasse.nucleo import Desfecho, NucleoFalhou, RespostaDoNucleo
from mensagem import envelope
from persistence import mensagens, repasses

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.repasse.recorte import Envelope
    from persistence.banco import Banco

TEMPO = NucleoFalhou(Desfecho.TEMPO, "não respondeu no prazo")


class Nucleo:
    """Responde o que o teste disser e guarda o que recebeu."""

    def __init__(self, responder: Callable[[bytes], RespostaDoNucleo]) -> None:
        self.responder = responder
        self.recebidos: list[Envelope] = []
        self.copias: list[Envelope] = []
        self.anotados: list[Desfecho] = []
        self.repassados = frozenset({LOTE.servico, STATUS.servico})
        self.espelhados: frozenset[str] = frozenset()

    def prazo(self, _servico: str) -> float:
        return 1.0

    def chamar(self, _servico: str, _versao: str, envelope: Envelope, _id: str) -> RespostaDoNucleo:
        self.recebidos.append(envelope)
        return self.responder(envelope.corpo)

    def copiar(self, _servico: str, _versao: str, envelope: Envelope, _id: str) -> None:
        self.copias.append(envelope)

    def anotar(self, _servico: str, desfecho: Desfecho, _segundos: float) -> None:
        self.anotados.append(desfecho)


def _certa(pedido: bytes) -> RespostaDoNucleo:
    corpo = envelopada(resposta_a(pedido)).corpo
    assert corpo is not None
    return RespostaDoNucleo(200, "utf-8", corpo)


def _calado(_pedido: bytes) -> RespostaDoNucleo:
    raise TEMPO


@pytest.fixture
def nucleo() -> Nucleo:
    return Nucleo(_certa)


@pytest.fixture
def diante(mesa: Mesa, nucleo: Nucleo) -> Mesa:
    """A recepção diante de um sistema que responde lote e situação."""
    recepcao = Recepcao(
        mesa.banco,
        {"tissLoteGuias": LoteGuias()},
        Credenciais(mesa.banco),
        repasse=Repasse(mesa.banco, nucleo),
    )
    return Mesa(mesa.banco, recepcao, mesa.operadora, mesa.prestador)


def _em_curso(banco: Banco) -> int:
    with banco.leitura() as conn:
        return int(conn.exec_driver_sql("SELECT count(*) FROM repasse_em_curso").scalar_one())


def _desfechos(mesa: Mesa, id_: str) -> Any:
    detalhes = mesa.arquivada(id_).detalhes
    assert detalhes is not None
    return detalhes["repasse"]["desfecho"]


def test_pedido_chega_com_os_bytes_que_vieram(diante: Mesa, nucleo: Nucleo) -> None:
    """Ao sistema chega a mensagem com os mesmos bytes, num envelope novo."""
    mensagem = lote()
    diante.enviar(pronta(mensagem))
    assert elemento(mensagem) in nucleo.recebidos[0].corpo


def test_resposta_sai_e_fica_no_arquivo(diante: Mesa, nucleo: Nucleo) -> None:
    """A resposta sai com os bytes que vieram, e o arquivo guarda as duas e o tempo."""
    dada: list[bytes] = []

    def responder(pedido: bytes) -> RespostaDoNucleo:
        resposta = resposta_a(pedido)
        dada.append(elemento(resposta))
        return RespostaDoNucleo(200, None, envelopada(resposta).corpo or b"")

    nucleo.responder = responder
    pedido = pronta(status("1"))
    obtida = diante.enviar(pedido, servico=STATUS.servico)
    guardada = diante.arquivada(obtida.id)
    assert dada == [obtida.resultado.corpo]
    assert (guardada.pedido, guardada.resposta) == (pedido, dada[0])
    assert guardada.detalhes is not None
    assert guardada.detalhes["repasse"]["desfecho"] == "respondida"
    assert guardada.detalhes["repasse"]["ms"] >= 0


def test_mesma_mensagem_vai_uma_vez_so(diante: Mesa, nucleo: Nucleo) -> None:
    """A mesma mensagem que muda estado recebe a resposta guardada, sem ir outra vez."""
    pedido = pronta(lote())
    primeira, segunda = diante.enviar(pedido), diante.enviar(pedido)
    assert primeira.resultado.corpo == segunda.resultado.corpo
    assert (segunda.resultado.repetida, len(nucleo.recebidos)) == (True, 1)
    assert _em_curso(diante.banco) == 0


def test_consulta_vai_sempre(diante: Mesa, nucleo: Nucleo) -> None:
    """O que não muda estado é perguntado de novo cada vez."""
    pedido = pronta(status("1"))
    for _ in range(2):
        diante.enviar(pedido, servico=STATUS.servico)
    assert len(nucleo.recebidos) == 2


def test_sem_resposta_a_proxima_vai_de_novo(diante: Mesa, nucleo: Nucleo) -> None:
    """Se o sistema não respondeu, nada se guarda: a mesma mensagem vai outra vez, igual."""
    pedido = pronta(lote())
    nucleo.responder = _calado
    falhou = diante.enviar(pedido)
    nucleo.responder = _certa
    certa = diante.enviar(pedido)
    assert (falhou.codigo, certa.resultado.erro) == ("3160", None)
    assert nucleo.recebidos[0] == nucleo.recebidos[1]
    assert nucleo.anotados == [Desfecho.TEMPO, Desfecho.RESPONDIDA]


def test_erro_do_sistema_nao_se_guarda_como_feito(diante: Mesa, nucleo: Nucleo) -> None:
    """Um mensagemErro do sistema passa, e a mesma mensagem pode ser tentada de novo."""
    nucleo.responder = lambda p: RespostaDoNucleo(200, None, envelopada(erro_a(p)).corpo or b"")
    pedido = pronta(lote())
    assert diante.enviar(pedido).codigo == "3148"
    nucleo.responder = _certa
    assert diante.enviar(pedido).codigo != "3148"
    assert len(nucleo.recebidos) == 2


def test_motivo_fica_so_no_arquivo(diante: Mesa, nucleo: Nucleo) -> None:
    """Quem enviou sabe que não houve resposta; o porquê fica no arquivo."""
    nucleo.responder = _calado
    obtida = diante.enviar(pronta(lote()))
    detalhes = diante.arquivada(obtida.id).detalhes
    assert detalhes is not None
    assert erros.REPASSE_SEM_RESPOSTA.texto == obtida.texto
    assert detalhes["repasse"]["motivo"] == "não respondeu no prazo"
    assert _desfechos(diante, obtida.id) == "tempo"


def test_em_3_05_00_a_falta_de_resposta_e_falha(diante: Mesa, nucleo: Nucleo) -> None:
    """3.05.00 não tem código para o tempo esgotado: responde falha."""
    nucleo.responder = _calado
    obtida = diante.enviar(pronta(lote(versao="3.05.00")), versao="3.05.00")
    assert (obtida.palavra, obtida.resultado.http) == ("ErroInesperadoServidor", 500)


@pytest.mark.parametrize("palavra", list(TissFault))
def test_falha_do_sistema_passa_com_a_sua_palavra(
    diante: Mesa, nucleo: Nucleo, palavra: TissFault
) -> None:
    """Uma falha do padrão passa com a palavra que trouxe e um texto nosso."""
    corpo = envelope.falha(palavra, "texto com a carteira 00123", envelope.Soap.V11, "Client")
    nucleo.responder = lambda _: RespostaDoNucleo(500, None, corpo)
    obtida = diante.enviar(pronta(lote()))
    assert (palavra, erros.REPASSE_RECUSADO.texto) == (obtida.palavra, obtida.texto)
    assert _desfechos(diante, obtida.id) == "falha"
    assert _em_curso(diante.banco) == 0


def test_copias_ao_mesmo_tempo_so_uma_vai(diante: Mesa, nucleo: Nucleo) -> None:
    """Enquanto uma cópia espera resposta, outra recebe 3160 sem ir; depois, a resposta guardada."""
    chegou, solto = threading.Event(), threading.Event()

    def lento(pedido: bytes) -> RespostaDoNucleo:
        chegou.set()
        solto.wait(20)
        return _certa(pedido)

    nucleo.responder = lento
    pedido = pronta(lote())
    with ThreadPoolExecutor(1) as thread:
        primeira = thread.submit(diante.enviar, pedido)
        chegou.wait(20)
        segunda = diante.enviar(pedido)
        outra = diante.banco.vivo()
        solto.set()
        respondida = primeira.result(20)
    terceira = diante.enviar(pedido)
    assert (segunda.codigo, segunda.texto) == ("3160", erros.REPASSE_EM_CURSO.texto)
    assert outra
    assert respondida.resultado.corpo == terceira.resultado.corpo
    assert len(nucleo.recebidos) == 1


def test_espera_nao_segura_a_escrita(diante: Mesa, nucleo: Nucleo) -> None:
    """Enquanto se espera o sistema, o banco recebe outras escritas."""
    escritas: list[bool] = []

    def responder(pedido: bytes) -> RespostaDoNucleo:
        with diante.banco.escrita() as conn:
            conn.exec_driver_sql("UPDATE operadora SET nome = 'Outra'")
        escritas.append(True)
        return _certa(pedido)

    nucleo.responder = responder
    diante.enviar(pronta(lote()))
    assert escritas == [True]


def test_marca_de_um_processo_morto_caduca(diante: Mesa, nucleo: Nucleo) -> None:
    """A marca de quem morreu à espera vale até caducar; depois a mensagem vai."""
    pedido = pronta(lote())
    dele = diante.arquivada(diante.enviar(pronta(lote(numero="outro"))).id)
    assert dele.prestador_id is not None
    sha256 = hashlib.sha256(pedido).hexdigest()
    instante = agora()

    def marcar(ate: timedelta) -> bool:
        with diante.banco.escrita() as conn:
            return repasses.marcar(
                conn,
                dele.prestador_id or 0,
                LOTE.servico,
                sha256,
                "morto",
                agora=instante + timedelta(days=1),
                ate=instante + ate,
            )

    assert marcar(timedelta(seconds=60))
    ocupada = diante.enviar(pedido)
    assert marcar(timedelta(seconds=-1))
    livre = diante.enviar(pedido)
    assert (ocupada.codigo, livre.resultado.erro) == ("3160", None)
    assert len(nucleo.recebidos) == 2


def test_recusada_aqui_nao_vai(diante: Mesa, nucleo: Nucleo) -> None:
    """O que não passa das verificações não chega ao sistema."""
    mensagem = lote()
    mensagem[-1].text = "0" * 32
    obtida = diante.enviar(pronta(mensagem, selar=False))
    assert (obtida.palavra, nucleo.recebidos) == ("HashInvalido", [])


def test_espelho_manda_copia_do_que_se_respondeu(diante: Mesa, nucleo: Nucleo) -> None:
    """No espelho o gateway responde, e cada mensagem nova, não a repetida, tem uma cópia."""
    nucleo.repassados, nucleo.espelhados = frozenset(), frozenset({LOTE.servico})
    mensagem = lote()
    pedido = pronta(mensagem)
    assert diante.enviar(pedido).recibo.protocolo == diante.enviar(pedido).recibo.protocolo
    assert nucleo.recebidos == []
    assert len(nucleo.copias) == 1
    assert elemento(mensagem) in nucleo.copias[0].corpo


def test_espelho_nao_copia_o_que_se_recusou(diante: Mesa, nucleo: Nucleo) -> None:
    """Um lote que as regras recusam não tem cópia."""
    nucleo.repassados, nucleo.espelhados = frozenset(), frozenset({LOTE.servico})
    diante.enviar(pronta(lote(numero="9")))
    recusada = diante.enviar(pronta(lote(numero="9", semente=2)))
    assert (recusada.resultado.erro, len(nucleo.copias)) == ("lote-repetido", 1)


def test_defeito_no_espelho_nao_estraga_a_resposta(diante: Mesa, nucleo: Nucleo) -> None:
    """Se a cópia não se pode fazer, quem enviou recebe o recibo do mesmo modo."""
    nucleo.repassados, nucleo.espelhados = frozenset(), frozenset({LOTE.servico})

    def quebrar(*_: Any) -> None:
        raise RuntimeError

    nucleo.copiar = quebrar  # type: ignore[method-assign]
    assert diante.enviar(pronta(lote())).recibo.protocolo


def test_banco_que_cai_depois_da_resposta_deixa_tentar_de_novo(
    diante: Mesa, nucleo: Nucleo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Se a resposta não se pôde gravar, ela não sai, e a mesma mensagem vai de novo."""
    original = mensagens.reservar

    def cair(*_: Any) -> bool:
        raise RuntimeError

    monkeypatch.setattr("handlers.repasse.caso.mensagens.reservar", cair)
    pedido = pronta(lote())
    falhou = diante.enviar(pedido)
    monkeypatch.setattr("handlers.repasse.caso.mensagens.reservar", original)
    certa = diante.enviar(pedido)
    assert (falhou.palavra, certa.resultado.erro) == ("ErroInesperadoServidor", None)
    assert len(nucleo.recebidos) == 2
