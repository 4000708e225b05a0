package admin

import (
	"bytes"

	"github.com/bytedance/sonic"
	"github.com/prometheus/client_golang/prometheus"

	"plenum/engine"
	"plenum/rooms"
)

// table is what another package counts, and how /metrics and /status show it.
type table struct {
	counters []rooms.Definition
	descs    []*prometheus.Desc // of counters, in the same order
}

// newTable returns the table of counters whose names on /metrics begin with prefix.
func newTable(prefix string, counters []rooms.Definition) table {
	t := table{counters: counters}
	for _, c := range counters {
		t.descs = append(t.descs, desc(prefix+c.Metric, c.Help))
	}
	return t
}

// shared returns definitions of the engine as those of rooms: the two packages do not know each
// other.
func shared(definitions []engine.Definition) (all []rooms.Definition) {
	for _, d := range definitions {
		all = append(all, rooms.Definition(d))
	}
	return all
}

// metrics sends the values of all counters, in the order of the table.
func (t table) metrics(ch chan<- prometheus.Metric, values []int64) {
	for i, c := range t.counters {
		kind := prometheus.CounterValue
		if c.Gauge {
			kind = prometheus.GaugeValue
		}
		ch <- prometheus.MustNewConstMetric(t.descs[i], kind, float64(values[i]))
	}
}

// status returns the members of /status, in the order of the table.
func (t table) status(values []int64) (o object) {
	for i, c := range t.counters {
		if c.Key != "" {
			o = append(o, member{c.Key, values[i]})
		}
	}
	return o
}

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON is for json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + m.key + `":`)
		value, err := sonic.ConfigStd.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
