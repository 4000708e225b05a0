package auth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// MinSecret is the least length of a secret in bytes: that of the hash (RFC 7518
// section 3.2).
const MinSecret = 32

// maxToken bounds a token in bytes, and with it what checking one costs.
const maxToken = 8 << 10

// Config is what a Verifier checks tokens by: a Secret or a set of JWKS, not both.
type Config struct {
	Secret   string // of HS256, at least MinSecret bytes, used as they are; empty: none
	JWKS     []byte // a key set (RFC 7517) for RS256, ES256 and EdDSA; nil: none
	Audience string // has to be among a token's audiences; empty: any, or none
	Issuer   string // has to be a token's issuer; empty: any, or none
}

// Verifier checks tokens.
type Verifier struct {
	// Set at creation.
	keys    map[string][]key // by algorithm; a token of another one has no key
	options []jwt.ParserOption
	skipped []error
}

// New checks the configuration.
func New(cfg Config) (*Verifier, error) {
	v := &Verifier{options: []jwt.ParserOption{jwt.WithStrictDecoding(), jwt.WithIssuer(cfg.Issuer)}}
	if cfg.Audience != "" {
		v.options = append(v.options, jwt.WithAudience(cfg.Audience))
	}
	var err error
	switch {
	case cfg.Secret == "" && cfg.JWKS == nil:
		err = errors.New("neither a secret nor a key set")
	case cfg.Secret != "" && cfg.JWKS != nil:
		err = errors.New("both a secret and a key set")
	case cfg.JWKS != nil:
		v.keys, v.skipped, err = readKeys(cfg.JWKS)
	default:
		v.keys, err = secretKey(cfg.Secret)
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Skipped returns an error for each key of the set that cannot be used, with its number and its kid: a
// token that it signed is refused.
func (v *Verifier) Skipped() []error { return v.skipped }

func secretKey(secret string) (map[string][]key, error) {
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("the secret has %d bytes, it needs %d or more", len(secret), MinSecret)
	}
	return map[string][]key{jwt.SigningMethodHS256.Alg(): {{material: []byte(secret)}}}, nil
}

// Verify returns whom the token names, or why it is not valid at now.
func (v *Verifier) Verify(token string, now time.Time) (Identity, error) {
	if len(token) > maxToken || strings.ContainsFunc(token, foreign) {
		return Identity{}, jwt.ErrTokenMalformed
	}
	clock := jwt.WithTimeFunc(func() time.Time { return now })
	parser := jwt.NewParser(slices.Concat(v.options, []jwt.ParserOption{clock})...)
	var said claims
	if _, err := parser.ParseWithClaims(token, &said, v.keysFor); err != nil {
		return Identity{}, reason(err)
	}
	return said.identity()
}

// foreign are the characters that no token has: base64url without line breaks, and
// dots (RFC 7515 sections 2 and 3.1).
func foreign(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
		return false
	}
	return true
}

// keysFor returns the keys that may have signed the token. They are found by its
// algorithm first, so that no key is ever used for an algorithm that is not its own
// (RFC 8725 section 3.1); none is not an algorithm here.
func (v *Verifier) keysFor(token *jwt.Token) (any, error) {
	// What must be understood, but is not, makes a token invalid (RFC 7515
	// section 4.1.11). No extension is understood.
	if _, given := token.Header["crit"]; given {
		return nil, errCritical
	}
	id, isText := token.Header["kid"].(string)
	if _, given := token.Header["kid"]; given && !isText {
		return nil, jwt.ErrTokenMalformed
	}
	var fitting jwt.VerificationKeySet
	for _, k := range v.keys[token.Method.Alg()] {
		if id == "" || k.id == "" || k.id == id {
			fitting.Keys = append(fitting.Keys, k.material)
		}
	}
	if len(fitting.Keys) == 0 {
		return nil, errNoKey
	}
	return fitting, nil
}

var (
	errCritical = errors.New("token has a critical header")
	errNoKey    = errors.New("token is of an algorithm or a key that is not known here")
	errClaims   = errors.New("token has malformed claims")
	errNoName   = errors.New("token names nobody")
)

// reason is err without what the parsers add to it, which may be parts of the token.
func reason(err error) error {
	for _, known := range []error{
		errCritical, errNoKey, errClaims,
		jwt.ErrTokenExpired, jwt.ErrTokenNotValidYet, jwt.ErrTokenInvalidAudience, jwt.ErrTokenInvalidIssuer,
		jwt.ErrTokenRequiredClaimMissing, jwt.ErrTokenSignatureInvalid,
	} {
		if errors.Is(err, known) {
			return known
		}
	}
	return jwt.ErrTokenMalformed
}
