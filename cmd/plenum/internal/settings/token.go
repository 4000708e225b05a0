package settings

import (
	"fmt"
	"time"

	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/names"
)

// onlyFlag is the tag of flags that are no settings of a server: they come from the
// command line alone. The variable of one could be that of a setting of its name.
const onlyFlag = "only"

// Token is the token that `plenum token` mints. Its settings are those of the
// server that is to take it, of the same names, but from no file.
type Token struct {
	User    string        `only:"flag" placeholder:"NAME" help:"User whom it names, at most 255 bytes."`
	Rooms   []string      `only:"flag" placeholder:"PATTERN" help:"Rooms it is good for, * standing for any characters, as in team-*; without it all."`
	Publish bool          `only:"flag" default:"true" negatable:"" help:"Allow to publish."`
	Admin   bool          `only:"flag" help:"Allow to use the API."`
	Expires time.Duration `only:"flag" default:"1h" help:"Time for which it is good, 1s or more; 0s: forever."`

	JWTSecret   Secret   `placeholder:"SECRET" help:"Secret of the server, 32 bytes or more."`
	JWTAudience Nonempty `placeholder:"AUDIENCE" help:"Audience it is for."`
	JWTIssuer   Nonempty `placeholder:"ISSUER" help:"Issuer it names."`
}

func (t *Token) check() error {
	return firstBroken([]rule{
		userRule(t.User),
		{"expires", t.Expires == 0 || t.Expires >= time.Second, "0s (forever), or 1s or more", t.Expires},
		t.JWTSecret.rule(),
	})
}

// userRule holds for names that the server takes from a token.
func userRule(user string) rule {
	_, err := names.Check(user, names.MaxSigned)
	must := "a name"
	if user != "" && err != nil {
		must = fmt.Sprintf("a name that the server takes (%v)", err)
	}
	return rule{"user", err == nil, must, user}
}

// Mint is the token, made at now.
func (t *Token) Mint(now time.Time) (string, error) {
	id := auth.Identity{Name: t.User, Rooms: t.Rooms, Publish: t.Publish, Admin: t.Admin}
	if t.Expires > 0 {
		id.Expires = now.Add(t.Expires)
	}
	cfg := auth.Config{Secret: string(t.JWTSecret), Audience: string(t.JWTAudience), Issuer: string(t.JWTIssuer)}
	return auth.Mint(cfg, id, now)
}
