# Hobotnica tests itself with the contract it offers to others: this Makefile.
.DEFAULT_GOAL := help
.PHONY: help run demo test check lint format lock bench docs clean npm

PYTHON_IN := .venv/bin/python
T ?= tests
ARGS ?=

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/.run ## set everything up and start the service on http://127.0.0.1:5000
	@exec $(PYTHON_IN) serve.py $(ARGS)

demo: .venv/.run ## the service with a pretended GitHub: see a push become a build
	@exec $(PYTHON_IN) -m myapp demo $(ARGS)

test: .venv/.test npm ## set everything up and run the tests; T=tests/unit narrows them
	@exec $(PYTHON_IN) -m pytest $(T) $(ARGS)

check: lint test ## lint, types and tests

lint: .venv/.test ## style and types
	$(PYTHON_IN) -m ruff check .
	$(PYTHON_IN) -m ruff format --check .
	$(PYTHON_IN) -m mypy

format: .venv/.test ## put the style right
	$(PYTHON_IN) -m ruff check --fix .
	$(PYTHON_IN) -m ruff format .

bench: .venv/.test ## push-to-start, push-to-finish, pushes per second, beside the machine's floor
	@exec $(PYTHON_IN) -m bench $(ARGS)

lock: ## write the lock files anew (needs uv)
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 \
		pyproject.toml -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 \
		pyproject.toml --group dev -o requirements-dev.lock

clean: ## remove the virtual environment, caches and node_modules (never ./var)
	rm -rf .venv node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Test material of GitHub's own (schemas, example deliveries). Without npm the tests say
# which of them were left out.
npm:
	@if ! command -v npm >/dev/null 2>&1; then \
		echo "hobotnica: npm is missing; tests on GitHub's published schemas will be skipped"; \
	elif [ ! -e node_modules/.stamp ] || [ package-lock.json -nt node_modules/.stamp ]; then \
		npm ci --silent --ignore-scripts --no-audit --no-fund && touch node_modules/.stamp; \
	fi

# The development set holds the runtime set as well, so it satisfies both.
.venv/.run: requirements.lock scripts/setup.sh
	@[ -e .venv/.test ] && [ .venv/.test -nt requirements-dev.lock ] && touch $@ \
		|| sh scripts/setup.sh requirements.lock .run

.venv/.test: requirements-dev.lock scripts/setup.sh
	@sh scripts/setup.sh requirements-dev.lock .test
