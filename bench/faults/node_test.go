//go:build faults

package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// node is a plenum process, and how the test connects to it.
type node struct {
	*process
	number      int
	program     string // one of the process's args
	host, admin string // host:port
	dial        func(ctx context.Context, network, address string) (net.Conn, error)
	http        *http.Client

	mu      sync.Mutex
	changes []change // of its readiness
}

// change is a change of the answer of /readyz.
type change struct {
	at    time.Time
	state string
}

// Answers of /readyz. noAnswer stands for none.
const (
	ready    = "ready"
	busAway  = "the bus is away"
	noAnswer = "no answer"
)

// newNode returns a node that is not started yet.
func newNode(t *testing.T, number int, program, urls string, at location, flags ...string) *node {
	t.Helper()
	n := &node{number: number, program: program, dial: at.dial}
	n.host = fmt.Sprintf("127.0.0.1:%d", freePort(t, "127.0.0.1"))
	n.admin = fmt.Sprintf("127.0.0.1:%d", freePort(t, "127.0.0.1"))
	args := append(slices.Clone(at.run), program, "serve", "--listen="+n.host, "--admin="+n.admin, "--cluster="+urls, "--drain-window=0s")
	n.process = newProcess(t, fmt.Sprint("node", number), append(args, flags...)...)
	transport := &http.Transport{DialContext: n.dial, MaxIdleConnsPerHost: 16}
	t.Cleanup(transport.CloseIdleConnections)
	n.http = &http.Client{Transport: transport}
	return n
}

// location is the network in which a node runs, and how to connect to it.
type location struct {
	run  []string // command prefix that runs a program there
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// sameNetwork is the network of the test.
var sameNetwork = location{dial: new(net.Dialer).DialContext}

// get requests a page and returns its status and body. If there is no answer, the status is 0 and
// the body is the error.
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

// members returns the number of members of a room on all nodes, by the API of this node; -1 if
// the API does not answer.
func (n *node) members(room string) int {
	status, body := n.get(time.Second, n.host, "/api/rooms/"+room)
	var info struct{ Members int }
	if status != http.StatusOK || json.Unmarshal([]byte(body), &info) != nil {
		return -1
	}
	return info.Members
}

// readiness returns the answer of /readyz.
func (n *node) readiness() string {
	status, state := n.get(time.Second, n.admin, "/readyz")
	switch {
	case status == 0:
		return noAnswer
	case (status == http.StatusOK) != (state == ready), status != http.StatusOK && status != http.StatusServiceUnavailable:
		return fmt.Sprint(status, " ", state)
	}
	return state
}

// observe records each change of the readiness until ctx ends.
func (n *node) observe(ctx context.Context) {
	ticker := time.NewTicker(2 * tick)
	defer ticker.Stop()
	last := ""
	for {
		if state := n.readiness(); state != last {
			last = state
			n.mu.Lock()
			n.changes = append(n.changes, change{time.Now(), state})
			n.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// summary describes the changes of the readiness after since.
func (n *node) summary(since time.Time) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var b strings.Builder
	for _, c := range n.changes {
		if c.at.After(since) {
			fmt.Fprintf(&b, " %.2f s: %s;", c.at.Sub(since).Seconds(), c.state)
		}
	}
	if b.Len() == 0 {
		return " unchanged"
	}
	return b.String()
}

// span is a period of time.
type span struct{ from, to time.Time }

// backlog bounds how long a node is busy after it answers again. It then has to handle the messages
// that were sent to it while it did not answer.
const backlog = 10 * time.Second

// outages returns the periods in which the node reported an outage of the bus and could answer
// at once.
func (n *node) outages() (all []span) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var answered time.Time // when it answered again after no answer
	for i, c := range n.changes {
		if i > 0 && n.changes[i-1].state == noAnswer {
			answered = c.at
		}
		if c.state == busAway && i+1 < len(n.changes) && c.at.Sub(answered) > backlog {
			all = append(all, span{c.at, n.changes[i+1].at})
		}
	}
	return all
}
