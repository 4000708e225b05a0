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

// BrokerUse is what the NATS server between the nodes used and carried from the first
// message to the last delivery.
type BrokerUse struct {
	PID      int     `json:"pid"`
	CPU      float64 `json:"cpu_seconds"`
	Share    float64 `json:"cpu_cores"`
	RSS      int64   `json:"rss_bytes"`
	In       uint64  `json:"messages_in"` // of the nodes
	Out      uint64  `json:"messages_out"`
	InBytes  uint64  `json:"bytes_in"`
	OutBytes uint64  `json:"bytes_out"`
	Batches  uint64  `json:"batches"` // that its streams have taken

	// Bus is what the nodes' plenum_bus_… counters rose by, of all nodes; nothing where
	// they have none.
	Bus map[string]float64 `json:"bus,omitempty"`
}

// Broker follows the NATS server between the nodes. A nil one sees nothing.
type Broker struct {
	at      string // host:port of its monitoring
	pid     PID
	metrics []string // of the nodes

	cpu    time.Duration
	before carried
	use    BrokerUse
	err    error // the first
}

// carried is what the broker and the nodes' buses have counted so far.
type carried struct {
	varz    varz
	batches uint64
	bus     map[string]float64
}

// varz is the part of /varz that is read.
type varz struct {
	InMsgs   uint64 `json:"in_msgs"`
	OutMsgs  uint64 `json:"out_msgs"`
	InBytes  uint64 `json:"in_bytes"`
	OutBytes uint64 `json:"out_bytes"`
}

// jsz is the part of /jsz that is read.
type jsz struct {
	Accounts []struct {
		Streams []struct {
			State struct {
				LastSeq uint64 `json:"last_seq"`
			} `json:"state"`
		} `json:"stream_detail"`
	} `json:"account_details"`
}

// FindBroker finds the process that listens at an address; nil for none.
func FindBroker(at string, metrics []string) (*Broker, error) {
	if at == "" {
		return nil, nil
	}
	address, err := netip.ParseAddrPort(at)
	if err != nil {
		return nil, err
	}
	pids, err := listeners([]netip.AddrPort{address})
	if err != nil {
		return nil, err
	}
	b := &Broker{at: at, pid: pids[0], metrics: metrics}
	_, err = b.read()
	return b, err
}

// read returns what has been counted.
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

// addCounters adds the counters of a bus in a node's metrics.
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

// fetchTime and fetchSize bound what a monitoring page may take.
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

// begin marks the start of what is measured.
func (b *Broker) begin() {
	if b == nil {
		return
	}
	b.before, b.err = b.read()
	b.cpu, _ = b.pid.CPU() // 0 where it has gone, which loses messages
}

// halt ends what is measured.
func (b *Broker) halt() {
	if b == nil {
		return
	}
	cpu, _ := b.pid.CPU()
	b.use.PID, b.use.CPU = int(b.pid), max(0, cpu-b.cpu).Seconds()
	b.use.RSS, _ = b.pid.RSS()
	now, err := b.read()
	if err != nil || b.err != nil {
		return // it has gone, and counts nothing
	}
	b.use.In, b.use.Out = now.varz.InMsgs-b.before.varz.InMsgs, now.varz.OutMsgs-b.before.varz.OutMsgs
	b.use.InBytes, b.use.OutBytes = now.varz.InBytes-b.before.varz.InBytes, now.varz.OutBytes-b.before.varz.OutBytes
	b.use.Batches = now.batches - b.before.batches
	b.use.Bus = map[string]float64{}
	for name, n := range now.bus {
		b.use.Bus[name] = n - b.before.bus[name]
	}
}

// Figures returns what was used in so many seconds; nil where there is no broker.
func (b *Broker) Figures(seconds float64) *BrokerUse {
	if b == nil {
		return nil
	}
	b.use.Share = Per(b.use.CPU, seconds)
	return &b.use
}
