package engine_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

func TestHandshakeIsAnsweredWithTheAcceptKey(t *testing.T) {
	c := serve(t, engine.Config{}, echo).connect(t)
	c.write([]byte(handshake))
	resp := c.response()
	assert.Equal(t, "101 Switching Protocols", resp.Status)
	assert.Equal(t, http.Header{
		"Upgrade":              {"websocket"},
		"Connection":           {"Upgrade"},
		"Sec-Websocket-Accept": {sampleAccept},
	}, resp.Header)
	c.wantEcho("hello")
}

// RFC 9110 sections 5.1 and 5.6.1: field names in any case, lists over several lines.
func TestHandshakeHeadersMayHaveAnyOrderCaseAndSpacing(t *testing.T) {
	s := serve(t, engine.Config{}, echo)
	lines := []string{
		"hOsT: plenum.test",
		"UPGRADE:WebSocket",
		"connection: keep-alive , foo",
		"CONNECTION:,\tuPgRaDe",
		"sec-websocket-KEY:   " + sampleKey + "  ",
		"Sec-websocket-version: 13",
		"Upgrade: h2c, other/1",
		"Origin: " + scheme() + "://PLENUM.test",
		"Sec-WebSocket-Extensions: permessage-deflate",
		"Sec-WebSocket-Protocol: chat",
		"Content-Length: 0",
	}
	for range 20 {
		rand.Shuffle(len(lines), func(i, k int) { lines[i], lines[k] = lines[k], lines[i] })
		c := s.connect(t)
		c.write([]byte("GET /any?x=1 HTTP/1.1\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"))
		resp := c.response()
		require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode, "%q", lines)
		require.Equal(t, sampleAccept, resp.Header.Get("Sec-WebSocket-Accept"))
		require.NotContains(t, resp.Header, "Sec-Websocket-Extensions", "none is negotiated")
		require.NotContains(t, resp.Header, "Sec-Websocket-Protocol", "none is chosen")
		c.wantEcho("hello")
	}
}

