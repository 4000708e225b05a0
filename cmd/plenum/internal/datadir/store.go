package datadir

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"golang.org/x/sys/unix"

	"plenum/rooms/natsbus"
)

// Config configures a Store.
type Config struct {
	Dir        string        // created if it does not exist
	Sync       time.Duration // time between syncs to the disk; 0: before each acknowledgement
	MaxMessage int64         // bytes of the largest message of a client
	Logger     *slog.Logger
}

// Store is an open directory with its broker.
type Store struct {
	// Set at creation.
	dir    string
	lock   *os.File
	space  *space
	log    *logger
	broker *server.Server
	record record

	running     sync.WaitGroup // the goroutine of logger.watch
	stopRunning context.CancelFunc
}

// startTimeout bounds the start of nats-server after it has read the directory.
const startTimeout = 10 * time.Second

// Open locks the directory and starts the broker. It returns an error of one line if another process uses the
// directory, if it cannot be written to, or if nats-server cannot read the stream in it.
func Open(cfg Config) (*Store, error) {
	s, err := open(cfg)
	if err != nil {
		return nil, fmt.Errorf("--data: %s: %w", cfg.Dir, err)
	}
	return s, nil
}

func open(cfg Config) (s *Store, err error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, plain(err)
	}
	s = &Store{dir: cfg.Dir, space: &space{dir: cfg.Dir, log: cfg.Logger, began: time.Now()}}
	s.log = newLogger(cfg.Logger, s.space)
	if s.lock, err = lock(cfg.Dir); err != nil {
		return nil, err
	}
	if err = s.start(cfg); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stopRunning = cancel
	s.running.Go(func() { s.log.watch(ctx) })
	return s, nil
}

// start reads the record, starts the broker and writes the new record. The record is written before the broker
// stores anything.
func (s *Store) start(cfg Config) error {
	if err := s.space.check(); err != nil {
		return err
	}
	last, err := readRecord(cfg.Dir)
	if err != nil {
		return err
	}
	boot, err := bootID()
	if err != nil {
		return err
	}
	s.record = record{Boot: boot, Synced: cfg.Sync == 0, LostUpTo: last.LostUpTo}
	if err := last.write(cfg.Dir); err != nil { // a full disk fails here, and not in nats-server
		return err
	}
	found, err := verifyAll(cfg.Dir, last)
	if err != nil {
		return err
	}
	if s.broker, err = startBroker(cfg, s.log); err != nil {
		return err
	}
	if err = s.judge(last, found); err == nil {
		err = s.record.write(cfg.Dir)
	}
	if err != nil {
		s.stop()
	}
	return err
}

// verifyAll verifies the stored streams, and cuts damaged files off. If a stream is damaged or did not end cleanly,
// nats-server is to read all its messages.
func verifyAll(dir string, last record) (map[string]finding, error) {
	names, err := storedStreams(dir)
	if err != nil {
		return nil, err
	}
	found := map[string]finding{}
	for _, name := range names {
		f, err := verify(dir, name, last.Clean)
		if err == nil && (f.damaged != nil || !last.Clean) {
			err = errors.Join(f.cutOff(), removeIndex(dir, name))
		}
		if err != nil {
			return nil, err
		}
		found[name] = f
	}
	return found, nil
}

// judge sets LostUpTo of the record, which is a sequence number of the bus's stream. It is the last one if the stream may have
// lost messages since the last run. found has the stored streams, by name. judge returns an error if the broker does not serve
// one of them, or if one of them has messages of a cluster with several streams.
func (s *Store) judge(last record, found map[string]finding) error {
	streams, err := s.streams()
	if err != nil {
		return err
	}
	for name := range found {
		state, ok := streams[name]
		switch {
		case !ok:
			return fmt.Errorf("nats-server cannot read the stored messages (%s): restore the directory from a copy, or move it away to start without messages", s.log.last())
		case state.Msgs > 0 && natsbus.IsOneOfSeveral(name):
			return fmt.Errorf("the stream %s has messages of a cluster with several streams, --data has one: use the directory for a broker of that cluster, or move it away to start without messages", name)
		}
	}
	f, stored := found[natsbus.StreamName]
	end := streams[natsbus.StreamName].LastSeq
	s.record.LostUpTo = min(last.LostUpTo, end) // not after end, because new messages get the numbers after it
	damage := s.log.missing()
	switch {
	case f.damaged != nil:
		damage = f.damage()
	case end < f.last:
		damage = fmt.Sprintf("nats-server has read %d messages of %d", end, f.last)
	}
	switch {
	case !stored:
	case last.mayHaveLost(s.record.Boot):
		s.record.LostUpTo = end
		s.log.log.Warn("data: machine stopped before a sync, rooms start again with a new epoch and clients receive a gap: --data-sync 0s prevents this", "dir", s.dir)
	case damage != "":
		s.record.LostUpTo = end
		s.log.log.Error("data: files are damaged, rooms start again with a new epoch and clients receive a gap", "dir", s.dir, "damage", damage)
	}
	return nil
}

// LostUpTo returns a sequence number of the bus's stream, which is not after its last one. A room whose last batch is not after
// this number may have lost messages.
func (s *Store) LostUpTo() uint64 { return s.record.LostUpTo }

// InProcessConn returns a connection to the broker. nats.InProcessServer takes a Store.
func (s *Store) InProcessConn() (net.Conn, error) { return s.broker.InProcessConn() }

// Full reports whether messages cannot be stored now. The bus is then away.
func (s *Store) Full() bool { return s.space.isFull() }

// Close stops the broker, syncs the directory and unlocks it. The bus must have ended.
func (s *Store) Close() error {
	s.stop()
	s.stopRunning()
	s.running.Wait()
	err := syncAll(s.dir)
	if err == nil {
		s.record.Clean = true
		err = s.record.write(s.dir)
	}
	if err = errors.Join(err, s.lock.Close()); err != nil {
		return fmt.Errorf("--data: %s: %w", s.dir, err)
	}
	return nil
}

func (s *Store) stop() {
	s.broker.Shutdown()
	s.broker.WaitForShutdown()
}

// lockName is the name of the file that is locked.
const lockName = "plenum.lock"

// lock locks a directory against other processes, until the returned file is closed.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, plain(err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = errors.New("another process uses the directory: each node needs its own")
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// syncAll writes the file system of a directory to the disk.
func syncAll(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return plain(err)
	}
	return errors.Join(unix.Syncfs(int(f.Fd())), f.Close())
}

// plain returns an error of a file operation, with a remedy for the operator if one is known; nil if err is nil.
func plain(err error) error {
	remedy := ""
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		remedy = ": free some space, or choose another directory"
	case errors.Is(err, unix.EROFS), errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		remedy = ": the server's user must be able to write to it"
	}
	return fmt.Errorf("%w%s", err, remedy)
}
