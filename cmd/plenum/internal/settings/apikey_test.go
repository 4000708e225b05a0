package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var apiKeys = [2]string{strings.Repeat("a", 32), strings.Repeat("b", 40)}

func TestAPIKeysComeFromTheEnvironmentOrAFile(t *testing.T) {
	c, err := parse(environ{}, "serve")
	require.NoError(t, err)
	none, err := c.Serve.APIKeys()
	require.NoError(t, err)
	assert.False(t, none.Any())

	c, err = parse(environ{"PLENUM_API_KEY": apiKeys[0] + "," + apiKeys[1]}, "serve")
	require.NoError(t, err)
	keys, err := c.Serve.APIKeys()
	require.NoError(t, err)
	assert.True(t, keys.Has(apiKeys[0]) && keys.Has(apiKeys[1]))

	file := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(file, []byte("# of the shop\r\n"+apiKeys[0]+"\r\n\n"+apiKeys[1]), 0o600))
	c, err = parse(environ{}, "serve", "--api-key-file="+file)
	require.NoError(t, err)
	keys, err = c.Serve.APIKeys()
	require.NoError(t, err)
	assert.True(t, keys.Has(apiKeys[0]) && keys.Has(apiKeys[1]))
	require.NoError(t, os.WriteFile(file, []byte(apiKeys[1]+"\n"), 0o600))
	keys, err = c.Serve.APIKeys()
	require.NoError(t, err)
	assert.False(t, keys.Has(apiKeys[0]), "the file is read again")
}

func TestInvalidAPIKeysAreRefusedAndNotShown(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
		return filepath.Join(folder, name)
	}
	empty, short := write("empty", "# none\n\n"), write("short", apiKeys[0]+"\nsecret\n")
	for _, tc := range [][2]string{
		{"--api-key=secret", "--api-key: a key must have 32 to 512 bytes, key 1 has 6 (flag)"},
		{"--api-key=" + apiKeys[0] + ", " + apiKeys[1], "--api-key: a key must be of ASCII letters, digits and punctuation, key 2 is not"},
		{"--api-key=" + apiKeys[0] + ",", "--api-key: a key must have 32 to 512 bytes, key 2 has 0"},
		{"--api-key=", "--api-key: must not be empty; leave it out instead"},
		{"--api-key-file=" + empty, "--api-key-file: " + empty + ": contains no key"},
		{"--api-key-file=" + short, "--api-key-file: " + short + ": a key must have 32 to 512 bytes, key 2 has 6"},
		{"--api-key-file=" + folder + "/no", "--api-key-file: open " + folder + "/no: no such file or directory"},
	} {
		_, err := parse(environ{}, "serve", tc[0])
		require.ErrorContains(t, err, strings.TrimSuffix(tc[1], " (flag)"), tc[0])
	}
	_, err := parse(environ{"PLENUM_API_KEY": apiKeys[0]}, "serve", "--api-key-file="+short)
	require.ErrorContains(t, err, "--api-key-file: must be left out if --api-key is given")
}