func TestAnInvalidHandshakeIsAnsweredWithItsStatus(t *testing.T) {
	s := serve(t, engine.Config{}, echo)
	other := s.dial(t)
	other.wantEcho("counted")
	replace := func(old, with string) string {
		require.Contains(t, handshake, old)
		return strings.Replace(handshake, old, with, 1)
	}
	with := func(line string) string { return replace("\r\n\r\n", "\r\n"+line+"\r\n\r\n") }
	for name, tc := range map[string]struct {
		request string
		status  int
		why     engine.Refusal
	}{
		"POST":                  {replace("GET", "POST"), 405, engine.RefusedMethod},
		"HEAD":                  {replace("GET", "HEAD"), 405, engine.RefusedMethod},
		"plain GET":             {"GET / HTTP/1.1\r\nHost: plenum.test\r\n\r\n", 426, engine.RefusedNotUpgrade},
		"no Connection":         {replace("Connection: Upgrade\r\n", ""), 426, engine.RefusedNotUpgrade},
		"Connection: upgrades":  {replace("Connection: Upgrade", "Connection: upgrades"), 426, engine.RefusedNotUpgrade},
		"no Upgrade":            {replace("Upgrade: websocket\r\n", ""), 426, engine.RefusedNotUpgrade},
		"Upgrade: h2c":          {replace("Upgrade: websocket", "Upgrade: h2c"), 426, engine.RefusedNotUpgrade},
		"no version":            {replace("Sec-WebSocket-Version: 13\r\n", ""), 426, engine.RefusedVersion},
		"version 8":             {replace("Version: 13", "Version: 8"), 426, engine.RefusedVersion},
		"version 13 and 8":      {with("Sec-WebSocket-Version: 8"), 426, engine.RefusedVersion},
		"no key":                {replace("Sec-WebSocket-Key: "+sampleKey+"\r\n", ""), 400, engine.RefusedHandshake},
		"two keys":              {with("Sec-WebSocket-Key: " + sampleKey), 400, engine.RefusedHandshake},
		"key of 15 bytes":       {replace(sampleKey, "dGhlIHNhbXBsZSBub25j"), 400, engine.RefusedHandshake},
		"key of 17 bytes":       {replace(sampleKey, "dGhlIHNhbXBsZSBub25jZTE="), 400, engine.RefusedHandshake},
		"key not base64":        {replace(sampleKey, "dGhlIHNhbXBsZSBub25jZ!=="), 400, engine.RefusedHandshake},
		"empty key":             {replace(sampleKey, ""), 400, engine.RefusedHandshake},
		"body":                  {with("Content-Length: 3") + "abc", 400, engine.RefusedHandshake},
		"chunked body":          {with("Transfer-Encoding: chunked") + "0\r\n\r\n", 400, engine.RefusedHandshake},
		"HTTP/1.0":              {replace("HTTP/1.1", "HTTP/1.0"), 400, engine.RefusedHandshake},
		"foreign origin":        {with("Origin: http://elsewhere.test"), 403, engine.RefusedOrigin},
		"origin on other port":  {with("Origin: http://plenum.test:81"), 403, engine.RefusedOrigin},
		"null origin":           {with("Origin: null"), 403, engine.RefusedOrigin},
		"origin no URL":         {with("Origin: %"), 403, engine.RefusedOrigin},
		"no Host":               {replace("Host: plenum.test\r\n", ""), 400, engine.RefusedRequest},
		"two Hosts":             {with("Host: plenum.test"), 400, engine.RefusedRequest},
		"space before a colon":  {with("X : y"), 400, engine.RefusedRequest},
		"not HTTP":              {"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400, engine.RefusedRequest},
		"frames with no answer": {string(masked(text, "hello")) + "\r\n\r\n", 400, engine.RefusedRequest},
	} {
		t.Run(name, func(t *testing.T) {
			before := s.Stats()
			c := s.connect(t)
			c.write([]byte(tc.request))
			_ = c.conn.CloseWrite() // may fail, because the server may have closed the connection already
			resp, err := http.ReadResponse(c.in, &http.Request{Method: strings.Fields(tc.request + " x")[0]})
			require.NoError(t, err)
			require.Equal(t, tc.status, resp.StatusCode)
			switch tc.why {
			case engine.RefusedMethod:
				assert.Equal(t, "GET", resp.Header.Get("Allow"))
			case engine.RefusedNotUpgrade:
				assert.Equal(t, "websocket", resp.Header.Get("Upgrade"), "RFC 9110 section 15.5.22")
				assert.Equal(t, "Upgrade", resp.Header.Get("Connection"), "RFC 9110 section 7.8")
			case engine.RefusedVersion:
				assert.Equal(t, "13", resp.Header.Get("Sec-WebSocket-Version"), "RFC 6455 section 4.4")
			}
			require.Eventually(t, func() bool { return s.refused(tc.why) == before.Refused[tc.why]+1 }, soon, poll)
			assert.Equal(t, before.Counts[engine.Upgrades], s.Stats().Counts[engine.Upgrades])
			other.wantEcho(name)
		})
	}
}

// RFC 9110 sections 15.5.22 and 7.8. The headers must be there even if the connection is closed afterwards.
func TestEvery426HasUpgradeAndConnectionHeaders(t *testing.T) {
	s := serve(t, engine.Config{}, echo)
	requests := map[string]string{
		"plain request":   "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"the last one":    "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"too long a body": "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
		"HTTP/1.0":        "GET / HTTP/1.0\r\n\r\n",
	}
	for name, request := range handshakes() {
		requests["another version, "+name] = strings.Replace(request, "Version: 13", "Version: 8", 1)
	}
	for name, request := range requests {
		c := s.connect(t)
		c.write([]byte(request))
		lines := textproto.NewReader(c.in) // not http.ReadResponse, which drops Connection if it contains close
		status, err := lines.ReadLine()
		require.NoError(t, err)
		assert.Contains(t, status, " 426 ", name)
		header, err := lines.ReadMIMEHeader()
		require.NoError(t, err)
		assert.Equal(t, []string{"websocket"}, header["Upgrade"], name)
		assert.Contains(t, header["Connection"], "Upgrade", name)
	}
}

func TestAllowOriginDecides(t *testing.T) {
	asked := make(chan string, 2)
	s := serve(t, engine.Config{AllowOrigin: func(r *http.Request) bool {
		asked <- r.Header.Get("Origin")
		return strings.HasSuffix(r.Header.Get("Origin"), ".friend.test")
	}}, echo)
	for origin, status := range map[string]int{"https://a.friend.test": 101, "https://a.foe.test": 403} {
		c := s.connect(t)
		c.write([]byte(strings.Replace(handshake, "\r\n\r\n", "\r\nOrigin: "+origin+"\r\n\r\n", 1)))
		assert.Equal(t, status, c.response().StatusCode)
		assert.Equal(t, origin, <-asked)
	}
	s.dial(t).wantEcho("no origin, not asked")
	assert.Empty(t, asked)
}

func TestBytesSentWithTheRequestAreHandledInOrderAfterOnOpen(t *testing.T) {
	for name, split := range map[string]int{"whole": 0, "cut within a frame": 9, "cut within a header": 1} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, engine.Config{}, func() engine.Handler {
				h := echo().(hooks)
				h.open = func(c *engine.Conn) { _ = c.Send(frame.Text, []byte("open")) }
				return h
			})
			var frames []byte
			for i := range 50 {
				frames = append(frames, masked(text, fmt.Sprint("message ", i))...)
			}
			now := len(frames) - split
			c := s.connect(t)
			c.write(append([]byte(handshake), frames[:now]...))
			require.Equal(t, 101, c.response().StatusCode)
			c.want(frame.Text, "open")
			for i := range 49 {
				c.want(frame.Text, fmt.Sprint("message ", i))
			}
			c.write(append(frames[now:], masked(closing, closePayload(1000, ""))...))
			c.want(frame.Text, "message 49")
			c.wantClose(1000)
		})
	}
}

