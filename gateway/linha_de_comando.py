"""O comando ``tiss-gateway``: sai com 0 feito, 1 recusado ou achado errado, 2 mau uso."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gateway.comandos import (
    arquivo,
    assinatura,
    auditoria,
    beneficiarios,
    certificados,
    cobranca,
    confianca,
    credenciais,
    demonstrativos,
    esquemas,
    homologacao,
    importar,
    limites,
    manutencao,
    mensagens,
    politicas,
    recursos,
    regras,
    servico,
    simulador,
    titular,
    tokens,
    trabalhos,
    usuarios,
)
from gateway.configuracao import ConfiguracaoInvalida
from handlers.regras.externas import RegraExternaInvalida
from persistence.cifra import ChavesInvalidas
from persistence.erros import BancoIndisponivel
from persistence.esquema import EsquemaMaisNovo
from tiss_xsd import PastaInvalida

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tiss-gateway", message="%(version)s")
def comando() -> None:
    """Gateway de web services TISS."""


for _parte in (
    servico.serve,
    servico.demo,
    trabalhos.jobs,
    simulador.simulate,
    politicas.operadora,
    politicas.prestador,
    confianca.trust,
    beneficiarios.beneficiarios,
    cobranca.precos,
    cobranca.analise,
    recursos.recurso,
    importar.importar,
    regras.regras,
    limites.limites,
    homologacao.homologacao,
    mensagens.message,
    arquivo.archive,
    tokens.token,
    usuarios.usuario,
    titular.titular,
    auditoria.auditoria,
    manutencao.db,
    manutencao.config,
    esquemas.schemas,
):
    comando.add_command(_parte)
for _parte in (
    credenciais.senha,
    credenciais.credencial,
    credenciais.autenticacao,
    certificados.certificado,
    demonstrativos.do_prestador,
):
    politicas.prestador.add_command(_parte)
politicas.operadora.add_command(credenciais.da_operadora)
mensagens.message.add_command(assinatura.message_sign)
mensagens.message.add_command(assinatura.message_verify)


def main(argumentos: Sequence[str] | None = None) -> None:
    """Executa o comando; um erro é uma linha na saída de erros."""
    sys.exit(_executar(argumentos))


def _executar(argumentos: Sequence[str] | None) -> int:
    try:
        retorno = comando.main(
            args=None if argumentos is None else list(argumentos),
            prog_name="tiss-gateway",
            standalone_mode=False,
        )
    except click.UsageError as erro:
        return _dizer(_em_portugues(erro), erro.exit_code)
    except click.ClickException as erro:
        return _dizer(erro.format_message(), erro.exit_code)
    except click.Abort:
        return _dizer("interrompido", 1)
    except (ChavesInvalidas, ConfiguracaoInvalida, PastaInvalida, RegraExternaInvalida) as erro:
        return _dizer(str(erro), 2)
    except (BancoIndisponivel, EsquemaMaisNovo) as erro:
        return _dizer(_do_banco(erro), 1)
    return retorno if isinstance(retorno, int) else 0


def _em_portugues(erro: click.UsageError) -> str:
    """Os erros de uso do click, nas palavras do resto do programa."""
    match erro:
        case click.NoSuchOption():
            return f"não há a opção {erro.option_name}"
        case click.MissingParameter():
            nome = erro.param.opts[-1] if erro.param else "argumento"
            return f"falta {nome}"
        case click.BadParameter():
            nome = erro.param.opts[-1] if erro.param else "argumento"
            return f"{nome}: valor inválido{_valores_aceitos(erro.param)}"
        case _:
            return "não há esse comando; veja tiss-gateway --help"


def _valores_aceitos(parametro: click.Parameter | None) -> str:
    if parametro is None or not isinstance(parametro.type, click.Choice):
        return ""
    return "; valores: " + ", ".join(str(v) for v in parametro.type.choices)


def _do_banco(erro: BancoIndisponivel | EsquemaMaisNovo) -> str:
    if isinstance(erro, EsquemaMaisNovo):
        return str(erro)
    return f"o banco de dados não responde{_causa(erro)}"


def _causa(erro: BancoIndisponivel) -> str:
    """O que o sistema ou o servidor do banco disse; numa conexão não há dado de mensagem."""
    causa = erro.__cause__
    original = getattr(causa, "orig", None) or causa
    if isinstance(original, OSError) and original.strerror:
        return f": {original.strerror} ({original.filename})"
    return f": {str(original).splitlines()[0]}" if original else ""


def _dizer(texto: str, codigo: int) -> int:
    click.echo(f"tiss-gateway: {' '.join(texto.split())}", err=True)
    return codigo
