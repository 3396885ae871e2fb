# One command per habit; README.md lists them.
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for name in python3.11 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
# Windows of three weeks, none overlapping another, which hold the festivals and public holidays of 2019.
CUTOFFS := 2018-12-31,2019-01-21,2019-02-25,2019-03-25,2019-04-22,2019-05-31,2019-07-08,2019-08-12,2019-09-09,2019-09-30,2019-10-28,2019-12-01

.PHONY: run setup test lint bench screenshots accuracy train pretrain browser postgres
.DELETE_ON_ERROR:

run: setup
	$(BIN)/stmp app --port $(PORT)

setup: $(VENV)/.installed

test: $(VENV)/.installed-dev browser postgres
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed-bench $(VENV)/.installed-dev browser
	$(BIN)/python -m benchmarks.bench
	$(BIN)/python -m benchmarks.dashboard
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.scale

screenshots: $(VENV)/.installed-dev browser
	$(BIN)/python -m benchmarks.screenshots

accuracy: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/prepare.py
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.accuracy

pretrain: setup
	$(BIN)/stmp pretrain --out pretrained/stmp-base --logs runs/stmp-base

train: setup
	$(BIN)/stmp train assets/markets/beijing --out pretrained/beijing --until 2018-12-31 --logs runs/beijing
	$(BIN)/stmp evaluate pretrained/beijing --market assets/markets/beijing --cutoffs $(CUTOFFS) --horizon 21 \
		--out runs/beijing/scores.json --cells pretrained/beijing/backtest.parquet

# Debian's Python comes without ensurepip; there the machine's own pip puts one in.
$(VENV)/.created:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed. Remedy: install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }
	touch $@

$(VENV)/.installed: requirements.txt pyproject.toml $(VENV)/.created
	$(BIN)/python -m pip install --quiet -r requirements.txt -e .
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@

$(VENV)/.installed-bench: benchmarks/requirements.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet -r benchmarks/requirements.txt
	touch $@

# Browser tests and the dashboard's benchmark drive a Chromium; without one they are skipped and say so.
browser:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium </dev/null; \
	else \
		echo "No Chromium was found, so what needs one will be skipped. Remedy: install it, for example: sudo apt-get install chromium"; \
	fi

# The plans' tests start a PostgreSQL of their own; without one, half of them are skipped and say so.
postgres:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql </dev/null; \
	else \
		echo "No PostgreSQL was found, so what needs one will be skipped. Remedy: install it, for example: sudo apt-get install postgresql"; \
	fi
