package codec

import (
	"bytes"
	"strconv"
)

// AppendMessageEvent appends a room's message, as JSON, as a server-sent event: its id is
// the place behind it, epoch:seq.
//
//	id: 1x:42
//	event: message
//	data: {"sender":"Alex",…,"seq":42}
//
// A gap is an event of that name, without an id.
func AppendMessageEvent(dst, message []byte, epoch string) []byte {
	if bytes.HasPrefix(message, []byte(`{"type":"gap"`)) {
		return AppendEvent(dst, "gap", message)
	}
	dst = append(dst, "id: "...)
	dst = append(dst, epoch...)
	dst = append(dst, ':')
	dst = append(dst, message[bytes.LastIndexByte(message, ':')+1:len(message)-1]...) // seq is the last key
	dst = append(dst, '\n')
	return AppendEvent(dst, "message", message)
}

// AppendEvent appends an event with a line of data.
func AppendEvent(dst []byte, name string, data []byte) []byte {
	dst = append(dst, "event: "...)
	dst = append(dst, name...)
	dst = append(dst, "\ndata: "...)
	dst = append(dst, data...)
	return append(dst, "\n\n"...)
}

// AppendEnd appends the event that ends a stream, with what a close frame would say, and
// has its client come back in so many milliseconds; 0: when it likes.
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
