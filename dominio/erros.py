"""A tabela de erros: o que cada recusa é, que palavra ou código leva em cada versão, o seu texto.

Um erro tem uma chave estável. Falhas da mensagem têm uma palavra de ``tissFault`` ou, quando o
padrão não tem palavra, respondem ``mensagemErro``; falhas de regra são sempre respostas. Todo erro
tem um código de glosa (``dm_tipoGlosa``) válido em cada versão.
"""

from __future__ import annotations

from types import MappingProxyType

from dominio import criticas, erros_de_documentos, erros_de_recurso
from dominio.erro import Erro, Nivel, TissFault

__all__ = ["ERROS", "Erro", "Nivel", "TissFault"]

_P = "3.05.00"


def _forma(chave: str, texto: str, codigo: str = "5002", http: int = 500, *, corrigir: str) -> Erro:
    return Erro(
        chave,
        texto,
        ((_P, codigo),),
        Nivel.MENSAGEM,
        TissFault.ESQUEMA,
        sempre_fault=True,
        http=http,
        corrigir=corrigir,
    )


# --- transporte e forma: sempre falha SOAP ---------------------------------------------------
CORPO_VAZIO = _forma(
    "corpo-vazio",
    "A requisição não tem corpo.",
    http=400,
    corrigir="Envie a mensagem no corpo da requisição.",
)
CONTENT_LENGTH = _forma(
    "content-length",
    "Content-Length inválido.",
    http=400,
    corrigir="Envie Content-Length uma só vez, com o tamanho do corpo em bytes.",
)
SEM_TAMANHO = _forma(
    "sem-tamanho",
    "A requisição não diz o tamanho do corpo: Content-Length ou Transfer-Encoding: chunked.",
    http=411,
    corrigir="Envie Content-Length, ou o corpo em pedaços (Transfer-Encoding: chunked).",
)
CORPO_TRUNCADO = _forma(
    "corpo-truncado",
    "O corpo chegou incompleto.",
    http=400,
    corrigir="Repita o envio; verifique prazos e quedas de rede do seu lado.",
)
CODIFICACAO_CORPO = _forma(
    "content-encoding",
    "Content-Encoding não é aceito; use gzip ou nenhum.",
    http=415,
    corrigir="Envie o corpo sem compressão ou em gzip.",
)
GZIP_INVALIDO = _forma(
    "gzip-invalido",
    "O corpo comprimido está corrompido.",
    http=400,
    corrigir="Comprima o corpo inteiro em gzip, ou envie-o sem compressão.",
)
TIPO_DE_CONTEUDO = _forma(
    "content-type",
    "Content-Type deve ser text/xml ou application/soap+xml.",
    http=415,
    corrigir="Envie Content-Type text/xml; charset=utf-8.",
)
CHARSET = _forma(
    "charset",
    "A codificação de caracteres declarada não é aceita.",
    http=415,
    corrigir="Declare UTF-8 ou ISO-8859-1 e codifique a mensagem como declarado.",
)
GRANDE_DEMAIS = _forma(
    "tamanho",
    "A mensagem passa do tamanho aceito.",
    http=413,
    corrigir="Divida o lote em lotes menores.",
)
MARCAS_DEMAIS = _forma(
    "marcas-demais",
    "A mensagem tem mais elementos ou atributos do que se aceita.",
    http=413,
    corrigir="Divida o lote em lotes menores.",
)
SERVICO_DESCONHECIDO = _forma(
    "servico-desconhecido",
    "Não há serviço TISS neste endereço.",
    "5001",
    http=404,
    corrigir="Use o endereço que está no WSDL do serviço.",
)
XML_MALFORMADO = _forma(
    "xml-malformado",
    "XML malformado.",
    corrigir="Gere o XML por uma biblioteca e confira que ele se lê inteiro.",
)
DTD_RECUSADA = _forma(
    "dtd", "Declaração DOCTYPE (DTD) não é aceita.", corrigir="Retire a declaração DOCTYPE."
)
PI_EM_VALOR = _forma(
    "instrucao-em-valor",
    "Instrução de processamento dentro de um valor não é aceita.",
    corrigir="Retire a instrução de processamento de dentro do campo.",
)
CODIFICACAO_XML = _forma(
    "codificacao-xml",
    "A codificação declarada no XML não é aceita.",
    corrigir="Declare UTF-8 ou ISO-8859-1 no começo do XML.",
)
ENVELOPE = _forma(
    "envelope",
    "O envelope SOAP não está na forma esperada.",
    "5001",
    corrigir="Envie um Envelope com um só Body, e nele uma só mensagem.",
)
MUST_UNDERSTAND = _forma(
    "must-understand",
    "Há um cabeçalho SOAP obrigatório que o serviço não entende.",
    "5001",
    corrigir="Retire o cabeçalho SOAP com mustUnderstand.",
)
RAIZ_DESCONHECIDA = _forma(
    "raiz-desconhecida",
    "O conteúdo não é uma mensagem do padrão TISS.",
    "5001",
    corrigir="Envie no Body a mensagem que o WSDL do serviço descreve.",
)
OUTRO_SERVICO = _forma(
    "outro-servico",
    "A mensagem é de outro serviço TISS que não o deste endereço.",
    "5001",
    corrigir="Envie a mensagem ao endereço do seu serviço.",
)
ESQUEMA = _forma(
    "esquema",
    "A mensagem não segue o esquema da versão.",
    corrigir="Corrija os campos citados e valide a mensagem pelo esquema da versão.",
)
IDENTIFICADOR_DO_CABECALHO = _forma(
    "identificador-do-cabecalho",
    "Um identificador do cabeçalho tem caracteres que não existem em ISO-8859-1.",
    "5007",
    corrigir="Use só letras, algarismos e sinais de ISO-8859-1 no campo citado.",
)
SERVICO_SEM_VERSAO = Erro(
    "servico-sem-versao",
    "O serviço não existe de modo utilizável nesta versão do padrão.",
    ((_P, "5028"),),
    Nivel.MENSAGEM,
    TissFault.VERSAO,
    sempre_fault=True,
    corrigir="Use o serviço em outra versão do padrão.",
)
TEMPO_DE_LEITURA = Erro(
    "tempo-de-leitura",
    "A mensagem demorou demais a chegar.",
    ((_P, "5012"), ("4.00.00", "3160")),
    Nivel.MENSAGEM,
    TissFault.INESPERADO,
    sempre_fault=True,
    http=408,
    corrigir="Repita o envio; divida lotes grandes se a rede é lenta.",
)
SOBRECARGA = Erro(
    "sobrecarga",
    "O serviço está ocupado; tente novamente em instantes.",
    ((_P, "5012"), ("4.00.00", "3160")),
    Nivel.MENSAGEM,
    TissFault.INESPERADO,
    sempre_fault=True,
    http=503,
    corrigir="Repita a mesma mensagem depois de alguns segundos.",
)
SEM_BANCO = Erro(
    "sem-banco",
    "O serviço está indisponível; tente novamente em instantes.",
    ((_P, "5012"), ("4.00.00", "3160")),
    Nivel.MENSAGEM,
    TissFault.INESPERADO,
    sempre_fault=True,
    http=503,
    corrigir="Repita a mesma mensagem: se já tinha sido aceita, recebe a mesma resposta.",
)
LIMITE = Erro(
    "limite",
    "Foram enviadas mensagens demais em pouco tempo.",
    ((_P, "5012"), ("4.00.00", "3160")),
    Nivel.MENSAGEM,
    TissFault.INESPERADO,
    sempre_fault=True,
    http=429,
    corrigir="Espere os segundos de Retry-After e repita a mesma mensagem; nada dela se guardou.",
)
INESPERADO = Erro(
    "inesperado",
    "Erro inesperado no servidor.",
    ((_P, "5012"),),
    Nivel.MENSAGEM,
    TissFault.INESPERADO,
    sempre_fault=True,
    corrigir="Repita a mesma mensagem; se continuar, diga à operadora o número de correlação.",
)

