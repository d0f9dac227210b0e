# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

# make demo   everything up to a proven ring, and where its report lies (LAB=0 uses the cluster of KUBECONFIG)
# make test   linters, unit tests, sanity, and the Molecule scenarios on the lab

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
NODES ?= 3
LAB ?= 1

export ANSIBLE_PIPELINING := true
export ANSIBLE_FORCE_COLOR := 0
export PATH := $(BIN):$(PATH)

.PHONY: help venv demo lab-up lab-down lint unit sanity test clean

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

venv: $(VENV)/.made ## Make the virtual environment with everything that Ansible, the lab and the tests need

$(VENV)/.made: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt
	@# The checkout is the collection that this environment's Ansible finds.
	tree=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/ansible_collections/meshed; \
	mkdir -p $$tree && ln -sfn $(CURDIR) $$tree/cassandra
	touch $@

lab-up: venv ## Bring the lab's cluster up (NODES=3)
	$(BIN)/python -m lab up --nodes $(NODES)

lab-down: venv ## Remove the lab's cluster
	$(BIN)/python -m lab down

ifeq ($(LAB),0)
INVENTORY ?= inventories/example
demo: venv ## From an empty machine to a proven ring
	ansible-playbook -i $(INVENTORY) site.yml
else
INVENTORY ?= inventories/lab
demo: lab-up ## From an empty machine to a proven ring
	eval "$$($(BIN)/python -m lab env)"; ansible-playbook -i $(INVENTORY) site.yml
endif

lint: venv ## Run every linter
	ruff check .
	ruff format --check .
	mypy lab
	mkdir -p build/mypy/ansible_collections/meshed && ln -sfn $(CURDIR) build/mypy/ansible_collections/meshed/cassandra
	MYPYPATH=build/mypy mypy -p ansible_collections.meshed.cassandra.plugins
	yamllint --strict .
	ansible-lint --offline

unit: venv ## Run the unit tests
	pytest

sanity: venv ## Run ansible-test sanity on a copy of the checkout
	tests/sanity/run.sh

test: lint unit sanity ## Everything that must be green

clean: ## Remove what tests and reports left in the checkout
	rm -rf reports build .pytest_cache .mypy_cache .ruff_cache tests/output
