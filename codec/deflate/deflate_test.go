package deflate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// roomMessage returns a message of about n bytes, whose text consists of common words and numbers.
func roomMessage(n int) []byte {
	words := strings.Fields(`the of and to in is you that it he was for on are as with his they at be this
		have from or one had by word but not what all were we when your can said there use an each which she
		do how their if will up other about out many then them these so some her would make like him into
		time has look two more write go see number no way could people my than first water been call who`)
	r := rand.New(rand.NewPCG(1, uint64(n)))
	var b bytes.Buffer
	b.WriteString(`{"sender":"Alex","text":"`)
	for b.Len() < n-60 {
		fmt.Fprintf(&b, "%s ", words[r.IntN(len(words))])
		if r.IntN(9) == 0 {
			fmt.Fprintf(&b, "%d, ", r.IntN(10000))
		}
	}
	b.WriteString(`","room":"general","timestamp":1721433600000,"seq":42}`)
	return b.Bytes()
}

// payloads draws payloads that compress well, badly and not at all, shorter and longer than any window.
func payloads() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		n := rapid.OneOf(rapid.IntRange(0, 600), rapid.IntRange(0, 80_000)).Draw(t, "n")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		letters := rapid.SampledFrom([]int{1, 2, 20, 256}).Draw(t, "letters")
		period := rapid.IntRange(1, n+1).Draw(t, "period") // the bytes repeat after so many
		b := make([]byte, n)
		for i := range b {
			if b[i] = byte(r.IntN(letters)); i >= period {
				b[i] = b[i-period]
			}
		}
		return b
	})
}

func TestInflateRestoresTheDeflatedPayload(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload, before := payloads().Draw(t, "payload"), rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "before")
		window := rapid.Uint8Range(8, 15).Draw(t, "window")
		given := bytes.Clone(payload)

		b := Append(bytes.Clone(before), payload, window)
		require.True(t, bytes.HasPrefix(b, before))
		require.Equal(t, given, payload, "payload is only read")
		message := b[len(before):]
		got, err := Inflate(bytes.Clone(before), message, len(payload))
		require.NoError(t, err)
		require.Equal(t, string(before)+string(payload), string(got))
	})
}

// Section 7.1.2.1: the client needs to keep only the window.
func TestNoReferenceGoesBackBeyondTheWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload, window := payloads().Draw(t, "payload"), rapid.Uint8Range(8, 15).Draw(t, "window")
		out, farthest, err := walk(Append(nil, payload, window))
		require.NoError(t, err)
		require.Equal(t, string(payload), string(out))
		require.LessOrEqual(t, farthest, 1<<window)
	})
}

func TestLargerWindowCompressesBetter(t *testing.T) {
	payload := roomMessage(16 << 10)
	_, near, err := walk(Append(nil, payload, 8))
	require.NoError(t, err)
	_, far, err := walk(Append(nil, payload, 15))
	require.NoError(t, err)
	assert.Greater(t, far, 8<<10)
	assert.LessOrEqual(t, near, 256)
	assert.Less(t, len(Append(nil, payload, 15)), len(Append(nil, payload, 12)))
	assert.Less(t, len(Append(nil, payload, 12)), len(Append(nil, payload, 8)))
	assert.Less(t, len(Append(nil, payload, 8)), len(payload))
}

// Section 7.2.3.6.
func TestEmptyPayloadBecomesOneZeroByte(t *testing.T) {
	for window := uint8(8); window <= 15; window++ {
		assert.Equal(t, []byte("x\x00"), Append([]byte("x"), nil, window))
	}
}

func TestAppendAndInflateDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector sync.Pool drops items at random")
	}
	for _, n := range []int{128, 1 << 10, 16 << 10, 100 << 10} {
		for _, window := range []uint8{8, 12, 15} {
			payload := roomMessage(n)
			message := Append(nil, payload, window)
			dst := make([]byte, 0, 2*len(payload))
			for what, do := range map[string]func(){
				"Append":  func() { _ = Append(dst, payload, window) },
				"Inflate": func() { _, _ = Inflate(dst, message, len(payload)) },
			} {
				assert.Zero(t, testing.AllocsPerRun(100, do), "%s of %d bytes in a window of %d bits", what, n, window)
			}
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{128, 1 << 10, 16 << 10} {
		for _, window := range []uint8{8, 10, 12, 15} {
			b.Run(fmt.Sprintf("bytes=%d/window=%d", n, window), func(b *testing.B) {
				payload, dst := roomMessage(n), []byte{}
				b.ReportAllocs()
				b.SetBytes(int64(len(payload)))
				for b.Loop() {
					dst = Append(dst[:0], payload, window)
				}
				b.ReportMetric(float64(len(dst))/float64(len(payload)), "ratio")
			})
		}
	}
}

func BenchmarkInflate(b *testing.B) {
	for _, n := range []int{128, 1 << 10, 16 << 10} {
		b.Run(fmt.Sprintf("bytes=%d", n), func(b *testing.B) {
			payload, dst := roomMessage(n), []byte{}
			message := Append(nil, payload, 15)
			b.ReportAllocs()
			b.SetBytes(int64(len(payload)))
			for b.Loop() {
				dst, _ = Inflate(dst[:0], message, 1<<20)
			}
		})
	}
}
