package speak_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/speak"
)

// recorder is a connection that keeps the messages sent on it.
type recorder struct {
	sent  []string
	pings int
}

func (r *recorder) Send(payload []byte) error {
	r.sent = append(r.sent, string(payload))
	return nil
}

func (r *recorder) CountPing() { r.pings++ }

func talkOf(protocol string) *speak.Talk { return speak.NewTalk(speak.Dialect{Name: protocol}) }

func noEnd() string { return "" }

func TestEachLineOfAFrameIsAnswered(t *testing.T) {
	talk, conn := talkOf(speak.Centrifugo), &recorder{}
	talk.Frame(conn, []byte(`{"id":1,"connect":{}}`+"\n{}\n"+`{"id":3,"subscribe":{}}`+"\n"+`{"id":4,"subscribe":{}}`+"\n\n{}"), self)
	assert.Equal(t, []string{"{}", "{}"}, conn.sent)
	assert.Equal(t, 2, conn.pings)
	assert.EqualValues(t, 2, talk.Joined())
	assert.Empty(t, talk.Fault())
}

func TestTheFirstFaultIsKept(t *testing.T) {
	talk := talkOf(speak.SocketIO)
	for _, packet := range []string{"41", "1", "nonsense"} {
		talk.Frame(&recorder{}, []byte(packet), self)
	}
	assert.EqualError(t, talk.Err(), "bench: --speak=socketio: the server disconnected the client by the packet 41")
}

func TestAwaitReturnsWhenAllJoinsAreConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		talk := talkOf(speak.Centrifugo)
		go func() {
			time.Sleep(20 * time.Second)
			talk.Frame(&recorder{}, []byte(`{"id":3,"subscribe":{}}`), self)
		}()
		begin := time.Now()
		require.NoError(t, talk.Await(t.Context(), 1, noEnd))
		assert.InDelta(t, 20, time.Since(begin).Seconds(), 0.1)
	})
}

func TestJoinsThatAreNotConfirmedAreAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for protocol, want := range map[string]string{
			speak.Centrifugo: `bench: --speak=centrifugo: 2 of 2 joins were not answered in 30s: expected {"id":1,"connect":{…}} and {"id":3,"subscribe":{…}}`,
			speak.SocketIO:   `bench: --speak=socketio: 2 of 2 joins were not answered in 30s: expected 0{"sid":…}, 40{"sid":…} and the acknowledgement 430[…] of the event 420["join","ROOM"]`,
			speak.Pusher:     `bench: --speak=pusher: 2 of 2 joins were not answered in 30s: expected {"event":"pusher:connection_established",…} and {"event":"pusher_internal:subscription_succeeded",…}: check --app`,
		} {
			assert.EqualError(t, talkOf(protocol).Await(t.Context(), 2, noEnd), want)
		}
		cut, cancel := context.WithCancel(t.Context())
		cancel()
		assert.ErrorIs(t, talkOf(speak.Centrifugo).Await(cut, 2, noEnd), context.Canceled)
	})
}

func TestAFaultIsReportedBeforeTheEndOfTheConnectionThatFollowsIt(t *testing.T) {
	talk := talkOf(speak.SocketIO)
	ended := func() string { return "1005" }
	assert.ErrorContains(t, talk.Await(t.Context(), 1, ended), "a connection ended before it had joined: 1005")
	talk.Frame(&recorder{}, []byte("41"), self)
	assert.ErrorContains(t, talk.Await(t.Context(), 1, ended), "the packet 41")
}

func TestAMissingTokenIsNamed(t *testing.T) {
	for end, named := range map[string]bool{
		`closed with 3500 "invalid token"`: true, `closed with 3501 "bad request"`: true, `closed with 3503 "force disconnect"`: false, "reset": false,
	} {
		err := talkOf(speak.Centrifugo).Await(t.Context(), 1, func() string { return end })
		assert.Equal(t, named, strings.HasSuffix(err.Error(), ": check --token-secret, the server's HMAC key"), err)
	}
	err := talkOf(speak.SocketIO).Await(t.Context(), 1, func() string { return "closed with 3501" })
	assert.NotContains(t, err.Error(), "token")
}

func TestAnAnswerToAPublicationAllocatesNothing(t *testing.T) {
	for protocol, message := range map[string]string{
		speak.Centrifugo: `{"id":2,"publish":{}}` + "\n{}",
		speak.SocketIO:   "2",
	} {
		talk, conn, frame := talkOf(protocol), &silent{}, []byte(message)
		assert.Zero(t, testing.AllocsPerRun(100, func() { talk.Frame(conn, frame, self) }), protocol)
	}
}

// silent is a connection that drops the messages sent on it.
type silent struct{}

func (*silent) Send([]byte) error { return nil }
func (*silent) CountPing()        {}
