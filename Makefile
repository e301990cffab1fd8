# Everything a developer needs; `make` alone lists it. Needs Python 3.11 or later with venv, or virtualenv.
PYTHON ?= python3
ARGS ?=

BIN := .venv/bin
STAMP := .venv/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# What npm writes last: it says that web/node_modules is whole.
PACKAGES := web/node_modules/.package-lock.json
NPM := $(shell command -v npm)

.DEFAULT_GOAL := help
.PHONY: help .venv web demo test check check-style check-types check-imports check-page format schemas screenshots bench image clean
MAKEFLAGS += --no-print-directory

help: ## list the targets
	@sed -n 's/^\([a-z.]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-11s %s\n' "$$name" "$$text"; done

.venv: $(STAMP) ## make the virtual environment

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; name it with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv >/dev/null 2>&1 || $(PYTHON) -m virtualenv -q --clear .venv 2>/dev/null || \
		{ rm -rf .venv; echo "$(PYTHON) has neither venv nor virtualenv; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "installing into .venv"
	@$(BIN)/pip install -q -c constraints.txt -e '.[dev]'
	@touch $@

$(PACKAGES): web/package.json web/package-lock.json web/.npmrc
	@echo "installing into web/node_modules"
	@cd web && npm ci --silent
	@touch $@

web: $(PACKAGES) ## build the page into what the controller serves; needs Node.js 20 and npm
	@cd web && npm run --silent build

demo: $(STAMP) ## run a fleet on this machine, with an embedded broker: make demo ARGS=...
	@$(BIN)/fleet up $(ARGS)

# More workers than cores, since most of them wait. Python's compiled files are kept: tests start hundreds of programs.
test: $(STAMP) ## run the tests; without Docker or Kafka theirs are skipped: make test ARGS="-k planner"
	@PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 6 --durations=30 $(ARGS)

check: $(STAMP) ## format, lint, types, import rules, generated schemas, the page
	@$(MAKE) -j --output-sync check-style check-types check-imports check-page
	@echo "check: ok"

check-style: $(STAMP)
	@$(BIN)/ruff format --check -q . || { echo "not formatted: make format" >&2; exit 1; }
	@$(BIN)/ruff check -q .

check-types: $(STAMP)
	@$(BIN)/mypy --no-error-summary

check-imports: $(STAMP)
	@out=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$out"; exit 1; }
	@$(BIN)/python -m tools.kinds.schemas --check

# What is built is committed, so that nobody needs Node.js to run it: it is built again, and must be the same to the byte.
check-page: $(if $(NPM),$(PACKAGES))
ifeq ($(NPM),)
	@case ",$$FLEET_TEST_REQUIRE," in \
		*,node,*) echo "FLEET_TEST_REQUIRE asks for node: there is no npm" >&2; exit 1;; \
		*) echo "check: the page is left out, since there is no npm";; esac
else
	@cd web && npm run --silent check
	@cd web && out=$$(npm run --silent test 2>&1) || { echo "$$out"; exit 1; }
	@rm -rf build/page && cd web && out=$$(npm run --silent build -- --out ../build/page 2>&1) || { echo "$$out"; exit 1; }
	@cd build/page && for page in $$(find . -name index.html); do \
		diff -rq "$${page%/*}" "../../$${page%/*}" || { echo "what is built of web/ is not what is committed: make web, and commit it" >&2; exit 1; }; done
endif

format: $(STAMP) ## format the code and apply safe fixes
	@$(BIN)/ruff check -q --fix-only .
	@$(BIN)/ruff format -q .

schemas: $(STAMP) ## write the JSON schemas and CRDs anew from crds/
	@$(BIN)/python -m tools.kinds.schemas

screenshots: $(STAMP) ## take the pictures of the README anew, while `make demo` runs; needs Chromium
	@$(BIN)/python -m tools.screenshots $(ARGS)

bench: $(STAMP) ## run the benchmarks, each against its baseline
	@set -e; for program in bench/*.py; do test -e "$$program" || continue; echo "== $$program"; $(BIN)/python "$$program" $(ARGS); done

image: $(STAMP) ## make dsfleet/pipeline:dev on the engine of DOCKER_HOST, without a registry
	@$(BIN)/python deploy/build_pipeline_image.py

clean: ## remove what make and the tools made here
	@rm -rf .venv web/node_modules build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
