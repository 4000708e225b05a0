package engine_test

import (
	"bytes"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

// collect calls Collect with a text, and returns begins.
func collect(t testing.TB, conn *engine.Conn, text string) (begins bool) {
	t.Helper()
	f := frame.Append(nil, frame.Text, []byte(text))
	taken, begins, err := conn.Collect(f)
	require.NoError(t, err)
	require.Equal(t, len(f), taken)
	return begins
}

func TestCollectedFramesAreWrittenTogetherAndInOrder(t *testing.T) {
	s, j := serveJournal(t, engine.Config{})
	c := s.connect(t)
	c.upgrade()
	conn := <-j.opened
	assert.True(t, collect(t, conn, "one"))
	assert.False(t, collect(t, conn, "two"))
	require.NoError(t, conn.Send(frame.Text, []byte("three"))) // collected too
	conn.WriteCollected()
	together := []string{"one", "two", "three"}
	size := 0
	for _, text := range together {
		size += len(frame.Append(nil, frame.Text, []byte(text)))
	}
	_, err := c.in.Peek(1)
	require.NoError(t, err)
	assert.Equal(t, size, c.in.Buffered(), "one read returns all")
	for _, text := range together {
		c.want(frame.Text, text)
	}

	assert.True(t, collect(t, conn, "four"))
	_, err = conn.WriteFrames(frame.Append(nil, frame.Text, []byte("five")))
	require.NoError(t, err)
	conn.WriteCollected()
	conn.WriteCollected() // does nothing
	c.want(frame.Text, "four")
	c.want(frame.Text, "five")
}

func TestLongFramesAreNotCollected(t *testing.T) {
	s, j := serveJournal(t, engine.Config{})
	c := s.connect(t)
	c.upgrade()
	conn := <-j.opened
	long := string(bytes.Repeat([]byte("x"), 8<<10))
	assert.True(t, collect(t, conn, "short"))
	assert.True(t, collect(t, conn, long))
	c.want(frame.Text, "short")
	c.want(frame.Text, long)
	conn.WriteCollected()
}

func TestCollectedFramesPrecedeTheCloseFrame(t *testing.T) {
	s, j := serveJournal(t, engine.Config{})
	c := s.connect(t)
	c.upgrade()
	conn := <-j.opened
	collect(t, conn, "last")
	require.NoError(t, conn.Close(frame.CloseNormal, ""))
	_, _, err := conn.Collect(frame.Append(nil, frame.Text, []byte("too late")))
	require.ErrorIs(t, err, engine.ErrClosed)
	conn.WriteCollected()
	c.want(frame.Text, "last")
	c.wantClose(frame.CloseNormal)
	c.send(0x88, closePayload(frame.CloseNormal, ""))
	j.wantClosed(t, frame.CloseNormal)
}

func TestCollectTakesNothingUntilAFullSocketHasDrained(t *testing.T) {
	d := newDrainer()
	s := serveOn(t, listen(t, 8<<10), engine.Config{}, func() engine.Handler { return d })
	c := s.connectBuffered(t, 4<<10)
	c.upgrade()
	conn := <-d.opened
	f := frame.Append(nil, frame.Binary, make([]byte, 1000))
	sent := 0
	for full := false; !full; { // the client does not read
		for range 20 { // more than is collected at most
			taken, _, err := conn.Collect(f)
			require.NoError(t, err)
			sent += taken
			full = taken == 0
		}
		conn.WriteCollected()
	}
	for range sent / len(f) {
		_, payload := c.read()
		require.Len(t, payload, 1000)
	}
	again := frame.Append(nil, frame.Text, []byte("again"))
	require.Eventually(t, func() bool {
		taken, _, err := conn.Collect(again)
		return err == nil && taken == len(again)
	}, soon, poll)
	conn.WriteCollected()
	c.want(frame.Text, "again")
	<-d.drained
}

func TestTheHandlerLearnsWhetherAMessageHasCompany(t *testing.T) {
	batch := make(chan bool, 4)
	s := serve(t, engine.Config{}, func() engine.Handler {
		return hooks{message: func(c *engine.Conn, _ frame.Opcode, _ []byte) { batch <- c.InBatch() }}
	})
	c := s.connect(t)
	c.upgrade()
	c.send(0x81, "alone")
	assert.False(t, <-batch)
	c.write(bytes.Repeat(masked(0x81, "together"), 2))
	assert.True(t, <-batch)
	assert.True(t, <-batch)
	c.send(0x81, "alone")
	assert.False(t, <-batch)
}

// turnJob is a job for AfterTurn.
type turnJob func() (again bool)

func (j *turnJob) Run() (again bool) { return (*j)() }

func TestJobsAfterTheTurnRunWhenTheMessagesThatArrivedTogetherWereHandled(t *testing.T) {
	order := make(chan string, 10)
	s := serve(t, engine.Config{}, func() engine.Handler {
		return hooks{message: func(c *engine.Conn, _ frame.Opcode, data []byte) {
			text := string(data)
			times := 0
			job := turnJob(func() (again bool) {
				times++
				order <- "after " + text
				return text == "first" && times < 2
			})
			assert.True(t, c.AfterTurn(&job))
			order <- text
		}}
	})
	c := s.connect(t)
	c.upgrade()
	c.write(append(masked(0x81, "first"), masked(0x81, "second")...))
	for _, want := range []string{"first", "second", "after first", "after second", "after first"} {
		assert.Equal(t, want, <-order)
	}
}

func TestConnectionsWithTheSameNumberOfAPollerShareItsGoroutine(t *testing.T) {
	const pollers = 3
	runs := make(chan [2]string, 1) // the number and the goroutine
	s := serve(t, engine.Config{Pollers: pollers}, func() engine.Handler {
		return hooks{message: func(c *engine.Conn, _ frame.Opcode, _ []byte) {
			job := turnJob(func() (again bool) {
				stack := make([]byte, 64)
				goroutine := strings.Fields(string(stack[:runtime.Stack(stack, false)]))[1]
				runs <- [2]string{strconv.Itoa(c.Poller()), goroutine}
				return false
			})
			c.AfterTurn(&job)
		}}
	})
	goroutines, numbers := map[string]string{}, map[string]string{}
	for range 4 * pollers {
		c := s.connect(t)
		c.upgrade()
		c.send(0x81, "hi")
		run := <-runs
		number, goroutine := run[0], run[1]
		assert.Contains(t, []string{"0", "1", "2"}, number)
		assert.Contains(t, []string{"", goroutine}, goroutines[number])
		assert.Contains(t, []string{"", number}, numbers[goroutine])
		goroutines[number], numbers[goroutine] = goroutine, number
	}
}

// The client's messages are answered while a collector has begun a write, which it must end.
func TestAnswersJoinAWriteThatACollectorHasBegun(t *testing.T) {
	s, j := serveJournal(t, engine.Config{})
	answered := make(chan struct{}, 2)
	j.message = func(c *engine.Conn, op frame.Opcode, data []byte) {
		_ = c.Send(op, data)
		answered <- struct{}{}
	}
	c := s.connect(t)
	c.upgrade()
	conn := <-j.opened
	assert.True(t, collect(t, conn, "collected"))
	c.write(append(masked(0x81, "one"), masked(0x81, "two")...))
	<-answered
	<-answered
	assert.False(t, collect(t, conn, "and more"), "the write goes on")
	conn.WriteCollected()
	for _, text := range []string{"collected", "one", "two", "and more"} {
		c.want(frame.Text, text)
	}
}
