package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

// named returns a token for this name.
func named(t *testing.T, name string) string {
	t.Helper()
	return tokenFor(t, func(id *auth.Identity) { id.Name = name })
}

// asAdmin returns the header with an admin's token for this name.
func asAdmin(t *testing.T, name string) []string {
	t.Helper()
	return []string{"Authorization", "Bearer " + tokenFor(t, func(id *auth.Identity) { id.Name, id.Admin = name, true })}
}

// longNames have 255 bytes each: an address, letters of three bytes, and characters that JSON escapes.
var longNames = []string{
	strings.Repeat("a", 243) + "@example.org", strings.Repeat("ส", 85), strings.Repeat(`"`, 255), "a" + strings.Repeat("\u2028", 83) + "lines",
}

func TestANameFromATokenOf255BytesWorksEverywhere(t *testing.T) {
	t.Parallel()
	s := startSignedIn(t, "--announce-limit=100")
	admin := asAdmin(t, "root")
	for i, name := range longNames {
		require.Len(t, name, 255)
		room := fmt.Sprint("r", i)
		encoded, err := json.Marshal(name)
		require.NoError(t, err)
		decode := func(b []byte) (m struct{ Sender, Text string }) {
			require.NoError(t, json.Unmarshal(b, &m))
			return m
		}
		c, mux := dial(t, s, "/ws/chat/"+room+"?token="+named(t, name)), dial(t, s, "/ws?token="+named(t, name))
		_, b, err := c.conn.Read(c.ctx)
		require.NoError(t, err)
		assert.Equal(t, name+" joined the room", decode(b).Text)
		c.sends("hi")
		_, b, err = c.conn.Read(c.ctx)
		require.NoError(t, err)
		assert.Equal(t, name, decode(b).Sender)

		mux.asks(`{"type":"join","room":"`+room+`"}`, `{"type":"joined","room":"`+room+`","epoch":"E","seq":2,"members":2,"recovered":false}`)
		mux.sends(`{"type":"members","room":"` + room + `"}`)
		var listed struct {
			Type    string
			Members []string
		}
		for listed.Type != "members" { // announcements may precede the response
			_, b, err = mux.conn.Read(mux.ctx)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(b, &listed))
		}
		assert.Equal(t, []string{name}, listed.Members)

		_, body, _ := call(t, "GET", s.url+"/api/rooms/"+room+"/members", "", admin...)
		require.NoError(t, json.Unmarshal([]byte(body), &listed))
		assert.Equal(t, []string{name}, listed.Members)
		_, body, _ = call(t, "GET", s.url+"/api/rooms/"+room+"/members?cursor="+url.QueryEscape(name), "", admin...)
		assert.JSONEq(t, `{"room":"`+room+`","members":[],"cursor":""}`, body)
		status, _, _ := call(t, "POST", s.url+"/api/rooms/"+room+"/messages", `{"sender":`+string(encoded)+`,"text":"for the user"}`, admin...)
		assert.Equal(t, http.StatusAccepted, status)
		status, body, _ = call(t, "DELETE", s.url+"/api/rooms/"+room+"/members/"+url.PathEscape(name), "", admin...)
		assert.Equal(t, http.StatusOK, status)
		assert.JSONEq(t, `{"closed":2}`, body)
	}
	for _, name := range []string{strings.Repeat("a", 256), strings.Repeat("ส", 86)} {
		dial(t, s, "/ws/chat/a?token="+named(t, name)).isClosed(1008, "Bad name")
		status, _ := get(t, s.url+"/sse/rooms/a?token="+named(t, name))
		assert.Equal(t, http.StatusBadRequest, status)
	}
}

func TestAMessageMayHaveTheLongestSenderAndTheLongestText(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startSignedIn(t, "--max-message=1KiB")
	body := `{"sender":"` + strings.Repeat(`\u0061`, 255) + `","text":"` + strings.Repeat(`\u0061`, 1024) + `"}`
	status, answer, _ := call(t, "POST", s.url+"/api/rooms/a/messages", body, asAdmin(t, "root")...)
	assert.Equal(t, http.StatusAccepted, status, answer)
}

