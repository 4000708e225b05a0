package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

// refreshes sends a refresh with the id 9, and requires the answers.
func (c *client) refreshes(token string, answers ...string) {
	c.t.Helper()
	c.sends(fmt.Sprintf(`{"type":"refresh","id":9,"token":%q}`, token))
	for _, want := range answers {
		c.receives(want)
	}
}

func TestARefreshedTokenKeepsTheConnectionOpen(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startSignedIn(t)
	short := tokenFor(t, func(id *auth.Identity) { id.Expires = time.Now().Add(life) })
	kept, gone, limited := dial(t, s, "/ws?token="+short), dial(t, s, "/ws?token="+short), dial(t, s, "/ws?token="+tokenFor(t, nil))
	end := time.Now().Add(time.Hour).Truncate(time.Second)
	kept.refreshes(tokenFor(t, func(id *auth.Identity) { id.Expires = end }), fmt.Sprintf(`{"type":"refreshed","id":9,"expires":%d}`, end.UnixMilli()))
	kept.refreshes(tokenFor(t, nil), `{"type":"refreshed","id":9}`)
	limited.sends(`{"type":"refresh","id":9,"token":"` + short + `"}`)
	_, answer, err := limited.conn.Read(limited.ctx)
	require.NoError(t, err)
	assert.Contains(t, string(answer), `{"type":"refreshed","id":9,"expires":`)
	gone.isClosed(4001, "Token expired")
	limited.isClosed(4001, "Token expired")
	kept.sends(`{"type":"ping","id":1}`)
	kept.receives(`{"type":"pong","id":1,"timestamp":T}`)
}

func TestARefreshedTokenThatAllowsLessLeavesTheOtherRooms(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startSignedIn(t)
	alex := dial(t, s, "/ws?token="+tokenFor(t, nil))
	for _, room := range []string{"a", "team-1", "team-2", "b"} {
		alex.asks(`{"type":"join","room":"`+room+`"}`, `{"type":"joined","room":"`+room+`","epoch":"E","seq":0,"members":1,"recovered":false}`)
	}
	team := tokenFor(t, func(id *auth.Identity) { id.Rooms, id.Publish = []string{"team-*"}, false })
	alex.refreshes(team, `{"type":"left","room":"a","code":"not_allowed"}`, `{"type":"left","room":"b","code":"not_allowed"}`, `{"type":"refreshed","id":9}`)
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "2" }, wait, tick)
	alex.asks(`{"type":"join","room":"a"}`, `{"type":"error","code":"not_allowed","message":"the token does not allow joining this room"}`)
	alex.asks(`{"type":"publish","room":"team-1","text":"hi"}`, `{"type":"error","code":"not_allowed","message":"the token does not allow publishing"}`)
	dial(t, s, "/ws/chat/a?token="+tokenFor(t, nil)).sends("not for Alex")
	dial(t, s, "/ws/chat/team-2?token="+tokenFor(t, nil)).sends("hi")
	alex.receives(`{"sender":"Alex","text":"hi","room":"team-2","timestamp":T,"seq":1}`)
	alex.refreshes(tokenFor(t, nil), `{"type":"refreshed","id":9}`)
	alex.asks(`{"type":"join","room":"b"}`, `{"type":"joined","room":"b","epoch":"E","seq":0,"members":1,"recovered":false}`)
}

func TestATokenThatDoesNotFitIsNotRefreshed(t *testing.T) {
	t.Parallel()
	s := startSignedIn(t)
	alex := dial(t, s, "/ws?token="+tokenFor(t, nil))
	alex.asks(`{"type":"join","room":"a"}`, `{"type":"joined","room":"a","epoch":"E","seq":0,"members":1,"recovered":false}`)
	const bad = `{"type":"error","id":9,"code":"bad_token","message":"the token is invalid or has expired"}`
	for _, token := range []string{"", "x", tokenFor(t, nil) + "x", tokenFor(t, func(id *auth.Identity) { id.Expires = time.Now().Add(-time.Second) })} {
		alex.refreshes(token, bad)
	}
	alex.refreshes(tokenFor(t, func(id *auth.Identity) { id.Name, id.Rooms = "Bea", []string{} }), `{"type":"error","id":9,"code":"not_allowed","message":"the token is of another user"}`)
	alex.asks(`{"type":"refresh","id":9}`, bad)
	alex.asks(`{"type":"dance"}`, `{"type":"error","code":"unknown_type","message":"type must be join, leave, publish, members, refresh or ping"}`)
	alex.sends(`{"type":"publish","room":"a","text":"still here"}`)
	alex.receivesBoth(`{"type":"published","room":"a","seq":1}`, `{"sender":"Alex","text":"still here","room":"a","timestamp":T,"seq":1}`)

	open := dial(t, start(t), "/ws")
	open.refreshes(tokenFor(t, nil), `{"type":"error","id":9,"code":"not_allowed","message":"this server has no sign-in, so there is no token to refresh"}`)
}

func TestTheRoomOfAUserIsForThatUserOnly(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startSignedIn(t, "--api-key="+oldKey)
	none := tokenFor(t, func(id *auth.Identity) { id.Rooms = []string{} })
	bea := tokenFor(t, func(id *auth.Identity) { id.Name, id.Admin = "Bea", true })
	alex, other := dial(t, s, "/ws?token="+none), dial(t, s, "/ws?token="+bea)
	alex.asks(`{"type":"join","room":"#user:Alex"}`, `{"type":"joined","room":"#user:Alex","epoch":"E","seq":0,"members":1,"recovered":false}`)
	const refused = `{"type":"error","code":"not_allowed","message":"the token does not allow joining this room"}`
	for _, room := range []string{"#user:Alex", "#user:", "#user:bea", "#user:Bea "} {
		other.asks(`{"type":"join","room":"`+room+`"}`, refused)
	}
	dial(t, s, "/ws/chat/%23user:Alex?token="+bea).isClosed(1008, "Not allowed")
	status, _ := get(t, s.url+"/sse/rooms/%23user:Alex?token="+bea)
	assert.Equal(t, http.StatusForbidden, status)
	alex.asks(`{"type":"publish","room":"#user:Alex","text":"to myself"}`, `{"type":"error","code":"not_allowed","message":"only the API publishes in this room"}`)
	chat := dial(t, s, "/ws/chat/%23user:Alex?token="+none)
	chat.sends("to myself")
	chat.isClosed(1008, "Not allowed")

	stream := listenTo(t, s, "/sse/rooms/%23user:Alex?token="+none)
	stream.receivesPosition()
	status, body, _ := call(t, http.MethodPost, s.url+"/api/rooms/%23user:Alex/messages", `{"sender":"shop","event":"paid"}`, "Authorization", "Bearer "+oldKey)
	require.Equal(t, http.StatusAccepted, status, body)
	const message = `{"sender":"shop","event":"paid","room":"#user:Alex","timestamp":T,"seq":1}`
	alex.receives(message)
	require.True(t, strings.HasSuffix(stream.next(), "data: "+message))

	open := dial(t, start(t, "--announce-limit=-1"), "/ws?username=Bea")
	open.asks(`{"type":"join","room":"#user:Carl"}`, `{"type":"joined","room":"#user:Carl","epoch":"E","seq":0,"members":1,"recovered":false}`)
}
