package auth_test

import (
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

// FuzzFromRequest checks that the three places of a token do not affect each other. If all tokens in a request are
// equal, it returns that token. If they differ, it returns an empty one.
func FuzzFromRequest(f *testing.F) {
	f.Add("Bearer a.b.c", "bearer, a.b.c", "chat", "token=a.b.c")
	f.Add("Basic YTpi", "chat", "bearer,,\t a.b.c", "username=x&token=")
	f.Add("bearer  x", "bearer", "bearer", "token=x&token=y&%zz")
	f.Fuzz(func(t *testing.T, authorization, first, second, query string) {
		token, found, subprotocol := auth.FromRequest(request([]string{authorization}, []string{first, second}, query))
		var alone []string
		for _, r := range []*http.Request{
			request([]string{authorization}, nil, ""), request(nil, []string{first, second}, ""), request(nil, nil, query),
		} {
			one, is, sub := auth.FromRequest(r)
			require.Equal(t, subprotocol && r.Header.Values("Sec-WebSocket-Protocol") != nil, sub)
			if is {
				alone = append(alone, one)
			}
		}
		slices.Sort(alone)
		alone = slices.Compact(alone)
		require.Equal(t, len(alone) > 0, found)
		if len(alone) == 1 {
			require.Equal(t, alone[0], token)
			return
		}
		require.Empty(t, token)
	})
}

// refusals are all permitted error texts.
var refusals = []string{malformed, noKey, critical, signature, expired, notYet, badClaims, longInfo, noName, noClaim, badAudience, badIssuer}

// FuzzVerify checks that only the signed tokens are accepted, and that errors contain no part of a token.
func FuzzVerify(f *testing.F) {
	private := ed25519.NewKeyFromSeed([]byte(secret[:ed25519.SeedSize]))
	withSecret := verifier(f, auth.Config{Secret: secret})
	withKeys := verifier(f, auth.Config{JWKS: keySet(f, edJWK(private.Public().(ed25519.PublicKey)))})
	signed := []string{
		hs256(f, `{"sub":"alex"}`),
		hs256(f, `{"email":"a@b.example","plenum":{"rooms":["team-*"],"publish":false}}`),
		sign(f, jwt.SigningMethodEdDSA, private, `{"alg":"EdDSA","kid":"x"}`, `{"sub":"alex","exp":1800000000}`),
	}
	for _, token := range signed {
		f.Add(token)
	}
	f.Add(sign(f, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, `{"alg":"none"}`, `{"sub":"alex"}`))
	f.Add(sign(f, jwt.SigningMethodHS256, []byte(private.Public().(ed25519.PublicKey)), `{"alg":"HS256"}`, `{"sub":"alex"}`))
	f.Fuzz(func(t *testing.T, token string) {
		for _, v := range []*auth.Verifier{withSecret, withKeys} {
			_, err := v.Verify(token, now)
			if err == nil {
				require.Contains(t, signed, token)
				continue
			}
			require.Contains(t, refusals, err.Error())
		}
	})
}

// FuzzClaims signs any header and payload. If the token is accepted, the identity must have a name and must not have
// expired. It must also agree with the JSON of the payload.
func FuzzClaims(f *testing.F) {
	v := verifier(f, auth.Config{Secret: secret})
	f.Add(`{"alg":"HS256"}`, `{"sub":"alex","exp":1800000000,"nbf":1}`)
	f.Add(`{"alg":"HS256","kid":"x"}`, `{"email":"a@b.example","plenum":{"rooms":["team-*"],"publish":false,"admin":true}}`)
	f.Add(`{"alg":"HS256","crit":["b64"],"b64":false}`, `{"sub":null,"plenum":{"room":[]}}`)
	f.Fuzz(func(t *testing.T, header, payload string) {
		id, err := v.Verify(sign(t, jwt.SigningMethodHS256, []byte(secret), header, payload), now)
		if err != nil {
			require.Contains(t, refusals, err.Error())
			return
		}
		require.NotEmpty(t, id.Name)
		require.True(t, id.Expires.IsZero() || id.Expires.After(now))
		var head, claims map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(header), &head))
		require.NotContains(t, head, "crit")
		require.NoError(t, json.Unmarshal([]byte(payload), &claims))
		require.Equal(t, claims["exp"] == nil, id.Expires.IsZero())
		if id.Admin || !id.Publish || id.Rooms != nil {
			require.True(t, strings.HasPrefix(strings.TrimSpace(string(claims["plenum"])), "{"))
		}
	})
}

// FuzzKeySet puts any key beside a valid one, which must stay valid.
func FuzzKeySet(f *testing.F) {
	private := ed25519.NewKeyFromSeed([]byte(secret[:ed25519.SeedSize]))
	good := edJWK(private.Public().(ed25519.PublicKey)).with("kid", "good")
	token := sign(f, jwt.SigningMethodEdDSA, private, `{"alg":"EdDSA","kid":"good"}`, `{"sub":"alex"}`)
	f.Add(`{"kty":"RSA","e":"AQAB","n":"AQ","kid":"r"}`)
	f.Add(`{"kty":"RSA","e":"AQAB","x5t":"AA","x5c":["AAAA"],"alg":"RS256"}`)
	f.Add(`{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ","use":"sig","key_ops":["verify"]}`)
	f.Add(`{"kty":"OKP","crv":"Ed25519","x":"AQ"}`)
	f.Add(`"key"`)
	f.Add(`{"kid":5}`)
	f.Fuzz(func(t *testing.T, other string) {
		if !json.Valid([]byte(other)) {
			t.Skip()
		}
		set, err := json.Marshal(map[string]any{"keys": []any{json.RawMessage(other), good}})
		require.NoError(t, err)
		v, err := auth.New(auth.Config{JWKS: set})
		require.NoError(t, err)
		require.LessOrEqual(t, len(v.Skipped()), 1)
		_, err = v.Verify(token, now)
		require.NoError(t, err)
	})
}
