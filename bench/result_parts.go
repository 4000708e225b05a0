package bench

// Storm returns the storm of connect, or nil if the result has none.
func (r *Result) Storm() *Upgrades {
	if r.Connect == nil {
		return nil
	}
	return r.Connect.Storm
}

// Steady returns the steady part of connect, or nil if the result has none.
func (r *Result) Steady() *Upgrades {
	if r.Connect == nil {
		return nil
	}
	return r.Connect.Steady
}

// LastIdle returns the last step of idle, which has the most connections, or nil if there was none.
func (r *Result) LastIdle() *IdleStep {
	if r.Idle == nil || len(r.Idle.Steps) == 0 {
		return nil
	}
	return &r.Idle.Steps[len(r.Idle.Steps)-1]
}

// LastPinged returns the last step of idle, or nil if it had no pings.
func (r *Result) LastPinged() *IdleStep {
	if s := r.LastIdle(); s != nil && s.Pings > 0 {
		return s
	}
	return nil
}

// Stopped returns the figures of the members that stopped reading, or nil if there were none.
func (r *Result) Stopped() *SlowFigures {
	if r.Slow == nil || r.Slow.Members == 0 {
		return nil
	}
	return r.Slow
}
