"""O prestador envia mensagens em arquivo pelo console e vê o que se disse de cada uma."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from integration import arquivos
from integration.recepcao import lote

from handlers.ritmo import Ritmo
from persistence import auditoria
from persistence.baldes import Limite
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    import pytest
    from console.navegador import Console, Navegador, Pagina


def _enviar(navegador: Navegador, *pares: tuple[str, bytes]) -> Pagina:
    navegador.abrir("/portal/envio")
    return navegador.enviar_arquivos(
        "/portal/envio", [("arquivos", nome, dados) for nome, dados in pares]
    )


def test_lote_sem_senha_entra_pela_sessao(console: Console) -> None:
    """Quem entrou no console não precisa de login e senha dentro do arquivo."""
    console.mesa.dar_login("hospital", "segredo-do-hospital")
    navegador = console.do_prestador()
    pagina = _enviar(navegador, ("lote.xml", arquivos.bytes_de(arquivos.lote_em_arquivo())))
    assert pagina.status == 200
    assert "Protocolo 10000001" in pagina.texto
    assert console.mesa.contagens()["protocolo"] == 1


def test_envio_que_nao_se_audita_nao_se_recebe(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Audita-se antes de receber: a página que falha aí não esconde um lote que entrou."""
    navegador = console.do_prestador()

    def cair(*_: object, **__: object) -> None:
        raise BancoIndisponivel

    monkeypatch.setattr(auditoria, "registrar", cair)
    pagina = _enviar(navegador, ("lote.xml", arquivos.bytes_de(arquivos.lote_em_arquivo())))
    assert pagina.status == 503
    assert console.mesa.contagens()["protocolo"] == 0


def test_alem_do_limite_a_pagina_diz_quando_voltar(console: Console) -> None:
    """O que ainda cabia entra, o resto diz-se; e quem já passou ouve 429 com Retry-After."""
    console.mesa.recepcao._ritmo = Ritmo(console.mesa.banco, Limite(1, 1))
    navegador = console.do_prestador()
    lotes = [arquivos.bytes_de(arquivos.lote_em_arquivo(str(n))) for n in (1, 2, 3)]
    pagina = _enviar(navegador, *((f"{n}.xml", dados) for n, dados in enumerate(lotes)))
    assert pagina.status == 200
    assert "1 arquivo não entrou por passar do limite" in pagina.texto
    assert console.mesa.contagens()["protocolo"] == 2
    pagina = _enviar(navegador, ("outro.xml", lotes[2]))
    assert (pagina.status, pagina.cabecalhos["retry-after"]) == (429, "60")
    assert "mensagens demais em pouco tempo. Espere 60 segundos." in pagina.texto


def test_arquivo_de_outro_prestador_nao_entra(console: Console) -> None:
    """A sessão prova só por quem se entrou: a mensagem em nome de outro é recusada."""
    outro = console.mesa.outro_prestador("770001", cnpj="45997418000153")
    navegador = console.do_prestador(outro, login="45997418000153")
    pagina = _enviar(navegador, ("lote.xml", arquivos.bytes_de(arquivos.lote_em_arquivo())))
    assert "outro prestador" in pagina.texto
    assert console.mesa.contagens()["protocolo"] == 0
    # fica entre os de quem o enviou, e não entre os daquele em cujo nome vinha
    assert len(navegador.abrir("/portal/envio").linhas("enviados")) == 1
    dele = console.do_prestador(endereco="192.0.2.9")
    assert dele.abrir("/portal/envio").linhas("enviados") == []


def test_cada_erro_se_diz_por_guia_e_campo(console: Console) -> None:
    """O que o esquema recusa aparece com a guia, o campo e a regra, e fica na lista."""
    navegador = console.do_prestador()
    bom = arquivos.bytes_de(arquivos.lote_em_arquivo(guias=2))
    inicio, _, fim = bom.rpartition(b"<ans:registroANS>999999<")
    ruim = inicio + b"<ans:registroANS>9<" + fim
    pagina = _enviar(navegador, ("ruim.xml", ruim))
    assert "registroANS" in pagina.texto
    lista = navegador.abrir("/portal/envio")
    (linha,) = lista.linhas("enviados")
    assert linha[3] == "Necessário ajuste no lote"
    (endereco,) = lista.arvore.xpath("//table[@id='enviados']//a/@href")
    detalhe = navegador.abrir(endereco.removeprefix("/console"))
    assert "registroANS" in detalhe.texto


def test_varios_de_uma_vez_e_dentro_de_um_zip(console: Console) -> None:
    """Um zip com dois lotes e um XML ao lado dão três resultados, pela ordem."""
    dados = [
        arquivos.bytes_de(arquivos.lote_em_arquivo(numero=str(n), semente=n)) for n in (1, 2, 3)
    ]
    saida = io.BytesIO()
    with zipfile.ZipFile(saida, "w") as pacote:
        pacote.writestr("a.xml", dados[0])
        pacote.writestr("b.xml", dados[1])
    navegador = console.do_prestador()
    pagina = _enviar(navegador, ("lotes.zip", saida.getvalue()), ("c.xml", dados[2]))
    assert [h.text_content() for h in pagina.arvore.xpath("//section/h2")] == [
        "a.xml", "b.xml", "c.xml",
    ]  # fmt: skip
    assert console.mesa.contagens()["protocolo"] == 3


def test_o_mesmo_arquivo_outra_vez_diz_o_mesmo_protocolo(console: Console) -> None:
    """Recarregar a página do resultado não cobra duas vezes."""
    dados = arquivos.bytes_de(arquivos.lote_em_arquivo())
    navegador = console.do_prestador()
    _enviar(navegador, ("lote.xml", dados))
    pagina = _enviar(navegador, ("lote.xml", dados))
    assert "Já tinha sido recebida. Protocolo 10000001" in pagina.texto
    assert console.mesa.contagens()["protocolo"] == 1


def test_sem_arquivo_o_erro_fica_no_campo(console: Console) -> None:
    """Enviar sem escolher arquivos volta ao formulário com o que falta."""
    pagina = _enviar(console.do_prestador())
    assert pagina.status == 422
    assert pagina.erros() == {"arquivos": "escolha pelo menos um arquivo XML ou zip"}


def test_zip_que_nao_se_abre_diz_porque(console: Console) -> None:
    """Um zip cortado não recebe nada e diz o que tem."""
    pagina = _enviar(console.do_prestador(), ("lotes.zip", b"PK\x03\x04cortado"))
    assert pagina.status == 422
    assert "corrompido" in pagina.erros()["arquivos"]


def test_os_enviados_de_outro_nao_se_veem(console: Console) -> None:
    """Nem na lista nem pelo endereço."""
    dono = console.do_prestador()
    _enviar(dono, ("lote.xml", arquivos.bytes_de(arquivos.lote_em_arquivo())))
    (endereco,) = dono.abrir("/portal/envio").arvore.xpath("//table[@id='enviados']//a/@href")[:1]
    outro = console.mesa.outro_prestador("770001", cnpj="45997418000153")
    alheio = console.do_prestador(outro, login="45997418000153", endereco="192.0.2.9")
    assert alheio.abrir("/portal/envio").linhas("enviados") == []
    assert "Não há esse arquivo" in alheio.abrir(endereco.removeprefix("/console")).texto


def test_mensagem_com_envelope_diz_o_que_se_espera(console: Console) -> None:
    """Um loteGuiasWS, que é do web service, não é um arquivo, e o texto o diz."""
    navegador = console.do_prestador()
    pagina = _enviar(navegador, ("ws.xml", arquivos.bytes_de(lote())))
    assert "mensagemTISS" in pagina.texto
