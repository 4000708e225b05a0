package message

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOnlyDigitsOfBase64AreParsed(t *testing.T) {
	for _, n := range []int64{0, 1, 63, 64, MaxShort, MaxShort - 1, 7_654_321} {
		b := appendDigits(nil, n, shortFieldLen)
		got, ok := parseDigits(b)
		require.True(t, ok)
		require.Equal(t, n, got)
		for at := range b {
			for c := range 256 {
				wrong := bytes.Clone(b)
				wrong[at] = byte(c)
				_, ok = parseDigits(wrong)
				require.Equal(t, strings.IndexByte(digits, byte(c)) >= 0, ok, "%q", wrong)
			}
		}
	}
}

func TestAMarkOccursOncePerShortText(t *testing.T) {
	m := MarkFor(ShortHeadSize)
	assert.NotContains(t, digits, string(m.Start()[:1]))
	assert.Len(t, m.Name(), 7, "runs on one server still have different rooms")
	text := m.AppendText(nil, 1<<48-1, MaxShort, MaxShort, ShortHeadSize)
	assert.Len(t, text, 20)
	assert.Equal(t, 1, bytes.Count(text, m.Start()))
}

func TestAShortTextIsWrittenAndReadWithoutAllocations(t *testing.T) {
	m, buffer := MarkFor(ShortHeadSize), make([]byte, 0, 64)
	sum := 0
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		b := m.AppendText(buffer, 12_345, 6, 7, 22)
		text := b[m.Find(b, 0):]
		due, _ := Due(text)
		stream, _ := Stream(text)
		number, _ := Number(text)
		sum += int(due) + stream + number
	}))
	assert.Equal(t, 101*12_358, sum)
}

func BenchmarkParse(b *testing.B) {
	for _, size := range []int{ShortHeadSize, HeadSize} {
		m := MarkFor(size)
		body := append([]byte(`{"user":"m0000001","text":"`), m.AppendText(nil, 12_345_678_901, 123, 4567, size)...)
		body = append(body, `","seq":17}`...)
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			var sum int64
			for b.Loop() {
				text := body[m.Find(body, 27):]
				stream, _ := Stream(text)
				number, _ := Number(text)
				due, _ := Due(text)
				sum += due + int64(stream+number)
			}
			assert.NotZero(b, sum)
		})
	}
}
