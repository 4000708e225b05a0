package load

import (
	"bytes"
	"sort"

	"plenum/bench/message"
	"plenum/bench/wsclient"
)

// expectedStream holds the latest frames of one room, as one loop received them. The first
// member on the loop to receive a frame adds it. The stream belongs to its loop.
//
// A server usually sends all members of a room the same bytes. So for every other member it is
// enough to compare its next frames with the expected ones. If they are equal byte by byte, their
// numbers and times are known, at a fraction of the cost of parsing them. Frames that differ in any
// byte are parsed as usual.
type expectedStream struct {
	data  []byte            // frames, as received; or lines of frames, each with a newline
	texts []expectedMessage // with consecutive numbers
	lines bool              // frames hold lines, and two members may receive the same lines in different frames
}

// expectedMessage is one message of an expected stream. Its frame or line ends at the beginning of
// the next one.
type expectedMessage struct {
	begin  int    // offset in data
	number uint64 // in the text
	due    int64  // in the text, microseconds
	seq    uint64 // the server's number; 0: none
	run    int    // number of messages directly before this one from which seq rises by one without a break
}

// expectedSize is the number of bytes that an expected stream keeps when it is shortened. That happens
// at twice this size. The frames of a member that is further behind are parsed, which costs several
// times as much. So such a member may fall even further behind.
const expectedSize = 8 << 20

// find returns the index of the message with that number. ok is false if the stream does not
// have it.
func (t *expectedStream) find(number uint64) (index int, ok bool) {
	if len(t.texts) == 0 {
		return 0, false
	}
	index = int(number - t.texts[0].number)
	return index, index >= 0 && index < len(t.texts)
}

// end returns the offset in data at which the message at an index ends.
func (t *expectedStream) end(index int) int {
	if index+1 < len(t.texts) {
		return t.texts[index+1].begin
	}
	return len(t.data)
}

// same compares b with the messages from an index on. It returns how many of them b begins
// with, and their size in bytes.
func (t *expectedStream) same(b []byte, index int) (n, size int) {
	begin := t.texts[index].begin
	same := commonPrefix(b, t.data[begin:])
	n = sort.Search(len(t.texts)-index, func(i int) bool { return t.end(index+i)-begin > same })
	if n == 0 {
		return 0, 0
	}
	return n, t.end(index+n-1) - begin
}

// commonPrefix returns the length of the longest common prefix of a and b.
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

// sameLines is like same, for frames of lines. It returns how many messages b begins with in whole
// frames, and the number and the size of these frames.
func (t *expectedStream) sameLines(b []byte, index int) (n, frames, size int) {
	for index+n < len(t.texts) {
		head, length := wsclient.PlainText(b[size:])
		lines := 0
		if head > 0 {
			lines = t.linesOf(b[size+head:size+head+length], index+n)
		}
		if lines == 0 {
			break
		}
		n, frames, size = n+lines, frames+1, size+head+length
	}
	return n, frames, size
}

// linesOf returns the number of messages, from an index on, whose lines make up a payload. It returns 0
// if the payload has anything else.
func (t *expectedStream) linesOf(payload []byte, index int) int {
	begin := t.texts[index].begin
	want := t.data[begin:]
	if len(payload) >= len(want) || want[len(payload)] != '\n' || !bytes.Equal(payload, want[:len(payload)]) {
		return 0
	}
	return 1 + sort.Search(len(t.texts)-index, func(i int) bool { return t.end(index+i)-begin > len(payload) })
}

// add appends a message and a copy of its frame or line, whole. If its number is not the next one, the
// stream is emptied first.
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
	if t.lines {
		t.data = append(t.data, '\n')
	}
	t.texts = append(t.texts, one)
}

// shorten removes messages from the front until at most expectedSize bytes are left.
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

// follow implements wsclient.Config.OnFrames. It consumes and counts the frames at the beginning of b
// that are equal to the next expected frames of the member.
func (r *receiver) follow(c *wsclient.Client, b []byte) (used, frames int) {
	ln, m := r.lanes[c.Loop()], &r.members[c.Tag()]
	if ln.expected == nil {
		return 0, 0
	}
	want := &ln.expected[m.group]
	index, ok := want.find(r.tracks[c.Tag()].Last + 1)
	if !ok {
		return 0, 0
	}
	n := 0
	if r.lines {
		n, frames, used = want.sameLines(b, index)
	} else {
		n, used = want.same(b, index)
		frames = n
	}
	if n > 0 {
		r.expected(c, ln, want.texts[index:index+n])
	}
	return used, frames
}

// expected counts the messages that a member received, because their frames were equal to those of texts.
func (r *receiver) expected(c *wsclient.Client, ln *lane, texts []expectedMessage) {
	first, last := &texts[0], &texts[len(texts)-1]
	r.tracks[c.Tag()].Run(uint64(len(texts)))
	ln.delivered += uint64(len(texts))
	times := ln.last[int(r.members[c.Tag()].group)*r.each+int(first.number)-1:][:len(texts)]
	for i := range times {
		times[i] = c.ReadAt()
	}
	if ln.stages != nil {
		for i := range texts {
			r.time(ln, texts[i].due, c.ReadAt(), (c.Tag()+int(texts[i].number))&r.mask == 0)
		}
	} else {
		for i := -(c.Tag() + int(first.number)) & r.mask; i < len(texts); i += r.mask + 1 {
			r.time(ln, texts[i].due, c.ReadAt(), true)
		}
	}
	if r.rooms == nil || !r.numbered(c.Tag()) {
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

// expect adds a message to the expected stream of its room. It leaves out a message that is not the newest
// one of the room, is damaged, or has another text. wire is the frame or the line of the message; if it is
// nil, the message is left out too. seq is the server's number or 0.
func (r *receiver) expect(c *wsclient.Client, ln *lane, payload, text, wire []byte, seq uint64) {
	want := &ln.expected[r.members[c.Tag()].group]
	number, numberOK := message.Number(text)
	due, dueOK := message.Due(text)
	stream, streamOK := message.Stream(text)
	newest := len(want.texts) == 0 || uint64(number) > want.texts[len(want.texts)-1].number
	mine := stream == int(r.members[c.Tag()].group) && number > 0 && number <= r.each
	if !numberOK || !dueOK || !streamOK || !newest || !mine || bytes.Count(payload, r.plan.Mark.Start()) > 1 || wire == nil {
		return
	}
	want.add(wire, expectedMessage{number: uint64(number), due: due, seq: seq})
}
