package rooms

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serveHub runs a hub in fake time, until the test ends.
func serveHub(t *testing.T) *Hub {
	return serveWith(t, Config{AnnounceLimit: 100, Anonymous: "Anonymous", Workers: 1})
}

// serveWith returns a hub that serves until the test ends.
func serveWith(t *testing.T, cfg Config) *Hub {
	h := New(cfg)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); h.Serve(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return h
}

// joinNow joins at the current fake time.
func joinNow(t *testing.T, h *Hub, name string) *sink {
	s := newSink(name)
	require.NoError(t, h.Join(&s.member, "general", s, time.Now().UnixMilli()))
	return s
}

func joinManyNow(t *testing.T, h *Hub, n int) (all []*sink) {
	for i := range n {
		all = append(all, joinNow(t, h, fmt.Sprint("m", i)))
	}
	return all
}

func TestThousandsOfJoinsAreAnnouncedInDigests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serveHub(t)
		const members = 10_000
		var all []*sink
		for i := range members {
			all = append(all, joinNow(t, h, fmt.Sprint("m", i)))
			time.Sleep(5 * time.Second / members)
		}
		time.Sleep(2 * digestPeriod)
		synctest.Wait()
		for _, s := range all {
			require.LessOrEqual(t, s.frames(), 10)
		}
		texts := all[0].texts(t)
		assert.Equal(t, "System: m0 joined the room", texts[0])
		assert.Contains(t, texts[len(texts)-1], "10000 here")
	})
}

func TestABurstIntoASmallRoomIsAnnouncedOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serveHub(t)
		all := joinManyNow(t, h, 20)
		assert.EqualValues(t, maxPrompt, h.Stats().Counts[Published], "the first joins are announced at once")
		all[19].member.Leave(time.Now().UnixMilli())
		time.Sleep(digestPeriod - time.Millisecond)
		synctest.Wait()
		assert.EqualValues(t, maxPrompt, h.Stats().Counts[Published], "the others wait until the second is over")
		writes := all[0].written()
		time.Sleep(digestPeriod/digestParts + time.Millisecond)
		synctest.Wait()
		texts := all[0].texts(t)
		assert.Equal(t, 1, all[0].written()-writes, "they share a write")
		require.Len(t, texts, 21)
		assert.Equal(t, "System: m19 left the room", texts[20], "in their order")
		time.Sleep(2 * digestPeriod)
		synctest.Wait()
		assert.Equal(t, 21, all[0].frames(), "and no digest repeats them")
	})
}

func TestAJoinIsAnnouncedBeforeTheMembersFirstMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serveHub(t)
		all := joinManyNow(t, h, 10)
		_, err := publishAs(&all[8].member, body(t, "hi"), time.Now().UnixMilli())
		require.NoError(t, err)
		time.Sleep(2 * digestPeriod)
		synctest.Wait()
		texts := strings.Join(all[0].texts(t), "\n")
		assert.Contains(t, texts, "System: m8 joined the room\nAlex: hi\n")
		assert.Equal(t, 1, strings.Count(texts, "m8"))
		assert.Equal(t, 11, all[0].frames())
	})
}

func TestMembersArePagedByNameEachOnce(t *testing.T) {
	h := New(silent())
	for i := range 300 {
		join(h, "general", fmt.Sprintf("m%03d", i/2))
	}
	var names []string
	for after, more := "", true; more; {
		page := h.Members("general", after, 40)
		names = append(names, page.Names...)
		more, after = page.More, page.Cursor()
	}
	require.Len(t, names, 150)
	assert.IsIncreasing(t, names)
	assert.False(t, h.Members("nowhere", "", 40).Found)
}

// A visit includes each member that stays, whichever others join and leave.
func TestAVisitMissesNoMemberThatStays(t *testing.T) {
	h := New(silent())
	var going []*sink
	stay := map[string]bool{}
	for i := range 10 * segmentSize {
		s := join(h, "general", fmt.Sprint("m", i))
		if i/segmentSize%2 == 0 {
			going = append(going, s)
		} else {
			stay[s.name] = true
		}
	}
	h.rooms.find("general").members.visit(func(s Sink) {
		delete(stay, s.Name())
		for range 2 {
			if len(going) > 0 {
				going[0].member.Leave(1)
				going = going[1:]
			}
		}
	})
	assert.Empty(t, stay)
}

