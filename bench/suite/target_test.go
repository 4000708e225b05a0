package suite

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTargetsArePlenumItsVariantsThePeersAndPlenumAgain(t *testing.T) {
	all, err := Targets("bin/plenum", "../peers")
	require.NoError(t, err)
	assert.Equal(t, "plenum", all[0].Name)
	assert.Equal(t, "plenum-again", all[len(all)-1].Name)
	assert.Equal(t, all[0].Run, all[len(all)-1].Run)
	assert.True(t, filepath.IsAbs(all[0].Run[0]))
	assert.Equal(t, ServeCommand, "plenum "+strings.Join(all[0].Run[1:], " "))
	for i, more := range []string{" " + TLSFlags, " " + CompressionFlags} {
		assert.Equal(t, ServeCommand+more, "plenum "+strings.Join(all[1+i].Run[1:], " "))
		assert.Equal(t, all[0].Run[0], all[1+i].Run[0])
	}
	for _, peer := range all[3 : len(all)-1] {
		assert.True(t, peer.Peer)
		assert.NotContains(t, peer.Run[0]+peer.Run[1], "{dir}")
		assert.Contains(t, peer.URL, "{host}")
	}
	some, err := ChooseTargets(all, []string{"raw"})
	require.NoError(t, err)
	assert.Len(t, some, 1)
	_, err = Targets("bin/plenum", "nowhere")
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestATunedConfigurationHasTheFieldsOfItsPeer(t *testing.T) {
	folder := t.TempDir()
	write := func(text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "peers.json"), []byte(text), 0o644))
	}
	write(`[{"name":"a","version":"v1","tools":["mvn"],"run":["{dir}/a","--listen"],"url":"u"},
		{"name":"a-tuned","of":"a","options":["--fast"]}]`)
	peers, err := readManifest(folder)
	require.NoError(t, err)
	want := peers[0]
	want.Name, want.Of, want.Options = "a-tuned", "a", []string{"--fast"}
	want.Run = []string{folder + "/a", "--listen", "--fast"}
	assert.Equal(t, want, peers[1])
	assert.Equal(t, []string{folder + "/a", "--listen"}, peers[0].Run)
	write(`[{"name":"a-tuned","of":"a"},{"name":"a"}]`)
	_, err = readManifest(folder)
	assert.ErrorContains(t, err, `a-tuned: no peer "a" stands before it`)
}

func TestATargetWithAProtocolIsReachedByIt(t *testing.T) {
	peer := Target{
		Name: "c", URL: "ws://{host}/connection/websocket", Speak: "centrifugo", Secret: "key",
		Hello: []string{"of the check"}, Publish: "of the check",
	}
	assert.Equal(t, []string{"--name=c", "--pid=7", "--url=ws://127.0.0.1:1/connection/websocket", "--speak=centrifugo", "--token-secret=key"},
		peer.flags(Entry{}, "127.0.0.1:1", 7))
	peer.Secret = ""
	assert.Equal(t, "--speak=centrifugo", peer.flags(Entry{}, "127.0.0.1:1", 7)[3])
	assert.Len(t, peer.flags(Entry{}, "127.0.0.1:1", 7), 4)
}

func TestATargetWithoutItsToolsIsSkipped(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	here, skipped := Available([]Target{{Name: "a"}, {Name: "b", Tools: []string{"mvn"}}})
	assert.Len(t, here, 1)
	assert.Equal(t, []Skipped{{"b", "no mvn on PATH"}}, skipped)
}

func TestATargetsTemplatesBecomeFlags(t *testing.T) {
	target := Target{
		Name: "a", URL: "ws://{host}/{room}", Echo: "ws://{host}/echo",
		Hello: []string{`{"in":"{room}"}`}, Publish: `{"say":"{text}"}`,
	}
	assert.Equal(t, []string{
		"--name=a", "--pid=7", "--url=ws://127.0.0.1:9/{room}",
		`--hello={"in":"{room}"}`, `--publish={"say":"{text}"}`,
	}, target.flags(Entry{}, "127.0.0.1:9", 7))
	assert.Equal(t, []string{"--name=a", "--pid=7", "--url=ws://127.0.0.1:9/echo"},
		target.flags(Entry{Echo: true}, "127.0.0.1:9", 7))
	target.Topics = &Topics{URL: "ws://{host}/all", Hello: []string{"join {room}"}, Publish: "publish {room} {text}"}
	assert.Equal(t, []string{
		"--name=a", "--pid=7", "--url=ws://127.0.0.1:9/all", "--hello=join {room}", "--publish=publish {room} {text}",
	}, target.flags(Entry{Topics: true}, "127.0.0.1:9", 7))
}

func TestVariantsAreMeasuredInTheirEntriesOnly(t *testing.T) {
	plain := Target{Name: "plenum", URL: "ws://{host}/{room}", Echo: "ws://{host}/echo", Topics: &Topics{}}
	measured := func(target Target) (ids []string) {
		for _, e := range Published() {
			if target.supports(e) {
				ids = append(ids, e.ID)
			}
		}
		return ids
	}
	assert.Len(t, measured(plain), len(Published()))
	peer := Target{Name: "gws", Peer: true, Echo: "ws://{host}/echo"}
	assert.NotContains(t, measured(peer), "fan-large-1k")
	assert.NotContains(t, measured(peer), "many", "it has no route for connections in many rooms")
	assert.NotContains(t, measured(peer), "hour")
	assert.Contains(t, measured(peer), "idle-loops1")
	peer.Name, peer.Of = "gws-tuned", "gws"
	assert.NotContains(t, measured(peer), "zipf", "tuning has no part in it")
	assert.Contains(t, measured(peer), "saturate")
	for _, target := range []Target{plain.withTLS(), plain.withCompression()} {
		assert.Equal(t, []string{"fan-large", "idle", "connect-storm", "fan-large-1k"}, measured(target))
	}
	assert.Equal(t, []string{"--name=plenum-tls", "--pid=7", "--tls-ca=/a/cert.pem", "--url=wss://127.0.0.1:9/echo"},
		plain.withTLS().withCertificate("/a").flags(Entry{Echo: true}, "127.0.0.1:9", 7))
	assert.Equal(t, []string{"--name=plenum-compressed", "--pid=7", "--compression", "--url=ws://127.0.0.1:9/{room}"},
		plain.withCompression().flags(Entry{}, "127.0.0.1:9", 7))
}

