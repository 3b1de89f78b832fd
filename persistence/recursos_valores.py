"""Um recurso de glosa e as suas linhas, como a persistência os recebe e os dá."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.recurso import Estado

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from dominio.lote import Identificacao
    from dominio.recurso import Nivel, Objeto, Origem, Parcela
    from dominio.situacao import StatusProtocolo


class Linha(NamedTuple):
    """Uma coisa contestada.

    Attributes:
        posicao: no recurso, a partir de 1.
        chave: identifica a coisa entre as linhas do mesmo protocolo.
        nivel: protocolo, guia ou item.
        guia_posicao: no lote, a partir de 1; ausente se é do protocolo.
        item_posicao: na guia, a partir de 1; só se é de item.
        grau: ``dm_grauPart`` dito; vazio é o item inteiro.
        codigo: da glosa, tabela 38.
        recursado: reais.
        justificativa: do prestador.
        parcelas: quanto se contesta de cada glosa.
        guia_numero: como o recurso o disse; os demais até ``quantidade``, idem.
        estado: da vida da linha.
        aberta: se ainda prende a coisa contestada.
        acatado: reais; ausente até se responder.
        resposta: justificativa da operadora.
        decidida_em: instante em UTC.
        id: chave no banco; zero antes de gravada.
    """

    posicao: int
    chave: str
    nivel: Nivel
    guia_posicao: int | None
    item_posicao: int | None
    grau: str
    codigo: str
    recursado: Decimal
    justificativa: str
    parcelas: tuple[Parcela, ...] = ()
    guia_numero: str | None = None
    guia_operadora: str | None = None
    senha: str | None = None
    sequencial: int | None = None
    data_inicio: date | None = None
    data_fim: date | None = None
    tabela: str | None = None
    procedimento: str | None = None
    descricao: str | None = None
    dente: str | None = None
    regiao: str | None = None
    face: str | None = None
    quantidade: int | None = None
    estado: Estado = Estado.PROTOCOLADO
    aberta: bool = True
    acatado: Decimal | None = None
    resposta: str | None = None
    decidida_em: datetime | None = None
    decidida_por: str | None = None
    id: int = 0


class NovoRecurso(NamedTuple):
    """Um recurso conferido, pronto para ser registrado.

    Attributes:
        prestador_id: de quem é o lote.
        original_id: protocolo de que se recorre.
        lote_id: do mesmo.
        numero_guia: ``numeroGuiaRecGlosaPrestador``.
        numero_guia_operadora: quando veio.
        sha256: do conteúdo, para reconhecer o mesmo recurso.
        origem: por onde foi feito.
        objeto: protocolo ou guia.
        odonto: se veio na forma da odontologia.
        prestador: identificação que as respostas repetem.
        data_recurso: dita.
        total_dito: reais.
        observacao: o que as regras acharam e o prestador pode ver.
        linhas: com as suas parcelas.
        versao: do padrão.
        canal: por onde a mensagem veio.
        mensagem_id: no arquivo.
        recebido_em: instante com fuso.
        data_envio: data de São Paulo do recebimento.
        homologacao: se usa a série de homologação.
        avisos: códigos estáveis.
        quem: autor, no histórico.
        numero: do recurso, se já o tem; ausente, o próximo da série.
    """

    operadora_id: int
    prestador_id: int
    original_id: int
    lote_id: int
    numero_guia: str
    numero_guia_operadora: str | None
    sha256: str
    origem: Origem
    objeto: Objeto
    odonto: bool
    prestador: Identificacao
    data_recurso: date
    total_dito: Decimal
    observacao: str | None
    linhas: tuple[Linha, ...]
    versao: str
    canal: str
    mensagem_id: str
    recebido_em: datetime
    data_envio: date
    homologacao: bool
    avisos: tuple[str, ...] = ()
    quem: str = "prestador"
    numero: int | None = None


class Recurso(NamedTuple):
    """Um recurso gravado.

    Attributes:
        protocolo_id: chave do seu protocolo, que é também a sua.
        numero: o que o prestador conhece.
        status: situação do protocolo do recurso.
        sequencia: entre os recursos do mesmo protocolo, a partir de 1.
        vivo: se ainda ocupa o número da guia de recurso.
        recursado: soma das linhas, em reais.
        acatado: reais; zero até o recurso inteiro se responder.
        original: número do protocolo de que se recorre.
        lote: número do lote no prestador.
        lote_tipo: valor de ``TipoGuia``.
        revisao: cresce a cada mudança; serve à tranca otimista de quem chama.
    """

    protocolo_id: int
    operadora_id: int
    prestador_id: int
    original_id: int
    lote_id: int
    sequencia: int
    numero_guia: str
    numero_guia_operadora: str | None
    sha256: str
    vivo: bool
    origem: Origem
    objeto: Objeto
    odonto: bool
    prestador: Identificacao
    data_recurso: date
    total_dito: Decimal
    observacao: str | None
    revisao: int
    numero: int
    status: StatusProtocolo
    versao: str
    canal: str
    recebido_em: datetime
    data_envio: date
    homologacao: bool
    recursado: Decimal
    acatado: Decimal
    original: int
    lote: str
    lote_tipo: str


class NumeroDeRecursoEmUso(Exception):
    """O número da guia de recurso é de outro recurso vivo; a transação deve ser desfeita."""
