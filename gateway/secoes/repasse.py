"""Seção ``[repasse]``: os sistemas da operadora a que se levam mensagens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, RootModel, model_validator

from dominio.transacoes import POR_SERVICO
from dominio.versoes import compacta, sufixo
from gateway.secoes.base import Secao

EXECUTADOS = frozenset(
    {
        "tissCancelaGuia",
        "tissEnvioDocumentos",
        "tissLoteGuias",
        "tissRecursoGlosa",
        "tissSolicitacaoDemonstrativoRetorno",
        "tissSolicitacaoStatusProtocolo",
        "tissSolicitacaoStatusRecursoGlosa",
    }
)
"""Os serviços que o gateway responde sozinho, e por isso podem ser espelhados."""


class ServicoRepassado(Secao):
    """Seção ``[repasse.SERVIÇO]``: o sistema da operadora que responde, ou copia, o serviço.

    Attributes:
        url: endereço, em que ``{versao}`` (4.03.00), ``{versao_compacta}`` (40300) e ``{sufixo}``
            (V4_03_00) se trocam pela versão da mensagem.
        modo: ``repassa``, ele responde; ``espelha``, o gateway responde e ele recebe uma cópia.
        timeout: segundos que uma resposta pode demorar.
        conexoes: chamadas ao mesmo tempo em cada processo.
        ca: arquivo PEM das autoridades em que confiar; vazio usa as do sistema.
        falhas: falhas seguidas que fazem deixar de chamar um endereço.
        pausa: segundos até tentar de novo um endereço que se deixou de chamar.
    """

    url: str
    modo: Literal["repassa", "espelha"] = "repassa"
    timeout: Annotated[float, Field(gt=0, le=300)] = 30.0
    conexoes: Annotated[int, Field(ge=1, le=64)] = 8
    ca: str = ""
    falhas: Annotated[int, Field(ge=1, le=1000)] = 5
    pausa: Annotated[float, Field(gt=0, le=3600)] = 30.0

    @model_validator(mode="after")
    def _alcancavel(self) -> ServicoRepassado:
        endereco = self.endereco("0.00.00")
        try:
            partes = urlsplit(endereco)
            completo = partes.scheme in ("http", "https") and partes.hostname and partes.port != 0
        except ValueError:
            completo = False
        if not completo:
            raise ValueError("url não é um endereço http ou https")
        if partes.username is not None or partes.fragment:
            raise ValueError("url não pode ter usuário, senha nem fragmento")
        if self.ca and not Path(self.ca).is_file():
            raise ValueError("ca não é um arquivo que se possa ler")
        return self

    def endereco(self, versao: str) -> str:
        """O endereço de uma versão.

        Raises:
            ValueError: o modelo tem chaves que não se conhecem.
        """
        sufixo_ = sufixo(versao)
        trocas = {"versao": versao, "versao_compacta": compacta(versao)[1:], "sufixo": sufixo_}
        texto = self.url
        for nome, valor in trocas.items():
            texto = texto.replace(f"{{{nome}}}", valor)
        if "{" in texto or "}" in texto:
            raise ValueError("url só aceita {versao}, {versao_compacta} e {sufixo}")
        return texto


class Repasses(RootModel[dict[str, ServicoRepassado]]):
    """Seção ``[repasse]``: serviço -> sistema da operadora."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _nomes(cls, dados: Any) -> Any:
        """Aceita os nomes em minúsculas, que é como as variáveis de ambiente chegam."""
        if not isinstance(dados, dict):
            return dados
        por_minusculas = {nome.lower(): nome for nome in POR_SERVICO}
        juntos: dict[str, Any] = {}
        # o que veio de variáveis, em minúsculas, vale por cima do arquivo
        for chave in sorted(dados, key=str.islower):
            nome = por_minusculas.get(chave.lower())
            if nome is None:
                raise ValueError(f"{chave} não é um serviço do padrão")
            valor = dados[chave]
            anterior = juntos.get(nome)
            somam = isinstance(anterior, dict) and isinstance(valor, dict)
            juntos[nome] = anterior | valor if somam else valor
        return juntos

    @model_validator(mode="after")
    def _espelhos(self) -> Repasses:
        for nome, ajuste in self.root.items():
            if ajuste.modo == "espelha" and nome not in EXECUTADOS:
                raise ValueError(f"{nome}: só se espelha um serviço que o gateway responde")
        return self