func TestABuildIsAVersionOrAHash(t *testing.T) {
	build, err := Target{Version: "v1"}.build()
	require.NoError(t, err)
	assert.Equal(t, "v1", build)
	program := filepath.Join(t.TempDir(), "server")
	require.NoError(t, os.WriteFile(program, []byte("abc"), 0o755))
	build, err = Target{Run: []string{program}}.build()
	require.NoError(t, err)
	assert.Equal(t, "ba7816bf8f01", build)
	_, err = Target{Name: "a", Run: []string{"nowhere/server"}}.build()
	assert.ErrorContains(t, err, "a: open nowhere/server")
}

func TestTheServersCommitIsThatOfItsProgram(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git on PATH")
	}
	folder := t.TempDir()
	do := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Dir = folder
		output, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", output)
		return strings.TrimSpace(string(output))
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o644))
	do("git", "init", "-q")
	do("go", "mod", "init", "server")
	do("git", "add", ".")
	do("git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "a")
	commit := do("git", "rev-parse", "HEAD")
	for _, want := range []string{commit, commit + "-dirty"} { // the built program makes the tree dirty
		do("go", "build", "-buildvcs=true", "-o", "server", ".")
		all, err := Targets(filepath.Join(folder, "server"), "../peers")
		require.NoError(t, err)
		assert.Equal(t, want, all[0].Commit)
		assert.Equal(t, want, all[1].Commit, "with TLS")
		assert.Empty(t, all[3].Commit, "a peer has a version instead")
		assert.Equal(t, want, all[len(all)-1].Commit)
	}
	assert.Empty(t, commitOf("target_test.go"))
}

// fakeGo puts a program named go on PATH.
func fakeGo(t *testing.T, script string) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "go"), []byte("#!/bin/sh\n"+script), 0o755))
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
}

func TestPeersThatFailTheCheckAreNamed(t *testing.T) {
	peers := []Target{{Name: "plenum"}, {Name: "raw", Peer: true}, {Name: "bun", Peer: true}}
	fakeGo(t, `echo "$@"; echo "conformance: failed: bun" >&2; echo "exit status 1" >&2; exit 1`)
	var log bytes.Buffer
	_, err := checkPeers(t.Context(), t.TempDir(), peers, &log)
	assert.ErrorContains(t, err, "conformance: failed: bun")
	assert.Contains(t, log.String(), "run ./cmd/conformance -build -peers raw,bun\n")
	_, err = checkPeers(t.Context(), t.TempDir(), peers[:1], &log)
	assert.NoError(t, err, "there is no peer to check")
}

func TestAPeerThatCannotBeBuiltIsSkippedWithItsTunedConfiguration(t *testing.T) {
	s, log := smallSuite(t)
	s.Repeats = 1
	broken := Target{Name: "bun", Peer: true, Run: []string{"nowhere/bun"}}
	tuned := broken
	tuned.Name, tuned.Of = "bun-tuned", "bun"
	s.Targets = append(s.Targets, broken, tuned)
	s.Peers = t.TempDir()
	fakeGo(t, `echo "raw   ok      1.0 s"; echo "bun   FAILED  build: exit status 1"; echo "npm: no network"; echo "bun-tuned  FAILED  start: no file"
		echo "conformance: failed: bun, bun-tuned" >&2; exit 1`)
	measure(t, s)
	assert.Contains(t, log.String(), "bun is skipped: it cannot be built: exit status 1\n")
	skipped, err := os.ReadFile(filepath.Join(s.Out, "skipped.json"))
	require.NoError(t, err)
	const why = `"it cannot be built: exit status 1"`
	assert.JSONEq(t, `[{"name":"bun","why":`+why+`},{"name":"bun-tuned","why":`+why+`}]`, string(skipped))
	assert.Len(t, results(t, s, "echo"), 2, "the others are measured")
	assert.Len(t, s.Targets, 2)

	fakeGo(t, `echo "bun   FAILED  build: exit status 1"; echo "raw  FAILED  a member received nothing"; echo "conformance: failed: bun, raw" >&2; exit 1`)
	_, err = checkPeers(t.Context(), s.Peers, []Target{broken, {Name: "raw", Peer: true}}, log)
	assert.ErrorContains(t, err, "conformance: failed: bun, raw", "raw was built but does other work")
}

func TestAnInterruptedCheckEndsWithItsChildProcesses(t *testing.T) {
	folder := t.TempDir()
	fakeGo(t, `sleep 60 & echo $! > pid; echo started; wait`)
	ctx, cancel := newCut(t)
	_, err := checkPeers(ctx, folder, []Target{{Name: "raw", Peer: true}}, onWrite(cancel))
	assert.ErrorIs(t, err, ctx.Err())
	pid, err := os.ReadFile(filepath.Join(folder, "pid"))
	require.NoError(t, err)
	assert.Eventually(t, func() bool { return !alive(string(bytes.TrimSpace(pid))) }, eventually, pollInterval)
}
