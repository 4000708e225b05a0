package auth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
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
		{"a list", `[]`, `not a key set: json: cannot unmarshal array into Go value of type auth.jwks`},
		{"no keys", `{}`, `none of the 0 keys is for RS256, ES256 or EdDSA signatures`},
		{"an empty set", `{"keys":[]}`, `none of the 0 keys is for RS256, ES256 or EdDSA signatures`},
		{"a key and no set", `{"kty":"OKP","crv":"Ed25519","x":"` + one + `"}`, `none of the 0 keys is for RS256, ES256 or EdDSA signatures`},
		{"a secret", set(jwk{"kty": "oct", "k": one}, jwk{"kty": "oct", "alg": "HS256", "k": one}), `none of the 2 keys is for RS256, ES256 or EdDSA signatures`},
		{"too many", set(slices.Repeat([]jwk{ec()}, 65)...), `the key set has 65 keys, at most 64 are allowed`},
		{"1024 bits", set(rsaJWK(&small.PublicKey).with("kid", "r")), `none of the 1 keys can be used: key 1 (kid "r"): the modulus has 1024 bits, at least 2048 are required`},
		{"two bad ones and a secret", set(jwk{"kty": "oct", "k": one}, ec().with("y", ""), rsaJWK(&i.rsa.PublicKey).with("e", "AQ").with("kid", "r")),
			`none of the 3 keys can be used: key 2 (kid ""): x and y must have 32 bytes each; key 3 (kid "r"): the exponent must be an odd number from 3 to 2147483647`},
		{"exponent 1", set(rsaJWK(&i.rsa.PublicKey).with("e", "AQ")), `none of the 1 keys can be used: key 1 (kid ""): the exponent must be an odd number from 3 to 2147483647`},
		{"exponent 2^31+1", set(rsaJWK(&i.rsa.PublicKey).with("e", "gAAAAQ")), `none of the 1 keys can be used: key 1 (kid ""): the exponent must be an odd number from 3 to 2147483647`},
		{"modulus even", set(rsaJWK(&i.rsa.PublicKey).with("n", b64(new(big.Int).Lsh(i.rsa.N, 1).Bytes()))), `none of the 1 keys can be used: key 1 (kid ""): the modulus is even`},
		{"exponent 65536", set(rsaJWK(&i.rsa.PublicKey).with("e", "AQAA")), `none of the 1 keys can be used: key 1 (kid ""): the exponent must be an odd number from 3 to 2147483647`},
		{"point off the curve", set(ec().with("x", one)), `none of the 1 keys can be used: key 1 (kid ""): x and y are not a point on the curve`},
		{"no y", set(ec().with("y", "")), `none of the 1 keys can be used: key 1 (kid ""): x and y must have 32 bytes each`},
		{"x too long", set(ec().with("x", b64(make([]byte, 33)))), `none of the 1 keys can be used: key 1 (kid ""): x and y must have 32 bytes each`},
		{"Ed25519 too short", set(jwk{"kty": "OKP", "crv": "Ed25519", "x": "AQ"}), `none of the 1 keys can be used: key 1 (kid ""): failed to unmarshal JSON Web Key: unable to unmarshal JWK due to invalid attributes: OKP key should be 32 bytes`},
		{"not base64", set(rsaJWK(&i.rsa.PublicKey).with("n", "!")), `none of the 1 keys can be used: key 1 (kid ""): failed to unmarshal JSON Web Key: failed to decode RSA key parameter "n": illegal base64 data at input byte 0`},
	} {
		v, err := auth.New(auth.Config{JWKS: []byte(tc.set)})
		assert.EqualError(t, err, tc.want, tc.name)
		assert.Nil(t, v, tc.name)
	}
}

