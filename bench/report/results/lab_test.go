package results

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench/report/internal/synthetic"
)

func TestAnUnreadableLabFileIsReportedWithTheLine(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"$ scripts", "scripts", `line 1: want the command after "$ ", got "scripts/lab.sh --connections 2200000 --hold 600 --messages 1"`},
		{"for 600 s", "all night", `line 3: want held like "for %d s", got "all night"`},
		{"pings            1871989", "pings 1871989", `line 5: want a name, two spaces or more and a value, got "pings 1871989"`},
		{"pings   ", "ended   ", `line 11: duplicate line "ended"`},
		{"memory   ", "memories   ", `no line "memory"`},
	} {
		_, err := Load(synthetic.LabFolder(t, strings.Replace(synthetic.Millions, c.from, c.to, 1)), nil)
		assert.EqualError(t, err, "report: lab.txt: "+c.want)
	}
}
