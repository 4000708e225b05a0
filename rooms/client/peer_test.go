package client

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// peer is the server's end of a connection. It answers pings by itself, unless it ignores them.
type peer struct {
	t            *testing.T
	conn         *websocket.Conn
	commands     chan string
	ended        chan error
	ignoresPings bool
	id           string // of the last command received
}

func (p *peer) read() {
	for {
		_, b, err := p.conn.Read(context.Background())
		if err != nil {
			p.ended <- err
			close(p.commands)
			return
		}
		if string(b) != `{"type":"ping"}` {
			p.commands <- string(b)
			continue
		}
		if !p.ignoresPings {
			_ = p.conn.Write(context.Background(), websocket.MessageText, []byte(`{"type":"pong","timestamp":1}`))
		}
	}
}

var ids = regexp.MustCompile(`"id":(\d+)`)

// requireCommand expects a command of the client. N stands for its id, also in the frames that are sent afterwards.
func (p *peer) requireCommand(want string) {
	p.t.Helper()
	got := next(p.t, p.commands)
	if found := ids.FindStringSubmatch(got); found != nil {
		p.id = found[1]
	}
	require.Equal(p.t, want, ids.ReplaceAllString(got, `"id":N`))
}

func (p *peer) send(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		text = strings.Replace(text, `"id":N`, `"id":`+p.id, 1)
		require.NoError(p.t, p.conn.Write(p.t.Context(), websocket.MessageText, []byte(text)))
	}
}

func (p *peer) close(code int, reason string) {
	p.t.Helper()
	require.NoError(p.t, p.conn.Close(websocket.StatusCode(code), reason))
}

// cut closes the socket without a close frame.
func (p *peer) cut() { _ = p.conn.CloseNow() }

// requireClosed expects that the client closes the connection with code.
func (p *peer) requireClosed(code int) {
	p.t.Helper()
	assert.Equal(p.t, websocket.StatusCode(code), websocket.CloseStatus(next(p.t, p.ended)))
}
