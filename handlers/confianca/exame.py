"""O exame do certificado de uma assinatura: cadeia, revogação e titular."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509

from handlers.confianca.veredito import Cadeia, Revogacao, Titularidade, Veredito
from mensagem import certificados
from mensagem.certificados import CadeiaInvalida, Loja
from mensagem.certificados.leitura import der, nome_comum
from mensagem.certificados.revogacao import serie
from persistence import confianca, revogados

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from persistence.banco import Banco
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador

TOLERANCIA = timedelta(hours=24)
"""Quanto uma lista de revogados ainda vale depois do seu ``nextUpdate``."""
_RAIZ_DO_CNPJ = 8
_VAZIA = Loja(())


class _Emitido(NamedTuple):
    """Um certificado da cadeia com quem o emitiu."""

    certificado: x509.Certificate
    emissor: x509.Certificate


class Confianca:
    """Julga certificados; uma instância por processo, usada por várias threads.

    Args:
        banco: âncoras, intermediários e listas de revogados.
    """

    def __init__(self, banco: Banco) -> None:
        self._banco = banco
        self._lojas: dict[int, tuple[int, Loja]] = {}

    def julgar(
        self,
        folha: x509.Certificate,
        enviados: Sequence[x509.Certificate],
        operadora: Operadora,
        prestador: Prestador,
        *,
        em: datetime,
        mesma_raiz: bool = False,
    ) -> Veredito:
        """O juízo sobre quem assinou.

        Uma lista de revogados que ainda não se tem passa a ser buscada; só se busca o que uma
        cadeia aceita pede, porque o endereço vem do certificado.

        Args:
            folha: o certificado que assinou.
            enviados: os que vieram na assinatura.
            operadora: de quem são as âncoras.
            prestador: quem deve ser o titular.
            em: instante em UTC.
            mesma_raiz: se basta a raiz do CNPJ.
        """
        titular = _titularidade(folha, prestador, mesma_raiz=mesma_raiz)
        loja = self._loja(operadora)
        if loja.vazia:
            return Veredito(
                Cadeia.NAO_VERIFICADA, None, None, Revogacao.NAO_VERIFICADA, titular, None
            )
        try:
            cadeia = loja.cadeia(folha, enviados, em)
        except CadeiaInvalida as falha:
            return Veredito(
                Cadeia.INVALIDA,
                falha.motivo,
                falha.texto,
                Revogacao.NAO_VERIFICADA,
                titular,
                None,
            )
        revogacao = self._revogacao(operadora.id, cadeia.certificados, em)
        return Veredito(Cadeia.CONFIAVEL, None, None, revogacao, titular, cadeia.nao_repudio)

    def _loja(self, operadora: Operadora) -> Loja:
        if operadora.confianca_revisao == 0:
            return _VAZIA
        revisao, loja = self._lojas.get(operadora.id, (0, _VAZIA))
        if revisao != operadora.confianca_revisao:
            loja = carregar(self._banco, operadora.id)
            self._lojas[operadora.id] = (operadora.confianca_revisao, loja)
        return loja

    def _revogacao(
        self, operadora_id: int, caminho: Sequence[x509.Certificate], em: datetime
    ) -> Revogacao:
        emitidos = [_Emitido(c, caminho[i + 1]) for i, c in enumerate(caminho[:-1])]
        faltam: list[_Emitido] = []
        achados: list[Revogacao] = []
        # cada consulta responde por um certificado, e não precisam de ver a mesma fotografia
        with self._banco.consulta_avulsa() as conn:
            for n, emitido in enumerate(emitidos):
                pontos = certificados.pontos(emitido.certificado)
                consulta = revogados.consultar(
                    conn,
                    operadora_id,
                    certificados.chave_do_emissor(emitido.emissor),
                    pontos[0] if pontos else "",
                    serie(emitido.certificado.serial_number),
                )
                if consulta is None and pontos:
                    faltam.append(emitido)
                sem_ponto = consulta is None and not pontos
                achados.append(
                    Revogacao.SEM_PONTO if sem_ponto else _situacao(consulta, em, da_folha=n == 0)
                )
        if faltam:
            self._pedir(operadora_id, faltam, em)
        # o pior é o que conta, e por esta ordem
        ordem = (
            Revogacao.REVOGADO,
            Revogacao.AUTORIDADE_REVOGADA,
            Revogacao.SEM_PONTO,
            Revogacao.SEM_LISTA,
            Revogacao.LISTA_VENCIDA,
        )
        return next((pior for pior in ordem if pior in achados), Revogacao.VALE)

    def _pedir(self, operadora_id: int, faltam: Sequence[_Emitido], em: datetime) -> None:
        with self._banco.escrita() as conn:
            for falta in faltam:
                revogados.pedir(
                    conn,
                    operadora_id,
                    chave_emissor=certificados.chave_do_emissor(falta.emissor),
                    enderecos=certificados.pontos(falta.certificado),
                    emissor=nome_comum(falta.emissor.subject),
                    emissor_der=der(falta.emissor),
                    agora=em,
                )


def carregar(banco: Banco, operadora_id: int) -> Loja:
    """As âncoras e os intermediários de uma operadora, prontos para conferir cadeias."""
    with banco.leitura() as conn:
        guardados = confianca.certificados(conn, operadora_id)
    por_tipo: dict[str, list[x509.Certificate]] = {"ancora": [], "intermediaria": []}
    for guardado in guardados:
        por_tipo[guardado.tipo].append(x509.load_der_x509_certificate(guardado.der))
    return Loja(por_tipo["ancora"], por_tipo["intermediaria"])


def _situacao(consulta: revogados.Consulta | None, em: datetime, *, da_folha: bool) -> Revogacao:
    if consulta is not None and consulta.revogado:
        return Revogacao.REVOGADO if da_folha else Revogacao.AUTORIDADE_REVOGADA
    if consulta is None or consulta.proxima_em is None:
        return Revogacao.SEM_LISTA
    if em > consulta.proxima_em + TOLERANCIA:
        return Revogacao.LISTA_VENCIDA
    return Revogacao.VALE


def _titularidade(
    folha: x509.Certificate, prestador: Prestador, *, mesma_raiz: bool
) -> Titularidade:
    titular = certificados.titular(folha)
    if titular.cnpj is None and titular.cpf is None:
        return Titularidade.SEM_DOCUMENTO
    if prestador.cnpj is not None and titular.cnpj is not None:
        tamanho = _RAIZ_DO_CNPJ if mesma_raiz else None
        confere = titular.cnpj[:tamanho] == prestador.cnpj[:tamanho]
    else:
        confere = titular.cpf is not None and titular.cpf == prestador.cpf
    return Titularidade.CONFERE if confere else Titularidade.OUTRO
