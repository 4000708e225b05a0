// Package agent connects a leading plenum-bench to load generators on other machines.
//
// An agent listens ([Agent.Serve]). A leader connects to it ([Dial]). Both prove that they know the same
// secret, and both must be the same build. After that the connection carries the orders and answers of
// package drive, which this package does not read. An agent has at most one leader at a time, because
// two loads on one machine would disturb each other.
//
// # The handshake
//
// Each message is one line of JSON:
//
//	agent:  {"build":"plenum-bench …","nonce":"A"}
//	leader: {"build":"plenum-bench …","nonce":"L","proof":P1}
//	agent:  {"proof":P2}, or {"error":"…"}
//
// P1 is the HMAC-SHA256 of the text "leader A L", with the secret as the key. P2 is that of "agent A L".
// So neither side sends the secret, and a recorded handshake cannot be used again. The orders and
// answers are neither encrypted nor signed. So an agent must be in a network that its users trust.
//
// [Agent.Serve] and [Dial] block. They may be called from any goroutine.
package agent
