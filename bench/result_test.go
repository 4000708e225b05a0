package bench

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/latency"
	"plenum/bench/observe"
	"plenum/bench/sequence"
	"plenum/bench/wsclient"
)

// resultKeys lists the JSON keys of a result, on which the report and scripts of users rely.
// Adding a key is possible. Renaming or removing one changes the format.
const resultKeys = `
broker broker.batches broker.bus broker.bus.conflicts broker.bytes_in broker.bytes_out
broker.cpu_cores broker.cpu_seconds broker.messages_in broker.messages_out broker.pid
broker.rss_bytes churn churn.join_ms churn.joined churn.left churn.not_joined completion_ms connect
connect.steady connect.storm connect.storm.done connect.storm.failed connect.storm.generator_cores
connect.storm.histogram connect.storm.late connect.storm.ms connect.storm.per_second
connect.storm.seconds connect.storm.server_cores connect.storm.server_cpu_us_per_upgrade connections
cut delivered ends ends.reset deliveries_per_second delivery_ms delivery_ms.count delivery_ms.max delivery_ms.p50
delivery_ms.p90 delivery_ms.p99 delivery_ms.p99.9 disordered doubled duration_seconds ended
environment environment.commit environment.cores environment.cpu environment.descriptor_limit
environment.go environment.gomaxprocs environment.kernel environment.memory_bytes
environment.sysctls environment.versions fail_if fail_if.condition fail_if.held fail_if.value failures foreign generator generator.batch_ms
generator.busiest_loop generator.busiest_interval generator.bytes generator.cpu_cores
generator.cpu_seconds generator.cpu_us_per_delivery generator.frames generator.gc_pause_max_ms
generator.loops generator.pings generator.processes generator.send_lag_ms histograms
held_back held_back.late held_back.seconds held_back.share_of_messages held_back.share_of_time
histograms.completion histograms.delivery idle idle.slope_bytes_per_connection idle.steps
idle.steps.bytes_per_connection idle.steps.connections idle.steps.cpu_seconds
idle.steps.cpu_us_per_connection_second idle.steps.cpu_us_per_ping idle.steps.pings
idle.steps.pings_per_connection idle.steps.rss_bytes idle.steps.upgrades_per_second labels lost
machine machine.busy_cores machine.other_cores machine.steal_cores missing notes options
options.bound options.dialers options.drain options.duration options.fine options.hello
options.loops options.members options.most options.name options.payload options.pid options.pong
options.processes options.publish options.rate options.room_seq options.rooms options.senders
options.url options.warmup reasons refused room_seq room_seq.disordered room_seq.doubled
room_seq.lost sampled_one_in saturate saturate.deliveries_per_second saturate.limited_by
saturate.rate saturate.steps saturate.steps.deliveries_per_second saturate.steps.generator_cores
saturate.steps.held saturate.steps.p99_ms saturate.steps.rate saturate.steps.server_cores
saturate.steps.valid saturate.steps.why scenario sent server server.cpu_cores server.cpu_seconds
server.cpu_us_per_delivery server.ended server.nodes server.pid server.rss_after_bytes server.rss_before_bytes
server.rss_max_bytes server.rss_open_bytes slow slow.ended slow.members slow.rss_growth_bytes
started_at target unnumbered unsent valid
`

func TestTheJSONKeysOfAResultDoNotChange(t *testing.T) {
	p, h := &latency.Percentiles{}, latency.NewHistogram()
	r := &Result{
		Labels: map[string]string{}, Options: &Saturate{}, Room: &sequence.Flaws{}, Delivery: p, SampledOneIn: 1,
		Completion: &latency.Percentiles{}, Histograms: &Encoded{}, Server: &observe.ServerUse{Nodes: 2, Ended: true}, Ends: wsclient.EndCounts{"reset": 1}, Broker: &observe.BrokerUse{Bus: map[string]float64{"conflicts": 1}},
		Generator: &OwnUse{LagMs: p, BatchMs: p}, Churn: &ChurnFigures{JoinMs: p}, Slow: &SlowFigures{}, Machine: &observe.MachineUse{},
		HeldBack:    &HeldBackFigures{},
		FailIf:      []FailIf{{}},
		Idle:        &IdleFigures{Steps: []IdleStep{{}}},
		Connect:     &ConnectFigures{Storm: &Upgrades{Ms: p, Histogram: &h}, Steady: &Upgrades{}},
		Saturate:    &SaturateFigures{Steps: []SaturateStep{{}}},
		Environment: observe.Environment{Sysctls: map[string]string{}, Versions: map[string]string{}},
	}
	r.Labels["a"] = "b"
	var line bytes.Buffer
	require.NoError(t, r.Write(&line))
	assert.Equal(t, 1, strings.Count(line.String(), "\n"), "one line")
	var whole map[string]any
	require.NoError(t, json.Unmarshal(line.Bytes(), &whole))
	delete(whole, "labels")
	keys := append(keysOf("", whole), "labels")
	slices.Sort(keys)
	want := strings.Fields(resultKeys)
	slices.Sort(want)
	assert.Equal(t, want, keys)
}

// keysOf returns the paths of all keys. The keys of latency.Percentiles are listed only for
// delivery_ms, and those of Upgrades only for connect.storm.
func keysOf(prefix string, of map[string]any) (keys []string) {
	for key, value := range of {
		path := prefix + key
		keys = append(keys, path)
		if list, ok := value.([]any); ok && len(list) > 0 {
			value = list[0]
		}
		inner, ok := value.(map[string]any)
		if ok && path != "connect.steady" && (path == "delivery_ms" || !strings.HasSuffix(path, "_ms") && !strings.HasSuffix(path, ".ms")) {
			keys = append(keys, keysOf(path+".", inner)...)
		}
	}
	return keys
}
