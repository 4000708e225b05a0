package channels

// plainSink is the sink of a channel whose subscribers do not see each other. It is a rooms.Listener. It has the size of a
// pointer, so an interface holds it without further memory.
type plainSink struct{ *session }

// Listens implements rooms.Listener.
func (plainSink) Listens() {}

// Name implements rooms.Sink.
func (plainSink) Name() string { return "" }
