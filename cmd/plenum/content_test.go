package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// contents are the parts of messages as clients send them. Parsing and encoding would change the data.
var contents = []string{
	`"event":"paid","data":{"b":1,"a":12.50,"b":12345678901234567890}`,
	"\"event\":\"line\",\"data\":{\n\t\"x\" : [1,\r\n2]}",
	`"text":"hi","event":"é","data":null`,
	`"data":"` + strings.Repeat("x", 2000) + `"`,
	`"text":"only a text"`,
}

func TestEventsAndDataReachEveryRouteUnchanged(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--announce-limit=-1", "--compression=on")
	alex := dial(t, s, "/ws?username=Alex")
	alex.asks(`{"type":"join","room":"a"}`, `{"type":"joined","room":"a","epoch":"E","seq":0,"members":1,"recovered":false}`)
	chat, compressed, events := dial(t, s, "/ws/chat/a"), dialCompressed(t, s, "/ws/chat/a"), listenTo(t, s, "/sse/rooms/a")
	epoch, _, _ := strings.Cut(strings.TrimPrefix(events.receivesPosition(), "id: "), ":")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "4" }, wait, tick)
	seq := 0
	receive := func(content string) {
		seq++
		want := fmt.Sprintf(`{"sender":"Alex",%s,"room":"a","timestamp":T,"seq":%d}`, content, seq)
		chat.receives(want)
		compressed.receives(want)
		events.receives(fmt.Sprintf("id: %s:%d\nevent: message\ndata: %s", epoch, seq, strings.NewReplacer("\r", " ", "\n", " ").Replace(want)))
	}
	for _, content := range contents {
		alex.sends(`{"type":"publish","room":"a",` + content + `}`)
		alex.receivesBoth(fmt.Sprintf(`{"sender":"Alex",%s,"room":"a","timestamp":T,"seq":%d}`, content, seq+1), fmt.Sprintf(`{"type":"published","room":"a","seq":%d}`, seq+1))
		receive(content)
		status, body, _ := call(t, http.MethodPost, s.url+"/api/rooms/a/messages", `{"sender":"Alex",`+content+`}`)
		require.Equal(t, http.StatusAccepted, status, body)
		receive(content)
		_, _, err := alex.conn.Read(alex.ctx)
		require.NoError(t, err)
	}
	again := dial(t, s, "/ws/chat/a?since=:0")
	again.receives(fmt.Sprintf(`{"type":"joined","room":"a","epoch":"E","seq":%d,"recovered":false}`, seq))
	_, page := get(t, s.url+"/api/rooms/a/messages?since=:0")
	for i := range seq {
		want := fmt.Sprintf(`{"sender":"Alex",%s,"room":"a","timestamp":T,"seq":%d}`, contents[i/2], i+1)
		again.receives(want)
		assert.Contains(t, script(page), strings.NewReplacer("\r", "", "\n", "", "\t", "", " : ", ":").Replace(want))
	}
}

func TestInvalidEventsAndDataAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t, "--announce-limit=-1", "--max-message=1KiB")
	alex := dial(t, s, "/ws?username=Alex")
	alex.asks(`{"type":"join","room":"a"}`, `{"type":"joined","room":"a","epoch":"E","seq":0,"members":1,"recovered":false}`)
	for content, why := range map[string]string{
		`"event":"`:     `event must be a string: the input ends too early`,
		`"event":["a"]`: `event must be a string`,
		`"event":"` + strings.Repeat("e", 129) + `"`: `event must be a string of at most 128 bytes without control characters`,
		`"event":"a\u0007"`:                          `event must be a string of at most 128 bytes without control characters`,
		`"event":""`:                                 `text must be a string that is not empty, unless event or data is given`,
		`"data":[1,]`:                                `data must be JSON: invalid character ']' looking for beginning of value`,
		`"data":1e`:                                  `data must be JSON: invalid character '}' in exponent of numeric literal`,
		`"date":1`:                                   `unknown field`,
	} {
		status, body, _ := call(t, http.MethodPost, s.url+"/api/rooms/a/messages", `{`+content+`}`)
		assert.Equal(t, http.StatusBadRequest, status, content)
		assert.Contains(t, body, why, content)
		alex.sends(`{"type":"publish","room":"a",` + content + `}`)
		_, answer, err := alex.conn.Read(alex.ctx)
		require.NoError(t, err)
		assert.Contains(t, string(answer), `"code":"bad_command","message":"`+why, content)
	}
	status, body, _ := call(t, http.MethodPost, s.url+"/api/rooms/a/messages", `{"event":"`+strings.Repeat("e", 100)+`","data":"`+strings.Repeat("x", 923)+`"}`)
	assert.Equal(t, http.StatusRequestEntityTooLarge, status, body)
	assert.Contains(t, body, "text, event and data together must not be longer than 1KiB (--max-message)")
	assert.Equal(t, "0", s.metric(t, "plenum_published_messages_total"), "nothing was published")
}
