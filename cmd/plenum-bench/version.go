package main

import (
	"fmt"
	"runtime/debug"

	"plenum/bench/observe"
)

// version returns this build's version and commit, Go's version, and the version of the
// histograms' module.
func version() string {
	e := observe.ReadEnvironment()
	own := "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok {
		own = info.Main.Version
	}
	return fmt.Sprintf("plenum-bench %s %.12s, %s, hdrhistogram-go %s", own, e.Commit, e.Go, e.Versions["github.com/HdrHistogram/hdrhistogram-go"])
}
