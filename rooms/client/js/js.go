// Package js has plenum.js, the client for browsers and Node, and plenum-pusher.js, the add-on for pusher-js. The server
// delivers both. The folder is also an npm package, which npm pack builds.
package js

import _ "embed"

// Module is the text of plenum.js. It is read-only.
//
//go:embed plenum.js
var Module []byte

// Pusher is the text of plenum-pusher.js. It is read-only.
//
//go:embed plenum-pusher.js
var Pusher []byte
