"""Rascunhos de recursos pela API: digitar, anexar, mudar, apagar e enviar."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from integration.api import abrir_api
from integration.cancelamento import cancelar, de_guias
from integration.documento import mesa_com_deposito
from integration.recurso import Recorrente, item

from dominio.erros import Nivel
from handlers.envio_documentos import Deposito
from persistence import auditoria, documentos, operadoras, prestadores, regras
from persistence.arquivos import Pasta
from persistence.consultas import titular
from prestador.arquivos_inventados import jpg, pdf, png
from prestador.cancelamentos import GuiaACancelar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.api import Api, Resposta
    from integration.recepcao import Mesa

    from persistence.banco import Banco

_RASCUNHOS = "/rascunhos-de-recurso"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.fixture
def mesa(banco: Banco, pasta: Path) -> Mesa:
    """Uma recepção que guarda documentos."""
    return mesa_com_deposito(banco, pasta)


@pytest.fixture
def api(mesa: Mesa, pasta: Path) -> Iterator[Api]:
    """A API sobre a mesma mesa, com o mesmo depósito."""
    with abrir_api(mesa, deposito=Deposito(Pasta(pasta))) as aberta:
        yield aberta


# o que aqui se decide é igual nos dois bancos: basta num deles
_UM_BANCO = pytest.mark.parametrize("nova_url", ["sqlite"], indirect=True)


def _linha(valor: str | None = "20.00", **campos: Any) -> dict[str, Any]:
    return {
        "nivel": "item", "codigoGlosa": "1705", "justificativa": "É o do contrato.", "guia": 1,
        "item": 1, "valor": valor, **campos,
    }  # fmt: skip


def _da_guia(guia: int = 2, **campos: Any) -> dict[str, Any]:
    return {
        "nivel": "guia", "codigoGlosa": "1705", "justificativa": "A guia inteira.", "guia": guia,
        **campos,
    }  # fmt: skip


def _criar(api: Api, protocolo: int, *linhas: dict[str, Any], **campos: Any) -> Resposta:
    corpo = {"protocolo": str(protocolo), "linhas": list(linhas), **campos}
    return api.enviar("POST", _RASCUNHOS, corpo)


def _anexar(api: Api, onde: str, nome: str, conteudo: bytes, **consulta: Any) -> Resposta:
    token = consulta.pop("token", None) or api.token()
    return api.pedir(
        "POST", onde, token=token, corpo=conteudo, consulta={"nome": nome, **consulta},
        cabecalhos={"content-type": "application/octet-stream"},
    )  # fmt: skip


def _no_deposito(pasta: Path) -> int:
    return sum(p.is_file() for p in pasta.rglob("*"))


def _duas_guias(recorrente: Recorrente) -> int:
    return recorrente.analisado({(1, 1): ("30.00",), (2, None): ("5.00",)}, guias=2)


def test_do_rascunho_ao_recurso_com_anexos(recorrente: Recorrente, api: Api, pasta: Path) -> None:
    """Digita-se pela posição, anexa-se, envia-se; os anexos são então documentos do recurso."""
    protocolo = _duas_guias(recorrente)
    criado = _criar(api, f"{protocolo:012d}", origem="portal", prestador="013950").dados
    assert (criado["nivel"], criado["situacaoEnvio"], criado["origemTexto"]) == (
        "Em digitação", "Não enviado", "Via Portal",
    )  # fmt: skip
    onde = f"{_RASCUNHOS}/{criado['id']}"
    mudado = api.enviar("PUT", onde, {"linhas": [_linha(), _da_guia()]}, visto='"0"').dados
    assert mudado["nivel"] == "Guia e Eventos"
    do_item, da_guia = mudado["linhas"]
    assert (do_item["procedimento"], do_item["sequencialItem"], do_item["dataProcedimento"]) == (
        "40300001", 1, "2026-03-10",
    )  # fmt: skip
    assert (do_item["valorRecursado"], da_guia["valorRecursado"]) == ("20.00", "5.00")
    assert mudado["valores"]["recursado"] == "25.00"
    laudo = {"tipo": "01", "descricao": "Laudo do exame", "guia": 1}
    anexo = _anexar(api, f"{onde}/anexos", "Laudo São José.pdf", pdf(), **laudo).dados
    assert (anexo["situacao"], anexo["formato"], anexo["guia"]) == ("Envio pendente", "PDF", 1)
    docx = _anexar(api, f"{onde}/anexos", "carta.docx", b"PK\x03\x04resto").dados
    assert api.pegar("/recursos").dados["recursos"] == []
    enviado = api.enviar("POST", f"{onde}/envio").dados
    numero = enviado["numeroRecurso"]
    assert enviado["texto"] == f"Recurso gravado com sucesso. Protocolo do recurso: {numero}."
    assert (enviado["valorRecursado"], enviado["repetido"]) == ("25.00", False)
    assert api.enviar("POST", f"{onde}/envio").dados["numeroRecurso"] == numero
    inteiro = api.pegar(f"/recursos/{numero}").dados
    assert [
        (d["nomeArquivo"], d["descricao"], d["tipoDocumento"], d["formato"], d["situacao"])
        for d in inteiro["documentos"]
    ] == [
        ("Laudo São José.pdf", "Laudo do exame", "01", "PDF", "Enviado"),
        ("carta.docx", None, "05", "DOCX", "Enviado"),
    ]
    assert inteiro["documentos"][1]["numeroDocumento"] == str(docx["id"])
    assert api.pegar("/recursos").dados["recursos"][0]["qtdAnexos"] == 2
    depois = api.pegar(onde).dados
    assert (depois["situacaoEnvio"], depois["numeroRecurso"], depois["anexos"]) == (
        "Enviado", numero, [],
    )  # fmt: skip
    do_laudo = inteiro["documentos"][0]["protocoloDocumento"]
    baixado = api.pegar(f"/protocolos/{numero}/documentos/{do_laudo}")
    assert baixado.corpo == pdf()
    assert "Laudo%20S%C3%A3o%20Jos%C3%A9.pdf" in baixado.cabecalhos["content-disposition"]
    assert _no_deposito(pasta) == 2
    assert documentos.varrer(recorrente.mesa.banco, Pasta(pasta), paradas_ha=-1) == 0


def test_anexo_do_rascunho_baixa_se_remove_se_e_some_com_ele(
    recorrente: Recorrente, api: Api, pasta: Path
) -> None:
    """Os bytes voltam iguais; removido o anexo, ou apagado o rascunho, o arquivo varre-se."""
    onde = f"{_RASCUNHOS}/{_criar(api, _duas_guias(recorrente)).dados['id']}"
    um = _anexar(api, f"{onde}/anexos", "foto.jpg", jpg()).dados
    dois = _anexar(api, f"{onde}/anexos", "tela.png", png()).dados
    baixado = api.pegar(f"{onde}/anexos/{um['id']}")
    assert (baixado.corpo, baixado.cabecalhos["content-type"]) == (jpg(), "image/jpeg")
    assert baixado.cabecalhos["content-disposition"].startswith("attachment; ")
    assert baixado.cabecalhos["x-content-type-options"] == "nosniff"
    banco = recorrente.mesa.banco
    with banco.escrita() as conn:
        dela = auditoria.de_titular(conn, recorrente.mesa.operadora.id, "00123")
    assert [(e.acao, e.alvo_tipo) for e in dela] == [
        ("digitar", "rascunho"), ("ler", "anexo"),
    ]  # fmt: skip
    assert documentos.varrer(banco, Pasta(pasta), paradas_ha=-1) == 0
    assert api.enviar("DELETE", f"{onde}/anexos/{um['id']}").status == 204
    assert api.enviar("DELETE", f"{onde}/anexos/{um['id']}").problema(404)["motivo"] == (
        "anexo-ausente"
    )
    assert documentos.varrer(banco, Pasta(pasta), paradas_ha=-1) == 1
    assert [a["id"] for a in api.pegar(onde).dados["anexos"]] == [dois["id"]]
    assert api.enviar("DELETE", onde).status == 204
    api.pegar(onde).problema(404)
    assert documentos.varrer(banco, Pasta(pasta), paradas_ha=-1) == 1
    assert api.pegar(_RASCUNHOS).dados["rascunhos"] == []


_RUINS = [
    ("conta.exe", b"MZ\x90", {}, "anexo-recusado"),
    ("conta.pdf", b"MZ\x90\x00", {}, "anexo-recusado"),
    ("conta.pdf", b"%PDF-1.4 cortado", {}, "anexo-recusado"),
    ("conta.txt", b"a\x00b", {}, "anexo-recusado"),
    ("conta.docx", b"PK\x05\x06", {}, "anexo-recusado"),
    ("conta", pdf(), {}, "anexo-recusado"),
    ("conta.html", b"<b>", {}, "anexo-recusado"),
    ("conta.csv", b"a;b", {}, "anexo-recusado"),
    ("conta.pdf", b"", {}, "tamanho-do-anexo"),
    ("conta.pdf", pdf(30 * 1_048_576), {}, "tamanho-do-anexo"),
    ("../conta.pdf", pdf(), {}, "nome-do-arquivo"),
    ("a\nb.pdf", pdf(), {}, "nome-do-arquivo"),
    ("conta.pdf", pdf(), {"tipo": "99"}, "tipo-do-anexo"),
    ("conta.pdf", pdf(), {"descricao": "a\x01b"}, "texto-invalido"),
    ("conta.pdf", pdf(), {"guia": 9}, "guia-ausente"),
]
_BONS = [
    ("a.pdf", pdf()), ("a.PNG", png()), ("a.jpeg", jpg()), ("a.zip", b"PK\x03\x04x"),
    ("a.bmp", b"BMxx"), ("a.docx", b"PK\x03\x04x"), ("a.txt", b"ol\xe1"), ("a.doc", _OLE + b"x"),
    ("a.rar", b"Rar!\x1a\x07\x00"), ("a.xls", _OLE + b"x"), ("a.jpg", jpg()),
]  # fmt: skip


@_UM_BANCO
def test_formatos_e_tamanhos_de_anexo(recorrente: Recorrente, api: Api, pasta: Path) -> None:
    """Os dos três portais entram, até 30 MB; o que não é o que diz ser, não, e nada se guarda."""
    onde = f"{_RASCUNHOS}/{_criar(api, _duas_guias(recorrente)).dados['id']}/anexos"
    for nome, conteudo, campos, motivo in _RUINS:
        recusa = _anexar(api, onde, nome, conteudo, **campos)
        assert recusa.problema(recusa.status)["motivo"] == motivo, nome
    assert _no_deposito(pasta) == 0
    for nome, conteudo in _BONS:
        assert _anexar(api, onde, nome, conteudo).status == 200, nome
    assert _anexar(api, onde, "quase.pdf", pdf(30 * 1_048_576 - 1024)).status == 200


@_UM_BANCO
def test_servidor_que_guarda_menos_recusa_antes(recorrente: Recorrente, pasta: Path) -> None:
    """O limite do servidor vale sobre o da operadora, e o antivírus vê só o que cabe."""
    vistos: list[int] = []

    def antivirus(conteudo: bytes) -> bool:
        vistos.append(len(conteudo))
        return b"virus" not in conteudo

    deposito = Deposito(Pasta(pasta), 1_048_576, antivirus)
    with abrir_api(recorrente.mesa, deposito=deposito) as api:
        onde = f"{_RASCUNHOS}/{_criar(api, _duas_guias(recorrente)).dados['id']}/anexos"
        grande = _anexar(api, onde, "a.pdf", pdf(1_048_577)).problema(422)
        assert grande["motivo"] == "tamanho-do-anexo"
        assert vistos == []
        assert _anexar(api, onde, "a.txt", b"um virus").status == 422
        assert _anexar(api, onde, "a.txt", b"nada").status == 200
    assert _no_deposito(pasta) == 1


def test_cada_operadora_diz_que_anexos_aceita(recorrente: Recorrente, api: Api) -> None:
    """Extensões e tamanho são da operadora; com ``*`` toda extensão entra, salvo programas."""
    onde = f"{_RASCUNHOS}/{_criar(api, _duas_guias(recorrente)).dados['id']}/anexos"
    comum = api.pegar("/politica-de-anexos").dados
    assert (comum["maiorMib"], "docx" in comum["extensoes"]) == (30, True)
    nova = {"extensoes": ["pdf", "zip"], "maiorMib": 1}
    assert api.enviar("PUT", "/politica-de-anexos", nova).dados == nova
    assert _anexar(api, onde, "a.png", png()).problema(422)["motivo"] == "anexo-recusado"
    assert _anexar(api, onde, "a.pdf", pdf(1_048_576)).problema(422)["motivo"] == "tamanho-do-anexo"
    assert _anexar(api, onde, "a.pdf", pdf()).status == 200
    api.enviar("PUT", "/politica-de-anexos", {"extensoes": ["*"], "maiorMib": 15})
    assert _anexar(api, onde, "planilha.ods", b"PK\x03\x04x").dados["formato"] == "ODS"
    for nome, conteudo in (("a.exe", b"xx"), ("a.dat", b"MZ"), ("a.sh", b"x"), ("a.pdf", b"x")):
        assert _anexar(api, onde, nome, conteudo).problema(422)["motivo"] == "anexo-recusado", nome
    ruim = api.enviar("PUT", "/politica-de-anexos", {"extensoes": ["exe"]})
    assert ruim.campos() == {"extensoes"}
    assert api.enviar("PUT", "/politica-de-anexos", {}).dados == comum


def test_documento_junta_se_a_um_recurso_enviado(recorrente: Recorrente, api: Api) -> None:
    """Depois de enviado ainda se juntam documentos; o mesmo outra vez é o mesmo; cancelado, não."""
    protocolo = _duas_guias(recorrente)
    numero = recorrente.aceito(protocolo, item(recorrente.guia_de(protocolo), 1, "30.00"))
    onde = f"/recursos/{numero}/documentos"
    um, outra_vez = (_anexar(api, onde, "laudo.pdf", pdf(), guia=1).dados for _ in "ab")
    assert um == outra_vez
    assert um["numeroGuiaPrestador"] == recorrente.guia_de(protocolo)
    [documento] = api.pegar(f"/recursos/{numero}").dados["documentos"]
    assert documento == um
    assert _anexar(api, onde, "laudo.pdf", b"MZ").problema(422)["motivo"] == "anexo-recusado"
    assert _anexar(api, f"/recursos/{protocolo}/documentos", "a.pdf", pdf()).status == 404
    cancelar(
        recorrente.mesa, de_guias(GuiaACancelar(recorrente.recurso(numero).numero_guia, tipo="3"))
    )
    assert _anexar(api, onde, "novo.pdf", pdf(9)).problema(409)["motivo"] == "recurso-cancelado"
    with recorrente.mesa.banco.leitura() as conn:
        lugares = titular.lugares(conn, recorrente.mesa.operadora.id, "00123")
    assert [r.numero for r in lugares.recursos] == [numero]
    assert [d.numero for d in lugares.documentos] == [int(um["protocoloDocumento"])]


_LINHAS_RUINS: list[tuple[dict[str, Any], int, str | None]] = [
    (_linha(guia=9), 404, "guia-ausente"),
    (_linha(guia=None, numeroGuiaPrestador="G99-1"), 404, "guia-ausente"),
    (_linha(guia=None), 404, "guia-ausente"),
    (_linha(item=9), 404, "item-ausente"),
    (_linha(item=None), 404, "item-ausente"),
    (_linha("-1.00"), 422, "rascunho-invalido"),
    (_linha("1.001"), 422, "rascunho-invalido"),
    (_linha(grauParticipacao="\u0000"), 422, "rascunho-invalido"),
    (_linha(codigoGlosa="9" * 61), 422, None),
    (_da_guia(valor="1.00"), 422, "rascunho-invalido"),
    (_linha(justificativa="x" * 501), 422, "texto-invalido"),
]


def test_linha_que_nao_serve_nao_se_guarda(recorrente: Recorrente, api: Api) -> None:
    """A guia de outro lote, o item que não há, o valor negativo, 501 caracteres: diz-se na hora."""
    protocolo = _duas_guias(recorrente)
    rascunho = _criar(api, protocolo, _linha()).dados
    onde = f"{_RASCUNHOS}/{rascunho['id']}"
    for linha, status, motivo in _LINHAS_RUINS:
        recusa = api.enviar("PUT", onde, {"linhas": [linha]})
        assert recusa.problema(status).get("motivo") == motivo, linha
    assert api.enviar("PUT", onde, {"linhas": [{"nivel": "lote"}]}).campos() == {
        "linhas.0.nivel", "linhas.0.codigoGlosa", "linhas.0.justificativa",
    }  # fmt: skip
    velho = api.enviar("PUT", onde, {"linhas": []}, visto='"0"')
    assert velho.problema(412)["motivo"] == "revisao-antiga"
    assert api.pegar(onde).dados["linhas"] == rascunho["linhas"]


def test_o_que_as_regras_recusam_fica_por_enviar(recorrente: Recorrente, api: Api) -> None:
    """Acima do saldo, o rascunho avisa e o envio diz o motivo; corrigido, vai; uma vez só."""
    protocolo = _duas_guias(recorrente)
    rascunho = _criar(api, protocolo, _linha("30.01"))
    onde = f"{_RASCUNHOS}/{rascunho.dados['id']}"
    assert rascunho.dados["linhas"][0]["acimaDoSaldo"]
    recusa = api.enviar("POST", f"{onde}/envio").problema(422)
    assert recusa["motivo"] == "recurso-saldo"
    assert recusa["codigo"] == "2908"
    assert api.pegar(onde).dados["situacaoEnvio"] == "Não enviado"
    with recorrente.mesa.banco.escrita() as conn:
        # o total de quem digita guias é o do saldo, e a regra não tem o que recusar
        regras.ajustar(
            conn, recorrente.mesa.operadora.id, None, "recurso-total",
            regras.Ajuste(nivel=Nivel.RECUSA.value),
        )  # fmt: skip
    api.enviar("PUT", onde, {"linhas": [_linha(None), _da_guia()]})
    enviado = api.enviar("POST", f"{onde}/envio")
    assert enviado.dados["valorRecursado"] == "35.00"
    for metodo, corpo in (("PUT", {"linhas": []}), ("DELETE", None)):
        tarde = api.enviar(metodo, onde, corpo)
        assert tarde.problema(409)["motivo"] == "rascunho-enviado"
    tarde = _anexar(api, f"{onde}/anexos", "a.pdf", pdf())
    assert tarde.problema(409)["motivo"] == "rascunho-enviado"
    vazio = _criar(api, protocolo).dados["id"]
    recusa = api.enviar("POST", f"{_RASCUNHOS}/{vazio}/envio").problema(422)
    assert recusa["motivo"] == "rascunho-invalido"


def test_tres_que_enviam_ao_mesmo_tempo_fazem_um_recurso(recorrente: Recorrente, api: Api) -> None:
    """Todos recebem o mesmo número, e a glosa contesta-se uma vez."""
    rascunho = _criar(api, _duas_guias(recorrente), _linha()).dados["id"]
    token = api.token()
    largada = threading.Barrier(3)

    def enviar(_: int) -> dict[str, Any]:
        largada.wait(30)
        feito = api.enviar("POST", f"{_RASCUNHOS}/{rascunho}/envio", token=token)
        return dict(feito.dados)

    with ThreadPoolExecutor(3) as fila:
        feitos = list(fila.map(enviar, range(3)))
    assert len({feito["numeroRecurso"] for feito in feitos}) == 1
    assert sorted(feito["repetido"] for feito in feitos) == [False, True, True]
    assert len(api.pegar("/recursos").dados["recursos"]) == 1


def test_rascunho_de_outro_prestador_ou_operadora_nao_existe(
    recorrente: Recorrente, api: Api
) -> None:
    """Nem para um portal que fala por outro prestador, nem com o token de outra operadora."""
    protocolo, mesa = _duas_guias(recorrente), recorrente.mesa
    rascunho = _criar(api, protocolo, _linha()).dados
    onde = f"{_RASCUNHOS}/{rascunho['id']}"
    with mesa.banco.escrita() as conn:
        prestadores.adicionar(conn, mesa.operadora.id, codigo="500002", nome="Outro")
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra"
        )
    assert _criar(api, protocolo, prestador="500002").status == 404
    assert api.pegar(_RASCUNHOS, prestador="500002").dados["rascunhos"] == []
    dela = api.token(operadora=outra)
    for consulta, token in (("?prestador=500002", None), ("", dela)):
        for metodo, resto, corpo in (
            ("GET", "", None), ("PUT", "", {"linhas": []}), ("POST", "/envio", None),
            ("DELETE", "", None),
        ):  # fmt: skip
            resposta = api.enviar(metodo, f"{onde}{resto}{consulta}", corpo, token=token)
            assert resposta.problema(404)["motivo"] == "rascunho-ausente", (metodo, consulta)
    assert _anexar(api, f"{onde}/anexos", "a.pdf", pdf(), token=dela).status == 404
    assert api.pedir("GET", _RASCUNHOS, token=dela).dados["rascunhos"] == []
    assert api.enviar("POST", _RASCUNHOS, {"protocolo": str(protocolo)}, token=dela).status == 404


def test_lista_de_rascunhos(recorrente: Recorrente, api: Api) -> None:
    """Do mais novo ao mais antigo, por protocolo, origem e prestador; os enviados à parte."""
    um, dois = _duas_guias(recorrente), _duas_guias(recorrente)
    a = _criar(api, um, _linha()).dados["id"]
    b = _criar(api, dois, origem="portal").dados["id"]

    def ids(**consulta: Any) -> list[int]:
        return [r["id"] for r in api.pegar(_RASCUNHOS, **consulta).dados["rascunhos"]]

    assert ids() == ids(prestador="013950") == [b, a]
    assert ids(protocolo=f"00{um}") == ids(origem="operadora") == [a]
    pagina = api.pegar(_RASCUNHOS, limite=1).dados
    assert ids(limite=1, cursor=pagina["proximo"]) == [a]
    api.enviar("POST", f"{_RASCUNHOS}/{a}/envio")
    assert (ids(), ids(enviados="true")) == ([b], [a])
    api.pegar(_RASCUNHOS, prestador="nenhum").problema(404)
