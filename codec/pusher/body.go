package pusher

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf8"

	"plenum/codec"
	"plenum/codec/frame"
)

// AppendEvent appends the body of an event from a server. except is the socket id of the connection that is not to receive
// the event, or empty. Bytes of the other strings that are not UTF-8 become U+FFFD.
func AppendEvent(dst []byte, except, event, channel, data string) []byte {
	dst = slices.Grow(dst, len(except)+len(event)+len(channel)+len(data)+bodyOverhead)
	dst = appendStart(append(dst, except...), event, channel)
	return appendQuoted(dst, data)
}

// bodyOverhead is the number of bytes of a body around its strings, if nothing in them is escaped.
const bodyOverhead = len(`c{"event":"","channel":"","data":"","user_id":""`)

// clientMark is the last byte before the JSON of a client event's body.
const clientMark = 'c'

// AppendClientEvent appends the body of e, an event that a client has sent. except is the socket id of this client, which is not
// to receive the event. user is the id of the client's user in a presence channel, and empty in other channels.
func AppendClientEvent(dst []byte, except string, e Event, user string) []byte {
	dst = slices.Grow(dst, len(except)+len(e.Event)+len(e.Channel)+len(e.Data)+len(user)+bodyOverhead)
	dst = appendStart(append(append(dst, except...), clientMark), e.Event, e.Channel)
	dst = e.AppendData(dst)
	if user == "" {
		return dst
	}
	dst = append(dst, `,"user_id":`...)
	return appendQuoted(dst, user)
}

// AppendData appends the data of e, which a client has sent, as the JSON string that other clients receive.
func (e Event) AppendData(dst []byte) []byte {
	if len(e.Data) > 0 && e.Data[0] == '"' {
		return append(dst, e.Data...)
	}
	return appendQuoted(dst, e.dataOrNull())
}

// dataOrNull returns the data as a JSON text, which is null if there is no data.
func (e Event) dataOrNull() json.RawMessage {
	if len(e.Data) == 0 {
		return json.RawMessage("null")
	}
	return e.Data
}

// appendStart appends the start of a body, up to its data.
func appendStart(dst []byte, event, channel string) []byte {
	dst = append(dst, `{"event":`...)
	dst = appendQuoted(dst, event)
	dst = append(dst, `,"channel":`...)
	dst = appendQuoted(dst, channel)
	return append(dst, `,"data":`...)
}

// prefix returns the number of bytes before the JSON of a body.
func prefix(body []byte) int { return max(bytes.IndexByte(body, '{'), 0) }

// IsFromClient reports whether body is from AppendClientEvent. The event's name does not tell, because a back end may send
// events with the names of client events.
func IsFromClient(body []byte) bool {
	n := prefix(body)
	return n > 0 && body[n-1] == clientMark
}

// Excluded returns the socket id of the connection that is not to receive a body. It is empty if all connections receive the
// body. The slice is a part of body.
func Excluded(body []byte) []byte {
	n := prefix(body)
	if n > 0 && body[n-1] == clientMark {
		n--
	}
	return body[:n]
}

// seqKey comes before the number of an event.
const seqKey = `,"seq":`

// FrameOverhead is the maximum number of bytes that AppendFrame adds to a body.
const FrameOverhead = frame.MaxHeader + len(seqKey) + 20 + 1

// AppendFrame appends the text frame of an event, with its number in the channel. It leaves out the bytes before the JSON of
// body.
func AppendFrame(dst, body []byte, seq uint64) []byte {
	body = body[prefix(body):]
	var digits [20 + 1]byte
	tail := append(strconv.AppendUint(digits[:0], seq, 10), '}')
	dst = frame.AppendHeader(dst, frame.Text, len(body)+len(seqKey)+len(tail))
	dst = append(dst, body...)
	dst = append(dst, seqKey...)
	return append(dst, tail...)
}

// RoomOf returns the name of the room of a channel. The id of an app has no slash, so the rooms of an app are next to each other
// in the order of names.
func RoomOf(app, channel string) string { return app + "/" + channel }

// ChannelOf returns the channel of a room whose name RoomOf has returned.
func ChannelOf(room string) string {
	for i := range len(room) {
		if room[i] == '/' {
			return room[i+1:]
		}
	}
	return room
}

// AppendGap appends the text frame of plenum:gap. It says that the subscriber does not receive the events From to To.
//
//	{"event":"plenum:gap","channel":"a","data":"{\"from\":43,\"to\":97,\"epoch\":\"1x\"}"}
func AppendGap(dst []byte, g codec.Gap) []byte { return frame.Append(dst, frame.Text, EncodeGap(g)) }

// EncodeGap returns the payload of AppendGap.
func EncodeGap(g codec.Gap) []byte {
	data := append([]byte(`{"from":`), strconv.FormatUint(g.From, 10)...)
	data = append(append(data, `,"to":`...), strconv.FormatUint(g.To, 10)...)
	data = append(append(data, `,"epoch":"`...), g.Epoch...)
	data = append(data, `"}`...)
	return append(appendQuoted(appendStart(nil, Gap, ChannelOf(g.Room)), data), '}')
}

// Gap is the name of the event that says which events a subscriber does not receive.
const Gap = "plenum:gap"

// appendQuoted appends s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendQuoted[S string | []byte | json.RawMessage](dst []byte, s S) []byte {
	return append(appendWithin(append(dst, '"'), s), '"')
}

// appendWithin appends s as a part of a JSON string, without quotes. s ends with a whole character.
func appendWithin[S string | []byte | json.RawMessage](dst []byte, s S) []byte {
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				dst = appendEscaped(append(dst, s[from:i]...), c)
				from = i + 1
			}
			i++
			continue
		}
		_, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		if n == 1 {
			dst = append(append(dst, s[from:i]...), "\ufffd"...)
			from = i + 1
		}
		i += n
	}
	return append(dst, s[from:]...)
}

const hexDigits = "0123456789abcdef"

// appendEscaped appends c, which a JSON string must escape.
func appendEscaped(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
