# newsfold. `make demo` and `make test` are all a new user needs; both work from a clean checkout.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
JOBS ?= 2

.PHONY: install demo test suites live live-ci fmt lint types contracts eval floors floors-worker floors-rest bench soak peers clients fts schema-doc cookbook ci ci-long lock clean

install: $(STAMP)

# The lock is hashed; the project itself is linked, so that changes count at once.
$(STAMP): requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("newsfold needs Python 3.11 or newer; give one with PYTHON=…" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

demo: install
	$(BIN)/newsfold demo

test: install
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -q -m "not suite and not live and not clients"

# Hostile input, etiquette, fuzzing and the 30-day simulation: minutes of their own.
suites: install
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -q -m suite

# What runs `newsfold up` or a browser: mostly waiting, with a Prefect server each. In make ci-long.
live: install
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -q -m live

# What of it make ci is to run, once its time on two quiet cores is known: a burst of events, the browser's backfill, three minutes of the soak.
live-ci: install
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -q -m "live and ci" $$(grep -l "pytest.mark.ci" tests/test_*.py)

fmt: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy

contracts: install
	$(BIN)/lint-imports

# Prints the quality of each step on ../shared/corpora, and holds it against the pinned floors. PARTS: only these, say
# `make eval PARTS="extraction verdicts"`, or `make eval PARTS=ablation` (what each rule of the extraction adds).
eval: install
	$(BIN)/python -m tests.eval.run $(PARTS)

# The extraction keeps both cores busy, the others one each.
floors: install
	$(BIN)/python -m tests.eval.run --check extraction
	$(MAKE) --jobs 2 --output-sync=target floors-worker floors-rest

floors-worker: install
	$(BIN)/python -m tests.eval.run --check worker

floors-rest: install
	$(BIN)/python -m tests.eval.run --check verdicts folding entities

bench: install
	$(BIN)/python -m tests.bench.run

# An hour of `newsfold up --demo`; the same with kills: .venv/bin/python -m tests.soak --kills 20
soak: install
	$(BIN)/python -m tests.soak --minutes 60

# What the bench compares with, in an environment of its own: its versions must not disturb ours.
peers:
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement requirements-peers.lock

# The programs with which people open the published file, in an environment of their own (their DuckDB is 1.5).
CLIENTS_STAMP := .venv-clients/.installed

$(CLIENTS_STAMP): requirements-clients.lock tests/clients/package-lock.json
	$(PYTHON) -m venv .venv-clients
	.venv-clients/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement requirements-clients.lock
	if command -v npm >/dev/null; then npm ci --prefix tests/clients --no-audit --no-fund --silent; else echo "npm is not installed: the node client is not tried"; fi
	touch $@

clients: install $(CLIENTS_STAMP)
	$(BIN)/python -m pytest -q -m clients

# DuckDB's fts extension with the DuckDB that it is for: the test of the index of `newsfold search` needs it.
fts:
	$(PYTHON) -m venv .venv-fts
	.venv-fts/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement requirements-fts.lock

# docs/schema.md and its picture, from the database's own comments.
schema-doc: install
	$(BIN)/python -m tools.build_schema_doc

# Puts the sample web's answers into docs/cookbook.md.
cookbook: install
	$(BIN)/python -m tools.build_cookbook

ci: lint types contracts test suites clients floors

ci-long: ci live
	NEWSFOLD_LONG_TESTS=1 $(BIN)/python -m pytest -q -m long

# Needs uv (pip install uv). The locks name no registry.
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate -q -o requirements.lock
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate -q -o requirements-dev.lock
	uv pip compile --group peers --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate -q -o requirements-peers.lock
	uv pip compile --group clients --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate -q -o requirements-clients.lock
	uv pip compile --group fts --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate -q -o requirements-fts.lock

clean:
	rm -rf $(VENV) .venv-peers .venv-clients .venv-fts tests/clients/node_modules newsfold.duckdb master archive
