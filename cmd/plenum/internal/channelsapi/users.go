package channelsapi

import (
	"fmt"

	"plenum/codec/pusher"
)

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
	ids, err := a.users(c, pusher.RoomOf(c.app.ID(), name))
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
	_, all, err := a.cfg.Directory.Kick(c.Context(), pusher.RoomOf(c.app.ID(), pusher.ChannelOfUser(id)), id, closeTerminated, "Terminated by the app")
	if err == nil && !all {
		err = silentNode
	}
	return struct{}{}, err
}

// closeTerminated is the close code of a terminated connection. Clients do not reconnect after it.
const closeTerminated = 4009
