# `make run` and `make test` need nothing but Python 3.11+ and this file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
# Two more than there are cores: tests that wait for a server leave theirs to others.
WORKERS := $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 2)))
PYTEST := pytest -n $(WORKERS) --dist worksteal
RUN_TESTS = $(BIN)/python
LOCK := $(BIN)/uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-header pyproject.toml --extra embedded --group build

# Hundreds of commands are started by the tests: what one of them compiled the others need not compile again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run setup test check coverage proof bench lock docs pictures format clean

# Ctrl-C is how the demo ends, and no failure.
run: $(VENV)/.run-installed
	@$(BIN)/roundsman demo || [ $$? -eq 130 ]

setup: $(VENV)/.dev-installed

# Without what goes through everything there is, which `make check` has too.
test: $(VENV)/.dev-installed
	$(BIN)/python -m $(PYTEST) -m "not whole"

check: $(VENV)/.dev-installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(RUN_TESTS) -m $(PYTEST)

# The same tests, with how much of the program they ran.
coverage: $(VENV)/.dev-installed
	$(BIN)/coverage erase
	$(MAKE) --no-print-directory check RUN_TESTS="$(BIN)/coverage run"
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --skip-covered

# What compares times has the machine to itself.
proof: $(VENV)/.dev-installed
	ROUNDSMAN_TESTS=proof $(BIN)/python -m $(PYTEST)
	ROUNDSMAN_TESTS=proof $(BIN)/python -m pytest -n0 tests/http/test_times.py
	$(BIN)/python -m tests.foreign_applications

bench: $(VENV)/.dev-installed
	$(BIN)/python benchmarks/migrate.py
	$(BIN)/python benchmarks/write_back.py
	$(BIN)/python benchmarks/auth.py
	$(BIN)/python benchmarks/decisions.py
	$(BIN)/python benchmarks/activation.py
	$(BIN)/python benchmarks/ledger.py
	$(BIN)/python benchmarks/pages.py

lock: $(VENV)/.dev-installed
	$(LOCK) -o requirements/run.txt
	$(LOCK) --group dev -o requirements/dev.txt

docs: $(VENV)/.dev-installed
	$(BIN)/roundsman settings > docs/settings.md
	$(BIN)/roundsman commands > docs/commands.md
	$(BIN)/roundsman api > docs/api.md
	$(BIN)/roundsman permissions > docs/permissions.md
	$(BIN)/roundsman activation table > docs/activation.md
	$(BIN)/roundsman access audit --markdown docs/reports/ROLE_AUDIT_REPORT.md > /dev/null
	$(BIN)/python -m tests.auth_report > .report.md && mv .report.md docs/reports/AUTH_SECURITY_AUDIT.md
	$(BIN)/python -m tests.demo_report > .report.md && mv .report.md docs/reports/DATA_CLEANUP_REPORT.md

# The pictures of the README, of the demo's business; it needs Debian's chromium.
pictures: $(VENV)/.dev-installed
	$(BIN)/python -m tests.pictures

format: $(VENV)/.dev-installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .roundsman .foreign demo

# A venv that came to be only in part would be taken for a whole one by the next run.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Roundsman needs Python 3.11 or newer as $(PYTHON); another one is named by: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo 'Python cannot make a virtual environment; install that part of it, on Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.run-installed: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo 'Installing into $(VENV) what requirements/run.txt names, once; a database server is among it …'
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev-installed: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo 'Installing into $(VENV) what requirements/dev.txt names, once …'
	@$(PIP) --require-hashes -r requirements/dev.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run-installed
