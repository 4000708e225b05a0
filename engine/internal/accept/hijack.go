package accept

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"plenum/engine/internal/tlsrecord"
)

// Hijacked is a connection that Hijack has taken over.
type Hijacked struct {
	Conn  net.Conn        // the connection, encrypted if it uses TLS
	TLS   tlsrecord.Layer // the TLS layer of Conn
	Below net.Conn        // the accepted socket
	Early []byte          // bytes read after the request's head; valid until the handler returns
}

// Hijack takes the connection over from w. If w does not support hijacking, Hijack answers 500 and returns an error.
// After any other error the client has received no answer.
func Hijack(w http.ResponseWriter) (h Hijacked, err error) {
	if h.Conn, h.Early, err = hijack(w); err != nil {
		return Hijacked{}, err
	}
	h.TLS, h.Below = tlsrecord.Of(h.Conn)
	if c, ok := h.Below.(*conn); ok {
		h.Below = c.Conn
	}
	return h, nil
}

func hijack(w http.ResponseWriter) (socket net.Conn, early []byte, err error) {
	if h, ok := w.(*handshake); ok {
		return h.hijack()
	}
	socket, buffered, err := http.NewResponseController(w).Hijack()
	if errors.Is(err, http.ErrNotSupported) {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("engine: hijack: %w", err)
	}
	if n := buffered.Reader.Buffered(); n > 0 {
		early = make([]byte, n)
		_, _ = io.ReadFull(buffered.Reader, early) // all n bytes are there
	}
	return socket, early, nil
}

// CloseUnavailable answers 503 and closes the connection. The write may block, for at most one minute.
func (h Hijacked) CloseUnavailable() error {
	_ = h.Conn.SetWriteDeadline(time.Now().Add(answerTimeout))
	_, _ = io.WriteString(h.Conn, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	return h.Conn.Close()
}
