package client

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// token makes a token with the command plenum token.
func (p *program) token(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, p.path, append([]string{"token"}, args...)...).Output()
	return strings.TrimSpace(string(out)), err
}

// signsIn returns a Config that makes a new token for each connection.
func (p *program) signsIn(args ...string) Config {
	return Config{URL: "ws://" + p.addr + "/ws", Token: func(ctx context.Context) (string, error) { return p.token(ctx, args...) }}
}

func TestClientResumesWithANewTokenWhenOneHasExpired(t *testing.T) {
	t.Setenv("PLENUM_JWT_SECRET", strings.Repeat("s", 32))
	p := serve(t)
	brief, tokens := p.signsIn("--user=Alex", "--expires=6s"), atomic.Int64{}
	mint := brief.Token
	brief.Token = func(ctx context.Context) (string, error) {
		tokens.Add(1)
		return mint(ctx)
	}
	alex, bea := run(t, brief, "a"), run(t, p.signsIn("--user=Bea"), "a")
	for i := 0; tokens.Load() < 2; i++ {
		bea.publishTo("a", fmt.Sprint(i), alex)
	}
	bea.publishTo("a", "end", alex)
	alex.stop()
	assert.NoError(t, alex.result)
	assert.Empty(t, alex.gaps())
	alex.accounts()
}

func TestMissingTokenEndsRunAndALimitedOneIsRefusedPerRequest(t *testing.T) {
	t.Setenv("PLENUM_JWT_SECRET", strings.Repeat("s", 32))
	p := serve(t)
	guest := run(t, p.signsIn("--user=Alex", "--rooms=team-*", "--no-publish"), "team-a")
	var refusal *Refusal
	require.ErrorAs(t, guest.Join(t.Context(), "a"), &refusal)
	assert.Equal(t, "not_allowed", refusal.Code)
	_, err := guest.Publish(t.Context(), "team-a", "hi")
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, "not_allowed", refusal.Code)

	stranger := run(t, Config{URL: "ws://" + p.addr + "/ws"})
	<-stranger.ended
	stranger.stop()
	var end websocket.CloseError
	require.ErrorAs(t, stranger.result, &end)
	assert.Equal(t, websocket.CloseError{Code: 1008, Reason: "Missing token"}, end)
}

func TestAJoinHasTheInfoOfATokenIfTheURLAsksForEvents(t *testing.T) {
	t.Setenv("PLENUM_JWT_SECRET", strings.Repeat("s", 32))
	p := serve(t)
	asks := p.signsIn("--user=Bea")
	asks.URL += "?announcements=events"
	bea := run(t, asks, "a")
	run(t, p.signsIn("--user=Alex", `--info={"team":7}`), "a")
	var data string
	bea.until("the join of Alex", func() bool {
		for _, e := range bea.events {
			if m, ok := e.(Message); ok && m.Text == "Alex joined the room" {
				data = m.Event + " " + string(m.Data)
			}
		}
		return data != ""
	})
	assert.Equal(t, `joined {"name":"Alex","info":{"team":7}}`, data)
}
