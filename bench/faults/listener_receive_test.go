//go:build faults

package faults

import "fmt"

// record records a frame from the server.
func (e *listener) record(w frame) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch w.Type {
	case "published":
		e.settle(w, published)
		return
	case "error":
		e.handleError(w)
		return
	case "joined":
		e.joined[w.Room] = true
		if since := e.joining[w.Room]; since != (position{}) {
			w.since = &since
		} else {
			e.at[w.Room] = position{w.Epoch, w.Seq}
		}
	case "gap":
		e.at[w.Room] = position{w.Epoch, w.To}
	case "":
		e.at[w.Room] = position{e.epoch(w.Room), w.Seq}
	}
	e.frames[w.Room] = append(e.frames[w.Room], w)
}

// epoch returns the epoch of the room's last joined or gap frame. e.mu must be held.
func (e *listener) epoch(room string) string {
	all := e.frames[room]
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Type != "" {
			return all[i].Epoch
		}
	}
	return ""
}

// settle records the outcome of a message. e.mu must be held.
func (e *listener) settle(w frame, is outcome) {
	u := e.sent[w.ID]
	if u == nil {
		e.errors = append(e.errors, fmt.Sprintf("%s: an answer to no message: %+v", e.name, w))
		return
	}
	delete(e.sent, w.ID)
	e.ledger.settle(u, is, position{e.epoch(u.room), w.Seq}, w.Message)
}

// handleError handles an error frame. e.mu must be held.
func (e *listener) handleError(w frame) {
	switch {
	case w.Code == codeBus && e.isJoin(w.ID):
		delete(e.joining, w.ID) // it is retried
	case w.Code == codeBus || w.Code == codeUnknown:
		e.settle(w, outcomeOf(w.Code))
	default:
		e.errors = append(e.errors, fmt.Sprintf("%s: %+v", e.name, w))
	}
}

// isJoin reports whether id belongs to a join. The ID of a join is the room. e.mu must be held.
func (e *listener) isJoin(id string) bool { _, ok := e.joining[id]; return ok }
