package client

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGoesOnAtItsPlaceInEachRoom(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "4")
		p.says(message("a", 5), message("b", 1))
		s.tells(heard("a", 5))

		p = s.returns(p, firstWait)
		p.hears(`{"type":"join","id":N,"room":"a","since":"e:5"}`)
		p.says(message("a", 5), `{"type":"joined","id":N,"room":"a","epoch":"e","seq":7,"members":2,"recovered":true}`)
		p.says(message("a", 4), message("a", 6), message("a", 6), message("a", 7), message("a", 8))
		s.tells(Joined{Room: "a", Place: Place{"e", 7}, Members: 2, Recovered: true}, heard("a", 6), heard("a", 7), heard("a", 8))

		p = s.returns(p, 2*firstWait)
		p.hears(`{"type":"join","id":N,"room":"a","since":"e:8"}`)
		p.says(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":20,"members":2,"recovered":false}`)
		p.says(`{"type":"gap","room":"a","from":9,"to":15,"epoch":"e"}`, message("a", 16), `{"type":"gap","room":"a","from":17,"to":30,"epoch":"e"}`, message("a", 33))
		s.tells(Joined{Room: "a", Place: Place{"e", 20}, Members: 2},
			Gap{Room: "a", After: Place{"e", 8}, Epoch: "e", From: 9, To: 15}, heard("a", 16),
			Gap{Room: "a", After: Place{"e", 16}, Epoch: "e", From: 17, To: 30},
			Gap{Room: "a", After: Place{"e", 30}, Epoch: "e", From: 31, To: 32}, heard("a", 33))
	})
}

func TestARoomThatNobodySpokeInIsAGapToo(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "0")
		p.closes(1012, "Restarting; retry in 10 ms")
		s.waits(10*time.Millisecond+firstWait, "Restarting")
		p = s.connects()
		p.hears(`{"type":"join","id":N,"room":"a","since":"e:0"}`)
		p.says(`{"type":"joined","id":N,"room":"a","epoch":"f","seq":0,"members":1,"recovered":false}`, `{"type":"gap","room":"a","from":1,"to":0,"epoch":"f"}`, message("a", 1))
		first := heard("a", 1)
		first.Epoch = "f"
		s.tells(Joined{Room: "a", Place: Place{"f", 0}, Members: 1}, Gap{Room: "a", After: Place{"e", 0}, Epoch: "f", From: 1, To: 0}, first)
	})
}

func TestAProgramResumesAtAPlaceItKept(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		done := s.does(func(ctx context.Context) error { return s.Resume(ctx, "a", Place{"e", 5}) })
		p.hears(`{"type":"join","id":N,"room":"a","since":"e:5"}`)
		p.says(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":6,"members":1,"recovered":true}`, message("a", 6))
		require.NoError(t, next(t, done))
		s.tells(Joined{Room: "a", Place: Place{"e", 6}, Members: 1, Recovered: true}, heard("a", 6))

		done = s.does(func(ctx context.Context) error { return s.Resume(ctx, "b", Place{Seq: 7}) })
		p.hears(`{"type":"join","id":N,"room":"b","since":":0"}`)
		p.says(`{"type":"joined","id":N,"room":"b","epoch":"e","seq":6,"members":1,"recovered":false}`, message("b", 1))
		require.NoError(t, next(t, done))
		s.tells(Joined{Room: "b", Place: Place{"e", 6}, Members: 1}, heard("b", 1))
	})
}

func TestARoomThatIsRefusedForGoodIsGivenUp(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "4")
		p = s.returns(p, firstWait)
		p.hears(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		p.says(`{"type":"error","id":N,"code":"not_allowed","message":"no"}`)
		s.tells(Refused{Room: "a", Place: Place{"e", 4}, Err: &Refusal{"not_allowed", "no"}})
		p = s.returns(p, 2*firstWait)
		s.joins(p, "a", "9")
	})
}

func TestARoomThatIsRefusedForAWhileIsTriedAgain(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "4")
		p = s.returns(p, firstWait)
		again := Refused{Room: "a", Place: Place{"e", 4}, Err: &Refusal{"too_many_rooms", "no"}, Again: true}
		for range 2 {
			p.hears(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
			time.Sleep(time.Minute)
			assert.Empty(t, p.commands, "before there is an answer")
			p.says(`{"type":"error","id":N,"code":"too_many_rooms","message":"no"}`)
			s.tells(again)
		}
		p.hears(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		p.says(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":4,"members":1,"recovered":true}`, message("a", 5))
		s.tells(Joined{Room: "a", Place: Place{"e", 4}, Members: 1, Recovered: true}, heard("a", 5))
	})
}

func TestARoomThatIsRefusedForAWhileCanBeLeft(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "4")
		p = s.returns(p, firstWait)
		p.hears(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		p.says(`{"type":"error","id":N,"code":"too_many_rooms","message":"no"}`)
		next(t, s.Events())
		p.hears(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		retry := p.id
		done := s.does(func(ctx context.Context) error { return s.Leave(ctx, "a") })
		p.hears(`{"type":"leave","id":N,"room":"a"}`)
		p.says(`{"type":"error","id":N,"code":"not_joined","message":"join the room first"}`)
		require.NoError(t, next(t, done))
		p.says(`{"type":"joined","id":`+retry+`,"room":"a","epoch":"e","seq":4,"members":1,"recovered":true}`, message("a", 5))
		p.hears(`{"type":"leave","id":N,"room":"a"}`)
		p.says(`{"type":"left","id":N,"room":"a"}`)
		s.joins(p, "b", "1")
	})
}

func TestARoomThatIsRefusedForAWhileCanBeJoinedAndSaysWhatIsLost(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "4")
		p = s.returns(p, firstWait)
		p.hears(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		p.says(`{"type":"error","id":N,"code":"too_many_rooms","message":"no"}`)
		next(t, s.Events())
		s.joins(p, "a", "7")
		p.says(message("a", 8))
		s.tells(Gap{Room: "a", After: Place{"e", 4}, Epoch: "e", From: 5, To: 7}, heard("a", 8))
	})
}

func TestAMessageMayBeEightTimesAsLongAsACommand(t *testing.T) {
	perform(t, Config{MaxMessage: 1000}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "4")
		long := heard("a", 5)
		long.Text = strings.Repeat("x", 7900)
		p.says(`{"sender":"Alex","text":"` + long.Text + `","room":"a","timestamp":1721433600000,"seq":5}`)
		s.tells(long)
		p.says(`{"sender":"Alex","text":"` + strings.Repeat("x", 8000) + `","room":"a","timestamp":1721433600000,"seq":6}`)
		s.waits(firstWait, "limited at 8001 bytes")
		p.isLeft(1009)
	})
}

func TestWhatIsNotUnderstoodIsPassedOver(t *testing.T) {
	perform(t, Config{}, func(t *testing.T, s *stage) {
		p := s.connects()
		s.joins(p, "a", "4")
		p.says(`{"type":"news","room":"a"}`, `{"type":"published","id":99,"room":"a","seq":5}`, `{"type":"error","code":"bad_command","message":"x"}`,
			`{"type":"gap","room":"z","from":1,"to":2,"epoch":"e"}`)
		require.NoError(t, p.conn.Write(t.Context(), websocket.MessageBinary, []byte{1}))
		p.says(message("a", 5))
		s.tells(heard("a", 5))
		p.says("hello")
		s.waits(firstWait, "what the server said")
		assert.Error(t, next(t, p.ended))
	})
}
