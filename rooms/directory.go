package rooms

import "context"

// RoomPage is a page of rooms, sorted by name.
type RoomPage struct {
	Rooms      []Info
	More       bool   // there are rooms after this page
	Next       string // the name after which the next page begins
	Incomplete bool   // rooms may be missing, because a node or the bus has not answered
}

// MemberPage is a page of the names of a room's members, sorted, each once.
type MemberPage struct {
	Names      []string
	Infos      map[string]string // by name, see Informer; nil if there are none; at most 256 KiB per node, with their names
	More       bool              // there are names after this page
	Found      bool              // the room exists
	Incomplete bool              // names may be missing, because a node has not answered
}

// SetInfo sets the info of a name. If info is empty, it does nothing.
func (p *MemberPage) SetInfo(name, info string) {
	if info == "" {
		return
	}
	if p.Infos == nil {
		p.Infos = map[string]string{}
	}
	p.Infos[name] = info
}

// Cursor returns the name after which the next page begins. It is empty if this page is the last
// one.
func (p MemberPage) Cursor() string {
	if !p.More {
		return ""
	}
	return p.Names[len(p.Names)-1]
}

// LocalDirectory reads the rooms of a Hub without a Bus, and closes members. It has the same methods
// as a directory of all nodes of a cluster, but they do not wait and return no errors.
type LocalDirectory struct{ hub *Hub }

// NewLocalDirectory returns the directory of a Hub.
func NewLocalDirectory(hub *Hub) LocalDirectory { return LocalDirectory{hub} }

// Rooms calls Hub.Rooms.
func (d LocalDirectory) Rooms(_ context.Context, after string, limit int) (page RoomPage, err error) {
	page.Rooms, page.More = d.hub.Rooms(after, limit)
	if page.More {
		page.Next = page.Rooms[len(page.Rooms)-1].Room
	}
	return page, nil
}

// Room calls Hub.Room.
func (d LocalDirectory) Room(_ context.Context, name string) (info Info, found bool, err error) {
	info, found = d.hub.Room(name)
	return info, found, nil
}

// Members calls Hub.Members.
func (d LocalDirectory) Members(_ context.Context, room, after string, limit int) (MemberPage, error) {
	return d.hub.Members(room, after, limit), nil
}

// Messages calls Hub.Messages.
func (d LocalDirectory) Messages(_ context.Context, room string, since *Since, limit int, now int64) (page MessagePage, found bool, err error) {
	page, found = d.hub.Messages(room, since, limit, now)
	return page, found, nil
}

// Kept calls Hub.Kept.
func (d LocalDirectory) Kept(_ context.Context, room string, now int64) (kept Kept, found bool, err error) {
	kept, found = d.hub.Kept(room, now)
	return kept, found, nil
}

// Kick calls Hub.Kick. all is always true.
func (d LocalDirectory) Kick(_ context.Context, room, name string, code int, reason string) (closed int, all bool, err error) {
	return d.hub.Kick(room, name, code, reason), true, nil
}
