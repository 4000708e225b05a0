package speak_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/speak"
)

var (
	member = speak.Member{User: "m1", Rooms: []string{"a", "b"}}
	app    = &speak.App{Key: "key", Secret: "secret"}
)

func self() speak.Member { return member }

func TestEachProtocolJoinsTheRoomsOfAMember(t *testing.T) {
	for name, c := range map[string]struct {
		dialect speak.Dialect
		want    []string
	}{
		"nothing to join": {speak.Dialect{}, nil},
		"templates":       {speak.Dialect{Name: speak.Plenum, Hello: []string{"i am {user}", "join {room}"}}, []string{"i am m1", "join a", "join b"}},
		"texts alone":     {speak.Dialect{Name: speak.Raw}, nil},
		"Centrifugo": {speak.Dialect{Name: speak.Centrifugo}, []string{
			`{"id":1,"connect":{}}`, `{"id":3,"subscribe":{"channel":"a"}}`, `{"id":4,"subscribe":{"channel":"b"}}`,
		}},
		"Socket.IO, whose server speaks first": {speak.Dialect{Name: speak.SocketIO}, nil},
		"Pusher, whose server speaks first":    {speak.Dialect{Name: speak.Pusher, App: app}, nil},
	} {
		assert.Equal(t, c.want, c.dialect.Greet(member), name)
	}
}

func TestATokenIsSignedForTheUser(t *testing.T) {
	d := speak.Dialect{Name: speak.Centrifugo, Secret: "secret"}
	var command struct{ Connect struct{ Token string } }
	require.NoError(t, json.Unmarshal([]byte(d.Greet(member)[0]), &command))
	parts := strings.Split(command.Connect.Token, ".")
	require.Len(t, parts, 3)
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	decoded := func(part string) string {
		text, err := base64.RawURLEncoding.DecodeString(part)
		require.NoError(t, err)
		return string(text)
	}
	assert.Equal(t, `{"alg":"HS256","typ":"JWT"}`, decoded(parts[0]))
	assert.Equal(t, `{"sub":"m1"}`, decoded(parts[1]))
	assert.Equal(t, string(mac.Sum(nil)), decoded(parts[2]))
}

func TestMessagesOfTheServerAreAnswered(t *testing.T) {
	for _, c := range []struct {
		protocol, message string
		send              []string
		joins             int
		ping              bool
	}{
		{speak.Centrifugo, `{}`, []string{"{}"}, 0, true},
		{speak.Centrifugo, `{"id":1,"connect":{"client":"9a1b","version":"6.9.1","ping":25,"pong":true}}`, nil, 0, false},
		{speak.Centrifugo, `{"id":3,"subscribe":{}}`, nil, 1, false},
		{speak.Centrifugo, `{ "subscribe": {"recoverable":true,"epoch":"x"}, "id": 40 }`, nil, 1, false},
		{speak.Centrifugo, `{"id":2,"publish":{}}`, nil, 0, false},
		{speak.Centrifugo, `{"publish":{},"id":2}`, nil, 0, false},
		{speak.Centrifugo, `{"push":{"channel":"a","pub":{"data":"of somebody else"}}}`, nil, 0, false},
		{speak.Centrifugo, `{"push":{"channel":"a","join":{"info":{"user":"x","client":"y"}}}}`, nil, 0, false},

		{speak.SocketIO, `0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`, []string{"40"}, 0, false},
		{speak.SocketIO, `40{"sid":"wZX3oN0bSVIhsaknAAAI"}`, []string{`420["join","a"]`, `421["join","b"]`}, 0, false},
		{speak.SocketIO, `2`, []string{"3"}, 0, true},
		{speak.SocketIO, `431[]`, nil, 1, false},
		{speak.SocketIO, `42["hello","of somebody else"]`, nil, 0, false},
		{speak.SocketIO, `6`, nil, 0, false},

		{speak.Pusher, `{"event":"pusher:ping","data":{}}`, []string{`{"event":"pusher:pong","data":{}}`}, 0, true},
		{speak.Pusher, `{"event":"pusher_internal:subscription_succeeded","channel":"private-a","data":"{}"}`, nil, 1, false},
		{speak.Pusher, `{"event":"client-other","channel":"private-a","data":"x"}`, nil, 0, false},

		{speak.Plenum, "ping!", []string{"pong!"}, 0, true},
		{speak.Raw, "ping!", []string{"pong!"}, 0, true},
		{speak.Plenum, `{"type":"published"}`, nil, 0, false},
	} {
		d := speak.Dialect{Name: c.protocol, Ping: "ping!", Pong: "pong!", App: app}
		got := d.Receive([]byte(c.message), self)
		var sent []string
		for _, payload := range got.Send {
			sent = append(sent, string(payload))
		}
		assert.Equal(t, c.send, sent, c.message)
		assert.Equal(t, []any{c.joins, c.ping, ""}, []any{got.Joins, got.Ping, got.Fault}, c.message)
	}
}

