package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

// startSignedIn starts a server that requires tokens.
func startSignedIn(t *testing.T, flags ...string) *testServer {
	t.Helper()
	return start(t, append([]string{"--jwt-secret=" + testSecret, "--announce-limit=-1"}, flags...)...)
}

// tokenFor creates a token for Alex with all rights. change may restrict it; nil: no change.
func tokenFor(t *testing.T, change func(id *auth.Identity)) string {
	t.Helper()
	id := auth.Identity{Name: "Alex", Publish: true}
	if change != nil {
		change(&id)
	}
	token, err := auth.Mint(auth.Config{Secret: testSecret}, id, time.Now())
	require.NoError(t, err)
	return token
}

func TestATokenIsAcceptedInEachOfThreePlaces(t *testing.T) {
	t.Parallel()
	s := startSignedIn(t)
	token := tokenFor(t, nil)
	for name, with := range map[string]func(o *websocket.DialOptions) (query string){
		"header": func(o *websocket.DialOptions) string {
			o.HTTPHeader = http.Header{"Authorization": {"Bearer " + token}}
			return ""
		},
		"subprotocol": func(o *websocket.DialOptions) string { o.Subprotocols = []string{"bearer", token}; return "" },
		"query":       func(*websocket.DialOptions) string { return "&token=" + token },
	} {
		options := &websocket.DialOptions{}
		query := with(options)
		conn, resp, err := websocket.Dial(t.Context(), s.url+"/ws/chat/a?username=Bea"+query, options)
		require.NoError(t, err, name)
		if name == "subprotocol" {
			assert.Equal(t, "bearer", resp.Header.Get("Sec-WebSocket-Protocol"))
		}
		require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte("hi")))
		_, b, err := conn.Read(t.Context())
		require.NoError(t, err)
		assert.Contains(t, string(b), `"sender":"Alex","text":"hi"`, "the name is the token's")
		_ = conn.CloseNow()
	}
}

func TestClientsWithoutAValidTokenAreRefusedOnAllRoutes(t *testing.T) {
	t.Parallel()
	s := startSignedIn(t)
	none := "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJBbGV4In0."
	over := tokenFor(t, func(id *auth.Identity) { id.Expires = time.Now().Add(-time.Second) })
	for _, path := range []string{"/ws/chat/a", "/ws", "/chat", "/echo", "/hello", "/echo/raw"} {
		dial(t, s, path).isClosed(1008, "Missing token")
		for _, token := range []string{none, over, "x", tokenFor(t, nil) + "x"} {
			dial(t, s, path+"?token="+token).isClosed(1008, "Invalid token")
		}
	}
	for _, path := range []string{"/sse/rooms/a", "/sse/notifications", "/api/rooms", "/api/rooms/a"} {
		resp, err := http.Get(s.url + path)
		require.NoError(t, err)
		status, body := read(t, resp)
		assert.Equal(t, http.StatusUnauthorized, status, path)
		assert.Equal(t, "Bearer", resp.Header.Get("WWW-Authenticate"))
		assert.Contains(t, body, `"detail":"Missing token"`)
		status, body = get(t, s.url+path+"?token="+over)
		assert.Equal(t, http.StatusUnauthorized, status, path)
		assert.Contains(t, body, `"detail":"Invalid token"`)
	}
	assert.Equal(t, "6", s.metric(t, `plenum_refused_total{reason="missing_token"}`))
	assert.Equal(t, "24", s.metric(t, `plenum_refused_total{reason="invalid_token"}`))
	status, _ := get(t, s.url+"/")
	assert.Equal(t, http.StatusOK, status, "the page itself is served without a token, so that it can ask for one")
}

func TestATokenRestrictsJoiningAndPublishing(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startSignedIn(t)
	limited := tokenFor(t, func(id *auth.Identity) { id.Rooms, id.Publish = []string{"team-*"}, false })
	dial(t, s, "/ws/chat/a?token="+limited).isClosed(1008, "Not allowed")
	status, _ := get(t, s.url+"/sse/rooms/a?token="+limited)
	assert.Equal(t, http.StatusForbidden, status)

	mux := dial(t, s, "/ws?token="+limited)
	mux.asks(`{"type":"join","id":1,"room":"a"}`, `{"type":"error","id":1,"code":"not_allowed","message":"the token does not allow joining this room"}`)
	mux.asks(`{"type":"join","room":"team-1"}`, `{"type":"joined","room":"team-1","epoch":"E","seq":0,"members":1,"recovered":false}`)
	mux.asks(`{"type":"publish","room":"team-1","text":"hi"}`, `{"type":"error","code":"not_allowed","message":"the token does not allow publishing"}`)
	dial(t, s, "/ws/chat/team-1?token="+tokenFor(t, nil)).sends("hi")
	mux.receives(`{"sender":"Alex","text":"hi","room":"team-1","timestamp":T,"seq":1}`)

	c := dial(t, s, "/ws/chat/team-1?token="+limited)
	c.sends("hi")
	c.isClosed(1008, "Not allowed")
	dial(t, s, "/chat?token="+limited).isClosed(1008, "Not allowed")
	c = dial(t, s, "/chat?token="+tokenFor(t, func(id *auth.Identity) { id.Rooms, id.Publish = []string{"chat"}, false }))
	c.receives("You are connected! There are 1 users here.")
	c.sends("hi")
	c.isClosed(1008, "Not allowed")
}

