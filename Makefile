# For developers; `bin/fupin` alone is enough to run everything.
FUPIN := bin/fupin

.DEFAULT_GOAL := help
.PHONY: help up test check format openapi bench lock

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## Start everything and load the example the first time
	@$(FUPIN) up

test: ## Run the whole test suite on its own PostgreSQL
	@$(FUPIN) test

check: ## Style, types, import contracts, OpenAPI and migrations as committed
	@$(FUPIN) check

format: ## Bring the code into its one style
	@$(FUPIN) format

openapi: ## Write docs/openapi from the services
	@$(FUPIN) openapi

bench: ## Measure a running fupin: every script of bench/
	@set -e; for script in bench/*.py; do .venv/bin/python $$script; done

lock: ## Choose the newest allowed versions for requirements.lock (needs uv)
	uv pip compile --upgrade --universal --python-version 3.11 --extra dev --extra tracing --generate-hashes --quiet \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file requirements.lock pyproject.toml
