from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from integration.exemplos import AGORA
from sqlalchemy import event, update
from sqlalchemy.exc import IntegrityError

from dominio.lote import Identificacao
from persistence import operadoras, prestadores, remetente, series, tabelas, tentativas
from persistence.acessos import PoliticaDeSenhas
from persistence.erros import JaExiste
from persistence.prestadores import VersaoAceita
from persistence.prontos import Pronto
from persistence.remetente import Acesso

if TYPE_CHECKING:
    from integration.exemplos import Cadastro

    from persistence.banco import Banco

ORIGEM = Identificacao("codigo", "013950")


def test_operadora_volta_como_foi_gravada(banco: Banco) -> None:
    """As políticas da operadora voltam iguais, com datas como datas e o instante em UTC."""
    with banco.escrita() as conn:
        gravada = operadoras.adicionar(
            conn,
            registro_ans="123456",
            cnpj="12abc34501de35",
            nome="Operação",
            recusa="mensagemErro",
            credenciais="exigidas",
            lote_repetido="recusar",
            hash_modo="strict",
            versoes_recusadas={"3.05.00": date(2025, 1, 1)},
            falha_com_200=True,
            largura_protocolo=8,
        )
    with banco.leitura() as conn:
        lida = operadoras.por_registro(conn, "123456")
        outra = operadoras.por_registro(conn, "654321")
    assert lida == gravada
    assert outra is None
    assert gravada[2:11] == (
        "12ABC34501DE35",
        "Operação",
        "mensagemErro",
        "exigidas",
        "recusar",
        "strict",
        {"3.05.00": date(2025, 1, 1)},
        True,
        8,
    )
    assert gravada.criada_em.utcoffset() == timedelta(0)


def test_operadora_repetida_e_recusada_sem_estragar_a_transacao(banco: Banco) -> None:
    """O mesmo registro ANS duas vezes dá JaExiste, e a transação continua utilizável."""
    with banco.escrita() as conn:
        operadoras.adicionar(conn, registro_ans="999999", cnpj="11222333000181", nome="A")
        with pytest.raises(JaExiste) as erro:
            operadoras.adicionar(conn, registro_ans="999999", cnpj="11222333000181", nome="B")
        operadoras.adicionar(conn, registro_ans="111111", cnpj="11222333000181", nome="C")
    with banco.leitura() as conn:
        nomes = [o.nome for o in operadoras.listar(conn)]
    assert erro.value.chave == "registro_ans"
    assert nomes == ["C", "A"]


def test_politica_desconhecida_e_recusada_pelo_banco(banco: Banco) -> None:
    """Um valor fora da enumeração não entra no banco."""
    with pytest.raises(IntegrityError), banco.escrita() as conn:
        operadoras.adicionar(
            conn, registro_ans="999999", cnpj="11222333000181", nome="A", recusa="talvez"
        )


def test_series_comecam_onde_se_pede_e_nao_se_misturam(banco: Banco) -> None:
    """Cada operadora tem a sua série, e a homologação não gasta números da real."""
    with banco.escrita() as conn:
        um, outro = (
            operadoras.adicionar(
                conn, registro_ans=r, cnpj="11222333000181", nome="A", inicio_serie=i
            ).id
            for r, i in (("111111", 10000001), ("222222", 500))
        )
    with banco.escrita() as conn:
        obtido = [
            series.proximo(conn, um),
            series.proximo(conn, um, homologacao=True),
            series.proximo(conn, um),
            series.proximo(conn, outro),
        ]
    assert obtido == [10000001, 900000000001, 10000002, 500]


@pytest.mark.parametrize("inicio", [0, 900000000001])
def test_serie_fora_do_padrao_e_recusada(banco: Banco, inicio: int) -> None:
    """Um início que não cabe em 12 algarismos, ou que invade a homologação, é recusado."""
    with pytest.raises(ValueError, match="série"), banco.escrita() as conn:
        operadoras.adicionar(
            conn, registro_ans="1", cnpj="11222333000181", nome="A", inicio_serie=inicio
        )


