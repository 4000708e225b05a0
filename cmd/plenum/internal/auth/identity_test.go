package auth_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"plenum/cmd/plenum/internal/auth"
)

func TestWithoutPatternsEveryRoomMayBeJoined(t *testing.T) {
	assert.True(t, auth.Identity{}.MayJoin("team-a"))
	assert.True(t, auth.Identity{}.MayJoin(""))
	assert.False(t, auth.Identity{Rooms: []string{}}.MayJoin("team-a"), "an empty list allows no room")
}

func TestAStarMatchesAnyNumberOfCharacters(t *testing.T) {
	for _, tc := range []struct {
		pattern, yes, no string // rooms with a space between
	}{
		{"team-a", "team-a", "team-ab xteam-a Team-a team-"},
		{"team-*", "team-a team-a/b team- team-** team-ä", "team xteam-a TEAM-a"},
		{"*-team", "a-team -team", "a-team2 ateam"},
		{"*", "a a/b . *", ""},
		{"a*a", "aa aba aaa", "a ab ba"},
		{"ab*ba", "abba abxba", "aba ab"},
		{"a*b*c", "abc axbxc abbcc aabcbc", "ac acb abcx"},
		{"*a*", "a xax ba", "b"},
		{"a**b", "ab axb", "a b"},
		{"a.c", "a.c", "abc"},
		{"a?c", "a?c", "abc"},
		{"[ab]", "[ab]", "a b"},
		{`a\*`, `a\ a\b`, "a* a"},
		{"a+", "a+", "a aa"},
		{"team-*-x", "team-1-x team--x", "team-x team-1-y"},
	} {
		id := auth.Identity{Rooms: []string{"elsewhere", tc.pattern}}
		for room := range strings.FieldsSeq(tc.yes) {
			assert.True(t, id.MayJoin(room), "%q and %q", tc.pattern, room)
		}
		for room := range strings.FieldsSeq(tc.no) {
			assert.False(t, id.MayJoin(room), "%q and %q", tc.pattern, room)
		}
	}
	assert.True(t, auth.Identity{Rooms: []string{"*"}}.MayJoin(""))
	assert.True(t, auth.Identity{Rooms: []string{"a*"}}.MayJoin("a\nb"))
	assert.False(t, auth.Identity{Rooms: []string{""}}.MayJoin("a"))
}

func TestPatternsMatchLikeTheCorrespondingRegexp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOf(rapid.SampledFrom([]rune("aab*.é"))).Draw(t, "pattern")
		room := rapid.StringOf(rapid.SampledFrom([]rune("aab.é"))).Draw(t, "room")
		same := regexp.MustCompile(`(?s)\A` + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`) + `\z`)
		require.Equal(t, same.MatchString(room), auth.Identity{Rooms: []string{pattern}}.MayJoin(room))
	})
}
