package goals

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/results"
	"plenum/bench/scale"
)

func TestTheGoalsWithoutSockets(t *testing.T) {
	judged := func(d *results.Data) (missing []int) {
		for i, g := range scaleGoals {
			if g.judge(d).verdict != met {
				missing = append(missing, i)
			}
		}
		return missing
	}
	assert.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7}, judged(loaded(t)), "not measured")
	assert.Empty(t, judged(from(t, synthetic.ScaleFolder(t, synthetic.Scale()))))
	for goal, change := range []func(*scale.Run){
		0: synthetic.Slower(scale.Throughput("one-room", scale.Null), "ns/delivery"),
		1: synthetic.Slower(scale.Throughput("rooms-of-10", scale.Null), "ns/delivery"),
		2: synthetic.Slower(scale.Throughput("rooms-of-Zipf-sizes", scale.Null), "ns/delivery"),
		3: synthetic.Slower(scale.Throughput("rooms-of-10", scale.Null), "wait%:plenum/rooms.(*segment).endFlush"),
		4: synthetic.Slower(scale.Lock, "ns/longest-hold"),
		5: synthetic.Slower(scale.Wheel, "ns/longest-hold"),
		6: synthetic.Slower(scale.List, "ns/op"),
		7: synthetic.Slower(scale.Throughput("rooms-of-10", scale.Null), "B/member"),
	} {
		assert.Equal(t, []int{goal}, judged(from(t, synthetic.ScaleFolder(t, synthetic.Scale(change)))), goal)
	}
}
