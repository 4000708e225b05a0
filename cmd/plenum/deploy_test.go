package main

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/certificate"
	"plenum/cmd/plenum/internal/settings"
)

// deployed is the folder of the samples for running a server.
const deployed = "../../scripts/deploy/"

// sample returns the text of a sample.
func sample(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(deployed + name)
	require.NoError(t, err)
	return string(text)
}

// line returns the value of a key in a sample. Each line has a key, then a blank or =, then the value.
func line(t *testing.T, name, key string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^\s*` + key + `[ =](.*?);?$`).FindStringSubmatch(sample(t, name))
	require.NotNil(t, found, "%s: %s", name, key)
	return strings.TrimSpace(found[1])
}

func duration(t *testing.T, name, key string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(line(t, name, key))
	require.NoError(t, err, "%s: %s", name, key)
	return d
}

// parsed returns the settings of a server with these flags and this environment.
func parsed(t *testing.T, args []string, env map[string]string) settings.Command {
	t.Helper()
	look := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	cmd, err := settings.Parse(args, look, &lockedBuffer{}, &lockedBuffer{})
	require.NoError(t, err, args)
	return cmd
}

func TestTheUnitsSettingsAreValidAndItsStopTimeoutIsLongerThanTheDrain(t *testing.T) {
	plainOnly(t, "the test starts no server")
	args := strings.Fields(strings.ReplaceAll(line(t, "plenum.service", "ExecStart"), "/etc/plenum/", deployed))
	require.Equal(t, []string{"/usr/local/bin/plenum", "serve"}, args[:2])
	cfg := parsed(t, args[1:], nil).Serve
	assert.Greater(t, duration(t, "plenum.service", "TimeoutStopSec"), cfg.DrainDelay+cfg.DrainWindow+drainTimeout)
}

func TestTheImagesSettingsAreValid(t *testing.T) {
	plainOnly(t, "the test starts no server")
	var command []string
	require.NoError(t, json.Unmarshal([]byte(line(t, "Dockerfile", "ENTRYPOINT")), &command))
	env := map[string]string{}
	for _, found := range regexp.MustCompile(`(?m)^ENV (\w+)=(\S+)$`).FindAllStringSubmatch(sample(t, "Dockerfile"), -1) {
		env[found[1]] = found[2]
	}
	require.NotEmpty(t, env)
	taken := 0
	for _, s := range parsed(t, command[1:], env).Settings {
		if strings.HasPrefix(s.Origin, "env ") {
			taken++
		}
	}
	assert.Len(t, env, taken, "each variable of the image is a setting")
}

// otherFlags are flags in the samples and in OPERATING.md that are not settings of `plenum serve`.
var otherFlags = []string{
	"from", "mount", "security-opt", "cap-drop", "read-only", "stop-timeout", "ulimit", "network", "name", "now", "help", "signal", "system", "memory", "cacert",
	"connections", "tls", "root", "settings", "apply", // of plenum doctor and tune.sh
	"user", "rooms", "publish", "info", "expires", // of plenum token
	"members", "rate", "payload", // of plenum-bench
	"app", // another name of --apps
}

func TestSettingsNamedInTheSamplesExist(t *testing.T) {
	plainOnly(t, "the test starts no server")
	known := knownSettings(t)
	files, err := os.ReadDir(deployed)
	require.NoError(t, err)
	for _, file := range files {
		text := sample(t, file.Name())
		for _, found := range regexp.MustCompile(`(?:^|[\s"'`+"`"+`])--(?:no-)?([a-z][a-z-]+)|PLENUM_([A-Z_]+)`).FindAllStringSubmatch(text, -1) {
			name := found[1] + strings.ReplaceAll(strings.ToLower(found[2]), "_", "-")
			assert.True(t, slices.Contains(known, name) || slices.Contains(otherFlags, name), "%s: %s", file.Name(), found[0])
		}
	}
}

// A silent client gets a ping once per ping period.
func TestTheProxiesKeepSilentConnectionsForLongerThanThePingPeriod(t *testing.T) {
	plainOnly(t, "the test starts no server")
	period := parsed(t, []string{"serve"}, nil).Serve.PingPeriod
	for name, keys := range map[string][]string{
		"nginx.conf":  {"proxy_read_timeout"},
		"haproxy.cfg": {"timeout client", "timeout server", "timeout tunnel"},
	} {
		for _, key := range keys {
			assert.Greater(t, duration(t, name, key), period, "%s: %s", name, key)
		}
	}
	assert.NotRegexp(t, `(?m)^\s*(stream|read|write)_timeout`, sample(t, "Caddyfile"), "Caddy has no timeout for silent connections by default")
}

// Otherwise a proxy may send a request on a connection that is being closed, and answer it with 502.
func TestTheIdleTimeoutIsLongerThanThatOfLoadBalancers(t *testing.T) {
	idle := parsed(t, []string{"serve"}, nil).Serve.IdleTimeout
	assert.Greater(t, idle, time.Minute, "load balancers of clouds use one minute")
	assert.Greater(t, idle, duration(t, "Caddyfile", "keepalive"))
}

func TestTheProxiesConnectToTheAddressOfTheSampleSettings(t *testing.T) {
	plainOnly(t, "the test starts no server")
	listen := parsed(t, []string{"serve", "--config", deployed + "plenum.yaml"}, nil).Serve.Listen
	for _, name := range []string{"nginx.conf", "haproxy.cfg", "Caddyfile"} {
		assert.Regexp(t, `(?m)^\s*(proxy_pass http://|server \w+ |reverse_proxy )`+regexp.QuoteMeta(listen)+`\b`, sample(t, name))
	}
}

