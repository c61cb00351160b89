# Everything that a maintainer runs. It needs only make, Python 3.11 or newer and Terraform 1.9 or newer.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
INSTALLED_FOR_DEMO := $(VENV)/.installed-for-demo
VENV_OF_MUTATION := .venv-mutation
INSTALLED_FOR_MUTATION := $(VENV_OF_MUTATION)/.installed
# How many tests run at the same time, each with its own AWS. It can exceed the cores, since Terraform waits a lot.
TEST_WORKERS ?= 3
# Virtual seconds per real second of `make local`.
SPEED ?= 1

.PHONY: help setup check format zip test test-all replay soak mutation speed demo local bench docs clean

help: ## Show all targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Install what the other targets need into .venv

# Without --no-compile, pip spends a third of the time on compiling, and few of the files are ever imported.
PIP_INSTALL := $(PYTHON) -m pip install --quiet --disable-pip-version-check --no-compile --editable

$(INSTALLED): pyproject.toml | $(PYTHON)
	@echo 'Installing what the tests need into $(VENV), which takes about a minute.'
	$(PIP_INSTALL) '.[dev]'
	@touch $@ $(INSTALLED_FOR_DEMO)

$(INSTALLED_FOR_DEMO): pyproject.toml | $(PYTHON)
	@echo 'Installing what the demo needs into $(VENV), which takes about half a minute.'
	$(PIP_INSTALL) '.[demo]'
	@touch $@

# A python3.x on the PATH may be a broken link, so each one is run first.
$(PYTHON):
	@for candidate in python3 python3.13 python3.12 python3.11 python; do \
	  if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    $$candidate -m venv --clear $(VENV) && exit 0; \
	    echo 'Python cannot create a virtual environment: install its venv module (package python3-venv on Debian).' >&2; \
	    rm -rf $(VENV); exit 1; \
	  fi; \
	done; \
	echo 'No Python 3.11 or newer is on the PATH: install it.' >&2; exit 1

check: $(INSTALLED) ## Check format, lint, types, imports between rooms, words, Terraform's format and validity, and that the zip is up to date
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	PYTHONPATH=lambda_src $(VENV)/bin/lint-imports --no-logo --no-cache
	$(PYTHON) -m scripts.plain_words
	$(PYTHON) -m scripts.terraform_checks format
	$(PYTHON) -m scripts.terraform_checks validate
	$(PYTHON) scripts/build_zip.py --check

format: $(INSTALLED) ## Rewrite Python and Terraform files in the project's format
	$(PYTHON) -m ruff check --fix-only --quiet .
	$(PYTHON) -m ruff format .
	terraform fmt -recursive

zip: $(INSTALLED) ## Rebuild lambda_src/dist/lambda.zip from the package in lambda_src
	$(PYTHON) scripts/build_zip.py

# Tests of the rules, of the promises in virtual time, of the zip's source, and one life of a service with Terraform.
QUICK_TESTS := tests/smoke tests/simulator tests/simulation tests/contract tests/unit tests/packaging/test_zip.py

test: $(INSTALLED) ## Run the tests for each change, in two to five minutes
	INTERLEAVINGS=$${INTERLEAVINGS:-300} $(PYTHON) -m pytest --numprocesses=$(TEST_WORKERS) $(QUICK_TESTS)

test-all: $(INSTALLED) ## Run every test, in 20 to 30 minutes
	INTERLEAVINGS=$${INTERLEAVINGS:-1200} $(PYTHON) -m pytest --numprocesses=$(TEST_WORKERS)

# For make replay: one seed, as a failing test names it, or several in quotes. For make mutation: the sample's seed.
SEED ?=
# How many seeds make soak tries.
SEEDS ?= 1000
PLAY := PYTHONPATH=lambda_src $(PYTHON) -m tests.simulation.interleavings

replay: $(INSTALLED) ## Replay a history of overlapping operations: make replay SEED=4711
	@$(if $(SEED),$(PLAY) $(SEED),echo 'Name a seed: make replay SEED=4711' >&2; exit 2)

soak: $(INSTALLED) ## Try fresh histories of overlapping operations: make soak SEEDS=1000
	@$(PLAY) --fresh $(SEEDS)

# The commit whose rules get the defects, and whose tests must find them.
COMMIT ?= HEAD
# The result of an earlier run under out/mutation. Only the defects that survived it are tried.
AGAIN ?=
# After this many minutes, no further defect is tried.
MINUTES ?= 45
MUTATION = $(VENV_OF_MUTATION)/bin/python -m scripts.mutation --python $(PYTHON)

mutation: $(INSTALLED) $(INSTALLED_FOR_MUTATION) ## Measure how many of 400 defects in the rules the tests find, in 45 minutes at most
	$(MUTATION) --commit $(COMMIT) --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(if $(AGAIN),--again $(AGAIN))

$(INSTALLED_FOR_MUTATION): pyproject.toml | $(PYTHON)
	@echo 'Installing what the mutation tests need into $(VENV_OF_MUTATION), which takes about half a minute.'
	$(PYTHON) -m venv --clear $(VENV_OF_MUTATION)
	$(VENV_OF_MUTATION)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --editable '.[mutation]'
	@touch $@

speed: $(INSTALLED) ## Measure how many service-days the simulator simulates in one minute on one core
	@PYTHONPATH=lambda_src $(PYTHON) -m benchmarks.simulator_speed

demo: $(INSTALLED_FOR_DEMO) ## Watch a service go to zero and come back, in under three minutes
	$(PYTHON) -m scripts.demo

local: $(INSTALLED) ## Run the demo and leave it running for you to try (SPEED=60 makes a minute last a second)
	$(PYTHON) -m scripts.demo local --speed $(SPEED)

bench: $(INSTALLED) ## Measure calls, time and memory for 1 to 1,000 services
	$(PYTHON) -m benchmarks

docs: $(INSTALLED) ## Regenerate the generated parts of the documentation
	$(PYTHON) -m scripts.generate_docs

clean: ## Remove the virtual environments, caches and results of earlier runs
	rm -rf $(VENV) $(VENV_OF_MUTATION) .stamps out .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
