package observe

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"
)

// Environment describes the machine and the build that measured a result.
type Environment struct {
	CPU         string            `json:"cpu"`
	Cores       int               `json:"cores"`
	MemoryBytes uint64            `json:"memory_bytes"`
	Kernel      string            `json:"kernel"`
	Go          string            `json:"go"`
	GOMAXPROCS  int               `json:"gomaxprocs"`
	Descriptors uint64            `json:"descriptor_limit"` // open files that the process may have
	Sysctls     map[string]string `json:"sysctls"`          // kernel settings that matter for sockets
	Versions    map[string]string `json:"versions"`         // of the modules in this build
	Commit      string            `json:"commit"`           // of this build; ends in -dirty if the tree was changed
}

// sysctls are the kernel settings of Environment.Sysctls.
var sysctls = []string{
	"net.core.somaxconn", "net.core.rmem_max", "net.core.wmem_max", "net.ipv4.ip_local_port_range",
	"net.ipv4.tcp_mem", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.ipv4.tcp_max_syn_backlog",
	"net.ipv4.tcp_congestion_control", "fs.nr_open", "fs.file-max",
}

// ReadEnvironment returns the environment of this process.
func ReadEnvironment() Environment {
	e := Environment{
		CPU: cpuModel(), Cores: runtime.NumCPU(), Go: runtime.Version(), GOMAXPROCS: runtime.GOMAXPROCS(0),
		Descriptors: DescriptorLimit(), Sysctls: map[string]string{}, Versions: map[string]string{},
	}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		e.Kernel = unix.ByteSliceToString(name.Release[:])
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		e.MemoryBytes = info.Totalram * uint64(info.Unit)
	}
	for _, name := range sysctls {
		value, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
		if err == nil { // absent if the kernel has no such setting
			e.Sysctls[name] = strings.Join(strings.Fields(string(value)), " ")
		}
	}
	if build, ok := debug.ReadBuildInfo(); ok {
		e.build(build)
	}
	return e
}

func (e *Environment) build(info *debug.BuildInfo) {
	for _, dep := range info.Deps {
		e.Versions[dep.Path] = dep.Version
	}
	e.Commit = Commit(info)
}

// Commit returns the commit at which a program was built, by its build information. It ends in
// -dirty if the tree was changed, and is empty if the information has no commit.
func Commit(info *debug.BuildInfo) (commit string) {
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value + commit
		case s.Key == "vcs.modified" && s.Value == "true":
			commit += "-dirty"
		}
	}
	return commit
}

func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// DescriptorLimit returns how many open files this process may have (the soft limit), or 0 if that is not
// known.
func DescriptorLimit() uint64 {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return limit.Cur
}
