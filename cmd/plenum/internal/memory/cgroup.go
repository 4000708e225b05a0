package memory

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// cgroupMount is the mount point of the control groups, see cgroups(7).
const cgroupMount = "/sys/fs/cgroup"

// CgroupUse returns a function that returns the memory use of the process's cgroup in bytes. It includes
// the kernel's memory for sockets. It excludes cached files, because the kernel frees them
// when memory is needed. CgroupUse returns nil if there is no memory cgroup.
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
		// In a container, the cgroup may be the root of the mount.
		for _, dir := range []string{filepath.Join(root, g.Path), root} {
			use := func() int64 { return max(number(dir, current)-cachedFiles(dir), 0) }
			if use() > 0 {
				return use
			}
		}
	}
	return nil
}

// number reads a file that contains one number; 0 if it cannot be read.
func number(dir, file string) int64 {
	text, _ := os.ReadFile(filepath.Join(dir, file))
	n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n
}

// cachedFiles returns the bytes of a cgroup's memory that are cached files.
func cachedFiles(dir string) (total int64) {
	text, _ := os.ReadFile(filepath.Join(dir, "memory.stat"))
	stat := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		stat[name], _ = strconv.ParseInt(value, 10, 64)
	}
	for _, name := range []string{"active_file", "inactive_file"} {
		n, hierarchical := stat["total_"+name] // version 1: includes the child groups
		if !hierarchical {
			n = stat[name]
		}
		total += n
	}
	return total
}
