"""As recusas de um documento, e a de quem não diz a que se refere.

Os códigos de imagem (3163 a 3166) existem desde 4.00.00, e os documentos, desde 4.00.01.
"""

from __future__ import annotations

from dominio.erro import Erro, Nivel, TissFault

_P = "3.05.00"

SEM_IDENTIFICADOR = Erro(
    "sem-identificador",
    "O pedido não diz a que se refere.",
    ((_P, "5052"),),
    corrigir="Informe o número da guia, do lote ou do protocolo.",
)
GUIA_NAO_ENCONTRADA = Erro(
    "guia-nao-encontrada",
    "O lote não tem guia com esse número.",
    ((_P, "1307"),),
    corrigir="Confira o número da guia no lote enviado.",
)
ITEM_NAO_ENCONTRADO = Erro(
    "item-nao-encontrado",
    "A guia não tem item com esse sequencial.",
    ((_P, "5054"),),
    corrigir="Confira seqReferenciaItem: é o sequencialItem do procedimento ou da despesa.",
)
DOCUMENTO_DISPENSADO = Erro(
    "documento-dispensado",
    "O documento se refere a um lote ou guia que já foi cancelado.",
    ((_P, "5054"), ("4.00.00", "3163")),
    corrigir="Envie o documento com os números do lote em vigor.",
)
DOCUMENTO_DE_OUTRO_FORMATO = Erro(
    "documento-de-outro-formato",
    "O arquivo não é do formato que a mensagem declara.",
    ((_P, "5007"), ("4.00.00", "3164")),
    corrigir="Declare em formatoDocumento o formato do arquivo: JPG, PDF, PNG, TIFF ou assinado.",
)
DOCUMENTO_CORROMPIDO = Erro(
    "documento-corrompido",
    "O arquivo está vazio, incompleto ou corrompido.",
    ((_P, "5007"), ("4.00.00", "3165")),
    corrigir="Gere o arquivo de novo, confira que ele abre e envie-o inteiro.",
)
DOCUMENTO_INFECTADO = Erro(
    "documento-infectado",
    "O antivírus da operadora não aceita o arquivo.",
    ((_P, "5007"), ("4.00.00", "3165")),
    corrigir="Verifique a máquina de onde o arquivo saiu e gere-o de novo.",
)
DOCUMENTO_GRANDE = Erro(
    "documento-grande",
    "O arquivo passa do tamanho máximo permitido.",
    ((_P, "5007"), ("4.00.00", "3166")),
    corrigir="Reduza a resolução das imagens ou divida o documento.",
)
ANTIVIRUS_SEM_RESPOSTA = Erro(
    "antivirus-sem-resposta",
    "O arquivo não pôde ser examinado agora; tente novamente em instantes.",
    ((_P, "5012"), ("4.00.00", "3160")),
    Nivel.MENSAGEM,
    TissFault.INESPERADO,
    sempre_fault=True,
    http=503,
    corrigir="Repita a mesma mensagem depois de alguns segundos.",
)
DEPOSITO_SEM_RESPOSTA = Erro(
    "deposito-sem-resposta",
    "O arquivo não pôde ser guardado agora; tente novamente em instantes.",
    ((_P, "5012"), ("4.00.00", "3160")),
    Nivel.MENSAGEM,
    TissFault.INESPERADO,
    sempre_fault=True,
    http=503,
    corrigir="Repita a mesma mensagem depois de alguns segundos.",
)
