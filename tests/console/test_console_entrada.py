"""Entrar no console: senha, trancas, segundo fator, convite, sessões, formulários."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from console.navegador import LOGIN, SENHA, Console
from relogio import Relogio
from sqlalchemy import select

from backoffice.console import Ajustes
from handlers import contas as casos_de_contas
from handlers.entrada import Entrada
from persistence import auditoria, contas, operadoras, prestadores, tabelas
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.navegador import Navegador

ANA = "ana@operadora.exemplo.br"
NAO_CONFERE = "Login ou senha não conferem"


@pytest.fixture
def relogio() -> Relogio:
    """O relógio do console."""
    return Relogio()


@pytest.fixture
def console(console: Console, relogio: Relogio) -> Console:
    """O console com o seu relógio e uma pessoa da operadora."""
    feito = Console(console.mesa, console.casa.executor, relogio)
    feito.criar_usuario(ANA)
    return feito


@pytest.fixture
def nos_dois(console_nos_dois: Console, relogio: Relogio) -> Console:
    """O mesmo em cada um dos dois bancos."""
    feito = Console(console_nos_dois.mesa, console_nos_dois.casa.executor, relogio)
    feito.criar_usuario(ANA)
    return feito


def _ligar_segundo_fator(navegador: Navegador, relogio: Relogio) -> str:
    pagina = navegador.abrir("/minha-conta/segundo-fator")
    segredo = str(pagina.arvore.xpath("//details//code/text()")[0])
    codigo = pyotp.TOTP(segredo).at(relogio.agora)
    assert navegador.enviar("/minha-conta/segundo-fator", codigo=codigo).titulo.startswith("Código")
    relogio.agora += timedelta(minutes=2)
    return segredo


def test_entra_com_a_senha_e_sai(nos_dois: Console) -> None:
    """A senha certa leva ao começo; depois de sair a sessão não vale, nem guardada."""
    ana = nos_dois.navegador()
    assert nos_dois.entrar(ana, f"  {ANA.upper()} ").caminho == "/inicio"
    velha = dict(ana.cookies)
    assert ana.enviar("/sair").titulo == "Entrar"
    ana.cookies = velha
    assert ana.abrir("/inicio").titulo == "Entrar"


def test_no_banco_nao_ha_senha_nem_sessao_legivel(console: Console) -> None:
    """Do cookie fica só o resumo, e da senha só o argon2id."""
    ana = console.navegador()
    console.entrar(ana, ANA)
    with console.mesa.banco.leitura() as conn:
        linhas = [
            tuple(linha)
            for nome in ("usuario", "sessao", "auditoria")
            for linha in conn.execute(select(tabelas.metadados.tables[nome]))
        ]
    for segredo in (SENHA, ana.cookies["tiss-sessao"]):
        assert segredo not in repr(linhas)


@pytest.mark.parametrize(
    ("login", "senha"),
    [(ANA, "Outra#2026"), ("ninguem@operadora.exemplo.br", SENHA), (LOGIN, SENHA), ("x", SENHA)],
    ids=["senha-errada", "email-desconhecido", "cnpj-sem-conta", "nem-login-e"],
)
def test_o_que_nao_confere_tem_uma_so_resposta(console: Console, login: str, senha: str) -> None:
    """Login que não existe e senha errada dizem o mesmo, e ninguém entra."""
    pagina = console.entrar(console.navegador(), login, senha)
    assert pagina.status == 422
    assert NAO_CONFERE in pagina.texto
    assert senha not in pagina.corpo.decode()


def test_estranho_nao_tranca_quem_ja_entrou(nos_dois: Console, relogio: Relogio) -> None:
    """Cinco erros trancam aquele endereço; a dona entra do seu, e o estranho nem com a senha."""
    assert nos_dois.entrar(nos_dois.navegador("192.0.2.7"), ANA).caminho == "/inicio"
    estranho = nos_dois.navegador("198.51.100.9")
    for n in range(5):
        nos_dois.entrar(estranho, ANA, f"Palpite#{n}")
    assert NAO_CONFERE in nos_dois.entrar(estranho, ANA).texto
    assert nos_dois.entrar(nos_dois.navegador("192.0.2.7"), ANA).caminho == "/inicio"
    relogio.agora += timedelta(minutes=6)
    assert nos_dois.entrar(estranho, ANA).caminho == "/inicio"


def test_desligada_deixa_de_entrar_ja(console: Console) -> None:
    """Quem foi desligado perde a sessão que tinha e não abre outra."""
    ana = console.navegador()
    console.entrar(ana, ANA)
    with console.mesa.banco.escrita() as conn:
        conn.execute(tabelas.usuario.update().values(ativo=False))
    assert ana.abrir("/inicio").titulo == "Entrar"
    assert NAO_CONFERE in console.entrar(ana, ANA).texto


@pytest.mark.parametrize("parada", [timedelta(minutes=22), None], ids=["ociosa", "velha"])
def test_sessao_acaba(console: Console, relogio: Relogio, parada: timedelta | None) -> None:
    """Parada por vinte minutos, ou com dez horas de uso, a sessão pede a senha outra vez."""
    ana = console.navegador()
    console.entrar(ana, ANA)
    passo = parada or timedelta(minutes=15)
    for _ in range(1 if parada else 39):
        relogio.agora += passo
        pagina = ana.abrir("/atalhos")
        if parada is None:
            assert pagina.titulo == "Atalhos do teclado"
    relogio.agora += timedelta(minutes=16)
    assert ana.abrir("/atalhos").titulo == "Entrar"


def test_sessao_muda_de_texto_a_cada_direito_novo(nos_dois: Console, relogio: Relogio) -> None:
    """Entrar, passar o segundo fator e trocar a senha dão outro cookie; o de antes não vale."""
    ana = nos_dois.navegador()
    nos_dois.entrar(ana, ANA)
    vistos = [ana.cookies["tiss-sessao"]]
    segredo = _ligar_segundo_fator(ana, relogio)
    vistos.append(ana.cookies["tiss-sessao"])
    outra = nos_dois.navegador()
    assert nos_dois.entrar(outra, ANA).titulo == "Segundo fator"
    vistos.append(outra.cookies["tiss-sessao"])
    outra.enviar("/segundo-fator", codigo=pyotp.TOTP(segredo).at(relogio.agora))
    vistos.append(outra.cookies["tiss-sessao"])
    outra.abrir("/minha-conta/senha")
    nova = "Nova#Senha26"
    outra.preencher(atual=SENHA, senha=nova, confirmacao=nova)
    vistos.append(outra.cookies["tiss-sessao"])
    assert len(set(vistos)) == 5
    for velho in vistos[:-1]:
        outra.cookies["tiss-sessao"] = velho
        assert outra.abrir("/inicio").titulo == "Entrar"


def _entretanto(monkeypatch: pytest.MonkeyPatch, acontece: Callable[[], object]) -> None:
    """Entre provar-se a senha e abrir-se a sessão, acontece alguma coisa, uma vez."""
    por_fazer = [acontece]
    conferir = Entrada._conferir

    def conferir_e_esperar(self: Entrada, *argumentos: Any) -> str:
        verificado = conferir(self, *argumentos)
        if por_fazer:
            por_fazer.pop()()
        return verificado

    monkeypatch.setattr(Entrada, "_conferir", conferir_e_esperar)


@pytest.mark.parametrize("qual", ["entrar", "trocar-senha"])
def test_senha_trocada_a_meio_corta_quem_a_provava(
    nos_dois: Console, monkeypatch: pytest.MonkeyPatch, qual: str
) -> None:
    """Quem provou a senha velha um instante antes de ela mudar não entra, nem a muda outra vez."""
    nova, dele = "Nova#Senha26", "Dele#Senha26"
    ladrao = nos_dois.navegador("198.51.100.9")
    if qual == "trocar-senha":
        nos_dois.entrar(ladrao, ANA)
        ladrao.abrir("/minha-conta/senha")
    else:
        ladrao.abrir("/entrar")
    _entretanto(monkeypatch, lambda: nos_dois.criar_usuario(ANA, senha=nova))
    if qual == "trocar-senha":
        pagina = ladrao.preencher(atual=SENHA, senha=dele, confirmacao=dele)
    else:
        pagina = ladrao.enviar("/entrar", login=ANA, senha=SENHA)
    assert pagina.status == 422
    assert ladrao.abrir("/minha-conta").titulo == "Entrar"
    assert nos_dois.entrar(nos_dois.navegador(), ANA, nova).caminho == "/inicio"


def test_desligada_a_meio_nao_entra(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quem se desliga enquanto prova a senha não fica com uma sessão para quando voltar."""

    def desligar() -> None:
        with console.mesa.banco.escrita() as conn:
            conn.execute(tabelas.usuario.update().values(ativo=False))

    _entretanto(monkeypatch, desligar)
    assert NAO_CONFERE in console.entrar(console.navegador(), ANA).texto


