package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const laptop = "internal/doctor/testdata/laptop"

// output runs the program with args. The environment has at most one variable.
func output(t *testing.T, variable string, args ...string) (stdout string, status int) {
	t.Helper()
	var out, errs lockedBuffer
	name, value, _ := strings.Cut(variable, "=")
	env := func(n string) (string, bool) { return value, n == name && name != "" }
	err := run(t.Context(), nil, args, env, &out, &errs)
	assert.Empty(t, errs.String())
	return out.String(), exitStatus(err)
}

func TestTheDoctorsExitStatus(t *testing.T) {
	plainOnly(t, "the test starts no server")
	for name, c := range map[string]struct {
		variable string
		args     []string
		status   int
	}{
		"here":                 {"", nil, 0},
		"on another machine":   {"", []string{"--root", laptop}, 0},
		"where nothing is":     {"", []string{"--root", t.TempDir()}, 0},
		"for few":              {"", []string{"--connections=1"}, 0},
		"for too many":         {"", []string{"--connections=1000000000"}, 1},
		"for too many, by env": {"PLENUM_CONNECTIONS=1000000000", nil, 1},
		"for fewer than none":  {"", []string{"--connections=-1"}, 2},
	} {
		out, status := output(t, c.variable, append([]string{"doctor"}, c.args...)...)
		assert.Equal(t, c.status, status, name)
		if status < 2 {
			assert.Regexp(t, `\nthis machine can hold about \d+ connections, limited by \w[^\n]*\npresence channels: .*\n$`, out, name)
		}
	}
	out, status := output(t, "", "doctor", "--settings", "--connections=1000000000")
	assert.Zero(t, status, "with --settings it only prints settings")
	assert.NotContains(t, out, "this machine")
}

func TestTheDoctorReportsTheDescriptorLimitOfTheServer(t *testing.T) {
	t.Parallel()
	out, _ := output(t, "", "doctor", "--connections=1000000000")
	found := regexp.MustCompile(`\nulimit -n .* at most (\d+) `).FindStringSubmatch(out)
	require.NotNil(t, found, out)
	assert.Equal(t, start(t).metric(t, "plenum_connections_max"), found[1])
}

// tune returns the script as a command. It uses this test binary as plenum.
func tune(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	script, err := filepath.Abs("../../scripts/tune.sh")
	require.NoError(t, err)
	c := exec.Command(script, args...)
	c.Dir = "/" // the script must work in any directory
	c.Env = append(os.Environ(), "PLENUM="+os.Args[0], asProgram+"=1")
	return c
}

// asked returns the last column of the doctor's table by name.
func asked(t *testing.T, root, connections string) map[string]string {
	t.Helper()
	out, _ := output(t, "", "doctor", "--root", root, "--connections", connections)
	table, _, _ := strings.Cut(out, "\n\n")
	want := map[string]string{}
	for _, line := range strings.Split(table, "\n")[1:] {
		cells := regexp.MustCompile(` {2,}`).Split(line, -1)
		if len(cells) < 4 || strings.Contains(cells[3], "addresses") {
			continue
		}
		name, value, other := strings.Cut(cells[3], "=")
		if !other {
			name, value = cells[0], cells[3]
		}
		want[name] = value
	}
	return want
}

// laptopHere returns a copy of the sample machine laptop that the test may change.
func laptopHere(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	require.NoError(t, os.CopyFS(root, os.DirFS(laptop)))
	return root
}

func TestTuneSetsTheValuesThatTheDoctorAsksFor(t *testing.T) {
	plainOnly(t, "the test starts no server")
	root := laptopHere(t)
	for _, n := range []string{"1000", "20000", "1000000"} {
		out, err := tune(t, "--root", root, "--connections", n).Output()
		require.NoError(t, err)
		got := map[string]string{}
		for line := range strings.Lines(string(out)) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && line[0] != '#' {
				got[strings.TrimSpace(name)] = strings.TrimSpace(value)
			}
		}
		assert.Equal(t, asked(t, root, n), got, "for %s", n)
	}
}

