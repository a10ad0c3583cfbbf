# Uptally. `make help` says what there is. Everything but Go itself is set up by the
# targets that need it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
GO ?= go
FUZZTIME ?= 10s
KILLS ?= 50
CHECKS ?= 20000
TAMPERS ?= 1000
SUBMIT_KILLS ?= 100
API_FUZZ ?= 5m
# The tests of who sees what, which run again with the handlers' second look taken out.
RLS_ALONE := TestMatrix|TestForeignIsAbsent|TestSecretsStayWhereTheyBelong|TestOneConnection
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: demo
demo: setup build ## the story of April and May 2024, on an embedded Postgres, in about a minute
	@bin/uptally demo $(DEMO)

.PHONY: test
test: setup-test ## every test, on a real Postgres and a real Solana runtime
	$(GO) vet ./...
	$(GO) test ./...
	$(GO) test -tags rlsonly ./api -run '^($(RLS_ALONE))$$'

.PHONY: build
build: ## bin/uptally
	@$(GO) build -o bin/uptally ./cmd/uptally

.PHONY: setup
setup: ## what tests and demo need beside Go: the programs of PostgreSQL, where they are missing
	@sh internal/embedpg/install.sh

.PHONY: setup-test
setup-test: setup ## what tests need beyond that: Node, and from npm the Solana runtime and an OpenAPI linter, where they are missing
	@sh internal/svm/install.sh
	@sh internal/apitest/lint/install.sh

.PHONY: bench
bench: setup ## the figures that matter, as ratios measured in one run; BENCH_JSON=FILE writes them too
	@$(GO) run ./internal/bench $(BENCH)

.PHONY: check
check: setup-test lint ## all that a change must pass: formatting, linters, generated files, tests with the race detector
	@test -z "$$(gofmt -l .)" || { echo 'not gofmt-ed:'; gofmt -l .; exit 1; }
	$(GO) mod verify
	$(GO) test -race ./...
	$(GO) test -tags rlsonly ./api -run '^($(RLS_ALONE))$$'

.PHONY: lint
lint: ## the linters of .golangci.yaml, and our own: no SQL is built from strings
	$(GO) run $(GOLANGCI_LINT) run ./...
	$(GO) run ./internal/lint -test=false ./...
	$(GO) vet -tags sqlmap ./internal/sqlmap

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (10s) each
	@set -e; $(GO) list -f '{{.Dir}}' ./... | while read -r dir; do \
		for target in $$(grep -ho '^func Fuzz[A-Za-z0-9]*' $$dir/*_test.go 2>/dev/null | cut -c6-); do \
			echo "$$target"; (cd $$dir && $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) .); \
		done; done

.PHONY: soak
soak: setup-test ## the long runs in full: KILLS (50) of backfill, take and seal each, SUBMIT_KILLS (100), CHECKS (20000) of every property, TAMPERS (1000) with evidence and ledger, API_FUZZ (5m) of calls at the API
	UPTALLY_API_FUZZ=$(API_FUZZ) $(GO) test ./api -run TestFuzz -count=1 -v -timeout 60m
	UPTALLY_KILLS=$(KILLS) $(GO) test ./jobs -run TestKilledAtAnyPoint -count=1 -v -timeout 60m
	UPTALLY_SUBMIT_KILLS=$(SUBMIT_KILLS) $(GO) test ./ledger/distribution/submit -run TestKilledAtAnyPoint -count=1 -v -timeout 60m
	$(GO) test ./snapshot ./uptime ./ledger -run 'Oracle|Property|Random|Conserv|Partition|Timeline|Allocat' -count=1 -timeout 60m -rapid.checks=$(CHECKS)
	UPTALLY_TAMPERS=$(TAMPERS) $(GO) test ./snapshot -run TestEvidenceCatchesEveryTamper -count=1
	UPTALLY_TAMPERS=$(TAMPERS) $(GO) test ./ledger -run TestVerifyNamesEveryTamper -count=1 -v

.PHONY: sqlmap
sqlmap: setup ## sqlmap, level 5 and risk 3, on every parameter: hours; SQLMAP_ONLY=get-me,list- takes operations by how their ids begin, SQLMAP_PLACES=path,query places, SQLMAP_JSON=FILE writes verdicts
	@UPTALLY_SQLMAP=$$(sh internal/sqlmap/install.sh) && export UPTALLY_SQLMAP && \
		SQLMAP_ONLY='$(SQLMAP_ONLY)' SQLMAP_PLACES='$(SQLMAP_PLACES)' SQLMAP_JSON='$(abspath $(SQLMAP_JSON))' $(GO) test -tags sqlmap ./internal/sqlmap -run 'TestCanary|TestEveryPlace' -count=1 -v -timeout 0

.PHONY: generate
generate: setup ## migrations/schema.sql, from the migrations
	$(GO) generate ./...
