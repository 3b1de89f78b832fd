"""As guias de cobrança em branco, para preencher à mão: uma página deitada cada uma.

Os números são os dos campos nos formulários de papel do padrão, e o que os não tem vai sem eles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backoffice.impressos import formatos
from backoffice.impressos.em_branco_partes import (
    AUTORIZACAO,
    BENEFICIARIO,
    beneficiario,
    campo,
    executados,
    ficha,
    profissionais,
    tabela,
    totais,
)
from backoffice.impressos.folha import Campo, Folha
from dominio.lote import TipoGuia

if TYPE_CHECKING:
    from datetime import date

    from backoffice.impressos.folha import Bloco
    from persistence.operadoras import Operadora


class Contratado(NamedTuple):
    """Quem vai preencher, se se sabe."""

    codigo: str = ""
    nome: str = ""
    cnes: str = ""


class _Modelo(NamedTuple):
    """Um formulário; ``topo`` vem logo depois do número da guia no prestador."""

    titulo: str
    topo: tuple[Campo, ...]
    blocos: tuple[Bloco, ...]


def montar(
    operadora: Operadora, tipos: tuple[TipoGuia, ...], hoje: date, de: Contratado | None = None
) -> list[Folha]:
    """Uma folha de cada tipo, com o que já se sabe da operadora e de quem a preenche.

    Args:
        operadora: a quem se cobra.
        tipos: na ordem em que se querem.
        hoje: dia em que se imprime.
        de: o contratado executante; ausente, fica por preencher.
    """
    return [_folha(operadora, tipo, hoje, de or Contratado()) for tipo in tipos]


def _folha(operadora: Operadora, tipo: TipoGuia, hoje: date, de: Contratado) -> Folha:
    modelo = _MODELOS[tipo](de)
    numerada = tipo is not TipoGuia.ODONTO
    registro = formatos.registro_ans(operadora.registro_ans)
    return Folha(
        titulo=modelo.titulo,
        nome=f"{tipo.value}-em-branco",
        cabecalho=(
            Campo("Registro ANS", registro, 1 if numerada else None),
            Campo("Operadora", operadora.nome, peso=3),
            campo(2 if numerada else None, "Nº guia no prestador", 2),
            *modelo.topo,
        ),
        blocos=modelo.blocos,
        emissao=hoje,
        deitada=True,
    )


def _consulta(de: Contratado) -> _Modelo:
    return _Modelo(
        "Guia de consulta",
        (campo(3, "Número da guia atribuído pela operadora", 2),),
        (
            ficha(
                BENEFICIARIO,
                (4, "Número da carteira", 2), (5, "Validade da carteira"), (26, "Nome social", 3),
                (6, "Atendimento a RN"), (7, "Nome", 4),
            ),
            ficha(
                "Dados do contratado",
                (9, "Código na operadora", 2, de.codigo), (10, "Nome do contratado", 5, de.nome),
                (11, "Código CNES", 1, de.cnes), (12, "Nome do profissional executante", 5),
                (13, "Conselho profissional"), (14, "Número no conselho", 1.5), (15, "UF"),
                (16, "Código CBO"),
            ),
            ficha(
                "Dados do atendimento / procedimento realizado",
                (17, "Indicação de acidente"), (27, "Indicador de cobertura especial", 1.5),
                (28, "Regime de atendimento"), (29, "Saúde ocupacional"),
                (18, "Data do atendimento"), (19, "Tipo de consulta"), (20, "Tabela"),
                (21, "Código do procedimento", 1.5), (22, "Valor do procedimento (R$)"),
            ),
            ficha(None, (23, "Observação / justificativa", 10)),
            ficha(
                None,
                (24, "Assinatura do profissional executante", 5),
                (25, "Assinatura do beneficiário ou responsável", 5),
            ),
        ),
    )  # fmt: skip


def _sadt(de: Contratado) -> _Modelo:
    return _Modelo(
        "Guia de serviço profissional / serviço auxiliar de diagnóstico e terapia - SP/SADT",
        (
            campo(3, "Número da guia principal", 2), *AUTORIZACAO,
        ),
        (
            beneficiario(89),
            ficha(
                "Dados do solicitante",
                (13, "Código na operadora", 2), (14, "Nome do contratado", 7),
                (15, "Nome do profissional solicitante", 3), (16, "Conselho profissional"),
                (17, "Número no conselho", 1.2), (18, "UF", 0.5), (19, "Código CBO", 0.8),
                (20, "Assinatura do profissional solicitante", 3),
            ),
            ficha(
                "Dados da solicitação / procedimentos ou itens assistenciais solicitados",
                (21, "Caráter do atendimento"), (22, "Data da solicitação"),
                (90, "Indicador de cobertura especial", 1.5), (23, "Indicação clínica", 6),
            ),
            tabela(
                None, 3,
                (24, "Tabela", 0.7), (25, "Código", 1.5), (26, "Descrição", 7),
                (27, "Qtde. solic."), (28, "Qtde. aut."),
            ),
            ficha(
                "Dados do contratado executante e do atendimento",
                (29, "Código na operadora", 2, de.codigo), (30, "Nome do contratado", 6, de.nome),
                (31, "Código CNES", 1, de.cnes), (32, "Tipo de atendimento", 1.2),
                (33, "Indicação de acidente", 1.2), (34, "Tipo de consulta"),
                (35, "Motivo de encerramento do atendimento", 2),
                (91, "Regime de atendimento", 1.2), (92, "Saúde ocupacional", 1.2),
            ),
            executados("Dados da execução / procedimentos e exames realizados", 36, linhas=5),
            profissionais(48, linhas=3),
            ficha(
                None,
                (56, "Datas de realização de procedimentos em série", 3),
                (57, "Assinatura do beneficiário ou responsável, em cada data", 3),
                (58, "Observação / justificativa", 4),
            ),
            totais(
                59, "procedimentos", "taxas e aluguéis", "materiais", "OPME", "medicamentos",
                "gases medicinais",
            ),
            ficha(
                None,
                (66, "Assinatura do responsável pela autorização", 3.3),
                (67, "Assinatura do beneficiário ou responsável", 3.3),
                (68, "Assinatura do contratado", 3.3),
            ),
        ),
    )  # fmt: skip


def _internacao(de: Contratado) -> _Modelo:
    return _Modelo(
        "Guia de resumo de internação",
        (
            campo(3, "Número da guia de solicitação de internação", 2), *AUTORIZACAO,
        ),
        (
            beneficiario(None),
            ficha(
                "Dados do contratado executante",
                (13, "Código na operadora", 2, de.codigo), (14, "Nome do contratado", 6, de.nome),
                (15, "Código CNES", 1, de.cnes),
            ),
            ficha(
                "Dados da internação",
                (16, "Caráter do atendimento"), (17, "Tipo de faturamento"),
                (18, "Data do início do faturamento", 1.3), (19, "Hora do início do faturamento"),
                (20, "Data do fim do faturamento", 1.3), (21, "Hora do fim do faturamento"),
                (22, "Tipo de internação"), (23, "Regime de internação"),
                (24, "CID 10 principal", 0.8), (25, "CID 10 (2)", 0.8), (26, "CID 10 (3)", 0.8),
                (27, "CID 10 (4)", 0.8), (28, "Indicação de acidente"),
                (29, "Motivo de encerramento"), (30, "Nº da declaração de nascido vivo", 1.5),
                (31, "CID 10 óbito"), (32, "Nº da declaração de óbito", 1.2),
                (33, "Indicador D.O. de RN"),
            ),
            executados("Procedimentos e exames realizados", 34, linhas=7),
            profissionais(46, linhas=6),
            totais(
                54, "procedimentos", "diárias", "taxas e aluguéis", "materiais", "OPME",
                "medicamentos", "gases medicinais",
            ),
            ficha(None, (65, "Observação / justificativa", 10)),
            ficha(
                None,
                (62, "Data da assinatura do contratado", 2), (63, "Assinatura do contratado", 4),
                (64, "Assinatura dos auditores da operadora", 4),
            ),
        ),
    )  # fmt: skip


def _honorarios(de: Contratado) -> _Modelo:
    return _Modelo(
        "Guia de honorários",
        (
            campo(3, "Número da guia de solicitação de internação", 2),
            campo(4, "Senha", 2),
            campo(5, "Número da guia atribuído pela operadora", 2),
        ),
        (
            ficha(
                BENEFICIARIO,
                (6, "Número da carteira", 2), (None, "Nome social", 3), (7, "Nome", 4),
                (8, "Atendimento a RN"),
            ),
            ficha(
                "Dados do contratado (onde foi executado o procedimento)",
                (9, "Código na operadora / CNPJ", 2), (10, "Nome do hospital / local", 6),
                (11, "Código CNES"),
            ),
            ficha(
                "Dados do contratado executante",
                (12, "Código na operadora", 2, de.codigo), (13, "Nome do contratado", 6, de.nome),
                (14, "Código CNES", 1, de.cnes),
            ),
            ficha(
                "Dados da internação",
                (15, "Data do início do faturamento", 2), (16, "Data do fim do faturamento", 2),
            ),
            executados("Procedimentos realizados", 17, linhas=9),
            profissionais(29, linhas=6),
            ficha(
                None,
                (37, "Observação / justificativa", 8), (38, "Valor total dos honorários (R$)", 2),
            ),
            ficha(
                None,
                (39, "Data de emissão", 2), (40, "Assinatura do profissional executante", 8),
            ),
        ),
    )  # fmt: skip


def _odonto(de: Contratado) -> _Modelo:
    return _Modelo(
        "Guia de tratamento odontológico",
        tuple(Campo(um.rotulo, "", peso=um.peso) for um in (
            campo(None, "Número da guia principal", 2), *AUTORIZACAO,
        )),
        (
            ficha(
                BENEFICIARIO,
                (None, "Número da carteira", 2), (None, "Validade da carteira"),
                (None, "Plano", 2), (None, "Empresa", 2), (None, "Atendimento a RN"),
                (None, "Nome", 5), (None, "Nome social", 3), (None, "Telefone"),
                (None, "Nome do titular do plano", 4),
            ),
            ficha(
                "Dados do contratado responsável pelo tratamento",
                (None, "Nome do profissional solicitante", 4), (None, "Número no CRO"),
                (None, "UF"), (None, "Código CBO"), (None, "Código na operadora", 2, de.codigo),
                (None, "Nome do contratado executante", 4, de.nome), (None, "Número no CRO"),
                (None, "UF"), (None, "Código CNES", 1, de.cnes),
                (None, "Nome do profissional executante", 4), (None, "Número no CRO"),
                (None, "UF"), (None, "Código CBO"),
            ),
            tabela(
                "Plano de tratamento / procedimentos solicitados / procedimentos executados", 14,
                (None, "Tabela", 0.6), (None, "Código", 1.2), (None, "Descrição", 4),
                (None, "Dente / região", 0.8), (None, "Face", 0.8), (None, "Qtde.", 0.6),
                (None, "Quant. US", 0.8), (None, "Valor (R$)"), (None, "Franquia (R$)"),
                (None, "Aut.", 0.5), (None, "Data de realização", 1.2),
                (None, "Assinatura do beneficiário", 2),
            ),
            ficha(
                None,
                (None, "Data de término do tratamento", 1.5), (None, "Tipo de atendimento", 1.2),
                (None, "Tipo de faturamento", 1.2), (None, "Total de quantidade de US", 1.5),
                (None, "Valor total (R$)", 1.5), (None, "Valor total da franquia (R$)", 1.5),
            ),
            ficha(None, (None, "Observação / justificativa", 10)),
            ficha(
                None,
                (None, "Data e assinatura do profissional solicitante", 3.3),
                (None, "Data e assinatura do profissional executante", 3.3),
                (None, "Data e assinatura do beneficiário ou responsável", 3.3),
            ),
        ),
    )  # fmt: skip


_MODELOS = {
    TipoGuia.CONSULTA: _consulta,
    TipoGuia.SADT: _sadt,
    TipoGuia.INTERNACAO: _internacao,
    TipoGuia.HONORARIOS: _honorarios,
    TipoGuia.ODONTO: _odonto,
}