REPASSE_SEM_RESPOSTA = Erro(
    "repasse-sem-resposta",
    "O sistema da operadora não respondeu como devia; tente novamente em instantes.",
    ((_P, "5012"), ("4.00.00", "3160")),
    Nivel.MENSAGEM,
    TissFault.INESPERADO,
    sempre_fault=True,
    corrigir="Repita a mesma mensagem depois de alguns segundos.",
)
REPASSE_EM_CURSO = Erro(
    "repasse-em-curso",
    "Esta mesma mensagem ainda está sendo processada; repita-a em instantes.",
    ((_P, "5012"), ("4.00.00", "3160")),
    Nivel.MENSAGEM,
    TissFault.INESPERADO,
    sempre_fault=True,
    corrigir="Espere e repita a mesma mensagem, sem mudar nada nela.",
)
REPASSE_RECUSADO = Erro(
    "repasse-recusado",
    "O sistema da operadora recusou a mensagem.",
    ((_P, "5012"),),
    Nivel.MENSAGEM,
    TissFault.INESPERADO,
    sempre_fault=True,
    corrigir="Pergunte à operadora o motivo, com o número de correlação.",
)

# --- contrato da mensagem ---------------------------------------------------------------------
VERSAO = Erro(
    "versao",
    "A versão do padrão não é a do endereço ou não é aceita.",
    ((_P, "5028"),),
    Nivel.MENSAGEM,
    TissFault.VERSAO,
    corrigir="Use em Padrao a versão do endereço, e uma que a operadora aceite.",
)
DESTINATARIO = Erro(
    "destinatario",
    "O destino da mensagem não é uma operadora atendida aqui.",
    ((_P, "5006"),),
    Nivel.MENSAGEM,
    TissFault.DESTINATARIO,
    corrigir="Corrija o registro ANS do destino.",
)
REMETENTE = Erro(
    "remetente",
    "A origem da mensagem não é um prestador desta operadora.",
    ((_P, "5005"),),
    Nivel.MENSAGEM,
    TissFault.REMETENTE,
    corrigir="Identifique-se pelo código, CNPJ ou CPF com que a operadora o credenciou.",
)
HASH = Erro(
    "hash",
    "Hash inválido.",
    ((_P, "5014"),),
    Nivel.MENSAGEM,
    TissFault.HASH,
    corrigir="Refaça o hash: MD5 dos valores, em ISO-8859-1 e na ordem da mensagem.",
)
LOGIN = Erro(
    "login",
    "Login ou senha não conferem, ou faltam.",
    ((_P, "5005"),),
    Nivel.MENSAGEM,
    TissFault.LOGIN,
    corrigir="Confira login e senha; a senha vai como MD5 em hexadecimal.",
)
TIPO_TRANSACAO = Erro(
    "tipo-transacao",
    "O tipoTransacao não é o deste serviço.",
    ((_P, "3148"),),
    Nivel.MENSAGEM,
    corrigir="Use em tipoTransacao o valor que o padrão dá ao serviço.",
)
NAO_OFERECIDO = Erro(
    "servico-nao-oferecido",
    "Serviço não oferecido por esta operadora",
    ((_P, "3148"),),
    Nivel.MENSAGEM,
    corrigir="Trate do assunto com a operadora por outro meio.",
)
ASSINATURA_INVALIDA = Erro(
    "assinatura-invalida",
    "A assinatura digital não confere.",
    ((_P, "5022"), ("4.01.00", "3168")),
    Nivel.MENSAGEM,
    corrigir="Assine a mensagem depois de pronta e não mude nela mais nada.",
)
ASSINATURA_AUSENTE = Erro(
    "assinatura-ausente",
    "A assinatura digital é obrigatória e não foi enviada.",
    ((_P, "5018"), ("4.01.00", "3168")),
    Nivel.MENSAGEM,
    corrigir="Assine a mensagem com o certificado combinado com a operadora.",
)
CERTIFICADO_INVALIDO = Erro(
    "certificado-invalido",
    "O certificado da assinatura digital não serve.",
    ((_P, "5018"), ("4.01.00", "3168")),
    Nivel.MENSAGEM,
    corrigir="Assine com o certificado ICP-Brasil de assinatura do próprio prestador.",
)
CERTIFICADO_VENCIDO = Erro(
    "certificado-vencido",
    "O certificado da assinatura digital está fora da validade.",
    ((_P, "5019"), ("4.01.00", "3168")),
    Nivel.MENSAGEM,
    corrigir="Renove o certificado e assine a mensagem com o novo.",
)
CERTIFICADO_REVOGADO = Erro(
    "certificado-revogado",
    "O certificado da assinatura digital foi revogado.",
    ((_P, "5020"), ("4.01.00", "3168")),
    Nivel.MENSAGEM,
    corrigir="Emita outro certificado e assine a mensagem com ele.",
)
CADEIA_INVALIDA = Erro(
    "cadeia-invalida",
    "A cadeia de certificação da assinatura digital não confere.",
    ((_P, "5021"), ("4.01.00", "3168")),
    Nivel.MENSAGEM,
    corrigir="Use um certificado da ICP-Brasil e envie com ele os intermediários.",
)

