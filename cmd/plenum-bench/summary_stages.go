package main

import (
	"fmt"
	"time"

	"plenum/bench"
)

// stages adds a row per stage: its time, its rate, how much of what was due was done, and latencies.
func (s *summary) stages(all []bench.StageFigures) {
	for _, f := range all {
		rate := rounded(f.From)
		if f.To != f.From {
			rate += " to " + rounded(f.To)
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
		text := fmt.Sprintf("%s sent, %s received", grouped(m.Sent), grouped(m.Delivered))
		if m.NotSent > 0 {
			text += fmt.Sprintf(", %s not sent", grouped(m.NotSent))
		}
		if m.Lost > 0 {
			text += fmt.Sprintf(", %s lost", grouped(m.Lost))
		}
		if m.Delivery != nil {
			text += fmt.Sprintf(", delivery p50 %s p99 %s", millisText(m.Delivery.P50), millisText(m.Delivery.P99))
		}
		if m.Completion != nil {
			text += ", completion p99 " + millisText(m.Completion.P99)
		}
		return text
	}
	if i := f.IdleStage; i != nil {
		return fmt.Sprintf("%s open, %s of memory, %.0f bytes per connection, %.2f cores", grouped(i.Connections), bytesText(float64(i.RSS)), i.BytesPerConnection, i.Cores)
	}
	u := f.UpgradeStage
	text := fmt.Sprintf("%s done, %s failed, %s late", grouped(u.Done), grouped(u.Failed), grouped(u.Late))
	if u.Ms != nil {
		text += fmt.Sprintf(", p50 %s p99 %s", millisText(u.Ms.P50), millisText(u.Ms.P99))
	}
	return text
}
