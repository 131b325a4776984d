# Bluelamp, from here: `make run` to see it, `make test` to know it works. `make help` lists the rest.
#
# The work is done by scripts/, which can be read and run alone; this file only names it.

PORT ?= 8300
TARGET := $(or $(CARGO_TARGET_DIR),target)

.DEFAULT_GOAL := help
.PHONY: help run setup assets build test torture lint fmt pictures clean bench bench-large

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

run: ## set up, build and start the demonstration; prints one address (PORT=8300)
	@PORT=$(PORT) scripts/run

setup: ## install all that the tests need (servers, browser); says so where that needs root
	@scripts/setup test

assets: ## fetch and prepare the style sheets and scripts that pages use
	@scripts/setup run
	@scripts/assets

build: assets ## build the program
	@cargo build --locked -p bluelamp

test: ## set up, then run every test there is; the last line is the count
	@scripts/test

torture: ## kill the program 100 times while it works, on both databases, and count (KILLS=100)
	@scripts/torture $(KILLS)

lint: ## what `make test` asks of the source before it runs it
	@cargo fmt --all --check
	@cargo clippy --locked --workspace --all-targets -- -D warnings

fmt: ## put the source in order
	@cargo fmt --all

pictures: ## take the pictures of README.md anew (docs/pictures)
	@scripts/pictures

clean: ## remove what was built and the demonstration's data; the cache of packages stays
	@rm -rf $(TARGET) assets/dist e2e/out e2e/node_modules var

# Figures are those of the optimised program; `make bench` ends in about ten minutes once that is built. The baselines'
# Python packages are kept with the other downloads.
bench: assets ## measure Bluelamp beside something known, and write docs/performance.md
	@scripts/bench "make bench" --small 10000 --large 1000000

bench-large: assets ## the pages with ten million rows, beside one million (needs 20 GB of disk for an hour)
	@scripts/bench "make bench-large" --only pages --small 1000000 --large 10000000 --out docs/performance-large.md
