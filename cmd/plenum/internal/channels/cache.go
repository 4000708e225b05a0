package channels

import (
	"strings"
	"time"

	"plenum/cmd/plenum/internal/webhook"
	"plenum/codec/pusher"
	"plenum/rooms"
)

// Keeps is the Keeps function of the channels' hub. A cache channel keeps its latest event from a server. Client events and
// announcements are not kept.
func Keeps(room string, body []byte) bool {
	channel := pusher.ChannelOf(room)
	if !strings.Contains(channel, "cache-") { // most channels
		return false
	}
	c, err := pusher.ParseChannel(channel)
	return err == nil && c.Cache && !pusher.IsAnnouncement(body) && !pusher.IsFromClient(body)
}

// sendKept sends the kept event of a cache channel to a new subscriber, or pusher:cache_miss if none is kept.
func (a subscribing) sendKept(p rooms.Position) {
	if p.Kept != nil {
		a.send(p.Kept.Payload)
		return
	}
	now := time.Now().UnixMilli()
	if _, kept := a.channels.cfg.Rooms.Kept(p.Room, now); kept { // the subscriber resumes, and has it or is about to receive it
		return
	}
	a.send(pusher.EncodeCacheMiss(a.channel))
	if hooks := a.channels.cfg.Webhooks; hooks.Wants(a.app.ID(), webhook.CacheMiss) {
		hooks.Send(a.app.ID(), webhook.Event{At: now, Name: webhook.CacheMiss, Channel: a.channel})
	}
}
