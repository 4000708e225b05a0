package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/page/pagetest"
)

// tokenWith creates a token for a user with an info; empty: none.
func tokenWith(t *testing.T, name, info string) string {
	t.Helper()
	return tokenFor(t, func(id *auth.Identity) {
		id.Name = name
		if info != "" {
			id.Info = &info
		}
	})
}

// joins returns a join as a client receives it that asks for events, or as others do if data is empty.
func joins(name, data string, seq int) string {
	if data != "" {
		data = `,"event":"joined","data":` + data
	}
	return fmt.Sprintf(`{"sender":"System","text":"%s joined the room"%s,"room":"a","timestamp":T,"seq":%d}`, name, data, seq)
}

func TestTheInfoOfATokenIsInTheJoinsOfClientsThatAsk(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--jwt-secret="+testSecret, "--compression=on", "--compression-min=1B")
	const info = `{"team":7,"big":12345678901234567890,"<":"\u003e"}`
	alex, bea := tokenWith(t, "Alex", info), tokenWith(t, "Bea", "")
	prose := dial(t, s, "/ws/chat/a?token="+bea)
	prose.receives(joins("Bea", "", 1))
	asks := dial(t, s, "/ws/chat/a?since=:0&announcements=events&token="+bea)
	asks.receives(`{"type":"joined","room":"a","epoch":"E","seq":1,"recovered":false}`)
	asks.receives(joins("Bea", `{"name":"Bea"}`, 1))

	chat := dial(t, s, "/ws/chat/a?token="+alex)
	withInfo := `{"name":"Alex","info":{"team":7,"big":12345678901234567890,"\u003c":"\u003e"}}` // minted by encoding/json
	for _, c := range []*client{prose, chat} {
		c.receives(joins("Alex", "", 2))
	}
	asks.receives(joins("Alex", withInfo, 2))
	chat.leaves()
	asks.receives(`{"sender":"System","text":"Alex left the room","event":"left","data":{"name":"Alex"},"room":"a","timestamp":T,"seq":3}`)
	prose.receives(`{"sender":"System","text":"Alex left the room","room":"a","timestamp":T,"seq":3}`)

	mux := dial(t, s, "/ws?announcements=events&token="+alex)
	mux.asks(`{"type":"join","room":"a"}`, `{"type":"joined","room":"a","epoch":"E","seq":3,"members":3,"recovered":false}`)
	for _, c := range []*client{mux, asks} {
		c.receives(joins("Alex", withInfo, 4))
	}
	prose.receives(joins("Alex", "", 4))
	mux.sends(`{"type":"publish","room":"a","text":"hi"}`)
	mux.receivesBoth(`{"type":"published","room":"a","seq":5}`, `{"sender":"Alex","text":"hi","room":"a","timestamp":T,"seq":5}`)

	for _, path := range []string{"/ws/chat/a?since=:0&announcements=events&token=", "/ws/chat/a?since=:0&token="} {
		late, compressed := dial(t, s, path+bea), dialCompressed(t, s, path+bea)
		for _, c := range []*client{late, compressed} {
			c.receives(`{"type":"joined","room":"a","epoch":"E","seq":5,"recovered":false}`)
			if strings.Contains(path, "events") {
				c.receives(joins("Bea", `{"name":"Bea"}`, 1))
				c.receives(joins("Alex", withInfo, 2))
				continue
			}
			c.receives(joins("Bea", "", 1))
			c.receives(joins("Alex", "", 2))
		}
	}
	stream := listenTo(t, s, "/sse/rooms/a?since=:0&announcements=events&token="+alex)
	stream.receivesPosition()
	for _, want := range []string{joins("Bea", `{"name":"Bea"}`, 1), joins("Alex", withInfo, 2)} {
		require.True(t, strings.HasSuffix(stream.next(), "data: "+want))
	}
}

func TestListsHaveInfosForThoseWhoAsk(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startSignedIn(t, "--api-key="+oldKey)
	members := []*client{
		dial(t, s, "/ws/chat/a?token="+tokenWith(t, "Alex", `{"team":7}`)),
		dial(t, s, "/ws/chat/a?token="+tokenWith(t, "Bea", "")),
		dial(t, s, "/ws/chat/a?token="+tokenWith(t, "Cleo", `"<"`)),
	}
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == fmt.Sprint(len(members)) }, wait, tick)
	mux := dial(t, s, "/ws?token="+tokenWith(t, "Dan", `[]`))
	mux.sends(`{"type":"join","room":"a"}`)
	_, b, err := mux.conn.Read(mux.ctx)
	require.NoError(t, err)
	require.Contains(t, string(b), `"type":"joined"`)
	const names = `"members":["Alex","Bea","Cleo","Dan"],"cursor":""`
	for _, command := range []string{`{"type":"members","room":"a"}`, `{"type":"members","room":"a","infos":false}`, `{"type":"members","room":"a","infos":null}`} {
		mux.asks(command, `{"type":"members","room":"a",`+names+`}`)
	}
	mux.asks(`{"type":"members","id":1,"room":"a","infos":true}`, `{"type":"members","id":1,"room":"a",`+names+`,"infos":{"Alex":{"team":7},"Cleo":"\u003c","Dan":[]}}`)
	mux.asks(`{"type":"members","room":"a","cursor":"Dan","infos":true}`, `{"type":"members","room":"a","members":[],"cursor":""}`)
	mux.asks(`{"type":"members","room":"a","infos":1}`, `{"type":"error","code":"bad_command","message":"infos must be true or false"}`)
	for query, want := range map[string]string{
		"":                     `{"room":"a",` + names + `}`,
		"?infos=false":         `{"room":"a",` + names + `}`,
		"?infos=true":          `{"room":"a",` + names + `,"infos":{"Alex":{"team":7},"Cleo":"\u003c","Dan":[]}}`,
		"?infos=true&limit=1":  `{"room":"a","members":["Alex"],"cursor":"Alex","infos":{"Alex":{"team":7}}}`,
		"?infos=yes":           `"detail":"infos must be true or false"`,
		"?infos=true&cursor=D": `{"room":"a","members":["Dan"],"cursor":"","infos":{"Dan":[]}}`,
	} {
		_, body, _ := call(t, http.MethodGet, s.url+"/api/rooms/a/members"+query, "", "Authorization", "Bearer "+oldKey)
		assert.Contains(t, body, want, query)
	}
}

