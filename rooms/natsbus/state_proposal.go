package natsbus

import "plenum/rooms"

// proposalState is the progress of a proposal.
type proposalState uint8

const (
	queued proposalState = iota // the stream has certainly not taken it; its position may change
	fixed                       // the stream may have taken it; it is sent, or sent again, unchanged
	sent                        // its answer or its republished copy is awaited
)

// proposal is a batch that this node proposes to the stream. If it gets no answer it is sent again, unchanged.
// The stream takes at most one copy, because all copies are to follow the same batch. A proposal changes only
// if the stream has certainly not taken it.
//
// If this node receives the room's batches, the first try asks for no acknowledgement. The republished copy of the
// proposal shows that the stream has taken it. The copy of another batch at its position shows that it has not. If
// neither arrives in time, the proposal is sent again, and asks.
type proposal struct {
	data     []byte // space for the head, which sendProposal fills in, then the messages
	count    int
	receipts []rooms.Receipt // one per message

	state   proposalState
	asks    bool   // the last try has asked for an acknowledgement
	number  uint64 // 0: not fixed yet
	tries   int    // times that it was sent with this number
	at      moment // time of the last try
	began   moment // time at which it became the next proposal, or was first sent; 0: neither
	retry   moment // earliest time of the next try
	epoch   rooms.Epoch
	first   uint64
	base    uint64 // the room's last batch when it was fixed, 0: none
	expects uint64 // condition: the room's last batch in the stream; base, or 0 if the stream has none
	born    int64  // time of creation, Unix milliseconds
	renews  bool   // a renewal: without messages, it begins the next epoch after a batch of another epoch
}

// is reports whether h is the head of p. node is this node.
func (p *proposal) is(h head, node uint64) bool {
	return p != nil && p.number != 0 && h.number == p.number && h.node == node
}

func (p *proposal) head(node uint64) head {
	return head{epoch: p.epoch, first: p.first, born: p.born, node: node, number: p.number, count: uint32(p.count)}
}

// lostTo reports whether h took p's position. h is the head of another batch, after the batch that p is to
// follow. If lostTo returns true, the stream has certainly not taken p. Otherwise p may be among the dropped
// batches before h.
func (p *proposal) lostTo(h head) bool {
	if h.epoch != p.epoch {
		return p.base == 0 // p began an epoch, and h another
	}
	return h.first == p.first
}

// fix makes p follow the room's last batch, as proposal number.
func (p *proposal) fix(number uint64, at *position, wall int64) {
	p.number, p.tries = number, 0
	p.epoch, p.first, p.base, p.expects, p.born = at.epoch, at.seq+1, at.last, at.last, wall
	if at.emptied {
		p.expects = 0
	}
}

// followNewer makes p, a renewal, follow a newer batch.
func (p *proposal) followNewer(number, at uint64) {
	p.number, p.base, p.expects, p.state = number, at, at, fixed
}

// isLate reports whether the answer, or without asks the republished copy, should have arrived.
func (p *proposal) isLate(now moment) bool {
	timeout := ackTimeout
	if !p.asks {
		timeout = copyTimeout
	}
	return p.state == sent && now-p.at > timeout
}

func newProposal(size int) *proposal {
	return &proposal{data: make([]byte, headSize, headSize+size)}
}
