package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
)

// environ is an environment: values by variable.
type environ map[string]string

func (e environ) lookup(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

func parsed(t *testing.T, env environ, args ...string) (command, error) {
	t.Helper()
	var out bytes.Buffer
	return parse(args, env.lookup, &out, &out)
}

func TestEachScenarioHasItsDefaults(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"fan-large":   `{"rooms":1,"members":5000,"rate":5,"senders":1,"payload":128,"duration":"10s","url":"` + roomURL + `"}`,
		"fan-hot":     `{"rooms":1,"members":1000,"rate":1000}`,
		"rooms-small": `{"rooms":1000,"members":10,"rate":3}`,
		"echo":        `{"rooms":1000,"members":1,"rate":10,"url":"` + echoURL + `"}`,
		"zipf":        `{"rooms":2000,"connections":10000,"exponent":1,"rate":1,"leaves":100}`,
		"churn":       `{"rooms":100,"members":50,"rate":5,"leaves":500}`,
		"slow":        `{"rooms":1,"members":200,"payload":1024,"stopped":0.1}`,
		"saturate":    `{"members":1000,"bound":"150ms","duration":"5s"}`,
		"idle":        `{"steps":[2000,8000,14000,19000],"duration":"20s"}`,
		"connect":     `{"storm":15000,"rate":2000,"url":"` + echoURL + `"}`,
		"presence":    `{"members":10000,"rate":2000,"list":1000,"info":32,"speak":"pusher"}`,
	} {
		env := environ{}
		if name == "presence" { // it needs an app
			env["PLENUM_BENCH_APP"] = "key:secret"
		}
		c, err := parsed(t, env, "run", name)
		require.NoError(t, err, name)
		assert.Equal(t, "run", c.name)
		require.NotNil(t, c.scenario, name)
		text, err := json.Marshal(c.scenario)
		require.NoError(t, err)
		var got, some map[string]any
		require.NoError(t, json.Unmarshal(text, &got))
		require.NoError(t, json.Unmarshal([]byte(want), &some))
		for key, value := range some {
			assert.Equal(t, value, got[key], "%s %s", name, key)
		}
	}
}

func TestAProtocolSetsTheOptionsThatAreNotGiven(t *testing.T) {
	for _, c := range []struct {
		env                environ
		args               []string
		url, publish, name string
	}{
		{nil, []string{"fan-hot"}, roomURL, "", "plenum"},
		{nil, []string{"fan-hot", "--speak=centrifugo"}, "ws://127.0.0.1:8000/connection/websocket", `{"id":2,"publish":{"channel":"{room}","data":"{text}"}}`, "centrifugo"},
		{environ{"PLENUM_BENCH_SPEAK": "socketio"}, []string{"fan-hot"}, "ws://127.0.0.1:3000/socket.io/?EIO=4&transport=websocket", `42["publish","{room}","{text}"]`, "socketio"},
		{environ{"PLENUM_BENCH_URL": roomURL}, []string{"fan-hot", "--speak=raw", "--name=mine"}, roomURL, "", "mine"},
		{nil, []string{"echo", "--speak=raw", "--url=" + echoURL}, echoURL, "", "raw"},
	} {
		parsed, err := parsed(t, c.env, append([]string{"run"}, c.args...)...)
		require.NoError(t, err, c.args)
		fan := parsed.scenario.(*bench.Fan)
		assert.Equal(t, []string{c.url, c.publish, c.name}, []string{fan.URL, fan.Publish, fan.Name}, c.args)
	}
	many, err := parsed(t, nil, "run", "many", "--speak=centrifugo")
	require.NoError(t, err)
	assert.Empty(t, many.scenario.(*bench.Many).Hello, "plenum's commands are not those of the protocol")
}

