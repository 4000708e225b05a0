package engine

import "golang.org/x/sys/unix"

// Acked is how many bytes the peer's kernel has acknowledged so far; 0 if the connection is
// closed. It grows as long as the peer reads, also if the socket stays full. It costs a system call.
func (c *Conn) Acked() uint64 {
	info := c.tcpInfo()
	if info == nil {
		return 0
	}
	return info.Bytes_acked
}

// tcpInfo returns what the kernel says of the connection; nil if it is closed. nbio's lock
// keeps the descriptor from being closed, and reused, meanwhile.
func (c *Conn) tcpInfo() *unix.TCPInfo {
	c.raw.Lock()
	defer c.raw.Unlock()
	if isClosed, _ := c.raw.IsClosed(); isClosed {
		return nil
	}
	info, err := unix.GetsockoptTCPInfo(c.raw.Hash(), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return nil
	}
	return info
}
