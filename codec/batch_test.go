package codec

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestABatchHasMessagesWithTheirRooms(t *testing.T) {
	posts, err := ParseBatch([]byte(`{"messages":[{"rooms":["a","b"],"text":"hi"},{"rooms":["#user:Alex"],"sender":"shop","event":"paid","data":{"order": 7}}]}`))
	require.NoError(t, err)
	assert.Equal(t, []Post{
		{Rooms: []string{"a", "b"}, Publish: Publish{Content: Content{Text: "hi"}}},
		{Rooms: []string{"#user:Alex"}, Publish: Publish{Sender: "shop", Content: Content{Event: "paid", Data: json.RawMessage(`{"order": 7}`)}}},
	}, posts)
}

func TestAnInvalidBatchNamesTheMessageAndTheField(t *testing.T) {
	rooms := func(n int) string { return `["r"` + strings.Repeat(`,"r"`, n-1) + `]` }
	for bad, why := range map[string]string{
		``: "expected a JSON object", `[]`: "expected a JSON object", `{`: "the input ends too early",
		`{}`: "messages must be a list of at least one message", `{"messages":[]}`: "messages must be a list of at least one message", `{"messages":null}`: "messages must be a list of at least one message",
		`{"messages":{}}`: "messages must be a list of messages", `{"rooms":["a"],"text":"b"}`: `unknown field "rooms": the fields are messages`,
		`{"messages":[1]}`: "message 1: expected a JSON object", `{"messages":[{"rooms":["a"],"text":"b"},{"text":"b"}]}`: "message 2: rooms must be a list of at least one room",
		`{"messages":[{"rooms":"a","text":"b"}]}`: "message 1: rooms must be a list of strings", `{"messages":[{"rooms":["a",1],"text":"b"}]}`: "message 1: rooms must be a list of strings",
		`{"messages":[{"rooms":["a"]}]}`: "message 1: " + ErrNoText.Error(), `{"messages":[{"rooms":["a"],"text":1}]}`: "message 1: text must be a string",
		`{"messages":[{"rooms":["a"],"txt":"b"}]}`:                                                     `message 1: unknown field "txt": the fields are rooms, sender, text, event and data`,
		`{"messages":[{"rooms":["a"],"data":[1,]}]}`:                                                   "messages must be a list of messages: invalid character",
		"{\"messages\":[{\"rooms\":[\"\xff\"],\"text\":\"b\"}]}":                                       "the value is not UTF-8",
		`{"messages":[{"rooms":` + rooms(60) + `,"text":"b"},{"rooms":` + rooms(41) + `,"text":"b"}]}`: "the messages must have at most 100 rooms together",
	} {
		_, err := ParseBatch([]byte(bad))
		assert.ErrorContains(t, err, why, bad)
	}
	_, err := ParseBatch([]byte(`{"messages":[{"rooms":` + rooms(100) + `,"text":"b"}]}`))
	assert.NoError(t, err)
}

func FuzzParseBatch(f *testing.F) {
	for _, s := range []string{`{"messages":[{"rooms":["a","b"],"text":"hi"}]}`, `{"messages":[{"rooms":[null],"data":1}]}`, `{"messages":[{}]}`, "\xff", `[[`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		posts, err := ParseBatch(b)
		if err != nil {
			require.NotContains(t, err.Error(), "expected a JSON object with the fields ", "%q is not explained", b)
			require.LessOrEqual(t, len(err.Error()), 500)
			return
		}
		require.True(t, json.Valid(b), "accepted invalid JSON: %q", b)
		publishes := 0
		for _, p := range posts {
			publishes += len(p.Rooms)
			require.NotEmpty(t, p.Rooms)
			for _, room := range p.Rooms {
				require.True(t, utf8.ValidString(room))
			}
			require.True(t, p.Data == nil || json.Valid(p.Data))
		}
		require.LessOrEqual(t, publishes, MaxPublishes)
	})
}
