// Package interrupt ends a program on SIGTERM and SIGINT: the first signal asks it to end, the second one
// ends it at once.
package interrupt

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Context returns a context that ends with the first signal. The second signal kills the process, with the
// status of that signal. It is called once, by main.
//
// The second signal also counts if it arrives while the first one is handled. With signal.NotifyContext it would be
// lost until its function stop has run.
func Context() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	received := make(chan os.Signal, 2) // has space for both
	signal.Notify(received, syscall.SIGTERM, syscall.SIGINT)
	go handle(received, cancel)
	return ctx
}

// handle runs until the process ends.
func handle(received <-chan os.Signal, first func()) {
	<-received
	first()
	second := (<-received).(syscall.Signal)
	signal.Reset(second)
	_ = syscall.Kill(syscall.Getpid(), second) // a process may always signal itself
}
