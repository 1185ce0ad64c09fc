# What one does with this repository. `make` alone lists it.

GO      ?= go
BIN     := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
WITHPG  := $(GO) run ./storage/storagetest/pgtest/withpg
E2E     := ./cmd/muster/e2e

# The linter is pinned in a module file of its own.
LINT := $(BIN)/golangci-lint

.DEFAULT_GOAL := help
.PHONY: help build ui test-ui screenshots run cluster cluster-test withcluster test check fmt arch race bench demo transcripts badinput import-million faults laws retries fuzz clean

help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build bin/muster, one static program
	CGO_ENABLED=0 $(GO) build -buildvcs=false -trimpath -ldflags "-X main.version=$(VERSION)" -o $(BIN)/muster ./cmd/muster

ui: ## Build the graphical interface into the next build, where Node 20 is there
	@tools/ui build

run: ui build ## Start Muster on http://127.0.0.1:8080, with its data in data/muster.db
	MUSTER_DATABASE_URL="$${MUSTER_DATABASE_URL:-sqlite://data/muster.db}" $(BIN)/muster serve

cluster: build withcluster ## Start Muster as in production: two replicas, HAProxy, PostgreSQL, Redis. HA=1 CLUSTER_DIR=dir
	@$(BIN)/withcluster -install $(CLUSTER)

cluster-test: build withcluster ## Run the suites over two replicas behind a proxy. HA=1 REDIS=0
	@tools/cluster-test $(CLUSTER)

CLUSTER = $(if $(HA),-standby) $(if $(filter 0,$(REDIS)),,-redis) $(if $(CLUSTER_DIR),-durable -dir $(CLUSTER_DIR))

withcluster:
	@$(GO) build -o $(BIN)/withcluster ./cmd/muster/e2e/cluster/withcluster

test: ## Everything CI runs: format, vet, architecture, all tests on SQLite and PostgreSQL
	@tools/test

test-ui: ## Try the graphical interface in Chromium, on every page. UI_TESTS=file picks; STORE=production takes PostgreSQL and Redis
	@STORE=$(STORE) tools/ui test

screenshots: ## Write every page in both themes to web/ui/screenshots
	@tools/ui screenshots

check: fmt arch $(LINT) ## The static checks: gofmt, go vet, golangci-lint, the architecture
	$(GO) vet ./...
	$(LINT) run ./...

fmt:
	@tools/gofmt

arch:
	$(GO) test -count=1 .

race: ## All tests under the race detector (slow, needs a C compiler)
	$(WITHPG) $(GO) test -race -timeout 60m ./...

bench: ## The benchmarks, on a PostgreSQL that flushes to disk. BENCH=regexp picks
	$(WITHPG) -durable $(GO) test -run '^$$' -bench '$(or $(BENCH),.)' -benchmem -timeout 60m ./...

demo: build ## Show what Muster does: tenants, their IdPs, rules and the reasons
	$(BIN)/muster demo

transcripts: ## Play the IdPs' recorded conversations. MUSTER_TRANSCRIPTS=dir plays others
	@tools/report TestTranscripts

badinput: ## Send the hostile and odd requests of the collection
	@tools/report 'TestBadInput(OverV1)?'

import-million: ## Import a million users on both databases, killed three times, with speed and memory. ROWS=n
	MUSTER_IMPORT_ROWS=$(or $(ROWS),1000000) $(WITHPG) $(GO) test -count=1 -timeout 180m -run TestAKilledImport -v ./cmd/muster/e2e

faults: ## Break a running Muster in every way there is (docs/faults.md). SCENARIO=name SEED=n
	@tools/faults $(or $(SCENARIO),all) $(SEED)

laws: ## The laws of policy and protocol, with many more random cases than make test. CHECKS=n
	$(GO) test -count=1 -timeout 120m ./policy ./scim ./scim/filter ./scim/canonical -rapid.checks=$(or $(CHECKS),10000)

retries: ## The contracts of storage, with every third transaction made to fail (slow)
	MUSTER_TEST_FORCE_RETRIES=0.3 $(WITHPG) $(GO) test -count=1 -timeout 60m -run '^Test(Store|Cases|Tenants|.*Laws)' ./storage/sql

fuzz: ## Fuzz every parser for a while each. FUZZTIME=30s
	@tools/fuzz $(or $(FUZZTIME),30s)

clean: ## Remove what the build made
	rm -rf $(BIN) web/ui/dist/app web/ui/.vite web/ui/screenshots

$(LINT): tools/lint.mod
	$(GO) build -modfile=tools/lint.mod -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