# --- regras dos assuntos ----------------------------------------------------------------------
LOTE_REPETIDO = Erro(
    "lote-repetido",
    "O número do lote já foi usado em outro lote deste prestador.",
    ((_P, "5053"), ("4.03.00", "3268")),
    corrigir="Dê ao lote um número que não tenha sido usado.",
)
GUIA_REPETIDA = Erro(
    "guia-repetida-no-lote",
    "O mesmo número de guia aparece mais de uma vez no lote.",
    ((_P, "1308"),),
    corrigir="Deixe cada número de guia uma só vez no lote.",
)
OPERADORA_DA_GUIA = Erro(
    "operadora-da-guia",
    "A guia traz o registro ANS de outra operadora.",
    ((_P, "5027"),),
    corrigir="Separe as guias por operadora e corrija o registro ANS da guia.",
)
DATA_FUTURA = Erro(
    "data-futura",
    "A guia tem data posterior ao dia do recebimento.",
    ((_P, "1323"), ("4.03.00", "3223")),
    corrigir="Corrija a data, ou envie a guia depois dela.",
)
DATA_INVALIDA = Erro(
    "data-invalida",
    "A guia tem data ou hora que não existe no calendário.",
    ((_P, "1323"),),
    corrigir="Corrija a data ou a hora da guia citada.",
)
EXECUTANTE_ALHEIO = Erro(
    "executante-alheio",
    "O executante da guia não é o prestador que envia nem um por quem ele possa enviar.",
    ((_P, "1203"),),
    corrigir="Corrija o executante, ou peça à operadora autorização para enviar por ele.",
)
EXECUTANTE_DESCONHECIDO = Erro(
    "executante-desconhecido",
    "O executante da guia não é um prestador desta operadora.",
    ((_P, "1203"),),
    corrigir="Use o código, CNPJ ou CPF com que a operadora credenciou o executante.",
)
VALOR_NEGATIVO = Erro(
    "valor-negativo",
    "A guia tem valor ou quantidade negativa.",
    ((_P, "5007"),),
    corrigir="Informe valores e quantidades sem sinal; estornos não vão em lote de guias.",
)
TOTAL_NAO_CABE = Erro(
    "total-nao-cabe",
    "A soma dos valores do lote não cabe no total que a mensagem de resposta permite.",
    ((_P, "5007"),),
    corrigir="Divida o lote.",
)
IDENTIFICADOR_FORA_DE_LATIN1 = Erro(
    "identificador-fora-de-iso-8859-1",
    "Um identificador tem caracteres que não existem em ISO-8859-1.",
    ((_P, "5007"),),
    corrigir="Use só letras, algarismos e sinais de ISO-8859-1 no campo citado.",
)
PROTOCOLO_NAO_ENCONTRADO = Erro(
    "protocolo-nao-encontrado",
    "Protocolo não localizado.",
    ((_P, "5054"), ("4.03.00", "3291")),
    corrigir="Confira o número do protocolo no recibo do lote.",
)
LOTE_NAO_ENCONTRADO = Erro(
    "lote-nao-encontrado",
    "Lote não localizado.",
    ((_P, "5054"), ("4.03.00", "3270")),
    corrigir="Confira o número do lote.",
)
NAO_CABE_NA_VERSAO = Erro(
    "nao-cabe-na-versao",
    "A resposta não cabe nesta versão do padrão.",
    ((_P, "5028"),),
    corrigir="Pergunte na versão que o texto diz.",
)
DEMONSTRATIVO_VAZIO = Erro(
    "demonstrativo-vazio",
    "Não há pagamento a demonstrar nesse período.",
    ((_P, "5016"),),
    corrigir="Confira a data ou a competência e o tipo; o pagamento aparece depois de feito.",
)

ERROS = MappingProxyType(
    {
        erro.chave: erro
        for erro in (
            *globals().copy().values(),
            *vars(criticas).values(),
            *vars(erros_de_documentos).values(),
            *vars(erros_de_recurso).values(),
        )
        if isinstance(erro, Erro)
    }
)
"""Todos os erros por chave, também os de ``criticas``, de documentos e de recurso."""
