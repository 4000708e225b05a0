package channels

import (
	"context"
	"slices"
	"sync"
	"time"

	"plenum/cmd/plenum/internal/apps"
	"plenum/codec/pusher"
)

// lists sends lists of users to the new subscribers of presence channels, in rounds. A round takes all subscribers that
// wait, makes one list per channel, and sends it to each of them. The limit of channels per connection bounds the number of
// subscriptions that wait. Cancelled subscriptions wait too: at most sweepFrom, or as many as the others if these are more.
type lists struct {
	// Set at creation.
	users  func(room string) ([]pusher.User, int) // some users of a channel, and the number of all
	unread unread
	wake   chan struct{} // holds one element if a list may be waiting

	mu      sync.Mutex
	waiting []listing // in the order of the subscriptions
	sweepAt int       // number of waiting listings from which add drops cancelled ones, if it is more than sweepFrom
	next    time.Time // earliest time of the next round
}

// roundEvery is the minimum time between the beginnings of two rounds. Subscribers that come faster share a list. A subscriber
// that comes alone does not wait.
const roundEvery = 10 * time.Millisecond

// sweepFrom is the smallest number of waiting listings from which cancelled ones are dropped.
const sweepFrom = 256

func (q *lists) add(l listing) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= max(q.sweepAt, sweepFrom) {
		// isCancelled locks mu of the memberships.Set of a session. No goroutine locks q.mu while it holds such a mu.
		q.waiting = slices.DeleteFunc(q.waiting, listing.isCancelled)
		q.sweepAt = 2 * len(q.waiting)
	}
	q.waiting = append(q.waiting, l)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// run sends the lists until ctx ends. Several goroutines may call it: a long round then does not delay the next one.
func (q *lists) run(ctx context.Context) {
	for q.await(ctx) {
		for _, of := range byChannel(q.take(time.Now())) {
			q.send(ctx, of)
		}
	}
}

// await waits for the next round. It returns false if ctx has ended.
func (q *lists) await(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-q.wake:
	}
	q.mu.Lock()
	wait := time.Until(q.next)
	q.mu.Unlock()
	return sleep(ctx, wait)
}

// sleep waits for d. It returns false if ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// take begins a round, and returns all listings that wait.
func (q *lists) take(now time.Time) (all []listing) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) > 0 {
		q.next = now.Add(roundEvery)
	}
	all, q.waiting = q.waiting, nil
	return all
}

// byChannel groups listings by their channels. The groups, and the listings in each group, keep the order of all.
func byChannel(all []listing) (groups [][]listing) {
	index := map[string]int{}
	for _, l := range all {
		i, known := index[l.at.Room]
		if !known {
			i = len(groups)
			index[l.at.Room], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], l)
	}
	return groups
}

// send makes the list of a channel and sends it to its new subscribers. All of them have joined before. So the list has each user
// whose join was announced too early for them.
func (q *lists) send(ctx context.Context, to []listing) {
	users, count := q.users(to[0].at.Room)
	list := pusher.NewMemberList(users, count)
	to[0].app.Count(apps.ListsMade)
	var answer []byte
	for _, l := range to {
		if !q.unread.await(ctx) {
			return
		}
		answer = l.send(list, answer[:0])
	}
}
