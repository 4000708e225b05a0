package report

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench/metric"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/results"
)

func TestThePlanForAHundredMillionConnectionsIsComputed(t *testing.T) {
	d := from(t, synthetic.LabFolder(t, strings.Replace(synthetic.Millions, "ended ", "machine          6866 bytes per connection, kernel and both ends\nended ", 1)))
	measured := loaded(t, synthetic.Run("fan-large", results.Plenum, 1, synthetic.Sends(20)), synthetic.Run("rooms-small", results.Plenum, 1, synthetic.Sends(30)))
	measured.Lab = d.Lab
	golden(t, "scaling.md", scalingPart(measured))
}

// The document gives the assumptions in words.
func TestTheDocumentHasTheAssumptionsOfThePlan(t *testing.T) {
	text := strings.Join(strings.Fields(read(t, filepath.Join("..", "..", "rooms", "SCALING.md"))), " ")
	for _, words := range []string{
		"would run for " + metric.Grouped(planned) + " connections",
		"rooms of " + whole(roomMembers) + " members, one message of 128 bytes per room every " + whole(interval) + " s",
		"sends one every " + whole(interval*roomMembers) + " s",
		"Each node has " + whole(nodeCores) + " cores and " + metric.Grouped(perNode) + " connections",
	} {
		assert.Contains(t, text, words)
	}
	assert.LessOrEqual(t, strings.Count(read(t, filepath.Join("..", "..", "rooms", "SCALING.md")), "\n"), 150)
}

func whole(n int) string { return metric.Grouped(int64(n)) }