def test_prestador_volta_como_foi_gravado(banco: Banco, cadastro: Cadastro) -> None:
    """As versões aceitas do prestador voltam com as suas datas."""
    versoes = (VersaoAceita("4.03.00"), VersaoAceita("4.02.00", date(2026, 12, 31), None))
    with banco.escrita() as conn:
        gravado = prestadores.adicionar(
            conn,
            cadastro.operadora.id,
            codigo="7",
            nome="Médica",
            cpf="52998224725",
            versoes=versoes,
            homologacao=True,
            recusa="fault",
        )
    with banco.leitura() as conn:
        ident = Identificacao("cpf", "52998224725")
        achados = prestadores.resolver(conn, cadastro.operadora.id, [ident])
    assert achados == {ident: (gravado,)}
    assert gravado.versoes == versoes
    assert gravado.homologacao


def test_codigo_de_prestador_e_unico_por_operadora(banco: Banco, cadastro: Cadastro) -> None:
    """O mesmo código na mesma operadora dá JaExiste; em outra operadora, não."""
    with banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="111111", cnpj="11222333000181", nome="Outra"
        )
        prestadores.adicionar(conn, outra.id, codigo="013950", nome="Mesmo código")
        with pytest.raises(JaExiste, match="codigo"):
            prestadores.adicionar(conn, cadastro.operadora.id, codigo="013950", nome="X")


def test_login_e_unico_por_operadora_em_qualquer_grafia(banco: Banco, cadastro: Cadastro) -> None:
    """O mesmo login com espaços ou outra caixa dá JaExiste."""
    with banco.escrita() as conn:
        prestadores.adicionar_credencial(conn, cadastro.prestador, "clinica", "$argon2id$x")
        with pytest.raises(JaExiste, match="login"):
            prestadores.adicionar_credencial(conn, cadastro.prestador, " Clinica ", "$argon2id$y")


def test_envia_por_da_so_os_permitidos(banco: Banco, cadastro: Cadastro) -> None:
    """Dos executantes perguntados voltam só aqueles por quem o remetente pode enviar."""
    with banco.escrita() as conn:
        outros = [
            prestadores.adicionar(conn, cadastro.operadora.id, codigo=c, nome=c).id for c in "ab"
        ]
        prestadores.permitir_envio(conn, cadastro.prestador.id, outros[0])
        prestadores.permitir_envio(conn, cadastro.prestador.id, outros[0])
    with banco.leitura() as conn:
        permitidos = prestadores.envia_por(conn, cadastro.prestador.id, outros)
        inverso = prestadores.envia_por(conn, outros[0], [cadastro.prestador.id])
        nenhum = prestadores.envia_por(conn, cadastro.prestador.id, [])
    assert [permitidos, inverso, nenhum] == [{outros[0]}, set(), set()]


def test_resolver_da_todos_os_ativos_de_cada_identificacao(
    banco: Banco, cadastro: Cadastro
) -> None:
    """Um CNPJ com dois códigos dá os dois; inativo, de outra operadora e desconhecido, nenhum."""
    cnpj = "12ABC34501DE35"
    with banco.escrita() as conn:
        outra = operadoras.adicionar(conn, registro_ans="1", cnpj="11222333000181", nome="O")
        segundo = prestadores.adicionar(
            conn, cadastro.operadora.id, codigo="2", nome="B", cnpj=cnpj
        )
        prestadores.adicionar(
            conn, cadastro.operadora.id, codigo="3", nome="C", cnpj=cnpj, ativo=False
        )
        prestadores.adicionar(conn, outra.id, codigo="4", nome="D", cnpj=cnpj)
    perguntas = [
        ORIGEM,
        Identificacao("cnpj", cnpj.lower()),
        Identificacao("cpf", "52998224725"),
        Identificacao("codigo", "3"),
    ]
    with banco.leitura() as conn:
        achados = prestadores.resolver(conn, cadastro.operadora.id, perguntas)
        sem_perguntas = prestadores.resolver(conn, cadastro.operadora.id, [])
    esperado = [(cadastro.prestador,), (cadastro.prestador, segundo), (), ()]
    assert achados == dict(zip(perguntas, esperado, strict=True))
    assert sem_perguntas == {}


