package engine

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

// Pages is memory that sockets are sent by reference: a write of many bytes puts its
// pages, not copies of them, into the socket's queue, and a thousand queues hold the
// same bytes once. Where that is more than the processor's cache holds, it takes a
// fifth off the time of a write and its read on one machine (BenchmarkWrite).
// Its methods may be called from any goroutine.
//
// It is one memfd, mapped, until nobody refers to the Pages any more. Pages that are
// still in some socket's queue must never change: a block is only appended to while it
// is used, and its pages are given up when it is put back, so whoever gets the block
// next fills fresh ones.
type Pages struct {
	// Set at creation.
	fd  int
	mem []byte

	mu   sync.Mutex
	free [][]byte
}

// pageBlock is the size of a block in bytes.
const pageBlock = 256 << 10

// NewPages returns so many blocks of 256 KiB, or an error where the kernel has no
// such memory to give. They take no memory until they are written to.
func NewPages(blocks int) (*Pages, error) {
	if hugeForced() {
		return nil, fmt.Errorf("engine: pages: shmem_enabled is force: a huge page is cleared where a part of it is given up")
	}
	fd, err := unix.MemfdCreate("plenum-log", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("engine: pages: memfd_create: %w", err)
	}
	p := &Pages{fd: fd}
	if err := p.mapIn(blocks * pageBlock); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("engine: pages: %w", err)
	}
	runtime.AddCleanup(p, func(mem []byte) { _, _ = unix.Munmap(mem), unix.Close(fd) }, p.mem)
	for at := 0; at < len(p.mem); at += pageBlock {
		p.free = append(p.free, p.mem[at:at:at+pageBlock])
	}
	return p, nil
}

func (p *Pages) mapIn(size int) error {
	if err := unix.Ftruncate(p.fd, int64(size)); err != nil {
		return fmt.Errorf("ftruncate: %w", err)
	}
	mem, err := unix.Mmap(p.fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("mmap: %w", err)
	}
	// Of a huge page, giving up a part clears that part, whoever else refers to it.
	// A kernel without huge pages refuses, and has no need of it.
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
// where all are in use. It is the caller's until Put, and only while the Pages are
// referred to.
func (p *Pages) Get() []byte {
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

// Put takes a block back that Get returned. What sockets have not yet sent of it
// still goes out as it was.
func (p *Pages) Put(b []byte) {
	b = b[:0]
	if err := unix.Madvise(b[:cap(b)], unix.MADV_REMOVE); err != nil {
		return // its pages may be in a queue, so they are not used again
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, b)
}

// minByReference is from how many bytes on a write by reference is cheaper: copying
// 8 KiB costs about what the detour through a pipe does, which sendfile(2) makes.
const minByReference = 8 << 10

// write is one write(2), or sendfile(2) where b is long and lies in p; p may be nil.
func (p *Pages) write(fd int, b []byte) (int, error) {
	if len(b) < minByReference {
		return writeShort(fd, b)
	}
	if p != nil {
		at := uintptr(unsafe.Pointer(unsafe.SliceData(b))) - uintptr(unsafe.Pointer(unsafe.SliceData(p.mem)))
		if from := int64(at); at < uintptr(len(p.mem)) { // not where b lies before p either
			return syscall.Sendfile(fd, p.fd, &from, len(b))
		}
	}
	return syscall.Write(fd, b)
}

// writeShort is write(2) of few bytes to a socket that does not block, so the
// scheduler is not told of it: it could use the processor for nothing else meanwhile,
// and to watch over so many short calls takes a seventh of what the pings of idle
// connections cost.
func writeShort(fd int, b []byte) (int, error) {
	n, _, e := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if e != 0 {
		return -1, e
	}
	return int(n), nil
}
