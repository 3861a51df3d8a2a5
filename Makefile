# `make help` lists what there is. Two commands do everything on a fresh Debian: make run, make test.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# go.mod names the Go version; an older go (1.21 or later) fetches it by itself.
export GOTOOLCHAIN ?= auto
# A copy without history, or of another owner, cannot be stamped with its commit.
ifneq ($(shell git rev-parse -q --verify HEAD >/dev/null 2>&1 && echo yes),yes)
export GOFLAGS := $(GOFLAGS) -buildvcs=false
endif

SERVICES := deploy/dev/services
GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
PACKAGES ?= ./...
TESTFLAGS ?=
FUZZTIME ?= 20s

##@ Every day

.PHONY: run
run: ## Build and start tongid with demo data and two sample portals; Ctrl-C stops all
	@deploy/dev/run

.PHONY: test
test: ## Every test, on real servers that it starts itself (PACKAGES=./accounts/... TESTFLAGS=-run=X)
	@$(SERVICES) ensure
	@CGO_ENABLED=1 $(SERVICES) run -- deploy/dev/test -race -shuffle=on -timeout=15m $(TESTFLAGS) $(PACKAGES)

.PHONY: fmt
fmt: ## Format the code (gofumpt, import order)
	@$(GOLANGCI) fmt

.PHONY: build
build: ## Build bin/tongid and bin/portal
	@deploy/dev/build

##@ Before a change lands

.PHONY: check
check: ## Format, vet, import graph, go.mod, deploy files, lint
	@echo '== gofmt'
	@unformatted=$$(gofmt -l .); \
		if [[ -n $$unformatted ]]; then echo "run make fmt:"; echo "$$unformatted"; exit 1; fi
	@echo '== go vet'
	@go vet ./...
	@echo '== import graph and layout'
	@go test -count=1 .
	@echo '== deploy files'
	@go test -count=1 -v ./deploy | grep -vE '^=== '
	@echo '== go.mod'
	@go mod tidy -diff
	@echo '== golangci-lint (the first time it is compiled: some minutes)'
	@$(GOLANGCI) run
	@echo 'check: all well'

.PHONY: lint
lint: ## golangci-lint alone
	@$(GOLANGCI) run

.PHONY: cover
cover: ## Test coverage, in coverage.out
	@$(SERVICES) ensure
	@$(SERVICES) run -- go test -timeout=15m -coverprofile=coverage.out -coverpkg=./... $(PACKAGES)
	@go tool cover -func=coverage.out | tail -n 1
	@echo 'by line: go tool cover -html=coverage.out'

##@ Now and then

.PHONY: bench
bench: ## Processor time beside the floor, answers that must be alike, allocations (a quarter of an hour; BENCHFLAGS=--short)
	@$(SERVICES) ensure
	@go run ./deploy/bench $(BENCHFLAGS)
	@echo '== allocations'
	@$(SERVICES) run -- go test -run='^$$' -bench=. -benchmem ./provider/... ./storage/... ./accounts/...

.PHONY: fuzz
fuzz: ## Every fuzz target for FUZZTIME (20s)
	@deploy/dev/fuzz $(FUZZTIME)

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
