package rooms

import "hash/maphash"

// nameCounts counts the connections of each name at this node, by the hash of the name. So a count takes about 25 bytes per
// name, and two names count once with a probability of 1 in 2^64. Room.mu guards it.
type nameCounts map[uint64]uint32

// nameSeed is the seed of the hashes. It is random, so nobody can choose names that collide.
var nameSeed = maphash.MakeSeed()

// countName counts the name of m, which has just joined or left, if members of the room list its users. mu is held.
func (r *Room) countName(m *Member, joined bool) {
	if r.presence.announcing != ByName || listens(m.sink) {
		return
	}
	own := r.withRare()
	if own.names == nil {
		own.names = nameCounts{}
	}
	own.names.count(maphash.String(nameSeed, m.sink.Name()), joined)
}

// count notes a connection more or less.
func (c nameCounts) count(name uint64, joined bool) {
	switch {
	case joined:
		c[name]++
	case c[name] == 1:
		delete(c, name)
	default:
		c[name]--
	}
}

// namesHere returns the number of names at this node, or of members if names are not counted. mu is held.
func (r *Room) namesHere() int {
	if r.presence.announcing != ByName {
		return int(r.members.count)
	}
	return len(r.withRare().names)
}
