package idempotency

import (
	"container/list"
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

// Keep is the time for which a call is kept.
const Keep = 10 * time.Minute

// MaxResults is the maximum number of results of all calls that are kept. A result takes about 200 bytes, with its part of the
// call.
const MaxResults = 50_000

// ErrOther reports that the key was used for a request with another content.
var ErrOther = errors.New("the key was used for another request")

// Keys keeps the calls of the last ten minutes. The zero value is ready to use.
type Keys struct {
	mu        sync.Mutex
	calls     map[sum]*list.Element // of *kept
	order     list.List             // the oldest first
	results   int                   // of all calls
	replayed  uint64
	forgotten uint64
}

type sum = [sha256.Size]byte

// kept is a call with the hashes by which it is found and compared.
type kept struct {
	key, request sum
	call         *Call
	size         int
	end          time.Time
}

// Stats are counts of a Keys.
type Stats struct {
	Kept      int    // calls that are kept now
	Replayed  uint64 // requests for a call that was known
	Forgotten uint64 // calls that were forgotten before Keep had passed
}

// Call returns the call of a caller and key, and whether it was known before. request is the content of the request. If the call
// was known with another content, the error is ErrOther. A new call has n messages.
func (k *Keys) Call(caller, key string, request []byte, n int, now time.Time) (c *Call, known bool, err error) {
	id, content := sha256.Sum256([]byte(caller+"\x00"+key)), sha256.Sum256(request)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget(now)
	if e := k.calls[id]; e != nil {
		found := e.Value.(*kept)
		if found.request != content {
			return nil, true, ErrOther
		}
		k.replayed++
		return found.call, true, nil
	}
	if k.calls == nil {
		k.calls = map[sum]*list.Element{}
	}
	added := &kept{key: id, request: content, call: NewCall(n), size: n, end: now.Add(Keep)}
	k.calls[id] = k.order.PushBack(added)
	k.results += n
	k.forget(now)
	return added.call, false, nil
}

// forget removes the calls that have been kept for long enough, and the oldest ones while there are too many.
func (k *Keys) forget(now time.Time) {
	for e := k.order.Front(); e != nil; e = k.order.Front() {
		oldest := e.Value.(*kept)
		switch {
		case !now.Before(oldest.end):
		case k.results > MaxResults:
			k.forgotten++
		default:
			return
		}
		k.order.Remove(e)
		delete(k.calls, oldest.key)
		k.results -= oldest.size
	}
}

// Stats returns the counts.
func (k *Keys) Stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	return Stats{Kept: k.order.Len(), Replayed: k.replayed, Forgotten: k.forgotten}
}
