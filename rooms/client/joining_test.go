package client

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	joinedA  = `{"type":"joined","id":N,"room":"a","epoch":"e","seq":4,"members":1,"recovered":true}`
	publishA = `{"type":"publish","id":N,"room":"a","text":"hi"}`
	rejoinA  = `{"type":"join","id":N,"room":"a","since":"e:4"}`
	busAway  = `{"type":"error","id":N,"code":"bus","message":"the bus is away"}`
)

// refusedWith expects that err is a refusal with this code.
func refusedWith(t *testing.T, code string, err error) {
	t.Helper()
	var refusal *Refusal
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, code, refusal.Code)
}

func TestPublishWaitsWhileItsRoomIsBeingJoined(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		first := s.start(func(ctx context.Context) error { return s.Join(ctx, "a") })
		p.requireCommand(`{"type":"join","id":N,"room":"a"}`)
		id := p.id
		second := s.start(func(ctx context.Context) error { return s.Join(ctx, "a") })
		p.requireCommand(`{"type":"join","id":N,"room":"a"}`)
		done := s.startPublish("hi")
		synctest.Wait()
		p.send(`{"type":"error","id":N,"code":"already_joined","message":"already being joined"}`)
		refusedWith(t, "already_joined", next(t, second))
		synctest.Wait()
		assert.Empty(t, p.commands, "the other join is not answered")
		p.id = id
		p.send(joinedA)
		require.NoError(t, next(t, first))
		p.requireCommand(publishA)
		p.send(`{"type":"published","id":N,"room":"a","seq":5}`)
		require.NoError(t, next(t, done))
	})
}

func TestPublishIsRefusedIfTheJoinOfItsRoomIsRefused(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		join := s.start(func(ctx context.Context) error { return s.Join(ctx, "a") })
		p.requireCommand(`{"type":"join","id":N,"room":"a"}`)
		done := s.startPublish("hi")
		synctest.Wait()
		p.send(`{"type":"error","id":N,"code":"not_allowed","message":"no"}`)
		refusedWith(t, "not_allowed", next(t, join))
		p.requireCommand(publishA)
		p.send(`{"type":"error","id":N,"code":"not_joined","message":"join the room first"}`)
		refusedWith(t, "not_joined", next(t, done))
	})
}

func TestPublishThatWaitsForItsRoomIsNotSent(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		p = s.reconnect(p, firstWait)
		p.requireCommand(rejoinA)
		short, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := s.Publish(short, "a", "hi")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotErrorIs(t, err, ErrUnknown)
		done := s.startPublish("hi")
		synctest.Wait()
		p = s.reconnect(p, firstWait)
		p.requireCommand(rejoinA)
		synctest.Wait()
		assert.Empty(t, p.commands)
		p.send(joinedA)
		p.requireCommand(publishA)
		p.cut()
		assert.ErrorIs(t, next(t, done), ErrUnknown)
		done = s.startPublish("hi")
		s.stop()
		assert.ErrorIs(t, next(t, done), ErrEnded)
	})
}

func TestPublishWaitsWhileItsRoomIsRefusedForAReasonThatMayPass(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		p = s.reconnect(p, firstWait)
		p.requireCommand(rejoinA)
		p.send(busAway)
		next(t, s.Events())
		first := s.startPublish("hi")
		p.requireCommand(rejoinA) // with the next ping
		p.send(busAway)
		next(t, s.Events())
		p.requireCommand(rejoinA)
		p.send(joinedA)
		p.requireCommand(publishA)
		p.send(`{"type":"published","id":N,"room":"a","seq":5}`)
		require.NoError(t, next(t, first))
	})
}

