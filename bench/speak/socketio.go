package speak

import (
	"bytes"
	"fmt"

	"plenum/bench/sequence"
)

// The events of a client. A server acknowledges the join, and sends a published text to all members
// of the room in an event of any name.
const (
	socketIOJoin    = `42%d["join","%s"]`
	socketIOPublish = `42["publish","{room}","{text}"]`
)

// Packets of Engine.IO 4 (the first digit) and Socket.IO 5 (the second).
var (
	socketIOConnect = [][]byte{[]byte("40")}
	engineIOPong    = [][]byte{[]byte("3")}
)

// receiveSocketIO handles a packet of the server that has no text.
func (d *Dialect) receiveSocketIO(packet []byte, member func() Member) Reply {
	const opened = `0{"sid":…}`
	if len(packet) == 0 {
		return strange(packet, opened)
	}
	switch packet[0] {
	case '0':
		return Reply{Send: socketIOConnect}
	case '1':
		return Reply{Fault: "the server closed the session by the packet 1"}
	case '2':
		return Reply{Send: engineIOPong, Ping: true}
	case '6': // noop
		return Reply{}
	}
	if packet[0] != '4' || len(packet) < 2 {
		return strange(packet, opened)
	}
	switch packet[1] {
	case '0':
		return Reply{Send: d.socketIOJoins(member())}
	case '1':
		return Reply{Fault: "the server disconnected the client by the packet " + quote(packet)}
	case '2', '5': // an event, which has no text
		return Reply{}
	case '3', '6':
		return Reply{Joins: d.Answers(1)}
	case '4':
		return refused(packet, "packet 40", `40{"sid":…}`)
	}
	return strange(packet, opened)
}

// socketIOJoins returns the packets by which m joins its rooms.
func (d *Dialect) socketIOJoins(m Member) (packets [][]byte) {
	for _, text := range expandAll(d.Hello, m) {
		packets = append(packets, []byte(text))
	}
	if len(d.Hello) > 0 {
		return packets
	}
	for i, room := range m.Rooms {
		packets = append(packets, fmt.Appendf(nil, socketIOJoin, i, room))
	}
	return packets
}

// parseEventSeq parses the server's number of an event whose last argument is an object that ends in
// "seq":N.
func parseEventSeq(packet, _ []byte) (seq uint64, ok bool) {
	object, ok := bytes.CutSuffix(packet, []byte("]"))
	if !ok {
		return 0, false
	}
	return sequence.ParseSeq(object)
}
