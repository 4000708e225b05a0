// Package zerocopy has memory that sockets are sent by reference.
//
// A write of many bytes puts the memory's pages, not copies of them, into the socket's queue, and a thousand queues hold
// the same bytes once. If that is more than the processor's cache holds, it takes a
// fifth off the time of a write and its read on one machine (BenchmarkWrite).
package zerocopy

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Pool is a pool of blocks of such memory. Its methods may be called from any goroutine.
//
// It is one memfd, mapped, until nobody refers to the Pool any more. Pages that are
// still in some socket's queue must never change. Therefore a block is only appended to while it
// is used, and its pages are given up when it is put back, so the next user of the block
// fills fresh ones.
type Pool struct {
	// Set at creation.
	fd  int
	mem []byte

	mu   sync.Mutex
	free [][]byte
}

// blockSize is in bytes.
const blockSize = 256 << 10

// NewPool returns a Pool of so many blocks of 256 KiB, or an error if the kernel has no
// such memory to give. The blocks take no memory until they are written to.
func NewPool(blocks int) (*Pool, error) {
	if hugeForced() {
		return nil, fmt.Errorf("zerocopy: shmem_enabled is force: a huge page is cleared if a part of it is given up")
	}
	fd, err := unix.MemfdCreate("plenum-log", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("zerocopy: memfd_create: %w", err)
	}
	p := &Pool{fd: fd}
	if err := p.mapIn(blocks * blockSize); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("zerocopy: %w", err)
	}
	runtime.AddCleanup(p, func(mem []byte) { _, _ = unix.Munmap(mem), unix.Close(fd) }, p.mem)
	for at := 0; at < len(p.mem); at += blockSize {
		p.free = append(p.free, p.mem[at:at:at+blockSize])
	}
	return p, nil
}

func (p *Pool) mapIn(size int) error {
	if err := unix.Ftruncate(p.fd, int64(size)); err != nil {
		return fmt.Errorf("ftruncate: %w", err)
	}
	mem, err := unix.Mmap(p.fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("mmap: %w", err)
	}
	// If a part of a huge page is given up, that part is cleared, whoever else refers to it.
	// A kernel without huge pages refuses the advice, and does not need it.
	_ = unix.Madvise(mem, unix.MADV_NOHUGEPAGE)
	p.mem = mem
	return nil
}

// hugeForced tells whether the kernel makes huge pages of memfds against advice, a
// setting for tests of the kernel.
func hugeForced() bool {
	text, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/shmem_enabled")
	return err == nil && strings.Contains(string(text), "[force]")
}

// Get returns an empty block to append to, within its capacity of 256 KiB; nil
// if all are in use. It is the caller's until Put, and only while the Pool is
// referred to.
func (p *Pool) Get() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.free) - 1
	if last < 0 {
		return nil
	}
	b := p.free[last]
	p.free = p.free[:last]
	return b
}

// Put takes a block back that Get returned. Bytes of it that sockets have not yet sent
// still go out as they were.
func (p *Pool) Put(b []byte) {
	b = b[:0]
	if err := unix.Madvise(b[:cap(b)], unix.MADV_REMOVE); err != nil {
		return // its pages may be in a queue, so they are not used again
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, b)
}

// Contains tells whether b lies in p. p may be nil.
func (p *Pool) Contains(b []byte) bool {
	return p != nil && p.offset(b) < uintptr(len(p.mem)) // not if b lies before p either
}

// offset is how many bytes behind the beginning of p's memory b lies.
func (p *Pool) offset(b []byte) uintptr {
	return uintptr(unsafe.Pointer(unsafe.SliceData(b))) - uintptr(unsafe.Pointer(unsafe.SliceData(p.mem)))
}

// Send is one sendfile(2) of b, which lies in p, to the socket fd. It makes a detour through a pipe, which
// costs about what copying 8 KiB does.
func (p *Pool) Send(fd int, b []byte) (int, error) {
	from := int64(p.offset(b))
	return syscall.Sendfile(fd, p.fd, &from, len(b))
}
