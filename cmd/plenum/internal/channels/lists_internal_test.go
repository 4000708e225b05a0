package channels

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/apps"
	"plenum/codec/pusher"
	"plenum/rooms"
)

func TestSubscribersThatComeTogetherShareTheListOfTheirChannel(t *testing.T) {
	f := newFixture(t, 15)
	var all []*client
	for i := range 30 {
		c := f.connects(0)
		c.asks(fmt.Sprintf("presence-%d", i%3/2), fmt.Sprint(i)) // 20 in presence-0, 10 in presence-1
		all = append(all, c)
	}
	f.members("presence-0", 20)
	f.members("presence-1", 10)
	f.run()
	for i, c := range all {
		list := c.isIn().Presence
		count, most := 20, 16 // the list, and the user itself
		if i%3 == 2 {
			count, most = 10, 10
		}
		assert.Equal(t, count, list.Count)
		assert.Contains(t, list.IDs, fmt.Sprint(i))
		assert.LessOrEqual(t, len(list.IDs), most)
		assert.GreaterOrEqual(t, len(list.IDs), min(count, 15))
		assert.ElementsMatch(t, list.IDs, slices.Collect(maps.Keys(list.Hash)))
	}
	assert.Equal(t, 2, f.count(apps.ListsMade))
	assert.Equal(t, 30, f.count(apps.Lists))
}

func TestASubscriberThatUnsubscribesBeforeItsListGetsNone(t *testing.T) {
	f := newFixture(t, 10)
	c := f.connects(0)
	c.asks("presence-a", "1")
	f.members("presence-a", 1)
	c.sends("pusher:unsubscribe", map[string]string{"channel": "presence-a"})
	f.members("presence-a", 0)
	c.asks("presence-a", "2")
	f.members("presence-a", 1)
	f.run()
	assert.Equal(t, []string{"2"}, c.isIn().Presence.IDs)
	c.answersPing()
	assert.Equal(t, 1, f.count(apps.Lists))
}

// While lists wait for memory, a client may subscribe and unsubscribe many times.
func TestCancelledSubscriptionsDoNotPileUp(t *testing.T) {
	f := newFixture(t, 10)
	stays, c := f.connects(0), f.connects(0)
	stays.asks("presence-a", "stays")
	f.members("presence-a", 1)
	for range 3 * sweepFrom {
		c.asks("presence-a", "1")
		c.sends("pusher:unsubscribe", map[string]string{"channel": "presence-a"})
	}
	c.answersPing()
	q := &f.channels.lists
	q.mu.Lock()
	assert.LessOrEqual(t, len(q.waiting), sweepFrom)
	assert.Greater(t, len(q.waiting), 1)
	q.mu.Unlock()
	f.run()
	assert.Equal(t, []string{"stays"}, stays.isIn().Presence.IDs)
}

// view has the users of a channel that a client of the protocol knows.
type view struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (v *view) has(ids []string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.ids) == len(ids) && !slices.ContainsFunc(ids, func(id string) bool { return !v.ids[id] })
}

// follow keeps the view up to date, as pusher-js does, until the connection is closed.
func (v *view) follow(c *client) {
	for e, err := c.next(); err == nil; e, err = c.next() {
		var list memberList
		var changed struct {
			UserID string `json:"user_id"`
		}
		v.mu.Lock()
		switch {
		case e.Event == "pusher_internal:subscription_succeeded" && json.Unmarshal([]byte(e.Data), &list) == nil:
			v.ids = map[string]bool{}
			for id := range list.Presence.Hash {
				v.ids[id] = true
			}
		case json.Unmarshal([]byte(e.Data), &changed) != nil:
		case e.Event == "pusher_internal:member_added":
			v.ids[changed.UserID] = true
		case e.Event == "pusher_internal:member_removed":
			delete(v.ids, changed.UserID)
		}
		v.mu.Unlock()
	}
}