func TestASubscriptionOfAPusherAppIsSignedForTheSocket(t *testing.T) {
	d := speak.Dialect{Name: speak.Pusher, App: app}
	got := d.Receive([]byte(`{"event":"pusher:connection_established","data":"{\"socket_id\":\"1.2\",\"activity_timeout\":120}"}`), self)
	require.Len(t, got.Send, 2)
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write([]byte("1.2:private-b"))
	assert.JSONEq(t, fmt.Sprintf(`{"event":"pusher:subscribe","data":{"channel":"private-b","auth":"key:%x"}}`, mac.Sum(nil)), string(got.Send[1]))
}

// With events of the user's own, the acknowledgements are unknown.
func TestJoinsByEventsOfTheUserAreNotAwaited(t *testing.T) {
	d := speak.Dialect{Name: speak.SocketIO, Hello: []string{`42["enter",{"name":"{room}"}]`}}
	assert.Zero(t, d.Answers(2))
	got := d.Receive([]byte(`40{"sid":"x"}`), self)
	require.Len(t, got.Send, 2)
	assert.Equal(t, `42["enter",{"name":"b"}]`, string(got.Send[1]))
	assert.Zero(t, d.Receive([]byte("430[]"), self).Joins)
}

func TestARefusalHasTheMessageAndWhatWasExpected(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for _, c := range []struct{ protocol, message, want string }{
		{speak.Centrifugo, `{"id":3,"error":{"code":103,"message":"permission denied"}}`, `the server answered the subscribe command with {"id":3,"error":{"code":103,"message":"permission denied"}}: expected {"id":3,"subscribe":{…}}`},
		{speak.Centrifugo, `{"push":{"channel":"a","unsubscribe":{"code":2500,"reason":"insufficient state"}}}`, `the server ended a subscription by {"push":{"channel":"a","unsubscribe":{"code":2500,"reason":"insufficient state"}}}`},
		{speak.Centrifugo, `{"type":"joined"}`, `the server sent {"type":"joined"}: expected {"id":1,"connect":{…}}`},
		{speak.Centrifugo, "\x00", `the server sent "\x00": expected {"id":1,"connect":{…}}`},
		{speak.Centrifugo, long, "the server sent " + long[:300] + `…: expected {"id":1,"connect":{…}}`},
		{speak.SocketIO, `44{"message":"Invalid namespace"}`, `the server answered the packet 40 with 44{"message":"Invalid namespace"}: expected 40{"sid":…}`},
		{speak.SocketIO, "1", "the server closed the session by the packet 1"},
		{speak.SocketIO, "hello", `the server sent hello: expected 0{"sid":…}`},
		{speak.SocketIO, "4", `the server sent 4: expected 0{"sid":…}`},
		{speak.Pusher, "hello", `the server sent hello: expected {"event":"pusher:connection_established",…}`},
	} {
		d := speak.Dialect{Name: c.protocol, App: app}
		assert.Equal(t, c.want, d.Receive([]byte(c.message), self).Fault)
	}
}

