# `make forecast` and `make test` work from a bare clone: each first sets up what it needs, once.
#   PYTHON  interpreter to build .venv with; python3 is the one that .python-version selects under pyenv
#   ARGS    options handed on, as in: make forecast ARGS="paper --priors wide"

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CODE := src tests benchmarks notebooks docs tools

# Bytecode is worth seconds at every start, so set-up writes it even where the environment forbids it.
COMPILED := env -u PYTHONDONTWRITEBYTECODE
UV := $(COMPILED) $(BIN)/uv
VERSION := -c 'import sys; print("%d.%d" % sys.version_info[:2])'
say = @echo "==> $(1)" >&2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help forecast test test-all fuzz attack intervals lint format docs bench calibration confirm notebooks lock \
  release wheels doctor setup clean

help: ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

forecast: $(READY) ## set up, then forecast (ARGS: what `meekcast forecast --help` lists)
	@$(BIN)/meekcast forecast $(ARGS)

test: $(READY) ## set up, then run the tests, in under five minutes (ARGS: options of pytest)
	@$(BIN)/pytest $(ARGS)

test-all: $(READY) ## the same with those that take long, need a browser, or are slow and statistical
	@$(BIN)/pytest -m "" $(ARGS)

fuzz: $(READY) ## feed everything that is read with what is wrong (ARGS: N, --seed N, --only NAME ...)
	@PYTHONPATH=tests/fuzz $(BIN)/python -m fuzzing $(ARGS)

attack: $(READY) ## kill -9 every command that writes (ARGS: N moments each, --interrupt: by Ctrl-C, --seed N, --only NAME ...)
	@PYTHONPATH=tests/fuzz $(BIN)/python -W ignore -m crashing $(ARGS)

intervals: $(READY) ## how often intervals hold known truths, as a table (ARGS: seeds, --only TEXT)
	@PYTHONPATH=tests/intervals $(BIN)/python -m intervals $(ARGS)

lint: $(READY) ## check style, types and import contracts
	$(call say,ruff: style)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	$(call say,mypy: types)
	@$(BIN)/mypy
	$(call say,import-linter: which room may import which)
	@$(BIN)/lint-imports --no-logo

format: $(READY) ## mend what ruff can mend
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)

docs: $(READY) ## build the documentation into build/docs, offline; a warning is an error
	$(call say,sphinx: build/docs/index.html)
	@rm -rf build/docs build/doctrees
	@$(BIN)/python -m sphinx -q -W --keep-going -n -c docs -d build/doctrees . build/docs

bench: $(READY) ## measure, against the aims and against peers (half an hour; ARGS: parts, --repeats N, --write)
	@$(BIN)/python benchmarks/run.py $(ARGS)

calibration: $(READY) ## backtest the default card, variants of it and the default stack, for what ships (a quarter of an hour)
	@$(BIN)/python benchmarks/calibration.py $(ARGS)

confirm: $(READY) ## make some past forecasts and simulations again: what ships holds after code that moves no number (ARGS: cards)
	@$(BIN)/python benchmarks/confirm.py $(ARGS)

notebooks: $(READY) ## run the notebooks in place, with their outputs
	@$(BIN)/python notebooks/execute.py

lock: $(VENV)/.uv ## write requirements.lock anew from pyproject.toml, and say what moved (ARGS: --upgrade)
	$(call say,resolving requirements.lock)
	@cp requirements.lock $(VENV)/before.lock
	@$(UV) pip compile pyproject.toml --quiet --universal --python-version 3.12 --all-extras --group dev \
	  --generate-hashes --no-header --no-annotate -o requirements.lock $(ARGS)
	@$(BIN)/python tools/moved.py $(VENV)/before.lock requirements.lock

release: $(READY) ## make a version, checked in a clean environment; uploads and tags nothing (ARGS: 0.2.0)
	@$(BIN)/python tools/release.py $(ARGS)

wheels: $(READY) ## run every command of the wheel in clean environments without extras (ARGS: 3.12 3.13 3.14)
	@$(BIN)/python tools/wheels.py $(ARGS)

doctor: ## say what this machine lacks, with remedies; works before set-up
	@$(PYTHON) -c '' || { \
	  echo "missing  Python: $(PYTHON) does not start" >&2; \
	  echo "         install Python $$(cat .python-version), or: make doctor PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) tools/doctor.py

setup: $(READY) ## only set up

clean: ## delete the environment and all caches of the tools; results in out/ stay
	@rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find $(CODE) -name __pycache__ -prune -exec rm -rf {} +

# uv comes from the lock file too, hash and all; pip only fetches it.
$(VENV)/.uv: .python-version
	@found=$$($(PYTHON) $(VERSION) 2>/dev/null) || found=none; \
	case $$found in 3.12|3.13|3.14) ;; *) \
	  echo "meekcast needs Python 3.12 to 3.14, found $$found as $(PYTHON):" \
	    "install Python $$(cat .python-version), or name one with PYTHON=/path/to/python3" >&2; exit 1;; \
	esac; \
	if [ "$$($(BIN)/python $(VERSION) 2>/dev/null)" != "$$found" ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  echo "==> creating $(VENV) with Python $$found" >&2; \
	  $(COMPILED) $(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }; \
	fi
	$(call say,fetching uv)
	@awk '/^uv==/ {on = 1} on; on && !/\\$$/ {exit}' requirements.lock > $(VENV)/uv.txt
	@$(COMPILED) $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@touch $@

$(READY): $(VENV)/.uv requirements.lock pyproject.toml
	@rm -f $@
	$(call say,installing the locked packages (a minute or two the first time))
	@$(UV) pip sync --quiet --require-hashes --compile-bytecode --python $(BIN)/python requirements.lock
	$(call say,installing meekcast itself (editable))
	@$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	$(call say,compiling meekcast to bytecode)
	@$(COMPILED) $(BIN)/python -m compileall -q src/meekcast
	$(call say,compiling the model of the default card, once a machine (a minute))
	@$(BIN)/meekcast cache --compile leaderboard >/dev/null
	@touch $@
