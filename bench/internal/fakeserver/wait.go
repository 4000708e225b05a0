package fakeserver

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Timeout is how long a test waits for something before it fails.
const Timeout = time.Minute

// Context returns a context that ends with the test, or after Timeout.
func Context(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), Timeout)
	t.Cleanup(cancel)
	return ctx
}

// Next returns the next value of a channel. If none arrives within Timeout, the test fails.
func Next[T any](t testing.TB, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(Timeout):
		require.FailNow(t, "no value arrived in time")
		panic("unreachable")
	}
}
