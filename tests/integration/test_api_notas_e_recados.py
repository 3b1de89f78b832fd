"""Notas fiscais com os seus arquivos, documentos de um lote e recados, pela API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration.api import abrir_api
from integration.cobranca_na_api import Contas
from integration.documento import mandar, mesa_com_deposito

from dominio.formatos_de_nota import MAIOR_ARQUIVO
from handlers.envio_documentos import Deposito
from handlers.envio_documentos.deposito import AntivirusSemResposta
from persistence import auditoria, documentos, politicas_de_cobranca
from persistence.arquivos import Pasta
from persistence.politicas_de_cobranca import PoliticaDeCobranca
from prestador.arquivos_inventados import pdf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.api import Api, Resposta

    from handlers.envio_documentos.deposito import Antivirus
    from persistence.auditoria import Evento
    from persistence.banco import Banco
    from persistence.operadoras import Operadora


@pytest.fixture
def contas(banco: Banco, pasta: Path) -> Iterator[Contas]:
    """Quem paga, numa operadora que espera nota fiscal de todos e recebe documentos."""
    mesa = mesa_com_deposito(banco, pasta)
    with banco.escrita() as conn:
        politicas_de_cobranca.gravar(
            conn, mesa.operadora.id, PoliticaDeCobranca(exige_nota="todos")
        )
    with abrir_api(mesa, deposito=Deposito(Pasta(pasta))) as api:
        yield Contas(api)


def _nota(contas: Contas, **campos: Any) -> dict[str, Any]:
    pagamento = contas.pagar(contas.liberado()).dados
    dita = {"numero": "123", "serie": "A", "valor": pagamento["brutos"]["liberado"],
            "emissao": "2026-03-20", **campos}  # fmt: skip
    feita: dict[str, Any] = contas.api.enviar(
        "POST", f"/pagamentos/{pagamento['id']}/notas", dita
    ).dados
    return feita


def _anexar(contas: Contas, nota: int, nome: str, conteudo: bytes, **opcoes: Any) -> Resposta:
    return contas.api.pedir(
        "PUT", f"/notas/{nota}/arquivo", token=opcoes.get("token") or contas.api.token(),
        corpo=conteudo, consulta={"nome": nome},
        cabecalhos={"content-type": "application/octet-stream"},
    )  # fmt: skip


def _situacao(contas: Contas, pagamento: int) -> str:
    return str(contas.api.pegar(f"/pagamentos/{pagamento}").dados["situacao"])


def _eventos(contas: Contas, alvo_tipo: str) -> list[Evento]:
    mesa = contas.api.mesa
    with mesa.banco.leitura() as conn:
        todos = auditoria.listar(conn, mesa.operadora.id)
    return [e for e in todos if e.alvo_tipo == alvo_tipo]


def test_nota_vai_do_rascunho_ao_aceite_e_deixa_confirmar(contas: Contas) -> None:
    """O pagamento diz em que pé a nota está, e só com ela aceita se confirma."""
    nota = _nota(contas)
    pagamento = nota["pagamento"]
    assert (nota["estado"], _situacao(contas, pagamento)) == ("rascunho", "Aguardando nota fiscal")
    assert contas.confirmar(pagamento).problema(409)["motivo"] == "nota-pendente"
    assert _anexar(contas, nota["id"], "nota.pdf", pdf()).status == 200
    enviada = contas.api.enviar("POST", f"/notas/{nota['id']}/envio").dados
    assert (enviada["situacao"], _situacao(contas, pagamento)) == (
        "Em análise", "Nota fiscal em análise",
    )  # fmt: skip
    aceita = contas.api.enviar("POST", f"/notas/{nota['id']}/decisao", {"aceitar": True}).dados
    assert aceita["decididaPor"].startswith("token ")
    assert contas.confirmar(pagamento).dados["estado"] == "confirmado"


def test_recusada_diz_o_motivo_e_outra_pode_vir(contas: Contas) -> None:
    """A recusa pede motivo; depois dela o pagamento aceita outra nota, e as duas se listam."""
    nota = _nota(contas)
    outra = {"numero": "124", "serie": "A", "valor": nota["valor"], "emissao": "2026-03-21"}
    caminho = f"/pagamentos/{nota['pagamento']}/notas"
    assert contas.api.enviar("POST", caminho, outra).problema(409)["motivo"] == "nota-existente"
    contas.api.enviar("POST", f"/notas/{nota['id']}/envio")
    sem_motivo = contas.api.enviar("POST", f"/notas/{nota['id']}/decisao", {"aceitar": False})
    assert sem_motivo.problema(422)["motivo"] == "motivo-ausente"
    recusa = {"aceitar": False, "motivo": "CNPJ de outra filial"}
    contas.api.enviar("POST", f"/notas/{nota['id']}/decisao", recusa)
    assert contas.api.enviar("POST", caminho, outra).status == 200
    listadas = contas.api.pegar(caminho).dados
    assert listadas["exigida"]
    assert [(n["numero"], n["situacao"]) for n in listadas["notas"]] == [
        ("123", "Recusada"), ("124", "Aguardando envio"),
    ]  # fmt: skip


def test_valor_da_nota_e_o_bruto_do_pagamento(contas: Contas) -> None:
    """Uma nota de outro valor não é deste pagamento."""
    nota = _nota(contas)
    dita = {"numero": "9", "serie": "1", "valor": "1.00", "emissao": "2026-03-20"}
    editada = contas.api.enviar("PUT", f"/notas/{nota['id']}", dita)
    assert editada.problema(422)["motivo"] == "valor-da-nota"
    certa = contas.api.enviar("PUT", f"/notas/{nota['id']}", dita | {"valor": nota["valor"]}).dados
    assert certa["numero"] == "9"


def test_arquivo_da_nota_se_baixa_como_se_anexou(contas: Contas) -> None:
    """Os bytes voltam iguais, como anexo que o navegador não interpreta, e fica o registro."""
    nota = _nota(contas)
    conteudo = pdf()
    anexada = _anexar(contas, nota["id"], "Nota São José.pdf", conteudo).dados["arquivo"]
    assert (anexada["nome"], anexada["tamanho"]) == ("Nota São José.pdf", len(conteudo))
    baixada = contas.api.pegar(f"/notas/{nota['id']}/arquivo")
    assert baixada.corpo == conteudo
    assert baixada.cabecalhos["content-type"] == "application/pdf"
    assert baixada.cabecalhos["x-content-type-options"] == "nosniff"
    assert baixada.cabecalhos["cache-control"] == "no-store"
    disposicao = baixada.cabecalhos["content-disposition"]
    assert disposicao.startswith(f'attachment; filename="nota-{nota["id"]}.pdf"')
    assert "Nota%20S%C3%A3o%20Jos%C3%A9.pdf" in disposicao
    assert [e.alvo for e in _eventos(contas, "nota fiscal")] == [str(nota["id"])]


@pytest.mark.parametrize(
    ("nome", "conteudo", "motivo"),
    [
        ("nota.exe", b"MZ", "formato-do-arquivo"),
        ("nota.pdf", b"MZ", "formato-do-arquivo"),
        ("nota", b"%PDF-1.4", "formato-do-arquivo"),
        ("nota.html", b"<script>", "formato-do-arquivo"),
        ("nota.pdf", b"", "tamanho-do-arquivo"),
        ("nota.pdf", b"%PDF-" + b"x" * MAIOR_ARQUIVO, "tamanho-do-arquivo"),
        ("../nota.pdf", b"%PDF-1.4", "nome-do-arquivo"),
        ("a\nb.pdf", b"%PDF-1.4", "nome-do-arquivo"),
    ],
    ids=["exe", "outro", "sem-extensao", "html", "vazio", "grande", "caminho", "controle"],
)
def test_arquivo_que_nao_serve_nao_se_guarda(
    contas: Contas, pasta: Path, nome: str, conteudo: bytes, motivo: str
) -> None:
    """Formato, tamanho ou nome que não se aceita: 422, e nada fica no depósito."""
    nota = _nota(contas)
    assert _anexar(contas, nota["id"], nome, conteudo).problema(422)["motivo"] == motivo
    assert not [p for p in pasta.rglob("*") if p.is_file()]
    contas.api.pegar(f"/notas/{nota['id']}/arquivo").problema(404)


@pytest.mark.parametrize(
    ("nome", "comeco"),
    [
        ("n.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), ("n.docx", b"PK\x03\x04"),
        ("n.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), ("n.jpeg", b"\xff\xd8\xff"),
        ("N.PNG", b"\x89PNG\r\n\x1a\n"), ("n.zip", b"PK\x03\x04"), ("n.rar", b"Rar!\x1a\x07\x00"),
    ],
)  # fmt: skip
def test_formatos_de_nota_que_se_aceitam(contas: Contas, nome: str, comeco: bytes) -> None:
    """Os formatos do portal: DOC, DOCX, XLS, JPEG, PNG, ZIP e RAR, além do PDF."""
    assert _anexar(contas, _nota(contas)["id"], nome, comeco + b"resto").status == 200


def test_nota_enviada_nao_muda(contas: Contas) -> None:
    """Depois de enviada, nem os dados, nem o arquivo, nem se exclui; só se baixa."""
    nota = _nota(contas)
    _anexar(contas, nota["id"], "nota.pdf", pdf())
    contas.api.enviar("POST", f"/notas/{nota['id']}/envio")
    dita = {nome: nota[nome] for nome in ("numero", "serie", "valor", "emissao")}
    respostas = (
        contas.api.enviar("PUT", f"/notas/{nota['id']}", dita),
        contas.api.enviar("DELETE", f"/notas/{nota['id']}"),
        contas.api.enviar("POST", f"/notas/{nota['id']}/envio"),
        _anexar(contas, nota["id"], "outra.pdf", pdf()),
    )
    assert {r.problema(409)["motivo"] for r in respostas} == {"estado-da-nota"}
    assert contas.api.pegar(f"/notas/{nota['id']}/arquivo").status == 200


def test_rascunho_excluido_leva_o_arquivo_e_a_varredura_o_apaga(
    contas: Contas, pasta: Path
) -> None:
    """Enquanto a nota o tem, a varredura poupa o arquivo; excluída a nota, apaga-o."""
    nota = _nota(contas)
    _anexar(contas, nota["id"], "nota.pdf", pdf())
    deposito, banco = Pasta(pasta), contas.api.mesa.banco
    assert documentos.varrer(banco, deposito, paradas_ha=-1) == 0
    assert contas.api.enviar("DELETE", f"/notas/{nota['id']}").status == 204
    assert documentos.varrer(banco, deposito, paradas_ha=-1) == 1
    contas.api.pegar(f"/notas/{nota['id']}/arquivo").problema(404)


def test_arquivo_da_nota_passa_pelo_antivirus(banco: Banco, pasta: Path) -> None:
    """O que o antivírus acusa não se guarda; se ele não responde, 503."""

    def surdo(_conteudo: bytes) -> bool:
        raise AntivirusSemResposta

    mesa = mesa_com_deposito(banco, pasta)
    exames: tuple[tuple[Antivirus, int], ...] = ((lambda _: False, 422), (surdo, 503))
    for antivirus, status in exames:
        with abrir_api(mesa, deposito=Deposito(Pasta(pasta), antivirus=antivirus)) as api:
            contas = Contas(api)
            _anexar(contas, 1, "nota.pdf", pdf()).problema(status)
    assert not [p for p in pasta.rglob("*") if p.is_file()]


def test_nota_de_outra_operadora_e_404(contas: Contas, alheia: Operadora) -> None:
    """A nota e o arquivo de outra operadora não existem para o token."""
    nota = _nota(contas)
    _anexar(contas, nota["id"], "nota.pdf", pdf())
    dela = contas.api.token(operadora=alheia)
    contas.api.pedir("GET", f"/notas/{nota['id']}/arquivo", token=dela).problema(404)
    contas.api.enviar("DELETE", f"/notas/{nota['id']}", token=dela).problema(404)
    _anexar(contas, nota["id"], "outra.pdf", pdf(), token=dela).problema(404)


def test_documentos_do_lote_se_listam_e_se_baixam(contas: Contas) -> None:
    """A lista traz as colunas da página do lote; o conteúdo sai igual, só para guardar."""
    numero = contas.lote()
    conteudo = pdf()
    [guia] = contas.protocolo(numero)["guias"]
    recibo = mandar(
        contas.api.mesa, conteudo, numero_lote="1", guia_prestador=guia["numeroGuiaPrestador"]
    )
    [documento] = contas.api.pegar(f"/protocolos/{numero}/documentos").dados["documentos"]
    assert documento["protocoloDocumento"] == recibo.protocolo
    assert (documento["formato"], documento["guia"], documento["tamanho"]) == (
        "PDF", 1, len(conteudo),
    )  # fmt: skip
    assert documento["nomeArquivo"] == f"{recibo.protocolo}.pdf"
    baixado = contas.api.pegar(f"/protocolos/{numero}/documentos/{recibo.protocolo}")
    assert baixado.corpo == conteudo
    assert baixado.cabecalhos["content-type"] == "application/pdf"
    assert baixado.cabecalhos["x-content-type-options"] == "nosniff"
    assert baixado.cabecalhos["cache-control"] == "no-store"
    assert baixado.cabecalhos["content-disposition"].startswith("attachment; ")


def test_acesso_a_documentos_fica_na_auditoria_pela_carteira(contas: Contas) -> None:
    """Listar e baixar são acessos aos dados da pessoa da guia, e acham-se pela carteira dela."""
    numero = contas.lote()
    [guia] = contas.protocolo(numero)["guias"]
    recibo = mandar(
        contas.api.mesa, pdf(), numero_lote="1", guia_prestador=guia["numeroGuiaPrestador"]
    )
    contas.api.pegar(f"/protocolos/{numero}/documentos")
    contas.api.pegar(f"/protocolos/{numero}/documentos/{recibo.protocolo}")
    mesa = contas.api.mesa
    with mesa.banco.escrita() as conn:
        dela = auditoria.de_titular(conn, mesa.operadora.id, guia["beneficiario"]["carteira"])
    assert [(e.acao, e.alvo_tipo) for e in dela][-2:] == [
        ("listar", "documentos"), ("ler", "documento"),
    ]  # fmt: skip


def test_documento_de_outro_lote_ou_operadora_e_404(contas: Contas, alheia: Operadora) -> None:
    """Um documento só se baixa pelo lote em que está, por quem é da operadora."""
    numero, outro = contas.lote(), contas.lote()
    recibo = mandar(contas.api.mesa, pdf(), protocolo=numero)
    caminho = f"/protocolos/{numero}/documentos/{recibo.protocolo}"
    assert contas.api.pegar(caminho).status == 200
    contas.api.pegar(f"/protocolos/{outro}/documentos/{recibo.protocolo}").problema(404)
    contas.api.pegar(f"/protocolos/{numero}/documentos/77").problema(404)
    contas.api.pedir("GET", caminho, token=contas.api.token(operadora=alheia)).problema(404)


def test_recados_vao_e_voltam_e_dao_se_por_lidos(contas: Contas) -> None:
    """A operadora pergunta, um portal responde pelo prestador, e o que falta ler se lista."""
    numero = contas.lote()
    caminho = f"/protocolos/{numero}/recados"
    pergunta = contas.api.enviar("POST", caminho, {"texto": "Falta o laudo.", "guia": 1}, chave="1")
    assert (pergunta.dados["lado"], pergunta.dados["guia"]) == ("operadora", 1)
    resposta = {"texto": "Segue o laudo.", "lado": "prestador"}
    for _ in "ab":
        feita = contas.api.enviar("POST", caminho, resposta, chave="2").dados
    [por_ler] = contas.api.pegar("/recados").dados["protocolos"]
    assert (por_ler["numeroProtocolo"], por_ler["recados"]) == (numero, 1)
    lidos = contas.api.enviar("POST", f"{caminho}/leitura", {"ate": feita["id"]}).dados
    assert lidos == {"lidos": 1}
    assert contas.api.pegar("/recados").dados["protocolos"] == []
    conversa = contas.api.pegar(caminho).dados["recados"]
    assert [(r["lado"], r["lidoEm"] is None) for r in conversa] == [
        ("operadora", True), ("prestador", False),
    ]  # fmt: skip
    [evento] = _eventos(contas, "recados")
    assert evento.alvo == numero


@pytest.mark.parametrize(
    ("corpo", "status", "motivo"),
    [
        ({"texto": "   "}, 422, "recado-vazio"),
        ({"texto": "a\u0000b"}, 422, "texto-invalido"),
        ({"texto": "x", "guia": 9}, 404, "guia-ausente"),
    ],
)
def test_recado_ruim_nao_se_escreve(
    contas: Contas, corpo: dict[str, Any], status: int, motivo: str
) -> None:
    """Sem texto, com controles, ou sobre guia que não há."""
    caminho = f"/protocolos/{contas.lote()}/recados"
    recusa = contas.api.enviar("POST", caminho, corpo, chave="1").problema(status)
    assert recusa["motivo"] == motivo
    assert contas.api.pegar(caminho).dados["recados"] == []


def test_a_api_sem_deposito_nao_serve_arquivos(api_sem_deposito: Api) -> None:
    """Um servidor sem onde guardar responde 503 a quem pede um arquivo."""
    api_sem_deposito.pegar("/notas/1/arquivo").problema(503)


@pytest.fixture
def api_sem_deposito(banco: Banco, pasta: Path) -> Iterator[Api]:
    """A API de um processo a que não se deu depósito."""
    with abrir_api(mesa_com_deposito(banco, pasta)) as api:
        yield api
