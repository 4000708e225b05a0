package doctor

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/engine"
)

var update = flag.Bool("update", false, "write the golden files")

// limits returns the limits of a process on a machine of testdata.
func limits(files uint64) Process {
	return Process{Files: files, HardFiles: files, RefuseAt: 90, Page: 4096}
}

func inCgroup(p Process, limit, used int64) Process {
	p.Memory, p.Used = limit<<20, used<<20
	return p
}

func TestTheReportOfEachMachineIsTheExpectedOne(t *testing.T) {
	for name, c := range map[string]struct {
		root string
		Process
		connections int
	}{
		"laptop":         {"laptop", limits(524288), 0},
		"laptop_100000":  {"laptop", limits(524288), 100_000},
		"laptop_5000000": {"laptop", limits(524288), 5_000_000},
		"container":      {"container", inCgroup(limits(1048576), 512, 6), 0},
		"container_200k": {"container", inCgroup(limits(1048576), 512, 6), 200_000},
		"tuned":          {"tuned", limits(1_200_000), 0},
		"nothing":        {"", Process{Memory: -1, RefuseAt: 90, Page: 4096}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			root := filepath.Join("testdata", c.root)
			var out strings.Builder
			report := Examine(root, c.Process, c.connections)
			require.NoError(t, report.Print(&out))
			out.WriteString("\n")
			require.NoError(t, report.PrintSettings(&out))
			golden(t, name+".txt", out.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

// machines are the machines of testdata, with the limits of a shell there.
var machines = map[string]Process{
	"laptop": limits(1024), "container": limits(20_000), "tuned": limits(1_200_000),
}

func TestTheProposedSettingsSuffice(t *testing.T) {
	for name, p := range machines {
		for _, n := range []int{1, 1000, 65_536, 100_003, 1_000_000, 10_000_000} {
			root := copyOf(t, name)
			for _, s := range Examine(root, p, n).Settings() {
				if s.Kind == "limit" {
					p.Files = uint64(s.Wanted[0])
					continue
				}
				set(t, root, s.Name, text(s.Wanted))
			}
			after := Examine(root, p, n)
			assert.Empty(t, after.Settings(), "%s, %d", name, n)
			for _, c := range after.Checks {
				if c.short() {
					assert.NotEmpty(t, c.Advice, "%s, %d: %s", name, n, c.Name)
				}
			}
		}
	}
}

// copyOf returns a copy of a machine of testdata, which the test may change.
func copyOf(t *testing.T, name string) (root string) {
	t.Helper()
	root = t.TempDir()
	require.NoError(t, os.CopyFS(root, os.DirFS(filepath.Join("testdata", name))))
	return root
}

func set(t *testing.T, root, name, value string) {
	t.Helper()
	path := filepath.Join(root, "proc/sys", filepath.Join(strings.Split(name, ".")...))
	require.NoError(t, os.WriteFile(path, []byte(value+"\n"), 0o600))
}

func TestNoValueIsLowered(t *testing.T) {
	root := copyOf(t, "laptop")
	for name, c := range map[string]struct{ now, wanted string }{
		"net.ipv4.tcp_mem":             {"390000 395000 399999", "390000 395000 400000"},
		"net.ipv4.tcp_rmem":            {"8192 65536 65536", "8192 65536 131072"},
		"net.ipv4.tcp_wmem":            {"8192 65536 131072", "8192 65536 262144"},
		"net.ipv4.ip_local_port_range": {"1024 40000", "1024 65535"},
		"net.core.somaxconn":           {"100000", ""},
	} {
		set(t, root, name, c.now)
		found := Examine(root, limits(524288), 400_000).check(t, name)
		if c.wanted == "" {
			assert.Nil(t, found.Set, name)
			continue
		}
		require.NotNil(t, found.Set, name)
		assert.Equal(t, c.wanted, text(found.Set.Wanted), name)
	}
}

// check returns the check of a name.
func (r Report) check(t *testing.T, name string) Check {
	t.Helper()
	i := slices.IndexFunc(r.Checks, func(c Check) bool { return c.Name == name })
	require.NotEqual(t, -1, i, name)
	return r.Checks[i]
}

func TestAValueThatCannotBeReadIsUnknownAndLimitsNothing(t *testing.T) {
	known := Examine("testdata/tuned", limits(1_200_000), 0)
	for _, c := range known.Checks {
		if !strings.Contains(c.Name, ".") {
			continue
		}
		for _, wrong := range []string{"", "many", "1 2 3 4", "-"} {
			root := copyOf(t, "tuned")
			set(t, root, c.Name, wrong)
			r := Examine(root, limits(1_200_000), 0)
			assert.Equal(t, "unknown", r.verdict(r.check(t, c.Name)), "%s is %q", c.Name, wrong)
			assert.Equal(t, known.Limit, r.Limit)
		}
	}
}

func TestConnectionsAreDescriptorsLessTheEnginesReserve(t *testing.T) {
	for _, files := range []uint64{1, 64, 1024, 20_000, 1 << 20, 1 << 40, math.MaxUint64} {
		c := Examine("testdata/tuned", limits(files), 0).check(t, "ulimit -n")
		assert.Equal(t, engine.ConnsWithin(int(min(files, math.MaxInt))), c.Most)
	}
	for n := 1; n < 30_000_000; n = n*5/4 + 1 {
		assert.GreaterOrEqual(t, engine.ConnsWithin(engine.DescriptorsFor(n)), n)
		assert.Less(t, engine.ConnsWithin(engine.DescriptorsFor(n)-1024), max(n, 2), "rounded up to the next 1024")
	}
}

func TestTheSoftLimitOfDescriptorsCounts(t *testing.T) {
	p := limits(1024)
	p.HardFiles = 524288
	c := Examine("testdata/tuned", p, 0).check(t, "ulimit -n")
	assert.Equal(t, "1024, hard 524288", c.Found)
	assert.Equal(t, engine.ConnsWithin(1024), c.Most)
}

func TestEntriesOfOtherProgramsAreSubtracted(t *testing.T) {
	for _, c := range []struct{ table, taken, by string }{
		{"fs.file-max", "fs.file-nr", "30000 0 50000"},
		{"net.netfilter.nf_conntrack_max", "net.netfilter.nf_conntrack_count", "30000"},
	} {
		root := copyOf(t, "tuned")
		set(t, root, c.table, "50000")
		set(t, root, c.taken, c.by)
		found := Examine(root, limits(1_200_000), 40_000).check(t, c.table)
		assert.Equal(t, engine.ConnsWithin(20_000), found.Most, c.table)
		assert.GreaterOrEqual(t, engine.ConnsWithin(found.Set.Wanted[0]-30_000), 40_000, c.table)
	}
}

func TestAConntrackTableWithoutALimitLimitsNothing(t *testing.T) {
	root := copyOf(t, "tuned")
	set(t, root, "net.netfilter.nf_conntrack_max", "0")
	r := Examine(root, limits(1_200_000), 0)
	assert.Equal(t, "ok", r.verdict(r.check(t, "net.netfilter.nf_conntrack_max")))
}

func TestTheProposedMemoryHoldsTheConnections(t *testing.T) {
	for _, n := range []int{999, 20_000, 123_456, 1_000_000} {
		p := inCgroup(limits(1_200_000), 32, 6)
		advice := Examine("testdata/container", p, n).check(t, "cgroup memory").Advice
		var size int64
		_, err := fmt.Sscanf(advice, "%d MiB", &size)
		require.NoError(t, err)
		enough := Examine("testdata/container", inCgroup(p, size, 6), n).check(t, "cgroup memory")
		assert.False(t, enough.short(), "%d in %d MiB", n, size)
		scarce := Examine("testdata/container", inCgroup(p, size*9/10, 6), n).check(t, "cgroup memory")
		assert.True(t, scarce.short(), "%d in %d MiB", n, size*9/10)
	}
}

func TestTLSNeedsMoreMemory(t *testing.T) {
	p := limits(1_200_000)
	plain := Examine("testdata/tuned", p, 0).check(t, "memory").Most
	p.TLS = true
	require.InDelta(t, float64(plain)*perConnection/(perConnection+perTLS), Examine("testdata/tuned", p, 0).check(t, "memory").Most, 2*rounding)
}

func TestBuffersGetAtMostAQuarterOfTheMemory(t *testing.T) {
	r := Examine("testdata/laptop", limits(524288), 2_000_000)
	const quarter = 16266108 * 1024 / 4 / 4096
	assert.Equal(t, []int{quarter / 2, quarter / 3 * 2, quarter}, r.check(t, "net.ipv4.tcp_mem").Set.Wanted)
}

func TestTheLimitIsTheCheckThatAllowsTheFewestConnections(t *testing.T) {
	for name, p := range machines {
		r := Examine(filepath.Join("testdata", name), p, 0)
		for _, c := range r.Checks {
			if c.Of == "" {
				assert.GreaterOrEqual(t, c.Most, r.Limit.Most, c.Name)
			}
		}
	}
}
