package client

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func message(room string, seq int) string {
	return fmt.Sprintf(`{"sender":"Alex","text":"%d","room":"%s","timestamp":1721433600000,"seq":%d}`, seq, room, seq)
}

// heard is message as an event, of the epoch e.
func heard(room string, seq int) Message {
	return Message{Room: room, Sender: "Alex", Text: fmt.Sprint(seq), Time: time.UnixMilli(1721433600000), Place: Place{"e", uint64(seq)}}
}

func TestAPublishIsAnsweredWithItsPlace(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "4")
		done := s.does(func(ctx context.Context) error {
			at, err := s.Publish(ctx, "a", "<hi> & \"bye\"")
			assert.Equal(t, Place{"e", 5}, at)
			return err
		})
		p.hears(`{"type":"publish","id":N,"room":"a","text":"<hi> & \"bye\""}`)
		p.says(message("a", 5), `{"type":"published","id":N,"room":"a","seq":5}`)
		require.NoError(t, next(t, done))
		s.tells(heard("a", 5))
		done = s.publishes("")
		p.hears(`{"type":"publish","id":N,"room":"a","text":""}`)
		p.says(`{"type":"published","id":N,"room":"a","seq":6}`)
		require.NoError(t, next(t, done))
	})
}

func TestAPublishIsNeverRepeated(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "4")
		done := s.publishes("hi")
		p.hears(`{"type":"publish","id":N,"room":"a","text":"hi"}`)
		p.vanishes()
		err := next(t, done)
		assert.ErrorIs(t, err, ErrUnknown)
		assert.ErrorContains(t, err, "EOF", "and why")
		s.waits(firstWait, "EOF")
		p = s.connects()
		p.hears(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		p.says(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":4,"members":1,"recovered":true}`)
		done = s.publishes("something else")
		p.hears(`{"type":"publish","id":N,"room":"a","text":"something else"}`)
		p.says(`{"type":"published","id":N,"room":"a","seq":6}`)
		require.NoError(t, next(t, done))
	})
}

func TestAPublishWaitsForAConnectionAndTheRoom(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "4")
		p.closes(1012, "Restarting; retry in 60000 ms")
		s.waits(time.Minute+firstWait, "Restarting")
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Publish(short, "a", "too late")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotErrorIs(t, err, ErrUnknown)
		done := s.publishes("hi")
		p = s.connects()
		p.hears(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		synctest.Wait()
		assert.Empty(t, p.commands, "it is not in the room")
		p.says(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":4,"members":1,"recovered":true}`)
		p.hears(`{"type":"publish","id":N,"room":"a","text":"hi"}`)
		p.says(`{"type":"published","id":N,"room":"a","seq":5}`)
		require.NoError(t, next(t, done))
	})
}

func TestAnAnswerThatDoesNotComeIsUnknown(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "4")
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

func TestAJoinAndALeaveAreRepeated(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		done := s.does(func(ctx context.Context) error { return s.Join(ctx, "a") })
		p.hears(`{"type":"join","id":N,"room":"a"}`)
		p = s.returns(p, firstWait)
		p.hears(`{"type":"join","id":N,"room":"a"}`)
		p.says(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":4,"members":1,"recovered":false}`)
		require.NoError(t, next(t, done))
		s.tells(Joined{Room: "a", Place: Place{"e", 4}, Members: 1})

		done = s.does(func(ctx context.Context) error { return s.Leave(ctx, "a") })
		p.hears(`{"type":"leave","id":N,"room":"a"}`)
		p = s.returns(p, 2*firstWait)
		p.hears(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		p.says(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":4,"members":1,"recovered":true}`)
		p.hears(`{"type":"leave","id":N,"room":"a"}`)
		p.says(`{"type":"left","id":N,"room":"a"}`)
		require.NoError(t, next(t, done))
		p.says(message("a", 5))
		s.tells(Joined{Room: "a", Place: Place{"e", 4}, Members: 1, Recovered: true})
		s.joins(p, "b", "1")
		s.returns(p, 4*firstWait).hears(`{"type":"join","id":N,"room":"b","since":"e:1"}`)
	})
}

func TestARefusalIsTheCallers(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		for what, do := range map[string]func(ctx context.Context) error{
			"join":    func(ctx context.Context) error { return s.Join(ctx, "a") },
			"leave":   func(ctx context.Context) error { return s.Leave(ctx, "a") },
			"publish": func(ctx context.Context) error { _, err := s.Publish(ctx, "a", "hi"); return err },
		} {
			done := s.does(do)
			p.hears(`{"type":"` + what + `","id":N,"room":"a"` + map[string]string{"publish": `,"text":"hi"`}[what] + `}`)
			p.says(`{"type":"error","id":N,"code":"not_joined","message":"join the room first"}`)
			err := next(t, done)
			var refusal *Refusal
			require.ErrorAs(t, err, &refusal)
			assert.Equal(t, "not_joined", refusal.Code)
			assert.ErrorContains(t, err, `"a": join the room first (not_joined)`)
		}
	})
}

func TestWhatCannotBeSentIsNot(t *testing.T) {
	perform(t, Config{MaxMessage: 100}, func(t *testing.T, s *stage) {
		p := s.connects()
		_, err := s.Publish(t.Context(), "a", strings.Repeat("x", 60))
		assert.ErrorIs(t, err, ErrInvalid)
		_, err = s.Publish(t.Context(), "a", "\xff")
		assert.ErrorIs(t, err, ErrInvalid)
		assert.ErrorIs(t, s.Join(t.Context(), ""), ErrInvalid)
		assert.ErrorIs(t, s.Leave(t.Context(), "\xff"), ErrInvalid)
		assert.ErrorIs(t, s.Resume(t.Context(), "a", Place{Epoch: strings.Repeat("e", 100)}), ErrInvalid)
		s.publishes(strings.Repeat("x", 50))
		p.hears(`{"type":"publish","id":N,"room":"a","text":"` + strings.Repeat("x", 50) + `"}`)
	})
}

func TestSoManyWaitForAnswersAndTheOthersToBeSent(t *testing.T) {
	perform(t, Config{Timeout: time.Hour}, func(t *testing.T, s *stage) {
		p := s.connects()
		for range maxCalls + 1 {
			s.publishes("hi")
		}
		synctest.Wait()
		assert.Len(t, p.commands, maxCalls)
		p.hears(`{"type":"publish","id":N,"room":"a","text":"hi"}`)
		p.says(`{"type":"published","id":N,"room":"a","seq":1}`)
		synctest.Wait()
		assert.Len(t, p.commands, maxCalls)
	})
}

func TestTheSocketIsNotReadWhereTheEventsAreNot(t *testing.T) {
	// Its pongs would wait behind the messages, and it would read no more.
	manners{deaf: true}.perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "0")
		var said atomic.Int64
		go func() {
			for i := range 2000 {
				p.says(message("a", i+1))
				said.Store(int64(i + 1))
			}
		}()
		synctest.Wait()
		assert.Less(t, said.Load(), int64(eventsAhead+64), "the rest is in buffers of the socket")
		_, err := s.Publish(t.Context(), "a", "hi")
		assert.ErrorIs(t, err, ErrUnknown, "its answer is behind them")
		time.Sleep(time.Hour)
		for i := range 2000 {
			s.tells(heard("a", i+1))
		}
	})
}
