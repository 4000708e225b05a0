package natsbus

import "plenum/rooms"

// proposalState is how far a proposal has come.
type proposalState uint8

const (
	queued proposalState = iota // it is certain that the stream has not taken it, and its position may change
	fixed                       // the stream may have taken it: it is to be sent as it is, perhaps again
	sent                        // its answer is awaited
)

// proposal is a batch that this node proposes to the stream. One that was not answered is sent again as
// it was: the stream takes one of them at most, for each is to follow the same batch. It
// changes only once it is certain that it was not taken.
type proposal struct {
	data     []byte // a head, that attempt fills in, and messages
	count    int
	receipts []rooms.Receipt // one per message

	state   proposalState
	number  uint64 // 0: queued
	tries   int    // of this number
	at      moment // of the last one
	began   moment // when it became the next one, or was sent first; 0: neither
	retry   moment // not before
	epoch   rooms.Epoch
	first   uint64
	base    uint64 // the last batch when it was fixed
	expects uint64 // what is to be the room's last batch; base, or 0 if the stream keeps none
	born    int64
	renews  bool // it has no messages, and begins the room's next epoch behind another one
}

// is tells whether h is p.
func (p *proposal) is(h head, node uint64) bool {
	return p != nil && p.number != 0 && h.number == p.number && h.node == node
}

func (p *proposal) head(node uint64) head {
	return head{epoch: p.epoch, first: p.first, born: p.born, node: node, number: p.number, count: uint32(p.count)}
}

// lostTo tells whether h, which is not p and comes behind what p is to follow, took p's place, so
// that it is certain that the stream has not taken p. If not, p may be among what is lost before h.
func (p *proposal) lostTo(h head) bool {
	if h.epoch != p.epoch {
		return p.base == 0 // p began an epoch, and h another
	}
	return h.first == p.first
}

// fix has p follow the room's last batch. number is its own.
func (p *proposal) fix(number uint64, at *position, wall int64) {
	p.number, p.tries = number, 0
	p.epoch, p.first, p.base, p.expects, p.born = at.epoch, at.seq+1, at.last, at.last, wall
	if at.emptied {
		p.expects = 0
	}
}

// followNewer has p, which renews, follow a newer batch.
func (p *proposal) followNewer(number, at uint64) {
	p.number, p.base, p.expects, p.state = number, at, at, fixed
}

func newProposal(size int) *proposal {
	return &proposal{data: make([]byte, headSize, headSize+size)}
}
