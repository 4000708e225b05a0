package settings

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const secret = "0123456789abcdef0123456789abcdef"

func TestOnlyOneOfSecretSecretFileAndKeySetIsAccepted(t *testing.T) {
	const want = `--jwt-jwks: must be left out if --jwt-secret or --jwt-secret-file is given, got "testdata/keys.json"`
	_, err := parse(nil, "--jwt-secret="+secret, "--jwt-jwks=testdata/keys.json")
	assertRefused(t, want, err)
	_, err = parse(environ{"PLENUM_JWT_JWKS": "testdata/keys.json"}, "--jwt-secret="+secret)
	assertRefused(t, want+" (env PLENUM_JWT_JWKS)", err)
}

// secretFile writes a file and returns its path.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestASecretGivenTwiceIsRefused(t *testing.T) {
	file := secretFile(t, secret)
	for _, command := range [][]string{{"serve"}, {"token", "--user=a"}} {
		_, err := parse(environ{"PLENUM_JWT_SECRET_FILE": file}, append(command, "--jwt-secret="+secret)...)
		assertRefused(t, `--jwt-secret-file: must be left out if --jwt-secret is given, got "`+file+`" (env PLENUM_JWT_SECRET_FILE)`, err)
	}
	_, err := parse(nil, "--jwt-secret-file="+file, "--jwt-jwks=testdata/keys.json")
	assertRefused(t, `--jwt-jwks: must be left out if --jwt-secret or --jwt-secret-file is given, got "testdata/keys.json"`, err)
}

func TestOneNewlineAtTheEndOfASecretFileIsNotPartOfTheSecret(t *testing.T) {
	for text, want := range map[string]string{
		secret:               secret,
		secret + "\n":        secret,
		secret + "\r\n":      secret,
		secret + "\n\n":      secret + "\n",
		secret + "\r":        secret + "\r",
		" " + secret + " \n": " " + secret + " ",
	} {
		file := secretFile(t, text)
		c, err := parse(nil, "--jwt-secret-file="+file)
		require.NoError(t, err)
		v, err := c.Serve.Verifier()
		require.NoError(t, err)
		direct := Token{User: "alex", JWTSecret: Secret(want)}
		token, err := direct.Mint(time.Now())
		require.NoError(t, err)
		_, err = v.Verify(token, time.Now())
		require.NoError(t, err, "%q", text)

		c, err = parse(nil, "token", "--user=alex", "--jwt-secret-file="+file)
		require.NoError(t, err)
		token, err = c.Token.Mint(time.Now())
		require.NoError(t, err)
		_, err = v.Verify(token, time.Now())
		require.NoError(t, err, "%q", text)
	}
}

func TestAnEmptyOrShortSecretFileIsRefused(t *testing.T) {
	for text, n := range map[string]int{"": 0, "\n": 0, secret[1:] + "\n": 31} {
		file := secretFile(t, text)
		for _, command := range [][]string{{"serve"}, {"token", "--user=a"}} {
			_, err := parse(nil, append(command, "--jwt-secret-file="+file)...)
			assertRefused(t, fmt.Sprintf("--jwt-secret-file: %s: must contain 32 bytes or more, got %d", file, n), err)
		}
	}
}

func TestEachVerifierReadsTheSecretFileAgain(t *testing.T) {
	file := secretFile(t, secret+"\n")
	c, err := parse(nil, "--jwt-secret-file="+file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte(secret+secret), 0o600))
	v, err := c.Serve.Verifier()
	require.NoError(t, err)
	changed := Token{User: "alex", JWTSecret: secret + secret}
	token, err := changed.Mint(time.Now())
	require.NoError(t, err)
	_, err = v.Verify(token, time.Now())
	require.NoError(t, err)

	require.NoError(t, os.Remove(file))
	_, err = c.Serve.Verifier()
	require.ErrorContains(t, err, "--jwt-secret-file: open "+file)
}

