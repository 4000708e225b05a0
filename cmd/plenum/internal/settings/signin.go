package settings

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"plenum/cmd/plenum/internal/auth"
)

// Nonempty is a text that must not be empty if it is given. An empty variable is likely a mistake, and must
// not turn a check off.
type Nonempty string

// UnmarshalText refuses an empty text.
func (n *Nonempty) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return errors.New("must not be empty; leave it out instead")
	}
	*n = Nonempty(text)
	return nil
}

// Secret is a Nonempty that is never printed.
type Secret string

// Decode parses the value for kong. The errors of kong itself would show the secret.
func (s *Secret) Decode(ctx *kong.DecodeContext) error {
	var text string
	if ctx.Scan.PopValueInto("secret", &text) != nil {
		return valueMissing(ctx)
	}
	return (*Nonempty)(s).UnmarshalText([]byte(text))
}

// valueMissing returns the error for a flag without a value.
func valueMissing(ctx *kong.DecodeContext) error {
	return fmt.Errorf("expected a value; write --%s=VALUE if it begins with a dash", ctx.Value.Name)
}

// String returns "(set)", or an empty text if there is no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(set)"
}

// GoString returns String, so that %#v does not show the secret.
func (s Secret) GoString() string { return s.String() }

func (s Secret) rule() rule {
	return rule{"jwt-secret", len(s) >= auth.MinSecret, fmt.Sprintf("%d bytes or more", auth.MinSecret), len(s)}
}

// oneSecret requires that the secret is not given twice.
func oneSecret(direct Secret, file Nonempty) rule {
	return rule{"jwt-secret-file", direct == "" || file == "", "left out if --jwt-secret is given", string(file)}
}

// secretOf returns the secret, which is given directly or in a file. It is empty if neither is given.
func secretOf(direct Secret, file Nonempty) (string, error) {
	if file == "" {
		return string(direct), nil
	}
	secret, err := fileSecret(string(file), func(secret string) error {
		if len(secret) < auth.MinSecret {
			return fmt.Errorf("must contain %d bytes or more, got %d", auth.MinSecret, len(secret))
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("--jwt-secret-file: %w", err)
	}
	return secret, nil
}

// fileSecret returns the secret in a file, for which check returns nil. One newline (LF or CRLF) at the end of the file
// is not part of the secret, because editors and echo add one.
func fileSecret(file string, check func(string) error) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	secret, newline := strings.CutSuffix(string(data), "\n")
	if newline {
		secret = strings.TrimSuffix(secret, "\r")
	}
	if err := check(secret); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return secret, nil
}

func (s *Serve) signInRules() []rule {
	hasSecret := s.JWTSecret != "" || s.JWTSecretFile != ""
	off := !hasSecret && s.JWTJWKS == ""
	const withoutSignIn = "left out without --jwt-secret, --jwt-secret-file or --jwt-jwks"
	rules := []rule{
		oneSecret(s.JWTSecret, s.JWTSecretFile),
		{"jwt-jwks", s.JWTJWKS == "" || !hasSecret, "left out if --jwt-secret or --jwt-secret-file is given", string(s.JWTJWKS)},
		{"jwt-audience", s.JWTAudience == "" || !off, withoutSignIn, string(s.JWTAudience)},
		{"jwt-issuer", s.JWTIssuer == "" || !off, withoutSignIn, string(s.JWTIssuer)},
		{"api-key-file", s.APIKey == "" || s.APIKeyFile == "", "left out if --api-key is given", string(s.APIKeyFile)},
	}
	if s.JWTSecret != "" {
		rules = append(rules, s.JWTSecret.rule())
	}
	return rules
}

// Verifier returns the check for tokens; nil if clients need no token. Each call reads the secret's file or
// the key set's file again.
func (s *Serve) Verifier() (*auth.Verifier, error) {
	secret, err := secretOf(s.JWTSecret, s.JWTSecretFile)
	if err != nil {
		return nil, err
	}
	cfg := auth.Config{Secret: secret, Audience: string(s.JWTAudience), Issuer: string(s.JWTIssuer)}
	if s.JWTJWKS == "" {
		if secret == "" {
			return nil, nil
		}
		return auth.New(cfg)
	}
	if cfg.JWKS, err = os.ReadFile(string(s.JWTJWKS)); err != nil {
		return nil, fmt.Errorf("--jwt-jwks: %w", err)
	}
	v, err := auth.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("--jwt-jwks: %s: %w", s.JWTJWKS, err)
	}
	return v, nil
}
