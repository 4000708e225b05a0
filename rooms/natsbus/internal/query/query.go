// Package query asks all nodes of a cluster a question, and collects their answers.
//
// Ask runs at the node that asks, Respond at each node, the asking one among them. Both may be called from
// any goroutine. The package knows neither which nodes there are nor how a node answers: the
// caller says so.
package query

import (
	"context"

	"github.com/bytedance/sonic"
	"github.com/nats-io/nats.go"
)

// Ask sends q to subject and returns the answers, until each of nodes has answered or ctx ends. It
// deletes from nodes those that have answered. The error says that q could not be sent.
func Ask(ctx context.Context, conn *nats.Conn, subject string, q Question, nodes map[uint64]bool) ([]Answer, error) {
	inbox := nats.NewInbox()
	sub, err := conn.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // if it fails, the connection is gone
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
			continue // 503: no node listens
		}
		delete(nodes, a.Node)
		answers = append(answers, a)
	}
	return answers
}

// Respond answers the question in m by what answer returns.
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
