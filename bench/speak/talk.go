package speak

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"plenum/bench/clock"
)

// Conn is the connection of a client. A wsclient.Client is one.
type Conn interface {
	Send(payload []byte) error
	CountPing()
}

// Talk handles the messages without a text that the clients of one process receive. It sends the answers,
// counts the confirmed joins and keeps the first fault.
type Talk struct {
	Dialect

	// atomic
	joins atomic.Int64           // joins that the server has confirmed
	fault atomic.Pointer[string] // the first fault; nil: none
}

// NewTalk returns a talk in a dialect.
func NewTalk(d Dialect) *Talk { return &Talk{Dialect: d} }

// Frame handles a frame without a text, which c has received. member returns the names of the client. Frame
// must be called from the client's loop.
func (t *Talk) Frame(c Conn, payload []byte, member func() Member) {
	for len(payload) > 0 {
		var message []byte
		message, payload = t.Split(payload)
		t.Message(c, message, member)
	}
}

// Message is like Frame, for one message of a frame.
func (t *Talk) Message(c Conn, message []byte, member func() Member) {
	if len(message) == 0 {
		return
	}
	r := t.Receive(message, member)
	for _, payload := range r.Send {
		_ = c.Send(payload) // if the connection is closed, OnClose has counted it
	}
	if r.Ping {
		c.CountPing()
	}
	if r.Joins > 0 {
		t.joins.Add(int64(r.Joins))
	}
	if r.Fault != "" {
		t.note(r.Fault)
	}
}

// Joined returns how many joins the server has confirmed.
func (t *Talk) Joined() int64 { return t.joins.Load() }

func (t *Talk) note(fault string) { t.fault.CompareAndSwap(nil, &fault) }

// Fault returns the first fault, or "".
func (t *Talk) Fault() string {
	if first := t.fault.Load(); first != nil {
		return *first
	}
	return ""
}

// Err returns an error with the first fault, or nil.
func (t *Talk) Err() error {
	if fault := t.Fault(); fault != "" {
		return fmt.Errorf("bench: --speak=%s: %s", t.Name, fault)
	}
	return nil
}

// answerTimeout is the longest wait for the answers to joins.
const answerTimeout = 30 * time.Second

// Await waits until the server has confirmed that many joins since the start. It returns an error
// at the first fault, when a connection has ended, or after 30 s. ended returns why the first
// connection ended, or "".
func (t *Talk) Await(ctx context.Context, joins int64, ended func() string) error {
	const interval = 5 * time.Millisecond
	for due := time.Now().Add(answerTimeout); t.Joined() < joins; {
		end := ended() // read before the fault, because a server sends a fault before it ends the connection
		switch err := t.Err(); {
		case err != nil:
			return err
		case end != "":
			return fmt.Errorf("bench: --speak=%s: a connection ended before it had joined: %s: expected %s%s", t.Name, end, t.expected(), t.hint(end))
		case time.Now().After(due):
			return fmt.Errorf("bench: --speak=%s: %d of %d joins were not answered in %v: expected %s", t.Name, joins-t.Joined(), joins, answerTimeout, t.expected())
		}
		if err := clock.Sleep(ctx, interval); err != nil {
			return err
		}
	}
	return nil
}

// hint names the option to check if Centrifugo has ended a connection because its token is missing (3501) or wrong (3500). It
// is empty for other ends.
func (t *Talk) hint(end string) string {
	if t.Name == Centrifugo && (strings.HasPrefix(end, "closed with 3500") || strings.HasPrefix(end, "closed with 3501")) {
		return ": check --token-secret, the server's HMAC key"
	}
	return ""
}

// expected describes the messages by which the server confirms a join.
func (t *Talk) expected() string {
	switch t.Name {
	case Centrifugo:
		return `{"id":1,"connect":{…}} and {"id":3,"subscribe":{…}}`
	case SocketIO:
		return `0{"sid":…}, 40{"sid":…} and the acknowledgement 430[…] of the event 420["join","ROOM"]`
	}
	return established + `…} and ` + string(subscribed) + `…}: check --app`
}
