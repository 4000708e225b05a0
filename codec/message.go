package codec

import (
	"fmt"
	"strconv"
	"sync"

	"github.com/bytedance/sonic/encoder"

	"plenum/codec/frame"
)

// Message is one message of a room.
type Message struct {
	Sender    string `json:"sender"`
	Text      string `json:"text"`
	Room      string `json:"room"`
	Timestamp int64  `json:"timestamp"` // Unix milliseconds
	Seq       uint64 `json:"seq"`
}

// System is the sender of what the server itself says in a room; clients may
// not take it, in any case.
const System = "System"

// announced is how the bodies of the server's own messages begin, and no others.
const announced = `{"sender":"` + System + `",`

// IsAnnouncement tells whether body, which Encode has made, is of a message of the server's own.
func IsAnnouncement(body []byte) bool {
	return len(body) >= len(announced) && string(body[:len(announced)]) == announced
}

// unnumbered is the end of an encoded Message whose Seq is 0.
const unnumbered = "0}"

// Body is a message encoded once, up to and without its seq, which AppendFrame
// adds. It comes from a pool: Free gives it back.
type Body struct {
	message Message
	json    []byte
}

var bodies = sync.Pool{New: func() any { return new(Body) }}

// keptBody bounds the buffers that go back to the pool, in bytes.
const keptBody = 64 << 10

// Encode encodes m; its Seq is not looked at. The strings must be valid UTF-8.
func Encode(m Message) (*Body, error) {
	b := bodies.Get().(*Body)
	b.message = m
	b.message.Seq = 0
	b.json = b.json[:0]
	if err := encoder.EncodeInto(&b.json, &b.message, encoder.NoEncoderNewline); err != nil {
		return nil, err
	}
	return b, nil
}

// Bytes is what AppendFrame takes, valid until Free.
func (b *Body) Bytes() []byte { return b.json[:len(b.json)-len(unnumbered)] }

// Free ends the use of b.
func (b *Body) Free() {
	b.message = Message{}
	if cap(b.json) <= keptBody {
		bodies.Put(b)
	}
}

// maxSeq is the longest seq with its brace, in bytes.
const maxSeq = 20 + 1

// FrameOverhead is how many bytes AppendFrame and AppendText add at most.
const FrameOverhead = frame.MaxHeader + maxSeq

// AppendFrame appends the text frame of a body that Encode made, numbered seq.
func AppendFrame(dst, body []byte, seq uint64) []byte {
	var digits [maxSeq]byte
	tail := append(strconv.AppendUint(digits[:0], seq, 10), '}')
	dst = frame.AppendHeader(dst, frame.Text, len(body)+len(tail))
	dst = append(dst, body...)
	return append(dst, tail...)
}

// Gap says that the messages From to To of a room are missing where it stands.
type Gap struct {
	Type  string `json:"type"` // AppendGap's to set
	Room  string `json:"room"`
	From  uint64 `json:"from"`
	To    uint64 `json:"to"`
	Epoch string `json:"epoch"`
}

// EncodeGap encodes g as JSON. The strings must be valid UTF-8.
func EncodeGap(g Gap) []byte {
	g.Type = "gap"
	return encode(&g)
}

// AppendGap appends the text frame of EncodeGap.
func AppendGap(dst []byte, g Gap) []byte { return frame.Append(dst, frame.Text, EncodeGap(g)) }

// encode encodes one of our own answers, all of strings and numbers.
func encode(v any) []byte {
	b, err := encoder.Encode(v, encoder.NoEncoderNewline)
	if err != nil {
		panic(err)
	}
	return b
}

// AppendTextGap is AppendGap for rooms of plain text.
func AppendTextGap(dst []byte, g Gap) []byte {
	return frame.Append(dst, frame.Text, fmt.Appendf(nil, "%d messages were skipped", g.To-g.From+1))
}

// AppendText appends body as a text frame of its own, for rooms of plain text.
func AppendText(dst, body []byte, _ uint64) []byte {
	return frame.Append(dst, frame.Text, body)
}
