package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

var oldKey, newKey = strings.Repeat("old-", 10), strings.Repeat("new-", 10)

func TestAnAPIKeyAllowsTheAPIFromAnywhereAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*testServer{
		"signed in": startSignedIn(t, "--api-key="+oldKey+","+newKey),
		"open":      start(t, "--api-key="+oldKey+","+newKey),
	} {
		ask := func(method, path, body, key string) (int, string) {
			status, answer, _ := call(t, method, s.url+path, body, "Authorization", "Bearer "+key, "X-Forwarded-For", "192.0.2.1")
			return status, answer
		}
		for _, key := range []string{oldKey, newKey} {
			status, answer := ask(http.MethodPost, "/api/rooms/a/messages", `{"text":"hi"}`, key)
			assert.Equal(t, http.StatusAccepted, status, "%s: %s", name, answer)
		}
		_, kept := ask(http.MethodGet, "/api/rooms/a/messages", "", oldKey)
		assert.Contains(t, kept, `{"sender":"Anonymous","text":"hi"`)
		for _, wrong := range []string{"", "x", oldKey[1:], oldKey + "," + newKey, tokenFor(t, nil) + "x"} {
			status, answer := ask(http.MethodGet, "/api/rooms", "", wrong)
			assert.Equal(t, http.StatusUnauthorized, status, "%s: %q: %s", name, wrong, answer)
		}
		status, answer, _ := call(t, http.MethodGet, s.url+"/api/rooms?token="+oldKey, "", "X-Forwarded-For", "192.0.2.1")
		assert.Contains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, status, "a key in the URL: %s", answer)
	}
	signedIn, open := startSignedIn(t, "--api-key="+oldKey), start(t, "--api-key="+oldKey)
	dial(t, signedIn, "/ws?token="+oldKey).isClosed(1008, "Invalid token")
	status, _, _ := call(t, http.MethodGet, signedIn.url+"/sse/rooms/a", "", "Authorization", "Bearer "+oldKey)
	assert.Equal(t, http.StatusUnauthorized, status)
	admin := tokenFor(t, func(id *auth.Identity) { id.Admin = true })
	status, _, _ = call(t, http.MethodGet, signedIn.url+"/api/rooms", "", "Authorization", "Bearer "+admin)
	assert.Equal(t, http.StatusOK, status, "admins keep their access")
	status, _, _ = call(t, http.MethodGet, open.url+"/api/rooms", "")
	assert.Equal(t, http.StatusOK, status, "callers on this machine keep their access")
	status, answer, _ := call(t, http.MethodGet, open.url+"/api/rooms", "", "X-Forwarded-For", "192.0.2.1")
	assert.Equal(t, http.StatusForbidden, status)
	assert.Contains(t, answer, "only callers on this machine, and callers with an API key: this request came through a proxy")
}

func TestAPIKeysAreReplacedBySIGHUP(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "api-keys")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write(oldKey + "\n")
	s := start(t, "--api-key-file="+file)
	ask := func(key string) int {
		status, _, _ := call(t, http.MethodGet, s.url+"/api/rooms", "", "Authorization", "Bearer "+key)
		return status
	}
	assert.Equal(t, []int{200, 401}, []int{ask(oldKey), ask(newKey)})
	write(newKey + "\n")
	s.hup <- syscall.SIGHUP
	require.Eventually(t, func() bool { return ask(newKey) == 200 }, wait, tick)
	assert.Equal(t, 401, ask(oldKey))
	write("short\n")
	s.hup <- syscall.SIGHUP
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "key 1 has 5") }, wait, tick)
	assert.Equal(t, 200, ask(newKey), "nothing changed")
	assert.NotContains(t, s.log.String(), "new-new-")
}
