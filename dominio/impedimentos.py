"""Os motivos por que uma análise ou um pagamento não se faz."""

from __future__ import annotations

from dominio.impedimento import Motivo, Natureza

_C = Natureza.CONFLITO
_A = Natureza.AUSENTE

# --- comuns ------------------------------------------------------------------------------------
PROTOCOLO_AUSENTE = Motivo(
    "protocolo-ausente", "Não há lote com este protocolo na operadora; confira o número.", _A
)
GUIA_AUSENTE = Motivo(
    "guia-ausente", "O protocolo não tem a guia; confira a posição ou o número dela.", _A
)
ITEM_AUSENTE = Motivo(
    "item-ausente", "A guia não tem o item; confira a posição ou o sequencial dele.", _A
)
CHAVE_REUSADA = Motivo(
    "chave-reusada",
    "A chave já foi usada com outro conteúdo; repita o pedido igual ou use outra chave.",
    _C,
)
CHAVE_INVALIDA = Motivo(
    "chave-invalida", "A chave do pedido tem de 1 a 200 caracteres, sem espaços nas pontas."
)
REVISAO_ANTIGA = Motivo(
    "revisao-antiga",
    "Outra pessoa mudou isto depois da leitura; leia de novo e repita sobre a revisão atual.",
    _C,
)
SITUACAO = Motivo(
    "situacao", "A situação em que o protocolo está não permite isto; consulte o seu histórico.", _C
)
NUMERO_OCUPADO = Motivo(
    "numero-ocupado",
    "O número do lote já é de outro lote do prestador; este protocolo não pode ser reaberto.",
    _C,
)
TEXTO_INVALIDO = Motivo(
    "texto-invalido",
    "O texto passa do tamanho que o padrão dá ao campo ou tem caracteres de controle.",
)

# --- situação ----------------------------------------------------------------------------------
PASSAGEM_DA_ANALISE = Motivo(
    "passagem-da-analise",
    "Só a finalização da análise leva o protocolo a esta situação; finalize-a.",
    _C,
)
PASSAGEM_DA_REABERTURA = Motivo(
    "passagem-da-reabertura",
    "Só a reabertura da análise tira o protocolo desta situação; reabra-a.",
    _C,
)
PASSAGEM_DA_LIBERACAO = Motivo(
    "passagem-da-liberacao",
    "Só a liberação para pagamento leva o protocolo a esta situação; libere-o.",
    _C,
)
PASSAGEM_DA_RETIRADA = Motivo(
    "passagem-da-retirada",
    "Só a retirada da liberação leva o protocolo a esta situação; retire-a.",
    _C,
)
PASSAGEM_DO_PAGAMENTO = Motivo(
    "passagem-do-pagamento",
    "Só a confirmação de um pagamento leva o protocolo a esta situação; confirme-o.",
    _C,
)
PASSAGEM_DO_ESTORNO = Motivo(
    "passagem-do-estorno",
    "Só o estorno do pagamento leva o protocolo a esta situação; estorne-o.",
    _C,
)

