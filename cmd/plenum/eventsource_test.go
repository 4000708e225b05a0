package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
)

// wire is a way to a server that can be cut.
type wire struct {
	url string

	mu    sync.Mutex
	conns []net.Conn
}

// wireTo passes connections on to a server until the test ends.
func wireTo(t *testing.T, s *testServer) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{url: "http://" + ln.Addr().String()}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				_ = in.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, in, out)
			w.mu.Unlock()
			for a, b := range map[net.Conn]net.Conn{in: out, out: in} {
				running.Go(func() {
					_, _ = io.Copy(a, b) // until it is cut
					_, _ = a.Close(), b.Close()
				})
			}
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		w.cut()
		running.Wait()
	})
	return w
}

// cut ends what goes through it now.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

// A browser's EventSource comes back by itself, and misses nothing.
func TestABrowsersEventSourceResumes(t *testing.T) {
	s := start(t)
	w := wireTo(t, s)
	browser := browsertest.Start(t, time.Minute)
	tab := browser.Open(t, w.url+"/chat.js") // any document of the server's will do
	tab.Run(`
		window.heard = [];
		window.source = new EventSource("/sse/rooms/a");
		source.onmessage = (e) => heard.push(JSON.parse(e.data).text);
		source.addEventListener("gap", (e) => heard.push("gap"));
	`)
	say := func(from, to int) {
		for i := from; i <= to; i++ {
			status, _, _ := call(t, "POST", s.url+"/api/rooms/a/messages", fmt.Sprintf(`{"text":"%d"}`, i))
			require.Equal(t, 202, status)
		}
	}
	here := func(n string) {
		require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == n }, wait, tick)
	}
	here("1")
	said := ""
	for i := range 2 {
		say(10*i+1, 10*i+5)
		tab.Until(fmt.Sprintf(`heard.length === %d`, 10*i+5))
		w.cut()
		here("0")
		say(10*i+6, 10*i+10) // nobody hears it
		tab.Until(fmt.Sprintf(`heard.length === %d`, 10*i+10))
	}
	for i := range 20 {
		said += fmt.Sprint(i+1, ",")
	}
	tab.Until(`heard.join() + "," === ` + browsertest.Quote(said))
}
