"""O explorador das mensagens: toda a que chegou, o que se achou dela e por que se recusou."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from backoffice.console import etapas_da_mensagem
from backoffice.console.area import Area
from backoffice.console.erros import PaginaDeErro, nao_ha
from backoffice.console.filtros import Leitor
from backoffice.console.papeis import CONTEUDO, LEITURA
from backoffice.console.xml_legivel import legivel
from dominio.competencia import dia
from dominio.erros import ERROS
from dominio.transacoes import POR_SERVICO, TRANSACOES
from handlers.lote_guias.sem_banco import conferir as regras_de_lote
from handlers.reexecucao import NaoReexecutavel, reexecutar
from handlers.verificacao import Verificacao, verificar
from persistence import mensagens
from persistence.cifra import NaoDecifrado
from persistence.consultas import guias
from persistence.consultas.mensagens_recebidas import Filtro, Lugar, listar

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from handlers.reexecucao import Reexecucao
    from persistence.mensagens import MensagemGuardada

area = Area("mensagens_recebidas")
area.no_menu("Mensagens", "/mensagens", ordem=15, atalho="m")

POR_PAGINA = 50
_MAIOR_ID = 64
_DESFECHOS = ("respondida", "recusada", "falha")
_CANAIS = ("soap", "upload", "conferencia")
_ALTERADA = (
    "Os bytes guardados desta mensagem não são os que se gravaram: alguém mexeu no banco. O que se"
    " prova e o que não confere está em {}."
)
_REGRAS = {"tissLoteGuias": regras_de_lote}


@area.pagina("/mensagens", para=LEITURA)
def lista(v: Visita) -> Response:
    """Toda mensagem que chegou, da mais nova à mais velha, com os filtros no endereço."""
    leitor = Leitor(v.consulta)
    filtro = Filtro(
        desfecho=leitor.um_de("desfecho", *_DESFECHOS),
        servico=leitor.um_de("servico", *POR_SERVICO),
        prestador=leitor.texto("prestador"),
        erro=leitor.um_de("erro", *ERROS),
        canal=leitor.um_de("canal", *_CANAIS),
        de=leitor.dia("de"),
        ate=leitor.dia("ate"),
    )
    procurada = v.consulta.texto("id")
    if procurada:
        return v.ir(f"/mensagens/{ler_id(procurada)}")
    with v.leitura() as conn:
        pagina = listar(conn, v.operadora.id, filtro, depois_de=_depois_de(v), limite=POR_PAGINA)
    return v.mostrar(
        "mensagens_recebidas/lista.html",
        pagina=pagina,
        filtro=filtro,
        erros=leitor.erros,
        servicos=[(t.servico, t.servico.removeprefix("tiss")) for t in TRANSACOES],
        chaves=[(chave, chave) for chave in sorted(ERROS)],
        textos=ERROS,
    )


@area.pagina("/mensagens/{id}", para=CONTEUDO, pacientes=True)
def uma(v: Visita) -> Response:
    """Uma mensagem: cada conferência e o seu veredito, por que se recusou, o XML com o lugar."""
    guardada, crua = _ler(v)
    return _mostrar(v, guardada, crua)


@area.pagina("/mensagens/{id}/pedido", para=CONTEUDO, pacientes=True)
def pedido(v: Visita) -> Response:
    """Os bytes recebidos, com a senha do prestador escondida."""
    guardada, _ = _ler(v)
    return _bytes(v, guardada, "pedido", guardada.pedido)


@area.pagina("/mensagens/{id}/resposta", para=CONTEUDO, pacientes=True)
def resposta(v: Visita) -> Response:
    """Os bytes respondidos."""
    guardada, _ = _ler(v)
    return _bytes(v, guardada, "resposta", guardada.resposta)


@area.formulario("/mensagens/{id}/conferir", para=CONTEUDO)
def conferir_de_novo(v: Visita) -> Response:
    """Passa a mensagem outra vez pela recepção, sem que nada fique, e compara os desfechos."""
    guardada, crua = _ler(v)
    if v.casa.ensaiar is None:
        raise PaginaDeErro(503, "Este console não confere mensagens de novo.")
    try:
        feita = reexecutar(v.casa.banco, guardada.id, v.casa.ensaiar, v.casa.repassados)
    except NaoReexecutavel as motivo:
        raise PaginaDeErro(409, f"Não se confere de novo: {motivo}.") from None
    return _mostrar(v, guardada, crua, feita)


def _ler(v: Visita) -> tuple[MensagemGuardada, bytes | None]:
    """A mensagem com a senha escondida, e os bytes como vieram, que só se conferem."""
    chave = ler_id(v.parametro("id"))
    with v.leitura() as conn:
        try:
            guardada = mensagens.ler(conn, v.operadora.id, chave)
            crua = mensagens.bruta(conn, v.operadora.id, chave)
        except NaoDecifrado:
            raise PaginaDeErro(
                500, _ALTERADA.format(f"{v.url('')}/mensagens/{chave}/selo")
            ) from None
        if guardada is None:
            raise nao_ha("mensagem")
        carteiras = guias.carteiras_da_mensagem(conn, v.operadora.id, chave)
    v.auditar("ler", "mensagem", chave, carteiras=carteiras, parte=v.rota.caminho)
    return guardada, crua


def _mostrar(
    v: Visita, guardada: MensagemGuardada, crua: bytes | None, feita: Reexecucao | None = None
) -> Response:
    limite = v.casa.limites.arquivo
    exame: Verificacao | None = None
    if crua is not None and guardada.integral and guardada.expurgada_em is None:
        exame = verificar(crua, dia(v.agora), _REGRAS)
    erros_de_esquema = [] if exame is None else [d.erro for d in exame.erros]
    detalhes = dict(guardada.detalhes or {})
    erro = None if guardada.erro is None else ERROS.get(guardada.erro)
    motivo = detalhes.get("texto") or (guardada.erro if erro is None else erro.texto)
    return v.mostrar(
        "mensagens_recebidas/uma.html",
        m=guardada,
        etapas=etapas_da_mensagem.linhas(guardada, motivo),
        exame=exame,
        erro=erro,
        motivo=motivo,
        xml=None if guardada.pedido is None else legivel(guardada.pedido, erros_de_esquema, limite),
        respondido=None if guardada.resposta is None else legivel(guardada.resposta),
        feita=feita,
        detalhes=detalhes,
        pode_ensaiar=v.casa.ensaiar is not None and guardada.integral,
    )


def _bytes(v: Visita, guardada: MensagemGuardada, parte: str, dados: bytes | None) -> Response:
    if dados is None:
        raise nao_ha(parte)
    return v.arquivo(dados, "application/xml", f"{guardada.id}-{parte}.xml")


def ler_id(texto: str) -> str:
    """A identificação de uma mensagem, como veio no endereço.

    Raises:
        PaginaDeErro: 404, se não pode ser de nenhuma.
    """
    if len(texto) > _MAIOR_ID or not texto.isascii() or not texto.isalnum():
        raise nao_ha("mensagem")
    return texto


def _depois_de(v: Visita) -> Lugar | None:
    quando, _, chave = v.consulta.texto("depois").partition("|")
    try:
        instante = datetime.fromisoformat(quando)
    except ValueError:
        return None
    return None if instante.tzinfo is None or not chave else Lugar(instante, chave[:_MAIOR_ID])
