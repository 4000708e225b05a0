package settings

import (
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kong"

	"plenum/cmd/plenum/internal/auth"
)

// Nonempty is a text that is not empty where it is given: a variable that was meant to
// be set must not turn a check off.
type Nonempty string

// UnmarshalText takes anything else.
func (n *Nonempty) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return errors.New("must not be empty; leave it out instead")
	}
	*n = Nonempty(text)
	return nil
}

// Secret is a Nonempty that is never shown.
type Secret string

// Decode reads one for kong, whose own errors would show it.
func (s *Secret) Decode(ctx *kong.DecodeContext) error {
	var text string
	if ctx.Scan.PopValueInto("secret", &text) != nil {
		return errors.New("expected a value; after = where it begins with a dash")
	}
	return (*Nonempty)(s).UnmarshalText([]byte(text))
}

// String tells whether there is one.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(set)"
}

// GoString is String: %#v shows no more.
func (s Secret) GoString() string { return s.String() }

func (s Secret) rule() rule {
	return rule{"jwt-secret", len(s) >= auth.MinSecret, fmt.Sprintf("%d bytes or more", auth.MinSecret), len(s)}
}

func (s *Serve) signInRules() []rule {
	off := s.JWTSecret == "" && s.JWTJWKS == ""
	rules := []rule{
		{"jwt-jwks", s.JWTJWKS == "" || s.JWTSecret == "", "left out where --jwt-secret is given", string(s.JWTJWKS)},
		{"jwt-audience", s.JWTAudience == "" || !off, "left out without --jwt-secret or --jwt-jwks", string(s.JWTAudience)},
		{"jwt-issuer", s.JWTIssuer == "" || !off, "left out without --jwt-secret or --jwt-jwks", string(s.JWTIssuer)},
	}
	if s.JWTSecret != "" {
		rules = append(rules, s.JWTSecret.rule())
	}
	return rules
}

// Verifier is what checks tokens by these settings, nil where everyone may come without
// one. The file of keys is read anew each time.
func (s *Serve) Verifier() (*auth.Verifier, error) {
	cfg := auth.Config{Secret: string(s.JWTSecret), Audience: string(s.JWTAudience), Issuer: string(s.JWTIssuer)}
	if s.JWTJWKS == "" {
		if s.JWTSecret == "" {
			return nil, nil
		}
		return auth.New(cfg)
	}
	var err error
	if cfg.JWKS, err = os.ReadFile(string(s.JWTJWKS)); err != nil {
		return nil, fmt.Errorf("--jwt-jwks: %w", err)
	}
	v, err := auth.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("--jwt-jwks: %s: %w", s.JWTJWKS, err)
	}
	return v, nil
}
