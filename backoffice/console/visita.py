"""Um pedido de uma página: quem o faz, o que traz, e como se responde."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import structlog
from starlette.responses import RedirectResponse, Response

from backoffice import rotulos
from backoffice.console import modelos, registro, seguranca
from backoffice.console.erros import do_impedimento, nao_ha
from backoffice.console.formulario import Campos
from dominio.impedimento import Impedimento
from dominio.numeros import natural
from handlers.da_operadora import Autor
from persistence import auditoria, segunda_linha, sessoes
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy import Connection
    from starlette.requests import Request

    from backoffice.console.area import Item, Rota
    from backoffice.console.casa import Casa
    from backoffice.console.papeis import Papel
    from backoffice.console.pessoas import Pessoa
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador
    from persistence.sessoes import Sessao

PORTA = "console"
_log = structlog.get_logger("console")
_HTML = "text/html; charset=utf-8"


class Visita:
    """O que uma página recebe.

    Args:
        pedido: o pedido HTTP.
        casa: o banco e o mais.
        rota: a página que se pediu.
        corpo: o formulário, já lido; vazio num GET.
        correlacao: o que liga a resposta ao registro.
    """

    def __init__(
        self, pedido: Request, casa: Casa, rota: Rota, corpo: Campos, correlacao: str
    ) -> None:
        self.pedido = pedido
        self.casa = casa
        self.rota = rota
        self.formulario = corpo
        self.correlacao = correlacao
        self.consulta = Campos(pedido.query_params.multi_items())
        self.agora: datetime = casa.relogio()
        self.endereco = pedido.client.host if pedido.client else ""
        self.sessao: Sessao | None = None
        self.pessoa: Pessoa | None = None
        self.csrf = ""
        self.auditou = False

    # --- quem ---------------------------------------------------------------------------------

    @property
    def quem(self) -> Pessoa:
        """Quem entrou; só nas páginas que não são públicas."""
        assert self.pessoa is not None  # noqa: S101 - a página não é pública
        return self.pessoa

    @property
    def operadora(self) -> Operadora:
        """A única operadora que esta pessoa vê."""
        assert self.quem.operadora is not None  # noqa: S101 - sem ela não se tem papel
        return self.quem.operadora

    @property
    def prestador(self) -> Prestador:
        """Por quem fala a conta; só nas páginas dos prestadores."""
        assert self.quem.prestador is not None  # noqa: S101 - a página é de prestadores
        return self.quem.prestador

    @property
    def autor(self) -> Autor:
        """Quem age, para os históricos dos casos de uso."""
        return Autor(self.quem.na_auditoria, self.agora)

    def pode(self, papel: Papel) -> bool:
        """Se a pessoa tem um papel: o que não pode fazer não se oferece."""
        return self.pessoa is not None and papel in self.pessoa.papeis

    # --- o que veio ---------------------------------------------------------------------------

    @property
    def htmx(self) -> bool:
        """Se é o htmx que pede um pedaço de página."""
        return self.pedido.headers.get("hx-request") == "true"

    def parametro(self, nome: str) -> str:
        """Uma parte variável do endereço, como veio."""
        return str(self.pedido.path_params[nome])

    def numero(self, nome: str, coisa: str) -> int:
        """Um número do endereço, com ou sem zeros à esquerda.

        Args:
            nome: o da parte variável.
            coisa: o que o número identifica, para dizer que não há.

        Raises:
            PaginaDeErro: 404, se não é um número.
        """
        lido = natural(self.parametro(nome))
        if lido is None:
            raise nao_ha(coisa)
        return lido

    # --- banco --------------------------------------------------------------------------------

    @contextmanager
    def leitura(self) -> Iterator[Connection]:
        """Uma fotografia do banco, limitada à operadora de quem pede.

        Raises:
            PaginaDeErro: o que se pede não existe na operadora.
        """
        with self._sem_impedimento(), self.casa.banco.leitura() as conn:
            self._restringir(conn)
            yield conn

    @contextmanager
    def escrita(self) -> Iterator[Connection]:
        """Uma transação de escrita, limitada à operadora de quem pede.

        Raises:
            PaginaDeErro: o que impede o caso de uso; a transação desfez-se.
        """
        with self._sem_impedimento(), self.casa.banco.escrita() as conn:
            self._restringir(conn)
            yield conn

    def auditar(
        self,
        acao: str,
        alvo_tipo: str,
        alvo: str,
        *,
        carteiras: Collection[str] = (),
        conn: Connection | None = None,
        **detalhes: Any,
    ) -> None:
        """Registra um acesso a dados de pacientes, ou um ato.

        Args:
            acao: verbo, como ``ler`` ou ``mudar``.
            alvo_tipo: como ``protocolo``.
            alvo: número ou identificação; nunca dado de paciente.
            carteiras: de quem são os dados que se mostram.
            conn: a transação do ato; ausente, o evento tem a sua, antes de os dados saírem.
            detalhes: o mais que houver, sem dados de pacientes.
        """
        if conn is None:
            with self.escrita() as propria:
                self.auditar(acao, alvo_tipo, alvo, carteiras=carteiras, conn=propria, **detalhes)
            return
        operadora = None if self.pessoa is None else self.pessoa.operadora
        auditoria.registrar(
            conn,
            operadora_id=None if operadora is None else operadora.id,
            quem="ninguém" if self.pessoa is None else self.pessoa.na_auditoria,
            porta=PORTA,
            acao=acao,
            alvo_tipo=alvo_tipo,
            alvo=alvo,
            carteira=carteiras,
            detalhes={"endereco": self.endereco, **detalhes},
        )
        self.auditou = True

    def _restringir(self, conn: Connection) -> None:
        if self.pessoa is not None and self.pessoa.operadora is not None:
            segunda_linha.restringir(conn, self.pessoa.operadora.id)

    @contextmanager
    def _sem_impedimento(self) -> Iterator[None]:
        try:
            yield
        except Impedimento as impedimento:
            raise do_impedimento(impedimento) from None

    # --- respostas ----------------------------------------------------------------------------

    def mostrar(self, modelo: str, *, status: int = 200, **contexto: Any) -> Response:
        """A página de um modelo.

        Args:
            modelo: caminho em ``modelos``, como ``lotes/lista.html``.
            status: situação HTTP; 422 quando o formulário volta com erros.
            contexto: o que o modelo usa, além de ``v`` e ``csrf``.
        """
        texto = (
            modelos.ambiente()
            .get_template(modelo)
            .render(v=self, csrf=self.csrf, recados=self._tirar_recados(), **contexto)
        )
        return Response(texto, status, media_type=_HTML)

    def ir(self, caminho: str, recado: str | None = None, *, tipo: str = "certo") -> Response:
        """Manda a outra página, com 303 depois de um formulário.

        Args:
            caminho: depois de ``/console``.
            recado: o que a outra página diz.
            tipo: ``certo``, ``aviso`` ou ``erro``.
        """
        if recado is not None and self.sessao is not None:
            self._deixar_recados([*(self.sessao.recados or []), [tipo, recado]])
        return RedirectResponse(self.url(caminho), 303)

    def arquivo(self, dados: bytes, tipo: str, nome: str, *, mostrar: bool = False) -> Response:
        """Um arquivo para guardar ou, se ``mostrar``, para ver no navegador.

        Args:
            dados: o conteúdo.
            tipo: ``Content-Type``.
            nome: com que se guarda.
            mostrar: se o navegador o mostra em vez de o guardar.
        """
        como = "inline" if mostrar else "attachment"
        cabecalho = f"{como}; filename*=UTF-8''{quote(nome, safe='')}"
        return Response(dados, media_type=tipo, headers={"Content-Disposition": cabecalho})

    def url(self, caminho: str, **campos: Any) -> str:
        """O endereço de uma página; o que está vazio não entra na consulta.

        Args:
            caminho: depois de ``/console``.
            campos: a consulta; uma lista repete o nome.
        """
        pares = [
            (nome, str(um))
            for nome, valor in campos.items()
            for um in (valor if isinstance(valor, list | tuple) else [valor])
            if um not in (None, "", False)
        ]
        consulta = f"?{urlencode(pares)}" if pares else ""
        return f"{seguranca.RAIZ}{caminho}{consulta}"

    def mesma(self, **campos: Any) -> str:
        """O endereço desta página com os filtros de agora, salvo os que se dizem."""
        pares = [(n, v) for n, v in self.consulta.pares if n not in campos and v]
        pares += [(n, str(v)) for n, v in campos.items() if v not in (None, "")]
        return f"{self.pedido.url.path}?{urlencode(pares)}"

    # --- para os modelos ----------------------------------------------------------------------

    @property
    def menu(self) -> list[tuple[Item, bool]]:
        """As linhas do menu que a pessoa pode abrir, e se é onde ela está."""
        if self.pessoa is None:
            return []
        papeis = self.pessoa.papeis
        aqui = self.rota.area
        return [
            (item, rota.area == aqui)
            for item, rota in registro.menu()
            if not isinstance(rota.para, frozenset) or papeis & rota.para
        ]

    def abre(self, caminho: str) -> bool:
        """Se a pessoa pode abrir uma página, dita como se declarou: o mais não se oferece."""
        rota = next((r for r in registro.rotas() if r.nome == f"GET {caminho}"), None)
        if rota is None or self.pessoa is None:
            return False
        return not isinstance(rota.para, frozenset) or bool(self.pessoa.papeis & rota.para)

    def protocolo(self, numero: int) -> str:
        """Um número de protocolo com os zeros que a operadora usa."""
        return rotulos.numero(numero, self.operadora.largura_protocolo)

    def _tirar_recados(self) -> list[list[str]]:
        if self.sessao is None or not self.sessao.recados or self.htmx:
            return []
        self._deixar_recados(None)
        return self.sessao.recados

    def _deixar_recados(self, recados: list[list[str]] | None) -> None:
        assert self.sessao is not None  # noqa: S101 - quem chama viu que há
        try:
            with self.casa.banco.escrita() as conn:
                sessoes.deixar_recados(conn, self.sessao, recados)
        except BancoIndisponivel:
            # o que se pediu já se gravou: sem o recado, a página ainda o mostra
            _log.warning("recado por gravar", rota=self.rota.nome, correlacao=self.correlacao)
