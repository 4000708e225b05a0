package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

var seqs = regexp.MustCompile(`,"seq":\d+}$`)

// receivesFrom requires that the next message has this sender and text.
func (c *client) receivesFrom(sender, text string) {
	c.t.Helper()
	_, b, err := c.conn.Read(c.ctx)
	require.NoError(c.t, err)
	want := fmt.Sprintf(`{"sender":%q,"text":%q,"room":"a","timestamp":T}`, sender, text)
	require.Equal(c.t, want, seqs.ReplaceAllString(script(string(b)), "}"))
}

func (c *client) receivesAnnouncement(text string) {
	c.t.Helper()
	c.receivesFrom("System", text)
}

// has waits until this node reports the given number of members in room a.
func (s *testServer) has(t *testing.T, members int) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, body := get(t, s.url+"/api/rooms/a")
		return strings.Contains(body, fmt.Sprintf(`"members":%d,`, members))
	}, wait, tick)
}

// joinsRoom joins the room a on /ws. The test does not read the messages there.
func joinsRoom(t *testing.T, s *testServer, name string) *client {
	t.Helper()
	c := dial(t, s, "/ws?username="+name)
	c.sends(`{"type":"join","id":1,"room":"a"}`)
	_, b, err := c.conn.Read(c.ctx)
	require.NoError(t, err)
	require.Contains(t, string(b), `"type":"joined"`)
	return c
}

func TestTheFirstJoinAndTheLastLeaveOfANameAreAnnounced(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	bea := dial(t, s, "/ws/chat/a?username=Bea")
	bea.receivesAnnouncement("Bea joined the room")
	first := dial(t, s, "/ws/chat/a?username=Alex")
	bea.receivesAnnouncement("Alex joined the room")
	second := joinsRoom(t, s, "Alex")
	s.has(t, 3)
	first.leaves()
	s.has(t, 2)
	third := dial(t, s, "/ws/chat/a?username=Alex")
	third.sends("still here")
	bea.receivesFrom("Alex", "still here")
	third.leaves()
	s.has(t, 2)
	second.sends(`{"type":"leave","id":2,"room":"a"}`)
	bea.receivesAnnouncement("Alex left the room")
}

func TestEachAnonymousMemberIsAnnounced(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	bea := dial(t, s, "/ws/chat/a?username=Bea")
	bea.receivesAnnouncement("Bea joined the room")
	first := dial(t, s, "/ws/chat/a")
	bea.receivesAnnouncement("Anonymous joined the room")
	second := joinsRoom(t, s, "")
	bea.receivesAnnouncement("Anonymous joined the room")
	for _, c := range []*client{first, second} {
		c.leaves()
		bea.receivesAnnouncement("Anonymous left the room")
	}
}

func tokenOf(t *testing.T, name string) string {
	t.Helper()
	return tokenFor(t, func(id *auth.Identity) { id.Name = name })
}

func TestEventStreamsAreNotAnnounced(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--jwt-secret="+testSecret)
	bea := dial(t, s, "/ws/chat/a?token="+tokenOf(t, "Bea"))
	bea.receivesAnnouncement("Bea joined the room")
	_ = listenTo(t, s, "/sse/rooms/a?token="+tokenOf(t, "Alex"))
	alex := dial(t, s, "/ws/chat/a?token="+tokenOf(t, "Alex"))
	bea.receivesAnnouncement("Alex joined the room")
	alex.leaves()
	bea.receivesAnnouncement("Alex left the room")
}

func TestANameIsAnnouncedOnceOnAllNodes(t *testing.T) {
	t.Parallel()
	nodes := startNodes(t, startBroker(t, 0, t.TempDir()).ClientURL(), 3)
	has := func(members int) {
		t.Helper()
		for _, s := range nodes[:2] {
			s.has(t, members)
		}
	}
	bea := dial(t, nodes[0], "/ws/chat/a?username=Bea")
	bea.receivesAnnouncement("Bea joined the room")
	cid := dial(t, nodes[1], "/ws/chat/a?username=Cid")
	bea.receivesAnnouncement("Cid joined the room")
	cid.receivesAnnouncement("Cid joined the room")
	alex := dial(t, nodes[0], "/ws/chat/a?username=Alex")
	bea.receivesAnnouncement("Alex joined the room")
	cid.receivesAnnouncement("Alex joined the room")
	has(3)

	other := joinsRoom(t, nodes[1], "Alex")
	has(4)
	dora := dial(t, nodes[1], "/ws/chat/a?username=Dora")
	bea.receivesAnnouncement("Dora joined the room")
	has(5)
	dora.leaves()
	bea.receivesAnnouncement("Dora left the room")
	has(4)

	alex.leaves()
	has(3)
	other.sends(`{"type":"publish","id":2,"room":"a","text":"still here"}`)
	bea.receivesFrom("Alex", "still here")
	alex = dial(t, nodes[0], "/ws/chat/a?username=Alex")
	has(4)
	require.NoError(t, nodes[1].stop()) // closes one of Alex's connections
	bea.receivesAnnouncement("Cid left the room")
	nodes[0].has(t, 2)
	alex.sends("here as well")
	bea.receivesFrom("Alex", "here as well")
	alex.leaves()
	bea.receivesAnnouncement("Alex left the room")

	alex = dial(t, nodes[2], "/ws/chat/a?username=Alex")
	alex.sends("at once") // a member is announced before its first message, even if the node has just opened the room
	bea.receivesAnnouncement("Alex joined the room")
	bea.receivesFrom("Alex", "at once")
	status, body := get(t, nodes[2].url+"/api/rooms/a/members")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, `{"room":"a","members":["Alex","Bea"],"cursor":""}`+"\n", body)
}
