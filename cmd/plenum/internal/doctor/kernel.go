package doctor

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/prometheus/procfs"
)

// kernel reads the settings and state of a kernel. If proc is nil, nothing can be read.
type kernel struct{ proc *procfs.FS }

// below returns the kernel whose proc folder is in root.
func below(root string) kernel {
	proc, err := procfs.NewFS(filepath.Join(root, procfs.DefaultMountPoint))
	if err != nil {
		return kernel{}
	}
	return kernel{&proc}
}

// sysctl reads a setting with a given count of numbers. It returns nil if it cannot.
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

// meminfo returns the memory of the machine, in bytes. ok is false if it cannot be read.
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

// raise returns a change of the setting that raises each number to at least need. It lowers none.
func raise(name string, now []int, need ...int) *Setting {
	wanted := make([]int, len(now))
	for i := range wanted {
		wanted[i] = max(now[i], need[i])
	}
	return &Setting{Kind: "sysctl", Name: name, Now: now, Wanted: wanted}
}

// text returns the numbers in the form that the kernel accepts.
func text(numbers []int) string { return strings.Trim(fmt.Sprint(numbers), "[]") }
