package wsclient

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
	"plenum/codec/deflate"
	"plenum/codec/frame"
)

// feed gives b to the first client in pieces of the given size, as reads would.
func feed(f *FakeClients, b []byte, piece int) *Fault {
	for len(b) > 0 {
		n := min(piece, len(b))
		if fault := f.Feed(f.Clients[0], b[:n], 0); fault != nil {
			return fault
		}
		b = b[n:]
	}
	return nil
}

func newFakeClient(cfg Config) *FakeClients { return NewFakeClients(cfg, 1) }

func fragment(op frame.Opcode, fin bool, payload string) []byte {
	b := frame.Append(nil, op, []byte(payload))
	if !fin {
		b[0] &^= 0x80
	}
	return b
}

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func TestFramesAreTheSameHoweverReadsSplitThem(t *testing.T) {
	stream := join(
		frame.Append(nil, frame.Text, []byte("one")),
		frame.Append(nil, frame.Text, nil),
		fragment(frame.Text, false, "tw"), frame.Append(nil, frame.Ping, []byte("p")), fragment(frame.Continuation, true, "o"),
		frame.Append(nil, frame.Binary, make([]byte, 300)),
		frame.Append(nil, frame.Text, []byte("last")),
		frame.Append(nil, frame.Close, frame.AppendClosePayload(nil, 1000, "bye")),
		[]byte("is ignored"),
	)
	want := []string{"1 one", "1 ", "1 two", "2 " + string(make([]byte, 300)), "1 last"}
	for piece := 1; piece <= len(stream); piece++ {
		var got []string
		fake := newFakeClient(Config{OnMessage: func(_ *Client, op frame.Opcode, payload []byte) {
			got = append(got, fmt.Sprintf("%d %s", op, payload))
		}})
		require.Nil(t, feed(fake, stream, piece))
		require.Equal(t, want, got, "pieces of %d", piece)
		require.Equal(t, End{Code: 1000, Reason: "bye"}, *fake.Clients[0].end)
		require.Empty(t, fake.Clients[0].tail)
	}
}

func TestViolationsOfTheProtocolAreDetected(t *testing.T) {
	head := func(first, second byte) []byte { return []byte{first, second} }
	for name, c := range map[string]struct {
		stream []byte
		code   int
		what   string
	}{
		"masked":             {masked(nil, frame.Text, []byte("x")), 1002, "a masked frame"},
		"reserved bit":       {head(0xC1, 0), 1002, "a reserved bit"},
		"opcode 3":           {head(0x83, 0), 1002, "a reserved opcode"},
		"opcode 11":          {head(0x8B, 0), 1002, "a reserved opcode"},
		"cut control":        {head(0x09, 0), 1002, "a fragmented control frame"},
		"long control":       {frame.Append(nil, frame.Ping, make([]byte, 126)), 1002, "a long control frame"},
		"lone continuation":  {head(0x80, 0), 1002, "a continuation of nothing"},
		"message in message": {join(fragment(frame.Text, false, "a"), head(0x81, 0)), 1002, "a message within a message"},
		"long form":          {[]byte{0x81, 126, 0, 1}, 1002, "a malformed length"},
		"too big":            {frame.AppendHeader(nil, frame.Text, maxMessage+1), 1009, "a frame of more than 128 KiB"},
		"too big in all": {join(frame.Append(nil, frame.Text, nil), fragment(frame.Text, false, string(make([]byte, maxMessage))),
			fragment(frame.Continuation, true, "x")), 1009, "a message of more than 128 KiB"},
		"RSV1":         {frame.Append(nil, frame.Text|frame.RSV1, []byte{0}), 1002, "a reserved bit"},
		"close code":   {frame.Append(nil, frame.Close, []byte{3, 237}), 1002, "a malformed close frame"},
		"close reason": {frame.Append(nil, frame.Close, []byte{3, 232, 0xff}), 1007, "a malformed close frame"},
	} {
		assert.Equal(t, &Fault{Code: c.code, What: c.what}, feed(newFakeClient(Config{}), c.stream, readBuffer/2), name)
	}
}

func TestAServerThatViolatesTheProtocolGetsACloseFrame(t *testing.T) {
	fakeserver.OverEachWire(t, func(t *testing.T, w fakeserver.Wire) {
		answer := make(chan int, 1)
		url := w.Script(t, "", func(conn net.Conn, from *bufio.Reader) {
			_, _ = conn.Write([]byte{0xC1, 0})
			got := make([]byte, frame.MaxControl)
			n, _ := from.Read(got)
			h, size, _ := frame.ParseHeader(got[:n])
			frame.Mask(got[size:n], h.Key, 0)
			code, _, _ := frame.ParseClosePayload(got[size:n])
			answer <- code
		})
		r := newRecorder(t, Config{})
		_, err := r.Dial(fakeserver.Context(t), url, 0)
		require.NoError(t, err)
		end := fakeserver.Next(t, r.ends)
		assert.Equal(t, frame.CloseProtocolError, end.Code)
		var fault *Fault
		assert.ErrorAs(t, end.Err, &fault)
		assert.Equal(t, frame.CloseProtocolError, fakeserver.Next(t, answer))
		assert.EqualValues(t, 1, r.Stats().Faults)
		assert.Zero(t, r.Stats().Open)
	})
}

// FuzzReceive checks that a stream of frames is handled the same way however reads split it. If
// piece is odd, compression was agreed on.
func FuzzReceive(f *testing.F) {
	f.Add(join(fragment(frame.Text, false, "tw"), frame.Append(nil, frame.Ping, []byte("p")), fragment(frame.Continuation, true, "o")), uint16(3))
	f.Add(join(frame.Append(nil, frame.Binary, make([]byte, 300)), frame.Append(nil, frame.Close, []byte("\x03\xe8bye")), []byte("more")), uint16(7))
	f.Add([]byte{0x81, 126, 0, 1, 'x', 0x81, 127, 0xff}, uint16(1))
	f.Add(frame.Append(nil, frame.Text|frame.RSV1, deflate.Append(nil, []byte(strings.Repeat("compressed ", 9)), 15)), uint16(1))
	f.Fuzz(func(t *testing.T, stream []byte, piece uint16) {
		if len(stream) > maxMessage {
			t.Skip()
		}
		compression := piece%2 == 1
		received := func(piece int) (got []string, fault *Fault, end *End) {
			fake := newFakeClient(Config{Compression: compression, OnMessage: func(_ *Client, op frame.Opcode, payload []byte) {
				got = append(got, fmt.Sprintf("%d %q", op, payload))
			}})
			fault = feed(fake, stream, piece)
			return got, fault, fake.Clients[0].end
		}
		got, fault, end := received(int(piece) + 1)
		want, wantFault, wantEnd := received(maxMessage)
		require.Equal(t, want, got)
		require.Equal(t, wantFault, fault)
		require.Equal(t, wantEnd, end)
	})
}
