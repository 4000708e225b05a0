package rooms

import (
	"context"
	"sync"
	"time"
)

// observeEvery is the time between two calls of reportDue.
const observeEvery = 100 * time.Millisecond

// reports holds the rooms with something to report to the Observer.
type reports struct {
	visiting sync.Mutex // held during calls of Observe

	mu  sync.Mutex
	due []dueReport
}

// dueReport is a room to look at. A room may be in the list more than once.
type dueReport struct {
	room *Room
	at   int64 // Unix milliseconds
}

func (d *reports) add(r *Room, at int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.due = append(d.due, dueReport{r, at})
}

// run calls reportDue every observeEvery, until ctx ends.
func (d *reports) run(ctx context.Context) {
	ticker := time.NewTicker(observeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			d.reportDue(now.UnixMilli(), false)
		}
	}
}

// reportDue lets the rooms that are due report to the Observer. If all is true, all rooms in the list report everything at
// once.
func (d *reports) reportDue(now int64, all bool) {
	d.visiting.Lock()
	defer d.visiting.Unlock()
	for _, r := range d.take(now, all) {
		r.report(now, all)
	}
}

// take removes the rooms that are due from the list and returns them. If all is true, it takes all rooms.
func (d *reports) take(now int64, all bool) (rooms []*Room) {
	d.mu.Lock()
	defer d.mu.Unlock()
	rest := d.due[:0]
	for _, e := range d.due {
		if all || e.at <= now {
			rooms = append(rooms, e.room)
			continue
		}
		rest = append(rest, e)
	}
	clear(d.due[len(rest):])
	d.due = rest
	return rooms
}
