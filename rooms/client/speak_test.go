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

// said is what became of a message, as its speaker knows.
type said struct {
	room, text string
	at         Place
	refused    bool // it was not said
	unknown    bool // it was, or was not
}

// chatter is numbered messages that are said, each once, until it is stopped.
type chatter struct {
	stop context.CancelFunc
	done sync.WaitGroup

	mu  sync.Mutex
	all []said
}

// speech says a text in a room.
type speech func(ctx context.Context, room, text string) said

// speak has speakers speak all the time, each in each room.
func speak(t *testing.T, rooms []string, speakers map[string]speech) *chatter {
	ctx, cancel := context.WithCancel(context.Background())
	c := &chatter{stop: cancel}
	for who, say := range speakers {
		for _, room := range rooms {
			c.done.Go(func() { c.speak(ctx, room, who, say) })
		}
	}
	t.Cleanup(func() { c.said() })
	return c
}

func (c *chatter) speak(ctx context.Context, room, who string, say speech) {
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

// said ends it; what was said.
func (c *chatter) said() []said {
	c.stop()
	c.done.Wait()
	return c.all
}

// publish is a speech through the client.
func (e *ear) publish(ctx context.Context, room, text string) said {
	at, err := e.Publish(ctx, room, text)
	return said{room: room, text: text, at: at, unknown: errors.Is(err, ErrUnknown), refused: err != nil && !errors.Is(err, ErrUnknown)}
}

// says says a text that has to be heard by all.
func (e *ear) says(room, text string, ears ...*ear) said {
	e.t.Helper()
	s := e.publish(e.t.Context(), room, text)
	require.False(e.t, s.unknown || s.refused)
	for _, other := range ears {
		other.hears(text)
	}
	return s
}

// post is a speech through the API, on a connection of its own.
func (p *program) post(ctx context.Context, room, text string) said {
	s := said{room: room, text: text}
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
