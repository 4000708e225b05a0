package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Mint creates a token for id, signed with the secret of cfg. A Verifier of the same cfg accepts it and returns
// id, in whose Info characters may be escaped. Mint is for tests and experiments: in production the service that signs users in
// creates their tokens.
func Mint(cfg Config, id Identity, now time.Time) (string, error) {
	keys, err := secretKey(cfg.Secret)
	if err != nil {
		return "", err
	}
	if id.Name == "" {
		return "", errors.New("a token needs a name")
	}
	if id.Info != nil {
		if err := CheckInfo(*id.Info); err != nil {
			return "", err
		}
	}
	method := jwt.SigningMethodHS256
	token, err := jwt.NewWithClaims(method, claimsOf(cfg, id, now)).SignedString(keys[method.Alg()][0].material)
	if len(token) > maxToken {
		return "", fmt.Errorf("the token has %d bytes, at most %d are allowed", len(token), maxToken)
	}
	return token, err
}

// claimsOf returns the claims of id. Claims and rights with the default value are left out.
func claimsOf(cfg Config, id Identity, now time.Time) claims {
	all := claims{"sub": id.Name, "iat": now.Unix()}
	if !id.Expires.IsZero() {
		all["exp"] = id.Expires.Unix()
	}
	if cfg.Audience != "" {
		all["aud"] = cfg.Audience
	}
	if cfg.Issuer != "" {
		all["iss"] = cfg.Issuer
	}
	if id.Info != nil {
		all["info"] = json.RawMessage(*id.Info)
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
		all["plenum"] = rights
	}
	return all
}
