package codec

import (
	"bytes"
	"strconv"
)

// AppendMessageEvent appends a server-sent event with message, which must be a room's message or an encoded Gap, without its
// frame. epoch is the epoch of the message. The event's id is the position after the message, epoch:seq, at which a client
// resumes. Line breaks between the tokens of a message's data become spaces, because the data of an event is one line.
//
//	id: 1x:42
//	event: message
//	data: {"sender":"Alex",…,"seq":42}
//
//	id: 1x:97
//	event: gap
//	data: {"type":"gap",…,"from":43,"to":97,"epoch":"1x"}
func AppendMessageEvent(dst, message []byte, epoch string) []byte {
	name, seq := "message", message[bytes.LastIndexByte(message, ':')+1:len(message)-1] // seq is the last key
	if bytes.HasPrefix(message, []byte(`{"type":"gap"`)) {
		name = "gap"
		_, seq, _ = bytes.Cut(message[bytes.LastIndex(message, []byte(gapTo)):], []byte(gapTo))
		seq = seq[:bytes.IndexByte(seq, ',')] // epoch follows
	}
	dst = append(dst, "id: "...)
	dst = append(dst, epoch...)
	dst = append(dst, ':')
	dst = append(dst, seq...)
	dst = append(dst, '\n')
	dst = AppendEvent(dst, name, message)
	joinLines(dst[len(dst)-len("\n\n")-len(message) : len(dst)-len("\n\n")])
	return dst
}

// joinLines replaces the line breaks in JSON by spaces. They are never in a string, because JSON escapes them there.
func joinLines(json []byte) {
	for _, end := range []byte("\n\r") {
		for rest := json; ; {
			i := bytes.IndexByte(rest, end)
			if i < 0 {
				break
			}
			rest[i], rest = ' ', rest[i+1:]
		}
	}
}

// gapTo precedes the number To in an encoded Gap.
const gapTo = `,"to":`

// AppendPosition appends the position at which a stream begins. It sets the client's last event ID
// without dispatching an event (HTML section 9.2.6).
//
//	id: 1x:42
func AppendPosition(dst []byte, epoch string, seq uint64) []byte {
	dst = append(dst, "id: "...)
	dst = append(dst, epoch...)
	dst = append(dst, ':')
	dst = strconv.AppendUint(dst, seq, 10)
	return append(dst, "\n\n"...)
}

// AppendEvent appends an event with this name. data must be one line.
func AppendEvent(dst []byte, name string, data []byte) []byte {
	dst = append(dst, "event: "...)
	dst = append(dst, name...)
	dst = append(dst, "\ndata: "...)
	dst = append(dst, data...)
	return append(dst, "\n\n"...)
}

// AppendEnd appends the event that ends a stream. It has the code and the reason of a close frame. If retry is not 0, the
// client is asked to reconnect after that many milliseconds.
func AppendEnd(dst []byte, code int, reason string, retry int) []byte {
	if retry > 0 {
		dst = append(dst, "retry: "...)
		dst = strconv.AppendInt(dst, int64(retry), 10)
		dst = append(dst, '\n')
	}
	return AppendEvent(dst, "close", encode(&struct {
		Code   int    `json:"code"`
		Reason string `json:"reason"`
	}{code, reason}))
}
