package deflate

import (
	"bytes"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// messages are the examples of section 7.2.3, further valid messages, and invalid ones. A nil want stands for ErrCorrupt.
var messages = map[string]struct {
	wire string
	want any
}{
	"7.2.3.1 one block":                           {"\xf2\x48\xcd\xc9\xc9\x07\x00", "Hello"},
	"7.2.3.2 taken over from the message before":  {"\xf2\x00\x11\x00\x00", nil},
	"7.2.3.3 no compression":                      {"\x00\x05\x00\xfa\xffHello\x00", "Hello"},
	"7.2.3.4 BFINAL":                              {"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "Hello"},
	"7.2.3.5 two blocks":                          {"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "Hello"},
	"7.2.3.6 empty":                               {"\x00", ""},
	"empty, of a fixed code":                      {"\x02\x00", ""},
	"BFINAL on the tail's own block":              {"\x01", ""},
	"two messages with BFINAL":                    {"\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "HelloHello"},
	"a stored block after BFINAL":                 {"\xf3\x48\xcd\xc9\xc9\x07\x00\x00\x05\x00\xfa\xffHello\x00", "HelloHello"},
	"a stored block with BFINAL, one block after": {"\x01\x05\x00\xfa\xffHello\xf2\x48\xcd\xc9\xc9\x07\x00", "HelloHello"},
	"a reference over BFINAL":                     {"\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00", nil},
	"nothing":                                     {"", nil},
	"the tail not removed":                        {"\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff", nil},
	"no block after BFINAL":                       {"\xf3\x48\xcd\xc9\xc9\x07\x00", nil},
	"the reserved kind of block":                  {"\x06\x00", nil},
	"text":                                        {"Hello", nil},
	"a stored block whose lengths differ":         {"\x00\x05\x00\xfa\xfeHello\x00", nil},
	"a stored block that is cut":                  {"\x00\x06\x00\xf9\xffHello", nil},
	// The bytes that the reader adds after a message must not become its data (section 7.2.2).
	"a stored block with BFINAL that takes the reader's end": {"\x01\x0e\x00\xf1\xffHello", nil},
	"a stored block that takes the reader's end":             {"\x00\x0e\x00\xf1\xffHello", nil},
	"a compressed block that continues in the reader's end":  {"\xec\xc6\x41\x11\x00\x00\x08\x04\xa1\xdb\xfe\xa5\x1d\x7b\xf0\x82\x55\xad\x67", nil},
	"a stored block that takes the tail, as the RFC has it":  {"\x00\x09\x00\xf6\xffHello", "Hello\x00\x00\xff\xff"},
}

func TestInflateReadsTheMessagesOfTheRFC(t *testing.T) {
	for name, tc := range messages {
		t.Run(name, func(t *testing.T) {
			got, err := Inflate([]byte("x"), []byte(tc.wire), 2000)
			walked, _, walkErr := walk([]byte(tc.wire))
			if tc.want == nil {
				assert.ErrorIs(t, err, ErrCorrupt)
				assert.Equal(t, "x", string(got))
				assert.Error(t, walkErr)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "x"+tc.want.(string), string(got))
			assert.NoError(t, walkErr)
			assert.Equal(t, tc.want, string(walked))
		})
	}
}

// agrees expects that Inflate returns the same as walk.
func agrees(t require.TestingT, message []byte, limit int) {
	given := bytes.Clone(message)
	got, err := Inflate([]byte("x"), message, limit)
	require.Equal(t, given, message, "message is only read")
	want, _, walkErr := walk(message)
	if walkErr == errEmptyCode {
		return // flate may use the code of an earlier block of the same message
	}
	switch err {
	case nil:
		require.NoError(t, walkErr)
		require.Equal(t, "x"+string(want), string(got))
		require.LessOrEqual(t, len(want), limit)
		return
	case ErrTooLong:
		require.Greater(t, len(want), limit)
	case ErrCorrupt:
		require.Error(t, walkErr)
	default:
		require.Fail(t, "another error", "%v", err)
	}
	require.Equal(t, "x", string(got), "dst is returned unchanged")
}

func TestInflateAgreesWithWalkOnTruncatedAndChangedMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload, level := payloads().Draw(t, "payload"), rapid.IntRange(-2, 9).Draw(t, "level")
		payload = payload[:min(len(payload), 500)]
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, level)
		require.NoError(t, err)
		half := rapid.IntRange(0, len(payload)).Draw(t, "half")
		_, _ = w.Write(payload[:half])
		if rapid.Bool().Draw(t, "final") {
			require.NoError(t, w.Close())
			w.Reset(&b)
		}
		_, _ = w.Write(payload[half:])
		require.NoError(t, w.Flush())
		message := b.Bytes()[:b.Len()-len(tail)]

		got, err := Inflate(nil, message, len(payload))
		require.NoError(t, err)
		require.Equal(t, string(payload), string(got))
		agrees(t, message[:rapid.IntRange(0, len(message)-1).Draw(t, "cut")], len(payload)+100)
		at := rapid.IntRange(0, len(message)-1).Draw(t, "at")
		message[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		agrees(t, message, len(payload)+100)
	})
}

func TestInflateReadsUpToTheLimitAndAllocatesNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload := payloads().Draw(t, "payload")
		message := Append(nil, payload, 15)
		limit := len(payload) + rapid.IntRange(0, 5000).Draw(t, "spare")
		got, err := Inflate(nil, message, limit)
		require.NoError(t, err)
		require.Equal(t, string(payload), string(got))
		require.LessOrEqual(t, cap(got), limit)
		if len(payload) > 0 {
			_, err = Inflate(nil, message, rapid.IntRange(-1, len(payload)-1).Draw(t, "less"))
			require.ErrorIs(t, err, ErrTooLong)
		}
	})
}

