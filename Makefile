# Two commands matter: `make run` sets up and runs the product, `make test` sets up and passes the tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PROVIDER := tests/webapp/access/provider/node_modules
# What starts hundreds of processes keeps what Python compiles, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE
ARTIFACTS := $(or $(CLIENTELE_ARTIFACTS),data/artifacts)

.PHONY: run build test test-faults quick check bench bench-crowd bench-load bench-many bench-scale bench-web bench-report bench-upload bench-hostile
.PHONY: mutants screenshots assets lock licences clean

# PORT and HOST say where; without them http://127.0.0.1:8050. What is published at an address was built elsewhere.
run: $(VENV)/.run
	@case "$(ARTIFACTS)" in *://*) ;; *) test -f "$(ARTIFACTS)/CURRENT" || $(BIN)/python -m pipeline build ;; esac
	@MALLOC_ARENA_MAX=2 $(BIN)/python -m webapp

build: $(VENV)/.run
	$(BIN)/python -m pipeline build

# The web beside everything else: each takes a core. What is covered is counted while the quick tests run, for counting
# takes half as long again; then one report of what neither covers.
PYTEST = $(BIN)/python -m pytest
WEB = tests/webapp
REST = --ignore=tests/webapp --ignore=tests/faults
QUICK = $(PYTEST) -m "not slow and not real"
LANE = { COVERAGE_FILE=build/.$(1) $(QUICK) --cov --cov-report= --cov-fail-under=0 $(2); quick=$$?; $(PYTEST) -m "slow or real" $(2) && test $$quick -eq 0; }
COVERAGE = COVERAGE_FILE=build/.coverage $(BIN)/python -m coverage

BESIDE = mkdir -p build; $(1) > build/web.log 2>&1 & web=$$!; $(2); rest=$$?; wait $$web; web=$$?; cat build/web.log; \
	test $$rest -eq 0 && test $$web -eq 0

test: $(VENV)/.dev $(PROVIDER)
	@$(call BESIDE,$(call LANE,web,$(WEB)),$(call LANE,rest,$(REST)))
	@$(COVERAGE) combine -q build/.web build/.rest && $(COVERAGE) report

# What breaks while the product runs: files, disks, processes, and clients that mean no good.
test-faults: $(VENV)/.dev
	$(BIN)/python -m pytest tests/faults

quick: $(VENV)/.dev
	@$(call BESIDE,$(QUICK) $(WEB),$(QUICK) $(REST))

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/bandit -q -r pipeline webapp -c pyproject.toml
	@PATH="$(abspath $(BIN)):$$PATH" bin/audit

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.pipeline

# The pages in a real browser: speed, bytes and memory; and as pictures in build/screenshots.
bench-web: $(VENV)/.dev
	$(BIN)/python -m benchmarks.web

# 1, 10 and 100 million order lines, which stay in the folder.
bench-scale: $(VENV)/.dev
	$(BIN)/python -m benchmarks.scale build/scale
	$(BIN)/python -m benchmarks.scale_append build/scale

# Two hundred users for ten minutes.
bench-load: $(VENV)/.dev
	$(BIN)/python -m benchmarks.load

# A million customers: how near to clustering each of them one by one it comes, and what it costs. Takes a quarter of an hour.
bench-many: $(VENV)/.dev
	$(BIN)/python -m benchmarks.many

# Five million made-up customers, or the runs in CROWD: eight people at once.
bench-crowd: $(VENV)/.dev
	$(BIN)/python -m benchmarks.crowd $(CROWD)

# Files made to do harm: how soon they are refused, and at what cost.
bench-hostile: $(VENV)/.dev
	$(BIN)/python -m benchmarks.hostile

# PDF, workbook and figures of both datasets.
bench-report: $(VENV)/.dev
	$(BIN)/python -m benchmarks.report

# A file scored in the browser while pages are looked at.
bench-upload: $(VENV)/.dev
	$(BIN)/python -m benchmarks.upload

# Gate, sessions, publishing and row checks changed in small ways: how many changes the tests notice. Takes a quarter of an hour.
mutants: $(VENV)/.dev
	$(BIN)/python -m benchmarks.mutants

screenshots: $(VENV)/.dev
	$(BIN)/python -m tests.webapp.browser.screenshots

# After a change of the versions in bin/fetch_assets.
assets:
	bin/fetch_assets

# After a change of the dependencies in pyproject.toml.
lock: $(VENV)/.dev
	$(BIN)/uv pip compile -q --universal --no-strip-extras --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --no-strip-extras --generate-hashes --no-emit-index-url --no-header pyproject.toml --extra dev --extra spark -o requirements-dev.txt
	$(BIN)/uv pip compile -q --universal --no-strip-extras --generate-hashes --no-emit-index-url --no-header pyproject.toml --extra spark -o requirements-spark.txt

# The OpenID provider that signing in is tested with; without npm those tests are skipped, and say so.
$(PROVIDER): tests/webapp/access/provider/package-lock.json
	@if command -v npm > /dev/null; then npm ci --prefix tests/webapp/access/provider --no-audit --no-fund --silent && touch $@; fi
# After `make lock`, or a change of what bin/fetch_assets brings.
licences: $(VENV)/.dev
	$(BIN)/python bin/licences.py

clean:
	rm -rf $(VENV) build

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Clientele needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.run
