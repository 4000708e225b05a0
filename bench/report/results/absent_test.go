package results

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench/report/markdown"
)

func TestAPeerWithoutARouteOfAnEntryIsMissingBecauseOfThat(t *testing.T) {
	d := &Data{Known: []Peer{{Name: "without"}, {Name: "with", Echo: "ws://{host}/echo", Topics: new(struct{})}}}
	for entry, why := range map[string]string{"echo": "no route for echo", "connect": "no route for echo", "many": "no route for connections in many rooms", "zipf": markdown.NotMeasured} {
		assert.Equal(t, why, d.Absent(entry, "without"), entry)
		assert.Equal(t, markdown.NotMeasured, d.Absent(entry, "with"), entry)
	}
}
