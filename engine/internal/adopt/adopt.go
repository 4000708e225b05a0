// Package adopt gives nbio descriptors that belong to no net.Conn, takes them back, and reports each close on the
// goroutine that closes. The public API of nbio v1.6.12 offers none of this, so the package reaches into unexported
// fields, by reflection. It is the only one that does. New and CloseSync check the fields, and New tries them out. If
// they return an error, the caller accepts and closes in the way that nbio's API allows.
//
// nbio would have to offer five things instead:
//
//   - a Conn for a descriptor, which nbio owns: NBFile(fd int, t ConnType) *Conn
//   - the choice of the poller: (*Engine).AddConnTo(poller int, c *Conn) and (*Conn).Poller() int
//   - its reverse, which removes a Conn from its poller and leaves the descriptor open: (*Engine).Detach(*Conn) (fd int)
//   - an event of a descriptor on a given poller, with flags: (*Engine).AddPollerEvent(poller, fd int, events uint32)
//   - OnClose without a goroutine: (*Engine).OnCloseSync(func(*Conn, error))
package adopt

import (
	"errors"
	"fmt"
	"net"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/lesismal/nbio"
	"golang.org/x/sys/unix"
)

// Pollers are the running pollers of an nbio.Engine. Any goroutine may call the methods.
type Pollers struct {
	nb    *nbio.Engine
	table int            // size of nbio's table of connections, whose index is the descriptor
	epoll []int          // the epoll descriptor of each poller
	only  []*nbio.Engine // for each poller, an Engine that has only this one, so that AddConn has no choice
	index uintptr        // offset of the poller's number in a poller
}

// The fields of nbio.Conn that are written or read. They are nil if nbio has no such fields.
var connFD, connType, connPoller = offset("fd", reflect.Int), offset("typ", reflect.Int8), offset("p", reflect.Pointer)

func offset(name string, kind reflect.Kind) *uintptr {
	field, ok := reflect.TypeFor[nbio.Conn]().FieldByName(name)
	if !ok || field.Type.Kind() != kind {
		return nil
	}
	return &field.Offset
}

// New returns the pollers of nb, which must be running. table was nbio.MaxOpenFiles when nb was started. New tries out the
// fields that it has found.
func New(nb *nbio.Engine, table int) (p *Pollers, err error) {
	defer func() {
		if recover() != nil { // AddConn uses other fields
			p, err = nil, errNbio
		}
	}()
	pollers := field(reflect.ValueOf(nb).Elem(), "pollers")
	if connFD == nil || connType == nil || connPoller == nil || pollers.Kind() != reflect.Slice || pollers.Len() == 0 {
		return nil, errNbio
	}
	p = &Pollers{nb: nb, table: table}
	for i := range pollers.Len() {
		poller := reflect.Indirect(pollers.Index(i))
		if poller.Kind() != reflect.Struct || poller.FieldByName("epfd").Kind() != reflect.Int || poller.FieldByName("index").Kind() != reflect.Int {
			return nil, errNbio
		}
		index, _ := poller.Type().FieldByName("index")
		p.epoll, p.index = append(p.epoll, int(poller.FieldByName("epfd").Int())), index.Offset
		only := &nbio.Engine{}
		field(reflect.ValueOf(only).Elem(), "pollers").Set(pollers.Slice(i, i+1))
		p.only = append(p.only, only)
	}
	return p, p.try()
}

// field returns a field of a struct, which may be unexported.
func field(of reflect.Value, name string) reflect.Value {
	f := of.FieldByName(name)
	if !f.IsValid() {
		return f
	}
	return reflect.NewAt(f.Type(), f.Addr().UnsafePointer()).Elem()
}

var errNbio = errors.New("adopt: this version of nbio has other fields")

// try checks with a socket pair that New has found the right fields.
func (p *Pollers) try() error {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socketpair", err)
	}
	defer syscall.Close(fds[1])
	c, last := Conn(fds[0]), p.Len()-1
	if err := p.Add(c, last); err != nil || c.Hash() != fds[0] || !c.IsTCP() || p.Of(c) != last {
		return errors.Join(errNbio, err)
	}
	released, err := p.Release(c)
	if err != nil || released != fds[0] {
		return errors.Join(errNbio, err)
	}
	c = Conn(released)
	if err := p.Add(c, last); err != nil {
		return errors.Join(errNbio, err)
	}
	err = c.Close()
	waitForEnd(fds[1])
	if n, readErr := syscall.Read(fds[1], make([]byte, 1)); n != 0 || readErr != nil {
		err = errors.Join(err, errNbio, readErr) // Close has closed no descriptor
	}
	return err
}

// waitForEnd waits until the other end of a socket pair is closed, for at most a second. The kernel keeps a closed file for
// a moment if a poller is collecting its event.
func waitForEnd(fd int) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(fds, 1000); !errors.Is(err, syscall.EINTR) {
			return
		}
	}
}

// Conn returns a Conn for the descriptor of a TCP connection. The caller passes it to Add. Its Close closes fd. It knows no
// addresses. New must have succeeded before.
//
// Like all functions of nbio, Conn is hidden from the race detector. A poller reads the Conn at its first event, and the
// detector sees no order between the two.
//
//go:norace
func Conn(fd int) *nbio.Conn {
	c := &nbio.Conn{}
	*(*int)(unsafe.Add(unsafe.Pointer(c), *connFD)) = fd
	setType(c, nbio.ConnTypeTCP)
	return c
}

//go:norace
func setType(c *nbio.Conn, t nbio.ConnType) {
	*(*nbio.ConnType)(unsafe.Add(unsafe.Pointer(c), *connType)) = t
}

