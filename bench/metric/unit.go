package metric

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Unit is the unit of a metric, with the other units in which the bound of a condition may be given.
type Unit struct {
	Symbol string             // empty: a plain number
	scale  map[string]float64 // by unit of the same kind: the value of one, in Symbol
}

// in converts v from another unit to u. An empty unit means u itself. ok is false if the unit is of another
// kind.
func (u *Unit) in(unit string, v float64) (converted float64, ok bool) {
	if unit == "" || unit == u.Symbol {
		return v, true
	}
	scale, ok := u.scale[unit]
	return v * scale, ok
}

// allowed lists the units in which a bound may be given.
func (u *Unit) allowed() string {
	if len(u.scale) == 0 {
		if u.Symbol == "" {
			return "a plain number"
		}
		return u.Symbol + " or a plain number"
	}
	names := make([]string, 0, len(u.scale))
	for name := range u.scale {
		if name != greek {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if u.scale[a] != u.scale[b] {
			return int(math.Copysign(1, u.scale[a]-u.scale[b]))
		}
		return strings.Compare(a, b)
	})
	return strings.Join(names, ", ")
}

var (
	count     = &Unit{}
	perSecond = &Unit{Symbol: "/s"}
	cores     = &Unit{Symbol: "cores"}
	percent   = &Unit{Symbol: "%"}
	millis    = &Unit{Symbol: "ms", scale: times(1e-3)}
	micros    = &Unit{Symbol: "µs", scale: times(1)}
	bytes     = &Unit{Symbol: "B", scale: map[string]float64{
		"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
	}}
)

// greek is microseconds with the Greek letter mu. It looks like µs, which has the micro sign.
const greek = "μs"

// times returns the scale of a unit of time. micro is a microsecond in that unit.
func times(micro float64) map[string]float64 {
	return map[string]float64{"us": micro, "µs": micro, greek: micro, "ms": 1e3 * micro, "s": 1e6 * micro}
}

// Number formats v with three significant digits and commas: 0.0123, 4.50, 12,300, 1.23 M.
func Number(v float64) string {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64) // it parses its own output
	switch size := math.Abs(v); {
	case size >= 1e6:
		return significant(v/1e6) + " M"
	case size >= 1000:
		return Grouped(int64(v))
	}
	return significant(v)
}

// significant formats a v of three significant digits, with trailing zeros.
func significant(v float64) string {
	if v == 0 {
		return "0"
	}
	if size := math.Abs(v); size >= 1000 { // millions of millions
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	places := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return strconv.FormatFloat(v, 'f', max(0, places), 64)
}

// Grouped formats v with a comma before each group of three digits: 12,300.
func Grouped(v int64) string {
	text := strconv.FormatInt(v, 10)
	var groups []string
	for len(strings.TrimPrefix(text, "-")) > 3 {
		groups = append(groups, text[len(text)-3:])
		text = text[:len(text)-3]
	}
	slices.Reverse(groups)
	return strings.Join(append([]string{text}, groups...), ",")
}
