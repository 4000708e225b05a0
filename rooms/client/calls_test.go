package client

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// message returns a message as the server sends it. Its text is its seq.
func message(room string, seq int) string {
	return fmt.Sprintf(`{"sender":"Alex","text":"%d","room":"%s","timestamp":1721433600000,"seq":%d}`, seq, room, seq)
}

// messageEvent returns the event of message, in the epoch e.
func messageEvent(room string, seq int) Message {
	return Message{Room: room, Sender: "Alex", Text: fmt.Sprint(seq), Time: time.UnixMilli(1721433600000), Position: Position{"e", uint64(seq)}}
}

func TestPublishReturnsThePositionOfTheMessage(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		done := s.start(func(ctx context.Context) error {
			at, err := s.Publish(ctx, "a", "<hi> & \"bye\"")
			assert.Equal(t, Position{"e", 5}, at)
			return err
		})
		p.requireCommand(`{"type":"publish","id":N,"room":"a","text":"<hi> & \"bye\""}`)
		p.send(message("a", 5), `{"type":"published","id":N,"room":"a","seq":5}`)
		require.NoError(t, next(t, done))
		s.requireEvents(messageEvent("a", 5))
		done = s.startPublish("")
		p.requireCommand(`{"type":"publish","id":N,"room":"a","text":""}`)
		p.send(`{"type":"published","id":N,"room":"a","seq":6}`)
		require.NoError(t, next(t, done))
	})
}

func TestEventsAndDataArePublishedAndReceivedUnchanged(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		data := json.RawMessage(`{"order":7,"total":12.50,"note":"<&>"}`)
		done := s.start(func(ctx context.Context) error {
			_, err := s.PublishContent(ctx, "a", Content{Event: "paid", Data: data})
			return err
		})
		p.requireCommand(`{"type":"publish","id":N,"room":"a","event":"paid","data":` + string(data) + `}`)
		p.send(`{"sender":"Alex","event":"paid","data":`+string(data)+`,"room":"a","timestamp":1721433600000,"seq":5}`, `{"type":"published","id":N,"room":"a","seq":5}`)
		require.NoError(t, next(t, done))
		s.requireEvents(Message{Room: "a", Sender: "Alex", Event: "paid", Data: data, Time: time.UnixMilli(1721433600000), Position: Position{"e", 5}})
		for _, bad := range []Content{{Data: json.RawMessage(`{`)}, {Data: json.RawMessage("\"\xff\"")}, {Event: "\xff"}, {Data: json.RawMessage{}}} {
			_, err := s.PublishContent(t.Context(), "a", bad)
			assert.ErrorIs(t, err, ErrInvalid)
		}
	})
}

func TestRefreshRenewsTheTokenAndReportsTheRoomsThatItForbids(t *testing.T) {
	tokens := []string{"first", "second", "third"}
	next3 := func(context.Context) (token string, err error) {
		token, tokens = tokens[0], tokens[1:]
		return token, nil
	}
	runScript(t, Config{Token: next3}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		s.join(p, "b", "0")
		done := s.start(s.Refresh)
		p.requireCommand(`{"type":"refresh","id":N,"token":"second"}`)
		p.send(`{"type":"left","room":"a","code":"not_allowed"}`, `{"type":"left","room":"nowhere","code":"not_allowed"}`, `{"type":"refreshed","id":N,"expires":1721433600000}`)
		require.NoError(t, next(t, done))
		s.requireEvents(Refused{Room: "a", Position: Position{"e", 4}, Err: &Refusal{Code: "not_allowed", Message: "the new token does not allow the room"}})
		done = s.start(s.Refresh)
		p.requireCommand(`{"type":"refresh","id":N,"token":"third"}`)
		p.send(`{"type":"error","id":N,"code":"bad_token","message":"no"}`)
		var refusal *Refusal
		require.ErrorAs(t, next(t, done), &refusal)
		assert.Equal(t, "bad_token", refusal.Code)
		p.send(message("a", 5), message("b", 1))
		s.requireEvents(messageEvent("b", 1))
	})
	c, err := New(Config{URL: "ws://plenum.test/ws"})
	require.NoError(t, err)
	assert.ErrorIs(t, c.Refresh(t.Context()), ErrInvalid)
}

func TestPublishIsNeverSentTwice(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		done := s.startPublish("hi")
		p.requireCommand(`{"type":"publish","id":N,"room":"a","text":"hi"}`)
		p.cut()
		err := next(t, done)
		assert.ErrorIs(t, err, ErrUnknown)
		assert.ErrorContains(t, err, "EOF", "the error has the reason")
		s.requireWait(firstWait, "EOF")
		p = s.requireConnection()
		p.requireCommand(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		p.send(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":4,"members":1,"recovered":true}`)
		done = s.startPublish("something else")
		p.requireCommand(`{"type":"publish","id":N,"room":"a","text":"something else"}`)
		p.send(`{"type":"published","id":N,"room":"a","seq":6}`)
		require.NoError(t, next(t, done))
	})
}

func TestPublishWaitsForAConnectionAndTheRoom(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		p.close(1012, "Restarting; retry in 60000 ms")
		s.requireWait(time.Minute+firstWait, "Restarting")
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Publish(short, "a", "too late")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotErrorIs(t, err, ErrUnknown)
		done := s.startPublish("hi")
		p = s.requireConnection()
		p.requireCommand(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		synctest.Wait()
		assert.Empty(t, p.commands, "the room is not joined yet")
		p.send(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":4,"members":1,"recovered":true}`)
		p.requireCommand(`{"type":"publish","id":N,"room":"a","text":"hi"}`)
		p.send(`{"type":"published","id":N,"room":"a","seq":5}`)
		require.NoError(t, next(t, done))
	})
}

