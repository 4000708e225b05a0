package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// series are all series of one name on /metrics.
type series struct {
	counter bool
	labels  []string
}

// shows is /metrics once everything has happened that a metric waits for. Prometheus adds
// the labels job and instance.
func shows(t *testing.T) map[string]series {
	t.Helper()
	s := start(t, "--cluster="+startBroker(t, 0, t.TempDir()).ClientURL())
	dial(t, s, "/echo/raw").leaves()
	require.Eventually(t, func() bool { return s.metric(t, `plenum_closed_total{code="1000"}`) == "1" }, wait, tick)
	_, text := get(t, s.admin+"/metrics")
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	require.NoError(t, err)
	all := map[string]series{}
	for name, family := range families {
		labels := []string{"instance", "job"}
		for _, l := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		kind := family.GetType().String()
		if kind == "HISTOGRAM" {
			all[name+"_bucket"] = series{true, append(labels, "le")}
			continue
		}
		if kind == "SUMMARY" {
			all[name+"_count"], all[name+"_sum"] = series{true, labels}, series{true, labels}
			labels = append(labels, "quantile")
		}
		all[name] = series{kind == "COUNTER", labels}
	}
	return all
}

// query is one of the dashboard's, or of its variables'.
type query struct {
	panel, text string
	selects     []selection
	left        []string // labels that an aggregation leaves, or that the legend shows
}

// selection is series that a query asks for.
type selection struct {
	name   string
	labels []string
	over   bool // some time, as a rate is
}

// How the dashboard names what Grafana fills in.
var (
	variables   = strings.NewReplacer("$__rate_interval", "5m")
	labelValues = regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`)
	legendLabel = regexp.MustCompile(`{{(\w+)}}`)
)

// queries are all of the dashboard's.
func queries(t *testing.T) (all []query) {
	t.Helper()
	var dashboard struct {
		Templating struct {
			List []struct{ Name, Query string }
		}
		Panels []struct {
			Title   string
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	text, err := os.ReadFile(deployed + "grafana.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &dashboard))
	for _, v := range dashboard.Templating.List {
		if found := labelValues.FindStringSubmatch(v.Query); found != nil {
			all = append(all, query{panel: "$" + v.Name, text: v.Query, selects: []selection{{name: found[1], labels: found[2:]}}})
		}
	}
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			q := parse(t, target.Expr)
			q.panel = p.Title
			for _, found := range legendLabel.FindAllStringSubmatch(target.LegendFormat, -1) {
				if len(q.left) > 0 {
					assert.Contains(t, q.left, found[1], "%s: the legend's label is summed away", p.Title)
				}
				q.left = append(q.left, found[1])
			}
			all = append(all, q)
		}
	}
	return all
}

// parse reads an expression. MetricsQL has all of PromQL.
func parse(t *testing.T, text string) query {
	t.Helper()
	tree, err := metricsql.Parse(variables.Replace(text))
	require.NoError(t, err, text)
	require.False(t, metricsql.IsLikelyInvalid(tree), text)
	q := query{text: text}
	metricsql.VisitAll(tree, func(e metricsql.Expr) {
		switch e := e.(type) {
		case *metricsql.MetricExpr:
			require.Len(t, e.LabelFilterss, 1, text)
			m := selection{name: e.LabelFilterss[0][0].Value}
			for _, filter := range e.LabelFilterss[0][1:] {
				m.labels = append(m.labels, filter.Label)
			}
			q.selects = append(q.selects, m)
		case *metricsql.RollupExpr: // of what was visited last
			q.selects[len(q.selects)-1].over = true
		case *metricsql.AggrFuncExpr:
			q.left = append(q.left, e.Modifier.Args...)
		}
	})
	return q
}

func TestTheDashboardAsksForSeriesThatThereAre(t *testing.T) {
	t.Parallel()
	all := shows(t)
	for _, q := range queries(t) {
		for _, asked := range q.selects {
			has, exists := all[asked.name]
			require.True(t, exists, "%s: %s", q.panel, asked.name)
			assert.Equal(t, has.counter, asked.over, "%s: a counter as its rate, a gauge as it is: %s", q.panel, q.text)
			assert.Contains(t, asked.labels, "instance", "%s: of one server: %s", q.panel, q.text)
			assert.Subset(t, has.labels, append(asked.labels, q.left...), "%s: %s", q.panel, q.text)
		}
	}
}

func TestEveryMetricOfThisServerIsOnTheDashboard(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, q := range queries(t) {
		for _, asked := range q.selects {
			shown[asked.name] = true
		}
	}
	for name := range shows(t) {
		assert.True(t, shown[name] || !strings.HasPrefix(name, "plenum_"), name)
	}
}
