package auth

import (
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// leeway is how long before its nbf a token is accepted. There is no leeway after its exp, because
// connections are closed at that time.
const leeway = 5 * time.Second

// maxDate is the last second of the year 9999. Later dates are invalid. Much later ones would overflow
// into the past.
const maxDate = 253402300799

// claims are the claims of a token. Their names are case-sensitive (RFC 7519 section 4). The claim types of
// the library are not used, because they treat an exp that is 0 or null as a missing one.
//
// Its Get methods implement jwt.Claims.
type claims map[string]any

// GetExpirationTime implements jwt.Claims.
func (c claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.date("exp") }

// GetNotBefore returns the claim nbf less the leeway.
func (c claims) GetNotBefore() (*jwt.NumericDate, error) {
	date, err := c.date("nbf")
	if date == nil {
		return nil, err
	}
	return jwt.NewNumericDate(date.Add(-leeway)), nil
}

// GetIssuedAt returns nil, because the claim iat is ignored.
func (c claims) GetIssuedAt() (*jwt.NumericDate, error) { return nil, nil }

// GetIssuer returns "" if the claim iss is missing.
func (c claims) GetIssuer() (string, error) { return c.text("iss") }

// GetSubject returns "" if the claim sub is missing.
func (c claims) GetSubject() (string, error) { return c.text("sub") }

// GetAudience returns the claim aud, which is a string or a list of strings (RFC 7519 section 4.1.3).
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

// identity returns the user's name and rights.
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
	if end, _ := c.GetExpirationTime(); end != nil { // the parser has handled the error
		id.Expires = end.Time
	}
	if id.Info, err = c.info(); err != nil {
		return Identity{}, err
	}
	return c.applyRights(id)
}

// emailVerified reports whether the claim email may be used as the user's name. An address that the issuer
// has not verified may belong to somebody else (OpenID Connect Core 1.0 section 5.7). The value must be true
// or, as some issuers write it, the string "true". If the claim is missing, all addresses of the issuer count as
// verified.
func (c claims) emailVerified() bool {
	verified, given := c["email_verified"]
	return !given || verified == true || verified == "true"
}

// applyRights returns id with the rights of the plenum claim.
func (c claims) applyRights(id Identity) (Identity, error) {
	claim, given := c["plenum"]
	if !given {
		return id, nil
	}
	rights, ok := claim.(map[string]any)
	for right, value := range rights {
		ok = id.setRight(right, value) && ok
	}
	if !ok {
		return Identity{}, errClaims
	}
	return id, nil
}

// setRight sets one member of the plenum claim. It returns false if the value is invalid, or the name is unknown:
// an unknown member could be a restriction that would otherwise be ignored.
func (id *Identity) setRight(right string, value any) (ok bool) {
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

// text returns a claim that must be a string; "" if it is missing.
func (c claims) text(name string) (string, error) {
	text, ok := c[name].(string)
	if _, given := c[name]; given && !ok {
		return "", errClaims
	}
	return text, nil
}

// date returns a claim that must be a number of Unix seconds; nil if it is missing.
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

// texts returns value as a list of strings. ok is false if it is not one. An empty list is not nil.
func texts(value any) (all []string, ok bool) {
	list, ok := value.([]any)
	all = make([]string, 0, len(list))
	for _, item := range list {
		text, isText := item.(string)
		all, ok = append(all, text), ok && isText
	}
	return all, ok
}