def test_remetente_sai_de_uma_so_consulta(
    banco: Banco, cadastro: Cadastro, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Operadora, candidatos, credencial e o seu dono vêm de um único comando SQL."""
    with banco.escrita() as conn:
        dono = prestadores.adicionar(conn, cadastro.operadora.id, codigo="Z", nome="Dono")
        credencial = prestadores.adicionar_credencial(
            conn, dono, "login", "$argon2id$x", AGORA + timedelta(days=1)
        )
    executados: list[Pronto] = []
    original = Pronto.linhas

    def contar(self: Pronto, *args: Any) -> list[tuple[Any, ...]]:
        executados.append(self)
        return original(self, *args)

    with banco.leitura() as conn:
        event.listen(conn, "before_cursor_execute", lambda *_: pytest.fail("outro comando"))
        monkeypatch.setattr(Pronto, "linhas", contar)
        obtido = remetente.buscar(conn, "999999", ORIGEM, "LOGIN")
    assert len(executados) == 1
    acessos = (Acesso(False, "login", None),)
    assert obtido == (
        cadastro.operadora,
        (cadastro.prestador,),
        credencial,
        dono,
        acessos,
        PoliticaDeSenhas(),
    )


def test_remetente_de_cnpj_repetido_da_todos_os_candidatos(
    banco: Banco, cadastro: Cadastro
) -> None:
    """Vários prestadores com o CNPJ da origem são todos candidatos, pela ordem do código."""
    with banco.escrita() as conn:
        segundo = prestadores.adicionar(
            conn, cadastro.operadora.id, codigo="000001", nome="B", cnpj="12abc34501de35"
        )
        prestadores.adicionar_credencial(conn, segundo, "b", "$argon2id$x")
    with banco.leitura() as conn:
        obtido = remetente.buscar(conn, "999999", Identificacao("cnpj", "12ABC34501de35"), None)
    assert obtido.candidatos == (segundo, cadastro.prestador)
    assert obtido.exige_login
    assert obtido.credencial is None


def test_remetente_desconhecido(banco: Banco, cadastro: Cadastro) -> None:
    """Operadora que não é nossa não dá nada; origem desconhecida dá só a operadora."""
    with banco.leitura() as conn:
        alheia = remetente.buscar(conn, "000000", ORIGEM, None)
        sem_origem = remetente.buscar(conn, "999999", Identificacao("codigo", "?"), "X")
    assert alheia == (None, (), None, None, (), PoliticaDeSenhas())
    assert sem_origem == (cadastro.operadora, (), None, None, (), PoliticaDeSenhas())


def test_remetente_ignora_inativos(banco: Banco, cadastro: Cadastro) -> None:
    """Prestador inativo não é candidato; credencial inativa não vale, mas o login segue exigido."""
    with banco.escrita() as conn:
        inativo = prestadores.adicionar(
            conn, cadastro.operadora.id, codigo="I", nome="I", ativo=False
        )
        prestadores.adicionar_credencial(conn, inativo, "inativo", "$argon2id$x")
        prestadores.adicionar_credencial(conn, cadastro.prestador, "revogada", "$argon2id$x")
        colunas = tabelas.credencial.c
        conn.execute(
            update(tabelas.credencial).where(colunas.login_normal == "REVOGADA").values(ativa=False)
        )
    with banco.leitura() as conn:
        do_inativo = remetente.buscar(conn, "999999", Identificacao("codigo", "I"), "INATIVO")
        da_revogada = remetente.buscar(conn, "999999", ORIGEM, "REVOGADA")
    assert do_inativo[1:5] == ((), None, None, ())
    assert da_revogada[1:4] == ((cadastro.prestador,), None, None)
    assert da_revogada.exige_login


def test_login_de_outra_operadora_nao_vale(banco: Banco, cadastro: Cadastro) -> None:
    """O login de uma operadora não existe para outra."""
    with banco.escrita() as conn:
        outra = operadoras.adicionar(conn, registro_ans="1", cnpj="11222333000181", nome="O")
        alheio = prestadores.adicionar(conn, outra.id, codigo="1", nome="A")
        prestadores.adicionar_credencial(conn, alheio, "login", "$argon2id$x")
    with banco.leitura() as conn:
        obtido = remetente.buscar(conn, "999999", ORIGEM, "LOGIN")
    assert (obtido.credencial, obtido.prestador_da_credencial) == (None, None)
    assert obtido.operadora == cadastro.operadora


def _errar(banco: Banco, operadora_id: int, resumo: str, agora: datetime = AGORA) -> bool:
    with banco.escrita() as conn:
        return tentativas.registrar_erro(
            conn, operadora_id, " login", "10.0.0.1", resumo_do_valor=resumo, agora=agora
        )


def test_cinco_valores_errados_trancam_por_cinco_minutos(banco: Banco, cadastro: Cadastro) -> None:
    """O quinto valor errado diferente tranca o login para aquele endereço, e só para ele."""
    op = cadastro.operadora.id
    resultados = [_errar(banco, op, resumo) for resumo in "abcde"]
    with banco.leitura() as conn:
        obtido = [
            tentativas.situacao(
                conn, op, login, endereco, AGORA + timedelta(minutes=depois)
            ).trancado
            for login, endereco, depois in (
                ("LOGIN ", "10.0.0.1", 4),
                ("LOGIN", "10.0.0.1", 5),
                ("LOGIN", "10.0.0.2", 0),
            )
        ]
    assert resultados == [False, False, False, False, True]
    assert obtido == [True, False, False]


def test_o_mesmo_valor_errado_conta_uma_vez(banco: Banco, cadastro: Cadastro) -> None:
    """Repetir o mesmo valor errado nunca tranca."""
    assert not any(_errar(banco, cadastro.operadora.id, "a") for _ in range(20))


def test_vencida_a_tranca_a_conta_recomeca(banco: Banco, cadastro: Cadastro) -> None:
    """Depois da tranca são precisos outra vez cinco valores errados."""
    for resumo in "abcde":
        _errar(banco, cadastro.operadora.id, resumo)
    depois = AGORA + timedelta(minutes=6)
    resultados = [_errar(banco, cadastro.operadora.id, r, depois) for r in "fghij"]
    assert resultados == [False, False, False, False, True]


def test_acerto_esquece_os_erros(banco: Banco, cadastro: Cadastro) -> None:
    """Um acerto zera a conta do login naquele endereço."""
    op = cadastro.operadora.id
    for resumo in "abcd":
        _errar(banco, op, resumo)
    with banco.escrita() as conn:
        tentativas.registrar_acerto(conn, op, "Login", "10.0.0.1", AGORA)
    assert not _errar(banco, op, "e")


def test_instante_de_outro_fuso_volta_em_utc(banco: Banco, cadastro: Cadastro) -> None:
    """Um instante gravado em qualquer fuso volta como o mesmo instante, em UTC."""
    brasilia = timezone(timedelta(hours=-3))
    expira = datetime(2025, 3, 10, 23, 59, 59, 999999, tzinfo=brasilia)
    with banco.escrita() as conn:
        prestadores.adicionar_credencial(conn, cadastro.prestador, "x", "$argon2id$x", expira)
    with banco.leitura() as conn:
        credencial = remetente.buscar(conn, "999999", ORIGEM, "X").credencial
    assert credencial is not None
    assert credencial.expira_em == expira
    assert credencial.expira_em.tzinfo is UTC


def test_instante_sem_fuso_e_recusado(banco: Banco, cadastro: Cadastro) -> None:
    """Um instante sem fuso não entra no banco."""
    sem_fuso = AGORA.replace(tzinfo=None)
    with pytest.raises(Exception, match="fuso"), banco.escrita() as conn:
        prestadores.adicionar_credencial(conn, cadastro.prestador, "x", "$a", sem_fuso)
