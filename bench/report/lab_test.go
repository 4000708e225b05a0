package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// millions is output of scripts/lab.sh that meets all goals.
const millions = `$ scripts/lab.sh --connections 2200000 --hold 600 --messages 1
server           plenum serve --max-conns 2201000 --ping-period 15s
held             for 600 s
connections      2200000 of 2200000
pings            1871989
server RSS       18.3 MiB before, 1020.6 MiB with idle connections
memory           466 bytes per idle connection
after messages   1020.7 MiB, 467 bytes per connection
plenum_connections 2.2e+06
plenum_refused_total{reason="full"} 0
ended            0
deliveries       2200000 of 2200000, 0 members missed some
room numbers     0 lost, 0 duplicated, 0 out of order, 0 without a number
`

// inLab loads a folder with this output of scripts/lab.sh.
func inLab(t *testing.T, text string) (*data, error) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, labFile), []byte(text), 0o644))
	return load(dir, testPeers(t))
}

func verdicts(d *data) (own, verdicts []string) {
	for _, b := range labGoals {
		o := b.judge(d)
		own, verdicts = append(own, o.own), append(verdicts, o.verdict)
	}
	return own, verdicts
}

func TestTheGoalsOfTheLab(t *testing.T) {
	_, got := verdicts(loaded(t))
	assert.Equal(t, []string{notMeasured, notMeasured, notMeasured}, got)
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
		d, err := inLab(t, strings.ReplaceAll(millions, c.from, c.to))
		require.NoError(t, err)
		own, got := verdicts(d)
		assert.Equal(t, c.want, strings.ReplaceAll(strings.Join(got, " "), "*", ""), c.to)
		if c.from == "" {
			assert.Equal(t, []string{"2,200,000 open for 600 s, 0 closed", "466", "2,200,000 of 2,200,000"}, own)
		}
	}
}

func TestTheDocumentHasTheOutputOfTheLab(t *testing.T) {
	d, err := inLab(t, millions)
	require.NoError(t, err)
	golden(t, "lab.md", labPart(d))
}

func TestAnUnreadableLabFileIsReportedWithTheLine(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"$ scripts", "scripts", `line 1: want the command after "$ ", got "scripts/lab.sh --connections 2200000 --hold 600 --messages 1"`},
		{"for 600 s", "all night", `line 3: want held like "for %d s", got "all night"`},
		{"pings            1871989", "pings 1871989", `line 5: want a name, two spaces or more and a value, got "pings 1871989"`},
		{"pings   ", "ended   ", `line 11: duplicate line "ended"`},
		{"memory   ", "memories   ", `no line "memory"`},
	} {
		_, err := inLab(t, strings.Replace(millions, c.from, c.to, 1))
		assert.EqualError(t, err, "report: lab.txt: "+c.want)
	}
}