func TestAnUnusableKeyIsSkippedAndTheOthersStayValid(t *testing.T) {
	i := known()
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	one := b64(slices.Repeat([]byte{1}, 32))
	bad := func(change func(k jwk)) jwk {
		k := rsaJWK(&i.rsa.PublicKey).with("kid", "bad")
		change(k)
		return k
	}
	certificate := selfSigned(t, i.rsa)
	for name, tc := range map[string]struct {
		key  any
		want string
	}{
		"RSA of 1024 bits":        {rsaJWK(&small.PublicKey).with("kid", "bad"), `(kid "bad"): the modulus has 1024 bits, at least 2048 are required`},
		"RSA without n":           {bad(func(k jwk) { delete(k, "n") }), `(kid "bad"): .*requires parameters "n" and "e"`},
		"EC off its curve":        {ecJWK(t, &i.ec.PublicKey).with("x", one).with("kid", "bad"), `(kid "bad"): x and y are not a point on the curve`},
		"a wrong x5t":             {bad(func(k jwk) { k["x5c"], k["x5t"] = certificate, "AAAA" }), `(kid "bad"): .*X5T in marshal does not match`},
		"a wrong x5t#S256":        {bad(func(k jwk) { k["x5c"], k["x5t#S256"] = certificate, "AAAA" }), `(kid "bad"): .*X5TS256 in marshal does not match`},
		"the certificate is none": {bad(func(k jwk) { k["x5c"] = []string{"AAAA"} }), `(kid "bad"): .*failed to parse X.509 certificate`},
		"n is a number":           {bad(func(k jwk) { k["n"] = 5 }), `(kid "bad"): json: cannot unmarshal number`},
		"x5c is a text":           {bad(func(k jwk) { k["x5c"] = "AAAA" }), `(kid "bad"): json: cannot unmarshal string`},
		"kid is a number":         {bad(func(k jwk) { k["kid"] = 5 }), `(kid ""): json: cannot unmarshal number`},
		"no object":               {"key", `(kid ""): json: cannot unmarshal string`},
	} {
		for at := range 2 { // before and after the valid key
			keys := slices.Insert([]any{edJWK(i.ed.Public().(ed25519.PublicKey))}, at, tc.key)
			set, err := json.Marshal(map[string]any{"keys": keys})
			require.NoError(t, err)
			v, err := auth.New(auth.Config{JWKS: set})
			require.NoError(t, err, name)
			require.Len(t, v.Skipped(), 1, name)
			want := fmt.Sprintf("^key %d %s", at+1, strings.NewReplacer("(", `\(`, ")", `\)`).Replace(tc.want))
			assert.Regexp(t, want, v.Skipped()[0].Error(), name)
			_, err = v.Verify(sign(t, jwt.SigningMethodEdDSA, i.ed, `{"alg":"EdDSA"}`, `{"sub":"alex"}`), now)
			assert.NoError(t, err, name)
			refused(t, v, sign(t, jwt.SigningMethodRS256, i.rsa, `{"alg":"RS256"}`, `{"sub":"alex"}`), noKey, name)
		}
	}
	good := keySet(t, bad(func(k jwk) { k["x5c"], k["x5t"] = certificate, thumbprint(t, certificate[0]) }))
	assert.Empty(t, verifier(t, auth.Config{JWKS: good}).Skipped(), "the thumbprint is correct")
	assert.Empty(t, verifier(t, auth.Config{Secret: secret}).Skipped())
}

// selfSigned returns an x5c with a certificate of the key.
func selfSigned(t *testing.T, k *rsa.PrivateKey) []string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	require.NoError(t, err)
	return []string{base64.StdEncoding.EncodeToString(der)}
}

// thumbprint returns the x5t of a certificate in an x5c.
func thumbprint(t *testing.T, certificate string) string {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(certificate)
	require.NoError(t, err)
	sum := sha1.Sum(der)
	return b64(sum[:])
}

func TestKeysForOtherPurposesAreLeftOut(t *testing.T) {
	i := known()
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	key := func() jwk { return rsaJWK(&i.rsa.PublicKey) }
	for name, other := range map[string]jwk{
		"for encryption":        key().with("use", "enc"),
		"for an unknown use":    key().with("use", "x"),
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

// The key set is that of an issuer that is replacing its key. One key has no id.
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
