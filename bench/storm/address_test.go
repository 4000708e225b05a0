//go:build storm

package storm

import "sync/atomic"

// address is the server that clients and the back end connect to. It may change, as with a load balancer.
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
