package main

import (
	"fmt"
	"time"

	"plenum/bench/suite"
)

// quickFolder is where a quick suite writes without --out.
const quickFolder = "quick-results"

// retries returns the further attempts of a run. A quick suite has time for one.
func (f *suiteFlags) retries() int {
	if f.Quick {
		return min(1, f.Retries)
	}
	return f.Retries
}

// limit returns the time after which no run may end, or 0.
func (f *suiteFlags) limit() time.Duration {
	if f.Quick && f.For == 0 {
		return suite.QuickTime
	}
	return time.Duration(f.For)
}

// afterQuick says what a quick suite cannot claim, and what to do with its results.
func (f *suiteFlags) afterQuick() string {
	return fmt.Sprintf(`
The results are in %[1]s. What they cannot claim:
  - an order of servers that are close. Compare two measurements of one program, plenum and plenum-again, for the noise.
  - anything about tuned peers, TLS, slow readers, joins and leaves, message sizes, or another client: see suite --plan.
  - other machines. Server and generator share the cores of this one.
Next:
  bin/plenum-bench report --results %[1]s         writes %[1]s/REPORT.md
  bin/plenum-bench html --out quick.html %[1]s    one page with plots
  bin/plenum-bench suite --quick --out %[1]s-2    measures again
  bin/plenum-bench compare %[1]s %[1]s-2
compare decides nothing with fewer than four runs of each: measure a few --targets with --quick --repeats 4.
`, f.out())
}
