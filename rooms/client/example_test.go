package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"plenum/rooms/client"
)

// A program that publishes in a room and prints its messages.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c, err := client.New(client.Config{URL: "ws://127.0.0.1:8080/ws", Name: "Alex"})
	if err != nil {
		log.Fatal(err)
	}
	go startPublishing(ctx, c)
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	for e := range c.Events() {
		switch e := e.(type) {
		case client.Message:
			fmt.Printf("%s: %s\n", e.Sender, e.Text)
		case client.Gap:
			fmt.Printf("messages are missing after %s\n", e.After)
		case client.State:
			log.Print("connected: ", e.Connected, ", until ", e.Until, ", because ", e.Err)
		}
	}
	log.Print(<-ended)
}

// startPublishing runs on a goroutine of its own, because answers arrive only while Events is read.
func startPublishing(ctx context.Context, c *client.Client) {
	if err := c.Join(ctx, "general"); err != nil {
		log.Print(err)
		return
	}
	_, err := c.Publish(ctx, "general", "Hello everyone!")
	switch {
	case errors.Is(err, client.ErrUnknown):
		log.Print("the connection was lost: the room's messages show whether it was published")
	case err != nil:
		log.Print(err)
	}
}

// A program that resumes after its own restart stores the position of the last message that it has processed.
func ExampleClient_Resume() {
	ctx := context.Background()
	c, err := client.New(client.Config{URL: "ws://127.0.0.1:8080/ws", Name: "Alex"})
	if err != nil {
		log.Fatal(err)
	}
	go c.Run(ctx)
	stored := client.Position{Epoch: "1x", Seq: 42}
	go c.Resume(ctx, "general", stored)
	for e := range c.Events() {
		switch e := e.(type) {
		case client.Message:
			stored = e.Position
			fmt.Printf("%s: %s\n", e.Sender, e.Text)
		case client.Gap:
			fmt.Printf("messages are missing after %s\n", e.After)
		}
	}
	fmt.Println("the next run resumes at", stored)
}
