package client

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/coder/websocket"
)

// Bounds of the waits between two connections.
const (
	firstWait     = 250 * time.Millisecond // what the first random wait is below
	maxWait       = 30 * time.Second       // what any is below
	stableFor     = 10 * time.Second       // a connection of this is no failure
	maxServerWait = 10 * time.Minute       // what a server may ask for
	leastSlowWait = time.Second            // after 1013, at least
)

// backoff draws the waits: any up to a bound, so that the clients of a server that was lost
// come back spread out, and a bound that doubles, so that they leave it alone while it
// cannot serve them.
type backoff struct{ failures int }

// reset begins anew with the shortest waits.
func (b *backoff) reset() { b.failures = 0 }

// next is the wait after one more failure. random returns a duration of [0, below).
func (b *backoff) next(random func(below time.Duration) time.Duration) time.Duration {
	below := firstWait << b.failures
	if below >= maxWait {
		return random(maxWait)
	}
	b.failures++
	return random(below)
}

// statusError is a handshake that was answered otherwise.
type statusError struct {
	status     int
	retryAfter string // the header, empty where there was none
}

func (e statusError) Error() string {
	return fmt.Sprintf("the handshake was answered %d %s", e.status, http.StatusText(e.status))
}

// advice is what the end of a connection says about the next one.
type advice struct {
	atLeast time.Duration // to stay away
	planned bool          // the server knows when it is back: it has not failed
	final   bool          // coming back is of no use
}

func advise(why error, now time.Time) advice {
	var status statusError
	if errors.As(why, &status) {
		return status.advise(now)
	}
	var end websocket.CloseError
	if !errors.As(why, &end) {
		return advice{}
	}
	switch end.Code {
	case websocket.StatusPolicyViolation:
		return advice{final: true}
	case websocket.StatusServiceRestart:
		wait := retryDelay(end.Reason)
		return advice{atLeast: wait, planned: wait > 0}
	case websocket.StatusTryAgainLater:
		return advice{atLeast: max(retryDelay(end.Reason), leastSlowWait)}
	}
	return advice{}
}

// advise is about status codes: of those that blame the request only the ones that pass by
// themselves are worth another try (RFC 9110 section 15.5, RFC 6585 section 4, RFC 8470).
func (e statusError) advise(now time.Time) advice {
	switch e.status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return advice{atLeast: parseRetryAfter(e.retryAfter, now)}
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return advice{}
	}
	return advice{final: e.status >= 400 && e.status < 500}
}

// parseRetryAfter reads a Retry-After: seconds or a date (RFC 9110 section 10.2.3).
func parseRetryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, maxServerWait)
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxServerWait)
}

var retryIn = regexp.MustCompile(`retry in (\d{1,9}) ms`)

// retryDelay is the time in a close frame's reason, 0 if there is none.
func retryDelay(reason string) time.Duration {
	found := retryIn.FindStringSubmatch(reason)
	if found == nil {
		return 0
	}
	ms, _ := strconv.Atoi(found[1]) // digits, and few
	return min(time.Duration(ms)*time.Millisecond, maxServerWait)
}