# --- análise -----------------------------------------------------------------------------------
GUIA_REPETIDA = Motivo(
    "guia-repetida", "A mesma guia vem duas vezes no pedido; junte os resultados numa só."
)
ITEM_REPETIDO = Motivo(
    "item-repetido", "O mesmo item, com o mesmo grau de participação, vem duas vezes na guia."
)
GRAU_INVALIDO = Motivo(
    "grau-invalido",
    "O grau de participação não existe na versão do lote; um item sem graus vem inteiro.",
)
GUIA_CANCELADA = Motivo(
    "guia-cancelada", "A guia foi cancelada e não se analisa; retire-a do pedido.", _C
)
CODIGO_DESCONHECIDO = Motivo(
    "codigo-desconhecido", "O código de glosa não existe na tabela 38 de nenhuma versão."
)
CODIGO_DE_OUTRA_VERSAO = Motivo(
    "codigo-de-outra-versao",
    "O código de glosa não existe na versão em que o lote veio; use um que ela tenha.",
)
VALOR_INVALIDO = Motivo(
    "valor-invalido", "O valor tem mais casas decimais do que o padrão guarda ou não é um número."
)
VALOR_NEGATIVO = Motivo(
    "valor-negativo", "Um valor processado, liberado ou de glosa não pode ser negativo aqui."
)
VALOR_GRANDE = Motivo("valor-grande", "O valor não cabe no campo da versão em que o lote veio.")
LIBERADO_ACIMA = Motivo("liberado-acima", "O liberado passa do processado.")
GLOSA_ACIMA = Motivo(
    "glosa-acima", "As glosas do nível passam do que há para liberar nele; reveja os valores."
)
EQUACAO = Motivo(
    "equacao-de-valores",
    "Os valores do item não fecham pela política da operadora; confira-os com a soma das glosas.",
)
SOMA_DA_GUIA = Motivo(
    "soma-da-guia",
    "Os valores ditos para a guia não são a soma dos seus itens com as glosas da guia.",
)
SOMA_DAS_GLOSAS = Motivo(
    "soma-das-glosas", "A glosa dita para o item não é a soma das glosas que ele traz."
)
SOMA_DOS_GRAUS = Motivo(
    "soma-dos-graus",
    "O informado de cada grau de participação não pode faltar, e a soma é o informado do item.",
)
RESULTADO_INCOMPLETO = Motivo(
    "resultado-incompleto",
    "Falta o resultado de uma guia ou item; registre-o ou peça que se complete com o informado.",
    _C,
)
ESPERA_PESSOA = Motivo(
    "espera-pessoa",
    "Uma regra deixou a guia para uma pessoa decidir; registre o resultado dela.",
    _C,
)
ANALISE_FINALIZADA = Motivo(
    "analise-finalizada", "A análise já foi finalizada; reabra-a para mudar resultados.", _C
)
SEM_ANALISE = Motivo(
    "sem-analise", "O protocolo não tem análise finalizada; finalize-a primeiro.", _C
)
NADA_A_DESFAZER = Motivo(
    "nada-a-desfazer", "Ainda não se registrou nada disto na análise; não há o que desfazer.", _C
)
JA_PAGO = Motivo("ja-pago", "O protocolo já tem pagamento; estorne-o antes de mudar a análise.", _C)
REGRA_DESCONHECIDA = Motivo("regra-desconhecida", "Não há regra de análise com este nome.", _A)

