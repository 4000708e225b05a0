package rooms

import "plenum/codec/frame"

// Kept is the last message of a room that Config.Keeps has accepted.
type Kept struct {
	Payload   []byte // a copy of its frame's payload; read-only
	Seq       uint64
	Published int64 // Unix milliseconds
}

// keptSize is the memory that a Kept uses besides its payload, in bytes.
const keptSize = 48

// size returns the memory that k uses, in bytes. k may be nil.
func (k *Kept) size() int64 {
	if k == nil {
		return 0
	}
	return keptSize + int64(cap(k.Payload))
}

// isOld reports whether k is nil, or was published KeepFor or longer before now, in Unix milliseconds.
func (h *Hub) isOld(k *Kept, now int64) bool {
	return k == nil || now-k.Published >= h.cfg.KeepFor.Milliseconds()
}

// Kept returns the message that a room keeps, also if the history does not retain it any more. now is the current time in
// Unix milliseconds. Kept returns false if the room keeps none, or does not exist at this node.
func (h *Hub) Kept(room string, now int64) (Kept, bool) {
	r := h.rooms.find(room)
	if r == nil {
		return Kept{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.kept()
	if h.isOld(k, now) {
		return Kept{}, false
	}
	return *k, true
}

// kept returns the kept message, or nil. It may be too old. mu is held.
func (r *Room) kept() *Kept {
	if r.rare == nil {
		return nil
	}
	return r.rare.kept
}

// keep keeps a copy of the last message of c if Config.Keeps accepts its body. now is the time of publishing, in Unix
// milliseconds. mu is held.
func (r *Room) keep(body []byte, c *chunk, now int64) {
	if r.hub.cfg.Keeps == nil || !r.hub.cfg.Keeps(r.name, body) {
		return
	}
	f := c.from(c.offset(c.seq))
	_, header, _ := frame.ParseHeader(f) // a frame of this package has a valid header
	r.withRare().kept = &Kept{Payload: append(make([]byte, 0, len(f)-header), f[header:]...), Seq: c.seq, Published: now}
}

// forgetKept forgets the kept message. mu is held.
func (r *Room) forgetKept() {
	if r.rare != nil {
		r.rare.kept = nil
	}
}

// keptFor returns the kept message for a member that joins at position p and reads the log from message next on. It returns
// nil if there is none, or if the member has read it before, or is about to read it. mu is held.
func (r *Room) keptFor(p *Position, next uint64, now int64) *Kept {
	k := r.kept()
	if r.hub.isOld(k, now) || p.Recovered || k.Seq < p.From || k.Seq >= next {
		return nil
	}
	return k
}
