package query

import (
	"encoding/json"
	"testing"

	"github.com/bytedance/sonic"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/rooms"
)

// During an update, nodes of several versions are in one cluster.
func TestTheWireFormatMatchesOtherVersions(t *testing.T) {
	for want, v := range map[string]any{
		`{"kind":"status"}`:                                              Question{Kind: Status},
		`{"kind":"room","room":"a"}`:                                     Question{Kind: Room, Room: "a"},
		`{"kind":"rooms","after":"a","limit":100}`:                       Question{Kind: Rooms, After: "a", Limit: 100},
		`{"kind":"members","room":"a","limit":100}`:                      Question{Kind: Members, Room: "a", Limit: 100},
		`{"kind":"kick","room":"a","name":"b","code":1008,"reason":"c"}`: Question{Kind: Kick, Room: "a", Name: "b", Code: 1008, Reason: "c"},

		`{"node":18446744073709551615,"name":"n"}`:                                             Answer{Node: 1<<64 - 1, Name: "n"},
		`{"node":1,"name":"","status":{"a":1}}`:                                                Answer{Node: 1, Status: json.RawMessage(`{"a":1}`)},
		`{"kind":"report","room":"a"}`:                                                         Question{Kind: Report, Room: "a"},
		`{"node":1,"name":"","report":"AQI="}`:                                                 Answer{Node: 1, Report: []byte{1, 2}},
		`{"kind":"room","share":"s","room":"a"}`:                                               Question{Kind: Room, Share: "s", Room: "a"},
		`{"node":1,"name":"","share":"s","closed":2}`:                                          Answer{Node: 1, Share: "s", Closed: 2},
		`{"node":1,"name":"","closed":2}`:                                                      Answer{Node: 1, Closed: 2},
		`{"node":1,"name":"","names":["a"],"more":true,"found":true}`:                          Answer{Node: 1, Names: []string{"a"}, More: true, Found: true},
		`{"node":1,"name":"","names":["a"],"infos":{"a":"7"},"found":true}`:                    Answer{Node: 1, Names: []string{"a"}, Infos: map[string]string{"a": "7"}, Found: true},
		`{"node":1,"name":"","rooms":[{"Room":"a","Members":3,"Here":2,"Seq":4,"Epoch":"5"}]}`: Answer{Node: 1, Rooms: []rooms.Info{{Room: "a", Members: 3, Here: 2, Seq: 4, Epoch: "5"}}},
	} {
		got, err := sonic.Marshal(v)
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
}

func TestMalformedQuestionsGetNoAnswer(t *testing.T) {
	for _, body := range []string{"", "hello", `[]`, `{"limit":"all"}`} {
		err := Respond(&nats.Msg{Data: []byte(body)}, func(Question) Answer {
			assert.Fail(t, "a malformed question was answered", body)
			return Answer{}
		})
		assert.Error(t, err, body)
	}
}
