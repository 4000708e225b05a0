package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEachRefusalHasALabelAndAtMostOneOfStatusAndCloseCode(t *testing.T) {
	labels := map[string]bool{}
	for why, r := range Refusals {
		assert.NotEmpty(t, r.Label, why)
		assert.False(t, labels[r.Label], r.Label)
		labels[r.Label] = true
		assert.NotEmpty(t, r.Help, r.Label)
		assert.False(t, r.Status != 0 && r.Code != 0, r.Label)
		assert.Equal(t, r.Code != 0, r.Text != "", r.Label)
	}
}
