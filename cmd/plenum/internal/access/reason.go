package access

import (
	"net/http"
	"slices"
	"strings"

	"plenum/cmd/plenum/internal/answer"
)

// Reason is why a client is refused: the reason of close code 1008, or the detail of a problem.
type Reason string

// The reasons.
const (
	MissingToken Reason = "Missing token"
	InvalidToken Reason = "Invalid token"
	NotAllowed   Reason = "Not allowed"
	BadName      Reason = "Bad name"
	BadRoom      Reason = "Bad room"
	BadSince     Reason = "Bad since"
	NameReserved Reason = "Name reserved"
	RateLimit    Reason = "Rate limit"
	TooManyRooms Reason = "Too many rooms"
	Kicked       Reason = "Kicked"
)

// reasons are all of them: those that are counted.
var reasons = [...]Reason{MissingToken, InvalidToken, NotAllowed, BadName, BadRoom, BadSince, NameReserved, RateLimit, TooManyRooms, Kicked}

// label is a reason as a metric's label: bad_name.
func (why Reason) label() string {
	return strings.ReplaceAll(strings.ToLower(string(why)), " ", "_")
}

// CountRefused counts a connection that was closed with 1008.
func (g *Guard) CountRefused(why Reason) { g.refused[slices.Index(reasons[:], why)].Add(1) }

// Refused returns how many clients were refused, by label of the reason. Of refused origins it has
// only those of requests that are no WebSocket handshakes, because the engine counts the others.
func (g *Guard) Refused() map[string]uint64 {
	by := map[string]uint64{"origin": g.refusedOrigins.Load(), "host": g.foreignHosts.Total()}
	for i, why := range reasons {
		by[why.label()] = g.refused[i].Load()
	}
	return by
}

// Deny answers an HTTP request that is refused.
func Deny(w http.ResponseWriter, why Reason) {
	switch why {
	case MissingToken, InvalidToken:
		w.Header().Set("WWW-Authenticate", "Bearer")
		answer.Problem(w, http.StatusUnauthorized, string(why))
	case NotAllowed:
		answer.Problem(w, http.StatusForbidden, string(why))
	default:
		answer.Problem(w, http.StatusBadRequest, string(why))
	}
}
