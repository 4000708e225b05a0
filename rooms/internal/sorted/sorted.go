// Package sorted keeps values sorted by name. To find the position of a value takes two binary searches. A Set uses about 10
// bytes per pointer that it holds.
package sorted

import (
	"cmp"
	"iter"
	"slices"
)

// Set is a set of values with different names, sorted by name. It is a list of blocks, so an insertion moves only the values
// of one block. One insertion in thirty also moves the list. This suits up to some hundred thousand values; for more, use
// several Sets. The methods are not safe for concurrent use.
type Set[T any] struct {
	name   func(T) string
	blocks []block[T] // sorted; none is empty
}

// block holds neighbouring values. It has at most blockSize of them.
type block[T any] struct {
	from   string // at most the first name, and more than all names of earlier blocks
	values []T
}

const (
	blockSize = 64
	growth    = 8 // the capacity of a block grows by this number of values
)

// New returns an empty Set. name returns the name of a value, which must not change while the value is in the Set.
func New[T any](name func(T) string) Set[T] { return Set[T]{name: name} }

// Insert adds v. No value in the Set has its name.
func (s *Set[T]) Insert(v T) {
	if len(s.blocks) == 0 {
		s.blocks = append(s.blocks, block[T]{})
	}
	i, at, _ := s.find(s.name(v))
	b := &s.blocks[i]
	if len(b.values) == cap(b.values) {
		b.values = resize(b.values)
	}
	if b.values = slices.Insert(b.values, at, v); len(b.values) == blockSize {
		s.split(i)
	}
}

// Delete removes the value with the name, if there is one.
func (s *Set[T]) Delete(name string) {
	if len(s.blocks) == 0 {
		return
	}
	i, at, found := s.find(name)
	if !found {
		return
	}
	b := &s.blocks[i]
	if b.values = slices.Delete(b.values, at, at+1); cap(b.values)-len(b.values) >= 2*growth {
		b.values = resize(b.values)
	}
	if i > 0 && s.merge(i-1) {
		return
	}
	s.merge(i)
}

// After returns the values whose names come after the given one, in order. The Set must not change meanwhile.
func (s *Set[T]) After(name string) iter.Seq[T] {
	return func(yield func(T) bool) {
		if len(s.blocks) == 0 {
			return
		}
		i, at, found := s.find(name)
		if found {
			at++
		}
		for ; i < len(s.blocks); i, at = i+1, 0 {
			for _, v := range s.blocks[i].values[at:] {
				if !yield(v) {
					return
				}
			}
		}
	}
}

// AppendTo appends all values to dst, in order.
func (s *Set[T]) AppendTo(dst []T) []T {
	for _, b := range s.blocks {
		dst = append(dst, b.values...)
	}
	return dst
}

// find returns the position of the name: index at of block i. found reports whether a value with the name is there. The Set
// is not empty.
func (s *Set[T]) find(name string) (i, at int, found bool) {
	i, found = slices.BinarySearchFunc(s.blocks, name, func(b block[T], name string) int { return cmp.Compare(b.from, name) })
	if !found {
		i = max(i-1, 0)
	}
	at, found = slices.BinarySearchFunc(s.blocks[i].values, name, func(v T, name string) int { return cmp.Compare(s.name(v), name) })
	return i, at, found
}

// split divides block i, which is full, into two.
func (s *Set[T]) split(i int) {
	lower, upper := s.blocks[i].values[:blockSize/2], s.blocks[i].values[blockSize/2:]
	s.blocks[i].values = slices.Clone(lower)
	s.blocks = slices.Insert(s.blocks, i+1, block[T]{s.name(upper[0]), resize(upper)})
}

// merge joins block i with the next one, if they have at most half a block of values together, or if one of them is empty.
// If block i is the only block and empty, merge removes it. It returns whether it has removed a block.
func (s *Set[T]) merge(i int) bool {
	b := &s.blocks[i]
	if i+1 == len(s.blocks) {
		if i > 0 || len(b.values) > 0 {
			return false
		}
		s.blocks = nil
		return true
	}
	next := &s.blocks[i+1]
	if n := len(b.values) + len(next.values); n > blockSize/2 && len(b.values) > 0 && len(next.values) > 0 {
		return false
	}
	next.values = resize(append(b.values, next.values...))
	next.from = b.from
	s.blocks = slices.Delete(s.blocks, i, i+1)
	return true
}

// resize returns a copy of values with space for 1 to growth more.
func resize[T any](values []T) []T {
	return append(make([]T, 0, len(values)/growth*growth+growth), values...)
}
