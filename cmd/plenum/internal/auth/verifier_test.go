package auth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

// The permitted error texts. They are fixed, so they contain no part of a token.
const (
	malformed   = "token is malformed"
	noKey       = "token has an algorithm or a key id without a configured key"
	critical    = "token has a critical header"
	signature   = "token signature is invalid"
	expired     = "token is expired"
	notYet      = "token is not valid yet"
	badClaims   = "token has malformed claims"
	longInfo    = "token has an info of more than 1024 bytes"
	noName      = "token has neither a sub nor a verified email"
	noClaim     = "token is missing required claim"
	badAudience = "token has invalid audience"
	badIssuer   = "token has invalid issuer"
)

func TestATokenSignedWithTheSecretIsAccepted(t *testing.T) {
	id, err := verifier(t, auth.Config{Secret: secret}).Verify(hs256(t, `{"sub":"alex"}`), now)
	require.NoError(t, err)
	assert.Equal(t, auth.Identity{Name: "alex", Publish: true}, id)
}

func TestATokenOfEachAlgorithmIsAcceptedWithItsOwnKey(t *testing.T) {
	v, by := verifier(t, auth.Config{JWKS: threeKeys(t)}), known()
	for _, header := range []string{`{"alg":"%"}`, `{"alg":"%","kid":"&"}`, `{"alg":"%","kid":""}`, `{"alg":"%","typ":"JWT","x5t":"x","b64":false}`} {
		for _, of := range []struct {
			method jwt.SigningMethod
			kid    string
			key    any
		}{{jwt.SigningMethodRS256, "r", by.rsa}, {jwt.SigningMethodES256, "e", by.ec}, {jwt.SigningMethodEdDSA, "d", by.ed}} {
			header := strings.NewReplacer("%", of.method.Alg(), "&", of.kid).Replace(header)
			id, err := v.Verify(sign(t, of.method, of.key, header, `{"sub":"alex"}`), now)
			require.NoError(t, err, header)
			assert.Equal(t, auth.Identity{Name: "alex", Publish: true}, id)
		}
	}
}

