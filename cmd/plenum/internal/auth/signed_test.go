package auth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

const secret = "a secret of the tests, and no other"

// now is the time at which the tests check tokens.
var now = time.Unix(1_700_000_000, 0)

// issuer has one key of each kind.
type issuer struct {
	rsa *rsa.PrivateKey
	ec  *ecdsa.PrivateKey
	ed  ed25519.PrivateKey
}

var (
	known   = sync.OnceValue(newIssuer) // its keys are in the key set
	unknown = sync.OnceValue(newIssuer)
)

func newIssuer() issuer {
	var i issuer
	var errs [3]error
	i.rsa, errs[0] = rsa.GenerateKey(rand.Reader, 2048)
	i.ec, errs[1] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, i.ed, errs[2] = ed25519.GenerateKey(rand.Reader)
	for _, err := range errs {
		if err != nil {
			panic(err)
		}
	}
	return i
}

// jwk is a key of a key set as a JSON object.
type jwk map[string]any

func (k jwk) with(name string, value any) jwk {
	k[name] = value
	return k
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func rsaJWK(k *rsa.PublicKey) jwk {
	return jwk{"kty": "RSA", "n": b64(k.N.Bytes()), "e": b64(big.NewInt(int64(k.E)).Bytes())}
}

func ecJWK(t testing.TB, k *ecdsa.PublicKey) jwk {
	point, err := k.Bytes() // 4, x, y (SEC 1 section 2.3.3)
	require.NoError(t, err)
	size := len(point) / 2
	return jwk{"kty": "EC", "crv": k.Params().Name, "x": b64(point[1 : 1+size]), "y": b64(point[1+size:])}
}

func edJWK(k ed25519.PublicKey) jwk { return jwk{"kty": "OKP", "crv": "Ed25519", "x": b64(k)} }

func keySet(t testing.TB, keys ...jwk) []byte {
	t.Helper()
	set, err := json.Marshal(map[string]any{"keys": keys})
	require.NoError(t, err)
	return set
}

// threeKeys returns the key set of the known issuer.
func threeKeys(t testing.TB) []byte {
	i := known()
	return keySet(t, rsaJWK(&i.rsa.PublicKey).with("kid", "r"), ecJWK(t, &i.ec.PublicKey).with("kid", "e"), edJWK(i.ed.Public().(ed25519.PublicKey)).with("kid", "d"))
}

func verifier(t testing.TB, cfg auth.Config) *auth.Verifier {
	t.Helper()
	v, err := auth.New(cfg)
	require.NoError(t, err)
	return v
}

// sign creates a token with any header and payload.
func sign(t testing.TB, method jwt.SigningMethod, key any, header, payload string) string {
	t.Helper()
	text := b64([]byte(header)) + "." + b64([]byte(payload))
	signature, err := method.Sign(text, key)
	require.NoError(t, err)
	return text + "." + b64(signature)
}

func hs256(t testing.TB, payload string) string {
	t.Helper()
	return sign(t, jwt.SigningMethodHS256, []byte(secret), `{"alg":"HS256","typ":"JWT"}`, payload)
}

func refused(t *testing.T, v *auth.Verifier, token, why, name string) {
	t.Helper()
	id, err := v.Verify(token, now)
	require.EqualError(t, err, why, name)
	require.Zero(t, id, name)
}

func cut(token string) (header, payload, signature string) {
	parts := strings.Split(token, ".")
	return parts[0], parts[1], parts[2]
}
