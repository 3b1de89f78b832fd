"""Confere que uma versão tem as mensagens na forma que o gateway sabe ler e escrever.

As formas são as da tabela de transações: raiz com ``cabecalho``, corpo, ``hash`` e assinatura
opcional; o cabeçalho com os seus campos; as palavras de ``tissFault``. O que está dentro do corpo é
do esquema de cada versão.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.erros import TissFault
from dominio.transacoes import NS_TISS, servicos_da_versao
from tiss_xsd.exame import XS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lxml import etree

_XS_STRING = f"{XS}string"
_TISS = f"{{{NS_TISS}}}"
_DA_TRANSACAO = (
    "tipoTransacao", "sequencialTransacao", "dataRegistroTransacao", "horaRegistroTransacao",
)  # fmt: skip
_DO_CABECALHO = ("identificacaoTransacao", "origem", "destino", "Padrao")
_LOGIN = "loginSenhaPrestador"
_PARTES = ("identificacaoPrestador", "registroANS")
_IDENTIFICACOES = ("CNPJ", "CPF", "codigoPrestadorNaOperadora")


class _Campo(NamedTuple):
    """Um elemento de um tipo: nome, tipo qualificado se tem um, e se é obrigatório."""

    nome: str
    tipo: str | None
    obrigatorio: bool
    elemento: etree._Element


def diferencas(versao: str, raizes: Iterable[etree._Element]) -> list[str]:
    """O que a versão tem de diferente das formas conhecidas.

    Args:
        versao: dita pelos nomes dos arquivos.
        raizes: dos esquemas do conjunto.

    Returns:
        Uma frase por diferença; vazio quando o gateway sabe falar a versão.
    """
    return _Comparacao(versao, raizes).tudo()


class _Comparacao:
    """As declarações globais de um conjunto, comparadas com o que se conhece."""

    def __init__(self, versao: str, raizes: Iterable[etree._Element]) -> None:
        self._versao = versao
        self._globais: dict[tuple[str, str], etree._Element] = {}
        for raiz in raizes:
            if raiz.get("targetNamespace") == NS_TISS:
                for filho in raiz.iterchildren(f"{XS}*"):
                    self._globais[str(filho.tag), filho.get("name", "")] = filho
        self._achadas: list[str] = []

    def tudo(self) -> list[str]:
        """Compara versão, cabeçalho, mensagens, tipos de transação e falhas."""
        transacoes = [t for t in servicos_da_versao(self._versao) if t.utilizavel_em(self._versao)]
        if self._versao not in self._codigos("dm_versao"):
            return [f"os nomes dos arquivos dizem {self._versao}, mas dm_versao não a tem"]
        if not transacoes:
            return ["é anterior a todos os serviços que o gateway conhece"]
        self._cabecalho()
        tipos: set[str] = set()
        for t in transacoes:
            self._mensagem(t.raiz_pedido, t.corpo_pedido)
            self._mensagem(t.raiz_resposta, t.corpo_resposta)
            tipos |= {t.tipo_pedido, *t.tipos_resposta}
        self._contem("dm_tipoTransacao", tipos)
        self._contem("st_tissFault", {str(palavra) for palavra in TissFault})
        falha = self._do_elemento("tissFaultWS")
        if [(c.nome, c.tipo) for c in falha] != [("tissFault", f"{_TISS}st_tissFault")]:
            self._achadas.append("tissFaultWS não tem só tissFault")
        return self._achadas

    def _mensagem(self, raiz: str, corpo: str) -> None:
        campos = self._do_elemento(raiz)
        if not campos:
            self._achadas.append(f"falta a mensagem {raiz}")
            return
        if [c.nome for c in campos[:3]] != ["cabecalho", corpo, "hash"]:
            self._achadas.append(f"{raiz} não começa por cabecalho, {corpo} e hash")
        elif (campos[0].tipo, campos[2].tipo) != (f"{_TISS}cabecalhoTransacao", _XS_STRING):
            self._achadas.append(f"{raiz} tem cabecalho ou hash de outro tipo")
        elif not all(c.obrigatorio for c in campos[:3]):
            self._achadas.append(f"{raiz} dispensa cabecalho, {corpo} ou hash")
        elif mais := [c.nome for c in campos[3:] if c.obrigatorio]:
            self._achadas.append(f"{raiz} exige também {', '.join(mais)}")

    def _cabecalho(self) -> None:
        campos = self._do_tipo("cabecalhoTransacao")
        self._campos("cabecalhoTransacao", campos, _DO_CABECALHO)
        por_nome = {c.nome: c for c in campos}
        if "Padrao" in por_nome and por_nome["Padrao"].tipo != f"{_TISS}dm_versao":
            self._achadas.append("Padrao não é do tipo dm_versao")
        if _LOGIN not in por_nome:
            self._achadas.append(f"cabecalhoTransacao não tem {_LOGIN}")
        if transacao := por_nome.get("identificacaoTransacao"):
            nome = "identificacaoTransacao"
            self._campos(nome, self._filhos(transacao.elemento), _DA_TRANSACAO)
        for lado in ("origem", "destino"):
            if lado in por_nome:
                alternativas = self._filhos(por_nome[lado].elemento, "choice")
                self._tem(lado, alternativas, _PARTES)
                for parte in alternativas:
                    if parte.nome == _PARTES[0]:
                        identificacao = self._filhos(parte.elemento, "choice")
                        self._tem(f"{lado}/{parte.nome}", identificacao, _IDENTIFICACOES)

    def _campos(self, dono: str, campos: Sequence[_Campo], esperados: Sequence[str]) -> None:
        obrigatorios = tuple(c.nome for c in campos if c.obrigatorio)
        if obrigatorios != tuple(esperados):
            mais = [n for n in obrigatorios if n not in esperados]
            menos = [n for n in esperados if n not in obrigatorios]
            frases = [f"exige também {', '.join(mais)}"] if mais else []
            frases += [f"não exige {', '.join(menos)}"] if menos else []
            self._achadas.append(f"{dono} {' e '.join(frases) or 'tem outra ordem'}")

    def _tem(self, dono: str, campos: Sequence[_Campo], esperados: Sequence[str]) -> None:
        if falta := set(esperados) - {c.nome for c in campos}:
            self._achadas.append(f"{dono} não aceita {', '.join(sorted(falta))}")

    def _contem(self, lista: str, codigos: set[str]) -> None:
        if falta := codigos - self._codigos(lista):
            self._achadas.append(f"{lista} não tem {', '.join(sorted(falta))}")

    def _codigos(self, lista: str) -> set[str]:
        tipo = self._globais.get((f"{XS}simpleType", lista))
        if tipo is None:
            return set()
        return {e.get("value", "") for e in tipo.iterfind(f"{XS}restriction/{XS}enumeration")}

    def _do_elemento(self, nome: str) -> list[_Campo]:
        elemento = self._globais.get((f"{XS}element", nome))
        return [] if elemento is None else self._filhos(elemento)

    def _do_tipo(self, nome: str, grupo: str = "sequence") -> list[_Campo]:
        tipo = self._globais.get((f"{XS}complexType", nome))
        return [] if tipo is None else self._conteudo(tipo, grupo)

    def _filhos(self, elemento: etree._Element, grupo: str = "sequence") -> list[_Campo]:
        tipo = _qualificado(elemento, "type")
        if tipo is not None:
            return self._do_tipo(tipo.removeprefix(_TISS), grupo)
        interno = elemento.find(f"{XS}complexType")
        return [] if interno is None else self._conteudo(interno, grupo)

    def _conteudo(self, tipo: etree._Element, grupo: str) -> list[_Campo]:
        extensao = tipo.find(f"{XS}complexContent/{XS}extension")
        if extensao is not None and (base := _qualificado(extensao, "base")) is not None:
            herdados = self._do_tipo(base.removeprefix(_TISS), grupo)
            return herdados + _do_grupo(extensao, grupo)
        return _do_grupo(tipo, grupo)


def _do_grupo(tipo: etree._Element, grupo: str) -> list[_Campo]:
    achado = tipo.find(f"{XS}{grupo}")
    if achado is None:
        return []
    return [
        _Campo(
            # o que não é elemento simples, como um choice, não tem nome por que se conheça
            e.get("name", "") if e.tag == f"{XS}element" else "(grupo)",
            _qualificado(e, "type"),
            e.get("minOccurs", "1") != "0",
            e,
        )
        for e in achado.iterchildren(f"{XS}*")
        if e.tag != f"{XS}annotation"
    ]


def _qualificado(elemento: etree._Element, atributo: str) -> str | None:
    valor = elemento.get(atributo)
    if valor is None:
        return None
    prefixo, _, local = valor.rpartition(":")
    return f"{{{elemento.nsmap.get(prefixo or None, '')}}}{local}"