// RFC 7515 appendices A.1 and A.3. Their claims have no name, which is checked last.
func TestTheExamplesOfRFC7515(t *testing.T) {
	const payload = ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
	key, err := base64.RawURLEncoding.DecodeString("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
	require.NoError(t, err)
	public := jwk{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
	for token, cfg := range map[string]auth.Config{
		"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" + payload + "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk":                        {Secret: string(key)},
		"eyJhbGciOiJFUzI1NiJ9" + payload + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q": {JWKS: keySet(t, public)},
	} {
		cfg.Issuer = "joe"
		_, err := verifier(t, cfg).Verify(token, time.Unix(1300819379, 0))
		assert.EqualError(t, err, noName)
		_, err = verifier(t, cfg).Verify(token, time.Unix(1300819380, 0))
		assert.EqualError(t, err, expired)
	}
}

func TestAllOtherTokensAreRefusedWithASecret(t *testing.T) {
	v, by := verifier(t, auth.Config{Secret: secret}), known()
	good := hs256(t, `{"sub":"alex"}`)
	header, payload, sum := cut(good)
	_, other, _ := cut(hs256(t, `{"sub":"root"}`))
	none := sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, `{"alg":"none"}`, `{"sub":"alex"}`)
	for name, tc := range map[string]struct{ token, why string }{
		"nothing":              {"", malformed},
		"no token":             {"alex", malformed},
		"two parts":            {header + "." + payload, malformed},
		"four parts":           {good + ".", malformed},
		"five parts":           {"a.b.c.d.e", malformed},
		"no signature":         {header + "." + payload + ".", signature},
		"half a signature":     {good[:len(good)-20], signature},
		"other claims":         {header + "." + other + "." + sum, signature},
		"another secret":       {sign(t, jwt.SigningMethodHS256, []byte(secret+"!"), `{"alg":"HS256"}`, `{"sub":"alex"}`), signature},
		"none":                 {none, noKey},
		"None":                 {b64([]byte(`{"alg":"None"}`)) + "." + payload + ".", malformed},
		"none, with a sum":     {b64([]byte(`{"alg":"none"}`)) + "." + payload + "." + sum, noKey},
		"no algorithm":         {sign(t, jwt.SigningMethodHS256, []byte(secret), `{"typ":"JWT"}`, `{"sub":"alex"}`), malformed},
		"algorithm in capital": {sign(t, jwt.SigningMethodHS256, []byte(secret), `{"Alg":"HS256"}`, `{"sub":"alex"}`), malformed},
		"algorithm of a list":  {sign(t, jwt.SigningMethodHS256, []byte(secret), `{"alg":["HS256"]}`, `{"sub":"alex"}`), malformed},
		"another algorithm":    {sign(t, jwt.SigningMethodHS256, []byte(secret), `{"alg":"HS1"}`, `{"sub":"alex"}`), malformed},
		"HS384":                {sign(t, jwt.SigningMethodHS384, []byte(secret), `{"alg":"HS384"}`, `{"sub":"alex"}`), noKey},
		"HS512":                {sign(t, jwt.SigningMethodHS512, []byte(secret), `{"alg":"HS512"}`, `{"sub":"alex"}`), noKey},
		"RS256":                {sign(t, jwt.SigningMethodRS256, by.rsa, `{"alg":"RS256"}`, `{"sub":"alex"}`), noKey},
		"EdDSA":                {sign(t, jwt.SigningMethodEdDSA, by.ed, `{"alg":"EdDSA"}`, `{"sub":"alex"}`), noKey},
		"critical":             {sign(t, jwt.SigningMethodHS256, []byte(secret), `{"alg":"HS256","crit":["exp"],"exp":1}`, `{"sub":"alex"}`), critical},
		"critical, empty":      {sign(t, jwt.SigningMethodHS256, []byte(secret), `{"alg":"HS256","crit":[]}`, `{"sub":"alex"}`), critical},
		"critical null":        {sign(t, jwt.SigningMethodHS256, []byte(secret), `{"alg":"HS256","crit":null}`, `{"sub":"alex"}`), critical},
		"key id of a number":   {sign(t, jwt.SigningMethodHS256, []byte(secret), `{"alg":"HS256","kid":1}`, `{"sub":"alex"}`), malformed},
		"key id null":          {sign(t, jwt.SigningMethodHS256, []byte(secret), `{"alg":"HS256","kid":null}`, `{"sub":"alex"}`), malformed},
		"header no object":     {sign(t, jwt.SigningMethodHS256, []byte(secret), `["alg"]`, `{"sub":"alex"}`), malformed},
		"header null":          {sign(t, jwt.SigningMethodHS256, []byte(secret), `null`, `{"sub":"alex"}`), malformed},
		"claims no object":     {hs256(t, `["sub"]`), malformed},
		"claims null":          {hs256(t, `null`), noName},
		"claims and more":      {hs256(t, `{"sub":"alex"}{}`), malformed},
		"padding":              {good + "=", malformed},
		"a space":              {good + " ", malformed},
		"a line break":         {good[:20] + "\n" + good[20:], malformed},
		"the other base64":     {header + "." + payload + "." + strings.Repeat("+", 43), malformed},
		"a bit beyond the sum": {good[:len(good)-1] + string(good[len(good)-1]+1), malformed},
	} {
		refused(t, v, tc.token, tc.why, name)
	}
}

func TestAllOtherTokensAreRefusedWithAKeySet(t *testing.T) {
	v, by, others := verifier(t, auth.Config{JWKS: threeKeys(t)}), known(), unknown()
	const payload = `{"sub":"alex"}`
	der, err := x509.MarshalPKIXPublicKey(&by.rsa.PublicKey)
	require.NoError(t, err)
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	es256 := sign(t, jwt.SigningMethodES256, by.ec, `{"alg":"ES256"}`, payload)
	h, p, _ := cut(es256)
	for name, tc := range map[string]struct{ token, why string }{
		"HS256 by the PEM of the RSA key":   {sign(t, jwt.SigningMethodHS256, public, `{"alg":"HS256","kid":"r"}`, payload), noKey},
		"HS256 by the DER of the RSA key":   {sign(t, jwt.SigningMethodHS256, der, `{"alg":"HS256"}`, payload), noKey},
		"HS256 by the modulus":              {sign(t, jwt.SigningMethodHS256, by.rsa.N.Bytes(), `{"alg":"HS256"}`, payload), noKey},
		"HS256 by the Ed25519 key":          {sign(t, jwt.SigningMethodHS256, []byte(by.ed.Public().(ed25519.PublicKey)), `{"alg":"HS256","kid":"d"}`, payload), noKey},
		"none":                              {sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, `{"alg":"none","kid":"r"}`, payload), noKey},
		"RS256 by another":                  {sign(t, jwt.SigningMethodRS256, others.rsa, `{"alg":"RS256","kid":"r"}`, payload), signature},
		"ES256 by another":                  {sign(t, jwt.SigningMethodES256, others.ec, `{"alg":"ES256","kid":"e"}`, payload), signature},
		"EdDSA by another":                  {sign(t, jwt.SigningMethodEdDSA, others.ed, `{"alg":"EdDSA"}`, payload), signature},
		"RS384":                             {sign(t, jwt.SigningMethodRS384, by.rsa, `{"alg":"RS384","kid":"r"}`, payload), noKey},
		"PS256":                             {sign(t, jwt.SigningMethodPS256, by.rsa, `{"alg":"PS256","kid":"r"}`, payload), noKey},
		"PS256 that says RS256":             {sign(t, jwt.SigningMethodPS256, by.rsa, `{"alg":"RS256","kid":"r"}`, payload), signature},
		"another curve":                     {sign(t, jwt.SigningMethodES384, p384, `{"alg":"ES384","kid":"e"}`, payload), noKey},
		"another curve that says ES256":     {sign(t, jwt.SigningMethodES384, p384, `{"alg":"ES256","kid":"e"}`, payload), signature},
		"ES256 that says EdDSA":             {sign(t, jwt.SigningMethodES256, by.ec, `{"alg":"EdDSA"}`, payload), signature},
		"an unknown key id":                 {sign(t, jwt.SigningMethodRS256, by.rsa, `{"alg":"RS256","kid":"x"}`, payload), noKey},
		"the key id of another key":         {sign(t, jwt.SigningMethodRS256, by.rsa, `{"alg":"RS256","kid":"e"}`, payload), noKey},
		"its own key in the header":         {sign(t, jwt.SigningMethodEdDSA, others.ed, `{"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"`+b64(others.ed.Public().(ed25519.PublicKey))+`"}}`, payload), signature},
		"ES256 of zeros (CVE-2022-21449)":   {h + "." + p + "." + b64(make([]byte, 64)), signature},
		"ES256 as ASN.1 and not as r and s": {h + "." + p + "." + b64([]byte{0x30, 6, 2, 1, 1, 2, 1, 1}), signature},
	} {
		refused(t, v, tc.token, tc.why, name)
	}
}

func TestATokenHasAtMost8KiB(t *testing.T) {
	v := verifier(t, auth.Config{Secret: secret})
	bytes := func(n int) string { return hs256(t, `{"sub":"`+strings.Repeat("x", n)+`"}`) }
	fits, beyond := bytes(6073), bytes(6074)
	require.Equal(t, 8<<10, len(fits))
	_, err := v.Verify(fits, now)
	assert.NoError(t, err)
	refused(t, v, beyond, malformed, "too long")
}

func TestEitherASecretOrAKeySetIsRequired(t *testing.T) {
	for want, cfg := range map[string]auth.Config{
		"neither a secret nor a key set":                    {Audience: "plenum"},
		"both a secret and a key set":                       {Secret: secret, JWKS: threeKeys(t)},
		"the secret has 31 bytes, at least 32 are required": {Secret: strings.Repeat("x", 31)},
	} {
		v, err := auth.New(cfg)
		assert.EqualError(t, err, want)
		assert.Nil(t, v)
	}
	_, err := auth.New(auth.Config{Secret: strings.Repeat("x", 32)})
	assert.NoError(t, err)
}
