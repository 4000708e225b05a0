package routes

import "context"

// jobs is a queue of background jobs, which would block a poller for too long. One goroutine carries them out,
// one after the other.
type jobs chan func()

// maxJobs is the maximum number of waiting jobs.
const maxJobs = 256

// add puts job into the queue. It returns false if the queue is full.
func (q jobs) add(job func()) bool {
	select {
	case q <- job:
		return true
	default:
		return false
	}
}

// run carries out the jobs until ctx ends.
func (q jobs) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case job := <-q:
			job()
		}
	}
}
