package doctor

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/prometheus/procfs"
)

// kernel reads what a kernel says of itself; nil: nothing can be read.
type kernel struct{ proc *procfs.FS }

// below is the kernel whose /proc is in root.
func below(root string) kernel {
	proc, err := procfs.NewFS(filepath.Join(root, procfs.DefaultMountPoint))
	if err != nil {
		return kernel{}
	}
	return kernel{&proc}
}

// sysctl reads a setting that has so many numbers; nil where it cannot.
func (k kernel) sysctl(name string, numbers int) []int {
	if k.proc == nil {
		return nil
	}
	values, err := k.proc.SysctlInts(name)
	if err != nil || len(values) != numbers {
		return nil
	}
	return values
}

// meminfo is the machine's memory, in bytes; ok is false where it cannot be read.
func (k kernel) meminfo() (available, total int64, ok bool) {
	if k.proc == nil {
		return 0, 0, false
	}
	info, err := k.proc.Meminfo()
	if err != nil || info.MemAvailableBytes == nil || info.MemTotalBytes == nil {
		return 0, 0, false
	}
	return int64(*info.MemAvailableBytes), int64(*info.MemTotalBytes), true
}

// raise is the setting with each of its numbers at least what is needed.
func raise(name string, now []int, need ...int) *Setting {
	wanted := make([]int, len(now))
	for i := range wanted {
		wanted[i] = max(now[i], need[i])
	}
	return &Setting{Kind: "sysctl", Name: name, Now: now, Wanted: wanted}
}

// text is the numbers as the kernel takes them.
func text(numbers []int) string { return strings.Trim(fmt.Sprint(numbers), "[]") }
