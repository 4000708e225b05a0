package frame

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The examples of RFC 6455 section 5.7, and the least and greatest lengths of the three encodings.
func TestParseHeaderReadsTheExamplesOfTheRFC(t *testing.T) {
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	for name, tc := range map[string]struct {
		wire []byte
		want Header
	}{
		"hello":           {[]byte{0x81, 0x05}, Header{Fin: true, Opcode: Text, Length: 5}},
		"masked hello":    {[]byte{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d}, Header{Fin: true, Opcode: Text, Masked: true, Key: key, Length: 5}},
		"first fragment":  {[]byte{0x01, 0x03}, Header{Opcode: Text, Length: 3}},
		"last fragment":   {[]byte{0x80, 0x02}, Header{Fin: true, Opcode: Continuation, Length: 2}},
		"ping":            {[]byte{0x89, 0x05}, Header{Fin: true, Opcode: Ping, Length: 5}},
		"masked pong":     {[]byte{0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d}, Header{Fin: true, Opcode: Pong, Masked: true, Key: key, Length: 5}},
		"256 bytes":       {[]byte{0x82, 0x7e, 0x01, 0x00}, Header{Fin: true, Opcode: Binary, Length: 256}},
		"64 KiB":          {[]byte{0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0}, Header{Fin: true, Opcode: Binary, Length: 65536}},
		"empty close":     {[]byte{0x88, 0x00}, Header{Fin: true, Opcode: Close}},
		"longest short":   {[]byte{0x82, 125}, Header{Fin: true, Opcode: Binary, Length: 125}},
		"shortest medium": {[]byte{0x82, 126, 0, 126}, Header{Fin: true, Opcode: Binary, Length: 126}},
		"longest medium":  {[]byte{0x82, 126, 0xff, 0xff}, Header{Fin: true, Opcode: Binary, Length: 65535}},
		"longest of all":  {[]byte{0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, Header{Fin: true, Opcode: Binary, Length: math.MaxInt64}},
		"reserved bits":   {[]byte{0xf3, 0x00}, Header{Fin: true, RSV: 0x70, Opcode: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			got, n, err := ParseHeader(append(bytes.Clone(tc.wire), "payload"...))
			require.NoError(t, err)
			assert.Equal(t, len(tc.wire), n)
			assert.Equal(t, tc.want, got)
			for cut := range tc.wire {
				_, n, err := ParseHeader(tc.wire[:cut])
				assert.NoError(t, err, "the first %d bytes", cut)
				assert.Zero(t, n, "the first %d bytes", cut)
			}
		})
	}
}

// Section 5.2: the length must use the minimal number of bytes, and its most significant bit must be 0.
func TestLengthThatTheRFCForbidsIsAnError(t *testing.T) {
	for name, wire := range map[string][]byte{
		"0 in 16 bits":     {0x82, 126, 0, 0},
		"125 in 16 bits":   {0x82, 126, 0, 125},
		"0 in 64 bits":     {0x82, 127, 0, 0, 0, 0, 0, 0, 0, 0},
		"65535 in 64 bits": {0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff},
		"top bit":          {0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0},
		"all bits":         {0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"masked":           {0x82, 0x80 | 126, 0, 125},
	} {
		_, n, err := ParseHeader(wire)
		assert.ErrorIs(t, err, ErrLength, name)
		assert.Zero(t, n, name)
	}
}

func TestOpcodesFromEightAreControl(t *testing.T) {
	for op := Opcode(0); op < 16; op++ {
		assert.Equal(t, op >= 8, op.Control(), "opcode %d", op)
	}
}

func TestParseHeaderReturnsTheAppendedHeader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		op := Opcode(rapid.ByteRange(0, 15).Draw(t, "opcode"))
		n := rapid.OneOf(rapid.IntRange(0, 130), rapid.IntRange(65530, 65540), rapid.IntRange(0, math.MaxInt)).Draw(t, "n")
		before := rapid.SliceOf(rapid.Byte()).Draw(t, "before")

		b := AppendHeader(bytes.Clone(before), op, n)
		require.True(t, bytes.HasPrefix(b, before))
		h, size, err := ParseHeader(b[len(before):])
		require.NoError(t, err)
		require.Equal(t, len(b)-len(before), size)
		require.Equal(t, Header{Fin: true, Opcode: op, Length: int64(n)}, h)

		key := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "key"))
		b = AppendMaskedHeader(nil, op, n, key)
		h, size, err = ParseHeader(b)
		require.NoError(t, err)
		require.Equal(t, len(b), size)
		require.LessOrEqual(t, size, MaxHeader)
		require.Equal(t, Header{Fin: true, Opcode: op, Masked: true, Key: key, Length: int64(n)}, h)
	})
}

