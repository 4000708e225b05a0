//go:build runtimevars

package routes

import (
	"runtime/debug"
	"sync/atomic"
	"time"
	_ "unsafe" // for linkname
)

// Two variables of the runtime. The linker allows this with -checklinkname=0 only.
//
//go:linkname forcegcperiod runtime.forcegcperiod
var forcegcperiod int64 // the longest time from one collection to the next, in ns

//go:linkname gcBlackenEnabled runtime.gcBlackenEnabled
var gcBlackenEnabled uint32 // 1 while a collection marks

// periodic measures during collections that the runtime starts because of the time since the last one, here one second and
// not two minutes. Such a collection takes less of the processors than others: the runtime's idle Ps do not help.
func init() {
	beside = append(beside, other{
		what: "periodic",
		run: func() {
			defer debug.SetGCPercent(debug.SetGCPercent(1000)) // the heap never grows so much
			defer func(before int64) { forcegcperiod = before }(forcegcperiod)
			forcegcperiod = int64(time.Second)
			begin := time.Now()
			for last := collected(); collected() < last+3 || time.Since(begin) < *least; {
				time.Sleep(10 * time.Millisecond)
			}
		},
		counts: func() bool { return atomic.LoadUint32(&gcBlackenEnabled) == 1 },
	})
}
