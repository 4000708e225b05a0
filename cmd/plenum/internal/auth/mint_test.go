package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"plenum/cmd/plenum/internal/auth"
)

func TestAMintedTokenHasTheGivenIdentity(t *testing.T) {
	cfg := auth.Config{Secret: secret, Audience: "plenum", Issuer: "me"}
	v := verifier(t, cfg)
	rapid.Check(t, func(t *rapid.T) {
		id := auth.Identity{
			Name:    rapid.StringN(1, 64, -1).Draw(t, "name"),
			Rooms:   rapid.SampledFrom([][]string{nil, {}, {"a"}, {"a", "team-*", ""}}).Draw(t, "rooms"),
			Publish: rapid.Bool().Draw(t, "publish"),
			Admin:   rapid.Bool().Draw(t, "admin"),
			Info:    rapid.SampledFrom([]*string{nil, new("1"), new(`{"team":7}`)}).Draw(t, "info"),
		}
		if rapid.Bool().Draw(t, "ends") {
			id.Expires = now.Add(time.Duration(rapid.IntRange(1, 1e9).Draw(t, "after")) * time.Second)
		}
		token, err := auth.Mint(cfg, id, now)
		require.NoError(t, err)
		got, err := v.Verify(token, now)
		require.NoError(t, err)
		require.Equal(t, id, got)
	})
}

func TestMintCreatesNoTokenThatVerifyWouldRefuse(t *testing.T) {
	for want, tc := range map[string]struct{ secret, name string }{
		"the secret has 5 bytes, at least 32 are required":   {"short", "alex"},
		"the secret has 0 bytes, at least 32 are required":   {"", "alex"},
		"a token needs a name":                               {secret, ""},
		"the token has 8264 bytes, at most 8192 are allowed": {secret, strings.Repeat("x", 6083)},
	} {
		token, err := auth.Mint(auth.Config{Secret: tc.secret}, auth.Identity{Name: tc.name}, now)
		assert.EqualError(t, err, want)
		assert.Empty(t, token)
	}
}
