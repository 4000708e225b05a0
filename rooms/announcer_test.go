package rooms

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
)

// plainAnnouncer is an Announcer of short bodies: "[NAME]+name" excludes the member that has joined.
type plainAnnouncer struct{ way Announcing }

func (p plainAnnouncer) Announces(string) Announcing { return p.way }

func (plainAnnouncer) IsAnnouncement(body []byte) bool {
	return bytes.ContainsAny(body[:min(1, len(body))], "[-#")
}

func (plainAnnouncer) AppendAnnouncement(dst []byte, a Announcement) []byte {
	switch {
	case a.Name == "nobody":
		return dst
	case a.Kind == NameJoined:
		return fmt.Appendf(dst, "[%s]+%s", a.Sink.(*sink).name, a.Name)
	case a.Kind == NameLeft:
		return fmt.Appendf(dst, "-%s", a.Name)
	}
	return fmt.Appendf(dst, "#%d(+%d-%d)", a.Members, a.Joins, a.Leaves)
}

// announcing returns a Config with a plainAnnouncer.
func announcing(way Announcing, limit int) Config {
	members := map[string]*Member{}
	return Config{
		AnnounceLimit: limit, Workers: 1, Announcer: keepingAnnouncer{plainAnnouncer{way}, members},
		Frame: func(dst, body []byte, _ uint64) []byte {
			_, text, _ := bytes.Cut(body, []byte("]"))
			if body[0] != '[' {
				text = body
			}
			return frame.Append(dst, frame.Text, text)
		},
		Excluded: func(_ string, body []byte) *Member {
			name, _, found := strings.Cut(strings.TrimPrefix(string(body), "["), "]")
			if !found {
				return nil
			}
			return members[name]
		},
	}
}

// keepingAnnouncer is a plainAnnouncer that keeps the members that have joined, by name.
type keepingAnnouncer struct {
	plainAnnouncer
	members map[string]*Member
}

func (c keepingAnnouncer) AppendAnnouncement(dst []byte, a Announcement) []byte {
	if a.Kind == NameJoined {
		c.members[a.Name] = &a.Sink.(*sink).member
	}
	return c.plainAnnouncer.AppendAnnouncement(dst, a)
}

// plain returns the payloads that s has received.
func (s *sink) plain() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for payload := range frame.Payloads(s.got) {
		all = append(all, string(payload))
	}
	return all
}

func TestAnAnnouncerEncodesAnnouncementsAndKeepsThemFromTheNewcomer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := announcing(ByName, 3)
		cfg.History = History{Messages: 10, Age: 600, Memory: 1 << 20}
		h := serveWith(t, cfg)
		a, b := joinNow(t, h, "Ada"), joinNow(t, h, "Bob")
		_, again := joinNow(t, h, "nobody"), joinNow(t, h, "Bob") // the room is above the limit
		cleo := joinNow(t, h, "Cleo")
		time.Sleep(3 * digestPeriod)
		synctest.Wait()
		assert.Equal(t, []string{"+Bob"}, a.plain(), "nobody is announced above the limit, and no digest comes")
		assert.Empty(t, b.plain())
		assert.EqualValues(t, 2, h.Stats().Counts[Excluded])
		cleo.leaveNow()
		again.leaveNow()
		b.leaveNow()
		time.Sleep(3 * digestPeriod)
		synctest.Wait()
		assert.Equal(t, []string{"+Bob", "-Bob"}, a.plain(), "the room is small again at the leave of the last connection")
		r := h.rooms.find("general")
		assert.EqualValues(t, 3, r.log.announced, "the history counts them as announcements")
		require.NoError(t, h.Check())
	})
}

func TestAQuietAnnouncerAnnouncesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serveWith(t, announcing(Silently, 100))
		all := joinManyNow(t, h, 10)
		all[9].leaveNow()
		time.Sleep(3 * digestPeriod)
		synctest.Wait()
		assert.Empty(t, all[0].plain())
	})
}

func TestCountsAreAnnouncedOncePerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serveWith(t, announcing(AsCounts, 2))
		all := joinManyNow(t, h, 10)
		l := listener{newSink("Lea")}
		require.NoError(t, h.Join(&l.member, "general", l, time.Now().UnixMilli()))
		time.Sleep(digestPeriod)
		synctest.Wait()
		assert.Equal(t, []string{"#11(+11-0)"}, all[0].plain(), "Listeners count")
		for i := range 9 {
			all[i+1].leaveNow()
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(digestPeriod)
		synctest.Wait()
		assert.Equal(t, []string{"#11(+11-0)", "#2(+0-9)"}, all[0].plain())
		time.Sleep(10 * digestPeriod)
		synctest.Wait()
		assert.Len(t, all[0].plain(), 2, "nothing has changed")
	})
}

func TestCountsOfALargeRoomAreAnnouncedEveryFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serveWith(t, announcing(AsCounts, 2))
		all := joinManyNow(t, h, manyCounted+1)
		for range 12 {
			time.Sleep(digestPeriod)
			_ = joinNow(t, h, "more")
		}
		time.Sleep(countEvery * time.Millisecond)
		synctest.Wait()
		got := all[0].plain()
		assert.Len(t, got, 4, "%q", got)
		assert.Contains(t, got[3], "#113(")
	})
}

// A node that does not announce digests does not announce counts either.
func TestOneNodeAnnouncesTheCountsOfAllNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newAnnouncingNode(t, announcing(AsCounts, 100))
		assert.Nil(t, n.room.Names())
		n.room.ExchangeCounts(5, true)
		n.room.AddRemoteChanges(5, 0)
		time.Sleep(digestPeriod)
		assert.Equal(t, []string{"#6(+6-0)"}, n.published())
		n.room.ExchangeCounts(5, false)
		n.joinNow(t, "Cid")
		time.Sleep(3 * digestPeriod)
		assert.Empty(t, n.published())
		_, joined, _ := n.room.ExchangeCounts(5, false)
		assert.Equal(t, 1, joined)
	})
}

func TestTheNodeThatAnnouncesANameHasItsMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newAnnouncingNode(t, announcing(ByName, 100))
		cid := n.joinNow(t, "Cid")
		time.Sleep(digestPeriod)
		assert.Equal(t, []string{"[Béa]+Béa", "[Cid]+Cid"}, n.published())
		cid.leaveNow()
		time.Sleep(digestPeriod)
		assert.Equal(t, []string{"-Cid"}, n.published())
	})
}

func newAnnouncingNode(t *testing.T, cfg Config) *spanningNode {
	n := &spanningNode{bus: &testBus{retained: []Batch{batchOf(t, 1)}}}
	cfg.Bus = n.bus
	n.Hub = serveWith(t, cfg)
	release, err := n.Open(t.Context(), "a", nil)
	require.NoError(t, err)
	n.room, _ = n.bus.followed()
	n.room.SetNode(thisNode, func() {})
	n.bea = n.joinNow(t, "Béa")
	release()
	return n
}

// published returns what was published since the last call.
func (n *spanningNode) published() (all []string) {
	synctest.Wait()
	n.bus.mu.Lock()
	defer n.bus.mu.Unlock()
	all, n.bus.published = n.bus.published, nil
	return all
}
