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
	firstWait     = 250 * time.Millisecond // upper bound of the first random wait
	maxWait       = 30 * time.Second       // upper bound of all random waits
	stableFor     = 10 * time.Second       // a connection of this length resets the backoff
	maxServerWait = 10 * time.Minute       // longest wait that a server may ask for
	leastSlowWait = time.Second            // shortest wait after 1013
)

// backoff draws the random waits. They are random so that the clients of a server do not all reconnect at once. Their bound
// doubles with each failure, so that clients do not overload a server that cannot serve them.
type backoff struct{ failures int }

// reset returns to the shortest waits.
func (b *backoff) reset() { b.failures = 0 }

// next returns the wait after a failure. random returns a duration in [0, below).
func (b *backoff) next(random func(below time.Duration) time.Duration) time.Duration {
	below := firstWait << b.failures
	if below >= maxWait {
		return random(maxWait)
	}
	b.failures++
	return random(below)
}

// statusError says that the server answered the handshake with another status than 101.
type statusError struct {
	status     int
	retryAfter string // the header Retry-After, or empty
}

func (e statusError) Error() string {
	return fmt.Sprintf("the server answered the handshake with %d %s", e.status, http.StatusText(e.status))
}

// advice says when to reconnect after a connection has ended or failed.
type advice struct {
	atLeast time.Duration // the least wait
	planned bool          // the server has announced a restart, so this is no failure
	final   bool          // do not reconnect
}

// advise returns the advice for the reason why a connection ended or failed.
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

// advise returns the advice for the status. A status of 4xx is final, except 408, 425 and 429, whose cause may pass
// (RFC 9110 section 15.5, RFC 6585 section 4, RFC 8470).
func (e statusError) advise(now time.Time) advice {
	switch e.status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return advice{atLeast: parseRetryAfter(e.retryAfter, now)}
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return advice{}
	}
	return advice{final: e.status >= 400 && e.status < 500}
}

// parseRetryAfter returns the wait of a Retry-After, which is a number of seconds or a date (RFC 9110 section 10.2.3). It
// returns 0 if header is neither. now is the current time.
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

// retryDelay returns the wait in the reason of a close frame, or 0 if there is none.
func retryDelay(reason string) time.Duration {
	found := retryIn.FindStringSubmatch(reason)
	if found == nil {
		return 0
	}
	ms, _ := strconv.Atoi(found[1]) // at most nine digits
	return min(time.Duration(ms)*time.Millisecond, maxServerWait)
}