func TestFlagsHavePrecedenceOverTheEnvironment(t *testing.T) {
	env := environ{"PLENUM_BENCH_RATE": "7", "PLENUM_BENCH_MEMBERS": "9", "PLENUM_BENCH_OUT": "a.jsonl", "PLENUM_BENCH_ROOM_SEQ": "false"}
	c, err := parsed(t, env, "run", "fan-hot", "--rate", "8", "--hello", `{"a":1,"b":2}`, "--hello=two", "--label", "set=1,2")
	require.NoError(t, err)
	fan := c.scenario.(*bench.Fan)
	assert.Equal(t, 8.0, fan.Rate)
	assert.Equal(t, 9, fan.Members)
	assert.False(t, fan.RoomSeq)
	assert.Equal(t, []string{`{"a":1,"b":2}`, "two"}, fan.Hello)
	assert.Equal(t, map[string]string{"set": "1,2"}, fan.Label)
	assert.Equal(t, "a.jsonl", c.out)
}

func TestOnlyManyHasATextToSendWhenAConnectionIsOpen(t *testing.T) {
	for _, name := range []string{"fan-large", "fan-hot", "rooms-small", "echo", "zipf", "churn", "slow", "saturate", "idle", "connect"} {
		c, err := parsed(t, nil, "run", name)
		require.NoError(t, err)
		text, err := json.Marshal(c.scenario)
		require.NoError(t, err)
		assert.Contains(t, string(text), `"hello":null`, name)
	}
	c, err := parsed(t, nil, "run", "many")
	require.NoError(t, err)
	assert.Equal(t, []string{manyHello}, c.scenario.(*bench.Many).Hello)
}

func TestWrongUsageIsReportedInOneLine(t *testing.T) {
	for _, c := range []struct {
		want string
		args []string
	}{
		{`--rate: must be more than 0, got -1`, []string{"run", "fan-hot", "--rate=-1"}},
		{`--rate: must be 0 or more, got -1`, []string{"run", "connect", "--rate=-1"}},
		{`--connections: must be at least 1 per room, up to 10000000, got 5`, []string{"run", "zipf", "--connections=5"}},
		{`--leaves: must be more than 0, got 0`, []string{"run", "churn", "--leaves=0"}},
		{`--stopped: must be 0 to 0.9, got 1`, []string{"run", "slow", "--stopped=1"}},
		{`--bound: must be more than 0s, got 0s`, []string{"run", "saturate", "--bound=0s"}},
		{`--connections: must be rising, got [5 5]`, []string{"run", "idle", "--steps=5,5"}},
		{`--url: must be like ws://localhost:8080/path or wss://chat.example.org/path, got "http://x": the scheme must be ws or wss, got "http"`, []string{"run", "echo", "--url=http://x"}},
		{`--duration: expected a time such as 10s but got "5"`, []string{"run", "echo", "--duration=5"}},
		{`unknown flag --rates, did you mean "--rate"?`, []string{"run", "fan-hot", "--rates=1"}},
		{`unexpected argument dance`, []string{"dance"}},
		{`unexpected argument sing`, []string{"run", "sing"}},
	} {
		_, err := parsed(t, nil, c.args...)
		var usage *usageError
		if assert.ErrorAs(t, err, &usage, c.want) {
			assert.Equal(t, c.want, usage.Error())
			assert.Equal(t, 2, exitStatus(err))
		}
	}
}

func TestHelpIsPrinted(t *testing.T) {
	for file, args := range map[string][]string{
		"help.txt":         {"--help"},
		"help_run.txt":     {"run", "--help"},
		"help_agent.txt":   {"agent", "--help"},
		"help_suite.txt":   {"suite", "--help"},
		"help_report.txt":  {"report", "--help"},
		"help_bare.txt":    {"bare", "--help"},
		"help_compare.txt": {"compare", "--help"},
		"help_html.txt":    {"html", "--help"},
		"help_fan_hot.txt": {"run", "fan-hot", "--help"},
	} {
		var out bytes.Buffer
		_, err := parse(args, environ{}.lookup, &out, &out)
		require.ErrorIs(t, err, errHelp)
		golden(t, file, out.Bytes())
	}
}

