package chart

import (
	"math"
	"strconv"
)

// Tick is a labelled position on an axis.
type Tick struct {
	Value float64
	Label string
}

// scale maps values to coordinates.
type scale struct {
	low, high float64 // values
	from, to  float64 // coordinates
	log       bool
}

func (s scale) at(v float64) float64 {
	part := (v - s.low) / (s.high - s.low)
	if s.log {
		part = math.Log(v/s.low) / math.Log(s.high/s.low)
	}
	return s.from + part*(s.to-s.from)
}

// logTicks returns ticks that enclose low and high: 1, 2 and 5 times powers of ten, or only the
// powers if there are many.
func logTicks(low, high float64) (ticks []Tick) {
	digits := []float64{1, 2, 5}
	if high/low > 200 {
		digits = digits[:1]
	}
	for power := math.Floor(math.Log10(low)); ; power++ {
		for i, digit := range digits {
			v := digit * math.Pow(10, power)
			next := math.Pow(10, power+1)
			if i+1 < len(digits) {
				next = digits[i+1] * math.Pow(10, power)
			}
			if next <= low*(1+1e-9) {
				continue
			}
			ticks = append(ticks, Tick{v, tickText(v)})
			if v >= high && len(ticks) > 1 {
				return ticks
			}
		}
	}
}

// linearTicks returns about five ticks from 0 to high or a little more.
func linearTicks(high float64) (ticks []Tick) {
	step := math.Pow(10, math.Floor(math.Log10(high/3)))
	for _, by := range []float64{1, 2, 5, 10} {
		if high/(by*step) <= 5 {
			step *= by
			break
		}
	}
	for v := 0.0; ; v += step {
		ticks = append(ticks, Tick{v, tickText(v)})
		if v >= high {
			return ticks
		}
	}
}

// tickText formats a round number: 0.5, 20, 10,000, 2 M.
func tickText(v float64) string {
	switch {
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'g', 4, 64) + " M"
	case v >= 1000:
		text := strconv.FormatFloat(v, 'f', 0, 64)
		return text[:len(text)-3] + "," + text[len(text)-3:]
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
