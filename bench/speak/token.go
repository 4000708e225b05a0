package speak

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// token returns a JSON Web Token for a user, signed with HS256 (RFC 7519). The user's name must need no
// escaping in JSON.
func token(secret, user string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(`{"sub":"`+user+`"}`))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}
