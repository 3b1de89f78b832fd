from __future__ import annotations

import dataclasses
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.exemplos import AGORA
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from persistence import mensagens, operadoras, tabelas
from persistence.mascara import mascarar
from persistence.mensagens import MensagemNova, RegistroMensagem

if TYPE_CHECKING:
    from integration.exemplos import Cadastro

    from persistence.banco import Banco

PEDIDO = (
    b'<?xml version="1.0" encoding="ISO-8859-1"?><a:m xmlns:a="u"><a:senhaPrestador>segredo'
    b"</a:senhaPrestador><a:x>fica</a:x></a:m>"
)
RESPOSTA = b"<resposta/>" * 1000


def _nova(id: str = "m1", **valores: Any) -> MensagemNova:  # noqa: A002
    minima = MensagemNova(
        id=id,
        recebida_em=AGORA,
        canal="soap",
        tamanho=len(PEDIDO),
        sha256=hashlib.sha256(PEDIDO).hexdigest(),
        desfecho="respondida",
    )
    return dataclasses.replace(minima, **valores)


def test_mensagem_volta_como_foi_arquivada(banco: Banco, cadastro: Cadastro) -> None:
    """Todos os campos e os bytes voltam iguais, com a senha escondida no pedido."""
    nova = _nova(
        operadora_id=cadastro.operadora.id,
        prestador_id=cadastro.prestador.id,
        servico="tissLoteGuias",
        versao="4.03.00",
        raiz="loteGuiasWS",
        tipo_transacao="ENVIO_LOTE_GUIAS",
        sequencial="1",
        endereco="10.0.0.1",
        soap="1.1",
        integral=False,
        erro="hash",
        http=500,
        hash_variante="literal",
        assinatura="integra",
        detalhes={"linha": 1, "regras": ["a"]},
        duracao_us=12345,
        etapas="l12t4",
        autenticada=True,
        pedido=PEDIDO,
        resposta=RESPOSTA,
    )
    with banco.escrita() as conn:
        mensagens.arquivar(conn, nova)
    with banco.leitura() as conn:
        lida = mensagens.ler(conn, None, "m1")
        bruta = mensagens.bruta(conn, None, "m1")
    assert lida is not None
    assert dataclasses.asdict(lida) == {
        **dataclasses.asdict(nova),
        "pedido": PEDIDO.replace(b"segredo", b"***"),
        "resposta_sha256": hashlib.sha256(RESPOSTA).hexdigest(),
        "expurgada_em": None,
    }
    assert bruta == PEDIDO


def test_mensagem_so_fica_com_a_sua_folha(banco: Banco) -> None:
    """Numa transação só dela, a mensagem e a folha gravam-se juntas, ou nenhuma."""
    mensagens.arquivar_so(banco, _nova(pedido=PEDIDO, resposta=RESPOSTA, detalhes={"a": [1]}))
    with pytest.raises(IntegrityError):
        mensagens.arquivar_so(banco, _nova())
    with banco.escrita() as conn:
        conn.execute(delete(tabelas.mensagem))
    with pytest.raises(IntegrityError):
        # a folha de antes ainda tem o nome desta: a mensagem também não fica
        mensagens.arquivar_so(banco, _nova())
    with banco.leitura() as conn:
        contar = select(func.count())
        assert conn.scalar(contar.select_from(tabelas.mensagem)) == 0
        assert conn.scalar(contar.select_from(tabelas.folha)) == 1


def test_mensagem_de_outra_operadora_nao_se_le(banco: Banco, cadastro: Cadastro) -> None:
    """Só a própria operadora lê a mensagem; a de ninguém só se lê sem dizer operadora."""
    sua = cadastro.operadora.id
    with banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="45723174000110", nome="Outra Inventada"
        ).id
        comum = {"pedido": PEDIDO, "detalhes": {"charset": "iso-8859-1"}}
        mensagens.arquivar(conn, _nova("dela", operadora_id=sua, **comum))
        mensagens.arquivar(conn, _nova("de-ninguem", **comum))
    with banco.leitura() as conn:
        for quem, visiveis in ((sua, {"dela"}), (outra, set()), (None, {"dela", "de-ninguem"})):
            for id_ in ("dela", "de-ninguem"):
                lida, bruta = mensagens.ler(conn, quem, id_), mensagens.bruta(conn, quem, id_)
                assert (lida is not None, bruta is not None) == (id_ in visiveis,) * 2
        assert mensagens.charset(conn, sua, "dela") == "iso-8859-1"
        assert mensagens.charset(conn, outra, "dela") is None


def test_mensagem_sem_cabecalho_e_arquivada(banco: Banco) -> None:
    """Uma mensagem de que nada se leu é arquivada sem operadora nem bytes."""
    with banco.escrita() as conn:
        mensagens.arquivar(conn, _nova(desfecho="recusada"))
    with banco.leitura() as conn:
        lida = mensagens.ler(conn, None, "m1")
        ausente = mensagens.ler(conn, None, "m2"), mensagens.bruta(conn, None, "m2")
    assert lida is not None
    assert (lida.operadora_id, lida.pedido, lida.resposta, lida.detalhes) == (None,) * 4
    assert ausente == (None, None)


