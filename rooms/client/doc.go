// Package client is a Go client for plenum servers. It is a member of several rooms on one connection, and reconnects
// by itself. Each message of a room is received once and in order, or reported as missing.
//
// [New] makes a [Client]. [Client.Run] connects it and keeps it connected. [Client.Join] joins a room,
// [Client.Publish] publishes a message, and [Client.Events] returns the channel of events, such as the messages received:
//
//	package main
//
//	import (
//		"context"
//		"fmt"
//		"log"
//
//		"plenum/rooms/client"
//	)
//
//	func main() {
//		c, err := client.New(client.Config{URL: "ws://127.0.0.1:8080/ws", Name: "Alex"})
//		if err != nil {
//			log.Fatal(err)
//		}
//		go c.Run(context.Background())
//		go c.Join(context.Background(), "general")
//		for e := range c.Events() {
//			if m, ok := e.(client.Message); ok {
//				fmt.Println(m.Sender, m.Text)
//			}
//		}
//	}
//
// # Importing it from another module
//
// The module's path is not public yet. Another module names the folder of a clone in a replace directive: run
// "go mod edit -replace=plenum=../plenum", then "go mod tidy". scripts/rename-module.sh gives the module a path
// that needs no replace directive.
//
// # Positions and resuming
//
// A [Position] is the point directly after a message of a room's epoch. The client's position in a room is that of the
// last message received, or of the last message before the room was joined. On a new connection the client joins each
// room again at its position.
//
// The client drops messages at or before its position. If numbers are missing, it reports a [Gap], even if the server has
// sent none. So each message that the server still retains is received once, however often the connection is lost.
//
// A room gets a new epoch when the server has restarted, or has dropped the room's history. Then the messages after the
// position are lost, which a Gap reports too. All retained messages of the new epoch follow.
//
// # Requests and lost connections
//
// Join, Resume, Leave and Publish wait for a connection, as long as their context allows. Once sent, a request waits for its
// answer for at most Config.Timeout. If there is no answer, or the context ends before it, they return [ErrUnknown].
//
// If the connection is lost before the answer, Join, Resume and Leave are sent again on the next connection, because
// repeating them is harmless. Publish is never sent again. It returns ErrUnknown: the message may or may not have been
// published, and publishing it again may duplicate it.
//
// Publish also waits while its room is being joined, and after a reconnect until the room is joined again. During this wait
// the message is not sent:
//
//   - If the connection is lost, it waits for the next one.
//   - If its context ends, it returns the error of the context.
//   - If Run returns, it returns [ErrEnded].
//   - If the room is left, or refused for good, the message is sent, and the server refuses it with not_joined.
//
// The answer to a Publish and the Message itself arrive in either order. A Leave cancels a Join that the server has
// not answered: that Join returns a [*Refusal] with the code cancelled.
//
// # Reconnecting
//
// Before it reconnects, the client waits for a random time of up to 250 ms. The bound doubles after each failure, up to
// 30 s. It is reset by a connection that lasts 10 s, and by a restart that the server has announced.
//
// A server may ask for a longer wait. The client waits at most 10 minutes for it, and adds the random time. A server asks in
// these ways:
//
//   - Close codes 1012 and 1013 may say "retry in 800 ms" in their reason. After 1013 the client waits at least 1 s.
//   - Status 429 and 503 may have a Retry-After.
//
// Two results end Run, because trying again would not help:
//
//   - Close code 1008. Its reason names the problem.
//   - A status of 4xx for the handshake, except 408, 425 and 429.
//
// Close code 4001 (token expired) does not end Run, because Config.Token is called for each connection.
//
// A connection begins with the joins of all rooms at once. If the server sets --rate-messages, it closes a client in more
// rooms than that with 1008.
//
// The client sends a ping every 15 s (Config.PingPeriod). If it receives nothing for that time and Config.PingTimeout
// more, the connection is lost.
//
// # Goroutines
//
// Run owns the connection. It reads the socket on its own goroutine and starts another one that writes. All other
// methods may be called from any goroutine.
//
// Read Events until it is closed, even in a program that only publishes. It buffers 64 events. While it is full, the
// client does not read the socket. Then the server treats the client as a slow member, and Publish gets no answer, because
// answers come after messages on the connection. Therefore the goroutine that reads Events must not call Publish, Join,
// Resume, Leave or Refresh: they would return ErrUnknown after Config.Timeout.
//
// # Limits
//
// The client keeps positions only while it runs. A program that wants to resume after its own restart stores
// Message.Position, and calls [Client.Resume].
//
// The client does not queue messages. If there is no connection, the callers of Publish wait.
package client