def test_segundo_fator_ligado_a_meio_pede_se_ja(
    console: Console, relogio: Relogio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quem provou a senha antes de se ligar o segundo fator só entra com ele."""
    ana = console.navegador()
    console.entrar(ana, ANA)
    outra = console.navegador()
    _entretanto(monkeypatch, lambda: _ligar_segundo_fator(ana, relogio))
    assert console.entrar(outra, ANA).titulo == "Segundo fator"


def test_sem_o_codigo_nao_se_abre_nada(console: Console, relogio: Relogio) -> None:
    """Com o segundo fator, a senha só leva à página do código; um código não serve duas vezes."""
    ana = console.navegador()
    console.entrar(ana, ANA)
    segredo = _ligar_segundo_fator(ana, relogio)
    codigo = pyotp.TOTP(segredo).at(relogio.agora)
    outra = console.navegador()
    console.entrar(outra, ANA)
    for caminho in ("/inicio", "/minha-conta", "/lotes", "/minha-conta/segundo-fator"):
        assert outra.abrir(caminho).titulo == "Segundo fator"
    assert "codigo" in outra.enviar("/segundo-fator", codigo="000000").erros()
    assert outra.enviar("/segundo-fator", codigo=codigo).caminho == "/inicio"
    terceira = console.navegador()
    console.entrar(terceira, ANA)
    assert "codigo" in terceira.enviar("/segundo-fator", codigo=codigo).erros()


def test_codigo_de_recuperacao_serve_uma_vez(nos_dois: Console, relogio: Relogio) -> None:
    """Quem perdeu o aparelho entra com um código guardado, que depois não serve."""
    ana = nos_dois.navegador()
    nos_dois.entrar(ana, ANA)
    pagina = ana.abrir("/minha-conta/segundo-fator")
    assert b"<svg" in ana.abrir("/minha-conta/segundo-fator/qr.svg").corpo
    segredo = str(pagina.arvore.xpath("//details//code/text()")[0])
    pagina = ana.enviar("/minha-conta/segundo-fator", codigo=pyotp.TOTP(segredo).at(relogio.agora))
    codigos = pagina.arvore.xpath("//ul[@class='codigos']//code/text()")
    assert len(set(codigos)) == 10
    assert ana.enviar("/sair").titulo == "Entrar"
    for serve in (True, False):
        outra = nos_dois.navegador()
        nos_dois.entrar(outra, ANA)
        pagina = outra.enviar("/segundo-fator", codigo=str(codigos[3]).upper())
        assert (pagina.caminho == "/inicio") is serve


def test_palpites_do_codigo_trancam(console: Console, relogio: Relogio) -> None:
    """Cinco códigos errados trancam; nem o certo passa até que a tranca acabe."""
    ana = console.navegador()
    console.entrar(ana, ANA)
    segredo = _ligar_segundo_fator(ana, relogio)
    outra = console.navegador("198.51.100.9")
    console.entrar(outra, ANA)
    for n in range(5):
        outra.enviar("/segundo-fator", codigo=f"00000{n}")
    certo = pyotp.TOTP(segredo).at(relogio.agora)
    assert "codigo" in outra.enviar("/segundo-fator", codigo=certo).erros()


def test_segundo_fator_exigido_so_deixa_configura_lo(console: Console, relogio: Relogio) -> None:
    """Com o ajuste, quem não o tem é levado a ele e não abre mais nada."""
    ajustes = Ajustes(exigir_segundo_fator=True)
    exigente = Console(console.mesa, console.casa.executor, relogio, ajustes)
    ana = exigente.navegador()
    assert exigente.entrar(ana, ANA).titulo == "Segundo fator"
    assert ana.abrir("/lotes").titulo == "Segundo fator"
    _ligar_segundo_fator(ana, relogio)
    assert ana.abrir("/lotes").titulo == "Lotes"


def test_senha_vencida_tem_de_se_trocar(console: Console, relogio: Relogio) -> None:
    """Aos 180 dias só se abre a página da senha; nenhuma das três últimas volta."""
    relogio.agora += timedelta(days=180)
    ana = console.navegador()
    console.entrar(ana, ANA)
    assert ana.abrir("/lotes").titulo == "Alterar senha"
    assert "senha" in ana.preencher(atual=SENHA, senha=SENHA, confirmacao=SENHA).erros()
    assert "senha" in ana.preencher(atual=SENHA, senha="fraca", confirmacao="fraca").erros()
    nova = "Nova#Senha26"
    assert "confirmacao" in ana.preencher(atual=SENHA, senha=nova, confirmacao="outra").erros()
    assert "atual" in ana.preencher(atual="errada", senha=nova, confirmacao=nova).erros()
    assert "A senha mudou" in ana.preencher(atual=SENHA, senha=nova, confirmacao=nova).texto
    assert console.entrar(console.navegador(), ANA, nova).caminho == "/inicio"


def test_encerrar_as_outras_sessoes(nos_dois: Console) -> None:
    """Só fica a sessão em que se pediu."""
    ana, outra = nos_dois.navegador(), nos_dois.navegador()
    nos_dois.entrar(ana, ANA)
    nos_dois.entrar(outra, ANA)
    ana.abrir("/minha-conta")
    assert "encerradas: 1" in ana.enviar("/minha-conta/sessoes").texto
    assert outra.abrir("/inicio").titulo == "Entrar"
    assert ana.abrir("/inicio").caminho == "/inicio"


# --- formulários --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cabecalhos",
    [
        {"origin": "http://outro"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "", "sec-fetch-site": "cross-site"},
    ],
    ids=["de-outra-casa", "nula", "sem-origem", "de-outro-sitio"],
)
def test_formulario_de_fora_nao_se_aceita(console: Console, cabecalhos: dict[str, str]) -> None:
    """Sem a origem deste console, nem com o CSRF certo."""
    ana = console.navegador()
    console.entrar(ana, ANA)
    corpo = f"csrf={ana.csrf()}".encode()
    assert ana.pedir("POST", "/sair", corpo=corpo, cabecalhos=cabecalhos).status == 403
    assert ana.abrir("/inicio").caminho == "/inicio"


@pytest.mark.parametrize("csrf", ["", "0" * 64, "de outra pessoa"])
def test_formulario_sem_o_seu_csrf_nao_se_aceita(console: Console, csrf: str) -> None:
    """O CSRF que falta, inventado ou de outra sessão não serve, nem na própria entrada."""
    ana, outra = console.navegador(), console.navegador()
    console.entrar(ana, ANA)
    console.entrar(outra, ANA)
    dito = outra.csrf() if csrf.startswith("de ") else csrf
    assert ana.pedir("POST", "/sair", corpo=f"csrf={dito}".encode()).status == 403
    ninguem = console.navegador()
    ninguem.abrir("/entrar")
    assert ninguem.pedir("POST", "/entrar", corpo=f"csrf={dito}".encode()).status == 403


@pytest.mark.parametrize(
    "destino", ["//fora.exemplo", "https://fora.exemplo", "/\\fora.exemplo", "/%2F/fora.exemplo"]
)
def test_depois_de_entrar_nao_se_sai_do_console(console: Console, destino: str) -> None:
    """O lugar a que voltar é sempre uma página daqui."""
    ana = console.navegador()
    pagina = ana.abrir("/entrar", depois=destino)
    [depois] = pagina.arvore.xpath("//input[@name='depois']/@value")
    assert depois == "/"


def test_depois_de_entrar_volta_se_ao_que_se_pediu(console: Console) -> None:
    """Quem abriu uma página sem ter entrado chega a ela depois."""
    ana = console.navegador()
    ana.abrir("/legenda")
    assert ana.preencher(login=ANA, senha=SENHA).titulo == "Legenda das situações"


# --- contas de prestador ------------------------------------------------------------------------


def test_prestador_aceita_o_convite_os_termos_e_entra(nos_dois: Console) -> None:
    """O convite dá a senha própria; entra-se com o CNPJ pontuado, e os termos ficam com data."""
    texto = nos_dois.convidar_conta()
    bia = nos_dois.navegador("192.0.2.8")
    pagina = bia.abrir(f"/convite/{texto}")
    assert "11.222.333/0001-81" in pagina.texto
    assert "senha" in bia.preencher(senha="fraca", confirmacao="fraca").erros()
    assert bia.preencher(senha=SENHA, confirmacao=SENHA).titulo == "Convite aceito"
    assert bia.abrir(f"/convite/{texto}").status == 404
    assert nos_dois.entrar(bia, "11.222.333/0001-81").titulo == "Termos de uso"
    assert bia.abrir("/portal").titulo == "Termos de uso"
    assert bia.enviar("/termos", resposta="aceito").caminho == "/portal"
    with nos_dois.mesa.banco.leitura() as conn:
        versao, quando = conn.execute(
            select(tabelas.conta_prestador.c.termos, tabelas.conta_prestador.c.termos_em)
        ).one()
        acoes = [e.acao for e in auditoria.listar(conn, nos_dois.mesa.operadora.id)]
    assert (versao, quando) == ("2026-11", nos_dois.relogio())
    assert {"aceitar-convite", "aceitar-termos"} <= set(acoes)


def test_quem_recusa_os_termos_sai(console: Console) -> None:
    """Recusados, a sessão acaba e a próxima entrada pergunta de novo."""
    console.criar_conta()
    bia = console.navegador()
    console.entrar(bia, LOGIN)
    assert bia.enviar("/termos", resposta="recuso").titulo == "Entrar"
    assert console.entrar(bia, LOGIN).titulo == "Termos de uso"


def test_uma_conta_serve_a_varias_operadoras(console: Console) -> None:
    """O segundo convite junta-se com a senha de agora, e depois de entrar escolhe-se."""
    mesa = console.mesa
    with mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Segunda Operadora"
        )
        la = prestadores.adicionar(conn, outra.id, codigo="77", nome="Hospital lá", cnpj=LOGIN)
    bia = console.do_prestador()
    texto = console.convidar_conta(la)
    bia.abrir(f"/convite/{texto}")
    assert "atual" in bia.enviar(f"/convite/{texto}", como="juntar", atual="Errada#1").erros()
    pagina = bia.enviar(f"/convite/{texto}", como="juntar", atual=SENHA)
    assert pagina.titulo == "Convite aceito"
    assert console.entrar(bia, LOGIN).titulo.startswith("Por quem")
    pagina = console.do_prestador(la).abrir("/portal")
    assert "Segunda Operadora (ANS 88888-8)" in pagina.texto


def test_convite_de_uma_operadora_nao_muda_a_senha_de_outra(nos_dois: Console) -> None:
    """Quem convida uma conta de outra operadora não lhe tira a senha, a sessão nem os acessos."""
    mesa = nos_dois.mesa
    with mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Segunda Operadora"
        )
        la = prestadores.adicionar(conn, outra.id, codigo="77", nome="Hospital lá", cnpj=LOGIN)
    bia = nos_dois.do_prestador()
    texto = nos_dois.convidar_conta(la)
    intruso = nos_dois.navegador("198.51.100.9")
    nova = "Nova#Senha26"
    pagina = intruso.abrir(f"/convite/{texto}")
    assert not pagina.arvore.xpath("//input[@name='senha']")
    assert "não lhe muda a senha" in pagina.texto
    pagina = intruso.enviar(f"/convite/{texto}", senha=nova, confirmacao=nova)
    assert pagina.status == 422
    assert "atual" in pagina.erros()
    assert bia.abrir("/portal").caminho == "/portal"
    assert NAO_CONFERE in nos_dois.entrar(intruso, LOGIN, nova).texto
    bia.abrir(f"/convite/{texto}")
    assert bia.preencher(atual=SENHA).titulo == "Convite aceito"
    assert mesa.prestador.nome in nos_dois.entrar(nos_dois.navegador(), LOGIN).texto


def test_senha_esquecida_devolve_a_quem_opera_o_gateway(console: Console) -> None:
    """O endereço dá senha nova, acaba com as sessões, deixa os acessos e serve uma vez."""
    bia = console.do_prestador()
    with console.mesa.banco.escrita() as conn:
        conta = contas.por_login(conn, LOGIN)
        assert conta is not None
        texto = casos_de_contas.redefinir(conn, conta, console.relogio()).texto
        antes = contas.acessos(conn, conta.id)
    nova = "Nova#Senha26"
    dono = console.navegador("198.51.100.9")
    assert "ficam como estão" in dono.abrir(f"/convite/{texto}").texto
    assert dono.enviar(f"/convite/{texto}", como="juntar", atual=SENHA).status == 404
    dono.abrir(f"/convite/{texto}")
    assert dono.preencher(senha=nova, confirmacao=nova).titulo == "Convite aceito"
    assert dono.abrir(f"/convite/{texto}").status == 404
    assert bia.abrir("/portal").titulo == "Entrar"
    assert console.entrar(dono, LOGIN, nova).caminho == "/portal"
    with console.mesa.banco.leitura() as conn:
        assert contas.acessos(conn, conta.id) == antes


def test_acesso_tirado_deixa_de_valer_ja(console: Console) -> None:
    """Sem acessos, quem estava dentro só pode escolher entre nenhum."""
    bia = console.do_prestador()
    with console.mesa.banco.escrita() as conn:
        conn.execute(tabelas.acesso_conta.update().values(ativo=False))
    assert "Nenhuma operadora" in bia.abrir("/portal").texto


def test_acesso_alheio_nao_se_escolhe(console: Console) -> None:
    """O número do acesso de outra conta não serve."""
    outro = console.mesa.outro_prestador("44", cpf="52998224725")
    bia = console.do_prestador()
    console.do_prestador(outro, login="529.982.247-25")
    with console.mesa.banco.leitura() as conn:
        alheio = conn.execute(
            select(tabelas.acesso_conta.c.id).where(tabelas.acesso_conta.c.prestador_id == outro.id)
        ).scalar_one()
    bia.abrir("/portal")
    assert bia.enviar("/escolher", acesso=str(alheio)).status == 422
    assert console.mesa.prestador.nome in bia.abrir("/portal").texto


def test_pessoa_de_uma_de_duas_operadoras_escolhe_a_sua(console: Console) -> None:
    """O mesmo e-mail em duas operadoras são duas pessoas, cada uma com a sua senha."""
    with console.mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Segunda Operadora"
        )
    console.criar_usuario(ANA, Escopo.LEITURA, operadora=outra, senha="Dela#2026")
    ana = console.navegador()
    assert NAO_CONFERE in console.entrar(ana, ANA).texto
    assert NAO_CONFERE in console.entrar(ana, ANA, SENHA, outra).texto
    console.entrar(ana, ANA, "Dela#2026", outra)
    assert "Segunda Operadora" in ana.abrir("/inicio").arvore.text_content()


def test_prestador_ve_quem_fala_por_ele(nos_dois: Console, relogio: Relogio) -> None:
    """A conta que a operadora convida aparece ao prestador, antes e depois de aceitar."""
    bia = nos_dois.do_prestador()
    relogio.agora += timedelta(minutes=1)
    texto = nos_dois.convidar_conta(login="529.982.247-25", tipo="Médico/a")
    [nova, dela] = bia.abrir("/minha-conta").linhas("falam")
    assert (nova[0], nova[2]) == ("529.982.247-25", "Médico/a")
    assert nova[3].endswith("convite por aceitar")
    assert "convite" not in dela[3]
    with nos_dois.mesa.banco.escrita() as conn:
        casos_de_contas.aceitar(conn, texto, SENHA, nos_dois.relogio())
    assert not any("convite" in linha[3] for linha in bia.abrir("/minha-conta").linhas("falam"))


def test_prestador_muda_os_seus_dados(console: Console) -> None:
    """Tipo e e-mails, com a repetição conferida; o errado volta no formulário."""
    bia = console.do_prestador()
    bia.abrir("/minha-conta")
    ruim = bia.preencher(0, tipo="Laboratório", email="bia", confirmacao="bia")
    assert set(ruim.erros()) == {"email"}
    assert ruim.arvore.xpath("//input[@id='email']/@value") == ["bia"]
    diferente = bia.preencher(0, email="b@x.br", confirmacao="c@x.br")
    assert set(diferente.erros()) == {"confirmacao"}
    dados = {"email": "b@x.br", "confirmacao": "b@x.br", "email_secundario": "c@x.br"}
    pagina = bia.preencher(0, tipo="Laboratório", **dados)
    assert "Dados gravados." in pagina.texto
    assert "Tipo Laboratório" in pagina.texto
    with console.mesa.banco.leitura() as conn:
        linha = conn.execute(select(tabelas.conta_prestador)).one()
    assert (linha.tipo, linha.email, linha.email_secundario) == ("Laboratório", "b@x.br", "c@x.br")
