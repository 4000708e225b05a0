package main

import (
	"fmt"
	"time"

	"plenum/bench/suite"
)

// quickFolder is the folder of the results of a quick suite without --out.
const quickFolder = "quick-results"

// retries returns the number of further attempts after a rejected run. A quick suite has time for one.
func (f *suiteFlags) retries() int {
	if f.Quick {
		return min(1, f.Retries)
	}
	return f.Retries
}

// limit returns the time from the start of the suite in which all runs must end, or 0 for no limit.
func (f *suiteFlags) limit() time.Duration {
	if f.Quick && f.For == 0 {
		return suite.QuickTime
	}
	return time.Duration(f.For)
}

// afterQuick returns a text about the limits of a quick suite's results, and the commands to use them.
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
