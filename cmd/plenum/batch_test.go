package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestABatchIsPublishedInAllItsRoomsInOrder(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--announce-limit=-1")
	a, b := dial(t, s, "/ws/chat/a"), dial(t, s, "/ws/chat/b")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "2" }, wait, tick)
	status, body, _ := call(t, http.MethodPost, s.url+"/api/messages", `{"messages":[{"rooms":["a","b"],"sender":"shop","text":"1"},{"rooms":["a"],"event":"2","data":{"x":1}},{"rooms":["c"],"text":"3"}]}`)
	assert.Equal(t, http.StatusAccepted, status, body)
	assert.Equal(t, `{"results":[{"room":"a","seq":1,"epoch":"E"},{"room":"b","seq":1,"epoch":"E"},{"room":"a","seq":2,"epoch":"E"},{"room":"c","seq":1,"epoch":"E"}]}`, strings.TrimSpace(script(body)))
	a.receives(`{"sender":"shop","text":"1","room":"a","timestamp":T,"seq":1}`)
	a.receives(`{"sender":"Anonymous","event":"2","data":{"x":1},"room":"a","timestamp":T,"seq":2}`)
	b.receives(`{"sender":"shop","text":"1","room":"b","timestamp":T,"seq":1}`)
}

func TestAnInvalidBatchPublishesNothing(t *testing.T) {
	t.Parallel()
	s := start(t, "--max-message=1KiB", "--announce-limit=-1")
	const good = `{"rooms":["a"],"text":"hi"}`
	for bad, want := range map[string]struct {
		status int
		why    string
	}{
		`{"rooms":["a",""],"text":"b"}`:                             {400, `message 2: room \"\": Bad room`},
		`{"rooms":["` + strings.Repeat("r", 129) + `"],"text":"b"}`: {400, `message 2: room`},
		`{"rooms":["a"],"text":"b","sender":"system"}`:              {400, "message 2: sender must be a valid username: Name reserved"},
		`{"rooms":["a"]}`: {400, "message 2: text must be a string that is not empty"},
		`{"rooms":["a"],"data":"` + strings.Repeat("x", 1023) + `"}`:   {413, "message 2: text, event and data together must not be longer than 1KiB"},
		`{"rooms":["a"` + strings.Repeat(`,"a"`, 99) + `],"text":""}`:  {400, "message 2: text must"},
		`{"rooms":["a"` + strings.Repeat(`,"a"`, 99) + `],"text":"b"}`: {400, "the messages must have at most 100 rooms together"},
		strings.Repeat(" ", 90_000):                                    {413, "the body must not be longer than 86980 bytes"},
	} {
		status, body, kind := call(t, http.MethodPost, s.url+"/api/messages", `{"messages":[`+good+`,`+bad+`]}`)
		assert.Equal(t, want.status, status, body)
		assert.Equal(t, "application/problem+json", kind)
		assert.Contains(t, body, want.why)
	}
	assert.Equal(t, "0", s.metric(t, "plenum_published_messages_total"))
}

func TestARepeatedCallWithTheSameKeyPublishesOnce(t *testing.T) {
	t.Parallel()
	s := start(t, "--announce-limit=-1")
	post := func(path, body, key string) (int, string, bool) {
		req, err := http.NewRequest(http.MethodPost, s.url+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Idempotency-Key", key)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		status, answer := read(t, resp)
		return status, answer, resp.Header.Get("Idempotency-Replayed") == "true"
	}
	for i, call := range [][2]string{
		{"/api/rooms/a/messages", `{"text":"hi"}`},
		{"/api/messages", `{"messages":[{"rooms":["a","b"],"text":"hi"}]}`},
	} {
		key := fmt.Sprint("key-", i)
		status, first, replayed := post(call[0], call[1], key)
		require.Equal(t, http.StatusAccepted, status, first)
		assert.False(t, replayed)
		var repeating sync.WaitGroup
		for range 5 {
			repeating.Go(func() {
				status, again, replayed := post(call[0], call[1], key)
				assert.Equal(t, http.StatusAccepted, status)
				assert.Equal(t, first, again)
				assert.True(t, replayed)
			})
		}
		repeating.Wait()
		for _, other := range [][2]string{{call[0], strings.Replace(call[1], "hi", "ho", 1)}, {"/api/rooms/other/messages", `{"text":"hi"}`}} {
			status, answer, _ := post(other[0], other[1], key)
			assert.Equal(t, http.StatusUnprocessableEntity, status)
			assert.Contains(t, answer, "Idempotency-Key was used for another request within the last 10m0s")
		}
		_, other, replayed := post(call[0], call[1], key+"x")
		assert.NotEqual(t, first, other)
		assert.False(t, replayed)
	}
	assert.Equal(t, "6", s.metric(t, "plenum_published_messages_total"))
	assert.Equal(t, "4", s.metric(t, "plenum_idempotency_keys"))
	assert.Equal(t, "10", s.metric(t, "plenum_idempotency_replayed_total"))
	for _, bad := range []string{"", "two words", strings.Repeat("k", 129), "é"} {
		status, answer, _ := post("/api/rooms/a/messages", `{"text":"hi"}`, bad)
		assert.Equal(t, http.StatusBadRequest, status, bad)
		assert.Contains(t, answer, "Idempotency-Key must be one value of 1 to 128 letters, digits and punctuation of ASCII")
	}
	status, _, _ := post("/api/rooms/a/messages", `{"text":""}`, "key-0")
	assert.Equal(t, http.StatusBadRequest, status, "an invalid request does not use a key up")
}
