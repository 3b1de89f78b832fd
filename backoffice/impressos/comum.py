"""Os blocos que mais de um impresso tem, e como se dizem os códigos do padrão."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.impressos import formatos
from backoffice.impressos.folha import Assinaturas, Campo, Ficha

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dominio.analise import Glosa, Valores
    from dominio.situacao import StatusProtocolo
    from handlers.demonstrativo.modelo import Cabecalho, Contratado

ASSINATURA_DO_PRESTADOR = Assinaturas(("Local e data", "Assinatura e carimbo do profissional"))


def cabecalho(de: Cabecalho) -> tuple[Campo, ...]:
    """Campos 1 a 5 dos demonstrativos."""
    return (
        Campo("Registro ANS", de.registro_ans, 1),
        Campo("Nº", de.numero, 2),
        Campo("Nome da operadora", de.nome, 3, 2),
        Campo("CNPJ da operadora", formatos.cadastro(de.cnpj), 4, 1.2),
        Campo("Data de emissão", formatos.data(de.emissao), 5),
    )


def do_contratado(contratado: Contratado) -> Ficha:
    """Campos 6 a 8 dos demonstrativos."""
    return Ficha(
        "Dados do prestador",
        (
            Campo("Código na operadora", contratado.codigo, 6),
            Campo("Nome do contratado", contratado.nome, 7, 3),
            Campo("Código CNES", contratado.cnes, 8),
        ),
    )


def totais(titulo: str | None, de_que: str, valores: Valores, primeiro: int | None) -> Ficha:
    """Os quatro valores de um nível, em campos numerados a partir de ``primeiro``."""
    ditos = (
        ("informado", valores.informado),
        ("processado", valores.processado),
        ("liberado", valores.liberado),
        ("glosa", valores.glosa),
    )
    return Ficha(
        titulo,
        tuple(
            Campo(
                f"Valor {nome} {de_que} (R$)",
                formatos.reais(valor),
                None if primeiro is None else primeiro + n,
            )
            for n, (nome, valor) in enumerate(ditos)
        ),
        forte=True,
    )


def codigos(glosas: Sequence[Glosa]) -> str:
    """Os códigos de umas glosas, na ordem."""
    return ", ".join(glosa.codigo for glosa in glosas)


def situacao(status: StatusProtocolo) -> str:
    """O código do padrão e o seu nome; as telas podem numerar de outro modo, os impressos não."""
    return formatos.codigo_e_texto(str(int(status)), status.texto)


def tem_de_assinar(contratado: Contratado) -> bool:
    """Se o demonstrativo vai assinado, que é o de pessoa física; a jurídica manda nota fiscal."""
    return contratado.cnpj is None
