package main

import (
	"fmt"
	"runtime/debug"

	"plenum/bench/observe"
)

// version is this build: its commit, Go's version and that of the histograms.
func version() string {
	e := observe.ReadEnvironment()
	own := "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok {
		own = info.Main.Version
	}
	return fmt.Sprintf("plenum-bench %s %.12s, %s, hdrhistogram-go %s", own, e.Commit, e.Go, e.Versions["github.com/HdrHistogram/hdrhistogram-go"])
}
