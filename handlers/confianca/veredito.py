"""O que se concluiu do certificado de uma assinatura íntegra, e como isso se diz e se guarda."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from dominio import erros
from mensagem import certificados
from mensagem.certificados.leitura import nome_comum
from mensagem.certificados.revogacao import serie
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from dominio.erros import Erro
    from mensagem.assinatura import Verificada
    from mensagem.certificados import Motivo


class Cadeia(StrEnum):
    """Se o certificado leva a uma âncora."""

    CONFIAVEL = "cadeia confiável"
    NAO_VERIFICADA = "cadeia não verificada"
    INVALIDA = "cadeia recusada"


class Revogacao(StrEnum):
    """O que as listas de revogados dizem."""

    VALE = "não revogado"
    REVOGADO = "revogado"
    AUTORIDADE_REVOGADA = "autoridade revogada"
    SEM_LISTA = "revogação não verificada: falta a lista"
    SEM_PONTO = "revogação não verificada: certificado sem endereço de lista"
    LISTA_VENCIDA = "revogação não verificada: lista vencida"
    NAO_VERIFICADA = "revogação não verificada"


class Titularidade(StrEnum):
    """De quem é o certificado."""

    CONFERE = "titular confere"
    OUTRO = "outro titular"
    SEM_DOCUMENTO = "titular sem CNPJ nem CPF"


_ERRO_DA_CADEIA: dict[Motivo, Erro] = {
    certificados.Motivo.VENCIDO: erros.CERTIFICADO_VENCIDO,
    certificados.Motivo.AINDA_NAO_VALE: erros.CERTIFICADO_VENCIDO,
    certificados.Motivo.SEM_USO: erros.CERTIFICADO_INVALIDO,
    certificados.Motivo.OUTRA_FINALIDADE: erros.CERTIFICADO_INVALIDO,
}
_TEXTO_DA_REVOGACAO = {
    Revogacao.AUTORIDADE_REVOGADA: "Uma autoridade da cadeia foi revogada.",
    Revogacao.SEM_LISTA: (
        "Ainda não se tem a lista de revogados da autoridade; tente de novo em alguns minutos."
    ),
    Revogacao.SEM_PONTO: "O certificado não diz onde está a sua lista de revogados.",
    Revogacao.LISTA_VENCIDA: (
        "A lista de revogados da autoridade venceu e a nova não pôde ser obtida; fale com a"
        " operadora."
    ),
}
_TEXTO_DO_TITULAR = {
    Titularidade.OUTRO: "O certificado é de outro titular que não o prestador que envia.",
    Titularidade.SEM_DOCUMENTO: "O certificado não diz o CNPJ nem o CPF do titular.",
}


class Veredito(NamedTuple):
    """O juízo sobre o certificado de uma assinatura íntegra.

    Attributes:
        cadeia: se leva a uma âncora.
        motivo: por que não leva.
        texto_da_cadeia: o motivo em português.
        revogacao: o que as listas dizem.
        titular: de quem é.
        nao_repudio: se tem o uso nonRepudiation; ausente quando a cadeia não foi aceita.
    """

    cadeia: Cadeia
    motivo: Motivo | None
    texto_da_cadeia: str | None
    revogacao: Revogacao
    titular: Titularidade
    nao_repudio: bool | None

    @property
    def resumo(self) -> str:
        """Uma linha para listas e para o arquivo."""
        if self.cadeia is Cadeia.NAO_VERIFICADA:
            return f"íntegra, {self.cadeia}"
        if self.cadeia is Cadeia.INVALIDA:
            return f"íntegra, {self.cadeia}: {self.motivo}"
        return f"íntegra, {self.cadeia}, {self.revogacao}, {self.titular}"

    @property
    def aviso(self) -> str | None:
        """Nome estável do que não está bem; ``None`` quando está, ou não se pôde conferir."""
        if self.cadeia is Cadeia.NAO_VERIFICADA:
            return None
        if self.cadeia is Cadeia.INVALIDA:
            return f"assinatura: {self.motivo}"
        if self.revogacao in (Revogacao.REVOGADO, Revogacao.AUTORIDADE_REVOGADA):
            return f"assinatura: {self.revogacao}"
        return None if self.titular is Titularidade.CONFERE else f"assinatura: {self.titular}"

    @property
    def aceita_sem_titular(self) -> bool:
        """Se nada há contra o certificado, seja de quem for."""
        if self.cadeia is Cadeia.CONFIAVEL:
            return self.revogacao not in (Revogacao.REVOGADO, Revogacao.AUTORIDADE_REVOGADA)
        return self.cadeia is Cadeia.NAO_VERIFICADA

    def recusa(self) -> Recusa | None:
        """A recusa de quem exige assinatura inteira, ou ``None`` se nada falta."""
        if self.cadeia is not Cadeia.CONFIAVEL:
            erro = erros.CADEIA_INVALIDA
            if self.motivo is not None:
                erro = _ERRO_DA_CADEIA.get(self.motivo, erro)
            return Recusa(erro, self.texto_da_cadeia)
        if self.revogacao is Revogacao.REVOGADO:
            return Recusa(erros.CERTIFICADO_REVOGADO)
        if self.revogacao is not Revogacao.VALE:
            return Recusa(erros.CADEIA_INVALIDA, _TEXTO_DA_REVOGACAO.get(self.revogacao))
        if self.titular is not Titularidade.CONFERE:
            return Recusa(erros.CERTIFICADO_INVALIDO, _TEXTO_DO_TITULAR[self.titular])
        return None


def detalhes(verificada: Verificada, veredito: Veredito) -> dict[str, Any]:
    """O que o arquivo guarda de uma assinatura íntegra."""
    certificado, xades = verificada.certificado, verificada.xades
    dados: dict[str, Any] = {
        "integridade": "íntegra",
        "cadeia": veredito.cadeia,
        "revogacao": veredito.revogacao,
        "titular": veredito.titular,
        "grafia": verificada.grafia,
        "algoritmo": verificada.algoritmo,
        "digest": verificada.digest,
        "canonicalizacao": verificada.canonicalizacao,
        "certificado": {
            "sha256": certificados.impressao(certificado),
            "nome": nome_comum(certificado.subject),
            "emissor": nome_comum(certificado.issuer),
            "serie": serie(certificado.serial_number),
            "vale_ate": certificado.not_valid_after_utc.isoformat(),
        },
    }
    if veredito.motivo is not None:
        dados["motivo"] = veredito.motivo
    if veredito.nao_repudio is not None:
        dados["nao_repudio"] = veredito.nao_repudio
    if xades is not None:
        assinada_em = None if xades.assinada_em is None else xades.assinada_em.isoformat()
        dados["xades"] = {"assinada_em": assinada_em, "politica": xades.politica}
    return dados
