package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
)

// written returns the path of a scenario file.
func written(t *testing.T, content string) string {
	path := filepath.Join(t.TempDir(), "load.yaml")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

func TestAScenarioFileHasTheOptionsOfItsScenario(t *testing.T) {
	path := written(t, `
scenario: fan-hot
rooms: 3
rate: 12.5
words: true
room-seq: false
warmup: 500ms
hello: ['{"a":1,"b":2}', two]
publish: '{"text":"{text}"}'
node: [127.0.0.1:1, 127.0.0.1:2]
label: {set: "1,2", of: 3}
fail-if: p99>50ms
`)
	c, err := parsed(t, nil, "run", "--file", path)
	require.NoError(t, err)
	fan := c.scenario.(fromFile).Scenario.(*bench.Fan)
	assert.Equal(t, "fan-hot", fan.Title)
	assert.Equal(t, 3, fan.Rooms)
	assert.Equal(t, 1000, fan.Members, "the scenario's default")
	assert.Equal(t, 12.5, fan.Rate)
	assert.True(t, fan.Words)
	assert.False(t, fan.RoomSeq)
	assert.Equal(t, bench.Duration(500*time.Millisecond), fan.Warmup)
	assert.Equal(t, []string{`{"a":1,"b":2}`, "two"}, fan.Hello)
	assert.Equal(t, []string{"127.0.0.1:1", "127.0.0.1:2"}, fan.Node)
	assert.Equal(t, map[string]string{"set": "1,2", "of": "3"}, fan.Label)
	assert.Len(t, c.failIf, 1)
	labels, err := optionLabels(c.title, c.scenario)
	require.NoError(t, err)
	assert.Equal(t, "12.5", labels["rate"])
}

func TestFlagsThenTheEnvironmentHavePrecedenceOverTheFile(t *testing.T) {
	path := written(t, "scenario: idle\nconnections: [3, 5]\nmembers: 7\nsettle: 1s\nhello: [a, b]\n")
	env := environ{"PLENUM_BENCH_MEMBERS": "8", "PLENUM_BENCH_SETTLE": "2s", "PLENUM_BENCH_FILE": path}
	c, err := parsed(t, env, "run", "--settle=4s", "--hello=c")
	require.NoError(t, err)
	idle := c.scenario.(fromFile).Scenario.(*bench.Idle)
	assert.Equal(t, []int{3, 5}, idle.Steps)
	assert.Equal(t, 8, idle.Members)
	assert.Equal(t, bench.Duration(4*time.Second), idle.Settle)
	assert.Equal(t, []string{"c"}, idle.Hello, "a list replaces the list of the file")

	c, err = parsed(t, nil, "run", "idle", "--file="+path)
	require.NoError(t, err, "the scenario may be named too")
	assert.Equal(t, 7, c.scenario.(fromFile).Scenario.(*bench.Idle).Members)
}

func TestStagesAreInTheFileOrOnTheCommandLine(t *testing.T) {
	want := []bench.Stage{{Target: 10}, {Duration: 30 * time.Second, Target: 10}, {Duration: time.Minute, Target: 50.5}}
	path := written(t, "scenario: zipf\nstages:\n- 0s:10\n- 30s:10\n- 1m:50.5\n")
	for _, args := range [][]string{
		{"run", "--file", path},
		{"run", "zipf", "--stage", "0s:10", "--stage=30s:10", "--stage", "60s:50.5"},
		{"run", "zipf", "--stage", "0s:10,30s:10,60s:50.5"},
	} {
		c, err := parsed(t, nil, args...)
		require.NoError(t, err)
		s := c.scenario
		if f, ok := s.(fromFile); ok {
			s = f.Scenario
		}
		zipf := s.(*bench.Zipf)
		assert.Equal(t, want, zipf.Stage)
		assert.Zero(t, zipf.Rate, "replaced")
		assert.Zero(t, zipf.Duration, "replaced")
	}
	c, err := parsed(t, nil, "run", "--file", path, "--stage=1s:5")
	require.NoError(t, err)
	assert.Equal(t, []bench.Stage{{Duration: time.Second, Target: 5}}, c.scenario.(fromFile).Scenario.(*bench.Zipf).Stage)
}

func TestAWrongScenarioFileIsReportedWithItsLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ content, want string }{
		{"", "is empty; it needs a scenario: and the scenario's options"},
		{"- a\n", "line 1: must have a `key: value` per line"},
		{"scenario: [\n", "line 1: did not find expected node content"},
		{"scenario: echo\n---\nrate: 1\n", "has more than one document"},
		{"rate: 1\n", "has no key \"scenario\", such as `scenario: fan-hot`"},
		{"scenario: dance\n", `unknown scenario "dance"; plenum-bench run --help lists them`},
		{"scenario: [echo, idle]\n", `line 1: scenario: must be the name of a scenario`},
		{"scenario:\n", `line 1: scenario: must be the name of a scenario`},
		{"scenario: echo\n\nrates: 1\n", `line 3: rates: unknown key of echo`},
		{"scenario: echo\nsteps: 1\n", `line 2: steps: unknown key of echo`},
		{"scenario: idle\nsteps: 1\n", `line 2: steps: unknown key, use connections`},
		{"scenario: echo\nstage: 1s:1\n", `line 2: stage: unknown key, use stages`},
		{"scenario: echo\nfile: x\n", `line 2: file: unknown key of echo`},
		{"scenario: fan-hot\nspeak: centrifugo\ntoken-secret: key\n", `line 3: token-secret: may have a secret, and the file is kept in the result: use --token-secret or PLENUM_BENCH_TOKEN_SECRET`},
		{"scenario: echo\nheader: 'Cookie: a=b'\n", `line 2: header: may have a secret, and the file is kept in the result: use --header or PLENUM_BENCH_HEADER`},
		{"scenario: presence\napp: key:secret\n", `line 2: app: may have a secret, and the file is kept in the result: use --app or PLENUM_BENCH_APP`},
		{"scenario: echo\nrate: 1\nrate: 2\n", `line 3: rate: is given twice`},
		{"scenario: echo\nrate:\n", `line 2: rate: has no value; write "" for an empty text`},
		{"scenario: echo\nrate: [1, 2]\n", `line 2: rate: must be one value, not a list`},
		{"scenario: echo\nrate: {a: 1}\n", `line 2: rate: must be a value or a list of values`},
		{"scenario: echo\nhello: [[a]]\n", `line 2: hello: must not be a list of lists`},
		{"scenario: echo\nlabel: {a: [1, 2]}\n", `line 2: label: must have one text per key`},
		{"scenario: echo\nlabel: abc\n", `line 2: label: expected "<key>=<value>" but got "abc"`},
		{"scenario: echo\nrate: fast\n", `line 2: rate: expected a float but got "fast" (string)`},
		{"scenario: echo\nwords: 7\n", `line 2: words: bool value must be true, 1, yes, false, 0 or no but got "7"`},
		{"scenario: echo\nrooms: 1.5\n", `line 2: rooms: expected a valid 64 bit int but got "1.5"`},
		{"scenario: echo\nduration: 5\n", `line 2: duration: expected a time such as 10s but got "5"`},
		{"scenario: echo\nspeak: french\n", `line 2: speak: must be one of `},
		{"scenario: echo\nrate: -1\n", `line 2: rate: must be more than 0, got -1`},
		{"scenario: echo\nrooms: 2\nfail-if: [p99>1s, 'p99 is 3']\n", `line 3: fail-if: `},
		{"scenario: echo\nstages:\n- 1s:5\n- 1s\n", `line 4: stages: expected DURATION:NUMBER such as 30s:1000 but got "1s"`},
		{"scenario: echo\nstages: [0s:1]\n", `line 2: stages: must be longer than 0s at least once, got jumps only`},
		{"scenario: echo\nstages: [1s:1]\nrate: 5\n", `line 2: stages: cannot be used together with --rate, which it replaces`},
		{"scenario: echo\n# " + strings.Repeat("x", maxFile), `has 65553 bytes, at most 65536 are possible`},
		{"scenario: \xff\n", `is not UTF-8`},
	} {
		path := written(t, c.content)
		_, err := parsed(t, nil, "run", "--file", path)
		var usage *usageError
		if assert.ErrorAs(t, err, &usage, c.want) {
			assert.Truef(t, strings.HasPrefix(err.Error(), path+": "+c.want), "%v\n%s", err, c.want)
			assert.NotContains(t, err.Error(), "\n")
		}
	}
	path := written(t, "scenario: echo\nrate: 1\n")
	for want, args := range map[string][]string{
		"--rate: must be more than 0, got -1":                                  {"run", "--file", path, "--rate=-1"},
		path + `: has the scenario "echo", but the command line has "fan-hot"`: {"run", "fan-hot", "--file", path},
		"--stage: cannot be used together with --rate, which it replaces":      {"run", "--file", path, "--stage=1s:1"},
		"--file: open nowhere.yaml: no such file or directory":                 {"run", "--file", "nowhere.yaml"},
	} {
		_, err := parsed(t, nil, args...)
		assert.EqualError(t, err, want)
		assert.Equal(t, statusUsage, exitStatus(err))
	}
}

