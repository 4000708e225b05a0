package auth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// MinSecret is the minimum length of a secret in bytes. It is the length of the hash (RFC 7518
// section 3.2).
const MinSecret = 32

// maxToken is the maximum length of a token in bytes. It bounds the cost of checking one.
const maxToken = 8 << 10

// Config configures a Verifier. Exactly one of Secret and JWKS must be set.
type Config struct {
	Secret   string // for HS256, at least MinSecret bytes, used without decoding; empty: none
	JWKS     []byte // a key set (RFC 7517) for RS256, ES256 and EdDSA; nil: none
	Audience string // must be among the token's audiences; empty: not checked
	Issuer   string // must be the token's issuer; empty: not checked
}

// Verifier checks tokens.
type Verifier struct {
	// Set at creation.
	keys    map[string][]key // by algorithm; tokens of other algorithms are invalid
	options []jwt.ParserOption
	skipped []error
}

// New returns a Verifier, or an error if cfg is invalid.
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

// Skipped returns an error for each unusable key of the set, with its number and its kid. Tokens that
// are signed with such a key are refused.
func (v *Verifier) Skipped() []error { return v.skipped }

func secretKey(secret string) (map[string][]key, error) {
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("the secret has %d bytes, at least %d are required", len(secret), MinSecret)
	}
	return map[string][]key{jwt.SigningMethodHS256.Alg(): {{material: []byte(secret)}}}, nil
}

// Verify returns the identity in the token, or why the token is not valid at now.
func (v *Verifier) Verify(token string, now time.Time) (Identity, error) {
	if len(token) > maxToken || strings.ContainsFunc(token, isInvalid) {
		return Identity{}, jwt.ErrTokenMalformed
	}
	clock := jwt.WithTimeFunc(func() time.Time { return now })
	parser := jwt.NewParser(slices.Concat(v.options, []jwt.ParserOption{clock})...)
	var parsed claims
	if _, err := parser.ParseWithClaims(token, &parsed, v.keysFor); err != nil {
		return Identity{}, reason(err)
	}
	return parsed.identity()
}

// isInvalid reports whether r may not be part of a token. A token consists of dots and of base64url without line
// breaks (RFC 7515 sections 2 and 3.1).
func isInvalid(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
		return false
	}
	return true
}

// keysFor returns the keys that may have signed the token. It selects them by the token's algorithm
// first, so that a key is never used for another algorithm (RFC 8725 section 3.1). The
// algorithm "none" has no key.
func (v *Verifier) keysFor(token *jwt.Token) (any, error) {
	// A token with a critical extension that the server does not support is invalid (RFC 7515
	// section 4.1.11). No extension is supported.
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
	errNoKey    = errors.New("token has an algorithm or a key id without a configured key")
	errClaims   = errors.New("token has malformed claims")
	errNoName   = errors.New("token has neither a sub nor a verified email")
)

// reason returns err without the details that the parsers add, because they may contain parts of the token.
func reason(err error) error {
	for _, known := range []error{
		errCritical, errNoKey, errClaims, errInfo,
		jwt.ErrTokenExpired, jwt.ErrTokenNotValidYet, jwt.ErrTokenInvalidAudience, jwt.ErrTokenInvalidIssuer,
		jwt.ErrTokenRequiredClaimMissing, jwt.ErrTokenSignatureInvalid,
	} {
		if errors.Is(err, known) {
			return known
		}
	}
	return jwt.ErrTokenMalformed
}
