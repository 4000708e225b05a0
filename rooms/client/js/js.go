// Package js has plenum.js, the client for browsers and Node. The server delivers it. The folder is also an npm package,
// which npm pack builds.
package js

import _ "embed"

// Module is the text of plenum.js. It is read-only.
//
//go:embed plenum.js
var Module []byte
