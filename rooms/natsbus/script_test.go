package natsbus

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plenum/rooms"
)

var update = flag.Bool("update", false, "rewrite the traces in testdata/*.txt")

// TestScripts runs the scripts in testdata. Each line of a script is an event. The indented lines after it
// are the resulting actions and, after "=", the resulting state. A line that begins with # is a comment.
// "go test -run TestScripts -update" rewrites the indented lines.
//
// In scripts of two nodes, a line begins with the node that the event happens to, "a:" or "b:". Then the event
// and its arguments follow. An answer belongs to the node's last read, inquiry or proposal, or to number=N.
//
//	follow, unfollow                 evFollow, evUnfollow
//	publish NAME [size=N]            NAME publishes a message of N bytes
//	reach epoch=E seq=N name=NAME    NAME resumes from that position and waits
//	late name=NAME                   NAME stops waiting
//	batch at=N epoch=E first=N count=N by=NODE/N before=N
//	                                 the stream republishes a batch; count, by and before are optional
//	read at=N …                      a batch was read; the arguments are those of batch
//	read end, read more, read failed, read broken
//	taken at=N, conflict last=N, retry
//	                                 the stream's answer to the proposal; last is optional
//	answer none                      the leader has no such message
//	answer at=N …, answer at=N other the leader has a batch of this room, or of another
//	send, check, verify              evSend, evCheck, evVerify
//	away, replaced                   evBusAway, evStreamReplaced
//	tick D [check]                   D passes, then evTick, with mayCheck
//	wait D                           D passes
//	view joined=D rollback=N watched=N soon=N
//	                                 the streamView of the node from now on
//	overloaded, relieved             the follower refuses batches from now on, or accepts them again
//
// An epoch is written as its milliseconds and its random bits, for example 1500.1, or as the random bits alone.
// The random bits of a new epoch are 1 at node a and 2 at node b.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(string(want), "# "), "a script begins with a comment that describes it")
			got := runScript(t, string(want))
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
				return
			}
			require.Equal(t, string(want), got)
		})
	}
}

// runScript runs a script, and returns the script with its new trace.
func runScript(t *testing.T, text string) string {
	s := &script{nodes: map[string]*scriptNode{}}
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if strings.HasPrefix(line, "  ") {
			continue
		}
		s.trace.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		require.NoError(t, s.run(line), "line %d: %s", i+1, line)
	}
	return s.trace.String()
}

// script is a running script.
type script struct {
	nodes map[string]*scriptNode
	now   moment
	trace strings.Builder
}

// scriptNode is a node with its state of the room.
type scriptNode struct {
	state      state
	view       streamView
	overloaded bool
	last       map[actionKind]uint64 // number of the last request of each kind
	asks       bool                  // the last try of the proposal asks for an answer
	waiters    map[string]chan struct{}
}

func (s *script) node(name string) *scriptNode {
	n := s.nodes[name]
	if n == nil {
		n = &scriptNode{
			state: newState(nodeID(name), "room", minKept, 0), view: streamView{joined: 1},
			last: map[actionKind]uint64{}, waiters: map[string]chan struct{}{},
		}
		s.nodes[name] = n
	}
	return n
}

// nodeID returns the number of a node: 1 for a, 2 for b.
func nodeID(name string) uint64 { return uint64(name[0] - 'a' + 1) }

// scriptLine has the words and the named arguments of a line.
type scriptLine struct {
	words []string
	named map[string]string
	err   error
}

func parseLine(text string) *scriptLine {
	l := &scriptLine{named: map[string]string{}}
	for _, word := range strings.Fields(text) {
		if name, value, ok := strings.Cut(word, "="); ok {
			l.named[name] = value
			continue
		}
		l.words = append(l.words, word)
	}
	return l
}

func (l *scriptLine) word(i int) string {
	if i < len(l.words) {
		return l.words[i]
	}
	return ""
}

func (l *scriptLine) number(name string) (n uint64) {
	if text, ok := l.named[name]; ok {
		n, l.err = strconv.ParseUint(text, 10, 64)
	}
	return n
}

func (l *scriptLine) duration(text string) (d time.Duration) {
	d, l.err = time.ParseDuration(text)
	return d
}

func (l *scriptLine) epoch() rooms.Epoch {
	ms, random, ok := strings.Cut(l.named["epoch"], ".")
	if !ok {
		ms, random = "0", ms
	}
	high, err1 := strconv.ParseUint(ms, 10, 42)
	low, err2 := strconv.ParseUint(random, 10, randomBits)
	if err1 != nil || err2 != nil {
		l.err = fmt.Errorf("epoch %q", l.named["epoch"])
	}
	return rooms.Epoch(high<<randomBits | low)
}

