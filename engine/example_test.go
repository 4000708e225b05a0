package engine_test

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/coder/websocket"

	"plenum/codec/frame"
	"plenum/engine"
)

// shout answers each message in capital letters.
type shout struct{}

func (shout) OnOpen(c *engine.Conn) { _ = c.Send(frame.Text, []byte("say something")) }

func (shout) OnMessage(c *engine.Conn, op frame.Opcode, data []byte) {
	for i, b := range data {
		if 'a' <= b && b <= 'z' {
			data[i] = b - 'a' + 'A'
		}
	}
	_ = c.Send(op, data)
}

func (shout) OnClose(*engine.Conn, int) {}

// A complete server with a listener, a route and a Handler, and a client that uses it.
func Example() {
	e, err := engine.New(engine.Config{})
	if err != nil {
		panic(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/shout", func(w http.ResponseWriter, r *http.Request) {
		_ = e.Upgrade(w, r, nil, shout{})
	})
	served := make(chan error)
	go func() { served <- e.Serve(ln, routes) }()

	ctx := context.Background()
	client, _, err := websocket.Dial(ctx, "ws://"+ln.Addr().String()+"/shout", nil)
	if err != nil {
		panic(err)
	}
	_, greeting, _ := client.Read(ctx)
	_ = client.Write(ctx, websocket.MessageText, []byte("hello"))
	_, answer, _ := client.Read(ctx)
	fmt.Println(string(greeting))
	fmt.Println(string(answer))
	_ = client.Close(websocket.StatusNormalClosure, "")

	_ = e.Shutdown(ctx)
	fmt.Println(<-served)
	// Output:
	// say something
	// HELLO
	// <nil>
}
