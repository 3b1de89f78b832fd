"""As recusas de um recurso de glosa, e as regras que a operadora pode mudar."""

from __future__ import annotations

from dominio.erro import Erro, Nivel

_P = "3.05.00"

# --- fixas: sem elas o que se grava não estaria certo -----------------------------------------
OBJETO_DO_RECURSO = Erro(
    "recurso-objeto",
    "O objetoRecurso não é o do que se contesta.",
    ((_P, "2908"),),
    corrigir="Use 1 com recursoProtocolo e 2 com recursoGuia.",
)
GUIA_ALHEIA = Erro(
    "recurso-guia",
    "O lote recorrido não tem uma guia com esse número.",
    ((_P, "1307"), ("4.03.00", "3242")),
    corrigir="Confira os números da guia no recibo do lote; guias canceladas não se recorrem.",
)
LOTE_ALHEIO = Erro(
    "recurso-lote",
    "O lote recorrido não é deste prestador.",
    ((_P, "5054"), ("4.03.00", "3259")),
    corrigir="Confira o número do protocolo e o contratado do recurso.",
)
OBJETO_SEM_GLOSA = Erro(
    "recurso-sem-glosa",
    "O que se contesta não existe ou não tem glosa com esse código.",
    ((_P, "2908"),),
    corrigir="Copie do demonstrativo sequencialItem, data, procedimento e código da glosa.",
)
LINHA_REPETIDA = Erro(
    "recurso-linha-repetida",
    "A mesma glosa da mesma coisa vem duas vezes no recurso.",
    ((_P, "2908"),),
    corrigir="Deixe cada glosa uma só vez em cada recurso.",
)
SALDO = Erro(
    "recurso-saldo",
    "O valor recursado não está entre um centavo e o saldo a recursar da glosa.",
    ((_P, "2908"),),
    corrigir="Conteste até o que foi glosado, menos o que está em recurso ou já foi acatado.",
)
RECURSO_ABERTO = Erro(
    "recurso-aberto",
    "Já há um recurso sem resposta sobre a mesma glosa.",
    ((_P, "2904"),),
    corrigir="Espere a resposta do recurso anterior, ou cancele-o.",
)
RECURSO_REPETIDO = Erro(
    "recurso-repetido",
    "O número da guia de recurso já foi usado em outro recurso deste prestador.",
    ((_P, "5053"),),
    corrigir="Dê à guia de recurso um número que não tenha sido usado.",
)
SITUACAO_DO_PROTOCOLO = Erro(
    "recurso-situacao",
    "A análise do protocolo ainda não terminou, ou ele foi cancelado.",
    ((_P, "2908"),),
    corrigir="Recorra depois de o protocolo estar analisado, liberado, pago ou encerrado.",
)

# --- ajustáveis ---------------------------------------------------------------------------------
JUSTIFICATIVA = Erro(
    "recurso-justificativa",
    "Falta a justificativa do que se contesta.",
    ((_P, "2903"),),
    corrigir="Escreva por que cada glosa não cabe.",
)
PRAZO_DO_RECURSO = Erro(
    "recurso-prazo",
    "O prazo para recorrer terminou.",
    ((_P, "2909"),),
    corrigir="Recorra dentro do prazo do contrato, contado do pagamento ou do encerramento.",
)
CANAL_DO_RECURSO = Erro(
    "recurso-canal",
    "A operadora só recebe recursos pelo seu portal.",
    ((_P, "2908"),),
    Nivel.DESLIGADA,
    corrigir="Faça o recurso no portal da operadora.",
)
ANTES_DO_PAGAMENTO = Erro(
    "recurso-antes-do-pagamento",
    "O protocolo ainda não foi pago nem encerrado.",
    ((_P, "2908"),),
    Nivel.DESLIGADA,
    corrigir="Recorra depois do pagamento.",
)
NAO_FATURADO = Erro(
    "recurso-nao-faturado",
    "O protocolo ainda não foi faturado.",
    ((_P, "2908"),),
    Nivel.DESLIGADA,
    corrigir="Recorra depois de o protocolo estar liberado, pago ou encerrado.",
)
NIVEL_DA_GLOSA = Erro(
    "recurso-nivel",
    "O recurso não é do nível em que a glosa está.",
    ((_P, "2908"),),
    Nivel.DESLIGADA,
    corrigir="Recorra do protocolo, da guia ou do item, como a glosa foi feita.",
)
TOTAL_DO_RECURSO = Erro(
    "recurso-total",
    "O valorTotalRecursado não é a soma do que se contesta.",
    ((_P, "5042"),),
    Nivel.NOTA,
    corrigir="Some o saldo das glosas contestadas ou os valores dos itens.",
)