# --- pagamento ---------------------------------------------------------------------------------
PAGAMENTO_AUSENTE = Motivo("pagamento-ausente", "Não há este pagamento na operadora.", _A)
PRESTADOR_AUSENTE = Motivo("prestador-ausente", "Não há este prestador na operadora.", _A)
ESTADO_DO_PAGAMENTO = Motivo(
    "estado-do-pagamento", "O estado em que o pagamento está não permite isto.", _C
)
NADA_A_PAGAR = Motivo(
    "nada-a-pagar", "O pagamento não tem nenhuma guia liberada; diga que protocolos paga."
)
NAO_LIBERADO = Motivo("nao-liberado", "O protocolo ou a guia não está liberado para pagamento.", _C)
GUIA_JA_PAGA = Motivo("guia-ja-paga", "A guia já está noutro pagamento.", _C)
DE_OUTRO_PRESTADOR = Motivo(
    "de-outro-prestador", "O protocolo é de outro prestador; um pagamento é de um só."
)
HOMOLOGACAO = Motivo("homologacao", "O protocolo é de homologação e nunca se paga.", _C)
MUDOU_DEPOIS = Motivo(
    "mudou-depois",
    "O que o protocolo libera mudou depois de o pagamento ser feito; refaça o pagamento.",
    _C,
)
COM_PAGAMENTO_PREVISTO = Motivo(
    "com-pagamento-previsto",
    "O protocolo está num pagamento ainda não desfeito; cancele-o ou estorne-o antes.",
    _C,
)
DADOS_BANCARIOS = Motivo(
    "dados-bancarios",
    "Banco, agência ou conta não cabem no padrão (4, 7 e 20 caracteres).",
)
LANCAMENTO_INVALIDO = Motivo(
    "lancamento-invalido",
    "Um débito ou crédito tem valor maior que zero e descrição de 1 a 40 caracteres.",
)
LIQUIDO_NEGATIVO = Motivo(
    "liquido-negativo", "Os débitos passam do que se paga; reveja-os antes de confirmar.", _C
)
MOTIVO_AUSENTE = Motivo("motivo-ausente", "Diga o motivo.")
NOTA_AUSENTE = Motivo("nota-ausente", "O pagamento não tem esta nota fiscal.", _A)
NOTA_PENDENTE = Motivo(
    "nota-pendente", "O pagamento espera uma nota fiscal aceita pela operadora.", _C
)
NOTA_EXISTENTE = Motivo(
    "nota-existente", "O pagamento já tem uma nota fiscal que não foi recusada.", _C
)
VALOR_DA_NOTA = Motivo(
    "valor-da-nota", "O valor da nota fiscal não é o bruto do pagamento; corrija a nota."
)
DADOS_DA_NOTA = Motivo(
    "dados-da-nota", "Número (até 20) e série (até 5) da nota não podem faltar nem ser maiores."
)
FORMATO_DO_ARQUIVO = Motivo(
    "formato-do-arquivo",
    "O arquivo da nota não é DOC, DOCX, XLS, PDF, JPEG, PNG, ZIP nem RAR, ou o nome dele diz outro"
    " formato.",
)
TAMANHO_DO_ARQUIVO = Motivo(
    "tamanho-do-arquivo", "O arquivo da nota está vazio ou passa de 15 MB; envie um menor."
)
NOME_DO_ARQUIVO = Motivo(
    "nome-do-arquivo", "O nome do arquivo tem de 1 a 200 caracteres, sem barras; troque-o."
)
ESTADO_DA_NOTA = Motivo(
    "estado-da-nota", "O estado em que a nota fiscal está não permite isto.", _C
)

# --- importação de protocolos de outro sistema --------------------------------------------------
PROTOCOLO_EXISTENTE = Motivo(
    "protocolo-existente", "A operadora já tem outro protocolo com este número.", _C
)
NUMERO_DA_SERIE = Motivo(
    "numero-da-serie",
    "A série da operadora ainda vai dar este número; cadastre-a com um início depois dele.",
    _C,
)
ANALISE_QUE_FALTA = Motivo(
    "analise-que-falta",
    "Nesta situação o protocolo tem uma análise finalizada; traga-a, ou peça que se complete com o"
    " informado.",
)
ANALISE_A_MAIS = Motivo("analise-a-mais", "Nesta situação o protocolo ainda não tem análise.")
SITUACAO_DA_ANALISE = Motivo(
    "situacao-da-analise",
    "A análise não dá na situação dita: sem nada liberado é 4, com algo liberado é 3, 5, 6 ou 10.",
)
PAGAMENTO_QUE_FALTA = Motivo(
    "pagamento-que-falta", "Só o protocolo pago, e sempre ele, diz quando e como se pagou."
)
SITUACAO_QUE_NAO_SE_IMPORTA = Motivo(
    "situacao-que-nao-se-importa", "7 é só uma resposta, e não uma situação de protocolo."
)
RECURSO_QUE_NAO_SE_IMPORTA = Motivo(
    "recurso-que-nao-se-importa", "O recurso não cabe no que se glosou; corrija-o ou tire-o."
)
SITUACAO_DO_RECURSO = Motivo(
    "situacao-do-recurso",
    "As respostas e o pagamento não levam o recurso à situação dita: 1 e 2 não estão fechados, 3"
    " tem algo acatado, 4 não tem nada, e 6 traz o pagamento.",
)
NUMERO_DA_GUIA_JA_DADO = Motivo(
    "numero-da-guia-ja-dado", "A guia já tem outro número na operadora, que não muda.", _C
)

# --- recados -----------------------------------------------------------------------------------
ANEXOS_DO_RECADO = Motivo(
    "anexos-do-recado", "Um recado leva até dez arquivos; junte-os, ou escreva outro recado."
)
RECADO_VAZIO = Motivo("recado-vazio", "O recado não tem texto.")
