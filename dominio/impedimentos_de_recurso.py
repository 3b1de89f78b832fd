"""Os motivos por que uma resposta a um recurso, ou um rascunho dele, não se faz."""

from __future__ import annotations

from dominio.impedimento import Motivo, Natureza

_C = Natureza.CONFLITO
_A = Natureza.AUSENTE

RECURSO_AUSENTE = Motivo(
    "recurso-ausente", "Não há recurso com este número na operadora; confira-o.", _A
)
LINHA_AUSENTE = Motivo("recurso-linha-ausente", "O recurso não tem esta linha.", _A)
LINHA_REPETIDA = Motivo(
    "recurso-linha-repetida", "O pedido responde a mesma linha mais de uma vez; diga-a uma só."
)
LINHAS_POR_RESPONDER = Motivo(
    "recurso-por-responder", "Há linhas sem resposta; responda-as antes de finalizar.", _C
)
RECURSO_FECHADO = Motivo(
    "recurso-fechado", "O recurso já foi respondido ou cancelado; reabra-o para mudar.", _C
)
RECURSO_NAO_RESPONDIDO = Motivo(
    "recurso-nao-respondido", "O recurso ainda não foi respondido; não há o que reabrir.", _C
)
ACATADO_INVALIDO = Motivo(
    "acatado-invalido",
    "O valor acatado vai de 0.00 ao recursado, ao centavo, e o das partes soma o da linha.",
)
SEM_JUSTIFICATIVA = Motivo(
    "recurso-sem-justificativa", "O que não se acata por inteiro leva uma justificativa."
)
SEM_RESPOSTA = Motivo(
    "recurso-sem-resposta",
    "Uma linha sem valor se responde dizendo se é aceita.",
)
COM_PAGAMENTO = Motivo(
    "recurso-com-pagamento",
    "O que se acatou está num pagamento; cancele-o ou estorne-o antes.",
    _C,
)
SALDO_TOMADO = Motivo(
    "recurso-saldo-tomado", "Outro recurso já contesta o mesmo; responda-o antes de reabrir.", _C
)
COM_RECURSO = Motivo(
    "com-recurso",
    "O protocolo tem recurso por responder ou acatado; cuide dele antes de mudar a análise.",
    _C,
)
PASSAGEM_DO_RECURSO = Motivo(
    "passagem-do-recurso",
    "A situação de um recurso muda quando se analisa, responde, reabre, paga ou cancela.",
    _C,
)
RASCUNHO_AUSENTE = Motivo("rascunho-ausente", "Não há este rascunho.", _A)
RASCUNHO_ENVIADO = Motivo(
    "rascunho-enviado", "O rascunho já foi enviado; o recurso que fez não se muda.", _C
)
RASCUNHO_INVALIDO = Motivo("rascunho-invalido", "O conteúdo do rascunho não é o de um recurso.")
RECURSO_CANCELADO = Motivo(
    "recurso-cancelado", "O recurso foi cancelado; faça outro e junte o documento a ele.", _C
)
ANEXO_AUSENTE = Motivo("anexo-ausente", "O rascunho não tem este anexo.", _A)
ANEXO_RECUSADO = Motivo(
    "anexo-recusado",
    "A operadora não aceita este formato, ou os bytes do arquivo são de outra coisa.",
)
TAMANHO_DO_ANEXO = Motivo(
    "tamanho-do-anexo", "O arquivo está vazio ou passa do tamanho que a operadora aceita."
)
TIPO_DO_ANEXO = Motivo(
    "tipo-do-anexo", "O tipo do documento não é de dm_tipoDocumento, como 05 (justificativa)."
)
ANEXOS_DEMAIS = Motivo(
    "anexos-demais", "O rascunho já tem os anexos que pode ter; junte-os num arquivo só.", _C
)
