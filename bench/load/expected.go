package load

import (
	"bytes"
	"sort"

	"plenum/bench/message"
	"plenum/bench/sequence"
	"plenum/bench/wsclient"
)

// expectedStream is the frames that one room's members were sent of late, as the first of
// them on a loop got them. All are sent the same bytes, so for every other member it is
// enough to see that its next frames are byte for byte the expected ones: they are then
// known by number, time and all. That costs a fraction of reading them. Frames that differ
// in any byte are read as if nothing were expected. It belongs to its loop.
type expectedStream struct {
	data  []byte            // frames, as they came
	texts []expectedMessage // of consecutive numbers
}

// expectedMessage is one message of an expected stream. It ends in data where the next
// begins.
type expectedMessage struct {
	begin  int
	number uint64
	due    int64
	seq    uint64 // the server's; 0: it has none
	run    int    // so many texts before it have the seq before its own, and so on
}

// An expected stream holds expectedSize bytes at least, once there were so many, and twice
// that at most. A member that is further behind is read without it, at several times the
// cost, and so may fall behind further.
const expectedSize = 8 << 20

// find returns the place of a number; false if it is not expected.
func (t *expectedStream) find(number uint64) (place int, ok bool) {
	if len(t.texts) == 0 {
		return 0, false
	}
	place = int(number - t.texts[0].number)
	return place, place >= 0 && place < len(t.texts)
}

// end is where in data the message at place ends.
func (t *expectedStream) end(place int) int {
	if place+1 < len(t.texts) {
		return t.texts[place+1].begin
	}
	return len(t.data)
}

// same returns how many of the messages from place on b begins with, and their size.
func (t *expectedStream) same(b []byte, place int) (n, size int) {
	begin := t.texts[place].begin
	same := commonPrefix(b, t.data[begin:])
	n = sort.Search(len(t.texts)-place, func(i int) bool { return t.end(place+i)-begin > same })
	if n == 0 {
		return 0, 0
	}
	return n, t.end(place+n-1) - begin
}

func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	if bytes.Equal(a[:n], b[:n]) {
		return n
	}
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// add appends a message's frame. If its number is not the next, the stream begins anew.
func (t *expectedStream) add(whole []byte, one expectedMessage) {
	if last := len(t.texts); last > 0 {
		if before := t.texts[last-1]; one.number != before.number+1 {
			t.data, t.texts = t.data[:0], t.texts[:0]
		} else if before.seq > 0 && one.seq == before.seq+1 {
			one.run = before.run + 1
		}
	}
	if len(t.data)+len(whole) > 2*expectedSize {
		t.shorten()
	}
	one.begin = len(t.data)
	t.data = append(t.data, whole...)
	t.texts = append(t.texts, one)
}

// shorten forgets all but the last expectedSize bytes.
func (t *expectedStream) shorten() {
	from := 0
	for from < len(t.texts) && t.texts[from].begin < len(t.data)-expectedSize {
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

// follow is a Config.OnFrames: it takes the frames that the member was expected
// to be sent next.
func (r *receiver) follow(c *wsclient.Client, b []byte) (used, frames int) {
	ln, m := r.lanes[c.Loop()], &r.members[c.Tag()]
	if ln.expected == nil {
		return 0, 0
	}
	want := &ln.expected[m.room]
	place, ok := want.find(r.tracks[c.Tag()].Last + 1)
	if !ok {
		return 0, 0
	}
	if frames, used = want.same(b, place); frames > 0 {
		r.expected(c, ln, want.texts[place:place+frames])
	}
	return used, frames
}

// expected counts the member's next messages, which came as expected.
func (r *receiver) expected(c *wsclient.Client, ln *lane, texts []expectedMessage) {
	first, last := &texts[0], &texts[len(texts)-1]
	r.tracks[c.Tag()].Run(uint64(len(texts)))
	ln.delivered += uint64(len(texts))
	times := ln.last[int(r.members[c.Tag()].room)*r.each+int(first.number)-1:][:len(texts)]
	for i := range times {
		times[i] = c.ReadAt()
	}
	for i := -(c.Tag() + int(first.number)) & r.mask; i < len(texts); i += r.mask + 1 {
		r.time(ln, texts[i].due, c.ReadAt())
	}
	if r.rooms == nil {
		return
	}
	seqs := &r.rooms[c.Tag()]
	if first.seq == seqs.Last+1 && last.run >= len(texts)-1 {
		seqs.Run(uint64(len(texts)))
		return
	}
	for i := range texts {
		if texts[i].seq == 0 {
			seqs.Unnumbered++
			continue
		}
		seqs.See(texts[i].seq)
	}
}

// expect has the other members of a room expect a message, if it is the newest, in one
// frame, and the only text of it.
func (r *receiver) expect(c *wsclient.Client, ln *lane, payload, text []byte) {
	want := &ln.expected[r.members[c.Tag()].room]
	number, ok := message.Number(text)
	due, okay := message.Due(text)
	stream, fine := message.Stream(text)
	newest := len(want.texts) == 0 || uint64(number) > want.texts[len(want.texts)-1].number
	mine := stream == int(r.members[c.Tag()].room) && number > 0 && number <= r.each
	if !ok || !okay || !fine || !newest || !mine || bytes.Count(payload, r.plan.Mark[:]) > 1 || c.Frame() == nil {
		return
	}
	seq, _ := sequence.ParseSeq(payload)
	want.add(c.Frame(), expectedMessage{number: uint64(number), due: due, seq: seq})
}
