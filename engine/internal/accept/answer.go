package accept

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"time"
)

// Header is for http.ResponseWriter.
func (h *handshake) Header() http.Header {
	if h.header == nil {
		h.header = http.Header{}
	}
	return h.header
}

// WriteHeader is for http.ResponseWriter. The first call counts. Of the statuses below
// 200 it takes only 101: such a handler hijacks the connection next.
func (h *handshake) WriteHeader(status int) {
	if h.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		h.status, h.committed = status, h.Header().Clone()
	}
}

// maxAnswer bounds, in bytes, the answer to a handshake that a handler did not
// upgrade. Instead of a longer one 500 is sent.
const maxAnswer = 1 << 20

// Write is for http.ResponseWriter; nothing is sent before the handler returns.
func (h *handshake) Write(b []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	switch {
	case h.passed:
		return 0, http.ErrHijacked
	case h.status == http.StatusSwitchingProtocols, h.status == http.StatusNoContent, h.status == http.StatusNotModified:
		return 0, http.ErrBodyNotAllowed
	case h.tooLong || h.body.Len()+len(b) > maxAnswer:
		h.tooLong = true
		return 0, errors.New("engine: too long an answer to a handshake")
	}
	return h.body.Write(b)
}

// answer sends the handler's answer, and announces the connection's end.
func (h *handshake) answer(r *http.Request) {
	h.WriteHeader(http.StatusOK)
	if h.tooLong {
		h.server.cfg.Logger.Error("answer to a handshake is too long, status 500 sent instead: report this bug with the path", "path", r.URL.Path, "limit", maxAnswer)
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
		StatusCode: h.status, ProtoMajor: 1, ProtoMinor: 1, Request: r, Close: true,
		Header: header, ContentLength: int64(h.body.Len()), Body: io.NopCloser(&h.body),
	}
	var text bytes.Buffer
	if resp.Write(&text) == nil { // into one write(2)
		h.conn.send(text.Bytes())
	}
}

// sendSwitching sends the 101 that a handler has set before it took the connection.
func (h *handshake) sendSwitching() {
	text := bytes.NewBufferString("HTTP/1.1 101 Switching Protocols\r\n")
	_ = h.committed.Write(text) // into memory
	text.WriteString("\r\n")
	h.conn.send(text.Bytes())
}
