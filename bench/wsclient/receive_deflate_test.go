package wsclient

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/codec/deflate"
	"plenum/codec/frame"
)

// RSV1 is allowed only on the first frame of a message, and RSV2 nowhere (RFC 7692 section 6).
func TestViolationsOfCompressionAreDetected(t *testing.T) {
	bomb := frame.Append(nil, frame.Text|frame.RSV1, deflate.Append(nil, make([]byte, maxMessage+1), 15))
	for name, c := range map[string]struct {
		stream []byte
		code   int
		what   string
	}{
		"on a ping":         {frame.Append(nil, frame.Ping|frame.RSV1, nil), 1002, "a reserved bit"},
		"on a continuation": {join(fragment(frame.Text|frame.RSV1, false, "x"), fragment(frame.Continuation|frame.RSV1, true, "x")), 1002, "a reserved bit"},
		"RSV2":              {frame.Append(nil, frame.Text|0x20, nil), 1002, "a reserved bit"},
		"RSV1 and RSV3":     {frame.Append(nil, frame.Text|0x50, nil), 1002, "a reserved bit"},
		"no deflate data":   {frame.Append(nil, frame.Text|frame.RSV1, []byte("\xff\xff")), 1007, "a message that does not inflate"},
		"nothing":           {frame.Append(nil, frame.Text|frame.RSV1, nil), 1007, "a message that does not inflate"},
		"too long":          {bomb, 1009, "a message of more than 128 KiB"},
	} {
		assert.Equal(t, &Fault{Code: c.code, What: c.what}, feed(newFakeClient(Config{Compression: true}), c.stream, readBuffer/2), name)
	}
}

func TestCompressedFramesAreTheSameHoweverReadsSplitThem(t *testing.T) {
	text := strings.Repeat("compressed ", 30)
	deflated := string(deflate.Append(nil, []byte(text), 15))
	stream := join(
		frame.Append(nil, frame.Text|frame.RSV1, []byte(deflated)),
		fragment(frame.Binary|frame.RSV1, false, deflated[:5]), frame.Append(nil, frame.Ping, nil), fragment(frame.Continuation, true, deflated[5:]),
		frame.Append(nil, frame.Text, []byte("plain")),
		fragment(frame.Text, false, "in "), fragment(frame.Continuation, true, "two"),
		frame.Append(nil, frame.Text|frame.RSV1, []byte{0}), // nothing (section 7.2.3.6)
	)
	for piece := 1; piece <= len(stream); piece++ {
		var got []string
		fake := newFakeClient(Config{Compression: true, OnMessage: func(_ *Client, op frame.Opcode, payload []byte) {
			got = append(got, fmt.Sprintf("%d %s", op, payload))
		}})
		require.Nil(t, feed(fake, stream, piece))
		require.Equal(t, []string{"1 " + text, "2 " + text, "1 plain", "1 in two", "1 "}, got, "pieces of %d", piece)
	}
}

// A message may be equal to the one before it, or have the same length, or follow one that does
// not inflate.
func TestEachMessageInflatesToItsOwnText(t *testing.T) {
	var i inflated
	for _, name := range []string{"", "one", "two", "two", "", "one", "cut", "one", "two", "cut", "cut", "two", "two"} {
		text := strings.Repeat(name+" after another, ", 2*len(name))
		message := deflate.Append(nil, []byte(text), 15)
		if name == "cut" {
			_, fault := i.of(message[:len(message)-2])
			assert.NotNil(t, fault)
			continue
		}
		got, fault := i.of(message)
		require.Nil(t, fault)
		assert.Equal(t, text, string(got))
	}
}
