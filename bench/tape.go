package bench

import "bytes"

// tape is what one room's members were sent of late, as the first of them on a
// loop got it. All are sent the same bytes, so of every other member it is enough to
// see that its next message is byte for byte the one on the tape: it is then known
// by number, time and all. That costs a third of reading it, and what differs in any
// byte is read as if there were no tape. It belongs to its loop.
type tape struct {
	data  []byte
	texts []taped // of consecutive numbers
}

// taped is one message on a tape, which ends in data where the next begins.
type taped struct {
	begin  int
	number uint64
	due    int64
	seq    uint64 // the server's; 0: it has none
}

// A tape holds tapeSize bytes at least, once there were so many, and twice that at
// most.
const tapeSize = 1 << 20

// follows tells whether the members are followed by tapes: where there is enough to
// do that it matters, and one number says where a member is.
func (p *plan) follows() bool { return p.Sample > 1 && p.Senders == 1 }

// find returns the place of a number; false where it is not on the tape.
func (t *tape) find(number uint64) (place int, ok bool) {
	if len(t.texts) == 0 {
		return 0, false
	}
	place = int(number - t.texts[0].number)
	return place, place >= 0 && place < len(t.texts)
}

func (t *tape) payload(place int) []byte {
	end := len(t.data)
	if place+1 < len(t.texts) {
		end = t.texts[place+1].begin
	}
	return t.data[t.texts[place].begin:end]
}

// add puts a message on the tape, which begins anew where its number is not the next.
func (t *tape) add(payload []byte, one taped) {
	if last := len(t.texts); last > 0 && one.number != t.texts[last-1].number+1 {
		t.data, t.texts = t.data[:0], t.texts[:0]
	}
	if len(t.data)+len(payload) > 2*tapeSize {
		t.shorten()
	}
	one.begin = len(t.data)
	t.data = append(t.data, payload...)
	t.texts = append(t.texts, one)
}

// shorten forgets all but the last tapeSize bytes.
func (t *tape) shorten() {
	from := 0
	for from < len(t.texts) && t.texts[from].begin < len(t.data)-tapeSize {
		from++
	}
	if from == len(t.texts) {
		t.data, t.texts = t.data[:0], t.texts[:0]
		return
	}
	cut := t.texts[from].begin
	t.data = t.data[:copy(t.data, t.data[cut:])]
	t.texts = t.texts[:copy(t.texts, t.texts[from:])]
	for i := range t.texts {
		t.texts[i].begin -= cut
	}
}

// follow is a Config.OnFrames: it takes the frames that are on the member's tape.
func (r *receiver) follow(c *Client, b []byte) (used, frames int) {
	ln, m := r.lanes[c.loop.index], &r.members[c.tag]
	if ln.tapes == nil {
		return 0, 0
	}
	tape, track := &ln.tapes[m.room], &r.tracks[c.tag]
	for place, ok := tape.find(track.Last + 1); ok && place < len(tape.texts); place++ {
		size, n := plainText(b[used:])
		if size == 0 || !bytes.Equal(b[used+size:used+size+n], tape.payload(place)) {
			break
		}
		used, frames = used+size+n, frames+1
		r.landed(c, ln, &tape.texts[place])
	}
	return used, frames
}

// landed counts a message that was found on the tape.
func (r *receiver) landed(c *Client, ln *lane, one *taped) {
	r.tracks[c.tag].See(one.number)
	ln.delivered++
	ln.last[int(r.members[c.tag].room)*r.each+int(one.number)-1] = c.loop.at
	if (c.tag+int(one.number))&r.mask == 0 {
		r.time(ln, one.due, c.loop.at)
	}
	if r.rooms == nil {
		return
	}
	if one.seq == 0 {
		r.rooms[c.tag].Unnumbered++
		return
	}
	r.rooms[c.tag].See(one.seq)
}

// record puts a message on its room's tape, where it is the newest, and the only
// text of its frame.
func (r *receiver) record(c *Client, ln *lane, payload, text []byte) {
	tape := &ln.tapes[r.members[c.tag].room]
	number, ok := numberOf(text)
	due, okay := dueOf(text)
	stream, fine := streamOf(text)
	newest := len(tape.texts) == 0 || uint64(number) > tape.texts[len(tape.texts)-1].number
	mine := stream == int(r.members[c.tag].room) && number > 0 && number <= r.each
	if !ok || !okay || !fine || !newest || !mine || bytes.Count(payload, r.plan.Mark[:]) > 1 {
		return
	}
	seq, _ := ParseSeq(payload)
	tape.add(payload, taped{number: uint64(number), due: due, seq: seq})
}
