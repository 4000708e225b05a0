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

// user is a user of a presence channel.
type user struct {
	ID string `json:"id"`
}

// usersAnswer lists the users of a presence channel.
type usersAnswer struct {
	Users []user `json:"users"`
}

// listUsers answers GET /apps/{app}/channels/{channel}/users.
func (a *API) listUsers(c *call) (any, error) {
	name, kind, err := c.channel()
	if err != nil {
		return nil, err
	}
	if kind.Kind != pusher.Presence {
		return nil, invalid("only a presence channel has users")
	}
	ids, err := a.users(c, Room(c.app.ID(), name))
	all := usersAnswer{make([]user, 0, len(ids))}
	for _, id := range ids {
		all.Users = append(all.Users, user{id})
	}
	return all, err
}

// users returns the ids of the users of a presence channel.
func (a *API) users(c *call, room string) (ids []string, err error) {
	after := ""
	for {
		page, err := a.cfg.Directory.Members(c.Context(), room, after, pageSize)
		if err != nil {
			return nil, err
		}
		if page.Incomplete {
			return nil, silentNode
		}
		ids = append(ids, page.Names...)
		if len(ids) > maxUsers {
			return nil, invalid(fmt.Sprintf("the channel has more than %d users", maxUsers))
		}
		if !page.More {
			return ids, nil
		}
		after = page.Names[len(page.Names)-1]
	}
}

// terminate answers POST /apps/{app}/users/{user}/terminate_connections. A signed-in connection is a member of the
// channel to its user, under the user's id.
func (a *API) terminate(c *call) (any, error) {
	id := c.PathValue("user")
	if !pusher.ValidUserID(id) {
		return nil, invalid(fmt.Sprintf("the user's id must have 1 to %d bytes and no control characters", pusher.MaxUserID))
	}
	_, all, err := a.cfg.Directory.Kick(c.Context(), Room(c.app.ID(), pusher.ChannelOfUser(id)), id, closeTerminated, "Terminated by the app")
	if err == nil && !all {
		err = silentNode
	}
	return struct{}{}, err
}

// closeTerminated is the close code of a terminated connection. Clients do not connect again.
const closeTerminated = 4009
