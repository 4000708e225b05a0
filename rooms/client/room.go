package client

// room is where the client stands in a room it is to be in.
type room struct {
	place  Place // of the last message heard or lost
	before Place // what place was in the epoch before, where torn
	torn   bool  // place began anew, which no Gap has said yet
	asked  bool  // a join is under way on this connection
	live   bool  // it is in the room on this connection
}

// enter has r go on in epoch, which it was told on joining.
func (r *room) enter(epoch string) {
	r.asked, r.live = false, true
	if epoch == r.place.Epoch {
		return
	}
	if r.place.Epoch != "" && !r.torn { // else it is new here, or what it lost was never said
		r.before, r.torn = r.place, true
	}
	r.place = Place{Epoch: epoch}
}

// hear takes message seq in, unless it was before. lost tells whether others are missing
// before it: gap.
func (r *room) hear(seq uint64) (gap Gap, lost, fresh bool) {
	if !r.live || seq <= r.place.Seq {
		return Gap{}, false, false
	}
	gap, lost = r.skip(seq - 1)
	r.place.Seq = seq
	return gap, lost, true
}

// skip goes on behind message to. lost tells whether it has not heard all up to there.
func (r *room) skip(to uint64) (gap Gap, lost bool) {
	if !r.live || to <= r.place.Seq && !r.torn {
		return Gap{}, false
	}
	gap = Gap{After: r.place, Epoch: r.place.Epoch, From: r.place.Seq + 1, To: to}
	if r.torn {
		gap.After, r.torn = r.before, false
	}
	r.place.Seq = max(r.place.Seq, to)
	return gap, true
}
