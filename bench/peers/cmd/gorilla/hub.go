package main

import (
	"time"

	"github.com/gorilla/websocket"

	"plenum/bench/peers/internal/peer"
	"plenum/bench/peers/internal/room"
)

// hub owns one room. Only its goroutine accesses members and sequence.
type hub struct {
	name       string
	register   chan *client
	unregister chan *client
	inbound    chan inbound
}

// inbound is a text from a client.
type inbound struct {
	sender string
	text   string
}

func newHub(name string) *hub {
	return &hub{
		name:       name,
		register:   make(chan *client),
		unregister: make(chan *client),
		inbound:    make(chan inbound),
	}
}

func (h *hub) run() {
	members := make(map[*client]bool)
	leave := func(c *client) {
		delete(members, c)
		close(c.send)
	}
	var seq uint64
	for {
		select {
		case c := <-h.register:
			members[c] = true
		case c := <-h.unregister:
			if members[c] {
				leave(c)
			}
		case in := <-h.inbound:
			seq++
			message := h.prepare(in, seq)
			for c := range members {
				select {
				case c.send <- message:
				default:
					peer.Slow.Add(1)
					leave(c)
				}
			}
		}
	}
}

func (h *hub) prepare(in inbound, seq uint64) *websocket.PreparedMessage {
	m := room.Message{Sender: in.sender, Text: in.text, Room: h.name, Timestamp: time.Now().UnixMilli(), Seq: seq}
	p, err := websocket.NewPreparedMessage(websocket.TextMessage, m.Append(nil))
	if err != nil {
		panic(err) // marshalling to memory does not fail
	}
	return p
}
