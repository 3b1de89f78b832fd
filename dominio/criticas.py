"""Os erros que, por padrão, não impedem um lote: observações sobre o que foi aceito.

A operadora pode mudar o nível de cada um, para si ou para um prestador.
"""

from __future__ import annotations

from dominio.erro import Erro, Nivel

_P = "3.05.00"


def _critica(chave: str, texto: str, glosas: tuple[tuple[str, str], ...], *, corrigir: str) -> Erro:
    return Erro(chave, texto, glosas, Nivel.CRITICA, corrigir=corrigir)


GUIA_JA_APRESENTADA = _critica(
    "guia-ja-apresentada",
    "A guia já foi apresentada em outro lote, com o mesmo item na mesma data.",
    ((_P, "1308"),),
    corrigir="Retire a guia do lote ou, se é cobrança complementar, só os itens já apresentados.",
)
SOMA_DO_ITEM = _critica(
    "soma-do-item",
    "O valor total do item não é quantidade x valor unitário x fator.",
    ((_P, "5042"),),
    corrigir="Refaça valorTotal do item: quantidade vezes valor unitário vezes reducaoAcrescimo.",
)
SOMA_DA_GUIA = _critica(
    "soma-da-guia",
    "O valor total da guia não é a soma dos seus itens.",
    ((_P, "5042"),),
    corrigir="Refaça o total da guia como soma de procedimentos e outras despesas.",
)
DIGITO_VERIFICADOR = _critica(
    "digito-verificador",
    "A guia traz CPF ou CNPJ com dígito verificador que não confere.",
    ((_P, "1206"),),
    corrigir="Corrija o CPF ou CNPJ no cadastro de onde o campo é tirado.",
)
LOTE_NAO_NUMERICO = _critica(
    "numero-do-lote-nao-numerico",
    "O número do lote não é só de algarismos e não caberá na resposta a um recurso de glosa.",
    ((_P, "5007"),),
    corrigir="Numere os lotes só com algarismos, no máximo doze.",
)
FORA_DO_PRAZO = _critica(
    "prazo-de-envio",
    "A guia foi enviada depois do prazo que a operadora dá a partir do atendimento.",
    ((_P, "3091"), ("4.00.00", "3161")),
    corrigir="Envie as guias dentro do prazo do contrato, ou combine a exceção com a operadora.",
)
COMPETENCIA_ENCERRADA = _critica(
    "competencia-encerrada",
    "A guia é de uma competência já encerrada e veio num lote que não é só dela.",
    ((_P, "3091"), ("4.00.00", "3161")),
    corrigir="Envie as guias de cada competência encerrada num lote só com elas.",
)
FORA_DA_COMPETENCIA = _critica(
    "fora-da-competencia",
    "A guia foi executada fora dos períodos que o calendário da operadora tem abertos.",
    ((_P, "3091"), ("4.00.00", "3161")),
    corrigir="Envie as guias na janela da sua competência, ou combine um período só delas.",
)
CARTEIRA_DESCONHECIDA = _critica(
    "carteira-desconhecida",
    "A carteira não é de um beneficiário desta operadora.",
    ((_P, "1001"),),
    corrigir="Confira numeroCarteira na carteira do beneficiário, com todos os algarismos.",
)
CARTEIRA_VENCIDA = _critica(
    "carteira-vencida",
    "A carteira estava vencida na data do atendimento.",
    ((_P, "1017"),),
    corrigir="Peça a carteira atual do beneficiário e informe o número dela.",
)
BENEFICIARIO_SUSPENSO = _critica(
    "beneficiario-suspenso",
    "O atendimento do beneficiário estava suspenso na data.",
    ((_P, "1016"),),
    corrigir="Verifique a elegibilidade antes de atender; trate a suspensão com a operadora.",
)
BENEFICIARIO_EXCLUIDO = _critica(
    "beneficiario-excluido",
    "O atendimento é posterior ao desligamento do beneficiário.",
    ((_P, "1006"),),
    corrigir="Verifique a elegibilidade antes de atender; confira a data do atendimento.",
)
BENEFICIARIO_NAO_INCLUIDO = _critica(
    "beneficiario-nao-incluido",
    "O atendimento é anterior à inclusão do beneficiário.",
    ((_P, "1005"), ("4.03.00", "3308")),
    corrigir="Verifique a elegibilidade antes de atender; confira a data do atendimento.",
)
