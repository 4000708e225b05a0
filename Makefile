# Each target is one line, so that a person can run what CI runs. `make help` prints the lines that begin with ##.
##
## Run
##   run        build the server and serve http://127.0.0.1:8080/ (make run PLENUM_LISTEN=127.0.0.1:8081: another port)
##   build      build all programs into bin/
##
## Check before a commit
##   test       all tests, in under 3 minutes
##   race       all tests under the race detector
##   lint       gofmt, vet, staticcheck and govulncheck
##   fuzz       each fuzz target in turn (FUZZTIME=20000x: inputs per target, or a time such as 10m)
##   ci         all of the above as CI runs them; installs missing Debian packages
##
## Documents
##   docs       rewrite the generated parts of the documents: settings, metrics, options of plenum-bench, BENCHMARKS.md and REPORT.md
##
## Measure
##   bench      benchmarks of the hot paths
##   scale      rooms and timers with 10 million members, without sockets: about 20 minutes and 8 GiB (SHORT=1: a quick look)
##   figures    memory, order, loss, reconnects and the drain of the built server, with up to 19,000 connections
##   crosscheck servers measured by plenum-bench and by a second client in Node: do both find the same? (needs node and python3)
##   peers      build the rival servers in bench/peers and check that all of them do the same work
##
## Test for longer
##   soak       well-behaved and misbehaving clients for SOAK=10m, then every invariant (RACE=-race: with the race detector)
##   faults     three nodes and three brokers, and a node with --data, that are killed, stopped or cut off under load (needs root and ip;
##              NATS_SERVER=FILE: the broker to run)
##   storm      10,000 connections that come back like pusher-js, after SIGTERM and kill -9 of a server, with and without --data, and
##              of one of two nodes
##   webhooks   latency of a busy channel while the receiver of its webhook is slow, down or failing
##   clients    unmodified libraries of the Pusher Channels protocol against one server and a cluster: pusher-js, also in Chromium,
##              laravel-echo, and those of back ends (needs npm and python3-venv; a JDK and Maven for those for Java)
##   restarts   the Go client through 50 restarts of the built server
##   autobahn   the 517 cases of the Autobahn test suite (TLS=1: over TLS; needs Python 2.7)

# The tests of cmd/plenum take longest, so they are built and started first.
PACKAGES  = ./cmd/plenum ./...
# Most tests wait for a browser, a broker or a timer, so more tests run at once than there are processors.
AT_ONCE   = -p 3 -parallel 6
FUZZTIME ?= 20000x
SOAK     ?= 10m
BUILD     = go build -trimpath -buildvcs=auto -o bin/
LINT      = go run honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: run build help docs test race fuzz lint bench scale figures soak faults storm webhooks clients restarts autobahn crosscheck peers ci

run: ; $(BUILD) ./cmd/plenum && exec bin/plenum serve
build: ; $(BUILD) ./cmd/...
help: ; @sed -n 's/^## \{0,1\}//p' Makefile
test: ; go test $(AT_ONCE) $(PACKAGES)
race: ; go test -race -parallel 3 -timeout 15m $(PACKAGES)
fuzz: ; scripts/fuzz.sh $(FUZZTIME)
lint: ; test -z "$$(gofmt -l $$(git ls-files '*.go'))" && go vet ./... && go vet -tags figures ./bench/servertest && go vet -tags soak ./bench/servertest && go vet -tags faults ./bench/faults && go vet -tags storm ./bench/storm && go vet -tags clients ./cmd/plenum && $(LINT) ./... && scripts/vulncheck.sh
docs: ; go test ./cmd/plenum -run Reference -update && go test ./cmd/plenum/internal/settings -update && UPDATE_GOLDEN=1 go test -run Manual ./cmd/plenum-bench && go run ./cmd/plenum-bench report
bench: ; go test -run '^$$' -bench . -benchmem ./codec/... ./engine/... ./rooms/...
scale: ; $(BUILD) ./bench/scale/cmd/scale && bin/scale $(if $(SHORT),-short)
figures: ; go test -tags figures -count=1 -v -timeout 20m -run TestFigure ./bench/servertest
soak: ; go test $(RACE) -tags soak -count=1 -v -timeout 0 -run TestSoak ./bench/servertest -soak $(SOAK)
faults: ; go test $(RACE) -tags faults -count=1 -v -timeout 20m ./bench/faults
storm: ; go test -tags storm -count=1 -v -timeout 10m -run TestStorm ./bench/storm
webhooks: ; go test -tags figures -count=1 -v -timeout 10m -run TestWebhooksUnderLoad ./bench/servertest
clients: ; scripts/clients.sh
restarts: ; go test $(RACE) -count=1 -v -timeout 15m -run TestNothing ./rooms/client -patient
autobahn: ; scripts/autobahn.sh
crosscheck: ; $(BUILD) ./cmd/... && bench/crosscheck/crosscheck.py
peers: ; cd bench/peers && go vet ./... && go test ./... && go run ./cmd/conformance -build
ci: ; .ci/run
