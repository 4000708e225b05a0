package observe

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// BrokerUse is the resource use and traffic of the NATS server between the nodes, from the
// first message to the last delivery.
type BrokerUse struct {
	PID      int     `json:"pid"`
	CPU      float64 `json:"cpu_seconds"`  // processor time
	Cores    float64 `json:"cpu_cores"`    // processor time per second
	RSS      int64   `json:"rss_bytes"`    // resident memory at the end
	In       uint64  `json:"messages_in"`  // messages received from the nodes
	Out      uint64  `json:"messages_out"` // messages sent to the nodes
	InBytes  uint64  `json:"bytes_in"`
	OutBytes uint64  `json:"bytes_out"`
	Batches  uint64  `json:"batches"` // messages stored by its streams; each holds a batch of a room's messages

	// Bus is the increase of each plenum_bus_…_total metric, summed over the nodes. A key is the
	// part of the name in the place of the dots. Bus is empty if the nodes have no such metrics.
	Bus map[string]float64 `json:"bus,omitempty"`
}

// Broker measures the NATS server between the nodes. The methods of a nil Broker do nothing.
type Broker struct {
	at      string // host:port of its monitoring pages
	pid     PID
	metrics []string // URLs of the nodes' metrics

	cpu    time.Duration // at begin
	before carried       // at begin
	use    BrokerUse
	err    error // of the read at begin
}

// carried has the counters of the NATS server and of the nodes at one moment.
type carried struct {
	varz    varz
	batches uint64
	bus     map[string]float64
}

// varz has the fields of /varz that are used.
type varz struct {
	InMsgs   uint64 `json:"in_msgs"`
	OutMsgs  uint64 `json:"out_msgs"`
	InBytes  uint64 `json:"in_bytes"`
	OutBytes uint64 `json:"out_bytes"`
}

// jsz has the fields of /jsz that are used.
type jsz struct {
	Accounts []struct {
		Streams []struct {
			State struct {
				LastSeq uint64 `json:"last_seq"`
			} `json:"state"`
		} `json:"stream_detail"`
	} `json:"account_details"`
}

// FindBroker finds the NATS server whose monitoring pages are at a loopback address, and reads them once.
// metrics are the URLs of the nodes' metrics.
func FindBroker(at netip.AddrPort, metrics []string) (*Broker, error) {
	pids, err := listeners([]netip.AddrPort{at})
	if err != nil {
		return nil, err
	}
	b := &Broker{at: at.String(), pid: pids[0], metrics: metrics}
	_, err = b.read()
	return b, err
}

// read reads all counters.
func (b *Broker) read() (c carried, err error) {
	if err := fetchJSON("http://"+b.at+"/varz", &c.varz); err != nil {
		return c, err
	}
	var streams jsz
	if err := fetchJSON("http://"+b.at+"/jsz?streams=true", &streams); err != nil {
		return c, err
	}
	for _, account := range streams.Accounts {
		for _, stream := range account.Streams {
			c.batches += stream.State.LastSeq
		}
	}
	c.bus = map[string]float64{}
	for _, url := range b.metrics {
		text, err := fetch(url)
		if err != nil {
			return c, err
		}
		addCounters(c.bus, string(text))
	}
	return c, nil
}

// addCounters adds the counters named plenum_bus_…_total of one node's metrics to sums.
func addCounters(sums map[string]float64, text string) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		short, bus := strings.CutPrefix(name, "plenum_bus_")
		short, total := strings.CutSuffix(short, "_total")
		if n, err := strconv.ParseFloat(value, 64); err == nil && bus && total {
			sums[short] += n
		}
	}
}

func fetchJSON(url string, into any) error {
	text, err := fetch(url)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	return nil
}

// fetchTime and fetchSize bound the reading of a monitoring page.
const (
	fetchTime = 5 * time.Second
	fetchSize = 16 << 20
)

func fetch(url string) ([]byte, error) {
	client := http.Client{Timeout: fetchTime, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, fetchSize))
}

// begin starts the measurement.
func (b *Broker) begin() {
	if b == nil {
		return
	}
	b.before, b.err = b.read()
	b.cpu, _ = b.pid.CPU() // 0 if the process has ended; the run then loses messages
}

// halt ends the measurement.
func (b *Broker) halt() {
	if b == nil {
		return
	}
	cpu, _ := b.pid.CPU()
	b.use.PID, b.use.CPU = int(b.pid), max(0, cpu-b.cpu).Seconds()
	b.use.RSS, _ = b.pid.RSS()
	now, err := b.read()
	if err != nil || b.err != nil {
		return // the NATS server or a node has ended, so there are no counters
	}
	b.use.In, b.use.Out = now.varz.InMsgs-b.before.varz.InMsgs, now.varz.OutMsgs-b.before.varz.OutMsgs
	b.use.InBytes, b.use.OutBytes = now.varz.InBytes-b.before.varz.InBytes, now.varz.OutBytes-b.before.varz.OutBytes
	b.use.Batches = now.batches - b.before.batches
	b.use.Bus = map[string]float64{}
	for name, n := range now.bus {
		b.use.Bus[name] = n - b.before.bus[name]
	}
}

// Figures returns the use in a run of that many seconds, or nil for a nil Broker. It is called after the
// server's Halt.
func (b *Broker) Figures(seconds float64) *BrokerUse {
	if b == nil {
		return nil
	}
	b.use.Cores = Per(b.use.CPU, seconds)
	return &b.use
}
