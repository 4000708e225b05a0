package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asks sends a command and expects its response. E stands for an epoch.
func (c *client) asks(command, answer string) {
	c.t.Helper()
	c.sends(command)
	c.receives(answer)
}

func TestOneConnectionJoinsManyRooms(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	a := dial(t, s, "/ws?username=Alex")
	a.asks(`{"type":"join","id":1,"room":"a"}`, `{"type":"joined","id":1,"room":"a","epoch":"E","seq":0,"members":1,"recovered":false}`)
	a.receives(`{"sender":"System","text":"Alex joined the room","room":"a","timestamp":T,"seq":1}`)
	a.asks(`{"type":"join","room":"b"}`, `{"type":"joined","room":"b","epoch":"E","seq":0,"members":1,"recovered":false}`)
	a.receives(`{"sender":"System","text":"Alex joined the room","room":"b","timestamp":T,"seq":1}`)

	b := dial(t, s, "/ws/chat/b?username=Bea")
	b.receives(`{"sender":"System","text":"Bea joined the room","room":"b","timestamp":T,"seq":2}`)
	a.receives(`{"sender":"System","text":"Bea joined the room","room":"b","timestamp":T,"seq":2}`)
	a.sends(`{"type":"publish","id":"x","room":"b","text":"hi"}`)
	a.receivesBoth(`{"type":"published","id":"x","room":"b","seq":3}`, `{"sender":"Alex","text":"hi","room":"b","timestamp":T,"seq":3}`)
	b.receives(`{"sender":"Alex","text":"hi","room":"b","timestamp":T,"seq":3}`)
	b.sends("hello")
	a.receives(`{"sender":"Bea","text":"hello","room":"b","timestamp":T,"seq":4}`)

	a.asks(`{"type":"members","id":4,"room":"b","cursor":""}`, `{"type":"members","id":4,"room":"b","members":["Alex","Bea"],"cursor":""}`)
	a.asks(`{"type":"members","room":"b","cursor":"Alex"}`, `{"type":"members","room":"b","members":["Bea"],"cursor":""}`)
	a.asks(`{"type":"members","room":"b","cursor":"Z"}`, `{"type":"members","room":"b","members":[],"cursor":""}`)
	a.asks(`{"type":"ping","id":5}`, `{"type":"pong","id":5,"timestamp":T}`)
	a.asks(`{"type":"leave","id":2,"room":"a"}`, `{"type":"left","id":2,"room":"a"}`)
	b.receives(`{"sender":"Bea","text":"hello","room":"b","timestamp":T,"seq":4}`)
	a.leaves()
	b.receives(`{"sender":"System","text":"Alex left the room","room":"b","timestamp":T,"seq":5}`)
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
}

// receivesBoth requires that the next two messages are want, in any order.
func (c *client) receivesBoth(want ...string) {
	c.t.Helper()
	var got []string
	for range want {
		_, b, err := c.conn.Read(c.ctx)
		require.NoError(c.t, err)
		got = append(got, script(string(b)))
	}
	assert.ElementsMatch(c.t, want, got)
}