// Take duplicates the descriptor of nc, closes nc, and returns a Conn for the duplicate. nbio.NBConn does the same, but its
// Conn also keeps both addresses. After an error nc is still open.
func (p *Pollers) Take(nc *net.TCPConn) (*nbio.Conn, error) {
	raw, err := nc.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd int
	controlErr := raw.Control(func(own uintptr) { fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) })
	if controlErr != nil || err != nil {
		return nil, errors.Join(controlErr, os.NewSyscallError("fcntl", err))
	}
	if err := p.fits(fd); err != nil {
		return nil, errors.Join(err, syscall.Close(fd))
	}
	_ = nc.Close()
	return Conn(fd), nil
}

// Release removes c from its poller, and returns its descriptor, which the caller then owns. It must be called by the
// poller of c, because the poller may already have received the next event of c. After an error, c is closed.
func (p *Pollers) Release(c *nbio.Conn) (fd int, err error) {
	if err := p.unown(c); err != nil {
		return -1, errors.Join(err, c.Close())
	}
	return c.Hash(), c.Close()
}

// Keep makes nbio leave the descriptor of c open, and returns it. The caller then owns it. Keep may only be called in the
// callback of CloseSync.
func (p *Pollers) Keep(c *nbio.Conn) (fd int, err error) {
	if err := p.Ignore(c); err != nil {
		return -1, err
	}
	setType(c, 0)
	return c.Hash(), nil
}

// unown removes c from its poller, and makes Close leave the descriptor open.
func (p *Pollers) unown(c *nbio.Conn) error {
	c.Lock() // Engine.Stop may close c at the same time
	defer c.Unlock()
	if closed, _ := c.IsClosed(); closed {
		return net.ErrClosed
	}
	if err := p.Ignore(c); err != nil {
		return err
	}
	setType(c, 0)
	return nil
}

// fits returns an error if a descriptor has no place in nbio's table.
func (p *Pollers) fits(fd int) error {
	if fd < p.table {
		return nil
	}
	return fmt.Errorf("%w: descriptor %d is not in the table of %d", syscall.EMFILE, fd, p.table)
}

// Len returns the number of pollers.
func (p *Pollers) Len() int { return len(p.epoll) }

// Add registers c with the given poller. nbio.Engine.AddConn would choose the poller with the number fd modulo Len. After
// Acquire, the poller sees all memory that the caller wrote before Add. After an error, c is closed.
func (p *Pollers) Add(c *nbio.Conn, poller int) error {
	if err := p.fits(c.Hash()); err != nil {
		return errors.Join(err, c.Close())
	}
	added.Add(1)
	_, err := p.only[poller].AddConn(c)
	return err
}

// Of returns the number of the poller of c. If c is not registered, that is the poller which nbio.Engine.AddConn would choose.
// So it may be called while AddConn registers c.
//
//go:norace
func (p *Pollers) Of(c *nbio.Conn) int {
	poller := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(c), *connPoller))
	if poller == nil {
		return c.Hash() % len(p.epoll)
	}
	return *(*int)(unsafe.Add(poller, p.index))
}

// added counts the calls of Add. It orders memory accesses: nbio has no lock between registering a connection and its first
// event.
var added atomic.Uint64

// Acquire orders the memory accesses of the poller after those of the callers of Add. The poller calls it before it uses a
// session of such a connection.
func Acquire() { added.Load() }

// Buffer returns the read buffer of the poller of c. Only the poller may use it.
func (p *Pollers) Buffer(c *nbio.Conn) []byte { return *p.nb.PollerBufferPtr(c) }

// Listen makes the poller of a listener wait for connections. Add and Ignore must have been called before. If several pollers
// wait for the same listener, the kernel wakes one of them per connection (EPOLLEXCLUSIVE). The events are level-triggered.
func (p *Pollers) Listen(c *nbio.Conn) error {
	event := syscall.EpollEvent{Fd: int32(c.Hash()), Events: syscall.EPOLLIN | unix.EPOLLEXCLUSIVE}
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(p.epollOf(c), syscall.EPOLL_CTL_ADD, c.Hash(), &event))
}

// Ignore undoes the registration of c with its poller.
func (p *Pollers) Ignore(c *nbio.Conn) error {
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(p.epollOf(c), syscall.EPOLL_CTL_DEL, c.Hash(), nil))
}

// epollOf returns the epoll descriptor of the poller of c.
func (p *Pollers) epollOf(c *nbio.Conn) int { return p.epoll[p.Of(c)] }

// CloseSync makes nb, which must not be running yet, call closed on the goroutine that closes a Conn, before the
// descriptor is closed. It replaces nbio.Engine.OnClose, which calls its callback on a goroutine that is started for this.
// closed may be called with locks of nbio held, and with the locks of a caller of nbio.Conn.Write.
func CloseSync(nb *nbio.Engine, closed func(*nbio.Conn)) error {
	engine := reflect.ValueOf(nb).Elem()
	onClose, wait := engine.FieldByName("onClose"), engine.FieldByName("wgConn")
	if !onClose.IsValid() || onClose.Type() != reflect.TypeFor[func(*nbio.Conn, error)]() || !wait.IsValid() || wait.Type() != reflect.TypeFor[sync.WaitGroup]() {
		return fmt.Errorf("%w: no close callback", errNbio)
	}
	open := (*sync.WaitGroup)(wait.Addr().UnsafePointer())
	*(*func(*nbio.Conn, error))(onClose.Addr().UnsafePointer()) = func(c *nbio.Conn, _ error) {
		defer open.Done()
		closed(c)
	}
	return nil
}
