package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"plenum/engine/internal/quota"
)

func TestConnectionsWithTheSameTraitsShareThem(t *testing.T) {
	e := &Engine{}
	encoding, stream := newEncoding([]step{{}}), &Stream{Period: time.Second}
	for _, a := range []traits{{engine: e}, {engine: e, encoding: encoding}, {engine: e, stream: stream}} {
		got := e.traits.of(a)
		assert.Equal(t, a, *got)
		assert.Same(t, got, e.traits.of(a))
		assert.Zero(t, testing.AllocsPerRun(10, func() { e.traits.of(a) }))
	}
	limited := traits{engine: e, budget: &quota.Budget{}}
	got := e.traits.of(limited)
	assert.Equal(t, limited, *got)
	assert.NotSame(t, got, e.traits.of(limited), "the owner of the turn changes its budget")
	assert.Len(t, e.traits.all, 3)
}

func TestSharedTraitsAreBounded(t *testing.T) {
	e := &Engine{}
	for range 2 * maxSharedTraits {
		a := traits{engine: e, stream: new(Stream)}
		assert.Equal(t, a, *e.traits.of(a))
	}
	assert.Len(t, e.traits.all, maxSharedTraits)
}
