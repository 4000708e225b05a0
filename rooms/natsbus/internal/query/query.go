// Package query asks all nodes of a cluster a question, and collects their answers.
//
// The asking node calls Ask. Each node calls Respond for the question that it receives, the asking node included.
// Both may be called from any goroutine. The caller passes the expected nodes to Ask, and the function that
// computes a node's answer to Respond.
package query

import (
	"context"

	"github.com/bytedance/sonic"
	"github.com/nats-io/nats.go"
)

// Ask sends q to subject, and collects answers until each node of the map nodes has answered, or ctx ends. It deletes
// each node that has answered from the map. It returns an error only if q could not be sent.
func Ask(ctx context.Context, conn *nats.Conn, subject string, q Question, nodes map[uint64]bool) ([]Answer, error) {
	inbox := nats.NewInbox()
	sub, err := conn.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only if the connection is closed
	body, err := sonic.Marshal(q)
	if err != nil {
		return nil, err
	}
	if err := conn.PublishRequest(subject, inbox, body); err != nil {
		return nil, err
	}
	return collect(ctx, sub, nodes), nil
}

func collect(ctx context.Context, sub *nats.Subscription, nodes map[uint64]bool) (answers []Answer) {
	for len(nodes) > 0 {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return answers
		}
		var a Answer
		if len(m.Data) == 0 || sonic.Unmarshal(m.Data, &a) != nil {
			continue // for example a 503, because no node has subscribed
		}
		delete(nodes, a.Node)
		answers = append(answers, a)
	}
	return answers
}

// Respond answers the question in m with the result of answer. It returns an error if m is not a question, or if the
// answer could not be sent. Without a question it sends nothing and does not call answer.
func Respond(m *nats.Msg, answer func(q Question) Answer) error {
	var q Question
	if err := sonic.Unmarshal(m.Data, &q); err != nil {
		return err
	}
	body, err := sonic.Marshal(answer(q))
	if err != nil {
		return err
	}
	return m.Respond(body)
}
