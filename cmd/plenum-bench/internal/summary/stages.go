package summary

import (
	"fmt"
	"time"

	"plenum/bench"
	"plenum/cmd/plenum-bench/internal/units"
)

// stages adds a row per stage, with its time, its rate, the share of the due work that was done, and its latencies.
func (s *text) stages(all []bench.StageFigures) {
	for _, f := range all {
		rate := units.Rounded(f.From)
		if f.To != f.From {
			rate += " to " + units.Rounded(f.To)
		}
		if f.IdleStage == nil {
			rate += "/s"
		}
		s.row(fmt.Sprintf("%v to %v", atText(f.Start), atText(f.Start+f.Seconds)), "%s: %s", rate, stageText(f))
	}
}

// atText returns a time in a run.
func atText(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
}

func stageText(f bench.StageFigures) string {
	if m := f.MessageStage; m != nil {
		text := fmt.Sprintf("%s sent, %s received", units.Grouped(m.Sent), units.Grouped(m.Delivered))
		if m.NotSent > 0 {
			text += fmt.Sprintf(", %s not sent", units.Grouped(m.NotSent))
		}
		if m.Lost > 0 {
			text += fmt.Sprintf(", %s lost", units.Grouped(m.Lost))
		}
		if m.Delivery != nil {
			text += fmt.Sprintf(", delivery p50 %s p99 %s", units.Millis(m.Delivery.P50), units.Millis(m.Delivery.P99))
		}
		if m.Completion != nil {
			text += ", completion p99 " + units.Millis(m.Completion.P99)
		}
		return text
	}
	if i := f.IdleStage; i != nil {
		return fmt.Sprintf("%s open, %s of memory, %.0f bytes per connection, %.2f cores", units.Grouped(i.Connections), units.Bytes(float64(i.RSS)), i.BytesPerConnection, i.Cores)
	}
	u := f.UpgradeStage
	text := fmt.Sprintf("%s done, %s failed, %s late", units.Grouped(u.Done), units.Grouped(u.Failed), units.Grouped(u.Late))
	if u.Ms != nil {
		text += fmt.Sprintf(", p50 %s p99 %s", units.Millis(u.Ms.P50), units.Millis(u.Ms.P99))
	}
	return text
}
