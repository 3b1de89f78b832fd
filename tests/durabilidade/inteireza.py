"""O que um corte não pode deixar: um protocolo sem alguma parte, ou uma parte sem protocolo."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from durabilidade.carga import (
    CANCELAMENTOS,
    DOCUMENTOS,
    EM_VIGOR,
    GUIAS,
    LOTES,
    numero_respondido,
)
from sqlalchemy import exists, func, select
from validador import validar_resposta

from gateway.arquivo.conferencia import conferir
from persistence import mensagens, tabelas
from persistence.arquivos import Pasta, chave
from persistence.banco import cifra_de

if TYPE_CHECKING:
    from collections.abc import Iterable

    from acceptance.servidor import Servidor
    from durabilidade.carga import Envio
    from sqlalchemy import Connection, Row, Select

_p, _l, _g, _i = (t.c for t in (tabelas.protocolo, tabelas.lote, tabelas.guia, tabelas.item))
_h, _m, _f, _x = (
    t.c for t in (tabelas.historico, tabelas.mensagem, tabelas.folha, tabelas.execucao)
)
_d = tabelas.documento.c
RECEBIDO, CANCELADO = 1, 9


def conferir_envios(gateway: Servidor, envios: Iterable[Envio]) -> None:
    """Cada envio respondido está inteiro no banco: linhas, bytes como foram, resposta e folha."""
    lista = list(envios)
    cancelados = {e.numero for e in lista if e.servico == CANCELAMENTOS}
    with gateway.banco.leitura() as conn:
        for envio in lista:
            _conferir_arquivada(conn, gateway, envio)
            if envio.servico == LOTES:
                _conferir_lote(conn, gateway, envio, cancelado=envio.numero in cancelados)
            elif envio.servico == DOCUMENTOS:
                _conferir_documento(conn, gateway, envio)


def conferir_metades(gateway: Servidor) -> None:
    """Nenhuma linha ficou sem a que a acompanha na mesma transação."""
    with gateway.banco.leitura() as conn:
        sobras = {nome: conn.execute(c).scalar_one() for nome, c in _METADES.items()}
    assert sobras == dict.fromkeys(_METADES, 0)


def conferir_arquivo(gateway: Servidor) -> None:
    """Selos, folhas e bytes do arquivo de mensagens conferem."""
    assert conferir(gateway.banco).achados == ()


def conferir_repeticoes(gateway: Servidor, envios: Iterable[Envio]) -> None:
    """Os mesmos bytes outra vez recebem o mesmo número, e nada novo se cria."""
    antes = _contar(gateway)
    for envio in envios:
        resposta = gateway.postar(envio.dados, EM_VIGOR, envio.servico)
        assert resposta.status == 200
        raiz = validar_resposta(resposta.corpo, EM_VIGOR)
        assert numero_respondido(raiz, envio.servico) == envio.protocolo
    assert _contar(gateway) == antes


def _contar(gateway: Servidor) -> dict[str, int]:
    criadas = (tabelas.protocolo, tabelas.lote, tabelas.guia, tabelas.historico, tabelas.documento)
    with gateway.banco.leitura() as conn:
        return {
            t.name: conn.execute(select(func.count()).select_from(t)).scalar_one() for t in criadas
        }


def _conferir_arquivada(conn: Connection, gateway: Servidor, envio: Envio) -> None:
    sha256 = hashlib.sha256(envio.dados).hexdigest()
    do_pedido = (_x.sha256 == sha256, _x.prestador_id == gateway.prestador.id)
    [executada] = conn.execute(select(_x.mensagem_id).where(*do_pedido)).scalars()
    assert mensagens.bruta(conn, gateway.operadora.id, executada) == envio.dados
    guardada = mensagens.ler(conn, gateway.operadora.id, executada)
    assert guardada is not None
    assert guardada.resposta is not None
    raiz = validar_resposta(guardada.resposta, EM_VIGOR)
    assert numero_respondido(raiz, envio.servico) == envio.protocolo
    folhas = select(func.count()).where(_f.mensagem_id == executada, _f.resumo.is_not(None))
    assert conn.execute(folhas).scalar_one() == 1


def _conferir_lote(conn: Connection, gateway: Servidor, envio: Envio, *, cancelado: bool) -> None:
    dono = (_l.prestador_id == gateway.prestador.id, _l.numero == envio.numero)
    # um só lote com o número: nenhuma repetição criou outro
    linha: Row[Any] = conn.execute(
        select(_l.id, _l.quantidade_guias, _p.id, _p.numero, _p.status, _p.informado)
        .join_from(tabelas.lote, tabelas.protocolo, _p.lote_id == _l.id)
        .where(*dono)
    ).one()
    lote_id, quantidade, protocolo_id, numero, status, informado = linha
    assert (str(numero), quantidade) == (envio.protocolo, GUIAS)
    guias = conn.execute(select(_g.posicao, _g.informado).where(_g.lote_id == lote_id)).all()
    assert sorted(g.posicao for g in guias) == list(range(1, GUIAS + 1))
    itens = conn.execute(
        select(_i.guia_posicao, func.count(), func.sum(_i.informado))
        .where(_i.lote_id == lote_id)
        .group_by(_i.guia_posicao)
    ).all()
    assert {linha[0]: linha[2] for linha in itens} == {g.posicao: g.informado for g in guias}
    passagens = select(_h.para).where(_h.protocolo_id == protocolo_id).order_by(_h.id)
    esperadas = [RECEBIDO, CANCELADO] if cancelado else [RECEBIDO]
    assert list(conn.execute(passagens).scalars()) == esperadas
    assert status == esperadas[-1]
    if not cancelado:
        assert informado == sum(g.informado for g in guias)


def _conferir_documento(conn: Connection, gateway: Servidor, envio: Envio) -> None:
    consulta = select(_d.sha256, _d.tamanho).where(
        _d.operadora_id == gateway.operadora.id, _d.numero == int(envio.protocolo)
    )
    sha256, tamanho = conn.execute(consulta).one()
    pasta = Pasta(gateway.pasta / "dados" / "documentos")
    lugar = chave(gateway.operadora.id, sha256)
    conteudo = b"".join(pasta.abrir(lugar, cifra_de(conn)))
    assert (hashlib.sha256(conteudo).hexdigest(), len(conteudo)) == (sha256, tamanho)


def _sem(tabela: Any, *condicoes: Any) -> Select[Any]:
    return select(func.count()).select_from(tabela).where(*condicoes)


_METADES: dict[str, Select[Any]] = {
    "protocolo sem mensagem": _sem(tabelas.protocolo, ~exists().where(_m.id == _p.mensagem_id)),
    "protocolo sem histórico": _sem(tabelas.protocolo, ~exists().where(_h.protocolo_id == _p.id)),
    "protocolo sem lote": _sem(tabelas.protocolo, ~exists().where(_l.id == _p.lote_id)),
    "lote sem protocolo": _sem(tabelas.lote, ~exists().where(_p.lote_id == _l.id)),
    "lote com outra quantidade de guias": _sem(
        tabelas.lote,
        _l.quantidade_guias != select(func.count()).where(_g.lote_id == _l.id).scalar_subquery(),
    ),
    "guia sem itens": _sem(
        tabelas.guia, ~exists().where(_i.lote_id == _g.lote_id, _i.guia_posicao == _g.posicao)
    ),
    "reserva sem resposta": _sem(
        tabelas.execucao,
        ~exists().where(_m.id == _x.mensagem_id, _m.resposta.is_not(None)),
    ),
    "mensagem sem folha": _sem(tabelas.mensagem, ~exists().where(_f.mensagem_id == _m.id)),
    "folha sem mensagem": _sem(tabelas.folha, ~exists().where(_m.id == _f.mensagem_id)),
    "documento sem mensagem": _sem(tabelas.documento, ~exists().where(_m.id == _d.mensagem_id)),
}
