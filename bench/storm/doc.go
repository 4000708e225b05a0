// Package storm tests a server of the Pusher Channels protocol that is stopped or killed, so that all its clients come
// back at once. 10,000 members behave as pusher-js does in a browser. The server is stopped and started again as a
// process, on the same port, while a back end and some of the members publish. In a cluster, one of two nodes is ended and not
// started again, and the members connect to the other one.
//
// The test reports how long the members were away, and how many events they have missed. It needs the build tag storm;
// `make storm` runs it in less than four minutes. The environment variable NATS_SERVER may name the NATS server to use.
//
// # Members
//
// A member is a connection with one private channel, which it subscribes to with a signature. It signs by itself, so the
// endpoint that authorizes clients costs nothing. After a lost connection it waits as pusher-js 8 does (retry.go). Half of the
// members send the position of the last event when they subscribe again (since). The first member of each channel also sends
// client events.
//
// # Checks
//
// Each source, the back end or a member, numbers its events in a channel. An event exists if a member of the channel has
// received it. A member has lost the existing events that it has not received. While the server says that the channel
// goes on (recovered), its own numbers (seq) must rise by one per event.
package storm
