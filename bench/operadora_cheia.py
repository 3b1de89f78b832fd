"""Uma operadora com a história que as listas do console encontram, feita direto nas tabelas.

Quinhentos prestadores, um deles com a quinta parte dos lotes; os lotes mais velhos pagos ou
encerrados e os outros abertos, como numa operadora; e por cima deles mensagens, análises, glosas,
recursos, pagamentos, notas e recados. Tudo inventado.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.competencia import agora

if TYPE_CHECKING:
    from datetime import datetime

    from persistence.banco import Banco, Dialeto

PRESTADORES = 500
_DO_GRANDE = 5
"""Um lote em cada tantos é do prestador 1."""
_DIAS = 300
"""Em quantos dias, até agora, os lotes chegaram."""

_SERIE: dict[Dialeto, str] = {
    "sqlite": (
        "WITH RECURSIVE serie(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM serie WHERE n < {})"
    ),
    "postgresql": "WITH serie AS (SELECT CAST(generate_series(1, {}) AS bigint) AS n)",
}
_PRIMEIRO = 10_000_000
"""Os lotes têm os números pares depois deste; os recursos, ímpares entre os últimos."""
_QUATRO = "informado, processado, liberado, glosa"
_DE_QUEM = f"CASE WHEN n % {_DO_GRANDE} = 0 THEN 1 ELSE 2 + n % {PRESTADORES - 1} END"


class _Linhas(NamedTuple):
    """Linhas de uma tabela: de ``n`` igual a 1 até ``quantas``, os valores são expressões dele."""

    tabela: str
    colunas: str
    valores: str
    quantas: int


class _Tempo:
    """Instantes e dias antes de agora, em SQL."""

    def __init__(self, dialeto: Dialeto, agora: datetime) -> None:
        self._sqlite = dialeto == "sqlite"
        self._base = f"{agora:%Y-%m-%d %H:%M:%S}"

    def ha(self, segundos: int | str) -> str:
        """Há quantos segundos."""
        if self._sqlite:
            quando = f"'{self._base}', '-' || ({segundos}) || ' seconds'"
            return f"strftime('%Y-%m-%d %H:%M:%f000', {quando})"
        return f"(timestamptz '{self._base}+00' - ({segundos}) * interval '1 second')"

    def dia(self, ha: int) -> str:
        """Há quantos dias; negativo, daqui a quantos."""
        if self._sqlite:
            return f"date('{self._base}', '{-ha:+d} days')"
        return f"(date '{self._base}' - ({ha}))"


def povoar(banco: Banco, quantos: int) -> None:
    """Enche um banco já cadastrado.

    Args:
        banco: com uma operadora e um prestador, ambos de chave 1.
        quantos: lotes, de uma guia cada; recursos, a quinta parte; mensagens, o dobro.
    """
    dialeto = banco.dialeto
    with banco.escrita() as conn:
        if dialeto == "postgresql":
            conn.exec_driver_sql("SET LOCAL statement_timeout = 0")
        for um in _linhas(quantos, _Tempo(dialeto, agora())):
            serie = _SERIE[dialeto].format(um.quantas)
            sql = f"INSERT INTO {um.tabela} ({um.colunas}) {serie} SELECT {um.valores} FROM serie"  # noqa: S608
            conn.exec_driver_sql(sql.replace("%", "%%") if dialeto == "postgresql" else sql)


def manter(banco: Banco) -> None:
    """O que o autovacuum faria; no SQLite ninguém junta estatísticas."""
    if banco.dialeto == "postgresql":
        with banco.escrita_avulsa() as conn:
            conn.exec_driver_sql("SET statement_timeout = 0")
            conn.exec_driver_sql("VACUUM ANALYZE")


def _linhas(q: int, t: _Tempo) -> tuple[_Linhas, ...]:
    return *_cadastro_e_lotes(q, t), *_analise_e_pagamento(q, t), *_recursos(q, t)


def _cadastro_e_lotes(q: int, t: _Tempo) -> tuple[_Linhas, ...]:
    passo = _DIAS * 86_400 // q
    chegou = t.ha(f"({q} - n) * {passo}")
    # um quinto já acabou; dos abertos, a maior parte espera a operadora, e poucos outra pessoa
    status = f"""
        CASE WHEN n <= {q // 5} THEN CASE WHEN n % 7 = 0 THEN 4 ELSE 6 END
             WHEN n % 997 = 0 THEN 10 WHEN n % 101 = 0 THEN 8
             WHEN n <= {q // 2} THEN 3 WHEN n <= {_analisados(q)} THEN 5
             WHEN n % 3 = 0 THEN 2 ELSE 1 END
    """
    analisado = f"({status}) IN (3, 4, 5, 6, 10)"
    return (
        _Linhas(
            "prestador",
            "id, operadora_id, codigo, nome, homologacao, ativo, criado_em",
            f"""
            n + 1, 1, CAST(700000 + n AS TEXT), 'Prestador Inventado ' || n, false, true, {t.ha(0)}
            """,
            PRESTADORES - 1,
        ),
        _Linhas(
            "mensagem",
            """
            id, operadora_id, prestador_id, recebida_em, canal, servico, versao, tamanho, sha256,
            integral, desfecho, erro, duracao_us, autenticada
            """,
            f"""
            'm' || n, 1, {_DE_QUEM}, {t.ha(f"({2 * q} - n) * {passo} / 2")}, 'soap',
            'tissLoteGuias', '4.03.00', 9000, 'x' || n, true,
            CASE WHEN n % 40 = 0 THEN 'recusada' ELSE 'respondida' END,
            CASE WHEN n % 80 = 0 THEN 'esquema' WHEN n % 40 = 0 THEN 'hash' END, 9000, true
            """,
            2 * q,
        ),
        _Linhas(
            "lote",
            "id, operadora_id, prestador_id, numero, tipo, quantidade_guias, vivo",
            f"n, 1, {_DE_QUEM}, CAST(n AS TEXT), 'guiaConsulta', 1, true",
            q,
        ),
        _Linhas(
            "protocolo",
            f"""
            id, operadora_id, numero, prestador_id, tipo, lote_id, mensagem_id, versao, canal,
            status, recebido_em, data_envio, homologacao, analise_visivel, alteracao, {_QUATRO}
            """,
            f"""
            n, 1, {_PRIMEIRO} + 2 * n, {_DE_QUEM}, 'lote', n, 'm' || (2 * n), '4.03.00', 'soap',
            {status}, {chegou}, {t.dia(1)}, false, {analisado}, n % 500, 10000,
            CASE WHEN {analisado} THEN 10000 ELSE 0 END, CASE WHEN {analisado} THEN 9000 ELSE 0 END,
            CASE WHEN {analisado} THEN 1000 ELSE 0 END
            """,
            q,
        ),
        _Linhas("historico", "protocolo_id, em, para, quem", f"n, {chegou}, 1, 'bench'", q),
        _Linhas(
            "historico",
            "protocolo_id, em, de, para, quem",
            f"n, {t.ha(f'({q} - n) * {passo} / 2')}, 1, {status}, 'bench'",
            _analisados(q),
        ),
        _Linhas(
            "guia",
            f"""
            lote_id, posicao, numero_prestador, carteira, nome_beneficiario, atendimento_rn,
            executante_forma, executante_valor, data_inicio, status, {_QUATRO}
            """,
            f"""
            n, 1, CAST(n AS TEXT), CAST(100000 + n % 20000 AS TEXT),
            CASE WHEN n % 2 = 0 THEN 'Pessoa Inventada' END, 'N',
            'codigo', '1', {t.dia(1)}, {status}, 10000, 0, 0, 0
            """,
            q,
        ),
        _Linhas(
            "item",
            f"""
            lote_id, guia_posicao, posicao, despesa, sequencial, data, tabela, codigo, quantidade,
            valor_unitario, {_QUATRO}
            """,
            f"n, 1, 1, false, 1, {t.dia(1)}, '22', '10101012', 10000, 10000, 10000, 0, 0, 0",
            q,
        ),
        _Linhas(
            "critica",
            "lote_id, regra, codigo, nivel, texto",
            "3 * n, 'guia-ja-apresentada', '1308', 'critica', 'Uma frase inventada para medir.'",
            q // 3,
        ),
        _Linhas(
            "recado",
            "operadora_id, protocolo_id, lado, quem, em, texto, lido_em",
            f"""
            1, {q // 2} + n, CASE WHEN n % 2 = 0 THEN 'operadora' ELSE 'prestador' END, 'bench',
            {t.ha("n")}, 'Uma frase inventada.', CASE WHEN n % 25 > 1 THEN {t.ha(0)} END
            """,
            q // 20,
        ),
        _Linhas(
            "auditoria",
            "operadora_id, em, quem, porta, acao, alvo_tipo, alvo",
            f"1, {t.ha(0)}, 'bench', 'console', 'ler', 'protocolo', CAST({_PRIMEIRO} + n AS TEXT)",
            2 * q,
        ),
        _Linhas(
            "beneficiario",
            "operadora_id, carteira, nome",
            "1, CAST(100000 + n AS TEXT), 'Pessoa Inventada ' || n",
            q // 2,
        ),
    )


def _analise_e_pagamento(q: int, t: _Tempo) -> tuple[_Linhas, ...]:
    confirmados, previstos = q // 50, q // 500
    pagamento = """
        id, operadora_id, prestador_id, chave, sha256, estado, revisao, data_prevista, forma,
        exige_nota, criado_em, criado_por, data, confirmado_em, confirmado_por
    """
    parte = f"pagamento_id, protocolo_id, lote_id, guia_posicao, tipo, viva, {_QUATRO}"
    de_quem = f"1 + n % {PRESTADORES}"
    return (
        _Linhas(
            "glosa",
            "protocolo_id, guia_posicao, codigo, valor, texto, origem",
            "n, 1, '1308', 1000, 'Uma frase inventada.', 'pessoa'",
            _analisados(q),
        ),
        _Linhas(
            "analise",
            """
            operadora_id, protocolo_id, rodada, estado, revisao, aberta_em, aberta_por,
            finalizada_em
            """,
            f"1, n, 1, 'finalizada', 1, {t.ha(0)}, 'bench', {t.ha(0)}",
            _analisados(q),
        ),
        _Linhas(
            "pagamento",
            pagamento,
            f"""
            n, 1, {de_quem}, CAST(n AS TEXT), 'x', 'confirmado', 1, {t.dia(40)}, '1', true,
            {t.ha(3_456_000)}, 'bench', {t.dia(40)}, {t.ha(3_456_000)}, 'bench'
            """,
            confirmados,
        ),
        _Linhas(
            "pagamento",
            pagamento,
            f"""
            {confirmados} + n, 1, {de_quem}, 'p' || n, 'x', 'previsto', 0, {t.dia(-9)}, '1', true,
            {t.ha(0)}, 'bench', NULL, NULL, NULL
            """,
            previstos,
        ),
        _Linhas(
            "pagamento_parte",
            parte,
            f"1 + n % {confirmados}, n, n, 1, '1', true, 10000, 10000, 9000, 1000",
            q // 5,
        ),
        _Linhas(
            "pagamento_parte",
            parte,
            f"""
            {confirmados} + 1 + n % {previstos}, {q // 5} + n, {q // 5} + n, 1, '1', true, 10000,
            10000, 9000, 1000
            """,
            q // 50,
        ),
        _Linhas(
            "nota_fiscal",
            """
            operadora_id, prestador_id, pagamento_id, numero, serie, valor, emissao, estado,
            criada_em, enviada_em
            """,
            f"""
            1, {de_quem}, n, CAST(n AS TEXT), '1', 90000, {t.dia(41)},
            CASE WHEN n % 30 = 0 THEN 'em-analise' ELSE 'aceita' END, {t.ha(0)}, {t.ha(0)}
            """,
            confirmados,
        ),
    )


def _recursos(q: int, t: _Tempo) -> tuple[_Linhas, ...]:
    """Um de cada lote que já acabou, ainda por decidir em três de cada quatro."""
    quantos = q // 5
    passo = _DIAS * 86_400 // q
    return (
        _Linhas(
            "protocolo",
            f"""
            id, operadora_id, numero, prestador_id, tipo, mensagem_id, versao, canal, status,
            recebido_em, data_envio, homologacao, analise_visivel, alteracao, {_QUATRO}
            """,
            f"""
            {q} + n, 1, {_PRIMEIRO + 2 * (q - quantos)} + 2 * n - 1, {_DE_QUEM}, 'recurso',
            'm' || (2 * n), '4.03.00', 'soap',
            CASE WHEN n % 4 = 0 THEN 6 WHEN n % 4 = 1 THEN 2 ELSE 1 END,
            {t.ha(f"({quantos} - n) * {passo}")}, {t.dia(1)}, false, false, n % 500, 1000, 0, 0, 0
            """,
            quantos,
        ),
        _Linhas(
            "recurso",
            """
            protocolo_id, operadora_id, prestador_id, original_id, lote_id, sequencia, numero_guia,
            sha256, vivo, origem, objeto, odonto, prestador_forma, prestador_valor, data_recurso,
            total_dito, revisao
            """,
            f"""
            {q} + n, 1, {_DE_QUEM}, n, n, 1, 'r' || n, 'x', true, 'webservice', '2', false,
            'codigo', '1', {t.dia(1)}, 1000, 0
            """,
            quantos,
        ),
        _Linhas(
            "recurso_linha",
            """
            id, recurso_id, original_id, posicao, chave, nivel, guia_posicao, grau, codigo,
            recursado, justificativa, guia_numero, estado, aberta, acatado
            """,
            f"""
            n, {q} + n, n, 1, 'g1-1308', 'guia', 1, '', '1308', 1000, 'Uma frase inventada.',
            CAST(n AS TEXT), CASE WHEN n % 4 = 0 THEN 'autorizado' ELSE 'protocolado' END,
            n % 4 <> 0, CASE WHEN n % 4 = 0 THEN 1000 END
            """,
            quantos,
        ),
        _Linhas(
            "recurso_parcela",
            "linha_id, ordem, guia_posicao, grau, recursado, acatado",
            "n, 1, 1, '', 1000, CASE WHEN n % 4 = 0 THEN 1000 END",
            quantos,
        ),
    )


def _analisados(q: int) -> int:
    """Quantos lotes, os mais velhos, já se analisaram, quase todos."""
    return q * 7 // 10
