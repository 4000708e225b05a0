package report

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFillReplacesTheTextBetweenMarkers(t *testing.T) {
	const before = "a\n<!-- generated: one -->\nold\n<!-- end -->\nb\n<!-- generated: two -->\n<!-- end -->\nc"
	const after = "a\n<!-- generated: one -->\n\n1\n1\n\n<!-- end -->\nb\n<!-- generated: two -->\n\n2\n\n<!-- end -->\nc"
	parts := map[string]string{"one": "1\n1\n", "two": "2", "three": "has no place"}
	filled, err := Fill([]byte(before), parts)
	require.NoError(t, err)
	assert.Equal(t, after, string(filled))
	again, err := Fill(filled, parts)
	require.NoError(t, err)
	assert.Equal(t, after, string(again), "a second time changes nothing")
	filled, err = Fill([]byte("by hand\n"), parts)
	require.NoError(t, err)
	assert.Equal(t, "by hand\n", string(filled))
}

func TestFillRefusesWrongMarkers(t *testing.T) {
	for document, want := range map[string]string{
		"<!-- generated: two -->\n<!-- end -->\n":                          `unknown part "two"`,
		"<!-- generated: one -->\n":                                        `part "one" has no end marker`,
		"<!-- generated: one -->\n<!-- generated: one -->\n<!-- end -->\n": `part "one" has no end marker`,
		"<!-- end -->\n": "an end marker without a part before it",
	} {
		_, err := Fill([]byte(document), map[string]string{"one": "1"})
		assert.EqualError(t, err, want, document)
	}
}