// RFC 7692 section 7.2.3.1: a deflated "Hello" begins with c1 07.
func TestRSV1IsAppendedWithTheOpcodeAndParsedSeparately(t *testing.T) {
	want := Header{Fin: true, RSV: RSV1, Opcode: Text, Length: 7}
	b := AppendHeader(nil, Text|RSV1, 7)
	assert.Equal(t, []byte{0xc1, 0x07}, b)
	h, _, err := ParseHeader(b)
	require.NoError(t, err)
	assert.Equal(t, want, h)

	want.Masked, want.Key = true, [4]byte{1, 2, 3, 4}
	h, _, err = ParseHeader(AppendMaskedHeader(nil, Text|RSV1, 7, want.Key))
	require.NoError(t, err)
	assert.Equal(t, want, h)
}

func TestAppendWritesHeaderAndPayload(t *testing.T) {
	assert.Equal(t, []byte("\x81\x05Hello"), Append(nil, Text, []byte("Hello")))
	assert.Equal(t, []byte("x\x8a\x00"), Append([]byte("x"), Pong, nil))
}

// The test knows the ends of the frames from writing them.
func TestWholeReturnsTheFirstFrameEndAtOrAfterN(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b []byte
		ends := []int{0}
		for _, size := range rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 140), rapid.IntRange(65530, 65540)), 1, 8).Draw(t, "sizes") {
			b = Append(b, Text, make([]byte, size))
			ends = append(ends, len(b))
		}
		n := rapid.OneOf(rapid.IntRange(0, len(b)), rapid.SampledFrom(ends)).Draw(t, "n")
		want := 0
		for i := 0; want < n; i++ {
			want = ends[i]
		}
		require.Equal(t, want, Whole(b, n))
	})
}

func TestPayloadsReturnsTheAppendedPayloads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b []byte
		var want [][]byte
		for _, size := range rapid.SliceOf(rapid.OneOf(rapid.IntRange(0, 140), rapid.IntRange(65530, 65540))).Draw(t, "sizes") {
			want = append(want, bytes.Repeat([]byte{byte(size)}, size))
			b = Append(b, Text, want[len(want)-1])
		}
		all := Payloads(b)
		for range all {
			break // an iteration that stops early does not affect the next one
		}
		for range 2 {
			require.Equal(t, want, slices.Collect(all))
		}
	})
	for _, cut := range []string{"\x81", "\x81\x05Hell", "\x82\x7e\x00\x01x"} {
		assert.Panics(t, func() { _ = slices.Collect(Payloads([]byte("\x81\x00" + cut))) }, "%q", cut)
	}
}

// A header that can be parsed has exactly the bytes that AppendHeader writes for it. Every shorter prefix of it is
// incomplete, and no error.
func FuzzParseHeader(f *testing.F) {
	f.Add([]byte{0x81, 0x05})
	f.Add([]byte{0x81, 0x85, 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := ParseHeader(b)
		if err != nil {
			require.ErrorIs(t, err, ErrLength)
			return
		}
		if n == 0 {
			require.Less(t, len(b), MaxHeader)
			return
		}
		require.LessOrEqual(t, n, min(len(b), MaxHeader))
		require.GreaterOrEqual(t, h.Length, int64(0))
		again := AppendHeader(nil, h.Opcode, int(h.Length))
		if h.Masked {
			again = AppendMaskedHeader(nil, h.Opcode, int(h.Length), h.Key)
		}
		again[0] &^= finBit
		if h.Fin {
			again[0] |= finBit
		}
		again[0] |= h.RSV
		require.Equal(t, b[:n], again)
		for cut := range n {
			_, m, err := ParseHeader(b[:cut])
			require.NoError(t, err)
			require.Zero(t, m)
		}
	})
}
