package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/page/pagetest"
)

// A restart is a new server on the same port, after the old one has closed all connections with code 1012.
func TestPeopleChatInABrowser(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	flags := []string{"--announce-limit=10", "--history-messages=20"}
	s := start(t, flags...)
	again := append(flags, "--listen="+address(s.url))
	r := relayTo(t, s.url)
	pagetest.Run(t, pagetest.Server{
		URL: r.url, Direct: s.url,
		Restart: func(t *testing.T) {
			require.NoError(t, s.stop())
			start(t, again...)
		},
		Away: r.disconnect, Back: r.restore, Lose: r.lose,
	})
}

func TestThePageIsUsableOnPhonesWithKeyboardsAndWithScreenReaders(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	pagetest.Reach(t, start(t).url)
}

func TestAPageSignsIn(t *testing.T) {
	t.Parallel()
	s := startSignedIn(t, "--announce-limit=100")
	pagetest.SignIn(t, s.url, tokenFor(t, func(id *auth.Identity) { id.Expires = time.Now().Add(time.Hour) }))
}
