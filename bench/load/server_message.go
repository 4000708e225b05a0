package load

import (
	"bytes"
	"strconv"

	"plenum/bench/message"
	"plenum/bench/sequence"
	"plenum/bench/speak"
	"plenum/bench/wsclient"
)

// number returns the server's number of a message with a text, or 0 if it has none. It counts the number
// if the member must receive all of them.
func (r *receiver) number(tag int, payload, text []byte) uint64 {
	seq, ok := r.seq(payload, text)
	if !ok {
		seq = 0
	}
	switch {
	case !r.numbered(tag):
	case ok:
		r.room(tag, text).See(seq)
	default:
		r.room(tag, text).Unnumbered++
	}
	return seq
}

// serverMessage handles a message without a text, which the server made itself.
func (r *receiver) serverMessage(c *wsclient.Client, payload []byte) {
	r.unknown(&r.members[c.Tag()], payload)
	if r.rooms != nil && r.talk.Announces() && r.numbered(c.Tag()) && !answers(payload) {
		seq, numbered := sequence.ParseSeq(payload) // joins and leaves are numbered too
		if room, known := r.announcedRoom(payload); numbered && known {
			r.rooms[c.Tag()*r.shared+room].See(seq)
		}
	}
	r.talk.Message(c, payload, func() speak.Member { return r.member(c.Tag()) })
}

// member returns the names of a member and of its rooms.
func (r *receiver) member(tag int) speak.Member {
	return speak.Member{User: r.plan.user(tag), Rooms: r.plan.rooms(int(r.members[tag].group))}
}

// unknown keeps a message without a text that a member has received before it was ready. The error about silent members shows
// it. Messages of a known protocol are not kept.
func (r *receiver) unknown(m *member, payload []byte) {
	if m.first && !m.ready && r.talk.Templates() && string(payload) != r.talk.Ping {
		r.strange.note(payload)
	}
}

// numbered reports whether a member must receive all of the server's numbers. A sender that receives no copy of its own
// messages misses their numbers.
func (r *receiver) numbered(tag int) bool {
	return !r.plan.Target.NoSelf || int(r.members[tag].index) >= r.plan.Senders
}

// room returns the server's numbers of the room of a text, as the member with that tag saw them.
func (r *receiver) room(tag int, text []byte) *sequence.Sequence {
	if r.shared == 1 {
		return &r.rooms[tag]
	}
	stream, _ := message.Stream(text) // a damaged text was counted as foreign
	return &r.rooms[tag*r.shared+stream%r.shared]
}

// answers reports whether a message is plenum's answer to a command to join or to publish. Its seq is the number of a message
// that the connection receives apart from the answer, or that is older than the join.
func answers(payload []byte) bool {
	return bytes.HasPrefix(payload, []byte(`{"type":"published",`)) || bytes.HasPrefix(payload, []byte(`{"type":"joined",`))
}

// announcedRoom returns the index in its group of the room that an announcement of the server names. If a group has several
// rooms, their names end with the index (Plan.rooms).
func (r *receiver) announcedRoom(payload []byte) (index int, ok bool) {
	if r.shared == 1 {
		return 0, true
	}
	_, name, _ := bytes.Cut(payload, []byte(`"room":"`))
	name, _, _ = bytes.Cut(name, []byte(`"`))
	index, err := strconv.Atoi(string(name[bytes.LastIndexByte(name, '-')+1:]))
	return index, err == nil && index >= 0 && index < r.shared
}
