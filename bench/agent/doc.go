// Package agent connects a leading plenum-bench to load generators on other machines.
//
// An agent listens ([Serve]). A leader connects to it ([Dial]), both prove that they know the same
// secret, and both must be the same build. After that the connection carries the orders and
// answers of package drive, which this package does not read. An agent has at most one leader at a
// time, because two loads on one machine would disturb each other.
//
// # The handshake
//
// Each message is one line of JSON:
//
//	agent:  {"build":"plenum-bench …","nonce":"A"}
//	leader: {"build":"plenum-bench …","nonce":"L","proof":P1}
//	agent:  {"proof":P2}, or {"error":"…"}
//
// P1 is the HMAC-SHA256 with the secret as its key of the text "leader A L", P2 of "agent A L". So
// neither side sends the secret, and a recorded handshake cannot be used again. What follows is
// neither encrypted nor signed: an agent belongs into a network that its users trust.
//
// [Serve] and [Dial] block. They may be called from any goroutine.
package agent
