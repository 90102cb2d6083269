# Signpost Leeds. `make help` lists what can be asked for.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

PYTHON := .venv/bin/python
LOCKS := services.lock services-dev.lock engine/requirements.lock scripts/uv.lock scripts/node.lock

# An evaluation or a benchmark is one program in scripts/, which may not be written yet.
define run_script
@test -f scripts/$(1).py || { echo "scripts/$(1).py is not written yet: make $@ has nothing to run." >&2; exit 1; }
@scripts/install development
@$(PYTHON) -m scripts.$(1) $(if $(FILE),"$(FILE)")
endef

.PHONY: help
help: ## List every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: ## Install what is needed, start everything, print Ready; Ctrl-C stops it
	@python3 scripts/ports.py
	@scripts/install services
	@$(PYTHON) -m scripts.run

.PHONY: test
test: ## Run every check and every test
	@scripts/install development
	@echo "== 1 of 5: checks"
	@$(MAKE) check
	@echo "== 2 of 5: training data and language model"
	@$(PYTHON) -m scripts.model train
	@echo "== 3 of 5: conversation tests"
	@$(PYTHON) -m scripts.model test
	@echo "== 4 of 5: what runs inside Rasa"
	@engine/.venv/bin/python -m pytest -c engine/pyproject.toml --rootdir . --confcutdir tests/engine tests/engine
	@echo "== 5 of 5: pytest"
	@$(PYTHON) -m pytest --numprocesses 2 --dist loadgroup

.PHONY: check
check: ## Lint, formatting, types, import rules, locks
	@scripts/install development
	@echo "ruff: lint"
	@.venv/bin/ruff check --quiet
	@echo "ruff: format"
	@.venv/bin/ruff format --check --quiet
	@echo "mypy"
	@.venv/bin/mypy --no-error-summary
	@echo "import rules"
	@said=$$(.venv/bin/lint-imports) || { echo "$$said"; exit 1; }
	@echo "Python 3.10 reads engine/"
	@engine/.venv/bin/python -c 'import ast, pathlib; [ast.parse(path.read_bytes(), str(path)) for path in pathlib.Path("engine").glob("*.py")]'
	@echo "the proxy's file"
	@[ -x .venv/bin/caddy ] || { echo "caddy is not in .venv: say 'make install'" >&2; exit 1; }
	@CHAT_HOST=chat.example.org DIRECTORY_HOST_NAME=help.example.org .venv/bin/caddy validate --adapter caddyfile --config deploy/Caddyfile >/dev/null 2>&1 || { echo "caddy refuses deploy/Caddyfile: 'CHAT_HOST=a.example DIRECTORY_HOST_NAME=b.example .venv/bin/caddy validate --adapter caddyfile --config deploy/Caddyfile' says why" >&2; exit 1; }
	@docker compose version >/dev/null 2>&1 || docker-compose version >/dev/null 2>&1 || echo "NO COMPOSE ON THIS MACHINE: docker-compose.yml is held against the specification alone, not read by compose" >&2
	@echo "locks name no address"
	@! grep -nE '://|index-url|find-links' $(LOCKS)

.PHONY: install
install: ## Install both Python environments, with the tools of make test
	@scripts/install development

.PHONY: train
train: ## Check the training data and train the language model, if it changed
	@scripts/install services
	@$(PYTHON) -m scripts.model train

.PHONY: place-names
place-names: ## Write the assistant's list of places again, from the directory's
	@scripts/install development
	@$(PYTHON) -m scripts.write_place_names

.PHONY: lock
lock: ## Resolve the lock files again from the two pyproject.toml
	@scripts/install development
	@scripts/lock

.PHONY: styles
styles: ## Build the residents' style sheet again from GOV.UK Frontend (needs npm, or fetches Node)
	@scripts/install development
	@$(PYTHON) -m scripts.styles

.PHONY: soak
soak: ## Hold 200 web conversations for 30 minutes (MINUTES=5 for fewer), and watch answers and memory
	@scripts/install development
	@$(PYTHON) -m scripts.soak --minutes $(or $(MINUTES),30)

.PHONY: bench
bench: ## Measure chat turns and searches beside their baselines
	$(call run_script,bench)

.PHONY: stack
stack: ## Start a city: PostgreSQL, Redis, two Rasa workers and the rest; Ctrl-C stops it
	@scripts/install development
	@$(PYTHON) -m scripts.city

.PHONY: load
load: ## 1,000 residents in 10 minutes against a running stack (ARGS="http://... --residents 100 --minutes 1")
	@scripts/install development
	@$(PYTHON) -m scripts.load $(ARGS)

.PHONY: faults
faults: ## Hurt a running city in every way of docs/faults.md, three times
	@scripts/install development
	@for round in 1 2 3; do echo "== round $$round"; $(PYTHON) -m pytest -q tests/faults/test_faults.py tests/faults/thorough.py tests/faults/referrals.py tests/faults/clock.py || exit 1; done

.PHONY: audit
audit: ## Look up known faults of every dependency (needs a network)
	@scripts/install development
	@$(PYTHON) -m scripts.audit

.PHONY: staff-bars
staff-bars: ## Measure the staff's pages with fifty people at once on PostgreSQL
	$(call run_script,staff_bars)

.PHONY: nlu-eval
nlu-eval: ## Measure need detection on FILE=x.jsonl
	$(call run_script,nlu_eval)

.PHONY: nlu-report
nlu-report: ## Draw how messages are read (var/reports/nlu.html), on FILE=x.jsonl or the development split
	$(call run_script,nlu_report)

.PHONY: safety-eval
safety-eval: ## Measure the safety screen on FILE=x.jsonl
	$(call run_script,safety_eval)

.PHONY: search-eval
search-eval: ## Measure the directory search on FILE=x.jsonl
	$(call run_script,search_eval)

.PHONY: demo-statistics
demo-statistics: ## Fill a separate database (var/demo) with simulated years of statistics
	@scripts/install services
	@$(PYTHON) -m referral_directory demo-statistics --state var/demo

.PHONY: verify-records
verify-records: ## Check that no referral, consent or audit entry was tampered with
	@scripts/install services
	@$(PYTHON) -m referral_directory verify-records

.PHONY: clean
clean: ## Remove caches, logs and trained models; keeps the environments and the database
	@rm -rf var/logs var/models var/rasa-cache var/results .rasa .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path '*/.venv/*' -not -path './node_modules/*' -prune -exec rm -rf {} +
