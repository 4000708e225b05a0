//go:build faults

package faults

import "fmt"

// take notes what was said.
func (e *listener) take(w word) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch w.Type {
	case "published":
		e.answered(w, published)
		return
	case "error":
		e.refused(w)
		return
	case "joined":
		e.in[w.Room] = true
		if since := e.asked[w.Room]; since != (position{}) {
			w.since = &since
		} else {
			e.at[w.Room] = position{w.Epoch, w.Seq}
		}
	case "gap":
		e.at[w.Room] = position{w.Epoch, w.To}
	case "":
		e.at[w.Room] = position{e.epoch(w.Room), w.Seq}
	}
	e.heard[w.Room] = append(e.heard[w.Room], w)
}

// epoch is that of the room since it was joined, or said to be another. mu is held.
func (e *listener) epoch(room string) string {
	all := e.heard[room]
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Type != "" {
			return all[i].Epoch
		}
	}
	return ""
}

// answered notes what became of a message. mu is held.
func (e *listener) answered(w word, is outcome) {
	u := e.sent[w.ID]
	if u == nil {
		e.errors = append(e.errors, fmt.Sprintf("%s: an answer to nothing: %+v", e.name, w))
		return
	}
	delete(e.sent, w.ID)
	e.ledger.settle(u, is, position{e.epoch(u.room), w.Seq}, w.Message)
}

// refused is an error. mu is held.
func (e *listener) refused(w word) {
	switch {
	case w.Code == codeBus && e.isJoin(w.ID):
		delete(e.asked, w.ID) // it asks again
	case w.Code == codeBus || w.Code == codeUnknown:
		e.answered(w, whether(w.Code))
	default:
		e.errors = append(e.errors, fmt.Sprintf("%s: %+v", e.name, w))
	}
}

// isJoin tells whether id is that of a join, which is the room. mu is held.
func (e *listener) isJoin(id string) bool { _, ok := e.asked[id]; return ok }
