package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// published is what became of a message, as its publisher knows.
type published struct {
	room, text string
	at         Position
	refused    bool // it was not published
	unknown    bool // it was, or was not
}

// publishers publish numbered messages, each once, until they are stopped.
type publishers struct {
	stop context.CancelFunc
	done sync.WaitGroup

	mu  sync.Mutex
	all []published
}

// publishFunc publishes a text in a room.
type publishFunc func(ctx context.Context, room, text string) published

// startPublishing has each publisher publish all the time in each room.
func startPublishing(t *testing.T, rooms []string, speakers map[string]publishFunc) *publishers {
	ctx, cancel := context.WithCancel(context.Background())
	c := &publishers{stop: cancel}
	for who, say := range speakers {
		for _, room := range rooms {
			c.done.Go(func() { c.publish(ctx, room, who, say) })
		}
	}
	t.Cleanup(func() { c.stopAndList() })
	return c
}

func (c *publishers) publish(ctx context.Context, room, who string, say publishFunc) {
	pace := time.NewTicker(2 * time.Millisecond)
	defer pace.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		s := say(ctx, room, fmt.Sprintf("%s %s %d", room, who, i))
		c.mu.Lock()
		c.all = append(c.all, s)
		c.mu.Unlock()
	}
}

// stopAndList stops the publishers and returns the messages.
func (c *publishers) stopAndList() []published {
	c.stop()
	c.done.Wait()
	return c.all
}

// publish is a publishFunc through the client.
func (e *listener) publish(ctx context.Context, room, text string) published {
	at, err := e.Publish(ctx, room, text)
	return published{room: room, text: text, at: at, unknown: errors.Is(err, ErrUnknown), refused: err != nil && !errors.Is(err, ErrUnknown)}
}

// publishHeardBy publishes a text and waits until all listeners have received it.
func (e *listener) publishHeardBy(room, text string, ears ...*listener) published {
	e.t.Helper()
	s := e.publish(e.t.Context(), room, text)
	require.False(e.t, s.unknown || s.refused)
	for _, other := range ears {
		other.waitsFor(text)
	}
	return s
}

// post is a publishFunc through the API, on a connection of its own.
func (p *program) post(ctx context.Context, room, text string) published {
	s := published{room: room, text: text}
	body := strings.NewReader(fmt.Sprintf(`{"sender":"Api","text":%q}`, text))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.addr+"/api/rooms/"+room+"/messages", body)
	if !assert.NoError(p.t, err) {
		return s
	}
	r.Close = true
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.unknown = true
		return s
	}
	defer resp.Body.Close()
	s.refused = resp.StatusCode != http.StatusAccepted
	s.unknown = !s.refused && json.NewDecoder(resp.Body).Decode(&s.at) != nil
	return s
}
