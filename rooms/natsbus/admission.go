package natsbus

// admission decides whether this node may join the cluster. It does not join while a living node speaks another protocol.
// When it has joined, it stays: then the other node is the one that must not join. The goroutine of ticks owns it.
type admission struct {
	bus    *Bus
	joined bool
	logged moment // time of the last log line; 0: none
}

// allows reports whether the bus may be up. It logs a conflict, at most every warnEvery.
func (a *admission) allows(now moment) bool {
	name, reason := a.bus.nodes.conflict(now)
	if reason == "" {
		return true
	}
	if a.logged == 0 || now-a.logged >= warnEvery {
		a.logged = now
		a.log(name, reason)
	}
	return a.joined
}

func (a *admission) log(name, reason string) {
	if a.joined {
		a.bus.log.Error("nats: a node that cannot work with this one is running, stop it", "other", name, "reason", reason)
		return
	}
	a.bus.log.Error("nats: this node does not join the cluster, a running node cannot work with it: correct this node, or stop the other", "other", name, "reason", reason)
}

// join notes that this node has joined, if up is true.
func (a *admission) join(up bool) { a.joined = a.joined || up }
