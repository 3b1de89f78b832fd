"""O que está em deploy/ fala do gateway que existe: ajustes, comandos, endereços, métricas."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from gateway import metricas
from gateway.configuracao import Configuracao
from gateway.linha_de_comando import comando
from gateway.secoes.servidor import Servidor

if TYPE_CHECKING:
    from collections.abc import Iterator

RAIZ = Path(__file__).resolve().parents[2]
DEPLOY = RAIZ / "deploy"
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
TODOS = sorted(p for p in DEPLOY.rglob("*") if p.is_file())
UNIDADES = sorted((DEPLOY / "systemd").glob("*.service"))
NGINX = (DEPLOY / "nginx" / "nginx.conf").read_text("utf-8")
OPERACOES = RAIZ / "docs" / "operations.md"
_METRICA = re.compile(r"\btiss_[a-z_]+")
_ROTULOS = re.compile(r"\{([^{}]*)\}|\bby \(([^)]*)\)")
_VARIAVEL = re.compile(r"\bTISS_GATEWAY_([A-Z0-9]+)__([A-Z0-9_]+)")
_MAIOR_ESPERA = 5.0


def _compose() -> dict[str, Any]:
    lido: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return lido


def _manifestos(tipo: str | None = None) -> Iterator[dict[str, Any]]:
    for arquivo in KUBERNETES:
        for objeto in yaml.safe_load_all(arquivo.read_text("utf-8")):
            if tipo is None or objeto["kind"] == tipo:
                yield objeto


def _pods() -> list[dict[str, Any]]:
    donos = [*_manifestos("Deployment"), *_manifestos("Job")]
    return [dono["spec"]["template"]["spec"] for dono in donos]


def _expressoes() -> list[str]:
    """Cada consulta dos alertas e do painel."""
    alertas = yaml.safe_load((DEPLOY / "prometheus" / "alertas.yml").read_text("utf-8"))
    painel = json.loads((DEPLOY / "grafana" / "painel.json").read_text("utf-8"))
    return [
        *(regra["expr"] for grupo in alertas["groups"] for regra in grupo["rules"]),
        *(alvo["expr"] for p in painel["panels"] for alvo in p.get("targets", ())),
        *(v["query"] for v in painel["templating"]["list"] if v["type"] == "query"),
    ]


def _series() -> dict[str, set[str]]:
    """Nome de cada série que o gateway expõe, com os seus rótulos."""
    series: dict[str, set[str]] = {}
    for coletor in vars(metricas).values():
        if isinstance(coletor, MetricWrapperBase):
            rotulos = set(coletor._labelnames)
            for nome in REGISTRY._collector_to_names[coletor]:
                series[nome] = rotulos | ({"le"} if nome.endswith("_bucket") else set())
    return series


# --- métricas ---------------------------------------------------------------------------------


def test_alertas_e_painel_so_falam_de_series_que_existem() -> None:
    """Cada série de um alerta ou do painel é exposta pelo gateway, com os rótulos que se usam."""
    series = _series()
    for expressao in _expressoes():
        usadas = set(_METRICA.findall(re.sub(r'"[^"]*"', '""', expressao)))
        assert usadas <= set(series), expressao
        conhecidos = {"instance", "job"}.union(*(series[nome] for nome in usadas))
        for seletor, agrupados in _ROTULOS.findall(expressao):
            partes = (seletor or agrupados).split(",")
            ditos = {re.split(r"[=!]", parte)[0].strip() for parte in partes}
            assert ditos <= conhecidos, expressao


def test_toda_serie_esta_no_painel() -> None:
    """Nenhuma métrica do gateway fica de fora do painel, salvo o que o cliente acrescenta."""
    painel = (DEPLOY / "grafana" / "painel.json").read_text("utf-8")
    nomes = {re.sub(r"_(bucket|sum|count|created)$", "", nome) for nome in _series()}
    contadores = {nome.removesuffix("_total") for nome in nomes if nome.endswith("_total")}
    assert {n for n in nomes - contadores if n not in painel} == set()


def test_cada_alerta_diz_o_que_fazer() -> None:
    """Cada alerta tem gravidade, resumo e uma linha em docs/operations.md."""
    alertas = yaml.safe_load((DEPLOY / "prometheus" / "alertas.yml").read_text("utf-8"))
    texto = OPERACOES.read_text("utf-8")
    for grupo in alertas["groups"]:
        for regra in grupo["rules"]:
            assert regra["labels"]["gravidade"] in ("aviso", "critica")
            assert regra["annotations"]["resumo"]
            assert f"`{regra['alert']}`" in texto


def test_painel_tem_paineis_que_cabem() -> None:
    """Cada painel tem número só seu, consultas, e não sai das 24 colunas."""
    painel = json.loads((DEPLOY / "grafana" / "painel.json").read_text("utf-8"))
    numeros = [p["id"] for p in painel["panels"]]
    assert len(numeros) == len(set(numeros))
    for p in painel["panels"]:
        assert p["gridPos"]["x"] + p["gridPos"]["w"] <= 24
        assert p["type"] == "row" or p["targets"]


# --- ajustes e comandos -----------------------------------------------------------------------


def test_variaveis_de_ambiente_sao_ajustes() -> None:
    """Cada variável TISS_GATEWAY_... em deploy/ ajusta alguma coisa."""
    achadas = set()
    for arquivo in TODOS:
        achadas |= set(_VARIAVEL.findall(arquivo.read_text("utf-8")))
    assert achadas
    for secao, chave in achadas:
        campo = Configuracao.model_fields[secao.lower()]
        assert chave.lower() in type(campo.default).model_fields


def test_configuracao_do_kubernetes_e_valida() -> None:
    """O TOML do ConfigMap forma uma configuração que o gateway aceita."""
    [mapa] = _manifestos("ConfigMap")
    secoes = tomllib.loads(mapa["data"]["tiss-gateway.toml"])
    assert Configuracao(**secoes).server.workers == 2


def test_ambiente_do_compose_e_valido() -> None:
    """As variáveis do compose formam uma configuração que o gateway aceita."""
    ambiente = _compose()["x-gateway"]["environment"]
    servidor = {
        chave.rpartition("__")[2].lower(): json.loads(valor) if valor[:1] in "[{" else valor
        for chave, valor in ambiente.items()
        if chave.startswith("TISS_GATEWAY_SERVER__")
    }
    assert Servidor(**servidor).client_cert_header == "X-SSL-Client-Cert"


def test_comandos_existem() -> None:
    """O que cada contêiner e cada unidade executa é um comando do gateway, com opções suas."""
    usados = [c["args"] for pod in _pods() for c in pod["containers"]]
    usados += [s["command"] for s in _compose()["services"].values() if "command" in s]
    for unidade in UNIDADES:
        usados += [
            linha.split()[1:]
            for linha in unidade.read_text("utf-8").splitlines()
            if linha.startswith("ExecStart=")
        ]
    assert len(usados) == 7
    for argumentos in usados:
        resto, grupo = list(argumentos), comando
        while resto and resto[0] in getattr(grupo, "commands", {}):
            grupo = grupo.commands[resto.pop(0)]
        assert grupo is not comando
        # o click levanta erro de uso se uma opção não existe ou o seu valor não serve
        grupo.make_context("x", resto)


# --- estrutura --------------------------------------------------------------------------------


def test_o_que_a_imagem_copia_nao_e_ignorado() -> None:
    """Cada pasta que o Dockerfile copia entra no contexto da construção."""
    permitidos = (RAIZ / ".dockerignore").read_text("utf-8").splitlines()
    copias = re.findall(
        r"^COPY (?!--from)(.+) \S+$", (RAIZ / "Dockerfile").read_text(), re.MULTILINE
    )
    nomes = {nome for copia in copias for nome in copia.split()}
    assert {f"!{nome}" for nome in nomes} <= set(permitidos)
    assert all((RAIZ / nome).exists() for nome in nomes)


def test_pods_nao_tem_privilegios_e_tem_limites() -> None:
    """Cada contêiner roda sem root, sem escrita na imagem, com recursos pedidos e limitados."""
    pods = _pods()
    assert len(pods) == 3
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        volumes = {v["name"] for v in pod["volumes"]}
        for conteiner in pod["containers"]:
            assert conteiner["securityContext"]["readOnlyRootFilesystem"] is True
            assert conteiner["securityContext"]["allowPrivilegeEscalation"] is False
            assert conteiner["resources"]["requests"].keys() == {"cpu", "memory"}
            assert "memory" in conteiner["resources"]["limits"]
            assert {m["name"] for m in conteiner["volumeMounts"]} == volumes


def test_sondas_sao_enderecos_do_gateway() -> None:
    """A vida não olha o banco, a prontidão olha; a parada espera pelas mensagens em curso."""
    [no] = [d for d in _manifestos("Deployment") if d["metadata"]["name"] == "tiss-gateway"]
    pod = no["spec"]["template"]["spec"]
    [conteiner] = pod["containers"]
    assert conteiner["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert conteiner["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    espera = float(conteiner["lifecycle"]["preStop"]["exec"]["command"][1])
    assert espera <= _MAIOR_ESPERA
    duracao = pod["terminationGracePeriodSeconds"]
    assert duracao > Servidor().graceful_timeout + espera


def test_seletores_acham_os_seus_pods() -> None:
    """Cada Service, orçamento e política de rede aponta para rótulos de um Deployment."""
    rotulos = [d["spec"]["template"]["metadata"]["labels"] for d in _manifestos("Deployment")]
    for dono in _manifestos("Deployment"):
        assert dono["spec"]["selector"]["matchLabels"] in rotulos
    for servico in _manifestos("Service"):
        assert servico["spec"]["selector"] in rotulos
    for tipo, chave in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
        objetos = list(_manifestos(tipo))
        assert objetos
        assert all(o["spec"][chave]["matchLabels"] in rotulos for o in objetos)


def test_todo_manifesto_e_do_espaco_e_esta_na_lista() -> None:
    """O que o kustomization lista existe; o que ele não lista diz-se que fica de fora."""
    [lista] = _manifestos("Kustomization")
    texto = (DEPLOY / "kubernetes" / "kustomization.yaml").read_text("utf-8")
    nomes = {p.name for p in KUBERNETES} - {"kustomization.yaml"}
    assert set(lista["resources"]) <= nomes
    assert all(nome in texto for nome in nomes)
    for objeto in _manifestos():
        if objeto["kind"] not in ("Namespace", "Kustomization"):
            assert objeto["metadata"]["namespace"] == lista["namespace"]


def test_segredos_de_exemplo_nao_tem_valores() -> None:
    """O exemplo de segredos não traz senha nem chave."""
    for segredo in _manifestos("Secret"):
        assert set(segredo["stringData"].values()) <= {
            "",
            "postgresql+psycopg://gateway:SENHA@banco.exemplo:5432/tiss",
        }


def test_servicos_do_compose_ligam_se() -> None:
    """Cada dependência, segredo, volume e rede do compose está declarado, e só o nginx publica."""
    compose = _compose()
    servicos = compose["services"]
    for nome, servico in servicos.items():
        assert set(servico.get("depends_on", {})) <= set(servicos)
        assert set(servico.get("secrets", ())) <= set(compose["secrets"])
        assert set(servico.get("networks", ())) <= set(compose["networks"])
        assert (nome == "nginx") == ("ports" in servico)
        for volume in servico.get("volumes", ()):
            origem = volume.partition(":")[0]
            existe = origem in compose["volumes"] or origem == "./tls" or (DEPLOY / origem).exists()
            assert existe, volume
    assert {"gateway1", "gateway2"} <= set(servicos)


# --- o que os próprios programas dizem --------------------------------------------------------


def test_nginx_aceita_a_configuracao(tmp_path: Path) -> None:
    """O nginx instalado aceita a configuração, com os nomes dos nós trocados por endereços."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    openssl = shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("não há nginx ou openssl nesta máquina")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-subj", "/CN=tiss.operadora.example", "-days", "1",
         "-keyout", "servidor.key", "-out", "servidor.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    shutil.copy(tmp_path / "servidor.pem", tmp_path / "clientes.pem")
    texto = NGINX.replace("/etc/nginx/tls", str(tmp_path)).replace("/tmp/nginx", f"{tmp_path}/n")
    texto = texto.replace("gateway1:", "127.0.0.2:").replace("gateway2:", "127.0.0.3:")
    (tmp_path / "nginx.conf").write_text(texto, "utf-8")
    saida = subprocess.run(
        [nginx, "-t", "-q", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (saida.returncode, saida.stderr) == (0, "")


def test_nginx_repete_no_outro_no_e_nao_publica_o_que_e_de_dentro() -> None:
    """Um nó caído não se nota, e saúde, métricas, API e console não estão na porta pública."""
    assert "proxy_next_upstream error timeout non_idempotent;" in NGINX
    # o corpo maior que o nginx deixa passar é o maior que o gateway aceita
    megas = re.search(r"client_max_body_size (\d+)m;", NGINX)
    assert megas is not None
    assert int(megas[1]) * 1024 * 1024 >= Configuracao.model_fields["documents"].default.max_message
    publico = NGINX.split("listen 8443 ssl;")[1].split("listen 9443 ssl;")[0]
    assert not re.search(r"location\s+\S*\s*/(api|console|health|metrics)", publico)


@pytest.mark.parametrize("unidade", UNIDADES, ids=lambda p: p.stem)
def test_systemd_aceita_a_unidade(unidade: Path, tmp_path: Path) -> None:
    """O systemd desta máquina não acha nada a dizer da unidade."""
    analise = shutil.which("systemd-analyze")
    if analise is None:
        pytest.skip("não há systemd-analyze nesta máquina")
    # o programa da unidade não está instalado aqui
    texto = unidade.read_text("utf-8").replace("/opt/tiss-gateway/bin/tiss-gateway", "/bin/true")
    copia = tmp_path / unidade.name
    copia.write_text(texto, "utf-8")
    saida = subprocess.run(
        [analise, "verify", "--man=no", str(copia)], capture_output=True, text=True, check=False
    )
    assert (saida.returncode, saida.stderr) == (0, "")
