package natsbus

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/rooms"
)

func TestNamesAreParsedAsTheyWereEncoded(t *testing.T) {
	t.Parallel()
	names := rooms.Names{"Alex": rooms.Owner, "Béa": rooms.Joining, "": rooms.Covered, strings.Repeat("x", 300): rooms.Leaving}
	b := appendNames([]byte("report"), names, 1000)
	assert.Equal(t, names, parseNames(b[len("report"):]))
	assert.Equal(t, "report", string(appendNames([]byte("report"), names, 300)), "the names do not fit")
	assert.Nil(t, parseNames(nil))
	for _, malformed := range []string{"\x01", "\x01\x05Alex", "\x00\x04Alex", "\x09\x04Alex", "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"} {
		assert.Nil(t, parseNames([]byte(malformed)), "%q", malformed)
	}
}

func FuzzParseNames(f *testing.F) {
	f.Add([]byte("\x01\x04Alex\x02\x03Bea"))
	f.Add([]byte("\x04\x80\x01x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if names := parseNames(b); names != nil {
			require.Equal(t, names, parseNames(appendNames(nil, names, 1<<20)))
		}
	})
}
