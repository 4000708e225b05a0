package accept

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/lesismal/nbio"

	"plenum/engine/internal/tlsrecord"
)

// Hijacked is a connection that Hijack has taken over.
type Hijacked struct {
	Early []byte // bytes read after the request's head; valid until the handler returns

	// Polled is the connection if it is on its poller, which runs the caller of Hijack. It is registered, and its socket
	// has the options of Config.SetOptions. The caller sets its session. Otherwise Polled is nil.
	Polled *nbio.Conn

	// These are set if Polled is nil.
	Conn  net.Conn        // the connection, encrypted if it uses TLS
	TLS   tlsrecord.Layer // the TLS layer of Conn
	Below net.Conn        // the accepted socket
}

// Hijack takes the connection over from w. If w does not support hijacking, Hijack answers 500 and returns an error.
// After any other error the client has received no answer.
func Hijack(w http.ResponseWriter) (Hijacked, error) {
	if h, ok := w.(*handshake); ok {
		if err := h.hijack(); err != nil {
			return Hijacked{}, err
		}
		if h.conn.nc != nil {
			return Hijacked{Early: h.early, Polled: h.conn.nc}, nil
		}
		return Hijacked{Early: h.early, Conn: h.conn, Below: h.conn.Conn}, nil
	}
	socket, buffered, err := http.NewResponseController(w).Hijack()
	if errors.Is(err, http.ErrNotSupported) {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
	if err != nil {
		return Hijacked{}, fmt.Errorf("engine: hijack: %w", err)
	}
	h := Hijacked{Conn: socket}
	if n := buffered.Reader.Buffered(); n > 0 {
		h.Early = make([]byte, n)
		_, _ = io.ReadFull(buffered.Reader, h.Early) // all n bytes are there
	}
	h.TLS, h.Below = tlsrecord.Of(socket)
	if c, ok := h.Below.(*conn); ok {
		h.Below = c.Conn
	}
	return h, nil
}

const unavailable = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

// CloseUnavailable answers 503 and closes the connection. The write may block, for at most one minute.
func (h Hijacked) CloseUnavailable() error {
	_ = h.Conn.SetWriteDeadline(time.Now().Add(answerTimeout))
	_, _ = io.WriteString(h.Conn, unavailable)
	return h.Conn.Close()
}