func TestCloseSentWithTheRequestIsAnswered(t *testing.T) {
	s, j := serveJournal(t, engine.Config{})
	c := s.connect(t)
	c.write(append([]byte(handshake), masked(closing, closePayload(4321, ""))...))
	require.Equal(t, 101, c.response().StatusCode)
	c.wantClose(4321)
	j.wantClosed(t, 4321)
}

func TestAHandshakeWorksThroughAReverseProxy(t *testing.T) {
	plainOnly(t, "the proxy speaks plain HTTP")
	s := serve(t, engine.Config{}, echo)
	target, err := url.Parse("http://" + s.addr)
	require.NoError(t, err)
	proxy := httptest.NewServer(httputil.NewSingleHostReverseProxy(target))
	t.Cleanup(proxy.Close)

	c, _, err := websocket.Dial(t.Context(), proxy.URL, nil)
	require.NoError(t, err)
	for _, m := range []string{"through", "", strings.Repeat("x", 30_000)} {
		require.NoError(t, c.Write(t.Context(), websocket.MessageText, []byte(m)))
		_, got, err := c.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, m, string(got))
	}
	require.NoError(t, c.Close(websocket.StatusNormalClosure, "done"))
	require.Eventually(t, func() bool { return s.Stats().Closed[1000] == 1 }, soon, poll)
}

func TestAHandshakeBeyondMaxConnsIsAnswered503WithRetryAfter(t *testing.T) {
	s := serve(t, engine.Config{MaxConns: 3}, echo)
	full := []*client{s.dial(t), s.dial(t), s.dial(t)}
	for range 5 {
		c := s.connect(t)
		c.write([]byte(handshake))
		resp := c.response()
		require.Equal(t, 503, resp.StatusCode)
		require.Equal(t, "5", resp.Header.Get("Retry-After"))
		c.wantEOF()
	}
	assert.EqualValues(t, 5, s.refused(engine.RefusedFull))
	for _, c := range full {
		c.wantEcho("still here")
	}
	full[1].send(closing, "")
	full[1].wantClose(frame.CloseNoStatus)
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 2 }, soon, poll)
	s.dial(t).wantEcho("a closed connection makes room")
	assert.EqualValues(t, 3, s.Stats().Counts[engine.Connections])
}