// So a person finds them without the manual.
func TestTheHelpNamesEachExitStatusOfARun(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"run", "--help"}, {"run", "saturate", "--help"}} {
		var out bytes.Buffer
		_, err := parse(args, environ{}.lookup, &out, &out)
		require.ErrorIs(t, err, errHelp)
		for code, verdict := range map[int]string{0: "sound", 1: "FAILED", 2: "wrong usage", 3: "INVALID", 4: "HELD BACK", 130: "interrupted"} {
			assert.Regexp(t, fmt.Sprintf(`(?m)^ +%d  %s\b`, code, verdict), out.String(), args)
		}
	}
	var out bytes.Buffer
	_, err := parse([]string{"report", "--help"}, environ{}.lookup, &out, &out)
	require.ErrorIs(t, err, errHelp)
	assert.NotContains(t, out.String(), "Exit status of plenum-bench run")
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	path := "testdata/" + file
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

func TestARunWithAgentsNeedsALongSecret(t *testing.T) {
	agents := []string{"run", "fan-hot", "--agent=127.0.0.1:1"}
	_, err := parsed(t, environ{"PLENUM_BENCH_SECRET": "short"}, agents...)
	assert.EqualError(t, err, "--agent: agents need a secret: the environment variable PLENUM_BENCH_SECRET must have at least 16 bytes, got 5")
	assert.Equal(t, statusUsage, exitStatus(err))
	_, err = parsed(t, environ{"PLENUM_BENCH_SECRET": "short", "PLENUM_BENCH_AGENT": "127.0.0.1:1"}, agents[:2]...)
	assert.Equal(t, statusUsage, exitStatus(err))
	_, err = parsed(t, environ{"PLENUM_BENCH_SECRET": "sixteen bytes...."}, agents...)
	assert.NoError(t, err)
	_, err = parsed(t, environ{"PLENUM_BENCH_SECRET": "short"}, agents[:2]...)
	assert.NoError(t, err, "without agents the secret is not needed")
}

func TestAServerIsNamedAfterItsURL(t *testing.T) {
	file := filepath.Join(t.TempDir(), "load.yaml")
	require.NoError(t, os.WriteFile(file, []byte("scenario: fan-hot\nurl: ws://127.0.0.1:7777/{room}\n"), 0o644))
	for _, c := range []struct {
		want string
		env  environ
		args []string
	}{
		{"plenum", nil, []string{"fan-hot"}},
		{"plenum", nil, []string{"fan-hot", "--url", roomURL}},
		{"127.0.0.1:8080", nil, []string{"echo", "--url", roomURL}}, // not the default of echo
		{"localhost:9002", nil, []string{"fan-hot", "--url=ws://localhost:9002/{room}?u={user}"}},
		{"[::1]:80", nil, []string{"connect", "--url=ws://[::1]/"}},
		{"example.org:443", nil, []string{"many", "--url=wss://example.org/"}},
		{"127.0.0.1:7777", nil, []string{"--file", file}},
		{"127.0.0.1:1", environ{"PLENUM_BENCH_URL": "ws://127.0.0.1:1/"}, []string{"fan-hot"}},
		{"mine", nil, []string{"fan-hot", "--url=ws://localhost:9002/", "--name=mine"}},
		{"mine", environ{"PLENUM_BENCH_NAME": "mine"}, []string{"fan-hot", "--url=ws://localhost:9002/"}},
		{"plenum", nil, []string{"fan-hot", "--url=ws://localhost:9002/", "--speak=plenum"}},
		{"raw", nil, []string{"fan-hot", "--url=ws://localhost:9002/", "--speak=raw"}},
		{"plenum", nil, []string{"presence", "--app=a:b", "--url=ws://127.0.0.1:8080"}},
		{"plenum", nil, []string{"fan-hot", "--node=127.0.0.1:1", "--node=127.0.0.1:2"}},
	} {
		cmd, err := parsed(t, c.env, append([]string{"run"}, c.args...)...)
		require.NoError(t, err, c.args)
		text, err := json.Marshal(cmd.scenario)
		require.NoError(t, err)
		var got struct{ Name string }
		require.NoError(t, json.Unmarshal(text, &got))
		assert.Equal(t, c.want, got.Name, c.args)
	}
}