// head returns the head of the batch in a line.
func (l *scriptLine) head() head {
	h := head{epoch: l.epoch(), first: l.number("first"), count: uint32(l.number("count")), node: nodeID("x"), number: l.number("at")}
	if by, number, ok := strings.Cut(l.named["by"], "/"); ok {
		h.node = nodeID(by)
		h.number, l.err = strconv.ParseUint(number, 10, 64)
	}
	return h
}

func (l *scriptLine) batch(source source) batch {
	return batch{at: l.number("at"), before: l.number("before"), head: l.head(), source: source, single: l.word(len(l.words)-1) == "single"}
}

// run runs a line.
func (s *script) run(line string) error {
	name, rest, ok := strings.Cut(line, ": ")
	if !ok {
		name, rest = "a", line
	}
	n, l := s.node(name), parseLine(rest)
	e := event{stream: n.view, random: nodeID(name)}
	switch l.word(0) {
	case "wait":
		s.now += l.duration(l.word(1))
		return l.err
	case "view":
		n.view = streamView{joined: l.duration(l.named["joined"]), rollbackSeenAt: l.number("rollback"), watchedFrom: l.number("watched"), soon: l.number("soon")}
		return l.err
	case "overloaded", "relieved":
		n.overloaded = l.word(0) == "overloaded"
		return nil
	case "tick":
		s.now += l.duration(l.word(1))
		e.kind, e.mayCheck = evTick, l.word(2) == "check"
	default:
		if err := n.parse(l, &e); err != nil {
			return err
		}
	}
	if l.err != nil {
		return l.err
	}
	s.step(n, &e)
	return nil
}

// parse sets e to the event of a line.
func (n *scriptNode) parse(l *scriptLine, e *event) error {
	simple := map[string]eventKind{
		"follow": evFollow, "unfollow": evUnfollow, "send": evSend, "check": evCheck, "verify": evVerify, "away": evBusAway, "replaced": evStreamReplaced,
		"read end": evReadEnd, "read more": evReadMore, "read failed": evReadFailed, "read broken": evReadBroken, "retry": evRetry,
		"taken": evTaken, "conflict": evConflict, "answer none": evAnswer, "answer other": evAnswer,
	}
	kind, isSimple := simple[strings.Join(l.words, " ")]
	answers := map[eventKind]actionKind{evTaken: actPublish, evConflict: actPublish, evRetry: actPublish, evAnswer: actAsk}
	e.kind = kind
	switch what := l.word(0); {
	case what == "publish":
		e.kind, e.body, e.receipt, e.maxMessage = evPublish, make([]byte, l.number("size")), scriptReceipt(l.word(1)), 1<<20
	case what == "reach":
		e.kind, e.since, e.done = evReach, rooms.Since{Epoch: l.epoch().String(), Seq: l.number("seq")}, make(chan struct{})
		n.waiters[l.named["name"]] = e.done
	case what == "late":
		e.kind, e.done = evReachTimeout, n.waiters[l.named["name"]]
	case what == "batch":
		e.kind, e.batch = evBatch, l.batch(byRepublish)
	case what == "read" && !isSimple:
		e.kind, e.batch = evReadBatch, l.batch(byRead)
	case what == "answer" && l.word(1) == "":
		e.kind, e.answer = evAnswer, leaderAnswer{found: true, at: l.number("at"), room: true, head: l.head()}
	case what == "answer":
		e.answer = leaderAnswer{found: l.word(1) == "other", at: l.number("at")}
	case !isSimple:
		return fmt.Errorf("no such event: %v", l.words)
	}
	e.number = n.last[actRead]
	if request, ok := answers[e.kind]; ok {
		e.number = n.last[request]
	}
	if answers[e.kind] == actPublish && !n.asks {
		return errors.New("the proposal has not asked for an answer")
	}
	if _, ok := l.named["number"]; ok {
		e.number = l.number("number")
	}
	e.at, e.subscribed = max(l.number("at"), l.number("last")), n.state.followed()
	_, e.atKnown = l.named["last"]
	return nil
}

// scriptWall is the time at which a script begins, in Unix milliseconds.
const scriptWall = 1000

// step steps the state of n by e, and writes the resulting actions and state.
func (s *script) step(n *scriptNode, e *event) {
	e.now, e.wall = s.now+2, scriptWall+s.now.Milliseconds()
	if e.kind != evDelivered && e.kind != evRefused {
		e.batch.head.born = e.wall
	}
	next := noEvent
	for _, a := range n.state.step(e) {
		fmt.Fprintln(&s.trace, "  "+n.describe(&a))
		switch a.kind {
		case actRead, actAsk, actPublish:
			n.last[a.kind], n.asks = a.number, a.kind == actPublish && a.asks || a.kind != actPublish && n.asks
		case actDeliver:
			next, e.batch = evDelivered, a.batch
			if n.overloaded {
				next = evRefused
			}
		}
	}
	if e.kind = next; next != noEvent {
		fmt.Fprintln(&s.trace, "  "+map[eventKind]string{evDelivered: "delivered", evRefused: "refused"}[next])
		s.step(n, e)
		return
	}
	fmt.Fprintln(&s.trace, "  = "+describeState(&n.state))
}

