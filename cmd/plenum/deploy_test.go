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

	"plenum/cmd/plenum/internal/settings"
)

// deployed is where the samples for running a server are.
const deployed = "../../scripts/deploy/"

// sample is the text of one of them.
func sample(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(deployed + name)
	require.NoError(t, err)
	return string(text)
}

// line is what follows a key in a sample of lines.
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

// told is what a server makes of a command line and an environment.
func told(t *testing.T, args []string, env map[string]string) settings.Command {
	t.Helper()
	look := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	cmd, err := settings.Parse(args, look, &lockedBuffer{}, &lockedBuffer{})
	require.NoError(t, err, args)
	return cmd
}

func TestTheUnitsSettingsAreUnderstoodAndItsStopOutlastsTheDrain(t *testing.T) {
	plainOnly(t, "no server runs here")
	args := strings.Fields(strings.ReplaceAll(line(t, "plenum.service", "ExecStart"), "/etc/plenum/", deployed))
	require.Equal(t, []string{"/usr/local/bin/plenum", "serve"}, args[:2])
	cfg := told(t, args[1:], nil).Serve
	assert.Greater(t, duration(t, "plenum.service", "TimeoutStopSec"), cfg.DrainDelay+cfg.DrainWindow+drainTimeout)
}

func TestTheImagesSettingsAreUnderstood(t *testing.T) {
	plainOnly(t, "no server runs here")
	var command []string
	require.NoError(t, json.Unmarshal([]byte(line(t, "Dockerfile", "ENTRYPOINT")), &command))
	env := map[string]string{}
	for _, found := range regexp.MustCompile(`(?m)^ENV (\w+)=(\S+)$`).FindAllStringSubmatch(sample(t, "Dockerfile"), -1) {
		env[found[1]] = found[2]
	}
	require.NotEmpty(t, env)
	taken := 0
	for _, s := range told(t, command[1:], env).Settings {
		if strings.HasPrefix(s.Origin, "env ") {
			taken++
		}
	}
	assert.Len(t, env, taken, "one is no setting")
}

// theirs are flags in the samples and in OPERATING.md that are not settings of `plenum serve`.
var theirs = []string{
	"from", "mount", "security-opt", "cap-drop", "read-only", "stop-timeout", "ulimit", "network", "name", "now", "help", "signal", "system",
	"connections", "tls", "root", "settings", "apply", // of plenum doctor and tune.sh
	"user", "rooms", "expires", // of plenum token
}

func TestSettingsNamedInTheSamplesExist(t *testing.T) {
	plainOnly(t, "no server runs here")
	known := knownSettings(t)
	files, err := os.ReadDir(deployed)
	require.NoError(t, err)
	for _, file := range files {
		text := sample(t, file.Name())
		for _, found := range regexp.MustCompile(`(?:^|[\s"'`+"`"+`])--(?:no-)?([a-z][a-z-]+)|PLENUM_([A-Z_]+)`).FindAllStringSubmatch(text, -1) {
			name := found[1] + strings.ReplaceAll(strings.ToLower(found[2]), "_", "-")
			assert.True(t, slices.Contains(known, name) || slices.Contains(theirs, name), "%s: %s", file.Name(), found[0])
		}
	}
}

// A silent client hears from the server once a ping period.
func TestTheProxiesKeepSilentConnectionsForLongerThanThePingPeriod(t *testing.T) {
	plainOnly(t, "no server runs here")
	period := told(t, []string{"serve"}, nil).Serve.PingPeriod
	for name, keys := range map[string][]string{
		"nginx.conf":  {"proxy_read_timeout"},
		"haproxy.cfg": {"timeout client", "timeout server", "timeout tunnel"},
	} {
		for _, key := range keys {
			assert.Greater(t, duration(t, name, key), period, "%s: %s", name, key)
		}
	}
	assert.NotRegexp(t, `(?m)^\s*(stream|read|write)_timeout`, sample(t, "Caddyfile"), "it has none of its own")
}

// Else a request may be sent on a connection that is being closed, which the proxy answers with 502.
func TestTheIdleTimeoutIsLongerThanThatOfLoadBalancers(t *testing.T) {
	idle := told(t, []string{"serve"}, nil).Serve.IdleTimeout
	assert.Greater(t, idle, time.Minute, "as clouds' load balancers have it")
	assert.Greater(t, idle, duration(t, "Caddyfile", "keepalive"))
}

func TestTheProxiesAskTheServerWhereItListens(t *testing.T) {
	plainOnly(t, "no server runs here")
	listen := told(t, []string{"serve", "--config", deployed + "plenum.yaml"}, nil).Serve.Listen
	for _, name := range []string{"nginx.conf", "haproxy.cfg", "Caddyfile"} {
		assert.Regexp(t, `(?m)^\s*(proxy_pass http://|server \w+ |reverse_proxy )`+regexp.QuoteMeta(listen)+`\b`, sample(t, name))
	}
}
