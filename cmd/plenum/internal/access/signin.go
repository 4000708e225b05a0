package access

import (
	"net/http"
	"time"

	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/names"
)

// anyone is the identity of a client if no token is needed.
var anyone = auth.Identity{Publish: true}

// NeedsToken reports whether clients need a token.
func (g *Guard) NeedsToken() bool { return g.rules.Load().verifier != nil }

// SignIn returns the identity of the client that sent r, or why the client is refused. The identity
// comes from the token. If no token is needed, the client chooses its name, which is username. SignIn sets the
// header Sec-WebSocket-Protocol of the response w if the client offers the subprotocol bearer.
func (g *Guard) SignIn(w http.ResponseWriter, r *http.Request, username string) (id auth.Identity, why Refusal) {
	verifier := g.rules.Load().verifier
	if id = anyone; verifier == nil && r.Header["Sec-Websocket-Protocol"] == nil {
		id.Name, why = CheckName(username, names.MaxGiven)
		return id, why
	}
	token, found, subprotocol := auth.FromRequest(r)
	if subprotocol {
		w.Header().Set("Sec-WebSocket-Protocol", "bearer") // else a browser drops the connection
	}
	if verifier == nil {
		id.Name, why = CheckName(username, names.MaxGiven)
		return id, why
	}
	if !found {
		return id, MissingToken
	}
	var err error
	if id, err = verifier.Verify(token, time.Now()); err != nil {
		g.log.Debug("not signed in", "from", r.RemoteAddr, "error", err)
		return id, InvalidToken
	}
	id.Name, why = CheckName(id.Name, names.MaxSigned)
	return id, why
}

// MayUseAPI returns the name in the caller's token, or why the caller may not use the API. A caller may use it with an API
// key. Otherwise, with sign-in, admins may; without it, only callers on this machine may, and then local says which condition
// failed. The name is empty without a token.
func (g *Guard) MayUseAPI(w http.ResponseWriter, r *http.Request) (name string, why Refusal, local string) {
	rules := g.rules.Load()
	key, given := auth.APIKeyOf(r)
	switch {
	case given && rules.apiKeys.Has(key):
		return "", "", ""
	case rules.verifier != nil:
		id, why := g.SignIn(w, r, "")
		if why == "" && !id.Admin {
			why = NotAllowed
		}
		return id.Name, why, ""
	case given && rules.apiKeys.Any():
		return "", InvalidToken, ""
	}
	if local = NotLocal(r); local != "" {
		return "", NotAllowed, local
	}
	return "", "", ""
}
