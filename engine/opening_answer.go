package engine

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"time"
)

// Header is for http.ResponseWriter.
func (o *opening) Header() http.Header {
	if o.header == nil {
		o.header = http.Header{}
	}
	return o.header
}

// WriteHeader is for http.ResponseWriter; the first of several counts. Of those below
// 200 there is only 101: who says it hijacks the connection next.
func (o *opening) WriteHeader(status int) {
	if o.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		o.status, o.said = status, o.Header().Clone()
	}
}

// maxAnswer bounds, in bytes, the answer to a handshake that a handler did not
// upgrade; a longer one is answered 500.
const maxAnswer = 1 << 20

// Write is for http.ResponseWriter; nothing is sent before the handler returns.
func (o *opening) Write(b []byte) (int, error) {
	o.WriteHeader(http.StatusOK)
	switch {
	case o.gone:
		return 0, http.ErrHijacked
	case o.status == http.StatusSwitchingProtocols, o.status == http.StatusNoContent, o.status == http.StatusNotModified:
		return 0, http.ErrBodyNotAllowed
	case o.tooLong || o.body.Len()+len(b) > maxAnswer:
		o.tooLong = true
		return 0, errors.New("engine: too long an answer to a handshake")
	}
	return o.body.Write(b)
}

// answer sends what the handler said, and the connection's end.
func (o *opening) answer(r *http.Request) {
	o.WriteHeader(http.StatusOK)
	if o.tooLong {
		o.front.engine.cfg.Logger.Error("too long an answer to a handshake", "path", r.URL.Path)
		o.status, o.said = http.StatusInternalServerError, http.Header{}
		o.body.Reset()
	}
	h := o.said
	h.Set("Date", cmp.Or(h.Get("Date"), time.Now().UTC().Format(http.TimeFormat)))
	if h.Get("Content-Type") == "" && h.Get("Content-Encoding") == "" && o.body.Len() > 0 {
		h.Set("Content-Type", http.DetectContentType(o.body.Bytes()))
	}
	h.Del("Content-Length")
	resp := http.Response{
		StatusCode: o.status, ProtoMajor: 1, ProtoMinor: 1, Request: r, Close: true,
		Header: h, ContentLength: int64(o.body.Len()), Body: io.NopCloser(&o.body),
	}
	var text bytes.Buffer
	if resp.Write(&text) == nil { // into one write(2)
		o.conn.say(text.Bytes())
	}
}

// saySwitching sends the 101 that a handler said before it took the connection.
func (o *opening) saySwitching() {
	text := bytes.NewBufferString("HTTP/1.1 101 Switching Protocols\r\n")
	_ = o.said.Write(text) // into memory
	text.WriteString("\r\n")
	o.conn.say(text.Bytes())
}
