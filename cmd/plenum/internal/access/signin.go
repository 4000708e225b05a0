package access

import (
	"net/http"
	"strings"
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

// MayJoin reports whether a user may join room. If sign-in is on, the room of a user is for that user only, whatever the
// patterns of the token are.
func (g *Guard) MayJoin(id auth.Identity, room string) bool {
	if owner, ok := g.owner(room); ok {
		return owner == id.Name
	}
	return id.MayJoin(room)
}

// MayPublish reports whether a user may publish in a room that the user has joined. Two kinds of rooms take messages from the
// API only: the rooms of users, and rooms for which the function of OnlyAPI returns true.
func (g *Guard) MayPublish(id auth.Identity, room string) bool {
	_, ofUser := g.owner(room)
	return id.Publish && !ofUser && !g.onlyAPI(room)
}

// owner returns the name of the user whose room this is. ok is false for all other rooms, and without sign-in.
func (g *Guard) owner(room string) (name string, ok bool) {
	name, ok = strings.CutPrefix(room, UserRoom)
	return name, ok && g.NeedsToken()
}

// Renew returns the identity in a new token of the user name, or why it is refused: NotAllowed if the token is of another user,
// or if sign-in is off.
func (g *Guard) Renew(token, name string) (id auth.Identity, why Refusal) {
	verifier := g.rules.Load().verifier
	if verifier == nil {
		return id, NotAllowed
	}
	id, err := verifier.Verify(token, time.Now())
	if err != nil {
		g.log.Debug("token not renewed", "error", err)
		return id, InvalidToken
	}
	if id.Name, why = CheckName(id.Name, names.MaxSigned); why == "" && id.Name != name {
		why = NotAllowed
	}
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
