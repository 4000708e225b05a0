package zerocopy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/engine/zerocopy"
)

func TestABlockIsHandedOutOnceAndIsEmptyAfterPut(t *testing.T) {
	p, err := zerocopy.NewPool(2)
	require.NoError(t, err)
	a, b := p.Get(), p.Get()
	assert.Nil(t, p.Get())
	for _, block := range [][]byte{a, b} {
		assert.Empty(t, block)
		assert.Equal(t, 256<<10, cap(block))
	}
	a = append(a, "something"...)
	b = append(b, "something else"...)
	p.Put(a)
	again := p.Get()
	assert.Empty(t, again)
	assert.Zero(t, again[:1][0], "its pages are new")
	assert.Equal(t, "something else", string(b))
	assert.Nil(t, p.Get())
}