func TestNamesOf255BytesWorkAcrossNodes(t *testing.T) {
	t.Parallel()
	nodes := startNodes(t, startBroker(t, 0, t.TempDir()).ClientURL(), 2, "--jwt-secret="+testSecret, "--announce-limit=100")
	name, admin := longNames[1], asAdmin(t, "root")
	here := dial(t, nodes[0], "/ws/chat/a?token="+named(t, name))
	here.receives(`{"sender":"System","text":"` + name + ` joined the room","room":"a","timestamp":T,"seq":1}`)
	there := dial(t, nodes[1], "/ws/chat/a?since=:0&token="+tokenFor(t, nil))
	there.receives(`{"type":"joined","room":"a","epoch":"E","seq":1,"recovered":false}`)
	there.receives(`{"sender":"System","text":"` + name + ` joined the room","room":"a","timestamp":T,"seq":1}`)
	_, body, _ := call(t, "GET", nodes[1].url+"/api/rooms/a/members?limit=1", "", admin...)
	assert.JSONEq(t, `{"room":"a","members":["Alex"],"cursor":"Alex"}`, body)
	_, body, _ = call(t, "GET", nodes[1].url+"/api/rooms/a/members?cursor=Alex", "", admin...)
	assert.JSONEq(t, `{"room":"a","members":["`+name+`"],"cursor":""}`, body)
	status, body, _ := call(t, "DELETE", nodes[1].url+"/api/rooms/a/members/"+url.PathEscape(name), "", admin...)
	assert.Equal(t, http.StatusOK, status, body)
}

// nfc and nfd are the same name in two normalization forms.
const nfc, nfd = "B\u00e9a", "Be\u0301a"

func TestANameInEachNormalizationFormIsOneUser(t *testing.T) {
	t.Parallel()
	s := start(t)
	for i, tc := range []struct{ joined, kicked string }{{nfd, nfc}, {nfc, nfd}, {nfd, nfd}} {
		room := fmt.Sprint("r", i)
		c := dial(t, s, "/ws/chat/"+room+"?username="+url.QueryEscape(tc.joined))
		c.receives(`{"sender":"System","text":"` + nfc + ` joined the room","room":"` + room + `","timestamp":T,"seq":1}`)
		_, body, _ := call(t, "POST", s.url+"/api/rooms/"+room+"/messages", `{"sender":"`+tc.joined+`","text":"hi"}`)
		assert.Contains(t, body, `"seq":2`)
		c.receives(`{"sender":"` + nfc + `","text":"hi","room":"` + room + `","timestamp":T,"seq":2}`)
		_, body, _ = call(t, "GET", s.url+"/api/rooms/"+room+"/members", "")
		assert.JSONEq(t, `{"room":"`+room+`","members":["`+nfc+`"],"cursor":""}`, body)
		_, body, _ = call(t, "GET", s.url+"/api/rooms/"+room+"/members?cursor="+url.QueryEscape(tc.kicked), "")
		assert.JSONEq(t, `{"room":"`+room+`","members":[],"cursor":""}`, body)
		status, body, _ := call(t, "DELETE", s.url+"/api/rooms/"+room+"/members/"+url.PathEscape(tc.kicked), "")
		assert.Equal(t, http.StatusOK, status)
		assert.JSONEq(t, `{"closed":1}`, body)
		c.isClosed(1008, "Kicked")
	}
}

func TestTheMembersCursorMayBeInAnyNormalizationForm(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--announce-limit=-1")
	c := dial(t, s, "/ws?username="+url.QueryEscape(nfd))
	c.asks(`{"type":"join","room":"a"}`, `{"type":"joined","room":"a","epoch":"E","seq":0,"members":1,"recovered":false}`)
	for _, spelling := range []string{nfc, nfd} {
		c.asks(`{"type":"members","room":"a","cursor":"`+spelling+`"}`, `{"type":"members","room":"a","members":[],"cursor":""}`)
	}
	c.asks(`{"type":"members","room":"a"}`, `{"type":"members","room":"a","members":["`+nfc+`"],"cursor":""}`)
}

