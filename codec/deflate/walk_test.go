package deflate

import "errors"

var (
	errWalk      = errors.New("not deflate data")
	errEmptyCode = errors.New("not deflate data: a symbol without a code is used")
)

// walk inflates a message bit by bit, as RFC 1951 and section 7.2.2 of RFC 7692 say. It is slow and obvious, and the tests
// compare Inflate with it. It returns the inflated bytes, up to the error if there is one, and the
// longest distance of a reference.
func walk(message []byte) (out []byte, farthest int, err error) {
	w := walker{in: append(append([]byte{}, message...), tail...)}
	defer func() {
		if r := recover(); r != nil {
			if r != errWalk && r != errEmptyCode {
				panic(r)
			}
			out, err = w.out, r.(error)
		}
	}()
	final, kind := false, 0
	for w.bit < 8*len(w.in) {
		final, kind = w.bits(1) == 1, w.bits(2)
		w.block(kind)
		if final {
			w.bit = (w.bit + 7) &^ 7
			w.stream = len(w.out)
		}
	}
	must(final || kind == 0) // section 7.2.1: the tail ends a stored block
	return w.out, w.farthest, nil
}

type walker struct {
	in       []byte
	bit      int // index in in of the bit to read next
	out      []byte
	stream   int // index in out at which the stream began
	farthest int
}

func must(ok bool) {
	if !ok {
		panic(errWalk)
	}
}

func (w *walker) bits(n int) (v int) {
	for i := range n {
		must(w.bit < 8*len(w.in))
		v |= int(w.in[w.bit/8]>>(w.bit%8)&1) << i
		w.bit++
	}
	return v
}

// code is a prefix code (section 3.2.2): symbols by length and code.
type code map[[2]int]int

func newCode(lengths []int) code {
	c, next, left, symbols := code{}, 0, 1, 0
	for length := 1; length <= 15; length++ {
		next, left = next<<1, left<<1
		for symbol, l := range lengths {
			if l == length {
				c[[2]int{length, next}] = symbol
				next, left, symbols = next+1, left-1, symbols+1
			}
		}
		must(left >= 0)
	}
	// The code is complete, or empty, or has one symbol of one bit (section 3.2.7).
	_, one := c[[2]int{1, 0}]
	must(left == 0 || symbols == 0 || symbols == 1 && one)
	return c
}

func (w *walker) symbol(c code) int {
	if len(c) == 0 {
		panic(errEmptyCode)
	}
	v := 0
	for length := 1; length <= 15; length++ {
		v = v<<1 | w.bits(1)
		if symbol, ok := c[[2]int{length, v}]; ok {
			return symbol
		}
	}
	panic(errWalk)
}

func (w *walker) block(kind int) {
	must(kind < 3)
	switch kind {
	case 0:
		w.bit = (w.bit + 7) &^ 7
		n := w.bits(16)
		must(w.bits(16) == n^0xffff)
		for range n {
			w.out = append(w.out, byte(w.bits(8)))
		}
	case 1:
		var lengths [288]int
		for i := range lengths {
			lengths[i] = 8
			if i >= 144 && i < 256 {
				lengths[i] = 9
			} else if i >= 256 && i < 280 {
				lengths[i] = 7
			}
		}
		distances := code{}
		for i := range 32 {
			distances[[2]int{5, i}] = i
		}
		w.data(newCode(lengths[:]), distances)
	case 2:
		w.data(w.codes())
	}
}

// codes reads the codes of section 3.2.7.
func (w *walker) codes() (literals, distances code) {
	literalCount, distanceCount, orders := w.bits(5)+257, w.bits(5)+1, w.bits(4)+4
	must(literalCount <= 286 && distanceCount <= 30)
	var order [19]int
	for _, i := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:orders] {
		order[i] = w.bits(3)
	}
	c := newCode(order[:])
	var lengths []int
	for len(lengths) < literalCount+distanceCount {
		length, times := w.symbol(c), 1
		switch length {
		case 16:
			must(len(lengths) > 0)
			length, times = lengths[len(lengths)-1], 3+w.bits(2)
		case 17:
			length, times = 0, 3+w.bits(3)
		case 18:
			length, times = 0, 11+w.bits(7)
		}
		for range times {
			lengths = append(lengths, length)
		}
	}
	must(len(lengths) == literalCount+distanceCount)
	return newCode(lengths[:literalCount]), newCode(lengths[literalCount:])
}

func (w *walker) data(literals, distances code) {
	for {
		symbol := w.symbol(literals)
		if symbol == 256 {
			return
		}
		if symbol < 256 {
			w.out = append(w.out, byte(symbol))
			continue
		}
		must(symbol <= 285)
		length := 258
		if symbol < 285 {
			length = 3 + w.extra(symbol-257, 4)
		}
		symbol = w.symbol(distances)
		must(symbol < 30)
		distance := 1 + w.extra(symbol, 2)
		must(distance <= len(w.out)-w.stream)
		w.farthest = max(w.farthest, distance)
		for range length {
			w.out = append(w.out, w.out[len(w.out)-distance])
		}
	}
}

// extra returns the length or distance of a code of section 3.2.5, counted from 0, and reads its extra bits. The first 2*per
// codes have no extra bits. After that, each group of per codes has one bit more.
func (w *walker) extra(code, per int) int {
	if code < 2*per {
		return code
	}
	n := code/per - 1
	return (per+code%per)<<n + w.bits(n)
}
