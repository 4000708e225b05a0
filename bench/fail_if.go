package bench

// FailIf is a condition of --fail-if, and whether it held.
type FailIf struct {
	Condition string   `json:"condition"` // for example p99>50ms
	Value     *float64 `json:"value"`     // in the unit of the metric; nil: the run has no such figure
	Held      bool     `json:"held"`
}
