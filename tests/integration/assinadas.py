"""Mensagens assinadas por titulares da ICP inventada, e mesas que confiam nela."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import certificados as icp
from cryptography.hazmat.primitives.serialization import Encoding
from integration.recepcao import EM_VIGOR, Mesa, lote, pronta

from dominio.lote import Identificacao
from mensagem.assinatura import assinar
from mensagem.assinatura.chave import ChaveDeAssinatura
from mensagem.certificados import chave_do_emissor, impressao
from mensagem.certificados.leitura import der, nome_comum
from mensagem.certificados.revogacao import ler_lista
from persistence import confianca, prestadores, revogados
from persistence.confianca import CertificadoGuardado
from persistence.revogados import Edicao

if TYPE_CHECKING:
    from cryptography import x509
    from lxml import etree

    from persistence.banco import Banco
    from persistence.operadoras import Operadora

LISTA_DA_AC = "http://lcr.exemplo.com.br/ac.crl"
LISTA_DA_RAIZ = "http://lcr.exemplo.com.br/raiz.crl"


def ac() -> icp.Autoridade:
    """A autoridade que emite os titulares destes testes."""
    return icp.intermediaria(crl=LISTA_DA_RAIZ)


def titular(**opcoes: Any) -> icp.Par:
    """Um titular do CNPJ do prestador, salvo opção em contrário."""
    return ac().titular(**{"crl": LISTA_DA_AC, **opcoes})


def chave(par: icp.Par) -> ChaveDeAssinatura:
    """A chave de um titular, com os intermediários que vão na mensagem."""
    return ChaveDeAssinatura(par.chave, par.certificado, par.emissores[:-1])


def assinada(mensagem: etree._Element, par: icp.Par) -> bytes:
    """O envelope de uma mensagem selada, assinada por um titular."""
    return pronta(assinar(mensagem, chave(par)), selar=False)


def lote_assinado(par: icp.Par, versao: str = EM_VIGOR, **opcoes: Any) -> bytes:
    """O envelope de um lote assinado."""
    return assinada(lote(versao=versao, **opcoes), par)


def guardado(operadora_id: int, certificado: x509.Certificate, tipo: str) -> CertificadoGuardado:
    """Um certificado como se guarda."""
    return CertificadoGuardado(
        operadora_id,
        tipo,
        impressao(certificado),
        nome_comum(certificado.subject),
        certificado.not_valid_before_utc,
        certificado.not_valid_after_utc,
        der(certificado),
    )


def confiar(mesa: Mesa, *, listas: bool = True, revogados_: tuple[icp.Par, ...] = ()) -> None:
    """Põe a raiz inventada entre as âncoras da operadora, com as suas listas de revogados."""
    raiz = icp.raiz()
    with mesa.banco.escrita() as conn:
        confianca.guardar(conn, guardado(mesa.operadora.id, raiz.certificado, "ancora"))
    if listas:
        guardar_lista(mesa.banco, mesa.operadora, raiz, LISTA_DA_RAIZ)
        guardar_lista(mesa.banco, mesa.operadora, ac(), LISTA_DA_AC, revogados_)


def guardar_lista(
    banco: Banco,
    operadora: Operadora,
    emissor: icp.Autoridade,
    ponto: str,
    quais: tuple[icp.Par, ...] = (),
    **opcoes: Any,
) -> None:
    """Guarda a lista de revogados de uma autoridade."""
    emitida = emissor.lcr(tuple(par.certificado for par in quais), **opcoes)
    lida = ler_lista(_bytes(emitida), emissor.certificado)
    with banco.escrita() as conn:
        id_lista = revogados.pedir(
            conn,
            operadora.id,
            chave_emissor=chave_do_emissor(emissor.certificado),
            enderecos=[ponto] if ponto else [],
            emissor=nome_comum(emissor.certificado.subject),
            emissor_der=emissor.der,
            agora=None,
        )
        lista = next(x for x in revogados.listar(conn, operadora.id) if x.id == id_lista)
    revogados.guardar(
        banco,
        lista,
        Edicao(lida.emitida_em, lida.proxima_em, lida.sha256, lida.tamanho),
        lida.revogados(),
        agora=lida.emitida_em,
        tentar_em=None,
    )


def _bytes(lista: x509.CertificateRevocationList) -> bytes:
    return lista.public_bytes(Encoding.DER)


def politica(mesa: Mesa, **valores: Any) -> None:
    """Muda a política de assinatura do prestador da mesa."""
    with mesa.banco.escrita() as conn:
        confianca.politica_do_prestador(conn, mesa.operadora.id, mesa.prestador.id, valores)


def relido(mesa: Mesa) -> prestadores.Prestador:
    """O prestador da mesa como está no banco."""
    dito = Identificacao("codigo", mesa.prestador.codigo)
    with mesa.banco.leitura() as conn:
        return prestadores.resolver(conn, mesa.operadora.id, [dito])[dito][0]
