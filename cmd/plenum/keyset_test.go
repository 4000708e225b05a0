package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// edKey returns a new key as it appears in a key set, and a token that is signed with it.
func edKey(t *testing.T, kid string) (jwk, token string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	b64 := base64.RawURLEncoding.EncodeToString
	text := b64([]byte(`{"alg":"EdDSA","kid":"`+kid+`"}`)) + "." + b64([]byte(`{"sub":"Alex"}`))
	return `{"kty":"OKP","crv":"Ed25519","kid":"` + kid + `","x":"` + b64(public) + `"}`, text + "." + b64(ed25519.Sign(private, []byte(text)))
}

func TestAnUnusableKeyOfTheSetIsSkippedAtStartAndAtSIGHUP(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys.json")
	write := func(keys ...string) {
		require.NoError(t, os.WriteFile(file, []byte(`{"keys":[`+strings.Join(keys, ",")+`]}`), 0o600))
	}
	bad := func(kid string) string { return `{"kty":"RSA","e":"AQAB","kid":"` + kid + `"}` }
	warning := func(number int, kid string) string {
		return fmt.Sprintf(`level=WARN msg="sign-in: key of --jwt-jwks skipped, its tokens are refused: correct the file and send SIGHUP" file=%s error="key %d (kid \"%s\"): `, file, number, kid)
	}
	older, byOlder := edKey(t, "older")
	newer, byNewer := edKey(t, "newer")
	write(bad("at-start"), older)
	s := start(t, "--jwt-jwks="+file)
	reload := func(logged string) {
		t.Helper()
		s.hup <- syscall.SIGHUP
		require.Eventually(t, func() bool { return strings.Contains(s.log.String(), logged) }, wait, tick, "%s", s.log)
	}
	const welcome = "Connected. Say something."
	assert.Equal(t, 1, strings.Count(s.log.String(), warning(1, "at-start")), "%s", s.log)
	dial(t, s, "/echo?token="+byOlder).receives(welcome)
	dial(t, s, "/echo?token="+byNewer).isClosed(1008, "Invalid token")

	write(newer, bad("at-sighup"))
	reload(`msg="settings: reloaded, changes are in effect"`)
	assert.Contains(t, s.log.String(), warning(2, "at-sighup"))
	dial(t, s, "/echo?token="+byNewer).receives(welcome)
	dial(t, s, "/echo?token="+byOlder).isClosed(1008, "Invalid token")

	write(bad("alone"))
	reload(`msg="settings: reload failed, nothing changed: correct the setting and send SIGHUP again" error="--jwt-jwks: ` + file + `: none of the 1 keys can be used: key 1 (kid \"alone\"): `)
	dial(t, s, "/echo?token="+byNewer).receives(welcome)
}
