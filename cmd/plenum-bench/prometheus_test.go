package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
)

// scrape returns the metrics at an address, or "" if no server listens there.
func scrape(address string) string {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + address + "/metrics")
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return string(text)
}

// freeAddress returns an address at which no server listens.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// It is not parallel, because another test could listen at its address after the run.
func TestTheFiguresOfARunAreServedUntilItEnds(t *testing.T) {
	address := freeAddress(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	url := room(t, 0)
	go func() {
		args := []string{"run", "fan-hot", "--url", url, "--members=3", "--rate=50", "--duration=3s", "--warmup=0s", "--name=mine", "--hello={\"a\":1}", "--prometheus", address}
		ended <- run(ctx, args, environ{}.lookup, strings.NewReader(""), io.Discard, io.Discard)
	}()
	text := ""
	require.Eventually(t, func() bool {
		text = scrape(address)
		return strings.Contains(text, `plenum_bench_latency_seconds{quantile="0.99"} `)
	}, 10*time.Second, 20*time.Millisecond)
	for _, want := range []string{
		`plenum_bench_phase{phase="measuring"} 1`, "plenum_bench_connections 3\n", "# TYPE plenum_bench_sent_total counter\n",
		`scenario="fan-hot"`, `rate="50"`, `members="3"`, `name="mine"`, `duration="3s"`, `hello="[\"{\\\"a\\\":1}\"]"`,
	} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "plenum_bench_sent_total 0\n")
	assert.NotContains(t, text, "plenum_bench_received_total 0\n")
	if status := exitStatus(<-ended); status != 0 { // a busy machine makes a generator late
		assert.Equal(t, statusInvalid, status)
	}
	assert.Empty(t, scrape(address), "nobody listens after the run")
}

func TestAnAddressThatCannotBeUsedIsReportedBeforeTheRun(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for address, want := range map[string]string{
		"nowhere":               "missing port in address",
		"127.0.0.1:99999":       "invalid port",
		taken.Addr().String():   "address already in use",
		"127.0.0.1:9091/metric": "unknown port",
	} {
		_, stderr, err := ran(t, "run", "echo", "--url=ws://127.0.0.1:1/", "--prometheus", address)
		assert.ErrorContains(t, err, "--prometheus: must be HOST:PORT of this machine, and free: ")
		assert.ErrorContains(t, err, want)
		assert.Equal(t, statusUsage, exitStatus(err))
		assert.Empty(t, stderr, "no run has begun")
	}
}

// The table itself is generated, see manual_test.go.
func TestTheManualsTableOfMetricsHasAllThatAreServed(t *testing.T) {
	e, err := newExporter("127.0.0.1:0", "echo", &bench.Fan{})
	require.NoError(t, err)
	defer e.stop()
	e.show(measuring())
	served := scrape(e.listener.Addr().String())
	text, err := os.ReadFile(manual)
	require.NoError(t, err)
	n := 0
	for line := range strings.Lines(served) {
		if name, help, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "# HELP "), " "); ok && strings.HasPrefix(line, "# HELP ") {
			assert.Contains(t, string(text), fmt.Sprintf("| `%s` | ", name), name)
			assert.Contains(t, string(text), " | "+help+" |\n")
			n++
		}
	}
	assert.Equal(t, len(allLiveMetrics()), n)
}

// allLiveMetrics returns all metrics in the order of the manual.
func allLiveMetrics() []*liveMetric {
	return append([]*liveMetric{runInfo, phaseInfo}, append(liveMetrics, latencySeconds)...)
}
