"""A declaração mensal das retenções de INSS de um prestador."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backoffice.impressos import formatos
from backoffice.impressos.folha import Assinaturas, Campo, Coluna, Ficha, Folha, Tabela, Texto
from dominio.competencia import dia
from dominio.dinheiro import ZERO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from decimal import Decimal

    from backoffice.impressos.folha import Bloco
    from persistence.consultas.impressos import Retida
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador

_COLUNAS = (
    Coluna("Data do pagamento", 1.4),
    Coluna("Nº do pagamento", 1.4),
    Coluna("Descrição", 3.5),
    Coluna("Base (R$)", 1.6, direita=True),
    Coluna("INSS retido (R$)", 1.6, direita=True),
    Coluna("Estornado em", 1.4),
)


class Declaracao(NamedTuple):
    """As retenções de INSS de um prestador nos pagamentos de um mês.

    Attributes:
        competencia: AAAAMM do mês dos pagamentos.
        retidas: pela data.
    """

    prestador: Prestador
    competencia: str
    retidas: tuple[Retida, ...]

    @property
    def base(self) -> Decimal:
        """Reais pagos, cada pagamento contado uma vez."""
        return sum({r.pagamento_id: r.base for r in self.retidas}.values(), ZERO)

    @property
    def retido(self) -> Decimal:
        """Reais retidos no mês, também os de pagamentos depois estornados."""
        return sum((r.valor for r in self.retidas), ZERO)


def montar(operadora: Operadora, declaracao: Declaracao, hoje: date) -> Folha:
    """A folha da declaração."""
    return Folha(
        titulo="Declaração de retenção de INSS mensal",
        nome=f"inss-{declaracao.prestador.codigo}-{declaracao.competencia}",
        cabecalho=(
            Campo("Registro ANS", operadora.registro_ans),
            Campo("Fonte pagadora", operadora.nome, None, 2.5),
            Campo("CNPJ", formatos.cadastro(operadora.cnpj), None, 1.2),
            Campo("Mês", formatos.competencia(declaracao.competencia)),
        ),
        blocos=tuple(_blocos(operadora, declaracao)),
        emissao=hoje,
    )


def _blocos(operadora: Operadora, declaracao: Declaracao) -> Iterator[Bloco]:
    quem = declaracao.prestador
    yield Ficha(
        "Dados do prestador",
        (
            Campo("Código na operadora", quem.codigo),
            Campo("Nome", quem.nome, None, 3),
            Campo("CNPJ ou CPF", formatos.cadastro(quem.cnpj or quem.cpf), None, 1.2),
        ),
    )
    mes = formatos.competencia(declaracao.competencia)
    if not declaracao.retidas:
        yield Texto("Retenções", f"Não houve retenção de INSS nos pagamentos de {mes}.")
        return
    yield Texto(
        "Declaração",
        f"Declaramos que dos pagamentos feitos em {mes} ao prestador acima se reteve, a título de "
        f"contribuição ao INSS, o total de R$ {formatos.reais(declaracao.retido)}.",
    )
    yield Tabela("Retenções", _COLUNAS, tuple(_linha(r) for r in declaracao.retidas))
    yield Ficha(
        None,
        (
            Campo("Total da base (R$)", formatos.reais(declaracao.base)),
            Campo("Total do INSS retido (R$)", formatos.reais(declaracao.retido)),
        ),
        forte=True,
    )
    yield Assinaturas(("Local e data", operadora.nome))


def _linha(retida: Retida) -> tuple[str, ...]:
    estornado = retida.estornado_em
    return (
        formatos.data(retida.data),
        str(retida.pagamento_id),
        retida.descricao,
        formatos.reais(retida.base),
        formatos.reais(retida.valor),
        "" if estornado is None else formatos.data(dia(estornado)),
    )