func TestAnInvalidCommandGetsAnErrorAndTheConnectionStaysOpen(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--max-rooms-per-conn=2", "--max-rooms=2", "--announce-limit=-1")
	a := dial(t, s, "/ws")
	const badRoomMessage = `"message":"room must be a string of 1 to 128 bytes without control characters, and neither . nor .."`
	for command, answer := range map[string]string{
		`hello`:                                     `"code":"bad_command","message":"expected a JSON object"`,
		`{"type":"join","rom":"a","id":7}`:          `"id":7,"code":"bad_command","message":"unknown field \"rom\": the fields are type, id, room, since, text, event, data, cursor, infos and token"`,
		`{"type":"join","id":7,"room":{"a":1}}`:     `"id":7,"code":"bad_command","message":"room must be a string"`,
		`{"type":"join","since":7,"room":"a"}`:      `"code":"bad_command","message":"since must be a string"`,
		`{"type":"publish","text":["a"]}`:           `"code":"bad_command","message":"text must be a string"`,
		`{"type":"publish","event":1}`:              `"code":"bad_command","message":"event must be a string"`,
		`{"type":"publish","id":1,"data":01}`:       `"id":1,"code":"bad_command","message":"expected a JSON object: invalid character '1' after object key:value pair"`,
		`{"type":"publish","id":1,"data":[1,]}`:     `"id":1,"code":"bad_command","message":"data must be JSON: invalid character ']' looking for beginning of value"`,
		`{"type":"members","cursor":1}`:             `"code":"bad_command","message":"cursor must be a string"`,
		`{"type":7,"id":"x"}`:                       `"id":"x","code":"bad_command","message":"type must be a string"`,
		`{"type":"ping"} {"type":"ping"}`:           `"code":"bad_command","message":"expected one JSON object, but more data follows it"`,
		`{"id":3}`:                                  `"id":3,"code":"unknown_type","message":"type must be join, leave, publish, members or ping"`,
		`{"type":"dance","id":1}`:                   `"id":1,"code":"unknown_type","message":"type must be join, leave, publish, members or ping"`,
		`{"type":"publish","room":"a","text":"hi"}`: `"code":"not_joined","message":"join the room first"`,
		`{"type":"leave","room":"a"}`:               `"code":"not_joined","message":"join the room first"`,
		`{"type":"members","room":"a"}`:             `"code":"not_joined","message":"join the room first"`,
		`{"type":"join","room":"a\n"}`:              `"code":"bad_room",` + badRoomMessage,
		`{"type":"join","room":""}`:                 `"code":"bad_room",` + badRoomMessage,
		`{"type":"join","id":8}`:                    `"id":8,"code":"bad_room",` + badRoomMessage,
		`{"type":"leave","room":null}`:              `"code":"bad_room",` + badRoomMessage,
		`{"type":"publish","text":"hi"}`:            `"code":"bad_room",` + badRoomMessage,
		`{"type":"members","room":""}`:              `"code":"bad_room",` + badRoomMessage,
		`{"type":"join","room":"a","since":"42"}`:   `"code":"bad_since","message":"since must have the form epoch:seq"`,
		`{"type":"ping","id":[1]}`:                  `"code":"bad_command","message":"id must be a number or a string of at most 64 bytes"`,
	} {
		a.asks(command, `{"type":"error",`+answer+`}`)
	}
	require.NoError(t, a.conn.Write(a.ctx, websocket.MessageBinary, []byte(`{"type":"ping"}`)))
	a.receives(`{"type":"error","code":"bad_command","message":"a command must be a text message"}`)
	for _, room := range []string{"a", "b"} {
		a.asks(`{"type":"join","room":"`+room+`"}`, fmt.Sprintf(`{"type":"joined","room":"%s","epoch":"E","seq":0,"members":1,"recovered":false}`, room))
	}
	a.asks(`{"type":"join","room":"b"}`, `{"type":"error","code":"already_joined","message":"this connection has already joined the room"}`)
	a.asks(`{"type":"join","room":"c"}`, `{"type":"error","code":"too_many_rooms","message":"this connection has reached the limit of rooms per connection"}`)
	for _, text := range []string{``, `,"text":null`, `,"text":""`} {
		a.asks(`{"type":"publish","room":"b"`+text+`}`, `{"type":"error","code":"bad_command","message":"text must be a string that is not empty, unless event or data is given"}`)
	}
	b := dial(t, s, "/ws")
	b.asks(`{"type":"join","id":1,"room":"c"}`, `{"type":"error","id":1,"code":"too_many_rooms","message":"the server has reached its limit of rooms"}`)
}

// Listing a large room takes long, so it must not run on the poller.
func TestAConnectionRunsOneMembersCommandAtATime(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--announce-limit=-1")
	a := dial(t, s, "/ws")
	a.asks(`{"type":"join","room":"a"}`, `{"type":"joined","room":"a","epoch":"E","seq":0,"members":1,"recovered":false}`)
	const asked = 200
	for i := range asked {
		a.sends(fmt.Sprintf(`{"type":"members","id":%d,"room":"a"}`, i))
	}
	answered, busy := 0, 0
	for range asked {
		_, b, err := a.conn.Read(a.ctx)
		require.NoError(t, err)
		switch {
		case strings.Contains(string(b), `"members":["Anonymous"]`):
			answered++
		case strings.Contains(string(b), `"code":"busy"`):
			busy++
		}
	}
	assert.Positive(t, answered)
	assert.Equal(t, asked, answered+busy)
}

