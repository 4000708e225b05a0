package bench

import (
	"time"

	"plenum/bench/latency"
	"plenum/bench/observe"
)

// UpgradeStage are the figures of a stage of upgrades, or of subscriptions.
type UpgradeStage struct {
	Done      uint64               `json:"done"`
	Failed    uint64               `json:"failed"`
	Late      uint64               `json:"late"`         // due but not done at the end of the run
	PerSecond float64              `json:"per_second"`   // done, per second of the stage
	Ms        *latency.Percentiles `json:"ms,omitempty"` // latencies from the due time; of late ones their age at the end
}

// upgradeStages are the counts of each stage with a length.
type upgradeStages []upgradeCounts

// upgradeCounts are the counts of one stage.
type upgradeCounts struct {
	StageFigures
	end     int64 // of the stage, in nanoseconds from the start of the first one
	counts  UpgradeStage
	latency latency.Histogram
}

func newUpgradeStages(s stages) (all upgradeStages) {
	end, figures := int64(0), s.stageFigures()
	for i, r := range s.ramps(1) {
		end += int64(r.Length)
		all = append(all, upgradeCounts{StageFigures: figures[i], end: end, latency: latency.NewHistogram()})
	}
	return all
}

// at returns the counts of the stage at a time in nanoseconds from the start of the first one. It
// returns nil if there is none.
func (s upgradeStages) at(offset int64) *upgradeCounts {
	for i := range s {
		if offset < s[i].end {
			return &s[i]
		}
	}
	return nil
}

// done counts one that was due at an offset, and was done that long after it.
func (s upgradeStages) done(offset int64, took time.Duration) {
	if of := s.at(offset); of != nil {
		of.counts.Done++
		of.latency.Record(took.Microseconds())
	}
}

// failed counts one that was due at an offset.
func (s upgradeStages) failed(offset int64) {
	if of := s.at(offset); of != nil {
		of.counts.Failed++
	}
}

// late counts one that was due at an offset, and was not done that long after it.
func (s upgradeStages) late(offset int64, age time.Duration) {
	if of := s.at(offset); of != nil {
		of.counts.Late++
		of.latency.Record(age.Microseconds())
	}
}

// merge adds the counts of the same stages.
func (s upgradeStages) merge(other upgradeStages) {
	for i := range other {
		s[i].counts.Done += other[i].counts.Done
		s[i].counts.Failed += other[i].counts.Failed
		s[i].counts.Late += other[i].counts.Late
		s[i].latency.Merge(other[i].latency)
	}
}

// figures returns the figures of all stages.
func (s upgradeStages) figures() (all []StageFigures) {
	for _, of := range s {
		f, counts := of.StageFigures, of.counts
		counts.PerSecond, counts.Ms = observe.Per(float64(counts.Done), f.Seconds), of.latency.Percentiles()
		f.UpgradeStage = &counts
		all = append(all, f)
	}
	return all
}
