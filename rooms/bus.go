package rooms

import (
	"context"
	"errors"
	"iter"
	"strconv"
)

// Bus is the connection to the brokers. It puts the messages of rooms that span nodes in one order,
// the same on each node. Its methods are called by any goroutine, with no lock held, and may call
// the hub's rooms.
type Bus interface {
	// Publish appends a message to the room on all nodes. It does not keep body and does not wait.
	// The receipt to, which may be nil, is called once with the result, by this or another
	// goroutine.
	Publish(room string, body []byte, to Receipt)
	// Follow reads the room's retained messages and its epoch, and calls begin to create the Room
	// of this epoch. If the room does not exist yet, Follow creates it on the bus. Follow delivers the
	// retained messages before it returns, and further messages from then on until unfollow is called.
	// If the epoch ends while the retained messages are read, Follow calls begin again, and drops the
	// earlier Room.
	Follow(ctx context.Context, room string, begin func(epoch Epoch) *Room) (unfollow func(), err error)
	// Reach waits until the followed room has received the message at since, until ctx ends, or for as
	// long as the Bus allows. It returns nil in each of these cases, and an error only if it cannot
	// wait. It returns at once if since is a position in another epoch.
	Reach(ctx context.Context, room string, since Since) error
}

// Receipt receives the result of a publish: the position of the message, or an error if it was not
// accepted.
type Receipt interface {
	Published(epoch Epoch, seq uint64, err error)
}

// Epoch identifies a room from its start to its end. If a room of this name starts again, it has
// another epoch.
type Epoch uint64

// String returns the epoch in the form that clients know.
func (e Epoch) String() string { return strconv.FormatUint(uint64(e), 36) }

// failed passes err to the receipt to, which may be nil.
func failed(to Receipt, err error) {
	if to != nil {
		to.Published(0, 0, err)
	}
}

// ErrBus reports that the bus is not connected to the brokers: a message was not accepted, or a room
// was not opened. Join and Resume also return it if the room is not open, for example because its
// epoch has just ended. Open returns it if the epoch ends meanwhile. The caller may open the room
// again later.
var ErrBus = errors.New("rooms: the bus is away")

// ErrUnknown reports that the bus lost its connection while a message was on its way. The message
// may or may not have been published.
var ErrUnknown = errors.New("rooms: the bus went away, and it is unknown whether the message was published")

// Batch is a sequence of messages of one room with consecutive numbers.
type Batch struct {
	First     uint64           // number of the first message, or of the next one if Bodies is empty
	Published int64            // time of publishing, Unix milliseconds
	Bodies    iter.Seq[[]byte] // arguments for Config.Frame; valid during the call only; may be iterated twice
}
