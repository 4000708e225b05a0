package report

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThePlanForAHundredMillionConnectionsIsComputed(t *testing.T) {
	d, err := inLab(t, strings.Replace(millions, "ended ", "machine          6866 bytes per connection, kernel and both ends\nended ", 1))
	require.NoError(t, err)
	measured := loaded(t, aRun("fan-large", plenum, 1, sends(20)), aRun("rooms-small", plenum, 1, sends(30)))
	measured.lab = d.lab
	golden(t, "scaling.md", scalingPart(measured))
}

// The document gives the assumptions in words.
func TestTheDocumentHasTheAssumptionsOfThePlan(t *testing.T) {
	text := strings.Join(strings.Fields(read(t, filepath.Join("..", "..", "rooms", "SCALING.md"))), " ")
	for _, words := range []string{
		"would run for " + grouped(planned) + " connections",
		"rooms of " + whole(roomMembers) + " members, one message of 128 bytes per room every " + whole(interval) + " s",
		"sends one every " + whole(interval*roomMembers) + " s",
		"Each node has " + whole(nodeCores) + " cores and " + grouped(perNode) + " connections",
	} {
		assert.Contains(t, text, words)
	}
	assert.LessOrEqual(t, strings.Count(read(t, filepath.Join("..", "..", "rooms", "SCALING.md")), "\n"), 150)
}

func whole(n int) string { return grouped(int64(n)) }