func TestARunCanBeRepeatedFromTheFileInItsResult(t *testing.T) {
	t.Parallel()
	content := "scenario: fan-hot # a comment\nurl: " + room(t, 0) + "\nmembers: 3\nwarmup: 0s\nstages: [0s:50, 200ms:50]\n"
	for range 2 {
		stdout, _, err := ran(t, "run", "--file", written(t, content))
		if status := exitStatus(err); status != 0 { // a busy machine makes a generator late
			require.Equal(t, statusInvalid, status, "%v", err)
		}
		var r bench.Result
		require.NoError(t, json.Unmarshal([]byte(stdout), &r))
		require.NotNil(t, r.ScenarioFile)
		assert.Equal(t, "load.yaml", r.ScenarioFile.Name)
		assert.Equal(t, content, r.ScenarioFile.Content)
		require.Len(t, r.Stages, 1)
		assert.EqualValues(t, 10, r.Stages[0].Sent)
		content = r.ScenarioFile.Content
	}
}

func TestEachExampleOfAScenarioFileRuns(t *testing.T) {
	files, err := filepath.Glob("../../bench/examples/*.yaml")
	require.NoError(t, err)
	assert.Len(t, files, 3)
	short := map[string][]string{
		"busy-room.yaml":  {"--members=3", "--stage=0s:50,200ms:50,100ms:100", "--warmup=0s"},
		"many-rooms.yaml": {"--rooms=1", "--members=4", "--rate=20", "--duration=300ms", "--warmup=0s"},
		"upgrades.yaml":   {"--connections=5", "--keep=5", "--duration=10s", "--stage=300ms:50"},
	}
	for _, file := range files {
		_, err := parsed(t, nil, "run", "--file", file)
		require.NoError(t, err, file)
		flags, known := short[filepath.Base(file)]
		require.True(t, known, file)
		stdout, _, _ := ran(t, append([]string{"run", "--file", file, "--url", room(t, 0)}, flags...)...)
		var r bench.Result
		require.NoError(t, json.Unmarshal([]byte(stdout), &r), file)
		for _, failure := range r.Failures { // of a few upgrades, one may be cut at the end
			assert.Contains(t, failure, "the steady part reached", file)
		}
		assert.Equal(t, filepath.Base(file), r.ScenarioFile.Name)
	}
}