func TestARefreshedTokenShowsItsInfoFromTheNextJoinOn(t *testing.T) {
	t.Parallel()
	s := start(t, "--jwt-secret="+testSecret)
	asks := dial(t, s, "/ws/chat/a?announcements=events&token="+tokenWith(t, "Bea", ""))
	asks.receives(joins("Bea", `{"name":"Bea"}`, 1))
	mux := dial(t, s, "/ws?token="+tokenWith(t, "Alex", `1`))
	join := func(seq int) {
		t.Helper()
		mux.asks(`{"type":"join","room":"a"}`, fmt.Sprintf(`{"type":"joined","room":"a","epoch":"E","seq":%d,"members":2,"recovered":false}`, seq))
		mux.receives(joins("Alex", "", seq+1))
	}
	list := func(infos string) {
		t.Helper()
		mux.asks(`{"type":"members","room":"a","infos":true}`, `{"type":"members","room":"a","members":["Alex","Bea"],"cursor":""`+infos+`}`)
	}
	leave := func(seq int) {
		t.Helper()
		mux.asks(`{"type":"leave","room":"a"}`, `{"type":"left","room":"a"}`)
		asks.receives(fmt.Sprintf(`{"sender":"System","text":"Alex left the room","event":"left","data":{"name":"Alex"},"room":"a","timestamp":T,"seq":%d}`, seq))
	}
	join(1)
	asks.receives(joins("Alex", `{"name":"Alex","info":1}`, 2))
	mux.refreshes(tokenWith(t, "Alex", `2`), `{"type":"refreshed","id":9}`)
	list(`,"infos":{"Alex":1}`)
	leave(3)
	join(3)
	asks.receives(joins("Alex", `{"name":"Alex","info":2}`, 4)) // and nothing announced the refresh
	list(`,"infos":{"Alex":2}`)
	leave(5)
	mux.refreshes(tokenWith(t, "Alex", ""), `{"type":"refreshed","id":9}`)
	join(5)
	asks.receives(joins("Alex", `{"name":"Alex"}`, 6))
	list(``)
}

func TestInfosAreShownAtEveryNode(t *testing.T) {
	t.Parallel()
	plainOnly(t, "the test starts a cluster")
	nodes := startNodes(t, startBroker(t, 0, t.TempDir()).ClientURL(), 2, "--jwt-secret="+testSecret, "--api-key="+oldKey, "--drain-window=0s")
	asks := dial(t, nodes[0], "/ws/chat/a?announcements=events&token="+tokenWith(t, "Bea", ""))
	asks.receives(joins("Bea", `{"name":"Bea"}`, 1))
	prose := dial(t, nodes[1], "/ws/chat/a?token="+tokenWith(t, "Alex", `{"team":7}`))
	prose.receives(joins("Alex", "", 2))
	asks.receives(joins("Alex", `{"name":"Alex","info":{"team":7}}`, 2))
	for _, s := range nodes {
		_, body, _ := call(t, http.MethodGet, s.url+"/api/rooms/a/members?infos=true", "", "Authorization", "Bearer "+oldKey)
		assert.Contains(t, body, `"members":["Alex","Bea"],"cursor":"","infos":{"Alex":{"team":7}}`)
	}
}

func TestPlenumJSListsInfosIfAsked(t *testing.T) {
	t.Parallel()
	js := openScript(t, pagetest.Node, 1, func(origin string) string {
		return start(t, "--origins="+origin, "--jwt-secret="+testSecret).url
	})
	listed := pagetest.Evaluate[[]string](js, fmt.Sprintf(`(async () => {
		const url = new URL(window.options.url);
		url.search = "announcements=events";
		const { plenum, rooms: [a] } = listen({ url, token: %q }, ["a"]);
		const data = await new Promise((receive) => a.onmessage = ({ event, data }) => receive([event, data]));
		const pages = [await a.members(), await a.members("", true)];
		plenum.close();
		return [data, ...pages.map(({ members, infos }) => [members, infos])].map(JSON.stringify);
	})()`, tokenWith(t, "Alex", `{"team":7}`)))
	assert.Equal(t, []string{`["joined",{"name":"Alex","info":{"team":7}}]`, `[["Alex"],null]`, `[["Alex"],{"Alex":{"team":7}}]`}, listed)
}
