package settings

import (
	"time"

	"plenum/cmd/plenum/internal/auth"
)

// onlyFlag is the tag of flags that are no settings of a server: they come from the
// command line alone. The variable of one could be that of a setting of its name.
const onlyFlag = "only"

// Token is the token that `plenum token` mints. Its settings are those of the
// server that is to take it, of the same names, but from no file.
type Token struct {
	User    string        `only:"flag" placeholder:"NAME" help:"Whom it names."`
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
		{"user", t.User != "", "a name", t.User},
		{"expires", t.Expires == 0 || t.Expires >= time.Second, "0s (forever), or 1s or more", t.Expires},
		t.JWTSecret.rule(),
	})
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
