package idempotency_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/idempotency"
	"plenum/rooms"
)

var begin = time.Unix(1721433600, 0)

func TestAMessageIsPublishedAgainOnlyIfItCannotHaveBeenPublished(t *testing.T) {
	c := idempotency.NewCall(3)
	publish, done := c.Begin()
	assert.Equal(t, []int{0, 1, 2}, publish)
	again, same := c.Begin()
	assert.Empty(t, again, "another request is publishing")
	assert.Equal(t, done, same)
	c.Receipt(1).Published(7, 42, nil)
	c.Receipt(0).Published(0, 0, rooms.ErrBacklog)
	select {
	case <-done:
		t.Error("a message has no result yet")
	default:
	}
	c.Receipt(2).Published(0, 0, rooms.ErrUnknown)
	<-done
	assert.Equal(t, []idempotency.Result{{Err: rooms.ErrBacklog}, {Epoch: 7, Seq: 42}, {Err: rooms.ErrUnknown}}, c.Results())
	publish, done = c.Begin()
	assert.Equal(t, []int{0}, publish)
	c.Receipt(0).Published(8, 1, nil)
	<-done
	publish, done = c.Begin()
	assert.Empty(t, publish)
	<-done
}

func TestACallIsKnownByItsCallerKeyAndContentForTenMinutes(t *testing.T) {
	var k idempotency.Keys
	c, known, err := k.Call("Alex", "key", []byte("a"), 1, begin)
	require.NoError(t, err)
	assert.False(t, known)
	same, known, err := k.Call("Alex", "key", []byte("a"), 1, begin.Add(idempotency.Keep-1))
	require.NoError(t, err)
	assert.True(t, known)
	assert.Same(t, c, same)
	_, _, err = k.Call("Alex", "key", []byte("b"), 1, begin)
	assert.ErrorIs(t, err, idempotency.ErrOther)
	for _, other := range [][2]string{{"Bea", "key"}, {"Alex", "other"}, {"Alexkey", ""}} {
		_, known, err = k.Call(other[0], other[1], []byte("a"), 1, begin)
		require.NoError(t, err)
		assert.False(t, known)
	}
	assert.Equal(t, idempotency.Stats{Kept: 4, Replayed: 1}, k.Stats())
	_, known, err = k.Call("Alex", "key", []byte("b"), 1, begin.Add(idempotency.Keep))
	require.NoError(t, err)
	assert.False(t, known)
	assert.Equal(t, idempotency.Stats{Kept: 1, Replayed: 1}, k.Stats())
}

func TestTheOldestCallsAreForgottenAtTheBound(t *testing.T) {
	var k idempotency.Keys
	const each = 100
	call := func(n int) (known bool) {
		_, known, err := k.Call("", fmt.Sprint(n), nil, each, begin)
		require.NoError(t, err)
		return known
	}
	for n := range idempotency.MaxResults/each + 3 {
		require.False(t, call(n))
	}
	assert.Equal(t, idempotency.Stats{Kept: idempotency.MaxResults / each, Forgotten: 3}, k.Stats())
	assert.True(t, call(3))
	assert.False(t, call(2), "forgotten")
}
