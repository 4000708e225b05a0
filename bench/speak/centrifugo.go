package speak

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// The ids of the commands of a client. A reply has the id of its command. The subscription to the client's
// room n, from 0, has the id firstSubscribe+n.
const (
	connectID      = 1
	publishID      = 2
	firstSubscribe = 3
)

const centrifugoPublish = `{"id":2,"publish":{"channel":"{room}","data":"{text}"}}`

// A ping of the server is an empty reply, and a pong is an empty command. The reply to a publish command
// is recognised by its first bytes, without parsing, because a sender receives one per message.
var (
	centrifugoPing = []byte("{}")
	centrifugoPong = [][]byte{centrifugoPing}
	published      = []byte(`{"id":2,"publish":{`)
)

// centrifugoReply is a reply or a push of the server.
type centrifugoReply struct {
	ID                          uint32
	Error                       json.RawMessage
	Connect, Subscribe, Publish json.RawMessage
	Push                        *struct {
		Disconnect, Unsubscribe json.RawMessage
	}
}

// centrifugoGreeting returns the commands that connect a member and subscribe it to its rooms. The
// server runs them in their order.
func (d *Dialect) centrifugoGreeting(m Member) []string {
	connect := `{"id":1,"connect":{}}`
	if d.Secret != "" {
		connect = `{"id":1,"connect":{"token":"` + token(d.Secret, m.User) + `"}}`
	}
	commands := []string{connect}
	for i, room := range m.Rooms {
		commands = append(commands, fmt.Sprintf(`{"id":%d,"subscribe":{"channel":"%s"}}`, firstSubscribe+i, room))
	}
	return commands
}

// receiveCentrifugo handles a reply or a push of the server that has no text.
func receiveCentrifugo(message []byte) Reply {
	switch {
	case bytes.HasPrefix(message, published):
		return Reply{}
	case string(message) == string(centrifugoPing):
		return Reply{Send: centrifugoPong, Ping: true}
	}
	var r centrifugoReply
	if json.Unmarshal(message, &r) != nil {
		return strange(message, `{"id":1,"connect":{…}}`)
	}
	switch {
	case r.Push != nil && r.Push.Disconnect != nil:
		return Reply{Fault: "the server sent the disconnect " + quote(message)}
	case r.Push != nil && r.Push.Unsubscribe != nil:
		return Reply{Fault: "the server ended a subscription by " + quote(message)}
	case r.Push != nil, r.ID == publishID && r.Publish != nil, r.ID == connectID && r.Connect != nil:
		return Reply{}
	case r.ID >= firstSubscribe && r.Subscribe != nil:
		return Reply{Joins: 1}
	case r.ID == connectID:
		return refused(message, "connect command", `{"id":1,"connect":{…}}`)
	case r.ID == publishID:
		return refused(message, "publish command", `{"id":2,"publish":{}}`)
	case r.ID >= firstSubscribe:
		return refused(message, "subscribe command", fmt.Sprintf(`{"id":%d,"subscribe":{…}}`, r.ID))
	}
	return strange(message, `{"id":1,"connect":{…}}`)
}

const offsetKey = `,"offset":`

// parseOffset parses the offset of a publication, which the server sends for channels with a
// history. It rises by one per publication of a channel.
func parseOffset(_, after []byte) (offset uint64, ok bool) {
	at := bytes.LastIndex(after, []byte(offsetKey))
	if at < 0 {
		return 0, false
	}
	for _, c := range after[at+len(offsetKey):] {
		digit := uint64(c - '0')
		if c < '0' || c > '9' {
			break
		}
		if offset > (1<<64-1-digit)/10 {
			return 0, false
		}
		offset = 10*offset + digit
	}
	return offset, offset > 0
}

// refused returns the Reply for a message by which the server refuses a request, which the second argument names.
func refused(message []byte, what, expected string) Reply {
	return Reply{Fault: "the server answered the " + what + " with " + quote(message) + ": expected " + expected}
}

// strange returns the Reply for a message that the protocol does not have.
func strange(message []byte, expected string) Reply {
	return Reply{Fault: "the server sent " + quote(message) + ": expected " + expected}
}

// mostQuoted bounds the bytes of a message in an error.
const mostQuoted = 300

// quote returns a message for an error.
func quote(message []byte) string {
	text := string(message[:min(len(message), mostQuoted)])
	if len(message) > mostQuoted {
		text += "…"
	}
	if text == "" || !strconv.CanBackquote(text) {
		return strconv.Quote(text)
	}
	return strings.TrimSpace(text)
}
