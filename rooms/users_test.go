package rooms

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// informer is a Sink with an info.
type informer struct {
	*sink
	info string
}

func (i informer) Info() string { return i.info }

// joinWithInfo joins room at the current time.
func joinWithInfo(t *testing.T, h *Hub, room, name, info string) informer {
	t.Helper()
	s := informer{newSink(name), info}
	require.NoError(t, h.Join(&s.member, room, s, time.Now().UnixMilli()))
	return s
}

// sortedUsers returns the result of Hub.Users for room a, sorted by name.
func sortedUsers(t *testing.T, h *Hub, room string, limit int) UserList {
	t.Helper()
	list, found := h.Users(room, limit)
	require.True(t, found)
	slices.SortFunc(list.Users, func(x, y User) int { return strings.Compare(x.Name, y.Name) })
	return list
}

func TestUsersAreListedOnceEachWithTheirInfos(t *testing.T) {
	h := New(silent())
	_ = joinWithInfo(t, h, "a", "Ada", `{"age":1}`)
	_ = join(h, "a", "Bob")
	_ = joinWithInfo(t, h, "a", "Ada", `{"age":1}`)
	_ = joinWithInfo(t, h, "a", "Bob", `"B"`)
	l := listener{newSink("Lea")}
	require.NoError(t, h.Join(&l.member, "a", l, clock()))
	assert.Equal(t, UserList{Users: []User{{"Ada", `{"age":1}`}, {"Bob", `"B"`}}, Count: 2}, sortedUsers(t, h, "a", 2))
	_, found := h.Users("b", 2)
	assert.False(t, found)
}

func TestAPageOfMembersHasTheirInfosUpToABound(t *testing.T) {
	h := New(silent())
	assert.Equal(t, MemberPage{}, h.Members("a", "", 2))
	_ = joinWithInfo(t, h, "a", "Ada", `{"age":1}`)
	_ = join(h, "a", "Bob")
	_ = joinWithInfo(t, h, "a", "Cid", `"C"`)
	assert.Equal(t, MemberPage{Names: []string{"Ada", "Bob"}, Infos: map[string]string{"Ada": `{"age":1}`}, More: true, Found: true}, h.Members("a", "", 2))
	assert.Equal(t, MemberPage{Names: []string{"Cid"}, Infos: map[string]string{"Cid": `"C"`}, Found: true}, h.Members("a", "Bob", 2))

	for i := range 300 {
		_ = joinWithInfo(t, h, "b", fmt.Sprint(1000+i), `"`+strings.Repeat("x", 1000)+`"`)
	}
	page := h.Members("b", "", 1000)
	assert.Len(t, page.Names, 300)
	assert.Len(t, page.Infos, maxInfos/1006)
}

func TestAListOfManyUsersIsPartial(t *testing.T) {
	h := New(silent())
	for i := range 500 {
		join(h, "a", fmt.Sprint("m", i/2))
	}
	list, _ := h.Users("a", 100)
	assert.Len(t, list.Users, 100)
	assert.Equal(t, 500, list.Count)
	assert.True(t, list.Partial, "members, because names are not counted")
	list, _ = h.Users("a", 250)
	assert.Len(t, list.Users, 250)
	assert.Equal(t, 250, list.Count)
	assert.False(t, list.Partial)
}

func TestAPartialListCountsNames(t *testing.T) {
	h := New(announcing(ByName, -1))
	var tabs []*sink
	for i := range 500 {
		tabs = append(tabs, join(h, "a", fmt.Sprint("m", i/2)))
	}
	l := listener{newSink("Lea")}
	require.NoError(t, h.Join(&l.member, "a", l, clock()))
	count := func() int {
		list, _ := h.Users("a", 100)
		assert.True(t, list.Partial)
		return list.Count
	}
	assert.Equal(t, 250, count())
	tabs[0].leaveNow()
	assert.Equal(t, 250, count(), "the other tab of m0 is still there")
	tabs[1].leaveNow()
	assert.Equal(t, 249, count())
	l.leaveNow()
	assert.Equal(t, 249, count())
	_ = join(h, "a", "m0")
	assert.Equal(t, 250, count())
}

func TestUsersOfOtherNodesAreListedWithTheirInfos(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newAnnouncingNode(t, announcing(ByName, 5))
		_ = joinWithInfo(t, n.Hub, "a", "Ada", `{"age":1}`)
		names := n.room.Names()
		assert.Len(t, names, 3, "Béa, Ada and the info of Ada: %q", names)

		other := newAnnouncingNode(t, announcing(ByName, 5))
		other.room.ExchangeCounts(2, true)
		names["gone"] = Leaving
		other.room.SetRemoteNames(map[uint64]Names{9: names}, time.Now().UnixMilli())
		assert.Equal(t, UserList{Users: []User{{"Ada", `{"age":1}`}, {"Béa", ""}}, Count: 2}, sortedUsers(t, other.Hub, "a", 10))
		other.room.ExchangeCounts(5, true)
		list := sortedUsers(t, other.Hub, "a", 10)
		assert.True(t, list.Partial, "the room is above the limit")
		assert.Equal(t, 6, list.Count)
	})
}

func TestInfosForOtherNodesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newAnnouncingNode(t, announcing(ByName, 1000))
		for i := range 300 {
			_ = joinWithInfo(t, n.Hub, "a", fmt.Sprint(i), `"`+strings.Repeat("x", 1000)+`"`)
		}
		assert.Len(t, n.room.Names(), 301+maxInfos/1002)
	})
}

func TestAnAnnouncedJoinHasTheInfo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []Announcement
		h := serveWith(t, Config{AnnounceLimit: 10, Workers: 1, Announcer: recorder{Prose{}, &got}})
		_ = joinNow(t, h, "Bob")
		ada := joinWithInfo(t, h, "general", "Ada", `{"age":1}`)
		ada.leaveNow()
		require.Len(t, got, 3)
		assert.Equal(t, Announcement{Kind: NameJoined, Room: "general", Now: time.Now().UnixMilli(), Name: "Ada", Info: `{"age":1}`, Sink: ada}, got[1])
		assert.Equal(t, Announcement{Kind: NameLeft, Room: "general", Now: time.Now().UnixMilli(), Name: "Ada"}, got[2])
	})
}

// recorder is an Announcer that keeps its announcements.
type recorder struct {
	Prose
	got *[]Announcement
}

func (r recorder) AppendAnnouncement(dst []byte, a Announcement) []byte {
	*r.got = append(*r.got, a)
	return r.Prose.AppendAnnouncement(dst, a)
}
