package auth_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

func TestAnAPIKeyIsAcceptedOnlyInFull(t *testing.T) {
	t.Parallel()
	one, two := strings.Repeat("a", 32), "!~"+strings.Repeat("Z", auth.MaxAPIKey-2)
	keys, err := auth.NewAPIKeys([]string{one, two})
	require.NoError(t, err)
	assert.True(t, keys.Any())
	assert.True(t, keys.Has(one) && keys.Has(two))
	for _, wrong := range []string{"", one[1:], one + "a", strings.ToUpper(one), one + "," + two} {
		assert.False(t, keys.Has(wrong), wrong)
	}
	assert.False(t, auth.APIKeys{}.Any())
	assert.False(t, auth.APIKeys{}.Has(""))
}

func TestAnInvalidAPIKeyIsRefusedAndNotShown(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("a", 32)
	for bad, why := range map[string]string{
		"":                             "a key must have 32 to 512 bytes, key 2 has 0",
		"secret":                       "a key must have 32 to 512 bytes, key 2 has 6",
		strings.Repeat("s", 513):       "a key must have 32 to 512 bytes, key 2 has 513",
		strings.Repeat("s ", 20):       "a key must be of ASCII letters, digits and punctuation, key 2 is not",
		strings.Repeat("é", 20):        "a key must be of ASCII letters, digits and punctuation, key 2 is not",
		strings.Repeat("s", 32) + "\n": "a key must be of ASCII letters, digits and punctuation, key 2 is not",
	} {
		_, err := auth.NewAPIKeys([]string{good, bad})
		require.EqualError(t, err, why)
	}
	_, err := auth.NewAPIKeys(make([]string, 17))
	assert.EqualError(t, err, "at most 16 keys are allowed, got 17")
}
