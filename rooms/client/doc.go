// Package client is in many of a plenum server's rooms on one connection, comes back by
// itself when that is lost, and hears each message of a room once and in order, or says
// which it has missed.
//
// New makes a Client, Run connects it and keeps it connected, Join and Publish speak, and
// Events has what is heard:
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
// The module's path is not public yet. Another module names a clone's folder by a replace
// directive: run "go mod edit -replace=plenum=../plenum", then "go mod tidy".
// scripts/rename-module.sh gives the module a path that needs no replace directive.
//
// # Positions
//
// The position in a room is its epoch and the number of the last message received, or of the
// last one before the room was joined. On a new connection each room is joined again at
// its position. A message at or before it is dropped. If numbers are missing, the client
// reports a Gap, whether the server announces one or not. So a message the history still
// holds is received once, however often the connection is lost. A room gets another
// epoch when the server has restarted or forgotten it. Then the messages behind the
// position are lost, which a Gap reports too, and the messages that the server keeps of the new
// epoch follow.
//
// # What is asked
//
// Join, Leave and Publish wait for a connection, for as long as their context allows, and
// then for Config.Timeout for the answer. Where the connection is lost meanwhile, Join and
// Leave, which may be said twice, are said again on the next one. A Publish never is: its
// error is ErrUnknown, and the message was published or was not. Whoever says it again
// may double it.
//
// A Publish also waits while a join of its room is under way, and so behind a new connection until
// the room is joined again. Until then it is not sent: if the connection is lost, it waits for the
// next one. If its context ends, its error is the context's; if Run returns, ErrEnded. If the
// room is left or refused for good, the server answers not_joined.
//
// The answer to a Publish and the Message itself come in either order. A Leave cancels a Join
// that the server has not answered: the Join's error is a *Refusal with the code cancelled.
//
// # Coming back
//
// The client waits for a random time of up to 250 ms, twice as much after each failure up
// to 30 s, and begins anew after a connection of 10 s or a restart that the server has
// announced. It waits longer where it is told to, and that random time more: what the reason of
// close code 1012 or 1013 says ("retry in 800 ms"), 1 s at least after 1013, and the
// Retry-After of status 429 and 503; 10 minutes at most. 4001 (the token has expired) is as
// any other end: Config.Token is asked for each connection. What trying again does not
// mend ends Run: 1008, whose reason says what the server does not allow, and a handshake that
// is answered 4xx, but for 408, 425 and 429.
//
// A connection begins with the joins of all rooms at once: where the server has
// --rate-messages, a client that is in more rooms than that is closed with 1008.
//
// After 15 s (Config.PingPeriod) the server is pinged, and where it then says nothing at all
// for Config.PingTimeout the connection is lost.
//
// # Who calls what
//
// Run owns the connection: it reads the socket, on one goroutine, and has another one write
// it. Every other method may be called from any goroutine.
//
// Events has to be read until it is closed, also by who only publishes. At most 64
// events wait in it. Where it is full the socket is not read, so that the server bounds
// what waits there, by its policy for slow members, and a Publish is not answered, for answers
// come behind messages. So whoever reads Events must not wait for Publish, Join or Leave:
// call them from another goroutine. (It gets ErrUnknown after Config.Timeout.)
//
// # What it does not do
//
// It stores no position beyond its own life: a program that wants to go on after its
// own restart keeps Message.Position and calls Resume. It keeps no message for later: what is
// to be published while there is no connection waits in its callers.
package client
