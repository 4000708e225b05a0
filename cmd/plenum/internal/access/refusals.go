package access

import (
	"net/http"
	"slices"
	"strings"

	"plenum/cmd/plenum/internal/answer"
)

// Refusal is the reason why a client is refused. A WebSocket client gets it as the reason of close code
// 1008, an HTTP client as the detail of a problem.
type Refusal string

// The refusals. The table Refusals explains them.
const (
	MissingToken     Refusal = "Missing token"
	InvalidToken     Refusal = "Invalid token"
	NotAllowed       Refusal = "Not allowed"
	BadName          Refusal = "Bad name"
	BadRoom          Refusal = "Bad room"
	BadSince         Refusal = "Bad since"
	BadAnnouncements Refusal = "Bad announcements"
	NameReserved     Refusal = "Name reserved"
	RateLimit        Refusal = "Rate limit"
	TooManyRooms     Refusal = "Too many rooms"
	Kicked           Refusal = "Kicked"
	ForeignHost      Refusal = "Host" // only a metric label, never sent to a client
)

// RefusalInfo describes a Refusal.
type RefusalInfo struct {
	Refusal Refusal
	Status  int // HTTP status; 0: it only closes open connections
	Help    string
}

// Refusals is the table of all refusals. A Guard counts the closed connections of each of them, and the refused hosts.
var Refusals = [...]RefusalInfo{
	{MissingToken, http.StatusUnauthorized, "Sign-in is on, and the request had no token."},
	{InvalidToken, http.StatusUnauthorized, "The token is invalid or has expired."},
	{NotAllowed, http.StatusForbidden, "The token does not allow the room or the action."},
	{BadName, http.StatusBadRequest, "The username breaks a rule for names."},
	{BadRoom, http.StatusBadRequest, "The room's name breaks a rule for names."},
	{BadSince, http.StatusBadRequest, "The position to resume from cannot be read."},
	{BadAnnouncements, http.StatusBadRequest, "The value of announcements is not events."},
	{NameReserved, http.StatusBadRequest, "The username looks like System, the server's own name."},
	{RateLimit, 0, "The room's backlog is full: too many of its messages wait to be written to its members."},
	{TooManyRooms, 0, "The maximum number of rooms is open."},
	{Kicked, 0, "An admin removed the user from the room."},
	{ForeignHost, http.StatusForbidden, "The listener is bound to a loopback address, and the Host header does not name this machine."},
}

// indexOf returns the index of why in Refusals.
func indexOf(why Refusal) int {
	return slices.IndexFunc(Refusals[:], func(r RefusalInfo) bool { return r.Refusal == why })
}

// Label returns the refusal as the label of a metric, such as bad_name.
func (why Refusal) Label() string {
	return strings.ReplaceAll(strings.ToLower(string(why)), " ", "_")
}

// CountRefused counts a connection that was closed because of why.
func (g *Guard) CountRefused(why Refusal) { g.refused[indexOf(why)].Add(1) }

// Refused returns counts by the label of the refusal: of closed connections, of refused hosts, and of refused origins.
// The engine counts the refused origins of WebSocket handshakes. Requests that Deny has answered are not counted.
func (g *Guard) Refused() map[string]uint64 {
	by := map[string]uint64{"origin": g.refusedOrigins.Load()}
	for i, r := range Refusals {
		by[r.Refusal.Label()] = g.refused[i].Load()
	}
	by[ForeignHost.Label()] = g.foreignHosts.Total()
	return by
}

// Deny answers an HTTP request that is refused because of why. The status of why in Refusals must not be 0.
func Deny(w http.ResponseWriter, why Refusal) {
	status := Refusals[indexOf(why)].Status
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	answer.Problem(w, status, string(why))
}
