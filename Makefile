# What a developer and CI run. `make test` on a fresh machine needs Python 3.11 or newer, make and
# a package index, nothing else.

PYTHON ?= python3
VENV ?= .venv
# One process for each core; the tests of a file stay together, as they share what is dear to set up
# or go on from each other. `make test SPREAD=` is one process.
SPREAD ?= --numprocesses logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder
PYTEST_ARGS ?=

RUN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: venv demo test lint types docs lock clean

venv: $(STAMP)

$(STAMP): pyproject.toml requirements-dev.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: venv
	$(RUN)/harvest demo

lint: venv
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .

types: venv
	$(RUN)/mypy

test: lint types
	$(RUN)/python -m pytest $(SPREAD) $(PYTEST_ARGS)

# The pages that are written out of the program.
docs: venv
	$(RUN)/python -m harvester.cli.document docs

# Versions and hashes for every Python and system we support, without the name of any index.
# `make lock UPGRADE=--upgrade` takes the newest.
COMPILE = env -u PIP_FIND_LINKS -u UV_FIND_LINKS $(RUN)/uv pip compile pyproject.toml --quiet $(UPGRADE) \
	--universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url

lock:
	$(COMPILE) --group dev --output-file requirements-dev.txt
	$(COMPILE) --constraints requirements-dev.txt --output-file requirements.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
