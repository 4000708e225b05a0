package metric

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"plenum/bench"
)

// Condition compares a metric with a bound, such as p99>50ms.
type Condition struct {
	Metric *Metric
	Op     string  // one of > >= < <=
	Bound  float64 // in Unit
	Unit   string  // as the user gave it; empty: the metric's own
}

var pattern = regexp.MustCompile(`^\s*([A-Za-z0-9_.]+)\s*(>=|<=|>|<)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*(\D*?)\s*$`)

// Parse reads a condition: METRIC OP VALUE, with or without spaces. OP is one of > >= < <=. VALUE is a
// number with a unit of the metric's kind. Without a unit it is in the metric's own unit.
func Parse(text string) (Condition, error) {
	match := pattern.FindStringSubmatch(text)
	if match == nil {
		return Condition{}, fmt.Errorf("expected METRIC OP VALUE, such as p99>50ms, but got %q", text)
	}
	m, err := Named(match[1])
	if err != nil {
		return Condition{}, err
	}
	bound, err := strconv.ParseFloat(match[3], 64)
	if err != nil {
		return Condition{}, fmt.Errorf("the bound of %q is too large", text)
	}
	c := Condition{Metric: m, Op: match[2], Bound: bound, Unit: match[4]}
	if _, ok := m.Unit.in(c.Unit, bound); !ok {
		return Condition{}, fmt.Errorf("%s is not given in %q: use %s", m.Name, c.Unit, m.Unit.allowed())
	}
	return c, nil
}

// UnmarshalText implements encoding.TextUnmarshaler, by Parse.
func (c *Condition) UnmarshalText(text []byte) (err error) {
	*c, err = Parse(string(text))
	return err
}

// String returns the condition in a form that Parse reads.
func (c Condition) String() string {
	return c.Metric.Name + c.Op + strconv.FormatFloat(c.Bound, 'f', -1, 64) + c.Unit
}

// Holds reports whether the condition holds for a figure of its metric.
func (c Condition) Holds(v float64) bool {
	bound, _ := c.Metric.Unit.in(c.Unit, c.Bound) // Parse has checked the unit
	switch c.Op {
	case ">":
		return v > bound
	case ">=":
		return v >= bound
	case "<":
		return v < bound
	}
	return v <= bound
}

// Check returns an error if runs of a scenario do not measure the metric.
func (c Condition) Check(scenario string) error {
	if c.Metric.In(scenario) {
		return nil
	}
	return fmt.Errorf("%s does not measure %s; its metrics are %s", scenario, c.Metric.Name, strings.Join(Names(In(scenario)), ", "))
}

// Judge returns the condition with its figure of a result, and whether it holds. If the result has no such
// figure, the value is nil and the condition does not hold.
func (c Condition) Judge(r *bench.Result) bench.FailIf {
	judged := bench.FailIf{Condition: c.String()}
	if v, ok := c.Metric.Of(r); ok {
		judged.Value, judged.Held = &v, c.Holds(v)
	}
	return judged
}

// Text describes in one phrase why the condition fails a run whose figure is v. A nil v means that the run
// has no such figure, which fails it too. Text is empty if the condition does not fail the run.
func (c Condition) Text(v *float64) string {
	switch {
	case v == nil:
		return fmt.Sprintf("no %s was measured, so %s could not be checked", c.Metric.Name, c)
	case c.Holds(*v):
		return fmt.Sprintf("%s is %s (%s)", c.Metric.Name, c.Metric.Text(*v), c)
	}
	return ""
}
