package observe

import (
	"fmt"
	"strconv"
	"strings"
)

// Writes reads plenum's own counts of deliveries and of writes to members, from its metrics. The methods of a
// nil Writes do nothing.
type Writes struct {
	urls   []string // of the nodes' metrics
	before written
	err    error // of the read at begin
}

// written has the counters of all nodes together at one moment.
type written struct{ deliveries, writes uint64 }

// FindWrites returns a Writes for the metrics at these URLs, one per node. It returns nil if there are no
// URLs, and an error if the metrics of one have no such counts.
func FindWrites(urls []string) (*Writes, error) {
	if len(urls) == 0 {
		return nil, nil
	}
	w := &Writes{urls: urls}
	_, err := w.read()
	return w, err
}

func (w *Writes) read() (sum written, err error) {
	for _, url := range w.urls {
		text, err := fetch(url)
		if err != nil {
			return sum, err
		}
		deliveries, err := counter(string(text), "plenum_deliveries_total")
		if err != nil {
			return sum, fmt.Errorf("%s: %w", url, err)
		}
		writes, err := counter(string(text), "plenum_writes_total")
		if err != nil {
			return sum, fmt.Errorf("%s: %w", url, err)
		}
		sum.deliveries, sum.writes = sum.deliveries+deliveries, sum.writes+writes
	}
	return sum, nil
}

// counter returns the value of a metric without labels.
func counter(text, name string) (uint64, error) {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return uint64(n), err
		}
	}
	return 0, fmt.Errorf("no metric %s", name)
}

func (w *Writes) begin() {
	if w != nil {
		w.before, w.err = w.read()
	}
}

// halt sets the writes since begin. If a node has ended, they stay 0, which means unknown.
func (w *Writes) halt(use *ServerUse) {
	if w == nil {
		return
	}
	now, err := w.read()
	if err != nil || w.err != nil {
		return
	}
	use.Writes = now.writes - w.before.writes
	use.WritesPerDelivery = Per(float64(use.Writes), float64(now.deliveries-w.before.deliveries))
}
