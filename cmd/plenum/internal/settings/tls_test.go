package settings

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/certificate"
)

// certified writes a certificate and its key to files and returns their paths.
func certified(t *testing.T) (cert, key string) {
	t.Helper()
	c, err := certificate.Write(t.TempDir())
	require.NoError(t, err)
	return c.Cert, c.Key
}

func TestACertificateNeedsItsKey(t *testing.T) {
	cert, key := certified(t)
	_, other := certified(t)
	absent, empty := filepath.Join(t.TempDir(), "absent.pem"), filepath.Join(t.TempDir(), "empty.pem")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for _, tc := range []struct{ cert, key, want string }{
		{cert, "", `--tls-key: must be given with --tls-cert, got ""`},
		{"", key, `--tls-cert: must be given with --tls-key, got ""`},
		{absent, key, "--tls-cert: open " + absent + ": no such file or directory"},
		{cert, absent, "--tls-key: open " + absent + ": no such file or directory"},
		{empty, key, "--tls-cert: " + empty + " (the server's own certificate first) with the key " + key + ": tls: failed to find any PEM data in certificate input"},
		{cert, other, "--tls-cert: " + cert + " (the server's own certificate first) with the key " + other + ": tls: private key does not match public key"},
	} {
		args := []string{"serve"}
		if tc.cert != "" {
			args = append(args, "--tls-cert="+tc.cert)
		}
		if tc.key != "" {
			args = append(args, "--tls-key="+tc.key)
		}
		_, err := parse(nil, args...)
		assert.EqualError(t, err, tc.want)
	}
	c, err := parse(nil, "serve", "--tls-cert="+cert, "--tls-key="+key)
	require.NoError(t, err)
	loaded, err := c.Serve.Certificate()
	require.NoError(t, err)
	require.NotNil(t, loaded.Leaf)
}
