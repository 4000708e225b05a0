package routes

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"plenum/engine"
)

// A model test: each connection is taken once when its second has come, unless it was removed before.
func TestConnectionsAreTakenWhenTheyAreDue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, model, now := newExpiries(), map[*engine.Conn]time.Time{}, int64(1000)
		var all []*engine.Conn
		at := map[*engine.Conn]time.Time{}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				c, due := new(engine.Conn), time.Unix(now+rapid.Int64Range(-70, 140).Draw(t, "in"), 5)
				e.add(c, due)
				model[c], at[c], all = due, due, append(all, c)
			},
			"remove": func(t *rapid.T) {
				if len(all) > 0 {
					c := rapid.SampledFrom(all).Draw(t, "conn")
					e.remove(c, at[c])
					delete(model, c)
				}
			},
			"pass": func(t *rapid.T) {
				now += rapid.Int64Range(0, 100).Draw(t, "seconds")
				taken, due := map[*engine.Conn]bool{}, map[*engine.Conn]bool{}
				for i := range e.shards {
					for _, conns := range e.shards[i].takeDue(now) {
						for c := range conns {
							taken[c] = true
						}
					}
				}
				for c, at := range model {
					if at.Unix() <= now {
						due[c] = true
					}
				}
				assert.Equal(t, due, taken)
				maps.DeleteFunc(model, func(c *engine.Conn, _ time.Time) bool { return due[c] })
			},
			"": func(t *rapid.T) {
				left := 0
				for i := range e.shards {
					for _, conns := range e.shards[i].due {
						assert.NotEmpty(t, conns)
						left += len(conns)
					}
				}
				assert.Equal(t, len(model), left)
			},
		})
	})
}
