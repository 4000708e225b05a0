package utf8check

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// extensible reports whether b is the beginning of a valid UTF-8 text. It tries to complete b with a byte of each class
// of continuation bytes.
func extensible(b []byte) bool {
	if utf8.Valid(b) {
		return true
	}
	for _, first := range []byte{0x80, 0x90, 0xa0} {
		for n := 1; n <= 3; n++ {
			if utf8.Valid(append(append([]byte{}, b...), append([]byte{first}, "\x80\x80"...)[:n]...)) {
				return true
			}
		}
	}
	return false
}

// checkPieces feeds b in two pieces and compares the results with the standard library. Feed must fail at the first
// invalid byte.
func checkPieces(t require.TestingT, b []byte, cut int) {
	var u Check
	ok := u.Feed(b[:cut])
	require.Equal(t, extensible(b[:cut]), ok, "%q is the beginning of a text", b[:cut])
	if !ok {
		return
	}
	require.Equal(t, utf8.Valid(b[:cut]), u.Whole(), "%q may be the whole text", b[:cut])
	ok = u.Feed(b[cut:])
	require.Equal(t, utf8.Valid(b), ok && u.Whole(), "%q cut at %d", b, cut)
	require.Equal(t, extensible(b), ok, "%q is the beginning of a text", b)
}

func TestUTF8ByteByByteAgreesWithTheStandardLibrary(t *testing.T) {
	for _, tail := range []string{"", "\x80", "\x80\x80", "\x80\x80\x80", "\xbf\xbf\xbf", "a"} {
		for hi := 0x70; hi < 256; hi++ {
			for lo := range 256 {
				b := append([]byte{byte(hi), byte(lo)}, tail...)
				var u Check
				for i := range b {
					ok := u.Feed(b[i : i+1])
					if ok != extensible(b[:i+1]) {
						t.Fatalf("%q: %v", b[:i+1], ok)
					}
					if !ok {
						break
					}
				}
			}
		}
	}
}

func TestUTF8InAnyPiecesAgreesWithTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(
			rapid.String(),
			rapid.StringOf(rapid.SampledFrom([]rune("a\u00e9\u20ac\U0001F600"))),
			rapid.Map(rapid.SliceOf(rapid.SampledFrom([]string{"ascii of more than eight bytes", "\xe2", "\x82", "\xac", "\xf0", "\xed", "\xa0", "\xff", "x"})),
				func(parts []string) string { return strings.Join(parts, "") }),
		).Draw(t, "s")
		checkPieces(t, []byte(s), rapid.IntRange(0, len(s)).Draw(t, "cut"))
	})
}

func FuzzUTF8(f *testing.F) {
	f.Add([]byte("plain ascii, and \u20ac and \U0001F600"), 20)
	f.Add([]byte("\xed\xa0\x80"), 1)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		checkPieces(t, b, int(uint(cut)%uint(len(b)+1)))
	})
}

func BenchmarkUTF8(b *testing.B) {
	for name, s := range map[string]string{"ascii": strings.Repeat("a", 1024), "mixed": strings.Repeat("aa\u00e9\u20ac ", 128)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				var u Check
				u.Feed([]byte(s))
			}
		})
	}
}
