package rooms

import (
	"strings"
)

// Informer is a Sink whose name has an info, such as the user's display name. Info returns a JSON text without white space
// around it, or nothing. It always returns the same text. It is called with locks held, like Sink.Name. Connections of one
// name should have the same info, because others see the info of only one of them.
type Informer interface{ Info() string }

// infoOf returns the info of a Sink, which may be nil.
func infoOf(s Sink) string {
	if i, ok := s.(Informer); ok {
		return i.Info()
	}
	return ""
}

// User is a name in a room, with its info.
type User struct {
	Name string
	Info string // see Informer; may be empty
}

// UserList is a list of the users of a room.
type UserList struct {
	Users   []User // each name once, in no particular order
	Count   int    // number of names. If Partial is true, members on other nodes count as names, and without ByName all members do
	Partial bool   // there are more names than the limit, or names on other nodes that this node does not know
}

// Users returns up to limit of the room's names on all nodes, with their infos, and the number of names. It returns false if
// the room does not exist at this node. Listeners are not listed.
//
// Users does not wait for the network. The nodes tell each other the names of rooms of up to Config.AnnounceLimit members. If
// names are announced ByName, they also tell each other the infos, see Presence in the package comment. When a node has just
// opened the room, the list may lack names at other nodes for a moment, unless names are announced ByName. In a larger room
// the list is partial if another node has members.
//
// Users locks the room for one segment at a time, so the list is no snapshot. The cost of Users depends on limit and on the
// number of connections per name.
func (h *Hub) Users(room string, limit int) (list UserList, found bool) {
	r := h.rooms.find(room)
	if r == nil {
		return UserList{}, false
	}
	u := userCollector{limit: limit, index: map[string]int{}}
	u.addHere(&r.members)
	r.mu.Lock()
	defer r.mu.Unlock()
	u.list.Partial = u.list.Partial || r.presence.remote > 0 && r.total() > h.cfg.AnnounceLimit
	if r.presence.nodes.spans() {
		u.addOthers(&r.presence)
	}
	if u.list.Count = len(u.list.Users); u.list.Partial {
		u.list.Count = max(r.namesHere()+r.presence.remote, u.list.Count)
	}
	return u.list, true
}

// userCollector collects a UserList.
type userCollector struct {
	limit int
	list  UserList
	index map[string]int // of the names in list.Users
}

// add adds a user, unless the list has the name. If the list is full, it becomes partial.
func (u *userCollector) add(name, info string) {
	switch i, known := u.index[name]; {
	case known && u.list.Users[i].Info == "":
		u.list.Users[i].Info = info
	case known:
	case len(u.list.Users) >= u.limit:
		u.list.Partial = true
	default:
		u.index[name] = len(u.list.Users)
		u.list.Users = append(u.list.Users, User{name, info})
	}
}

// addHere adds the members at this node, until the list is partial. It begins with the last slot, because a dropped
// segment's slot is taken by the last segment. mu is not held.
func (u *userCollector) addHere(b *membership) {
	b.room.mu.Lock()
	defer b.room.mu.Unlock()
	for slot := len(b.segments) - 1; slot >= 0 && !u.list.Partial; slot-- {
		if slot < len(b.segments) {
			u.addSegment(b.segments[slot])
		}
		b.room.mu.Unlock() // so that publishers do not wait for long
		b.room.mu.Lock()
	}
}

// addSegment adds the members of s. mu is held.
func (u *userCollector) addSegment(s *segment) {
	for _, m := range s.members {
		if !listens(m.sink) {
			u.add(m.sink.Name(), infoOf(m.sink))
		}
	}
}

// addOthers adds the names at other nodes. mu is held.
func (u *userCollector) addOthers(p *presence) {
	infos := map[string]string{}
	p.nodes.node.EachOther(func(entry string, _ Standing) {
		if name, info, ok := parseInfo(entry); ok {
			infos[name] = info
		}
	})
	p.nodes.node.EachOther(func(name string, is Standing) {
		if is != Leaving && !strings.HasPrefix(name, observedPrefix) {
			u.add(name, infos[name])
		}
	})
}

// infoPrefix begins the entries of Names that tell the other nodes an info: infoPrefix, the info, a NUL byte, and the name.
// JSON has no NUL bytes. Nodes of an older version take such an entry for a name that has no members at their node, and do
// nothing with it.
const infoPrefix = observedPrefix + "\x00"

// maxInfos is the largest number of bytes of infos that a node tells the others per room, or per page of members. The infos
// of further names are left out. With its names and infos, a report or page must not exceed the largest message that the
// brokers take (1 MiB), because a larger report is sent without names.
const maxInfos = 256 << 10

// addInfos adds the infos of the members to all, if names are announced ByName. mu is held.
func (r *Room) addInfos(all Names) {
	if r.presence.announcing != ByName {
		return
	}
	size := 0
	for _, s := range r.members.segments {
		for _, m := range s.members {
			info := infoOf(m.sink)
			if info == "" || listens(m.sink) || size+len(info) > maxInfos {
				continue
			}
			size += len(info)
			all[infoPrefix+info+"\x00"+m.sink.Name()] = Owner
		}
	}
}

// parseInfo parses an entry of addInfos. ok is false if entry is none.
func parseInfo(entry string) (name, info string, ok bool) {
	rest, ok := strings.CutPrefix(entry, infoPrefix)
	if !ok {
		return "", "", false
	}
	info, name, ok = strings.Cut(rest, "\x00")
	return name, info, ok
}
