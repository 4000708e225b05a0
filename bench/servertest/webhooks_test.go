//go:build figures

package servertest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench"
)

// The load of TestWebhooksUnderLoad: a busy channel of client events, which are all sent to a webhook. During the rounds the
// queues of the receivers that fail become full.
const (
	hookRounds               = 9
	hookMembers, hookRate    = 200, 1_000
	hookWarmup, hookDuration = "500ms", "2s"
	hookKey, hookSecret      = "figures-key", "figures-secret"
	hookQueue                = 1 << 14          // events that wait per webhook, at most
	hookRecovery             = 45 * time.Second // until all events that wait are sent
)

// The kinds of receivers.
const (
	hookNone    = "none"
	hookFast    = "fast"
	hookSlow    = "slow: 9 s per request"
	hookDown    = "down"
	hookFailing = "answers 500"
)

// The settings of the app, and of its webhook.
const (
	hookApp     = "apps:\n  - {id: \"1\", key: " + hookKey + ", secret: " + hookSecret + ", client-events: true, limits: {client-events: 100000}%s}\n"
	hookSetting = ", webhooks: [{url: \"%s\", events: [client_event]}]"
)

// The table of the results.
const (
	hookTable = "| receiver | delivery p50, ms | p99, ms | lowest to highest p99 | p99 / fast | server CPU, µs per delivery | events taken | waiting | dropped: full |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
	hookRow   = "| %s | %.2f | %.2f | %.2f to %.2f | %.2f | %.2f | %d | %d | %d |\n"
)

// hooked is a server whose webhook has a receiver of one kind, and its results.
type hooked struct {
	*server
	kind     string
	receiver *hookReceiver // nil: there is no webhook
	results  []bench.Result
}

// TestWebhooksUnderLoad measures the latency of a busy channel while the receiver of its webhook is slow, down or failing. The
// servers are measured in turns. At the end every receiver accepts events. Then it must get the waiting events in order.
func TestWebhooksUnderLoad(t *testing.T) {
	generator := filepath.Join(buildDir, "plenum-bench")
	output, err := exec.Command("go", "build", "-o", generator, "plenum/cmd/plenum-bench").CombinedOutput()
	require.NoError(t, err, "%s", output)
	var all []*hooked
	for _, kind := range []string{hookNone, hookFast, hookSlow, hookDown, hookFailing} {
		all = append(all, startHooked(t, kind))
	}
	for round := range hookRounds {
		for i := range all {
			all[(i+round)%len(all)].measure(t, generator)
		}
	}
	table := hookTable
	for _, h := range all {
		table += h.row(t, all[1])
	}
	t.Logf("one channel of %d members, %d client events per second, medians of %d runs of %s in turns\n\n%s", hookMembers, hookRate, hookRounds, hookDuration, table)
	for _, h := range all[1:] {
		h.receiver.recover(t)
	}
	for _, h := range all[1:] {
		h.requireRecovered(t)
	}
}

// startHooked starts a server, and a receiver of the kind.
func startHooked(t *testing.T, kind string) *hooked {
	h := &hooked{kind: kind}
	setting := ""
	if kind != hookNone {
		h.receiver = newHookReceiver(t, kind)
		setting = fmt.Sprintf(hookSetting, h.receiver.url())
	}
	config := filepath.Join(t.TempDir(), "plenum.yaml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, hookApp, setting), 0o600))
	h.server = startServer(t, "PLENUM_CONFIG="+config)
	return h
}

// measure runs the load once.
func (h *hooked) measure(t *testing.T, generator string) {
	t.Helper()
	cmd := exec.Command(generator, "run", "fan-hot", "--url", h.ws+"/", "--speak", "pusher", "--app", hookKey+":"+hookSecret, "--name", h.kind,
		"--members", fmt.Sprint(hookMembers), "--rate", fmt.Sprint(hookRate), "--senders", "10", "--warmup", hookWarmup, "--duration", hookDuration)
	var log strings.Builder
	cmd.Stderr = &log
	output, _ := cmd.Output() // the status says whether the figures are valid, which the result does too
	var r bench.Result
	require.NoError(t, json.Unmarshal(output, &r), "%s", log.String())
	require.Empty(t, r.Failures, "nothing may be lost")
	require.NotNil(t, r.Delivery)
	require.NotNil(t, r.Server)
	if !r.Valid {
		t.Logf("%s: the generator may have caused the figures: %v", h.kind, r.Reasons)
	}
	h.results = append(h.results, r)
}

// median returns the median of the results, and their lowest and highest figure.
func (h *hooked) median(of func(r bench.Result) float64) (median, lowest, highest float64) {
	var all []float64
	for _, r := range h.results {
		all = append(all, of(r))
	}
	slices.Sort(all)
	return all[len(all)/2], all[0], all[len(all)-1]
}

func p50(r bench.Result) float64 { return r.Delivery.P50 }
func p99(r bench.Result) float64 { return r.Delivery.P99 }

// row returns the row of the table, and checks that the queue is bounded and that drops are counted.
func (h *hooked) row(t *testing.T, fast *hooked) string {
	taken, waiting := h.metric(t, "plenum_webhook_sent_events_total"), h.metric(t, "plenum_webhook_queued_events")
	full := h.metric(t, `plenum_webhook_dropped_total{reason="full"}`)
	assert.LessOrEqual(t, waiting, hookQueue)
	if h.kind == hookFast {
		assert.Zero(t, full)
	}
	middle, _, _ := h.median(p50)
	slowest, lowest, highest := h.median(p99)
	against, _, _ := fast.median(p99)
	cpu, _, _ := h.median(func(r bench.Result) float64 { return r.Server.CPUPerDelivery })
	return fmt.Sprintf(hookRow, h.kind, middle, slowest, lowest, highest, slowest/against, cpu, taken, waiting, full)
}

// requireRecovered waits until no event waits, and checks that the receiver has all that was not dropped, in order.
func (h *hooked) requireRecovered(t *testing.T) {
	t.Helper()
	eventually(t, hookRecovery, func() bool { return h.metric(t, "plenum_webhook_queued_events") == 0 }, func() string { return h.kind + ": events still wait" })
	taken, disordered := h.receiver.taken()
	assert.Zero(t, disordered, "%s: events out of order", h.kind)
	assert.Equal(t, h.metric(t, "plenum_webhook_sent_events_total"), taken, h.kind)
	published, full := h.metric(t, `plenum_app_client_events_total{app="1"}`), h.metric(t, `plenum_webhook_dropped_total{reason="full"}`)
	assert.Equal(t, published, taken+full, "%s: each event is taken or counted", h.kind)
	for _, why := range []string{"expired", "removed", "stopped"} {
		assert.Zero(t, h.metric(t, `plenum_webhook_dropped_total{reason="`+why+`"}`), h.kind)
	}
}