// Each subscriber begins with a list, and several subscribers may receive the same list. With the events that follow, each of
// them knows all users, and none that has left. Subscribers of the second wave learn the users of the first wave from the list
// only, because these are not announced again.
func TestListAndEventsTogetherShowWhoIsThere(t *testing.T) {
	f := newFixture(t, 100)
	f.run()
	var running sync.WaitGroup
	t.Cleanup(running.Wait) // after all clients are closed
	var stay []string
	var views []*view
	for wave := range 2 {
		for i := range 20 {
			c, v, user := f.connects(0), &view{}, fmt.Sprint(wave, "-", i)
			c.asks("presence-a", user)
			running.Go(func() { v.follow(c) })
			if i%4 == 3 {
				running.Go(func() { _ = c.conn.CloseNow() })
				continue
			}
			stay, views = append(stay, user), append(views, v)
		}
		f.members("presence-a", len(stay))
		for _, v := range views {
			f.eventually(func() bool { return v.has(stay) })
		}
	}
}

// present is a user of a channel without a connection.
type present struct {
	discard
	member rooms.Member
	id     string
	info   string
}

func (p *present) Name() string { return p.id }
func (p *present) Info() string { return p.info }

// longList fills a channel, so that its list has about 9 MB, more than the sockets of a client hold.
func (f *fixture) longList(channel string) {
	f.t.Helper()
	info := `"` + strings.Repeat("x", pusher.MaxUserInfo-2) + `"`
	for i := range 4400 {
		p := &present{id: fmt.Sprint("user-", i), info: info}
		require.NoError(f.t, f.channels.cfg.Rooms.Join(&p.member, "1/"+channel, p, time.Now().UnixMilli()))
	}
}

// hasOneUnread starts a server that holds one unread list, and a client that does not read its list. Another client then waits
// for its list.
func hasOneUnread(t *testing.T) (f *fixture, slow, other *client) {
	t.Helper()
	f = newFixture(t, 5000)
	f.channels.lists.unread.limit = 1
	f.longList("presence-a")
	f.run()
	slow, other = f.connects(4096), f.connects(0)
	slow.asks("presence-a", "slow")
	f.eventually(func() bool { return f.count(apps.ListBytes) > 0 })
	other.asks("presence-b", "other")
	f.members("presence-b", 1)
	f.eventually(func() bool { return f.count(apps.ListsMade) == 2 })
	for range 20 {
		other.answersPing()
	}
	require.Equal(t, 1, f.count(apps.Lists))
	return f, slow, other
}

func TestListsWaitUntilEarlierOnesAreRead(t *testing.T) {
	f, slow, other := hasOneUnread(t)
	assert.Equal(t, 4401, slow.isIn().Presence.Count)
	assert.Equal(t, 1, other.isIn().Presence.Count)
	assert.Zero(t, f.count(apps.ListBytes))
}

func TestAConnectionThatIsClosedFreesTheMemoryOfItsList(t *testing.T) {
	f, slow, other := hasOneUnread(t)
	_ = slow.conn.CloseNow()
	other.isIn()
	assert.Zero(t, f.count(apps.ListBytes))
	assert.Zero(t, f.count(apps.ListsUnread))
}

func TestAClientThatDoesNotReadItsListIsClosedAfterAWhile(t *testing.T) {
	f, _, other := hasOneUnread(t)
	u, since := &f.channels.lists.unread, time.Time{}
	u.mu.Lock()
	for _, of := range u.of {
		since = of.since
	}
	u.mu.Unlock()
	u.closeSlow(since.Add(maxListTime - 1))
	assert.Zero(t, f.count(apps.ListsUnread))
	u.closeSlow(since.Add(maxListTime))
	u.closeSlow(since.Add(maxListTime))
	assert.Equal(t, 1, f.count(apps.ListsUnread), "it is closed once")
	other.isIn()
	assert.Zero(t, f.count(apps.ListBytes))
}

func TestServersStopWhileListsWait(t *testing.T) {
	hasOneUnread(t) // the end of the fixture waits for all goroutines
}
