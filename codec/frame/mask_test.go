package frame

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// naiveMask is the algorithm of section 5.3, byte by byte.
func naiveMask(b []byte, key [4]byte, pos int) []byte {
	out := make([]byte, len(b))
	for i := range b {
		out[i] = b[i] ^ key[(pos+i)%4]
	}
	return out
}

func TestMaskEqualsTheNaiveXORAtEveryLengthAlignmentAndOffset(t *testing.T) {
	key := [4]byte{0x01, 0x20, 0xff, 0x83}
	whole := make([]byte, 200)
	for i := range whole {
		whole[i] = byte(i * 7)
	}
	for length := range 130 {
		for align := range 9 {
			for pos := range 6 {
				b := bytes.Clone(whole)
				Mask(b[align:align+length], key, pos)
				want := bytes.Clone(whole)
				copy(want[align:], naiveMask(whole[align:align+length], key, pos))
				require.Equal(t, want, b, "length %d at %d, pos %d", length, align, pos)
			}
		}
	}
}

func TestMaskInPiecesEqualsMaskAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "b")
		key := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "key"))
		want := naiveMask(b, key, 0)
		for pos := 0; pos < len(b); {
			n := rapid.IntRange(1, len(b)-pos).Draw(t, "n")
			Mask(b[pos:pos+n], key, pos)
			pos += n
		}
		require.Equal(t, want, b)
	})
}

func TestMaskTwiceRestoresThePayload(t *testing.T) {
	b := []byte("the quick brown fox jumps over the lazy dog")
	key := [4]byte{9, 8, 7, 6}
	Mask(b, key, 3)
	assert.NotContains(t, string(b), "fox")
	Mask(b, key, 3)
	assert.Equal(t, "the quick brown fox jumps over the lazy dog", string(b))
}

func BenchmarkMask(b *testing.B) {
	payload := make([]byte, 1024)
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		Mask(payload, [4]byte{1, 2, 3, 4}, 0)
	}
}
