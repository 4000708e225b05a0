package codec

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"

	"github.com/bytedance/sonic/encoder"

	"plenum/codec/frame"
)

// Message is a message of a room. It has a Text, an Event, Data, or several of them. Parts that are empty are not encoded.
type Message struct {
	Sender    string          `json:"sender"`
	Text      string          `json:"text,omitempty"`
	Event     string          `json:"event,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"` // any JSON
	Room      string          `json:"room"`
	Timestamp int64           `json:"timestamp"` // Unix milliseconds
	Seq       uint64          `json:"seq"`
}

// System is the sender of announcements, the server's own messages in a room. No client may use this name, in any mix of upper
// and lower case.
const System = "System"

// announcementPrefix begins the body of each announcement, and of no other message.
const announcementPrefix = `{"sender":"` + System + `",`

// IsAnnouncement reports whether body is the Bytes of an announcement's Body, or the payload of an announcement's frame.
func IsAnnouncement(body []byte) bool {
	return len(body) >= len(announcementPrefix) && string(body[:len(announcementPrefix)]) == announcementPrefix
}

// unnumbered is the end of an encoded Message whose Seq is 0.
const unnumbered = "0}"

// Body is an encoded message without its seq, which AppendFrame adds. It comes from a pool: call Free
// after use.
type Body struct {
	message Message
	json    []byte
}

var bodies = sync.Pool{New: func() any { return new(Body) }}

// maxPooledBody is the largest buffer that is returned to the pool, in bytes.
const maxPooledBody = 64 << 10

// Encode encodes m without its Seq. The strings must be valid UTF-8. Data must be valid JSON, and is not changed.
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

// Bytes returns the body for AppendFrame. The slice belongs to b, is read-only, and is valid until Free.
func (b *Body) Bytes() []byte { return b.json[:len(b.json)-len(unnumbered)] }

// Free returns b to the pool. The caller must not use b or its Bytes afterwards.
func (b *Body) Free() {
	b.message = Message{}
	if cap(b.json) <= maxPooledBody {
		bodies.Put(b)
	}
}

// maxSeq is the length of the longest seq and the closing brace, in bytes.
const maxSeq = 20 + 1

// FrameOverhead is the most bytes that AppendFrame and AppendText add to a body.
const FrameOverhead = frame.MaxHeader + maxSeq

// AppendFrame appends the text frame of a message, without its info. body is the Bytes of a Body or the result of AppendInfo,
// and is only read. seq is the message's number.
func AppendFrame(dst, body []byte, seq uint64) []byte {
	var digits [maxSeq]byte
	tail := append(strconv.AppendUint(digits[:0], seq, 10), '}')
	shown, rest := body, body[len(body):]
	if IsAnnouncement(body) {
		from, to := findInfo(body)
		shown, rest = body[:from], body[to:]
	}
	dst = frame.AppendHeader(dst, frame.Text, len(shown)+len(rest)+len(tail))
	dst = append(append(dst, shown...), rest...)
	return append(dst, tail...)
}

// Gap says that a member does not receive the messages From to To of a room's epoch. It takes their place in the
// order of messages.
type Gap struct {
	Type  string `json:"type"` // set by EncodeGap and AppendGap
	Room  string `json:"room"`
	From  uint64 `json:"from"`
	To    uint64 `json:"to"` // less than From if only messages of an earlier epoch are missing
	Epoch string `json:"epoch"`
}

// EncodeGap returns g as JSON. The strings must be valid UTF-8.
func EncodeGap(g Gap) []byte {
	g.Type = "gap"
	return encode(&g)
}

// AppendGap appends g as a text frame.
func AppendGap(dst []byte, g Gap) []byte { return frame.Append(dst, frame.Text, EncodeGap(g)) }

// encode returns v as JSON. v has only fields that can be encoded, such as strings and numbers. Keys of maps are sorted.
func encode(v any) []byte {
	b, err := encoder.Encode(v, encoder.NoEncoderNewline|encoder.SortMapKeys)
	if err != nil {
		panic(err)
	}
	return b
}

// AppendTextGap appends g as a text frame for rooms of plain text: "55 messages were skipped".
func AppendTextGap(dst []byte, g Gap) []byte {
	return frame.Append(dst, frame.Text, fmt.Appendf(nil, "%d messages were skipped", g.To-g.From+1))
}

// AppendText appends the text frame of a message in a room of plain text. It has the signature of AppendFrame, but
// ignores seq, because plain text has no numbers.
func AppendText(dst, body []byte, _ uint64) []byte {
	return frame.Append(dst, frame.Text, body)
}
