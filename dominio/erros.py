"""A tabela de erros: o que cada recusa é, que palavra ou código leva em cada versão, o seu texto.

Um erro tem uma chave estável. Falhas da mensagem têm uma palavra de ``tissFault`` ou, quando o
padrão não tem palavra, respondem ``mensagemErro``; falhas de regra são sempre respostas. Todo erro
tem um código de glosa (``dm_tipoGlosa``) válido em cada versão.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from dominio.versoes import ordem


class Nivel(StrEnum):
    """O que um erro faz com o que foi enviado."""

    MENSAGEM = "mensagem"
    """A mensagem é recusada antes de chegar ao assunto."""
    RECUSA = "recusa"
    """O pedido foi entendido e não é aceito."""
    CRITICA = "critica"
    """O pedido é aceito, com um aviso sem valor."""


class TissFault(StrEnum):
    """``st_tissFault``: as sete palavras de uma falha SOAP do padrão."""

    DESTINATARIO = "DestinatarioInvalido"
    REMETENTE = "RemetenteInvalido"
    LOGIN = "LoginInvalido"
    VERSAO = "VersaoInvalida"
    HASH = "HashInvalido"
    ESQUEMA = "SchemaInvalido"
    INESPERADO = "ErroInesperadoServidor"


@dataclass(frozen=True, slots=True)
class Erro:
    """Uma linha da tabela.

    Attributes:
        chave: nome estável, usado em arquivo, logs e métricas.
        texto: frase em português para quem enviou; nunca repete valores da mensagem.
        glosas: pares (versão a partir da qual vale, código), em ordem crescente.
        nivel: o que o erro faz.
        fault: palavra de ``tissFault``; ``None`` quando o padrão não tem palavra para ele.
        sempre_fault: nunca responde ``mensagemErro``, por não haver cabeçalho confiável.
        http: situação HTTP da falha SOAP 1.1.
    """

    chave: str
    texto: str
    glosas: tuple[tuple[str, str], ...]
    nivel: Nivel = Nivel.RECUSA
    fault: TissFault | None = None
    sempre_fault: bool = False
    http: int = 500

    def glosa(self, versao: str) -> str:
        """Código de glosa do erro na versão."""
        alvo = ordem(versao)
        valido = self.glosas[0][1]
        for desde, codigo in self.glosas:
            if ordem(desde) <= alvo:
                valido = codigo
        return valido


_P = "3.05.00"


def _forma(chave: str, texto: str, codigo: str = "5002", http: int = 500) -> Erro:
    return Erro(
        chave,
        texto,
        ((_P, codigo),),
        Nivel.MENSAGEM,
        TissFault.ESQUEMA,
        sempre_fault=True,
        http=http,
    )


# --- transporte e forma: sempre falha SOAP ---------------------------------------------------
CORPO_VAZIO = _forma("corpo-vazio", "A requisição não tem corpo.", http=400)
CONTENT_LENGTH = _forma("content-length", "Content-Length inválido.", http=400)
SEM_TAMANHO = _forma(
    "sem-tamanho", "A requisição não diz o tamanho do corpo (Content-Length).", http=411
)
CORPO_TRUNCADO = _forma("corpo-truncado", "O corpo chegou incompleto.", http=400)
CODIFICACAO_CORPO = _forma(
    "content-encoding", "Content-Encoding não é aceito; use gzip ou nenhum.", http=415
)
GZIP_INVALIDO = _forma("gzip-invalido", "O corpo comprimido está corrompido.", http=400)
TIPO_DE_CONTEUDO = _forma(
    "content-type", "Content-Type deve ser text/xml ou application/soap+xml.", http=415
)
CHARSET = _forma("charset", "A codificação de caracteres declarada não é aceita.", http=415)
GRANDE_DEMAIS = _forma("tamanho", "A mensagem passa do tamanho aceito.", http=413)
MARCAS_DEMAIS = _forma(
    "marcas-demais", "A mensagem tem mais elementos ou atributos do que se aceita.", http=413
)
SERVICO_DESCONHECIDO = _forma(
    "servico-desconhecido", "Não há serviço TISS neste endereço.", "5001", http=404
)
XML_MALFORMADO = _forma("xml-malformado", "XML malformado.")
DTD_RECUSADA = _forma("dtd", "Declaração DOCTYPE (DTD) não é aceita.")
PI_EM_VALOR = _forma(
    "instrucao-em-valor", "Instrução de processamento dentro de um valor não é aceita."
)
CODIFICACAO_XML = _forma("codificacao-xml", "A codificação declarada no XML não é aceita.")
ENVELOPE = _forma("envelope", "O envelope SOAP não está na forma esperada.", "5001")
MUST_UNDERSTAND = _forma(
    "must-understand", "Há um cabeçalho SOAP obrigatório que o serviço não entende.", "5001"
)
RAIZ_DESCONHECIDA = _forma(
    "raiz-desconhecida", "O conteúdo do Body não é uma mensagem do padrão TISS.", "5001"
)
OUTRO_SERVICO = _forma(
    "outro-servico", "A mensagem é de outro serviço TISS que não o deste endereço.", "5001"
)
ESQUEMA = _forma("esquema", "A mensagem não segue o esquema da versão.")
IDENTIFICADOR_DO_CABECALHO = _forma(
    "identificador-do-cabecalho",
    "Um identificador do cabeçalho tem caracteres que não existem em ISO-8859-1.",
    "5007",
)
SERVICO_SEM_VERSAO = Erro(
    "servico-sem-versao",
    "O serviço não existe de modo utilizável nesta versão do padrão.",
    ((_P, "5028"),),
    Nivel.MENSAGEM,
    TissFault.VERSAO,
    sempre_fault=True,
)
TEMPO_DE_LEITURA = Erro(
    "tempo-de-leitura",
    "A mensagem demorou demais a chegar.",
    ((_P, "5012"), ("4.00.00", "3160")),
    Nivel.MENSAGEM,
    TissFault.INESPERADO,
    sempre_fault=True,
    http=408,
)
SOBRECARGA = Erro(
    "sobrecarga",
    "O serviço está ocupado; tente novamente em instantes.",
    ((_P, "5012"), ("4.00.00", "3160")),
    Nivel.MENSAGEM,
    TissFault.INESPERADO,
    sempre_fault=True,
    http=503,
)
INESPERADO = Erro(
    "inesperado",
    "Erro inesperado no servidor.",
    ((_P, "5012"),),
    Nivel.MENSAGEM,
    TissFault.INESPERADO,
    sempre_fault=True,
)

# --- contrato da mensagem ---------------------------------------------------------------------
VERSAO = Erro(
    "versao",
    "A versão do padrão não é a do endereço ou não é aceita.",
    ((_P, "5028"),),
    Nivel.MENSAGEM,
    TissFault.VERSAO,
)
DESTINATARIO = Erro(
    "destinatario",
    "O destino da mensagem não é uma operadora atendida aqui.",
    ((_P, "5006"),),
    Nivel.MENSAGEM,
    TissFault.DESTINATARIO,
)
REMETENTE = Erro(
    "remetente",
    "A origem da mensagem não é um prestador desta operadora.",
    ((_P, "5005"),),
    Nivel.MENSAGEM,
    TissFault.REMETENTE,
)
HASH = Erro("hash", "Hash inválido.", ((_P, "5014"),), Nivel.MENSAGEM, TissFault.HASH)
LOGIN = Erro(
    "login",
    "Login ou senha não conferem, ou faltam.",
    ((_P, "5005"),),
    Nivel.MENSAGEM,
    TissFault.LOGIN,
)
TIPO_TRANSACAO = Erro(
    "tipo-transacao",
    "O tipoTransacao não é o deste serviço.",
    ((_P, "3148"),),
    Nivel.MENSAGEM,
)
NAO_OFERECIDO = Erro(
    "servico-nao-oferecido",
    "Serviço não oferecido por esta operadora",
    ((_P, "3148"),),
    Nivel.MENSAGEM,
)
ASSINATURA_INVALIDA = Erro(
    "assinatura-invalida",
    "A assinatura digital não confere.",
    ((_P, "5022"), ("4.01.00", "3168")),
    Nivel.MENSAGEM,
)
ASSINATURA_AUSENTE = Erro(
    "assinatura-ausente",
    "A assinatura digital é obrigatória e não foi enviada.",
    ((_P, "5018"), ("4.01.00", "3168")),
    Nivel.MENSAGEM,
)

# --- regras dos assuntos ----------------------------------------------------------------------
LOTE_REPETIDO = Erro(
    "lote-repetido",
    "O número do lote já foi usado em outro lote deste prestador.",
    ((_P, "5053"), ("4.03.00", "3268")),
)
GUIA_REPETIDA = Erro(
    "guia-repetida-no-lote", "O mesmo número de guia aparece mais de uma vez no lote.",
    ((_P, "1308"),),
)  # fmt: skip
OPERADORA_DA_GUIA = Erro(
    "operadora-da-guia",
    "A guia traz o registro ANS de outra operadora.",
    ((_P, "5027"),),
)
DATA_FUTURA = Erro(
    "data-futura",
    "A guia tem data posterior ao dia do recebimento.",
    ((_P, "1323"), ("4.03.00", "3223")),
)
DATA_INVALIDA = Erro(
    "data-invalida",
    "A guia tem data ou hora que não existe no calendário.",
    ((_P, "1323"),),
)
EXECUTANTE_ALHEIO = Erro(
    "executante-alheio",
    "O executante da guia não é o prestador que envia nem um por quem ele possa enviar.",
    ((_P, "1203"),),
)
EXECUTANTE_DESCONHECIDO = Erro(
    "executante-desconhecido",
    "O executante da guia não é um prestador desta operadora.",
    ((_P, "1203"),),
)
VALOR_NEGATIVO = Erro("valor-negativo", "A guia tem valor ou quantidade negativa.", ((_P, "5007"),))
TOTAL_NAO_CABE = Erro(
    "total-nao-cabe",
    "A soma dos valores do lote não cabe no total que a mensagem de resposta permite.",
    ((_P, "5007"),),
)
IDENTIFICADOR_FORA_DE_LATIN1 = Erro(
    "identificador-fora-de-iso-8859-1",
    "Um identificador tem caracteres que não existem em ISO-8859-1.",
    ((_P, "5007"),),
)
PROTOCOLO_NAO_ENCONTRADO = Erro(
    "protocolo-nao-encontrado",
    "Protocolo não localizado.",
    ((_P, "5054"), ("4.03.00", "3291")),
)
LOTE_NAO_ENCONTRADO = Erro(
    "lote-nao-encontrado",
    "Lote não localizado.",
    ((_P, "5054"), ("4.03.00", "3270")),
)
NAO_CABE_NA_VERSAO = Erro(
    "nao-cabe-na-versao",
    "A resposta não cabe nesta versão do padrão.",
    ((_P, "5028"),),
)

ERROS = MappingProxyType(
    {erro.chave: erro for erro in list(globals().values()) if isinstance(erro, Erro)}
)
"""Todos os erros por chave."""
