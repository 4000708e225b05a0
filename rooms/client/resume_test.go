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

func TestClientResumesEachRoomAtItsPosition(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		p.send(message("a", 5), message("b", 1))
		s.requireEvents(messageEvent("a", 5))

		p = s.reconnect(p, firstWait)
		p.requireCommand(`{"type":"join","id":N,"room":"a","since":"e:5"}`)
		p.send(message("a", 5), `{"type":"joined","id":N,"room":"a","epoch":"e","seq":7,"members":2,"recovered":true}`)
		p.send(message("a", 4), message("a", 6), message("a", 6), message("a", 7), message("a", 8))
		s.requireEvents(Joined{Room: "a", Position: Position{"e", 7}, Members: 2, Recovered: true}, messageEvent("a", 6), messageEvent("a", 7), messageEvent("a", 8))

		p = s.reconnect(p, 2*firstWait)
		p.requireCommand(`{"type":"join","id":N,"room":"a","since":"e:8"}`)
		p.send(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":20,"members":2,"recovered":false}`)
		p.send(`{"type":"gap","room":"a","from":9,"to":15,"epoch":"e"}`, message("a", 16), `{"type":"gap","room":"a","from":17,"to":30,"epoch":"e"}`, message("a", 33))
		s.requireEvents(Joined{Room: "a", Position: Position{"e", 20}, Members: 2},
			Gap{Room: "a", After: Position{"e", 8}, Epoch: "e", From: 9, To: 15}, messageEvent("a", 16),
			Gap{Room: "a", After: Position{"e", 16}, Epoch: "e", From: 17, To: 30},
			Gap{Room: "a", After: Position{"e", 30}, Epoch: "e", From: 31, To: 32}, messageEvent("a", 33))
	})
}

func TestNewEpochIsReportedAsAGapEvenIfTheRoomWasEmpty(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "0")
		p.close(1012, "Restarting; retry in 10 ms")
		s.requireWait(10*time.Millisecond+firstWait, "Restarting")
		p = s.requireConnection()
		p.requireCommand(`{"type":"join","id":N,"room":"a","since":"e:0"}`)
		p.send(`{"type":"joined","id":N,"room":"a","epoch":"f","seq":0,"members":1,"recovered":false}`, `{"type":"gap","room":"a","from":1,"to":0,"epoch":"f"}`, message("a", 1))
		first := messageEvent("a", 1)
		first.Epoch = "f"
		s.requireEvents(Joined{Room: "a", Position: Position{"f", 0}, Members: 1}, Gap{Room: "a", After: Position{"e", 0}, Epoch: "f", From: 1, To: 0}, first)
	})
}

func TestResumeJoinsAtAStoredPosition(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		done := s.start(func(ctx context.Context) error { return s.Resume(ctx, "a", Position{"e", 5}) })
		p.requireCommand(`{"type":"join","id":N,"room":"a","since":"e:5"}`)
		p.send(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":6,"members":1,"recovered":true}`, message("a", 6))
		require.NoError(t, next(t, done))
		s.requireEvents(Joined{Room: "a", Position: Position{"e", 6}, Members: 1, Recovered: true}, messageEvent("a", 6))

		done = s.start(func(ctx context.Context) error { return s.Resume(ctx, "b", Position{Seq: 7}) })
		p.requireCommand(`{"type":"join","id":N,"room":"b","since":":0"}`)
		p.send(`{"type":"joined","id":N,"room":"b","epoch":"e","seq":6,"members":1,"recovered":false}`, message("b", 1))
		require.NoError(t, next(t, done))
		s.requireEvents(Joined{Room: "b", Position: Position{"e", 6}, Members: 1}, messageEvent("b", 1))
	})
}

func TestRoomThatIsRefusedForGoodIsLeft(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		p = s.reconnect(p, firstWait)
		p.requireCommand(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		p.send(`{"type":"error","id":N,"code":"not_allowed","message":"no"}`)
		s.requireEvents(Refused{Room: "a", Position: Position{"e", 4}, Err: &Refusal{"not_allowed", "no"}})
		p = s.reconnect(p, 2*firstWait)
		s.join(p, "a", "9")
	})
}

