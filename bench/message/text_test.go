package message

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"plenum/codec/deflate"
)

func TestATextIsFoundInAnyEnvelope(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		due := rapid.Int64Range(0, 9_999_999_999_999_999).Draw(t, "due")
		stream := rapid.IntRange(0, maxField).Draw(t, "stream")
		number := rapid.IntRange(0, maxField).Draw(t, "number")
		size := rapid.IntRange(ShortHeadSize, 300).Draw(t, "size")
		guess := rapid.IntRange(0, 400).Draw(t, "guess")
		if size < HeadSize {
			due, stream, number = due%(1<<48), min(stream, MaxShort), min(number, MaxShort)
		}
		m := MarkFor(size)
		require.GreaterOrEqual(t, size, m.Head())
		text := m.AppendText(nil, due, stream, number, size)
		require.Len(t, text, size)
		body, err := json.Marshal(map[string]string{"sender": m.Name(), "text": string(text), "z": "last"})
		require.NoError(t, err)
		require.Contains(t, string(body), string(text), "JSON does not escape it")

		at := m.Find(body, guess)
		require.Equal(t, strings.Index(string(body), string(text)), at)
		require.Equal(t, at, m.Find(body, at))
		gotDue, ok := Due(body[at:])
		assert.True(t, ok)
		assert.Equal(t, due, gotDue)
		gotStream, ok := Stream(body[at:])
		assert.True(t, ok)
		assert.Equal(t, stream, gotStream)
		gotNumber, ok := Number(body[at:])
		assert.True(t, ok)
		assert.Equal(t, number, gotNumber)
	})
}

func TestOtherBytesAreNotMistakenForAText(t *testing.T) {
	for _, size := range []int{ShortHeadSize, HeadSize} {
		m := MarkFor(size)
		text := m.AppendText(nil, 1, 2, 3, size)
		other := MarkFor(size)
		other[1] = markChars[(strings.IndexByte(markChars, m[1])+1)%len(markChars)] // short marks may be equal by chance
		for _, b := range [][]byte{nil, []byte("x"), text[:len(text)-1], []byte(m.Name()), other.AppendText(nil, 1, 2, 3, 99)} {
			for _, guess := range []int{0, 3, 1000} {
				assert.Equal(t, -1, m.Find(b, guess), "%s", b)
			}
		}
	}
}

func TestOnlyEightDigitsAreParsed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, maxField).Draw(t, "n")
		b := fmt.Appendf(nil, "%08d", n)
		got, ok := parse8(b)
		require.True(t, ok)
		require.Equal(t, n, got)
		at, wrong := rapid.IntRange(0, 7).Draw(t, "at"), rapid.Byte().Draw(t, "wrong")
		b[at] = wrong
		_, ok = parse8(b)
		require.Equal(t, wrong >= '0' && wrong <= '9', ok, "%q", b)
	})
}

func TestWordsDifferPerMessageAndAreTheSameInEachRun(t *testing.T) {
	filled := func(stream, number, size int) string {
		padding := make([]byte, size)
		FillWords(padding, stream, number)
		return string(padding)
	}
	seen := map[string]bool{}
	for stream := range 10 {
		for number := range 500 {
			one := filled(stream, number, 984)
			assert.False(t, seen[one])
			seen[one] = true
			require.Equal(t, one, filled(stream, number, 984))
			require.Regexp(t, `^[a-z,. ]+$`, one, "JSON does not escape it, and it has no mark")
		}
	}
	const whole = 984
	deflated := len(deflate.Append(nil, []byte(filled(0, 1, whole)), 15))
	assert.InDelta(t, 0.55, float64(deflated)/whole, 0.1, "about the ratio of English text")
	assert.Len(t, filled(3, 7, 200_000), 200_000, "a long padding repeats the words")
	assert.Empty(t, filled(0, 1, 0))
}
