package agent

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var us = Identity{Build: "one", Secret: "a secret of tests"}

// start starts an agent that returns all bytes that it reads.
func start(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	a := &Agent{Identity: us, Log: func(string) {}, Work: func(_ context.Context, r io.Reader, w io.Writer) error {
		_, err := io.Copy(w, r)
		return err
	}}
	done := make(chan error, 1)
	go func() { done <- a.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
	})
	return l.Addr().String()
}

func dial(t *testing.T, address string, id Identity) (*Conn, error) {
	t.Helper()
	c, err := Dial(t.Context(), address, id)
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, err
}

func TestAConnectionCarriesOrdersAfterItsHandshake(t *testing.T) {
	c, err := dial(t, start(t), us)
	require.NoError(t, err)
	require.NoError(t, json.NewEncoder(c).Encode("order"))
	var got string
	require.NoError(t, json.NewDecoder(c).Decode(&got))
	assert.Equal(t, "order", got)
}

func TestAnAgentHasOneLeaderAtATime(t *testing.T) {
	address := start(t)
	first, err := dial(t, address, us)
	require.NoError(t, err)
	_, err = dial(t, address, us)
	assert.ErrorContains(t, err, "busy: another leader uses this agent")
	first.Close()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		again, err := Dial(t.Context(), address, us)
		if assert.NoError(c, err) {
			again.Close()
		}
	}, 10*time.Second, 10*time.Millisecond)
}

func TestAnAgentRefusesOtherSecretsAndOtherBuilds(t *testing.T) {
	address := start(t)
	_, err := dial(t, address, Identity{Build: "one", Secret: "a secret of others"})
	assert.EqualError(t, err, "agent "+address+": the secrets differ")
	_, err = dial(t, address, Identity{Build: "two", Secret: us.Secret})
	assert.EqualError(t, err, "agent "+address+": the builds differ: the agent is one, the leader two")
}

func TestALeaderRefusesAnAgentWithoutTheSecret(t *testing.T) {
	for name, answers := range map[string]string{
		"the agent does not know the secret": `{"build":"one","nonce":"A"}` + "\n" + `{"proof":"00"}` + "\n",
		"no handshake of an agent":           "HTTP/1.1 400 Bad Request\r\n",
		"too long":                           strings.Repeat("x", longestLine+1),
		"unexpected EOF":                     "{}\n",
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer l.Close()
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, answers)
			_, _ = io.Copy(io.Discard, c) // until the leader has read the answers
			c.Close()
		}()
		_, err = dial(t, l.Addr().String(), us)
		assert.ErrorContains(t, err, name)
	}
}

func TestAnAgentNeedsALongSecret(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	a := &Agent{Identity: Identity{Secret: "short"}}
	assert.EqualError(t, a.Serve(t.Context(), l), "agents need a secret: the environment variable PLENUM_BENCH_SECRET must have at least 16 bytes, got 5")
	_, err = l.Accept()
	assert.True(t, errors.Is(err, net.ErrClosed))
}
