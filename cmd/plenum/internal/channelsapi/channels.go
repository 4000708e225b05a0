package channelsapi

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"plenum/codec/pusher"
	"plenum/rooms"
)

// attributes are the attributes of a channel that a request asks for.
type attributes struct {
	UserCount         *int `json:"user_count,omitempty"`
	SubscriptionCount *int `json:"subscription_count,omitempty"`
}

// cached is the latest event of a cache channel.
type cached struct {
	Data string `json:"data"`
	TTL  int64  `json:"ttl"` // seconds for which it is still kept
}

// channelsAnswer has the attributes of channels by name.
type channelsAnswer struct {
	Channels map[string]attributes `json:"channels"`
}

// channelAnswer is the answer for one channel.
type channelAnswer struct {
	Occupied bool `json:"occupied"`
	attributes
	Cache *cached `json:"cache,omitempty"`
}

// Bounds of the answers.
const (
	maxListed = 100_000 // channels in a list
	maxUsers  = 100_000 // users of a channel
	pageSize  = 1000
)

// listChannels answers GET /apps/{app}/channels?filter_by_prefix=&info=. It lists the occupied channels. Channels to one
// user are left out, because they are the server's own.
func (a *API) listChannels(c *call) (any, error) {
	prefix := c.query["filter_by_prefix"]
	asked, err := info(c.query["info"], "user_count", "subscription_count")
	if err != nil {
		return nil, err
	}
	if slices.Contains(asked, "user_count") && !strings.HasPrefix(prefix, "presence-") {
		return nil, invalid("info may have user_count only if filter_by_prefix begins with presence-")
	}
	list := channelsAnswer{map[string]attributes{}}
	err = a.eachRoom(c, prefix, func(room rooms.Info) error {
		channel := pusher.ChannelOf(room.Room)
		if room.Members == 0 || strings.HasPrefix(channel, "#") {
			return nil
		}
		if len(list.Channels) == maxListed {
			return invalid(fmt.Sprintf("more than %d channels are occupied: use a longer filter_by_prefix", maxListed))
		}
		one, err := a.attributesOf(c, room, asked)
		list.Channels[channel] = one
		return err
	})
	return list, err
}

// eachRoom calls f for the rooms of the app's channels that begin with prefix, in the order of their names.
func (a *API) eachRoom(c *call, prefix string, f func(rooms.Info) error) error {
	begin := pusher.RoomOf(c.app.ID(), prefix)
	last := len(begin) - 1
	if begin[last] <= ' ' || begin[last] > '~' {
		return nil // no listed name has such a byte
	}
	// A page begins after a name. This name sorts directly before begin: its last byte is one less, and a byte follows that
	// no name has.
	after := begin[:last] + string([]byte{begin[last] - 1, 0x7f})
	for {
		page, err := a.cfg.Directory.Rooms(c.Context(), after, pageSize)
		if err != nil {
			return err
		}
		if page.Incomplete {
			return silentNode
		}
		for _, room := range page.Rooms {
			if room.Room >= begin && !strings.HasPrefix(room.Room, begin) {
				return nil
			}
			if !strings.HasPrefix(room.Room, begin) {
				continue
			}
			if err := f(room); err != nil {
				return err
			}
		}
		if !page.More {
			return nil
		}
		after = page.Next
	}
}

// showChannel answers GET /apps/{app}/channels/{channel}?info=.
func (a *API) showChannel(c *call) (any, error) {
	name, kind, err := c.channel()
	if err != nil {
		return nil, err
	}
	asked, err := info(c.query["info"], "user_count", "subscription_count", "cache")
	switch {
	case err != nil:
		return nil, err
	case slices.Contains(asked, "user_count") && kind.Kind != pusher.Presence:
		return nil, invalid("info may have user_count only for a presence channel")
	case slices.Contains(asked, "cache") && !kind.Cache:
		return nil, invalid("info may have cache only for a cache channel")
	}
	room := pusher.RoomOf(c.app.ID(), name)
	found, _, err := a.cfg.Directory.Room(c.Context(), room)
	if err != nil {
		return nil, err
	}
	found.Room = room
	shown := channelAnswer{Occupied: found.Members > 0}
	if shown.attributes, err = a.attributesOf(c, found, asked); err == nil && slices.Contains(asked, "cache") {
		shown.Cache, err = a.cached(c, room)
	}
	return shown, err
}

// cached returns the latest event of a cache channel; nil if none is kept.
func (a *API) cached(c *call, room string) (*cached, error) {
	now := time.Now().UnixMilli()
	kept, found, err := a.cfg.Directory.Kept(c.Context(), room, now)
	if err != nil || !found {
		return nil, err
	}
	var event struct {
		Data string `json:"data"`
	}
	if err := bodies.Unmarshal(kept.Payload, &event); err != nil {
		return nil, err
	}
	left := a.cfg.KeepFor - time.Duration(now-kept.Published)*time.Millisecond
	return &cached{event.Data, int64(left / time.Second)}, nil
}

// describe returns the attributes of a channel. It leaves out an attribute that the channel does not have.
func (a *API) describe(c *call, channel string, asked []string) (attributes, error) {
	if len(asked) == 0 {
		return attributes{}, nil
	}
	name := pusher.RoomOf(c.app.ID(), channel)
	room, _, err := a.cfg.Directory.Room(c.Context(), name)
	if err != nil {
		return attributes{}, err
	}
	room.Room = name
	return a.attributesOf(c, room, asked)
}

// attributesOf returns the attributes of the room of a channel.
func (a *API) attributesOf(c *call, room rooms.Info, asked []string) (all attributes, err error) {
	if slices.Contains(asked, "subscription_count") {
		all.SubscriptionCount = &room.Members
	}
	if kind, _ := pusher.ParseChannel(pusher.ChannelOf(room.Room)); slices.Contains(asked, "user_count") && kind.Kind == pusher.Presence {
		ids, err := a.users(c, room.Room)
		if err != nil {
			return all, err
		}
		count := len(ids)
		all.UserCount = &count
	}
	return all, nil
}
