# Everything a developer needs; `make` alone lists it. Needs Python 3.11 or later with venv, or virtualenv.
PYTHON ?= python3
ARGS ?=

BIN := .venv/bin
STAMP := .venv/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help .venv demo test check format schemas bench image clean
MAKEFLAGS += --no-print-directory

help: ## list the targets
	@sed -n 's/^\([a-z.]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

.venv: $(STAMP) ## make the virtual environment

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; name it with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv >/dev/null 2>&1 || $(PYTHON) -m virtualenv -q --clear .venv 2>/dev/null || \
		{ rm -rf .venv; echo "$(PYTHON) has neither venv nor virtualenv; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "installing into .venv"
	@$(BIN)/pip install -q -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP) ## run a fleet on this machine, with an embedded broker: make demo ARGS=...
	@$(BIN)/fleet up $(ARGS)

# More workers than cores, since most of them wait. Python's compiled files are kept: tests start hundreds of programs.
test: $(STAMP) ## run the tests; without Docker or Kafka theirs are skipped: make test ARGS="-k planner"
	@PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 6 --durations=30 $(ARGS)

check: $(STAMP) ## format, lint, types, import rules, generated schemas
	@$(BIN)/ruff format --check -q . || { echo "not formatted: make format" >&2; exit 1; }
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy --no-error-summary
	@out=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$out"; exit 1; }
	@$(BIN)/python -m tools.kinds.schemas --check
	@echo "check: ok"

format: $(STAMP) ## format the code and apply safe fixes
	@$(BIN)/ruff check -q --fix-only .
	@$(BIN)/ruff format -q .

schemas: $(STAMP) ## write the JSON schemas and CRDs anew from crds/
	@$(BIN)/python -m tools.kinds.schemas

bench: $(STAMP) ## run the benchmarks, each against its baseline
	@set -e; for program in bench/*.py; do test -e "$$program" || continue; echo "== $$program"; $(BIN)/python "$$program" $(ARGS); done

image: $(STAMP) ## make dsfleet/pipeline:dev on the engine of DOCKER_HOST, without a registry
	@$(BIN)/python deploy/build_pipeline_image.py

clean: ## remove what make and the tools made here
	@rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
