package rooms

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// lockWatch tries a lock all the time.
type lockWatch struct {
	longest atomic.Int64 // the longest time in ns in which the lock was taken, since the last Store
	ends    atomic.Bool
	running sync.WaitGroup
}

func watchLock(mu *sync.Mutex) *lockWatch {
	w := &lockWatch{}
	w.running.Go(func() {
		for !w.ends.Load() {
			if took := untilFree(mu); took.Nanoseconds() > w.longest.Load() {
				w.longest.Store(took.Nanoseconds())
			}
		}
	})
	return w
}

// untilFree waits until the lock is free, and returns the time. It returns 0 if the observer itself was interrupted: it
// reads the clock every 100 ns or so, unless it does not run.
func untilFree(mu *sync.Mutex) (took time.Duration) {
	begin := time.Now()
	last, interrupted := time.Duration(0), false
	for free := false; !free; last = took {
		if free = mu.TryLock(); free {
			mu.Unlock()
		}
		took = time.Since(begin)
		interrupted = interrupted || took-last > 2*time.Microsecond
	}
	if interrupted {
		return 0
	}
	return took
}

func (w *lockWatch) stop() {
	w.ends.Store(true)
	w.running.Wait()
}

// together lets two processes measure at the same time, if PLENUM_TOGETHER is set. It says on standard error that this one
// is ready, and waits for a line on standard input. goesOn says that the measurement is over. It returns true until
// standard input ends, so that neither process measures alone.
func together(b *testing.B) (goesOn func() bool) {
	if os.Getenv("PLENUM_TOGETHER") == "" {
		return func() bool { return false }
	}
	in := bufio.NewReader(os.Stdin)
	fmt.Fprintln(os.Stderr, "ready")
	if _, err := in.ReadString('\n'); err != nil {
		b.Fatal("PLENUM_TOGETHER: want a line on standard input: ", err)
	}
	var ended atomic.Bool
	go func() { _, _ = in.ReadString('\n'); ended.Store(true) }()
	say := sync.OnceFunc(func() { fmt.Fprintln(os.Stderr, "measured") })
	return func() bool {
		say()
		return !ended.Load()
	}
}

// profileMutexes measures how long goroutines wait for mutexes, if PLENUM_MUTEXES is set: that makes each wait slower. The
// function that it returns ends the measurement. It reports the waits in percent of the time of all processors, in total
// and by the function that unlocks.
func profileMutexes(b *testing.B) (report func(elapsed time.Duration)) {
	if os.Getenv("PLENUM_MUTEXES") == "" {
		return func(time.Duration) {}
	}
	before := mutexWaits(b)
	runtime.SetMutexProfileFraction(1)
	return func(elapsed time.Duration) {
		runtime.SetMutexProfileFraction(0)
		total, all := 0.0, elapsed.Seconds()*float64(runtime.GOMAXPROCS(0))
		for name, seconds := range mutexWaits(b) {
			if seconds -= before[name]; seconds <= 0 {
				continue
			}
			total += seconds
			b.ReportMetric(100*seconds/all, "wait%:"+name)
		}
		b.ReportMetric(100*total/all, "wait%")
	}
}

var (
	cyclesPerSecond = regexp.MustCompile(`^cycles/second=(\d+)`)
	waitRecord      = regexp.MustCompile(`^(\d+) \d+ @ `)
	waitFrame       = regexp.MustCompile(`^#\t0x[0-9a-f]+\t(\S+)\+0x`)
)

// mutexWaits returns the seconds of waiting in the mutex profile by the function that called Unlock.
func mutexWaits(b *testing.B) map[string]float64 {
	var text bytes.Buffer
	if err := pprof.Lookup("mutex").WriteTo(&text, 1); err != nil {
		b.Fatal(err)
	}
	waits, perSecond, waited := map[string]float64{}, 1.0, 0.0
	for line := range strings.Lines(text.String()) {
		if m := cyclesPerSecond.FindStringSubmatch(line); m != nil {
			perSecond, _ = strconv.ParseFloat(m[1], 64)
		} else if m := waitRecord.FindStringSubmatch(line); m != nil {
			waited, _ = strconv.ParseFloat(m[1], 64)
		} else if m := waitFrame.FindStringSubmatch(line); m != nil && waited > 0 && !strings.HasPrefix(m[1], "sync.") {
			waits[m[1]] += waited / perSecond
			waited = 0
		}
	}
	return waits
}

func TestTheObserverOfALockSeesALongHold(t *testing.T) {
	var mu sync.Mutex
	w := watchLock(&mu)
	defer w.stop()
	const hold = 100 * time.Microsecond
	for end := time.Now().Add(10 * time.Second); w.longest.Load() < int64(hold)/2; {
		if time.Now().After(end) {
			t.Fatal("seen at most: ", time.Duration(w.longest.Load()))
		}
		mu.Lock()
		for begin := time.Now(); time.Since(begin) < hold; {
		}
		mu.Unlock()
		runtime.Gosched()
	}
}
