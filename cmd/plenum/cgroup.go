package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// cgroupMount is where the kernel's control groups are, by cgroups(7).
const cgroupMount = "/sys/fs/cgroup"

// cgroupUse returns a function that tells how many bytes of its limit the memory cgroup
// of this process has used up, the kernel's for its sockets among them, without the files
// in the cache, which give way. nil where there is no such cgroup.
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

// number reads a file that has one; 0 where there is none.
func number(dir, file string) int64 {
	text, _ := os.ReadFile(filepath.Join(dir, file))
	n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n
}

// cachedFiles is the part of a cgroup's memory that is files in the cache, in bytes.
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
