package auth

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Mint makes a token of which a Verifier of the same cfg, which must have a secret, says id. It is
// for trying: real ones are made by who knows the users.
func Mint(cfg Config, id Identity, now time.Time) (string, error) {
	keys, err := secretKey(cfg.Secret)
	if err != nil {
		return "", err
	}
	if id.Name == "" {
		return "", errors.New("a token needs a name")
	}
	method := jwt.SigningMethodHS256
	token, err := jwt.NewWithClaims(method, claimsOf(cfg, id, now)).SignedString(keys[method.Alg()][0].material)
	if len(token) > maxToken {
		return "", fmt.Errorf("the token has %d bytes, at most %d are taken", len(token), maxToken)
	}
	return token, err
}

// claimsOf leaves out what goes without saying.
func claimsOf(cfg Config, id Identity, now time.Time) claims {
	said := claims{"sub": id.Name, "iat": now.Unix()}
	if !id.Expires.IsZero() {
		said["exp"] = id.Expires.Unix()
	}
	if cfg.Audience != "" {
		said["aud"] = cfg.Audience
	}
	if cfg.Issuer != "" {
		said["iss"] = cfg.Issuer
	}
	rights := map[string]any{}
	if id.Rooms != nil {
		rights["rooms"] = id.Rooms
	}
	if !id.Publish {
		rights["publish"] = false
	}
	if id.Admin {
		rights["admin"] = true
	}
	if len(rights) > 0 {
		said["plenum"] = rights
	}
	return said
}
