// Package apps holds the applications that may use the Pusher Channels protocol. It knows no connections, channels or HTTP
// routes.
//
// A Registry finds an App by the key that its clients send, and by the id that its back ends send. Registry.Apply puts
// another list of apps into effect. An app is the same as before if its id is the same, so its counters continue.
// Everything else may change. App.Settings returns the settings that are in effect.
//
// All methods may be called from any goroutine, except Registry.Apply, which only one may call at a time.
package apps