func TestAJoinResumesAfterItsSince(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--announce-limit=-1", "--history-messages=5")
	speaker := dial(t, s, "/ws?username=Alex")
	speaker.asks(`{"type":"join","room":"a"}`, `{"type":"joined","room":"a","epoch":"E","seq":0,"members":1,"recovered":false}`)
	epoch := s.epoch(t, "a")
	for i := range 8 {
		speaker.sends(fmt.Sprintf(`{"type":"publish","room":"a","text":"%d"}`, i+1))
		speaker.receivesBoth(fmt.Sprintf(`{"type":"published","room":"a","seq":%d}`, i+1), message(i+1))
	}
	for since, want := range map[string][]string{
		epoch + ":8": {`{"type":"joined","room":"a","epoch":"E","seq":8,"members":2,"recovered":true}`},
		epoch + ":6": {`{"type":"joined","room":"a","epoch":"E","seq":8,"members":2,"recovered":true}`, message(7), message(8)},
		epoch + ":1": {`{"type":"joined","room":"a","epoch":"E","seq":8,"members":2,"recovered":false}`, `{"type":"gap","room":"a","from":2,"to":3,"epoch":"E"}`, message(4), message(5), message(6), message(7), message(8)},
		"old:7":      {`{"type":"joined","room":"a","epoch":"E","seq":8,"members":2,"recovered":false}`, `{"type":"gap","room":"a","from":1,"to":3,"epoch":"E"}`, message(4), message(5), message(6), message(7), message(8)},
	} {
		mux := dial(t, s, "/ws")
		mux.sends(`{"type":"join","room":"a","since":"` + since + `"}`)
		for _, frame := range want {
			mux.receives(frame)
		}
		mux.leaves()
		require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
		one := dial(t, s, "/ws/chat/a?since="+since)
		one.receives(strings.NewReplacer(`"members":2,`, "").Replace(want[0]))
		for _, frame := range want[1:] {
			one.receives(frame)
		}
		one.leaves()
		require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	}
}

func TestAChatWithASinceBeginsWithResumed(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--announce-limit=-1", "--history-messages=2")
	other := dial(t, s, "/ws/chat/a?username=Alex") // without a since it receives only messages
	for i := range 4 {
		other.sends(fmt.Sprint(i + 1))
		other.receives(message(i + 1))
	}
	epoch := s.epoch(t, "a")
	const at4, gap = `{"type":"joined","room":"a","epoch":"E","seq":4,"recovered":`, `{"type":"gap","room":"a","from":%d,"to":2,"epoch":"E"}`
	for query, hears := range map[string][]string{
		"since=" + epoch + ":4": {at4 + "true}"},
		"since=" + epoch + ":3": {at4 + "true}", message(4)},
		"since=" + epoch + ":1": {at4 + "false}", fmt.Sprintf(gap, 2), message(3), message(4)},
		"since=another:9":       {at4 + "false}", fmt.Sprintf(gap, 1), message(3), message(4)},
		"since=:0":              {at4 + "false}", fmt.Sprintf(gap, 1), message(3), message(4)},
		"since=":                {at4 + "false}"},
		"since":                 {at4 + "false}"},
		"":                      nil,
	} {
		c := dial(t, s, "/ws/chat/a?username=Bea&"+query)
		for _, want := range hears {
			c.receives(want)
		}
		c.leaves()
		require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	}
	// With it a client learns the epoch, and can resume.
	c := dial(t, s, "/ws/chat/a?since=:0")
	_, joined, err := c.conn.Read(c.ctx)
	require.NoError(t, err)
	require.Equal(t, epoch, epochs.FindStringSubmatch(string(joined))[1])
}

func message(seq int) string {
	return fmt.Sprintf(`{"sender":"Alex","text":"%d","room":"a","timestamp":T,"seq":%d}`, seq, seq)
}
