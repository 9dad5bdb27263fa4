# The two commands: `make demo` runs the main job, `make test` proves it. Both set everything up by themselves.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Processes that share the tests; those with real servers under load have the machine for themselves.
JOBS ?= 2
STAMP := $(VENV)/.installed

.PHONY: demo test lint types contracts pytest bench lab conformance docs clean setup wheel compiled

setup: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/yett demo $(DEMO)

test: lint types contracts pytest

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

contracts: $(STAMP)
	$(BIN)/lint-imports --no-cache

pytest: $(STAMP)
	$(BIN)/coverage erase
	COVERAGE_PROCESS_START=$(CURDIR)/pyproject.toml $(BIN)/coverage run -m pytest --ignore tests/e2e --numprocesses $(JOBS) --dist worksteal
	COVERAGE_PROCESS_START=$(CURDIR)/pyproject.toml $(BIN)/coverage run -m pytest tests/e2e
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=93

# A wheel with the hot path compiled, in dist/; needs a C compiler. The sources are copied, because objects are left beside them.
wheel: $(STAMP)
	rm -rf build/wheel && mkdir -p build/wheel
	tar -c pyproject.toml README.md LICENSE src | tar -x -C build/wheel
	HATCH_BUILD_HOOK_ENABLE_MYPYC=1 $(BIN)/pip wheel --quiet --no-deps --wheel-dir dist build/wheel

# The tests of everything that is compiled, run against that wheel in an environment of its own.
compiled: wheel
	$(PYTHON) -m venv .venv-compiled
	.venv-compiled/bin/pip install --quiet --force-reinstall --no-deps dist/yett-*-cp3*.whl
	.venv-compiled/bin/pip install --quiet 'yett[dev]' --find-links dist
	.venv-compiled/bin/python -c 'import yett.edge.gateway.client as one; assert one.__file__.endswith(".so"), one.__file__'
	.venv-compiled/bin/python -m pytest tests/edge tests/engine tests/formats tests/rules/guards

bench: $(STAMP)
	$(BIN)/python bench/run.py $(BENCH)

# What active testing finds on the twins of labs/, and what it claims wrongly: make lab LAB='objects --seeds 1-3'.
lab: $(STAMP)
	$(BIN)/python -m labs.score $(LAB)

# The Core Rule Set's own tests: make conformance CRS=path of an unpacked release.
conformance: $(STAMP)
	PYTHONPATH=bench $(BIN)/python -m attacks.conformance --failed --crs $(CRS)

docs: $(STAMP)
	$(BIN)/python docs/generate.py

clean:
	rm -rf $(VENV) .coverage* .mypy_cache .ruff_cache .hypothesis build dist
