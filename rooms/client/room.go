package client

// room is the client's position in a room it is to be in.
type room struct {
	position     Position // of the last message received or lost
	previous     Position // the position in the epoch before, if epochChanged
	epochChanged bool     // position is of a new epoch, which no Gap has reported yet
	rejoining    bool     // a join is under way on this connection
	joined       bool     // it is in the room on this connection
}

// enter has r go on in epoch, which it was told on joining.
func (r *room) enter(epoch string) {
	r.rejoining, r.joined = false, true
	if epoch == r.position.Epoch {
		return
	}
	if r.position.Epoch != "" && !r.epochChanged { // else it is new here, or what it lost was never said
		r.previous, r.epochChanged = r.position, true
	}
	r.position = Position{Epoch: epoch}
}

// receive moves r behind message seq. fresh is false if r was behind it already. lost tells whether
// messages before it are missing: those of gap.
func (r *room) receive(seq uint64) (gap Gap, lost, fresh bool) {
	if !r.joined || seq <= r.position.Seq {
		return Gap{}, false, false
	}
	gap, lost = r.skip(seq - 1)
	r.position.Seq = seq
	return gap, lost, true
}

// skip goes on behind message to. lost tells whether it has not heard all up to there.
func (r *room) skip(to uint64) (gap Gap, lost bool) {
	if !r.joined || to <= r.position.Seq && !r.epochChanged {
		return Gap{}, false
	}
	gap = Gap{After: r.position, Epoch: r.position.Epoch, From: r.position.Seq + 1, To: to}
	if r.epochChanged {
		gap.After, r.epochChanged = r.previous, false
	}
	r.position.Seq = max(r.position.Seq, to)
	return gap, true
}
