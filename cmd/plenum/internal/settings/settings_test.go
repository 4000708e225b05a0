package settings

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files and the table of OPERATING.md")

type environ map[string]string

func (e environ) lookup(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

func parse(env environ, args ...string) (Command, error) {
	return Parse(args, env.lookup, io.Discard, io.Discard)
}

// inFile writes plenum.yaml in a new folder and makes it the current one.
func inFile(t *testing.T, yaml string) {
	t.Helper()
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("plenum.yaml", []byte(yaml), 0o600))
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

// defaults are the settings without flags, variables and file.
var defaults = Serve{
	ClusterStreams:   1,
	Listen:           "127.0.0.1:8080",
	Admin:            "127.0.0.1:9090",
	PingPeriod:       15 * time.Second,
	PingTimeout:      15 * time.Second,
	MaxMessage:       64 << 10,
	DrainWindow:      10 * time.Second,
	MemoryLimit:      Auto,
	Compression:      "off",
	CompressionMin:   512,
	HandshakeTimeout: 10 * time.Second,
	IdleTimeout:      75 * time.Second,
	MaxRoomsPerConn:  128, PresenceList: 1000,
	HistoryMessages:  100,
	HistoryAnnounced: 1000,
	HistoryAge:       10 * time.Minute,
	HistoryMemory:    256 << 20,
	DataSync:         time.Second,
	SlowPolicy:       "close",
	SlowLag:          1 << 20,
	AnnounceLimit:    100,
	LogLevel:         "info",
	LogFormat:        "text",
	DemoRoutes:       true,
}

// tokenDefaults are the settings of `plenum token` without flags and variables.
var tokenDefaults = Token{Publish: true, Expires: time.Hour}

func TestWithoutFlagsTheDefaultsHold(t *testing.T) {
	for _, args := range [][]string{nil, {"serve"}, {"version"}} {
		c, err := parse(nil, args...)
		require.NoError(t, err)
		assert.Equal(t, defaults, c.Serve)
		assert.Equal(t, tokenDefaults, c.Token)
	}
}

func TestServeIsTheDefaultCommand(t *testing.T) {
	for want, args := range map[string][]string{"serve": {"--listen", ":1234"}, "version": {"version"}} {
		c, err := parse(nil, args...)
		require.NoError(t, err)
		assert.Equal(t, want, c.Name)
	}
	c, err := parse(nil, "serve", "--listen", ":1234")
	require.NoError(t, err)
	assert.Equal(t, ":1234", c.Serve.Listen)
}

func TestDoctorReadsTheEnvironmentButNoFile(t *testing.T) {
	env := environ{"PLENUM_CONFIG": "absent.yaml", "PLENUM_MAX_CONNS": "many", "PLENUM_CONNECTIONS": "5000"}
	c, err := parse(env, "doctor", "--root=/host", "--settings")
	require.NoError(t, err)
	assert.Equal(t, "doctor", c.Name)
	assert.Equal(t, Doctor{Connections: 5000, Root: "/host", Settings: true, ClusterStreams: 1, PresenceList: 1000}, c.Doctor)
}

func TestVersionReadsNeitherEnvironmentNorFile(t *testing.T) {
	c, err := parse(environ{"PLENUM_CONFIG": "absent.yaml", "PLENUM_MAX_CONNS": "many"}, "version")
	require.NoError(t, err)
	assert.Equal(t, Command{Name: "version", Serve: defaults, Doctor: Doctor{Root: "/", ClusterStreams: 1, PresenceList: 1000}, Token: tokenDefaults}, c)
}

func TestTheHelpNamesEveryFlagAndItsVariable(t *testing.T) {
	t.Setenv("COLUMNS", "100")
	env := environ{"PLENUM_CONFIG": "absent.yaml", "PLENUM_HELP": "no"}
	for name, args := range map[string][]string{
		"help.txt":         {"--help"},
		"help_serve.txt":   {"serve", "--help"},
		"help_doctor.txt":  {"doctor", "--help"},
		"help_token.txt":   {"token", "--help"},
		"help_version.txt": {"version", "-h"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			_, err := Parse(args, env.lookup, &stdout, &stderr)
			require.ErrorIs(t, err, ErrHelp)
			assert.Empty(t, stderr.String())
			golden(t, name, stdout.Bytes())
		})
	}
}

func TestDemoRoutesCanBeNegatedEitherWay(t *testing.T) {
	for arg, want := range map[string]bool{
		"--demo-routes": true, "--demo-routes=true": true, "--no-demo-routes=false": true,
		"--no-demo-routes": false, "--demo-routes=false": false,
	} {
		c, err := parse(nil, arg)
		require.NoError(t, err, arg)
		assert.Equal(t, want, c.Serve.DemoRoutes, arg)
	}
}
