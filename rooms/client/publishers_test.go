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

// published is a message with the result of its publish.
type published struct {
	room, text string
	at         Position
	refused    bool // it was not published
	unknown    bool // it may or may not have been published
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

// startPublishing publishes in each room with each of the functions, one message every 2 ms. The keys are names.
func startPublishing(t *testing.T, rooms []string, by map[string]publishFunc) *publishers {
	ctx, cancel := context.WithCancel(context.Background())
	c := &publishers{stop: cancel}
	for name, publish := range by {
		for _, room := range rooms {
			c.done.Go(func() { c.publish(ctx, room, name, publish) })
		}
	}
	t.Cleanup(func() { c.stopAndList() })
	return c
}

func (c *publishers) publish(ctx context.Context, room, name string, publish publishFunc) {
	pace := time.NewTicker(2 * time.Millisecond)
	defer pace.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		s := publish(ctx, room, fmt.Sprintf("%s %s %d", room, name, i))
		c.mu.Lock()
		c.all = append(c.all, s)
		c.mu.Unlock()
	}
}

// stopAndList stops the publishers and returns all messages.
func (c *publishers) stopAndList() []published {
	c.stop()
	c.done.Wait()
	return c.all
}

// publish is a publishFunc that uses the client.
func (e *listener) publish(ctx context.Context, room, text string) published {
	at, err := e.Publish(ctx, room, text)
	return published{room: room, text: text, at: at, unknown: errors.Is(err, ErrUnknown), refused: err != nil && !errors.Is(err, ErrUnknown)}
}

// publishTo publishes a text and waits until all these listeners have received it.
func (e *listener) publishTo(room, text string, listeners ...*listener) published {
	e.t.Helper()
	s := e.publish(e.t.Context(), room, text)
	require.False(e.t, s.unknown || s.refused)
	for _, other := range listeners {
		other.awaitText(text)
	}
	return s
}

// post is a publishFunc that uses the HTTP API, with a new connection per message.
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
