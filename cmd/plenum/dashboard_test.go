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

// exportedSeries returns the series on /metrics of a server that has closed a connection, because some
// appear only then. Prometheus adds the labels job and instance.
func exportedSeries(t *testing.T) map[string]series {
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

// query is an expression of the dashboard, of its variables, or of an alert.
type query struct {
	panel, text string
	selects     []selection
	left        []string // labels that an aggregation keeps, or that the legend shows
}

// selection is a set of series that a query reads.
type selection struct {
	name   string
	labels []string
	over   bool // over a time range, as in rate(x[5m])
}

// Parts of the dashboard's queries that Grafana replaces or interprets.
var (
	variables   = strings.NewReplacer("$__rate_interval", "5m")
	labelValues = regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`)
	legendLabel = regexp.MustCompile(`{{(\w+)}}`)
)

// queries returns all queries of the dashboard.
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
					assert.Contains(t, q.left, found[1], "%s: the aggregation drops the label of the legend", p.Title)
				}
				q.left = append(q.left, found[1])
			}
			all = append(all, q)
		}
	}
	return all
}

// parse parses an expression of PromQL, which MetricsQL contains.
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
		case *metricsql.RollupExpr: // of the selection visited last
			q.selects[len(q.selects)-1].over = true
		case *metricsql.AggrFuncExpr:
			q.left = append(q.left, e.Modifier.Args...)
		}
	})
	return q
}

func TestTheDashboardReadsOnlySeriesThatExist(t *testing.T) {
	t.Parallel()
	all := exportedSeries(t)
	for _, q := range queries(t) {
		for _, asked := range q.selects {
			has, exists := all[asked.name]
			require.True(t, exists, "%s: %s", q.panel, asked.name)
			assert.Equal(t, has.counter, asked.over, "%s: a counter needs a time range, a gauge none: %s", q.panel, q.text)
			assert.Contains(t, asked.labels, "instance", "%s: the query must select one server: %s", q.panel, q.text)
			assert.Subset(t, has.labels, append(asked.labels, q.left...), "%s: %s", q.panel, q.text)
		}
	}
}

func TestTheDashboardShowsEveryMetricOfPlenum(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, q := range queries(t) {
		for _, asked := range q.selects {
			shown[asked.name] = true
		}
	}
	for name := range exportedSeries(t) {
		assert.True(t, shown[name] || !strings.HasPrefix(name, "plenum_"), name)
	}
}
