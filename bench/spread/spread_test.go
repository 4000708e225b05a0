package spread

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestASpreadIsTheMedianAndTheRange(t *testing.T) {
	assert.Equal(t, "3.00 (1.00–9.00)", Of([]float64{9, 1, 3}).String())
	assert.Equal(t, "2.50 (1.00–9.00)", Of([]float64{9, 1, 3, 2}).String())
	assert.Equal(t, "7.00", Of([]float64{7}).String())
	assert.Equal(t, "7.00", Of([]float64{7.001, 7.002}).String(), "a range below the shown digits is left out")
}
