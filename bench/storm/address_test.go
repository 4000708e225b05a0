//go:build storm

package storm

import "sync/atomic"

// address is where clients and the back end connect to. A load balancer may change it.
type address struct{ host atomic.Pointer[string] }

func newAddress(host string) *address {
	a := new(address)
	a.host.Store(&host)
	return a
}

// clients returns the URL for clients.
func (a *address) clients() string {
	return "ws://" + *a.host.Load() + "/app/" + appKey + "?protocol=7&client=js&version=8.4.0&flash=false"
}
