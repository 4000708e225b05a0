package admin

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/webhook"
	"plenum/engine"
	"plenum/rooms"
	"plenum/rooms/natsbus"
)

// refusedBy returns the number of refused clients by reason.
func (a *Admin) refusedBy(e engine.Stats) map[string]uint64 {
	by := a.cfg.Refused()
	for reason, n := range e.Refused {
		by[reason.String()] += n
	}
	return by
}

func (a *Admin) registry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), metrics{a})
	return r
}

// metrics is a prometheus.Collector that reads the counters of all parts of the server at each scrape.
type metrics struct{ admin *Admin }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("plenum_"+name, help, labels, nil)
}

var (
	engineCounters = newTable("", converted(engine.Counters[:]))
	roomCounters   = newTable("", rooms.Counters[:])
	busCounters    = newTable("bus_", natsbus.Counters[:])
	appCounters    = newTable("app_", converted(apps.Counters[:]), "app")
	hookCounters   = newTable("webhook_", converted(webhook.Counters[:]))
)

var (
	refusedTotal   = desc("refused_total", "Requests refused and connections closed because of what the client did or because of a limit, by reason.", "reason")
	closedTotal    = desc("closed_total", "Connections that ended, by close code. 1006: no close frame was received. 1005: the client gave no code, or left an event stream. 3000 and 4000: all codes of that thousand.", "code")
	hookDropped    = desc("webhook_dropped_total", "Events that no receiver has taken and that are sent no more, by reason.", "reason")
	fanOutSeconds  = desc("fanout_seconds", "Deliveries to members that keep up, by the time from publishing the oldest message of the write until the last write to a member of the same segment.")
	certificateEnd = desc("tls_certificate_not_after_seconds", "Time at which the TLS certificate expires, in Unix seconds; 0: no certificate.")
	memoryLimit    = desc("memory_limit_bytes", "Memory limit; 0: no limit.")
	memoryUsed     = desc("memory_used_bytes", "Memory used, to compare with the limit: the cgroup's memory without cached files if the limit is the cgroup's, otherwise the resident memory of the process.")
	memoryShort    = desc("memory_short", "1 while memory is short and new connections are refused, otherwise 0.")
	busStreamUp    = desc("bus_"+natsbus.StreamUp.Metric, natsbus.StreamUp.Help, "stream")
	keysKept       = desc("idempotency_keys", "Idempotency keys of the API that are kept now.")
	keysReplayed   = desc("idempotency_replayed_total", "Requests to the API that repeat an idempotency key. Messages that the first request had published were not published again.")
	keysForgotten  = desc("idempotency_forgotten_total", "Idempotency keys that were forgotten before ten minutes had passed, because there were too many results to keep.")
	build          = desc("build_info", "Always 1. The label version has the version.", "version")
)

// Describe implements prometheus.Collector.
func (m metrics) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, ch) }

// Collect implements prometheus.Collector.
func (m metrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v int, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge(build, 1, m.admin.cfg.Version)
	gauge(memoryLimit, int(m.admin.cfg.Memory.Limit()))
	gauge(memoryUsed, int(m.admin.cfg.Memory.Used()))
	gauge(memoryShort, one(m.admin.cfg.Memory.Short()))

	end := 0
	if at := m.admin.cfg.CertificateEnd(); !at.IsZero() {
		end = int(at.Unix())
	}
	gauge(certificateEnd, end)

	keys := m.admin.cfg.Keys()
	gauge(keysKept, keys.Kept)
	counter(keysReplayed, keys.Replayed)
	counter(keysForgotten, keys.Forgotten)

	e := m.admin.cfg.Engine.Stats()
	engineCounters.metrics(ch, e.Counts[:])
	refused := m.admin.refusedBy(e)
	for _, r := range engine.Refusals {
		refused[r.Label] += 0 // from the start, because increase() of Prometheus misses the first step of a new series
	}
	for reason, n := range refused {
		counter(refusedTotal, n, reason)
	}
	for code, n := range e.Closed {
		counter(closedTotal, n, strconv.Itoa(code))
	}

	r := m.admin.roomStats()
	roomCounters.metrics(ch, r.Counts[:])
	ch <- histogram(fanOutSeconds, r.FanOut)
	if m.admin.cfg.Bus != nil {
		b := m.admin.cfg.Bus.Stats()
		busCounters.metrics(ch, b[:])
		for name, takes := range m.admin.cfg.Bus.Streams() {
			gauge(busStreamUp, one(takes), name)
		}
	}
	for _, app := range m.admin.cfg.Apps() {
		appCounters.metrics(ch, app.Counts[:], app.App)
	}
	hooks := m.admin.cfg.Webhooks()
	hookCounters.metrics(ch, hooks.Counts[:])
	for i, reason := range webhook.Reasons {
		counter(hookDropped, hooks.Dropped[i], reason.Label)
	}
}

// one returns 1 if is, otherwise 0.
func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func histogram(d *prometheus.Desc, l rooms.Latency) prometheus.Metric {
	within := map[float64]uint64{}
	for i, bound := range rooms.LatencyBounds {
		within[bound.Seconds()] = l.Within[i]
	}
	return prometheus.MustNewConstHistogram(d, l.Total, l.Seconds, within)
}

// roomStats returns the sums of the counters of all hubs.
func (a *Admin) roomStats() (all rooms.Stats) {
	for _, hub := range a.cfg.Hubs {
		all = all.Plus(hub.Stats())
	}
	return all
}
