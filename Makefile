# Works from any folder, also one with spaces in its path, and after a move: only relative paths here.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test test-all check format schema lock setup clean-venv

PYTHON ?=
PROFILE ?= default
ARGS ?=
WORKERS ?= 2
UV_VERSION := 0.13.9
VENV_PYTHON := .venv/bin/python

# The shell's choice of packages must not leak into a run.
unexport PYTHONPATH PYTHONHOME
export PYTHON

help: ## list the targets
	@echo "steadyhand: make TARGET"
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 14
	@echo "Variables: ARGS='...' for snakemake or pytest, PROFILE=slurm, PYTHON=python3.12, WORKERS=2"

run: setup ## run the study config/config.yaml; another one: ARGS="--configfile mine.yaml"
	@$(VENV_PYTHON) workflow/launch.py --workflow-profile workflow/profiles/$(PROFILE) $(ARGS)
	@test ! -f results/index.html || $(VENV_PYTHON) -c \
	  'from pathlib import Path; p = Path("results/index.html").resolve(); print(f"{p}\nOpen {p.as_uri()}")'

test: setup ## run the tests, less the slow ones and those that need a cluster
	@$(VENV_PYTHON) -m pytest -n $(WORKERS) --dist worksteal -m "not slow and not cluster" $(ARGS)

test-all: setup ## run every test
	@$(VENV_PYTHON) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: setup ## formatting, lint and types
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m snakefmt --check Snakefile workflow
	$(VENV_PYTHON) -m snakemake --lint
	$(VENV_PYTHON) -m mypy

format: setup ## format the code, and mend what ruff can mend
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .
	$(VENV_PYTHON) -m snakefmt Snakefile workflow

# Sets $$found to a Python that will do. A name on the PATH may not run (pyenv), so each is tried.
define find_python
if [ -n "$$PYTHON" ]; then set -- "$$PYTHON"; else set -- python3.13 python3.12 python3.11 python3; fi; \
for found in "$$@" ""; do \
  "$$found" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
done; \
if [ -z "$$found" ]; then \
  echo "steadyhand needs Python >= 3.11 with venv; tried: $$*. Name one: make PYTHON=/path/to/python3" >&2; exit 1; \
fi
endef

setup: ## make .venv and install requirements.lock into it, if anything changed
	@$(find_python); exec "$$found" envs/install.py

schema: setup ## write config/study.schema.json anew from the models of a study
	@PYTHONPATH=workflow $(VENV_PYTHON) -c 'import json; from pathlib import Path; \
	  from steadyhand.config import json_schema; \
	  Path("config/study.schema.json").write_text(json.dumps(json_schema(), indent=1) + "\n")'

lock: ## write requirements.lock anew from pyproject.toml; to newer versions: ARGS=--upgrade
	@$(find_python); folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	"$$found" -m venv "$$folder" && \
	"$$folder/bin/python" -m pip install -qq --disable-pip-version-check uv==$(UV_VERSION) && \
	"$$folder/bin/uv" pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --fork-strategy fewest --generate-hashes --no-emit-index-url --no-emit-find-links --quiet \
	  --custom-compile-command 'make lock' --output-file requirements.lock $(ARGS) >/dev/null

clean-venv: ## remove .venv; the next target makes it again
	@rm -rf .venv