func TestRefusedHandshakesDoNotCountTowardsMaxConns(t *testing.T) {
	s := serve(t, engine.Config{MaxConns: 1}, echo)
	for range 3 {
		c := s.connect(t)
		c.write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
		require.Equal(t, 426, c.response().StatusCode)
	}
	s.dial(t).wantEcho("free")
}

func TestAMebibyteOfHeadersIsAnswered431(t *testing.T) {
	t.Parallel()
	s := serve(t, engine.Config{}, echo)
	c := s.connect(t)
	go func() { // the server may stop reading before everything is written
		_, _ = io.WriteString(c.conn, strings.TrimSuffix(handshake, "\r\n"))
		for range 1024 {
			if _, err := io.WriteString(c.conn, "X-Filler: "+strings.Repeat("y", 1012)+"\r\n"); err != nil {
				return
			}
		}
		_, _ = io.WriteString(c.conn, "\r\n")
	}()
	assert.Equal(t, 431, c.response().StatusCode)
	require.Eventually(t, func() bool { return s.refused(engine.RefusedRequest) == 1 }, soon, poll)
	s.dial(t).wantEcho("others are served")
}

func TestAnIncompleteHandshakeIsClosedAfterHandshakeTimeout(t *testing.T) {
	plainOnly(t, "net/http sends no answer over TLS")
	t.Parallel()
	const timeout = 300 * time.Millisecond
	s := serve(t, engine.Config{HandshakeTimeout: timeout}, echo)
	parts := map[string]string{
		"nothing": "", "one byte": "G", "all but the end": handshake[:len(handshake)-2],
		"not plain, passed to net/http": "GET / HTTP/1.1\r\nHost:\tx\r\n",
		"long, passed to net/http":      "GET / HTTP/1.1\r\nHost: x\r\nCookie: " + strings.Repeat("x", 5<<10),
	}
	for name, part := range parts {
		t.Run(name, func(t *testing.T) {
			before := s.refused(engine.RefusedTimeout)
			began := time.Now()
			c := s.connect(t)
			c.write([]byte(part))
			answer, err := io.ReadAll(c.in)
			require.NoError(t, err)
			if part == "" {
				assert.Empty(t, answer)
			} else {
				assert.Equal(t, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", string(answer))
			}
			assert.GreaterOrEqual(t, time.Since(began), timeout)
			require.Eventually(t, func() bool { return s.refused(engine.RefusedTimeout) == before+1 }, soon, poll)
		})
	}
	assert.Equal(t, map[engine.Refusal]uint64{engine.RefusedTimeout: uint64(len(parts))}, s.Stats().Refused)
}

// A peer that sends a byte now and then gets no more time than a peer that sends nothing.
func TestAHandshakeSentByteByByteIsClosedAfterHandshakeTimeout(t *testing.T) {
	t.Parallel()
	s := serve(t, engine.Config{HandshakeTimeout: 300 * time.Millisecond}, echo)
	c := s.connect(t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, c.in)
	}()
	drip := time.NewTicker(20 * time.Millisecond)
	defer drip.Stop()
	for i, alive := 0, true; alive; i++ {
		select {
		case <-ended:
			alive = false
		case <-drip.C:
			require.Less(t, i, 100, "still open after 2 s")
			_, _ = c.conn.Write([]byte(handshake[i%40:][:1]))
		}
	}
	require.Eventually(t, func() bool { return s.refused(engine.RefusedTimeout) == 1 }, soon, poll)
}

func TestManyHalfOpenHandshakesDoNotDisturbAnOpenConnection(t *testing.T) {
	s := serve(t, engine.Config{HandshakeTimeout: 700 * time.Millisecond}, echo)
	open := s.dial(t)
	const many = 200
	for i := range many {
		s.connect(t).write([]byte(handshake[:1+i%len(handshake[1:])]))
		if i%10 == 0 {
			open.wantEcho(fmt.Sprint("among ", i))
		}
	}
	s.dial(t).wantEcho("a new connection")
	for s.refused(engine.RefusedTimeout) < many { // the deadline of the client bounds this loop
		open.wantEcho("waiting")
	}
	assert.EqualValues(t, many, s.refused(engine.RefusedTimeout))
}
