# Two commands on a fresh machine: `make demo` and `make test`. Both install what they need first.
PYTHON ?= python3.11
BIN := .venv/bin
# Percent of domain/ and services/ that the tests must cover.
COVERAGE_FLOOR ?= 95
# Two for each of two cores: a test often waits for a browser, a server or a process of its own.
TEST_WORKERS ?= 4
# Where `make run` listens, and how many requests it serves at a time.
BIND ?= 127.0.0.1:5000
WEB_WORKERS ?= 2
WEB_THREADS ?= 4

# A machine may forbid byte code (containers often do): every process would then compile 1,900 modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup test test-chaos run demo bench lint lock messages clean

help:
	@echo "make demo        the whole system with a sample company, on this machine alone"
	@echo "make test        set-up, linters, types, import contracts and every test but benchmarks and chaos"
	@echo "make test-chaos  kill processes at scale and count what was sent"
	@echo "make run         the panel alone (needs SECRET_KEY; see README.md)"
	@echo "make bench       measure"
	@echo "make setup       only install; make lock: renew the locks; make lint: linters only"
	@echo "make messages    collect message ids for translation; make clean: start over"

setup:
	@command -v $(PYTHON) >/dev/null || { echo "make setup: $(PYTHON) is not installed; on Debian 12 run: apt-get install python3.11-venv" >&2; exit 1; }
	@$(PYTHON) scripts/setup.py

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist worksteal -m "not chaos" --cov --cov-report=
	$(BIN)/coverage report --include='domain/*,services/*' --skip-covered --fail-under=$(COVERAGE_FLOOR)

test-chaos: setup
	$(BIN)/python -m pytest -m chaos -s

run: setup
	$(BIN)/gunicorn --bind $(BIND) --workers $(WEB_WORKERS) --threads $(WEB_THREADS) --no-control-socket 'app:create_app()'

demo: setup
	@exec $(BIN)/python -m sandbox.demo

bench: setup
	$(BIN)/python -m benchmarks

# The locks name no host, so they install from whatever index this machine is told to use.
# For the first 3.11 there is: Debian 12 has 3.11.2, for which some need more than for 3.11.3.
lock: setup
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --group dev pyproject.toml -o requirements-dev.lock
	npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund

# Bring translations/pl up to date with the message ids in the code; what is new waits there for its translation.
messages: setup
	$(BIN)/python -m scripts.messages

clean:
	rm -rf .venv node_modules static/vendor .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
