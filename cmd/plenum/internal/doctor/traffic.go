package doctor

// trafficChecks returns the checks of the resources that limit the work done with the connections at the same time.
func (m machine) trafficChecks(n int) []Check {
	const largest = 1<<16 - 1 // largest value that all kernels accept
	return []Check{
		m.queue("net.core.somaxconn", min(n, largest)),
		m.queue("net.ipv4.tcp_max_syn_backlog", min(n, largest)),
		m.ports(n), m.tcpMemory(n),
		m.buffer("net.ipv4.tcp_rmem", unread), m.buffer("net.ipv4.tcp_wmem", unsent),
	}
}

// queue checks the length of a queue of clients that connect at once. somaxconn is the queue of connections that wait to be
// accepted. tcp_max_syn_backlog is the queue of unfinished TCP handshakes, which matters if the kernel sends no SYN
// cookies. If a queue is full, the client tries again after 1, 2 and 4 seconds.
func (m machine) queue(name string, need int) Check {
	return m.setting(name, "clients connecting at once", need)
}

// firstPort and lastPort are the widest range of ports that is proposed. It begins above plenum's own default ports, so
// that a client's connection does not occupy them.
const firstPort, lastPort = 10240, 65535

// ports checks the ports for connections from this machine itself, such as those of a proxy. The proxy needs one port
// for each connection, from each of its addresses. Clients on other machines use their own ports.
func (m machine) ports(n int) Check {
	const name = "net.ipv4.ip_local_port_range"
	c := unknown(name)
	now := m.sysctl(name, 2)
	if now == nil {
		return c
	}
	c.Found, c.Of, c.Most, c.Need = text(now), "from a local proxy or client", now[1]-now[0]+1, n
	if !c.short() {
		return c
	}
	wide := []int{min(now[0], firstPort), max(now[1], lastPort)}
	if wide[1]-wide[0]+1 == c.Most {
		c.Advice = "use more addresses"
		return c
	}
	c.Set = &Setting{Kind: "sysctl", Name: name, Now: now, Wanted: wide}
	return c
}

// tcpMemory checks the memory for the buffers of all sockets together, in pages. An idle connection has no buffer. A
// connection with a small message in transit has one page: 5,000 messages that were not read took 4,600 pages on Linux 6.18.
// So the number of pages is the number of members to which one message can be in transit; further members are written
// later. The check asks for at most a quarter of the machine's memory, because the buffers use that memory.
func (m machine) tcpMemory(n int) Check {
	if _, total, ok := m.meminfo(); ok {
		n = min(n, int(total/4/m.Page))
	}
	return m.setting("net.ipv4.tcp_mem", "messages in transit", n/2, n/3*2, n) // in the kernel's own proportions
}

// unread and unsent are the numbers of bytes that plenum allows in a socket: received and not yet read, and not yet sent.
const unread, unsent = 128 << 10, 256 << 10

// buffer checks the maximum size of one connection's buffer in the kernel. For received bytes it matters until the upgrade,
// when plenum sets its own limit. The minimum and default sizes are not changed.
func (m machine) buffer(name string, need int) Check {
	return m.setting(name, "bytes per connection", 0, 0, need)
}

// setting checks a kernel setting that has as many numbers as need. The last number is the limit.
func (m machine) setting(name, of string, need ...int) Check {
	c := unknown(name)
	now := m.sysctl(name, len(need))
	if now == nil {
		return c
	}
	last := len(need) - 1
	c.Found, c.Of, c.Most, c.Need = text(now), of, now[last], need[last]
	if c.short() {
		c.Set = raise(name, now, need...)
	}
	return c
}
