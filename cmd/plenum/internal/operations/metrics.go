package operations

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"plenum/engine"
	"plenum/rooms"
)

// refusedBy returns how many clients were refused, by reason.
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

// metrics reads the counters of the engine and the rooms when it is asked.
type metrics struct{ admin *Admin }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("plenum_"+name, help, labels, nil)
}

var (
	connections    = desc("connections", "WebSockets and streams of events open now.")
	maxConnections = desc("connections_max", "The bound on connections.")
	upgrades       = desc("upgrades_total", "WebSocket handshakes answered.")
	streams        = desc("streams_total", "Requests answered with a stream of events.")
	refusedTotal   = desc("refused_total", "Handshakes refused, and connections closed for what their client did, by reason.", "reason")
	closedTotal    = desc("closed_total", "Connections ended, by close code; 1006: without a close frame, 1005: a stream that its client left, 3000 and 4000: that thousand.", "code")
	acceptFailures = desc("accept_failures_total", "Accepts that failed, as for want of a descriptor.")
	acceptDelays   = desc("accept_delays_total", "Accepts that the accept rate put off.")
	pings          = desc("pings_total", "Pings sent to silent clients.")
	received       = desc("received_messages_total", "Messages received.")
	receivedBytes  = desc("received_bytes_total", "Bytes of messages received.")
	stalls         = desc("stalls_total", "Writes that a socket did not take whole.")
	roomsNow       = desc("rooms", "Rooms with members now.")
	membersNow     = desc("members", "Members of rooms now.")
	publishedTotal = desc("published_messages_total", "Messages published to rooms.")
	deliveries     = desc("deliveries_total", "Messages written to a member.")
	deliveredBytes = desc("delivered_bytes_total", "Bytes of frames written to members.")
	writes         = desc("writes_total", "Writes to members; deliveries by writes is how many messages travel together.")
	lagging        = desc("members_behind", "Members behind now.")
	behind         = desc("behind_total", "Times that a member fell behind.")
	evictions      = desc("evictions_total", "Members closed with 1013 for being too far behind.")
	gaps           = desc("gaps_total", "Gaps that members were told of, having been too far behind.")
	missed         = desc("gap_messages_total", "Messages in those gaps.")
	crowded        = desc("crowded_total", "Messages refused because their room is spoken to faster than it can be written.")
	overloaded     = desc("rooms_overloaded", "Rooms now of whose members more than half take bytes and cannot keep up.")
	overloads      = desc("overloads_total", "Times that a room became overloaded.")
	heldBack       = desc("held_back_total", "Messages that held their publisher back, or were answered 503, because the room's members cannot keep up.")
	historyBytes   = desc("history_bytes", "Memory that the rooms' logs take, with what is kept for who comes back.")
	historyRooms   = desc("history_forgotten_total", "Times that what was kept of a room gave way to other rooms'.")
	fanOutSeconds  = desc("fanout_seconds", "Deliveries to members that keep up, by the time from the publish of the oldest message written with them until all members of their segment were written.")
	queued         = desc("fanout_queue", "Segments of rooms that wait for a worker.")
	certificateEnd = desc("tls_certificate_not_after_seconds", "When the certificate ends, in Unix seconds; 0: there is none.")
	memoryLimit    = desc("memory_limit_bytes", "The memory to stay below; 0: no bound.")
	memoryUsed     = desc("memory_used_bytes", "How much of the limit is used: resident memory, or what the cgroup counts where the limit is its.")
	memoryShort    = desc("memory_short", "1 while nobody new is let in, for want of memory.")
	build          = desc("build_info", "Always 1; the version is the label.", "version")
)

// Describe is for prometheus.Collector.
func (m metrics) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, ch) }

// Collect is for prometheus.Collector.
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
	short := 0
	if m.admin.cfg.Memory.Short() {
		short = 1
	}
	gauge(memoryShort, short)

	end := 0
	if at := m.admin.cfg.CertificateEnd(); !at.IsZero() {
		end = int(at.Unix())
	}
	gauge(certificateEnd, end)

	e := m.admin.cfg.Engine.Stats()
	gauge(connections, e.Conns)
	gauge(maxConnections, e.MaxConns)
	counter(upgrades, e.Upgrades)
	counter(streams, e.Streams)
	counter(acceptFailures, e.AcceptsFailed)
	counter(acceptDelays, e.AcceptsDelayed)
	counter(pings, e.Pings)
	counter(received, e.MessagesIn)
	counter(receivedBytes, e.BytesIn)
	counter(stalls, e.Stalls)
	for reason, n := range m.admin.refusedBy(e) {
		counter(refusedTotal, n, reason)
	}
	for code, n := range e.Closed {
		counter(closedTotal, n, strconv.Itoa(code))
	}

	r := m.admin.roomStats()
	gauge(roomsNow, r.Rooms)
	gauge(membersNow, r.Members)
	gauge(queued, r.Queued)
	gauge(historyBytes, int(r.Logs))
	counter(historyRooms, r.Forgotten)
	gauge(lagging, r.Lagging)
	counter(publishedTotal, r.Messages)
	counter(deliveries, r.Deliveries)
	counter(deliveredBytes, r.Bytes)
	counter(writes, r.Writes)
	counter(behind, r.Behind)
	counter(evictions, r.Evictions)
	counter(gaps, r.Gaps)
	counter(missed, r.Missed)
	counter(crowded, r.Crowded)
	gauge(overloaded, r.Overloaded)
	counter(overloads, r.Overloads)
	counter(heldBack, r.HeldBack)
	ch <- histogram(fanOutSeconds, r.FanOut)
	if m.admin.cfg.Bus != nil {
		collectBus(m.admin.cfg.Bus.Stats(), gauge, counter)
	}
}

func histogram(d *prometheus.Desc, l rooms.Latency) prometheus.Metric {
	within := map[float64]uint64{}
	for i, bound := range rooms.LatencyBounds {
		within[bound.Seconds()] = l.Within[i]
	}
	return prometheus.MustNewConstHistogram(d, l.Total, l.Seconds, within)
}

// roomStats returns the counters of all hubs, added up.
func (a *Admin) roomStats() (all rooms.Stats) {
	for _, hub := range a.cfg.Hubs {
		all = sum(all, hub.Stats())
	}
	return all
}

func sum(a, b rooms.Stats) rooms.Stats {
	return rooms.Stats{
		Rooms: a.Rooms + b.Rooms, Members: a.Members + b.Members, Messages: a.Messages + b.Messages,
		Deliveries: a.Deliveries + b.Deliveries, Bytes: a.Bytes + b.Bytes, Writes: a.Writes + b.Writes,
		Behind: a.Behind + b.Behind, Evictions: a.Evictions + b.Evictions, Crowded: a.Crowded + b.Crowded, Queued: a.Queued + b.Queued,
		Gaps: a.Gaps + b.Gaps, Missed: a.Missed + b.Missed, Logs: a.Logs + b.Logs, Forgotten: a.Forgotten + b.Forgotten,
		Lagging: a.Lagging + b.Lagging, Overloaded: a.Overloaded + b.Overloaded, Overloads: a.Overloads + b.Overloads, HeldBack: a.HeldBack + b.HeldBack, FanOut: a.FanOut.Plus(b.FanOut),
	}
}