func TestAConnectionIsClosedWhenItsTokenExpires(t *testing.T) {
	t.Parallel()
	s := startSignedIn(t)
	short := tokenFor(t, func(id *auth.Identity) { id.Expires = time.Now().Add(life) })
	one, mux, long := dial(t, s, "/ws/chat/a?token="+short), dial(t, s, "/ws?token="+short), dial(t, s, "/ws/chat/a?token="+tokenFor(t, nil))
	stream := listenTo(t, s, "/sse/rooms/a?token="+short)
	gone := dial(t, s, "/echo/raw?token="+short)
	gone.leaves()
	one.isClosed(4001, "Token expired")
	mux.isClosed(4001, "Token expired")
	stream.receivesPosition()
	stream.receives("event: close\ndata: " + `{"code":4001,"reason":"Token expired"}`)
	long.sends("hi")
	long.receives(`{"sender":"Alex","text":"hi","room":"a","timestamp":T,"seq":1}`)
}

func TestAKickClosesEventStreams(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startSignedIn(t)
	admin := tokenFor(t, func(id *auth.Identity) { id.Admin = true })
	l := listenTo(t, s, "/sse/rooms/a?token="+tokenFor(t, nil))
	l.receivesPosition()
	_, body, _ := call(t, "GET", s.url+"/api/rooms/a/members", "", "Authorization", "Bearer "+admin)
	assert.JSONEq(t, `{"room":"a","members":[],"cursor":""}`, body)
	status, _, _ := call(t, "DELETE", s.url+"/api/rooms/a/members/Alex", "", "Authorization", "Bearer "+admin)
	assert.Equal(t, http.StatusOK, status)
	l.receives("event: close\ndata: " + `{"code":1008,"reason":"Kicked"}`)
}

func TestTheSecretIsNotOnTheAdminListener(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startSignedIn(t)
	status, _ := get(t, s.admin+"/debug/pprof/cmdline")
	assert.Equal(t, http.StatusNotFound, status)
}

func TestTheAPIIsForAdmins(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startSignedIn(t)
	ask := func(token string) int {
		req, err := http.NewRequest(http.MethodGet, s.url+"/api/rooms", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("X-Forwarded-For", "192.0.2.1") // admins may call from anywhere, also through a proxy
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		status, _ := read(t, resp)
		return status
	}
	assert.Equal(t, http.StatusForbidden, ask(tokenFor(t, nil)))
	assert.Equal(t, http.StatusOK, ask(tokenFor(t, func(id *auth.Identity) { id.Admin = true })))
}

func TestSIGHUPAppliesAChangedSecretButCannotTurnSignInOff(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plenum.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("jwt-secret: the old secret, of thirty-two bytes or more\n")
	s := start(t, "--config="+file, "--announce-limit=-1")
	reload := func(logged string) {
		t.Helper()
		s.hup <- syscall.SIGHUP
		require.Eventually(t, func() bool { return strings.Contains(s.log.String(), logged) }, wait, tick, "%s", s.log)
	}
	dial(t, s, "/echo?token="+tokenFor(t, nil)).isClosed(1008, "Invalid token")
	write("jwt-secret: " + testSecret + "\n")
	reload(`msg="settings: reloaded, changes are in effect"`)
	dial(t, s, "/echo?token="+tokenFor(t, nil)).receives("Connected. Say something.")
	write("")
	reload("turning sign-in on or off needs a restart")
	dial(t, s, "/echo").isClosed(1008, "Missing token")
}

func TestTheSecretIsReadFromAFileAndAgainAtSIGHUP(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "jwt-secret")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("the old secret, of thirty-two bytes or more\n")
	s := start(t, "--jwt-secret-file="+file, "--announce-limit=-1")
	reload := func(logged string) {
		t.Helper()
		s.hup <- syscall.SIGHUP
		require.Eventually(t, func() bool { return strings.Contains(s.log.String(), logged) }, wait, tick, "%s", s.log)
	}
	const welcome = "Connected. Say something."
	dial(t, s, "/echo").isClosed(1008, "Missing token")
	dial(t, s, "/echo?token="+tokenFor(t, nil)).isClosed(1008, "Invalid token")

	write(testSecret + "\n")
	reload(`msg="settings: reloaded, changes are in effect" changed=`)
	dial(t, s, "/echo?token="+tokenFor(t, nil)).receives(welcome)

	write("")
	reload("--jwt-secret-file: " + file + ": must contain 32 bytes or more, got 0")
	require.NoError(t, os.Remove(file))
	reload("--jwt-secret-file: open " + file + ": no such file or directory")
	dial(t, s, "/echo?token="+tokenFor(t, nil)).receives(welcome)
	dial(t, s, "/echo").isClosed(1008, "Missing token")
}
