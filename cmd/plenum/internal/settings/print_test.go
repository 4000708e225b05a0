package settings

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPrintShowsEachSettingWithItsOrigin(t *testing.T) {
	env := environ{"PLENUM_MAX_CONNS": "20000", "PLENUM_ADMIN": "", "PLENUM_CONFIG": "testdata/plenum.yaml", "PLENUM_JWT_SECRET": secret}
	c, err := parse(env, "--print-config", "--listen", ":1234", "--no-demo-routes")
	require.NoError(t, err)
	assert.True(t, c.Serve.PrintConfig)

	var out bytes.Buffer
	require.NoError(t, c.Print(&out))
	golden(t, "print_config.txt", out.Bytes())
}

func TestPrintIsEmptyForOtherCommands(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Command{Name: "version"}.Print(&out))
	assert.Empty(t, out.String())
}
