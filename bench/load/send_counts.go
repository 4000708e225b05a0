package load

// SendCounts records which messages of each stream were sent. Only sent messages have a number,
// so a receiver sees no gap that looks like a loss.
type SendCounts struct {
	Sent    []uint64 `json:"sent,omitempty"`    // by stream: the last number
	Skipped [][]gap  `json:"skipped,omitempty"` // by stream: the hits that could not be sent
}

// gap is a row of consecutive hits of one stream that could not be sent.
type gap struct {
	After uint64 `json:"after"` // last number that was sent before them; 0: none
	Hits  uint64 `json:"hits"`  // number of these hits
}

// NewSendCounts returns the counts of that many streams, with nothing sent.
func NewSendCounts(streams int) SendCounts {
	return SendCounts{Sent: make([]uint64, streams), Skipped: make([][]gap, streams)}
}

// Add adds the counts of another process. A stream belongs to one process.
func (a *SendCounts) Add(other SendCounts) {
	for i, n := range other.Sent {
		a.Sent[i] += n
		a.Skipped[i] = append(a.Skipped[i], other.Skipped[i]...)
	}
}

// skip records that the next hit of a stream was not sent.
func (a *SendCounts) skip(stream int) {
	list := a.Skipped[stream]
	if last := len(list) - 1; last >= 0 && list[last].After == a.Sent[stream] {
		list[last].Hits++
		return
	}
	a.Skipped[stream] = append(list, gap{After: a.Sent[stream], Hits: 1})
}

// number returns the number of a stream's hit, counted from 1. If the hit was not sent, it
// returns the number of the next one that was.
func (a *SendCounts) number(stream int, hit uint64) uint64 {
	if a.Skipped == nil {
		return hit
	}
	skipped := uint64(0)
	for _, s := range a.Skipped[stream] {
		first := s.After + skipped + 1
		if first >= hit {
			break
		}
		skipped += min(s.Hits, hit-first)
	}
	return hit - skipped
}
