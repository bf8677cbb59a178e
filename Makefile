# One vocabulary of commands for people, hooks and CI. `make help` explains itself from the comments below.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
RUN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

SOURCE ?= simulator
DATA ?=
DATE ?=
NIGHTS ?= 3

export UV_PYTHON_DOWNLOADS := never
export BANKLOOP_SOURCE := $(SOURCE)
ifneq ($(DATA),)
export BANKLOOP_DATA := $(DATA)
endif

$(INSTALLED): uv.lock pyproject.toml
	@echo "==> installing the locked environment into $(VENV)"
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV= $(RUN)/uv sync --frozen --quiet
	@touch $@

install: $(INSTALLED) ## Make .venv from the lock file

nightly: $(INSTALLED) ## Simulate or land a bank, then run the next NIGHTS=3 nights; DATE= re-runs one; SOURCE=berka DATA=folder for a real ledger
	@$(RUN)/bankloop practise --nights $(NIGHTS) $(if $(DATE),--date $(DATE))

test: $(INSTALLED) ## Every test but the long ones, on a real PostgreSQL
	@$(RUN)/python -m pytest -m "not long" -n 2 --no-loadscope-reorder $(ARGS)

test-long: $(INSTALLED) ## The long tests, hours: one pass against day by day, a rebuild against sixty nights
	@$(RUN)/python -m pytest -m long $(ARGS)

lint: $(INSTALLED) ## ruff, mypy --strict, sqlfluff
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy
	@$(RUN)/sqlfluff lint --processes 2 dbt_project/models dbt_project/tests

format: $(INSTALLED) ## Format the Python code
	@$(RUN)/ruff check --fix --quiet . || true
	@$(RUN)/ruff format .

bench: $(INSTALLED) ## A table of steps, seconds and peak memory
	@$(RUN)/python -m bench $(ARGS)

docs: $(INSTALLED) ## dbt's documentation of this bank's models, lineage and columns, as one page
	@$(RUN)/bankloop dbt docs generate --static

up: $(INSTALLED) ## Start Airflow's scheduler, DAG processor and UI on this machine
	@$(RUN)/bankloop airflow up

down: $(INSTALLED) ## Stop Airflow and the embedded warehouse
	@$(RUN)/bankloop airflow down
	@$(RUN)/bankloop warehouse stop

clean: ## Remove caches and build products; never var/, which holds the banks
	@rm -rf .mypy_cache .ruff_cache .pytest_cache dbt_project/target dbt_project/logs *.egg-info

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: install nightly test test-long lint format bench docs up down clean help
