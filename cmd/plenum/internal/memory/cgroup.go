package memory

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// cgroupMount is where cgroups(7) has the control groups mounted.
const cgroupMount = "/sys/fs/cgroup"

// CgroupUse returns a function that returns how many bytes of the limit the process's memory
// cgroup has used. The kernel's memory for sockets counts. Cached files do not, because they
// give way. CgroupUse returns nil if there is no such cgroup.
func CgroupUse() func() int64 { return cgroupUse(cgroupMount) }

func cgroupUse(mount string) func() int64 {
	self, err := procfs.Self()
	if err != nil {
		return nil
	}
	groups, err := self.Cgroups()
	if err != nil {
		return nil
	}
	for _, g := range groups {
		root, current := mount, "memory.current" // version 2
		switch {
		case slices.Contains(g.Controllers, "memory"):
			root, current = filepath.Join(mount, "memory"), "memory.usage_in_bytes"
		case g.HierarchyID != 0:
			continue
		}
		// In a container the cgroup may be mounted as the root.
		for _, dir := range []string{filepath.Join(root, g.Path), root} {
			use := func() int64 { return max(number(dir, current)-cachedFiles(dir), 0) }
			if use() > 0 {
				return use
			}
		}
	}
	return nil
}

// number reads a file that contains one number; 0 if there is none.
func number(dir, file string) int64 {
	text, _ := os.ReadFile(filepath.Join(dir, file))
	n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n
}

// cachedFiles returns how many bytes of a cgroup's memory are cached files.
func cachedFiles(dir string) (total int64) {
	text, _ := os.ReadFile(filepath.Join(dir, "memory.stat"))
	stat := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		stat[name], _ = strconv.ParseInt(value, 10, 64)
	}
	for _, name := range []string{"active_file", "inactive_file"} {
		n, hierarchical := stat["total_"+name] // version 1 has both
		if !hierarchical {
			n = stat[name]
		}
		total += n
	}
	return total
}