func TestLeaveEndsTheWaitOfPublishesInTheRoom(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		p = s.reconnect(p, firstWait)
		p.requireCommand(rejoinA)
		join := p.id
		done := s.startPublish("hi")
		synctest.Wait()
		leave := s.start(func(ctx context.Context) error { return s.Leave(ctx, "a") })
		p.requireCommand(`{"type":"leave","id":N,"room":"a"}`)
		left := p.id
		p.id = join
		p.send(`{"type":"error","id":N,"code":"cancelled","message":"left"}`)
		p.id = left
		p.send(`{"type":"left","id":N,"room":"a"}`)
		require.NoError(t, next(t, leave))
		p.requireCommand(publishA)
		p.send(`{"type":"error","id":N,"code":"not_joined","message":"join the room first"}`)
		refusedWith(t, "not_joined", next(t, done))
		s.join(p, "b", "1") // the cancelled join causes no event
	})
}

func TestLeaveCancelsTheEarlierJoinAndNotTheLaterOne(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		var sent []string
		var done []<-chan error
		for _, do := range []func(ctx context.Context) error{
			func(ctx context.Context) error { return s.Join(ctx, "a") },
			func(ctx context.Context) error { return s.Leave(ctx, "a") },
			func(ctx context.Context) error { return s.Join(ctx, "a") },
		} {
			done = append(done, s.start(do))
			sent = append(sent, ids.FindStringSubmatch(next(t, p.commands))[1])
		}
		p.send(`{"type":"error","id":`+sent[0]+`,"code":"cancelled","message":"left"}`, `{"type":"left","id":`+sent[1]+`,"room":"a"}`,
			`{"type":"joined","id":`+sent[2]+`,"room":"a","epoch":"e","seq":4,"members":1,"recovered":false}`, message("a", 5))
		refusedWith(t, "cancelled", next(t, done[0]))
		require.NoError(t, next(t, done[1]))
		require.NoError(t, next(t, done[2]))
		s.requireEvents(Joined{Room: "a", Position: Position{"e", 4}, Members: 1}, messageEvent("a", 5))
	})
}

func TestPublishedAndItsMessageMayArriveInEitherOrder(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		isAnswered := func(seq int, frames ...string) {
			done := s.start(func(ctx context.Context) error {
				at, err := s.Publish(ctx, "a", "hi")
				assert.Equal(t, Position{"e", uint64(seq)}, at)
				return err
			})
			p.requireCommand(publishA)
			p.send(frames...)
			require.NoError(t, next(t, done))
			s.requireEvents(messageEvent("a", seq))
		}
		isAnswered(5, message("a", 5), `{"type":"published","id":N,"room":"a","seq":5}`)
		isAnswered(6, `{"type":"published","id":N,"room":"a","seq":6}`, message("a", 6))
	})
}

func TestPublishThatIsAnsweredAfterALeaveReturnsTheEpochOfItsRoom(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		published := s.start(func(ctx context.Context) error {
			at, err := s.Publish(ctx, "a", "hi")
			assert.Equal(t, Position{"e", 5}, at)
			return err
		})
		p.requireCommand(publishA)
		id := p.id
		left := s.start(func(ctx context.Context) error { return s.Leave(ctx, "a") })
		p.requireCommand(`{"type":"leave","id":N,"room":"a"}`)
		p.send(`{"type":"left","id":N,"room":"a"}`, `{"type":"published","id":`+id+`,"room":"a","seq":5}`)
		require.NoError(t, next(t, left))
		require.NoError(t, next(t, published))
	})
}

func TestRejoinThatMeetsAnotherJoinCausesNoEvent(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		p = s.reconnect(p, firstWait)
		p.requireCommand(rejoinA)
		p.send(busAway)
		next(t, s.Events())
		time.Sleep(s.cfg.PingPeriod - time.Second) // shortly before the next attempt
		done := s.start(func(ctx context.Context) error { return s.Join(ctx, "a") })
		p.requireCommand(`{"type":"join","id":N,"room":"a"}`)
		join := p.id
		p.requireCommand(rejoinA)
		p.send(`{"type":"error","id":N,"code":"already_joined","message":"already being joined"}`)
		p.id = join
		p.send(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":4,"members":1,"recovered":false}`)
		require.NoError(t, next(t, done))
		s.requireEvents(Joined{Room: "a", Position: Position{"e", 4}, Members: 1})
	})
}
