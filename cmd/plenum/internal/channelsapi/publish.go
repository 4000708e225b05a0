package channelsapi

import (
	"fmt"
	"time"

	"plenum/cmd/plenum/internal/apps"
	"plenum/codec/pusher"
	"plenum/rooms"
)

// publish publishes the events in their order, and waits until all are published or refused.
func (a *API) publish(c *call, events []event) error {
	total := 0
	for _, e := range events {
		total += len(e.Channels)
	}
	done, now := make(receipts, total), time.Now().UnixMilli()
	var body []byte
	for _, e := range events {
		for _, channel := range e.Channels {
			body = pusher.AppendEvent(body[:0], e.SocketID, e.Name, channel, *e.Data)
			a.cfg.Publisher.Publish(pusher.RoomOf(c.app.ID(), channel), body, now, done)
		}
	}
	failed, reason := 0, error(nil)
	for range total {
		select {
		case err := <-done:
			if err != nil {
				failed, reason = failed+1, err
			}
		case <-c.Context().Done():
			return c.Context().Err()
		}
	}
	c.app.Add(apps.Events, total-failed)
	if reason == nil {
		return nil
	}
	f := failureOf(reason)
	if failed < total {
		f.text = fmt.Sprintf("published %d of %d events: %s", total-failed, total, f.text)
	}
	return f
}

// receipts is a rooms.Receipt that receives the outcomes on a channel with room for all, so Published never blocks.
type receipts chan error

// Published implements rooms.Receipt.
func (r receipts) Published(_ rooms.Epoch, _ uint64, err error) { r <- err }
