package bench

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/drive"
	"plenum/bench/internal/fakeserver"
	"plenum/bench/speak"
)

// spoken are the protocols in which a member joins and publishes by messages, and receives its own
// messages.
var spoken = []string{speak.Centrifugo, speak.SocketIO}

// speaking returns options for a hub that speaks a protocol.
func speaking(h *fakeserver.Hub, protocol string) Traffic {
	traffic := trafficTo(h, 500*time.Millisecond)
	traffic.Speak, traffic.URL = protocol, h.BareURL()
	return traffic
}

func overSpoken(t *testing.T, test func(t *testing.T, h *fakeserver.Hub, traffic Traffic)) {
	for _, protocol := range spoken {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			h := fakeserver.NewHub(t)
			test(t, h, speaking(h, protocol))
		})
	}
}

// The hub answers nothing before the pong, so this covers pings too.
func TestMembersOfOtherProtocolsReceiveAllMessagesOfTheirRoom(t *testing.T) {
	t.Parallel()
	overSpoken(t, func(t *testing.T, _ *fakeserver.Hub, traffic Traffic) {
		r := measured(t, &Fan{Traffic: traffic, Rooms: 2, Members: 3, Senders: 1, Rate: 100})
		assert.Empty(t, r.Failures)
		assert.EqualValues(t, 100, r.Sent)
		assert.EqualValues(t, 3*r.Sent, r.Delivered)
		require.NotNil(t, r.Room, "the server's numbers were found")
		assert.Zero(t, r.Room.Lost+r.Room.Duplicated+r.Room.OutOfOrder+r.Unnumbered)
		assert.NotContains(t, strings.Join(r.Notes, "\n"), "refusal")
	})
}

func TestConnectionsOfOtherProtocolsAreInManyRooms(t *testing.T) {
	t.Parallel()
	overSpoken(t, func(t *testing.T, _ *fakeserver.Hub, traffic Traffic) {
		r := measured(t, &Many{Traffic: traffic, Rooms: 8, Members: 3, Each: 4, Rate: 10})
		assert.Empty(t, r.Failures)
		assert.EqualValues(t, 3*r.Sent, r.Delivered)
	})
}

func TestMembersOfOtherProtocolsJoinAndLeaveWithoutLoss(t *testing.T) {
	t.Parallel()
	overSpoken(t, func(t *testing.T, _ *fakeserver.Hub, traffic Traffic) {
		r := measured(t, &Churn{Fan: Fan{Traffic: traffic, Rooms: 2, Members: 5, Senders: 1, Rate: 50}, Leaves: 40})
		assert.Empty(t, r.Failures)
		assert.EqualValues(t, 20, r.Churn.Joined)
	})
}

func TestARoomOfOneIsAnEchoInOtherProtocols(t *testing.T) {
	t.Parallel()
	overSpoken(t, func(t *testing.T, _ *fakeserver.Hub, traffic Traffic) {
		r := measured(t, &Fan{Traffic: traffic, Rooms: 5, Members: 1, Senders: 1, Rate: 20})
		assert.Empty(t, r.Failures)
		assert.Equal(t, r.Sent, r.Delivered)
	})
}

func TestMembersOfOtherProtocolsThatStopReadingAreNotInTheFigures(t *testing.T) {
	t.Parallel()
	overSpoken(t, func(t *testing.T, _ *fakeserver.Hub, traffic Traffic) {
		r := measured(t, &Slow{Fan: Fan{Traffic: traffic, Rooms: 1, Members: 10, Senders: 1, Rate: 20}, Stopped: 0.2})
		assert.Empty(t, r.Failures)
		assert.EqualValues(t, 10*8, r.Delivered)
	})
}

// So their subscriptions and their pings are part of what is measured.
func TestIdleConnectionsOfOtherProtocolsHaveJoined(t *testing.T) {
	overSpoken(t, func(t *testing.T, _ *fakeserver.Hub, traffic Traffic) {
		idle := &Idle{Options: traffic.Options, Members: 2}
		g, err := idle.group(idle.Members)
		require.NoError(t, err)
		defer g.stop()
		for _, n := range []int{1, 6} {
			_, err = g.grow(t.Context(), n)
			require.NoError(t, err)
			assert.EqualValues(t, n, g.talk.Joined())
		}
		assert.Eventually(t, func() bool { return g.pool.Stats().Pings == 6 }, fakeserver.Timeout, time.Millisecond)
	})
}

func TestAMessageLostByTheServerIsMissingInItsNumbersToo(t *testing.T) {
	t.Parallel()
	overSpoken(t, func(t *testing.T, h *fakeserver.Hub, traffic Traffic) {
		traffic.Drain = Duration(300 * time.Millisecond)
		h.OnDeliver(func(number, member int, payload []byte) [][]byte {
			if number == 7 && member == 1 {
				return nil
			}
			return [][]byte{payload}
		})
		r := measured(t, &Fan{Traffic: traffic, Rooms: 1, Members: 3, Senders: 1, Rate: 100})
		assert.Equal(t, []string{"1 deliveries lost", "1 numbers missing in the server's seq"}, r.Failures)
	})
}