def test_listar_da_as_mais_novas_sem_os_bytes(banco: Banco, cadastro: Cadastro) -> None:
    """A lista vem da mais nova para a mais velha, filtra e respeita o limite."""
    with banco.escrita() as conn:
        for n, (desfecho, op) in enumerate(
            [("respondida", None), ("recusada", 1), ("recusada", None), ("falha", 1)]
        ):
            mensagens.arquivar(
                conn,
                _nova(
                    f"m{n}",
                    recebida_em=AGORA + timedelta(seconds=n),
                    desfecho=desfecho,
                    operadora_id=cadastro.operadora.id if op else None,
                    pedido=PEDIDO,
                ),
            )
    with banco.leitura() as conn:
        listas = [
            [m.id for m in mensagens.listar(conn, **filtro)]
            for filtro in (
                {},
                {"desfecho": "recusada"},
                {"operadora_id": cadastro.operadora.id},
                {"limite": 1},
            )
        ]
        primeira = mensagens.listar(conn, limite=1)[0]
    assert listas == [["m3", "m2", "m1", "m0"], ["m2", "m1"], ["m3", "m1"], ["m3"]]
    assert type(primeira) is RegistroMensagem


def test_reserva_e_de_quem_chega_primeiro(banco: Banco, cadastro: Cadastro) -> None:
    """O mesmo pedido só se reserva uma vez, e a segunda acha a resposta da primeira."""
    chave = (cadastro.prestador.id, "tissLoteGuias", "ab" * 32)
    with banco.escrita() as conn:
        primeira = mensagens.reservar(conn, *chave, "m1")
        antes = mensagens.executada(conn, *chave)
        mensagens.arquivar(conn, _nova(pedido=PEDIDO, resposta=RESPOSTA))
    with banco.escrita() as conn:
        segunda = mensagens.reservar(conn, *chave, "m2")
        outro_servico = mensagens.reservar(conn, chave[0], "tissCancelaGuia", chave[2], "m1")
        achada = mensagens.executada(conn, *chave)
    assert (primeira, segunda, outro_servico) == (True, False, True)
    assert antes is None
    assert achada is not None
    assert (achada.id, achada.resposta) == ("m1", RESPOSTA)


def test_reserva_sem_mensagem_nao_passa_do_commit(banco: Banco, cadastro: Cadastro) -> None:
    """Uma reserva cuja mensagem não se arquivou na mesma transação é desfeita no commit."""
    with pytest.raises(IntegrityError), banco.escrita() as conn:
        mensagens.reservar(conn, cadastro.prestador.id, "tissLoteGuias", "ab", "m1")
    with banco.escrita() as conn:
        mensagens.arquivar(conn, _nova())
        assert mensagens.reservar(conn, cadastro.prestador.id, "tissLoteGuias", "ab", "m1")


@pytest.mark.parametrize(
    ("pedido", "esperado"),
    [
        (b"<senhaPrestador>x</senhaPrestador>", b"<senhaPrestador>***</senhaPrestador>"),
        (b"<a:senhaPrestador>x</a:senhaPrestador >", b"<a:senhaPrestador>***</a:senhaPrestador >"),
        (
            b'<senhaPrestador a="1">\n<![CDATA[x]]></senhaPrestador><y>z</y>',
            b'<senhaPrestador a="1">***</senhaPrestador><y>z</y>',
        ),
        (
            b"<senhaPrestador>x</senhaPrestador>-<senhaPrestador>y</senhaPrestador>",
            b"<senhaPrestador>***</senhaPrestador>-<senhaPrestador>***</senhaPrestador>",
        ),
        (b"<m><senhaPrestador>cortada no mei", b"<m><senhaPrestador>***"),
        (b"<senhaPrestador/><y>z</y>", b"<senhaPrestador/><y>z</y>"),
        (b"<outraSenhaPrestador>z", b"<outraSenhaPrestador>z"),
    ],
    ids=["simples", "prefixo", "atributo", "duas", "cortada", "vazia", "outro nome"],
)
def test_mascara_esconde_so_a_senha(pedido: bytes, esperado: bytes) -> None:
    """O conteúdo da senha é escondido em qualquer grafia, e nada mais é tocado."""
    assert mascarar(pedido) == esperado


@pytest.mark.parametrize("codificacao", ["utf-16-le", "utf-16-be", "utf-16", "utf-32"])
def test_mascara_vale_em_codificacoes_largas(codificacao: str) -> None:
    """A senha é escondida também em UTF-16 e UTF-32."""
    pedido = "<m><a:senhaPrestador>segredo</a:senhaPrestador><y>fica</y></m>".encode(codificacao)
    obtido = mascarar(pedido).replace(b"\x00", b"")
    assert b"segredo" not in obtido
    assert b"<y>fica</y>" in obtido
