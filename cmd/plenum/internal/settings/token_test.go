package settings

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInvalidFlagsOfTokenAreRefused(t *testing.T) {
	for _, tc := range []struct {
		args []string
		want string
	}{
		{nil, `--user: must be a name, got ""`},
		{[]string{"--user=Alex "}, `--user: must be a name that the server accepts (it begins or ends with a blank or invisible character), got "Alex "`},
		{[]string{"--user=x\u202ey"}, `--user: must be a name that the server accepts (it has bidirectional controls), got "x\u202ey"`},
		{[]string{"--user=\uff33ystem"}, `--user: must be a name that the server accepts (it is reserved for the server), got "Ｓystem"`},
		{[]string{"--user=" + strings.Repeat("a", 256)}, `--user: must be a name that the server accepts (it is longer than 255 bytes), got "` + strings.Repeat("a", 256) + `"`},
		{[]string{"--user=a", "--jwt-secret=short"}, `--jwt-secret: must be 32 bytes or more, got 5`},
		{[]string{"--user=a", "--jwt-secret="}, `--jwt-secret: must not be empty; leave it out instead`},
		{[]string{"--user=a", "--expires=-1s"}, `--expires: must be 0s (never), or 1s or more, got -1s`},
		{[]string{"--user=a", "--expires=1ms"}, `--expires: must be 0s (never), or 1s or more, got 1ms`},
		{[]string{"--user=a", "--expires=soon"}, `--expires: expected duration but got "soon": time: invalid duration "soon"`},
		{[]string{"--user=a", "--jwt-jwks=x"}, `unknown flag --jwt-jwks`},
		{[]string{"--user=a", "--listen=:1"}, `unknown flag --listen`},
		{[]string{"alex"}, `unexpected argument alex`},
	} {
		_, err := parse(nil, append([]string{"token"}, tc.args...)...)
		assertRefused(t, tc.want, err)
	}
	_, err := parse(nil, "token", "--user=a")
	assertRefused(t, `--jwt-secret: must be 32 bytes or more, got 0`, err)
}

func TestATokenHasTheClaimsOfItsFlags(t *testing.T) {
	for _, tc := range []struct {
		args []string
		want Token
	}{
		{nil, Token{Publish: true, Expires: time.Hour}},
		{[]string{"--rooms=team-*,lobby", "--rooms=x"}, Token{Rooms: []string{"team-*", "lobby", "x"}, Publish: true, Expires: time.Hour}},
		{[]string{"--no-publish", "--admin", "--expires=0s"}, Token{Admin: true}},
		{[]string{"--jwt-audience=a", "--jwt-issuer=b", "--expires=1s"}, Token{Publish: true, Expires: time.Second, JWTAudience: "a", JWTIssuer: "b"}},
	} {
		tc.want.User, tc.want.JWTSecret = "alex", secret
		c, err := parse(nil, append([]string{"token", "--user=alex", "--jwt-secret=" + secret}, tc.args...)...)
		require.NoError(t, err)
		assert.Equal(t, Command{Name: "token", Serve: defaults, Doctor: Doctor{Root: "/", ClusterStreams: 1, PresenceList: 1000}, Token: tc.want}, c)
	}
}

// If a script forgets the value after --rooms=, the token must not allow all rooms.
func TestAnEmptyListOfRoomsAllowsNoRoom(t *testing.T) {
	c, err := parse(nil, "token", "--user=alex", "--jwt-secret="+secret, "--rooms=")
	require.NoError(t, err)
	assert.Empty(t, c.Token.Rooms)
	assert.NotNil(t, c.Token.Rooms)
}

func TestTokenReadsOnlyTheJWTVariables(t *testing.T) {
	c, err := parse(environ{
		"PLENUM_JWT_SECRET": secret, "PLENUM_JWT_AUDIENCE": "a", "PLENUM_JWT_ISSUER": "b",
		"PLENUM_ADMIN": "true", "PLENUM_USER": "root", "PLENUM_ROOMS": "*", "PLENUM_PUBLISH": "false", "PLENUM_EXPIRES": "0s",
		"PLENUM_CONFIG": "absent.yaml", "PLENUM_MAX_CONNS": "many",
	}, "token", "--user=alex")
	require.NoError(t, err)
	assert.Equal(t, Token{User: "alex", Publish: true, Expires: time.Hour, JWTSecret: secret, JWTAudience: "a", JWTIssuer: "b"}, c.Token)
}
