package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSIGHUPReloadsSettingsAndNamesThoseThatNeedARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plenum.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("log-level: warn\n")
	s := start(t, "--config="+file, "--drain-delay=0s")
	inside := dial(t, s, "/echo/raw")
	reload := func(logged string) {
		t.Helper()
		s.hup <- syscall.SIGHUP
		require.Eventually(t, func() bool { return strings.Contains(s.log.String(), logged) }, wait, tick, "%s", s.log)
	}
	from := func(origin string) int {
		r := handshakeTo(t, s.url+"/echo")
		r.Header.Set("Origin", origin)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		return resp.StatusCode
	}
	assert.Equal(t, http.StatusForbidden, from("https://a.example"))

	write("log-level: info\norigins: [https://a.example]\nrate-messages: 1\nmax-conns: 7\n")
	reload(`level=WARN msg="settings: reloaded, restart to apply the others" changed="[origins rate-messages log-level]" need_restart=[max-conns]`)
	assert.Equal(t, http.StatusSwitchingProtocols, from("https://a.example"))
	late := dial(t, s, "/echo/raw")
	for range 2 {
		late.sends("x")
	}
	late.receives("x")
	late.isClosed(1008, "Rate limit")
	for range 5 { // the client connected before the rate limit was set
		inside.sends("x")
		inside.receives("x")
	}

	write("log-level: info\norigins: [https://a.example]\nmax-conns: 7\naccept-rate: 5\n")
	reload(`changed="[accept-rate rate-messages]"`)
	for range 8 {
		dial(t, s, "/echo/raw").sends("x")
	}
	assert.NotEqual(t, "0", s.metric(t, "plenum_accept_delays_total"))

	write("log-level: loud\n")
	reload(`msg="settings: reload failed, nothing changed: correct the setting and send SIGHUP again" error="--log-level: must be debug, info, warn or error, got \"loud\" (file ` + file + `)"`)
	require.NoError(t, inside.conn.Close(websocket.StatusNormalClosure, ""))
}

func TestAReloadNamesChangedAppsWithoutTheirSecrets(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plenum.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("apps:\n  - {id: 1, key: a, secret: Ahch4eiQuoh6}\n")
	s := start(t, "--config="+file)
	reload := func(logged string) {
		t.Helper()
		s.hup <- syscall.SIGHUP
		require.Eventually(t, func() bool { return strings.Contains(s.log.String(), logged) }, wait, tick, "%s", s.log)
	}
	write("log-level: info\napps:\n  - {id: 1, key: a, secret: Ahch4eiQuoh6}\n")
	reload(`settings: reloaded, changes are in effect" changed=[]`)
	write("apps:\n  - {id: 1, key: a, secret: eeS4aishieX1}\n")
	reload(`settings: reloaded, changes are in effect" changed=[apps]`)
	write("apps:\n  - {id: 1, key: a, secrt: Ahch4eiQuoh6}\n")
	reload(`error="--config: ` + file + `: line 2: unknown key \"apps.secrt\""`)
	write("apps: []\nlog-level: debug\n")
	reload(`changed="[apps log-level]"`)
	assert.NotContains(t, s.log.String(), "Ahch4eiQuoh6")
	assert.NotContains(t, s.log.String(), "eeS4aishieX1")
}

func TestAReloadNamesChangesThatTheValueOfASettingDoesNotShow(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plenum.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("jwt-secret: " + strings.Repeat("a", 32) + "\nrooms: [{match: game-*, announcements: none}]\n")
	s := start(t, "--config="+file)
	write("jwt-secret: " + strings.Repeat("b", 32) + "\nrooms: [{match: game-*, announcements: counts}]\n")
	s.hup <- syscall.SIGHUP
	const logged = `settings: reloaded, restart to apply the others" changed=[jwt-secret] need_restart=[rooms]`
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), logged) }, wait, tick, "%s", s.log)
	assert.NotContains(t, s.log.String(), "bbbb")
}