func TestRoomThatIsRefusedForAReasonThatMayPassIsJoinedAgain(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		p = s.reconnect(p, firstWait)
		again := Refused{Room: "a", Position: Position{"e", 4}, Err: &Refusal{"too_many_rooms", "no"}, Again: true}
		for range 2 {
			p.requireCommand(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
			time.Sleep(time.Minute)
			assert.Empty(t, p.commands, "the earlier join is not answered")
			p.send(`{"type":"error","id":N,"code":"too_many_rooms","message":"no"}`)
			s.requireEvents(again)
		}
		p.requireCommand(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		p.send(`{"type":"joined","id":N,"room":"a","epoch":"e","seq":4,"members":1,"recovered":true}`, message("a", 5))
		s.requireEvents(Joined{Room: "a", Position: Position{"e", 4}, Members: 1, Recovered: true}, messageEvent("a", 5))
	})
}

func TestRoomThatIsToBeJoinedAgainCanBeLeft(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		p = s.reconnect(p, firstWait)
		p.requireCommand(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		p.send(`{"type":"error","id":N,"code":"too_many_rooms","message":"no"}`)
		next(t, s.Events())
		p.requireCommand(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		retry := p.id
		done := s.start(func(ctx context.Context) error { return s.Leave(ctx, "a") })
		p.requireCommand(`{"type":"leave","id":N,"room":"a"}`)
		p.send(`{"type":"error","id":N,"code":"not_joined","message":"join the room first"}`)
		require.NoError(t, next(t, done))
		p.send(`{"type":"joined","id":`+retry+`,"room":"a","epoch":"e","seq":4,"members":1,"recovered":true}`, message("a", 5))
		p.requireCommand(`{"type":"leave","id":N,"room":"a"}`)
		p.send(`{"type":"left","id":N,"room":"a"}`)
		s.join(p, "b", "1")
	})
}

func TestJoinOfARoomThatIsToBeJoinedAgainReportsTheLostMessages(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		p = s.reconnect(p, firstWait)
		p.requireCommand(`{"type":"join","id":N,"room":"a","since":"e:4"}`)
		p.send(`{"type":"error","id":N,"code":"too_many_rooms","message":"no"}`)
		next(t, s.Events())
		s.join(p, "a", "7")
		p.send(message("a", 8))
		s.requireEvents(Gap{Room: "a", After: Position{"e", 4}, Epoch: "e", From: 5, To: 7}, messageEvent("a", 8))
	})
}

func TestReceivedMessageMayBeEightTimesMaxMessage(t *testing.T) {
	runScript(t, Config{MaxMessage: 1000}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		long := messageEvent("a", 5)
		long.Text = strings.Repeat("x", 7900)
		p.send(`{"sender":"Alex","text":"` + long.Text + `","room":"a","timestamp":1721433600000,"seq":5}`)
		s.requireEvents(long)
		p.send(`{"sender":"Alex","text":"` + strings.Repeat("x", 8000) + `","room":"a","timestamp":1721433600000,"seq":6}`)
		s.requireWait(firstWait, "limited at 8001 bytes")
		p.requireClosed(1009)
	})
}

func TestUnknownFramesAreIgnoredAndInvalidJSONEndsTheConnection(t *testing.T) {
	runScript(t, Config{}, func(t *testing.T, s *fixture) {
		p := s.requireConnection()
		s.join(p, "a", "4")
		p.send(`{"type":"news","room":"a"}`, `{"type":"published","id":99,"room":"a","seq":5}`, `{"type":"error","code":"bad_command","message":"x"}`,
			`{"type":"gap","room":"z","from":1,"to":2,"epoch":"e"}`)
		require.NoError(t, p.conn.Write(t.Context(), websocket.MessageBinary, []byte{1}))
		p.send(message("a", 5))
		s.requireEvents(messageEvent("a", 5))
		p.send("hello")
		s.requireWait(firstWait, "parse a frame of the server")
		assert.Error(t, next(t, p.ended))
	})
}
