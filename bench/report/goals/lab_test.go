package goals

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

func verdicts(d *results.Data) (own, verdicts []string) {
	for _, b := range labGoals {
		o := b.judge(d)
		own, verdicts = append(own, o.own), append(verdicts, o.verdict)
	}
	return own, verdicts
}

func TestTheGoalsOfTheLab(t *testing.T) {
	_, got := verdicts(loaded(t))
	assert.Equal(t, []string{markdown.NotMeasured, markdown.NotMeasured, markdown.NotMeasured}, got)
	for _, c := range []struct{ from, to, want string }{
		{"", "", "met met met"},
		{"2200000", "2199999", "missed met met"},
		{"for 600", "for 599", "missed met met"},
		{"ended            0", "ended            1", "missed met met"},
		{"connections      2200000", "connections      2199999", "missed met missed"},
		{"466 bytes", "700 bytes", "met met met"},
		{"466 bytes", "701 bytes", "met missed met"},
		{"deliveries       2200000", "deliveries       2199999", "met met missed"},
		{"deliveries       2200000 of 2200000", "deliveries       0 of 0", "met met missed"},
		{"0 members", "1 members", "met met missed"},
		{"0 lost", "1 lost", "met met missed"},
		{"0 without", "1 without", "met met missed"},
	} {
		d := from(t, synthetic.LabFolder(t, strings.ReplaceAll(synthetic.Millions, c.from, c.to)))
		own, got := verdicts(d)
		assert.Equal(t, c.want, strings.ReplaceAll(strings.Join(got, " "), "*", ""), c.to)
		if c.from == "" {
			assert.Equal(t, []string{"2,200,000 open for 600 s, 0 closed", "466", "2,200,000 of 2,200,000"}, own)
		}
	}
}
