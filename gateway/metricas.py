"""Métricas Prometheus, somadas entre os processos quando há mais de um."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

import tiss_xsd

if TYPE_CHECKING:
    from handlers.andamento import Resultado

_VARIAVEL = "PROMETHEUS_MULTIPROC_DIR"

MENSAGENS = Counter(
    "tiss_mensagens",
    "Mensagens respondidas, por serviço, versão, desfecho e erro.",
    ["servico", "versao", "desfecho", "erro"],
)
AVISOS = Counter(
    "tiss_avisos", "Mensagens aceitas com um desvio tolerado ou um aviso, por aviso.", ["aviso"]
)
DURACAO = Histogram(
    "tiss_duracao_segundos",
    "Segundos entre o corpo completo e a resposta pronta.",
    ["servico"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
EM_CURSO = Gauge("tiss_em_curso", "Mensagens em processamento.", multiprocess_mode="livesum")
BYTES = Counter("tiss_bytes_recebidos", "Bytes de corpos recebidos, ainda comprimidos.")
CONEXOES_CORTADAS = Counter(
    "tiss_conexoes_cortadas", "Conexões cortadas na porta, por motivo.", ["motivo"]
)

REPLICA_ATRASO = Gauge(
    "tiss_replica_atraso_segundos",
    "Há quantos segundos, no máximo, a réplica tinha tudo o que o principal tinha; -1, não serve.",
    multiprocess_mode="livemax",
)
LEITURAS = Counter(
    "tiss_leituras", "Consultas que podiam ler da réplica, pela origem do que leram.", ["origem"]
)

REPASSES = Counter(
    "tiss_repasse",
    "Mensagens levadas a sistemas da operadora, por serviço e resultado.",
    ["servico", "resultado"],
)
DURACAO_DO_REPASSE = Histogram(
    "tiss_repasse_segundos",
    "Segundos de uma chamada a um sistema da operadora, com a conferência da resposta.",
    ["servico"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
REPASSES_ABERTOS = Gauge(
    "tiss_repasse_aberto",
    "Endereços de um serviço que se deixou de chamar por falharem.",
    ["servico"],
    multiprocess_mode="livesum",
)

CERTIFICADO_EXPIRA = Gauge(
    "tiss_certificado_expira_em_dias",
    "Dias até vencer o primeiro certificado de cada tipo; negativo se já venceu.",
    ["tipo"],
    multiprocess_mode="livemostrecent",
)
LISTAS_DE_REVOGADOS = Gauge(
    "tiss_listas_de_revogados",
    "Listas de certificados revogados, em dia ou atrasadas.",
    ["situacao"],
    multiprocess_mode="livemostrecent",
)

TRABALHOS_FALHAS = Gauge(
    "tiss_trabalhos_falhas_seguidas",
    "Vezes seguidas que um trabalho de fundo falhou.",
    ["trabalho"],
    multiprocess_mode="mostrecent",
)
PARTICOES_PRONTAS = Gauge(
    "tiss_particoes_prontas",
    "Meses seguidos, depois do que corre, que já têm as suas partes; -1, o banco não se partiu.",
    multiprocess_mode="mostrecent",
)
PARTICOES_FORA = Gauge(
    "tiss_particoes_fora",
    "Tabelas com linhas de um mês que não tem parte.",
    multiprocess_mode="mostrecent",
)
TRABALHOS_INICIO = Gauge(
    "tiss_trabalhos_ultimo_inicio_segundos",
    "Instante Unix em que um trabalho de fundo começou pela última vez.",
    ["trabalho"],
    multiprocess_mode="mostrecent",
)
TRABALHOS_DURACAO = Gauge(
    "tiss_trabalhos_duracao_segundos",
    "Segundos que durou a última execução de um trabalho de fundo.",
    ["trabalho"],
    multiprocess_mode="mostrecent",
)

WEBHOOKS_PENDENTES = Gauge(
    "tiss_webhooks_pendentes",
    "Avisos por entregar aos webhooks ativos.",
    multiprocess_mode="mostrecent",
)
WEBHOOKS_ESPERA = Gauge(
    "tiss_webhooks_espera_segundos",
    "Idade do mais velho aviso por entregar.",
    multiprocess_mode="mostrecent",
)


def preparar_processos() -> Path:
    """Cria a pasta comum das métricas; chame antes de criar processos.

    Returns:
        A pasta, que quem chamou remove ao fim.
    """
    pasta = Path(tempfile.mkdtemp(prefix="tiss-gateway-metricas-"))
    os.environ[_VARIAVEL] = str(pasta)
    return pasta


def remover(pasta: Path) -> None:
    """Apaga a pasta comum."""
    shutil.rmtree(pasta, ignore_errors=True)


def registrar(resultado: Resultado, segundos: float) -> None:
    """Conta uma mensagem e a sua duração."""
    servico = resultado.servico or "desconhecido"
    # um endereço pode dizer qualquer versão; só as instaladas viram rótulo, que nunca se apaga
    versao = resultado.versao if resultado.versao in tiss_xsd.versoes() else "desconhecida"
    MENSAGENS.labels(servico, versao, resultado.desfecho, resultado.erro or "").inc()
    for aviso in resultado.avisos:
        AVISOS.labels(aviso).inc()
    DURACAO.labels(servico).observe(segundos)


def registrar_dispensadas(servico: str | None, versao: str | None, erro: str, quantas: int) -> None:
    """Conta mensagens que não se leram, e que por isso não têm duração."""
    versao = versao if versao in tiss_xsd.versoes() else "desconhecida"
    MENSAGENS.labels(servico or "desconhecido", versao, "recusada", erro).inc(quantas)


def texto() -> tuple[bytes, str]:
    """Exposição de todas as métricas e o seu Content-Type."""
    pasta = os.environ.get(_VARIAVEL)
    if pasta:
        _esquecer_mortos(Path(pasta))
        registro = CollectorRegistry()
        multiprocess.MultiProcessCollector(registro)  # type: ignore[no-untyped-call]
        return generate_latest(registro), CONTENT_TYPE_LATEST
    return generate_latest(), CONTENT_TYPE_LATEST


def _esquecer_mortos(pasta: Path) -> None:
    """Tira das somas o que só vale enquanto o processo vive."""
    for arquivo in pasta.glob("gauge_live*_*.db"):
        pid = int(arquivo.stem.rpartition("_")[2])
        if not Path(f"/proc/{pid}").exists():
            multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