// saying returns a server that sends each text of first when a client has connected, and then
// answers each message with the text of the same place in answers. It reads until the client closes.
func saying(t *testing.T, first string, answers ...string) string {
	return fakeserver.ServePlain(t, func(ctx context.Context, conn *websocket.Conn) {
		if first != "" {
			_ = conn.Write(ctx, websocket.MessageText, []byte(first)) // Read returns the error
		}
		for i := 0; ; i++ {
			if _, _, err := conn.Read(ctx); err != nil {
				return
			}
			switch {
			case i >= len(answers):
			case answers[i] == "close":
				_ = conn.Close(3500, "invalid token")
				return
			default:
				_ = conn.Write(ctx, websocket.MessageText, []byte(answers[i]))
			}
		}
	})
}

func TestAServerThatRefusesOrSpeaksAnotherProtocolIsAnErrorWithItsMessage(t *testing.T) {
	t.Parallel()
	const opened = `0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}`
	for _, c := range []struct {
		name, protocol, first string
		answers               []string
		want                  string
	}{
		{"no permission to connect", speak.Centrifugo, "", []string{`{"id":1,"error":{"code":101,"message":"unauthorized"}}`},
			`the server answered the connect command with {"id":1,"error":{"code":101,"message":"unauthorized"}}: expected {"id":1,"connect":{…}}`},
		{"no permission to subscribe", speak.Centrifugo, "", []string{`{"id":1,"connect":{}}` + "\n" + `{"id":3,"error":{"code":103,"message":"permission denied"}}`},
			`the server answered the subscribe command with {"id":3,"error":{"code":103,"message":"permission denied"}}: expected {"id":3,"subscribe":{…}}`},
		{"no permission to publish", speak.Centrifugo, "", []string{`{"id":1,"connect":{}}`, `{"id":3,"subscribe":{}}`, `{"id":2,"error":{"code":103,"message":"permission denied"}}`},
			`the server answered the publish command with {"id":2,"error":{"code":103,"message":"permission denied"}}: expected {"id":2,"publish":{}}`},
		{"a wrong token", speak.Centrifugo, "", []string{"close"},
			`a connection ended before it had joined: closed with 3500 "invalid token": expected {"id":1,"connect":{…}} and {"id":3,"subscribe":{…}}: check --token-secret, the server's HMAC key`},
		{"disconnected", speak.Centrifugo, "", []string{`{"push":{"disconnect":{"code":3503,"reason":"force disconnect"}}}`},
			`the server sent the disconnect {"push":{"disconnect":{"code":3503,"reason":"force disconnect"}}}`},
		{"Socket.IO in place of Centrifugo", speak.Centrifugo, opened, nil,
			"the server sent " + opened + `: expected {"id":1,"connect":{…}}`},
		{"an echo server in place of Centrifugo", speak.Centrifugo, "", []string{`{"id":1,"connect":{},"echo":1}`, `{"id":3,"subscribe":`},
			`the server sent {"id":3,"subscribe":: expected {"id":1,"connect":{…}}`},
		{"a middleware refuses", speak.SocketIO, opened, []string{`44{"message":"Not authorized"}`},
			`the server answered the packet 40 with 44{"message":"Not authorized"}: expected 40{"sid":…}`},
		{"disconnected by Socket.IO", speak.SocketIO, opened, []string{"41"},
			"the server disconnected the client by the packet 41"},
		{"Centrifugo in place of Socket.IO", speak.SocketIO, "{}", nil,
			`the server sent {}: expected 0{"sid":…}`},
		{"a Pusher app that does not exist", speak.Pusher, `{"event":"pusher:error","data":{"code":4001,"message":"Application does not exist"}}`, nil,
			`the server sent the error {"event":"pusher:error","data":{"code":4001,"message":"Application does not exist"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			traffic := trafficTo(&fakeserver.Hub{URL: saying(t, c.first, c.answers...)}, time.Second)
			traffic.Speak = c.protocol
			if c.protocol == speak.Pusher {
				traffic.App = "key:secret"
			}
			fan := &Fan{Traffic: traffic, Rooms: 1, Members: 2, Senders: 1, Rate: 10}
			require.NoError(t, fan.Validate())
			_, err := fan.Run(fakeserver.Context(t), &drive.Driver{})
			assert.EqualError(t, err, "bench: --speak="+c.protocol+": "+c.want)
		})
	}
}

func TestARefusalDuringTheRunIsNoted(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	h.OnDeliver(func(number, _ int, payload []byte) [][]byte {
		if number == 3 {
			return [][]byte{append(payload, `"}}}`+"\n"+`{"id":2,"error":{"code":111,"message":"too many requests"}}`+"\n"+`{"push":{"pub":{"data":"`...)}
		}
		return [][]byte{payload}
	})
	r := measured(t, &Fan{Traffic: speaking(h, speak.Centrifugo), Rooms: 1, Members: 2, Senders: 1, Rate: 20})
	assert.Contains(t, r.Notes, `the server's first refusal: the server answered the publish command with {"id":2,"error":{"code":111,"message":"too many requests"}}: expected {"id":2,"publish":{}}`)
}

func TestTextsAloneAreMeasuredWithoutNumbers(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	traffic := trafficTo(h, 500*time.Millisecond)
	traffic.Speak = speak.Raw
	r := measured(t, &Fan{Traffic: traffic, Rooms: 2, Members: 3, Senders: 1, Rate: 100})
	assert.Empty(t, r.Failures)
	assert.EqualValues(t, 3*r.Sent, r.Delivered)
	assert.Nil(t, r.Room)
}

func TestAPingAndItsAnswerAreTheSameTextIfOnlyOneIsSet(t *testing.T) {
	for _, o := range []Options{{Ping: "x"}, {Pong: "x"}, {Ping: "x", Pong: "x"}} {
		d := o.dialect()
		assert.Equal(t, []string{"x", "x"}, []string{d.Ping, d.Pong})
	}
	d := (&Options{Ping: "ping", Pong: "pong"}).dialect()
	assert.Equal(t, []string{"ping", "pong"}, []string{d.Ping, d.Pong})
}

func TestOptionsThatDoNotGoWithTheProtocolAreRejected(t *testing.T) {
	for _, c := range []struct {
		protocol string
		spoil    func(*Many)
		want     string
	}{
		{speak.Raw, func(m *Many) {}, "--speak: must be a protocol whose clients join rooms by messages, got raw"},
		{speak.Centrifugo, func(m *Many) { m.Hello = []string{"x"} }, "--hello: must be left out with --speak=centrifugo, got [x]"},
		{speak.Centrifugo, func(m *Many) { m.Pong = "{}" }, "--pong: must be left out with --speak=centrifugo, got {}"},
		{speak.Centrifugo, func(m *Many) { m.App = "a:b" }, "--app: must be left out with --speak=centrifugo"},
		{speak.SocketIO, func(m *Many) { m.Ping = "2" }, "--ping: must be left out with --speak=socketio, got 2"},
		{speak.SocketIO, func(m *Many) { m.Pong = "2" }, "--pong: must be left out with --speak=socketio, got 2"},
		{speak.SocketIO, func(m *Many) { m.TokenSecret = "b" }, "--token-secret: must be left out with --speak=socketio"},
		{speak.Plenum, func(m *Many) { m.TokenSecret = "b" }, "--token-secret: must be left out with --speak=plenum"},
		{"", func(m *Many) { m.App = "a:b" }, "--app: must be left out with --speak=plenum"},
		{speak.Pusher, func(m *Many) { m.App, m.Hello = "a:b", []string{"x"} }, "--hello: must be left out with --speak=pusher, got [x]"},
	} {
		m := &Many{Traffic: speaking(&fakeserver.Hub{URL: "ws://127.0.0.1:1/{room}"}, c.protocol), Rooms: 2, Members: 2, Each: 2, Rate: 1}
		c.spoil(m)
		assert.EqualError(t, m.Validate(), c.want)
	}
	raw := func(url string) *Fan {
		traffic := trafficTo(&fakeserver.Hub{URL: url}, time.Second)
		traffic.Speak = speak.Raw
		return &Fan{Traffic: traffic, Rooms: 2, Members: 2, Senders: 1, Rate: 1}
	}
	assert.EqualError(t, raw("").Validate(), "--url: must be set with --speak=raw, which has no default")
	assert.EqualError(t, raw("ws://127.0.0.1:1/").Validate(), `--url: must have {room} with --speak=raw and several rooms, got "ws://127.0.0.1:1/"`)
	fan := raw("ws://127.0.0.1:1/{room}")
	fan.Publish = "{text}"
	assert.EqualError(t, fan.Validate(), "--publish: must be left out with --speak=raw, got {text}")
}

func TestAProtocolSetsOnlyWhatTheUserHasNot(t *testing.T) {
	fan := func(url, publish string) *Fan {
		traffic := trafficTo(&fakeserver.Hub{URL: url}, time.Second)
		traffic.Speak, traffic.Publish = speak.Centrifugo, publish
		f := &Fan{Traffic: traffic, Rooms: 1, Members: 2, Senders: 1, Rate: 1}
		require.NoError(t, f.Validate())
		return f
	}
	f := fan("", "")
	assert.Equal(t, "ws://127.0.0.1:8000/connection/websocket", f.URL)
	assert.Equal(t, `{"id":2,"publish":{"channel":"{room}","data":"{text}"}}`, f.Publish)
	const own = `{"id":2,"publish":{"channel":"{room}","data":{"text":"{text}"}}}`
	f = fan("ws://127.0.0.1:8001/other", own)
	assert.Equal(t, "ws://127.0.0.1:8001/other", f.URL)
	assert.Equal(t, own, f.Publish)
}
