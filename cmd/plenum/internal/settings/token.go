package settings

import (
	"fmt"
	"time"

	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/names"
)

// onlyFlag is the tag of flags that can be set only on the command line. A variable such as PLENUM_ADMIN
// already belongs to the setting of the same name.
const onlyFlag = "only"

// Token holds the settings of `plenum token`. The jwt settings have the same names and variables as those of
// the server that accepts the token. They are not read from a file of settings.
type Token struct {
	User    string        `only:"flag" placeholder:"NAME" help:"Username in the token, at most 255 bytes."`
	Rooms   []string      `only:"flag" placeholder:"PATTERN" help:"Rooms that the token allows. * matches any characters, as in team-*. Default: all rooms."`
	Publish bool          `only:"flag" default:"true" negatable:"" help:"Allow publishing."`
	Admin   bool          `only:"flag" help:"Allow the API."`
	Info    string        `only:"flag" placeholder:"JSON" help:"Info that other members of a room may see, any JSON of at most 1024 bytes."`
	Expires time.Duration `only:"flag" default:"1h" help:"Time until the token expires, 1s or more. 0s: never."`

	JWTSecret     Secret   `placeholder:"SECRET" help:"Secret of the server, 32 bytes or more."`
	JWTSecretFile Nonempty `placeholder:"FILE" help:"File that contains the secret, instead of --jwt-secret. One newline at its end is not part of the secret."`
	JWTAudience   Nonempty `placeholder:"AUDIENCE" help:"Audience (aud) of the token."`
	JWTIssuer     Nonempty `placeholder:"ISSUER" help:"Issuer (iss) of the token."`
}

func (t *Token) check() error {
	rules := []rule{
		userRule(t.User),
		{"expires", t.Expires == 0 || t.Expires >= time.Second, "0s (never), or 1s or more", t.Expires},
		{"info", t.Info == "" || auth.CheckInfo(t.Info) == nil, fmt.Sprintf("JSON of at most %d bytes", auth.MaxInfo), t.Info},
		oneSecret(t.JWTSecret, t.JWTSecretFile),
	}
	if t.JWTSecretFile == "" {
		rules = append(rules, t.JWTSecret.rule())
	}
	err := firstBroken(rules)
	if err == nil {
		_, err = secretOf(t.JWTSecret, t.JWTSecretFile)
	}
	return err
}

// userRule requires a name that the server accepts in a token.
func userRule(user string) rule {
	_, err := names.Check(user, names.MaxSigned)
	must := "a name"
	if user != "" && err != nil {
		must = fmt.Sprintf("a name that the server accepts (%v)", err)
	}
	return rule{"user", err == nil, must, user}
}

// Mint returns the token. Its lifetime begins at now.
func (t *Token) Mint(now time.Time) (string, error) {
	id := auth.Identity{Name: t.User, Rooms: t.Rooms, Publish: t.Publish, Admin: t.Admin}
	if t.Info != "" {
		id.Info = &t.Info
	}
	if t.Expires > 0 {
		id.Expires = now.Add(t.Expires)
	}
	secret, err := secretOf(t.JWTSecret, t.JWTSecretFile)
	if err != nil {
		return "", err
	}
	cfg := auth.Config{Secret: secret, Audience: string(t.JWTAudience), Issuer: string(t.JWTIssuer)}
	return auth.Mint(cfg, id, now)
}
