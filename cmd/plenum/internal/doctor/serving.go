package doctor

// serving are the checks of what bounds what is done with the connections at once.
func (m machine) serving(n int) []Check {
	const rush = 1<<16 - 1 // as much as all kernels take
	return []Check{
		m.queue("net.core.somaxconn", min(n, rush)),
		m.queue("net.ipv4.tcp_max_syn_backlog", min(n, rush)),
		m.ports(n), m.underway(n),
		m.buffer("net.ipv4.tcp_rmem", unread), m.buffer("net.ipv4.tcp_wmem", unsent),
	}
}

// queue is of those who wait to be accepted, or to have their handshake ended, which
// counts where the kernel sends no SYN cookies. Who finds one full comes again after a
// second, then two, then four.
func (m machine) queue(name string, need int) Check {
	return m.setting(name, "a rush", need)
}

// The widest range asked for: above the ports that plenum itself listens on by default,
// which a client's connection would otherwise take now and then.
const firstPort, lastPort = 10240, 65535

// ports is of who connects from this machine, which is also a proxy: it has a port for
// each of its connections, at each of its addresses. Clients elsewhere have their own.
func (m machine) ports(n int) Check {
	const name = "net.ipv4.ip_local_port_range"
	c := unknown(name)
	now := m.sysctl(name, 2)
	if now == nil {
		return c
	}
	c.Found, c.Of, c.Most, c.Need = text(now), "a proxy or client here", now[1]-now[0]+1, n
	if !c.short() {
		return c
	}
	wide := []int{min(now[0], firstPort), max(now[1], lastPort)}
	if wide[1]-wide[0]+1 == c.Most {
		c.Advice = "more addresses"
		return c
	}
	c.Set = &Setting{Kind: "sysctl", Name: name, Now: now, Wanted: wide}
	return c
}

// underway is of the buffers of all sockets together, in pages. An idle connection has
// none. One that has a small message under way has one: 5,000 messages that nobody read
// took 4,600 on Linux 6.18. So this is how many members one message can be on its way
// to; the others are written later. More than a quarter of the machine's memory, which
// the buffers are taken from, is not asked for.
func (m machine) underway(n int) Check {
	if _, total, ok := m.meminfo(); ok {
		n = min(n, int(total/4/m.Page))
	}
	return m.setting("net.ipv4.tcp_mem", "messages under way", n/2, n/3*2, n) // in the kernel's own proportions
}

// What plenum lets a socket hold, in bytes: received and not read, and not yet sent.
const unread, unsent = 128 << 10, 256 << 10

// buffer is of what one connection may have in the kernel; of what is received, until
// its upgrade, when plenum sets its own bound. The least, which each has even where there
// is no more, and the usual stay as they are.
func (m machine) buffer(name string, need int) Check {
	return m.setting(name, "a connection's bytes", 0, 0, need)
}

// setting is of what the kernel has as many numbers for as are needed; the last one bounds.
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
