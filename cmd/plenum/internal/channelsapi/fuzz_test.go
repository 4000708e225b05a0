package channelsapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzEvents sends any signed body. It is published, or refused with the reason.
func FuzzEvents(f *testing.F) {
	f.Add("/events", `{"name":"x","channels":["a","private-b"],"data":"{}","socket_id":"1.2","info":"user_count"}`)
	f.Add("/batch_events", `{"batch":[{"name":"x","channel":"a","data":"\u0000"},{"name":"y","channel":"#server-to-user-1","data":""}]}`)
	f.Add("/events", `{"name":"x","channel":"a","data":"\ud800"}`)
	f.Fuzz(func(t *testing.T, path, body string) {
		if path != "/events" && path != "/batch_events" {
			t.Skip()
		}
		fixture := newFixture(t)
		one := fixture.subscribes("1/a", "")
		status, text, _ := strings.Cut(fixture.asks("POST "+path, body), " ")
		require.Contains(t, []string{"200", "400", "401", "413"}, status)
		var answer map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(text), &answer))
		require.Equal(t, status != "200", answer["error"] != nil)
		for len(one.sent) > 0 {
			frames := <-one.sent
			require.True(t, strings.HasSuffix(frames, "}"))
			require.Equal(t, "200", status)
		}
	})
}
