package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"plenum/bench"
	"plenum/bench/drive"
)

// exporter serves the figures of a run as metrics of Prometheus. A nil exporter does nothing.
type exporter struct {
	info     prometheus.Metric
	listener net.Listener
	last     atomic.Pointer[drive.Live] // nil: none yet
	server   http.Server
	ended    chan struct{} // closed when the server has stopped
}

// newExporter listens at an address, HOST:PORT, and serves /metrics there. It returns nil if the address is
// empty. The caller calls stop.
func newExporter(address, scenario string, options bench.Scenario) (*exporter, error) {
	if address == "" {
		return nil, nil
	}
	labels, err := optionLabels(scenario, options)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &usageError{fmt.Sprintf("--prometheus: must be HOST:PORT of this machine, and free: %v", err)}
	}
	e := &exporter{listener: listener, ended: make(chan struct{})}
	e.info = runInfo.constant(labels)
	registry := prometheus.NewRegistry()
	registry.MustRegister(e)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	e.server = http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		defer close(e.ended)
		_ = e.server.Serve(listener) // returns when stop closes the server
	}()
	return e, nil
}

// optionLabels returns the options of a scenario by their keys in a result.
func optionLabels(scenario string, options bench.Scenario) (prometheus.Labels, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return nil, err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, err
	}
	labels := prometheus.Labels{"scenario": scenario}
	for key, raw := range values {
		var text string
		if json.Unmarshal(raw, &text) != nil { // a number, a list or a truth value
			text = string(raw)
		}
		labels[key] = text
	}
	return labels, nil
}

// show keeps the figures so far, which the next scrapes return.
func (e *exporter) show(f drive.Live) {
	if e != nil {
		e.last.Store(&f)
	}
}

// stop closes the server and waits for its goroutine.
func (e *exporter) stop() {
	if e != nil {
		_ = e.server.Close()
		<-e.ended
	}
}

// Describe implements prometheus.Collector.
func (e *exporter) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(e, ch) }

// Collect implements prometheus.Collector.
func (e *exporter) Collect(ch chan<- prometheus.Metric) {
	ch <- e.info
	f := e.last.Load()
	if f == nil {
		return
	}
	ch <- phaseInfo.with(1, f.Phase)
	for _, m := range liveMetrics {
		ch <- m.with(m.value(*f))
	}
	if f.Latency.Count() == 0 {
		return
	}
	for _, quantile := range []string{"0.5", "0.9", "0.99", "0.999", "1"} {
		q, _ := strconv.ParseFloat(quantile, 64)
		ch <- latencySeconds.with(f.Latency.At(100*q).Seconds(), quantile)
	}
}
