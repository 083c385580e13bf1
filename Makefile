# Everything a contributor or a visitor starts. See docs/contributing.md.
#
#   make demo ARGS=--exit   the main job on real bids, set-up included
#   make setup              .venv with Sunseal, its tools and its fonts
#   make test               all tests, on SQLite and on a PostgreSQL they start themselves
#   make lint bench security wheel clean

PYTHON ?= python3.11
BIN := .venv/bin
# More than cores: many tests wait, for a deadline or a process of their own. Work stealing keeps a file's
# tests together, with what they share.
WORKERS ?= 4
PACKAGES := signing bids reports trading
# Smallest coverage of signing/ and bids/, in percent of branches, by their own unit and vector tests.
COVERAGE := 95
COVERING := tests/unit/signing tests/unit/bids tests/vectors

# Tests start hundreds of processes; each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: setup demo test lint format bench security wheel clean

setup: .venv/installed .venv/fonts .venv/assets

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: setup.py tools/install.py | .venv/bin/python
	$(BIN)/python tools/install.py platform,test
	@touch $@

.venv/fonts: reports/fonts/build.py .venv/installed
	$(BIN)/python -m reports.fonts.build
	@touch $@

# What the portal's pages load: npm's packages by the lock file, bundled by the Node that comes from PyPI.
ASSETS := trading/web/assets
.venv/assets: tools/assets.py $(wildcard bids/messages*.py) $(wildcard $(ASSETS)/*.json $(ASSETS)/*.mjs $(ASSETS)/src/* $(ASSETS)/src/*/*) .venv/installed
	$(BIN)/python tools/assets.py
	@touch $@

demo: setup
	$(BIN)/sunseal demo $(ARGS)

# In two runs, since measuring coverage slows down what it does not even measure.
test: setup
	$(BIN)/python -m pytest -n 2 --cov=signing --cov=bids --cov-report= $(ARGS) $(COVERING)
	$(BIN)/python tools/coverage_gate.py $(COVERAGE) signing bids
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(COVERING:%=--ignore=%) $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy --strict $(PACKAGES)
	$(BIN)/lint-imports
	$(BIN)/python tools/assets.py --check
	$(BIN)/python tools/check_tree.py

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	$(BIN)/python -m tests.benchmarks $(ARGS)

# The tables of docs/security.md, from what tests/adversary asserts.
security: setup
	$(BIN)/python -m tests.adversary.page

wheel: setup
	rm -rf build
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf .venv build dist var .coverage .coverage.* htmlcov *.egg-info
	rm -rf $(ASSETS)/node_modules $(ASSETS)/generated trading/web/static/built
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