func TestDecompressionBombIsTooLongAndAllocatesNoMoreThanTheLimit(t *testing.T) {
	var bomb bytes.Buffer
	w, err := flate.NewWriter(&bomb, flate.BestCompression)
	require.NoError(t, err)
	for range 64 {
		_, _ = w.Write(make([]byte, 1<<20))
	}
	require.NoError(t, w.Flush())
	message := bomb.Bytes()[:bomb.Len()-len(tail)]
	require.Less(t, len(message), 80<<10)

	const limit = 100_000
	in := inflaters.Get().(*inflater)
	out, err := in.append(nil, message, limit)
	assert.ErrorIs(t, err, ErrTooLong)
	assert.LessOrEqual(t, cap(out), limit)
	assert.Less(t, in.source.next, 1<<10, "the rest is not even read")

	got, err := Inflate(nil, message, limit)
	assert.ErrorIs(t, err, ErrTooLong)
	assert.Nil(t, got)
	got, err = Inflate(nil, message, 64<<20)
	require.NoError(t, err)
	assert.Len(t, got, 64<<20)
}

// A block that uses distances without a code (RFC 1951 section 3.2.7) is corrupt, even if the previous message had such a
// code. The two messages differ only in that.
func TestCodeOfThePreviousMessageIsNotUsed(t *testing.T) {
	in := inflaters.New().(*inflater)
	got, err := in.append(nil, []byte("\x0c\xc0\x01\x09\x00\x00\x00\x80\xa0\xad\xfd\x3f\x91\xc6\x00"), 10)
	require.NoError(t, err)
	assert.Equal(t, "aaaa", string(got))
	_, err = in.append(nil, []byte("\x0c\xc0\x01\x09\x00\x00\x00\x80\xa0\xad\xfd\x3f\x91\xc4\x00"), 10)
	assert.ErrorIs(t, err, ErrCorrupt)
}

func TestMessageMayConsistOfManyStreams(t *testing.T) {
	got, err := Inflate(nil, []byte(strings.Repeat("\x03\x00", 30_000)+"\x00"), 0)
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestInflateKeepsTheBytesOfDst(t *testing.T) {
	dst := make([]byte, 3, 100)
	copy(dst, "abc")
	got, err := Inflate(dst, []byte(messages["7.2.3.1 one block"].wire), 5)
	require.NoError(t, err)
	assert.Equal(t, "abcHello", string(got))
	assert.Same(t, &dst[0], &got[0], "dst has enough capacity")

	_, err = Inflate(dst, []byte(strings.ReplaceAll(messages["7.2.3.3 no compression"].wire, "Hello", "12345")), 2)
	require.ErrorIs(t, err, ErrTooLong)
	assert.Equal(t, "abc12llo", string(dst[:8]), "not more than the limit is written")
}

func FuzzInflate(f *testing.F) {
	for _, tc := range messages {
		f.Add([]byte(tc.wire))
	}
	f.Add(Append(nil, roomMessage(1000), 15))
	f.Fuzz(func(t *testing.T, message []byte) {
		if len(message) > 4<<10 {
			t.Skip("walk would take too long")
		}
		agrees(t, message, 10_000)
	})
}
