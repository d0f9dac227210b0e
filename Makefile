# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

# make demo   everything up to a proven ring, and where its report lies (LAB=0 uses the cluster of KUBECONFIG)
# make test   linters, unit tests, sanity, and the Molecule scenarios on the lab

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(firstword $(shell command -v python3.11 python3))
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
NODES ?= 3
LAB ?= 1

export ANSIBLE_PIPELINING := true
export ANSIBLE_FORCE_COLOR := 0
export PATH := $(BIN):$(PATH)

.PHONY: help venv demo lab-up lab-down lint lint-ruff lint-mypy lint-yaml lint-ansible lint-shell unit browser sanity lab-build lab-tests test test-all test-faults bench clean

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

# The demo ends with what a person wants to see: the table, and where the page lies.
DEMO_FORMATS := -e '{"rollout_verify_formats": ["html", "json", "junit", "markdown", "terminal"]}'
SHOW_REPORT := for report in reports/*/report.txt; do cat $$report; echo "Report: $(CURDIR)/$${report%.txt}.html"; done

ifeq ($(LAB),0)
INVENTORY ?= inventories/example
demo: venv ## From an empty machine to a proven ring
	ansible-playbook -i $(INVENTORY) site.yml $(DEMO_FORMATS)
	@$(SHOW_REPORT)
else
INVENTORY ?= inventories/lab
demo: lab-up ## From an empty machine to a proven ring
	eval "$$($(BIN)/python -m lab env)"; ansible-playbook -i $(INVENTORY) site.yml $(DEMO_FORMATS)
	@$(SHOW_REPORT)
endif

# ---- tests: each target is one step of tests/run.py, which counts

LINTERS := lint-ruff lint-mypy lint-yaml lint-ansible lint-shell
SCENARIOS := $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard molecule/*/molecule.yml)))))
MOLECULE := $(addprefix molecule-,$(SCENARIOS))
JUNIT ?= build/junit.xml

test: venv ## Everything that must be green
	python tests/run.py $(LINTERS) unit browser sanity lab-build $(MOLECULE)

test-all: venv ## The same, and what takes longer: shapes, killed playbooks, captures, refusals, faults
	python tests/run.py $(LINTERS) unit browser sanity lab-build $(MOLECULE) lab-tests test-faults

lint: venv ## Run every linter
	python tests/run.py $(LINTERS)

lint-ruff: venv
	ruff check .
	ruff format --check .

lint-mypy: venv
	mypy lab
	mkdir -p build/mypy/ansible_collections/meshed
	ln -sfn $(CURDIR) build/mypy/ansible_collections/meshed/cassandra
	MYPYPATH=build/mypy mypy -p ansible_collections.meshed.cassandra.plugins

lint-yaml: venv
	yamllint --strict .

lint-ansible: venv
	ansible-lint --offline

lint-shell: venv
	shellcheck --exclude=SC1091 lab/images/cassandra/bin/* roles/cassandra/files/start.sh tests/sanity/run.sh .ci/run

unit: venv ## Run the unit tests
	pytest tests/unit --junitxml=$(JUNIT)

browser: venv ## Open the HTML report in Debian's chromium, which is installed when it is absent
	pytest tests/browser --junitxml=$(JUNIT)

sanity: venv ## Run ansible-test sanity on a copy of the checkout
	tests/sanity/run.sh

lab-build: venv
	python -m lab build

molecule-%: venv
	molecule test --scenario-name $*

lab-tests: venv ## Run the long tests on the lab
	pytest tests/lab --junitxml=$(JUNIT)

test-faults: venv ## Put every fault of the matrix into a ring on the lab, and find it
	pytest tests/faults --junitxml=$(JUNIT)

bench: venv ## Measure: on the lab by hand, site.yml, site.yml again, the proof alone; then judging up to 1,000 nodes
	python tests/bench/bench.py
	python tests/bench/scale.py

clean: ## Remove what tests and reports left in the checkout
	rm -rf reports build .pytest_cache .mypy_cache .ruff_cache tests/output
