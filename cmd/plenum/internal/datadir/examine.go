package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Examine describes the state of a directory in one line. It changes nothing. It returns an error of one line if a
// server could not use the directory, or if stored messages are damaged. If a server runs with the directory, Examine
// does not read its messages.
func Examine(dir string) (string, error) {
	text, err := examine(dir)
	if err != nil {
		return "", fmt.Errorf("--data: %s: %w", dir, err)
	}
	return dir + ": " + text, nil
}

func examine(dir string) (string, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "it does not exist yet, the server will create it", nil
	case err != nil:
		return "", plain(err)
	case !info.IsDir():
		return "", errors.New("not a directory")
	}
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return "", plain(err)
	}
	s := space{dir: dir}
	if err := s.check(); err != nil {
		return "", err
	}
	free, err := freeSpace(dir)
	if err != nil {
		return "", err
	}
	used, err := inUse(dir)
	if err != nil || used {
		return fmt.Sprintf("%d MiB free, a server uses it", free>>20), err
	}
	stored, err := examineMessages(dir)
	return fmt.Sprintf("%d MiB free, %d KiB of messages, all intact", free>>20, stored>>10), err
}

// inUse reports whether a server uses a directory.
func inUse(dir string) (bool, error) {
	f, err := os.Open(filepath.Join(dir, lockName))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, plain(err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	used := errors.Is(err, unix.EWOULDBLOCK)
	if used {
		err = nil
	}
	return used, errors.Join(err, f.Close())
}

// examineMessages returns the bytes of all messages. It returns an error if one of them is damaged.
func examineMessages(dir string) (bytes int64, err error) {
	last, err := readRecord(dir)
	if err != nil {
		return 0, err
	}
	names, err := storedStreams(dir)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		f, err := verify(dir, name, last.Clean)
		if err != nil {
			return 0, err
		}
		if f.damaged != nil {
			return 0, fmt.Errorf("messages are damaged (%s): at the next start, rooms start again with a new epoch", f.damage())
		}
		bytes += f.bytes
	}
	return bytes, nil
}
