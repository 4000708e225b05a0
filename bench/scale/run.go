package scale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"plenum/bench/observe"
)

// Measure runs a plan. root is the folder of the module, and log gets a line per job. Measure takes minutes. It returns an
// error if the machine is too small, if a run fails, or if ctx ends.
func Measure(ctx context.Context, root string, p Plan, log io.Writer) (*Results, error) {
	if err := p.fits(runtime.NumCPU(), availableMemory()); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "plenum-scale-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	begin := time.Now()
	r := &Results{Suite: Suite{StartedAt: begin.UTC().Truncate(time.Second), Environment: observe.ReadEnvironment()}}
	programs := map[string]string{}
	for _, folder := range []string{rooms, engine, wheels} {
		programs[folder] = filepath.Join(dir, strings.ReplaceAll(folder, "/", "-"))
		if err := build(ctx, root, folder, programs[folder]); err != nil {
			return nil, err
		}
	}
	for _, j := range p.jobs() {
		runs, err := j.run(ctx, programs[j.Package])
		if err != nil {
			return nil, fmt.Errorf("%v: %w", j, err)
		}
		r.Runs = append(r.Runs, runs...)
		fmt.Fprintf(log, "%4.0f s  %v: %s\n", time.Since(begin).Seconds(), j, summary(runs))
	}
	r.Seconds = time.Since(begin).Round(time.Second).Seconds()
	return r, nil
}

// fits returns an error if the machine is too small for the plan.
func (p Plan) fits(processors int, memory uint64) error {
	switch {
	case processors < 2:
		return errors.New("two processors are needed to compare one with two")
	case memory < p.Memory:
		return fmt.Errorf("%.1f GiB of memory are available, and %.1f GiB are needed; the short suite needs %.1f GiB",
			float64(memory)/(1<<30), float64(p.Memory)/(1<<30), float64(Short.Memory)/(1<<30))
	}
	return nil
}

func availableMemory() (bytes uint64) {
	text, _ := os.ReadFile("/proc/meminfo") // 0 if there is none
	_, after, _ := strings.Cut(string(text), "MemAvailable:")
	_, _ = fmt.Sscan(after, &bytes)
	return bytes << 10
}

// build compiles the tests of a package.
func build(ctx context.Context, root, folder, program string) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-o", program, "./"+folder)
	cmd.Dir = root
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go test -c ./%s: %w\n%s", folder, err, text)
	}
	return nil
}

// summary returns the most important values of a job's runs, for the log.
func summary(runs []Run) string {
	var parts []string
	for _, r := range runs {
		for _, unit := range []string{"ns/delivery", "B/member", "ns/longest-hold", "wait%"} {
			if v, ok := r.Values[unit]; ok {
				parts = append(parts, fmt.Sprintf("%.4g %s", v, unit))
			}
		}
		if len(parts) == 0 {
			parts = append(parts, fmt.Sprintf("%.4g ns/op", r.Values["ns/op"]))
		}
	}
	return strings.Join(append(parts, fmt.Sprintf("%.2f other cores", runs[0].OtherCores)), ", ")
}
