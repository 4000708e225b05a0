package peer

import (
	"context"
	"maps"
	"testing"
	"testing/synctest"
	"time"
)

func TestEveryMemberIsPingedOncePerPeriodUntilItIsRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var beat Beat[int]
		pings, want := map[int]int{}, map[int]int{}
		gone := beat.Add(-1)
		for m := range 40 {
			beat.Add(m)
			want[m] = 2
		}
		beat.Remove(-1, gone)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second+time.Millisecond)
		defer cancel()
		beat.Run(ctx, 15*time.Second, func(m int) { pings[m]++ })
		if !maps.Equal(pings, want) {
			t.Errorf("pings in two periods: %v", pings)
		}
	})
}
