package datadir

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Bounds of the free space, in bytes. Messages are refused while less than reserve is free, until twice as much is
// free. So nats-server can always write what it needs besides the messages.
const (
	reserve = 16 << 20
	enough  = 2 * reserve
)

// retryAfter is the time for which messages are refused after one could not be stored, although there was space.
const retryAfter = 5 * time.Second

// space decides whether messages can be stored.
type space struct {
	dir    string
	log    *slog.Logger
	began  time.Time
	failed atomic.Int64 // the time since began at which a message could not be stored; 0: never
	full   atomic.Bool
}

// fail notes that a message could not be stored.
func (s *space) fail() { s.failed.Store(int64(time.Since(s.began))) }

// check returns an error if less than reserve is free.
func (s *space) check() error {
	free, err := freeSpace(s.dir)
	if err != nil {
		return err
	}
	if free < reserve {
		return fmt.Errorf("%d MiB are free, %d MiB are needed: free some space, or choose another directory", free>>20, reserve>>20)
	}
	return nil
}

// isFull reports whether messages are to be refused, and logs each change.
func (s *space) isFull() bool {
	least := int64(reserve)
	was := s.full.Load()
	if was {
		least = enough
	}
	free, err := freeSpace(s.dir)
	failed := time.Duration(s.failed.Load())
	is := err != nil || free < least || failed != 0 && time.Since(s.began)-failed < retryAfter
	if is == was || !s.full.CompareAndSwap(was, is) {
		return is
	}
	if is {
		s.log.Error("data: messages cannot be stored, publishing refused until there is space", "dir", s.dir, "free_bytes", free, "needed_bytes", enough, "error", err)
	} else {
		s.log.Info("data: messages can be stored again", "dir", s.dir, "free_bytes", free)
	}
	return is
}

// freeSpace returns the bytes that this process may still write to the file system of a directory.
func freeSpace(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("free space cannot be read: %w", err)
	}
	return int64(st.Bavail) * st.Bsize, nil
}
