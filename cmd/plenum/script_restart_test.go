package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/api"
	"plenum/cmd/plenum/internal/page/pagetest"

	"plenum/codec"
)

// poster publishes texts with the API, and records the accepted ones by position.
type poster struct {
	mu    sync.Mutex
	texts map[position]string
}

// lookUp returns the API's information about a room. It waits until the room exists.
func lookUp(t *testing.T, url, name string) (found api.Room) {
	t.Helper()
	require.Eventually(t, func() bool {
		status, body := get(t, url+"/api/rooms/"+name)
		return status == http.StatusOK && json.Unmarshal([]byte(body), &found) == nil
	}, wait, tick)
	return found
}

type position struct {
	room, epoch string
	seq         int
}

// publish publishes a text. It returns false if the server cannot be reached or refuses the text.
func (p *poster) publish(url, room, text string) bool {
	body := fmt.Sprintf(`{"sender":"API","text":%q}`, text)
	resp, err := http.Post(url+"/api/rooms/"+room+"/messages", "application/json", strings.NewReader(body))
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	var at struct {
		Seq   int
		Epoch string
	}
	if resp.StatusCode != http.StatusAccepted || json.NewDecoder(resp.Body).Decode(&at) != nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.texts[position{room, at.Epoch, at.Seq}] = text
	return true
}

// publishUntil publishes texts until stop is closed. It ignores errors, because the server restarts meanwhile.
func (p *poster) publishUntil(url string, rooms []string, stop <-chan struct{}) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-ticker.C:
			p.publish(url, rooms[n%len(rooms)], fmt.Sprintf("message %d", n))
		}
	}
}

// Every third restart happens while clients may still be waiting to reconnect. Every second one kills the server, so
// that connections end without a close frame. The page's clock is twenty times as fast as the server's, which shortens the
// delays that the server asks for.
func TestPlenumJSSurvivesFiftyRestarts(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	const restarts, clients, history = 50, 3, 100
	rooms := []string{"a", "b"}
	var url string
	var p *process
	var flags []string
	again := func() {
		p = program(t, flags...)
		url = p.begin(t).url
		flags = append(flags[:2], "--listen="+address(url))
	}
	js := openScript(t, pagetest.Browser, 20, func(origin string) string {
		flags = []string{"--drain-window=0s", "--origins=" + origin}
		again()
		return url
	})
	pagetest.Evaluate[bool](js, fmt.Sprintf(`(window.clients = Array.from({ length: %d }, (_, n) => listen({ name: "Client " + n }, ["a", "b"])), true)`, clients))

	p0 := &poster{texts: map[position]string{}}
	stop := make(chan struct{})
	var publishing sync.WaitGroup
	publishing.Go(func() { p0.publishUntil(url, rooms, stop) })
	allAreBack := func() {
		for i, room := range rooms {
			js.Until(fmt.Sprintf(`clients.every(({ rooms }) => rooms[%d].epoch === %q)`, i, lookUp(t, url, room).Epoch))
		}
	}
	for n := range restarts {
		if n%3 != 2 {
			allAreBack()
		}
		if n%2 == 0 {
			p.endsWell(t)
		} else {
			require.NoError(t, p.Process.Kill())
			_ = p.Wait() // reports that it was killed
		}
		again()
	}
	close(stop)
	publishing.Wait()
	allAreBack()
	for i, room := range rooms {
		js.Until(fmt.Sprintf(`clients.every(({ rooms }) => rooms[%d].seq === %d)`, i, lookUp(t, url, room).Seq))
	}

	for n := range clients {
		trace := pagetest.Evaluate[[]entry](js, fmt.Sprintf(`clients[%d].trace`, n))
		for _, room := range rooms {
			epochs := receivedAll(t, trace, room, history, p0.texts)
			assert.Greater(t, epochs, restarts/3, "the server was hardly ever available")
		}
		assert.Greater(t, waitsAsAsked(t, trace), restarts/5, "clients hardly ever received a reconnect delay")
	}
	pagetest.Evaluate[bool](js, `(clients.forEach(({ plenum }) => plenum.close()), true)`)
}

// receivedAll checks a client's trace of a room. In each epoch, the client must have received every message once and in
// order, except messages of a reported gap. A gap must not have messages that the history still had: the last users'
// messages, as many as history says. receivedAll returns the number of epochs.
func receivedAll(t *testing.T, trace []entry, room string, history int, texts map[position]string) (epochs int) {
	t.Helper()
	var epoch string
	var seq, lost, head, users int // in this epoch: last received, last of the gap, last before the join, users' messages up to head
	var owed bool                  // a gap must be reported before the next message
	for _, h := range trace {
		if h.Room != room {
			continue
		}
		switch h.Type {
		case "joined":
			assert.Equal(t, h.Epoch == epoch, h.Recovered)
			if h.Epoch != epoch {
				epochs++
				seq, lost, head, users = 0, 0, h.Seq, 0
				owed = epochs > 1
			}
			epoch = h.Epoch
		case "gap":
			assert.Zero(t, seq, "a gap after a message")
			owed, lost, seq = false, h.To, h.To
			assert.Equal(t, entry{Type: "gap", Room: room, Epoch: epoch, From: 1, To: lost, NewEpoch: epochs > 1}, h)
		case "message":
			assert.False(t, owed, "the gap was not reported")
			seq++
			require.Equal(t, position{room, epoch, seq}, position{room, h.Epoch, h.Seq})
			if seq <= head && h.Sender != codec.System {
				users++
			}
			if seq == lost+1 && lost > 0 {
				assert.NotEqual(t, codec.System, h.Sender, "history begins with a user's message")
			}
			if seq == head {
				assert.LessOrEqual(t, users, history)
				assert.True(t, lost == 0 || users == history, "lost %d, but history has only %d messages", lost, users)
			}
			if text, known := texts[position{room, epoch, seq}]; known {
				require.Equal(t, text, h.Text)
			}
		default:
			assert.Fail(t, "unexpected entry", "%+v", h)
		}
	}
	return epochs
}

// waitsAsAsked checks that a client reconnects after the delay that the server asked for. It returns the number of these
// delays.
func waitsAsAsked(t *testing.T, trace []entry) (delays int) {
	t.Helper()
	asked, from := 0, 0.0
	for _, h := range trace {
		switch {
		case h.Code == 1012:
			_, err := fmt.Sscanf(h.Reason, "Restarting; retry in %d ms", &asked)
			require.NoError(t, err)
			from = h.ClosedAt
			delays++
		case h.State == "connecting" && asked > 0:
			assert.GreaterOrEqual(t, h.At-from, float64(asked)-40, "too early")
			asked = 0
		}
	}
	return delays
}
