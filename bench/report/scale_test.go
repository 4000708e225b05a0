package report

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench/report/internal/synthetic"
)

func TestTheDocumentHasTheResultsWithoutSockets(t *testing.T) {
	golden(t, "scale.md", scalePart(from(t, synthetic.ScaleFolder(t, synthetic.Scale()))))
	assert.Empty(t, scalePart(loaded(t)))
}
