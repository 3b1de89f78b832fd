"""O que as guias inventadas cobram: códigos no jeito da TUSS, descrição e preço.

Os preços são inventados, em centavos. As descrições são nossas e cabem em ISO-8859-1.
"""

from __future__ import annotations

from typing import NamedTuple


class Procedimento(NamedTuple):
    """Uma linha de preço da tabela 22.

    Attributes:
        preco: centavos.
    """

    codigo: str
    descricao: str
    preco: int


class Despesa(NamedTuple):
    """Um material, medicamento, taxa ou diária.

    Attributes:
        tipo: ``dm_outrasDespesas``.
        tabela: ``dm_tabela``.
        unidade: ``dm_unidadeMedida``.
        preco: centavos.
    """

    tipo: str
    tabela: str
    codigo: str
    descricao: str
    unidade: str
    preco: int


CONSULTA = Procedimento("10101012", "Consulta em consultório", 15000)

EXAMES = (
    Procedimento("40301630", "Creatinina, dosagem sérica", 1240),
    Procedimento("40302040", "Glicose, dosagem em jejum", 985),
    Procedimento("40304361", "Hemograma completo com contagem de plaquetas", 2170),
    Procedimento("40311210", "Urina, exame de rotina (caracteres físicos e sedimento)", 1533),
    Procedimento("40316521", "Tireoestimulante (TSH), dosagem do hormônio", 3895),
    Procedimento("40808041", "Radiografia de mão ou quirodáctilo", 4628),
    Procedimento("40901122", "Ultrassonografia de abdômen total", 19817),
    Procedimento("40101010", "Eletrocardiograma de 12 derivações, repouso", 5499),
    Procedimento("20103492", "Fisioterapia motora, sessão em articulação", 3671),
    Procedimento("41001010", "Tomografia de crânio ou órbitas, sem contraste", 43050),
)

CIRURGIAS = (
    Procedimento("31005497", "Colecistectomia por videolaparoscopia", 287433),
    Procedimento("31003079", "Apendicectomia convencional", 149215),
    Procedimento("31009166", "Herniorrafia inguinal em criança ou adulto", 131087),
    Procedimento("30602246", "Reconstrução da mama com prótese & retalho cutâneo", 312990),
    Procedimento("10102019", "Visita hospitalar a paciente internado", 12650),
    Procedimento("31602045", "Anestesia para procedimento cirúrgico de médio porte", 78041),
)

ODONTOLOGICOS = (
    Procedimento("81000065", "Consulta odontológica inicial", 9000),
    Procedimento("85100196", "Restauração em resina fotopolimerizável, 1 face", 13475),
    Procedimento("85200166", "Tratamento endodôntico unirradicular", 38860),
    Procedimento("84000090", "Aplicação tópica de flúor", 4725),
    Procedimento("82000875", "Exodontia simples de permanente", 16933),
    Procedimento("85300047", "Raspagem supragengival", 7119),
)

DESPESAS = (
    Despesa("01", "18", "60034335", "Oxigênio medicinal, por hora de uso", "036", 2355),
    Despesa("02", "20", "90012345", "Dipirona sódica 500 mg/ml, solução injetável", "001", 412),
    Despesa("02", "20", "90054321", "Cloreto de sódio 0,9%, frasco de 500 ml", "013", 868),
    Despesa("03", "19", "70123454", "Seringa descartável 10 ml & agulha 25 x 7", "036", 177),
    Despesa("03", "19", "70765432", "Cateter intravenoso periférico nº 20", "036", 934),
    Despesa("05", "18", "60000694", "Diária de enfermaria, três leitos", "036", 54060),
    Despesa("07", "18", "60023155", "Taxa de sala cirúrgica, porte anestésico 3", "036", 71542),
    Despesa("08", "19", "71890123", "Tela de polipropileno para correção de hérnia", "036", 120819),
)

TOTAL_POR_DESPESA = {
    "01": "valorGasesMedicinais",
    "02": "valorMedicamentos",
    "03": "valorMateriais",
    "05": "valorDiarias",
    "07": "valorTaxasAlugueis",
    "08": "valorOPME",
}
"""``dm_outrasDespesas`` -> elemento de ``ct_guiaValorTotal`` em que a despesa se soma."""