func TestKickClosesAllConnectionsOfAName(t *testing.T) {
	h := New(silent())
	a, b, c := join(h, "general", "Alex"), join(h, "general", "Béa"), join(h, "general", "Alex")
	assert.Equal(t, 2, h.Kick("general", "Alex", 1008, "Kicked"))
	assert.Equal(t, []string{"1008 Kicked", "", "1008 Kicked"}, []string{a.closed, b.closed, c.closed})
	assert.Zero(t, h.Kick("nowhere", "Alex", 1008, "Kicked"))
}

func TestPendingAnnouncementsKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serveHub(t)
		all := joinManyNow(t, h, 8)
		time.Sleep(90 * time.Millisecond)
		synctest.Wait()
		all[0].mu.Lock()
		all[0].during = func() { // while the announcement of m4 is written
			_, err := publishAs(&all[6].member, body(t, "hi from m6"), time.Now().UnixMilli())
			assert.NoError(t, err)
			all[7].member.Leave(time.Now().UnixMilli())
		}
		all[0].mu.Unlock()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		texts := all[0].texts(t)
		at := func(text string) int { return slices.Index(texts, text) }
		assert.Less(t, at("System: m6 joined the room"), at("Alex: hi from m6"), "%q", texts)
		assert.Less(t, at("System: m7 joined the room"), at("System: m7 left the room"), "%q", texts)
		assert.Len(t, texts, 10)
	})
}

func TestTheLastLeaveIsNotAnnounced(t *testing.T) {
	h := New(Config{AnnounceLimit: 100, History: History{Messages: 10, Age: 600, Memory: 1 << 20}})
	join(h, "general", "Alex").member.Leave(clock())
	info, here := h.Room("general")
	assert.True(t, here)
	assert.EqualValues(t, 1, info.Seq, "the join of Alex")
}

// listener is a Sink that implements Listener.
type listener struct{ *sink }

func (listener) Listens() {}

func TestAListenerIsNeitherAnnouncedNorListedButCanBeKicked(t *testing.T) {
	h := New(Config{AnnounceLimit: 100})
	a := join(h, "general", "Alex")
	l := listener{newSink("Lea")}
	require.NoError(t, h.Join(&l.member, "general", l, clock()))
	h.settle()
	assert.Equal(t, []string{"System: Alex joined the room"}, a.texts(t))
	assert.Equal(t, MemberPage{Names: []string{"Alex"}, Found: true}, h.Members("general", "", 10))
	assert.Equal(t, 1, h.Kick("general", "Lea", 1008, "Kicked"))
	assert.Equal(t, "1008 Kicked", l.closed)
}

// announcements returns the announcements that s has received, after it has waited for pending
// ones.
func (s *sink) announcements(t *testing.T) []string {
	t.Helper()
	time.Sleep(3 * digestPeriod)
	synctest.Wait()
	return s.texts(t)
}

func TestANameIsAnnouncedWhenItsFirstConnectionJoinsAndItsLastOneLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serveHub(t)
		bea := joinNow(t, h, "Béa")
		first, second := joinNow(t, h, "Alex"), joinNow(t, h, "Alex")
		first.member.Leave(time.Now().UnixMilli())
		third := joinNow(t, h, "Alex")
		second.member.Leave(time.Now().UnixMilli())
		third.member.Leave(time.Now().UnixMilli())
		_ = joinNow(t, h, "Alex")
		assert.Equal(t, []string{
			"System: Béa joined the room", "System: Alex joined the room", "System: Alex left the room", "System: Alex joined the room",
		}, bea.announcements(t))
	})
}

func TestEachMemberWithoutANameIsAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serveHub(t)
		bea := joinNow(t, h, "Béa")
		first, second := joinNow(t, h, "Anonymous"), joinNow(t, h, "Anonymous")
		first.member.Leave(time.Now().UnixMilli())
		second.member.Leave(time.Now().UnixMilli())
		assert.Equal(t, []string{
			"System: Béa joined the room", "System: Anonymous joined the room", "System: Anonymous joined the room",
			"System: Anonymous left the room", "System: Anonymous left the room",
		}, bea.announcements(t))
	})
}

func TestAListenerDoesNotCountAsAConnectionOfItsName(t *testing.T) {
	h := New(Config{AnnounceLimit: 100})
	bea := join(h, "general", "Béa")
	l := listener{newSink("Alex")}
	require.NoError(t, h.Join(&l.member, "general", l, clock()))
	join(h, "general", "Alex").member.Leave(clock())
	h.settle()
	assert.Equal(t, []string{"System: Béa joined the room", "System: Alex joined the room", "System: Alex left the room"}, bea.texts(t))
}

