# Vouch. `make help` lists what there is; the two commands that matter are `make run` and `make test`.

SHELL := /bin/sh
PYTHON ?= $(shell for one in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$one" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$one"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
# Answers for a virtual environment that was copied here, or made by a Python that is gone: it is made anew.
VENV_WORKS := $(shell test -x $(BIN)/pip && $(BIN)/python -c '' 2>/dev/null && echo yes)
# Kept out of pip's way: a run needs no cache, no questions and no news.
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --no-deps

.DEFAULT_GOAL := help
.PHONY: help run test setup setup-dev lint types format requirements bench chaos clean venv

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Tied to make: even if that is killed, nothing stays behind.
run: setup ## Start everything on this machine (PORT, HOST, DATA_DIR, ADMIN_PASSWORD, DATABASE_URL, REDIS_URL)
	@exec setpriv --pdeathsig TERM -- $(BIN)/python manage.py up

test: setup-dev ## Run the tests, on a PostgreSQL and a Valkey of their own
	@exec $(BIN)/python -m pytest -n 2 --cov --cov-report=term:skip-covered $(ARGS)

lint: setup-dev ## Check style, formatting and the arrows between the rooms
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

types: setup-dev ## Check types
	@SECRET_KEY=none $(BIN)/mypy analysis config documents jobs manage.py

format: setup-dev ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

requirements: setup-dev ## Pin the ranges of pyproject.toml in requirements*.txt (UPGRADE=1: to the newest)
	@export UV_CUSTOM_COMPILE_COMMAND="make requirements"; \
	compile="$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --python-version 3.11 $(if $(UPGRADE),--upgrade)"; \
	$$compile pyproject.toml -o requirements.txt && $$compile pyproject.toml --group dev -o requirements-dev.txt

bench: setup-dev ## Measure against peers and bare engines in the same run; fails if a promised ratio does
	@broken=0; for one in $(basename $(notdir $(wildcard benchmarks/bench_*.py))); do \
		$(BIN)/python -m benchmarks.$$one || broken=1; done; exit $$broken

chaos: setup-dev ## Break the real stack in many ways and check what is promised (ARGS="3 4" or ARGS=soak)
	@exec $(BIN)/python -m tests.chaos $(ARGS)

clean: ## Remove the virtual environment and caches (not the data)
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage* htmlcov

setup: $(VENV)/.requirements ## Install what running needs
setup-dev: $(VENV)/.requirements-dev ## Install what testing needs

# --no-deps: the pinned files are complete, and rapidocr would pull in an OpenCV that needs a display's libraries.
$(VENV)/.requirements: requirements.txt | venv
	@if cmp -s $< $@ || cmp -s requirements-dev.txt $(VENV)/.requirements-dev; then cp $< $@; else \
		echo "Installing the packages of requirements.txt" && $(PIP) -r $< && cp $< $@; fi

$(VENV)/.requirements-dev: requirements-dev.txt | venv
	@if cmp -s $< $@; then touch $@; else \
		echo "Installing the packages of requirements-dev.txt" && $(PIP) -r $< && cp $< $@; fi

venv:
ifneq ($(VENV_WORKS),yes)
	@if [ -z "$(PYTHON)" ]; then \
		echo "Vouch needs Python 3.11 or newer and found none. Install it (Debian: apt install python3 python3-venv), or name it: make run PYTHON=/path/to/python3.11" >&2; exit 2; fi
	@rm -rf $(VENV)
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) can't make virtual environments. Install the package for that (Debian, Ubuntu: apt install python3-venv) and try again." >&2; exit 2; }
	@"$(PYTHON)" -m venv $(VENV)
endif
