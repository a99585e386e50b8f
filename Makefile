# Two commands do all the set-up: `make up` (or `make demo`) runs the main job, `make test` passes the tests.

CARGO ?= cargo
NPM ?= npm
ENGINE := store/libchdb/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so
DATA_DIR ?= data
RECORDINGS := testdata/akash-gridlocal-1 testdata/render-world-1
GRIDPROOF := target/release/gridproof

.PHONY: help up demo reported test check fmt bench engine clients build clean-data kernels kernels-check probe probe-check gpu-proof

help: ## Lists the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

up: engine build ## Follows Akash and Render, serves page and GraphQL on 127.0.0.1:8080; a recording where no endpoint answers
	$(GRIDPROOF) up --data-dir $(DATA_DIR) $(addprefix --or-recording ,$(RECORDINGS))

demo: engine build ## The same on recordings of both, without network
	$(GRIDPROOF) up --data-dir $(DATA_DIR)-demo $(addprefix --recording ,$(RECORDINGS))

reported: engine build ## Loads what others report of Render into the data folder of `up`, beside the chain's own rows
	$(GRIDPROOF) import --data-dir $(DATA_DIR) --fetched-at 2025-10-31T00:00:00Z testdata/render-reported/*

test: engine clients ## Passes every test
	$(CARGO) test --workspace --locked --no-fail-fast

check: ## What CI checks besides the tests
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

bench: engine ## Decode and derive throughput; see docs/performance.md
	$(CARGO) bench --locked

fmt: ## Formats the sources
	$(CARGO) fmt --all

engine: $(ENGINE) ## Fetches the pinned ClickHouse engine (libchdb) with npm

$(ENGINE): store/libchdb/package-lock.json
	$(NPM) ci --prefix store/libchdb --no-audit --no-fund
	@touch $@

clients: ## Installs the database clients that the compatibility tests drive
	store/tests/clients/setup.sh

kernels: ## Rebuilds the images of the GPU kernels, then commit probes/kernels/cubin (pinned compilers go to target/)
	python3 probes/kernels/build.py

kernels-check: ## Rebuilds them elsewhere, compares every byte with the committed ones, asks the rules of the disassembly
	python3 probes/kernels/build.py --check --disassemble --self-test

build:
	$(CARGO) build --release --locked -p gridproof-cli

clean-data: ## Removes the data folders of `up` and `demo`
	rm -rf -- "$(DATA_DIR)" "$(DATA_DIR)-demo"

probe: ## Builds gridproof-probe for glibc 2.31 and newer (pinned linker goes to target/)
	probes/packaging/build.sh

probe-check: probe ## Proves its size, symbols, libraries, and its start without a GPU
	probes/packaging/check.sh

gpu-proof: ## The whole proof on the GPU of this machine, into docs/gpu-results.md (probes/proof/README.md)
	$(CARGO) build --release --locked -p gridproof-probe
	python3 probes/proof/proof.py --probe target/release/gridproof-probe --page docs/gpu-results.md
