package channelsapi

import (
	"fmt"
	"slices"
	"strings"

	"plenum/codec/pusher"
	"plenum/rooms"
)

// attributes are the attributes of a channel that a request asks for.
type attributes struct {
	UserCount         *int `json:"user_count,omitempty"`
	SubscriptionCount *int `json:"subscription_count,omitempty"`
}

// channelsAnswer has the attributes of channels by name.
type channelsAnswer struct {
	Channels map[string]attributes `json:"channels"`
}

// channelAnswer is the answer for one channel.
type channelAnswer struct {
	Occupied bool `json:"occupied"`
	attributes
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
	begin := Room(c.app.ID(), prefix)
	// The page begins behind a name. No name is between this one and begin, except names that do not begin with prefix.
	after := begin[:len(begin)-1] + string([]byte{begin[len(begin)-1] - 1, 0xff})
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
	asked, err := info(c.query["info"], "user_count", "subscription_count")
	if err != nil {
		return nil, err
	}
	if slices.Contains(asked, "user_count") && kind.Kind != pusher.Presence {
		return nil, invalid("info may have user_count only for a presence channel")
	}
	room, _, err := a.cfg.Directory.Room(c.Context(), Room(c.app.ID(), name))
	if err != nil {
		return nil, err
	}
	room.Room = Room(c.app.ID(), name)
	all, err := a.attributesOf(c, room, asked)
	return channelAnswer{room.Members > 0, all}, err
}

// describe returns the attributes of a channel. It leaves out an attribute that the channel does not have.
func (a *API) describe(c *call, channel string, asked []string) (attributes, error) {
	if len(asked) == 0 {
		return attributes{}, nil
	}
	name := Room(c.app.ID(), channel)
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