func TestTheDigestOfALargeRoomCountsConnections(t *testing.T) {
	h := New(Config{AnnounceLimit: 3})
	a := join(h, "general", "Alex")
	_, _ = join(h, "general", "Béa"), join(h, "general", "Cid")
	second, third := join(h, "general", "Alex"), join(h, "general", "Alex")
	third.member.Leave(clock())
	h.publishDigests(1)
	h.settle()
	second.member.Leave(clock()) // the room is still larger than the limit before this leave
	a.member.Leave(clock())      // now it is small
	h.settle()
	c := join(h, "general", "Alex")
	h.AnnouncePending(clock())
	h.settle()
	assert.Equal(t, []string{
		"System: Alex joined the room", "System: Béa joined the room", "System: Cid joined the room", "System: 2 joined, 1 left, 4 here",
	}, a.texts(t))
	assert.Equal(t, []string{"System: Alex joined the room"}, c.texts(t), "because the leave of the first connection was announced")
}

func TestANameThatJoinedInADigestIsNotAnnouncedWhileItStays(t *testing.T) {
	h := New(Config{AnnounceLimit: 2})
	a, b := join(h, "general", "Béa"), join(h, "general", "Cid")
	alex := join(h, "general", "Alex") // the join goes into the digest
	h.publishDigests(1)
	b.member.Leave(clock()) // the leave goes into the next digest
	_ = join(h, "general", "Alex")
	h.publishDigests(2)
	alex.member.Leave(clock())
	h.settle()
	assert.Equal(t, []string{
		"System: Béa joined the room", "System: Cid joined the room", "System: 1 joined, 0 left, 3 here", "System: 1 joined, 1 left, 3 here",
	}, a.texts(t))
}

func TestAJoinIsAnnouncedBeforeAMessageOfTheNamesSecondConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serveHub(t)
		all := joinManyNow(t, h, maxPrompt)
		first, second := joinNow(t, h, "Alex"), joinNow(t, h, "Alex")
		for range 2 {
			_, err := publishAs(&second.member, body(t, "hi"), time.Now().UnixMilli())
			require.NoError(t, err)
		}
		first.member.Leave(time.Now().UnixMilli())
		assert.Equal(t, []string{"System: Alex joined the room", "Alex: hi", "Alex: hi"}, all[0].announcements(t)[maxPrompt:])
		assert.Zero(t, second.member.marks&unannounced)
	})
}

func TestALeaveAndARejoinInTimeAreNotAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serveHub(t)
		all := joinManyNow(t, h, maxPrompt)
		all[1].member.Leave(time.Now().UnixMilli())
		back := joinNow(t, h, "m1")
		_, err := publishAs(&back.member, body(t, "hi"), time.Now().UnixMilli())
		require.NoError(t, err)
		assert.Equal(t, []string{"Alex: hi"}, all[0].announcements(t)[maxPrompt:])
	})
}

// Connections of one name join and leave at the same time. The last announcement must be true.
func TestTheLastAnnouncementOfANameMatchesItsConnections(t *testing.T) {
	h := New(Config{AnnounceLimit: 100, Workers: 2, History: History{Messages: 1, Announcements: 1_000_000, Age: 600, Memory: 1 << 30}})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); h.Serve(ctx) }()
	defer func() { stop(); <-done }()
	_ = joinNow(t, h, "Béa")
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for range 300 {
				s := newSink("Alex")
				_ = h.Join(&s.member, "general", s, time.Now().UnixMilli())
				s.member.Leave(time.Now().UnixMilli())
			}
		})
	}
	running.Wait()
	h.AnnouncePending(time.Now().UnixMilli())
	page, _ := h.Messages("general", nil, 1, time.Now().UnixMilli())
	require.Greater(t, len(page.Messages), 2)
	for i, b := range page.Messages[1:] {
		require.Contains(t, string(b), []string{"Alex joined", "Alex left"}[i%2])
	}
	require.Contains(t, string(page.Messages[len(page.Messages)-1]), "Alex left")
	require.Eventually(t, func() bool { return h.Check() == nil }, 30*time.Second, time.Millisecond, "when the workers have written everything")
}
