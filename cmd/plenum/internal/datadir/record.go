package datadir

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// record describes the run that last used a directory.
type record struct {
	Boot     string `json:"boot"`       // the boot of the machine, see bootID; empty: it is not known
	Clean    bool   `json:"clean"`      // Close has synced the directory
	Synced   bool   `json:"synced"`     // each message was synced before it was acknowledged
	LostUpTo uint64 `json:"lost_up_to"` // see Store.LostUpTo
}

// mayHaveLost reports whether the machine may have started again after the run, without a sync of the last messages.
func (r record) mayHaveLost(boot string) bool { return r.Boot != boot && !r.Clean && !r.Synced }

func recordPath(dir string) string { return filepath.Join(dir, "plenum.json") }

// readRecord reads the record of a directory. It returns an empty one if there is none.
func readRecord(dir string) (r record, err error) {
	text, err := os.ReadFile(recordPath(dir))
	if errors.Is(err, os.ErrNotExist) {
		return record{}, nil
	}
	if err != nil {
		return record{}, plain(err)
	}
	if json.Unmarshal(text, &r) != nil {
		return record{}, nil // as after a power cut
	}
	return r, nil
}

// write replaces the record, and syncs it. A power cut leaves the old record or the new one.
func (r record) write(dir string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "plenum.json-*")
	if err != nil {
		return plain(err)
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), recordPath(dir))
	}
	if err != nil {
		return plain(errors.Join(err, os.Remove(f.Name())))
	}
	return syncDir(dir)
}

// syncDir syncs the names in a directory.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return plain(err)
	}
	return errors.Join(f.Sync(), f.Close())
}

// bootID returns a text that differs for each start of the machine.
func bootID() (string, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("the boot of the machine cannot be read: %w", err)
	}
	return strings.TrimSpace(string(id)), nil
}
