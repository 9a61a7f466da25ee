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

# In three lanes beside each other: what waits for a browser, or for Java, leaves a core to the others. What is covered is counted while the
# quick tests run, for counting takes half as long again; then one report of what no lane covers.
PYTEST = $(BIN)/python -m pytest
web = tests/webapp --ignore=tests/webapp/browser
browser = tests/webapp/browser tests/engines
rest = --ignore=tests/webapp --ignore=tests/engines --ignore=tests/faults
QUICK = $(PYTEST) -m "not slow and not real"
IN_QUICK = $(QUICK) $($(1))
LANE = { COVERAGE_FILE=build/.$(1) $(QUICK) --cov --cov-report= --cov-fail-under=0 $($(1)); quick=$$?; $(PYTEST) -m "slow or real" $($(1)) && test $$quick -eq 0; }
COVERAGE = COVERAGE_FILE=build/.coverage $(BIN)/python -m coverage

BESIDE = mkdir -p build; \
	$(call $(1),web) > build/web.log 2>&1 & web=$$!; $(call $(1),browser) > build/browser.log 2>&1 & browser=$$!; $(call $(1),rest); rest=$$?; \
	wait $$web; web=$$?; wait $$browser; browser=$$?; cat build/web.log build/browser.log; test "$$rest $$web $$browser" = "0 0 0"

test: $(VENV)/.dev $(PROVIDER)
	@$(call BESIDE,LANE)
	@$(COVERAGE) combine -q build/.web build/.browser build/.rest && $(COVERAGE) report

# What breaks while the product runs: files, disks, processes, and clients that mean no good.
test-faults: $(VENV)/.dev
	$(BIN)/python -m pytest tests/faults

quick: $(VENV)/.dev
	@$(call BESIDE,IN_QUICK)

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
