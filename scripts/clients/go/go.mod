// A module of its own, so that plenum does not depend on the library.
module plenum/scripts/clients/go

go 1.26.0

require (
	github.com/coder/websocket v1.8.15
	github.com/pusher/pusher-http-go/v5 v5.1.1
)

require (
	golang.org/x/crypto v0.55.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
