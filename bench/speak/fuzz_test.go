package speak_test

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"plenum/bench/speak"
)

// fuzz gives any frame to the decoder of a protocol. The decoder must answer no line twice. The messages
// that it sends and the fault that it reports must be valid text.
func fuzz(f *testing.F, d speak.Dialect, frames ...string) {
	for _, frame := range frames {
		f.Add([]byte(frame))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		talk, conn := speak.NewTalk(d), &recorder{}
		talk.Frame(conn, frame, self)
		messages := 1
		if d.Lines() {
			messages += bytes.Count(frame, []byte("\n"))
		}
		require.LessOrEqual(t, len(conn.sent), messages*len(member.Rooms))
		require.LessOrEqual(t, conn.pings, messages)
		require.LessOrEqual(t, talk.Joined(), int64(messages))
		require.True(t, utf8.ValidString(talk.Fault()), "%q", talk.Fault())
		require.LessOrEqual(t, len(talk.Fault()), 2000)
		for at := range min(len(frame), 64) {
			seq, ok := d.Seq()(frame, frame[at:])
			require.True(t, !ok || seq > 0)
		}
		rest, total := frame, 0
		for len(rest) > 0 {
			var one []byte
			one, rest = d.Split(rest)
			total += len(one)
		}
		require.LessOrEqual(t, total, len(frame))
	})
}

func FuzzCentrifugo(f *testing.F) {
	fuzz(f, speak.Dialect{Name: speak.Centrifugo},
		"{}", `{"id":1,"connect":{"client":"9a1b","version":"6.9.1","ping":25,"pong":true}}`+"\n{}",
		`{"id":3,"subscribe":{}}`+"\n"+`{"id":4,"error":{"code":105,"message":"already subscribed"}}`,
		`{"push":{"channel":"a","pub":{"data":"x","info":{"user":"","client":"c"},"offset":1,"epoch":"KskM"}}}`+"\n"+`{"id":2,"publish":{}}`,
		`{"push":{"disconnect":{"code":3503,"reason":"force disconnect"}}}`, `{"id":4294967296,"subscribe":{}}`, `{"push":null}`, ",\"offset\":18446744073709551616")
}

func FuzzSocketIO(f *testing.F) {
	fuzz(f, speak.Dialect{Name: speak.SocketIO},
		`0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`, `40{"sid":"wZX3oN0bSVIhsaknAAAI"}`,
		"2", "41", "1", "6", "430[]", `44{"message":"Not authorized"}`, `42["message",{"text":"x","seq":5}]`, `451-["hello",{"_placeholder":true,"num":0}]`, "4")
}

func FuzzPusher(f *testing.F) {
	fuzz(f, speak.Dialect{Name: speak.Pusher, App: app},
		`{"event":"pusher:connection_established","data":"{\"socket_id\":\"1.2\",\"activity_timeout\":120}"}`, `{"event":"pusher:ping","data":{}}`,
		`{"event":"pusher_internal:subscription_succeeded","channel":"private-a","data":"{}"}`,
		`{"event":"pusher:error","data":{"code":4001,"message":"Application does not exist"}}`, `{"event":"pusher:connection_established",`, `{"event":"`)
}
