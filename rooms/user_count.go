package rooms

import "hash/maphash"

// nameCounts counts the connections of each name at this node, by the hash of the name. So it takes about 25 bytes per name.
// Two names count as one with a probability of 1 in 2^64. Room.mu guards it.
type nameCounts map[uint64]uint32

// nameSeed is the seed of the hashes. It is random, so clients cannot choose names that collide.
var nameSeed = maphash.MakeSeed()

// countName counts the name of m, which has just joined or left, if names are announced ByName. mu is held.
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

// count adds or removes one connection of a name.
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

// namesHere returns the number of names at this node. If names are not counted, it returns the number of members. mu is held.
func (r *Room) namesHere() int {
	if r.presence.announcing != ByName {
		return int(r.members.count)
	}
	return len(r.withRare().names)
}
