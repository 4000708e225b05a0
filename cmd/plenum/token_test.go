package main

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

const testSecret = "0123456789abcdef0123456789abcdef"

// printed runs the program with only the secret in the environment, and returns its output.
func printed(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	env := func(name string) (string, bool) { return testSecret, name == "PLENUM_JWT_SECRET" }
	var out, errs bytes.Buffer
	err = run(context.Background(), nil, args, env, &out, &errs)
	return out.String(), errs.String(), err
}

func TestTheTokenCommandPrintsATokenAndNothingElse(t *testing.T) {
	started := time.Now().Truncate(time.Second)
	out, errs, err := printed(t, "token", "--user=alex", "--rooms=team-*,lobby", "--no-publish", "--admin", `--info={"team":7}`, "--expires=10m", "--jwt-audience=plenum", "--jwt-issuer=me")
	require.NoError(t, err)
	assert.Empty(t, errs)
	token, ok := strings.CutSuffix(out, "\n")
	require.True(t, ok)

	v, err := auth.New(auth.Config{Secret: testSecret, Audience: "plenum", Issuer: "me"})
	require.NoError(t, err)
	id, err := v.Verify(token, time.Now())
	require.NoError(t, err)
	left := id.Expires.Sub(started)
	assert.True(t, 10*time.Minute <= left && left < 11*time.Minute, left)
	id.Expires = time.Time{}
	info := `{"team":7}`
	assert.Equal(t, auth.Identity{Name: "alex", Rooms: []string{"team-*", "lobby"}, Admin: true, Info: &info}, id)
}

func TestAnInvalidTokenCommandPrintsNoToken(t *testing.T) {
	for want, args := range map[string][]string{
		`--user: must be a name, got ""`:                                                              {"token"},
		`--info: must be JSON of at most 1024 bytes, got "{"`:                                         {"token", "--user=alex", "--info={"},
		`--jwt-secret: must be 32 bytes or more, got 5`:                                               {"token", "--user=alex", "--jwt-secret=short"},
		`--jwt-jwks: must be left out if --jwt-secret or --jwt-secret-file is given, got "keys.json"`: {"serve", "--jwt-jwks=keys.json"},
	} {
		out, _, err := printed(t, args...)
		require.EqualError(t, err, want)
		assert.Equal(t, 2, exitStatus(err), want)
		assert.Empty(t, out)
	}
}

func TestTheSecretIsNotInThePrintedSettings(t *testing.T) {
	out, errs, err := printed(t, "serve", "--print-config")
	require.NoError(t, err)
	assert.Regexp(t, `(?m)^jwt-secret +\(set\) +\(env PLENUM_JWT_SECRET\)$`, out)
	assert.NotContains(t, out+errs, testSecret)
}

func TestTwoWaysToSignInEndTheProgramWithOneLineAndStatus2(t *testing.T) {
	p := program(t, "--jwt-secret="+testSecret, "--jwt-jwks=keys.json")
	var errs bytes.Buffer
	p.Stderr = &errs
	var ended *exec.ExitError
	require.ErrorAs(t, p.Run(), &ended)
	assert.Equal(t, 2, ended.ExitCode())
	assert.Equal(t, "plenum: --jwt-jwks: must be left out if --jwt-secret or --jwt-secret-file is given, got \"keys.json\"\n", errs.String())
}
