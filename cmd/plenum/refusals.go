package main

import (
	"slices"
	"strings"
	"sync/atomic"

	"plenum/engine"
)

// faults are all reasons of close code 1008.
var faults = [...]fault{missingToken, invalidToken, notAllowed, badName, badRoom, badSince, nameReserved, rateLimit, tooManyRooms, kicked}

// refusals counts the connections refused with 1008, in the order of faults.
type refusals [len(faults)]atomic.Uint64

func (n *refusals) add(why fault) { n[slices.Index(faults[:], why)].Add(1) }

// refusedHere returns how many were refused that the engine does not count, by reason.
func (s *server) refusedHere() map[string]uint64 {
	by := map[string]uint64{
		engine.RefusedOrigin.String(): s.refusedOrigins.Load(),
		"host":                        s.misnamed.Total(),
	}
	for i, why := range faults {
		by[label(why)] = s.refused[i].Load()
	}
	return by
}

// label is a reason as a metric's label: bad_name.
func label(why fault) string { return strings.ReplaceAll(strings.ToLower(string(why)), " ", "_") }
