package channels

import (
	"net/http"
	"strconv"

	"plenum/cmd/plenum/internal/apps"
	"plenum/codec/frame"
	"plenum/engine"
)

// The protocol versions that are spoken. They differ in nothing that the server sends.
const (
	oldestProtocol = 5
	newestProtocol = 7
)

// connect serves WS /app/{key}. A client that is refused is closed after the handshake, because browsers do not show the
// status of a failed one.
func (c *Channels) connect(w http.ResponseWriter, r *http.Request) {
	app := c.cfg.Apps.ByKey(r.PathValue("key"))
	code, reason := checkProtocol(r)
	switch {
	case app == nil:
		code, reason = codeUnknownApp, "No application has this key"
	case code != 0:
	case !app.Settings().AllowOrigin(r):
		app.Count(apps.ConnectionsRefused)
		code, reason = codeUnauthorized, "The application does not allow pages of this origin"
	case engine.IsUpgrade(r) && !app.Connect():
		code, reason = codeOverCapacity, "The application has reached its limit of connections"
	}
	if code != 0 {
		_ = c.cfg.Engine.Upgrade(w, r, nil, refusal{code, reason})
		return
	}
	m := &session{hosted: c.hosted(app), activity: noActivity}
	if c.cfg.Engine.Upgrade(w, r, &m.Conn, m) != nil && engine.IsUpgrade(r) {
		app.Disconnect() // OnOpen was not called
	}
}

// checkProtocol returns the close code and the reason if the protocol version of a request is not spoken. code is 0 if it
// is.
func checkProtocol(r *http.Request) (code int, reason string) {
	given := r.URL.Query().Get("protocol")
	version, err := strconv.Atoi(given)
	switch {
	case given == "":
		return codeNoProtocol, "The query needs a protocol, such as protocol=7"
	case err != nil:
		return codeProtocolFormat, "protocol must be a number"
	case version < oldestProtocol || version > newestProtocol:
		return codeProtocol, "The protocol must be 5, 6 or 7"
	}
	return 0, ""
}

// refusal is the handler of a connection that is closed as soon as it is open.
type refusal struct {
	code   int
	reason string
}

// OnOpen closes the connection.
func (f refusal) OnOpen(c *engine.Conn) { _ = c.Close(f.code, f.reason) }

// OnMessage is never called, because the connection is closing.
func (refusal) OnMessage(*engine.Conn, frame.Opcode, []byte) {}

// OnClose does nothing.
func (refusal) OnClose(*engine.Conn, int) {}
