# The commands of this project. Each installs what it lacks first, and says so.

TOOLS := . scripts/tools.sh &&
SOURCES := Cargo.toml Cargo.lock build.rs rust-toolchain.toml $(shell find src style public migrations -type f)
BINARY := target/release/hallpass
# Not the binary itself: on its way to tests and benchmarks cargo makes that anew, with whatever browser's half is there.
BUILT := target/.built
$(if $(wildcard $(BINARY)),,$(shell rm -f $(BUILT)))

.PHONY: run watch build test bench bench-sessions bench-tabs fuzz lighthouse soak torture sbom audit help

help: ## Lists the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

run: $(BUILT) ## Builds and serves on http://localhost:3000
	$(BINARY) serve

watch: ## Builds for development, serves, and builds again as files change
	@scripts/setup build
	$(TOOLS) cargo leptos watch

build: $(BUILT) ## Leaves target/release/hallpass and target/site

$(BUILT): $(SOURCES)
	@scripts/setup build
	@echo "Building both halves in release mode (about 7 minutes the first time on two cores, about 1 after a change)"
	@mkdir -p target && touch target/.build-started
	$(TOOLS) cargo leptos build --release --precompress
	@# As old as its beginning, so that what was edited meanwhile counts as newer.
	@touch -r target/.build-started $@

test: ## Runs every check
	@scripts/test

bench: $(BUILT) ## Puts load on the binary, beside yardsticks and peers, in about 8 minutes; ARGS="--help" lists the options
	@scripts/bench $(ARGS)

bench-sessions: ## Simulates months of people: false sign-outs, thieves noticed; ARGS="--help" lists the options
	@scripts/setup build
	@scripts/bench-sessions $(ARGS)

bench-tabs: $(BUILT) ## Measures in a browser what several tabs cost, in about 5 minutes
	@scripts/bench-tabs

fuzz: ## Sends the parsers of what strangers send whatever cargo-fuzz makes up; ARGS="--help" lists the options
	@scripts/fuzz $(ARGS)

lighthouse: $(BUILT) ## Grades the pages with Lighthouse, as on a cheap phone and at a desk
	@scripts/lighthouse

soak: $(BUILT) ## Lets a browser with 20 tabs live through half an hour of faults
	@scripts/soak

sbom: ## Writes the bills of materials of both halves, CycloneDX, into target/sbom
	@scripts/setup build
	@$(TOOLS) scripts/sbom

audit: ## Asks the RustSec database, over the network, which dependencies have known weaknesses
	@scripts/setup audit
	$(TOOLS) cargo deny check advisories

torture: $(BUILT) ## Kills, pauses, cuts off and fills up servers and databases, and counts what is lost; ARGS="--help" lists the options
	@scripts/torture $(ARGS)
