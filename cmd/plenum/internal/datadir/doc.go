// Package datadir keeps the messages of a node that runs alone in a directory, so that they survive a restart of
// the process. It runs nats-server as a library in this process: no port is open, and the bus connects through
// InProcessConn. It is the only package of the server that imports nats-server.
//
// # Files
//
//	DIR/jetstream      nats-server's own files, as those of `nats-server -js -sd DIR`
//	DIR/plenum.json    the record of the run that last used DIR (record.go)
//	DIR/plenum.lock    locked while a process uses DIR; the kernel unlocks it when the process ends
//
// # What may be lost
//
// JetStream writes a message to its file before it acknowledges it. So the end of the process loses nothing, however
// it ends. A power cut, or a crash of the kernel, loses the messages that the kernel has not written to the disk. They
// are those since the last sync. If the sync interval is 0, JetStream syncs before it acknowledges.
//
// Open cannot know which messages a power cut has lost, and the clients that received them are not connected yet. So it
// looks for signs: the record names another boot of the machine and no clean end, there is no record, or a stored
// message is damaged. Then Store.LostUpTo is the last sequence number of the stream. The bus starts each room whose last
// batch is not after this number with a new epoch. The clients of the room receive a gap, and no message number is assigned
// twice. The record keeps LostUpTo, because a room may be opened long after. Other streams in DIR, such as those of a broker,
// do not count: the bus uses one stream. Open refuses the messages of a cluster with several streams.
//
// # Goroutines
//
// Close waits until nats-server has stopped, and may be called once. InProcessConn may be called from any goroutine.
package datadir
