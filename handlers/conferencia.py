"""As verificações de uma mensagem antes do assunto, na ordem fixa do caminho."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from lxml import etree

import tiss_xsd
from dominio import erros
from dominio.competencia import dia
from dominio.transacoes import NS_TISS, Transacao
from handlers.confianca import Assinaturas
from handlers.etapas import Etapa
from handlers.politicas import modo_do_hash, versao_permitida
from mensagem import arquivo, contrato, envelope, hash_tiss
from mensagem import cabecalho as cabecalho_tiss
from mensagem.parse import Limites, parse
from mensagem.recusa import Recusa
from persistence import operadoras, remetente
from persistence.prestadores import login_normal

if TYPE_CHECKING:
    from handlers.andamento import Andamento
    from handlers.credenciais import Credenciais
    from persistence.banco import Banco
    from persistence.prestadores import Prestador

_Q = f"{{{NS_TISS}}}"
_HASH_EM_MAIUSCULAS = "hash em maiúsculas"
_DE_OUTRO = "A mensagem é de outro prestador que não aquele por quem se entrou."


class Conferencia:
    """Confere mensagens; sem estado próprio, usada por várias threads.

    Args:
        banco: cadastro de operadoras e prestadores.
        credenciais: quem confere login e senha.
        limites: o que se aceita ler.
    """

    def __init__(self, banco: Banco, credenciais: Credenciais, limites: Limites) -> None:
        self._banco = banco
        self._credenciais = credenciais
        self._limites = limites
        self._assinaturas = Assinaturas(banco)

    def conferir(self, a: Andamento) -> etree._Element:
        """Faz todas as verificações, guardando no andamento o que cada uma descobre.

        Returns:
            O elemento de corpo do pedido, para o assunto.

        Raises:
            Recusa: a primeira verificação que falha.
        """
        etapas = a.etapas
        etapas.comecar(Etapa.LEITURA)
        mensagem = a.recebida = self._abrir(a)
        etapas.comecar(Etapa.TRANSACAO)
        if a.pedido.em_arquivo:
            a.transacao = transacao = arquivo.transacao(mensagem)
        else:
            a.transacao = transacao = contrato.transacao(mensagem, a.pedido.transacao)
        a.raiz = etree.QName(mensagem).localname
        etapas.comecar(Etapa.VERSAO)
        versao = self._versao(a, mensagem, transacao)
        etapas.comecar(Etapa.ESQUEMA)
        self._esquema(a, mensagem, versao)
        etapas.comecar(Etapa.CABECALHO)
        a.cabecalho = cabecalho_tiss.ler(mensagem)
        contrato.identificadores(a.cabecalho)
        etapas.comecar(Etapa.REMETENTE)
        self._identificar(a)
        lida = self._pelas_politicas(a, mensagem, transacao, versao)
        etapas.comecar(Etapa.CREDENCIAIS)
        if self._autenticar(a):
            lida = self._de_novo(a, transacao, versao)
        etapas.comecar(Etapa.POLITICA)
        self._assinaturas.julgar(a, lida)
        if a.pedido.em_arquivo:
            return arquivo.corpo(lida)
        corpo = lida.find(_Q + transacao.corpo_pedido)
        assert corpo is not None  # noqa: S101 - garantido pelo esquema
        return corpo

    def quem_e(self, a: Andamento) -> Prestador | None:
        """Quem enviou uma mensagem recusada antes de o provar, se há como o saber sem verificar."""
        if a.remetente is None or a.operadora is None or a.cabecalho is None:
            return None
        return self._credenciais.lembrado(
            a.remetente, a.operadora, a.cabecalho, endereco=a.pedido.endereco, agora=a.recebida_em
        )

    def _abrir(self, a: Andamento) -> etree._Element:
        limites = self._limites
        if a.pedido.transacao is not None and a.pedido.transacao.leva_arquivo:
            limites = limites.documentos or limites
        raiz = parse(a.pedido.dados, limites, a.pedido.charset)
        if a.pedido.em_arquivo:
            return raiz
        a.soap = envelope.versao_soap(raiz) or a.soap
        return envelope.abrir(raiz)

    def _versao(self, a: Andamento, mensagem: etree._Element, transacao: Transacao) -> str:
        try:
            a.versao = contrato.versao(mensagem, a.pedido.versao)
        except Recusa:
            # o esquema ainda não falou, mas a operadora pode querer mensagemErro: tenta-se saber
            # quem é, e a versão do endereço é a da resposta
            a.versao = a.pedido.versao
            if a.versao in tiss_xsd.versoes():
                self._tentar_identificar(a, mensagem)
            raise
        if not transacao.utilizavel_em(a.versao):
            raise Recusa(erros.SERVICO_SEM_VERSAO)
        return a.versao

    def _esquema(self, a: Andamento, mensagem: etree._Element, versao: str) -> None:
        try:
            contrato.esquema(mensagem, versao)
        except Recusa:
            # o arquivo deve dizer de quem é a mensagem, se o cabeçalho se deixa ler: é assim que
            # se sabe o que falta a um prestador em homologação
            self._tentar_identificar(a, mensagem)
            raise

    def _tentar_identificar(self, a: Andamento, mensagem: etree._Element) -> None:
        """Sabe de quem é uma mensagem já recusada, se der; outro erro não toma o lugar daquele."""
        a.cabecalho = cabecalho_tiss.ler_se_houver(mensagem)
        if a.cabecalho is not None:
            with suppress(Recusa):
                self._identificar(a)

    def _identificar(self, a: Andamento) -> None:
        """Uma consulta acha operadora, prestador e políticas."""
        assert a.cabecalho is not None  # noqa: S101
        destino, origem = a.cabecalho.destino, a.cabecalho.origem
        if destino is None:
            raise Recusa(erros.DESTINATARIO, "O destino deve ser o registro ANS da operadora.")
        with self._banco.consulta_avulsa() as conn:
            if origem is None:
                a.operadora = operadoras.por_registro(conn, destino)
            else:
                login = a.cabecalho.login
                a.remetente = remetente.buscar(
                    conn,
                    destino,
                    origem,
                    None if login is None else login_normal(login),
                    a.pedido.certificado,
                )
                a.operadora = a.remetente.operadora
        if a.operadora is None:
            raise Recusa(erros.DESTINATARIO)
        if a.pedido.quem_entrou is not None:
            _so_de_quem_entrou(a, a.pedido.quem_entrou)
            return
        if a.remetente is not None and a.remetente.candidatos:
            candidatos = a.remetente.candidatos
            # login e certificado escolhem entre os códigos de um CNPJ; daqui até se conferirem só
            # escolhem de quem são as políticas
            a.prestador = a.remetente.indicado or candidatos[0]
            a.prestadores = frozenset(p.id for p in candidatos)

    @staticmethod
    def _contrato(a: Andamento, transacao: Transacao, versao: str) -> None:
        assert a.cabecalho is not None  # noqa: S101
        assert a.operadora is not None  # noqa: S101
        contrato.tipo_de_transacao(a.cabecalho, transacao)
        if a.prestador is None:
            motivo = None if a.cabecalho.origem else "A origem deve ser um prestador."
            raise Recusa(erros.REMETENTE, motivo)
        if not versao_permitida(a.operadora, a.prestador, transacao, versao, dia(a.recebida_em)):
            raise Recusa(erros.VERSAO, "A operadora não aceita esta versão deste prestador.")

    @staticmethod
    def _hash(a: Andamento, mensagem: etree._Element) -> None:
        assert a.operadora is not None  # noqa: S101
        assert a.prestador is not None  # noqa: S101
        conferencia = hash_tiss.conferir(
            mensagem,
            modo_do_hash(a.operadora, a.prestador),
            compacta=hash_tiss.compacta(a.pedido.dados),
        )
        a.hash_variante = conferencia.variante
        if not conferencia.confere:
            motivo = conferencia.motivo or ""
            raise Recusa(erros.HASH, f"{motivo[:1].upper()}{motivo[1:]}.")
        dito = hash_tiss.informado(mensagem)
        em_maiusculas = conferencia.variante is not None and dito != dito.lower()
        if em_maiusculas and _HASH_EM_MAIUSCULAS not in a.avisos:
            a.avisos.append(_HASH_EM_MAIUSCULAS)

    def _de_novo(self, a: Andamento, transacao: Transacao, versao: str) -> etree._Element:
        """Versão, assinatura e hash outra vez, pelas políticas de quem se provou que enviou.

        As de antes eram de quem o login, ainda por conferir, dizia. Lê-se a mensagem outra vez
        porque a verificação tira a assinatura da árvore.
        """
        a.etapas.comecar(Etapa.LEITURA)
        mensagem = a.recebida = self._abrir(a)
        a.esquecer_assinatura()
        return self._pelas_politicas(a, mensagem, transacao, versao)

    def _pelas_politicas(
        self, a: Andamento, mensagem: etree._Element, transacao: Transacao, versao: str
    ) -> etree._Element:
        """O que se confere pelas políticas de quem envia; dá o que se assinou, ou a mensagem."""
        a.etapas.comecar(Etapa.CONTRATO)
        self._contrato(a, transacao, versao)
        a.etapas.comecar(Etapa.ASSINATURA)
        lida = self._assinaturas.ler(a, mensagem)
        a.etapas.comecar(Etapa.HASH)
        self._hash(a, lida)
        return lida

    def _autenticar(self, a: Andamento) -> bool:
        """Confere quem envia; diz se é outro que não aquele de quem se usaram as políticas."""
        assert a.cabecalho is not None  # noqa: S101
        assert a.operadora is not None  # noqa: S101
        assert a.remetente is not None  # noqa: S101
        if a.pedido.quem_entrou is not None:
            return False
        quem = self._credenciais.conferir(
            a.remetente,
            a.operadora,
            a.cabecalho,
            endereco=a.pedido.endereco,
            agora=a.recebida_em,
            certificado=a.pedido.certificado,
            avisos=a.avisos,
        )
        de_outro = a.prestador not in quem.prestadores
        if de_outro:
            a.prestador = quem.prestadores[0]
        a.prestadores = frozenset(p.id for p in quem.prestadores)
        a.autenticado = quem.provado
        return de_outro


def _so_de_quem_entrou(a: Andamento, quem: Prestador) -> None:
    """A sessão já provou quem envia: dele é o que se arquiva, e só dele pode ser a mensagem.

    Raises:
        Recusa: REMETENTE, a origem ou o destino são outros.
    """
    assert a.operadora is not None  # noqa: S101
    candidatos = () if a.remetente is None else a.remetente.candidatos
    if a.operadora.id == quem.operadora_id:
        a.prestador, a.prestadores, a.autenticado = quem, frozenset({quem.id}), True
    if a.prestador is None or all(p.id != quem.id for p in candidatos):
        raise Recusa(erros.REMETENTE, _DE_OUTRO)
