package admin

import (
	"bytes"

	"github.com/bytedance/sonic"
	"github.com/prometheus/client_golang/prometheus"

	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/webhook"
	"plenum/engine"
	"plenum/rooms"
)

// table describes the counters of another package, and how /metrics and /status show them.
type table struct {
	counters []rooms.Definition
	descs    []*prometheus.Desc // in the order of counters
}

// newTable returns a table of counters. Their metric names begin with plenum_ and prefix.
func newTable(prefix string, counters []rooms.Definition, labels ...string) table {
	t := table{counters: counters}
	for _, c := range counters {
		t.descs = append(t.descs, desc(prefix+c.Metric, c.Help, labels...))
	}
	return t
}

// converted returns the definitions of another package as those of package rooms. None of these packages imports
// another one for its definitions.
func converted[D engine.Definition | apps.Definition | webhook.Definition](definitions []D) (all []rooms.Definition) {
	for _, d := range definitions {
		all = append(all, rooms.Definition(d))
	}
	return all
}

// metrics sends the values of all counters, in the order of the table. labels are the values of the table's labels.
func (t table) metrics(ch chan<- prometheus.Metric, values []int64, labels ...string) {
	for i, c := range t.counters {
		kind := prometheus.CounterValue
		if c.Gauge {
			kind = prometheus.GaugeValue
		}
		ch <- prometheus.MustNewConstMetric(t.descs[i], kind, float64(values[i]), labels...)
	}
}

// status returns the values as members of the object of /status, in the order of the table. Counters without
// a JSON key are left out.
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

// MarshalJSON implements json.Marshaler.
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
