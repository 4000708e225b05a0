package routes

import "context"

// jobs are background jobs: they take too long for a poller, and one goroutine carries them out
// one after the other.
type jobs chan func()

// maxJobs may wait.
const maxJobs = 256

// add has job carried out soon. It returns false if too many jobs wait.
func (q jobs) add(job func()) bool {
	select {
	case q <- job:
		return true
	default:
		return false
	}
}

// run carries jobs out until ctx ends.
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
