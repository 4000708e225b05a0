package settings

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/roomrules"
	"plenum/rooms"
)

func TestRulesOfRoomsTakeTheRestFromTheServer(t *testing.T) {
	inFile(t, "history-messages: 50\nrooms:\n  - match: news-*\n    publish: api\n    announcements: none\n  - {match: '*-1', history-messages: 0, history-age: 90s}\n")
	c, err := parse(environ{"PLENUM_CONFIG": "plenum.yaml"})
	require.NoError(t, err)
	rules := c.Serve.RoomRules()
	assert.Equal(t, roomrules.Rules{
		{Match: "news-*", Announcements: "none", Publish: "api", Messages: 50, Age: 600},
		{Match: "*-1", Announcements: "all", Publish: "clients", Messages: 0, Age: 90},
	}, rules)
	assert.Equal(t, []int{1, 2, 0}, []int{rules.Of("news-1"), rules.Of("a-1"), rules.Of("a")})
	assert.True(t, rules.OnlyAPI("news-1"))
	assert.False(t, rules.OnlyAPI("a-1") || rules.OnlyAPI("a"))
	for room, want := range map[string]rooms.Announcing{"news-1": rooms.Silently, "a-1": rooms.ByNameOrDigest, "a": rooms.ByNameOrDigest} {
		assert.Equal(t, want, rules.Announcer().Announces(room), room)
	}
}

func TestInvalidRulesOfRoomsNameTheLineAndTheKey(t *testing.T) {
	for text, why := range map[string]string{
		"rooms: a\n": "must be a list of mappings in YAML or JSON", "rooms:\n  match: a\n": "must be a value or a list of values",
		"rooms:\n  - a\n": "must be a mapping", "rooms:\n  - publish: api\n": "match is missing", "rooms:\n  - match: \"\"\n": "must be a pattern that is not empty",
		"rooms:\n  - match: a\n    publish: all\n":          `line 3: key "rooms.publish": must be clients or api`,
		"rooms:\n  - match: a\n    announcements: no\n":     `line 3: key "rooms.announcements": must be all, names, counts or none`,
		"rooms:\n  - match: a\n    history-messages: -1\n":  `line 3: key "rooms.history-messages": must be a number from 0 to 1000000`,
		"rooms:\n  - match: a\n    history-age: 1\n":        `line 3: key "rooms.history-age": must be 0s or more, in whole seconds, like 10m`,
		"rooms:\n  - match: a\n    history-age: 1500ms\n":   `must be 0s or more, in whole seconds, like 10m`,
		"rooms:\n  - match: a\n    history: 5\n":            `line 3: unknown key "rooms.history"`,
		"rooms:\n  - match: a\n    match: b\n":              `key "rooms.match" is given twice`,
		"rooms:\n  - match: a\n    history-messages: 101\n": `--rooms: must be a list with history-messages of at most --history-messages (100), got "a: 101"`,
		"rooms:\n  - match: a\n    history-age: 11m\n":      `--rooms: must be a list with history-age of at most --history-age (10m0s), got "a: 11m0s"`,
	} {
		inFile(t, text)
		_, err := parse(environ{"PLENUM_CONFIG": "plenum.yaml"})
		require.ErrorContains(t, err, why, text)
	}
}
