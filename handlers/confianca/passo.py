"""A assinatura no caminho de uma mensagem: integridade antes do hash, confiança depois do login."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from dominio import erros
from dominio.competencia import dia
from handlers.confianca.exame import Confianca
from handlers.confianca.politica import Modo, em_vigor
from handlers.confianca.veredito import detalhes
from mensagem import cabecalho as cabecalho_tiss
from mensagem import contrato
from mensagem.assinatura import AssinaturaInvalida, Verificada, verificar, verificar_guias
from mensagem.recusa import Recusa
from persistence import confianca

if TYPE_CHECKING:
    from lxml import etree

    from handlers.andamento import Andamento
    from handlers.confianca.politica import Politica
    from persistence.banco import Banco

SEM_ASSINATURA = "assinatura: deixou de vir"
COM_SHA1 = "assinatura: SHA-1"
DE_GUIA = "assinatura: guia com assinatura que não vale"
_log = structlog.get_logger("assinatura")


class Assinaturas:
    """Confere a assinatura das mensagens; usada por várias threads.

    Args:
        banco: políticas, âncoras e listas de revogados.
    """

    def __init__(self, banco: Banco) -> None:
        self._banco = banco
        self._confianca = Confianca(banco)

    def ler(self, a: Andamento, mensagem: etree._Element) -> etree._Element:
        """Verifica a integridade e dá a árvore de que os dados se leem.

        Daqui em diante nada se lê da árvore recebida: de uma mensagem assinada vale só o que se
        assinou. Uma assinatura quebrada ainda não recusa, porque hash e login falam antes.

        Args:
            a: o que se sabe da mensagem; a operadora e o prestador já são conhecidos.
            mensagem: a árvore recebida, que pode perder a assinatura.
        """
        if not contrato.tem_assinatura(mensagem):
            return mensagem
        politica = _politica(a)
        if politica.modo is Modo.OFF:
            a.assinatura = "presente, não verificada"
            return mensagem
        try:
            a.verificada = verificar(mensagem, aceitar_sha1=politica.aceita_sha1)
        except AssinaturaInvalida as falha:
            a.assinatura = f"quebrada: {falha.motivo}"
            a.detalhes_da_assinatura = {"integridade": "quebrada", "motivo": falha.motivo}
            a.recusa_da_assinatura = Recusa(erros.ASSINATURA_INVALIDA, _frase(falha.texto))
            return mensagem
        if a.verificada is None:
            return mensagem
        lida = a.verificada.lida
        if cabecalho_tiss.ler(lida) != a.cabecalho:
            raise Recusa(erros.ASSINATURA_INVALIDA)
        return lida

    def julgar(self, a: Andamento, lida: etree._Element) -> None:
        """Aplica a política ao que se verificou; login e certificado já se conferiram.

        Uma assinatura a que nada falta prova quem enviou, como uma senha.

        Raises:
            Recusa: a política não aceita a assinatura, ou a falta dela.
        """
        politica = _politica(a)
        if politica.modo is Modo.OFF:
            return
        if a.recusa_da_assinatura is not None:
            _registrar("assinatura quebrada", a, motivo=a.assinatura)
            raise a.recusa_da_assinatura
        if a.verificada is None:
            self._ausente(a, politica)
        else:
            self._presente(a, politica, a.verificada)
        guias = self._guias(a, lida, politica)
        if guias:
            a.detalhes_da_assinatura = {**(a.detalhes_da_assinatura or {}), "guias": guias}

    def _ausente(self, a: Andamento, politica: Politica) -> None:
        assert a.prestador is not None  # noqa: S101
        if politica.modo is Modo.REQUIRED:
            raise Recusa(erros.ASSINATURA_AUSENTE)
        if a.prestador.assina_desde is None:
            return
        _registrar("prestador que assina enviou sem assinatura", a)
        a.avisos.append(SEM_ASSINATURA)
        if politica.recusa_ausencia:
            raise Recusa(erros.ASSINATURA_AUSENTE, "As mensagens anteriores vieram assinadas.")

    def _presente(self, a: Andamento, politica: Politica, verificada: Verificada) -> None:
        assert a.operadora is not None  # noqa: S101
        assert a.prestador is not None  # noqa: S101
        veredito = self._confianca.julgar(
            verificada.certificado,
            verificada.certificados_enviados,
            a.operadora,
            a.prestador,
            em=a.recebida_em,
            mesma_raiz=politica.mesma_raiz,
        )
        a.assinatura = veredito.resumo
        a.detalhes_da_assinatura = detalhes(verificada, veredito)
        if verificada.sha1:
            a.avisos.append(COM_SHA1)
            _registrar("assinatura com SHA-1", a)
        if veredito.aviso is not None:
            a.avisos.append(veredito.aviso)
            _registrar("assinatura sem confiança", a, veredito=veredito.resumo)
        recusa = veredito.recusa()
        if politica.modo is Modo.REQUIRED and recusa is not None:
            raise recusa
        a.autenticado = a.autenticado or recusa is None
        # anotá-lo por uma assinatura qualquer deixaria um estranho fechar a porta ao prestador
        if a.autenticado and a.prestador.assina_desde is None:
            with self._banco.escrita() as conn:
                confianca.anotar_que_assina(conn, a.operadora.id, a.prestador.id, a.recebida_em)

    def _guias(
        self, a: Andamento, lida: etree._Element, politica: Politica
    ) -> list[dict[str, Any]]:
        """O veredito da assinatura própria de cada guia; nenhuma norma a exige, e só se anota."""
        vereditos = []
        for guia in verificar_guias(lida, aceitar_sha1=politica.aceita_sha1):
            dados: dict[str, Any] = {"posicao": guia.posicao, "numero": guia.numero}
            if guia.verificada is None:
                dados |= {"situacao": "quebrada", "motivo": guia.motivo}
                bem = False
            else:
                # a guia é assinada por quem atendeu, que não é sempre o prestador que envia
                assert a.operadora is not None  # noqa: S101
                assert a.prestador is not None  # noqa: S101
                veredito = self._confianca.julgar(
                    guia.verificada.certificado,
                    guia.verificada.certificados_enviados,
                    a.operadora,
                    a.prestador,
                    em=a.recebida_em,
                )
                dados["situacao"] = veredito.resumo
                bem = veredito.aceita_sem_titular
            if not bem and DE_GUIA not in a.avisos:
                a.avisos.append(DE_GUIA)
            vereditos.append(dados)
        return vereditos


def _politica(a: Andamento) -> Politica:
    assert a.operadora is not None  # noqa: S101
    assert a.prestador is not None  # noqa: S101
    return em_vigor(a.operadora, a.prestador, dia(a.recebida_em))


def _registrar(evento: str, a: Andamento, **mais: Any) -> None:
    assert a.operadora is not None  # noqa: S101
    assert a.prestador is not None  # noqa: S101
    _log.warning(
        evento,
        mensagem=a.pedido.id,
        operadora=a.operadora.registro_ans,
        prestador=a.prestador.codigo,
        **mais,
    )


def _frase(texto: str) -> str:
    return f"{texto[:1].upper()}{texto[1:]}."