func TestTheServersNumberIsFoundBehindTheText(t *testing.T) {
	const text = "Tabcdefg0000"
	for _, c := range []struct {
		protocol, before, after string
		want                    uint64
	}{
		{speak.Plenum, `{"text":"`, `","seq":7}`, 7},
		{speak.Plenum, "", "", 0},
		{speak.Centrifugo, `{"push":{"channel":"a","pub":{"data":"`, `","info":{"user":"","client":"c"},"offset":12}}}`, 12},
		{speak.Centrifugo, `{"push":{"channel":"a","pub":{"data":"`, `","offset":1,"epoch":"KskM"}}}`, 1},
		{speak.Centrifugo, `{"push":{"channel":"a","pub":{"data":"`, `"}}}`, 0},
		{speak.Centrifugo, `{"push":{"channel":"a","pub":{"offset":12,"data":"`, `"}}}`, 0},
		{speak.Centrifugo, "", `,"offset":18446744073709551615}`, 1<<64 - 1},
		{speak.Centrifugo, "", `,"offset":18446744073709551616}`, 0},
		{speak.Centrifugo, "", `,"offset":`, 0},
		{speak.SocketIO, `42["message",{"text":"`, `","room":"a","timestamp":1,"seq":5}]`, 5},
		{speak.SocketIO, `42["message","`, `"]`, 0},
		{speak.SocketIO, `42["message",{"text":"`, `","seq":5}`, 0},
	} {
		d := speak.Dialect{Name: c.protocol}
		whole := c.before + text + c.after
		seq, ok := d.Seq()([]byte(whole), []byte(whole[len(c.before):]))
		assert.Equal(t, c.want, seq, whole)
		assert.Equal(t, c.want > 0, ok, whole)
	}
}

func TestAURLWithoutAPathGetsThatOfTheProtocol(t *testing.T) {
	for _, c := range []struct{ protocol, set, want string }{
		{speak.Plenum, "ws://127.0.0.1:1/{room}", "ws://127.0.0.1:1/{room}"},
		{speak.Plenum, "ws://127.0.0.1:1", "ws://127.0.0.1:1"},
		{speak.Raw, "", ""},
		{speak.Centrifugo, "", "ws://127.0.0.1:8000/connection/websocket"},
		{speak.Centrifugo, "wss://example.org", "wss://example.org/connection/websocket"},
		{speak.Centrifugo, "ws://127.0.0.1:1/", "ws://127.0.0.1:1/connection/websocket"},
		{speak.Centrifugo, "ws://127.0.0.1:1?a=b", "ws://127.0.0.1:1/connection/websocket?a=b"},
		{speak.Centrifugo, "ws://127.0.0.1:1/own/{user}?a={room}", "ws://127.0.0.1:1/own/{user}?a={room}"},
		{speak.Centrifugo, "nonsense", "nonsense"},
		{speak.SocketIO, "", "ws://127.0.0.1:3000/socket.io/?EIO=4&transport=websocket"},
		{speak.SocketIO, "ws://127.0.0.1:1/io/", "ws://127.0.0.1:1/io/?EIO=4&transport=websocket"},
		{speak.SocketIO, "ws://127.0.0.1:1/io/?EIO=4&transport=websocket&token={user}", "ws://127.0.0.1:1/io/?EIO=4&transport=websocket&token={user}"},
		{speak.Pusher, "ws://127.0.0.1:1/ws/chat/{room}?username={user}", "ws://127.0.0.1:1/app/key?protocol=7&client=plenum-bench&version=1"},
	} {
		d := speak.Dialect{Name: c.protocol}
		if c.protocol == speak.Pusher {
			d.App = app
		}
		assert.Equal(t, c.want, d.URL(c.set), "%s %s", c.protocol, c.set)
		assert.Equal(t, c.want, d.URL(d.URL(c.set)), "a second time")
	}
}

func TestAServerIsNamedAfterItsProtocol(t *testing.T) {
	for _, c := range []struct{ protocol, set, want string }{
		{"", "", "plenum"}, {speak.Plenum, "", "plenum"}, {speak.Pusher, "", "plenum"}, {speak.Raw, "", "raw"},
		{speak.Centrifugo, "", "centrifugo"}, {speak.SocketIO, "", "socketio"}, {speak.SocketIO, "mine", "mine"}, {speak.Plenum, "mine", "mine"},
	} {
		d := speak.Dialect{Name: c.protocol}
		assert.Equal(t, c.want, d.Server(c.set), c)
	}
}

func TestNamesAreNotExpanded(t *testing.T) {
	assert.Equal(t, "{user}-x{", speak.Expand("{room}-x{", "{user}", "u2"))
}
