# Everything starts from a bare Python 3.11 and make: `make demo` shows it, `make test` proves it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH
SHELL := /bin/sh
.DEFAULT_GOAL := help


.PHONY: help install demo test lint bench lab-run chaos questions peers peers-install lock down clean

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

install: ## make .venv from the hashed lock (quick when it is already so)
	@PYTHONPATH=include PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m crossdock.stack.install

demo: install ## install, start everything, run the distributor, print the scorecard and the login
	@$(BIN)/crossdock up --lab
	@$(BIN)/crossdock demo

lint: install ## ruff, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

test: lint ## lint, then every test (a file at a time, since its tests share what they start)
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

bench: install ## measure against the references of docs/reference/performance.md
	@for bench in tests/benchmarks/*/bench.py; do echo "== $$bench"; $(BIN)/python $$bench || exit 1; done

lab-run: install ## 5,000 orders over a bad network, found, repaired and scored against the truth
	@$(BIN)/python -m pytest -m long tests/integration/lab_world/test_whole.py

BLOWS ?= 30
chaos: install ## a whole installation under kill -9 and outages, ending as if nothing had been (BLOWS=30)
	@CROSSDOCK_CHAOS_BLOWS=$(BLOWS) $(BIN)/python -m pytest -m long tests/chaos/test_installation.py

questions: install ## two hundred questions waiting at once in a real Airflow (some minutes)
	@$(BIN)/python -m pytest -m long --durations=3 tests/integration/stack/test_up.py

PEERS = $(or $(CROSSDOCK_PEERS),$(HOME)/.cache/crossdock-peers)

peers: peers-install ## prove the connectors against servers that nobody here wrote
	@$(BIN)/python -m pytest tests/peers

peers-install: install ## install mock-sap (OData v2), mock-edi (X12) and mail-devel (SMTP, IMAP) in an environment of their own
	@test -x $(PEERS)/mocks/bin/python || $(PYTHON) -m venv $(PEERS)/mocks
	@$(PEERS)/mocks/bin/python -m pip install --quiet --require-hashes -r tests/peers/sap/requirements.txt
	@$(PEERS)/mocks/bin/python -m pip install --quiet --require-hashes -r tests/peers/mail/requirements.txt
	@$(PEERS)/mocks/bin/python -m pip install --quiet --require-hashes -r tests/peers/edi/requirements.txt
	@PATH="$$PATH:/usr/sbin" command -v sshd >/dev/null || echo "OpenSSH's server is missing (apt-get install openssh-server): the tests of the mailbox are skipped"

lock: install ## write requirements.txt anew from requirements.in
	@$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -o requirements.txt requirements.in

down: ## stop everything that `crossdock up` started
	@if [ -x $(BIN)/crossdock ]; then $(BIN)/crossdock down; fi

clean: down ## stop everything and remove the environment, the databases and the logs
	rm -rf .venv .crossdock
