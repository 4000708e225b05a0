package client

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestARestartingServerIsLeftAloneForAsLongAsItAsks(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		s.connects().closes(1012, "Restarting; retry in 3000 ms")
		s.waits(3*time.Second+firstWait, "Restarting")
		begun := time.Now()
		s.connects().closes(1013, "Too slow")
		assert.Equal(t, 3*time.Second+firstWait, time.Since(begun))
		s.waits(slowWait+2*firstWait, "Too slow")
		s.connects().vanishes()
		s.waits(4*firstWait, "EOF")
		s.connects().closes(1012, "Restarting; retry in 1000 ms")
		s.waits(time.Second+firstWait, "Restarting")
		s.connects().vanishes()
		s.waits(2*firstWait, "EOF")
		p := s.connects()
		time.Sleep(steady)
		p.vanishes()
		s.waits(firstWait, "EOF")
	})
}

func TestAFullServerIsLeftAloneForAsLongAsItAsks(t *testing.T) {
	statuses := []int{503, 429, 502}
	full := func(w http.ResponseWriter, _ *http.Request) bool {
		if len(statuses) == 0 {
			return false
		}
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(statuses[0])
		statuses = statuses[1:]
		return true
	}
	manners{answer: full}.perform(t, Config{}, func(t *testing.T, s *stage) {
		s.waits(5*time.Second+firstWait, "503 Service Unavailable")
		s.waits(5*time.Second+2*firstWait, "429 Too Many Requests")
		s.waits(4*firstWait, "502 Bad Gateway")
		s.connects()
		s.leave()
		require.NoError(t, next(t, s.ran))
	})
}

func TestWhatIsNotAllowedEndsIt(t *testing.T) {
	elsewhere := func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusNotFound); return true }
	for why, m := range map[string]manners{"Kicked": {}, "404 Not Found": {answer: elsewhere}} {
		m.perform(t, Config{}, func(t *testing.T, s *stage) {
			waiting := s.publishes("while it ends")
			if m.answer == nil {
				s.connects().closes(1008, why)
			}
			assert.ErrorContains(t, next(t, s.ran), why)
			assert.ErrorContains(t, next(t, waiting), why)
			_, open := <-s.Events()
			assert.False(t, open)
			err := s.Join(t.Context(), "a")
			assert.ErrorIs(t, err, ErrEnded)
			assert.ErrorContains(t, err, why)
		})
	}
}

func TestATokenIsAskedForForEachConnection(t *testing.T) {
	tokens := 0
	token := func(context.Context) (string, error) {
		tokens++
		if tokens == 2 {
			return "", errors.New("nobody home")
		}
		return strconv.Itoa(tokens), nil
	}
	perform(t, Config{Token: token, Name: "Alex & Bea"}, func(t *testing.T, s *stage) {
		s.tells(State{Connected: true})
		r := next(t, s.handshake)
		assert.Equal(t, "Bearer 1", r.Header.Get("Authorization"))
		assert.Equal(t, "Alex & Bea", r.URL.Query().Get("username"))
		(next(t, s.peers)).closes(4001, "Token expired")
		s.waits(firstWait, "Token expired")
		s.waits(2*firstWait, "nobody home")
		s.tells(State{Connected: true})
		assert.Equal(t, "Bearer 3", (next(t, s.handshake)).Header.Get("Authorization"))
	})
}

func TestAServerThatIsSilentIsLost(t *testing.T) {
	manners{deaf: true}.perform(t, Config{}, func(t *testing.T, s *stage) {
		s.connects()
		begun := time.Now()
		s.waits(firstWait, "silent for 25s")
		assert.Equal(t, 25*time.Second, time.Since(begun))
	})
}

func TestAServerThatAnswersPingsIsNot(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		time.Sleep(time.Hour)
		s.joins(p, "a", "4")
	})
}

func TestAHandshakeThatIsNotAnsweredIsTriedAgain(t *testing.T) {
	never := func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }
	manners{answer: never}.perform(t, Config{Timeout: time.Second}, func(t *testing.T, s *stage) {
		s.waits(firstWait, "deadline exceeded")
		s.waits(2*firstWait, "deadline exceeded")
	})
}

func TestSaysGoodbye(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "4")
		s.leave()
		p.isLeft(1000)
		require.NoError(t, next(t, s.ran))
		assert.ErrorIs(t, s.Leave(t.Context(), "a"), ErrEnded)
	})
}

func TestSaysGoodbyeAlsoWhereNobodyReadsItsEvents(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "0")
		for i := range eventsAhead + 1 {
			p.says(message("a", i+1))
		}
		s.leave()
		p.isLeft(1000)
		require.NoError(t, next(t, s.ran))
	})
}

func TestWhatTheServerSaysLastIsHeardAlsoByWhoCannotAnswer(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "4")
		s.joins(p, "b", "4")
		p = s.returns(p, firstWait)
		for range 2 {
			id := ids.FindString(next(t, p.commands))
			p.says(`{"type":"error",` + id + `,"code":"busy","message":"no"}`)
			next(t, s.Events())
		}
		s.mute(true)
		p.says(`{"type":"pong","timestamp":1}`)                // the rooms are tried again
		_ = p.conn.Close(1012, "Restarting; retry in 3000 ms") // it is not answered
		s.waits(3*time.Second+firstWait, "Restarting")
		s.mute(false)
		s.connects()
	})
}

func TestEndsWhileItWaits(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		s.connects().closes(1012, "Restarting; retry in 600000 ms")
		s.waits(maxTold+firstWait, "Restarting")
		s.leave()
		require.NoError(t, next(t, s.ran))
		assert.Error(t, s.Run(t.Context()), "it is run once")
	})
}

func TestABadConfigIsRefused(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no URL":                {},
		"another scheme":        {URL: "http://127.0.0.1/ws"},
		"no URL at all":         {URL: "ws://%"},
		"a negative period":     {URL: "ws://127.0.0.1/ws", PingPeriod: -1},
		"a negative ping's":     {URL: "ws://127.0.0.1/ws", PingTimeout: -1},
		"a negative timeout":    {URL: "ws://127.0.0.1/ws", Timeout: -1},
		"a negative MaxMessage": {URL: "ws://127.0.0.1/ws", MaxMessage: -1},
	} {
		_, err := New(cfg)
		assert.Error(t, err, name)
	}
	_, err := New(Config{URL: "wss://plenum.example/prefix/ws?x=1", Name: "Alex"})
	assert.NoError(t, err)
}

func TestACloseErrorIsInTheErrors(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		s.connects().closes(1008, "Invalid token")
		err := next(t, s.ran)
		assert.Equal(t, websocket.StatusPolicyViolation, websocket.CloseStatus(err))
	})
}
