package settings

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASizeIsANumberWithAUnitOrABareNumberOfBytes(t *testing.T) {
	for _, tc := range []struct {
		text  string
		want  Bytes
		again string
	}{
		{"0", 0, "0B"},
		{"512B", 512, "512B"},
		{"65536", 64 << 10, "64KiB"},
		{"64KiB", 64 << 10, "64KiB"},
		{"1MiB", 1 << 20, "1MiB"},
		{"1.5MiB", 3 << 19, "1MiB512KiB"},
		{"1GiB", 1 << 30, "1GiB"},
		{"-1KiB", -1 << 10, "-1KiB"},
	} {
		var got, again Bytes
		require.NoError(t, got.UnmarshalText([]byte(tc.text)), tc.text)
		assert.Equal(t, tc.want, got, tc.text)
		assert.Equal(t, tc.again, got.String())
		require.NoError(t, again.UnmarshalText([]byte(got.String())))
		assert.Equal(t, got, again)
	}
	for _, text := range []string{"", "KiB", "64kib", "64 KiB", "1e3", "99999999999999999999"} {
		var b Bytes
		assert.EqualError(t, b.UnmarshalText([]byte(text)), `expected a size such as 64KiB but got "`+text+`"`)
	}
}
