package rooms

import (
	"context"
	"errors"
	"iter"
	"strconv"
)

// Bus puts the messages of rooms that span nodes in one order, the same on each of them. It
// is called with no lock held, by any goroutine, and calls the hub's rooms.
type Bus interface {
	// Publish has a message follow the room's others. body stays the caller's. It does not
	// wait: to, where it is not nil, is told once what became of it, by this goroutine or
	// another.
	Publish(room string, body []byte, to Receipt)
	// Follow finds out what is kept of the room, which begins to be where it was not, and
	// has the Room that begin makes for its epoch take that before it returns, and from
	// then on what comes, until unfollow.
	Follow(ctx context.Context, room string, begin func(epoch Epoch) *Room) (unfollow func(), err error)
	// Reach waits until a room that is followed is not behind since, where that is a position
	// in its life.
	Reach(ctx context.Context, room string, since Since) error
}

// Receipt is told what became of a message: its position, or why it was not taken.
type Receipt interface {
	Published(epoch Epoch, seq uint64, err error)
}

// Epoch is a life of a room.
type Epoch uint64

// String is the epoch as clients know it.
func (e Epoch) String() string { return strconv.FormatUint(uint64(e), 36) }

// failed is for a receipt that may be nil.
func failed(to Receipt, err error) {
	if to != nil {
		to.Published(0, 0, err)
	}
}

// ErrBus says that the bus is away, so that a message was not taken, or a room not opened.
var ErrBus = errors.New("rooms: the bus is away")

// ErrUnknown says that the bus went away while a message was on its way: whether it was
// taken is not known.
var ErrUnknown = errors.New("rooms: the bus went away, and whether the message was taken is not known")

// Batch is messages of one room that follow one another.
type Batch struct {
	First     uint64           // the number of the first, or of the next one where there are none
	Published int64            // when they were published, Unix milliseconds
	Bodies    iter.Seq[[]byte] // what Config.Frame takes, the caller's
}