var (
	loaded     = regexp.MustCompile(`(?m)^LoadCredential=([a-z-]+):(plenum\.[a-z-]+)$`)
	credential = regexp.MustCompile(`(?m)^(?:# )?([a-z-]+): /run/credentials/plenum\.service/([a-z-]+)$`)
)

// The settings name credentials by the paths at which systemd makes them available to plenum.service.
func TestTheSampleSettingsNameOnlyCredentialsThatTheUnitLoads(t *testing.T) {
	plainOnly(t, "the test starts no server")
	var units []string
	for _, found := range loaded.FindAllStringSubmatch(sample(t, "plenum.service"), -1) {
		assert.Equal(t, "plenum."+found[1], found[2])
		assert.Contains(t, operatingPage(t), "/etc/credstore/"+found[2])
		units = append(units, found[1])
	}
	require.NotEmpty(t, units)
	known := knownSettings(t)
	named := credential.FindAllStringSubmatch(sample(t, "plenum.yaml"), -1)
	require.NotEmpty(t, named)
	for _, found := range named {
		assert.Contains(t, known, found[1])
		assert.Contains(t, units, found[2])
	}
	for _, unit := range units {
		assert.Contains(t, operatingPage(t), ": /run/credentials/plenum.service/"+unit+"`")
	}
}

// The settings of the sample that are comments are valid, too, once the credentials exist.
func TestTheSampleSettingsWithSignInAndTLSAreValid(t *testing.T) {
	plainOnly(t, "the test starts no server")
	dir := t.TempDir()
	cert, err := certificate.Write(dir)
	require.NoError(t, err)
	require.NoError(t, os.Rename(cert.Cert, dir+"/tls-cert"))
	require.NoError(t, os.Rename(cert.Key, dir+"/tls-key"))
	require.NoError(t, os.WriteFile(dir+"/jwt-secret", []byte(testSecret+"\n"), 0o600))
	text := regexp.MustCompile(`(?m)^# (.*: )/run/credentials/plenum.service`).ReplaceAllString(sample(t, "plenum.yaml"), "${1}"+dir)
	require.NoError(t, os.WriteFile(dir+"/plenum.yaml", []byte(text), 0o600))
	cfg := parsed(t, []string{"serve", "--config", dir + "/plenum.yaml"}, nil).Serve
	assert.Equal(t, dir+"/jwt-secret", string(cfg.JWTSecretFile))
	assert.Equal(t, dir+"/tls-key", string(cfg.TLSKey))
}