func TestRequestWithoutAnAnswerInTimeIsUnknown(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		begun := time.Now()
		_, err := s.Publish(t.Context(), "a", "hi")
		assert.ErrorIs(t, err, ErrUnknown)
		assert.Equal(t, 10*time.Second, time.Since(begun))
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = s.Publish(short, "a", "hi")
		assert.ErrorIs(t, err, ErrUnknown)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorIs(t, s.Join(t.Context(), "b"), ErrUnknown)
	})
}

func TestJoinAndLeaveAreRepeatedOnTheNextConnection(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		done := s.start(func(ctx context.Context) error { return s.Join(ctx, "a") })
		p.requireCommand(`{"type":"join","id":N,"room":"a"}`)
		p = s.reconnect(p, firstWait)
		p.requireCommand(`{"type":"join","id":N,"room":"a"}`)
		p.send(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":4,"members":1,"recovered":false}`)
		require.NoError(t, next(t, done))
		s.requireEvents(Joined{Room: "a", Position: Position{"e", 4}, Members: 1})

		done = s.start(func(ctx context.Context) error { return s.Leave(ctx, "a") })
		p.requireCommand(`{"type":"leave","id":N,"room":"a"}`)
		p = s.reconnect(p, 2*firstWait)
		p.requireCommand(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		p.send(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":4,"members":1,"recovered":true}`)
		p.requireCommand(`{"type":"leave","id":N,"room":"a"}`)
		p.send(`{"type":"left","id":N,"room":"a"}`)
		require.NoError(t, next(t, done))
		p.send(message("a", 5))
		s.requireEvents(Joined{Room: "a", Position: Position{"e", 4}, Members: 1, Recovered: true})
		s.join(p, "b", "1")
		s.reconnect(p, 4*firstWait).requireCommand(`{"type":"join","id":N,"room":"b","since":"e:1"}`)
	})
}

func TestRefusalOfTheServerIsReturnedToTheCaller(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		for name, do := range map[string]func(ctx context.Context) error{
			"join":    func(ctx context.Context) error { return s.Join(ctx, "a") },
			"leave":   func(ctx context.Context) error { return s.Leave(ctx, "a") },
			"publish": func(ctx context.Context) error { _, err := s.Publish(ctx, "a", "hi"); return err },
		} {
			done := s.start(do)
			p.requireCommand(`{"type":"` + name + `","id":N,"room":"a"` + map[string]string{"publish": `,"text":"hi"`}[name] + `}`)
			p.send(`{"type":"error","id":N,"code":"not_joined","message":"join the room first"}`)
			err := next(t, done)
			var refusal *Refusal
			require.ErrorAs(t, err, &refusal)
			assert.Equal(t, "not_joined", refusal.Code)
			assert.ErrorContains(t, err, `"a": join the room first (not_joined)`)
		}
	})
}

func TestInvalidRequestIsNotSent(t *testing.T) {
	runScript(t, Config{MaxMessage: 100}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		_, err := s.Publish(t.Context(), "a", strings.Repeat("x", 60))
		assert.ErrorIs(t, err, ErrInvalid)
		_, err = s.Publish(t.Context(), "a", "\xff")
		assert.ErrorIs(t, err, ErrInvalid)
		assert.ErrorIs(t, s.Join(t.Context(), ""), ErrInvalid)
		assert.ErrorIs(t, s.Leave(t.Context(), "\xff"), ErrInvalid)
		assert.ErrorIs(t, s.Resume(t.Context(), "a", Position{Epoch: strings.Repeat("e", 100)}), ErrInvalid)
		s.startPublish(strings.Repeat("x", 50))
		p.requireCommand(`{"type":"publish","id":N,"room":"a","text":"` + strings.Repeat("x", 50) + `"}`)
	})
}

func TestCallsBeyondTheMaximumWaitToBeSent(t *testing.T) {
	runScript(t, Config{Timeout: time.Hour}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		for range maxCalls + 1 {
			s.startPublish("hi")
		}
		synctest.Wait()
		assert.Len(t, p.commands, maxCalls)
		p.requireCommand(`{"type":"publish","id":N,"room":"a","text":"hi"}`)
		p.send(`{"type":"published","id":N,"room":"a","seq":1}`)
		synctest.Wait()
		assert.Len(t, p.commands, maxCalls)
	})
}

func TestSocketIsNotReadWhileEventsIsFull(t *testing.T) {
	// Pongs would wait after the messages, and the peer would stop reading.
	serverBehavior{ignoresPings: true}.runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "0")
		var sent atomic.Int64
		go func() {
			for i := range 2000 {
				p.send(message("a", i+1))
				sent.Store(int64(i + 1))
			}
		}()
		synctest.Wait()
		assert.Less(t, sent.Load(), int64(eventsAhead+64), "64 more are in the buffers of the socket")
		_, err := s.Publish(t.Context(), "a", "hi")
		assert.ErrorIs(t, err, ErrUnknown, "the answer comes after the messages")
		time.Sleep(time.Hour)
		for i := range 2000 {
			s.requireEvents(messageEvent("a", i+1))
		}
	})
}
