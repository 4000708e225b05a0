//go:build faults

package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// outside is the sender of messages that are published by the API.
const outside = "API"

// publisher publishes in rooms by one node's API.
type publisher struct {
	node   *node
	rooms  []string
	every  time.Duration
	ledger *ledger

	mu     sync.Mutex
	faults []string // unexpected answers
}

// answerTimeout bounds the wait for an answer. It is longer than any test stops a node.
const answerTimeout = 50 * time.Second

// run publishes without waiting for answers until ctx ends, then waits for the answers.
func (s *publisher) run(ctx context.Context) {
	var waiting sync.WaitGroup
	defer waiting.Wait()
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		room, text := s.rooms[n%len(s.rooms)], fmt.Sprintf("api%d %d", s.node.number, n)
		waiting.Go(func() { s.publish(room, text) })
	}
}

// publish publishes a text and returns its position.
func (s *publisher) publish(room, text string) (at position, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	body, err := json.Marshal(map[string]string{"sender": outside, "text": text})
	if err != nil {
		s.fault("%s: %v", text, err)
		return at, false
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.node.host+"/api/rooms/"+room+"/messages", bytes.NewReader(body))
	if err != nil {
		s.fault("%s: %v", text, err)
		return at, false
	}
	u := s.ledger.open(s.node, room, outside, text)
	resp, err := s.node.http.Do(req)
	if err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) {
			s.ledger.settle(u, unsent, position{}, err.Error())
		}
		return at, false
	}
	defer resp.Body.Close()
	var a struct {
		Seq                 uint64
		Epoch, Code, Detail string
	}
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return at, false // the connection was lost
	}
	switch kind := resp.Header.Get("Content-Type"); {
	case resp.StatusCode == http.StatusAccepted:
		at = position{a.Epoch, a.Seq}
		s.ledger.settle(u, published, at, "")
		return at, true
	case resp.StatusCode == http.StatusServiceUnavailable && (a.Code == codeBus || a.Code == codeUnknown) && kind == "application/problem+json":
		s.ledger.settle(u, outcomeOf(a.Code), position{}, a.Detail)
	default:
		s.fault("%s: %d %s %+v", text, resp.StatusCode, kind, a)
	}
	return at, false
}

func (s *publisher) fault(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}
