package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/page/pagetest"
)

// The page of the real server in a real browser; a restart on the same port is
// a new server after the old one has said 1012 to everyone.
func TestPeopleChatInABrowser(t *testing.T) {
	s := start(t)
	address := strings.TrimPrefix(s.url, "http://")
	pagetest.Run(t, s.url, pagetest.Hooks{Restart: func(t *testing.T) {
		require.NoError(t, s.stop())
		start(t, "--listen="+address)
	}})
}
