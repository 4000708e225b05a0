package page

import (
	"fmt"
	"maps"
	"slices"

	"plenum/bench/compare"
	"plenum/bench/metric"
	"plenum/bench/observe"
)

// machineOf returns the machine and the builds of a side, with all values that its runs have.
func machineOf(side *compare.Side) Machine {
	m := Machine{Side: side.Name}
	add := func(name string, of func(e observe.Environment) string) {
		var values []string
		for _, g := range side.Groups {
			for _, r := range runs(g) {
				if text := of(r.Environment); text != "" && !slices.Contains(values, text) {
					values = append(values, text)
				}
			}
		}
		if len(values) > 0 {
			m.Rows = append(m.Rows, [2]string{name, joined(values)})
		}
	}
	add("processor", func(e observe.Environment) string { return e.CPU })
	add("cores", func(e observe.Environment) string { return fmt.Sprint(e.Cores) })
	add("memory", func(e observe.Environment) string { return metric.Number(float64(e.MemoryBytes)/1e9) + " GB" })
	add("kernel", func(e observe.Environment) string { return e.Kernel })
	add("Go of plenum-bench", func(e observe.Environment) string { return e.Go })
	add("commit of plenum-bench", func(e observe.Environment) string { return e.Commit })
	add("GOMAXPROCS", func(e observe.Environment) string { return fmt.Sprint(e.GOMAXPROCS) })
	add("open files allowed", func(e observe.Environment) string { return fmt.Sprint(e.Descriptors) })
	for _, name := range sysctlsOf(side) {
		add(name, func(e observe.Environment) string { return e.Sysctls[name] })
	}
	return m
}

func sysctlsOf(side *compare.Side) []string {
	names := map[string]bool{}
	for _, g := range side.Groups {
		for _, r := range runs(g) {
			for name := range r.Environment.Sysctls {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