func TestOldNamesOfFlagsWorkAndAreNoted(t *testing.T) {
	for want, args := range map[string][]string{
		"plenum-bench: --steps is now --connections\n":   {"run", "idle", "--steps=3,5"},
		"plenum-bench: --storm is now --connections\n":   {"run", "connect", "--storm", "7"},
		"plenum-bench: --members is now --connections\n": {"run", "presence", "--members=9", "--app=a:b"},
		"": {"run", "fan-hot", "--members=9"},
	} {
		var out, errs strings.Builder
		c, err := parse(args, environ{}.lookup, &out, &errs)
		require.NoError(t, err)
		assert.Equal(t, want, errs.String())
		switch s := c.scenario.(type) {
		case *bench.Idle:
			assert.Equal(t, []int{3, 5}, s.Steps)
		case *bench.Connect:
			assert.Equal(t, 7, s.Storm)
		case *bench.Presence:
			assert.Equal(t, 9, s.Members)
		}
	}
	c, err := parsed(t, environ{"PLENUM_BENCH_STORM": "11"}, "run", "connect")
	require.NoError(t, err)
	assert.Equal(t, 11, c.scenario.(*bench.Connect).Storm)
	for want, arg := range map[string]string{
		"unknown flag --every: use --rate, messages per second in each room":                  "--every=1s",
		"unknown flag --groups: use --rooms, the number of all rooms, and --rooms-per-member": "--groups=3",
	} {
		_, err := parsed(t, nil, "run", "many", arg)
		assert.EqualError(t, err, want)
	}
}