// kernelHas reads a kernel setting of the machine at root.
func kernelHas(t *testing.T, root, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "proc/sys", strings.ReplaceAll(name, ".", "/")))
	require.NoError(t, err)
	return strings.TrimSpace(string(text))
}

const sysctlFile = "etc/sysctl.d/90-plenum.conf"

func TestTuneChangesNothingWithoutApply(t *testing.T) {
	plainOnly(t, "the test starts no server")
	root := laptopHere(t)
	require.NoError(t, tune(t, "--root", root, "--connections", "1000000").Run())
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		name, err := filepath.Rel(root, path)
		require.NoError(t, err)
		before, err := os.ReadFile(filepath.Join(laptop, name))
		if d.IsDir() {
			assert.DirExists(t, filepath.Join(laptop, name))
			return nil
		}
		require.NoError(t, err)
		after, err := os.ReadFile(path)
		assert.Equal(t, string(before), string(after), name)
		return err
	}))
}

func TestTuneAppliesOnlyForRoot(t *testing.T) {
	plainOnly(t, "the test starts no server")
	c := tune(t, "--apply")
	if os.Geteuid() == 0 {
		const nobody = 65534
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var errs strings.Builder
	c.Stderr = &errs
	err := c.Run()
	if errors.Is(err, fs.ErrPermission) {
		t.Skip("nobody else can read the script here")
	}
	var ended *exec.ExitError
	require.ErrorAs(t, err, &ended)
	assert.Equal(t, 1, ended.ExitCode())
	assert.Equal(t, "tune: --apply needs root; without --apply the settings are only printed\n", errs.String())
}

func TestTuneSetsThePrintedValuesPermanently(t *testing.T) {
	plainOnly(t, "the test starts no server")
	root := laptopHere(t)
	for _, n := range []string{"100000", "1000000", "100000"} {
		want := asked(t, root, n)
		delete(want, "LimitNOFILE")
		require.NoError(t, tune(t, "--apply", "--root", root, "--connections", n).Run())
		for name, value := range want {
			assert.Equal(t, value, kernelHas(t, root, name))
		}
	}
	text, err := os.ReadFile(filepath.Join(root, sysctlFile))
	require.NoError(t, err)
	assert.Equal(t, `# Written by scripts/tune.sh of plenum.
net.core.somaxconn = 65535
net.ipv4.tcp_max_syn_backlog = 65535
net.ipv4.ip_local_port_range = 10240 65535
net.netfilter.nf_conntrack_max = 1009664
net.ipv4.tcp_mem = 500000 666666 1000000
`, string(text), "what the first asked for, with what the second did")
}

func TestTuneLowersNoSetting(t *testing.T) {
	plainOnly(t, "the test starts no server")
	root := laptopHere(t)
	const high = "100 90000 100000000"
	path := filepath.Join(root, "proc/sys/net/ipv4/tcp_mem")
	require.NoError(t, os.WriteFile(path, []byte(high+"\n"), 0o600))
	require.NoError(t, tune(t, "--apply", "--root", root, "--connections", "1000").Run())
	assert.Equal(t, high, kernelHas(t, root, "net.ipv4.tcp_mem"))
	assert.NoFileExists(t, filepath.Join(root, sysctlFile), "nothing had to be set")
}

func TestTheDoctorTellsTheBoundsOfPresence(t *testing.T) {
	plainOnly(t, "the test starts no server")
	out, status := output(t, "", "doctor", "--presence-list=500")
	assert.Equal(t, 0, status)
	assert.Contains(t, out, "\npresence channels: lists of up to 500 users (--presence-list), and announcements up to as many subscriptions; user_id up to 128 bytes, user_info up to 2048 bytes; a list takes up to 1125 KiB before its quotes are escaped\n")
}
