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

func TestClientWaitsAsLongAsARestartingServerAsks(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		s.requireConnection().close(1012, "Restarting; retry in 3000 ms")
		s.requireWait(3*time.Second+firstWait, "Restarting")
		begun := time.Now()
		s.requireConnection().close(1013, "Too slow")
		assert.Equal(t, 3*time.Second+firstWait, time.Since(begun))
		s.requireWait(leastSlowWait+2*firstWait, "Too slow")
		s.requireConnection().cut()
		s.requireWait(4*firstWait, "EOF")
		s.requireConnection().close(1012, "Restarting; retry in 1000 ms")
		s.requireWait(time.Second+firstWait, "Restarting")
		s.requireConnection().cut()
		s.requireWait(2*firstWait, "EOF")
		p := s.requireConnection()
		time.Sleep(stableFor)
		p.cut()
		s.requireWait(firstWait, "EOF")
	})
}

func TestClientWaitsAsLongAsRetryAfterAsks(t *testing.T) {
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
	serverBehavior{answer: full}.runScript(t, Config{}, func(t *testing.T, s *fixture) {
		s.requireWait(5*time.Second+firstWait, "503 Service Unavailable")
		s.requireWait(5*time.Second+2*firstWait, "429 Too Many Requests")
		s.requireWait(4*firstWait, "502 Bad Gateway")
		s.requireConnection()
		s.stop()
		require.NoError(t, next(t, s.ran))
	})
}

func TestRefusalForGoodEndsRunWithTheReason(t *testing.T) {
	elsewhere := func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusNotFound); return true }
	for why, m := range map[string]serverBehavior{"Kicked": {}, "404 Not Found": {answer: elsewhere}} {
		m.runScript(t, Config{}, func(t *testing.T, s *fixture) {
			waiting := s.startPublish("while it ends")
			if m.answer == nil {
				s.requireConnection().close(1008, why)
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

func TestTokenIsCalledForEachConnection(t *testing.T) {
	tokens := 0
	token := func(context.Context) (string, error) {
		tokens++
		if tokens == 2 {
			return "", errors.New("token service failed")
		}
		return strconv.Itoa(tokens), nil
	}
	runScript(t, Config{Token: token, Name: "Alex & Bea"}, func(t *testing.T, s *fixture) {
		s.requireEvents(State{Connected: true})
		r := next(t, s.handshake)
		assert.Equal(t, "Bearer 1", r.Header.Get("Authorization"))
		assert.Equal(t, "Alex & Bea", r.URL.Query().Get("username"))
		(next(t, s.peers)).close(4001, "Token expired")
		s.requireWait(firstWait, "Token expired")
		s.requireWait(2*firstWait, "token service failed")
		s.requireEvents(State{Connected: true})
		assert.Equal(t, "Bearer 3", (next(t, s.handshake)).Header.Get("Authorization"))
	})
}

func TestConnectionWithoutDataForPingPeriodAndPingTimeoutIsLost(t *testing.T) {
	serverBehavior{ignoresPings: true}.runScript(t, Config{}, func(t *testing.T, s *fixture) {
		s.requireConnection()
		begun := time.Now()
		s.requireWait(firstWait, "received nothing from the server for 25s")
		assert.Equal(t, 25*time.Second, time.Since(begun))
	})
}

func TestConnectionStaysWhileTheServerAnswersPings(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		time.Sleep(time.Hour)
		s.join(p, "a", "4")
	})
}

func TestHandshakeWithoutAnAnswerIsTriedAgain(t *testing.T) {
	never := func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }
	serverBehavior{answer: never}.runScript(t, Config{Timeout: time.Second}, func(t *testing.T, s *fixture) {
		s.requireWait(firstWait, "deadline exceeded")
		s.requireWait(2*firstWait, "deadline exceeded")
	})
}

func TestStopClosesTheConnectionWithANormalClosure(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		s.stop()
		p.requireClosed(1000)
		require.NoError(t, next(t, s.ran))
		assert.ErrorIs(t, s.Leave(t.Context(), "a"), ErrEnded)
	})
}

func TestStopClosesTheConnectionEvenIfEventsIsFull(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "0")
		for i := range eventsAhead + 1 {
			p.send(message("a", i+1))
		}
		s.stop()
		p.requireClosed(1000)
		require.NoError(t, next(t, s.ran))
	})
}

func TestLastFramesOfTheServerAreReadAfterAFailedWrite(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		s.join(p, "b", "4")
		p = s.reconnect(p, firstWait)
		for range 2 {
			id := ids.FindString(next(t, p.commands))
			p.send(`{"type":"error",` + id + `,"code":"busy","message":"no"}`)
			next(t, s.Events())
		}
		s.failWrites(true)
		p.send(`{"type":"pong","timestamp":1}`)                // the client joins the rooms again
		_ = p.conn.Close(1012, "Restarting; retry in 3000 ms") // the client cannot answer it
		s.requireWait(3*time.Second+firstWait, "Restarting")
		s.failWrites(false)
		s.requireConnection()
	})
}

func TestStopEndsTheWaitForTheNextConnection(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		s.requireConnection().close(1012, "Restarting; retry in 600000 ms")
		s.requireWait(maxServerWait+firstWait, "Restarting")
		s.stop()
		require.NoError(t, next(t, s.ran))
		assert.Error(t, s.Run(t.Context()), "Run must not be called twice")
	})
}

func TestNewRefusesAnInvalidConfig(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no URL":                  {},
		"another scheme":          {URL: "http://127.0.0.1/ws"},
		"an invalid URL":          {URL: "ws://%"},
		"a negative period":       {URL: "ws://127.0.0.1/ws", PingPeriod: -1},
		"a negative ping timeout": {URL: "ws://127.0.0.1/ws", PingTimeout: -1},
		"a negative timeout":      {URL: "ws://127.0.0.1/ws", Timeout: -1},
		"a negative MaxMessage":   {URL: "ws://127.0.0.1/ws", MaxMessage: -1},
	} {
		_, err := New(cfg)
		assert.Error(t, err, name)
	}
	_, err := New(Config{URL: "wss://plenum.example/prefix/ws?x=1", Name: "Alex"})
	assert.NoError(t, err)
}

func TestErrorOfRunWrapsTheCloseError(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		s.requireConnection().close(1008, "Invalid token")
		err := next(t, s.ran)
		assert.Equal(t, websocket.StatusPolicyViolation, websocket.CloseStatus(err))
	})
}
