package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEachReasonHasANameAndTheClientHearsOfItInOneWay(t *testing.T) {
	names := map[string]bool{}
	for why, r := range Refusals {
		assert.NotEmpty(t, r.Name, why)
		assert.False(t, names[r.Name], r.Name)
		names[r.Name] = true
		assert.NotEmpty(t, r.Help, r.Name)
		assert.False(t, r.Status != 0 && r.Code != 0, r.Name)
		assert.Equal(t, r.Code != 0, r.Text != "", r.Name)
	}
}
