"""O que já se sabe de uma mensagem a caminho, e a linha do arquivo que isso vira."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from dominio.competencia import agora
from dominio.transacoes import TRANSACOES
from handlers.cota import SEM_BYTES
from handlers.etapas import Etapas
from mensagem.envelope import Soap
from persistence.mensagens import MensagemNova, Preparado

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from lxml import etree

    from dominio.transacoes import Transacao
    from handlers.cota import Cota
    from mensagem.assinatura import Assinante, Verificada
    from mensagem.cabecalho import Cabecalho
    from mensagem.recusa import Recusa
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador
    from persistence.remetente import Remetente

CANAIS_DE_ARQUIVO = frozenset({"upload", "conferencia"})
"""Canais em que a mensagem é um ``mensagemTISS`` sem envelope."""
COMECO_GUARDADO = 65_536
"""Bytes que se guardam de uma mensagem cujo remetente não foi autenticado."""


_TIPOS = frozenset(tipo for t in TRANSACOES for tipo in (t.tipo_pedido, *t.tipos_resposta))
_SOAP = {Soap.V11: "1.1", Soap.V12: "1.2"}


class Pedido(NamedTuple):
    """Uma mensagem como chegou.

    Attributes:
        dados: bytes já descomprimidos.
        transacao: a do endereço; ``None`` quando o canal não tem endereço de serviço.
        versao: a do endereço; ``None`` quando vale a de ``Padrao``.
        canal: ``soap``, ``upload`` ou ``conferencia``.
        id: identificação da mensagem, do arquivo e de correlação (``dominio.meses``).
        charset: do cabeçalho HTTP, se havia.
        endereco: de onde veio.
        soap: forma da falha enquanto o envelope não foi lido.
        cenario: o que se pediu a um simulador; um gateway de verdade não o tem.
        certificado: SHA-256 hexadecimal do DER do certificado da conexão, se há.
        quem_entrou: por quem fala quem entrou no console e enviou o arquivo; a sessão já o provou.
    """

    dados: bytes
    transacao: Transacao | None
    versao: str | None
    canal: str
    id: str
    charset: str | None = None
    endereco: str = ""
    soap: Soap = Soap.V11
    cenario: str | None = None
    certificado: str | None = None
    quem_entrou: Prestador | None = None

    @property
    def em_arquivo(self) -> bool:
        """Se a mensagem vem, e a resposta vai, como ``mensagemTISS``."""
        return self.canal in CANAIS_DE_ARQUIVO


@dataclass(frozen=True, slots=True)
class Resultado:
    """O que responder. Não é tupla: o Spyne desmancharia uma.

    Attributes:
        corpo: a mensagem de resposta, ou o envelope inteiro quando ``falha``; vazio quando se
            recusa uma mensagem em arquivo, que não tem forma de falha.
        falha: se é uma falha SOAP, ou a recusa de um arquivo.
        http: situação HTTP.
        soap: versão do envelope da resposta.
        desfecho: ``respondida``, ``recusada`` ou ``falha``.
        erro: chave estável do erro, se houve.
        servico: nome do serviço, se conhecido.
        versao: versão da mensagem, se conhecida.
        repetida: se devolve o que já se tinha respondido à mesma mensagem.
        palavra: palavra de ``tissFault`` do erro, se a tem.
        texto: o erro em português, sem valores da mensagem.
        detalhes: cada erro de esquema, por guia e campo.
        avisos: nomes estáveis do que se aceitou e se conta (hash em maiúsculas, versão vencida).
        tente_em: segundos a esperar antes de repetir, se passou do limite.
    """

    corpo: bytes
    falha: bool
    http: int
    soap: Soap
    desfecho: str
    erro: str | None = None
    servico: str | None = None
    versao: str | None = None
    repetida: bool = False
    palavra: str | None = None
    texto: str | None = None
    detalhes: Sequence[Mapping[str, Any]] = ()
    avisos: tuple[str, ...] = ()
    tente_em: int | None = None


@dataclass(slots=True)
class Andamento:
    """Cresce a cada verificação; nunca se mostra (tem login e senha do cabeçalho).

    ``recebida`` é a mensagem na árvore do seu envelope: serve para a achar nos bytes, e nunca para
    ler dados, que numa mensagem assinada só vêm de ``verificada.lida``. ``autenticado`` diz se
    senha, certificado ou assinatura provaram quem enviou; de quem nada se exige, nada se provou.
    """

    pedido: Pedido
    relogio: Callable[[], datetime] = agora
    recebida_em: datetime = field(default_factory=agora)
    inicio: float = field(default_factory=time.perf_counter)
    soap: Soap = Soap.V11
    transacao: Transacao | None = None
    versao: str | None = None
    raiz: str | None = None
    recebida: etree._Element | None = None
    cabecalho: Cabecalho | None = None
    operadora: Operadora | None = None
    prestador: Prestador | None = None
    prestadores: frozenset[int] = frozenset()
    remetente: Remetente | None = None
    autenticado: bool = False
    hash_variante: str | None = None
    assinatura: str | None = None
    verificada: Verificada | None = None
    detalhes_da_assinatura: dict[str, Any] | None = None
    recusa_da_assinatura: Recusa | None = None
    assinar_com: Assinante | None = None
    avisos: list[str] = field(default_factory=list)
    repasse: dict[str, Any] | None = None
    cota: Cota | None = None
    preparado: Preparado | None = None
    etapas: Etapas = field(default_factory=Etapas)
    _sha256: str | None = None

    @property
    def sha256(self) -> str:
        """Digest da mensagem inteira como chegou."""
        if self._sha256 is None:
            self._sha256 = hashlib.sha256(self.pedido.dados).hexdigest()
        return self._sha256

    def esquecer_assinatura(self) -> None:
        """Volta ao que se sabia da assinatura antes de a verificar."""
        self.assinatura = self.verificada = None
        self.detalhes_da_assinatura = self.recusa_da_assinatura = None

    def para_arquivo(
        self,
        desfecho: str,
        resposta: bytes | None,
        http: int,
        *,
        erro: str | None = None,
        detalhes: dict[str, Any] | None = None,
        repetida: bool = False,
    ) -> MensagemNova:
        """A linha do arquivo; de quem não provou quem é guarda só o começo, e conforme a cota.

        O que se aceitou e mudou alguma coisa guarda-se sempre inteiro, mas só da primeira vez: o
        mesmo outra vez, de quem não provou quem é, encheria o disco. O mais chama-se fora de uma
        transação de escrita, que a cota abre a sua.
        """
        dados = self.pedido.dados
        inteira = self.autenticado or self._de_negocio(desfecho, erro)
        integral = inteira or len(dados) <= COMECO_GUARDADO
        guardado: bytes | None = dados if integral else dados[:COMECO_GUARDADO]
        ja_guardada = repetida and not self.autenticado
        if ja_guardada or (not inteira and not self._cabe(guardado, resposta)):
            guardado, resposta, integral = None, None, False
        extras = dict(detalhes or {})
        if self.avisos:
            extras["avisos"] = self.avisos
        if self.detalhes_da_assinatura:
            extras["assinatura"] = self.detalhes_da_assinatura
        if self.pedido.certificado:
            extras["certificado"] = self.pedido.certificado
        if self.repasse:
            extras["repasse"] = self.repasse
        if self.pedido.quem_entrou is not None:
            # a mensagem não o prova: sem isto não se poderia conferir de novo
            quem = self.pedido.quem_entrou
            extras["quem_entrou"] = {"operadora": quem.operadora_id, "codigo": quem.codigo}
        if self.pedido.charset and not dados.lstrip().startswith(b"<?xml"):
            # sem declaração no XML, só o cabeçalho HTTP diz como ler estes bytes de novo
            extras["charset"] = self.pedido.charset
        return MensagemNova(
            id=self.pedido.id,
            recebida_em=self.recebida_em,
            canal=self.pedido.canal,
            tamanho=len(dados),
            sha256=self.sha256,
            desfecho=desfecho,
            operadora_id=self.operadora.id if self.operadora else None,
            prestador_id=self.prestador.id if self.prestador else None,
            servico=self.transacao.servico if self.transacao else None,
            versao=self.versao,
            raiz=self.raiz,
            tipo_transacao=_tipo_conhecido(self.cabecalho),
            sequencial=self.cabecalho.sequencial[:12] if self.cabecalho else None,
            endereco=self.pedido.endereco,
            soap=None if self.pedido.em_arquivo else _SOAP[self.soap],
            integral=integral,
            erro=erro,
            http=http,
            hash_variante=self.hash_variante,
            assinatura=self.assinatura,
            detalhes=extras or None,
            duracao_us=int((time.perf_counter() - self.inicio) * 1_000_000),
            autenticada=self.autenticado,
            etapas=self.etapas.guardadas(),
            pedido=self.preparado if self.preparado and guardado is dados else guardado,
            resposta=resposta,
        )

    def _de_negocio(self, desfecho: str, erro: str | None) -> bool:
        """Se a mensagem foi aceita e mudou alguma coisa."""
        muda = self.transacao is not None and self.transacao.muda_estado
        return muda and desfecho == "respondida" and erro is None

    def _cabe(self, guardado: bytes | None, resposta: bytes | None) -> bool:
        """Se os bytes ficam no arquivo; os de quem não provou quem é têm uma cota por dia."""
        if self.cota is None:
            return True
        tamanho = len(guardado or b"") + len(resposta or b"")
        cabe = self.cota.cabe(self.pedido.endereco, tamanho, self.recebida_em)
        if not cabe and SEM_BYTES not in self.avisos:
            self.avisos.append(SEM_BYTES)
        return cabe


def _tipo_conhecido(cabecalho: Cabecalho | None) -> str | None:
    """O tipo da transação; outro qualquer é um texto da mensagem, que não se guarda em claro."""
    if cabecalho is None or cabecalho.tipo_transacao not in _TIPOS:
        return None
    return cabecalho.tipo_transacao
