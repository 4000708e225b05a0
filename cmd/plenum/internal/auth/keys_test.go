package auth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"slices"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

func TestRefusedKeySets(t *testing.T) {
	i := known()
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	ec := func() jwk { return ecJWK(t, &i.ec.PublicKey) }
	one := b64(slices.Repeat([]byte{1}, 32))
	set := func(keys ...jwk) string { return string(keySet(t, keys...)) }
	for _, tc := range []struct{ name, set, want string }{
		{"empty", ``, `not a key set: unexpected end of JSON input`},
		{"no JSON", `-----BEGIN PUBLIC KEY-----`, `not a key set: invalid character '-' in numeric literal`},
		{"a list", `[]`, `not a key set: json: cannot unmarshal array into Go value of type jwkset.JWKSMarshal`},
		{"no keys", `{}`, `none of the 0 keys is for RS256, ES256 or EdDSA signatures`},
		{"an empty set", `{"keys":[]}`, `none of the 0 keys is for RS256, ES256 or EdDSA signatures`},
		{"a key and no set", `{"kty":"OKP","crv":"Ed25519","x":"` + one + `"}`, `none of the 0 keys is for RS256, ES256 or EdDSA signatures`},
		{"a secret", set(jwk{"kty": "oct", "k": one}, jwk{"kty": "oct", "alg": "HS256", "k": one}), `none of the 2 keys is for RS256, ES256 or EdDSA signatures`},
		{"too many", set(slices.Repeat([]jwk{ec()}, 65)...), `65 keys, at most 64 are taken`},
		{"1024 bits", set(ec(), rsaJWK(&small.PublicKey).with("kid", "r")), `key 2 (kid "r") cannot be used: its modulus has 1024 bits, it needs 2048 or more`},
		{"exponent 1", set(rsaJWK(&i.rsa.PublicKey).with("e", "AQ")), `key 1 (kid "") cannot be used: its exponent must be an odd number from 3 on`},
		{"exponent 65536", set(rsaJWK(&i.rsa.PublicKey).with("e", "AQAA")), `key 1 (kid "") cannot be used: its exponent must be an odd number from 3 on`},
		{"point off the curve", set(ec().with("x", one)), `key 1 (kid "") cannot be used: x and y are no point of its curve`},
		{"no y", set(ec().with("y", "")), `key 1 (kid "") cannot be used: x and y must have 32 bytes each`},
		{"x too long", set(ec().with("x", b64(make([]byte, 33)))), `key 1 (kid "") cannot be used: x and y must have 32 bytes each`},
		{"Ed25519 too short", set(jwk{"kty": "OKP", "crv": "Ed25519", "x": "AQ"}), `key 1 (kid "") cannot be used: failed to unmarshal JSON Web Key: unable to unmarshal JWK due to invalid attributes: OKP key should be 32 bytes`},
		{"not base64", set(rsaJWK(&i.rsa.PublicKey).with("n", "!")), `key 1 (kid "") cannot be used: failed to unmarshal JSON Web Key: failed to decode RSA key parameter "n": illegal base64 data at input byte 0`},
	} {
		v, err := auth.New(auth.Config{JWKS: []byte(tc.set)})
		assert.EqualError(t, err, tc.want, tc.name)
		assert.Nil(t, v, tc.name)
	}
}

func TestKeysForSomethingElseAreLeftOut(t *testing.T) {
	i := known()
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	key := func() jwk { return rsaJWK(&i.rsa.PublicKey) }
	for name, other := range map[string]jwk{
		"for encryption":        key().with("use", "enc"),
		"for a use unheard of":  key().with("use", "x"),
		"for making signatures": key().with("key_ops", []string{"sign"}),
		"for RS512":             key().with("alg", "RS512"),
		"for PS256":             key().with("alg", "PS256"),
		"for RSA-OAEP":          key().with("alg", "RSA-OAEP"),
		"for another kind":      key().with("alg", "ES256"),
		"for HS256":             key().with("alg", "HS256"),
		"of another curve":      ecJWK(t, &p384.PublicKey),
		"of another kind":       {"kty": "AKP", "alg": "ML-DSA-44", "pub": "x"},
		"of no kind":            {},
	} {
		_, err := auth.New(auth.Config{JWKS: keySet(t, other)})
		require.EqualError(t, err, "none of the 1 keys is for RS256, ES256 or EdDSA signatures", name)
		v := verifier(t, auth.Config{JWKS: keySet(t, other, edJWK(i.ed.Public().(ed25519.PublicKey)))})
		refused(t, v, sign(t, jwt.SigningMethodRS256, i.rsa, `{"alg":"RS256"}`, `{"sub":"alex"}`), noKey, name)
		_, err = v.Verify(sign(t, jwt.SigningMethodEdDSA, i.ed, `{"alg":"EdDSA"}`, `{"sub":"alex"}`), now)
		require.NoError(t, err, name)
	}
	for name, one := range map[string]jwk{
		"use": key().with("use", "sig"), "operations": key().with("key_ops", []string{"sign", "verify"}), "algorithm": key().with("alg", "RS256"),
	} {
		_, err := verifier(t, auth.Config{JWKS: keySet(t, one)}).Verify(sign(t, jwt.SigningMethodRS256, i.rsa, `{"alg":"RS256"}`, `{"sub":"alex"}`), now)
		require.NoError(t, err, name)
	}
}

// A set in the middle of a change of keys, with one that has no id.
func TestAKeyIsFoundByItsID(t *testing.T) {
	older, newer, nameless, stranger := newEd(t), newEd(t), newEd(t), newEd(t)
	public := func(k ed25519.PrivateKey) jwk { return edJWK(k.Public().(ed25519.PublicKey)) }
	v := verifier(t, auth.Config{JWKS: keySet(t, public(older).with("kid", "1"), public(newer).with("kid", "2"), public(nameless))})
	for _, tc := range []struct {
		kid string
		key ed25519.PrivateKey
		why string
	}{
		{`"1"`, older, ""}, {`"2"`, newer, ""}, {`""`, older, ""}, {`""`, newer, ""}, {`""`, nameless, ""}, {`"3"`, nameless, ""},
		{`"1"`, newer, signature}, {`"2"`, older, signature}, {`"3"`, older, signature}, {`""`, stranger, signature},
	} {
		token := sign(t, jwt.SigningMethodEdDSA, tc.key, `{"alg":"EdDSA","kid":`+tc.kid+`}`, `{"sub":"alex"}`)
		if tc.why != "" {
			refused(t, v, token, tc.why, tc.kid)
			continue
		}
		_, err := v.Verify(token, now)
		assert.NoError(t, err, tc.kid)
	}
}

func newEd(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return k
}