func TestATokensNameInEachNormalizationFormIsOneUser(t *testing.T) {
	t.Parallel()
	s := startSignedIn(t)
	listenTo(t, s, "/sse/rooms/a?token="+named(t, nfd))
	c := dial(t, s, "/ws/chat/a?token="+named(t, nfc))
	c.sends("hi")
	c.receives(`{"sender":"` + nfc + `","text":"hi","room":"a","timestamp":T,"seq":1}`)
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "2" }, wait, tick)
	_, body, _ := call(t, "DELETE", s.url+"/api/rooms/a/members/"+url.PathEscape(nfd), "", asAdmin(t, "root")...)
	assert.JSONEq(t, `{"closed":2}`, body)
	c.isClosed(1008, "Kicked")
}

func TestRoomsAreByteStrings(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	for _, room := range []string{nfc, nfd, "a ", "a\u200b"} {
		c := dial(t, s, "/ws/chat/"+url.PathEscape(room)+"?username=Alex")
		c.receives(`{"sender":"System","text":"Alex joined the room","room":"` + room + `","timestamp":T,"seq":1}`)
	}
}

// deceptive maps names that look like other ones to the reason why they are refused.
var deceptive = map[string]string{
	"System\u034f": "Name reserved", "System\ufe0f": "Name reserved", "\u3164System": "Name reserved", "Ｓｙｓｔｅｍ": "Name reserved",
	" ": "Bad name", "\u3164": "Bad name", "Alex ": "Bad name", "\u00a0Alex": "Bad name", "Alex\u200b": "Bad name", "xel\u202eA": "Bad name",
}

func TestAllRoutesRefuseDeceptiveNames(t *testing.T) {
	t.Parallel()
	open, signed := start(t), startSignedIn(t)
	for name, why := range deceptive {
		query := "?username=" + url.QueryEscape(name)
		for _, path := range []string{"/ws", "/ws/chat/a"} {
			dial(t, open, path+query).isClosed(1008, why)
		}
		for _, path := range []string{"/ws", "/ws/chat/a", "/chat", "/echo"} {
			dial(t, signed, path+"?token="+named(t, name)).isClosed(1008, why)
		}
		for _, address := range []string{open.url + "/sse/rooms/a" + query, signed.url + "/sse/rooms/a?token=" + named(t, name)} {
			status, body := get(t, address)
			assert.Equal(t, http.StatusBadRequest, status, "%+q", name)
			assert.Contains(t, body, `"detail":"`+why+`"`)
		}
		sent, err := json.Marshal(map[string]string{"sender": name, "text": "hi"})
		require.NoError(t, err)
		status, body, _ := call(t, "POST", open.url+"/api/rooms/a/messages", string(sent))
		assert.Equal(t, http.StatusBadRequest, status, "%+q", name)
		assert.Contains(t, body, `"detail":"sender must be a valid username: `+why+`"`)
		status, body, _ = call(t, "GET", signed.url+"/api/rooms", "", asAdmin(t, name)...)
		assert.Equal(t, http.StatusBadRequest, status, "%+q", name)
		assert.Contains(t, body, `"detail":"`+why+`"`)
		_, _, err = printed(t, "token", "--user="+name)
		assert.ErrorContains(t, err, "--user: must be a name that the server accepts (it ", "%+q", name)
		assert.Equal(t, 2, exitStatus(err))
	}
}

func TestAMessagePostedWithoutASenderHasTheTokensName(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startSignedIn(t)
	c := dial(t, s, "/ws/chat/a?token="+tokenFor(t, nil))
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	shop := asAdmin(t, "shop")
	for i, tc := range []struct{ body, sender string }{
		{`{"text":"hi"}`, "shop"}, {`{"sender":"","text":"hi"}`, "shop"}, {`{"sender":"Bea","text":"hi"}`, "Bea"},
	} {
		status, _, _ := call(t, "POST", s.url+"/api/rooms/a/messages", tc.body, shop...)
		assert.Equal(t, http.StatusAccepted, status)
		c.receives(fmt.Sprintf(`{"sender":%q,"text":"hi","room":"a","timestamp":T,"seq":%d}`, tc.sender, i+1))
	}
}

func TestWithoutSignInAMessagePostedWithoutASenderIsFromAnonymous(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--announce-limit=-1")
	c := dial(t, s, "/ws/chat/a?username=Alex")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	_, _, _ = call(t, "POST", s.url+"/api/rooms/a/messages", `{"text":"hi"}`)
	c.receives(`{"sender":"Anonymous","text":"hi","room":"a","timestamp":T,"seq":1}`)
}
