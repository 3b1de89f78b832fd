"""O que as guias têm em comum: quem, quando, procedimentos executados, despesas e totais."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from dominio.versoes import ordem
from prestador.catalogo import DESPESAS, TOTAL_POR_DESPESA, Despesa, Procedimento

if TYPE_CHECKING:
    from prestador.invencao import Inventor, Profissional
    from prestador.valores import Corpo, Identificado

_ORDEM_DOS_TOTAIS = (
    "valorProcedimentos",
    "valorDiarias",
    "valorTaxasAlugueis",
    "valorMateriais",
    "valorMedicamentos",
    "valorOPME",
    "valorGasesMedicinais",
)


@dataclass(frozen=True, slots=True)
class Pedido:
    """O que se pede ao construtor de uma guia.

    Attributes:
        numero: ``numeroGuiaPrestador``, até 20 caracteres.
        itens: quantos itens a guia cobra, despesas incluídas.
        hoje: nenhuma data da guia passa dela.
        sorteio: de onde saem os dados inventados.
    """

    versao: str
    numero: str
    itens: int
    registro_ans: str
    prestador: Identificado
    hoje: date
    sorteio: Inventor

    @property
    def antiga(self) -> bool:
        """3.05.00 pede nomes que as versões seguintes deixaram de levar."""
        return self.versao == "3.05.00"

    @property
    def com_centro_de_consumo(self) -> bool:
        """``centroConsumo`` existe desde 4.03.00."""
        return ordem(self.versao) >= (4, 3, 0)


def reais(centavos: int) -> str:
    """Centavos -> forma léxica em reais: ``123456`` -> ``1234.56``."""
    return f"{centavos // 100}.{centavos % 100:02d}"


def com_fator(centavos: int, fator: int) -> int:
    """Centavos vezes um fator em centésimos, arredondado ao centavo."""
    return (centavos * fator + 50) // 100


def horario(minutos: int) -> str:
    """Minutos desde a meia-noite -> ``HH:MM:SS``."""
    return f"{minutos // 60:02d}:{minutos % 60:02d}:00"


def cabecalho_da_guia(pedido: Pedido) -> Corpo:
    """Conteúdo de ``ct_guiaCabecalho``."""
    return {"registroANS": pedido.registro_ans, "numeroGuiaPrestador": pedido.numero}


def beneficiario(pedido: Pedido) -> Corpo:
    """Conteúdo de ``ct_beneficiarioDados``."""
    sorteio = pedido.sorteio
    corpo: Corpo = {"numeroCarteira": sorteio.digitos(17), "atendimentoRN": "N"}
    if pedido.antiga:
        corpo["nomeBeneficiario"] = sorteio.nome()
        corpo["numeroCNS"] = sorteio.cns()
    if sorteio.uma_vez_em(3):
        corpo["tipoIdent"] = sorteio.um_de(("01", "02", "05"))
    return corpo


def validacao(pedido: Pedido) -> Corpo:
    """Código de validação, em algumas guias."""
    return {"codValidacao": pedido.sorteio.digitos(10)} if pedido.sorteio.uma_vez_em(4) else {}


def profissional_contratado(pessoa: Profissional) -> Corpo:
    """Conteúdo de ``ct_contratadoProfissionalDados``."""
    return {
        "nomeProfissional": pessoa.nome,
        "conselhoProfissional": pessoa.conselho,
        "numeroConselhoProfissional": pessoa.numero,
        "UF": pessoa.uf,
        "CBOS": pessoa.cbos,
    }


def da_equipe(pessoa: Profissional, grau: str) -> Corpo:
    """Conteúdo de ``ct_identEquipe`` e ``ct_identEquipeSADT``."""
    return {
        "grauPart": grau,
        "codProfissional": {"cpfContratado": pessoa.cpf},
        "nomeProf": pessoa.nome,
        "conselho": pessoa.conselho,
        "numeroConselhoProfissional": pessoa.numero,
        "UF": pessoa.uf,
        "CBOS": pessoa.cbos,
    }


def executado(
    sequencial: int,
    dia: date,
    inicio: int,
    procedimento: Procedimento,
    *,
    quantidade: int,
    fator: int,
    cirurgico: bool,
) -> tuple[Corpo, int]:
    """Os campos de um procedimento executado, até ``valorTotal``.

    Args:
        sequencial: posição na guia, de 1.
        dia: data de execução.
        inicio: minutos desde a meia-noite.
        procedimento: o que foi feito.
        quantidade: unidades.
        fator: redução ou acréscimo em centésimos.
        cirurgico: se leva via de acesso e técnica.

    Returns:
        O corpo e o valor total em centavos.
    """
    total = com_fator(procedimento.preco * quantidade, fator)
    corpo: Corpo = {
        "sequencialItem": str(sequencial),
        "dataExecucao": dia.isoformat(),
        "horaInicial": horario(inicio),
        "horaFinal": horario(inicio + 25),
        "procedimento": dados_do_procedimento(procedimento),
        "quantidadeExecutada": str(quantidade),
    }
    if cirurgico:
        corpo["viaAcesso"] = "1"
        corpo["tecnicaUtilizada"] = "2" if "vídeo" in procedimento.descricao else "1"
    corpo["reducaoAcrescimo"] = reais(fator)
    corpo["valorUnitario"] = reais(procedimento.preco)
    corpo["valorTotal"] = reais(total)
    return corpo, total


def dados_do_procedimento(procedimento: Procedimento) -> Corpo:
    """Conteúdo de ``ct_procedimentoDados``."""
    return {
        "codigoTabela": "22",
        "codigoProcedimento": procedimento.codigo,
        "descricaoProcedimento": procedimento.descricao,
    }


def repartir(itens: int) -> tuple[int, int]:
    """Quantos dos itens são procedimentos e quantos são despesas: um terço, para menos."""
    return itens - itens // 3, itens // 3


def despesas(pedido: Pedido, quantas: int, dias: tuple[date, date]) -> tuple[Corpo, dict[str, int]]:
    """``ct_outrasDespesas`` e quanto se somou a cada categoria, em centavos.

    Args:
        pedido: a guia.
        quantas: linhas.
        dias: intervalo das datas de execução.
    """
    linhas: list[Corpo] = []
    somas: dict[str, int] = {}
    for sequencial in range(1, quantas + 1):
        despesa = pedido.sorteio.um_de(DESPESAS)
        linha, total = _despesa(pedido, sequencial, despesa, pedido.sorteio.dia(*dias))
        linhas.append(linha)
        categoria = TOTAL_POR_DESPESA[despesa.tipo]
        somas[categoria] = somas.get(categoria, 0) + total
    return {"despesa": linhas}, somas


def _despesa(pedido: Pedido, sequencial: int, despesa: Despesa, dia: date) -> tuple[Corpo, int]:
    # meias unidades exercitam as quatro casas da quantidade
    meias = pedido.sorteio.entre(1, 8)
    total = com_fator(despesa.preco * meias, 50)
    servico: Corpo = {
        "dataExecucao": dia.isoformat(),
        "codigoTabela": despesa.tabela,
        "codigoProcedimento": despesa.codigo,
        "quantidadeExecutada": f"{meias // 2}.{meias % 2 * 5}000",
        "unidadeMedida": despesa.unidade,
        "reducaoAcrescimo": "1.00",
        "valorUnitario": reais(despesa.preco),
        "valorTotal": reais(total),
    }
    if pedido.com_centro_de_consumo:
        servico["centroConsumo"] = str(pedido.sorteio.entre(1, 10))
    servico["descricaoProcedimento"] = despesa.descricao
    if despesa.tipo in {"03", "08"}:
        servico["registroANVISA"] = pedido.sorteio.digitos(11)
    linha: Corpo = {
        "sequencialItem": str(sequencial),
        "codigoDespesa": despesa.tipo,
        "servicosExecutados": servico,
    }
    if pedido.sorteio.uma_vez_em(3):
        linha["itemVinculado"] = "1"
    return linha, total


def valor_total(somas: dict[str, int]) -> Corpo:
    """``ct_guiaValorTotal`` com as categorias que têm valor, na ordem do esquema.

    Args:
        somas: elemento da categoria -> centavos.
    """
    corpo: Corpo = {nome: reais(somas[nome]) for nome in _ORDEM_DOS_TOTAIS if nome in somas}
    corpo["valorTotalGeral"] = reais(sum(somas.values()))
    return corpo


def autorizacao(pedido: Pedido, dia: date) -> Corpo:
    """Dados de autorização de SP/SADT e internação: senha válida por 60 dias."""
    return {
        "numeroGuiaOperadora": pedido.sorteio.digitos(10),
        "dataAutorizacao": dia.isoformat(),
        "senha": f"AUT{pedido.sorteio.digitos(8)}",
        "dataValidadeSenha": (dia + timedelta(days=60)).isoformat(),
        **validacao(pedido),
    }
