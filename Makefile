# `make run` and `make test` need nothing but Python 3.11+ and this file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run setup test check proof bench lock format clean

run: $(VENV)/.run-installed
	$(BIN)/roundsman demo

setup: $(VENV)/.dev-installed

test: $(VENV)/.dev-installed
	$(BIN)/python -m pytest -n auto --dist worksteal

check: $(VENV)/.dev-installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --dist worksteal

proof: $(VENV)/.dev-installed
	ROUNDSMAN_TESTS=proof $(BIN)/python -m pytest -n auto --dist worksteal

bench: $(VENV)/.dev-installed
	$(BIN)/python benchmarks/migrate.py

lock: $(VENV)/.dev-installed
	$(BIN)/uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-header pyproject.toml --extra embedded --group build -o requirements/run.txt
	$(BIN)/uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-header pyproject.toml --extra embedded --group build --group dev -o requirements/dev.txt

format: $(VENV)/.dev-installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .roundsman demo

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-installed: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev-installed: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@ $(VENV)/.run-installed
