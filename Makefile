# Each target is one line; what CI runs, a person runs.
PACKAGES  = ./...
# Most tests wait, for a browser, a broker or a timer, so more run at once than there are processors.
AT_ONCE   = -p 3 -parallel 6
FUZZTIME ?= 20000x
SOAK     ?= 10m
BUILD     = go build -trimpath -buildvcs=auto -o bin/
LINT      = go run honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: run build test race fuzz lint bench figures soak faults restarts autobahn peers ci

run: ; $(BUILD) ./cmd/plenum && exec bin/plenum serve
build: ; $(BUILD) ./cmd/...
test: ; go test $(AT_ONCE) $(PACKAGES)
race: ; go test -race -parallel 3 -timeout 15m $(PACKAGES)
fuzz: ; scripts/fuzz.sh $(FUZZTIME)
lint: ; test -z "$$(gofmt -l $$(git ls-files '*.go'))" && go vet ./... && go vet -tags figures ./bench/servertest && go vet -tags soak ./bench/servertest && go vet -tags faults ./bench/faults && $(LINT) ./... && scripts/vulncheck.sh
bench: ; go test -run '^$$' -bench . -benchmem ./codec/... ./engine/... ./rooms/...
figures: ; go test -tags figures -count=1 -v -timeout 20m -run TestFigure ./bench/servertest
soak: ; go test $(RACE) -tags soak -count=1 -v -timeout 0 -run TestSoak ./bench/servertest -soak $(SOAK)
faults: ; go test $(RACE) -tags faults -count=1 -v -timeout 20m ./bench/faults
restarts: ; go test $(RACE) -count=1 -v -timeout 15m -run TestNothing ./rooms/client -patient
autobahn: ; scripts/autobahn.sh
peers: ; cd bench/peers && go vet ./... && go test ./... && go run ./cmd/conformance -build
ci: ; .ci/run
