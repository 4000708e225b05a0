//go:build storm

package storm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"plenum/bench/wsclient"
	"plenum/codec/frame"
	"plenum/codec/pusher"
)

// subscription is an event of the server about a subscription or a connection.
type subscription struct {
	Event     string
	Data      json.RawMessage // mostly a string with JSON in it
	Epoch     string
	Seq       uint64
	Recovered bool
}

var (
	tickStart   = []byte(`{"event":"tick"`)
	clientStart = []byte(`{"event":"client-tick"`)
)

func (c *crowd) message(client *wsclient.Client, _ frame.Opcode, payload []byte) {
	m := c.members[client.Tag()]
	switch {
	case bytes.HasPrefix(payload, tickStart):
		m.tick(client, fromBackEnd, payload)
	case bytes.HasPrefix(payload, clientStart):
		m.tick(client, fromMember, payload)
	default:
		m.control(client, payload)
	}
}

// tick notes an event with a number.
func (m *member) tick(client *wsclient.Client, source int, payload []byte) {
	number, err := strconv.Atoi(field(payload, `"data":"`))
	seq, seqErr := strconv.ParseUint(field(payload, `"seq":`), 10, 64)
	if err != nil || seqErr != nil {
		m.crowd.count("malformed")
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if client == m.client {
		m.record.event(seq, source, number)
	}
}

// field returns the digits after a key.
func field(payload []byte, key string) string {
	_, rest, _ := bytes.Cut(payload, []byte(key))
	end := 0
	for end < len(rest) && '0' <= rest[end] && rest[end] <= '9' {
		end++
	}
	return string(rest[:end])
}

// control handles all other events of the server.
func (m *member) control(client *wsclient.Client, payload []byte) {
	var s subscription
	var text string
	var data struct {
		SocketID string `json:"socket_id"`
		To       uint64
	}
	if json.Unmarshal(payload, &s) != nil {
		m.crowd.count("malformed")
		return
	}
	if json.Unmarshal(s.Data, &text) == nil {
		_ = json.Unmarshal([]byte(text), &data) // other events have other data
	}
	switch s.Event {
	case "pusher:connection_established":
		m.established(client, data.SocketID)
	case "pusher_internal:subscription_succeeded":
		m.subscribed(client, s)
	case "plenum:gap":
		m.mu.Lock()
		defer m.mu.Unlock()
		m.record.gap(data.To)
	default:
		m.crowd.count(s.Event)
		m.crowd.note(fmt.Errorf("%s", payload))
	}
}

// established is called with the socket id. It subscribes.
func (m *member) established(client *wsclient.Client, socket string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if client != m.client {
		return
	}
	m.overdue.Stop()
	m.socket, m.attempts.latency = socket, time.Since(m.began)
	since := ""
	if m.resumes && m.record.epoch != "" {
		since = `,"since":"` + m.record.since() + `"`
	}
	name := channelName(m.channel)
	auth := appKey + ":" + pusher.Sign(appSecret, pusher.SubscribeText(socket, name, ""))
	_ = client.Send([]byte(`{"event":"pusher:subscribe","data":{"channel":"` + name + `","auth":"` + auth + `"` + since + `}}`)) // closed handles an error
}

// subscribed is called when the subscription has succeeded.
func (m *member) subscribed(client *wsclient.Client, s subscription) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if client != m.client {
		return
	}
	m.in, m.back = true, time.Now()
	m.record.subscribed(s.Epoch, s.Seq, s.Recovered)
}

// isBack reports whether the member has subscribed after since, and is still subscribed.
func (m *member) isBack(since time.Time) (at time.Time, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.back, m.in && m.back.After(since)
}

// say sends a client event, if the member is subscribed.
func (m *member) say(number int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.in {
		_ = m.client.Send(fmt.Appendf(nil, `{"event":"client-tick","channel":"%s","data":"%d"}`, channelName(m.channel), number)) // if it is closing, nobody receives it
	}
}
