package main

import (
	"context"
	"net"
	"os"

	"plenum/cmd/plenum/internal/names"
	"plenum/cmd/plenum/internal/settings"
	"plenum/rooms"
	"plenum/rooms/natsbus"
)

// newBus makes this node's part in a cluster; nil where there is none.
func (s *server) newBus(cfg settings.Serve, history rooms.History) (*natsbus.Bus, error) {
	if cfg.Cluster == "" {
		return nil, nil
	}
	return natsbus.New(natsbus.Config{URL: string(cfg.Cluster), History: history, Status: s.nodeStatus, Logger: s.log})
}

// nodeStatus is for natsbus.Config: the bus is made before the admin.
func (s *server) nodeStatus() []byte { return s.admin.NodeStatus() }

// nodeName is what this node is called on the operations page.
func nodeName(public net.Listener) string {
	host, err := os.Hostname()
	if err != nil {
		return public.Addr().String()
	}
	_, port, _ := net.SplitHostPort(public.Addr().String()) // it is host:port
	return net.JoinHostPort(host, port)
}

// directory is what there is to know of the rooms on all nodes. Where the bus is away its
// errors are rooms.ErrBus.
type directory struct {
	hub *rooms.Hub
	bus *natsbus.Bus // nil: there is this node alone
}

func (d directory) Rooms(ctx context.Context, after string, limit int) (natsbus.RoomPage, error) {
	if d.bus != nil {
		return d.bus.Rooms(ctx, after, limit)
	}
	infos, more := d.hub.Rooms(after, limit)
	page := natsbus.RoomPage{Rooms: infos, More: more}
	if more {
		page.Next = infos[len(infos)-1].Room
	}
	return page, nil
}

func (d directory) Room(ctx context.Context, name string) (info rooms.Info, found bool, err error) {
	if d.bus != nil {
		return d.bus.Room(ctx, name)
	}
	info, found = d.hub.Room(name)
	return info, found, nil
}

// Members returns a page of a room's members. A cursor may be in any spelling of the name.
func (d directory) Members(ctx context.Context, room, after string, limit int) (natsbus.MemberPage, error) {
	after = names.Normal(after)
	if d.bus != nil {
		return d.bus.Members(ctx, room, after, limit)
	}
	page := natsbus.MemberPage{}
	page.Names, page.More, page.Found = d.hub.Members(room, after, limit)
	return page, nil
}

func (d directory) Messages(ctx context.Context, room string, since *rooms.Since, limit int, now int64) (page rooms.Recalled, found bool, err error) {
	if d.bus != nil {
		return d.bus.Messages(ctx, room, since, limit, now)
	}
	page, found = d.hub.Messages(room, since, limit, now)
	return page, found, nil
}

// Kick closes a user's connections in a room; name may be in any spelling.
func (d directory) Kick(ctx context.Context, room, name string, code int, reason string) (closed int, all bool, err error) {
	name = names.Normal(name)
	if d.bus != nil {
		return d.bus.Kick(ctx, room, name, code, reason)
	}
	return d.hub.Kick(room, name, code, reason), true, nil
}
