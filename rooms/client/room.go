package client

// room is the state of a room that the client has joined and not left, also while there is no connection.
type room struct {
	position     Position // of the last message that was received or reported missing
	previous     Position // the last position in the previous epoch, if epochChanged
	epochChanged bool     // the epoch is new, and no Gap has reported it yet
	rejoining    bool     // the client's own join was sent on this connection and not answered
	joined       bool     // the client is in the room on this connection
}

// enter marks r as joined. epoch is that of the answer to the join.
func (r *room) enter(epoch string) {
	r.rejoining, r.joined = false, true
	if epoch == r.position.Epoch {
		return
	}
	if r.position.Epoch != "" && !r.epochChanged { // otherwise r has no position yet, or previous is not reported yet
		r.previous, r.epochChanged = r.position, true
	}
	r.position = Position{Epoch: epoch}
}

// receive moves r to the position after message seq. If r is not joined, or is at or after this position already, r does not
// move and fresh is false. If messages before seq are missing, lost is true and gap has their numbers.
func (r *room) receive(seq uint64) (gap Gap, lost, fresh bool) {
	if !r.joined || seq <= r.position.Seq {
		return Gap{}, false, false
	}
	gap, lost = r.skip(seq - 1)
	r.position.Seq = seq
	return gap, lost, true
}

// skip moves r to the position after message to. If messages up to there are missing, lost is true and gap has their numbers.
// lost is also true if r has a new epoch that no Gap has reported yet.
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