// scriptReceipt is the receipt of a publisher with this name.
type scriptReceipt string

func (scriptReceipt) Published(rooms.Epoch, uint64, error) {}

// describe returns an action as text.
func (n *scriptNode) describe(a *action) string {
	switch a.kind {
	case actBegin:
		return "begin epoch=" + epochText(a.epoch)
	case actDeliver:
		return fmt.Sprintf("deliver at=%d %s", a.batch.at, numbers(a.batch.head.first, uint64(a.batch.head.count)))
	case actReceipt:
		return "receipt " + describeReceipt(a)
	case actReached:
		for name, done := range n.waiters {
			if done == a.done {
				return "reached " + name
			}
		}
	case actRead, actAsk:
		return fmt.Sprintf("%s #%d %s", map[actionKind]string{actRead: "read", actAsk: "ask leader"}[a.kind], a.number, describeRequest(a.request))
	case actPublish:
		h, _, err := parseBatch(a.data)
		if err != nil {
			return err.Error()
		}
		asks := ""
		if a.asks {
			asks = ", asks"
		}
		return fmt.Sprintf("publish #%d expects=%d epoch=%s %s%s", a.number, a.expects, epochText(h.epoch), numbers(h.first, uint64(h.count)), asks)
	}
	return map[actionKind]string{
		actOpen: "open", actEnd: "end", actDrop: "drop", actWake: "wake", actChecked: "checked", actSuperseded: "superseded", actRenewed: "renewed",
	}[a.kind]
}

func describeReceipt(a *action) string {
	publishers := []string{}
	for _, to := range a.receipts {
		publishers = append(publishers, string(to.(scriptReceipt)))
	}
	if a.receipt != nil {
		publishers = append(publishers, string(a.receipt.(scriptReceipt)))
	}
	names := strings.Join(publishers, ", ")
	switch {
	case a.err != nil:
		return names + ": " + map[error]string{rooms.ErrBus: "ErrBus", rooms.ErrUnknown: "ErrUnknown", rooms.ErrBacklog: "ErrBacklog"}[a.err]
	case names == "":
		return "none: epoch=" + epochText(a.epoch)
	}
	return fmt.Sprintf("%s: epoch=%s %s", names, epochText(a.epoch), numbers(a.first, uint64(len(a.receipts))))
}

func describeRequest(r readRequest) string {
	switch {
	case r.LastFor != "":
		return "last"
	case r.NextFor != "":
		return fmt.Sprintf("from=%d", r.Seq)
	}
	return fmt.Sprintf("at=%d", r.Seq)
}

// numbers returns the numbers of a batch's messages as text.
func numbers(first, count uint64) string {
	switch count {
	case 0:
		return fmt.Sprintf("no message before %d", first)
	case 1:
		return fmt.Sprintf("message %d", first)
	}
	return fmt.Sprintf("messages %d to %d", first, first+count-1)
}

func epochText(e rooms.Epoch) string {
	if high := e >> randomBits; high != 0 {
		return fmt.Sprintf("%d.%d", high, e&(1<<randomBits-1))
	}
	return fmt.Sprint(uint64(e))
}

// describeState returns a state as text: the states of its machines, and its position.
func describeState(st *state) string {
	text := []string{
		[]string{"unknown", "founding", "known"}[st.phase],
		[]string{"trusted", "doubted", "contradicted"}[st.trust],
		[]string{"noFollower", "awaited", "filling", "open"}[st.following],
	}
	add := func(is bool, format string, args ...any) {
		if is {
			text = append(text, fmt.Sprintf(format, args...))
		}
	}
	requests := []string{"idle", "wanted", "underWay"}
	add(st.phase != unknown, "epoch=%s seq=%d last=%d", epochText(st.epoch), st.seq, st.last)
	add(st.mark.at != 0, "mark=%d", st.mark.at)
	add(st.emptied, "emptied")
	add(st.misses(), "missing=%d", st.missing.upTo)
	add(st.read.state != idle, "read=%s", requests[st.read.state])
	add(st.inquiry.state != idle, "inquiry=%s", requests[st.inquiry.state])
	if p := st.queue.proposal; p != nil {
		add(true, "%s=%s", map[bool]string{false: "proposal", true: "renewal"}[p.renews], []string{"queued", "fixed", "sent"}[p.state])
	}
	add(len(st.queue.waiting) > 0, "waiting=%d", len(st.queue.waiting))
	add(len(st.waiters) > 0, "waiters=%d", len(st.waiters))
	return strings.Join(text, " ")
}
