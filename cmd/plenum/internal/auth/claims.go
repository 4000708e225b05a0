package auth

import (
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// leeway is how much too early a token may come. Its end has none: connections are
// closed then.
const leeway = 5 * time.Second

// maxDate is the last second of the year 9999; what is beyond is no date, and far beyond
// would be one in the past.
const maxDate = 253402300799

// claims is what a token says, by names of exactly this case (RFC 7519 section 4). The
// library's own types take an exp of 0, or one that is null, for none.
type claims map[string]any

// GetExpirationTime is for jwt.Claims, as are all Gets.
func (c claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.date("exp") }

// GetNotBefore is early by the leeway.
func (c claims) GetNotBefore() (*jwt.NumericDate, error) {
	date, err := c.date("nbf")
	if date == nil {
		return nil, err
	}
	return jwt.NewNumericDate(date.Add(-leeway)), nil
}

// GetIssuedAt has nothing to say: when a token was made does not matter.
func (c claims) GetIssuedAt() (*jwt.NumericDate, error) { return nil, nil }

// GetIssuer returns "" where there is none.
func (c claims) GetIssuer() (string, error) { return c.text("iss") }

// GetSubject returns "" where there is none.
func (c claims) GetSubject() (string, error) { return c.text("sub") }

// GetAudience returns what is one text or a list of texts (RFC 7519 section 4.1.3).
func (c claims) GetAudience() (jwt.ClaimStrings, error) {
	aud, given := c["aud"]
	if !given {
		return nil, nil
	}
	if one, ok := aud.(string); ok {
		return jwt.ClaimStrings{one}, nil
	}
	all, ok := texts(aud)
	if !ok {
		return nil, errClaims
	}
	return all, nil
}

// identity is whom the claims name and what they allow.
func (c claims) identity() (Identity, error) {
	email, err := c.text("email")
	if err != nil {
		return Identity{}, err
	}
	subject, err := c.text("sub")
	if err != nil {
		return Identity{}, err
	}
	id := Identity{Name: email, Publish: true}
	if email == "" || !c.emailVerified() {
		id.Name = subject
	}
	if id.Name == "" {
		return Identity{}, errNoName
	}
	if end, _ := c.GetExpirationTime(); end != nil { // the parser has seen its error
		id.Expires = end.Time
	}
	return c.limit(id)
}

// emailVerified tells whether the claim email may name the user. An issuer that says that
// the address is not verified took it from the user, who may have given anybody's (OpenID Connect
// Core 1.0 section 5.7). Some issuers write the value as a text. Any value but true and "true"
// means not verified; if the claim is absent, the issuer vouches for all addresses.
func (c claims) emailVerified() bool {
	verified, given := c["email_verified"]
	return !given || verified == true || verified == "true"
}

// limit returns id with what the plenum claim says.
func (c claims) limit(id Identity) (Identity, error) {
	said, given := c["plenum"]
	if !given {
		return id, nil
	}
	rights, ok := said.(map[string]any)
	for right, value := range rights {
		ok = id.take(right, value) && ok
	}
	if !ok {
		return Identity{}, errClaims
	}
	return id, nil
}

// take refuses a right that is not known here: it could be a limit that would not be kept.
func (id *Identity) take(right string, value any) (ok bool) {
	switch right {
	case "rooms":
		id.Rooms, ok = texts(value)
	case "publish":
		id.Publish, ok = value.(bool)
	case "admin":
		id.Admin, ok = value.(bool)
	}
	return ok
}

// text is "" where the claim is absent.
func (c claims) text(name string) (string, error) {
	text, ok := c[name].(string)
	if _, given := c[name]; given && !ok {
		return "", errClaims
	}
	return text, nil
}

// date is nil where the claim is absent.
func (c claims) date(name string) (*jwt.NumericDate, error) {
	value, given := c[name]
	if !given {
		return nil, nil
	}
	seconds, ok := value.(float64)
	if !ok || seconds < 0 || seconds > maxDate {
		return nil, errClaims
	}
	return jwt.NewNumericDate(time.Unix(int64(seconds), 0)), nil
}

// texts is an empty list, not nil, where there is no text in it.
func texts(value any) (all []string, ok bool) {
	list, ok := value.([]any)
	all = make([]string, 0, len(list))
	for _, item := range list {
		text, isText := item.(string)
		all, ok = append(all, text), ok && isText
	}
	return all, ok
}
