# Dois comandos bastam numa máquina nova: make demo e make test.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# mais um do que os núcleos de uma máquina pequena: os testes com servidores passam parte do tempo à espera
PROCESSOS ?= 3
MARCA := $(VENV)/.pronto
# sem bytecode guardado, cada processo dos testes compilaria o projeto inteiro outra vez
unexport PYTHONDONTWRITEBYTECODE

help: ## mostra esta ajuda
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

setup: $(MARCA) ## cria .venv com as versões travadas e instala o projeto

$(MARCA): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Falta o módulo venv do Python. No Debian: apt-get install python3 python3-venv make git" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "É preciso Python 3.11, 3.12 ou 3.13; diga qual com make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## o trabalho inteiro num banco embutido, com um cliente SOAP de verdade; KEEP=1 deixa o console no ar
	@$(BIN)/tiss-gateway demo $(if $(KEEP),--keep)

serve: setup ## serve em 127.0.0.1:8080 com os padrões
	@$(BIN)/tiss-gateway serve

lint: setup ## estilo, tipos e andares
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint ## tudo o que uma máquina nova pode testar
	$(BIN)/python -m pytest -m "not longo" -n $(PROCESSOS) --dist loadfile --no-loadscope-reorder $(TESTES)

test-long: lint ## também as formas longas
	$(BIN)/python -m pytest -n $(PROCESSOS) --dist loadfile --no-loadscope-reorder $(TESTES)

bench: setup ## mede o gateway contra o piso, na mesma execução
	$(BIN)/python -m bench

screenshots: setup ## uma imagem de cada página do console em docs/telas (precisa do Chromium)
	PYTHONPATH=.:tests $(BIN)/python -m browser.capturas docs/telas

lock: ## refaz requirements.lock (precisa do uv)
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements.lock

sbom: setup ## a lista do que vai dentro, CycloneDX em JSON
	@$(BIN)/python deploy/sbom.py

audit: ## procura vulnerabilidades conhecidas nas versões travadas (vai à rede)
	$(PYTHON) -m venv $(VENV)/auditoria
	$(VENV)/auditoria/bin/pip install --quiet --disable-pip-version-check pip-audit
	$(VENV)/auditoria/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock

clean: ## apaga o que o make criou
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.PHONY: help setup demo serve lint test test-long bench screenshots lock sbom audit clean
