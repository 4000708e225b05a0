//go:build faults

package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// node is a plenum, and the way that the test has to it.
type node struct {
	*process
	number      int
	host, admin string // host:port
	dial        func(ctx context.Context, network, address string) (net.Conn, error)
	http        *http.Client

	mu      sync.Mutex
	changes []change // of its readiness
}

// change says that /readyz had another answer from a moment on.
type change struct {
	at   time.Time
	word string
}

// Words of /readyz.
const (
	isReady  = "ready"
	isCutOff = "the bus is away"
	isSilent = "no answer"
)

// newNode is not started yet. It is run by the command before its own, and reached by dial.
func newNode(t *testing.T, number int, urls string, place place, flags ...string) *node {
	t.Helper()
	n := &node{number: number, dial: place.dial}
	n.host = fmt.Sprintf("127.0.0.1:%d", freePort(t, "127.0.0.1"))
	n.admin = fmt.Sprintf("127.0.0.1:%d", freePort(t, "127.0.0.1"))
	args := append(place.run, serverPath, "serve", "--listen="+n.host, "--admin="+n.admin, "--cluster="+urls, "--drain-window=0s")
	n.process = newProcess(t, fmt.Sprint("node", number), append(args, flags...)...)
	way := &http.Transport{DialContext: n.dial, MaxIdleConnsPerHost: 16}
	t.Cleanup(way.CloseIdleConnections)
	n.http = &http.Client{Transport: way}
	return n
}

// place is where a node runs, and how it is reached there.
type place struct {
	run  []string // the command that runs it
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// here is the network that the test is in.
var here = place{dial: new(net.Dialer).DialContext}

// get returns status 0 where there is no answer.
func (n *node) get(within time.Duration, address, path string) (status int, body string) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	resp, err := n.http.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, strings.TrimSpace(string(b))
}

// members is how many members it says that a room has on all nodes; -1 where it does not.
func (n *node) members(room string) int {
	status, body := n.get(time.Second, n.host, "/api/rooms/"+room)
	var info struct{ Members int }
	if status != http.StatusOK || json.Unmarshal([]byte(body), &info) != nil {
		return -1
	}
	return info.Members
}

// readiness is what it says of itself.
func (n *node) readiness() string {
	status, word := n.get(time.Second, n.admin, "/readyz")
	switch {
	case status == 0:
		return isSilent
	case (status == http.StatusOK) != (word == isReady), status != http.StatusOK && status != http.StatusServiceUnavailable:
		return fmt.Sprint(status, " ", word)
	}
	return word
}

// observe notes each change of its readiness until ctx ends.
func (n *node) observe(ctx context.Context) {
	ticker := time.NewTicker(2 * tick)
	defer ticker.Stop()
	last := ""
	for {
		if word := n.readiness(); word != last {
			last = word
			n.mu.Lock()
			n.changes = append(n.changes, change{time.Now(), word})
			n.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// story is its readiness since a moment.
func (n *node) story(since time.Time) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var b strings.Builder
	for _, c := range n.changes {
		if c.at.After(since) {
			fmt.Fprintf(&b, " %.2f s: %s;", c.at.Sub(since).Seconds(), c.word)
		}
	}
	if b.Len() == 0 {
		return " as before"
	}
	return b.String()
}

// span is a time from a moment to another.
type span struct{ from, to time.Time }

// backlog is for how long a node that has not answered may be busy with what was said to it
// meanwhile.
const backlog = 10 * time.Second

// outages are the times when it said that the bus is away, and could have answered at once.
func (n *node) outages() (all []span) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var spoke time.Time // after it was silent
	for i, c := range n.changes {
		if i > 0 && n.changes[i-1].word == isSilent {
			spoke = c.at
		}
		if c.word == isCutOff && i+1 < len(n.changes) && c.at.Sub(spoke) > backlog {
			all = append(all, span{c.at, n.changes[i+1].at})
		}
	}
	return all
}
