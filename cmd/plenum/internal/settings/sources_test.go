package settings

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPrecedenceIsFlagEnvironmentFileDefault(t *testing.T) {
	const (
		onFlag = 1 << iota
		inEnv
		inYAML
	)
	cases := []struct {
		name   string
		given  int
		want   int
		origin string
	}{
		{"nothing", 0, 0, "default"},
		{"file", inYAML, 30, "file plenum.yaml"},
		{"environment", inEnv, 20, "env PLENUM_MAX_CONNS"},
		{"environment over file", inEnv | inYAML, 20, "env PLENUM_MAX_CONNS"},
		{"flag", onFlag, 10, "flag"},
		{"flag over file", onFlag | inYAML, 10, "flag"},
		{"flag over environment", onFlag | inEnv, 10, "flag"},
		{"flag over both", onFlag | inEnv | inYAML, 10, "flag"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			inFile(t, "max-conns: 30\n")
			env, args := environ{}, []string{}
			if tc.given&onFlag != 0 {
				args = append(args, "--max-conns=10")
			}
			if tc.given&inEnv != 0 {
				env["PLENUM_MAX_CONNS"] = "20"
			}
			if tc.given&inYAML != 0 {
				env["PLENUM_CONFIG"] = "plenum.yaml"
			}
			c, err := parse(env, args...)
			require.NoError(t, err)
			assert.Equal(t, tc.want, c.Serve.MaxConns)
			assert.Equal(t, tc.origin, setting(t, c, "max-conns")[1])
		})
	}
}

// setting returns the value and the origin of a setting.
func setting(t *testing.T, c Command, name string) [2]string {
	t.Helper()
	i := slices.IndexFunc(c.Settings, func(s Setting) bool { return s.Name == name })
	require.NotEqual(t, -1, i, name)
	return [2]string{c.Settings[i].Value, c.Settings[i].Origin}
}

// absolute returns the absolute path of a file in testdata, for tests in another folder.
func absolute(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	require.NoError(t, err)
	return path
}

func TestEverySettingIsAFlagAVariableAndAKey(t *testing.T) {
	keys := absolute(t, "keys.json")
	cert, key := certified(t)
	values := map[string]string{
		"listen": ":1", "admin": "127.0.0.1:2", "origins": "https://a.example,https://b.example", "hosts": "a.test,b.test",
		"apps": "1:a:" + appSecret + ",2:b:" + appSecret, "presence-list": "7",
		"ping-period": "1m30s", "ping-timeout": "5s", "max-message": "1MiB", "max-conns": "20000",
		"compression": "on", "compression-min": "1KiB",
		"handshake-timeout": "3s", "idle-timeout": "5m0s", "slow-policy": "skip", "slow-lag": "2MiB", "write-delay": "2ms", "announce-limit": "-1", "pollers": "2",
		"admin-remote": "true", "max-conns-per-ip": "7", "max-rooms": "8", "accept-rate": "9", "rate-messages": "10", "rate-bytes": "1MiB",
		"max-rooms-per-conn": "9", "history-messages": "10", "history-announcements": "20", "history-age": "1m30s", "history-memory": "1MiB",
		"webhook-url": "https://shop.example/hooks", "webhook-secret": "secret12", "webhook-secret-file": secretFile(t, secret), "webhook-events": "room_occupied,room_vacated",
		"data": "/var/lib/plenum", "data-sync": "3s",
		"drain-delay": "5s", "drain-window": "20s", "memory-limit": "1GiB",
		"log-level": "debug", "log-format": "json", "demo-routes": "false",
		"tls-cert": cert, "tls-key": key,
		"cluster": "nats://a.example:4222,tls://b.example", "cluster-streams": "4",
		"jwt-secret": secret, "jwt-secret-file": secretFile(t, secret), "jwt-jwks": keys, "jwt-audience": "plenum", "jwt-issuer": "https://id.example",
		"rooms":   `[{match: a-*, publish: api}, {match: "*"}]`,
		"api-key": apiKeys[0], "api-key-file": secretFile(t, apiKeys[0]),
	}
	needs := map[string]string{"tls-cert": "--tls-key=" + key, "tls-key": "--tls-cert=" + cert, "jwt-audience": "--jwt-secret=" + secret, "jwt-issuer": "--jwt-jwks=" + keys,
		"webhook-url": "--webhook-secret=secret12", "webhook-secret": "--webhook-url=https://shop.example/", "webhook-secret-file": "--webhook-url=https://shop.example/",
		"webhook-events": "--webhook-url=https://shop.example/ --webhook-secret=secret12"}
	c, err := parse(nil)
	require.NoError(t, err)
	require.Len(t, c.Settings, len(values))

	for name, value := range values {
		inFile(t, name+": "+value+"\n")
		args := []string{"serve"}
		if other, ok := needs[name]; ok {
			args = append(args, strings.Fields(other)...)
		}
		flagged, err := parse(nil, append(args, "--"+name+"="+value)...)
		require.NoError(t, err)
		fromEnv, err := parse(environ{envName(name): value}, args...)
		require.NoError(t, err)
		fromFile, err := parse(environ{"PLENUM_CONFIG": "plenum.yaml"}, args...)
		require.NoError(t, err)

		switch name {
		case "webhook-url":
			value = "https://shop.example"
		case "jwt-secret", "api-key", "webhook-secret":
			value = "(set)"
		case "apps":
			value = "1,2"
		case "rooms":
			value = "a-*,*"
		}
		assert.Equal(t, [2]string{value, "flag"}, setting(t, flagged, name))
		assert.Equal(t, [2]string{value, "env " + envName(name)}, setting(t, fromEnv, name))
		assert.Equal(t, [2]string{value, "file plenum.yaml"}, setting(t, fromFile, name))
	}
}

func TestConfigOnTheCommandLineWinsOverTheEnvironment(t *testing.T) {
	inFile(t, "max-conns: 30\n")
	env := environ{"PLENUM_CONFIG": "absent.yaml"}

	c, err := parse(env, "--config=plenum.yaml")
	require.NoError(t, err)
	assert.Equal(t, 30, c.Serve.MaxConns)
	assert.Equal(t, "plenum.yaml", c.Serve.Config)

	c, err = parse(env, "--config=")
	require.NoError(t, err)
	assert.Equal(t, 0, c.Serve.MaxConns)
}

func TestAnEmptyValueReplacesTheDefault(t *testing.T) {
	inFile(t, "admin: \"\"\norigins: []\n")
	for name, env := range map[string]environ{
		"environment": {"PLENUM_ADMIN": "", "PLENUM_ORIGINS": ""},
		"file":        {"PLENUM_CONFIG": "plenum.yaml"},
	} {
		c, err := parse(env)
		require.NoError(t, err, name)
		assert.Empty(t, c.Serve.Admin, name)
		assert.Empty(t, c.Serve.Origins, name)
		assert.NotEqual(t, "default", setting(t, c, "admin")[1], name)
		assert.NotEqual(t, "default", setting(t, c, "origins")[1], name)
	}
}

func TestUnknownVariablesAreIgnored(t *testing.T) {
	c, err := parse(environ{"PLENUM_SOMETHING": "x", "PLENUM": "y"})
	require.NoError(t, err)
	assert.Equal(t, defaults, c.Serve)
}

func TestTheEnvironmentCanRequestPrintConfig(t *testing.T) {
	c, err := parse(environ{"PLENUM_PRINT_CONFIG": "true"})
	require.NoError(t, err)
	assert.True(t, c.Serve.PrintConfig)
}