func TestTheSecretIsNeverPrinted(t *testing.T) {
	const hidden = "-hunter2"
	inFile(t, "jwt-secret: \""+hidden+"\"\n")
	for _, tc := range []struct {
		env  environ
		args []string
	}{
		{nil, []string{"--jwt-secret=" + hidden}},
		{nil, []string{"--jwt-secret", hidden}},
		{nil, []string{"--jwt-secret", "-" + hidden}},
		{nil, []string{"--jwt-secrets=" + hidden}},
		{nil, []string{"token", "--user=a", "--jwt-secret", hidden}},
		{nil, []string{"token", "--user=a", "--jwt-secret=" + hidden}},
		{nil, []string{"version", "--jwt-secret=" + hidden}},
		{environ{"PLENUM_JWT_SECRET": hidden}, nil},
		{environ{"PLENUM_JWT_SECRET": hidden}, []string{"token", "--user=a"}},
		{environ{"PLENUM_CONFIG": "plenum.yaml"}, nil},
	} {
		_, err := parse(tc.env, tc.args...)
		require.Error(t, err, tc)
		assert.NotContains(t, err.Error(), "hunter2")
	}

	long := hidden + secret
	inFile(t, "jwt-secret: \""+long+"\"\n")
	for _, tc := range []struct {
		env  environ
		args []string
	}{
		{nil, []string{"--jwt-secret=" + long}}, {environ{"PLENUM_JWT_SECRET": long}, nil}, {environ{"PLENUM_CONFIG": "plenum.yaml"}, nil},
	} {
		c, err := parse(tc.env, tc.args...)
		require.NoError(t, err)
		assert.Equal(t, long, string(c.Serve.JWTSecret))
		var out bytes.Buffer
		require.NoError(t, c.Print(&out))
		all := out.String() + fmt.Sprintf("%v %+v %#v %x", c, c, c, c.Serve.JWTSecret)
		assert.NotContains(t, all, "hunter2")
		assert.Contains(t, all, "(set)")
	}
}

func TestTheVerifierChecksByTheSettings(t *testing.T) {
	c, err := parse(nil)
	require.NoError(t, err)
	v, err := c.Serve.Verifier()
	require.NoError(t, err)
	assert.Nil(t, v, "without a secret or a key set everyone may come")

	tokens := Token{User: "alex", Publish: true, JWTSecret: secret, JWTAudience: "plenum", JWTIssuer: "me"}
	token, err := tokens.Mint(time.Now())
	require.NoError(t, err)
	for args, want := range map[string]string{
		"":                                      "",
		"--jwt-audience=plenum":                 "",
		"--jwt-audience=other":                  "token has invalid audience",
		"--jwt-issuer=me":                       "",
		"--jwt-issuer=other":                    "token has invalid issuer",
		"--jwt-secret=" + secret + secret:       "token signature is invalid",
		"--jwt-issuer=me --jwt-audience=plenum": "",
	} {
		c, err := parse(nil, append([]string{"--jwt-secret=" + secret}, strings.Fields(args)...)...)
		require.NoError(t, err)
		v, err := c.Serve.Verifier()
		require.NoError(t, err)
		id, err := v.Verify(token, time.Now())
		if want != "" {
			assert.EqualError(t, err, want, args)
			continue
		}
		require.NoError(t, err, args)
		assert.Equal(t, "alex", id.Name)
	}
}

func TestEachVerifierReadsTheKeySetAgain(t *testing.T) {
	set, err := os.ReadFile(absolute(t, "keys.json"))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "keys.json")
	require.NoError(t, os.WriteFile(path, set, 0o600))
	c, err := parse(nil, "--jwt-jwks="+path)
	require.NoError(t, err)
	v, err := c.Serve.Verifier()
	require.NoError(t, err)
	// RFC 7515 appendix A.3, which has no name.
	const token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
	_, err = v.Verify(token, time.Unix(1300819379, 0))
	require.EqualError(t, err, "token has neither a sub nor a verified email")

	require.NoError(t, os.WriteFile(path, []byte(`{"keys":[]}`), 0o600))
	_, err = c.Serve.Verifier()
	assert.EqualError(t, err, "--jwt-jwks: "+path+": none of the 0 keys is for RS256, ES256 or EdDSA signatures")
}
