package bench

import "slices"

// addressing has the options that say which server is measured and how it is reached, by their keys in a result.
var addressing = []string{"url", "name", "pid", "hello", "publish", "ping", "pong", "speak", "broker", "nodes"}

// IsAddressing reports whether the option with this key in a result says only which server is measured and how it is
// reached. All other options belong to the load.
func IsAddressing(key string) bool { return slices.Contains(addressing, key) }
