package engine

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"net"
	"net/http"

	"plenum/engine/internal/accept"
)

// acceptGUID is appended to the client's key (RFC 6455 section 1.3).
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// Upgrade answers the opening handshake (RFC 6455 section 4.2) and hands the connection to h. It returns after h.OnOpen
// has returned. The caller must not use w or r any more.
//
// c becomes the connection. It must be a zero Conn. If c is nil, Upgrade creates one. If c is a field of h, the two are one
// object on the heap, so the garbage collector has less to do.
//
// The only header of w that the response contains is Sec-WebSocket-Protocol, the subprotocol that the caller has
// chosen.
//
// If Upgrade returns an error, h is not called. The client has received an HTTP error status, except in two cases. If
// the error is http.ErrHijacked, the connection was hijacked before and nothing was sent. A connection that is broken
// or not TCP gets no answer.
func (e *Engine) Upgrade(w http.ResponseWriter, r *http.Request, c *Conn, h Handler) error {
	if why, problem := e.checkHandshake(w.Header(), r); problem != nil {
		return e.deny(w, r, why, problem)
	}
	t := traits{engine: e}
	head := getScratch()
	defer putScratch(head)
	*head = appendSwitching(*head, r, chosen(w.Header()))
	*head, t.encoding = e.negotiate(*head, r.Header["Sec-Websocket-Extensions"])
	*head = append(*head, "\r\n"...)
	return e.serve(w, r, t, c, h, *head)
}

// serve takes the connection over for h, sends head, the head of the response, and starts the connection.
func (e *Engine) serve(w http.ResponseWriter, r *http.Request, t traits, c *Conn, h Handler, head []byte) error {
	c = c.orNew()
	t.budget = e.newBudget(r.RemoteAddr)
	c.traits, c.handler = e.traits.of(t), h
	c.mu.Lock() // goroutines that find c in the registry wait until head is written
	if err := e.admit(c, w, r); err != nil {
		c.mu.Unlock()
		return err
	}
	early, err := c.takeOver(w)
	if err != nil {
		c.closing.phase.Store(phaseClosed)
		c.mu.Unlock()
		e.conns.remove(c)
		e.clients.Leave(c.budget)
		e.countRefused(RefusedHijack, r.RemoteAddr, err)
		return err
	}
	_ = c.out.writeOrCork(c, head) // on an error the connection is cut already
	c.mu.Unlock()
	c.start(early)
	return nil
}

// orNew returns c, or a new Conn if c is nil.
func (c *Conn) orNew() *Conn {
	switch {
	case c == nil:
		return &Conn{}
	case c.traits != nil:
		panic("engine: a Conn was given to Upgrade or Stream for the second time")
	}
	return c
}

// deny refuses a handshake: it answers with the status of why and the text of problem, and returns problem.
func (e *Engine) deny(w http.ResponseWriter, r *http.Request, why Refusal, problem error) error {
	e.countRefused(why, r.RemoteAddr, problem)
	http.Error(w, problem.Error(), Refusals[why].Status)
	return problem
}

// takeOver moves the socket from the http.Handler to c. early is the bytes that were read after the request's head. They
// are valid until the http.Handler returns. c.mu is held.
func (c *Conn) takeOver(w http.ResponseWriter) (early []byte, err error) {
	h, err := accept.Hijack(w)
	if err != nil {
		return nil, err
	}
	if h.Polled != nil {
		c.reader.turn.begin(true) // before another goroutine can make nbio close the socket, by a write that fails
		c.socket.nb = h.Polled
		c.reader.turn.setRegistered()
		c.socket.nb.SetSession(c)
		return h.Early, nil
	}
	tcp, ok := h.Below.(*net.TCPConn)
	if !ok {
		return nil, errors.Join(errors.New("engine: not a TCP connection"), h.Conn.Close())
	}
	if c.socket.nb, err = c.engine.pollers.take(tcp); err != nil {
		return nil, errors.Join(err, h.CloseUnavailable())
	}
	c.socket.nb.SetSession(c)
	if h.TLS.Encrypted() {
		h.TLS.Detach()
		own := *c.traits
		own.tls = h.TLS
		c.traits = &own
	}
	_ = setBounds(c.socket.nb.Hash()) // a socket that does not support a bound, such as one of multipath TCP, is used without
	return h.Early, nil
}

// chosen returns the subprotocol that the caller of Upgrade has chosen.
func chosen(h http.Header) string {
	if lines := h["Sec-Websocket-Protocol"]; len(lines) > 0 {
		return lines[0]
	}
	return ""
}

// appendSwitching appends the response 101 of RFC 6455 section 4.2.2, without the empty line at its end.
func appendSwitching(b []byte, r *http.Request, subprotocol string) []byte {
	sum := sha1.Sum(append(append(make([]byte, 0, 64), r.Header.Get("Sec-Websocket-Key")...), acceptGUID...))
	b = append(b, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	b = base64.StdEncoding.AppendEncode(b, sum[:])
	if subprotocol != "" {
		b = append(append(b, "\r\nSec-WebSocket-Protocol: "...), subprotocol...)
	}
	return append(b, "\r\n"...)
}

// start calls OnOpen and handles early, the bytes that arrived with the request. Only then does it register the socket with
// the poller, so that received bytes are handled in order. If start runs on the poller, the socket is registered already.
func (c *Conn) start(early []byte) {
	onPoller := c.reader.turn.isRegistered()
	now := c.engine.timers.now.Load()
	if c.stream == nil {
		c.counters().counts[Upgrades].Add(1)
	} else {
		c.counters().counts[Streams].Add(1)
	}
	c.reader.turn.forbidPause()
	c.reader.turn.begin(onPoller) // if onPoller, takeOver has done it
	c.reader.heard.Store(now)
	c.guard(func() {
		c.handler.OnOpen(c)
		c.in.feed(c, early)
	})
	if c.tls.Encrypted() {
		c.reader.decrypt(c, nil) // handles bytes that crypto/tls has buffered
	}
	c.reader.turn.allowPause()
	c.endTurn()
	if c.startHeartbeat(now) {
		if onPoller {
			return
		}
		if _, err := c.engine.pollers.nb.AddConn(c.socket.nb); err == nil {
			c.out.setRegistered(c)
			return
		}
	}
	// nbio does not call OnClose for a socket that is not registered, so call onClosed here. If epoll has refused the
	// descriptor, nbio calls it too; the second call has no effect.
	_ = c.socket.nb.Close()
	c.onClosed()
}

// startHeartbeat arms the heartbeat timer. It returns false if the connection has failed already.
func (c *Conn) startHeartbeat(now uint32) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	phase := c.closing.phase.Load()
	if phase == phaseOpen {
		c.engine.heartbeat.start(c, now)
	}
	return phase != phaseClosed
}
