package accept

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"time"
)

// Header implements http.ResponseWriter.
func (h *handshake) Header() http.Header { return h.header }

// WriteHeader implements http.ResponseWriter. Only the first call counts. Statuses below 200 are ignored, except 101: a
// handler that sets 101 hijacks the connection next.
func (h *handshake) WriteHeader(status int) {
	if h.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		h.status, h.committed = status, h.header.Clone()
	}
}

// maxAnswer bounds, in bytes, the body of the response if the handler did not upgrade. Instead of a longer one, 500 is
// sent.
const maxAnswer = 1 << 20

// Write implements http.ResponseWriter. Nothing is sent before the handler returns.
func (h *handshake) Write(b []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	switch {
	case h.passed:
		return 0, http.ErrHijacked
	case h.status == http.StatusSwitchingProtocols, h.status == http.StatusNoContent, h.status == http.StatusNotModified:
		return 0, http.ErrBodyNotAllowed
	case h.tooLong || h.body.Len()+len(b) > maxAnswer:
		h.tooLong = true
		return 0, errors.New("engine: response to a handshake is too long")
	}
	return h.body.Write(b)
}

// answer returns the response of the handler, with Connection: close. If the body was too long, it returns a response 500.
func (h *handshake) answer() []byte {
	h.WriteHeader(http.StatusOK)
	if h.tooLong {
		h.server.cfg.Logger.Error("answer to a handshake is too long, status 500 sent instead: report this bug with the path", "path", h.url.Path, "limit", maxAnswer)
		h.status, h.committed = http.StatusInternalServerError, http.Header{}
		h.body.Reset()
	}
	header := h.committed
	header.Set("Date", cmp.Or(header.Get("Date"), time.Now().UTC().Format(http.TimeFormat)))
	if header.Get("Content-Type") == "" && header.Get("Content-Encoding") == "" && h.body.Len() > 0 {
		header.Set("Content-Type", http.DetectContentType(h.body.Bytes()))
	}
	header.Del("Content-Length")
	resp := http.Response{
		StatusCode: h.status, ProtoMajor: 1, ProtoMinor: 1, Request: &h.request, Close: true,
		Header: header, ContentLength: int64(h.body.Len()), Body: io.NopCloser(&h.body),
	}
	var text bytes.Buffer
	_ = resp.Write(&text) // writing to memory cannot fail
	return text.Bytes()
}

// sendSwitching sends the response 101 that a handler has set before it hijacked the connection.
func (h *handshake) sendSwitching() {
	text := bytes.NewBufferString("HTTP/1.1 101 Switching Protocols\r\n")
	_ = h.committed.Write(text) // writing to memory cannot fail
	text.WriteString("\r\n")
	h.conn.send(text.Bytes())
}
