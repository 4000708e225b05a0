package wheel

// paged is a stack that never moves its elements. It grows and shrinks by small pages, and copies only the list of pages.
type paged[E any] struct {
	pages []*[pageLen]E // at most one of them is empty: the last one
	len   int
}

const pageLen = 16

func (p *paged[E]) at(i int) *E { return &p.pages[i/pageLen][i%pageLen] }

func (p *paged[E]) push(e E) {
	if p.len == len(p.pages)*pageLen {
		p.pages = append(p.pages, new([pageLen]E))
	}
	p.len++
	*p.at(p.len - 1) = e
}

// pop removes the last element. One empty page stays, so that pushing and popping at the boundary of a page allocates
// nothing.
func (p *paged[E]) pop() E {
	p.len--
	last := p.at(p.len)
	e := *last
	var none E
	*last = none
	if end := len(p.pages) - 1; p.len+pageLen <= end*pageLen {
		p.pages[end] = nil
		p.pages = shrink(p.pages[:end])
	}
	return e
}

// shrink reduces the capacity of a list after a burst of items. It leaves enough spare capacity that a steady number of
// items causes no reallocation.
func shrink[E any](s []E) []E {
	if cap(s) < 64 || len(s) > cap(s)/4 {
		return s
	}
	return append(make([]E, 0, cap(s)/2), s...)
}
